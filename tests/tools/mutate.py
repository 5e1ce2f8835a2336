"""Change the checker and the lints one small step at a time, and see whether a test notices.

    python tests/tools/mutate.py --sample 400 --seed 1 --jobs 2

Comparisons, conditions, numbers, operators, `return`s and call statements of the files below are turned
around one at a time: `<` to `<=`, `and` to `or`, a condition to its opposite, a finding left out. A sample
of all such changes is drawn by seed, spread evenly over the files. Each is tried in a process of its own; a
change that no test notices has survived. Those that change nothing a test could notice are not taken out,
so the share that is printed is a lower bound.

First all tests below run twice on what is there: to see which functions each of them calls, and, with nobody
looking, how much of the processor's time it takes, which is nearly the same on a busy machine. A change is
then tried on those tests alone that call the changed function, the quick ones first, for `ENOUGH` seconds of
them. Files must not change while it runs: run it in a clone.
"""

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).resolve().parents[2]
# what writes what was checked, looked at in other ways: golden requests, laws, builds byte for byte
WRITERS = {"encode", "expand", "lower", "packed", "prompts", "render", "trace"}
FILES = [
    f"compiler/{path.name}" for path in sorted((ROOT / "compiler").glob("*.py")) if path.stem not in WRITERS
]
FILES += [f"compiler/lints/{path.name}" for path in sorted((ROOT / "compiler/lints").glob("*.py"))]
TESTS = [
    "tests/cases",
    *(
        f"tests/compiler/{path.name}"
        for path in sorted((ROOT / "tests/compiler").glob("test_*.py"))
        if path.stem not in ("test_memory", "test_same_bytes")  # which start processes
    ),
    *(f"tests/docs/test_{name}.py" for name in ("reference", "rules")),
    *(f"tests/flow/test_{name}.py" for name in ("check", "fix", "lend", "places")),
    *(f"tests/laws/test_{name}.py" for name in ("compile", "lints")),
]
# tests that read the source, fork, or start another process, which would not see the change
APART = (
    "own_process",
    "test_every_rule_has_a_case",
    "test_main_file",
    "test_lending_loads_nothing_heavy",
    "test_checking_finds_what_compiling_finds",
)
SLOW = 0.8  # seconds of processor; a test that takes longer is left out
ENOUGH = 20.0  # seconds of tests that a change is tried on; the rest is left out
FIRST = 40  # tests that are tried before the rest is even collected
EXAMPLES = 6  # of each law
PATIENCE = 10.0  # seconds of processor that a test may take more than it took; an endless loop is noticed
MEMORY = 6 << 30

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}  # fmt: skip


def changes(tree: ast.Module) -> Iterator[tuple[ast.AST, str, ast.AST | None]]:
    """Give every change of a module: the node, what is done in words, and what takes its place."""
    skipped = _not_code(tree)
    for node in ast.walk(tree):
        if node in skipped:
            continue
        match node:
            case ast.Compare(ops=[op]) if type(op) in _COMPARE:
                other = copy.copy(node)
                other.ops = [_COMPARE[type(op)]()]
                yield node, f"{type(op).__name__} → {type(other.ops[0]).__name__}", other
            case ast.BoolOp(op=op):
                other_bool = copy.copy(node)
                other_bool.op = ast.Or() if isinstance(op, ast.And) else ast.And()
                yield node, "and ↔ or", other_bool
            case ast.BinOp(op=op) if type(op) in _BINARY and not isinstance(
                node.left, ast.Constant | ast.JoinedStr
            ):
                other_bin = copy.copy(node)
                other_bin.op = _BINARY[type(op)]()
                yield node, f"{type(op).__name__} → {type(other_bin.op).__name__}", other_bin
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield node, "not dropped", operand
            case ast.Constant(value=bool() as value):
                yield node, f"{value} → {not value}", ast.Constant(not value)
            case ast.Constant(value=int() as value):
                yield node, f"{value} → {value + 1}", ast.Constant(value + 1)
            case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Constant | ast.Compare):
                other_if = copy.copy(node)
                other_if.test = ast.UnaryOp(ast.Not(), test)
                yield node, "condition turned around", other_if
            case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
                yield node, "statement left out", ast.If(ast.Constant(False), [copy.copy(node)], [])
            case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
                yield node, "returns None", ast.Return(ast.Constant(None))
            case ast.Continue():
                yield node, "continue → break", ast.Break()


