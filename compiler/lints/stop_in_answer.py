r"""A stop string cuts the reply before its answer is out.

## What it finds
A regime whose `stop` occurs in an answer, in an option as a reply writes it, in the rationale that leads to
the answer, or in what the reply says before its answer.

## Why it matters
Generation ends where the stop string would begin. The answer is cut or missing, the reply counts as
unparsed, and the regime seems to make the model worse.

## Example
```task
task cities {
    item { landmark: text, answer: text }
    items [
        { landmark: "the Gateway Arch", answer: "St. Louis" }
        { landmark: "the Eiffel Tower", answer: "Paris" }
    ]
    true_task "name the city" -> answer
    distractor "name the landmark" -> landmark
    prompt "Where is {{ landmark }}?"
    reply "In {{ answer }}"
    regimes zero_shot { stop "." }
    canary "taskc:example"
}
```

## Write instead
```task
task cities {
    item { landmark: text, answer: text }
    items [
        { landmark: "the Gateway Arch", answer: "St. Louis" }
        { landmark: "the Eiffel Tower", answer: "Paris" }
    ]
    true_task "name the city" -> answer
    distractor "name the landmark" -> landmark
    prompt "Where is {{ landmark }}?"
    reply "In {{ answer }}"
    regimes zero_shot { stop "\n" }
    canary "taskc:example"
}
```
"""

import json
from collections.abc import Iterator, Sequence

from taskc.compiler.lints.view import View
from taskc.compiler.render import ask
from taskc.compiler.scene import Stage
from taskc.compiler.survey import Look, Seen
from taskc.compiler.templates import template_names
from taskc.dsl.diagnostic import Diagnostic, Label, warning
from taskc.dsl.model import Variant

_READ = 20  # items whose reply's words before the answer are read


def mark_stops(seen: Seen, look: Look) -> int:
    """Mark an item in which a stop string of a variant occurs in an option, an answer or the rationale."""
    for variant in look.variants:
        if variant.regime.stop and _cut(seen, variant):
            return 1
    return 0


def has_stops(look: Look) -> bool:
    """Say whether a variant of the look stops at something in a generated reply."""
    return any(variant.regime.stop and _generates(variant) for variant in look.variants)


def stop_in_answer(view: View) -> Iterator[Diagnostic]:
    """Find stop strings that end a reply before its answer."""
    for look in view.looks:
        numbers = list(look.marked("stop-in-answer"))
        for variant in look.variants:
            if not _generates(variant):
                continue
            cut = [number for number in numbers if _cut(look.seen(number), variant)] if numbers else []
            if cut:
                yield _finding(look, variant, cut)
        for stage, variants in look.ways():
            yield from _before(look, stage, variants)


def _generates(variant: Variant) -> bool:
    """Say whether something is written by the model that is then read."""
    thinks = variant.think is not None or "rationale" in template_names(variant.reply)
    return thinks or any(measure.name == "reply" for measure in variant.measures)


def _said(seen: Seen, variant: Variant) -> Iterator[tuple[str, str]]:
    """Give what a reply may have to say up to the end of its answer, and what that is called."""
    said = [choice.written for choice in seen.scene.choices] or list(seen.scene.predictions.values())
    yield from (("option" if seen.scene.choices else "answer", one) for one in said)
    rationale = seen.scene.values.get("rationale")
    if isinstance(rationale, str) and (variant.think or "rationale" in template_names(variant.reply)):
        yield "rationale", rationale


def _cut(seen: Seen, variant: Variant) -> tuple[str, str, str] | None:
    """Give a stop string, and the name and text of what it cuts; None if it cuts nothing."""
    for stop in variant.regime.stop:
        for what, said in _said(seen, variant):
            if stop in said:
                return stop, what, said
    return None


def _finding(look: Look, variant: Variant, cut: list[int]) -> Diagnostic:
    seen = look.seen(cut[0])
    found = _cut(seen, variant)
    assert found is not None
    stop, what, said = found
    return warning(
        "stop-in-answer",
        f"regime `{variant.regime.name}` stops at {_quoted(stop)}, and so inside of the {what} "
        f"“{_short(said, stop)}”; it cuts {len(cut):,} of {len(look):,} items",
        variant.span,
        others=[Label(span=seen.item.origin, text=f"item `{seen.item.id}`")],
        help="stop at something that no answer holds, such as a line end",
    )


def _before(look: Look, stage: Stage, variants: Sequence[Variant]) -> Iterator[Diagnostic]:
    """Find stop strings in what a reply says before its answer."""
    stopped = [variant for variant in variants if variant.regime.stop and _generates(variant)]
    text = variants[0].then or variants[0].reply
    fixed = template_names(text) <= {"answer", "rationale"}
    for number in range(min(1 if fixed else _READ, len(look)) if stopped else 0):
        before = ask(stage, look.seen(number).scene).form.before
        for variant in stopped:
            stop = next((one for one in variant.regime.stop if one in before), None)
            if stop is not None:
                yield warning(
                    "stop-in-answer",
                    f"regime `{variant.regime.name}` stops at {_quoted(stop)}, which its reply says first",
                    variant.span,
                    others=[Label(span=text.span, text="the answer comes after it here")],
                    help="stop at something that comes after the answer only",
                )


def _quoted(stop: str) -> str:
    """Write a stop string as an author does, line ends as escapes."""
    return f"`{json.dumps(stop, ensure_ascii=False)}`"


def _short(text: str, around: str) -> str:
    """Cut a long text to what stands around a part of it, on one line."""
    at = max(0, text.find(around) - 20)
    return " ".join(text[at : at + 40].split())
