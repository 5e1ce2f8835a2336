"""Wrong task texts, each beside what the compiler says of it.

`errors/NAME.task` (or `errors/NAME/main.task` with data files) has all findings, as the command draws
them, in `NAME.txt` (`findings.txt`). After a change for the better run `UPDATE_CASES=1 pytest tests/cases`
and read the difference aloud.
"""

import ast
import importlib.util
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import taskc
from taskc.cli.compile import command
from taskc.compiler.lints import LINTS

HERE = Path(__file__).parent
ERRORS = HERE / "errors"
UPDATE = bool(os.environ.get("UPDATE_CASES"))

# rules that no small case can show
NOT_SHOWN = {
    "locked": "needs a lock beside the file; tests/cli/test_lock.py",
    "too-many-items": "needs more than a million rows",
    "no-regimes": "every regime that cannot be compiled has an error of its own",
    "too-much-work": "the work of a whole compilation; tests/compiler/test_hostile.py",
    "file-too-large": "needs a large file; tests/compiler/test_hostile.py",
}


def _cases() -> list[Path]:
    """Give the `.task` file to compile of every case."""
    return sorted([*ERRORS.glob("*.task"), *ERRORS.glob("*/main.task")])


def _name(case: Path) -> str:
    return case.parent.name if case.name == "main.task" else case.stem


def _golden(case: Path) -> Path:
    return case.with_name("findings.txt") if case.name == "main.task" else case.with_suffix(".txt")


def _compile(case: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """Compile a case in its folder; give the exit code and everything said."""
    monkeypatch.chdir(case.parent)
    monkeypatch.setenv("NO_COLOR", "1")
    result = CliRunner().invoke(command, [case.name, "-o", str(out)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.stdout == "", "findings go to standard error"
    said = re.sub(r"^more about a finding: .*\n", "", result.stderr, flags=re.MULTILINE)
    return result.exit_code, said.replace(str(out), "build")


@pytest.mark.parametrize("case", _cases(), ids=_name)
def test_findings(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling says exactly what stands beside the case, and writes nothing after an error."""
    if "parquet" in case.parent.name and importlib.util.find_spec("pyarrow"):
        pytest.skip("says something else where pyarrow is installed")
    code, said = _compile(case, tmp_path / "build", monkeypatch)
    failed = "nothing was written" in said
    assert code == (1 if failed else 0)
    assert (tmp_path / "build").exists() is not failed
    golden = _golden(case)
    if UPDATE:
        golden.write_text(said, encoding="utf-8")
    assert golden.exists(), "no golden yet: run with `UPDATE_CASES=1`, and read it"
    assert said == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", _cases(), ids=_name)
def test_one_mistake_is_one_message(case: Path) -> None:
    """A case makes one mistake, or says in its name how many."""
    text = _golden(case).read_text(encoding="utf-8")
    told = len(re.findall(r"^\S.*: (?:error|warning)\[", text, re.MULTILINE))
    assert told == 1 or case.stem in SEVERAL


# cases in which several things are wrong
SEVERAL = {
    "several_mistakes",
    "measures_wrong",
    "test_fails_in_two_ways",  # once for each way, not for each item
    "generator_unknown_name",  # the name stands in two places
    "too_many_row_errors",
    "unused_allow",
}


def test_goldens_are_used() -> None:
    """No golden outlives its case."""
    wanted = {_golden(case) for case in _cases()}
    assert {*ERRORS.glob("*.txt"), *ERRORS.glob("*/findings.txt")} - wanted == set()


def test_messages_speak_the_author_s_language() -> None:
    """No message shows how the compiler is made."""
    jargon = re.compile(
        r"Traceback|NoneType|Exception|<class|object at 0x|\bdict\b|\btuple\b|\bstr object|utf-8-sig|"
        r"codec|KeyError|ValueError|list index|\bjinja\b|\blark\b|\bpython\b|\bAST\b",
        re.IGNORECASE,
    )
    for case in _cases():
        for line in _golden(case).read_text(encoding="utf-8").splitlines():
            if re.match(r"^\s*\d* \|", line) is None:  # an author may write what they like
                assert jargon.search(line) is None, f"{_name(case)}: {line}"


def test_messages_have_a_place() -> None:
    """Every finding begins with file, line and column."""
    for case in _cases():
        text = _golden(case).read_text(encoding="utf-8")
        for line in re.findall(r"^.*: (?:error|warning)\[.*$", text, re.MULTILINE):
            assert re.match(r"^[\w./-]+:\d+:\d+: ", line), f"{_name(case)}: {line}"


def _rules() -> set[str]:
    """Give every rule named where a finding is made."""
    root = Path(taskc.__file__).parent
    rules = set()
    for folder in ("grammar", "compiler", "flow"):
        for path in (root / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and _makes_finding(node.func):
                    rules |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant)}
    return {str(rule) for rule in rules}


def _makes_finding(function: ast.expr) -> bool:
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name in ("error", "warning", "ItemProblem")


def test_every_rule_has_a_case() -> None:
    """Each rule that the source names is shown by a case; the few exceptions have reasons.

    Lints have cases of their own, in `lints/`.
    """
    shown = set()
    for case in _cases():
        text = _golden(case).read_text(encoding="utf-8")
        shown |= set(re.findall(r"(?:error|warning)\[([\w-]+)\]", text))
    rules = _rules() - set(LINTS)
    assert rules - shown - set(NOT_SHOWN) == set()
    assert set(NOT_SHOWN) <= rules - shown, "these have a case now"
