"""A task without a canary.

## What it finds
A task that states no `canary`.

## Why it matters
A canary is a string that stands nowhere else. Those who gather training data can leave out the
texts that hold it, and a model that can say it has seen the items. Without one nobody can tell
whether a score is ability or memory.

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

import hashlib
from collections.abc import Iterator

from taskc.compiler.lints.view import View
from taskc.dsl.diagnostic import Diagnostic, warning
from taskc.dsl.model import Task


def missing_canary(view: View) -> Iterator[Diagnostic]:
    """Find a task that states no canary."""
    if not any(view.task.meta.get("canary", ())) and _first_of_its_file(view):
        yield warning(
            "missing-canary",
            f"task `{view.task.name}` states no canary",
            view.task.span,
            help=f'add `canary "taskc canary GUID {_guid(view.task)}"`, and put it in the data files too',
        )


def _first_of_its_file(view: View) -> bool:
    """Say whether no task before this one, such as another subtask, tells the same of this file."""
    here = view.task.span.file
    return next(task for task in view.tasks if task.span.file == here) is view.task


def _guid(task: Task) -> str:
    """Make up a canary out of the task itself, so that no two tasks are given the same."""
    said = [task.name, task.about_true_task, *(text.value for _, text in task.variants[0].prompt)]
    said += [repr(sorted(task.items[0].values.items()))]
    digest = hashlib.sha256("\0".join(said).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
