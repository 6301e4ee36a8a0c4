"""Count the multiplications and additions of one call.

Two operations for each multiply-add. Counted is what has to be done: causal attention
over the pairs that may see each other, logits where a token is chosen, no padding. Norms,
activations and rotations are left out, they are below one percent.
"""

from itertools import product

from vidindex.bench.model.shapes import Shape

Grid = tuple[int, int, int]
_RGB = 3


def vision_flops(shape: Shape, grid_thw: Grid) -> float:
    """The vision tower and its merger on one video, grid in patches."""
    tower, groups, family = shape.vision, grid_thw[0], shape.family
    patches = groups * grid_thw[1] * grid_thw[2]
    patch_values = _RGB * family.frames_per_group * family.patch_px**2
    layer = 4 * tower.width**2 + tower.matrices * tower.width * tower.inner
    full_pairs = patches * grid_thw[1] * grid_thw[2]
    pairs = shape.full_layers * full_pairs + (
        tower.layers - shape.full_layers
    ) * groups * _window_pairs(shape, grid_thw)
    merged_width = family.merge**2 * tower.width
    merger = shape.mergers * merged_width * (merged_width + shape.text.width)
    return (
        2 * patches * (patch_values * tower.width + tower.layers * layer)
        + _attention(pairs, tower.width)
        + 2 * patches / family.merge**2 * merger
    )


def prefill_flops(shape: Shape, tokens: int) -> float:
    """Reading a prompt of so many tokens, pictures among them, up to the first reply token."""
    pairs = shape.text.layers * tokens * (tokens + 1) / 2
    return 2 * tokens * _text_weights(shape) + _attention(pairs, shape.query_width) + _logits(shape)


def decode_flops(shape: Shape, prompt_tokens: int, reply_tokens: int) -> float:
    """Writing the reply after its first token, one token at a time."""
    steps = reply_tokens - 1
    seen = sum(range(prompt_tokens + 1, prompt_tokens + steps + 1))
    each = 2 * _text_weights(shape) + _logits(shape)
    return steps * each + _attention(shape.text.layers * seen, shape.query_width)


def _text_weights(shape: Shape) -> int:
    """Weights of the language model that every token passes, embeddings left out."""
    tower = shape.text
    attention = 2 * tower.width * (shape.query_width + shape.kv_width)
    return tower.layers * (attention + 3 * tower.width * tower.inner)


def _logits(shape: Shape) -> float:
    return 2.0 * shape.text.width * shape.vocabulary


def _attention(pairs: float, width: int) -> float:
    """Scores and weighted sums over so many pairs of tokens, all heads together."""
    return 4 * pairs * width


def _window_pairs(shape: Shape, grid_thw: Grid) -> int:
    """Pairs of patches that share a window, in one temporal group."""
    if not shape.window_px:
        return 0
    side = shape.window_px // shape.family.patch_px
    return sum((high * wide) ** 2 for high, wide in product(*(_cut(n, side) for n in grid_thw[1:])))


def _cut(length: int, side: int) -> list[int]:
    """`length` in pieces of `side`, the last one what is left."""
    return [min(side, length - at) for at in range(0, length, side)]
