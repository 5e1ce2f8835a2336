"""Comparisons taken together: the items of several tasks, regimes, models or levels as one sample."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from taskc.analysis.by_item import Answers, joined
from taskc.dsl.diagnostic import similar
from taskc.flow.contrast_sides import Context
from taskc.flow.selection import BadSelection

Pair: TypeAlias = tuple[Context, tuple[str, Answers], tuple[str, Answers]]
"""What is compared with what: what both have in common, and the name and the answers of either."""
Together: TypeAlias = tuple[Context, tuple[str, Answers], tuple[str, Answers], Mapping[str, int]]
"""The same, and how many of each kind were taken together."""
_PLACES = {"task": 0, "regime": 1, "measure": 3, "model": 4}


def pool(pairs: Sequence[Pair], over: Sequence[str]) -> list[Together]:
    """Take together what differs in `over` only; raises `BadSelection` for what there is none of.

    Every item counts alike, so that a task of many items counts for more than one of few. One item that was
    asked in several regimes, of several models or at several levels is one cluster; so are, as ever, the
    items of one cluster of its task.
    """
    if not over or not pairs:
        return [(*pair, {}) for pair in pairs]
    factors = dict.fromkeys(name for context, _, _ in pairs for name, _ in context[2])
    for name in over:
        known = [one for one, at in _PLACES.items() if any(context[at] for context, _, _ in pairs)]
        known += factors
        if name not in known:
            cure = similar(name, known) or f"there are {', '.join(f'`{one}`' for one in known)}"
            raise BadSelection(f"there is no `{name}` to pool over in these comparisons", cure)
    groups: dict[tuple[Context, str, str], list[Pair]] = {}
    for pair in pairs:
        context, (first, _), (second, _) = pair
        groups.setdefault((_without(context, over), first, second), []).append(pair)
    return [_together(first, second, some, over) for (_, first, second), some in groups.items()]


def _without(context: Context, over: Sequence[str]) -> Context:
    task, regime, levels, measure, model, way = context
    return (
        "" if "task" in over else task,
        "" if "regime" in over else regime,
        tuple(pair for pair in levels if pair[0] not in over),
        "" if "measure" in over else measure,
        "" if "model" in over else model,
        way if over == ("model",) else "",  # ways belong to a task, a regime and a measure
    )


def _together(first: str, second: str, pairs: Sequence[Pair], over: Sequence[str]) -> Together:
    if len(pairs) == 1:
        return (*pairs[0], {})
    counts = {name: n for name in over if (n := len({_of(context, name) for context, _, _ in pairs})) > 1}
    prefixes = ["\n".join(map(str, pair[0])) for pair in pairs]
    sides = [
        joined(some, prefixes, [tuple(_clusters(one)) for one in some])
        for some in ([one for _, (_, one), _ in pairs], [one for _, _, (_, one) in pairs])
    ]
    return _without(pairs[0][0], tuple(counts)), (first, sides[0]), (second, sides[1]), counts


def _clusters(one: Answers) -> Iterator[str]:
    """Name what each item belongs to: its cluster, or itself, in its task."""
    names = one.clusters or ("",) * len(one.items)
    for item, cluster in zip(one.items, names, strict=True):
        yield f"{one.task}\n{'cluster' if cluster else 'item'}\n{cluster or item}"


def _of(context: Context, name: str) -> str:
    if name in _PLACES:
        return str(context[_PLACES[name]])
    return dict(context[2]).get(name, "")
