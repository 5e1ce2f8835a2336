"""What a report says: the numbers of runs, their curves and verdicts, telling items, plan and provenance.

The page, the terminal, the JSON and the tables are four renderings of one `Report`; none works a number out
for itself.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

from taskc.records.contrast import Contrast
from taskc.records.curve import Cause, Fitted, Shape, Turn, Verdict
from taskc.records.effects import Told
from taskc.records.ladder import Axis
from taskc.records.manifest import SourceFile
from taskc.records.plan import Lowering
from taskc.records.request import Message
from taskc.records.run import ModelRun

PartName: TypeAlias = Literal["all", "conflict", "agree"]
RateName: TypeAlias = Literal["accuracy", "lured"]
PARTS: tuple[PartName, ...] = ("all", "conflict", "agree")
Why: TypeAlias = Literal["falls", "lured", "missed"]


class Share(Struct, frozen=True, kw_only=True):
    """A share of `n` items, 0 to 1, with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


class Average(Struct, frozen=True, kw_only=True):
    """A mean over `n` items and its standard error, None for a single item."""

    value: float
    error: float | None
    n: int


class Estimate(Struct, frozen=True, kw_only=True):
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


class Part(Struct, frozen=True, kw_only=True):
    """What became of some items; `shares` part all answers by whose they are, and sum to 1.

    `counts` are those of the answers, of which an item may have several.
    """

    n: int
    accuracy: Share | None
    lured: Share | None
    shares: Mapping[str, float]
    counts: Mapping[str, int] = field(default_factory=dict)


class Setting(Struct, frozen=True, kw_only=True):
    """How a task was asked: regime, levels of factors, measure, and the way in which answers were had.

    `how` is empty where nothing is told apart by it.
    """

    regime: str
    levels: tuple[tuple[str, str], ...] = ()
    measure: str
    how: str = ""

    @property
    def name(self) -> str:
        """Give all of it as one text, as curves are named: `zero_shot, order=reversed, reply`."""
        levels = [f"{factor}={level}" for factor, level in self.levels]
        return ", ".join([self.regime, *levels, self.measure, *([self.how] if self.how else [])])


class Place(Struct, frozen=True, kw_only=True):
    """Where a model stands: its family, its name there, and its size along the axis."""

    family: str
    name: str
    scale: float


class Measured(Struct, frozen=True, kw_only=True):
    """One model on one task in one setting. `place` is None for a model on no ladder.

    `distractors` are the names of those of the task; `numbers` are means over items of what the measure
    yields, such as `loss`. `ability` and `pull` are those of the model of the lure (`analysis/lure.py`), None
    where they cannot be told, or where the rows of subtasks were put together.
    """

    task: str
    setting: Setting
    model: str
    place: Place | None
    n: int
    missing: int
    chance: float | None
    distractors: tuple[str, ...]
    all: Part
    conflict: Part
    agree: Part
    numbers: Mapping[str, Average] = field(default_factory=dict)
    ability: Estimate | None = None
    pull: Estimate | None = None


class Dot(Struct, frozen=True, kw_only=True):
    """One model on a curve: its share and the 95 % interval."""

    model: str
    name: str
    scale: float
    value: float
    low: float
    high: float
    n: int


class Trend(Struct, frozen=True, kw_only=True):
    """A curve of one family against scale and the verdict on its shape.

    `main` marks the curves that the summary is about: accuracy on conflict items, or on all items where
    nothing competes; these have a `cause`, where it is known whose answers were given, and `fitted`, where
    the curve itself may run.
    """

    task: str
    setting: Setting
    family: str
    part: PartName
    rate: RateName
    main: bool
    dots: tuple[Dot, ...]
    verdict: Verdict
    probabilities: Mapping[Shape, float]
    turning_point: Turn | None
    cause: Cause | None = None
    fitted: tuple[Fitted, ...] = ()


