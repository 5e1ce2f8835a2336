"""Items that ask the same: found by a number an item, then held against each other in full."""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator

from msgspec import Struct

from taskc.compiler.render import ask
from taskc.compiler.survey import Look, Seen

_MARKS = ".,;:!?\"'“”‘’„«»"
_NO_MARKS = str.maketrans(dict.fromkeys(_MARKS, " "))
_DROPPED = (" \t\n\r" + "".join(mark for mark in _MARKS if mark.isascii())).encode()
_FOLDED = re.compile(r"[\"'“”‘’„«»?]|(?<!\w)[.,;:]|[.,;:](?!\w)|(?<![\d)])!")
"""Quotes and the marks of sentences; those within `1.5` or `10:30` and that of `3!` are none."""
_NEGATIONS = frozenset("not no never none neither nor cannot without except t".split())  # noqa: SIM905
"""Words that turn a question round; `isn't` is folded to `isn t`."""

ALIKE = 0.6  # of the shingles that two items have together
_SHARED = 6  # shingles in common, at least
_SIZE = 3  # words of a shingle


def fold(text: str) -> str:
    """Give a text without case, runs of blanks, quotes and the marks of sentences.

    Signs such as `+ - * / %` and brackets stay: two sums that differ in one are two questions.
    """
    return " ".join(_FOLDED.sub(" ", text.casefold()).split())


def mark_question(seen: Seen, look: Look) -> int:
    """Mark an item by what its prompt says before its options, and by their texts in any order."""
    text, choices = seen.text, seen.scene.choices
    texts = choices.texts
    if choices:
        listed = ". " if choices[0].label is not None else "\n"
        cut = text.find(listed + texts[0])  # the first option shown, whichever it is
        if cut >= 0:
            text = text[:cut]
        elif text.startswith(texts[0]):  # nothing stands before them
            text = ""
    if not text.isascii():
        text = "".join(text.casefold().translate(_NO_MARKS).split())
    stem = text.encode("utf-8", "surrogatepass").lower().translate(None, _DROPPED)
    return hash(stem) ^ hash(frozenset(texts))


def twins(look: Look) -> list[list[int]]:
    """Give the groups of items that ask the same, by prompt, options in any order, and the reply's words."""
    marks = look.marks["duplicate-items"]
    often = _repeated(marks)
    if not often:
        return []
    groups: dict[Hashable, list[int]] = defaultdict(list)
    stage, _ = next(look.ways())
    for number, mark in enumerate(marks):
        if mark in often:
            seen = look.seen(number)
            form = ask(stage, seen.scene).form
            groups[question(seen), options(seen), form.before, form.after].append(number)
    return sorted(group for group in groups.values() if len(group) > 1)


def _repeated(marks: Iterable[int]) -> set[int]:
    """Give the marks that stand more than once, looked for in parts: a set of all takes much memory."""
    parts = [array("q") for _ in range(64)]
    for mark in marks:
        parts[mark & 63].append(mark)
    twice = (part for part in parts if len(set(part)) < len(part))
    return {mark for part in twice for mark, number in Counter(part).items() if number > 1}


def answers(look: Look, group: Iterable[int]) -> dict[str, list[int]]:
    """Part a group of items by what they answer."""
    parted: dict[str, list[int]] = defaultdict(list)
    for number in group:
        parted[fold(look.seen(number).answer_text)].append(number)
    return parted


def question(seen: Seen) -> str:
    """Give the folded prompt of an item without the lines that list its options."""
    listed = {choice.text for choice in seen.choices}
    listed |= {f"{choice.label}. {choice.text}" for choice in seen.choices}
    return fold(" ".join(line for line in seen.text.split("\n") if line.strip() not in listed))


def options(seen: Seen) -> frozenset[str]:
    """Give the folded texts of the options."""
    return frozenset(fold(choice.text) for choice in seen.choices)


class _Sketch(Struct, frozen=True):
    number: int
    shingles: frozenset[tuple[str, ...]]


def near_twins(look: Look) -> Iterator[tuple[int, int]]:
    """Give pairs of items whose prompts are nearly the same, and whose answer and options are the same.

    Prompts are sets of shingles, runs of three words; a pair shares `ALIKE` of them (Jaccard), and six
    or more. A shingle of more than 3 items, and of more than 1 in 100, belongs to a form that items are
    written in and is not counted. Items that differ in a number or in how often they negate differ.
    """
    if not _some_answer_alike(look):
        return
    alike: dict[Hashable, list[_Sketch]] = defaultdict(list)
    often: Counter[tuple[str, ...]] = Counter()
    for number in range(len(look)):
        seen = look.seen(number)
        words = question(seen).split()
        shingles = frozenset(zip(*(words[at:] for at in range(_SIZE)), strict=False))
        often.update(shingles)
        numbers = tuple(word for word in words if any(map(str.isdigit, word)))
        negations = sum(word in _NEGATIONS for word in words)
        key = (fold(seen.answer_text), options(seen), numbers, negations)
        alike[key].append(_Sketch(number, shingles))
    most = max(3, len(look) // 100)
    for sketches in alike.values():
        if len(sketches) > 1:
            own = [_Sketch(s.number, frozenset(x for x in s.shingles if often[x] <= most)) for s in sketches]
            yield from _similar(own)


def _some_answer_alike(look: Look) -> bool:
    """Say whether any two items have the same answer and options: only then prompts need be read."""
    known = set()
    for number in range(len(look)):
        scene = look.stage.scene(look.item(number))
        texts = {choice.written: fold(choice.text) for choice in scene.choices}
        known.add((texts.get(scene.answer, fold(scene.answer)), frozenset(texts.values())))
    return len(known) < len(look)


def _similar(sketches: list[_Sketch]) -> Iterator[tuple[int, int]]:
    """Give the pairs that share enough; only those with a rare shingle in common are held together."""
    places: dict[tuple[str, ...], list[_Sketch]] = defaultdict(list)
    for sketch in sketches:
        shared: Counter[int] = Counter()
        others = {}
        for shingle in sketch.shingles:
            for other in places[shingle]:
                shared[other.number] += 1
                others[other.number] = other
            places[shingle].append(sketch)
        for number, count in sorted(shared.items()):
            union = len(sketch.shingles) + len(others[number].shingles) - count
            if count >= _SHARED and count >= ALIKE * union:
                yield number, sketch.number
