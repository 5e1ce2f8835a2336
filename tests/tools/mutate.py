"""Change the checker and the lints one small step at a time, and see whether a test notices.

    python tests/tools/mutate.py --sample 400 --seed 1 --jobs 2

Comparisons, conditions, numbers, operators, `return`s and call statements of the files below are turned
around one at a time: `<` to `<=`, `and` to `or`, a condition to its opposite, a finding left out. A sample
of all such changes is drawn by seed, spread evenly over the files. Each is tried in a process of its own on
the tests below; a change that no test notices has survived. Those that change nothing a test could notice
are not taken out, so the share that is printed is a lower bound.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import multiprocessing
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKER = [
    *(
        "allows",
        "check",
        "design",
        "exemplars",
        "expressions",
        "fields",
        "followers",
        "functions",
        "generate",
    ),
    *("items", "merge", "operators", "regimes", "resolve", "scene", "stated", "survey", "tables"),
    *("templates", "values", "variants"),
]
FILES = [f"compiler/{name}.py" for name in CHECKER]
FILES += [f"compiler/lints/{path.name}" for path in sorted((ROOT / "compiler/lints").glob("*.py"))]
TESTS = [
    "tests/cases",
    "tests/compiler/test_names_and_twins.py",
    "tests/compiler/test_hostile.py",
    "tests/laws",
]
SECONDS = 240  # a change that takes longer has made a loop that never ends, and is noticed

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
    """Give the nodes inside annotations, type aliases, imports and `__all__`, which do nothing when run."""
    out: set[ast.AST] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef):
            parts += [
                node.returns,
                *(a.annotation for a in (*node.args.args, *node.args.kwonlyargs)),
                *node.decorator_list,
            ]
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


def survives(file: str, number: int) -> bool:
    """Run the tests on one change in this process, which must be thrown away after it."""
    tree, _ = changed((ROOT / file).read_text(encoding="utf-8"), number)
    sys.meta_path.insert(0, _Instead(_name(file), ROOT / "taskc" / file, tree))
    import pytest

    return (
        pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", *_present()]) == 0
    )


def _present() -> list[str]:
    return [test for test in TESTS if (ROOT / test).exists()]


def attempt(work: tuple[str, int]) -> tuple[str, int, bool]:
    """Try one change in a child process with a clock; True if it survived."""
    file, number = work
    child = os.fork()
    if not child:
        os.chdir(ROOT)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.alarm(SECONDS)
        try:
            os._exit(0 if survives(file, number) else 1)
        except BaseException:
            os._exit(1)
    return file, number, os.waitpid(child, 0)[1] == 0


def sample(count: int, seed: int) -> tuple[list[tuple[str, int]], int]:
    """Draw changes: as many of each file as it has its share of all; also give how many there are in all."""
    places: dict[str, int] = {}
    for file in FILES:
        places[file] = sum(1 for _ in changes(ast.parse((ROOT / file).read_text(encoding="utf-8"))))
    total = sum(places.values())
    chance = random.Random(seed)
    drawn = []
    for file, has in places.items():
        share = has if not count else min(has, max(1, round(count * has / total))) if has else 0
        drawn += [(file, number) for number in sorted(chance.sample(range(has), share))]
    chance.shuffle(drawn)
    return drawn, total


def main() -> int:
    """Run and print survivors by file and the share noticed."""
    import hypothesis  # noqa: F401  # once, before the processes part
    import jinja2  # noqa: F401
    import lark  # noqa: F401
    import pytest  # noqa: F401

    parse = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parse.add_argument("--sample", type=int, default=400, help="0 tries all")
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parse.add_argument("--only", default="", help="only files whose name holds this")
    given = parse.parse_args()
    drawn, total = sample(given.sample, given.seed)
    drawn = [(file, number) for file, number in drawn if given.only in file]
    print(f"{len(drawn):,} of {total:,} changes", flush=True)
    begun, left = time.monotonic(), defaultdict(list)
    tried: dict[str, int] = defaultdict(int)
    with multiprocessing.Pool(given.jobs, maxtasksperchild=1) as pool:
        for done, (file, number, survived) in enumerate(pool.imap_unordered(attempt, drawn, chunksize=1), 1):
            tried[file] += 1
            if survived:
                left[file].append(changed((ROOT / file).read_text(encoding="utf-8"), number)[1])
                print(f"[{done}/{len(drawn)}] survived {file}:{left[file][-1]}", flush=True)
    survivors = sum(map(len, left.values()))
    for file in sorted(tried):
        print(f"{file}: {tried[file] - len(left[file])} of {tried[file]} noticed")
    noticed = len(drawn) - survivors
    share = 100 * noticed / len(drawn)
    print(f"noticed {noticed} of {len(drawn)} ({share:.1f} %), {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
