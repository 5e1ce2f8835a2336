"""How fast the embedded model scores and writes, and how near its batches are to each text alone.

Run: `python bench/local/speed.py [--cache FOLDER] [--json] [--items 1000] [--sample 24]`.

Scoring: two-option items behind one five-shot beginning, asked as a run asks them, one by one, and from
scratch: every prompt with every option as a text of its own, nothing shared. From scratch is measured on
a sample, spread evenly over the items; deviations are those of the sample's scores.
Generating: replies of up to 64 tokens, 32 and 64 side by side, and one by one.

Wall time counts on a machine that does nothing else; CPU time is worth more on a busy one.
"""

import argparse
import asyncio
import json
import os
import platform
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from taskc.backends import Surroundings, open_model
from taskc.backends.local.layout import Asked, continue_prompt, shared
from taskc.backends.local.model import LocalModel
from taskc.backends.local.scoring import score_batch
from taskc.records.operation import Generate, Operation, Prompt, Score
from taskc.records.request import Message

SHOTS = [
    ("A shop sells pens at 3 for a dollar. How many pens do six dollars buy?", "B"),
    ("All roses are flowers. Some flowers fade quickly. Do all roses fade quickly?", "B"),
    ("Write the opposite of the word the proverb ends with: all is well that ends", "A"),
    ("Repeat the sentence exactly: all that glisters is not glib", "A"),
    ("A bet of five dollars wins a hundred with probability one half. Is it a good bet?", "A"),
]
THINGS = [
    "apples",
    "chairs",
    "rivers",
    "letters",
    "planets",
    "bridges",
    "candles",
    "engines",
    "pictures",
    "stones",
]


def shared_items(count: int) -> list[Score]:
    """Make items that differ in a short question after the same five examples."""
    return [
        Score(prompt=_prompt(f"{_thing(n)} cost {n + 2} coins each. Is that more than {n * 7 % 30} coins?"),
              continuations=("A", "B"))
        for n in range(count)
    ]  # fmt: skip


def _thing(n: int) -> str:
    return f"The {THINGS[n % 10]}"


def _prompt(question: str, prefill: str = "Answer: ") -> Prompt:
    turns = [(role, text) for shot in SHOTS for role, text in zip(("user", "assistant"), shot, strict=True)]
    messages = [Message(role=role, content=text) for role, text in [*turns, ("user", question)]]  # type: ignore[arg-type]
    return Prompt(messages=tuple(messages), prefill=prefill)


def replies(count: int) -> list[Generate]:
    """Make prompts that are answered at some length."""
    asked = [f"Tell me three facts about {THINGS[n % 10]} number {n}." for n in range(count)]
    return [
        Generate(prompt=Prompt(messages=(Message(role="user", content=text),)), max_tokens=64)
        for text in asked
    ]


def asked_of(model: LocalModel, item: Score) -> Asked:
    """Give the tokens of an item."""
    return continue_prompt(model.given.vocabulary, model.given.layout(item.prompt), item.continuations)


def apart(model: LocalModel, items: Sequence[Score]) -> list[tuple[float, ...]]:
    """Score every option as a text of its own, nothing shared."""
    crew = model._load()
    found = []
    for item in items:
        asked = asked_of(model, item)
        pairs = zip(asked.texts, asked.starts, strict=True)
        found.append(
            tuple(score_batch(crew, [Asked(texts=(text,), starts=(first,))])[0][0] for text, first in pairs)
        )
    return found


def ask(model: LocalModel, operations: Sequence[Operation], at_once: int) -> list:
    """Ask operations some at a time."""
    return [
        reply
        for n in range(0, len(operations), at_once)
        for reply in asyncio.run(model.ask(operations[n : n + at_once]))
    ]


def timed(work: Callable[[], list]) -> tuple[list, float, float]:
    """Give what some work gives, its wall time and its CPU time, in seconds."""
    wall, spent = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - wall, time.process_time() - spent


def scoring(model: LocalModel, count: int, sample: int) -> dict[str, object]:
    """Measure the scoring of items that share a beginning, against each of their options from scratch."""
    items = shared_items(count)
    ask(model, items[:8], 8)
    batch = model.capabilities.batch
    together, wall, spent = timed(lambda: ask(model, items, batch))
    picked = [n * count // sample for n in range(sample)]
    alone, wall_alone, spent_alone = timed(lambda: apart(model, [items[n] for n in picked]))
    _, wall_single, _ = timed(lambda: ask(model, items[:16], 1))
    deviations = [
        abs(one - two)
        for n, scores in zip(picked, alone, strict=True)
        for one, two in zip(together[n].outcome.logprobs, scores, strict=True)
    ]
    asked = [asked_of(model, item) for item in items]
    texts = [text for one in asked for text in one.texts]
    common = shared(min(texts), max(texts))
    return {
        "tokens of the shared beginning": common,
        "tokens an item after it": sum(one.longest - 1 - common for one in asked) / count,
        f"items/s, {batch} at once, shared beginning": count / wall,
        "items/CPU s, the same": count / spent,
        "items/s, one by one": 16 / wall_single,
        "items/s, every option from scratch": sample / wall_alone,
        "items/CPU s, the same from scratch": sample / spent_alone,
        "times as fast, wall": (count / wall) / (sample / wall_alone),
        "times as fast, CPU": (count / spent) / (sample / spent_alone),
        "largest deviation, nats": max(deviations),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "taskc")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--items", type=int, default=1000, help="items that share a beginning")
    parser.add_argument("--sample", type=int, default=24, help="items of those that are scored from scratch")
    flags = parser.parse_args()
    start = time.perf_counter()
    model = open_model("local/smollm2-135m", Surroundings(cache=flags.cache))
    assert isinstance(model, LocalModel)
    opened = time.perf_counter() - start
    model._load()
    found: dict[str, object] = {"open s": opened, "load s": time.perf_counter() - start - opened}
    found |= scoring(model, flags.items, flags.sample)
    found["peak memory MB, scoring"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for at_once, count in ((1, 4), (32, 32), (64, 64)):
        answers, wall, _ = timed(lambda count=count, at_once=at_once: ask(model, replies(count), at_once))
        written = sum(answer.usage.written for answer in answers)
        found[f"tokens/s written, {at_once} side by side"] = written / wall
    found["peak memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found |= {"cores": len(os.sched_getaffinity(0)), "machine": platform.machine(), "numpy": np.__version__}
    found["load of the machine"] = os.getloadavg()[0]
    shown = {key: _rounded(key, value) for key, value in found.items()}
    print(json.dumps(shown) if flags.json else "\n".join(f"{k:46} {v}" for k, v in shown.items()))


def _rounded(key: str, value: object) -> object:
    if not isinstance(value, float):
        return value
    return float(f"{value:.2g}") if "deviation" in key else round(value, 2)


if __name__ == "__main__":
    main()
