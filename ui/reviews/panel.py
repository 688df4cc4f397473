"""The right side of a review: the chosen reviewer, item or seat with what may be done about it, or the form of a move."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.services.issues import ActionForm
from app.services.reviews import PartLine
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.meetings.action_row import ActionRow
from ui.widgets.card import Card
from ui.widgets.facts import Facts
from ui.widgets.label import label
from ui.widgets.scroll import Scroll

PART_KEYS = {"review.finding": "1", "review.opinion": "1", "review.adopt": "2", "review.drop": "X"}
"""A part's move → its key while the keyboard is in the table of parts."""


class ReviewPanel(Card):
    """`chosen(action)` about the part shown, `submitted(action, values)` of a form, `closed`."""

    chosen = Signal(str)
    submitted = Signal(str, object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("详情", " ", parent)
        self.part: PartLine | None = None
        self._scroll = Scroll()
        self._scroll.body.setSpacing(theme.GRID)
        self._scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        self.heading = label("", "head", wrap=True)
        self.row = ActionRow(PART_KEYS)
        self.row.chosen.connect(self.chosen)
        self.facts = Facts()
        self.form = ActionFormWidget()
        self.form.submitted.connect(self.submitted)
        self.form.dropped.connect(self.close_form)
        for widget in (self.heading, self.row, self.facts, self.form):
            self._scroll.body.addWidget(widget)
        self._scroll.body.addStretch(1)
        self.body.addWidget(self._scroll, 1)

    @property
    def busy_with_form(self) -> bool:
        return self.form.form is not None

    def show_part(self, part: PartLine | None) -> None:
        """The chosen part; a form that is open stays until it is done or dropped."""
        self.part = part
        if part is not None:
            self.heading.setText(part.name)
            self.row.offer(part.actions, part.actions[0][0] if part.actions else "")
            self.facts.set_facts(part.facts)
        self._arrange()

    def show_form(self, form: ActionForm, title: str) -> None:
        self.form.show_form(form)
        self.title.setText(title)
        self._arrange()
        self.form.focus_first()

    def close_form(self) -> None:
        """Back to the part."""
        self.form.close_form()
        self._arrange()
        self.closed.emit()

    def set_busy(self, busy: bool) -> None:
        self.form.set_busy(busy)
        self.row.set_busy(busy)

    def _arrange(self) -> None:
        """One thing at a time."""
        part = self.part if not self.busy_with_form else None
        if not self.busy_with_form:
            self.title.setText("详情")
        self.heading.setVisible(part is not None)
        self.row.setVisible(part is not None and bool(part.actions))
        self.facts.setVisible(part is not None)
