"""The bundled model as an ONNX graph, written from the packed weights in about two seconds. Home of `onnx`.

Input `ids` int64 (texts, tokens), all of one length, hence no mask; output `mean` float32 (texts, 384),
the mean of the last layer's token vectors, not yet of norm 1. Uses ONNX Runtime's own operators.
With an Adapter the same network reads a question with a passage instead: output `score` (texts,).

Measured (2 cores with VNNI; nDCG@10 of the dense leg alone on 5,082 PoQuAD questions):
| products | nDCG@10 | cosine with fp32 | passages/s, one thread, 911 characters |
|---|---|---|---|
| 4-bit weights as packed, fp32 products (MatMulNBits, accuracy 1) | 0.788 | 1.0000 | 12.6 |
| the same, int8 products (accuracy 4) | not measured | 0.9999 | 12.6 |
| onnxruntime's quantize_dynamic | 0.774 | 0.9963 | 22.1 |
| int8 (DynamicQuantizeMatMul) | 0.774 | 0.9969 | 24.3 |
| **int8, three products and the word vectors as packed** | **0.785** | 0.9982 | 23 |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .weights import BLOCK, Packed

RECIPE = 2  # raise it when the graph changes: part of the built folder's name
# Alone they make 60 % of int8's error (mean cosine with fp32 0.9969 with them in int8, 0.9987 without).
_KEPT_EXACT = ("l0.fo", "l4.fo", "l5.fo")
# Weights use 7 of 8 bits: two products of 255 * 127 pass 16 bits and saturate on processors without VNNI,
# where ranking would differ from machine to machine. Costs 0.0004 of cosine; unsigned weights cost a third of speed.
_LEVELS = 63
_INLINE = 1024  # bytes; smaller tensors stay in the graph
_OPERATORS = "com.microsoft"


@dataclass(frozen=True)
class Adapter:
    """What training added: low-rank changes of the weights (Hu et al., 2021, LoRA) and a head over the last layer.

    `factors` by the matrix's name ("l0.q"): a (rank, inputs) and b (outputs, rank), W' = W + b a.
    `head`: w (inner, 2 * hidden) and bias over the first token's vector and the mean, tanh, then w (1, inner) and bias.
    """

    factors: Mapping[str, tuple[np.ndarray, np.ndarray]]
    head: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def save(packed: Packed, path: Path, adapter: Adapter | None = None) -> None:
    """Write the graph, and beside it `weights.bin` (82 MB), which ONNX Runtime maps instead of copying."""
    import onnx

    model = _Graph(packed, adapter).model()
    onnx.save_model(model, str(path), save_as_external_data=True, location="weights.bin", size_threshold=_INLINE)
    (path.parent / "weights.bin").chmod(path.stat().st_mode)  # onnx gives it to its owner alone


class _Graph:
    """Nodes and weights collected while walking the network; every method returns the name of its output."""

    def __init__(self, packed: Packed, adapter: Adapter | None) -> None:
        from onnx import TensorProto, helper, numpy_helper

        self._adapter = adapter

        self._types, self._helper, self._numpy = TensorProto, helper, numpy_helper
        self._packed, self._shape = packed, packed.shape
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def model(self) -> Any:
        hidden = self._embeddings()
        for number in range(self._shape.layers):
            hidden = self._layer(hidden, f"l{number}.")
        tokens = self._constant(np.array([1]))
        self._nodes.append(self._helper.make_node("ReduceMean", [hidden, tokens], ["mean"], keepdims=0))
        value = self._helper.make_tensor_value_info
        output = value("mean", self._types.FLOAT, ["texts", self._shape.hidden])
        if self._adapter is not None:
            self._head(hidden, self._adapter.head)
            output = value("score", self._types.FLOAT, ["texts"])
        inputs = [value("ids", self._types.INT64, ["texts", "tokens"])]
        graph = self._helper.make_graph(self._nodes, "e5", inputs, [output], self._weights)
        versions = [self._helper.make_opsetid("", 21), self._helper.make_opsetid(_OPERATORS, 1)]
        return self._helper.make_model(graph, opset_imports=versions, ir_version=10)

    def _head(self, hidden: str, head: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]) -> None:
        """`score` from the first token's vector and the mean of all."""
        axis = self._constant(np.array([1]))
        first = self._node("Squeeze", self._node("Gather", hidden, self._constant(np.array([0])), axis=1), axis)
        both = self._node("Concat", first, "mean", axis=-1)
        w, bias, last, last_bias = (self._constant(np.asarray(part, np.float32)) for part in head)
        inner = self._node("Tanh", self._node("Gemm", both, w, bias, transB=1))
        score = self._node("Gemm", inner, last, last_bias, transB=1)
        self._nodes.append(self._helper.make_node("Squeeze", [score, axis], ["score"]))

    def _embeddings(self) -> str:
        """Word, position and type vectors; a word's row is unpacked from 4 bits when it is looked up."""
        shape, packed = self._shape, self._packed
        nibbles, scales = packed.blocks("emb.word", shape.vocabulary, shape.hidden)
        signed = _pairs(nibbles ^ 8)  # nibble - 8 as a 4-bit two's complement number
        table = self._helper.make_tensor("words", self._types.INT4, nibbles.shape, signed.tobytes(), raw=True)
        self._weights.append(table)
        words = self._operator(
            "GatherBlockQuantized", "words", "ids", self._constant(scales), quantize_axis=1, block_size=BLOCK
        )
        table = packed.vector("emb.pos").reshape(shape.positions, shape.hidden)
        places = self._constant(table + packed.vector("emb.type")[: shape.hidden])  # one type: always the first
        length, zero = self._node("Shape", "ids", start=1, end=2), self._constant(np.array([0]))
        positions = self._node("Slice", places, zero, length, zero)
        weight, bias = self._norm("emb.ln")
        total = self._node("Add", words, positions)
        return self._node("LayerNormalization", total, weight, bias, axis=-1, epsilon=shape.epsilon)

    def _layer(self, hidden: str, name: str) -> str:
        """Attention and feed-forward, each added to its input and normalised after (Vaswani et al., 2017)."""
        shape = self._shape
        projected = self._linear(hidden, [name + "q", name + "k", name + "v"], shape.hidden, shape.hidden)
        parts = [f"{projected}.{part}" for part in "qkv"]
        self._nodes.append(self._helper.make_node("Split", [projected], parts, axis=-1, num_outputs=len(parts)))
        attended = self._operator("MultiHeadAttention", *parts, num_heads=shape.heads)
        attended = self._linear(attended, [name + "ao"], shape.hidden, shape.hidden)
        hidden = self._add_and_norm(hidden, attended, name + "aln")
        inner = self._node("Gelu", self._linear(hidden, [name + "fi"], shape.inner, shape.hidden))
        return self._add_and_norm(hidden, self._linear(inner, [name + "fo"], shape.hidden, shape.inner), name + "oln")

    def _add_and_norm(self, before: str, change: str, name: str) -> str:
        weight, bias = self._norm(name)
        return self._operator("SkipLayerNormalization", change, before, weight, bias, epsilon=self._shape.epsilon)

    def _norm(self, name: str) -> tuple[str, str]:
        return self._constant(self._packed.vector(name + ".w")), self._constant(self._packed.vector(name + ".b"))

    def _linear(self, x: str, names: Sequence[str], rows: int, columns: int) -> str:
        """x W^T + b; several matrices of (rows, columns) are stacked into one product."""
        bias = self._constant(np.concatenate([self._packed.vector(name + ".b") for name in names]))
        if set(names) & set(_KEPT_EXACT):
            exact = self._linear_q4(x, names[0], bias, rows, columns)
            return self._node("Add", exact, self._low_rank(x, names[0])) if self._adapter else exact
        return self._linear_int8(x, names, bias, rows, columns)

    def _linear_q4(self, x: str, name: str, bias: str, rows: int, columns: int) -> str:
        """The packed blocks as they are; products in fp32."""
        nibbles, scales = self._packed.blocks(name + ".w", rows, columns)
        blocks = self._constant(_pairs(nibbles).reshape(rows, columns // BLOCK, BLOCK // 2))
        return self._operator(
            "MatMulNBits",
            *(x, blocks, self._constant(scales.reshape(-1)), "", "", bias),
            **{"K": columns, "N": rows, "bits": 4, "block_size": BLOCK, "accuracy_level": 1},
        )

    def _linear_int8(self, x: str, names: Sequence[str], bias: str, rows: int, columns: int) -> str:
        """Weights in 8 bits with a scale an output, x in 8 bits with a scale a run."""
        weights = np.concatenate([self._adapted(name, rows, columns) for name in names])
        scales = np.abs(weights).max(axis=1) / _LEVELS
        levels = np.round(weights / scales[:, None]).astype(np.int8)
        return self._operator("DynamicQuantizeMatMul", x, self._constant(levels.T), self._constant(scales), "", bias)

    def _adapted(self, name: str, rows: int, columns: int) -> np.ndarray:
        weights = self._packed.matrix(name + ".w", rows, columns)
        if self._adapter is None:
            return weights
        a, b = self._adapter.factors[name]
        return np.asarray(weights + b @ a)

    def _low_rank(self, x: str, name: str) -> str:
        """x a^T b^T, beside a product that stays in 4 bits."""
        assert self._adapter is not None
        a, b = self._adapter.factors[name]
        return self._node("MatMul", self._node("MatMul", x, self._constant(a.T)), self._constant(b.T))

    def _constant(self, value: np.ndarray) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(self._numpy.from_array(np.ascontiguousarray(value), name))
        return name

    def _operator(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self._node(kind, *inputs, domain=_OPERATORS, **attributes)

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(kind, list(inputs), [name], **attributes))
        return name


def _pairs(nibbles: np.ndarray) -> np.ndarray:
    """Two 4-bit numbers a byte along the last axis, the first in the low half."""
    return (nibbles[..., 0::2] | (nibbles[..., 1::2] << 4)).astype(np.uint8)
