"""Files as a git revision has them: read from its objects, so that no hook, filter or setting has a say."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from taskc.flow.build_folder import BuildError

_ENDINGS = (".task", ".jsonl", ".json", ".csv", ".tsv", ".parquet")
# nothing of the repository's own is run, and nothing is fetched
_CALMED = ("--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


class Revision(Struct, frozen=True):
    """A commit as it was called, its hash, and what is wanted of it: a path from the top, '' for all."""

    name: str
    commit: str
    path: str


def find_revision(text: str, path: str | None = None) -> Revision:
    """Read `REV` or `REV:path`; raises `BuildError`.

    As git has it, `path` counts from the top of the repository, and from here if it begins with `./`.
    Without one it is `path`, from here; without that, this folder.
    """
    name, colon, wanted = text.partition(":")
    if not name or name.startswith("-"):
        raise BuildError(f"`{text}` is neither a build, nor a path, nor a revision of git")
    found = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", wrong=_unknown(name))
    here = _git("rev-parse", "--show-prefix").strip()
    if not colon:
        wanted = "./" + (path or "")
    inside = os.path.normpath(here + wanted if wanted.startswith(".") else wanted or ".")
    if inside.startswith(".."):
        raise BuildError(f"`{wanted}` lies outside the repository")
    return Revision(text, found.strip(), "" if inside == "." else PurePosixPath(inside).as_posix())


def _unknown(name: str) -> BuildError:
    return BuildError(
        f"`{name}` is neither a build, nor a path, nor a revision of git",
        "name a build folder, a `.task` file, or a revision such as `HEAD~1` or `v1.0:tasks/quiz.task`",
    )


def check_out(revision: Revision, into: Path) -> Path:
    """Write the task and data files of a revision below `into`; gives where its path is.

    Of a file it is the folder that is written, for a task reads only what lies in its own folder. Raises
    `BuildError`.
    """
    path = revision.path
    if path and not _is_there(revision, path):
        ended = f"{path}.task"
        if not _is_there(revision, ended):
            raise BuildError(f"there is no `{path}` in `{revision.name.partition(':')[0]}`")
        path = ended
    folder = str(PurePosixPath(path).parent) if path.endswith(".task") else path
    entries = [e for e in _entries(revision.commit, folder) if e[2].endswith(_ENDINGS)]
    contents = _contents([address for _, address, _ in entries])
    links = []
    for (mode, _, name), content in zip(entries, contents, strict=True):
        place = into / name
        if not Path(os.path.normpath(place)).is_relative_to(into):
            continue  # no tree that git made has such a name
        if mode == "120000":
            links.append((place, content))
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    for place, content in links:  # last, so that nothing is written through one
        if not place.exists() and place.parent.is_dir():
            place.symlink_to(os.fsdecode(content))
    return into / path if path else into


def _is_there(revision: Revision, path: str) -> bool:
    return bool(_git("ls-tree", "--full-tree", "-z", revision.commit, "--", path))


def _entries(commit: str, folder: str) -> Iterator[tuple[str, str, str]]:
    """Give mode, address and path of every file below a folder."""
    where = [] if folder in ("", ".") else ["--", f"{folder}/"]
    for entry in _git("ls-tree", "-r", "-z", "--full-tree", commit, *where).split("\0"):
        if entry:
            about, _, name = entry.partition("\t")
            mode, kind, address = about.split()
            if kind == "blob":
                yield mode, address, name


def _contents(addresses: Sequence[str]) -> Iterator[bytes]:
    """Give the contents of blobs, exactly as they were committed."""
    with subprocess.Popen(
        _command("cat-file", "--batch"), env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for address in addresses:
            process.stdin.write(f"{address}\n".encode())
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) != 3:
                raise BuildError(
                    f"git has no object `{address[:12]}`",
                    "fetch it: this copy of the repository is partial",
                )
            content = process.stdout.read(int(header[2]))
            process.stdout.read(1)
            yield content
        process.stdin.close()


def _command(*words: str) -> list[str]:
    return ["git", *_CALMED, *words]


def _environment() -> dict[str, str]:
    return {**os.environ, **_QUIET}


def _git(*words: str, wrong: BuildError | None = None) -> str:
    try:
        done = subprocess.run(_command(*words), env=_environment(), capture_output=True, check=False)
    except FileNotFoundError:
        raise BuildError(
            "git is not installed, and this is neither a build nor a path",
            "compare build folders or `.task` files instead",
        ) from None
    if done.returncode == 0:
        return os.fsdecode(done.stdout)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if said and "not a git repository" in said[0]:
        raise wrong or BuildError("this folder is not in a git repository")
    raise wrong or BuildError(f"git says: {said[0].removeprefix('fatal: ') if said else 'nothing'}")
