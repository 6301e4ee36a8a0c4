"""Build the ONNX graph of a BERT sentence encoder, its weights left in their file.

The graph holds no weights and takes milliseconds to build, without PyTorch. With one text at a
time there is no padding, and so no attention mask.
"""

from typing import Any

from vidindex.adapters.embed_sentence.checkpoint import Checkpoint, Tensor

VERSION = 1
"""Raised whenever the graph of the same checkpoint changes, so that no older one is used."""

_OPSET, _IR_VERSION = 20, 9  # Gelu came with opset 20
_FLAGS = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean"}
_TABLES = ("word_embeddings", "position_embeddings", "token_type_embeddings")
_LAYER = (
    *(f"attention.self.{part}" for part in ("query", "key", "value")),
    *("attention.output.dense", "attention.output.LayerNorm"),
    *("intermediate.dense", "output.dense", "output.LayerNorm"),
)


def can_build(checkpoint: Checkpoint) -> bool:
    """Whether the graph of this checkpoint is known here.

    It is for a BERT with absolute positions, exact GELU and 32-bit weights in safetensors, a
    tokenizer.json that does all changes of case, mean or first-token pooling, no prompt put
    before texts, and nothing after pooling but normalisation.
    """
    config, texts = checkpoint.config, checkpoint.read("sentence_bert_config.json")
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder")
        and not texts.get("do_lower_case")
        and not checkpoint.read("config_sentence_transformers.json").get("default_prompt_name")
        and (checkpoint.folder / "tokenizer.json").is_file()
        and checkpoint.modules[:2] == ("Transformer", "Pooling")
        and checkpoint.modules[2:] in ((), ("Normalize",))
        and pooling_of(checkpoint) is not None
        and _has_weights(checkpoint)
    )


def pooling_of(checkpoint: Checkpoint) -> str | None:
    """How token vectors become one: "mean" or "cls"; None for any other way."""
    config = checkpoint.read("1_Pooling/config.json")
    mode = config.get("pooling_mode")
    if mode is None:  # written by sentence-transformers before release 6
        chosen = [key for key in config if key.startswith("pooling_mode_") and config[key]]
        mode = _FLAGS.get(chosen[0]) if len(chosen) == 1 else None
    return mode if mode in _FLAGS.values() else None


def weight_names(config: dict[str, Any]) -> list[str]:
    """The tensors of the checkpoint that the graph needs, as its initializers are named."""
    layers = [
        f"encoder.layer.{layer}.{part}"
        for layer in range(config["num_hidden_layers"])
        for part in _LAYER
    ]
    return [
        *(f"embeddings.{table}.weight" for table in _TABLES),
        *(
            f"{part}.{kind}"
            for part in ("embeddings.LayerNorm", *layers)
            for kind in ("weight", "bias")
        ),
    ]


def build_graph(checkpoint: Checkpoint) -> bytes:
    """The graph as an ONNX model: `ids` (int64, shape (n,)) to `vector` (float32, (dim,)), unit.

    Its initializers are to be given to the session by the names of `weight_names`.
    """
    from onnx import TensorProto, helper

    graph = _Graph(checkpoint.config)
    graph.pool(graph.token_vectors(), pooling_of(checkpoint))
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, [graph.hidden_size])
    stored = checkpoint.tensors
    weights = [_reference(name, stored[name]) for name in weight_names(checkpoint.config)]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "bert", [ids], [vector], graph.constants() + weights),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )
    return bytes(model.SerializeToString())


def _has_weights(checkpoint: Checkpoint) -> bool:
    if checkpoint.weights.suffix != ".safetensors":
        return False
    stored = checkpoint.tensors
    names = weight_names(checkpoint.config)
    return all(name in stored and stored[name].dtype == "F32" for name in names)


