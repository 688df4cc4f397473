"""One question on screen: its words, its widget, last visit's answer, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from forms.definition import Question
from forms.filling import Node
from ui import theme
from ui.filling.answers import shown
from ui.filling.media import Media
from ui.filling.questions import Editor, Subject, editor_class
from ui.filling.questions.note import NoteEditor
from ui.filling.rows import answerable
from ui.filling.scrolling import bring_into_view
from ui.filling.session import FillingSession
from ui.widgets.label import ElidedLabel

SHAPE = "▲ "
"""Stands before what is wrong: red alone says nothing to those who do not see it."""


class QuestionFrame(QFrame):
    """Shows the node at `path` and hands what is answered to the session."""

    def __init__(
        self, session: FillingSession, media: Media, path: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.path = path
        node = session.node(path)
        assert isinstance(node.item, Question)
        self.question = node.item
        kind = editor_class(session.form, self.question, len(node.choices))
        subject = Subject(session.form, self.question, media, lambda value: session.answer(path, value))
        self.editor: Editor = kind(subject, self)
        self.editor.answered.connect(lambda value: session.answer(path, value))
        self.editor.unreadable.connect(lambda text, message: session.refuse(path, text, message))
        self.refers = "${" in self.question.label or "${" in self.question.hint
        """Its words hold other answers: they are looked at after every change."""
        self._lay_out()
        self.refresh(node)

    @property
    def wide(self) -> bool:
        """Whether it takes the whole line."""
        if self.question.appearance & {"w3", "w4", "w5", "w6"}:
            return True
        return not self.editor.short

    @property
    def takes_answer(self) -> bool:
        return answerable(self.question) and not self.session.node(self.path).read_only

    def _lay_out(self) -> None:
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.hint = QLabel(self)
        self.hint.setWordWrap(True)
        self.hint.setProperty("tone", "small")
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.before = ElidedLabel("", "small", self)
        self.carry = QPushButton("沿用上次", self)
        self.carry.setProperty("link", "true")
        self.carry.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.carry.clicked.connect(self._carry_over)
        self.problem = QLabel(self)
        self.problem.setProperty("tone", "bad")
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.editor, 0 if self.editor.compact else 1)
        line.addWidget(self.before)
        line.addWidget(self.carry)
        if self.editor.compact:
            line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.label)
        # Fields that stand beside each other must be level: there the hint comes below.
        if self.wide:
            column.addWidget(self.hint)
        column.addLayout(line)
        if not self.wide:
            column.addWidget(self.hint)
        column.addWidget(self.problem)
        if isinstance(self.editor, NoteEditor):
            self.setProperty("note", "true")
            column.setContentsMargins(
                theme.GRID * 5 // 4, theme.GRID * 3 // 4, theme.GRID * 5 // 4, theme.GRID * 3 // 4
            )

    def refresh(self, node: Node | None = None) -> None:
        """Show the question as it is now."""
        node = node or self.session.node(self.path)
        self.setVisible(node.relevant)
        if not node.relevant:
            return
        words = node.label or self.question.name
        self._show_words(words, node)
        self.editor.show_node(node)
        kept = self.session.unreadable.get(self.path)
        if kept is not None:
            self.editor.show_raw(kept.text)
        self._show_previous(node)
        message = self.session.message(self.path, node)
        self.problem.setText(f"{SHAPE}{message}" if message else "")
        self.problem.setVisible(bool(message))
        self.editor.show_wrong(bool(message))
        self.editor.name_for_readers(f"{words}：{message}" if message else words)

    def _show_words(self, words: str, node: Node) -> None:
        escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")
        note = isinstance(self.editor, NoteEditor)
        if node.required and not note:
            escaped += f' <span style="color:{theme.current().hex("red")}">*</span>'
        self.label.setText(escaped)
        self.hint.setText(node.hint)
        self.hint.setVisible(bool(node.hint))

    def _show_previous(self, node: Node) -> None:
        """Empty field: last visit's answer greyed and one click takes it. Answered otherwise: it stands beside it."""
        text = (
            self.session.previous_text(self.path) if answerable(self.question) and not node.read_only else ""
        )
        empty = node.value in (None, "", ()) and self.path not in self.session.unreadable
        same = not empty and text == shown(self.session.form, self.question, node.value, node.choices)
        within = self.editor.show_previous(text if empty else "")
        self.carry.setVisible(bool(text) and empty)
        beside = f"上次 {text}" if text and not same and not (empty and within) else ""
        self.before.setText(beside)
        self.before.setVisible(bool(beside))

    def _carry_over(self) -> None:
        target = self.editor.focus_widget()
        self.session.take_previous(self.path)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def tab_stops(self) -> list[QWidget]:
        """What the Tab key goes through, in order."""
        return [*self.editor.tab_stops(), self.carry]

    def flush(self) -> None:
        self.editor.flush()

    def focus_here(self) -> None:
        """Put the keyboard into the question, and the question into sight."""
        self.editor.focus_widget().setFocus(Qt.FocusReason.OtherFocusReason)
        bring_into_view(self)
