"""A name in single braces, which a template prints as it is.

## What it finds
`{name}` in a prompt, `reply` or other template, where `name` is something a template could fill in.

## Why it matters
Other tools fill in `{name}`. Here the model is shown the braces, and all items ask the same.

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
    prompt "{{ country }}: what is the capital of {country}?"
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
    prompt "{{ country }}: what is the capital of {{ country }}?"
    reply "It is {{ answer }}."
    regimes zero_shot
    canary "taskc:example"
}
```
"""

import re
from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.dsl.diagnostic import Diagnostic, warning
from taskc.dsl.model import Variant
from taskc.dsl.syntax import Text

_BRACED = re.compile(r"(?<![{%#])\{\s*([^\W\d]\w*)\s*\}(?!\})")


def single_braces(view: View) -> Iterator[Diagnostic]:
    """Find names in single braces that a template could have filled in."""
    known = {*view.task.constants, *view.task.fields, "options", "answer", "rationale"}
    known |= {factor.name for factor in view.task.factors}
    for variant in view.task.variants:
        names = known | {name for name, _ in variant.lets}
        for text in _texts(variant):
            for match in _BRACED.finditer(text.value):
                if match[1] in names:
                    yield warning(
                        "single-braces",
                        f"`{match[0]}` is printed as it is",
                        text.place(*match.span()),
                        help=f"to fill in the value write `{{{{ {match[1]} }}}}`",
                    )


def _texts(variant: Variant) -> Iterator[Text]:
    yield from (text for _, text in variant.prompt)
    for text in (variant.reply, variant.think, variant.then, variant.instruct, variant.rationale):
        if text is not None:
            yield text
