"""What belongs to items by restricted maximum likelihood, as a second opinion on the shares of variance.

A linear mixed model (statsmodels' MixedLM): a mean for each cell, fixed; an effect of the item, one of the
item at each level of each factor, and the rest, random. It takes seconds where `effects.shares` takes
hundredths of one, assumes normal effects, and gives the same wherever every item was asked in every cell
and no part is below 0.
"""

import math
import warnings

import numpy as np

from taskc.analysis.crossed import Crossed
from taskc.analysis.effects import Name


class NotFitted(Exception):
    """The likelihood has no maximum that was found."""


def reml(crossed: Crossed) -> dict[Name, float]:
    """Give the variances of `item`, `item × factor` for two factors or more, and `rest`, for finite levels.

    Raises `ImportError` without statsmodels, `NotFitted` where the fit ends without a maximum.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    have = ~np.isnan(crossed.values)
    some = np.flatnonzero(have.sum(axis=1))
    rows = [np.flatnonzero(have[item]) for item in some]
    groups = np.repeat(some, [len(row) for row in rows])
    cells = np.concatenate(rows)
    means = np.eye(have.shape[1])[:, have.any(axis=0)][cells]
    places = range(len(crossed.factors)) if len(crossed.factors) > 1 else ()
    names = [crossed.factors[at] for at in places]
    coded = [np.eye(crossed.sizes[at])[crossed.cells[:, at]] for at in places]
    matrices = [[one[row] for row in rows] for one in coded]
    columns = [
        [[f"{name} {n}" for n in range(one.shape[1])]] * len(rows)
        for name, one in zip(names, coded, strict=True)
    ]
    spec = VCSpec(names, columns, matrices)
    model = MixedLM(
        crossed.values[groups, cells], means, groups=groups, exog_re=np.ones((len(cells), 1)), exog_vc=spec
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a part at 0, which is an answer
        try:
            fit = model.fit(reml=True, method="powell")  # methods of gradients stop short of a part at 0
        except np.linalg.LinAlgError as problem:
            raise NotFitted(str(problem).lower()) from None
    if not fit.converged:
        raise NotFitted("the fit did not converge")
    whole = math.prod(crossed.sizes)
    rest = float(fit.scale)
    item, left = float(fit.cov_re[0, 0]) + rest / whole, rest * (1 - 1 / whole)
    out: dict[Name, float] = {}
    for name, at, part in zip(names, places, map(float, fit.vcomp), strict=True):
        size = crossed.sizes[at]
        item += part / size
        left -= rest * (size - 1) / whole
        out["item", name] = (part + rest * size / whole) * (1 - 1 / size)
    return {("item",): item, **out, ("rest",): left}
