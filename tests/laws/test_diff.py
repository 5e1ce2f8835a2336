"""Laws of comparing: a build does not differ from itself, and every request that is new has a reason."""

import json
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from taskc.flow.build import compile_paths
from taskc.flow.compare import compare
from taskc.flow.lock import lock_paths
from taskc.flow.sides import Side, read_side, shortened
from taskc.records import lines, lock
from taskc.records.difference import Bill, Difference
from taskc.records.request import Request

few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
Rows = list[dict[str, Any]]

WORDS = st.text(alphabet="abcß字 .,{}\"'", min_size=1, max_size=6).filter(lambda t: t.strip())
ROWS = st.lists(st.tuples(WORDS, WORDS), min_size=3, max_size=6, unique_by=lambda pair: pair[0]).map(
    lambda pairs: [{"q": q, "a": a, "n": n} for n, (q, a) in enumerate(pairs)]
)
REGIMES = st.sampled_from(
    ["zero_shot", "one_shot, zero_shot", "few_shot(shots = 2)", "zero_shot, step_by_step"]
)
MORE = st.sampled_from(
    [
        "",
        "vary tone soft { let lead = 1 }, hard { let lead = 2 }",
        "test where n > 1",
        "vary tone soft, hard",
        "measure reply",
        'distractor "d" -> q when n > 1',
    ]
)
PROMPTS = st.sampled_from(["<{{ q }}>", "{{ q }} {{ n }}", "{% if lead > 0 %}{{ lead }}{% endif %}{{ q }}"])


def text(regimes: str, more: str, prompt: str) -> str:
    return f"""
task quiz {{
  item {{ q: text, a: text, n: int }}
  items from "rows.jsonl"
  true_task "Answer." -> a
  prompt {json.dumps(prompt)}
  reply "So: {{{{ answer }}}}"
  regimes {regimes}
  let lead = 0
  {more}
}}
"""


FOUR = [{"q": q, "a": "x", "n": n} for n, q in enumerate("abcd")]
TEXTS = st.builds(text, REGIMES, MORE, PROMPTS)


def built(task: str, rows: Rows, folder: Path) -> tuple[Side, list[Request]]:
    """Compile a task; gives it as it is compared, and its requests."""
    (folder / "quiz.task").write_text(task, encoding="utf-8")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    made = compile_paths([str(folder / "quiz.task")], folder / "build")
    assert made.manifest is not None, [d.message for d in made.understood.found]
    with (folder / "build" / "requests.jsonl").open("rb") as file:
        return read_side(folder / "build"), list(lines.load_all(Request, file))


def compared(
    one: tuple[str, Rows], other: tuple[str, Rows]
) -> tuple[Difference, list[Request], list[Request]]:
    with TemporaryDirectory() as folder:
        old, before = built(*one, Path(folder))
        new, after = built(*other, Path(folder))
        return compare(old, new), before, after


def ids(requests: Sequence[Request]) -> set[str]:
    return {request.id for request in requests}


@few
@given(TEXTS, ROWS)
def test_a_build_does_not_differ_from_itself(task: str, rows: Rows) -> None:
    """Nothing differs, with remarks and empty lines neither."""
    difference, before, _ = compared((task, rows), (f"# a remark\n\n{task}\n", rows))
    assert difference.is_empty
    assert difference.bill == Bill(stay=len(before))


@few
@given(TEXTS, TEXTS, ROWS, ROWS)
@example(  # items that were there and were not asked
    text("zero_shot", "test where n > 1", "{{ q }}"), text("zero_shot", "", "{{ q }}"), FOUR, FOUR
)
def test_the_bill_is_right_and_every_new_request_has_a_reason(
    task: str, other: str, rows: Rows, more: Rows
) -> None:
    """What stays, is new and falls away is what the ids say; the reasons add up, and none is empty."""
    difference, before, after = compared((task, rows), (other, more))
    bill = difference.bill
    assert bill.stay == sum(r.id in ids(before) for r in after)
    assert bill.anew == sum(r.id not in ids(before) for r in after)
    assert bill.gone == sum(r.id not in ids(after) for r in before)
    reasons = [reason for one in difference.tasks for reason in one.why]
    assert sum(reason.requests for reason in reasons) == bill.anew
    assert all(reason.changes for reason in reasons)


@few
@given(TEXTS, ROWS, st.data())
def test_a_changed_item_touches_its_requests_and_those_it_is_shown_in(
    task: str, rows: Rows, data: st.DataObject
) -> None:
    """Other requests stay, and the item is told with the values that changed, and nothing else."""
    which = data.draw(st.integers(0, len(rows) - 1))
    changed = [dict(row) for row in rows]
    changed[which]["q"] = rows[which]["q"] + " changed"
    difference, before, after = compared((task, rows), (task, changed))
    mine = str(which + 1)
    for request in after:
        shown = " changed" in json.dumps(lines.plain(request.messages))
        assert (request.id not in ids(before)) == shown or request.item == mine
    (one,) = difference.tasks
    (change,) = [c for c in one.changes if c.what == "item"]
    assert (change.name, set(change.fields), change.kind) == (mine, {"q"}, "changed")
    assert {c.what for c in one.changes} <= {"item", "exemplars"}


@few
@given(TEXTS, ROWS, ROWS)
def test_a_lock_says_what_a_build_says(task: str, rows: Rows, more: Rows) -> None:
    """What is locked is as locked; held against other items, it tells the same bill as the build."""
    with TemporaryDirectory() as folder, chdir(folder):
        old, _ = built(task, rows, Path(folder))
        (made,) = lock_paths(["quiz.task"])
        assert made.written and made.missing
        content = Path("quiz.lock").read_bytes()
        assert lock.dump(lock.load(content)).encode() == content
        (same,) = lock_paths(["quiz.task"], check=True)
        assert same.difference is None
        Path("quiz.lock").unlink()
        new, _ = built(task, more, Path(folder))
        Path("quiz.lock").write_bytes(content)
        (other,) = lock_paths(["quiz.task"], check=True)
        expected = compare(shortened(old), shortened(new))
        assert (other.difference.bill if other.difference else Bill(stay=expected.bill.stay)) == expected.bill
