"""The right side: the chosen one with what may be done about it and its parts; a form; whom to invite; a report to read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.services.activities import ActivityPage, PartLine
from app.services.issues import ActionForm
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.meetings.action_row import ActionRow
from ui.meetings.invite_panel import InvitePanel
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.facts import Facts
from ui.widgets.label import label
from ui.widgets.line_row import LineRow
from ui.widgets.pill import Mark
from ui.widgets.scroll import Scroll
from ui.widgets.trail import Trail

KEYS = {
    "trip.back": "J",
    "trip.lead": "A",
    "trip.close": "B",
    "event.guests": "I",
    "event.note": "A",
    "event.hold": "J",
    "target.progress": "J",
    **dict.fromkeys(("trip.edit", "group.edit", "event.edit", "target.edit"), "E"),
}
"""A move → its key while the keyboard is in the list."""
LIKELY = ("trip.back", "trip.lead", "event.hold", "event.note", "target.progress")
"""The move that stands out: the first of these that can be made."""


class ActivityPanel(Card):
    """`chosen(action, part)`, `submitted(action, values)` of a form, `invited(ids)`, `closed` when a form is put away."""

    chosen = Signal(str, str)
    submitted = Signal(str, object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("内容", " ", parent)
        self.page: ActivityPage | None = None
        self._reading = False
        self._parts: tuple[tuple[str, tuple[PartLine, ...]], ...] = ()
        self.rows: list[LineRow] = []
        self._scroll = Scroll()
        self._scroll.body.setSpacing(theme.GRID)
        self._scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        self.row = ActionRow(KEYS)
        self.row.chosen.connect(lambda action: self.chosen.emit(action, ""))
        self.why = label("", "tablequiet", wrap=True)
        self.facts = Facts()
        self.back = Button("回去", self.show_again)
        self.parts = QWidget()
        self._lines = QVBoxLayout(self.parts)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self.trail_head = label("经过", "head")
        self.trail = Trail()
        self.form = ActionFormWidget()
        self.form.submitted.connect(self.submitted)
        self.form.dropped.connect(self.close_form)
        for widget in (self.row, self.why, self.facts, self.parts, self.trail_head, self.trail):
            self._scroll.body.addWidget(widget)
        self._scroll.body.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        self._scroll.body.addWidget(self.form)
        self._scroll.body.addStretch(1)
        self.body.addWidget(self._scroll, 1)
        self.invite = InvitePanel()
        self.invite.dropped.connect(self.close_form)
        self.body.addWidget(self.invite, 1)
        self._arrange()

    @property
    def busy_with_form(self) -> bool:
        return self.form.form is not None or not self.invite.isHidden()

    def show_page(self, page: ActivityPage | None) -> None:
        """The chosen one; a form that is open stays until it is done or dropped."""
        same = page is not None and self.page is not None and page.id == self.page.id
        self.page = page
        self._reading = self._reading and same
        if page is not None:
            names = [name for name, _ in page.actions]
            self.row.offer(page.actions, next((name for name in LIKELY if name in names), ""))
            self.why.setText("\n".join(f"{word}：{why}" if word else why for word, why in page.blocked))
            if not self._reading:
                self.facts.set_facts(page.facts)
            self._show_parts(page.parts)
            self.trail.set_lines(page.trail)
        self._arrange()

    def read(self, title: str, facts: Sequence[tuple[str, str]]) -> None:
        """A report that is somebody else's."""
        self._reading = True
        self.facts.set_facts(facts)
        self._arrange()
        self.title.setText(title)
        self.back.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_again(self) -> None:
        """Back to the chosen one."""
        self._reading = False
        self.show_page(self.page)
        self.closed.emit()

    def show_form(self, form: ActionForm, title: str) -> None:
        self._reading = False
        self.form.show_form(form)
        self._arrange()
        self.title.setText(title)
        self.form.focus_first()

    def begin_invite(self, invited: Sequence[str]) -> None:
        self.invite.begin(invited)
        self._arrange()
        self.title.setText("邀请企业")

    def close_form(self) -> None:
        self.form.close_form()
        self.invite.hide()
        self._arrange()
        self.closed.emit()

    def set_busy(self, busy: bool) -> None:
        self.form.set_busy(busy)
        self.row.set_busy(busy)

    def _show_parts(self, parts: tuple[tuple[str, tuple[PartLine, ...]], ...]) -> None:
        if parts == self._parts:
            return
        self._parts = parts
        self.rows = []
        while (taken := self._lines.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        for heading, lines in parts:
            head = label(heading, "head")
            head.setContentsMargins(0, theme.GRID, 0, theme.GRID // 2)
            self._lines.addWidget(head)
            for line in lines:
                actions = tuple(
                    (word, partial(self.chosen.emit, name, line.id)) for name, word in line.actions
                )
                row = LineRow(line.text, "", actions, mark=Mark(line.tone, line.word))
                self.rows.append(row)
                self._lines.addWidget(row)
                if line.remark:
                    # The stroke belongs below both.
                    row.setProperty("rowline", "")
                    self._lines.addWidget(_remark(line.remark))

    def _arrange(self) -> None:
        """One thing at a time."""
        inviting = not self.invite.isHidden()
        self._scroll.setVisible(not inviting)
        page = self.page if self.form.form is None and not inviting else None
        resting = page is not None and not self._reading
        if self.form.form is None and not inviting and not self._reading:
            self.title.setText(page.line.title if page is not None else "内容")
        self.row.setVisible(resting and bool(page and page.actions))
        self.why.setVisible(resting and bool(page and page.blocked))
        self.facts.setVisible(page is not None)
        self.back.setVisible(page is not None and self._reading)
        self.parts.setVisible(resting and bool(page and page.parts))
        trail = resting and bool(page and page.trail)
        self.trail_head.setVisible(trail)
        self.trail.setVisible(trail)


def _remark(text: str) -> QFrame:
    frame = QFrame()
    frame.setProperty("rowline", "true")
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, 0, 0, theme.GRID // 2)
    column.addWidget(label(text, "tablequiet", wrap=True))
    return frame
