"""What the lints look at: every asked item as a prompt shows it, read once for all of them.

Variants that show items alike (same prompt, options, answers and `let`s) share one look, so that
ten regimes do not cost ten readings. A look keeps a small number an item for each lint that asks
for one, and can show any item again. Of a large task a share of the items is looked at: what moves
a score shows in it as well.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from taskc.compiler.gallery import Gallery
from taskc.compiler.limits import Meter
from taskc.compiler.render import prompt_texts
from taskc.compiler.sandbox import Choice
from taskc.compiler.scene import Scene, Stage, stage
from taskc.dsl.model import Item, Task, Variant


class Seen(Struct):
    """One asked item as a prompt shows it.

    `texts` are its messages, `place` is where among its options the answer stands, or -1, and
    `conflict` says whether a distractor predicts another answer than the true task.
    """

    item: Item
    scene: Scene
    texts: list[str]
    place: int
    conflict: bool

    @property
    def text(self) -> str:
        """Give everything the prompt says of this item."""
        return self.texts[0] if len(self.texts) == 1 else "\n".join(self.texts)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Give the options in the order shown."""
        return self.scene.choices

    @property
    def answer_text(self) -> str:
        """Give the answer in words: the text of its option, or what a reply says."""
        return self.scene.choices[self.place].text if self.place >= 0 else self.scene.answer


class Look(Struct):
    """The asked items that are looked at, under the variants that show them alike.

    `numbers` says which they are, in order, counted over all asked ones. `marks` holds a number an item by
    lint. `fixed` numbers the texts of the options while all items so far have the same; else it is empty.
    """

    task: Task
    variants: tuple[Variant, ...]
    stage: Stage
    numbers: Sequence[int]
    marks: Mapping[str, "array[int]"] = field(default_factory=dict)
    fixed: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the items that are looked at."""
        return len(self.numbers)

    def item(self, number: int) -> Item:
        """Give item `number` (from 0) of those that are looked at."""
        return self.task.items[self.task.asked[self.numbers[number]]]

    def seen(self, number: int) -> Seen:
        """Show item `number` of those that are looked at again."""
        return see(self.stage, self.item(number))

    def marked(self, rule: str) -> Iterator[int]:
        """Give the numbers of the items that the lint `rule` marked with anything but 0."""
        return (number for number, mark in enumerate(self.marks[rule]) if mark)

    def sample(self, rule: str, most: int) -> list[int]:
        """Give at most `most` of the marked items, evenly spread over them."""
        numbers = list(self.marked(rule))
        return numbers if len(numbers) <= most else [numbers[at * len(numbers) // most] for at in range(most)]

    def ways(self) -> Iterator[tuple[Stage, tuple[Variant, ...]]]:
        """Give a stage for each way in which replies carry their answers, and the variants that share it."""
        ways: list[list[Variant]] = []
        for variant in self.variants:
            same = next((way for way in ways if _replied(way[0]) == _replied(variant)), None)
            if same is None:
                ways.append([variant])
            else:
                same.append(variant)
        for way in ways:
            own = way[0] is self.variants[0]
            yield (self.stage if own else stage(self.task, way[0], self.stage.meter)), tuple(way)


Mark = Callable[[Seen, Look], int]

_STEP, _MASK = 2_654_435_769, (1 << 32) - 1  # steps of the golden ratio, which fall evenly


class Column(Struct, frozen=True, kw_only=True):
    """What to keep of every item: a number made by `mark`, of the type `code` (as of `array`).

    Where `wanted` says no to a look, nothing is kept of it, and its column stays empty.
    """

    mark: Mark
    code: str = "B"
    wanted: Callable[[Look], bool] = lambda look: True


def survey(
    task: Task,
    columns: Mapping[str, Column],
    meter: Meter,
    most: int | None = None,
    gallery: Gallery | None = None,
) -> list[Look]:
    """Look at the asked items, once for each way of showing them, and keep the columns, named by rule.

    Of more than `most` about that many are looked at, spread evenly; where all are, they are hung in
    `gallery` as they were shown. Raises `ItemProblem` for an item that
    cannot be shown, and `LimitError`.
    """
    looks = []
    numbers = drawn(len(task.asked), most)
    for variants in _alike(task):
        look = Look(task, tuple(variants), stage(task, variants[0], meter), numbers)
        look.marks = {rule: array(column.code) for rule, column in columns.items()}
        asked = [(look.marks[rule].append, c.mark) for rule, c in columns.items() if c.wanted(look)]
        last = None
        whole = len(numbers) == len(task.asked)
        hung: list[Scene] | None = [] if gallery and whole and len(numbers) <= gallery.room else None
        for item in task.asked_items() if whole else map(look.item, range(len(look))):
            seen = see(look.stage, item)
            if seen.scene.choices is not last:
                last = _fix(look, seen.scene.choices, last)
            for append, mark in asked:
                append(mark(seen, look))
            if hung is not None:
                hung.append(seen.scene)
        if gallery and hung is not None:
            gallery.keep(variants, hung)
        looks.append(look)
    return looks


def drawn(asked: int, most: int | None) -> Sequence[int]:
    """Draw about `most` numbers of `asked`, so that nothing that repeats every few items is met too often."""
    if most is None or asked <= most:
        return range(asked)
    share = (most << 32) // asked
    return array("I", (number for number in range(asked) if (number * _STEP & _MASK) < share))


def _fix(look: Look, choices: tuple[Choice, ...], last: tuple[Choice, ...] | None) -> tuple[Choice, ...]:
    """Keep `fixed` right when other choices come; gives them."""
    if last is None:
        look.fixed = {text: number for number, text in enumerate(sorted(one.text for one in choices))}
    elif look.fixed and not (
        len(choices) == len(look.fixed) and all(one.text in look.fixed for one in choices)
    ):
        look.fixed = {}
    return choices


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


def _replied(variant: Variant) -> tuple[object, ...]:
    return (variant.reply, variant.think, variant.then)


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


def see(ready: Stage, item: Item) -> Seen:
    """Show one item under the variant of a stage; raises `ItemProblem`."""
    scene = ready.scene(item)
    place, answer = -1, scene.answer
    for at, choice in enumerate(scene.choices):
        if answer == (choice.text if choice.label is None else choice.label):
            place = at
            break
    told = scene.predictions
    conflict = len(told) > 1 and len(set(told.values())) > 1
    return Seen(item, scene, prompt_texts(ready, scene), place, conflict)
