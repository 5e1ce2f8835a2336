"""Two items ask the same question and answer it differently.

## What it finds
Asked items whose prompts, options and words round the answer are the same, by the measure of
`duplicate-items`, and whose answers differ.

## Why it matters
No model can have both right. One of the two answers is a mistake, or the prompt leaves out what
tells the items apart.

## Example
```task
task capitals {
    item { country: text, year: int, answer: text }
    items [
        { country: "Brazil", year: 1950, answer: "Rio de Janeiro" }
        { country: "Brazil", year: 2000, answer: "Brasília" }
    ]
    true_task "name the capital" -> answer
    distractor "name the year" -> str(year)
    prompt "What was the capital of {{ country }}?"
    reply "It was {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task capitals {
    item { country: text, year: int, answer: text }
    items [
        { country: "Brazil", year: 1950, answer: "Rio de Janeiro" }
        { country: "Brazil", year: 2000, answer: "Brasília" }
    ]
    true_task "name the capital" -> answer
    distractor "name the year" -> str(year)
    prompt "What was the capital of {{ country }} in {{ year }}?"
    reply "It was {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.twins import answers, twins
from taskc.compiler.lints.view import View
from taskc.dsl.diagnostic import Diagnostic, Label, warning


def contradictory_items(view: View) -> Iterator[Diagnostic]:
    """Find items that ask the same and answer it differently."""
    look = view.first
    parted = [answers(look, group) for group in twins(look)]
    groups = [list(by_answer.values()) for by_answer in parted if len(by_answer) > 1]
    if not groups:
        return
    one, other = (look.seen(alike[0]) for alike in groups[0][:2])
    many = sum(len(alike) for group in groups for alike in group)
    yield warning(
        "contradictory-items",
        f"{many:,} of {len(look):,} items ask what another one asks, and answer it differently",
        other.item.origin,
        note=f"item `{other.item.id}` answers “{other.answer_text[:40]}”",
        others=[Label(span=one.item.origin, text=f"item `{one.item.id}` answers “{one.answer_text[:40]}”")],
        help="correct one of them, or let the prompt say what tells them apart",
    )
