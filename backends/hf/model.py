"""A transformers model as a backend: operations in, replies out, computed in a thread of this process."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from taskc.backends.hf.engine import Engine, Withdrawn
from taskc.backends.hf.replies import generate_batch
from taskc.backends.hf.scoring import score_batch
from taskc.backends.hf.source import Source
from taskc.backends.hf.tokens import Tokens
from taskc.backends.local.layout import Asked
from taskc.backends.local.process import InProcess
from taskc.backends.local.works import Reading, Wish
from taskc.records.operation import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What `open_model` found out: where the model is, its tokens, how its numbers are held and where."""

    source: Source
    tokens: Tokens
    dtype: str
    device: str


class _NotLoaded(Exception):
    """The weights cannot be loaded; its cause says why."""


@dataclass(slots=True, kw_only=True)
class HfModel(InProcess[Engine]):
    """A causal language model of transformers."""

    withdrawn: ClassVar[type[Exception]] = Withdrawn

    given: Given

    @property
    def reading(self) -> Reading:
        """Give how the model reads."""
        tokens = self.given.tokens
        return Reading(
            vocabulary=tokens.vocabulary,
            layout=tokens.layout,
            context=self.given.source.context,
            as_text=tokens.as_text,
        )

    def load(self) -> Engine:
        """Load the weights."""
        try:
            return Engine(self.given.source, self.given.dtype, self.given.device)
        except Exception as error:  # whatever is wrong with the files, or this machine
            raise _NotLoaded from error

    def scores(self, computing: Engine, asked: Sequence[Asked]) -> list[tuple[float, ...]]:
        """Give the log-probability of each continuation of each prompt, in order."""
        return score_batch(computing, asked)

    def written(self, computing: Engine, wishes: Sequence[Wish]) -> list[int]:
        """Write replies, with all tokens that end one, and a token for each logit."""
        known = self.given.tokens.vocabulary
        missing = computing.model.config.get_text_config().vocab_size - len(known.pieces)
        ends, pieces = known.ends | computing.ends, known.pieces + (b"",) * max(0, missing)
        return generate_batch(computing, wishes, replace(known, ends=ends, pieces=pieces))

    def explain(self, error: Exception) -> Failure | None:
        """Say what loading or torch has raised."""
        if isinstance(error, _NotLoaded) and isinstance(error.__cause__, Exception):
            return _failure(error.__cause__, "model-file", "the model cannot be loaded", fatal=True)
        if isinstance(error, RuntimeError):  # torch raises no other
            return _failure(error, "torch-error", "the model cannot be run", fatal=False)
        return None


def _failure(error: Exception, reason: str, what: str, *, fatal: bool) -> Failure:
    if "out of memory" in str(error) or "allocate memory" in str(error):
        return Failure(reason="out-of-memory", message="there is too little free memory for the model")
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return Failure(reason=reason, message=f"{what}: {first[:300]}", fatal=fatal)
