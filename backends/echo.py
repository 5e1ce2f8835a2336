"""`echo/NAME`: a model that is none. It answers at once, by rules that are written here, always the same.

* **generate**: the text of `?reply=TEXT`, or the last user message. It ends at the first stop string, and
  after `max_tokens` words.
* **score**: each continuation gets a log-probability between -10 and 0 from a hash of prompt and
  continuation; with `?rule=length`, minus its length in characters. A token is four characters.
* **labels**: the same numbers as weights, set against a weight for everything else, made to sum to one.
  With `?labels=no` only the `top_logprobs` likeliest are reported, as by a provider that shows a few.

Parameters: what it can do (`score labels generate prefill system temperature stop effort` as `yes` or `no`,
`top_logprobs batch context` as numbers); `delay` seconds an ask takes; `fail` and `refuse`, the share of
operations from 0 to 1 that fail or are refused, always the same ones; `log`, a file that gets a line for
every operation asked. `delay`, `fail` and `log` take no part in the name that answers are stored under.
"""

import asyncio
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from taskc.backends import parameters
from taskc.backends.protocol import Described, ModelError, ModelName, Surroundings
from taskc.backends.tokens import Counter
from taskc.records.lines import dump
from taskc.records.operation import (
    Failure,
    Generate,
    Generated,
    Labelled,
    Labels,
    Operation,
    Outcome,
    Prompt,
    Refusal,
    Reply,
    Score,
    Scored,
    Usage,
    operation_id,
)
from taskc.records.plan import Capabilities

RULES = ("hash", "length")
_PASSING = ("delay", "fail", "log")
_KNOWN = ("reply", "rule", "refuse", *_PASSING, *parameters.CAPABILITIES)
_DEFAULT = Capabilities(
    score=True,
    labels=True,
    top_logprobs=20,
    prefill=True,
    effort=True,
    exact=True,
    source="the rules of `echo`",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """The fake model; its fields are the parameters of its model string."""

    model: str
    capabilities: Capabilities
    reply: str | None = None
    rule: str = "hash"
    delay: float = 0.0
    fail: float = 0.0
    refuse: float = 0.0
    log: Path | None = None

    async def ask(self, operations: Sequence[Operation]) -> Sequence[Reply]:
        """Answer by the rules, after `delay`."""
        if self.log is not None:
            _append(self.log, operations)
        await asyncio.sleep(self.delay)
        return [self._reply(operation) for operation in operations]

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _reply(self, operation: Operation) -> Reply:
        outcome = self._outcome(operation)
        written = _tokens(outcome.text) if isinstance(outcome, Generated) else 0
        return Reply(outcome=outcome, usage=Usage(read=_tokens(_text(operation.prompt)), written=written))

    def _outcome(self, operation: Operation) -> Outcome:
        name = operation_id(operation)
        if _share("fail", name) < self.fail:
            return Failure(reason="made-to-fail", message="echo was told to fail here")
        if _share("refuse", name) < self.refuse:
            return Refusal(text="echo was told to refuse here")
        match operation:
            case Score():
                return self._score(operation)
            case Labels():
                return self._labels(operation)
            case Generate():
                return self._generate(operation)

    def _logprob(self, prompt: Prompt, continuation: str) -> float:
        if self.rule == "length":
            return -float(len(continuation))
        return -10.0 * _share(dump(prompt), continuation)

    def _score(self, asked: Score) -> Scored:
        return Scored(
            logprobs=tuple(self._logprob(asked.prompt, one) for one in asked.continuations),
            tokens=tuple(_tokens(one) for one in asked.continuations),
        )

    def _labels(self, asked: Labels) -> Labelled:
        scores = [self._logprob(asked.prompt, one) for one in asked.labels]
        total = _log_sum([*scores, self._logprob(asked.prompt, "")])
        shown = len(scores) if self.capabilities.labels else self.capabilities.top_logprobs
        seen = sorted(range(len(scores)), key=lambda at: -scores[at])[:shown]
        logprobs = tuple(score - total if at in seen else None for at, score in enumerate(scores))
        mass = math.fsum(math.exp(one) for one in logprobs if one is not None)
        return Labelled(logprobs=logprobs, outside=max(0.0, 1.0 - mass))

    def _generate(self, asked: Generate) -> Generated:
        text = self.reply if self.reply is not None else _last(asked.prompt)
        for stop in asked.stop:
            text = text.partition(stop)[0]
        words = text.split(" ")
        if len(words) > asked.max_tokens:
            return Generated(text=" ".join(words[: asked.max_tokens]), finish="length")
        return Generated(text=text, finish="stop")


def describe(name: ModelName, around: Surroundings) -> Described:
    """Say what the fake can do; nothing around it matters."""
    parameters.check_known(name, _KNOWN)
    capabilities = parameters.stated(name, _DEFAULT)
    model = str(parameters.without(name, _PASSING))
    return Described(model=model, capabilities=capabilities, charged=False)


def counter(name: ModelName, around: Surroundings) -> Counter:
    """Count tokens as the fake does."""
    return Counter(
        count=lambda asked: _tokens(_text(asked.prompt)), exact=True, method="counted at four characters each"
    )


def open_model(name: ModelName, around: Surroundings) -> Echo:
    """Open the fake; nothing around it matters."""
    known = describe(name, around)
    rule = name.parameters.get("rule", "hash")
    if rule not in RULES:
        raise ModelError(f"parameter `rule` is `{rule}`", help="write `rule=hash` or `rule=length`")
    log = name.parameters.get("log")
    return Echo(
        model=known.model,
        capabilities=known.capabilities,
        reply=name.parameters.get("reply"),
        rule=rule,
        delay=parameters.number(name, "delay", 0.0),
        fail=parameters.number(name, "fail", 0.0, most=1),
        refuse=parameters.number(name, "refuse", 0.0, most=1),
        log=Path(log) if log else None,
    )


def _append(log: Path, operations: Sequence[Operation]) -> None:
    """Add a line for every operation: its content address and its kind."""
    with log.open("a", encoding="utf-8") as file:
        file.write("".join(f"{operation_id(one)} {type(one).__name__.lower()}\n" for one in operations))


def _share(*texts: str) -> float:
    """Draw a number from 0 to 1 that depends on the texts alone."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _log_sum(values: Sequence[float]) -> float:
    top = max(values)
    return top + math.log(math.fsum(math.exp(value - top) for value in values))


def _tokens(text: str) -> int:
    return max(1, -(-len(text) // 4))


def _text(prompt: Prompt) -> str:
    return "".join(message.content for message in prompt.messages) + prompt.prefill


def _last(prompt: Prompt) -> str:
    said = [message.content for message in prompt.messages if message.role == "user"]
    return said[-1] if said else ""
