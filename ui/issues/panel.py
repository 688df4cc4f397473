"""One issue at the right of the list: what it says, who has it and until when, what one may do, and its trail."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.taxonomy import Dictionaries
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from app.services.issues import IssueLine, IssuePage
from ui import theme
from ui.issues.dispatch_form import DispatchForm, Mode
from ui.issues.resubmit_form import ResubmitForm
from ui.marks import light_mark
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card, subhead
from ui.widgets.facts import Facts
from ui.widgets.flow import FlowLayout
from ui.widgets.label import label
from ui.widgets.photos import PhotoStrip
from ui.widgets.pill import Pill
from ui.widgets.repolish import set_flag
from ui.widgets.scroll import Scroll
from ui.widgets.trail import Trail
from ui.work import Runner

ACCEPT, ASSIGN, RETURN, RESUBMIT = "issue.accept", "issue.assign", "issue.return", "issue.resubmit"
SHORT_FACTS = frozenset(
    {"承办", "办结期限", "紧急程度", "级别", "反映", "企业期望", "现场办法", "交办要求", "退回原因"}
)


FORM_FACTS = frozenset({"反映", "企业期望", "现场办法", "退回原因"})
"""Beside a form, which says the rest."""


class IssuePanel(Card):
    """Speaks in wishes: `wanted(action)` when a button is pressed that the form's content is complete for."""

    wanted = Signal(str)
    fetch_wanted = Signal()
    enterprise_wanted = Signal(str)

    def __init__(
        self, rules: Dictionaries, desk: Desk, runner: Runner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self.photos = PhotoStrip(desk, runner)
        self.page: IssuePage | None = None
        self._shown: str | None = None
        self._enterprise = ""
        self._actions: frozenset[str] = frozenset()
        self.form = DispatchForm(rules)
        self.resubmit_form = ResubmitForm()
        self._build()
        self.show_nothing("选一件诉求，这里显示它的内容、谁在办、办到哪一步。")

    def _build(self) -> None:
        self.heading = label("", "head", wrap=True)
        self.pill = Pill()
        top = QHBoxLayout()
        top.setSpacing(theme.GRID)
        top.addWidget(self.heading, 1)
        top.addWidget(self.pill, 0, Qt.AlignmentFlag.AlignTop)
        self.remark = label("", "small", wrap=True)
        self.enterprise = LinkButton("看企业", self._to_enterprise)
        self.text = label("", wrap=True)
        self.facts = Facts()
        self.reason = QLineEdit(placeholderText="缺什么、要补什么")
        self.reason.setAccessibleName("退回原因")
        self.problem = label("", "bad", wrap=True)
        self.fetch = Button("取资料", self.fetch_wanted.emit)
        self.trail = Trail()
        self.trail_head = subhead("经过")
        second = QHBoxLayout()
        second.setSpacing(theme.GRID)
        second.addWidget(self.remark, 1)
        second.addWidget(self.enterprise, 0, Qt.AlignmentFlag.AlignTop)
        scroll = Scroll()
        self.body.addWidget(scroll, 1)
        column = scroll.body
        column.setSpacing(theme.GRID)
        # Room for the scroll bar, which otherwise lies on the text.
        column.setContentsMargins(0, 0, theme.GRID // 2, 0)
        column.addLayout(top)
        column.addLayout(second)
        column.addWidget(self.text)
        column.addWidget(self.fetch, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.facts)
        column.addWidget(self.photos)
        column.addWidget(self.form)
        column.addWidget(self.resubmit_form)
        column.addWidget(self.problem)
        column.addWidget(self._buttons())
        column.addWidget(self._return_line())
        column.addWidget(self.trail_head)
        column.addWidget(self.trail)
        column.addStretch(1)

    def _buttons(self) -> QWidget:
        self.buttons = QWidget()
        flow = FlowLayout(self.buttons, theme.GRID)
        self.both = Button("受理并交办", lambda: self._press("both"), primary=True)
        self.assign = Button("交办", lambda: self._press(ASSIGN), primary=True)
        self.accept = Button("受理", lambda: self._press(ACCEPT))
        self.give_back = Button("退回补正", self._ask_reason)
        self.resubmit = Button("补正后上报", lambda: self._press(RESUBMIT), primary=True)
        for button in (self.both, self.assign, self.accept, self.give_back, self.resubmit):
            flow.addWidget(button)
        return self.buttons

    def _return_line(self) -> QWidget:
        self.return_line = QWidget()
        column = QVBoxLayout(self.return_line)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(label("退回的原因，联络员会照着补：", "tablequiet", wrap=True))
        column.addWidget(self.reason)
        buttons = QHBoxLayout()
        self.sure_return = Button("确定退回", lambda: self._press(RETURN), primary=True)
        buttons.addWidget(self.sure_return)
        buttons.addWidget(Button("不退了", self._drop_reason))
        buttons.addStretch(1)
        column.addLayout(buttons)
        self.reason.textEdited.connect(lambda _text: self._complain(""))
        self.reason.returnPressed.connect(lambda: self._press(RETURN))
        return self.return_line

    # ------------------------------------------------------------------ what it shows

    def show_nothing(self, text: str) -> None:
        self.page = None
        self._shown = None
        self.heading.setText("")
        self.remark.setText("")
        self.pill.set_mark(None)
        self.text.setText(text)
        self.photos.show_lines([])
        set_flag(self.text, "tone", False)
        self._show_parts(frozenset(), facts=False)
        self.enterprise.hide()
        self.fetch.hide()

    def show_waiting(self, line: IssueLine, text: str) -> None:
        """The light row is here, the issue itself is not yet."""
        self.page = None
        self._shown = None
        self._head(line)
        self.text.setText(text)
        self.photos.show_lines([])
        self._show_parts(frozenset(), facts=False)
        self.enterprise.show()
        self.fetch.show()

    def show_page(self, page: IssuePage) -> None:
        """An issue whole. The same issue in the same state again leaves what is being typed alone."""
        again = f"{page.issue.id}:{page.issue.state}"
        if self.page is None or self.page.issue.id != page.issue.id:
            self.photos.show_lines([])
        self.page = page
        self._head(page.line)
        self.text.setText(page.issue.description or "没有写描述。")
        wanted = FORM_FACTS if page.actions else SHORT_FACTS
        self.facts.set_facts([(name, value) for name, value in page.facts if name in wanted and value != "—"])
        self.trail.set_lines([(line.when, f"{line.who} {line.text}") for line in page.trail])
        self.enterprise.show()
        self.fetch.hide()
        actions = frozenset(action.action for action in page.actions)
        if again == self._shown:
            return
        self._shown = again
        self.reason.clear()
        self._show_parts(actions, facts=True)
        if actions & {ACCEPT, ASSIGN}:
            self.form.show_issue(page.issue, Mode(ACCEPT in actions, bool(actions & {ACCEPT, ASSIGN})))
        if RESUBMIT in actions:
            self.resubmit_form.show_issue(page.issue)

    def show_photos(self, id: str, lines: Sequence[AttachmentLine]) -> None:
        """What was photographed at the visit that the issue comes from."""
        if self.page is not None and self.page.issue.id == id:
            self.photos.show_lines(lines)

    def set_busy(self, busy: bool) -> None:
        self.buttons.setEnabled(not busy)
        self.return_line.setEnabled(not busy)

    def _head(self, line: IssueLine) -> None:
        self._enterprise = line.enterprise
        self.heading.setText(line.title)
        self.pill.set_mark(light_mark(line))
        parts = [line.number, line.enterprise_name, line.category, line.urgency]
        self.remark.setText(" · ".join(part for part in parts if part))

    def _show_parts(self, actions: frozenset[str], *, facts: bool) -> None:
        self._actions = actions
        accepting, assigning = ACCEPT in actions, ASSIGN in actions
        self.facts.setVisible(facts)
        self.form.setVisible(accepting or assigning)
        self.resubmit_form.setVisible(RESUBMIT in actions)
        self.both.setVisible(accepting)
        self.accept.setVisible(accepting)
        self.assign.setVisible(assigning)
        self.give_back.setVisible(RETURN in actions)
        self.resubmit.setVisible(RESUBMIT in actions)
        self.buttons.setVisible(bool(actions))
        self.return_line.hide()
        self.trail_head.setVisible(facts)
        self.trail.setVisible(facts)
        self._complain("")

    # ------------------------------------------------------------------ what one does

    def _press(self, action: str) -> None:
        problem = ""
        if action in (ASSIGN, "both") and not self.form.value().department:
            problem = "还没有选主办部门。请先选一个再交办。"
        elif action == RETURN and not self.reason.text().strip():
            problem = "请写明退回的原因，否则联络员不知道补什么。"
        elif action == RESUBMIT and not self.resubmit_form.value()[0]:
            problem = "标题不能空着。"
        self._complain(problem)
        if not problem:
            self.wanted.emit(action)

    def _complain(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _ask_reason(self) -> None:
        self.return_line.show()
        self.buttons.hide()
        self.form.hide()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop_reason(self) -> None:
        self.return_line.hide()
        self.buttons.show()
        self.form.show()
        self._complain("")

    def _to_enterprise(self) -> None:
        self.enterprise_wanted.emit(self._enterprise)
