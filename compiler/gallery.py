"""Items as they were shown, kept for who comes next: lints look at them, then requests are made of them."""

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from taskc.compiler.scene import Scene
from taskc.dsl.model import Variant

ROOM = 10_000  # scenes kept in one compilation; a few kilobytes each


class Gallery(Struct):
    """The scenes of all asked items of a task, in order, for the variants that show items alike."""

    room: int = ROOM
    _scenes: dict[int, Sequence[Scene]] = field(default_factory=dict)  # by identity of a variant

    def keep(self, variants: Iterable[Variant], scenes: Sequence[Scene]) -> None:
        """Keep the scenes of variants that live as long as this does, if there is room for them."""
        if len(scenes) <= self.room:
            self.room -= len(scenes)
            self._scenes.update((id(variant), scenes) for variant in variants)

    def scenes(self, variant: Variant) -> Sequence[Scene] | None:
        """Give the scenes of the asked items under a variant, if they were kept."""
        return self._scenes.get(id(variant))
