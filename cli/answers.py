"""What `taskc score --show` prints: answers as they were written, a group for each row of the table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from taskc.cli.terminal import echo
from taskc.records import lines

if TYPE_CHECKING:
    from taskc.flow.shown import Heap, Shown

_MARK = " […] "


def print_answers(heaps: "Sequence[Heap]", kind: str, *, form: str, quiet: bool, width: int) -> None:
    """Print answers on standard output, as text for people or as one object a line."""
    if form == "json":
        for heap in heaps:
            for one in heap.answers:
                extra = {"replies": list(one.replies), "logprobs": dict(one.logprobs)}
                click.echo(lines.dump({**lines.plain(one.score), **extra}))
        return
    for place, heap in enumerate(heaps):
        first = heap.answers[0].score
        about = [first.model, first.task, first.regime, *(f"{k}={v}" for k, v in first.levels.items())]
        told = "" if kind == "all" else f"{heap.found:,} {kind} of "
        echo(("\n" if place else "") + " · ".join([*about, first.measure, f"{told}{heap.scored:,} answers"]))
        for one in heap.answers:
            echo("\n".join(_lines(one, width)))
    left = sum(heap.found - len(heap.answers) for heap in heaps)
    if not heaps:
        echo("there are none", err=True)
    elif left and not quiet:
        echo(f"{left:,} more are not shown: `-n {max(heap.found for heap in heaps)}` shows all", err=True)


def _lines(one: "Shown", width: int) -> list[str]:
    score = one.score
    told = ", ".join(f"{name} {answer}" for name, answer in score.predictions.items())
    given = "" if score.given is None else f", given {shortened(score.given, 40)}"
    sample = f", sample {score.replicate + 1}" if score.replicate else ""
    head = f"  item {score.item}{sample}: {score.attribution}{given} ({shortened(told, 80)})  {score.request}"
    found = [head]
    if one.logprobs:
        shares = (
            f"{name} {'·' if value is None else f'{value:.2f}'}" for name, value in one.logprobs.items()
        )
        found.append("    log p: " + shortened(", ".join(shares), width - 11))
    found += [f"    {shortened(reply, width - 4) or '(an empty reply)'}" for reply in one.replies]
    if not one.logprobs and not one.replies:
        found.append("    (the store has it no longer)")
    return found


def shortened(text: str, width: int) -> str:
    """Give a text on one line of at most `width` characters: its head, and its end, where answers stand."""
    flat = "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))
    if len(flat) <= width:
        return flat
    tail = max(0, (width - len(_MARK)) // 3)
    return flat[: width - len(_MARK) - tail] + _MARK + flat[len(flat) - tail :]
