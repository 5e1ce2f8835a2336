"""What a task allows: the findings that its author means, each with a reason."""

from collections.abc import Iterator

from taskc.compiler.merge import every, last
from taskc.compiler.regimes import used
from taskc.compiler.resolve import Job
from taskc.dsl import syntax
from taskc.dsl.model import Allow


def allows_of(job: Job) -> tuple[Allow, ...]:
    """Give every rule that is allowed for a task, once for each place that names it.

    They come from the task and what it inherits, from its file and its parents' files, from the
    suites that list it, and from the regimes it uses.
    """
    stated = [
        Allow(rule=rule.text, reason=allow.reason.value, span=rule.span)
        for allow in _statements(job)
        for rule in allow.rules
    ]
    return tuple(dict.fromkeys(stated))


def _statements(job: Job) -> Iterator[syntax.Allow]:
    yield from every(job.body, syntax.Allow)
    yield from job.names.allows
    yield from job.allows
    stated = job.regimes or last(job.body, syntax.Regimes)
    for use in stated.uses if stated else ():
        yield from every(used(use, job.names.regimes, []) or (), syntax.Allow)
