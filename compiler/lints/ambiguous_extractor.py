r"""The reply of one option is read as another one's, or not at all.

## What it finds
Items for which an option, written into the form of the reply and read as scoring reads it, does not
come back: it is taken for another option, or for no answer. Without options, what the true task and the
distractors predict is written and read. Only where the measure is `reply`. Up to 100 items are read, evenly
spread, before them those with options that differ in case alone, and of each up to 50 options; labels and
plain words that are known to be read rightly are not read.

## Why it matters
A model that answers in exactly the form asked for is then scored as if it had said something else,
and no reply of its own makes up for it.

## Example
```task
task signs {
    item { word: text, answer: one of ["it", "IT"] }
    items [
        { word: "a pronoun", answer: "it" }
        { word: "a department", answer: "IT" }
    ]
    true_task "tell which" -> answer
    distractor "always the pronoun" -> "it"
    options ["it", "IT"]
    prompt "How is {{ word }} written?"
    reply "So: {{ answer }}"
    regimes zero_shot
    canary "taskc:example"
}
```

## Write instead
```task
task signs {
    item { word: text, answer: one of ["it", "IT"] }
    items [
        { word: "a pronoun", answer: "it" }
        { word: "a department", answer: "IT" }
    ]
    true_task "tell which" -> answer
    distractor "always the pronoun" -> "it"
    options ["it", "IT"] as letters
    prompt "How is {{ word }} written?\n{{ options }}"
    reply "So: {{ answer }}"
    regimes zero_shot
    canary "taskc:example"
}
```
"""

import re
from collections.abc import Iterator, Sequence

from taskc.compiler.lints.option_is_prefix import prefix_among
from taskc.compiler.lints.view import Tools, View
from taskc.compiler.render import ask
from taskc.compiler.survey import Look, Seen
from taskc.dsl.diagnostic import Diagnostic, Label, warning
from taskc.dsl.model import Variant
from taskc.records.request import Form, Option

_MOST = 100  # items that are read
_SAID = 50  # options of an item that are read, each held against the others
_LEAD = re.compile(r"(?:[ \n]?(?:[A-Za-z]+,?[ \n])*[A-Za-z]+:?[ \n])?")
_TURNING = re.compile(
    r"\b(?:and|or|nor|vs|not|no|never|neither|if|whether|unless|suppose|assum\w+|except|unlike|instead|rather"
    r"|than|cannot|exclude|eliminate|rule|wrong|false|incorrect|normally|usually|typically|ordinarily|otherwise"
    r"|without|would|but|option|choice|letter|label)\b",
    re.IGNORECASE,
)
_AFTER = re.compile(r"[.!]?\n?")
_WORDS = re.compile(r"[A-Za-z]{2,20}(?: [A-Za-z]{2,20}){0,5}|[B-HJ-Zb-hj-z]")
_WHOLE = re.compile(r"-?\d{1,9}")
_TELLING = re.compile(
    r"\b(?:and|or|nor|vs|not|no|never|none|true|false|yes|is|are|was|were|does|do|can|could|would|must"
    r"|should|seems|option|choice|letter|label|answer|the|it|I)\b",
    re.IGNORECASE,
)


def mark_case(seen: Seen, look: Look) -> int:
    """Mark an item with options that differ in case alone."""
    choices = seen.scene.choices
    return bool(choices) and len({choice.text.casefold() for choice in choices}) < len(choices)


def reads_options(look: Look) -> bool:
    """Say whether options, given verbatim, are read from replies."""
    return any(
        variant.options is not None and variant.options.style == "verbatim" and _is_read(variant)
        for variant in look.variants
    )


def ambiguous_extractor(view: View) -> Iterator[Diagnostic]:
    """Find answers that are not read from the very reply that gives them."""
    if view.tools.read is None or view.tools.same is None:
        return
    for look in view.looks:
        marked = look.sample("ambiguous-extractor", _MOST)
        spread = range(0, len(look), max(1, -(-len(look) // _MOST)))
        for stage, variants in look.ways():
            if not any(map(_is_read, variants)):
                continue
            for number in dict.fromkeys([*marked, *spread]):
                seen = look.seen(number)
                form = ask(stage, seen.scene).form
                wrong = _misread(seen, form, view.tools)
                if wrong is not None:
                    yield _finding(seen, variants[0], form, *wrong)
                    break


def _is_read(variant: Variant) -> bool:
    return any(measure.name == "reply" for measure in variant.measures)


def _misread(seen: Seen, form: Form, tools: Tools) -> tuple[str, str | None] | None:
    """Give an answer that is not read from its own reply, and what is read; None if all are."""
    assert tools.read is not None and tools.same is not None
    scene = seen.scene
    said = [choice.written for choice in scene.choices] or list(dict.fromkeys(scene.predictions.values()))
    labelled = bool(scene.choices) and scene.choices[0].label is not None
    if is_plain(said, form, labelled=labelled, numbers=scene.kind == "int", text=scene.kind == "text"):
        return None
    options = tuple(
        Option(label=choice.label, text=choice.text, written=choice.written, continuation=choice.written)
        for choice in scene.choices
    )
    said = said[:: -(-len(said) // _SAID)]
    for one in said:
        given = tools.read(f"{form.before}{one}{form.after}", form, options, scene.kind)
        if given is None or not tools.same(given, one, scene.kind, options):
            return one, given
        for other in said:
            if other != one and tools.same(given, other, scene.kind, options):
                return one, other
    return None


def is_plain(said: Sequence[str], form: Form, *, labelled: bool, numbers: bool, text: bool) -> bool:
    """Say whether answers are known to be read rightly without reading them.

    So are labels, short whole numbers, and words of the Latin alphabet that turn nothing round and do not
    begin each other, after plain words and before a full stop or nothing.
    """
    if not _LEAD.fullmatch(form.before) or not _AFTER.fullmatch(form.after):
        return False
    if _TURNING.search(form.before):
        return False
    if labelled:
        return True
    if numbers:
        return all(map(_WHOLE.fullmatch, said))
    folded = [one.casefold() for one in said]
    return (
        text
        and len(set(folded)) == len(folded)
        and all(_WORDS.fullmatch(one) and not _TELLING.search(one) for one in said)
        and prefix_among(folded) is None
    )


def _finding(seen: Seen, way: Variant, form: Form, one: str, given: str | None) -> Diagnostic:
    read = "as no answer" if given is None else f"as “{given[:40]}”"
    reply = f"{form.before}{one}{form.after}".replace("\n", " ")
    return warning(
        "ambiguous-extractor",
        f"the reply “{reply[:80]}” is read {read}",
        (way.then or way.reply).span,
        others=[Label(span=seen.item.origin, text=f"item `{seen.item.id}`")],
        help="let options differ in more than case and marks, label them, or change the form of the reply",
    )
