"""The tokens of a model: text to ids and ids to bytes, from the vocabulary inside its file."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from taskc.backends.local.gguf_file import GgufFile
from taskc.backends.protocol import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NORMAL, CONTROL = 1, 3
PRETOKENIZERS = ("smollm", "gpt-2")
ENDS = ("<|im_end|>", "<|endoftext|>")
"""Tokens that end a turn or a text, besides those the file names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The tokens of a model.

    `special` are the control tokens by name: only a template's own text is searched for them.
    `pieces` are the bytes of each token, none for a control token. `ends` end a reply. `start` begins
    a text that would have nothing before its first scored token; `always_start` says it begins every text.
    """

    special: dict[str, int] = field(repr=False)
    pieces: tuple[bytes, ...] = field(repr=False)
    ends: frozenset[int]
    start: int
    always_start: bool
    plain: "PlainEncoder" = field(repr=False)

    def encode(self, text: str) -> tuple[int, ...]:
        """Give the tokens of a text in which nothing is special."""
        return self.plain(text)


class PlainEncoder:
    """Encodes plain text and remembers the last texts: the turns of few-shot prompts come again and again."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._encode = lru_cache(maxsize=4096)(lambda text: tuple(tokenizer.encode(text).ids))

    def __call__(self, text: str) -> tuple[int, ...]:
        """Give the tokens of a text; half characters (lone surrogates) become U+FFFD."""
        return self._encode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def read_vocabulary(file: GgufFile, *, pieces: bool = True) -> Vocabulary:
    """Build the vocabulary of a file; raises `ModelError` for a tokenizer that is unknown here.

    Without `pieces` it can encode and not decode, and is there sooner.
    """
    words, kinds = file.words("tokenizer.ggml.tokens"), file.fields.get("tokenizer.ggml.token_type")
    if not isinstance(kinds, list) or len(kinds) != len(words):
        raise ModelError(f"`{file.path}` does not say of what kind its tokens are", help="convert it anew")
    special = {word: n for n, (word, kind) in enumerate(zip(words, kinds, strict=True)) if kind != NORMAL}
    named = [file.whole(f"tokenizer.ggml.{name}_token_id", -1) for name in ("eos", "eot", "bos")]
    ends = {special[word] for word in ENDS if word in special} | set(named[:2])
    return Vocabulary(
        special=special,
        pieces=tuple(b"" if word in special else _bytes_of(word) for word in words) if pieces else (),
        ends=frozenset(ends - {-1}),
        # what parts texts in training, else what the file says begins one
        start=special.get("<|endoftext|>", named[2] if named[2] >= 0 else 0),
        always_start=bool(file.fields.get("tokenizer.ggml.add_bos_token", False)),
        plain=PlainEncoder(_tokenizer(file, words)),
    )


def _tokenizer(file: GgufFile, words: list[str]) -> "Tokenizer":
    from tokenizers import Tokenizer, models, pre_tokenizers

    kind, split = file.fields.get("tokenizer.ggml.model"), file.fields.get("tokenizer.ggml.pre")
    if kind != "gpt2" or split not in PRETOKENIZERS:
        raise ModelError(
            f"`{file.path}` has a tokenizer unknown here: `{kind}` with `{split}`",
            help="known: `gpt2` with " + " or ".join(f"`{name}`" for name in PRETOKENIZERS),
        )
    merges = [
        (left, right) for left, _, right in (m.partition(" ") for m in file.words("tokenizer.ggml.merges"))
    ]
    tokenizer = Tokenizer(models.BPE(vocab={word: n for n, word in enumerate(words)}, merges=merges))
    by_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    # `smollm` takes every digit alone, and only then the words
    tokenizer.pre_tokenizer = (
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), by_bytes])
        if split == "smollm"
        else by_bytes
    )
    return tokenizer


def byte_letters() -> dict[str, int]:
    """Give the letter that stands for each byte in byte-level vocabularies (GPT-2, `bytes_to_unicode`)."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in shown]
    return {chr(b): b for b in shown} | {chr(256 + n): b for n, b in enumerate(others)}


_LETTERS = byte_letters()


def _bytes_of(word: str) -> bytes:
    try:
        return bytes(_LETTERS[letter] for letter in word)
    except KeyError:
        return word.encode()
