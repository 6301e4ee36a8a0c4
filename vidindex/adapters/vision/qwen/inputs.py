"""Build model inputs from an Ask: token ids, picture placeholders, positions.

Also says which Asks cannot be asked at all, in words for the one who planned them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from vidindex.adapters.vision.qwen.chat_template import ChatForm
from vidindex.adapters.vision.qwen.mrope import VisionBlock, batch_positions, positions_around
from vidindex.adapters.vision.qwen.patches import PackedPictures, pack_image, pack_video
from vidindex.core.families import Family
from vidindex.core.prompts.times_as_text import group_times_s, time_before
from vidindex.core.sampling.grid import smart_resize
from vidindex.types import Ask, ModelLimits

SHOW_LESS = "take fewer or smaller frames"


@dataclass(frozen=True, slots=True, eq=False)
class ModelInput:
    """One Ask as token ids; its pictures are packed when its turn comes. Equal only to itself.

    first_time_tokens: of the time before the first group of frames, where groups have times.
    """

    ask: Ask
    ids: list[int]
    blocks: tuple[VisionBlock, ...]
    first_time_tokens: int = 0

    @property
    def block(self) -> VisionBlock:
        """The placeholders of its pictures, if they are together."""
        (only,) = self.blocks
        return only

    @property
    def places(self) -> tuple[int, int]:
        """Where in the ids one placeholder of the clip becomes many, [start, end).

        With the times and marks of its groups, where it has these.
        """
        first, last = self.blocks[0], self.blocks[-1]
        start, end = first.start, last.start + last.token_count
        if not self.first_time_tokens:
            return start, end
        return start - 1 - self.first_time_tokens, end + 1

    @property
    def vision_tokens(self) -> int:
        return sum(block.token_count for block in self.blocks)

    @property
    def cost(self) -> int:
        """Tokens of prompt and longest reply."""
        return len(self.ids) + self.ask.max_tokens


@dataclass(frozen=True, slots=True)
class InputBatch:
    """Questions padded on the left to one length, as keyword arguments of the model's forward."""

    inputs: dict[str, torch.Tensor]

    @property
    def attention_mask(self) -> torch.Tensor:
        return self.inputs["attention_mask"]

    @property
    def position_ids(self) -> torch.Tensor:
        return self.inputs["position_ids"]


