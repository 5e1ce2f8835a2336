"""A regime reasons, and the answer is wanted before the reasoning.

## What it finds
A `reply` that carries `{{ answer }}` before `{{ rationale }}`; and a prompt that demands the bare answer
(“answer with one word only”, “do not explain”) under a regime that asks for reasoning first. And the
other way round: a prompt that asks for reasoning (“think step by step”, “show your work”) under a regime
that has the answer at once.

## Why it matters
A model writes from left to right: what stands after the answer cannot have led to it. And a
prompt that forbids what the regime asks for measures which of the two a model obeys. Where the
prompt asks for reasoning and the answer is scored at once, no reasoning has taken place. In each
case the score is called one of a chain of thought and is none.

## Example
```task
task capitals {
    item { country: text, answer: text, rationale: text }
    items [
        { country: "France", answer: "Paris", rationale: "It lies on the Seine." }
        { country: "Italy", answer: "Rome", rationale: "It lies on the Tiber." }
    ]
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}?"
    reply "It is {{ answer }}. {{ rationale }}"
    regimes one_shot
    canary "taskc:example"
}
```

## Write instead
```task
task capitals {
    item { country: text, answer: text, rationale: text }
    items [
        { country: "France", answer: "Paris", rationale: "It lies on the Seine." }
        { country: "Italy", answer: "Rome", rationale: "It lies on the Tiber." }
    ]
    true_task "name the capital" -> answer
    distractor "name the country" -> country
    prompt "What is the capital of {{ country }}?"
    reply "{{ rationale }} It is {{ answer }}."
    regimes one_shot
    canary "taskc:example"
}
```
"""

import re
from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.compiler.places import words_of
from taskc.dsl.diagnostic import Diagnostic, Label, warning
from taskc.dsl.model import Variant
from taskc.dsl.span import Span
from taskc.dsl.syntax import Text

_BARE = re.compile(
    r"\b(?:answer|reply|respond)\b[^.?!\n]{0,40}"
    r"\b(?:only|just|nothing (?:but|else)|(?:one|a single) (?:word|letter))\b"
    r"|\b(?:only|just)\b (?:answer|reply|respond|output|give)\b"
    r"|\b(?:do not|don't|never) explain\b|\bwithout (?:any )?(?:explanation|reasoning)\b",
    re.IGNORECASE,
)


_REASONING = re.compile(
    r"\bstep[- ]by[- ]step\b|\b(?:show|explain) your (?:work|working|reasoning|thinking)\b"
    r"|\bthink (?:out loud|aloud)\b",
    re.IGNORECASE,
)


def cot_before_format(view: View) -> Iterator[Diagnostic]:
    """Find answers that are wanted before the reasoning that should lead to them."""
    for variant in view.task.variants:
        first, reasons = _first(variant.reply, "answer"), _first(variant.reply, "rationale")
        if variant.then is None and first and reasons and first.start < reasons.start:
            yield warning(
                "cot-before-format",
                "this reply says the answer before the rationale that should lead to it",
                first,
                others=[Label(span=reasons, text="the reasoning")],
                help="write `{{ rationale }}` first, and the answer after it",
            )
        if variant.then is not None or reasons:
            yield from _forbidden(variant)
        else:
            yield from _in_vain(variant)


def _first(text: Text, word: str) -> Span | None:
    return next((span for found, span, _ in words_of(text) if found == word), None)


def _forbidden(variant: Variant) -> Iterator[Diagnostic]:
    """Find words of the prompt that ask for the bare answer."""
    told = f"this asks for the bare answer, and regime `{variant.regime.name}` for reasoning first"
    cure = "say it in the regimes that do not reason, with `instruct`"
    yield from _said(variant, _BARE, told, cure)


def _in_vain(variant: Variant) -> Iterator[Diagnostic]:
    """Find words of the prompt that ask for reasoning where the answer is had at once."""
    told = f"this asks for reasoning, and regime `{variant.regime.name}` has the answer at once"
    cure = "take it out of the prompt, and let a regime reason: `step_by_step`, or `cot` with rationales"
    yield from _said(variant, _REASONING, told, cure)


def _said(variant: Variant, words: re.Pattern[str], told: str, cure: str) -> Iterator[Diagnostic]:
    for text in (*(text for _, text in variant.prompt), variant.instruct):
        match = words.search(text.value) if text is not None else None
        if text is not None and match:
            others = [Label(span=variant.span, text="this regime")]
            yield warning("cot-before-format", told, text.place(*match.span()), others=others, help=cure)
