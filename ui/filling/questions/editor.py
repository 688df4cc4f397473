"""What every widget that takes an answer has in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from forms.definition import Form, Question
from forms.filling import Node
from ui.filling.media import Media


@dataclass(frozen=True, slots=True)
class Subject:
    """What an editor is made for."""

    form: Form
    question: Question
    media: Media
    answer: Callable[[Any], None]
    """Takes the answer also when the widget is gone by then: a picture is entered in the background."""


class Editor(QWidget):
    """Takes one answer. It shows what it is told and says what was given; it decides nothing."""

    answered = Signal(object)
    """The answer as typed or chosen: text, a tuple of choice names, or None for no answer."""
    unreadable = Signal(str, str)
    """What was given cannot be an answer: the text, and the sentence that says what to do."""
    short = False
    """Whether two such questions stand beside each other."""

    compact = False
    """Whether it is as wide as what it holds, so that last visit's answer can stand right beside it."""

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.subject = subject

    def show_node(self, node: Node) -> None:
        """Show value and choices as they are now. Must not disturb somebody who is typing here."""
        raise NotImplementedError

    def show_raw(self, text: str) -> None:
        """Show what was typed and could not be an answer."""

    def show_previous(self, _text: str) -> bool:
        """Show last visit's answer greyed inside the empty field. False where there is no room for it within."""
        return False

    def show_wrong(self, wrong: bool) -> None:
        """Mark the field itself; the words stand below it."""

    def flush(self) -> None:
        """Give up what is typed and not yet said."""

    def focus_widget(self) -> QWidget:
        """Where the keyboard goes when somebody jumps here."""
        return self

    def tab_stops(self) -> Sequence[QWidget]:
        """What the Tab key goes through, in order. Those that do not take it at present may be among them."""
        return [self.focus_widget()]

    def name_for_readers(self, label: str) -> None:
        """The label, for screen readers."""
        self.focus_widget().setAccessibleName(label)


def text_of(value: Any) -> str:
    """An answer as the text one would type."""
    return "" if value is None else str(value)
