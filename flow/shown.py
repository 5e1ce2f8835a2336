"""`taskc score --show`: answers of a run as they were written, those of one kind, some of each row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from taskc.analysis.aggregate import FIXED
from taskc.compiler.lower import key_of, keys_of
from taskc.flow.ask_build import prepare
from taskc.flow.build_folder import BuildError, open_build
from taskc.flow.evaluate import read_run
from taskc.flow.selection import Wanted, narrowed, parse_limit
from taskc.records import lines
from taskc.records.operation import Generated, Refusal
from taskc.records.request import Request
from taskc.records.response import Response
from taskc.records.score import Score
from taskc.store.responses import ResponseStore

KINDS: Mapping[str, Callable[[Score], bool]] = {
    "unparsed": lambda score: score.attribution == "unparsed",
    "refused": lambda score: score.attribution == "refused",
    "lured": lambda score: score.attribution not in FIXED,
    "other": lambda score: score.attribution == "other",
    "wrong": lambda score: not score.correct,
    "all": lambda score: True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One answer: its score, and what came back.

    `replies` are the texts that the model wrote, several where they voted; `logprobs` the log-probability
    of each option where these were scored, None for one that is not known. Both are empty where the store
    no longer has the answer.
    """

    score: Score
    replies: tuple[str, ...] = ()
    logprobs: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """Some answers of one row: `found` of its `scored` are of the kind that was asked for."""

    scored: int
    found: int
    answers: tuple[Shown, ...]


def show_answers(folder: Path, kind: str, most: int) -> list[Heap]:
    """Give the first `most` answers of a kind for each row of a run that has some, in the order of rows.

    Reads `scores.jsonl` of the run, its build and its store. Raises `BuildError` and `StoreError`.
    """
    counts, chosen = _chosen(folder, KINDS[kind], most)
    record = read_run(folder)
    manifest, every = open_build(folder / record.build)
    wanted = Wanted(names=record.selection, limit=parse_limit(record.limit))
    requests = narrowed(every, wanted, manifest)
    surveys = prepare(requests, {one.model: one.capabilities for one in record.models}).surveys
    needed = {score.request for scores in chosen.values() for score in scores}
    by_id = {request.id: request for request in requests() if request.id in needed}
    with ResponseStore.open((folder / record.store).resolve(), new=False) as store:

        def shown(score: Score) -> Shown:
            request = by_id[score.request]
            survey = surveys[score.model]
            votes = request.decode.vote is not None and score.rung == "vote"
            keys = keys_of(request, survey) if votes else [key_of(request, survey, score.replicate)]
            had = store.get(keys)
            return _shown(score, request, [had[key] for key in keys if key in had])

        return [
            Heap(scored=counts[row][0], found=counts[row][1], answers=tuple(map(shown, scores)))
            for row, scores in chosen.items()
            if scores
        ]


_Row = tuple[object, ...]


def _chosen(
    folder: Path, fits: Callable[[Score], bool], most: int
) -> tuple[dict[_Row, list[int]], dict[_Row, list[Score]]]:
    """Count the scores of each row and those that fit, and keep the first of these."""
    counts: dict[_Row, list[int]] = {}
    chosen: dict[_Row, list[Score]] = {}
    for score in _scores(folder / "scores.jsonl"):
        levels = tuple(score.levels.items())
        row = (score.model, score.task, score.regime, levels, score.measure, score.lowering)
        count, some = counts.setdefault(row, [0, 0]), chosen.setdefault(row, [])
        count[0] += 1
        if fits(score):
            count[1] += 1
            if len(some) < most:
                some.append(score)
    return counts, chosen


def _scores(path: Path) -> Iterator[Score]:
    try:
        with path.open("rb") as file:
            yield from lines.load_all(Score, file)
    except (FileNotFoundError, lines.LineError) as problem:
        raise BuildError(f"`{path}` cannot be read: {problem}", "`taskc score` makes it anew") from None


def _shown(score: Score, request: Request, responses: Sequence[Response]) -> Shown:
    replies: list[str] = []
    logprobs: Mapping[str, float | None] = {}
    for one in responses:
        outcome = one.outcome
        if isinstance(outcome, (Generated, Refusal)):
            replies.append(outcome.text)
        else:
            names = [option.written for option in request.options]
            logprobs = dict(zip(names, outcome.logprobs, strict=True))
    return Shown(score=score, replies=tuple(replies), logprobs=logprobs)
