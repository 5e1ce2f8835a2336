"""Files made to hang, crash or escape the compiler: each ends soon, with findings and without a traceback."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from taskc.cli.compile import command
from taskc.compiler.limits import WORK, Meter

SECONDS = 60  # of wall time, on a machine that does other things besides
MEMORY = 2 << 30  # bytes of address space

BASE = {
    "item": "item { q: text, a: text }",
    "items": 'items [ { q: "One?", a: "two" } ]',
    "extra": "",
    "true_task": 'true_task "Answer." -> a',
    "prompt": 'prompt "{{ q }}"',
    "reply": 'reply "{{ answer }}"',
    "regimes": "regimes zero_shot",
}


def task(top: str = "", name: str = "t", **over: str) -> str:
    body = "\n".join("  " + line for line in {**BASE, **over}.values() if line)
    return f"{top}\ntask {name} {{\n{body}\n}}\n"


def template(text: str) -> str:
    return task(prompt=f'prompt "{text}"')


def expression(text: str) -> str:
    return task(true_task=f'true_task "Answer." -> {text}')


def generate(body: str, count: str = "10") -> str:
    return task(item="item { q: int, a: int }", items=f"items generate {count} seed 1 {{\n{body}\n  }}")


def doubled(make: str, times: int) -> str:
    """Give a chain of `let`s, each made from two of the one before."""
    return "\n".join(
        ["let a0 = [1]", *(f"let a{i + 1} = {make.replace('@', f'a{i}')}" for i in range(times))]
    )


TEXTS = {
    # --- out of the sandbox
    "class": (template("{{ ''.__class__.__mro__ }}"), "template-forbidden"),
    "class by index": (template("{{ q['__class__'] }}"), "bad-template"),
    "class by filter": (template("{{ q|attr('__class__') }}"), "unknown-filter"),
    "class by attribute of a filter": (
        template("{{ [q]|sum(attribute='__class__') }}"),
        "template-forbidden",
    ),
    "class of an option": (
        task(extra='options ["two", "three"]', prompt='prompt "{{ (options|first).__class__ }}"'),
        "template-forbidden",
    ),
    "globals": (template("{{ self.__init__.__globals__ }}"), "template-forbidden"),
    "function's globals": (template("{{ range.__globals__ }}"), "template-forbidden"),
    "meter": (template("{{ _meter }}"), "unknown-name"),
    "call of a method": (template("{{ q.format(q) }}"), "template-forbidden"),
    "import": (template("{% import 'os' as os %}"), "template-forbidden"),
    "include": (template("{% include '/etc/passwd' %}"), "template-forbidden"),
    # --- too much from little, in a template
    "format": (template("{{ '%999999999d' % 1 }}"), "bad-template"),
    "template power": (template("{{ 9**9**9**9 }}"), "template-forbidden"),
    "template times": (template("{{ 'a' * 1000000000 }}"), "bad-template"),
    "template range": (template("{{ range(1000000000) }}"), "bad-template"),
    "nested loops": (
        template("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"),
        "bad-template",
    ),
    "sorting in loops": (
        template(
            "{% set x = range(99999) %}{% for a in range(9999) %}{% set y = x|sort %}{% endfor %}{{ q }}"
        ),
        "bad-template",
    ),
    "doubling in a template": (
        template("{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}"),
        "bad-template",
    ),
    "replacing in a template": (
        template("{% set x = 'aaaaaaaaaa' %}" + "{% set x = x|replace('a', 'aaaaaaaaaa') %}" * 20),
        "bad-template",
    ),
    "long number": (template("{{ " + "9" * 10_000 + " }}"), "template-syntax"),
    "many tags": (template("{{ q }}" * 100_000), "template-syntax"),
    "many tags of a long text": (
        task(
            items='items [ { q: "' + "x" * 100_000 + '", a: "two" } ]', prompt=f'prompt "{"{{ q }}" * 9_000}"'
        ),
        "bad-template",
    ),
    "deep brackets": (template("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}"), "template-syntax"),
    "deep ifs": (template("{% if q %}" * 3_000 + "{% endif %}" * 3_000), "template-syntax"),
    "deep loops": (template("{% for i in q %}" * 30 + "{% endfor %}" * 30), "template-syntax"),
    "long sum in a template": (template("{{ " + "1+" * 20_000 + "1 }}"), "template-syntax"),
    "open tags": (template("{{ q " * 30_000), "template-syntax"),
    "open comments": (template("{# " * 30_000 + "{{ z }}"), "template-syntax"),
    "quotes": (template("{{ " + "'" * 50_001 + " {{ zz }}"), "template-syntax"),
    "braces": (template("{{ " + "}" * 50_000 + " {{ zz }}"), "template-syntax"),
    # --- too much from little, in an expression
    "power": (expression("9**9**9**9"), "bad-expression"),
    "times": (expression('"a" * 10**9'), "bad-expression"),
    "long sum": (expression("+".join(["1"] * 20_000)), "nesting-too-deep"),
    "many nots": (expression("not " * 5_000 + "true"), "nesting-too-deep"),
    "many signs": (expression("-" * 5_000 + "1"), "nesting-too-deep"),
    "many choices": (expression('"x" if a == "b" else ' * 3_000 + "a"), "nesting-too-deep"),
    "many positions": (expression("a" + "[0]" * 5_000), "nesting-too-deep"),
    "deep round brackets": (expression("(" * 10_000 + "a" + ")" * 10_000), "nesting-too-deep"),
    "deep square brackets": (expression("[" * 10_000 + "a" + "]" * 10_000), "nesting-too-deep"),
    "deep braces": ("task t " + "{" * 10_000 + "}" * 10_000, "nesting-too-deep"),
    "deep subtasks": ("task t {\n" + "subtask s {\n" * 5_000 + "}\n" * 5_000 + "}\n", "nesting-too-deep"),
    "doubling texts": (
        task('let a0 = "aaaaaaaaaa"\n' + "\n".join(f"let a{i + 1} = a{i} + a{i}" for i in range(60))),
        "bad-expression",
    ),
    "doubling lists": (task(doubled("[@, @]", 60)), "bad-expression"),
    "deep lists": (task(doubled("[@]", 300) + "\nlet b = str(a300)"), "bad-expression"),
    "deep lists in a set": (task(doubled("[@]", 300) + "\nlet b = unique(a300)"), "bad-expression"),
    "wide zip": (
        task("let a = range(100000)\nlet b = zip(" + ",".join(["a"] * 1_000) + ")"),
        "bad-expression",
    ),
    "replace": (task('let a = "a" * 1000000\nlet b = replace(a, "a", "aa")'), "bad-expression"),
    "join": (task('let b = join(range(100000), "' + "a" * 40 + '")'), "bad-expression"),
    # --- generators
    "never": (generate("q = 1\n a = 2\n keep if false"), "unsatisfiable-generator"),
    "seldom": (
        generate("q = randint(1, 10**12)\n a = q\n keep if q == 1"),
        "unsatisfiable-generator",
    ),
    "often in vain": (generate("q = randint(1, 60)\n a = q\n keep if q == 1", "900000"), "bad-expression"),
    "shuffling much": (
        generate("let x = shuffle(range(100000))\n q = x[0]\n a = x[1]", "1000000"),
        "bad-expression",
    ),
    "summing much": (
        task(
            "let big = range(100000)",
            item="item { q: int, a: int }",
            items="items generate 100000 seed 1 {\n q = sum(big)\n a = max(big)\n }",
        ),
        "bad-expression",
    ),
    "large items": (
        task(items='items generate 100000 seed 1 {\n q = "a" * 1000000\n a = "b"\n }'),
        "bad-expression",
    ),
    "too many items": (generate("q = 1\n a = 2", "10**9"), "bad-value"),
    # --- many of something
    "many cells": (
        task(extra="\n".join(f"vary f{n} " + ", ".join(f"l{k}" for k in range(10)) for n in range(9))),
        "too-many-cells",
    ),
    "a mistake in many cells": (
        task(
            reply='reply "{{ nothing }} {{ answer }}"',
            extra="\n".join(f"vary f{n} " + ", ".join(f"l{k}" for k in range(10)) for n in range(4)),
        ),
        "unknown-name",
    ),
    "long chain of regimes": (
        "\n".join(f"regime r{i} extends r{i + 1} {{ }}" for i in range(3_000))
        + "\nregime r3000 { shots 0 }\n"
        + task(regimes="regimes r0"),
        "nesting-too-deep",
    ),
    "many mistakes": ("\n".join("$$$" for _ in range(20_000)), "stray-character"),
    "NUL": ("task t \0 {\n}\n", "control-character"),
    "NUL in a text": (template("a\0b {{ q }}"), "control-character"),
    "half a character": (template("\\ud800 {{ q }}"), "unknown-escape"),
}


def bound() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def compile_here(folder: Path) -> tuple[int, str]:
    """Compile in a process of its own, with little memory and time."""
    done = subprocess.run(
        [sys.executable, "-m", "taskc", "compile", "main.task"],
        cwd=folder,
        capture_output=True,
        timeout=SECONDS,
        check=False,
        encoding="utf-8",
        preexec_fn=bound,
    )
    assert "Traceback" not in done.stderr, done.stderr[-2_000:]
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], tuple[int, str]]]:
    """Give a way to compile in this process, which the alarm ends if it does not end by itself.

    A compilation may do a part of the work that is allowed outside of tests, so that what is
    counted runs out sooner.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Meter.__init__, "__defaults__", (WORK // 20,))
    signal.alarm(SECONDS)

    def run() -> tuple[int, str]:
        result = CliRunner().invoke(command, ["main.task"])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.stdout == ""
        return result.exit_code, result.stderr

    yield run
    signal.alarm(0)


@pytest.mark.parametrize("name", TEXTS)
def test_text(name: str, tmp_path: Path, quick: Callable[[], tuple[int, str]]) -> None:
    """A hostile text is refused with the rule that fits."""
    text, rule = TEXTS[name]
    (tmp_path / "main.task").write_text(text, encoding="utf-8")
    code, said = quick()
    assert code == 1
    assert f"error[{rule}]" in said, said[:2_000]


@pytest.mark.parametrize(
    "name", ["class", "shuffling much", "many tags of a long text", "deep round brackets"]
)
def test_text_in_its_own_process(name: str, tmp_path: Path) -> None:
    """So it is in a process with bounded memory, and with all the work that is allowed."""
    text, rule = TEXTS[name]
    (tmp_path / "main.task").write_text(text, encoding="utf-8")
    code, said = compile_here(tmp_path)
    assert code == 1
    assert f"error[{rule}]" in said, said[:2_000]


FROM_FILE = task(items='items from "rows.jsonl"')
FROM_CSV = task(items='items from "rows.csv"')
WITH = task(items='items from "rows.jsonl" with { q = str(z) }')
DATA = {
    "deep JSON": (FROM_FILE, '{"q": ' + "[" * 100_000 + "]" * 100_000 + ', "a": "two"}', "bad-data"),
    "deep JSON nobody uses": (
        FROM_FILE,
        '{"z": ' + "[" * 900 + "]" * 900 + ', "q": "x", "a": "two"}',
        "bad-data",
    ),
    "deep objects": (WITH, '{"z": ' + '{"a":' * 900 + "1" + "}" * 900 + ', "a": "two"}', "bad-data"),
    "an object": (WITH, '{"z": {"b": 1}, "a": "two"}', "bad-expression"),
    "an object in a list": (WITH, '{"z": [{"b": 1}], "a": "two"}', "bad-expression"),
    "null": (WITH, '{"z": null, "a": "two"}', "bad-expression"),
    "a large row": (FROM_FILE, '{"q": "' + "x" * (20 << 20) + '", "a": "two"}', "row-does-not-fit"),
    "a large cell": (FROM_CSV, "q,a\n" + "x" * (20 << 20) + ",two\n", "bad-data"),
    "a long number": (FROM_FILE, '{"q": ' + "9" * 100_000 + ', "a": "two"}', "bad-data"),
    "infinity": (FROM_FILE, '{"q": 1e999, "a": "two"}', "row-does-not-fit"),
    "half a character": (FROM_FILE, '{"q": "\\ud800", "a": "two"}', "row-does-not-fit"),
    "NUL": (FROM_FILE, '{"q": "a\\u0000b", "a": "two"}', "row-does-not-fit"),
    "NUL in a cell": (FROM_CSV, "q,a\na\0b,two\n", "row-does-not-fit"),
    "bytes": (FROM_FILE, b'{"q": "\xff", "a": "two"}', "bad-data"),
    "one id twice": (FROM_FILE, '{"id": 1, "q": "x", "a": "y"}\n' * 2, "duplicate-id"),
    "an object for an id": (FROM_FILE, '{"id": {}, "q": "x", "a": "y"}', "row-does-not-fit"),
}


@pytest.mark.parametrize("name", DATA)
def test_data(name: str, tmp_path: Path, quick: Callable[[], tuple[int, str]]) -> None:
    """Hostile data are refused with the rule that fits."""
    text, data, rule = DATA[name]
    (tmp_path / "main.task").write_text(text, encoding="utf-8")
    file = "rows.csv" if text is FROM_CSV else "rows.jsonl"
    (tmp_path / file).write_bytes(data if isinstance(data, bytes) else data.encode())
    code, said = quick()
    assert code == 1
    assert f"error[{rule}]" in said, said[:2_000]
    assert len(said) < 5_000, "a finding shows a part of a long line"


def _link(target: str) -> Callable[[Path], None]:
    return lambda place: place.symlink_to(target)


FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a link out": (_link("/etc/hostname"), "lies outside the folder of the task"),
    "a link to zeros": (_link("/dev/zero"), "lies outside the folder of the task"),
    "a link to itself": (_link("rows.jsonl"), "is a link that leads nowhere"),
    "a link to nothing": (_link("nothing.jsonl"), "there is no file `rows.jsonl`"),
    "a folder": (Path.mkdir, "`rows.jsonl` is not a file"),
    "a fifo": (os.mkfifo, "`rows.jsonl` is not a file"),
}


