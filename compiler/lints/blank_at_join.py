"""No blank, or two, where an answer joins what stands before it.

## What it finds
A `reply` or `then` that puts the answer right after a word or a colon, or after two blanks; and
options that begin or end with a blank of their own. Words of a script that is written without blanks, such
as Chinese, may stand right before it.

## Why it matters
“Answer:Paris” and “Answer:  Paris” are texts that models hardly met, and their tokens are others than
those of “Answer: Paris”. Every score of an option is then one of an odd spelling.

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
    prompt "What is the capital of {{ country }}?"
    reply "Answer:{{ answer }}"
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
    reply "Answer: {{ answer }}"
    regimes zero_shot
    canary "taskc:example"
}
```
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from taskc.compiler.lints.view import View
from taskc.compiler.survey import Look, Seen
from taskc.dsl.diagnostic import Diagnostic, Edit, Label, warning
from taskc.dsl.syntax import Text

# Thai, Lao, Burmese, Khmer, Japanese and Chinese part words by no blank
_UNPARTED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff"
_JOINED = re.compile(rf"(?<=[\w:;,.?!])(?<![{_UNPARTED}])(?<!\}}\}})()(?=\{{\{{-?\s*answer\b)")
_TWICE = re.compile(r"(?<=\S)([ \t]{2,})(?=\{\{-?\s*answer\b)")


def mark_blanks(seen: Seen, look: Look) -> int:
    """Mark an item with an option that begins or ends with a blank."""
    for choice in seen.scene.choices:
        if choice.label is None and (choice.text[:1].isspace() or choice.text[-1:].isspace()):
            return 1
    return 0


def blank_at_join(view: View) -> Iterator[Diagnostic]:
    """Find answers that are not parted from what stands before them by just one blank."""
    for variant in view.task.variants:
        for text in (variant.reply, variant.then):
            if text is not None:
                yield from _written(text)
    for look in view.looks:
        numbers = list(look.marked("blank-at-join"))
        if numbers:
            item = look.seen(numbers[0]).item
            yield warning(
                "blank-at-join",
                f"options of {len(numbers):,} of {len(look):,} items begin or end with a blank",
                view.options_span,
                others=[Label(span=item.origin, text=f"item `{item.id}`")],
                help="take the blanks out of the rows, or write `strip(…)`",
            )


def _written(text: Text) -> Iterator[Diagnostic]:
    for pattern, told in ((_JOINED, "no blank parts"), (_TWICE, "more than one blank parts")):
        match = pattern.search(text.value)
        if match:
            start, end = match.span(1)
            shown = text.place(min(start, end - 1), end)  # where there is no blank, what stands before it
            blanks = shown if end > start else replace(shown, start=shown.end)
            yield warning(
                "blank-at-join",
                f"{told} the answer from what stands before it",
                shown,
                help="write one blank before `{{ answer }}`",
                edits=[Edit(span=blanks, text=" ")],
            )
