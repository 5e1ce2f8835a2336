"""A prompt that ends in a blank.

## What it finds
A prompt or a `think` whose last character is a blank, a tab or a line end, in the template or in the rows.

## Why it matters
Tokenizers put the blank before a word into the word's own token. After a trailing blank the model has
to go on with a token that it never saw there in training; scores of the options fall, and unequally so.

## Example
```task
task capitals {
    item { country: text, answer: text }
    items [
        { country: "France", answer: "Paris" }
        { country: "Italy", answer: "Rome" }
    ]
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}? "
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task capitals {
    item { country: text, answer: text }
    items [
        { country: "France", answer: "Paris" }
        { country: "Italy", answer: "Rome" }
    ]
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.dsl.diagnostic import Diagnostic, Edit, Label, warning
from taskc.dsl.syntax import Text


def mark_trailing(seen: Seen, look: Look) -> int:
    """Mark an item whose prompt ends in a blank."""
    return seen.texts[-1][-1:].isspace()


def trailing_space(view: View) -> Iterator[Diagnostic]:
    """Find prompts and reasoning lines that end in a blank."""
    for variant in view.task.variants:
        for text in (variant.prompt[-1][1], variant.think):
            if text is not None and text.value[-1:].isspace():
                yield _written(text)
    for look in view.looks:
        text = look.variants[0].prompt[-1][1]
        numbers = list(look.marked("trailing-space"))
        if numbers and not text.value[-1:].isspace():
            item = look.seen(numbers[0]).item
            yield warning(
                "trailing-space",
                f"the prompts of {len(numbers):,} of {len(look):,} items end in a blank",
                text.span,
                others=[Label(span=item.origin, text=f"item `{item.id}`")],
                help="take the blanks out of the rows, or write `{{ … | trim }}`",
            )


def _written(text: Text) -> Diagnostic:
    blanks = text.place(len(text.value.rstrip()), len(text.value))
    return warning(
        "trailing-space",
        "this ends in a blank, and the reply begins after it",
        blanks,
        help="take the blank out: the reply brings its own",
        edits=[Edit(span=blanks, text="")],
    )
