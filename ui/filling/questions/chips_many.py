"""Choose any of them."""

from __future__ import annotations

from forms.filling import Node
from ui.filling.questions.chips import ChipsEditor


class ChipsManyEditor(ChipsEditor):
    """select_multiple as chips; what is chosen stays in the order of the list."""

    many = True

    def taken(self, name: str) -> tuple[str, ...]:
        names = set(self._names) ^ {name}
        return tuple(own for own, _ in self._shown if own in names)

    def say(self) -> None:
        self.answered.emit(self._names or None)

    def chosen_in(self, node: Node) -> tuple[str, ...]:
        return node.value if isinstance(node.value, tuple) else tuple(str(node.value or "").split())
