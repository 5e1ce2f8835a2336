"""The tokens of a transformers tokenizer, and how prompts are laid out with them.

They are read as those of `local/` are: special tokens come from the chat template's own text, and what an
item says is plain text. Special tokens are therefore switched off in a copy of the tokenizer.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskc.backends.hf.source import Source
from taskc.backends.local.gguf_file import read_fields
from taskc.backends.local.layout import ChatLayout, Layout, TextLayout
from taskc.backends.local.vocabulary import PlainEncoder, Vocabulary, byte_letters, read_vocabulary
from taskc.backends.protocol import ModelError

FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "sentencepiece.bpe.model")
"""What a folder has one of when a tokenizer was saved there."""
_BLANK = "\u2581"  # stands for a blank in vocabularies of SentencePiece


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A vocabulary, a layout, and whether that is plain text."""

    vocabulary: Vocabulary
    layout: Layout
    as_text: bool


def read_tokens(source: Source, mode: str | None) -> Tokens:
    """Read the tokenizer of a model; raises `ModelError`.

    Of a GGUF file our own reader is asked first: transformers' conversion of tokenizers is not exact
    for all texts, and takes many seconds.
    """
    if source.path is not None:
        file = read_fields(source.path)
        try:
            vocabulary = read_vocabulary(file)
        except ModelError:  # a kind of tokenizer that is unknown there
            pass
        else:
            return _laid(vocabulary, file.fields.get("tokenizer.chat_template"), mode, source)
    return _read_with_transformers(source, mode)


def _laid(vocabulary: Vocabulary, template: object, mode: str | None, source: Source, **words: str) -> Tokens:
    if mode == "chat" and not isinstance(template, str):
        raise ModelError(f"`{source.where}` has no chat template", help="leave `mode=chat` out")
    if isinstance(template, str) and mode != "text":
        return Tokens(vocabulary=vocabulary, layout=ChatLayout(template, vocabulary, words), as_text=False)
    return Tokens(vocabulary=vocabulary, layout=TextLayout(vocabulary), as_text=True)


def _read_with_transformers(source: Source, mode: str | None) -> Tokens:
    from transformers import AutoTokenizer

    folder = Path(source.where)
    # where there is none, transformers makes one without words for some kinds of models
    if folder.is_dir() and not source.gguf and not any((folder / name).exists() for name in FILES):
        raise ModelError(
            f"`{folder}` has no tokenizer", help="save the tokenizer beside the model with `save_pretrained`"
        )
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(source.where, **source.arguments)
    except Exception as error:  # whatever is wrong with the files
        raise ModelError(
            f"the tokenizer of `{source.where}` cannot be read: {error}".splitlines()[0],
            help="save the tokenizer beside the model with `save_pretrained`",
        ) from None
    if not tokenizer.is_fast:
        raise ModelError(
            f"the tokenizer of `{source.where}` has no `tokenizer.json`",
            help="convert it with `AutoTokenizer.from_pretrained(…).save_pretrained(…)`",
        )
    template = tokenizer.chat_template
    if isinstance(template, dict):
        template = template.get("default")
    chat = isinstance(template, str) and mode != "text"
    words = {key: str(word) for key, word in tokenizer.special_tokens_map.items() if isinstance(word, str)}
    return _laid(_vocabulary(tokenizer, chat), template, mode, source, **words)


def _vocabulary(tokenizer: Any, chat: bool) -> Vocabulary:
    told = json.loads(tokenizer.backend_tokenizer.to_str())
    plain = type(tokenizer.backend_tokenizer).from_str(json.dumps(_made_plain(told, chat)))
    plain.encode_special_tokens = True
    special = {one["content"]: one["id"] for one in told["added_tokens"] if one["special"]}
    begun = tokenizer("a")["input_ids"][:1]
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return Vocabulary(
        special=special,
        pieces=tuple(_pieces(tokenizer, told, set(special.values()))),
        ends=frozenset([] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]),
        start=0 if start is None else start,
        # a chat template writes what begins a text itself
        always_start=not chat and start is not None and begun == [start],
        plain=PlainEncoder(plain),
    )


def _made_plain(told: dict[str, Any], chat: bool) -> dict[str, Any]:
    """Leave out what a tokenizer puts around a text; in a chat no text stands at the very beginning."""
    plain = {**told, "post_processor": None, "truncation": None, "padding": None}
    outer = plain.get("pre_tokenizer") or {}
    steps = outer.get("pretokenizers", [outer])
    for step in steps if chat else ():
        if step.get("type") == "Metaspace" and step.get("prepend_scheme") == "first":
            step["prepend_scheme"] = "never"
    return plain


def _pieces(tokenizer: Any, told: dict[str, Any], special: set[int]) -> Iterable[bytes]:
    """Give the bytes of each token, none for a special one."""
    by_byte = '"ByteLevel"' in json.dumps([told["decoder"], told["pre_tokenizer"]])
    letters = byte_letters()
    added = {one["id"] for one in told["added_tokens"]}
    for n, word in enumerate(tokenizer.convert_ids_to_tokens(range(len(tokenizer)))):
        if n in special or word is None:
            yield b""
        elif n in added:
            yield word.encode()
        elif by_byte and all(letter in letters for letter in word):
            yield bytes(letters[letter] for letter in word)
        elif len(word) == 6 and word.startswith("<0x") and word.endswith(">"):
            yield bytes([int(word[3:5], 16)])
        else:
            yield word.replace(_BLANK, " ").encode("utf-8", "replace")
