"""What the lints look at: every asked item as a prompt shows it, read once for all of them.

Variants that show items alike (same prompt, options, answers and `let`s) share one look, so that
ten regimes do not cost ten readings. A look keeps a small number an item for each lint that asks
for one, and can show any item again.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from taskc.compiler.limits import Meter
from taskc.compiler.operators import Problem
from taskc.compiler.sandbox import Choice
from taskc.compiler.scene import ItemProblem, Scene, Stage, stage
from taskc.dsl.model import Item, Task, Variant


@dataclass(slots=True)
class Seen:
    """One asked item as a prompt shows it; `place` is where among its options the answer stands, or -1."""

    item: Item
    scene: Scene
    prompt: tuple[tuple[str, str], ...]
    place: int

    @property
    def text(self) -> str:
        """Give everything the prompt says of this item."""
        return "\n".join(text for _, text in self.prompt)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Give the options in the order shown."""
        return self.scene.choices

    @property
    def answer_text(self) -> str:
        """Give the answer in words: the text of its option, or what a reply says."""
        return self.scene.choices[self.place].text if self.place >= 0 else self.scene.answer


@dataclass(slots=True)
class Look:
    """All asked items under the variants that show them alike; `marks` holds a number an item by lint."""

    task: Task
    variants: tuple[Variant, ...]
    stage: Stage
    marks: Mapping[str, "array[int]"] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the asked items."""
        return len(self.task.asked)

    def seen(self, number: int) -> Seen:
        """Show the asked item `number` (from 0) again."""
        return _seen(self.stage, self.task.items[self.task.asked[number]])

    def marked(self, rule: str) -> Iterator[int]:
        """Give the numbers of the items that the lint `rule` marked with anything but 0."""
        return (number for number, mark in enumerate(self.marks[rule]) if mark)


Mark = Callable[[Seen, Look], int]


def survey(task: Task, marks: Mapping[str, tuple[str, Mark]], meter: Meter) -> list[Look]:
    """Look at all asked items, once for each way of showing them.

    `marks` gives for each lint the type code of its numbers (as of `array`) and the function that
    makes one. Raises `ItemProblem` for an item that cannot be shown, and `LimitError`.
    """
    looks = []
    for variants in _alike(task):
        look = Look(task, tuple(variants), stage(task, variants[0], meter))
        columns = [(array(code), mark) for code, mark in marks.values()]
        look.marks = dict(zip(marks, (column for column, _ in columns), strict=True))
        for position in task.asked:
            seen = _seen(look.stage, task.items[position])
            for column, mark in columns:
                column.append(mark(seen, look))
        looks.append(look)
    return looks


def _alike(task: Task) -> list[list[Variant]]:
    """Part the variants by what they show of an item."""
    groups: list[list[Variant]] = []
    for variant in task.variants:
        for group in groups:
            if _shown(group[0]) == _shown(variant):
                group.append(variant)
                break
        else:
            groups.append([variant])
    return groups


def _shown(variant: Variant) -> tuple[object, ...]:
    return (
        variant.lets,
        variant.prompt,
        variant.options,
        variant.true_task,
        variant.distractors,
        variant.rationale,
        dict(variant.levels),
    )


def _seen(ready: Stage, item: Item) -> Seen:
    scene = ready.scene(item)
    place = next((at for at, choice in enumerate(scene.choices) if choice.written == scene.answer), -1)
    try:
        prompt = tuple([(role, made.render(scene.values, ready.meter)) for role, made in ready.prompt])
    except Problem as problem:
        raise ItemProblem("bad-template", problem.message, problem.span, problem.help) from None
    return Seen(item, scene, prompt, place)
