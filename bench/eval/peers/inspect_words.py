"""Inspect: the items as a dataset, `multiple_choice()` asked and scored by `choice()`, as its own evals do.

Run by Inspect's own command, `inspect eval inspect_words.py -T data=FOLDER`.
"""

from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.scorer import choice
from inspect_ai.solver import multiple_choice


def sample(record: dict[str, Any]) -> Sample:
    return Sample(
        id=record["id"], input=record["question"], choices=record["choices"], target="ABCD"[record["gold"]]
    )


@task
def words(data: str) -> Task:
    dataset = json_dataset(f"{data}/items.jsonl", sample)
    return Task(dataset=dataset, solver=multiple_choice(), scorer=choice())
