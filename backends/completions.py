"""Legacy Completions, which continue plain text, and repeat it with its worth where a server does so."""

from dataclasses import dataclass
from typing import Any, ClassVar

from taskc.backends.chat import STOPS, Answer
from taskc.backends.echoed import Echo, Worth, read_echo
from taskc.backends.remote import broken_off, finished, ran_full, was_declined
from taskc.backends.sampling import as_it_is, drawn
from taskc.backends.speech import Speech
from taskc.backends.text import default_stop, flatten
from taskc.backends.top_tokens import HALF, Logprobs, half_a_character, read_first
from taskc.records.operation import (
    Failure,
    Generate,
    Labels,
    Operation,
    Outcome,
    Refusal,
    Score,
    Scored,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLogprobs(Logprobs):
    """The log-probabilities of a text, and of one that is repeated: its tokens and where they begin."""

    tokens: tuple[str, ...] | None = None
    token_logprobs: tuple[float | None, ...] | None = None
    text_offset: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChoice:
    """One continuation, and why it ended."""

    text: str
    index: int = 0
    finish_reason: str | None = None
    logprobs: TextLogprobs | None = None

    @property
    def echo(self) -> Echo:
        """Give it as a text that was repeated."""
        told = self.logprobs or TextLogprobs()
        return Echo(
            text=self.text,
            tokens=told.tokens or (),
            logprobs=told.token_logprobs or (),
            offsets=told.text_offset or (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Answer):
    """As much of a Completions response as is read."""

    choices: tuple[TextChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSpeech(Speech[Text]):
    """Legacy Completions."""

    kind: ClassVar[type[Any]] = Text

    def judge(self, asked: Operation, answer: Text) -> Outcome:
        """Say what came back."""
        return _outcome(asked, answer, self.service)

    def generate(self, asked: Generate) -> dict[str, Any]:
        """Ask for a continuation."""
        prompt = flatten(asked.prompt).text
        body = {"model": self.name, "prompt": prompt, "max_tokens": asked.max_tokens}
        body |= drawn(asked, self.capabilities)
        if self.capabilities.stop:
            body["stop"] = list(default_stop(asked.prompt, asked.stop)[:STOPS])
        return body

    def labels(self, asked: Labels) -> dict[str, Any]:
        """Ask for one token and the likeliest in its place; at temperature 1 they are the model's own."""
        body = {"model": self.name, "prompt": flatten(asked.prompt).text, "max_tokens": 1}
        body |= as_it_is(self.capabilities)
        return body | {"logprobs": self.capabilities.top_logprobs}

    def score(self, asked: Score) -> dict[str, Any] | None:
        """Ask for each continued text to be repeated, and one token more, as 0 is not taken everywhere."""
        if not self.capabilities.score:
            return None
        flat = flatten(asked.prompt)
        texts = [flat.continued(one) for one in asked.continuations]
        return {"model": self.name, "prompt": texts, "max_tokens": 1, "echo": True, "logprobs": 1}


def _outcome(asked: Operation, answer: Text, service: str) -> Outcome:
    if not answer.choices:
        return Failure(reason="no-choices", message=f"{service} sent a response without any text in it")
    choice = answer.choices[0]
    broken = broken_off(choice.finish_reason, service)
    if isinstance(asked, Score) and not (broken and broken.again):
        return _scored(asked, answer, service)
    if was_declined(choice.finish_reason):
        return Refusal(text=choice.text)
    if isinstance(asked, Labels) and not (broken and broken.again):
        first = choice.logprobs.first if choice.logprobs else []
        if not first and choice.text in HALF and ran_full(choice.finish_reason):
            return half_a_character(service)
        return read_first(first, asked.labels, service)
    if broken:
        return broken
    text = flatten(asked.prompt).trimmed(choice.text)
    stop = default_stop(asked.prompt, asked.stop if isinstance(asked, Generate) else ())
    return finished(text, stop, full=ran_full(choice.finish_reason))


def _scored(asked: Score, answer: Text, service: str) -> Outcome:
    """Read every continuation off its echo; one that cannot be read spoils them all."""
    if len(answer.choices) != len(asked.continuations):
        message = f"{service} repeated {len(answer.choices)} of {len(asked.continuations)} texts it was sent"
        return Failure(reason="no-echo", message=message, again=False)
    flat = flatten(asked.prompt)
    choices = sorted(answer.choices, key=lambda choice: choice.index)
    worths: list[Worth] = []
    for choice, continuation in zip(choices, asked.continuations, strict=True):
        found = read_echo(choice.echo, flat.text, flat.led(continuation), service)
        if isinstance(found, Failure):
            return found
        worths.append(found)
    return Scored(logprobs=tuple(w.logprob for w in worths), tokens=tuple(w.tokens for w in worths))
