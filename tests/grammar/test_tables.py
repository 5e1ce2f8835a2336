"""The tables that are shipped are those of the grammar, and reading needs nothing else.

After a change of `grammar/task.lark` run `UPDATE_TABLES=1 pytest tests/grammar/test_tables.py`.
"""

import os
import subprocess
import sys
from pathlib import Path

from taskc.grammar.generate import make_tables

GRAMMAR = Path(__file__).parents[2] / "grammar"


def test_the_tables_are_those_of_the_grammar():
    made = make_tables((GRAMMAR / "task.lark").read_text(encoding="utf-8"))
    if os.environ.get("UPDATE_TABLES"):
        (GRAMMAR / "tables.json").write_text(made, encoding="utf-8")
    kept = (GRAMMAR / "tables.json").read_text(encoding="utf-8")
    assert kept == made, "run `UPDATE_TABLES=1 pytest tests/grammar/test_tables.py`"


def test_the_tables_are_the_same_in_every_process():
    code = "import sys; from taskc.grammar.generate import make_tables\n"
    code += "print(make_tables(sys.stdin.read()), end='')"
    grammar = (GRAMMAR / "task.lark").read_bytes()
    made = [
        subprocess.run(
            [sys.executable, "-c", code],
            input=grammar,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert made[0] == made[1] == (GRAMMAR / "tables.json").read_bytes()


def test_reading_needs_no_lark():
    code = "import sys; from taskc.grammar import parse; from taskc.dsl.span import Source\n"
    code += "assert not parse(Source(name='t', text='let a = [1]'))[1]; assert 'lark' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
