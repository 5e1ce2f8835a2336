"""Metrics by the names a command line gives them: looked up, seen to be there, and fit for rows and table."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from taskc.analysis.aggregate import Joint, Row
from taskc.analysis.columns import Asked
from taskc.dsl.diagnostic import similar
from taskc.flow.build_folder import BuildError
from taskc.flow.selection import BadSelection
from taskc.metrics import METRICS
from taskc.metrics.chosen import Chosen, choose, find_metric


def chosen_metrics(names: Sequence[str]) -> Chosen:
    """Choose the standard metrics and those named.

    Raises `BadSelection` for one that there is not, and `BuildError` where a package is lacking.
    """
    for name in names:
        metric = find_metric(name)
        if metric is None:
            known = [*(one for one in METRICS if one != "pass@k"), "pass@5"]
            cure = similar(name, known) or "known are " + ", ".join(f"`{one}`" for one in known)
            raise BadSelection(f"no metric is called `{name}`", cure)
        if metric.package and find_spec(metric.package) is None:
            package = metric.package.replace("_", "-")
            raise BuildError(
                f"`{name}` needs the package `{package}`, which is not installed", f"pip install {package}"
            )
    return choose(names)


def joint_of(chosen: Chosen) -> Mapping[str, Joint]:
    """Give the metrics of items as rows are made with them."""
    return {
        name: Joint(needs=metric.needs, make=metric.function, paired=metric.paired)
        for name, metric in chosen.items.items()
    }


def asked_of(names: Sequence[str]) -> tuple[Asked, ...]:
    """Say how the table writes each metric: shares in per cent, points of 100 as they are."""
    written = {"share": (100.0, 1), "points": (1.0, 1)}
    found = []
    for name in dict.fromkeys(names):
        metric = find_metric(name)
        scale, decimals = written.get(metric.unit, (1.0, 2)) if metric else (1.0, 2)
        found.append(Asked(name=name, scale=scale, decimals=decimals))
    return tuple(found)


def idle(names: Sequence[str], rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Name the metrics that no row has, and say of each what it is of."""
    told = {
        "options": "options that are scored or labelled",
        "reply": "replies",
        "samples": "several samples of a reply",
        "items": "items",
    }
    lacking = []
    for name in dict.fromkeys(names):
        metric = find_metric(name)
        if metric and not any(name in row.numbers for row in rows):
            need = f"{' and '.join(metric.needs)} of each item" if metric.of == "items" else told[metric.of]
            lacking.append((name, need + (" in two wordings" if metric.paired else "")))
    return lacking
