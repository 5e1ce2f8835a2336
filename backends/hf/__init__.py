"""`hf/PATH_OR_NAME`: a causal language model in this process, run by transformers and torch.

* `hf/FOLDER` is what `save_pretrained` writes: `config.json`, `.safetensors`, a tokenizer.
* `hf/FILE.gguf`, or a folder with one such file, is unpacked by transformers.
* `hf/OWNER/NAME` comes from the model hub, through its own cache; `revision=` is a branch, tag or commit.

Parameters: `dtype=` (float32, bfloat16, float16), `device=` (cpu, cuda, cuda:1, mps), `mode=chat` or
`mode=text`, `fingerprint=` of the files that were meant. Code that comes with a model is never run.
"""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from taskc.backends import parameters
from taskc.backends.hf.source import Source, find_source, missing
from taskc.backends.protocol import Backend, Described, ModelError, ModelName, Surroundings
from taskc.backends.tokens import Counter
from taskc.records.plan import Capabilities

if TYPE_CHECKING:
    from taskc.backends.hf.tokens import Tokens

__all__ = ["counter", "describe", "open_model"]

BATCH = 64
"""Operations at once."""
DTYPES = ("float32", "bfloat16", "float16")
DEVICES = re.compile(r"cpu|mps|(cuda|xpu)(:[0-9]+)?")
PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "jinja2")
GGUF_PACKAGES = ("gguf", "accelerate")


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what a model can do, from its configuration.

    Weights are not loaded: some places of their files are read, to tell them from others.
    """
    _check_name(name)
    return _described(name, find_source(name, around))


def counter(name: ModelName, around: Surroundings) -> Counter | None:
    """Count tokens by the model's tokenizer; None where packages are missing or the model is not here."""
    _check_name(name)
    if not all(find_spec(package) for package in PACKAGES):
        return None
    from taskc.backends.local.counting import count_with

    try:
        tokens = _tokens(find_source(name, around), name)
    except ModelError:
        return None
    count = count_with(tokens.vocabulary, tokens.layout)
    return Counter(count=count, exact=True, method="counted with the model's own tokenizer")


def open_model(name: ModelName, around: Surroundings) -> Backend:
    """Open a model: its configuration and tokenizer now, its weights at the first question."""
    _check_name(name)
    source = find_source(name, around)
    _check_packages(source)
    from taskc.backends.hf.model import Given, HfModel

    known = _described(name, source)
    return HfModel(
        model=known.model,
        capabilities=known.capabilities,
        given=Given(
            source=source,
            tokens=_tokens(source, name),
            dtype=name.parameters.get("dtype", DTYPES[0]),
            device=name.parameters.get("device", "cpu"),
        ),
    )


def _check_name(name: ModelName) -> None:
    parameters.check_known(name, ("dtype", "device", "mode", "revision", "fingerprint"))
    for key, known in (("dtype", DTYPES), ("mode", ("chat", "text"))):
        value = name.parameters.get(key, known[0])
        if value not in known:
            listed = ", ".join(f"`{key}={one}`" for one in known)
            raise ModelError(f"parameter `{key}` is `{value}`", help=f"write one of {listed}")
    device = name.parameters.get("device", "cpu")
    if not DEVICES.fullmatch(device):
        raise ModelError(
            f"parameter `device` is `{device}`", help="write `cpu`, `cuda`, `cuda:1`, `mps` or `xpu`"
        )


def _described(name: ModelName, source: Source) -> Described:
    usual = {"dtype": DTYPES[0], "device": "cpu"}
    kept = {key: value for key, value in name.parameters.items() if usual.get(key) != value}
    kept["revision" if source.commit else "fingerprint"] = source.print
    stored = ModelName(provider=name.provider, name=name.name, parameters=kept)
    return Described(
        model=str(stored),
        capabilities=Capabilities(
            score=True,
            labels=True,
            prefill=True,
            batch=BATCH,
            context=source.context,
            exact=name.parameters.get("device", "cpu") == "cpu",
            source="computed in this process by transformers",
        ),
        charged=False,
    )


def _tokens(source: Source, name: ModelName) -> "Tokens":
    from taskc.backends.hf.tokens import read_tokens

    return read_tokens(source, name.parameters.get("mode"))


def _check_packages(source: Source) -> None:
    for package in (*PACKAGES, *(GGUF_PACKAGES if source.gguf else ())):
        if find_spec(package) is None:
            raise missing(ImportError(name=package))
