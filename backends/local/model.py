"""The embedded model as a backend: operations in, replies out, computed in a thread of this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from taskc.backends.local.crew import Crew
from taskc.backends.local.decode import generate_batch
from taskc.backends.local.gguf_file import GgufFile
from taskc.backends.local.layout import Asked, Layout
from taskc.backends.local.network import Stopped
from taskc.backends.local.process import InProcess
from taskc.backends.local.scoring import score_batch
from taskc.backends.local.vocabulary import Vocabulary
from taskc.backends.local.weights import Shape, load_weights
from taskc.backends.local.works import Reading, Wish
from taskc.records.operation import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A checked model file, ready to be loaded: what `open_model` found out about it."""

    file: GgufFile
    shape: Shape
    vocabulary: Vocabulary
    layout: Layout
    as_text: bool = False

    @property
    def reading(self) -> Reading:
        """Give how the model reads."""
        return Reading(
            vocabulary=self.vocabulary,
            layout=self.layout,
            context=self.shape.context,
            as_text=self.as_text,
        )


@dataclass(slots=True, kw_only=True)
class LocalModel(InProcess[Crew]):
    """A Llama model in this process; see `docs/models.md`."""

    withdrawn: ClassVar[type[Exception]] = Stopped

    given: Given

    @property
    def reading(self) -> Reading:
        """Give how the model reads."""
        return self.given.reading

    def load(self) -> Crew:
        """Load the weights."""
        return Crew(load_weights(self.given.file, self.given.shape))

    def scores(self, computing: Crew, asked: Sequence[Asked]) -> list[tuple[float, ...]]:
        """Give the log-probability of each continuation of each prompt, in order."""
        return score_batch(computing, asked)

    def written(self, computing: Crew, wishes: Sequence[Wish]) -> list[int]:
        """Write replies, and give how many tokens each took."""
        return generate_batch(computing, wishes, self.given.vocabulary)

    def explain(self, error: Exception) -> Failure | None:
        """Say what is wrong with the file."""
        if isinstance(error, OSError):
            message = f"the model file cannot be read: {error}"
            return Failure(reason="model-file", message=message, fatal=True)
        return None

    def let_go(self, computing: Crew) -> None:
        """End its threads."""
        computing.close()
