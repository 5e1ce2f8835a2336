"""Two levels of a factor ask the same.

## What it finds
A level of `vary` that asks exactly what another level of the factor asks: it states nothing of its own,
and no expression or template looks at the factor.

## Why it matters
The same prompts are paid for twice, and the comparison of the two levels measures nothing but
noise. Most often the level was meant to carry a block, or the prompt to mention the factor.

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
    reply "It is {{ answer }}."
    regimes zero_shot
    vary tone plain, formal
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
    vary tone plain, formal { prompt "Kindly name the capital of {{ country }}." }
    canary "taskc:example"
}
```
"""

from collections.abc import Iterator

from msgspec.structs import replace

from taskc.compiler.lints.names import variant_names
from taskc.compiler.lints.view import View
from taskc.compiler.merge import every
from taskc.dsl import syntax
from taskc.dsl.diagnostic import Diagnostic, Label, warning
from taskc.dsl.model import Factor, Task


def unused_level(view: View) -> Iterator[Diagnostic]:
    """Find levels that ask what an earlier level of their factor asks."""
    places = {
        (vary.factor.text, use.name.text): use.name.span
        for vary in every(view.task.statements, syntax.Vary)
        for use in vary.levels
    }
    for factor in view.task.factors:
        asked: dict[object, str] = {}
        for level in factor.levels:
            first = asked.setdefault(_asked_at(view.task, factor, level), level)
            if first == level or (factor.name, level) not in places:
                continue
            before = places.get((factor.name, first))
            yield warning(
                "unused-level",
                f"level `{level}` of factor `{factor.name}` asks what level `{first}` asks",
                places[factor.name, level],
                others=[Label(span=before, text="the other one")] if before else [],
                help=f"state what differs: `{level} {{ … }}`, or use `{factor.name}` in the prompt",
            )


def _asked_at(task: Task, factor: Factor, level: str) -> object:
    """Give what is asked at a level, in a form in which two levels can be compared."""
    out = []
    for variant in task.variants:
        if variant.levels.get(factor.name) == level:
            seen = level if factor.name in set(variant_names(variant)) else ""
            others = {name: value for name, value in variant.levels.items() if name != factor.name}
            out.append((seen, repr(replace(variant, levels=others))))
    return tuple(out)
