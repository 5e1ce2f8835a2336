"""`taskc check`: everything that compiling would find, nothing written; and the fixes that findings carry."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from taskc.compiler.expand import write_requests
from taskc.compiler.lints import Tools
from taskc.dsl.diagnostic import Diagnostic, Edit, count_errors
from taskc.dsl.model import Task
from taskc.flow.load import find_roots
from taskc.flow.lock import drift
from taskc.flow.understand import Understood, understand_roots
from taskc.store.atomic import write_atomically

ROUNDS = 10  # a fix may make another finding, which is fixed in the next round

Check = Callable[[Mapping[str, bytes]], Understood]


class Fixed(Struct, frozen=True, kw_only=True):
    """What fixing did: how it stands after it, the findings that were cured, and each changed file.

    `texts` gives old and new text of the changed files by name.
    """

    understood: Understood
    cured: tuple[Diagnostic, ...]
    texts: Mapping[str, tuple[str, str]]


def check_paths(
    paths: Sequence[str],
    tools: Tools | None = None,
    instead: Mapping[str, bytes] | None = None,
) -> Understood:
    """Check `.task` files, and make every request of every task to see whether it can be made.

    `instead` gives files by name that are taken in place of what is on disk. Raises `load.NotFound`.
    """
    roots = dict(find_roots(paths))
    understood = understand_roots(roots, tools, instead)
    if not understood.failed:
        hashes = {task.name: _hash(task, understood) for task in understood.program.tasks}
        if not understood.failed:
            drift(understood, roots, hashes)
    return understood


def _hash(task: Task, understood: Understood) -> str:
    """Make the requests of a task, and give the hash of their lines."""
    found: list[Diagnostic] = []
    digest = sha256()
    for line in write_requests(task, understood.desk.meter, found, gallery=understood.gallery):
        digest.update(line)
    understood.desk.found += found
    return digest.hexdigest()


def fix_paths(paths: Sequence[str], tools: Tools | None = None, *, write: bool = True) -> Fixed:
    """Cure what can be cured safely in the files that `paths` name, and in no other; then check again.

    Each file is written whole or not at all, and only if that makes no error.
    """
    fixed = cure(lambda texts: check_paths(paths, tools, texts))
    if write:
        for name, (_, new) in fixed.texts.items():
            _rewrite(fixed.understood.loaded.places[name].path, new)
    return fixed


def _rewrite(path: Path, text: str) -> None:
    """Replace the text of a file and nothing else: where it is a link it stays one, and its mode stays."""
    real = path.resolve()
    mode = real.stat().st_mode
    write_atomically(real, text.encode())
    real.chmod(mode)


def cure(check: Check) -> Fixed:
    """Apply the edits of findings round by round until none is left; `check` looks at changed texts.

    A round that would make an error is not taken.
    """
    now = check({})
    before = {name: now.loaded.sources[name].text for name in _own(now)}
    texts = dict(before)
    cured: list[Diagnostic] = []
    for _ in range(ROUNDS):
        accepted = list(compatible(now.found, texts))
        if not accepted:
            break
        tried = {name: apply(text, name, accepted) for name, text in texts.items()}
        after = check({name: text.encode() for name, text in tried.items()})
        if count_errors(after.found) > count_errors(now.found):
            break
        texts, now = tried, after
        cured += accepted
    changed = {name: (before[name], text) for name, text in texts.items() if text != before[name]}
    return Fixed(understood=now, cured=tuple(cured), texts=changed)


def _own(understood: Understood) -> list[str]:
    """Name the files that were asked for, shipped ones left out."""
    loaded = understood.loaded
    return [name for name in loaded.roots if not name.startswith("std/") and name in loaded.sources]


def compatible(found: Sequence[Diagnostic], texts: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Give the findings whose edits can be made together, all of each: the first of two that overlap."""
    taken: list[Edit] = []
    for finding in found:
        edits = finding.edits
        if not edits or any(edit.span.file not in texts for edit in edits):
            continue
        if any(_overlap(edit, other) for edit in edits for other in taken):
            continue
        taken += edits
        yield finding


def _overlap(a: Edit, b: Edit) -> bool:
    """Say whether two edits touch the same text; two at one place do, for their order would matter."""
    if a.span.file != b.span.file:
        return False
    if a.span.start == b.span.start:
        return True
    return a.span.start < b.span.end and b.span.start < a.span.end


def apply(text: str, name: str, findings: Sequence[Diagnostic]) -> str:
    """Make the edits of findings that concern the file `name`."""
    edits = [edit for finding in findings for edit in finding.edits if edit.span.file == name]
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def difference(fixed: Fixed) -> str:
    """Write what fixing changes as a unified diff."""
    parts = []
    for name, (old, new) in fixed.texts.items():
        lines = unified_diff(old.splitlines(True), new.splitlines(True), f"a/{name}", f"b/{name}")
        parts += [
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        ]
    return "".join(parts)
