"""A ladder: the models of one family and how large each is, with the source of every figure."""

from typing import Literal, TypeAlias

from msgspec import Struct, field

Axis: TypeAlias = Literal["parameters", "tokens", "flops"]
AXES: tuple[Axis, ...] = ("parameters", "tokens", "flops")


class Rung(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model: the names it goes by, and its size.

    `parameters` and training `tokens` are counts, `flops` those of training. `released` is a year and month.
    """

    name: str
    models: tuple[str, ...]
    parameters: int
    tokens: int | None = None
    flops: float | None = None
    released: str = ""
    source: str

    def along(self, axis: Axis) -> float | None:
        """Give the place on an axis; FLOPs are 6 · parameters · tokens unless stated.

        So Kaplan et al. 2020, arXiv:2001.08361, section 2.1, reckon. None where what it takes is not known.
        """
        if axis == "flops" and self.flops is None and self.tokens is not None:
            return 6.0 * self.parameters * self.tokens
        given: float | None = getattr(self, axis)
        return given


class Ladder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A family of models."""

    name: str
    about: str = ""
    model: tuple[Rung, ...] = field(default_factory=tuple)

    def find(self, model: str) -> Rung | None:
        """Find the rung of a model string: one of its names is the string, or its end after a `/`."""
        parts = model.partition("?")[0].split("/")
        ends = {"/".join(parts[at:]) for at in range(len(parts))}
        return next((rung for rung in self.model if ends & set(rung.models)), None)
