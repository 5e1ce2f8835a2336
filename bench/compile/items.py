"""Writes the items that everyone compiles: `items.jsonl`, to ask, and `shots.jsonl`, to show.

An item is a list of words and a question about it, with four options; about 250 characters, as in
MMLU. Same count, same bytes.
"""

import json
import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path

VOWELS = "aeiou"
WORDS = [
    first + vowel + second + other + end
    for first, vowel, second, other, end in product("bdfkl", VOWELS, "mnr", VOWELS, ("", "n", "s"))
]
SHOTS = 20

Item = dict[str, str | int | list[str]]


def write_items(folder: Path, count: int) -> None:
    """Write both files into a folder."""
    draw = random.Random(count)
    _write(folder / "shots.jsonl", ({**_make(draw, n), "id": f"shot-{n}"} for n in range(SHOTS)))
    _write(folder / "items.jsonl", ({**_make(draw, n), "id": f"item-{n}"} for n in range(count)))


def _make(draw: random.Random, number: int) -> Item:
    words = draw.sample(WORDS, 24)
    place = draw.randrange(1, 22)
    answer, trap = words[place + 1], words[place - 1]
    others = draw.sample([word for word in words if word not in {answer, trap, words[place]}], 2)
    choices = draw.sample([trap, *others], 3)
    choices.insert(number % 4, answer)
    question = f"In the list {' '.join(words)}, which word comes right after {words[place]}?"
    return {"question": question, "choices": choices, "gold": number % 4, "answer": answer, "trap": trap}


def _write(path: Path, items: Iterator[Item]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)
