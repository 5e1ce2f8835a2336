"""`local/NAME`: a small real language model inside this process, on the CPU, exact and without a network.

* `local/smollm2-135m` is fetched once (93 MB) and checked byte for byte at every opening.
* `local/PATH.gguf` is a file of your own: a plain Llama model with a byte-level tokenizer.

Parameters: `mode=chat` lays prompts out by the template in the model's file, `mode=text` as plain text;
`sha256=DIGEST` (the first 12 hex digits or more) is what a file of your own must be. The name that answers
are stored under has the digest in it, so that another file under the same path is another model.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from taskc.backends import parameters
from taskc.backends.local.catalogue import MODELS, KnownModel, find_known
from taskc.backends.local.fetch import digest_of, is_here, place_of, pull
from taskc.backends.protocol import Backend, Described, ModelError, ModelName, Surroundings
from taskc.backends.tokens import Counter
from taskc.records.plan import Capabilities

if TYPE_CHECKING:
    from taskc.backends.local.gguf_file import GgufFile
    from taskc.backends.local.layout import Layout
    from taskc.backends.local.vocabulary import Vocabulary

__all__ = [
    "MODELS",
    "KnownModel",
    "counter",
    "describe",
    "find_known",
    "is_here",
    "open_model",
    "place_of",
    "pull",
]

DIGITS = 12
"""Hex digits of a digest that stand in the name of a file of one's own."""


BATCH = 128
"""Operations at once: more save little, and a run that is killed loses those in flight."""


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what a local model can do. Nothing is fetched; a file of one's own is read for its digest."""
    from taskc.backends.local.gguf_file import read_gguf

    if not _check_name(name):
        return _described(name, "", find_known(name.name).context)
    path = Path(name.name).expanduser()
    digest = _checked(path, name.parameters.get("sha256"))
    return _described(name, digest, read_gguf(path).whole("llama.context_length"))


def counter(name: ModelName, around: Surroundings) -> Counter | None:
    """Count tokens by the vocabulary in the model's file; None where file or tokenizer is not here."""
    own = _check_name(name)
    if find_spec("tokenizers") is None or not (own or is_here(name.name, around.cache)):
        return None
    from taskc.backends.local.counting import count_with
    from taskc.backends.local.gguf_file import read_gguf
    from taskc.backends.local.vocabulary import read_vocabulary

    file = read_gguf(Path(name.name).expanduser() if own else place_of(name.name, around.cache))
    vocabulary = read_vocabulary(file, pieces=False)
    count = count_with(vocabulary, _layout(file, name, vocabulary))
    return Counter(count=count, exact=True, method="counted with the model's own tokenizer")


def open_model(name: ModelName, around: Surroundings) -> Backend:
    """Open the embedded model, fetching it first if need be; raises `ModelError` with the cure."""
    own = _check_name(name)
    _check_extra()
    path = Path(name.name).expanduser() if own else pull(name.name, around)
    return _open_file(path, name, _checked(path, name.parameters.get("sha256")) if own else "")


def _check_name(name: ModelName) -> bool:
    """Check the parameters, and say whether a file of one's own is named; raises `ModelError`."""
    own = name.name.endswith(".gguf")
    parameters.check_known(name, ["mode", "sha256"] if own else ["mode"])
    if name.parameters.get("mode", "chat") not in ("chat", "text"):
        raise ModelError(
            f"parameter `mode` is `{name.parameters['mode']}`", help="write `mode=chat` or `mode=text`"
        )
    return own


def _described(name: ModelName, digest: str, context: int) -> Described:
    kept = {"mode": "text"} if name.parameters.get("mode") == "text" else {}
    stored = ModelName(
        provider=name.provider, name=name.name, parameters=kept | ({"sha256": digest} if digest else {})
    )
    return Described(
        model=str(stored),
        capabilities=Capabilities(
            score=True,
            labels=True,
            prefill=True,
            batch=BATCH,
            context=context,
            exact=True,
            source="computed in this process",
        ),
        charged=False,
    )


def _checked(path: Path, stated: str | None) -> str:
    """Give the first digits of a file's digest; raises `ModelError` when another one was stated."""
    digest = digest_of(path)
    if stated is not None and (len(stated) < DIGITS or not digest.startswith(stated.lower())):
        raise ModelError(
            f"`{path}` is not the file that was meant: its SHA-256 begins with `{digest[:DIGITS]}`",
            help="give the right path, or leave `sha256` out",
        )
    return digest[:DIGITS]


def _check_extra() -> None:
    try:
        import numpy
        import threadpoolctl
        import tokenizers
    except ImportError as error:
        raise ModelError(
            f"`local/` models need the package `{error.name}`", help="pip install threadpoolctl tokenizers"
        ) from error
    del numpy, threadpoolctl, tokenizers


def _open_file(path: Path, name: ModelName, digest: str) -> Backend:
    from taskc.backends.local.gguf_file import read_gguf
    from taskc.backends.local.model import Given, LocalModel
    from taskc.backends.local.vocabulary import read_vocabulary
    from taskc.backends.local.weights import read_shape

    file = read_gguf(path)
    shape = read_shape(file)
    vocabulary = read_vocabulary(file)
    layout = _layout(file, name, vocabulary)
    known = _described(name, digest, shape.context)
    return LocalModel(
        model=known.model,
        capabilities=known.capabilities,
        given=Given(
            file=file,
            shape=shape,
            vocabulary=vocabulary,
            layout=layout,
            as_text=name.parameters.get("mode") == "text",
        ),
    )


def _layout(file: "GgufFile", name: ModelName, vocabulary: "Vocabulary") -> "Layout":
    from taskc.backends.local.layout import ChatLayout, TextLayout

    template = file.fields.get("tokenizer.chat_template")
    if name.parameters.get("mode") == "text":
        return TextLayout(vocabulary)
    if not isinstance(template, str):
        raise ModelError(f"`{file.path}` has no chat template", help="add `?mode=text` to the model string")
    return ChatLayout(template, vocabulary)