def _not_code(tree: ast.Module) -> set[ast.AST]:
    """Give the nodes in annotations, decorators and keywords of classes: what is meant, not what is done."""
    out: set[ast.AST] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef):
            parts += [
                node.returns,
                *(a.annotation for a in (*node.args.args, *node.args.kwonlyargs)),
                *node.decorator_list,
            ]
        if isinstance(node, ast.ClassDef):
            parts += [*node.decorator_list, *node.keywords]
        if isinstance(node, ast.AnnAssign):
            parts.append(node.annotation)
        for part in parts:
            out |= set(ast.walk(part)) if part is not None else set()
    return out


def changed(source: str, number: int) -> tuple[ast.Module, str]:
    """Give the module with its change `number` made, and that change in words with its line."""
    tree = ast.parse(source)
    node, words, other = list(changes(tree))[number]
    line = getattr(node, "lineno", 0)

    class Put(ast.NodeTransformer):
        def visit(self, at: ast.AST) -> ast.AST:
            return (
                ast.copy_location(other, node) if at is node and other is not None else self.generic_visit(at)
            )

    new = ast.fix_missing_locations(Put().visit(tree))
    assert isinstance(new, ast.Module)
    return new, f"{line}: {words}: {source.splitlines()[line - 1].strip()[:90]}"


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree, and leaves all others alone."""

    def __init__(self, module: str, path: Path, tree: ast.Module) -> None:
        self.module, self.path, self.tree = module, path, tree

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> "importlib.machinery.ModuleSpec | None":
        if name != self.module:
            return None
        package = self.path.name == "__init__.py"
        spec = importlib.util.spec_from_file_location(
            name,
            self.path,
            loader=self,
            submodule_search_locations=[str(self.path.parent)] if package else None,
        )
        return spec

    def exec_module(self, module: object) -> None:
        exec(compile(self.tree, str(self.path), "exec"), vars(module))  # noqa: S102


def _name(file: str) -> str:
    return "taskc." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class Few:
    """Lets a law try few examples, always the same, and stop at the first that breaks it."""

    def pytest_collection_modifyitems(self, items: list[object]) -> None:
        """Put other settings in place of each law's own."""
        from hypothesis import HealthCheck, Phase, settings

        for item in items:
            test = getattr(item, "obj", None)
            own = getattr(test, "_hypothesis_internal_use_settings", None)
            if own is not None:
                test._hypothesis_internal_use_settings = settings(  # type: ignore[union-attr]
                    own,
                    max_examples=min(EXAMPLES, own.max_examples),
                    derandomize=True,
                    database=None,
                    phases=[Phase.explicit, Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )


class Watch:
    """Notes of each test that passes which functions of the files it calls."""

    def __init__(self) -> None:
        self.tests: dict[str, list[tuple[str, int]]] = {}

    def pytest_runtest_protocol(self, item: object, nextitem: object) -> object:
        """Run a test while calls are noted; what it imports is called too, so it runs in full."""
        from _pytest.runner import runtestprotocol

        calls: dict[int, CodeType] = {}

        def trace(frame: FrameType, event: str, arg: object) -> None:
            code = frame.f_code
            if id(code) not in calls:
                calls[id(code)] = code

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            reports = runtestprotocol(item, nextitem=nextitem, log=True)  # type: ignore[arg-type]
        finally:
            sys.settrace(before)
        if all(report.passed for report in reports):
            self.tests[item.nodeid] = sorted(_ours(calls.values()))  # type: ignore[attr-defined]
        return True


class Timed:
    """Notes how many seconds of the processor each test takes; it is not slowed down by being watched."""

    def __init__(self) -> None:
        self.tests: dict[str, float] = {}
        self._begun = 0.0

    def pytest_runtest_logstart(self, nodeid: str, location: object) -> None:
        """Begin to count."""
        self._begun = time.process_time()

    def pytest_runtest_logfinish(self, nodeid: str, location: object) -> None:
        """Count up to here."""
        self.tests[nodeid] = time.process_time() - self._begun


def _ours(codes: object) -> set[tuple[str, int]]:
    """Give file and first line of the functions that lie in a changed file."""
    root = f"{ROOT}/taskc/"
    return {
        (code.co_filename.removeprefix(root), code.co_firstlineno)
        for code in codes  # type: ignore[attr-defined]
        if code.co_filename.startswith(root + "compiler/") and code.co_name != "<module>"
    }


class Clock:
    """Ends the process when a test takes far longer than it took."""

    def __init__(self, taken: dict[str, float]) -> None:
        self.taken = taken

    def pytest_runtest_logstart(self, nodeid: str, location: object) -> None:
        """Wind the clock; it counts the processor's time, so a busy machine makes no difference."""
        signal.setitimer(signal.ITIMER_PROF, PATIENCE + 10 * self.taken.get(nodeid, 1.0))


def _pytest(tests: Sequence[str], *plugins: object) -> int:
    import pytest

    quiet = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:terminalreporter", "--no-header"]
    return int(pytest.main([*quiet, *tests], plugins=[Few(), *plugins]))


def _apart(work: Callable[[], int]) -> int:
    """Do something in a child process that says nothing; give the child's id."""
    child = os.fork()
    if child:
        return child
    os.chdir(ROOT)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        os._exit(work())
    except BaseException:
        os._exit(1)


class Reach:
    """Which tests call a function, and how long each takes."""

    def __init__(self, tests: dict[str, tuple[float, list[tuple[str, int]]]]) -> None:
        self.seconds = {test: taken for test, (taken, _) in tests.items()}
        self.calling: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for test, (_, calls) in tests.items():
            for file, line in calls:
                self.calling[file][line].add(test)

    def of(self, file: str, lines: range) -> list[str]:
        """Give the tests for a change in a function: those named like its file first, then the quick ones."""
        at = self.calling[file]
        near = {test for line in at if not lines or line in lines for test in at[line]}
        name = re.compile(Path(file).stem.replace("_", "[-_]"))

        def order(test: str) -> tuple[bool, bool, float, str]:
            return name.search(test) is None, test not in near, self.seconds[test], test

        best = sorted(near if lines else self.seconds, key=order)
        spent = list(accumulate(self.seconds[test] for test in best))
        return best[: bisect(spent, ENOUGH) + 1]


def watched(given: str) -> Reach:
    """Run all tests on what is there, in child processes; or read what was seen of the same files."""
    with Path(given).open("a+") if given else tempfile.TemporaryFile("w+") as kept:

        def work(plugin: Watch | Timed) -> int:
            failed = _pytest([*TESTS, "-k", " and ".join(f"not {name}" for name in APART)], plugin)
            kept.write(json.dumps(plugin.tests) + "\n")
            kept.flush()
            return failed

        if not kept.tell():
            for plugin in (Watch(), Timed()):
                if os.waitpid(_apart(partial(work, plugin)), 0)[1]:
                    sys.exit("the tests fail as it is")
        kept.seek(0)
        calls, taken = map(json.loads, kept)
    return Reach({test: (taken[test], calls[test]) for test in calls if taken[test] <= SLOW})


def around(tree: ast.Module, line: int) -> range:
    """Give the lines of the innermost function that holds a line; none outside of functions."""
    found = range(0)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if node.body[0].lineno <= line <= (node.end_lineno or 0) and first >= (found.start or 0):
                found = range(first, (node.end_lineno or 0) + 1)
    return found


def attempt(file: str, number: int, reach: Reach) -> Callable[[], int]:
    """Give what a child process does to try one change; it ends with 0 if the change survives."""
    source = (ROOT / file).read_text(encoding="utf-8")
    tree, words = changed(source, number)
    tests = reach.of(file, around(ast.parse(source), int(words.partition(":")[0])))

    def work() -> int:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        sys.meta_path.insert(0, _Instead(_name(file), ROOT / "taskc" / file, tree))
        some, rest = tests[:FIRST], tests[FIRST:]  # collecting many takes longer than running the first
        return any(_pytest(part, Clock(reach.seconds)) for part in (some, rest) if part)

    return work


def sample(count: int, seed: int, only: str) -> tuple[list[tuple[str, int]], int]:
    """Draw changes: as many of each file as it has its share of all; also give how many there are in all."""
    places: dict[str, int] = {}
    for file in FILES:
        if only in file:
            places[file] = sum(1 for _ in changes(ast.parse((ROOT / file).read_text(encoding="utf-8"))))
    total = sum(places.values())
    chance = random.Random(seed)
    drawn = []
    for file, has in places.items():
        share = has if not count else min(has, max(1, round(count * has / total))) if has else 0
        drawn += [(file, number) for number in sorted(chance.sample(range(has), share))]
    chance.shuffle(drawn)
    return drawn, total


def tried(
    drawn: list[tuple[str, int]], reach: Reach, jobs: int, until: float
) -> Iterator[tuple[str, int, bool]]:
    """Try changes, some side by side; give each with whether it survived."""
    waiting, running = list(reversed(drawn)), {}
    while waiting or running:
        while waiting and len(running) < jobs and time.monotonic() < until:
            work = waiting.pop()
            running[_apart(attempt(*work, reach))] = work
        if not running:
            return
        child, status = os.wait()
        yield (*running.pop(child), status == 0)


def _warm() -> None:
    """Load once what the tests need of other packages; each process loads ours anew."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("hypothesis", "pytest", "click.testing", "rich", "taskc.cli", "taskc.flow.lend"):
        importlib.import_module(name)
    for name in ("plan", "compile", "check"):
        importlib.import_module(f"taskc.cli.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == "taskc"]:
        del sys.modules[name]


def main() -> int:
    """Run and print survivors by file and the share noticed."""
    parse = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parse.add_argument("--sample", type=int, default=400, help="0 tries all")
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parse.add_argument("--only", default="", help="only files whose name holds this")
    parse.add_argument("--reach", default="", help="a file to keep in which tests call what")
    parse.add_argument("--minutes", type=float, default=1e6, help="begin none after this time")
    given = parse.parse_args()
    _warm()
    drawn, total = sample(given.sample, given.seed, given.only)
    begun = time.monotonic()
    reach = watched(given.reach)
    print(f"{len(drawn):,} of {total:,} changes, {len(reach.seconds)} tests", flush=True)
    left: dict[str, list[str]] = defaultdict(list)
    count: dict[str, int] = defaultdict(int)
    until = begun + 60 * given.minutes
    for done, (file, number, survived) in enumerate(tried(drawn, reach, given.jobs, until), 1):
        count[file] += 1
        if survived:
            left[file].append(changed((ROOT / file).read_text(encoding="utf-8"), number)[1])
            print(f"[{done}/{len(drawn)}] survived {file}:{left[file][-1]}", flush=True)
    for file in sorted(count):
        print(f"{file}: {count[file] - len(left[file])} of {count[file]} noticed")
    done = sum(count.values())
    noticed = done - sum(map(len, left.values()))
    print(f"noticed {noticed} of {done} ({100 * noticed / done:.1f} %), {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
