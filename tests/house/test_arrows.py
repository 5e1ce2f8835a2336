"""Arrows point one way: nouns know nothing, verbs know nouns, flow knows all, the command line knows flow."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import pytest
from tree import files, imports, module, tree

# who may import what of taskc; a folder may always import itself
ARROWS: dict[str, set[str]] = {
    "dsl": set(),
    "records": {"dsl"},
    "grammar": {"dsl"},
    "compiler": {"dsl", "records"},
    "backends": {"dsl", "records"},
    "metrics": {"dsl", "records"},
    "analysis": {"dsl", "records"},
    "store": {"dsl", "records"},
    "pages": {"dsl", "records"},
    "tasks": set(),
    "ladders": set(),
    "flow": {"dsl", "records", "grammar", "compiler", "backends", "metrics", "analysis", "store", "pages"},
    # besides flow and nouns: two that draw, and the errors and surroundings of two joints
    "cli": {
        "dsl",
        "records",
        "flow",
        "grammar.show",
        "analysis.table",
        "backends.protocol",
        "store.responses",
    },
}
WORLD = {
    "os",
    "io",
    "time",
    "random",
    "pathlib",
    "subprocess",
    "socket",
    "httpx",
    "urllib",
    "datetime",
    "sqlite3",
}
# a stream in memory is not the world
IN_MEMORY = {("analysis", "io"), ("compiler", "io"), ("pages", "io")}
CORE = {"dsl", "records", "grammar", "compiler", "metrics", "analysis", "pages"}
# what stands on one place only, and the places
PLACES: dict[str, set[str]] = {
    "lark": {"grammar/generate.py"},
    "pydantic": {"records/lines.py"},
    "pyarrow": {"compiler/tables.py", "store/parquet.py"},
    "sqlite3": {"store/database.py", "store/troubles.py"},
    "openai": {"backends/openai_api.py"},
    "anthropic": {"backends/anthropic_api.py"},
    "aiohttp": {"backends/wire.py"},
    "tenacity": {"backends/retry.py"},
    "dotenv": {"flow/environment.py"},
    "sacrebleu": {"metrics/of_replies"},
    "rouge_score": {"metrics/of_replies"},
    "numpy": {"backends/local", "analysis"},
    "statsmodels": {"analysis/mixed.py"},
    "tokenizers": {"backends/local"},
    "gguf": {"backends/local"},
    "torch": {"backends/hf"},
    "transformers": {"backends/hf"},
    "huggingface_hub": {"backends/hf"},
    "matplotlib": {"analysis"},
    "rich": {"analysis", "cli"},
    "click": {"cli"},
    "jinja2": {"compiler", "backends/local", "pages"},
}
HEAVY = set(PLACES) - {"click"} | {"numpy", "torch", "httpx"}


def test_arrows_point_one_way() -> None:
    wrong = []
    for path in files():
        for name, line, _ in imports(path):
            head, _, rest = name.partition(".")
            allowed = {path.parts[0], *ARROWS[path.parts[0]]}
            if head == "taskc" and rest and not any(f"{rest}.".startswith(f"{one}.") for one in allowed):
                wrong.append(f"{path}:{line} imports {name}")
    assert not wrong


def test_the_core_does_not_touch_the_world() -> None:
    wrong = []
    for path in files():
        if path.parts[0] in CORE:
            heads = [(name.split(".")[0], line) for name, line, _ in imports(path)]
            wrong += [
                f"{path}:{line} imports {head}"
                for head, line in heads
                if head in WORLD and (path.parts[0], head) not in IN_MEMORY
            ]
            calls = [ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
            wrong += [f"{path} calls {call}" for call in calls if call in ("open", "print", "input")]
    assert not wrong


def test_packages_stand_in_one_place() -> None:
    wrong = []
    for path in files():
        for name, line, _ in imports(path):
            places = PLACES.get(name.split(".")[0], {""})
            if not any(path.is_relative_to(place) for place in places):
                wrong.append(f"{path}:{line} imports {name}")
    assert not wrong


def test_no_import_cycles() -> None:
    graph = {
        module(p): {name for name, _, at_once in imports(p) if at_once and name.startswith("taskc.")}
        for p in files()
    }
    try:
        TopologicalSorter({one: needs - {one} for one, needs in graph.items()}).prepare()
    except CycleError as problem:
        pytest.fail(f"modules import each other: {' → '.join(problem.args[1])}")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['taskc', '--help']\n"
        "try:\n    import runpy; runpy.run_module('taskc', run_name='__main__')\n"
        f"except SystemExit: pass\nprint(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
