"""What all forms of asking do alike: a request for each operation, sent by one call, read by one rule."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from taskc.records.operation import Generate, Labels, Operation, Outcome, Prompt, Score, Source, Usage
from taskc.records.plan import Capabilities


class Shape(Protocol):
    """As much of a response as is read; it says how many tokens were used, and where it comes from."""

    @property
    def tokens(self) -> Usage: ...  # noqa: D102
    @property
    def source(self) -> Source: ...  # noqa: D102


S = TypeVar("S", bound=Shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech(Generic[S]):
    """One form of asking, of which a class a form says what is sent and how what comes back is read.

    `kind` is the shape of what comes back, `create` the call that sends: an SDK's, or that of `wire`.
    """

    kind: ClassVar[type[Any]]

    name: str
    service: str
    capabilities: Capabilities
    create: Callable[..., Awaitable[Any]] = field(repr=False)

    def body(self, asked: Operation) -> dict[str, Any] | None:
        """Give what is sent; None for what cannot be had."""
        match asked:
            case Generate():
                return self.generate(asked)
            case Labels():
                return self.labels(asked)
            case Score():
                return self.score(asked)

    async def send(self, body: dict[str, Any]) -> Any:
        """Send it, and give the raw response."""
        return await self.create(**body)

    def judge(self, asked: Operation, answer: S) -> Outcome:
        """Say what came back."""
        raise NotImplementedError

    def generate(self, asked: Generate) -> dict[str, Any]:
        """Ask for a reply."""
        raise NotImplementedError

    def labels(self, asked: Labels) -> dict[str, Any] | None:
        """Ask for the likeliest first tokens; None where none are shown."""
        return None

    def score(self, asked: Score) -> dict[str, Any] | None:
        """Ask for what given text is worth; None where that is not to be had."""
        return None


def turns(prompt: Prompt) -> list[dict[str, str]]:
    """Give a prompt as messages, the begun reply as the last of them."""
    messages = [{"role": one.role, "content": one.content} for one in prompt.messages]
    return messages + ([{"role": "assistant", "content": prompt.prefill}] if prompt.prefill else [])
