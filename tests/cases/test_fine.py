"""Right task texts, each beside the requests that it compiles to, in a form to be read.

`fine/NAME.task` (or `fine/NAME/main.task` with data files) has its first requests in `NAME.txt`
(`requests.txt`). After a change for the better run `UPDATE_CASES=1 pytest tests/cases` and read the
difference.
"""

import json
import os
from pathlib import Path

import pytest

from taskc.compiler.lints import LINTS
from taskc.dsl.diagnostic import Severity
from taskc.flow.build import compile_paths
from taskc.flow.selection import Wanted, parse_limit
from taskc.grammar.show import show
from taskc.records import lines
from taskc.records.request import Request

HERE = Path(__file__).parent / "fine"
UPDATE = bool(os.environ.get("UPDATE_CASES"))
ITEMS = "6"  # of each task


def _cases() -> list[Path]:
    return sorted([*HERE.glob("*.task"), *HERE.glob("*/main.task")])


def _name(case: Path) -> str:
    return case.parent.name if case.name == "main.task" else case.stem


def _golden(case: Path) -> Path:
    return case.with_name("requests.txt") if case.name == "main.task" else case.with_suffix(".txt")


def said(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def readable(request: Request, known: dict[str, int]) -> str:
    """Write all of a request that a person would hold against the language; `known` numbers those before."""
    about = [
        request.task,
        f"item {request.item}",
        *([f"of {request.cluster}"] if request.cluster else []),
        request.regime,
        *(f"{k} {v}" for k, v in request.levels.items()),
    ]
    measure = request.measure + (f" {request.normalise}" if request.normalise != "none" else "")
    about += [measure + (" (implied)" if request.implied else "")]
    about += [request.stage] if request.stage != "answer" else []
    out = ["--- " + " · ".join(about)]
    for message in request.messages:
        out.append(f"{message.role}:")
        out += [f"    {line}".rstrip() for line in message.content.split("\n")]
    begun = [f"after {known[request.after]}"] if request.after else []
    begun += [f"think {said(request.think)}"] if request.think else []
    begun += [f"lead-in {said(request.lead_in)}"] if request.lead_in else []
    out.append("begins: " + (", ".join(begun) or "freely") + f", joint {said(request.joint)}")
    out.append(f"form: {said(request.form.before)} … {said(request.form.after)}")
    if request.options:
        shown = (f"{o.label or '-'} {said(o.text)} {said(o.continuation)}" for o in request.options)
        out.append("options: " + "; ".join(shown))
    predicted = ", ".join(f"{who} {said(what)}" for who, what in request.predictions.items())
    out.append(f"predicts: {predicted} ({request.kind})")
    decode = {k: v for k, v in lines.plain(request.decode).items() if v not in (None, [], 1)}
    out.append("decode: " + ", ".join(f"{name} {said(value)}" for name, value in decode.items()))
    return "\n".join(out)


def _compiled(case: Path, out: Path) -> str:
    built = compile_paths([case.name], out, Wanted(limit=parse_limit(ITEMS)))
    found = [d for d in built.understood.found if d.rule not in LINTS]  # lints have cases of their own
    told = [show(d, built.understood.sources) for d in found]
    assert built.manifest is not None, "\n".join(told)
    assert all(d.severity is not Severity.ERROR for d in built.understood.found)
    known: dict[str, int] = {}
    texts = []
    with (out / "requests.jsonl").open(encoding="utf-8") as file:
        for number, request in enumerate(lines.load_all(Request, file), 1):
            texts.append(f"{number} {readable(request, known)}\n")
            known.setdefault(request.id, number)
    return "\n".join([*(f"{one}\n" for one in told), *texts])


@pytest.mark.parametrize("case", _cases(), ids=_name)
def test_requests(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling gives exactly the requests that stand beside the case."""
    monkeypatch.chdir(case.parent)
    text = _compiled(case, tmp_path / "build")
    golden = _golden(case)
    if UPDATE:
        golden.write_text(text, encoding="utf-8")
    assert golden.exists(), "no golden yet: run with `UPDATE_CASES=1`, and read it"
    assert text == golden.read_text(encoding="utf-8")


def test_goldens_are_used() -> None:
    """No golden outlives its case."""
    wanted = {_golden(case) for case in _cases()}
    assert {*HERE.glob("*.txt"), *HERE.glob("*/requests.txt")} - wanted == set()
