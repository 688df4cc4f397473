"""The right side of a case: the chosen step with what may be done about it, or the form of a move."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.services.cases import StepLine
from app.services.issues import ActionForm
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.meetings.action_row import ActionRow
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.facts import Facts
from ui.widgets.label import label
from ui.widgets.scroll import Scroll

STEP_KEYS = {
    "agency.step_start": "1",
    "agency.step_file": "2",
    "agency.step_accept": "3",
    "agency.step_review": "4",
    "agency.step_done": "5",
    "agency.step_correct": "B",
    "agency.step_corrected": "B",
    "agency.step_stop": "T",
    "agency.step_resume": "T",
    "agency.step_supply": "Q",
    "agency.step_skip": "X",
    "agency.step_restart": "R",
}
"""A step's move → its key while the keyboard is in the table of steps."""
LIKELY = (
    *("agency.step_resume", "agency.step_corrected", "agency.step_start", "agency.step_file"),
    *("agency.step_accept", "agency.step_done", "agency.step_restart"),
)
"""The move one most likely came for: the first of these that can be made."""


class CasePanel(Card):
    """`chosen(action)` about the step shown, `submitted(action, values)` of a form, `file_wanted` for the step, `closed`."""

    chosen = Signal(str)
    submitted = Signal(str, object)
    file_wanted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("环节", " ", parent)
        self.step: StepLine | None = None
        self._may_add = False
        self._scroll = Scroll()
        self._scroll.body.setSpacing(theme.GRID)
        self._scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        self.heading = label("", "head", wrap=True)
        self.row = ActionRow(STEP_KEYS)
        self.row.chosen.connect(self.chosen)
        self.why = label("", "tablequiet", wrap=True)
        self.facts = Facts()
        self.file_link = LinkButton("添加这个环节的文件", self.file_wanted.emit)
        self.form = ActionFormWidget()
        self.form.submitted.connect(self.submitted)
        self.form.dropped.connect(self.close_form)
        for widget in (self.heading, self.row, self.why, self.facts):
            self._scroll.body.addWidget(widget)
        self._scroll.body.addWidget(self.file_link, 0, Qt.AlignmentFlag.AlignLeft)
        self._scroll.body.addWidget(self.form)
        self._scroll.body.addStretch(1)
        self.body.addWidget(self._scroll, 1)

    @property
    def busy_with_form(self) -> bool:
        return self.form.form is not None

    def show_step(self, step: StepLine | None, *, may_add: bool) -> None:
        """The chosen step; a form that is open stays until it is done or dropped."""
        self.step = step
        self._may_add = may_add
        if step is not None:
            self.heading.setText(step.name)
            names = [name for name, _ in step.actions]
            likely = next((name for name in LIKELY if name in names), "")
            self.row.offer(step.actions, likely)
            self.why.setText("\n".join(f"{word}：{reason}" for word, reason in step.blocked))
            self.facts.set_facts(step.facts)
        self._arrange()

    def show_form(self, form: ActionForm, title: str) -> None:
        self.form.show_form(form)
        self.title.setText(title)
        self._arrange()
        self.form.focus_first()

    def close_form(self) -> None:
        """Back to the step."""
        self.form.close_form()
        self._arrange()
        self.closed.emit()

    def set_busy(self, busy: bool) -> None:
        self.form.set_busy(busy)
        self.row.set_busy(busy)

    def _arrange(self) -> None:
        """One thing at a time."""
        resting = not self.busy_with_form
        step = self.step if resting else None
        if resting:
            self.title.setText("环节")
        self.heading.setVisible(step is not None)
        self.row.setVisible(step is not None and bool(step.actions))
        self.why.setVisible(step is not None and bool(step.blocked))
        self.facts.setVisible(step is not None)
        self.file_link.setVisible(step is not None and self._may_add)
