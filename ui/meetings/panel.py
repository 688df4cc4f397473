"""The right side of a meeting: the chosen item with what may be done about it, a form, whom to invite, what came of a batch."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.meeting import ItemOutcome, MeetingState
from app.services.issues import ActionForm, Done
from app.services.meetings import ASSIGN, DONE, RAISE, ItemLine, MeetingPage
from ui import theme
from ui.issues.action_form import ActionFormWidget
from ui.issues.editors import LongEditor
from ui.meetings.action_row import ActionRow
from ui.meetings.invite_panel import InvitePanel
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.facts import Facts
from ui.widgets.file_rows import FileRows
from ui.widgets.label import label
from ui.widgets.line_row import LineRow
from ui.widgets.pill import Mark
from ui.widgets.scroll import Scroll

ITEM_KEYS = {
    "solved": "1",
    ASSIGN: "2",
    "recorded": "3",
    "postponed": "4",
    DONE: "D",
    "register": "R",
    "open_issue": "O",
    "fetch": "F",
    "drop": "X",
}
"""What may be done about an item → its key."""


MINUTES_HEIGHT = 216
"""Of the box the minutes are written in, px at 100 %: some ten lines."""


def actions_for(page: MeetingPage, item: ItemLine, plain_to_issue: bool) -> list[tuple[str, str]]:
    """What this person may do about an item now, in the order of the keys."""
    found: list[tuple[str, str]] = []
    # An issue goes its own way: solved on the spot is said when it is raised, and what went to a department is there.
    settled = bool(item.issue) and item.outcome in (ItemOutcome.SOLVED, ItemOutcome.ASSIGNED)
    decidable = page.may_record and item.outcome_word != "转下次" and (not settled or bool(item.problem))
    if decidable:
        if not item.issue:
            found.append(("solved", "当场解决"))
        if item.assignable:
            found.append((ASSIGN, "定交办"))
        found += [("recorded", "记议定"), ("postponed", "下次再议")]
    if page.may_plan and decidable and not item.issue and not item.done and not item.open:
        found.append((DONE, "办完了"))
    if (
        plain_to_issue
        and page.may_plan
        and decidable
        and not item.issue
        and not item.done
        and item.enterprise
    ):
        found.append(("register", "登记为诉求"))
    if item.issue:
        found.append(("open_issue", "看诉求"))
    if not item.held:
        found.append(("fetch", "取资料"))
    planned = page.meeting.state is MeetingState.PLANNED
    if page.may_plan and planned and item.stored and item.open:
        found.append(("drop", "撤下"))
    return found


class SidePanel(Card):
    """`chosen(action)` about the item shown, `submitted(action, values)`, `invited(ids)`, `looked_for(text)`, `closed`."""

    chosen = Signal(str)
    submitted = Signal(str, object)
    invited = Signal(object)
    looked_for = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("议题", " ", parent)
        self.item: ItemLine | None = None
        self._form_title = ""
        self._scroll = Scroll()
        self._scroll.body.setSpacing(theme.GRID)
        self._scroll.body.setContentsMargins(0, 0, theme.GRID // 2, 0)
        self.heading = label("", "head", wrap=True)
        self.problem = label("", "bad", wrap=True)
        self.facts = Facts()
        self.row = ActionRow(ITEM_KEYS)
        self.row.chosen.connect(self.chosen)
        self.nothing = label("", "tablequiet", wrap=True)
        self.form = ActionFormWidget()
        self.form.submitted.connect(self.submitted)
        self.form.dropped.connect(self.close_form)
        self.photos = FileRows()
        self._results = QWidget()
        self._result_rows = QVBoxLayout(self._results)
        self._result_rows.setContentsMargins(0, 0, 0, 0)
        self._result_rows.setSpacing(theme.GRID // 2)
        self._results.hide()
        for widget in (
            self.heading,
            self.problem,
            self.facts,
            self.row,
            self.nothing,
            self.form,
            self.photos,
            self._results,
        ):
            self._scroll.body.addWidget(widget)
        self._scroll.body.addStretch(1)
        self.invite = InvitePanel()
        self.invite.wanted.connect(self.invited)
        self.invite.looked_for.connect(self.looked_for)
        self.invite.dropped.connect(self.close_form)
        self.body.addWidget(self._scroll, 1)
        self.body.addWidget(self.invite, 1)

    @property
    def busy_with_form(self) -> bool:
        return self.form.form is not None or not self.invite.isHidden()

    def show_item(self, item: ItemLine | None, actions: Sequence[tuple[str, str]], nothing: str = "") -> None:
        """The chosen item; a form that is open stays until it is done or dropped."""
        self.item = item
        if item is not None:
            self.heading.setText(item.title)
            self.problem.setText(item.problem)
            self.facts.set_facts(_facts(item))
            self.row.offer(actions, _likely(item, actions))
        self.nothing.setText(nothing)
        self._arrange()

    def show_form(self, form: ActionForm, title: str) -> None:
        """Ask for what an act needs."""
        self._clear_results()
        self.invite.hide()
        self._form_title = title
        self.form.show_form(form)
        self.photos.take([], afresh=True)
        minutes = self.form.editors.get("minutes")
        if isinstance(minutes, LongEditor):
            minutes.be_high(MINUTES_HEIGHT)
        self._arrange()
        self.form.focus_first()

    def show_invite(self, invited: Sequence[str]) -> None:
        self._clear_results()
        self.form.close_form()
        self._form_title = "邀请企业"
        self.invite.begin(invited)
        self._arrange()

    def show_results(self, done: Sequence[Done]) -> None:
        """What became of each of a batch: those that failed first, with the reason."""
        self.form.close_form()
        self._clear_results()
        for one in sorted(done, key=lambda one: not one.problem):
            mark = Mark("red", "没办成") if one.problem else Mark("green", "已交办")
            self._result_rows.addWidget(LineRow(f"{one.number} {one.title}".strip(), mark=mark))
            if one.problem:
                self._result_rows.addWidget(label(one.problem, "bad", wrap=True))
        self._result_rows.addWidget(LinkButton("知道了", self.close_form), 0, Qt.AlignmentFlag.AlignLeft)
        self._form_title = "交办结果"
        self._results.show()
        self._arrange()

    def close_form(self) -> None:
        """Back to the item."""
        self.form.close_form()
        self.invite.hide()
        self._clear_results()
        self._form_title = ""
        self._arrange()
        self.closed.emit()

    def set_busy(self, busy: bool) -> None:
        self.form.set_busy(busy)
        self.row.set_busy(busy)

    def _arrange(self) -> None:
        """One thing at a time."""
        inviting = not self.invite.isHidden()
        resting = not inviting and self.form.form is None and self._results.isHidden()
        item = self.item if resting else None
        self.title.setText(self._form_title if not resting else "议题")
        self._scroll.setVisible(not inviting)
        self.heading.setVisible(item is not None)
        self.problem.setVisible(item is not None and bool(item.problem))
        self.facts.setVisible(item is not None)
        self.row.setVisible(item is not None and bool(self.row.names))
        self.photos.setVisible(self.form.form is not None and self.form.form.action == RAISE)
        self.nothing.setVisible(resting and self.item is None)

    def _clear_results(self) -> None:
        self._results.hide()
        while (taken := self._result_rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()


def _likely(item: ItemLine, actions: Sequence[tuple[str, str]]) -> str:
    """The button that stands out: to assign what waits for it, else to write down what was decided."""
    if not item.open:
        return ""
    names = [action for action, _ in actions]
    return ASSIGN if ASSIGN in names else "recorded" if "recorded" in names else ""


def _facts(item: ItemLine) -> list[tuple[str, str]]:
    rows = [
        ("结论", item.outcome_word),
        ("议定", item.decision),
        ("责任", item.who),
        ("期限", item.until),
        ("上会原因", item.why),
        ("企业", item.enterprise_name),
        ("诉求", " · ".join(part for part in (item.number, item.state_word) if part)),
    ]
    return [(name, value) for name, value in rows if value]
