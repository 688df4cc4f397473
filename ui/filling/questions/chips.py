"""Choices as chips. Arrow keys go through them, space or a digit chooses, delete clears."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QWidget

from forms.definition import Choice
from forms.filling import Node
from ui import theme
from ui.filling.answers import label_of
from ui.filling.questions.chip import Chip
from ui.filling.questions.editor import Editor, Subject
from ui.widgets.flow import FlowLayout

BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up)
FORTH = (Qt.Key.Key_Right, Qt.Key.Key_Down)
NOTHING_TO_CHOOSE = "还没有可选的，请先填上面的题"


class ChipsEditor(Editor):
    """What choosing one and choosing any have in common. Tab enters at the chosen chip and leaves the question."""

    many = False
    compact = True

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self.short = bool(subject.question.appearance & {"w1", "w2"})
        self._names: tuple[str, ...] = ()
        self._shown: tuple[tuple[str, str], ...] = ()
        self._required = False
        self.chips: list[Chip] = []
        self._flow = FlowLayout(self, theme.GRID)
        self._none = QLabel(NOTHING_TO_CHOOSE)
        self._none.setProperty("tone", "quiet")
        self._flow.addWidget(self._none)
        self._label = ""

    # to be decided by subclasses

    def taken(self, name: str) -> tuple[str, ...]:
        """What is chosen after the chip of `name` was clicked."""
        raise NotImplementedError

    def say(self) -> None:
        raise NotImplementedError

    def chosen_in(self, node: Node) -> tuple[str, ...]:
        raise NotImplementedError

    # Editor

    def show_node(self, node: Node) -> None:
        self._names = self.chosen_in(node)
        self._required = node.required
        self._build(self._offered(node.choices))
        for chip, (name, _) in zip(self.chips, self._shown, strict=True):
            chip.setChecked(name in self._names)
            chip.setEnabled(not node.read_only)
        self._rove()

    def _offered(self, choices: Sequence[Choice]) -> tuple[tuple[str, str], ...]:
        """The choices, and what was chosen but is no longer offered: it must be seen to be taken back."""
        offered = [(choice.name, choice.label or choice.name) for choice in choices]
        names = {name for name, _ in offered}
        gone = [name for name in self._names if name not in names]
        return (
            *offered,
            *((name, label_of(self.subject.form, self.subject.question, name, choices)) for name in gone),
        )

    def _build(self, offered: tuple[tuple[str, str], ...]) -> None:
        if offered == self._shown:
            self._none.setVisible(not offered)
            return
        self._shown = offered
        self._none.setVisible(not offered)
        while len(self.chips) > len(offered):
            chip = self.chips.pop()
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        while len(self.chips) < len(offered):
            chip = Chip("", many=self.many, parent=self)
            chip.installEventFilter(self)
            chip.clicked.connect(self._clicked)
            self.chips.append(chip)
            self._flow.addWidget(chip)
            chip.show()
        for number, (chip, (_, label)) in enumerate(zip(self.chips, offered, strict=True), 1):
            chip.setText(label)
            chip.setAccessibleName(f"{self._label}：{label}" if self._label else label)
            chip.setToolTip(f"按 {number} 选" if number <= 9 else "")
            chip.updateGeometry()
        self._flow.invalidate()
        self.updateGeometry()

    def _rove(self) -> None:
        """One chip takes the Tab key: the chosen one, else the first."""
        current = next((chip for chip in self.chips if chip.hasFocus()), None)
        home = current or next((chip for chip in self.chips if chip.isChecked()), None)
        home = home or (self.chips[0] if self.chips else None)
        for chip in self.chips:
            chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus if chip is home else Qt.FocusPolicy.ClickFocus)

    def focus_widget(self) -> QWidget:
        home = next((chip for chip in self.chips if chip.focusPolicy() == Qt.FocusPolicy.StrongFocus), None)
        return home or self

    def tab_stops(self) -> Sequence[QWidget]:
        return self.chips

    def name_for_readers(self, label: str) -> None:
        if label != self._label:
            self._label = label
            for chip in self.chips:
                chip.setAccessibleName(f"{label}：{chip.text()}")

    # acting

    def _clicked(self) -> None:
        chip = self.sender()
        if isinstance(chip, Chip):
            self.choose(self.chips.index(chip))

    def choose(self, index: int) -> None:
        """Choose (or take back) the chip at `index`."""
        name = self._shown[index][0]
        self._names = self.taken(name)
        for chip, (own, _) in zip(self.chips, self._shown, strict=True):
            chip.setChecked(own in self._names)
        self._rove()
        self.say()

    def clear(self) -> None:
        if self._names:
            self._names = ()
            for chip in self.chips:
                chip.setChecked(False)
            self.say()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._rove()
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and isinstance(watched, Chip)
        ):
            return self._key(self.chips.index(watched), event) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def _key(self, index: int, event: QKeyEvent) -> bool:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        key = event.key()
        if key in BACK + FORTH:
            step = -1 if key in BACK else 1
            chip = self.chips[(index + step) % len(self.chips)]
            chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            chip.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose(index)
            return True
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9 and key - Qt.Key.Key_1 < len(self.chips):
            chosen = key - Qt.Key.Key_1
            self.chips[chosen].setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.chips[chosen].setFocus(Qt.FocusReason.OtherFocusReason)
            self.choose(chosen)
            return True
        return False
