"""Which items are shown as exemplars: a question of the seed and the item only, never of the model."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from heapq import nsmallest
from itertools import chain, islice

from msgspec import Struct, field

from taskc.compiler.draws import rank
from taskc.compiler.expressions import Frame, Scope, ready
from taskc.compiler.operators import Problem, truth
from taskc.compiler.scene import ItemProblem, Scene, Stage
from taskc.dsl.model import Item, Task, Value

_SPARE = 32  # candidates kept besides those that are shown, to stand in for asked items and their twins


class Pool(Struct):
    """All possible exemplars in the order in which they are drawn, of which only the first are kept.

    `usual` are those that nearly all items are shown, in the order in which they are shown, None where there
    are too few of them; `values` is what these items hold, `clusters` what they belong to.
    """

    stage: Stage
    first: Sequence[int]
    count: int
    usual: tuple[int, ...] | None = None
    values: list[Mapping[str, Value]] = field(default_factory=list)
    clusters: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[int]:
        """Give all candidates; those beyond the first are drawn again when somebody gets there."""
        return chain(self.first, self._rest())

    def _rest(self) -> Iterator[int]:
        if self.count > len(self.first):
            yield from _drawn(self.stage, self.count)[0][len(self.first) :]


def pool(stage: Stage) -> Pool:
    """Draw the possible exemplars of a variant.

    Where `test` says which items are asked the others are exemplars, unless there are none; otherwise
    all items are. The order depends on the regime's seed and the items' ids, so that all asked
    items, and all models, share their exemplars as far as possible. Raises `ItemProblem`.
    """
    task, regime = stage.task, stage.variant.regime
    if regime.exemplars.ids is not None:
        listed = _listed(stage, regime.exemplars.ids)
        made = Pool(stage, listed, len(listed))
    elif regime.exemplars.balanced:
        drawn = _balanced(stage, _drawn(stage, len(task.items))[0])
        made = Pool(stage, drawn, len(drawn))
    else:
        made = Pool(stage, *_drawn(stage, regime.shots + _SPARE))
    usual = list(made.first[: regime.shots])
    made.values = [task.items[position].values for position in usual]
    if stage.cluster is not None:
        made.clusters = frozenset(stage.cluster_of(task.items[position]) for position in usual)
    made.usual = _shown(stage, usual) if _enough(stage, usual) else None
    return made


def _listed(stage: Stage, ids: Sequence[str]) -> list[int]:
    wanted = frozenset(ids)
    by_id = {item.id: position for position, item in enumerate(stage.task.items) if item.id in wanted}
    return [by_id[id] for id in ids]


def _candidates(task: Task) -> Sequence[int]:
    """Give the positions that are not asked, all if there are none."""
    every = range(len(task.items))
    if len(task.asked) == len(every):
        return every
    asked = iter(task.asked)  # in rising order
    following = next(asked, None)
    free = array("I")
    for position in every:
        if position == following:
            following = next(asked, None)
        else:
            free.append(position)
    return free


def _drawn(stage: Stage, most: int) -> tuple[list[int], int]:
    """Give the first candidates in the order in which they are drawn, and how many there are in all."""
    regime = stage.variant.regime
    if regime.exemplars.where is None:
        return _once_drawn(_Same(stage.task), regime.seed, most)
    free = _candidates(stage.task)
    wanted = _satisfying(stage, free)
    if not wanted and len(free) < len(stage.task.items):
        wanted = _satisfying(stage, range(len(stage.task.items)))
    return _first(stage.task, wanted, regime.seed, most)


class _Same(Struct, frozen=True, eq=False):
    """A task that equals itself only, so that what is known of it can be kept."""

    task: Task

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.task is self.task

    def __hash__(self) -> int:
        return id(self.task)


@lru_cache(maxsize=4)  # variants, lints and the snapshot of a build ask for the same
def _once_drawn(same: _Same, seed: int, most: int) -> tuple[list[int], int]:
    return _first(same.task, _candidates(same.task), seed, most)


def _first(task: Task, positions: Sequence[int], seed: int, most: int) -> tuple[list[int], int]:
    """Give the `most` positions with the lowest ranks, `draws.rank` of the seed and the item's id."""
    head = b"exemplar\x1f%d\x1f" % seed
    whole = len(positions) == len(task.items)
    items = task.items if whole else (task.items[position] for position in positions)
    ranks = (
        (sha256(head + item.id.encode("utf-8", "surrogatepass")).digest(), position)
        for position, item in zip(positions, items, strict=True)
    )
    return [position for _, position in nsmallest(most, ranks)], len(positions)


