"""Choices put in order: clicked one after another."""

from __future__ import annotations

from forms.filling import Node
from ui.filling.questions.chips_many import ChipsManyEditor


class RankEditor(ChipsManyEditor):
    """rank: the first one clicked is the first; a second click takes it out."""

    def taken(self, name: str) -> tuple[str, ...]:
        if name in self._names:
            return tuple(own for own in self._names if own != name)
        return (*self._names, name)

    def say(self) -> None:
        self._number()
        super().say()

    def show_node(self, node: Node) -> None:
        super().show_node(node)
        self._number()

    def _number(self) -> None:
        for chip, (name, label) in zip(self.chips, self._shown, strict=True):
            place = f"{self._names.index(name) + 1}. " if name in self._names else ""
            chip.setText(f"{place}{label}")
            chip.updateGeometry()
