"""A build to what simulated models are asked: the items of each task, and of each of its cells."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from taskc.flow.selection import Requests
from taskc.metrics.score import measure_of
from taskc.records.simulated import Asked, asked_of

PartName: TypeAlias = Literal["all", "conflict", "agree"]


def part_of(asked: Sequence[Asked], part: PartName) -> list[Asked]:
    """Give those in conflict, the others, or all."""
    return [one for one in asked if part == "all" or bool(one.lures) == (part == "conflict")]


def asked_by_task(requests: Requests) -> dict[str, list[Asked]]:
    """Give all that yields an answer, by task with its subtasks."""
    out: dict[str, list[Asked]] = {}
    for request in requests():
        if request.stage == "answer":
            out.setdefault(request.task.partition(".")[0], []).append(asked_of(request))
    return out


def asked_by_cell(requests: Requests, *, subtasks: bool = False) -> dict[tuple[str, str], list[Asked]]:
    """Give them by task, with its subtasks or apart, and cell: regime, levels and measure."""
    out: dict[tuple[str, str], list[Asked]] = {}
    for request in requests():
        if request.stage == "answer":
            task = request.task if subtasks else request.task.partition(".")[0]
            levels = [f"{factor}={level}" for factor, level in request.levels.items()]
            cell = ", ".join([request.regime, *levels, measure_of(request)])
            out.setdefault((task, cell), []).append(asked_of(request))
    return out