class Shared(Struct, frozen=True, kw_only=True):
    """What the families say together of one task in one setting: see `records.curve.Pooled`."""

    task: str
    setting: Setting
    part: PartName
    rate: RateName
    main: bool
    verdict: Verdict
    probabilities: Mapping[Shape, float]
    next: Mapping[Shape, float]
    agree: int
    families: int
    one_sided: int = 0


class Comparisons(Struct, frozen=True, kw_only=True):
    """Accuracy held against accuracy, item by item, on the items that the summary is about.

    `regimes` hold every other regime of a task against its first one, for each model; `models` each model
    of a family against the next smaller one, for each regime. P-values are adjusted, as `adjusted` names,
    within each of the two families of comparisons; intervals are of `level` each.
    """

    regimes: tuple[Contrast, ...]
    models: tuple[Contrast, ...]
    adjusted: str
    level: float


class ItemLine(Struct, frozen=True, kw_only=True):
    """One item in one setting over all models: how many answered it, and the shares right and lured.

    `fall` is the share right among the smaller half of the models less that among the larger half, the middle
    one aside; None where fewer than two models have a size.
    """

    task: str
    item: str
    setting: Setting
    conflict: bool
    models: int
    right: float
    lured: float
    fall: float | None


class Reply(Struct, frozen=True, kw_only=True):
    """What one model answered: as understood, whose it is, and the reply or the numbers it was read from.

    `scores` gives the log-probability of each option, where options were scored; `cut` counts characters of
    the reply that are left out.
    """

    model: str
    scale: float | None
    given: str | None
    attribution: str
    correct: bool
    text: str = ""
    cut: int = 0
    scores: tuple[tuple[str, float], ...] = ()


class Exhibit(Struct, frozen=True, kw_only=True):
    """An item that is shown whole, and why: larger models fail where smaller ones do not, many are lured, or
    nearly none gets it right.

    `prompt` is empty where the build that was asked is not there any more. `begun` is how the reply is begun
    for the model; `cut` counts characters of the prompt that are left out.
    """

    line: ItemLine
    why: Why
    target: str
    predictions: Mapping[str, str]
    prompt: tuple[Message, ...] = ()
    begun: str = ""
    cut: int = 0
    told: tuple[Reply, ...] = ()


class RunOf(Struct, frozen=True, kw_only=True):
    """A run: its folder's name, what made it, what of which build was asked, and of whom."""

    name: str
    taskc: str
    requests_sha256: str
    selection: Mapping[str, tuple[str, ...]]
    limit: str
    models: tuple[ModelRun, ...]


class TaskOf(Struct, frozen=True, kw_only=True):
    """A task as its build describes it."""

    name: str
    title: str
    true_task: str
    distractors: tuple[str, ...]
    items: int


class BuildOf(Struct, frozen=True, kw_only=True):
    """A build that was asked, if it is still there unchanged: its hashes, its files and its tasks."""

    taskc: str
    requests: int
    requests_sha256: str
    snapshot_sha256: str
    sources: tuple[SourceFile, ...]
    tasks: tuple[TaskOf, ...]


class RungOf(Struct, frozen=True, kw_only=True):
    """Where the size of a model comes from. `ladder` is `given` for one that was stated."""

    model: str
    ladder: str
    name: str
    scale: float
    parameters: int | None = None
    tokens: int | None = None
    released: str = ""
    source: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """All that is told of some runs.

    `likely` is the probability from which a shape is the verdict, `least` the rise or fall that counts as
    one; `log` says that curves are judged on the logarithm of scale. `comparisons` is None where no two
    regimes or sizes answered the same items, `effects` where nothing but models and regimes was varied.
    `notes` say what is not told, and why.
    """

    taskc: str
    axis: Axis
    log: bool
    likely: float
    least: float
    rows: tuple[Measured, ...]
    trends: tuple[Trend, ...]
    shared: tuple[Shared, ...]
    items: tuple[ItemLine, ...]
    exhibits: tuple[Exhibit, ...]
    plan: tuple[Lowering, ...]
    runs: tuple[RunOf, ...]
    builds: tuple[BuildOf, ...]
    rungs: tuple[RungOf, ...]
    comparisons: Comparisons | None = None
    effects: Told | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
