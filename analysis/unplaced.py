"""The figure of models that have no size: bars, as those of one run."""

import re

from taskc.analysis import row as aggregate
from taskc.analysis.figure import png, svg
from taskc.analysis.intervals import Rate
from taskc.analysis.pieces import take_apart
from taskc.records.drawn import Drawn, Piece
from taskc.records.report import Measured, Part, Report, Share

_SIZE = re.compile(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"')
MOST = 240
"""Bars that are drawn; more are in the tables only."""


def draw_unplaced(report: Report) -> Drawn | None:
    """Draw whose answers were given by the models without a size; None where there are none, or too many."""
    rows = [_row(row) for row in report.rows if row.place is None and row.n]
    if not 0 < len(rows) <= MOST:
        return None
    drawn = svg(rows)
    groups, shared = take_apart(drawn)
    size = _SIZE.search(drawn)
    assert size is not None
    whole = Piece(
        text="whose answer was given, by model and regime",
        left=0,
        top=0,
        width=float(size[1]),
        height=float(size[2]),
        markup=groups["figure_1"],
    )
    return Drawn(
        name="models-without-a-size", svg=drawn, png=png(rows), panels=((whole,),), legend=(), shared=shared
    )


def _row(row: Measured) -> aggregate.Row:
    return aggregate.Row(
        task=row.task,
        regime=row.setting.regime,
        levels=dict(row.setting.levels),
        measure=row.setting.measure,
        model=row.model,
        n=row.n,
        missing=row.missing,
        chance=row.chance,
        distractors=row.distractors,
        all=_part(row.all),
        conflict=_part(row.conflict),
        agree=_part(row.agree),
        lowering=row.setting.how,
    )


def _part(part: Part) -> aggregate.Part:
    return aggregate.Part(
        n=part.n,
        scores=sum(part.counts.values()),
        accuracy=_rate(part.accuracy),
        lured=_rate(part.lured),
        counts=part.counts,
        rates=part.shares,
    )


def _rate(share: Share | None) -> Rate | None:
    return Rate(n=share.n, value=share.value, low=share.low, high=share.high) if share else None
