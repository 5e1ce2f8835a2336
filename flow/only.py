"""`--select` and `-m` on results: which part of what was measured is wanted."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from taskc.dsl.diagnostic import similar
from taskc.flow.selection import BadSelection, Wanted, check_names


class Only(Struct, frozen=True, kw_only=True):
    """What of some results is wanted: names as in `Wanted`, and models; all of them where none is named.

    With `subtasks` the subtasks of a task are told apart, else they are taken together.
    """

    wanted: Wanted = Wanted()
    models: tuple[str, ...] = ()
    subtasks: bool = False

    @property
    def narrow(self) -> bool:
        """Say whether this leaves something out."""
        return bool(self.models or self.wanted.names)

    def takes(self, task: str, regime: str, levels: Mapping[str, str], model: str, measure: str = "") -> bool:
        """Say whether a result is wanted."""
        named = not self.models or model in self.models
        return named and self.wanted.takes(task, regime, levels, measure)


def check_only(
    only: Only,
    *,
    tasks: Iterable[str],
    regimes: Iterable[str],
    models: Iterable[str],
    measures: Iterable[str] = (),
    factors: Iterable[tuple[str, str]] = (),
) -> None:
    """See that every name stands for something; raises `BadSelection` with the nearest one."""
    asked = dict.fromkeys(models)
    for model in only.models:
        if model not in asked:
            raise BadSelection(f"no model is called `{model}`", similar(model, asked))
    check_names(only.wanted, tasks=tasks, regimes=regimes, measures=measures, factors=factors)
