"""One issue at the right of the list: what it says, who has it and until when, what one may do, and its trail."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.enterprise_parts import masked
from app.domain.taxonomy import Dictionaries
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from app.services.issues import RAISE, SHEETS, IssueLine, IssuePage, TrailLine
from ui import theme
from ui.issues.action_area import ActionArea
from ui.issues.dispatch_form import DispatchForm, Mode
from ui.issues.resubmit_form import ResubmitForm
from ui.issues.sheet_tabs import SheetTabs
from ui.marks import light_mark
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card, subhead
from ui.widgets.facts import Facts
from ui.widgets.flow import FlowLayout
from ui.widgets.label import label
from ui.widgets.line_row import LineRow
from ui.widgets.photos import PhotoStrip
from ui.widgets.pill import Mark, Pill
from ui.widgets.repolish import set_flag
from ui.widgets.scroll import Scroll
from ui.widgets.trail import Trail
from ui.work import Runner

ACCEPT, ASSIGN, RESUBMIT = "issue.accept", "issue.assign", "issue.resubmit"
REVISIT_FORM = "revisit_form"
"""Not a move: form (i) as a whole page, which is handed in as one."""
IN_PLACE = frozenset({ACCEPT, ASSIGN, RESUBMIT})
"""Moves whose form stands open by itself."""
LIKELY = (
    "issue.sign",
    "issue.answer",
    "issue.verify",
    "issue.extend",
    "issue.revisit",
    "issue.appeal",
    "issue.archive",
    "issue.resume",
)
"""The move one most likely came for: the first of these that can be made."""
HIDDEN_FACTS = frozenset({"编号", "企业", "分类", "状态", "描述"})
"""Said by the heading already."""
FORM_FACTS = frozenset({"反映", "企业期望", "现场办法", "退回原因", "异议"})
"""Beside a form, which says the rest."""
SUMMARY = "summary"


class IssuePanel(Card):
    """Speaks in wishes: `wanted(action)` of the forms that stand open by themselves, `form_wanted(action)` when another
    move was chosen, `act_wanted(action, args)` when its form is complete."""

    wanted = Signal(str)
    form_wanted = Signal(str)
    act_wanted = Signal(str, object)
    evidence_wanted = Signal(object)
    fetch_wanted = Signal()
    enterprise_wanted = Signal(str)
    issue_wanted = Signal(str)

    def __init__(
        self, rules: Dictionaries, desk: Desk, runner: Runner, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self._desk = desk
        self.photos = PhotoStrip(desk, runner)
        self.page: IssuePage | None = None
        self._shown: str | None = None
        self._enterprise = ""
        self._actions: frozenset[str] = frozenset()
        self._uncovered = False
        self._hanging: tuple[tuple[str, str, Mark | None, str], ...] = ()
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
        self.sheets = SheetTabs({SUMMARY: "概要", **SHEETS})
        self.sheets.chosen.connect(lambda _key: self._show_facts())
        self.facts = Facts()
        self.contact = QWidget()
        self._build_contact()
        self.area = ActionArea()
        self.area.chosen.connect(self.form_wanted)
        self.area.wanted.connect(self.act_wanted)
        self.area.opened.connect(lambda _open: self._arrange())
        self.hanging = QVBoxLayout()
        self.hanging.setSpacing(0)
        self.add_evidence = LinkButton("添加佐证", self._choose_files)
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
        column.addWidget(self.sheets)
        column.addWidget(self.facts)
        column.addWidget(self.contact)
        column.addWidget(self.form)
        column.addWidget(self.resubmit_form)
        column.addWidget(self.problem)
        column.addWidget(self._buttons())
        column.addWidget(self.area)
        column.addLayout(self.hanging)
        column.addWidget(self.photos)
        column.addWidget(self.add_evidence, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.trail_head)
        column.addWidget(self.trail)
        column.addStretch(1)

    def _buttons(self) -> QWidget:
        self.buttons = QWidget()
        flow = FlowLayout(self.buttons, theme.GRID)
        self.both = Button("受理并交办", lambda: self._press("both"), primary=True)
        self.assign = Button("交办", lambda: self._press(ASSIGN), primary=True)
        self.accept = Button("受理", lambda: self._press(ACCEPT))
        self.resubmit = Button("补正后上报", lambda: self._press(RESUBMIT), primary=True)
        for button in (self.both, self.assign, self.accept, self.resubmit):
            flow.addWidget(button)
        return self.buttons

    def _build_contact(self) -> None:
        """Whom to ring up; the number stays covered until somebody wants it (domain.md §3.8)."""
        line = QHBoxLayout(self.contact)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.GRID)
        self.contact_text = label("", "table")
        self.show_phone = LinkButton("显示电话", self._uncover)
        line.addWidget(self.contact_text)
        line.addWidget(self.show_phone)
        line.addStretch(1)

    # ------------------------------------------------------------------ what it shows

    def show_nothing(self, text: str) -> None:
        self.page = None
        self._shown = None
        self.heading.setText("")
        self.remark.setText("")
        self.pill.set_mark(None)
        self.text.setText(text)
        set_flag(self.text, "tone", False)
        self._show_no_details()
        self.enterprise.hide()
        self.fetch.hide()

    def show_waiting(self, line: IssueLine, text: str) -> None:
        """The light row is here, the issue itself is not yet."""
        self.page = None
        self._shown = None
        self._head(line)
        self.text.setText(text)
        self._show_no_details()
        self.enterprise.show()
        self.fetch.show()

    def _show_no_details(self) -> None:
        self.photos.show_lines([])
        self.contact.hide()
        self.add_evidence.hide()
        self._show_hanging(())
        self.area.close_form()
        self.area.offer(())
        self._show_parts(frozenset(), facts=False)

    def show_page(self, page: IssuePage) -> None:
        """An issue whole. The same issue in the same state again leaves what is being typed alone."""
        again = f"{page.issue.id}:{page.issue.state}:{sorted(action.action for action in page.actions)}"
        another = self.page is None or self.page.issue.id != page.issue.id
        if another:
            self.photos.show_lines([])
            self.sheets.select(SUMMARY)
            self._uncovered = False
        self.page = page
        self._head(page.line)
        self.text.setText(page.issue.description or "没有写描述。")
        self._show_facts()
        self._show_contact(page)
        notes = [(note.text, note.reply, Mark(note.level, "督办"), "") for note in page.supervisions]
        others = [(f"{other.how}：{other.text}", "", None, other.id) for other in page.related]
        self._show_hanging((*notes, *others))
        self.add_evidence.setVisible(page.evidence_wanted)
        self.trail.set_lines([(line.when, _told(line)) for line in page.trail])
        self.enterprise.setVisible(page.line.held and page.enterprise_here)
        self.fetch.hide()
        actions = frozenset(action.action for action in page.actions)
        if again == self._shown:
            return
        self._shown = again
        self.area.close_form()
        self._show_parts(actions, facts=True)
        self._offer(page)
        if actions & {ACCEPT, ASSIGN}:
            self.form.set_rules(self._desk.rules)
            self.form.show_issue(page.issue, Mode(ACCEPT in actions, bool(actions & {ACCEPT, ASSIGN})))
        if RESUBMIT in actions:
            self.resubmit_form.show_issue(page.issue)

    def _offer(self, page: IssuePage) -> None:
        moves = [(move.action, move.word) for move in page.actions if move.action not in IN_PLACE]
        if page.raise_again:
            moves.append((RAISE, "再次反映"))
        if any(move.action == "issue.revisit" for move in page.actions):
            moves.append((REVISIT_FORM, "填回访表"))
        offered = {action for action, _ in moves}
        first = next((action for action in LIKELY if action in offered), "")
        if first:
            moves.sort(key=lambda move: move[0] != first)
        self.area.offer(moves, "" if {move.action for move in page.actions} & IN_PLACE else first)

    def _show_facts(self) -> None:
        page = self.page
        if page is None:
            return
        sheet = next((one for one in page.sheets if one.key == self.sheets.key), None)
        self.text.setVisible(sheet is None)
        if sheet is not None:
            self.facts.set_facts(sheet.facts or (("", "这一单还没有内容。"),))
            return
        in_place = any(action.action in IN_PLACE for action in page.actions)
        rows = [
            (name, value)
            for name, value in page.facts
            if value != "—" and (name in FORM_FACTS if in_place else name not in HIDDEN_FACTS)
        ]
        self.facts.set_facts(rows)

    def _show_contact(self, page: IssuePage) -> None:
        issue = page.issue
        self.contact.setVisible(bool(issue.contact_name or issue.contact_phone) and not issue.anonymous)
        phone = issue.contact_phone or ""
        shown = phone if self._uncovered else masked(phone)
        self.contact_text.setText(" ".join(part for part in ("反映人", issue.contact_name, shown) if part))
        self.show_phone.setVisible(bool(phone) and not self._uncovered)

    def _uncover(self) -> None:
        self._uncovered = True
        if self.page is not None:
            self._show_contact(self.page)

    def _show_hanging(self, lines: Sequence[tuple[str, str, Mark | None, str]]) -> None:
        """Supervision notes and other issues it hangs together with: (text, remark, mark, id to open)."""
        if tuple(lines) == self._hanging:
            return
        self._hanging = tuple(lines)
        while (taken := self.hanging.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for text, remark, mark, id in lines:
            way = (("打开", partial(self.issue_wanted.emit, id)),) if id else ()
            self.hanging.addWidget(LineRow(text, "", way, mark=mark))
            if remark:
                self.hanging.addWidget(label(remark, "tablequiet", wrap=True))

    def show_photos(self, id: str, lines: Sequence[AttachmentLine]) -> None:
        """What was photographed at the visit that the issue comes from."""
        if self.page is not None and self.page.issue.id == id:
            self.photos.show_lines(lines)

    def set_busy(self, busy: bool) -> None:
        self.buttons.setEnabled(not busy)
        self.area.set_busy(busy)

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
        self.resubmit.setVisible(RESUBMIT in actions)
        self.buttons.setVisible(bool(actions & IN_PLACE))
        self.sheets.setVisible(facts)
        self.trail_head.setVisible(facts)
        self.trail.setVisible(facts)
        self._complain("")

    # ------------------------------------------------------------------ what one does

    def _press(self, action: str) -> None:
        problem = ""
        if action in (ACCEPT, "both") and not self.form.value().category:
            problem = "原来的分类已经停用。请重新选择分类再受理。"
        elif action in (ASSIGN, "both") and not self.form.value().department:
            problem = "还没有选主办部门。请先选一个再交办。"
        elif action == RESUBMIT and not self.resubmit_form.value()[0]:
            problem = "标题不能空着。"
        self._complain(problem)
        if not problem:
            self.wanted.emit(action)

    def _complain(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _arrange(self) -> None:
        """A chosen move's form takes the place of the one that stands open by itself."""
        free = self.area.form.form is None
        self.form.setVisible(free and bool(self._actions & {ACCEPT, ASSIGN}))
        self.resubmit_form.setVisible(free and RESUBMIT in self._actions)
        self.buttons.setVisible(free and bool(self._actions & IN_PLACE))
        self._complain("")

    def _choose_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "选择照片或文件")
        if names:
            self.evidence_wanted.emit([Path(name) for name in names])

    def _to_enterprise(self) -> None:
        self.enterprise_wanted.emit(self._enterprise)


def _told(line: TrailLine) -> str:
    """`王敏（驻企联络员）写进展：已联系企业 · 离线，11月20日 18:02 到中心`."""
    who = f"{line.who}（{line.role}）" if line.role else line.who
    return f"{who} {line.text}" + (f" · {line.note}" if line.note else "")