def _satisfying(stage: Stage, positions: Iterable[int]) -> Sequence[int]:
    task, where = stage.task, stage.variant.regime.exemplars.where
    assert where is not None
    names = frozenset(
        [*stage.constants, *task.fields, "id", "rationale", *(n for v in task.variants for n, _ in v.lets)]
    )
    condition = ready(where, Scope(names=names, factors={f.name: f.levels for f in task.factors}), [])
    out = array("I")
    for position in positions:
        try:
            frame = Frame(stage.values(task.items[position]), stage.meter)
            if truth(condition(frame), where.span):
                out.append(position)
        except Problem as problem:
            raise ItemProblem("bad-expression", problem.message, problem.span, problem.help) from None
    return out


def _balanced(stage: Stage, drawn: list[int]) -> list[int]:
    """Take answers in turn: the first of each answer, then the second of each, and so on."""
    groups: dict[str, list[int]] = {}
    for position in drawn:
        groups.setdefault(stage.scene(stage.task.items[position]).answer, []).append(position)
    depth = max((len(group) for group in groups.values()), default=0)
    return [group[i] for i in range(depth) for group in groups.values() if i < len(group)]


def choose(stage: Stage, candidates: Pool, scene: Scene) -> tuple[int, ...]:
    """Take the exemplars of one asked item from the candidates: the first ones that stand apart from it.

    Neither it nor a twin does, an item with the same values, as a generator may draw one, and none that
    belongs to the same cluster: they would show the answer. Among balanced ones the next with the same
    answer stands in for it, so that what an item answers does not show in its exemplars. Raises
    `ItemProblem` when there are too few.
    """
    met = scene.item.values in candidates.values or (scene.cluster and scene.cluster in candidates.clusters)
    if candidates.usual is not None and not met:
        return candidates.usual
    shots, task = stage.variant.regime.shots, stage.task
    chosen = [p for p in islice(candidates, shots) if _apart(stage, task.items[p], scene)]
    while len(chosen) < min(shots, candidates.count):
        another = _instead(stage, candidates, scene, chosen)
        if another is None:
            break
        chosen.append(another)
    if _enough(stage, chosen):
        return _shown(stage, chosen)
    raise ItemProblem(
        "too-few-exemplars",
        f"regime `{stage.variant.regime.name}` shows {shots} exemplar{'' if shots == 1 else 's'}, and task "
        f"`{task.name}` has {len(chosen) or 'none'} for this item",
        stage.variant.span,
        _more(task),
    )


def _apart(stage: Stage, item: Item, scene: Scene) -> bool:
    """Say whether an item may be shown to the asked one."""
    if item.values == scene.item.values:
        return False
    return not scene.cluster or stage.cluster_of(item) != scene.cluster


def _more(task: Task) -> str:
    """Give the ways to more exemplars."""
    free = len(task.items) - len(task.asked)
    if free:
        only = (
            "the 1 item that `test where` leaves"
            if free == 1
            else f"the {free:,} items that `test where` leaves"
        )
        return f"exemplars come from {only} unasked: leave more, or ask for fewer shots"
    if task.cluster is not None:
        return "items of one cluster are no exemplars of each other: ask for fewer shots, or add items"
    return "ask for fewer shots, add items, or loosen `exemplars where`"


def _enough(stage: Stage, chosen: Sequence[int]) -> bool:
    """Say whether these can be shown; of listed ones all are, but the asked item."""
    regime = stage.variant.regime
    return len(chosen) == regime.shots or (regime.exemplars.ids is not None and len(chosen) > 0)


def _instead(stage: Stage, candidates: Pool, scene: Scene, chosen: Sequence[int]) -> int | None:
    """Give the candidate that stands in for one that does not stand apart, if there is one."""
    regime, items = stage.variant.regime, stage.task.items
    others = (
        position
        for position in islice(candidates, regime.shots, None)
        if position not in chosen and _apart(stage, items[position], scene)
    )
    first = next(others, None)
    if first is None or not regime.exemplars.balanced:
        return first
    same = (p for p in chain([first], others) if stage.scene(items[p]).answer == scene.answer)
    return next(same, first)


def _shown(stage: Stage, chosen: Sequence[int]) -> tuple[int, ...]:
    """Put chosen exemplars in the order in which they are shown.

    Balanced ones are shown in the order drawn and not answer by answer, which would be a pattern of its own.
    """
    regime, items = stage.variant.regime, stage.task.items
    if regime.order == "as_written":
        return tuple(sorted(chosen))
    if regime.exemplars.balanced:
        chosen = sorted(chosen, key=lambda position: rank("exemplar", regime.seed, items[position].id))
    return tuple(chosen[::-1] if regime.order == "reversed" else chosen)