@pytest.mark.parametrize("name", FILES)
def test_file(name: str, tmp_path: Path) -> None:
    """What is no file of the task's own folder is not read."""
    make, reason = FILES[name]
    (tmp_path / "main.task").write_text(FROM_FILE, encoding="utf-8")
    make(tmp_path / "rows.jsonl")
    code, said = compile_here(tmp_path)
    assert code == 1 and "error[unreadable-file]" in said and reason in said


@pytest.mark.parametrize(
    "path", ["../rows.jsonl", "/etc/passwd", "~/x.jsonl", "x/../../rows.jsonl", "x" * 5_000]
)
def test_path(path: str, tmp_path: Path) -> None:
    """A path leads nowhere but into the task's own folder."""
    (tmp_path / "rows.jsonl").write_text('{"q": "x", "a": "y"}', encoding="utf-8")
    folder = tmp_path / "inside"
    (folder / "x").mkdir(parents=True)
    (folder / "main.task").write_text(task(items=f'items from "{path}"'), encoding="utf-8")
    code, said = compile_here(folder)
    assert code == 1 and "error[unreadable-file]" in said


def test_main_file(tmp_path: Path) -> None:
    """What is pointed at must be a file of moderate size."""
    place = tmp_path / "main.task"
    os.mkfifo(place)
    assert compile_here(tmp_path) == (2, "error: `main.task` is not a file\n")
    place.unlink()
    place.symlink_to("/dev/zero")
    assert compile_here(tmp_path) == (2, "error: `main.task` is not a file\n")
    place.unlink()
    with place.open("wb") as file:
        file.truncate(100 << 20)
    code, said = compile_here(tmp_path)
    assert code == 1 and "and 4,000,000 is the most" in said


def test_imports(tmp_path: Path) -> None:
    """Imports end: of oneself, in circles, in long chains."""
    for i in range(300):
        (tmp_path / f"f{i}.task").write_text(f'import "f{i + 1}"\n', encoding="utf-8")
    (tmp_path / "main.task").write_text('import "f0"\n' + task(), encoding="utf-8")
    code, said = compile_here(tmp_path)
    assert code == 1 and said.count("error[") == 1 and "error[nesting-too-deep]" in said
    (tmp_path / "f50.task").write_text('import "f0"\nimport "main"\nimport "f50"\n', encoding="utf-8")
    code, said = compile_here(tmp_path)
    assert code == 1 and said.count("error[import-cycle]") == said.count("error[") == 2
