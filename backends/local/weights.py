"""The weights of a Llama model as float32 arrays, laid out for the forward pass.

They are unpacked once, straight into place: no packed copy stays, and matrices that are applied to
the same input (query, key and value; gate and up) are one array.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from taskc.backends.local.gguf_file import GgufFile, Tensor
from taskc.backends.protocol import ModelError

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]

PIECE = 1 << 21
"""Numbers unpacked at a time: what fits the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The dimensions of a Llama model, and the two constants of its layers."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int
    hidden: int
    vocabulary: int
    context: int
    base: float
    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer. Matrices are (out, in); `qkv` and `gate_up` are stacked along `out`."""

    attention_norm: Floats
    qkv: Floats
    out: Floats
    ffn_norm: Floats
    gate_up: Floats
    down: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """All weights. `output` is `embedding` itself where the model ties them."""

    shape: Shape
    embedding: Floats
    layers: tuple[Layer, ...]
    norm: Floats
    output: Floats


def read_shape(file: GgufFile) -> Shape:
    """Read the dimensions; raises `ModelError` for an architecture or a tensor that is unknown here."""
    name = file.fields.get("general.architecture")
    if name != "llama":
        raise ModelError(
            f"`{file.path}` has the architecture `{name}`", help="only `llama` models can be run in process"
        )
    width, heads = file.whole("llama.embedding_length"), file.whole("llama.attention.head_count")
    shape = Shape(
        layers=file.whole("llama.block_count"),
        width=width,
        heads=heads,
        kv_heads=file.whole("llama.attention.head_count_kv", heads),
        head=file.whole("llama.attention.key_length", width // heads),
        hidden=file.whole("llama.feed_forward_length"),
        vocabulary=len(file.words("tokenizer.ggml.tokens")),
        context=file.whole("llama.context_length"),
        base=float(file.fields.get("llama.rope.freq_base", 10000.0)),  # type: ignore[arg-type]
        epsilon=file.number("llama.attention.layer_norm_rms_epsilon"),
    )
    _check_tensors(file, shape)
    _check_rope(file, shape)
    return shape


def _expected(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Give the tensors of a model and the shape of each."""
    width, queries, keys = shape.width, shape.heads * shape.head, shape.kv_heads * shape.head
    layer = {
        "attn_norm": (width,),
        "attn_q": (queries, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_output": (width, queries),
        "ffn_norm": (width,),
        "ffn_gate": (shape.hidden, width),
        "ffn_up": (shape.hidden, width),
        "ffn_down": (width, shape.hidden),
    }
    return {
        "token_embd.weight": (shape.vocabulary, width),
        "output_norm.weight": (width,),
        **{f"blk.{n}.{name}.weight": size for n in range(shape.layers) for name, size in layer.items()},
    }


def _check_tensors(file: GgufFile, shape: Shape) -> None:
    expected = _expected(shape)
    tied = {"output.weight": (shape.vocabulary, shape.width)}
    for name, size in expected.items():
        if name not in file.tensors or file.tensors[name].shape != size:
            raise ModelError(
                f"`{file.path}` has no tensor `{name}` of shape {size}", help="convert the model to GGUF anew"
            )
    for name, tensor in file.tensors.items():
        if {**expected, **tied}.get(name) != tensor.shape:
            raise ModelError(
                f"the tensor `{name}` in `{file.path}` belongs to a kind of model unknown here",
                help="plain `llama` models can be run: no experts, no biases, no rescaled positions",
            )


def _check_rope(file: GgufFile, shape: Shape) -> None:
    scaling = file.fields.get("llama.rope.scaling.type", "none")
    turned = file.whole("llama.rope.dimension_count", shape.head)
    if scaling != "none" or turned != shape.head or shape.heads % shape.kv_heads or shape.head % 2:
        raise ModelError(
            f"`{file.path}` places its tokens in a way unknown here",
            help="plain `llama` models can be run: no rescaled or partial rotary positions",
        )


def load_weights(file: GgufFile, shape: Shape) -> Weights:
    """Unpack all weights of a checked file: about four bytes of memory a parameter."""
    data = np.memmap(file.path, dtype=np.uint8, mode="r")
    with ThreadPoolExecutor(2) as pool:
        unpack = _Unpacker(file=file, data=data, pool=pool)
        embedding = unpack.one("token_embd.weight")
        return Weights(
            shape=shape,
            embedding=embedding,
            layers=tuple(_layer(unpack, shape, n) for n in range(shape.layers)),
            norm=unpack.one("output_norm.weight"),
            output=unpack.one("output.weight") if "output.weight" in file.tensors else embedding,
        )


def _layer(unpack: "_Unpacker", shape: Shape, n: int) -> Layer:
    name = f"blk.{n}.{{}}.weight".format
    return Layer(
        attention_norm=unpack.one(name("attn_norm")),
        qkv=unpack.stacked(
            (name("attn_q"), shape.heads), (name("attn_k"), shape.kv_heads), (name("attn_v"), 0)
        ),
        out=unpack.one(name("attn_output")),
        ffn_norm=unpack.one(name("ffn_norm")),
        gate_up=unpack.stacked((name("ffn_gate"), 0), (name("ffn_up"), 0)),
        down=unpack.one(name("ffn_down")),
    )


class _Unpacker:
    """Unpacks tensors of one file, pieces of a large one on two threads at once."""

    def __init__(self, *, file: GgufFile, data: Bytes, pool: ThreadPoolExecutor) -> None:
        self.file, self.data, self.pool = file, data, pool

    def one(self, name: str) -> Floats:
        tensor = self.file.tensors[name]
        target = np.empty(tensor.shape, np.float32)
        self.fill(tensor, 0, target.reshape(-1, tensor.shape[-1]))
        return target

    def stacked(self, *parts: tuple[str, int]) -> Floats:
        """Stack matrices; a part with heads has its rows turned from paired to halved rotary order."""
        tensors = [self.file.tensors[name] for name, _ in parts]
        target = np.empty((sum(t.shape[0] for t in tensors), tensors[0].shape[1]), np.float32)
        row = 0
        for tensor, (_, heads) in zip(tensors, parts, strict=True):
            self.fill(tensor, heads, target[row : row + tensor.shape[0]])
            row += tensor.shape[0]
        return target

    def fill(self, tensor: Tensor, heads: int, target: Floats) -> None:
        packed = self.data[tensor.start : tensor.start + tensor.size].reshape(len(target), -1)
        if heads:
            packed = _halved(packed, heads)
        step = max(1, PIECE // target.shape[1])
        unpack = UNPACK[tensor.encoding.name]
        pieces = [slice(start, start + step) for start in range(0, len(target), step)]
        list(self.pool.map(lambda piece: unpack(packed[piece], target[piece]), pieces))


def _halved(packed: Bytes, heads: int) -> Bytes:
    """Reorder rows so that the two numbers a rotation mixes lie half a head apart, not side by side.

    GGUF files of this architecture interleave them. All queries and keys are reordered alike, so
    their products stay what they were, and rotating whole halves needs no strided access.
    """
    rows, size = packed.shape
    return packed.reshape(heads, rows // heads // 2, 2, size).swapaxes(1, 2).reshape(rows, size)


def _unpack_f32(packed: Bytes, target: Floats) -> None:
    target[:] = np.ascontiguousarray(packed).view("<f4")


def _unpack_f16(packed: Bytes, target: Floats) -> None:
    target[:] = np.ascontiguousarray(packed).view("<f2")


def _unpack_q8_0(packed: Bytes, target: Floats) -> None:
    """Unpack blocks of a scale and 32 signed bytes."""
    blocks = packed.reshape(-1, 34)
    np.multiply(blocks[:, 2:].view(np.int8), _half(blocks, 0), out=target.reshape(-1, 32))


def _unpack_q4_0(packed: Bytes, target: Floats) -> None:
    """Unpack blocks of a scale and 32 half bytes, eight of which stands for zero."""
    blocks = packed.reshape(-1, 18)
    np.multiply(
        _nibbles(blocks[:, 2:]).view(np.int8) - np.int8(8), _half(blocks, 0), out=target.reshape(-1, 32)
    )


def _unpack_q4_1(packed: Bytes, target: Floats) -> None:
    """Unpack blocks of a scale, a lowest value and 32 half bytes."""
    blocks, out = packed.reshape(-1, 20), target.reshape(-1, 32)
    np.multiply(_nibbles(blocks[:, 4:]), _half(blocks, 0), out=out)
    out += _half(blocks, 2)


def _half(blocks: Bytes, place: int) -> Floats:
    return np.ascontiguousarray(blocks[:, place : place + 2]).view("<f2").astype(np.float32)


def _nibbles(packed: Bytes) -> Bytes:
    """Take half bytes apart: the low ones of a block first, then the high ones."""
    found = np.empty((len(packed), 32), np.uint8)
    np.bitwise_and(packed, 15, out=found[:, :16])
    np.right_shift(packed, 4, out=found[:, 16:])
    return found


UNPACK: dict[str, Callable[[Bytes, Floats], None]] = {
    "F32": _unpack_f32,
    "F16": _unpack_f16,
    "Q4_0": _unpack_q4_0,
    "Q4_1": _unpack_q4_1,
    "Q8_0": _unpack_q8_0,
}
