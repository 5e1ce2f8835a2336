"""What lints borrow from folders they may not import: the reading of replies, tokenizers, what n items show.

Nothing is imported before it is used: checking a small file loads neither metrics nor backends.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from taskc.compiler.lints import Tools
from taskc.compiler.lints.view import ENOUGH
from taskc.records.request import Form, Kind, Option

if TYPE_CHECKING:
    from taskc.backends.protocol import Surroundings

DISCORDANT = 0.5
"""The share of items that two models or regimes are taken to answer differently, right and wrong."""


def tools(
    models: Sequence[str] = (),
    effect: float | None = None,
    around: "Surroundings | None" = None,
    *,
    all_items: bool = False,
) -> Tools:
    """Give the lints their tools: for the models named with `-m`, and the difference asked for by `--effect`.

    With `all_items` every item of a task is looked at, however many there are. `around` says where models
    lie; nothing is ever fetched, and a model whose tokenizer is not at hand has None in its place. Raises
    `ModelError` for a model string that means nothing.
    """
    named = dict.fromkeys(models)
    return Tools(
        models={model: _tokenizer(model, around) for model in named},
        contexts=_contexts(list(named), around),
        estimate=_estimate,
        read=_read,
        same=_same,
        detects=_detects,
        effect=effect,
        most=None if all_items else ENOUGH,
        weigh=_weigh,
    )


def _read(reply: str, form: Form, options: tuple[Option, ...], kind: Kind) -> str | None:
    from taskc.metrics.extract import extract

    found = extract(reply, form=form, options=options, kind=kind)
    return found.answer if found else None


def _same(one: str, other: str, kind: Kind, options: tuple[Option, ...]) -> bool:
    from taskc.metrics.attribute import same

    return same(one, other, kind, options)


def _weigh(rule: str) -> str | None:
    from taskc.flow.explain import pages

    return pages()[rule].severity if rule in pages() else None


def _estimate(text: str) -> int:
    from taskc.backends.tokens import estimate

    return estimate(text)


def _detects(n: int) -> float:
    """Give the difference that an exact McNemar test finds on `n` items, `DISCORDANT` of them so; 1 if none.

    Given m discordant pairs, the share of them that one side has right is held against one half; over all
    pairs that excess counts 2m/n times.
    """
    from taskc.analysis.power import smallest_difference

    pairs = int(n * DISCORDANT)
    found = smallest_difference(pairs) if pairs else None
    return 1.0 if found is None else 2 * DISCORDANT * found


def _tokenizer(model: str, around: "Surroundings | None") -> Callable[[str], Sequence[int]] | None:
    """Give the tokenizer in a local model's file, if that is here; other providers keep theirs."""
    from taskc.backends import parse_model
    from taskc.backends.local import is_here, place_of

    name = parse_model(model)
    own = name.name.endswith(".gguf")
    if name.provider != "local" or around is None or not (own or is_here(name.name, around.cache)):
        return None
    try:
        from pathlib import Path

        from taskc.backends.local.gguf_file import read_gguf
        from taskc.backends.local.vocabulary import read_vocabulary

        path = Path(name.name).expanduser() if own else place_of(name.name, around.cache)
        return read_vocabulary(read_gguf(path)).encode
    except ImportError:  # the extra `local` is not installed
        return None


def _contexts(models: Sequence[str], around: "Surroundings | None") -> Mapping[str, int]:
    """Give the number of tokens that each model takes, where its backend declares one."""
    if not models or around is None:
        return {}
    from taskc.backends import describe_model

    declared = {model: describe_model(model, around).capabilities.context for model in models}
    return {model: context for model, context in declared.items() if context is not None}