class InputBuilder:
    """Builds questions for one checkpoint: its tokenizer, its family, its limits."""

    def __init__(
        self,
        chat: ChatForm,
        limits: ModelLimits,
        family: Family,
        tokens_per_second: float = 0.0,
        *,
        times_as_text: bool = False,
    ) -> None:
        """tokens_per_second: of the time scale of a family whose times are positions.

        times_as_text: clips are shown as pictures behind their times, not at a rate.
        """
        self._chat = chat
        self._limits = limits
        self._family = family
        self._tokens_per_second = tokens_per_second
        self._times_as_text = times_as_text

    def build(self, ask: Ask) -> ModelInput:
        """Raises ValueError, in words for the reader of the reply, where it cannot be asked."""
        _require_pictures(ask, self._limits, self._family.factor_px)
        model_input = self._form(ask)(ask)
        self._require_room(model_input)
        return model_input

    def _form(self, ask: Ask) -> Callable[[Ask], ModelInput]:
        """How its pictures are shown."""
        if ask.frames.fps is None:
            return self._together
        if self._times_as_text:
            return self._timed
        return self._in_groups if self._family.time_style == "text" else self._together

    def _together(self, ask: Ask) -> ModelInput:
        count, height, width, _ = ask.frames.pictures.shape
        together = self._family.frames_per_group
        grid = (-(-count // together), *self._patches(height, width))
        fps = ask.frames.fps
        seconds = together / fps if fps else 0.0
        places = VisionBlock(0, grid, seconds).token_count
        ids, start = self._chat.question(
            ask.system, ask.prompt, is_video=fps is not None, places=places
        )
        return ModelInput(ask, ids, (VisionBlock(start, grid, seconds),))

    def _timed(self, ask: Ask) -> ModelInput:
        _, height, width, _ = ask.frames.pictures.shape
        grid = (1, *self._patches(height, width))
        times = [time_before(time_s) for time_s in ask.frames.times_s]
        places = VisionBlock(0, grid).token_count
        ids, starts = self._chat.timed_question(ask.system, ask.prompt, times, places=places)
        return ModelInput(ask, ids, tuple(VisionBlock(start, grid) for start in starts))

    def _in_groups(self, ask: Ask) -> ModelInput:
        """Each group of frames behind the middle of its times, counted from the first frame."""
        count, height, width, _ = ask.frames.pictures.shape
        grid = (1, *self._patches(height, width))
        assert ask.frames.fps is not None
        times_s = group_times_s(count, ask.frames.fps, self._family.frames_per_group)
        times = [time_before(time_s) for time_s in times_s]
        places = VisionBlock(0, grid).token_count
        ids, starts = self._chat.grouped_question(ask.system, ask.prompt, times, places=places)
        blocks = tuple(VisionBlock(start, grid) for start in starts)
        return ModelInput(ask, ids, blocks, len(self._chat.words(times[0])))

    def _patches(self, height: int, width: int) -> tuple[int, int]:
        return height // self._family.patch_px, width // self._family.patch_px

    def collate(
        self, model_inputs: Sequence[ModelInput], pad_id: int, dtype: torch.dtype, device: str
    ) -> InputBatch:
        """Pack the pictures and pad the ids of `model_inputs`; positions are explicit."""
        length = max(len(model_input.ids) for model_input in model_inputs)
        ids = torch.full((len(model_inputs), length), pad_id)
        mask = torch.zeros_like(ids)
        for row, model_input in enumerate(model_inputs):
            ids[row, length - len(model_input.ids) :] = torch.tensor(model_input.ids)
            mask[row, length - len(model_input.ids) :] = 1
        blocks = [model_input.blocks for model_input in model_inputs]
        inputs = {
            "input_ids": ids,
            "attention_mask": mask,
            "position_ids": batch_positions(mask, blocks, self._tokens_per_second),
        }
        packed = [one for model_input in model_inputs for one in self._pack(model_input, device)]
        inputs |= _pictures(packed, dtype)
        return InputBatch({name: value.to(device) for name, value in inputs.items()})

    def _pack(self, model_input: ModelInput, device: str) -> list[PackedPictures]:
        frames, low, high = model_input.ask.frames, self._limits.min_pixels, self._limits.max_pixels
        if frames.fps is None or self._times_as_text:
            return [pack_image(one, low, high, device, self._family) for one in frames.pictures]
        return [pack_video(frames.pictures, frames.fps, low, high, device, self._family)]

    def _require_room(self, model_input: ModelInput) -> None:
        positions = positions_around(
            len(model_input.ids), model_input.blocks, self._tokens_per_second
        )
        # Slow rates step through positions faster than through tokens; both have an end.
        prompt = max(len(model_input.ids), int(positions.max()) + 1)
        room = self._limits.context_tokens
        if prompt + model_input.ask.max_tokens > room:
            raise ValueError(
                f"{prompt} tokens ({model_input.vision_tokens} of them pictures) and a reply of "
                f"{model_input.ask.max_tokens} do not fit the model's {room}; {SHOW_LESS}"
            )


def _require_pictures(ask: Ask, limits: ModelLimits, factor_px: int) -> None:
    count, height, width, _ = ask.frames.pictures.shape
    fps = ask.frames.fps
    if fps is None and count != 1:
        raise ValueError(f"{count} pictures without a rate; ask about one, or say frames a second")
    if fps is not None and fps <= 0:
        raise ValueError(f"{fps} frames a second is not a valid rate")
    if not 0 < count <= limits.max_frames:
        raise ValueError(f"{count} frames; the model takes 1 to {limits.max_frames} in one call")
    if ask.max_tokens < 1:
        raise ValueError(f"max_tokens is {ask.max_tokens}; a reply has at least one token")
    # Never resized in silence: times, boxes and cache keys speak of the frames as given.
    is_whole = height % factor_px == 0 and width % factor_px == 0
    if not (is_whole and limits.min_pixels <= height * width <= limits.max_pixels):
        fit_h, fit_w = smart_resize(height, width, limits.min_pixels, limits.max_pixels, factor_px)
        raise ValueError(
            f"frames of {width}x{height} pixels; sides must be multiples of {factor_px} and a "
            f"frame {limits.min_pixels} to {limits.max_pixels} pixels; decode at {fit_w}x{fit_h}"
        )


def _pictures(packed: Sequence[PackedPictures], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    inputs = {}
    for is_video, suffix in ((False, ""), (True, "_videos")):
        kind = [one for one in packed if one.is_video is is_video]
        if kind:
            grid = "video_grid_thw" if is_video else "image_grid_thw"
            inputs[f"pixel_values{suffix}"] = torch.cat([one.patches for one in kind]).to(dtype)
            inputs[grid] = torch.tensor([one.grid_thw for one in kind])
    return inputs
