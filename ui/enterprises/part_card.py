"""A card of one kind of part: a line each, with what can be done, and the form in its place when one is edited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.services.enterprises_parts import PartLine
from app.services.issues import ActionForm
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.pill import Mark, Pill

Forms = Callable[[str, PartLine | None], ActionForm]


class PartCard(Card):
    """`saved(id or None, form, args)` and `removed(id)`; `form_of(kind, line)` gives the form. `addable`: how the link of a
    new one reads; empty where there is none to add."""

    saved = Signal(object, object, object)
    removed = Signal(str)

    def __init__(
        self,
        kind: str,
        title: str,
        empty: str,
        form_of: Forms,
        *,
        addable: str = "",
        removable: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent=parent)
        self.kind = kind
        self._form_of = form_of
        self._removable = removable
        self._lines: tuple[PartLine, ...] = ()
        self._shown: set[str] = set()
        self._sure: str = ""
        self._editing: str | None = None
        self.can_edit = True
        self.add_link = LinkButton(addable, self.add)
        self._addable = bool(addable)
        self.head.addWidget(self.add_link)
        if not addable:
            self.add_link.hide()
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self.empty = EmptyState(empty)
        self.form = ActionFormWidget()
        self.form.submitted.connect(self._submitted)
        self.form.dropped.connect(self.close_form)
        self.body.addLayout(self._rows)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.form)

    @property
    def is_editing(self) -> bool:
        return self.form.isVisible()

    def set_lines(self, lines: Sequence[PartLine]) -> None:
        """Show these. The same again alter nothing, and a form under somebody's hands stays."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._draw()
        self.empty.setVisible(not lines and not self.is_editing)

    def set_can_edit(self, can: bool) -> None:
        if can != self.can_edit:
            self.can_edit = can
            self.add_link.setVisible(can and self._addable)
            self._draw()

    def add(self) -> None:
        self._open(None)

    def close_form(self) -> None:
        self._editing = None
        self.form.close_form()
        self.add_link.setEnabled(True)
        self.empty.setVisible(not self._lines)

    def complain(self, text: str) -> None:
        """What is not as it must be, beside the form."""
        self.form.problem.setText(text)
        self.form.problem.show()

    def _open(self, line: PartLine | None) -> None:
        self._editing = line.id if line else None
        self.form.show_form(self._form_of(self.kind, line))
        self.form.focus_first()
        self.add_link.setEnabled(False)
        self.empty.hide()

    def _submitted(self, _action: str, args: object) -> None:
        self.saved.emit(self._editing, self.form.form, args)

    def _draw(self) -> None:
        while (taken := self._rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        for line in self._lines:
            self._rows.addWidget(self._row(line))

    def _row(self, line: PartLine) -> QFrame:
        row = QFrame()
        row.setProperty("rowline", "true")
        across = QHBoxLayout(row)
        across.setContentsMargins(0, theme.GRID // 2, 0, theme.GRID // 2)
        across.setSpacing(theme.GRID)
        words = QVBoxLayout()
        words.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(theme.GRID)
        head.addWidget(label(line.text, "table", wrap=True), 1)
        if line.word:
            head.addWidget(Pill(Mark(line.tone or "grey", line.word)), 0, Qt.AlignmentFlag.AlignTop)
        words.addLayout(head)
        remark = label(self._remark(line), "tablequiet", wrap=True)
        words.addWidget(remark)
        if not line.remark:
            remark.hide()
        across.addLayout(words, 1)
        if line.hidden:
            shown = line.id in self._shown
            across.addWidget(
                self._link("收起电话" if shown else "显示电话", line, partial(self._show_phone, line))
            )
        if self.can_edit:
            across.addWidget(self._link("编辑", line, partial(self._open, line)))
            if self._removable:
                sure = self._sure == line.id
                across.addWidget(
                    self._link("再按一次删除" if sure else "删除", line, partial(self._remove, line))
                )
        return row

    def _link(self, word: str, line: PartLine, act: Callable[[], None]) -> LinkButton:
        link = LinkButton(word, act)
        link.setAccessibleName(f"{word}：{line.text}")
        return link

    def _remark(self, line: PartLine) -> str:
        if line.id not in self._shown or not line.hidden:
            return line.remark
        return f"{line.remark.rpartition(' · ')[0]} · {line.hidden}" if " · " in line.remark else line.hidden

    def _show_phone(self, line: PartLine) -> None:
        self._shown ^= {line.id}
        self._draw()

    def _remove(self, line: PartLine) -> None:
        if self._sure != line.id:
            self._sure = line.id
            self._draw()
            return
        self._sure = ""
        self.removed.emit(line.id)
