"""Too few items for the effect that is looked for.

## What it finds
A task whose asked items could not show the difference that the author asks for (`taskc check --effect 0.1`),
or, where none is asked for, one of 30 points: with this many items a difference of that size between two
models or regimes would be missed more than one time in five.

## Why it matters
A curve over sizes is a series of such comparisons. With too few items its ups and downs are chance,
and a U seen in them is one that nobody can reproduce.

## Example
```task
task sums {
    item { a: int, b: int, answer: text }
    items generate 10 seed 7 {
        a = randint(100, 999)
        b = randint(100, 999)
        answer = str(a + b)
    }
    true_task "add" -> answer
    distractor "multiply" -> str(a * b)
    prompt "What is {{ a }} + {{ b }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task sums {
    item { a: int, b: int, answer: text }
    items generate 400 seed 7 {
        a = randint(100, 999)
        b = randint(100, 999)
        answer = str(a + b)
    }
    true_task "add" -> answer
    distractor "multiply" -> str(a * b)
    prompt "What is {{ a }} + {{ b }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.dsl.diagnostic import Diagnostic, warning

_EFFECT = 0.3  # where nobody says what is looked for


def too_few_items(view: View) -> Iterator[Diagnostic]:
    """Find a task that asks too few items to show the effect that is looked for."""
    if view.tools.detects is None:
        return
    asked = len(view.task.asked)
    wanted = view.tools.effect or _EFFECT
    shown = view.tools.detects(asked)
    if shown > wanted:
        reach = (
            f"no difference smaller than {shown * 100:.0f} points" if shown < 1 else "no difference at all"
        )
        yield warning(
            "too-few-items",
            f"task `{view.task.name}` asks {asked:,} item{'' if asked == 1 else 's'}, which can show {reach}",
            view.task.span,
            help=f"for a difference of {wanted * 100:.0f} points ask about {_enough(view, wanted):,} items",
        )


def _enough(view: View, wanted: float) -> int:
    """Give the number of items that can show `wanted`, to two digits."""
    assert view.tools.detects is not None
    high = 16
    while high < 1_000_000 and view.tools.detects(high) > wanted:
        high *= 2
    low = high // 2
    while high - low > max(1, high // 50):
        middle = (low + high) // 2
        low, high = (middle, high) if view.tools.detects(middle) > wanted else (low, middle)
    return high
