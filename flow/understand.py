"""Paths to a program: read, parse, check, lint; and every finding on the way."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from taskc.compiler.check import check
from taskc.compiler.desk import Desk
from taskc.compiler.followers import without_followers
from taskc.compiler.gallery import Gallery
from taskc.compiler.limits import Meter
from taskc.compiler.lints import Tools, lint
from taskc.dsl.diagnostic import Diagnostic, count_errors
from taskc.dsl.model import Program
from taskc.dsl.span import Source
from taskc.flow import lend
from taskc.flow.data_files import DataFile
from taskc.flow.load import Loaded, Place, find_roots, load_roots, shipped_regimes, shipped_source
from taskc.flow.places import Pieces
from taskc.flow.reuse import Group, place_of


class Understood(Struct, kw_only=True):
    """Everything a compilation read and understood, and every finding so far.

    `kept` are findings in files that were not compiled again, `others` the paths of these files, `homes` the
    files of their tasks, and `order` is that of all root files.
    """

    program: Program
    loaded: Loaded
    desk: Desk
    gallery: Gallery = field(default_factory=Gallery)
    kept: list[Diagnostic] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    homes: dict[str, str] = field(default_factory=dict)

    def add(self, groups: Iterable[Group], roots: Mapping[str, Place]) -> None:
        """Add what is known of groups that were not compiled again."""
        for group in groups:
            self.kept += group.found
            self.homes |= zip(group.tasks, group.homes, strict=True)
            self.others += [place_of(key.shown, roots) for key in group.files]
            named = {label.span.file for d in group.found for label in (d.primary, *d.others)}
            for key in group.files:
                if key.shown in named:
                    self._read_again(key.shown, roots, parsed=key.shown in group.parsed)
        names = list(dict.fromkeys([*self.loaded.roots, *(root for g in groups for root in g.roots)]))
        given = {name: number for number, name in enumerate(roots)}
        self.order = sorted(names, key=lambda name: given.get(name, len(given)))

    def _read_again(self, name: str, roots: Mapping[str, Place], *, parsed: bool) -> None:
        path = place_of(name, roots)
        if not parsed:
            self.loaded.data[name] = DataFile(name=name, root=path.parent, base=path, path=path.name)
            return
        try:
            text = path.read_bytes().decode("utf-8", "replace")
        except OSError:
            return  # the finding is shown without its lines
        self.loaded.sources[name] = Source(name=name, text=text)

    @property
    def found(self) -> list[Diagnostic]:
        """Give all findings, each once, in the order of files and places."""
        names = dict.fromkeys([*self.order, *self.loaded.sources])
        order = {name: index for index, name in enumerate(names)}
        every = dict.fromkeys([*self.kept, *self.loaded.found, *self.desk.found])
        return sorted(
            every,
            key=lambda d: (
                order.get(d.primary.span.file, len(order)),
                d.primary.span.file,
                d.primary.span.start,
            ),
        )

    @property
    def failed(self) -> bool:
        """Say whether any finding is an error."""
        return count_errors(self.found) > 0

    @property
    def sources(self) -> dict[str, Source]:
        """Give every text that a finding may point into; data files are read again for it, if they can be."""
        shipped = shipped_source()
        named = {label.span.file for d in self.found for label in (d.primary, *d.others)}
        texts = {name: file.text() for name, file in self.loaded.data.items() if name in named}
        data = {name: Source(name=name, text=text) for name, text in texts.items() if text is not None}
        return {**self.loaded.sources, shipped.name: shipped, **data}

    @property
    def data(self) -> dict[str, Pieces]:
        """Give ways to read the texts of the data files from the beginning."""
        return {name: file.texts for name, file in self.loaded.data.items()}

    @property
    def files(self) -> list[Path]:
        """Give the paths of all files that took part."""
        return [*(place.path for place in self.loaded.places.values()), *self.others]

    @property
    def portable(self) -> dict[str, str]:
        """Give the names that files have in a build."""
        return {name: place.portable for name, place in self.loaded.places.items()}


class NotCompiled(Exception):
    """Something has errors that was to be compared or locked: what it is called, and what was found."""

    def __init__(self, label: str, understood: Understood) -> None:
        """Keep both."""
        super().__init__(f"`{label}` does not compile")
        self.understood = understood


def understand(
    paths: Sequence[str],
    tools: Tools | None = None,
    instead: Mapping[str, bytes] | None = None,
) -> Understood:
    """Read, parse and check; raises `load.NotFound` for a path that means nothing.

    Without `tools` lints get those that need no model. `instead` gives files by name that are taken in
    place of what is on disk.
    """
    return understand_roots(dict(find_roots(paths)), tools, instead)


def understand_roots(
    roots: Mapping[str, Place],
    tools: Tools | None = None,
    instead: Mapping[str, bytes] | None = None,
) -> Understood:
    """Read, parse and check files that have been found.

    An `allow` in a file that is only imported is not judged: its own tasks may need it.
    """
    loaded = load_roots(roots.items(), instead)
    desk, gallery = Desk(files=loaded), Gallery()
    program = check(loaded.roots, loaded.units, shipped_regimes(), desk)
    desk.found = without_followers(desk.found, loaded.found, loaded.sources)
    if not count_errors([*loaded.found, *desk.found]):
        linted = lint(program, desk.found, tools or lend.tools(), Meter(), gallery)
        desk.found = [d for d in linted if d.rule != "unused-allow" or d.primary.span.file in loaded.roots]
    return Understood(program=program, loaded=loaded, desk=desk, gallery=gallery)
