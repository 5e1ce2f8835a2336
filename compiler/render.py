"""A scene and its exemplars to the messages that are sent, with the origin of every part."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from taskc.compiler.operators import Problem
from taskc.compiler.scene import ItemProblem, Scene, Stage
from taskc.compiler.templates import Template
from taskc.dsl.model import Item
from taskc.records.request import Form, Message

# what stands for an answer and a rationale that are not known yet
ANSWER, RATIONALE = "\ue000answer\ue001", "\ue000rationale\ue001"


class Filled(Struct, frozen=True):
    """A template as it was filled: the statement it stands in, the values, and the item they are of."""

    rule: str
    template: Template
    values: Mapping[str, Any]
    stage: Stage
    item: Item


class Held(Struct, frozen=True):
    """What an item holds under `name`, put in as it is."""

    name: str
    text: str
    item: Item


class Part(Struct, frozen=True):
    """A stretch of a message, and its origin: `system`, `regime`, `exemplar N`, `item`, or ` ` for joints.

    `made` is what the text was made of, in order, for `compiler.trace`; text there stands for itself.
    """

    origin: str
    text: str
    made: tuple[Filled | Held | str, ...] = ()


class Turn(Struct, frozen=True):
    """One message in its parts."""

    role: str
    parts: tuple[Part, ...]

    @property
    def message(self) -> Message:
        """Give the message as it is sent."""
        return Message(role=self.role, content="".join(part.text for part in self.parts))  # type: ignore[arg-type]


class Ask(Struct, frozen=True, kw_only=True):
    """How the reply to one item begins and carries its answer.

    `think` begins the reply of a two-stage regime. `head` is what a reply says before its rationale;
    `reasoned` tells that a rationale comes before the answer. `form` is the reply round the answer.
    """

    think: str
    head: str
    reasoned: bool
    form: Form
    joint: str


def fill(stage: Stage, name: str, values: Mapping[str, Any]) -> str:
    """Render the template `name` of a stage; raises `ItemProblem`."""
    return render(stage, stage.templates[name], values)


def render(stage: Stage, made: Template, values: Mapping[str, Any]) -> str:
    """Render a template of a stage; raises `ItemProblem`."""
    try:
        return stage.fill(made, values)
    except Problem as problem:
        raise ItemProblem("bad-template", problem.message, problem.span, problem.help) from None


def prompt_texts(stage: Stage, scene: Scene) -> list[str]:
    """Render the messages of one item, in the order of `stage.prompt`; raises `ItemProblem`."""
    if scene.texts is not None:
        return scene.texts
    try:
        scene.texts = [stage.fill(made, scene.values) for _, made in stage.prompt]
        return scene.texts
    except Problem as problem:
        raise ItemProblem("bad-template", problem.message, problem.span, problem.help) from None


def prompt_turns(stage: Stage, scene: Scene, origin: str) -> list[Turn]:
    """Give the messages of one item in their parts; raises `ItemProblem`."""
    turns = []
    for (role, made), text in zip(stage.prompt, prompt_texts(stage, scene), strict=True):
        filled = Filled("prompt", made, scene.values, stage, scene.item)
        turns.append(Turn(role, (Part("system" if role == "system" else origin, text, (filled,)),)))
    return turns


def exemplar_reply(stage: Stage, scene: Scene, origin: str) -> Part:
    """Render the whole reply of an exemplar: with its rationale where the regime reasons."""
    values = {**scene.values, "answer": scene.answer}
    if "then" not in stage.templates:
        return _part(stage, scene, origin, "reply", values)
    think = _part(stage, scene, origin, "think", scene.values)
    then = _part(stage, scene, origin, "then", values)
    rationale = str(scene.values["rationale"])
    reason: Filled | Held = Held("rationale", rationale, scene.item)
    if "rationale" in stage.templates:
        own = scene.values if "answer" in scene.values else values
        reason = Filled("rationale", stage.templates["rationale"], own, stage, scene.item)
    text = f"{think.text} {rationale}\n{then.text}"
    return Part(origin, text, (*think.made, " ", reason, "\n", *then.made))


def _part(stage: Stage, scene: Scene, origin: str, name: str, values: Mapping[str, Any]) -> Part:
    filled = Filled(name, stage.templates[name], values, stage, scene.item)
    return Part(origin, fill(stage, name, values), (filled,))


def ask(stage: Stage, scene: Scene) -> Ask:
    """Find out how the reply to this item begins, and what stands round its answer; raises `ItemProblem`."""
    return stage.way if isinstance(stage.way, Ask) else _ask(stage, scene)


def reply_begun(stage: Stage, scene: Scene) -> tuple[Filled, ...]:
    """Give what the beginning of a reply is made of: `think`, if there is one, then what holds the answer."""
    values = {**scene.values, "answer": ANSWER, "rationale": RATIONALE}
    if "then" not in stage.templates:
        return (Filled("reply", stage.templates["reply"], values, stage, scene.item),)
    think = Filled("think", stage.templates["think"], scene.values, stage, scene.item)
    return think, Filled("then", stage.templates["then"], values, stage, scene.item)


def _ask(stage: Stage, scene: Scene) -> Ask:
    name = "then" if "then" in stage.templates else "reply"
    whole = fill(stage, name, {**scene.values, "answer": ANSWER, "rationale": RATIONALE})
    if whole.count(ANSWER) != 1:
        span = stage.templates[name].text.span
        raise ItemProblem(
            "no-answer",
            f"`{name}` must carry the answer once and as it is",
            span,
            "write `{{ answer }}` once, without a filter",
        )
    way = _way(stage, scene, whole)
    asked_for = stage.templates[name].names - {"answer", "rationale"}
    if name == "then":
        asked_for |= stage.templates["think"].names
    if asked_for <= stage.fixed:  # the same for every item
        stage.way = way
    return way


def _way(stage: Stage, scene: Scene, whole: str) -> Ask:
    """Cut a reply at its answer, and at the rationale before it."""
    before, _, after = whole.partition(ANSWER)
    head, reasoned, tail = before.rpartition(RATIONALE)
    form = Form(before=tail, after=after.partition(RATIONALE)[0])
    if "then" in stage.templates:
        think = fill(stage, "think", scene.values)
        return Ask(think=think, head="", reasoned=True, form=form, joint="\n")
    plain = not reasoned and not tail.strip()
    return Ask(
        think="",
        head=head.replace(RATIONALE, ""),
        reasoned=bool(reasoned),
        form=form,
        joint=" " if plain else "\n",
    )


def conversation(stage: Stage, scene: Scene, exemplars: Sequence[Scene], joint: str) -> list[Turn]:
    """Lay out instruction, exemplars and the asked item as messages; the last is the user's.

    What stands before the first part of the origin `item` depends on what the system message and the
    instruction say, on the exemplars and on `joint`, and on nothing else.
    """
    own = prompt_turns(stage, scene, "item")
    system = [turn for turn in own if turn.role == "system"]
    asked = [turn for turn in own if turn.role != "system"]
    shown = [_exemplar(stage, one, f"exemplar {n}") for n, one in enumerate(exemplars, 1)]
    if stage.variant.regime.layout == "single":
        turns = [_single(shown, asked, joint)]
    else:
        turns = [turn for turns in shown for turn in turns] + asked
    if "instruct" in stage.templates:
        instruct = _part(stage, scene, "regime", "instruct", scene.values)
        turns[0] = replace(turns[0], parts=(instruct, Part(" ", "\n\n"), *turns[0].parts))
    return system + turns


def _exemplar(stage: Stage, scene: Scene, origin: str) -> list[Turn]:
    key = (id(scene), origin)  # the stage keeps the scenes of its exemplars
    if key not in stage.shown:
        turns = [turn for turn in prompt_turns(stage, scene, origin) if turn.role != "system"]
        stage.shown[key] = [*turns, Turn("assistant", (exemplar_reply(stage, scene, origin),))]
    return stage.shown[key]


def _single(shown: list[list[Turn]], asked: list[Turn], joint: str) -> Turn:
    """Put exemplars and item into one message, replies after their prompts, a blank line between."""
    parts: list[Part] = []
    for turns in shown:
        for index, turn in enumerate(turns):
            if index:
                parts.append(Part(" ", joint if index == len(turns) - 1 else "\n"))
            parts += turn.parts
        parts.append(Part(" ", "\n\n"))
    for index, turn in enumerate(asked):
        if index:
            parts.append(Part(" ", "\n"))
        parts += turn.parts
    return Turn("user", tuple(parts))
