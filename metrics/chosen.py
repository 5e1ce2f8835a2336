"""Which metrics are computed for each score: the standard ones, and those that were asked for."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from taskc.metrics import METRICS
from taskc.metrics.belief import Belief, Target
from taskc.metrics.metric import Metric
from taskc.metrics.of_samples.pass_at_k import pass_at_k

OfOptions: TypeAlias = Callable[[Belief, Target], float | None]
OfSamples: TypeAlias = Callable[[Sequence[int | None], Sequence[bool]], float | None]
KNOWN = frozenset({"correct", "chance"})
"""Numbers of an item that need no metric."""

_PASS = re.compile(r"pass@([1-9]\d{0,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Metrics by name, by what they are of; `accuracy` says that it was asked for."""

    options: Mapping[str, OfOptions]
    replies: Mapping[str, Metric] = field(default_factory=dict)
    samples: Mapping[str, OfSamples] = field(default_factory=dict)
    items: Mapping[str, Metric] = field(default_factory=dict)
    accuracy: bool = False


STANDARD = Chosen(options={name: one.function for name, one in METRICS.items() if one.standard})


def find_metric(name: str) -> Metric | None:
    """Give the metric of a name, `pass@5` for any number among them; None if there is none."""
    return METRICS["pass@k"] if _PASS.fullmatch(name) else None if name == "pass@k" else METRICS.get(name)


def choose(names: Iterable[str]) -> Chosen:
    """Choose the standard metrics, those named, and what those of items are made of; raises `KeyError`."""
    wanted: dict[str, Metric] = {}
    for name in names:
        metric = find_metric(name)
        if metric is None:
            raise KeyError(name)
        wanted |= {need: METRICS[need] for need in metric.needs if need not in KNOWN}
        wanted[name] = metric
    options = {
        name: one.function for name, one in wanted.items() if one.of == "options" and name != "accuracy"
    }
    return Chosen(
        options={**STANDARD.options, **options},
        replies={name: one for name, one in wanted.items() if one.of == "reply"},
        samples={name: _of_samples(name, one) for name, one in wanted.items() if one.of == "samples"},
        items={name: one for name, one in wanted.items() if one.of == "items"},
        accuracy="accuracy" in wanted,
    )


def _of_samples(name: str, metric: Metric) -> OfSamples:
    found = _PASS.fullmatch(name)
    return partial(_pass, int(found[1])) if found else metric.function


def _pass(k: int, votes: Sequence[int | None], correct: Sequence[bool]) -> float | None:
    return pass_at_k(len(correct), sum(correct), k)
