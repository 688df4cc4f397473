"""Choose one of many: a list that is searched by typing a part of what one looks for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLineEdit, QWidget

from forms.filling import Node
from ui import theme
from ui.filling.answers import label_of
from ui.filling.questions.chips import NOTHING_TO_CHOOSE
from ui.filling.questions.editor import Editor, Subject
from ui.widgets.repolish import set_flag


class _Box(QComboBox):
    """Rolling the page must not alter answers on the way."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ComboEditor(Editor):
    """select_one with the appearance minimal, and every long list."""

    short = True

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self._shown: tuple[tuple[str, str], ...] = ()
        self._value: str | None = None
        self.box = _Box(self)
        self.line = QLineEdit(self.box)
        self.box.setLineEdit(self.line)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setMaxVisibleItems(12)
        self.box.setMinimumWidth(theme.current().size("field"))
        self.box.setMaximumWidth(theme.current().px(420))
        self.box.setMinimumContentsLength(12)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        completer = QCompleter(self.box.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.box.setCompleter(completer)
        completer.activated.connect(self._completed)
        self.box.activated.connect(self._picked)
        self.line.editingFinished.connect(self.flush)
        self.box.installEventFilter(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box, 1)
        row.addStretch()
        self.setFocusProxy(self.box)

    def show_node(self, node: Node) -> None:
        self._value = str(node.value) if node.value not in (None, "") else None
        offered = [(choice.name, choice.label or choice.name) for choice in node.choices]
        if self._value is not None and self._value not in {name for name, _ in offered}:
            offered.append((self._value, self._label_of(self._value)))
        if tuple(offered) != self._shown:
            self._shown = tuple(offered)
            blocked = self.box.blockSignals(True)
            self.box.clear()
            self.box.addItems([label for _, label in offered])
            self.box.blockSignals(blocked)
            self._show()
        elif (
            not self.box.hasFocus() or self._value is None or self.line.text() != self._label_of(self._value)
        ):
            self._show()
        self.box.setEnabled(not node.read_only)
        self.show_previous("")

    def _show(self) -> None:
        index = next((at for at, (name, _) in enumerate(self._shown) if name == self._value), -1)
        self.box.setCurrentIndex(index)
        self.line.setText(self._shown[index][1] if index >= 0 else "")
        self.line.setCursorPosition(0)

    def show_raw(self, text: str) -> None:
        if self.line.text() != text:
            self.line.setText(text)

    def show_previous(self, text: str) -> bool:
        hint = "输入几个字查找，或按 ↓ 打开" if self._shown else NOTHING_TO_CHOOSE
        self.line.setPlaceholderText(text or hint)
        return bool(text)

    def show_wrong(self, wrong: bool) -> None:
        set_flag(self.box, "bad", wrong)

    def flush(self) -> None:
        """What is typed is taken when it is one of the choices, or the only one that holds it."""
        text = self.line.text().strip()
        if not text:
            self._say(None)
            return
        exact = [name for name, label in self._shown if label == text]
        if self._value is not None and self._label_of(self._value) == text:
            return
        near = [name for name, label in self._shown if text.casefold() in label.casefold()]
        found = exact or (near if len(near) == 1 else [])
        if found:
            self._say(found[0])
            self._show()
        else:
            self.unreadable.emit(text, "列表里没有这一项，请从列表里选。")

    def focus_widget(self) -> QWidget:
        return self.box

    def _label_of(self, name: str) -> str:
        for own, label in self._shown:
            if own == name:
                return label
        return label_of(self.subject.form, self.subject.question, name)

    def _completed(self, text: str) -> None:
        for name, label in self._shown:
            if label == text:
                self._say(name)

    def _picked(self, index: int) -> None:
        if 0 <= index < len(self._shown):
            self._say(self._shown[index][0])

    def _say(self, name: str | None) -> None:
        if name != self._value:
            self._value = name
            self.answered.emit(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.box and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            opens = event.key() == Qt.Key.Key_Down and not event.modifiers() and not self.line.text()
            if opens:
                self.box.showPopup()
                return True
        return super().eventFilter(watched, event)
