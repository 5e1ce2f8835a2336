"""Two versions of a task to the changes between them: ways, statements, items, exemplars."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from taskc.flow.sides import TaskSide, levels_text
from taskc.records.difference import Change
from taskc.records.snapshot import Stated, TaskShot, Way

WayKey = tuple[str, str]  # regime, levels
_NOT_OWN = ("measure",)  # told as measures


class Matched(Struct):
    """What of two versions of a task is the same thing, and how it changed.

    `ways` and `items` lead from new to old. The rest are positions in `changes`: of a way or measure that is
    new, of an item, of what concerns a way, of what concerns its exemplars; `own` of what makes the items.
    """

    changes: list[Change] = field(default_factory=list)
    ways: dict[WayKey, WayKey] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    new_ways: dict[WayKey, tuple[int, ...]] = field(default_factory=dict)
    new_measures: dict[tuple[WayKey, str], int] = field(default_factory=dict)
    item_changes: dict[str, int] = field(default_factory=dict)
    of_way: dict[WayKey, tuple[int, ...]] = field(default_factory=dict)
    of_exemplars: dict[WayKey, tuple[int, ...]] = field(default_factory=dict)
    own: list[int] = field(default_factory=list)

    def add(self, change: Change) -> int:
        """Note a change, give its position."""
        self.changes.append(change)
        return len(self.changes) - 1


def changes_of(old: TaskSide, new: TaskSide) -> Matched:
    """Find out what changed between two versions of a task."""
    matched = Matched()
    pairs = _ways(old.shot, new.shot, matched)
    _statements(old.shot, new.shot, pairs, matched)
    _measures(pairs, matched)
    _items(old, new, matched)
    _exemplars(pairs, matched)
    return matched


def key_of(way: Way) -> WayKey:
    """Give what a way is known by."""
    return way.regime, levels_text(way.levels)


def name_of(key: WayKey) -> str:
    """Write a way as `--select` takes it."""
    return f"regime={key[0]} {key[1]}".strip() if key[1] else key[0]


# --- regimes, factors, levels ------------------------------------------------------------------------


def _ways(old: TaskShot, new: TaskShot, matched: Matched) -> list[tuple[Way, Way]]:
    """Match ways, and tell regimes, factors and levels that came or went; gives pairs (old, new)."""
    regimes = _came_and_went(
        "regime", {w.regime: w.at for w in old.ways}, {w.regime: w.at for w in new.ways}, matched
    )
    before, after = _levels(old), _levels(new)
    factors = _came_and_went(
        "factor",
        {name: old.factors.get(name, old.at) for name in before},
        {name: new.factors.get(name, new.at) for name in after},
        matched,
    )
    levels: dict[tuple[str, str], int] = {}
    for factor in before.keys() & after.keys():
        had, has = (
            {f"{factor}={level}": at for level, at in side[factor].items()} for side in (before, after)
        )
        levels |= {(factor, name): n for name, n in _came_and_went("level", had, has, matched).items()}
    common = sorted(before.keys() & after.keys())
    base = {(w.regime, tuple(w.levels[f] for f in common)): w for w in reversed(old.ways)}
    exact = {key_of(w): w for w in old.ways}
    pairs = []
    taken: set[WayKey] = set()
    for way in new.ways:
        was = exact.get(key_of(way)) or base.get((way.regime, tuple(way.levels[f] for f in common)))
        if was is None or (key_of(way) not in exact and key_of(was) in taken):
            whys = [regimes[way.regime]] if way.regime in regimes else []
            whys += [n for (f, name), n in levels.items() if f"{f}={way.levels[f]}" == name]
            whys += [] if whys else [n for f, n in factors.items() if f in way.levels]
            matched.new_ways[key_of(way)] = tuple(whys)
            continue
        taken.add(key_of(was))
        matched.ways[key_of(way)] = key_of(was)
        pairs.append((was, way))
    return pairs


def _levels(shot: TaskShot) -> dict[str, dict[str, str]]:
    """Give the levels of each factor, with a place for each."""
    out: dict[str, dict[str, str]] = {}
    for way in shot.ways:
        for factor, level in way.levels.items():
            place = shot.factors.get(f"{factor}={level}") or shot.factors.get(factor, shot.at)
            out.setdefault(factor, {}).setdefault(level, place)
    return out


def _came_and_went(
    what: str, before: Mapping[str, str], after: Mapping[str, str], matched: Matched
) -> dict[str, int]:
    """Tell what is on one side only; gives the positions of what came."""
    out = {}
    for name in before:
        if name not in after:
            matched.add(Change(kind="removed", what=what, name=name, was=before[name]))
    for name, at in after.items():
        if name not in before:
            out[name] = matched.add(Change(kind="added", what=what, name=name, at=at))
    return out


# --- statements --------------------------------------------------------------------------------------


def _statements(old: TaskShot, new: TaskShot, pairs: list[tuple[Way, Way]], matched: Matched) -> None:
    """Tell every statement that changed once, with the ways that it concerns."""
    told: dict[tuple[str, str, str], list[WayKey]] = {}
    places: dict[tuple[str, str, str], tuple[str, str]] = {}
    for before, after in pairs:
        for about, was, now in _differing(_of(old, before), _of(new, after)):
            change = about, was.text if was else "", now.text if now else ""
            told.setdefault(change, []).append(key_of(after))
            places.setdefault(change, (was.at if was else "", now.at if now else ""))
    concerned: dict[WayKey, list[int]] = {}
    for change, ways in told.items():
        within = () if len(ways) == len(pairs) else tuple(map(name_of, ways))
        n = matched.add(_stated(change, places[change], within))
        for way in ways:
            concerned.setdefault(way, []).append(n)
    matched.of_way |= {way: tuple(ns) for way, ns in concerned.items()}
    own = [{s.about: s for s in (shot.statements[n] for n in shot.own)} for shot in (old, new)]
    for about, was, now in _differing(*own):
        change = about, was.text if was else "", now.text if now else ""
        matched.own.append(matched.add(_stated(change, (was.at if was else "", now.at if now else ""), ())))


def _of(shot: TaskShot, way: Way) -> dict[str, Stated]:
    return {shot.statements[n].about: shot.statements[n] for n in way.statements}


def _differing(
    old: Mapping[str, Stated], new: Mapping[str, Stated]
) -> Iterator[tuple[str, Stated | None, Stated | None]]:
    for about in dict.fromkeys([*new, *old]):
        was, now = old.get(about), new.get(about)
        if about not in _NOT_OWN and (was and was.text) != (now and now.text):
            yield about, was, now


def _stated(change: tuple[str, str, str], places: tuple[str, str], within: tuple[str, ...]) -> Change:
    about, old, new = change
    kind = "changed" if old and new else "added" if new else "removed"
    what, _, name = about.partition(" ")
    return Change(
        kind=kind,  # type: ignore[arg-type]
        what=what,
        name=name,
        old=old,
        new=new,
        was=places[0],
        at=places[1],
        within=within,
    )


def _measures(pairs: list[tuple[Way, Way]], matched: Matched) -> None:
    told: dict[tuple[str, str], list[Way]] = {}
    for before, after in pairs:
        for name in dict.fromkeys([*before.measures, *after.measures]):
            if (name in before.measures) != (name in after.measures):
                told.setdefault(("added" if name in after.measures else "removed", name), []).append(after)
    for (kind, name), ways in told.items():
        within = () if len(ways) == len(pairs) else tuple(name_of(key_of(way)) for way in ways)
        n = matched.add(Change(kind=kind, what="measure", name=name, at=ways[0].at, within=within))  # type: ignore[arg-type]
        if kind == "added":
            matched.new_measures |= {(key_of(way), name): n for way in ways}


# --- items -------------------------------------------------------------------------------------------


def _items(old: TaskSide, new: TaskSide, matched: Matched) -> None:
    """Match items by id, then by what they hold: a row put in between moves the numbers of all below it."""
    same = {id for id, row in new.rows.items() if id in old.rows and old.rows[id].digest == row.digest}
    left: dict[str, list[str]] = {}
    for id, row in old.rows.items():
        if id not in same:
            left.setdefault(row.digest, []).append(id)
    moved: dict[str, str] = {}
    for id, row in new.rows.items():
        if id not in same and left.get(row.digest):
            moved[id] = left[row.digest].pop(0)
    free = old.rows.keys() - same - set(moved.values())
    for id, row in new.rows.items():
        if id in same:
            continue
        if id in moved:
            matched.items[id] = moved[id]
            change = Change(kind="renamed", what="item", name=id, old=moved[id], at=row.at)
        elif id in free:
            fields = _fields(old.rows[id].values, row.values)
            was = old.rows[id].at
            change = Change(kind="changed", what="item", name=id, fields=fields, at=row.at, was=was)
            free.discard(id)
        else:
            matched.items[id] = ""  # no item of before, though there may have been one of this id
            change = Change(kind="added", what="item", name=id, at=row.at)
        matched.item_changes[id] = matched.add(change)
    for id in old.rows:
        if id in free:
            matched.add(Change(kind="removed", what="item", name=id, was=old.rows[id].at))


def _fields(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, tuple[str, str]]:
    if old is None or new is None:
        return {}
    names = dict.fromkeys([*new, *old])
    return {n: (_said(old, n), _said(new, n)) for n in names if old.get(n) != new.get(n)}


def _said(values: Mapping[str, Any], name: str) -> str:
    return json.dumps(values[name], ensure_ascii=False) if name in values else ""


def _exemplars(pairs: list[tuple[Way, Way]], matched: Matched) -> None:
    """Tell which ways show other exemplars; a changed item among them is a reason of its own."""
    told: dict[tuple[str, str], list[Way]] = {}
    for before, after in pairs:
        was, now = before.exemplars[: before.shots], after.exemplars[: after.shots]
        if was != tuple(matched.items.get(id, id) for id in now):
            new = ", ".join(_before(id, matched) for id in now)
            told.setdefault((", ".join(was), new), []).append(after)
    other: dict[WayKey, int] = {}
    for (old, new), ways in told.items():
        within = () if len(ways) == len(pairs) else tuple(name_of(key_of(way)) for way in ways)
        change = Change(kind="changed", what="exemplars", old=old, new=new, at=ways[0].at, within=within)
        other |= dict.fromkeys(map(key_of, ways), matched.add(change))
    for _, after in pairs:
        whys = [other[key_of(after)]] if key_of(after) in other else []
        changed = [matched.item_changes[id] for id in after.exemplars if id in matched.item_changes]
        whys += [n for n in changed if matched.changes[n].kind == "changed"]
        matched.of_exemplars[key_of(after)] = tuple(whys)


def _before(id: str, matched: Matched) -> str:
    """Write the id of an exemplar, with the one it had before if that is another."""
    was = matched.items.get(id, id)
    return f"{id} (new)" if not was else id if was == id else f"{id} ({was} before)"
