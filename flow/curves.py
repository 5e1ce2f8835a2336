"""Points to verdicts, for the command line and for notebooks."""

from functools import partial

from msgspec import Struct

from taskc.analysis.shape import LEAST
from taskc.analysis.verdict import LIKELY, judge_curve, pool
from taskc.flow.points import Read
from taskc.flow.side_by_side import side_by_side
from taskc.records.curve import Judged, Pooled


class Verdicts(Struct, frozen=True, kw_only=True):
    """What was read, the verdict on each curve, and those on each task over its families."""

    read: Read
    judged: tuple[Judged, ...]
    pooled: tuple[Pooled, ...]
    likely: float
    least: float


def judge_curves(
    read: Read, *, log: bool = True, likely: float = LIKELY, least: float = LEAST, workers: int = 1
) -> Verdicts:
    """Judge curves that have been read; `workers` is how many processes may share them."""
    judge = partial(judge_curve, log=log, likely=likely, least=least)
    judged = tuple(side_by_side(judge, read.curves, workers=workers, least=40))
    return Verdicts(read=read, judged=judged, pooled=tuple(pool(judged, likely)), likely=likely, least=least)
