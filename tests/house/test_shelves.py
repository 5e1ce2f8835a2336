"""A shelf says aloud what stands on it: nothing is missing, nothing is there that does not exist."""

import ast
import re
from importlib import import_module

import pytest
from tree import ROOT, files, module, tree

from taskc.backends import BACKENDS
from taskc.backends.batches import BATCHES
from taskc.cli import COMMANDS
from taskc.compiler.lints import LINTS
from taskc.compiler.regimes import SETTINGS
from taskc.dsl import syntax
from taskc.grammar import parse, print_file
from taskc.grammar.words import STATEMENT_FORMS
from taskc.metrics import METRICS

# files longer than the aim of 400 lines, and how long they may be: to be shortened, never to grow
LONG = {
    "compiler/items.py": 580,
    "compiler/expressions.py": 470,
    "compiler/variants.py": 540,
    "compiler/templates.py": 580,
    "dsl/syntax.py": 500,
}
AIM = 400
PUBLIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def functions(path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree(path).body if isinstance(node, ast.FunctionDef)}


def test_backends() -> None:
    standing = {module(p) for p in files() if p.parts[0] == "backends" and "open_model" in functions(p)}
    assert standing - {"taskc.backends"} == set(BACKENDS.values())


def test_batches() -> None:
    standing = {module(p) for p in files() if p.parts[0] == "backends" and "open_batches" in functions(p)}
    assert standing - {"taskc.backends.batches"} == set(BATCHES.values())
    assert set(BATCHES) <= set(BACKENDS)


def test_metrics() -> None:
    """All functions in the folders of metrics are on the shelf, each under its name and in its folder."""
    standing = {
        name
        for path in files()
        if path.parts[0] == "metrics" and path.parts[1].startswith("of_")
        for name in functions(path)
        if not name.startswith("_")
    }
    assert standing == {name.replace("@", "_at_") for name in METRICS}
    folders = {"options": "of_options", "reply": "of_replies", "samples": "of_samples", "items": "of_items"}
    for name, metric in METRICS.items():
        assert metric.function.__name__ == name.replace("@", "_at_")
        assert metric.function.__module__.startswith(f"taskc.metrics.{folders[metric.of]}.")
        assert len(metric.function.__doc__ or "") > 150, f"{name} says too little of itself"


def test_lints() -> None:
    """File, function and rule share a name; what else stands in the folder helps lints."""
    standing = {
        path.stem.replace("_", "-")
        for path in files()
        if path.is_relative_to("compiler/lints")
        and "## What it finds" in (ast.get_docstring(tree(path)) or "")
    }
    assert standing == set(LINTS)
    for rule, lint in LINTS.items():
        name = rule.replace("-", "_")
        assert (lint.tell.__name__, lint.tell.__module__) == (name, f"taskc.compiler.lints.{name}")


def test_commands() -> None:
    standing = {
        module(path)
        for path in files()
        if path.parts[0] == "cli" and any(name == "command" for name in functions(path))
    }
    assert standing == {where for where, _ in COMMANDS.values()}
    for name, (where, _) in COMMANDS.items():
        assert import_module(where).command.name == name
        assert where == f"taskc.cli.{name}"


def test_settings_stand_in_the_grammar() -> None:
    rule = re.search(r"!setting: \(([^)]*)\)", (ROOT / "grammar/task.lark").read_text(encoding="utf-8"))
    assert rule is not None
    assert set(re.findall(r'"(\w+)"', rule[1])) == set(SETTINGS) <= set(STATEMENT_FORMS)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_form_shown_for_a_setting_is_one(setting: str) -> None:
    from taskc.compiler.merge import REGIME, check_body
    from taskc.compiler.regimes import regime
    from taskc.dsl.span import Source

    form = re.findall("`([^`]*)`", STATEMENT_FORMS[setting])[0]
    file, found = parse(Source(name="x", text=f"regime r {{ {form} }}"))
    assert file is not None and not found
    findings: list[object] = []
    (declared,) = file.declarations
    regime("r", check_body(declared.body, REGIME, findings), findings)
    assert not findings


# --- what an author can say stands in grammar, printer and strategies -------------------------------

# classes whose rules have other names
RULES = {
    "Literal": {"number", "true", "false", "negative", "null"},
    "Unary": {"not", "sign"},
    "Binary": {"plus", "times", "power"},
    "Logic": {"and", "or"},
    "Prompt": {"prompt", "conversation"},
    "Exemplars": {"exemplars", "exemplar_ids"},
}


def members(union: object) -> list[str]:
    return [getattr(one, "__name__", str(one)) for one in union.__args__]


SAYABLE = sorted(
    {n for u in (syntax.Declaration, syntax.Statement, syntax.Expression, syntax.Type) for n in members(u)}
)


@pytest.mark.parametrize("name", SAYABLE)
def test_everything_sayable_has_rule_printer_and_strategy(name: str) -> None:
    grammar = (ROOT / "grammar/task.lark").read_text(encoding="utf-8")
    rules = set(re.findall(r"^!?(\w+):", grammar, re.M))
    own = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    assert RULES.get(name, {own}) <= rules
    writers = [
        (ROOT / "grammar" / file).read_text(encoding="utf-8") for file in ("print.py", "expressions.py")
    ]
    assert re.search(rf"\bs\.{name}\b", "".join(writers))
    assert re.search(rf"\bs\.{name}\b", (ROOT / "tests/laws/strategies.py").read_text(encoding="utf-8"))


def test_the_shipped_tasks_print_and_parse_back() -> None:
    from taskc.dsl.span import Source

    for path in sorted((ROOT / "tasks").rglob("*.task")):
        file, found = parse(Source(name=path.name, text=path.read_text(encoding="utf-8")))
        assert file is not None and not found
        again, found = parse(Source(name=path.name, text=print_file(file)))
        assert not found and again == file


# --- words about the code, and its length --------------------------------------------------------


def test_every_module_and_public_name_says_what_it_is() -> None:
    silent = []
    for path in files():
        if not ast.get_docstring(tree(path)):
            silent.append(str(path))
        for node in tree(path).body:
            public = isinstance(node, PUBLIC) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                silent.append(f"{path}:{node.lineno} {node.name}")
    assert not silent


def test_files_are_short() -> None:
    lengths = {str(p): len((ROOT / p).read_text(encoding="utf-8").splitlines()) for p in files()}
    assert not {path: n for path, n in lengths.items() if n > LONG.get(path, AIM)}
