"""What a build says about itself: the manifest, made of what was compiled and what was kept."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from taskc import __version__
from taskc.compiler.expand import Selection
from taskc.dsl.diagnostic import Diagnostic
from taskc.dsl.model import Suite, Task
from taskc.dsl.span import Source
from taskc.flow.build_folder import REQUESTS, SNAPSHOT
from taskc.flow.reuse import Group
from taskc.flow.selection import Wanted
from taskc.flow.understand import Understood
from taskc.records.manifest import FindingEntry, Manifest, SourceFile, SuiteEntry, TaskEntry


def manifest_of(
    groups: Sequence[Group],
    tasks: Sequence[TaskEntry],
    wanted: Wanted,
    hashes: Mapping[str, str],
    understood: Understood,
) -> Manifest:
    """Make the manifest of a build; `hashes` are those of its two long files, by name."""
    files = {key.shown: key for group in groups for key in group.files}
    texts = understood.sources
    portable = {key.shown: key.portable for key in files.values()}
    return Manifest(
        taskc=__version__,
        sources=tuple(
            SourceFile(path=PurePosixPath(key.portable).as_posix(), sha256=key.sha256, bytes=key.bytes)
            for key in sorted(files.values(), key=lambda key: (key.portable, key.sha256))
        ),
        tasks=tuple(tasks),
        suites=tuple(dict.fromkeys(suite for group in groups for suite in group.suites)),
        selection=dict(sorted(wanted.names.items())),
        limit=wanted.limit.text,
        requests=sum(task.requests for task in tasks),
        requests_sha256=hashes[REQUESTS],
        snapshot_sha256=hashes[SNAPSHOT],
        findings=tuple(_finding(d, portable, texts) for d in understood.found),
    )


def suite_entries(suites: Sequence[Suite]) -> tuple[SuiteEntry, ...]:
    """Give suites as the manifest lists them."""
    return tuple(SuiteEntry(name=s.name, title=s.title, tasks=s.tasks) for s in suites)


def task_entry(task: Task, chosen: Selection) -> TaskEntry:
    """Say what a task is, before its requests are made."""
    variants = [variant for variant in task.variants if chosen.takes(variant)]
    measures = dict.fromkeys(m.name for v in variants for m in v.measures)
    distractors = dict.fromkeys(d.name for v in variants for d in v.distractors)
    return TaskEntry(
        name=task.name,
        meta=task.meta,
        true_task=task.about_true_task,
        distractors=tuple(distractors),
        items=len(task.items),
        asked=len(task.asked[chosen.first : chosen.last]),
        regimes=tuple(dict.fromkeys(v.regime.name for v in variants)),
        factors={f.name: f.levels for f in task.factors},
        design=task.design,
        measures=tuple(measures),
        requests=0,
    )


def _finding(d: Diagnostic, portable: Mapping[str, str], sources: Mapping[str, Source]) -> FindingEntry:
    span = d.primary.span
    line, column = sources[span.file].position(span.start) if span.file in sources else (1, 1)
    return FindingEntry(
        rule=d.rule,
        severity=d.severity.value,
        message=d.message,
        path=portable.get(span.file, span.file),
        line=line,
        column=column,
    )
