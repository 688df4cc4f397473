"""The page of one enterprise: profile, visits, issues, and one timeline of everything."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.people import Role
from app.domain.visit import VisitState
from app.services import enterprises, opened
from app.services.desk import Desk
from app.services.enterprises_forms import DIVISIONS, INDUSTRIES, part_form
from app.services.enterprises_parts import PartLine, Parts
from app.services.forms import QUICK_FORM, VISIT_FORM
from app.services.issues import ActionForm, IssueLine
from ui import theme
from ui.cases.enterprise_card import CasesCard
from ui.enterprises.model import visit_model
from ui.enterprises.part_card import PartCard
from ui.enterprises.presenter import OnePresenter
from ui.enterprises.profile_card import ProfileCard
from ui.marks import due_mark
from ui.notices import Kind
from ui.page import Page
from ui.projects.enterprise_card import ProjectsCard
from ui.registers.enterprise_card import EntriesCard
from ui.reviews.enterprise_card import ReviewsCard
from ui.today.model import issue_model
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.pill import Pill
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.widgets.trail import Trail
from ui.work import Runner

MOST_LINES = 30


class EnterprisePage(Page):
    """Shows one enterprise; where it is not on this laptop it is fetched."""

    name = "enterprise"

    def __init__(
        self, desk: Desk, runner: Runner, sync: Any, enterprise: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(" ", crumb="企业", parent=parent)
        self.enterprise = enterprise
        self._sync = sync
        self._open_visit: str | None = None
        self._fetching = False
        self.presenter = OnePresenter(desk, runner, enterprise, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.missing.connect(self._missing)
        self.presenter.gone.connect(self._gone)
        self.presenter.used()
        self.destroyed.connect(opened.keep_open(desk, enterprise))
        self.presenter.wanted.connect(sync.run)
        self.presenter.started.connect(lambda visit: self.go.emit("filling", visit))
        self.pill = Pill()
        self.head.add(self.pill)
        self._officer = Role.OFFICER in desk.signed_in().roles
        self._coordinator = Role.COORDINATOR in desk.signed_in().roles
        self.print_button = Button("打印清单", self._prepare, shortcut="Ctrl+P")
        self.start_button = Button("开始走访", self._start, primary=True, shortcut="Ctrl+N")
        self.quick_button = Button("速记", self._start_quick)
        self.quick_button.setToolTip("只问必填的题，十分钟能写完")
        self.handover_button = Button("交接单", self.presenter.print_handover)
        self.handover_button.setToolTip("未办结的诉求、没写完的走访和承诺，打印出来当面交接")
        self.head.add(self.handover_button)
        self.handover_button.hide()
        for button in (self.print_button, self.quick_button, self.start_button):
            self.head.add(button)
            button.setVisible(self._officer)
            button.setEnabled(False)
        self.presenter.printed.connect(lambda done: self.go.emit("preview", (done.path, done.pages)))
        self.content = Scroll()
        self._fill()
        self._connect_profile()
        self.absent = Card()
        self.absent_text = EmptyState("正在打开……")
        self.fetch_button = Button("取资料", self._fetch, primary=True)
        self.fetch_button.hide()
        self.absent.body.addWidget(self.absent_text)
        self.absent.body.addWidget(self.fetch_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.content, 1)
        self.body.addWidget(self.absent)
        self.body.addStretch(0)
        self.content.hide()
        sync.finished.connect(self._synced)

    def _fill(self) -> None:
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        left, right = QVBoxLayout(), QVBoxLayout()
        for side, share in ((left, 5), (right, 4)):
            side.setSpacing(theme.GRID * 2)
            columns.addLayout(side, share)
        self.profile = ProfileCard(coordinator=self._coordinator)
        self.people = label("", "table", wrap=True)
        people = Card("谁来包联")
        people.body.addWidget(self.people)
        self.cards = {card.kind: card for card in self._part_cards()}
        self.visit_model = visit_model(self)
        self.visit_table = Table(self.visit_model)
        self.visit_table.setAccessibleName("走访")
        self.visit_table.fit(6)
        self.visit_table.opened.connect(self._open_visit_row)
        self.visit_empty = EmptyState("还没有走访过。点「开始走访」就可以边问边填。")
        visits = Card("走访")
        visits.body.addWidget(self.visit_table)
        visits.body.addWidget(self.visit_empty)
        self.issue_model = issue_model(self)
        self.issue_table = Table(self.issue_model)
        self.issue_table.setAccessibleName("诉求")
        self.issue_table.horizontalHeader().hide()
        self.issue_table.fit(8)
        self.issue_table.opened.connect(lambda line: self.go.emit("issues", line.id))
        self.issue_empty = EmptyState("没有诉求。")
        issues = Card("诉求")
        issues.body.addWidget(self.issue_table)
        issues.body.addWidget(self.issue_empty)
        self.entries = EntriesCard(self.presenter.desk, self.presenter.runner, self.enterprise)
        self.entries.opened.connect(lambda id: self.go.emit("record", id))
        self.attachments = Trail()
        self.attachment_empty = EmptyState("还没有附件。走访时拍的照片和材料会出现在这里。")
        attachments = Card("附件")
        attachments.body.addWidget(self.attachments)
        attachments.body.addWidget(self.attachment_empty)
        self.trail = Trail()
        self.cases = CasesCard(may_open=self._officer or self._coordinator)
        self.cases.opened.connect(lambda id: self.go.emit("case", id))
        self.cases.wanted.connect(lambda: self.go.emit("cases", ("new", self.enterprise)))
        self.projects = ProjectsCard(may_open=self._officer or self._coordinator)
        self.projects.opened.connect(lambda id: self.go.emit("project", id))
        self.projects.wanted.connect(lambda: self.go.emit("projects", ("new", self.enterprise)))
        self.reviews = ReviewsCard(self.presenter.desk, self.presenter.runner, self.enterprise)
        self.reviews.opened.connect(lambda id: self.go.emit("review", id))
        self.reviews.wanted.connect(lambda: self.go.emit("reviews", ("new", self.enterprise)))
        timeline = Card("经过")
        timeline.body.addWidget(self.trail)
        for card in (self.profile, people, *self.cards.values()):
            left.addWidget(card)
        left.addStretch(1)
        for card in (
            visits,
            issues,
            self.cases,
            self.projects,
            self.reviews,
            self.entries,
            attachments,
            timeline,
        ):
            right.addWidget(card)
        right.addStretch(1)
        self.content.body.addLayout(columns)
        self.content.body.addStretch(1)

    def _part_cards(self) -> list[PartCard]:
        seats = PartCard("seat", "五位一体", "", self._form_of, removable=False)
        made = [
            seats,
            PartCard(
                "contact",
                "联系人",
                "还没有联系人。只记姓名、职务和工作电话。",
                self._form_of,
                addable="添加联系人",
            ),
            PartCard(
                "enterprise_tag",
                "标签",
                "还没有标签，例如规上、专精特新、高新。",
                self._form_of,
                addable="添加标签",
            ),
            PartCard(
                "cultivation",
                "培育",
                "还没有培育方向，例如小升规、专精特新。",
                self._form_of,
                addable="添加培育方向",
            ),
            PartCard("parcel", "土地", "还没有登记宗地。", self._form_of, addable="添加宗地"),
        ]
        for card in made:
            card.saved.connect(partial(self._save_part, card))
            card.removed.connect(partial(self.presenter.remove_part, card.kind))
            card.set_can_edit(self._officer or self._coordinator)
        return made

    def _form_of(self, kind: str, line: PartLine | None) -> ActionForm:
        return part_form(self.presenter.desk, kind, line.body if line else None)

    def _save_part(self, card: PartCard, id: str | None, form: ActionForm, args: dict[str, Any]) -> None:
        self.presenter.save_part(card.kind, id, form, args, card.close_form, card.complain)

    def _connect_profile(self) -> None:
        profile, presenter = self.profile, self.presenter
        profile.edit_link.setVisible(self._officer or self._coordinator)
        profile.saved.connect(
            lambda form, args: presenter.save_profile(form, args, profile.close_form, profile.complain)
        )
        pickers = {INDUSTRIES: profile.industry, DIVISIONS: profile.division}
        profile.asked.connect(
            lambda dictionary, text: presenter.look_for_codes(dictionary, text, pickers[dictionary].offer)
        )
        profile.code_picked.connect(presenter.save_code)
        profile.code_taken.connect(presenter.take_code)
        profile.confirmed.connect(presenter.confirm)
        profile.targets_asked.connect(lambda text: presenter.look_for_targets(text, profile.offer_targets))
        profile.merged.connect(presenter.merge)
        presenter.done.connect(self._told)

    def _told(self, text: str) -> None:
        self.tell(text, kind=Kind.GOOD)
        self.refresh()

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.visit_table

    def _show(self, page: enterprises.EnterprisePage, issues: list[IssueLine]) -> None:
        self.absent.hide()
        self.content.show()
        self.head.set_title(page.enterprise.name)
        self.head.set_remark("")
        self.pill.show()
        for button in (self.start_button, self.print_button):
            button.setVisible(self._officer)
        going = any(one.until for one in page.enterprise.people or ())
        self.handover_button.setVisible(self._coordinator or going)
        self.pill.set_mark(due_mark(page.line.due, page.line.due_word))
        self.profile.show_enterprise(page.enterprise, page.facts)
        self.people.setText(
            "、".join(page.people)
            or page.enterprise.officer_name
            or "还没有分配联络员。协调员在「企业分配」里分配。"
        )
        self._show_parts(page.parts)
        self.attachments.set_lines(
            [(_size(one.size), one.caption or one.file_name) for one in page.attachments]
        )
        self.attachment_empty.setVisible(not page.attachments)
        self.visit_model.set_rows(page.visits)
        self.visit_table.set_shown(bool(page.visits))
        self.visit_empty.setVisible(not page.visits)
        self.issue_model.set_rows(issues)
        self.issue_table.set_shown(bool(issues))
        self.issue_empty.setVisible(not issues)
        self.cases.show_lines(page.cases)
        self.projects.show_lines(page.projects)
        self.reviews.load()
        self.entries.load()
        self.trail.set_lines([(line.day, line.text) for line in page.timeline[:MOST_LINES]])
        mine = self.presenter.desk.signed_in().person
        open_ones = [v.id for v in page.visits if v.state is VisitState.OPEN and v.officer == mine]
        self._open_visit = open_ones[0] if open_ones else None
        self.start_button.set_text("接着走访" if self._open_visit else "开始走访")
        self.quick_button.setVisible(self._officer and self._open_visit is None)
        for button in (self.start_button, self.quick_button, self.print_button):
            button.setEnabled(True)

    def _show_parts(self, parts: Parts) -> None:
        self.presenter.seats = {line.id: str((line.body or {}).get("seat", "")) for line in parts.seats}
        for kind, lines in (
            ("seat", parts.seats),
            ("contact", parts.contacts),
            ("enterprise_tag", parts.tags),
            ("cultivation", parts.cultivation),
            ("parcel", parts.parcels),
        ):
            self.cards[kind].set_lines(lines)
        self.cards["seat"].set_note(f"{parts.vacant} 个席位缺位" if parts.vacant else "都有人")

    def _gone(self, text: str) -> None:
        """It went to somebody else, perhaps while it was looked at."""
        self._missing(text)
        self.head.set_title("企业已移交")
        for widget in (self.fetch_button, self.pill, self.start_button, self.quick_button, self.print_button):
            widget.hide()

    def _missing(self, text: str) -> None:
        self.content.hide()
        self.absent.show()
        for button in (self.start_button, self.quick_button, self.print_button):
            button.setEnabled(False)
        self.head.set_title("企业资料")
        self.absent_text.set_text(text if not self._fetching else "正在取这家企业的资料……")
        self.fetch_button.setVisible(not self._fetching)

    def _fetch(self) -> None:
        self._fetching = True
        self._missing("")
        self.presenter.fetch()

    def _synced(self, _report: object) -> None:
        if self._fetching:
            self._fetching = False
            self.refresh()

    def _start(self) -> None:
        if self._open_visit:
            self.go.emit("filling", self._open_visit)
        else:
            self.presenter.start_visit(VISIT_FORM)

    def _start_quick(self) -> None:
        self.presenter.start_visit(QUICK_FORM)

    def _open_visit_row(self, visit: Any) -> None:
        mine = visit.officer == self.presenter.desk.signed_in().person
        if visit.state is VisitState.OPEN and mine:
            self.go.emit("filling", visit.id)
        else:
            self.go.emit("visit", visit.id)

    def _prepare(self) -> None:
        self.go.emit("prepare", (self.enterprise,))


def _size(size: int) -> str:
    """`1.2 MB`, `830 KB`."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, size // 1000)} KB"
