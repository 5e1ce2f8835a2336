r"""The place or the text of the answer tells it.

## What it finds
Items whose options stand in the prompt and whose answer stands in one place (so: has one label) more
often than chance, and items that all have the same options and the same answer too often. Told is what
always guessing so would have right. The test is an exact binomial one of the most frequent place against
one in k, for items with k options, corrected for the k places that it was chosen from, for each number
of options, and for being made twice: over all items, and over those on which a distractor disagrees.
Places are averaged over the design, so `vary order as_written, reversed` counts as what it is. Under
p = 0.001, or for a gain of less than 5 points, nothing is told.

## Why it matters
Models prefer some places and labels over others. Where answers share that preference, a model that
understood nothing is right, and one that likes another place is wrong: the score, and the order
of models by it, comes from the layout.

## Example
```task
task colours {
    item { thing: text, answer: text, trap: text }
    items generate 60 seed 3 {
        let kind = randint(0, 2)
        let number = randint(1, 99999)
        thing = ["the sky", "grass", "snow"][kind] + " of picture {{ number }}"
        answer = ["blue", "green", "white"][kind]
        trap = pick("red", "black")
    }
    true_task "name its colour" -> answer
    distractor "name another" -> trap
    options [answer, trap] as letters
    prompt "What colour is {{ thing }}?\n{{ options }}"
    reply "Answer: {{ answer }}"
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task colours {
    item { thing: text, answer: text, trap: text }
    items generate 60 seed 3 {
        let kind = randint(0, 2)
        let number = randint(1, 99999)
        thing = ["the sky", "grass", "snow"][kind] + " of picture {{ number }}"
        answer = ["blue", "green", "white"][kind]
        trap = pick("red", "black")
    }
    true_task "name its colour" -> answer
    distractor "name another" -> trap
    options [answer, trap] as letters
    prompt "What colour is {{ thing }}?\n{{ options }}"
    reply "Answer: {{ answer }}"
    regimes zero_shot
    vary order as_written, reversed
    canary "taskc:example"
}
```
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from taskc.compiler.lints.chance import Excess, Hits, excess
from taskc.compiler.lints.names import nodes
from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.compiler.templates import template_names
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, warning

_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_MOST = 1 << 10  # options that fit in a mark
_CONFLICT = 1 << 30


def mark_place(seen: Seen, look: Look) -> int:
    """Mark the place of the answer, the number of options, which of the same ones it is, and a conflict."""
    k = len(seen.scene.choices)
    if k >= _MOST:
        return 0
    text = look.fixed.get(seen.answer_text, 0)
    return seen.place | k << 10 | text << 20 | (_CONFLICT if seen.conflict else 0)


def has_options(look: Look) -> bool:
    """Say whether the items of a look have options."""
    return look.variants[0].options is not None


def answer_imbalance(view: View) -> Iterator[Diagnostic]:
    """Find tasks in which always guessing one place, or one text, beats chance."""
    looks = [look for look in view.looks if has_options(look)]
    for conflict in (False, True):
        found = _by_place([look for look in looks if _lists(look)], conflict)
        if found is None:
            found = _by_text([look for look in looks if look.fixed], conflict)
        if found is not None:
            told, one = found
            yield warning(
                "answer-imbalance",
                told,
                view.options_span,
                note=str(one),
                help=_cure(view, by_place=told.startswith("the answer stands")),
            )
            return


def _cure(view: View, by_place: bool) -> str:
    if not by_place:
        return "take as many items with each answer"
    if any(factor.name == "order" for factor in view.task.factors):
        return "let `vary order` have levels that even the places out, such as `as_written, reversed`"
    return "show them in more than one order, `vary order as_written, reversed`, or even the rows out"


def _lists(look: Look) -> bool:
    """Say whether places show: by labels, or in a prompt with the options or the fields they are made of."""
    variant = look.variants[0]
    assert variant.options is not None
    if variant.options.style != "verbatim":
        return True
    shown = {name for _, text in variant.prompt for name in template_names(text)}
    made_of = {node.id for node in nodes(variant.options.value) if isinstance(node, syntax.Name)}
    return "options" in shown or (bool(made_of) and made_of <= shown)


def _by_place(looks: Sequence[Look], conflict: bool) -> tuple[str, Excess] | None:
    counts: Counter[tuple[int, int]] = Counter()
    for look in looks:
        for mark, number in _marks(look, conflict):
            counts[mark >> 10 & _MOST - 1, mark & _MOST - 1] += number * len(look.variants)
    found = _most(counts, sum(len(look.variants) for look in looks))
    if found is None:
        return None
    place, items, one = found
    where = _PLACES[place] if place < len(_PLACES) else f"in place {place + 1}"
    return f"the answer stands {where} {_told(one, items, conflict)}", one


def _by_text(looks: Sequence[Look], conflict: bool) -> tuple[str, Excess] | None:
    for look in looks:
        counts: Counter[tuple[int, int]] = Counter()
        for mark, number in _marks(look, conflict):
            counts[mark >> 10 & _MOST - 1, mark >> 20 & _MOST - 1] += number
        found = _most(counts, 1)
        if found is not None:
            at, items, one = found
            text = next(text for text, number in look.fixed.items() if number == at)
            return f"the answer is “{text[:40]}” {_told(one, items, conflict)}", one
    return None


def _told(one: Excess, items: int, conflict: bool) -> str:
    among = "items on which a distractor disagrees" if conflict else "items"
    if one.hits.named < items:
        among += f" with {one.hits.k} options"
    chance = one.hits.named / one.hits.k
    return f"in {one.hits.right:,} of {one.hits.named:,} {among}, and by chance in {chance:,.0f}"


def _marks(look: Look, conflict: bool) -> Iterator[tuple[int, int]]:
    """Give each mark and how often it was made, of all items or of those in conflict."""
    for mark, number in Counter(look.marks["answer-imbalance"]).items():
        if mark and (mark & _CONFLICT or not conflict):
            yield mark & ~_CONFLICT, number


def _most(counts: Counter[tuple[int, int]], showings: int) -> tuple[int, int, Excess] | None:
    """Test the most frequent place (or text) for each number of options; gives it and the number of items.

    `showings` says how often each item was counted: the test is of items, not of showings, for
    those of one item are not independent.
    """
    hits, places, items = {}, {}, 0
    for k in sorted({k for k, _ in counts}):
        named = sum(number for (other, _), number in counts.items() if other == k) // showings
        place = max((p for other, p in counts if other == k), key=lambda p: (counts[k, p], -p))
        places[k], items = place, items + named
        hits[k] = Hits(k=k, named=named, right=counts[k, place] // showings)
    if not items:
        return None
    found = None
    for k, one in hits.items():
        # two sets of items are looked at, and the place is the likeliest of k
        tested = excess({k: one}, items, 2 * k * len(hits))
        if tested is not None and (found is None or tested.p < found[2].p):
            found = (places[k], items, tested)
    return found
