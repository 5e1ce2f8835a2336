"""Fixing: rounds of edits that are compatible, taken only where they make no error."""

from pathlib import Path

import pytest

from taskc.dsl.diagnostic import Diagnostic, Edit, Label, Severity, warning
from taskc.dsl.span import Span
from taskc.flow import check
from taskc.flow.check import apply, compatible, cure, difference
from taskc.flow.understand import Understood


def edit(start: int, end: int, text: str, file: str = "a.task") -> Edit:
    return Edit(span=Span(file=file, start=start, end=end), text=text)


def finding(*edits: Edit) -> Diagnostic:
    span = Span(file="a.task", start=0, end=1)
    return Diagnostic(
        rule="some-rule", severity=Severity.WARNING, message="m", primary=Label(span=span), edits=edits
    )


TEXTS = {"a.task": "0123456789", "b.task": "abc"}


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ((0, 3), (3, 5), True),
        ((0, 3), (2, 5), False),
        ((2, 5), (0, 3), False),
        ((0, 9), (3, 4), False),
        ((3, 3), (3, 3), False),
        ((3, 5), (3, 3), False),
        ((3, 5), (5, 5), True),
        ((3, 5), (4, 4), False),
    ],
)
def test_overlapping_edits(first: tuple[int, int], second: tuple[int, int], both: bool) -> None:
    """Of two findings that touch the same text the first is taken."""
    one, two = finding(edit(*first, "x")), finding(edit(*second, "y"))
    assert list(compatible([one, two], TEXTS)) == ([one, two] if both else [one])


def test_a_finding_is_cured_whole_or_not_at_all() -> None:
    """A finding with one edit in the way of another, or outside of the files, is left."""
    taken = finding(edit(0, 1, ""))
    torn = finding(edit(0, 1, "x"), edit(5, 6, "y"))
    after = finding(edit(5, 6, "z"))
    assert list(compatible([taken, torn, after], TEXTS)) == [taken, after]
    away = finding(edit(0, 1, "x"), edit(0, 1, "y", file="std/regimes.task"))
    assert list(compatible([away, finding()], TEXTS)) == []


def test_edits_are_made_from_the_end() -> None:
    """Earlier places stay where they are."""
    findings = [
        finding(edit(1, 2, "one"), edit(0, 1, "")),
        finding(edit(9, 9, "!"), edit(0, 1, "X", "b.task")),
    ]
    assert apply(TEXTS["a.task"], "a.task", findings) == "one2345678!9"
    assert apply(TEXTS["b.task"], "b.task", findings) == "Xbc"


TASK = """\
task t {
  item { q: text, a: text }
  items [ { q: "1", a: "2" }, { q: "2", a: "3" } ]
  true_task "Add one." -> a
  prompt "{{ q }}"
  reply "{{ answer }}"
  regimes zero_shot
}
"""


def checked(tmp_path: Path, advise) -> check.Fixed:  # type: ignore[no-untyped-def]
    """Cure a task with one lint, `advise`, which sees the text and gives edits."""
    path = tmp_path / "t.task"
    path.write_text(TASK, encoding="utf-8")
    name = str(path)

    def look(texts) -> Understood:  # type: ignore[no-untyped-def]
        understood = check.check_paths([name], instead=texts)
        text = understood.loaded.sources[name].text
        span = Span(file=name, start=0, end=4)
        understood.desk.found = [d for d in understood.desk.found if d.severity is Severity.ERROR]
        understood.desk.found += [warning("made-up", "m", span, edits=[one]) for one in advise(text, name)]
        return understood

    fixed = cure(look)
    assert path.read_text(encoding="utf-8") == TASK
    return fixed


def test_rounds(tmp_path: Path) -> None:
    """A fix that makes another finding is followed up, and ends."""

    def advise(text: str, name: str) -> list[Edit]:
        at = text.index("Add")
        count = text.count("!")
        return [edit(at, at, "!", name)] if count < 3 else []

    fixed = checked(tmp_path, advise)
    assert len(fixed.cured) == 3
    ((old, new),) = fixed.texts.values()
    assert (old, new) == (TASK, TASK.replace('"Add', '"!!!Add'))
    assert difference(fixed).count("\n+") == 2


def test_rounds_have_an_end(tmp_path: Path) -> None:
    """A lint that is never content is asked ten times."""

    def advise(text: str, name: str) -> list[Edit]:
        at = text.index("Add")
        return [edit(at, at, "!", name)]

    fixed = checked(tmp_path, advise)
    assert len(fixed.cured) == check.ROUNDS


def test_a_fix_that_makes_an_error_is_not_taken(tmp_path: Path) -> None:
    """The text stays as it was before that round."""

    def advise(text: str, name: str) -> list[Edit]:
        at = text.index(' "{{ q }}"') - 6
        return [edit(at, at + 6, "prompl", name)]

    fixed = checked(tmp_path, advise)
    assert fixed.cured == () and fixed.texts == {} and not fixed.understood.failed
