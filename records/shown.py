"""Numbers as texts, the same in the terminal, in figures and on the page; and names of models, shortly."""

from collections import Counter
from collections.abc import Iterable

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def percent(value: float | None) -> str:
    """Write a share of 1 in per cent, without the sign: `78`, `0.4`, `99.7`; `·` where there is none.

    One decimal is written only where the whole number would claim 0 or 100; beyond it `<0.1` and `>99.9`.
    """
    if value is None:
        return "·"
    whole = f"{100 * value:.0f}"
    if (whole == "0" and value > 0) or (whole == "100" and value < 1):
        return "<0.1" if value < 0.0005 else ">99.9" if value > 0.9995 else f"{100 * value:.1f}"
    return whole


def human(number: float) -> str:
    """Write a size shortly: `70M`, `1.4B`, `540B`; two digits, or all of the whole number."""
    for unit, letter in _UNITS:
        if number >= unit * 0.9995:
            size = number / unit
            return f"{size:.0f}{letter}" if size >= 10 else f"{size:.1f}{letter}".replace(".0", "")
    return f"{number:.3g}"


def short_names(models: Iterable[str]) -> dict[str, str]:
    """Give a name to show for each model: of a simulated one, what stands before `?`, where no other has it.

    What stands behind it, ability, pull, build and seed, is long and tells nobody which one it is.
    """
    every = dict.fromkeys(models)
    before = {model: _before(model) for model in every}
    seen = Counter(before.values())
    return {model: name if seen[name] == 1 else model for model, name in before.items()}


def _before(model: str) -> str:
    return model.partition("?")[0] if model.startswith("simulated/") else model
