"""The length of the options tells the answer.

## What it finds
Items whose answer is the longest option, or the shortest, more often than chance. Lengths are in
characters; items of which two options are equally long (or short) take no part. Told is what always
taking the longest (or shortest) would have right. The test is an exact binomial one against one in k, for
items with k options, corrected for both directions, each number of options, and for being made twice: over
all items, and over those on which a distractor disagrees. Where all items have the same options, their
length says no more than which one it is, and `answer-imbalance` looks at that. Under p = 0.001, or for
a gain of less than 5 points over all items, nothing is told.

## Why it matters
Right answers are often written with more care, and so are longer. A model may have learnt that; and where
options are compared by the sum of their log-probabilities, the shortest one has the advantage anyway.

## Example
```task
task kinds {
    item { n: int, answer: text, trap: text }
    items generate 40 seed 5 {
        n = randint(2, 99999)
        answer = "an even number" if n % 2 == 0 else "an odd number"
        trap = "even" if n % 2 == 1 else "odd"
    }
    true_task "say which it is" -> answer
    distractor "say the other" -> trap
    options sorted([answer, trap])
    prompt "What kind of number is {{ n }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task kinds {
    item { n: int, answer: text, trap: text }
    items generate 40 seed 5 {
        n = randint(2, 99999)
        answer = "even" if n % 2 == 0 else "odd"
        trap = "even" if n % 2 == 1 else "odd"
    }
    true_task "say which it is" -> answer
    distractor "say the other" -> trap
    options sorted([answer, trap])
    prompt "What kind of number is {{ n }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections import Counter
from collections.abc import Iterator

from taskc.compiler.lints.chance import Excess, counted, excess
from taskc.compiler.lints.names import nodes
from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, warning

_MOST = 255  # options that fit in a mark
_CONFLICT = 16
# the bits of a mark: one option is the longest, and it is the answer; one is the shortest, and it is
_DIRECTIONS = {"longest": (1, 2), "shortest": (4, 8)}


def mark_lengths(seen: Seen, look: Look) -> int:
    """Mark whether one option is the longest, or shortest, and the answer, with the number of options."""
    lengths = list(map(len, seen.scene.choices.texts))
    k = len(lengths)
    if k > _MOST:
        return 0
    own, high, low = lengths[seen.place], max(lengths), min(lengths)
    mark = k << 8 | (_CONFLICT if seen.conflict else 0)
    if lengths.count(high) == 1:
        mark |= 3 if own == high else 1
    if lengths.count(low) == 1:
        mark |= 12 if own == low else 4
    return mark


def varies(look: Look) -> bool:
    """Say whether the items of a look have options, and others from item to item as far as can be told."""
    options = look.variants[0].options
    return options is not None and any(isinstance(node, syntax.Name) for node in nodes(options.value))


def length_gives_away(view: View) -> Iterator[Diagnostic]:
    """Find tasks in which always guessing the longest, or the shortest, option beats chance."""
    for look in view.looks:
        if look.fixed:
            continue
        for conflict in (False, True):
            found = _surest(look, conflict)
            if found is not None:
                direction, one = found
                yield warning(
                    "length-gives-away",
                    _told(look, direction, one, conflict),
                    view.options_span,
                    note=str(one),
                    help="write all options with the same care, none longer than it must be",
                )
                return


def _surest(look: Look, conflict: bool) -> tuple[str, Excess] | None:
    """Test both directions; four tests are made in all, with both sets of items."""
    marks = [
        (mark, number)
        for mark, number in Counter(look.marks["length-gives-away"]).items()
        if mark and (mark & _CONFLICT or not conflict)
    ]
    items = sum(number for _, number in marks)
    found = []
    for direction, (one, answer) in _DIRECTIONS.items():
        pairs: Counter[tuple[int, bool]] = Counter()
        for mark, number in marks:
            if mark & one:
                pairs[mark >> 8, bool(mark & answer)] += number
        tested = excess(counted(pairs), items, tests=4)
        if tested is not None:
            found.append((direction, tested))
    return min(found, key=lambda one: one[1].p, default=None)


def _told(look: Look, direction: str, one: Excess, conflict: bool) -> str:
    named, right = one.hits.named, one.hits.right
    among = "items on which a distractor disagrees" if conflict else "items"
    if named < len(look):
        among += f" where one of {one.hits.k} options is"
    often = f"{right:,} of {named:,} {among}, and by chance in {named / one.hits.k:,.0f}"
    return f"the answer is the {direction} option in {often}"
