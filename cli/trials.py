"""What `simulate` and `power` print: the truth and what became of it."""

import os
import shlex
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from taskc.cli.terminal import echo, echo_json
from taskc.records import lines

if TYPE_CHECKING:
    from taskc.flow.simulate import Simulated
    from taskc.flow.trials import Tried
    from taskc.records.trial import Calibration, Share, Told

_LEGEND = """
all in per cent of curves, with 95 % Wilson intervals for the luck of the draw; false U: flat and monotone
curves told to be U-shaped; error: how far probabilities lie from what is so, on average"""
PARTS = {"all": "all items", "conflict": "the conflict items", "agree": "the other items"}


def print_simulated(done: "Sequence[Simulated]", *, form: str, quiet: bool) -> None:
    """Print a paragraph for each run: its models, what their curves were told to be, and where all is."""
    if form == "json":
        echo_json([_plain(one) for one in done])
        return
    for one in done:
        truth = one.truth
        moves = f", {100 * truth.effect:g} points" if truth.effect else ""
        what = f"{truth.shape}{moves} on {PARTS[truth.part]}" if truth.shape else "as given"
        echo(f"{truth.task or 'all tasks'}: {what}, seed {truth.seed}")
        rows: list[tuple[str, ...]] = [("model", "scale", "ability", "pull", "expected right")]
        for model in truth.models:
            name = model.model.partition("?")[0]
            rows.append(
                (name, f"{model.scale:.3g}", *map(_percent, (model.ability, model.pull, model.expected)))
            )
        _table(rows)
        told = Counter(judged.verdict for judged in one.judged)
        curves = "curve" if len(one.judged) == 1 else "curves"
        if told:
            verdicts = ", ".join(f"{n} {verdict}" for verdict, n in told.most_common())
            echo(f"{len(one.judged)} {curves}, told to be: {verdicts}")
        if not quiet and one.evaluated.scored:
            echo(f"results: {os.path.relpath(one.evaluated.scored.folder)}", err=True)
    folders = [one.evaluated.scored.folder.parent for one in done if one.evaluated.scored]
    if folders and not quiet:
        runs = shlex.quote(os.path.relpath(folders[0]))
        echo(f"next: taskc curves {runs}; taskc report {runs}", err=True)


def _plain(one: "Simulated") -> dict[str, Any]:
    scored = one.evaluated.scored
    return {
        "folder": os.path.relpath(scored.folder) if scored else None,
        "truth": lines.plain(one.truth),
        "curves": [
            {
                "task": judged.curve.task,
                "regime": judged.curve.regime,
                "verdict": judged.verdict,
                "probabilities": dict(judged.probabilities),
            }
            for judged in one.judged
        ],
    }


def print_tried(tried: "Tried", *, form: str, quiet: bool) -> None:
    """Print a line for each design; of a single one also who was taken for whom, and the calibration."""
    if form == "json":
        echo(
            lines.dump(
                {
                    "trials": tried.trials,
                    "calibration": tried.together,
                    "likeliest": tried.likeliest,
                }
            )
        )
        return
    repeats = max(told.right.n for trial in tried.trials for told in trial.told)
    shapes = list(dict.fromkeys(told.shape for trial in tried.trials for told in trial.told))
    rows = [("task", "measure", "items", "conflict", "models", "points", *shapes, "false U", "error")]
    for trial in tried.trials:
        right = {told.shape: told.right for told in trial.told}
        rows.append(
            (
                trial.task,
                ", ".join(dict.fromkeys(cell.rpartition(", ")[2] for cell in trial.cells)),
                f"{trial.items:,}",
                f"{trial.conflict:,}",
                str(trial.models),
                f"{100 * trial.effect:g}",
                *(_share(right.get(shape)) for shape in shapes),
                _share(trial.false_u),
                f"{100 * trial.calibration.error:.1f}",
            )
        )
    echo(f"curves told rightly, of {repeats:,} of each shape, judged on {PARTS[tried.trials[0].part]}\n")
    _table(rows, left=2)
    if len(tried.trials) == 1:
        _confusion(tried.trials[0].told)
    _bins(tried.together)
    _summary(tried)
    if not quiet:
        echo(_LEGEND, err=True)


def _confusion(told: "Sequence[Told]") -> None:
    verdicts = list(told[0].verdicts)
    echo("\ntruth, and what it was told to be\n")
    rows = [("truth", *verdicts)]
    rows += [
        (one.shape, *(f"{100 * one.verdicts[verdict] / one.right.n:.1f}" for verdict in verdicts))
        for one in told
    ]
    _table(rows, left=1)


def _bins(calibration: "Calibration") -> None:
    echo("\nprobabilities of shapes, and how often that was the shape\n")
    rows = [("from", "to", "number", "said", "was so")]
    for one in calibration.bins:
        rows.append(
            (_percent(one.low), _percent(one.high), f"{one.n:,}", f"{100 * one.said:.1f}", _share(one.so))
        )
    _table(rows)


def _summary(tried: "Tried") -> None:
    n = sum(one.n for one in tried.likeliest.bins)
    said = sum(one.n * one.said for one in tried.likeliest.bins) / n
    so = sum(one.n * one.so.value for one in tried.likeliest.bins) / n
    echo(
        f"\nprobabilities of all five shapes are {100 * tried.together.error:.1f} points off on average, "
        f"that of the likeliest {100 * tried.likeliest.error:.1f}:\n"
        f"said to be {100 * said:.0f} % on average, and so in {100 * so:.0f} %"
    )


def _table(rows: Sequence[Sequence[str]], left: int = 1) -> None:
    """Print columns two blanks apart; all but the first `left` hold figures."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        echo("  ".join(cells).rstrip())


def _share(share: "Share | None") -> str:
    if share is None:
        return "–"
    return f"{100 * share.value:.0f} [{100 * share.low:.0f}, {100 * share.high:.0f}]"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
