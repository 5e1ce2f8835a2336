"""The package as source text: its files, and what each imports where. Shared by the tests of the house."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "dsl",
    "records",
    "grammar",
    "compiler",
    "backends",
    "metrics",
    "analysis",
    "store",
    "pages",
    "flow",
    "cli",
    "tasks",
    "ladders",
)


class Import(NamedTuple):
    """One import: the module it means, and whether it runs when the file is imported."""

    module: str
    line: int
    at_once: bool


def files() -> list[Path]:
    """List the modules of the package as paths from the root."""
    return sorted(p.relative_to(ROOT) for folder in FOLDERS for p in (ROOT / folder).rglob("*.py"))


def module(path: Path) -> str:
    """Give the dotted name of a file: `grammar/parse.py` is `taskc.grammar.parse`."""
    parts = ("taskc", *path.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Give what a file imports; imports for type checkers only are left out."""
    return tuple(_below(tree(path), True))


@cache
def modules() -> frozenset[str]:
    """Name every module of the package."""
    return frozenset(module(path) for path in files()) | {"taskc"}


def _below(node: ast.AST, at_once: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                name = f"{child.module}.{alias.name}"
                yield Import(name if name in modules() else str(child.module), child.lineno, at_once)
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        else:
            function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _below(child, at_once and not function)