def _reference(name: str, tensor: Tensor) -> Any:
    """An initializer whose values are where the tensor is in the file of weights."""
    from onnx import TensorProto

    reference = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=tensor.shape)
    reference.data_location = TensorProto.EXTERNAL
    place = {"location": "model.safetensors", "offset": tensor.offset, "length": tensor.size}
    for key, value in place.items():
        reference.external_data.add(key=key, value=str(value))
    return reference


class _Graph:
    """The nodes so far; each method adds some and returns the name of its output."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.hidden_size: int = config["hidden_size"]
        self._num_layers: int = config["num_hidden_layers"]
        self._num_heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self.nodes: list[Any] = []

    def token_vectors(self) -> str:
        """Vectors of the tokens after the last layer, shape (n, hidden size)."""
        hidden = self._embeddings()
        for layer in range(self._num_layers):
            hidden = self._layer(hidden, f"encoder.layer.{layer}")
        return hidden

    def pool(self, hidden: str, mode: str | None) -> str:
        """One vector of unit length, called "vector"."""
        if mode == "cls":
            pooled = self._add("Gather", hidden, "first", axis=0)
        else:
            pooled = self._add("ReduceMean", hidden, "axis_0", keepdims=0)
        return self._add("LpNormalization", pooled, output="vector", axis=-1, p=2)

    def constants(self) -> list[Any]:
        from onnx import TensorProto, helper

        head_size = self.hidden_size // self._num_heads
        lists = {
            "axis_0": [0],
            "split_heads": [0, self._num_heads, head_size],
            "merge_heads": [0, self.hidden_size],
        }
        return [
            helper.make_tensor("first", TensorProto.INT64, [], [0]),
            helper.make_tensor("scale", TensorProto.FLOAT, [], [head_size**-0.5]),
            *(helper.make_tensor(k, TensorProto.INT64, [len(v)], v) for k, v in lists.items()),
        ]

    def _embeddings(self) -> str:
        words, places, kinds = (f"embeddings.{table}.weight" for table in _TABLES)
        total = self._add(
            "Add", self._add("Gather", words, "ids"), self._add("Gather", kinds, "first")
        )
        positions = self._add("Slice", places, "axis_0", self._add("Shape", "ids"))
        return self._normalised(self._add("Add", total, positions), "embeddings.LayerNorm")

    def _layer(self, hidden: str, name: str) -> str:
        attended = self._linear(self._attention(hidden, name), f"{name}.attention.output.dense")
        attended = self._add("Add", attended, hidden)
        attended = self._normalised(attended, f"{name}.attention.output.LayerNorm")
        wide = self._add("Gelu", self._linear(attended, f"{name}.intermediate.dense"))
        output = self._add("Add", self._linear(wide, f"{name}.output.dense"), attended)
        return self._normalised(output, f"{name}.output.LayerNorm")

    def _attention(self, hidden: str, name: str) -> str:
        query = self._heads(hidden, f"{name}.attention.self.query", [1, 0, 2])
        key = self._heads(hidden, f"{name}.attention.self.key", [1, 2, 0])
        value = self._heads(hidden, f"{name}.attention.self.value", [1, 0, 2])
        scores = self._add("Mul", self._add("MatMul", query, key), "scale")
        context = self._add("MatMul", self._add("Softmax", scores, axis=-1), value)
        return self._add("Reshape", self._add("Transpose", context, perm=[1, 0, 2]), "merge_heads")

    def _heads(self, hidden: str, name: str, order: list[int]) -> str:
        split = self._add("Reshape", self._linear(hidden, name), "split_heads")
        return self._add("Transpose", split, perm=order)

    def _linear(self, hidden: str, name: str) -> str:
        return self._add("Gemm", hidden, f"{name}.weight", f"{name}.bias", transB=1)

    def _normalised(self, hidden: str, name: str) -> str:
        parts = (f"{name}.weight", f"{name}.bias")
        return self._add("LayerNormalization", hidden, *parts, epsilon=self._epsilon)

    def _add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output
