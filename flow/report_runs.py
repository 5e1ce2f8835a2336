"""What runs and their builds say of themselves, for a report."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from taskc.flow.build_folder import REQUESTS, BuildError, again, open_part
from taskc.records.manifest import Manifest
from taskc.records.report import BuildOf, RunOf, TaskOf
from taskc.records.run import RunRecord


class Builds:
    """The builds that some runs have asked, each opened once; those that have changed since are not there."""

    def __init__(self, records: Mapping[Path, RunRecord]) -> None:
        """Open what is there; nothing is raised for what is not."""
        self._manifests: dict[str, Manifest] = {}
        self._lines: dict[str, object] = {}
        self.lost: dict[str, str] = {}  # by hash of the requests, the name of the run that asked them
        for run, record in records.items():
            if record.requests_sha256 not in self._manifests:
                self._open(run, record)

    def _open(self, run: Path, record: RunRecord) -> None:
        wanted = record.requests_sha256
        try:
            manifest, file = open_part((run / record.build).resolve(), REQUESTS)
        except BuildError:
            self.lost.setdefault(wanted, run.name)
            return
        if manifest.requests_sha256 != wanted:
            file.close()
            self.lost.setdefault(wanted, run.name)
            return
        self.lost.pop(wanted, None)
        self._manifests[wanted] = manifest
        self._lines[wanted] = file

    def lines(self, requests_sha256: str) -> Iterator[bytes]:
        """Give the lines of the requests with this hash, none where they are not there."""
        file = self._lines.get(requests_sha256)
        if file is not None:
            yield from again(file)  # type: ignore[arg-type]

    def place(self, task: str, regime: str) -> tuple[int, int]:
        """Give the place of a task, and of a regime of it, as their author put them; what is gone is last."""
        entries = [entry for manifest in self._manifests.values() for entry in manifest.tasks]
        names = [entry.name for entry in entries]
        if task not in names:
            return len(names), 0
        at = names.index(task)
        regimes = entries[at].regimes
        return at, regimes.index(regime) if regime in regimes else len(regimes)

    def told(self) -> tuple[BuildOf, ...]:
        """Describe the builds that are there."""
        return tuple(_described(manifest) for manifest in self._manifests.values())


def _described(manifest: Manifest) -> BuildOf:
    tasks = (
        TaskOf(
            name=task.name,
            title=" ".join(task.meta.get("title", ())),
            true_task=task.true_task,
            distractors=task.distractors,
            items=task.asked,
        )
        for task in manifest.tasks
    )
    return BuildOf(
        taskc=manifest.taskc,
        requests=manifest.requests,
        requests_sha256=manifest.requests_sha256,
        snapshot_sha256=manifest.snapshot_sha256,
        sources=manifest.sources,
        tasks=tuple(tasks),
    )


def run_of(name: str, record: RunRecord) -> RunOf:
    """Give what a report says of a run."""
    return RunOf(
        name=name,
        taskc=record.taskc,
        requests_sha256=record.requests_sha256,
        selection=record.selection,
        limit=record.limit,
        models=record.models,
    )
