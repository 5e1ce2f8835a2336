"""One scored answer: to whom it belongs, and the numbers about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Rung: TypeAlias = Literal["exact", "label", "text", "number", "argmax", "vote", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One line of `scores.jsonl`.

    `attribution` is exactly one of `true_task`, the name of a distractor, `both` (the true task and a
    distractor predict the same answer, and it was given), `other`, `unparsed`, `refused`. `conflict`
    says that at least one distractor predicts another answer than the true task on this item.
    `given` is the answer as understood, None if there is none; `rung` says how it was found in the reply.
    `numbers` holds what the measure yields: `logprob`, `loss`, `margin`, `outside`, `pass@k` …
    With several samples and no vote there is one score a replicate. `cluster` names the items that belong
    together, such as the questions about one passage: '' for one that stands for itself.
    """

    task: str
    item: str
    cluster: str = ""
    regime: str
    levels: Mapping[str, str] = field(default_factory=dict)
    measure: str
    model: str
    request: str
    lowering: str
    replicate: int = 0
    target: str
    predictions: Mapping[str, str]
    given: str | None
    attribution: str
    correct: bool
    conflict: bool
    rung: Rung = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An item that could not be scored because no answer was had; counted, never scored as wrong.

    `lowering` is the way in which it was asked.
    """

    task: str
    item: str
    regime: str
    levels: Mapping[str, str] = field(default_factory=dict)
    measure: str
    model: str
    why: str
    lowering: str = ""
