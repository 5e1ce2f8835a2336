"""Prompts as tokens: the chat template of the model's file, or plain text.

Special tokens come from the template's own text alone. What an item says is always plain text: a
question that contains `<|im_end|>` is a question about those ten characters and ends no turn.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from taskc.backends.local.vocabulary import Vocabulary
from taskc.backends.text import flatten
from taskc.records.operation import Prompt

if TYPE_CHECKING:
    from jinja2 import Template

Ids: TypeAlias = tuple[int, ...]

_Part: TypeAlias = "tuple[int | None, int | None, str]"
"""The place of a message's content, or a special token, or text of the template's own."""

_PLACE = re.compile("\ue000([0-9]+)\ue001")


class BadPrompt(Exception):
    """The chat template refuses these messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A prompt laid out: tokens up to the last special one, then the text after it, still open.

    The reply continues `tail`; it gets `lead` in front unless it begins with blank space.
    """

    head: Ids
    tail: str
    lead: str = ""

    def led(self, continuation: str) -> str:
        """Give a continuation with the lead in front where it needs one."""
        return continuation if continuation[:1].isspace() else self.lead + continuation


Layout: TypeAlias = Callable[[Prompt], Laid]


@dataclass(frozen=True)
class ChatLayout:
    """Lays prompts out by the Jinja template inside the model's file, ready for the assistant's reply.

    `given` are words that the template may ask for, `bos_token` for instance.
    """

    template: str
    vocabulary: Vocabulary
    given: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, prompt: Prompt) -> Laid:
        """Render the messages; raises `BadPrompt` when the template refuses them."""
        texts = [message.content for message in prompt.messages]
        ids: list[int] = list(self._begin)
        pending = ""
        for place, special, word in self._parts(tuple(message.role for message in prompt.messages)):
            if special is None:
                pending += word if place is None else texts[place]
            else:
                ids += [*self.vocabulary.encode(pending), special]
                pending = ""
        return Laid(head=tuple(ids), tail=pending + prompt.prefill)

    def _parts(self, roles: tuple[str, ...]) -> "tuple[_Part, ...]":
        """Render messages of these roles, once: the template never sees what they say."""
        found = self._rendered.get(roles)
        if found is None:
            found = self._rendered[roles] = tuple(self._split(self._render(roles)))
        return found

    def _split(self, text: str) -> "Iterator[_Part]":
        for n, piece in enumerate(_PLACE.split(text)):
            if n % 2:  # the number of the message whose content stands there
                yield int(piece), None, ""
                continue
            for word in self._special.split(piece):
                yield None, self.vocabulary.special.get(word), word

    @cached_property
    def _rendered(self) -> "dict[tuple[str, ...], tuple[_Part, ...]]":
        return {}

    @property
    def _begin(self) -> Ids:
        return (self.vocabulary.start,) if self.vocabulary.always_start else ()

    @cached_property
    def _special(self) -> re.Pattern[str]:
        names = sorted(self.vocabulary.special, key=len, reverse=True)
        return re.compile("(" + "|".join(map(re.escape, names)) + ")") if names else re.compile("(?!)")

    @cached_property
    def _compiled(self) -> "Template":
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.globals["raise_exception"] = _refuse
        return environment.from_string(self.template)

    def _render(self, roles: Sequence[str]) -> str:
        from jinja2 import TemplateError

        # the template never sees a content: it writes where each one goes
        messages = [{"role": role, "content": f"\ue000{n}\ue001"} for n, role in enumerate(roles)]
        try:
            return self._compiled.render(messages=messages, add_generation_prompt=True, **self.given)
        except TemplateError as error:
            raise BadPrompt(str(error)) from error


def _refuse(message: str) -> str:
    raise BadPrompt(message)


@dataclass(frozen=True, slots=True)
class TextLayout:
    """Lays prompts out as plain text, without any special token but the one that may begin a text."""

    vocabulary: Vocabulary

    def __call__(self, prompt: Prompt) -> Laid:
        """Flatten the messages, see `taskc.backends.text`."""
        flat = flatten(prompt)
        begin = (self.vocabulary.start,) if self.vocabulary.always_start else ()
        return Laid(head=begin, tail=flat.text, lead=flat.lead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Token lists of one prompt with each of its continuations, and where scoring starts in each.

    `limit` is how many leading tokens may be shared without a score being lost.
    """

    texts: tuple[Ids, ...]
    starts: tuple[int, ...]

    @property
    def limit(self) -> int:
        """Give the length of the longest beginning after which every scored token still has one before it."""
        return min(self.starts, default=1) - 1

    @property
    def counts(self) -> tuple[int, ...]:
        """Give the number of scored tokens of each text."""
        return tuple(len(text) - start for text, start in zip(self.texts, self.starts, strict=True))

    @property
    def read(self) -> int:
        """Give the tokens that are read: the prompt once, and each continuation."""
        return max(self.starts, default=0) + sum(self.counts)

    @property
    def longest(self) -> int:
        """Give the number of tokens of the longest text."""
        return max(map(len, self.texts), default=0)


def continue_prompt(vocabulary: Vocabulary, laid: Laid, continuations: tuple[str, ...]) -> Asked:
    """Tokenise prompt and continuation as one text, and find where the continuation starts.

    Scoring starts after the longest common beginning, in tokens, of the full text and the prompt
    alone. Where a token reaches over the boundary, it and all after it are scored, so that no
    character of the continuation is left out. A text whose very first token would be scored gets the
    token in front that parts texts in training.
    """
    context = laid.head + vocabulary.encode(laid.tail)
    texts = tuple(laid.head + vocabulary.encode(laid.tail + laid.led(text)) for text in continuations)
    starts = tuple(shared(context, text) for text in texts)
    if min(starts, default=1) == 0:
        texts = tuple((vocabulary.start, *text) for text in texts)
        starts = tuple(start + 1 for start in starts)
    return Asked(texts=texts, starts=starts)


def open_prompt(vocabulary: Vocabulary, laid: Laid) -> Asked:
    """Tokenise a prompt that a reply is to be generated for: its last token is the one to go on from."""
    text = laid.head + vocabulary.encode(laid.tail) or (vocabulary.start,)
    return Asked(texts=(text,), starts=(len(text),))


def shared(left: Ids, right: Ids) -> int:
    """Give the length of the longest common beginning."""
    ends = min(len(left), len(right))
    if left[:ends] == right[:ends]:
        return ends
    return next(n for n in range(ends) if left[n] != right[n])
