"""`--select` and `-m` on results: which part of what was measured is wanted."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from taskc.dsl.diagnostic import similar
from taskc.flow.selection import BadSelection, Wanted


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

    def takes(self, task: str, regime: str, levels: Mapping[str, str], model: str) -> bool:
        """Say whether a result is wanted."""
        return (not self.models or model in self.models) and self.wanted.takes(task, regime, levels)


def check_only(
    only: Only,
    *,
    tasks: Iterable[str],
    regimes: Iterable[str],
    models: Iterable[str],
    factors: Iterable[tuple[str, str]] = (),
) -> None:
    """See that every name stands for something; raises `BadSelection` with the nearest one."""
    known: dict[str, set[str]] = {"task": set(), "regime": set(regimes)}
    for task in set(tasks):
        parts = task.split(".")
        known["task"].update(".".join(parts[: n + 1]) for n in range(len(parts)))
    for name, level in factors:
        known.setdefault(name, set()).add(level)
    asked = list(dict.fromkeys(models))
    for model in only.models:
        if model not in asked:
            raise BadSelection(f"no model is called `{model}`", similar(model, asked))
    for name, values in only.wanted.names.items():
        if name not in known:
            raise BadSelection(f"nothing can be selected by `{name}`", similar(name, known))
        for value in values:
            if value not in known[name]:
                raise BadSelection(f"no {name} is called `{value}`", similar(value, known[name]))
