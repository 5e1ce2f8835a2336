"""Every rule has a page; every page's example gives its finding, and what is written instead does not.

The examples of lints are held to more in `tests/cases/test_lints.py`.
"""

import ast
import re
from pathlib import Path

import pytest
from blocks import ROOT
from test_docs_run import BASE, COMPETES, DECLARATION

from taskc.compiler.lints import LINTS
from taskc.dsl.diagnostic import Severity
from taskc.flow.check import check_paths
from taskc.flow.explain import Block, Page, explained, listed, markdown, pages
from taskc.flow.lend import tools

PAGES = pages()
CASES = ROOT / "tests/cases/errors"

# rules that no piece of text in a document can show
NOT_SHOWN = {
    "items-sampled": "needs more than 10,000 items; tests/flow/test_lend.py",
    "locked": "needs a lock beside the file; tests/cli/test_lock.py",
    "control-character": "the character cannot be seen",
    "file-too-large": "needs a large file; tests/compiler/test_hostile.py",
    "too-many-items": "needs more than a million rows",
    "too-much-work": "needs hundreds of millions of characters; tests/compiler/test_hostile.py",
    "missing-extra": "needs an installation without the package; tests/cases/errors/parquet_broken",
    "no-regimes": "every regime that cannot be compiled has an error of its own",
}
MAKERS = ("error", "warning", "notice", "ItemProblem", "Unread", "_report", "TemplateProblem")


def rules_in_source() -> set[str]:
    """Give every rule that the source names where a finding is made, and every one that a case shows."""
    rules = set()
    for folder in ("grammar", "compiler", "flow"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in MAKERS:
                    rules |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant)}
    for golden in CASES.rglob("*.txt"):
        found = re.findall(r"(?:error|warning)\[([\w-]+)\]", golden.read_text(encoding="utf-8"))
        rules |= set(found)
    return rules


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert rules_in_source() | set(LINTS) == set(PAGES)


def test_every_lint_is_explained_by_its_file() -> None:
    assert {rule for rule, page in PAGES.items() if page.theme == "Lints"} == set(LINTS)
    for rule in LINTS:
        page = PAGES[rule]
        assert page.finds and page.matters and page.example and page.instead, rule


def test_every_page_says_what_it_finds() -> None:
    for page in PAGES.values():
        assert page.about.endswith("."), page.rule
        assert len(page.about) <= 160 and "\n" not in page.about, page.rule
        assert page.finds[0].isupper() or page.finds[0] == "`", page.rule


def found_by(folder: Path, blocks: tuple[Block, ...]) -> dict[str, Severity]:
    """Check the task among some blocks, the others beside it as files; gives severities by rule."""
    for block in blocks:
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
    (task,) = [block for block in blocks if not block.file]
    whole = DECLARATION.search(task.text) is not None and "fragment" not in task.kind
    base = BASE.replace(COMPETES, "") if "distractor" in task.text else BASE
    text = task.text if whole else f"{base}\ntask piece extends base {{\n{task.text}\n}}\n"
    (folder / "example.task").write_text(text, encoding="utf-8")
    return {d.rule: d.severity for d in check_paths([str(folder / "example.task")], tools()).found}


SHOWN = [page for page in PAGES.values() if page.theme != "Lints" and page.rule not in NOT_SHOWN]


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.rule)
def test_the_example_gives_the_finding(page: Page, tmp_path: Path) -> None:
    """Errors come alone; a warning may have others beside it."""
    found = found_by(tmp_path, page.example)
    assert page.rule in found
    assert found[page.rule].value == page.severity
    errors = {rule for rule, severity in found.items() if severity is Severity.ERROR}
    alone = {page.rule} | ({"row-does-not-fit"} if page.rule == "too-many-errors" else set())
    assert errors <= alone


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.rule)
def test_what_is_written_instead_does_not(page: Page, tmp_path: Path) -> None:
    found = found_by(tmp_path, page.instead)
    assert page.rule not in found
    assert Severity.ERROR not in found.values(), found


def test_only_these_have_no_example() -> None:
    assert {rule for rule, page in PAGES.items() if not page.example} == set(NOT_SHOWN)


def test_the_document_is_up_to_date() -> None:
    """`taskc explain --format markdown > docs/rules.md` makes it again."""
    assert (ROOT / "docs/rules.md").read_text(encoding="utf-8") == markdown()


def test_pages_are_plain_text() -> None:
    for page in PAGES.values():
        text = explained(page)
        assert not re.search(r"^```|\]\(|\*\*", text, re.MULTILINE), page.rule
        prose = [line for line in text.splitlines() if not line.startswith("    ")]
        assert max(map(len, prose)) <= 88, page.rule
    assert set(re.findall(r"^  ([a-z-]+) ", listed(), re.MULTILINE)) == set(PAGES)
