"""One meeting: facts, who is invited and came, the agenda with outcomes set by keys, the papers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from app.domain.meeting import MeetingKind, MeetingState
from app.services.desk import Desk
from app.services.enterprises import EnterpriseLine
from app.services.issues import ActionForm, Done
from app.services.meetings import (
    ADD,
    ASSIGN,
    CANCEL,
    DONE,
    EDIT,
    HOLD,
    MINUTES,
    RAISE,
    GuestLine,
    ItemLine,
    MeetingPage,
)
from ui import theme
from ui.meetings.action_row import ActionRow
from ui.meetings.drafts import Drafts
from ui.meetings.model import guest_model, item_model
from ui.meetings.panel import SidePanel, actions_for
from ui.meetings.presenter import OnePresenter
from ui.notices import Kind
from ui.page import Page
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.empty import EmptyState
from ui.widgets.label import ElidedLabel, label
from ui.widgets.pill import Mark, Pill
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner

NEXT = "next"
NARROW = 900
"""px at 100 %: with less room than this the enterprises stand above the agenda, so that titles can be read."""
KEYS = {
    RAISE: "N",
    ADD: "A",
    "invite": "I",
    EDIT: "E",
    HOLD: "H",
    CANCEL: "",
    MINUTES: "E",
    "assign_all": "G",
    NEXT: "",
}
"""What may be done with the meeting → its key while the keyboard is in the agenda."""
TITLES = {
    ADD: "加议题",
    EDIT: "改会议",
    HOLD: "会开完了",
    CANCEL: "取消会议",
    MINUTES: "改纪要",
    RAISE: "登记诉求",
}
NOTHING = {
    MeetingKind.RECEPTION: "还没有议题。企业来了，在左边选它，按 N 登记它反映的诉求，当场解决的也在那里写。",
    MeetingKind.JOINT: "现在没有等上会的诉求。已受理没交办的、两次异议的、四级的、红色督办的会自动出现在这里。",
}
NOTHING_ELSE = "还没有议题。按 A 加一项；上次同类会议没办完的事，会在计划会议时自动列入。"


class MeetingPageView(Page):
    """Enter on an item opens what is most likely wanted; 1–4 set its outcome."""

    name = "meeting"

    def __init__(
        self, desk: Desk, runner: Runner, sync: Any, meeting: str, parent: QWidget | None = None
    ) -> None:
        super().__init__("会议", crumb="会议", parent=parent)
        self.desk = desk
        self.meeting = meeting
        self.shown: MeetingPage | None = None
        self.drafts = Drafts(desk.rules.department_name)
        self._asked_item: ItemLine | None = None
        self._raising: tuple[str, str, str | None] | None = None
        self._awaited = False
        self.presenter = OnePresenter(desk, runner, sync, meeting, self)
        self._build_head()
        self.absent = EmptyState("")
        self.absent.hide()
        self.body.addWidget(self.absent)
        self.content = QWidget()
        self._build_body()
        self.body.addWidget(self.content, 1)
        self._connect(sync)

    # ------------------------------------------------------------------ building

    def _build_head(self) -> None:
        self.pill = Pill()
        self.notice_button = Button("会议通知", self.presenter.print_notice)
        self.agenda_button = Button("议程表", self.presenter.print_agenda, shortcut="Ctrl+P")
        for widget in (self.pill, self.notice_button, self.agenda_button):
            self.head.add(widget)

    def _build_body(self) -> None:
        columns = QHBoxLayout(self.content)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(theme.GRID * 2)
        scroll = Scroll()
        left = scroll.body
        left.setSpacing(theme.GRID * 3 // 2)
        columns.addWidget(scroll, 3)
        self.people = label("", "tablequiet", wrap=True)
        self.result = label("", "head", wrap=True)
        self.minutes = ElidedLabel("", "table")
        self.row = ActionRow(KEYS)
        self.row.chosen.connect(self._chosen)
        top = Card()
        top.body.setSpacing(theme.GRID)
        for widget in (self.people, self.result, self.minutes, self.row):
            top.body.addWidget(widget)
        left.addWidget(top)
        self._middle = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._middle.setSpacing(theme.GRID * 3 // 2)
        left.addLayout(self._middle, 1)
        self._guest_card = Card("企业", " ")
        self.guest_model = guest_model(self)
        self.guest_table = Table(self.guest_model)
        self.guest_table.setAccessibleName("邀请的企业")
        self.guest_table.installEventFilter(self)
        self.guest_table.opened.connect(lambda _guest: self._chosen(RAISE))
        self.guest_empty = EmptyState("还没有邀请企业。按 I 邀请。")
        self._guest_card.body.addWidget(self.guest_table, 1)
        self._guest_card.body.addWidget(self.guest_empty)
        self._item_card = Card("议题", " ")
        self._item_tables()
        self._middle.addWidget(self._guest_card, 4)
        self._middle.addWidget(self._item_card, 5)
        self.panel = SidePanel()
        self.panel.setMinimumWidth(theme.SIZES["pane"])
        self.panel.setMaximumWidth(theme.current().px(380))
        columns.addWidget(self.panel, 2)

    def _item_tables(self) -> None:
        """The joint meeting's agenda has boxes to tick; which kind it is, is known when it is loaded."""
        self.plain_model = item_model(lambda _item: "", self)
        self.tick_model = item_model(self.drafts.text, self, tick=True)
        assert isinstance(self.tick_model, CheckRowsModel)
        self.ticks = self.tick_model
        self.ticks.ticked_changed.connect(self._count_ticks)
        self.plain_table, self.tick_table = Table(self.plain_model), Table(self.tick_model)
        self.item_empty = EmptyState("")
        for table in (self.plain_table, self.tick_table):
            table.setAccessibleName("议题")
            table.installEventFilter(self)
            table.picked.connect(lambda _item: self._show_item())
            table.opened.connect(self._open_item)
            table.hide()
            self._item_card.body.addWidget(table, 1)
        self._item_card.body.addWidget(self.item_empty)
        self.assign_button = Button("交办", self._assign_all, primary=True)
        self.fetch_button = Button("取资料", self._fetch_missing)
        line = QHBoxLayout()
        line.setContentsMargins(0, theme.GRID, 0, 0)
        line.setSpacing(theme.GRID)
        line.addWidget(self.assign_button)
        line.addWidget(self.fetch_button)
        line.addStretch(1)
        self._item_card.body.addLayout(line)

    def _connect(self, sync: Any) -> None:
        presenter, panel = self.presenter, self.panel
        presenter.loaded.connect(self._show)
        presenter.missing.connect(self._missing)
        presenter.form_ready.connect(self._show_form)
        presenter.companies.connect(self._show_companies)
        presenter.done.connect(self._done)
        presenter.failed.connect(self._failed)
        presenter.assigned.connect(self._assigned)
        presenter.printed.connect(lambda printed: self.go.emit("preview", (printed.path, printed.pages)))
        presenter.fetching.connect(lambda: self.tell("正在取企业的资料，取到后就能办理……"))
        presenter.busy.connect(self._set_busy)
        presenter.planned.connect(self._next_planned)
        panel.chosen.connect(self._item_chosen)
        panel.submitted.connect(self._submitted)
        panel.invited.connect(presenter.invite)
        panel.looked_for.connect(presenter.list_companies)
        panel.closed.connect(self._back_to_table)
        sync.finished.connect(self._synced)

    def refresh(self) -> None:
        self.presenter.load()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_middle"):
            self._turn()

    def _turn(self) -> None:
        narrow = self.width() < theme.current().px(NARROW)
        direction = QBoxLayout.Direction.LeftToRight
        if narrow:
            # At a reception day who has come is first, else what is to be dealt with.
            reception = self.shown is not None and self.shown.meeting.meeting_kind is MeetingKind.RECEPTION
            direction = QBoxLayout.Direction.TopToBottom if reception else QBoxLayout.Direction.BottomToTop
        self._middle.setDirection(direction)

    def first_focus(self) -> QWidget | None:
        return self.table

    @property
    def joint(self) -> bool:
        return self.shown is not None and self.shown.meeting.meeting_kind is MeetingKind.JOINT

    @property
    def table(self) -> Table:
        """The agenda."""
        return self.tick_table if self.joint else self.plain_table

    # ------------------------------------------------------------------ what it shows

    def _show(self, page: MeetingPage) -> None:
        first = self.shown is None
        self.shown = page
        meeting, line = page.meeting, page.line
        self.absent.hide()
        self.content.show()
        self.head.set_title(meeting.title)
        self.head.set_remark(page.remark)
        self.pill.set_mark(Mark(line.tone, line.state_word))
        self.people.setText(page.people)
        self.people.setVisible(bool(page.people))
        self.result.setText(page.result)
        self.result.setVisible(bool(page.result))
        self.minutes.setText(f"纪要：{' '.join(meeting.minutes.split())}" if meeting.minutes else "")
        self.minutes.setVisible(bool(meeting.minutes))
        self.row.offer(page.actions, RAISE if page.guests else "")
        self.notice_button.setVisible(meeting.state is MeetingState.PLANNED)
        self.agenda_button.set_text("议程表" if meeting.state is MeetingState.PLANNED else "议题及结论")
        self._turn()
        self._show_guests(page)
        self._show_items(page)
        if first:
            self.first_table().setFocus(Qt.FocusReason.OtherFocusReason)

    def first_table(self) -> Table:
        """Where the keyboard begins: at a reception day with who has come, else on the agenda."""
        assert self.shown is not None
        if self.shown.guests and not self.shown.items:
            return self.guest_table
        return self.table

    def _show_guests(self, page: MeetingPage) -> None:
        asked = bool(page.guests) or page.meeting.meeting_kind in (
            MeetingKind.RECEPTION,
            MeetingKind.BREAKFAST,
        )
        self._guest_card.setVisible(asked)
        self.guest_model.set_rows(page.guests)
        self.guest_table.choose_first()
        self.guest_table.set_shown(bool(page.guests))
        self.guest_empty.setVisible(not page.guests)
        came = sum(guest.came or guest.raised > 0 for guest in page.guests)
        self._guest_card.set_note(f"邀请 {len(page.guests)} 家，到会 {came} 家" if page.guests else " ")

    def _show_items(self, page: MeetingPage) -> None:
        table, other = (
            (self.tick_table, self.plain_table) if self.joint else (self.plain_table, self.tick_table)
        )
        other.hide()
        model = self.tick_model if self.joint else self.plain_model
        model.set_rows(page.items)
        self.ticks.tick(self.ticks.ticked - {item.id for item in page.assignable}, False)
        table.choose_first()
        table.set_shown(bool(page.items))
        self.item_empty.setVisible(not page.items)
        self.item_empty.set_text(NOTHING.get(page.meeting.meeting_kind, NOTHING_ELSE))
        undecided = sum(item.open for item in page.items)
        self._item_card.set_note(f"{len(page.items)} 项，{undecided} 项未议" if page.items else " ")
        away = self._away()
        self.fetch_button.setVisible(bool(away) and self.joint)
        self.fetch_button.set_text(f"取 {len(away)} 家企业的资料")
        self._count_ticks()
        self._show_item()

    def _away(self) -> list[str]:
        """Enterprises of what could be assigned whose data is not here."""
        items = self.shown.assignable if self.shown is not None else ()
        return list(dict.fromkeys(item.enterprise for item in items if not item.held))

    def _show_item(self) -> None:
        page, item = self.shown, self.table.current
        if page is None:
            return
        reception = page.meeting.meeting_kind is MeetingKind.RECEPTION
        actions = actions_for(page, item, reception) if item is not None else []
        self.panel.show_item(item, actions, NOTHING.get(page.meeting.meeting_kind, NOTHING_ELSE))

    def _missing(self, text: str) -> None:
        self.content.hide()
        self.absent.set_text(text)
        self.absent.show()

    # ------------------------------------------------------------------ the meeting

    def _chosen(self, action: str) -> None:
        if self.shown is None or action not in self.row.names:
            return
        if action == RAISE:
            guest = self.guest_table.current
            if guest is None:
                self.tell("先按 I 把来的企业邀请进来，再登记它反映的诉求。", kind=Kind.WARNING)
                return
            self._begin_raise(guest.id, "", None)
        elif action == NEXT:
            self.presenter.plan_next()
        elif action == "invite":
            self.panel.show_invite([guest.id for guest in self.shown.guests])
        else:
            self._asked_item = None
            self.presenter.ask_form(action)

    def _begin_raise(self, enterprise: str, title: str, item: str | None) -> None:
        """Ask for the form; where the enterprise is not on this laptop, say so and fetch it first."""
        self._raising = (enterprise, title, item)
        guest = self._guest(enterprise)
        if self.shown is not None and guest is not None and guest.held:
            self._awaited = False
            self.presenter.ask_raise_form(self.shown, enterprise, title)
        else:
            self._awaited = True
            self.presenter.fetch([enterprise])

    def _guest(self, enterprise: str) -> GuestLine | None:
        guests: Sequence[GuestLine] = self.shown.guests if self.shown is not None else ()
        return next((guest for guest in guests if guest.id == enterprise), None)

    def _synced(self, _report: object) -> None:
        """What was being fetched is here, or cannot be had now."""
        if not self._awaited or self._raising is None:
            self.refresh()
            return
        self._awaited = False
        enterprise, title, item = self._raising

        def go_on(page: MeetingPage) -> None:
            self._show(page)
            guest = self._guest(enterprise)
            if guest is not None and guest.held:
                self._begin_raise(enterprise, title, item)
            else:
                self.tell(
                    "这家企业的资料还没有取到，现在登记不了。先按 A 记成议题，联网取到后再登记为诉求。",
                    kind=Kind.WARNING,
                )

        self.presenter.look_up_page(go_on)

    def _show_companies(self, lines: list[EnterpriseLine]) -> None:
        self.panel.invite.show_lines(lines)

    # ------------------------------------------------------------------ an item

    def _open_item(self, item: ItemLine) -> None:
        """Enter: what is most likely wanted."""
        if self.panel.row.names:
            first = ASSIGN if item.assignable and item.open else "recorded" if item.open else "open_issue"
            self._item_chosen(first)

    def _item_chosen(self, action: str) -> None:
        item = self.table.current
        if item is None or action not in self.panel.row.names:
            return
        if action == "open_issue":
            self.go.emit("issues", item.issue)
        elif action == "fetch":
            self.presenter.fetch([item.enterprise])
        elif action == "drop":
            self.presenter.drop(item)
        elif action == "register":
            self._begin_raise(item.enterprise, item.title, item.id)
        else:
            self._asked_item = item
            self.presenter.ask_item_form(item, action)

    def _show_form(self, form: ActionForm) -> None:
        item = self._asked_item
        if form.action == ASSIGN and item is not None:
            form = self.drafts.into(form, item)
        title = TITLES.get(form.action) or (item.title if item is not None else form.word)
        self.panel.show_form(form, title)

    def _submitted(self, action: str, values: dict[str, Any]) -> None:
        item = self._asked_item
        if action == RAISE and self._raising is not None:
            enterprise, _, noted = self._raising
            files = list(self.panel.photos.files)
            self.presenter.raise_issue({**values, "enterprise": enterprise}, noted, files)
        elif action == EDIT:
            self.presenter.edit(values)
        elif action == MINUTES:
            self.presenter.keep_minutes(values["minutes"])
        elif action == HOLD:
            self.presenter.hold(values["minutes"])
        elif action == CANCEL:
            self.presenter.cancel(values["reason"])
        elif action == ADD:
            self.presenter.add(values["title"], values.get("enterprise"))
        elif item is not None and action == ASSIGN:
            self._keep_draft(item, values)
        elif item is not None and action == DONE:
            self.presenter.finish(item, values.get("text"))
        elif item is not None:
            self.presenter.settle(item, action, values)

    # ------------------------------------------------------------------ assigning many at once

    def _keep_draft(self, item: ItemLine, values: dict[str, Any]) -> None:
        draft = self.drafts.keep(item, values)
        self.panel.close_form()
        self.ticks.tick([item.id])
        if not self.joint:
            # At a reception day one issue is assigned by itself.
            self.presenter.assign({item.id: draft})
        elif self.shown is not None:
            self._show_items(self.shown)

    def _ticked(self) -> list[ItemLine]:
        items = self.shown.assignable if self.shown is not None else ()
        return [item for item in items if item.id in self.ticks.ticked]

    def _count_ticks(self) -> None:
        able = bool(self.shown and self.shown.assignable) and self.joint
        self.assign_button.setVisible(able)
        count = len(self._ticked())
        self.assign_button.set_text(f"一次交办 {count} 件  G" if count else "空格勾选，再按 G 交办")
        self.assign_button.setEnabled(count > 0)

    def _assign_all(self) -> None:
        chosen = self._ticked()
        unsaid = self.drafts.unsaid(chosen)
        if unsaid is not None:
            self.table.choose(unsaid.id)
            self.tell(f"「{unsaid.title}」还没有定承办部门，先按 2 定下。", kind=Kind.WARNING)
        elif chosen:
            self.presenter.assign(self.drafts.of(chosen))

    def _assigned(self, done: list[Done]) -> None:
        failed = {one.id for one in done if one.problem}
        self.drafts.forget(done)
        self.ticks.tick({one.id for one in done} - failed, False)
        self.panel.show_results(done)
        good = len(done) - len(failed)
        text = f"已交办 {good} 件。" + (f"{len(failed)} 件没办成，原因在右边。" if failed else "")
        self.tell(text, kind=Kind.WARNING if failed else Kind.GOOD)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.refresh()

    def _fetch_missing(self) -> None:
        self.presenter.fetch(self._away())

    # ------------------------------------------------------------------ afterwards

    def _done(self, text: str) -> None:
        if text:
            self._raising = None
            self.panel.close_form()
            self.tell(text, kind=Kind.GOOD)
        self.refresh()

    def _next_planned(self, meeting: str) -> None:
        """On to it: what it took over can be looked at and altered at once."""
        self.tell("下一次已计划，邀请的企业和参加人照这一次；没办完的事会列入。", kind=Kind.GOOD)
        self.go.emit("meeting", meeting)

    def _failed(self, text: str) -> None:
        self.tell(text, kind=Kind.WARNING)

    def _back_to_table(self) -> None:
        if self.shown is not None and not self.guest_table.hasFocus():
            target = self.table if self.table.isVisible() else self.guest_table
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _set_busy(self, busy: bool) -> None:
        self.panel.set_busy(busy)
        self.row.set_busy(busy)
        for button in (self.notice_button, self.agenda_button):
            button.setEnabled(not busy)
        self.assign_button.setEnabled(not busy and bool(self._ticked()))

    # ------------------------------------------------------------------ keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or self.shown is None:
            return super().eventFilter(watched, event)
        key = Qt.Key(event.key())
        if watched is self.guest_table and self._guest_key(key):
            return True
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return self._moved(key) or super().eventFilter(watched, event)
        if event.modifiers() == Qt.KeyboardModifier.NoModifier and self._letter(
            event.text().upper(), watched
        ):
            return True
        return super().eventFilter(watched, event)

    def _guest_key(self, key: Qt.Key) -> bool:
        guest = self.guest_table.current
        if guest is None or self.shown is None or not self.shown.may_plan:
            return False
        if key == Qt.Key.Key_Space:
            self.presenter.mark(guest.id, not guest.came)
        elif key == Qt.Key.Key_Delete and self.shown.meeting.state is MeetingState.PLANNED:
            self.presenter.uninvite(guest.id, guest.name)
        else:
            return False
        return True

    def _moved(self, key: Qt.Key) -> bool:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key)
        item = self.table.current
        if by is None or item is None or self.shown is None or not item.stored:
            return False
        if self.shown.may_plan and self.shown.meeting.state is MeetingState.PLANNED:
            self.presenter.move(item, by)
        return True

    def _letter(self, letter: str, watched: QObject) -> bool:
        if not letter or self.panel.busy_with_form:
            return False
        if letter == KEYS["assign_all"] and self.joint:
            self._assign_all()
            return True
        if watched is not self.guest_table and self.panel.row.press(letter):
            return True
        return self.row.press(letter)
