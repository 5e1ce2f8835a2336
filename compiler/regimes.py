"""Regimes: declarations, what they extend, how they are used, and what each setting may be."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from taskc.compiler.expressions import constant
from taskc.compiler.limits import DEPTH
from taskc.compiler.merge import REGIME, check_body, every, last, merge, word_of
from taskc.compiler.values import written
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, error, similar
from taskc.dsl.model import Exemplars, Regime, Value


def statements(
    name: syntax.Word, known: Mapping[str, syntax.Regime], found: list[Diagnostic]
) -> tuple[syntax.Statement, ...] | None:
    """Give all that the regime `name` states, what it extends included; None when that is not known."""
    chain: list[syntax.Regime] = []
    word: syntax.Word | None = name
    while word is not None:
        regime = known.get(word.text)
        if regime is None:
            found.append(
                error(
                    "unknown-regime",
                    f"unknown regime `{word.text}`",
                    word.span,
                    help=similar(word.text, known),
                )
            )
            return None
        if any(regime is seen for seen in chain):
            found.append(
                error(
                    "extends-cycle",
                    f"regime `{regime.name.text}` extends itself",
                    word.span,
                    others=[Label(span=regime.name.span, text="declared here")],
                    help="give the new regime a name of its own",
                )
            )
            return None
        chain.append(regime)
        word = regime.extends
        if len(chain) > DEPTH:
            told = f"regimes may extend each other {DEPTH} deep at most"
            found.append(error("nesting-too-deep", told, name.span, help="state more in each of them"))
            return None
    body: tuple[syntax.Statement, ...] = ()
    for regime in reversed(chain):
        body = merge(body, check_body(regime.body, REGIME, found))
    return body


def used(
    use: syntax.Use, known: Mapping[str, syntax.Regime], found: list[Diagnostic]
) -> tuple[syntax.Statement, ...] | None:
    """Give all that a use of a regime states: the regime, the arguments in brackets, the block."""
    body = statements(use.name, known, found)
    if body is None:
        return None
    settings = [syntax.Setting(span=a.span, keyword=a.name, value=a.value) for a in use.arguments]
    body = merge(body, check_body(settings, REGIME, found))
    return merge(body, check_body(use.body or (), REGIME, found))


def regime(name: str, body: tuple[syntax.Statement, ...], found: list[Diagnostic]) -> Regime:
    """Read the settings among `body` into a regime; wrong ones are findings and keep their default."""
    values: dict[str, Any] = {}
    for setting in every(body, syntax.Setting):
        word = setting.keyword.text
        reader = SETTINGS.get(word)
        if reader is None:
            found.append(
                error(
                    "unknown-setting",
                    f"a regime has no setting `{word}`",
                    setting.keyword.span,
                    help=_instead(word, name) or similar(word, SETTINGS),
                )
            )
            continue
        value = reader(setting, found)
        if value is not None:
            values[word] = value
    return Regime(name=name, exemplars=_exemplars(last(body, syntax.Exemplars), found), **values)


def _instead(word: str, name: str) -> str:
    """Give the way out where what stands in a block is written as an argument."""
    if word == "exemplars":
        return f"write it in a block: `{name}(shots = 4) {{ exemplars balanced }}`"
    return ""


def _exemplars(stated: syntax.Exemplars | None, found: list[Diagnostic]) -> Exemplars:
    if stated is None:
        return Exemplars()
    ids = ids_of(stated.ids, found) if stated.ids is not None else None
    return Exemplars(ids=ids, where=stated.where, balanced=stated.balanced)


def ids_of(listed: syntax.ListOf, found: list[Diagnostic]) -> tuple[str, ...]:
    """Give the ids in a list of them, written as text."""
    ids = constant(listed, found)
    return tuple(written(part) for part in ids) if isinstance(ids, tuple) else ()


Reader = Callable[[syntax.Setting, list[Diagnostic]], Any]


def _refuse(setting: syntax.Setting, wanted: str, found: list[Diagnostic]) -> None:
    found.append(error("bad-value", f"`{setting.keyword.text}` is {wanted}", setting.value.span))


def _evaluated(setting: syntax.Setting, found: list[Diagnostic]) -> Value | None:
    return constant(setting.value, found)


def _whole(low: int, high: int) -> Reader:
    def read(setting: syntax.Setting, found: list[Diagnostic]) -> Any:
        before = len(found)
        value = _evaluated(setting, found)
        if len(found) > before:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        return _refuse(setting, f"a whole number from {low:,} to {high:,}", found)

    return read


def _number(low: float, high: float) -> Reader:
    def read(setting: syntax.Setting, found: list[Diagnostic]) -> Any:
        before = len(found)
        value = _evaluated(setting, found)
        if len(found) > before:
            return None
        if (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and low <= value <= high
            and math.isfinite(value)
        ):
            return float(value)
        return _refuse(setting, f"a number from {low:g} to {high:g}", found)

    return read


def _word(*allowed: str) -> Reader:
    def read(setting: syntax.Setting, found: list[Diagnostic]) -> Any:
        word = word_of(setting.value)
        if word in allowed:
            return word
        return _refuse(setting, "one of " + ", ".join(f"`{a}`" for a in allowed), found)

    return read


def _texts(setting: syntax.Setting, found: list[Diagnostic]) -> Any:
    before = len(found)
    value = _evaluated(setting, found)
    if len(found) > before:
        return None
    parts = value if isinstance(value, tuple) else (value,)
    if parts and all(isinstance(part, str) and part for part in parts):
        return parts
    return _refuse(setting, "a text or a list of texts, none of them empty", found)


# setting -> how its value is read
SETTINGS: dict[str, Reader] = {
    "shots": _whole(0, 1000),
    "samples": _whole(1, 10_000),
    "temperature": _number(0, 5),
    "top_p": _number(0.0001, 1),
    "max_tokens": _whole(1, 1_000_000),
    "stop": _texts,
    "effort": _word("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "layout": _word("turns", "single"),
    "vote": _word("majority"),
    "order": _word("drawn", "as_written", "reversed"),
    "seed": _whole(0, 2**63),
}
