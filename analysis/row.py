"""One line of a table of results, and what became of some of its items."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskc.analysis.intervals import Mean, Rate
from taskc.analysis.lure import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What became of some items: `n` items, asked for `scores` answers.

    `counts` and `rates` part all answers by attribution; the counts sum to `scores`, the rates (means of
    the items' means) to 1. They name `true_task`, `both`, each distractor in order, `other`, `unparsed`,
    `refused`. `accuracy` and `lured` (any distractor against the true task followed) are over all answers,
    the unparsed and refused ones included; None where there are no items. Their
    intervals know of clusters and replicates. `numbers` are the means of what
    the measure yields over these items, in `conflict` and `agree` where a row has both; those of all items
    are in the row.
    """

    n: int
    scores: int
    accuracy: Rate | None
    lured: Rate | None
    counts: Mapping[str, int]
    rates: Mapping[str, float]
    numbers: Mapping[str, Mean] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """How often a distractor was followed beyond what is `expected` of errors without a lure.

    `value` is the rate on conflict items less `expected`, −1 to 1, below 0 where the distractor is shunned;
    with its interval of 95 %.
    """

    expected: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """Mean chances that a guess hits the truth, over the items of each kind; 0 where answers are free.

    `bait` is that of hitting a distractor on conflict items, `baits` those of each distractor by itself.
    """

    conflict: float = 0.0
    bait: float = 0.0
    agree: float = 0.0
    control: float = 0.0
    baits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """What lures the model, and what it can do (`attribution.py` says how it is worked out).

    `bait` is how often a guess among the options would follow a distractor on conflict items, 0 where
    answers are free. `excess` expects errors to fall on all wrong options alike, by those conflict items on
    which neither the truth nor a distractor was given; `excess_agree` expects as many errors as on agree
    items, or on controls where there are none; `excess_of` is `excess` of each distractor by itself.
    `ability` and `pull` are those of the model of `lure.py`, `misfit` its p-value. What cannot be told is
    None, and `why` says what ability or pull lacks. `chances` are those
    it was worked out with, None in rows of earlier versions.
    """

    bait: float
    excess: Excess | None = None
    excess_agree: Excess | None = None
    excess_of: Mapping[str, Excess] = field(default_factory=dict)
    ability: Estimate | None = None
    pull: Estimate | None = None
    misfit: float | None = None
    why: str = ""
    chances: Chances | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table of results.

    `n` items were answered and `missing` were not, which are in no rate. `conflict` are the items on which
    a distractor predicts another answer than the true task, `agree` the others, `all` both; `control` are
    those of `agree` on which no distractor speaks, None where there are none. `chance` is the accuracy of
    guessing among the options, None where an item has none. `numbers` are the means over items of what the
    measure yields, and numbers about all items together. `levels` is empty in rows that pool them.
    `lowering` is the way in which the answers were had; several, parted by ` | `, in rows that were asked
    to mix them. `attribution` says how much of what lured the model was more than error; None in rows of
    earlier versions, and without items.
    """

    task: str
    regime: str
    levels: Mapping[str, str]
    measure: str
    model: str
    n: int
    missing: int
    chance: float | None
    distractors: tuple[str, ...]
    all: Part
    conflict: Part
    agree: Part
    numbers: Mapping[str, Mean] = field(default_factory=dict)
    lowering: str = ""
    control: Part | None = None
    attribution: Attribution | None = None
