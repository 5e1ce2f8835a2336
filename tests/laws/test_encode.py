"""Laws of writing requests: lines put together from parts are those that values would give, byte for byte."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskc.compiler.expand import Rendered, expand, write_requests
from taskc.compiler.limits import Meter
from taskc.compiler.trace import begun_pieces, pieces
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import Task
from taskc.flow.build import understand
from taskc.records import lines
from taskc.records.request import Request, request_id

few = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
HERE = Path(__file__).parents[1]
CASES = sorted([*(HERE / "cases/fine").glob("*.task"), *(HERE / "cases/fine").glob("*/main.task")])

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
).filter(lambda t: t.strip())

REPLIES = ["Answer: {{ answer }}", "{{ answer }}", "{{ q }}\\n {{ answer }} § {{ fixed }}"]

TASK = '''
let fixed = "Co\\"n\\u00e9\\\\st"
regime shown extends few_shot {{
  shots 2
  layout {layout}
  instruct "{instruct}"
  temperature 0.3
  stop ["\\n\\n", "{{% §"]
}}
task quiz {{
  item {{ q: text, c: text[3], a: one of c, w: one of c }}
  items from "rows.jsonl"
  true_task "Answer." -> a
  cluster by id + "…{{"
  distractor trap "Fall for it." -> w when w != a
  options c {style}
  let own = "L-" + q
  prompt {{
    system "{system}"
    {more}
    user """
      {{% for o in options %}}<{{{{ o.label }}}} {{{{ o.text }}}}>{{% endfor %}} {{{{ q }}}}
      {{{{ options }}}}
      """
  }}
  reply "{reply}"
  vary order as_written, shuffled(seed = 5)
  regimes {regime}
  measure {measures}
}}
'''


@st.composite
def quizzes(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a task that asks in some way or other, and its rows."""
    fixed_or_not = st.sampled_from(
        ["{{ fixed }}!", "About {{ q }}: {{ own }}", "Plain.", "{{ fixed | upper }}"]
    )
    text = TASK.format(
        layout=draw(st.sampled_from(["turns", "single"])),
        instruct=draw(fixed_or_not),
        system=draw(fixed_or_not),
        style=draw(st.sampled_from(["as letters", "as roman", ""])),
        more=draw(st.sampled_from(["", 'user "First {{ fixed }}."\n    assistant "Well, {{ own }}."'])),
        reply=draw(st.sampled_from(REPLIES)),
        regime=draw(st.sampled_from(["zero_shot", "shown", "step_by_step"])),
        measures=draw(st.sampled_from(["choice", "choice(normalise = unconditional), reply", "reply"])),
    )  # fmt: skip
    rows = []
    for number in range(draw(st.integers(3, 6))):
        options = draw(st.lists(TEXTS, min_size=3, max_size=3, unique=True))
        answer, trap = draw(st.sampled_from(options)), draw(st.sampled_from(options))
        asked = f"{number}{draw(TEXTS)}"  # no two alike, as twins are no exemplars of each other
        rows.append({"id": f"i{number}", "q": asked, "c": options, "a": answer, "w": trap})
    return text, "".join(json.dumps(row) + "\n" for row in rows)


def task_of(folder: Path, text: str, rows: str) -> Task:
    (folder / "quiz.task").write_text(text, encoding="utf-8")
    (folder / "rows.jsonl").write_text(rows, encoding="utf-8")
    understood = understand([str(folder / "quiz.task")])
    assert not understood.failed, [d.message for d in understood.found]
    return understood.program.tasks[0]


def both(task: Task) -> Iterator[tuple[bytes, Rendered]]:
    """Give each request of a task as it is written and as a value; both ways find the same."""
    written: list[Diagnostic] = []
    made: list[Diagnostic] = []
    yield from zip(write_requests(task, Meter(), written), expand(task, Meter(), made), strict=True)
    assert written == made == []


