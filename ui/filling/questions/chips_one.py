"""Choose one of a few."""

from __future__ import annotations

from forms.filling import Node
from ui.filling.questions.chips import ChipsEditor


class ChipsOneEditor(ChipsEditor):
    """select_one as chips."""

    def taken(self, name: str) -> tuple[str, ...]:
        # A second click takes it back where no answer is needed; where one is, it would only be an accident.
        if self._names == (name,) and not self._required:
            return ()
        return (name,)

    def say(self) -> None:
        self.answered.emit(self._names[0] if self._names else None)

    def chosen_in(self, node: Node) -> tuple[str, ...]:
        return (str(node.value),) if node.value not in (None, "") else ()
