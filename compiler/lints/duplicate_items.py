"""Items that ask the same question twice.

## What it finds
Asked items whose prompts are the same but for case, blanks, quotes, the marks of sentences and the order of
the options, and whose answer is the same. Signs such as `+` and `-` count, and so do brackets, the point in
`1.5`, the mark in `3!`, and what the reply says round the answer. In a task of up to 1,000 asked items that
are not generated, near-duplicates are told too: the same options and answer, the same numbers, as many
negations, and prompts that share 60 % of their runs of three words (Jaccard), six or more. Runs that stand
in more than 3 items, and in more than 1 in 100, belong to a form that items are written in and do not
count. There is one finding for each kind, with the number of items that repeat others.

## Why it matters
Items are counted as independent. What is asked twice weighs double, and every interval is
narrower than it should be; generators with few values to draw from repeat themselves most.

## Example
```task
task sums {
    item { question: text, answer: text }
    items [
        { question: "What is three and four?", answer: "7" }
        { question: "What is five and one?", answer: "6" }
        { question: "what is three and four", answer: "7" }
    ]
    true_task "add" -> answer
    distractor "name the first" -> "3"
    prompt "{{ question }}"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task sums {
    item { question: text, answer: text }
    items [
        { question: "What is three and four?", answer: "7" }
        { question: "What is five and one?", answer: "6" }
        { question: "What is two and six?", answer: "8" }
    ]
    true_task "add" -> answer
    distractor "name the first" -> "3"
    prompt "{{ question }}"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator, Sequence

from taskc.compiler.lints.twins import answers, near_twins, twins
from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, warning

_NEAR = 1_000  # asked items up to which near-duplicates are looked for
_PAIRS = 3  # told of each kind


def duplicate_items(view: View) -> Iterator[Diagnostic]:
    """Find items that ask what another one asks, to the letter or nearly."""
    look = view.first
    same = [alike for group in twins(look) for alike in answers(look, group).values() if len(alike) > 1]
    if same:
        repeats = sum(len(alike) - 1 for alike in same)
        told = f"{_ask(repeats, look)} what another one asks"
        yield _finding(view, told, [(alike[0], alike[1]) for alike in same])
    generated = any(isinstance(one, syntax.ItemsGenerate) for one in view.task.statements)
    if len(look) <= _NEAR and not generated:
        exact = {number for alike in same for number in alike}
        near = [(one, other) for one, other in near_twins(look) if not {one, other} <= exact]
        if near:
            repeats = len({other for _, other in near})
            told = f"{_ask(repeats, look)} nearly what another one asks"
            yield _finding(view, told, near)


def _ask(number: int, look: Look) -> str:
    return f"{number:,} of {len(look):,} items {'asks' if number == 1 else 'ask'}"


def _finding(view: View, told: str, pairs: Sequence[tuple[int, int]]) -> Diagnostic:
    look = view.first
    first = pairs[0]
    named = "; ".join(f"`{look.item(one).id}` and `{look.item(other).id}`" for one, other in pairs[:_PAIRS])
    more = f", and {len(pairs) - _PAIRS:,} more" if len(pairs) > _PAIRS else ""
    generated = any(isinstance(one, syntax.ItemsGenerate) for one in view.task.statements)
    cure = "let the generator draw from more values" if generated else "keep one of them"
    return warning(
        "duplicate-items",
        told,
        look.seen(first[1]).item.origin,
        others=[] if generated else [Label(span=look.seen(first[0]).item.origin, text="asked here already")],
        help=f"{cure}; alike are {named}{more}",
    )
