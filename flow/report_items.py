"""Telling items as they were asked and answered: prompts from the build, replies from the store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from taskc.compiler import lower
from taskc.flow.only import Only
from taskc.flow.report_runs import Builds
from taskc.flow.run_items import SCORES
from taskc.metrics.score import measure_of
from taskc.records import lines
from taskc.records.operation import Generated, Labelled, Refusal, Scored
from taskc.records.report import Exhibit, ItemLine, Reply, Setting, Why
from taskc.records.request import Message, Request
from taskc.records.response import Response
from taskc.records.run import RunRecord
from taskc.store.responses import ResponseStore, StoreError

MOST_PROMPT = 20_000
"""Characters of a prompt that are shown."""
MOST_REPLY = 4_000
"""Characters of a reply that are shown."""

_Key = tuple[str, str, str, tuple[tuple[str, str], ...], str]  # task, item, regime, levels, measure


class _Seen(msgspec.Struct, gc=False):
    """What is read of a score to show it."""

    task: str
    item: str
    regime: str
    measure: str
    model: str
    lowering: str
    given: str | None
    attribution: str
    correct: bool
    target: str
    predictions: dict[str, str]
    levels: dict[str, str] = {}


class _Stage(msgspec.Struct, gc=False):
    """What is read of a request to see whether it is wanted."""

    id: str
    task: str
    item: str
    stage: str = "answer"


def exhibits_of(
    chosen: Sequence[tuple[ItemLine, Why]],
    records: Mapping[Path, RunRecord],
    builds: Builds,
    scales: Mapping[str, float],
    only: Only,
) -> tuple[tuple[Exhibit, ...], list[str]]:
    """Show items whole, and say what of them cannot be shown; models come by size, then as they were asked.

    Prompts and replies are cut at `MOST_PROMPT` and `MOST_REPLY` characters.
    """
    wanted = {_key_of(line): line for line, _ in chosen}
    seen: dict[_Key, list[_Seen]] = {}
    requests: dict[_Key, Request] = {}
    replies: dict[tuple[_Key, str], _Came] = {}
    silent: list[str] = []
    for run, record in records.items():
        found = [one for one in _scores(run, {line.item for line, _ in chosen}) if _key(one) in wanted]
        for one in found:
            how = wanted[_key(one)].setting.how
            if (not how or how == one.lowering) and (not only.models or one.model in only.models):
                seen.setdefault(_key(one), []).append(one)
        own = _requests(builds, record.requests_sha256, {_key(one) for one in found})
        requests |= {_address(request): request for request in own if request.stage == "answer"}
        try:
            replies |= _replies(run, record, own)
        except StoreError as problem:
            silent.append(f"no replies are shown of the run `{run.name}`: {problem}")
    silent += [
        f"no prompts are shown of the run `{name}`: the build that it asked has changed or is gone"
        for name in builds.lost.values()
    ]
    shown = (
        _exhibit(line, why, seen.get(_key_of(line), []), requests, replies, scales) for line, why in chosen
    )
    return tuple(shown), silent


def _key_of(line: ItemLine) -> _Key:
    setting: Setting = line.setting
    return line.task, line.item, setting.regime, setting.levels, setting.measure


def _key(one: _Seen) -> _Key:
    return one.task, one.item, one.regime, tuple(one.levels.items()), one.measure


def _address(request: Request) -> _Key:
    levels = tuple(request.levels.items())
    return request.task, request.item, request.regime, levels, measure_of(request)


def _scores(run: Path, items: set[str]) -> Iterator[_Seen]:
    """Read the scores of some items; the file has been read before, so that it is sound."""
    decode = msgspec.json.Decoder(_Seen).decode
    with (run / SCORES).open("rb") as file:
        for line in file:
            if line != b"\n" and (one := decode(line)).item in items:
                yield one


def _requests(builds: Builds, digest: str, wanted: set[_Key]) -> list[Request]:
    """Read the requests of some items, and the reasoning that answers among them come after."""
    items = {(key[0], key[1]) for key in wanted}
    stage_of = msgspec.json.Decoder(_Stage).decode
    near = [
        lines.load(Request, line)
        for line in builds.lines(digest)
        if (stage := stage_of(line)) and (stage.task, stage.item) in items
    ]
    answers = [one for one in near if one.stage == "answer" and _address(one) in wanted]
    before = {one.after for one in answers}
    thoughts = {one.id: one for one in near if one.stage == "think" and one.id in before}
    return [*thoughts.values(), *answers]


class _Came(msgspec.Struct, frozen=True):
    """What came back for an item: the reasoning, if it was asked for by itself, and the answer."""

    thought: str = ""
    answer: Response | None = None
    scores: tuple[tuple[str, float], ...] = ()


def _replies(run: Path, record: RunRecord, requests: Sequence[Request]) -> dict[tuple[_Key, str], _Came]:
    """Look up what models answered; of several samples the first is taken. Raises `StoreError`."""
    if not requests:
        return {}
    out: dict[tuple[_Key, str], _Came] = {}
    with ExitStack() as open_until:
        store = open_until.enter_context(ResponseStore.open((run / record.store).resolve(), new=False))
        for one in record.models:
            found = lower.survey(requests, one.model, one.capabilities)
            answers = [request for request in requests if request.stage == "answer"]
            keys = {id(request): lower.keys_of(request, found)[:1] for request in answers}
            thoughts = {
                id(request): [lower.thinking_key(request, found, 0)]
                for request in answers
                if request.after in found.thinking
            }
            had = store.get({key for some in (*keys.values(), *thoughts.values()) for key in some})
            for request in answers:
                answer = next((had[key] for key in keys[id(request)] if key in had), None)
                thought = next((had[key] for key in thoughts.get(id(request), ()) if key in had), None)
                if answer or thought:
                    out[_address(request), one.model] = _Came(
                        _text(thought), answer, _scored(request, answer)
                    )
    return out


def _text(response: Response | None) -> str:
    outcome = response.outcome if response else None
    return outcome.text if isinstance(outcome, (Generated, Refusal)) else ""


def _scored(request: Request, response: Response | None) -> tuple[tuple[str, float], ...]:
    """Give the log-probability of each option, as they are written."""
    outcome = response.outcome if response else None
    if not isinstance(outcome, (Scored, Labelled)):
        return ()
    pairs = zip(request.options, outcome.logprobs, strict=False)
    return tuple((option.written, number) for option, number in pairs if number is not None)


def _exhibit(
    line: ItemLine,
    why: Why,
    seen: Sequence[_Seen],
    requests: Mapping[_Key, Request],
    replies: Mapping[tuple[_Key, str], _Came],
    scales: Mapping[str, float],
) -> Exhibit:
    key = _key_of(line)
    request = requests.get(key)
    first = {one.model: one for one in reversed(seen)}
    ordered = sorted(
        dict.fromkeys(one.model for one in seen), key=lambda model: scales.get(model, float("inf"))
    )
    prompt, cut = _cut(request.messages if request else ())
    return Exhibit(
        line=line,
        why=why,
        target=seen[0].target if seen else "",
        predictions=seen[0].predictions if seen else {},
        prompt=prompt,
        begun=request.think + request.lead_in if request else "",
        cut=cut,
        told=tuple(
            _told(first[model], replies.get((key, model), _Came()), scales.get(model)) for model in ordered
        ),
    )


def _cut(messages: Iterable[Message]) -> tuple[tuple[Message, ...], int]:
    """Give messages up to `MOST_PROMPT` characters in all, the last ones whole before the first."""
    room, cut = MOST_PROMPT, 0
    kept: list[Message] = []
    for one in reversed(list(messages)):
        shown = one.content[max(0, len(one.content) - room) :]
        cut += len(one.content) - len(shown)
        room -= len(shown)
        if shown or not one.content:
            kept.append(Message(role=one.role, content=shown))
    return tuple(reversed(kept)), cut


def _told(one: _Seen, reply: _Came, scale: float | None) -> Reply:
    text = "\n".join(part for part in (reply.thought, _text(reply.answer)) if part)
    return Reply(
        model=one.model,
        scale=scale,
        given=one.given,
        attribution=one.attribution,
        correct=one.correct,
        text=text[:MOST_REPLY],
        cut=max(0, len(text) - MOST_REPLY),
        scores=reply.scores,
    )