def address(request: Request) -> str:
    """Work out the address of a request from what it says, after the rules of `request_id`."""
    scoring = request.stage != "think" and request.measure != "reply"
    return request_id(
        operation=("labels" if request.measure == "label" else "score") if scoring else "generate",
        messages=request.messages,
        think=request.think,
        lead_in=request.lead_in,
        joint=request.joint,
        continuations=tuple(o.continuation for o in request.options) if scoring else (),
        after=request.after,
        decode=request.decode,
    )


def check(task: Task) -> int:
    """Hold all that is written of a task against values; give the number of requests."""
    count = 0
    for line, rendered in both(task):
        count += 1
        request = rendered.request
        assert line == (lines.dump(request) + "\n").encode()
        assert request.id == address(request)
        assert lines.load(Request, line) == request
        if request.stage != "unconditional":
            assert request.messages == tuple(turn.message for turn in rendered.turns)
        for turn in rendered.turns:
            for part in turn.parts:
                assert "".join(piece.text for piece in pieces(part)) == part.text
        think, lead_in = begun_pieces(rendered)
        assert "".join(piece.text for piece in think) == request.think
        assert "".join(piece.text for piece in lead_in) == request.lead_in
    return count


@few
@given(quizzes())
def test_lines_are_those_of_the_values(
    tmp_path_factory: pytest.TempPathFactory, quiz: tuple[str, str]
) -> None:
    """A line is what its request dumps, its address what it asks, its pieces what it says."""
    assert check(task_of(tmp_path_factory.mktemp("quiz"), *quiz)) >= 6


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(HERE / "cases/fine")))
def test_lines_of_the_fine_cases(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is with every fine case."""
    monkeypatch.chdir(case.parent)
    assert all(check(task) for task in understand([case.name]).program.tasks)


@few
@given(quizzes(), st.permutations([0, 1, 2]))
def test_permuted_options_permute_labels_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, quiz: tuple[str, str], order: list[int]
) -> None:
    """With the options of every item in another order, the same texts are asked for, under other labels."""
    text, rows = quiz
    moved: list[dict[str, Any]] = [json.loads(line) for line in rows.splitlines()]
    for row in moved:
        row["c"] = [row["c"][at] for at in order]
    text = text.replace("{% for o in options %}<{{ o.label }} {{ o.text }}>{% endfor %}", "")
    text = text.replace("    {{ options }}\n", "").replace("vary order as_written, shuffled(seed = 5)\n", "")
    text = text.replace("regimes shown", "regimes zero_shot")  # an exemplar's reply names its label
    one = task_of(tmp_path_factory.mktemp("one"), text, rows)
    other = task_of(tmp_path_factory.mktemp("other"), text, "".join(json.dumps(row) + "\n" for row in moved))
    for (_, before), (_, after) in zip(both(one), both(other), strict=True):
        a, b = before.request, after.request
        assert a.messages == b.messages and a.form == b.form and a.lead_in == b.lead_in
        assert [o.text for o in b.options] == [a.options[at].text for at in order]
        assert [o.label for o in b.options] == [o.label for o in a.options]
        texts = [{o.written: o.text for o in request.options} for request in (a, b)]
        assert a.predictions.keys() == b.predictions.keys()
        assert all(texts[0][a.predictions[who]] == texts[1][b.predictions[who]] for who in a.predictions)
        assert texts[0][a.answer] == texts[1][b.answer]


@few
@given(quizzes(), st.sampled_from(["zz", "question_text", "名前"]))
def test_a_renamed_field_changes_no_line(
    tmp_path_factory: pytest.TempPathFactory, quiz: tuple[str, str], name: str
) -> None:
    """What a field is called is seen by no model: renamed everywhere, it leaves the same bytes."""
    text, rows = quiz
    renamed = text.replace("q: text", f"{name}: text").replace("{{ q }}", f"{{{{ {name} }}}}")
    renamed = renamed.replace('"L-" + q', f'"L-" + {name}')
    moved = rows.replace('"q": ', f'"{name}": ')
    one = task_of(tmp_path_factory.mktemp("one"), text, rows)
    other = task_of(tmp_path_factory.mktemp("other"), renamed, moved)
    assert [line for line, _ in both(one)] == [line for line, _ in both(other)]
