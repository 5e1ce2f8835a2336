"""`taskc explain` as a process: one page, all rules in a list, and in forms for machines."""

import json
import subprocess
import sys
from typing import Any

from taskc.flow.explain import listed, markdown, pages


def test_a_page(run: Any) -> None:
    """A page is plain text on standard output, each part under its heading."""
    ran = run("explain", "unknown-name")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "unknown-name · error\n\nWhat it finds\n\n"
        "An expression or a template uses a name that is no field, `let`, constant or factor\n"
        "where it stands.\n\n"
        'Example\n\n    prompt "{{ questoin }}"\n\n'
        'Write instead\n\n    prompt "{{ question }}"\n'
    )


def test_a_lint(run: Any) -> None:
    """The page of a lint says why it matters, too."""
    ran = run("explain", "distractor-agrees")
    heads = [line for line in ran.out.splitlines() if line in ("What it finds", "Why it matters", "Example")]
    assert heads == ["What it finds", "Why it matters", "Example"]
    assert ran.out.startswith("distractor-agrees · warning\n\nA distractor predicts the same")


def test_all_rules(run: Any) -> None:
    """Without a rule there is a line for each, theme by theme, the lints first."""
    ran = run("explain")
    assert ran.code == 0 and ran.out.startswith("Lints\n  ")
    assert all(f"\n  {rule} " in ran.out for rule in pages())
    assert "…\n" not in ran.out, "only a terminal has an edge"
    assert max(map(len, listed(width=100).splitlines())) <= 100


def test_an_unknown_rule(run: Any) -> None:
    """A similar name is told; where there is none, how to see them all."""
    ran = run("explain", "unknwon-name")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: there is no rule `unknwon-name`\nhelp: a similar name exists: `unknown-name`\n"
    ran = run("explain", "leaked")
    assert ran.err.endswith("help: rules that begin so: `leaked-answer`, `leaked-exemplar`\n")
    ran = run("explain", "x")
    assert ran.code == 2 and "help: `taskc explain` lists all rules" in ran.err


def test_forms_for_machines(run: Any) -> None:
    """JSON has every page; Markdown is the reference page of the documentation."""
    told = json.loads(run("explain", "--format", "json").out)
    assert [page["rule"] for page in told] == list(pages())
    one = json.loads(run("explain", "syntax", "--format", "json").out)
    assert one["severity"] == "error" and one["example"][0]["kind"] == "task error: syntax"
    assert run("explain", "--format", "markdown").out == markdown()
    assert run("explain", "syntax", "--format", "markdown").out.startswith("### syntax\n\n*error* · A line")


def test_headings_are_bold_on_request(run: Any) -> None:
    assert "\x1b[" not in run("explain", "syntax").out
    assert "\x1b[1mExample\x1b[0m" in run("explain", "syntax", FORCE_COLOR="1").out


def test_it_loads_no_compiler(environment: dict[str, str]) -> None:
    """A page is had without what compiling or asking needs."""
    code = (
        "import sys\nfrom taskc.cli import main\nsys.argv = ['taskc', 'explain', 'unused-field']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = ('jinja2', 'lark', 'pydantic', 'rich', 'sqlite3', 'taskc.compiler.check')\n"
        "print(*(m for m in heavy if m in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.stderr.strip() == ""


def test_checking_loads_nothing_heavy(environment: dict[str, str], folder: Any) -> None:
    """Nor does checking load what asking, scoring or drawing needs."""
    code = (
        "import sys\nfrom taskc.cli import main\nsys.argv = ['taskc', 'check', '-q']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = ('pydantic', 'numpy', 'matplotlib', 'rich', 'sqlite3', 'asyncio', 'openai', 'anthropic', "
        "'taskc.backends', 'taskc.store.responses', 'taskc.analysis.figure')\n"
        "print('loaded:', *(m for m in heavy if m in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=folder, check=False
    )
    assert done.stderr.splitlines()[-1] == "loaded:"
