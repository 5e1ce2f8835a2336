"""Do several ways to run one model give the same answers?

Run: `python bench/agreement/run.py MODEL MODEL[@NATS] … [--items 200] [--cache FOLDER] [--json]`

The first MODEL is what the others are held against; `@NATS` is how far a log-probability may be off, 1e-4
if nothing is said. Every model is asked for the distribution over the labels A and B at the start of its
reply, and, where it can score given text, for the log-probability of two whole answers. A choice may
differ only where the two options of the first model lie closer than twice that distance. Exits with 1
if anything differs more. For instance the embedded model in process, through transformers, and behind a
server:

    python bench/agreement/run.py local/smollm2-135m hf/PATH.gguf \\
        'openai-api/llama/smollm2?base_url=http://127.0.0.1:8080/v1&top_logprobs=20@0.05'
"""

import argparse
import asyncio
import json
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from taskc.backends import Backend, Surroundings, open_model
from taskc.records.operation import Answer, Labelled, Labels, Operation, Prompt, Score
from taskc.records.request import Message

SHOTS = (
    ("Which is warmer?\nA. ice\nB. fire", "B"),
    ("Which is longer?\nA. a river\nB. a brook", "A"),
    ("Which is heavier?\nA. a feather\nB. a stone", "B"),
    ("Which is louder?\nA. thunder\nB. a whisper", "A"),
)
THINGS = """
mouse cat dog sheep cow horse elephant whale house hill mountain lake sea island country planet star seed leaf
flower bush tree forest spoon cup bucket barrel boat ship harbour town city
"""
USUAL = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How one model compares with the first: numbers compared, the largest distance, choices that differ.

    `unclear` counts choices that differ between options which lie so close that they may; `missing`
    what one of the two did not say.
    """

    model: str
    numbers: int
    largest: float
    choices: int
    differ: int
    unclear: int
    missing: int
    allowed: float

    @property
    def fine(self) -> bool:
        """Say whether they agree."""
        return self.numbers > 0 and self.largest <= self.allowed and not self.differ


def questions(count: int) -> list[Operation]:
    """Make two-option items with shared exemplars: labels for all, and whole answers for each second one."""
    found: list[Operation] = []
    things = THINGS.split()
    for n in range(count):
        one, two = things[n % len(things)], things[(n * 7 + n // len(things) + 3) % len(things)]
        turns = [text for shot in SHOTS for text in shot]
        turns.append(f"Which is larger?\nA. a {one}\nB. a {two}")
        messages = tuple(
            Message(role=("user", "assistant")[k % 2], content=text)  # type: ignore[arg-type]
            for k, text in enumerate(turns)
        )
        prompt = Prompt(messages=messages)
        found.append(Labels(prompt=prompt, labels=("A", "B")))
        if n % 2:
            ends = (f"A {one} is larger than a {two}.", f"A {two} is larger than a {one}.")
            found.append(Score(prompt=prompt, continuations=ends))
    return found


async def answers(model: Backend, operations: Sequence[Operation]) -> list[Answer | None]:
    """Ask a model what it can answer, in the chunks that it likes; raises `SystemExit` when it fails."""
    can = model.capabilities
    told: list[Answer | None] = [None] * len(operations)
    able = [n for n, one in enumerate(operations) if can.score or isinstance(one, Labels)]
    for start in range(0, len(able), max(1, can.batch)):
        some = able[start : start + max(1, can.batch)]
        replies = await model.ask([operations[n] for n in some])
        for n, reply in zip(some, replies, strict=True):
            if not hasattr(reply.outcome, "logprobs"):
                raise SystemExit(f"{model.model}: {reply.outcome}")
            told[n] = reply.outcome
    await model.close()
    return told


def compare(
    model: str, base: Sequence[Answer | None], other: Sequence[Answer | None], allowed: float
) -> Agreement:
    """Hold the answers of a model against those of the first."""
    numbers = choices = differ = unclear = missing = 0
    largest = 0.0
    for one, two in zip(base, other, strict=True):
        if one is None or two is None:
            missing += 1
            continue
        left, right = one.logprobs, two.logprobs  # type: ignore[union-attr]
        pairs = [(a, b) for a, b in zip(left, right, strict=True) if a is not None and b is not None]
        missing += len(left) - len(pairs)
        numbers += len(pairs)
        largest = max([largest, *(abs(a - b) for a, b in pairs)])
        if len(pairs) == len(left):
            choices += 1
            if left.index(max(left)) != right.index(max(right)):
                near = abs(left[0] - left[1]) <= 2 * allowed
                unclear, differ = unclear + near, differ + (not near)
        if isinstance(one, Labelled) and isinstance(two, Labelled) and None not in right:
            largest = max(largest, abs(one.outside - two.outside))
    return Agreement(
        model=model, numbers=numbers, largest=largest, choices=choices, differ=differ,
        unclear=unclear, missing=missing, allowed=allowed,
    )  # fmt: skip


def agreements(models: Sequence[str], count: int, around: Surroundings) -> list[Agreement]:
    """Hold every model but the first against the first; a model string may end in `@NATS`."""
    operations = questions(count)
    told = []
    for text in models:
        name, _, nats = text.partition("@")
        told.append((name, float(nats or USUAL), asyncio.run(answers(open_model(name, around), operations))))
    (_, _, base), *others = told
    return [compare(name, base, other, allowed) for name, allowed, other in others]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "taskc")
    parser.add_argument("--json", action="store_true", help="print one JSON object a model")
    flags = parser.parse_args()
    if len(flags.models) < 2:
        parser.error("name at least two models")
    around = Surroundings(cache=flags.cache, environment=dict(os.environ))
    found = agreements(flags.models, flags.items, around)
    for one in found:
        told = {name: getattr(one, name) for name in Agreement.__slots__}
        print(json.dumps(told) if flags.json else _line(one))
    sys.exit(0 if all(one.fine for one in found) else 1)


def _line(one: Agreement) -> str:
    word = "agrees" if one.fine else "DIFFERS"
    far = "nothing compared" if not one.numbers else f"at most {one.largest:.1e} nats off"
    exponent = math.log10(one.allowed)
    allowed = f"{one.allowed:g}" if exponent > -3 else f"{one.allowed:.0e}"
    return (
        f"{one.model}: {word}; {one.numbers} log-probabilities, {far} (allowed {allowed}); "
        f"{one.choices} choices, {one.differ} differ, {one.unclear} differ where options lie that close; "
        f"{one.missing} not said"
    )


if __name__ == "__main__":
    main()
