"""今日: visits due, issues by light, what is not written up, what needs this person."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.services.desk import Desk
from app.services.overview import Today
from ui import theme
from ui.page import Page
from ui.today.model import due_model, issue_model
from ui.today.presenter import TodayPresenter
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card, subhead
from ui.widgets.empty import EmptyState
from ui.widgets.line_row import LineRow
from ui.widgets.pill import Mark
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner

MOST_ISSUES = 8
MOST_REMINDERS = 5
NO_ISSUES = "现在没有未结的诉求。走访时登记的困难会出现在这里，办到哪一步一看便知。"


class TodayPage(Page):
    """Every row opens the thing it names."""

    name = "today"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("今日", parent=parent)
        self.presenter = TodayPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.started.connect(lambda visit: self.go.emit("filling", visit))
        self.presenter.printed.connect(lambda made: self.go.emit("preview", (made.path, made.pages)))
        self.today: Today | None = None
        self._work_shown: tuple[tuple[str, int, str], ...] | None = None
        self.week_button = Button("周清单", self.presenter.print_week)
        self.route_button = Button("日程单", self.presenter.print_route)
        self.print_button = Button("打印当日走访包", self._prepare, shortcut="Ctrl+P")
        self.start_button = Button("开始走访", self._start, primary=True, shortcut="Ctrl+N")
        for button in (self.week_button, self.route_button, self.print_button):
            self.head.add(button)
        self.head.add(self.start_button)
        scroll = Scroll()
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addWidget(self._visits_card(), 5)
        columns.addWidget(self._work_card(), 4)
        columns.addLayout(self._right_side(), 4)
        scroll.body.addLayout(columns)
        scroll.body.addStretch(1)
        self.body.addWidget(scroll, 1)

    def _visits_card(self) -> Card:
        self.due_model = due_model(self)
        self.due_table = Table(self.due_model)
        self.due_table.setAccessibleName("该去走访的企业")
        self.due_table.fit(9)
        self.due_table.opened.connect(lambda row: self.go.emit("enterprise", row.enterprise))
        self.due_table.picked.connect(lambda _row: self._name_start())
        self.due_card = Card("该去走访的企业", " ")
        self.due_empty = EmptyState("")
        self.due_card.body.addWidget(self.due_table)
        self.due_card.body.addWidget(self.due_empty)
        self.more_due = LinkButton("", lambda: self.go.emit("enterprises", None))
        self.due_card.body.addWidget(self.more_due)
        self.drafts_head = subhead("没写完的")
        self.due_card.body.addWidget(self.drafts_head)
        self.drafts = QVBoxLayout()
        self.drafts.setSpacing(0)
        self.due_card.body.addLayout(self.drafts)
        self.due_card.body.addStretch(1)
        return self.due_card

    def _work_card(self) -> Card:
        """What waits for whoever does not visit: each line leads to the list of it."""
        self.work_card = Card("等我办的诉求")
        self.work = QVBoxLayout()
        self.work.setSpacing(0)
        self.work_card.body.addLayout(self.work)
        self.work_card.body.addStretch(1)
        self.work_card.hide()
        return self.work_card

    def _right_side(self) -> QVBoxLayout:
        side = QVBoxLayout()
        side.setSpacing(theme.GRID * 2)
        self.issue_model = issue_model(self)
        self.issue_table = Table(self.issue_model)
        self.issue_table.setAccessibleName("诉求")
        self.issue_table.horizontalHeader().hide()
        self.issue_table.fit(MOST_ISSUES)
        self.issue_table.opened.connect(lambda line: self.go.emit("issues", line.id))
        issues = Card("诉求", " ")
        self.issues_card = issues
        self.issue_empty = EmptyState(NO_ISSUES)
        issues.body.addWidget(self.issue_table)
        issues.body.addWidget(self.issue_empty)
        self.attention_card = Card("需要我处理")
        self.attention = QVBoxLayout()
        self.attention.setSpacing(0)
        self.attention_card.body.addLayout(self.attention)
        self.reminders_card = Card("企业要到期的", " ")
        self.reminders = QVBoxLayout()
        self.reminders.setSpacing(0)
        self.reminders_card.body.addLayout(self.reminders)
        self.more_reminders = LinkButton("", lambda: self.go.emit("enterprises", None))
        self.reminders_card.body.addWidget(self.more_reminders)
        self.reminders_card.hide()
        side.addWidget(issues)
        side.addWidget(self.attention_card)
        side.addWidget(self.reminders_card)
        side.addStretch(1)
        return side

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.issue_table if self.today is not None and not self.today.visiting else self.due_table

    def _show(self, today: Today) -> None:
        self.today = today
        self.head.set_remark(today.heading)
        waiting = [row for row in today.due if row.due.due != "done"]
        self.due_card.set_note(f"本期 {today.total} 家，已走访 {today.visited} 家")
        self.due_model.set_rows(waiting)
        self.due_table.set_shown(bool(waiting))
        self.due_table.choose_first()
        self.due_empty.setVisible(not waiting)
        self.due_empty.set_text(_nothing_due(today))
        self.more_due.setVisible(len(waiting) > 9)
        self.more_due.set_text(f"查看全部 {len(waiting)} 家")
        self.issue_model.set_rows(today.issues[:MOST_ISSUES])
        self.issue_table.set_shown(bool(today.issues))
        self.issue_empty.setVisible(not today.issues)
        self.issue_empty.set_text(NO_ISSUES if today.visiting else "没有等您办的诉求。")
        more = len(today.issues) - MOST_ISSUES
        self.issues_card.set_note(
            f"{'未结' if today.visiting else '等我办'} {len(today.issues)} 件"
            + (f"，列出最急的 {MOST_ISSUES} 件" if more > 0 else "")
        )
        lists = (self.week_button, self.route_button)
        for part in (self.due_card, *lists, self.print_button, self.start_button):
            part.setVisible(today.visiting)
        self.work_card.setVisible(today.dispatching)
        self._show_work(today)
        self._show_drafts(today)
        self._show_attention(today)
        self._show_reminders(today)
        self.print_button.setEnabled(bool(today.due))
        self._name_start()

    def _show_work(self, today: Today) -> None:
        rows = tuple((row.word, row.count, row.group) for row in today.work)
        if rows == self._work_shown:
            return
        self._work_shown = rows
        _clear(self.work)
        for word, count, group in rows:
            self.work.addWidget(
                LineRow(word, f"{count} 件", (("去办", partial(self.go.emit, "issues", ("group", group))),))
            )
        if not rows:
            self.work.addWidget(EmptyState("现在没有等您办的诉求。同步一次（F5）看看有没有新来的。"))

    def _show_drafts(self, today: Today) -> None:
        _clear(self.drafts)
        self.drafts_head.setVisible(bool(today.drafts))
        for draft in today.drafts:
            row = LineRow(
                f"{draft.form_title} · {draft.enterprise_name}",
                f"{draft.section}，{draft.saved}",
                (("接着填", partial(self.go.emit, "filling", draft.visit)),),
            )
            self.drafts.addWidget(row)

    def _show_attention(self, today: Today) -> None:
        _clear(self.attention)
        for item in today.attention:
            act = partial(self.go.emit, *item.target)
            self.attention.addWidget(LineRow(item.text, "", ((item.action, act),)))
        if not today.attention:
            self.attention.addWidget(EmptyState("没有需要处理的事。"))

    def _show_reminders(self, today: Today) -> None:
        """What runs out at an enterprise; nothing at all where nothing does."""
        _clear(self.reminders)
        self.reminders_card.setVisible(bool(today.reminders))
        self.reminders_card.set_note(f"{len(today.reminders)} 项" if today.reminders else "")
        for item in today.reminders[:MOST_REMINDERS]:
            mark = Mark("red", "已过期") if item.late else Mark("yellow", "快到期")
            way = (("打开", partial(self.go.emit, "enterprise", item.enterprise)),)
            self.reminders.addWidget(LineRow(item.text, "", way, mark=mark))
        self.more_reminders.setVisible(len(today.reminders) > MOST_REMINDERS)
        self.more_reminders.set_text(f"共 {len(today.reminders)} 项，到「企业」里看全部")

    def _name_start(self) -> None:
        row = self.due_table.current
        self.start_button.setEnabled(row is not None)
        self.start_button.set_text("接着走访" if row is not None and row.open_visit else "开始走访")
        name = row.name if row is not None else "先在左边选一家企业"
        self.start_button.setToolTip(name)

    def _start(self) -> None:
        row = self.due_table.current
        if row is None:
            return
        if row.open_visit:
            self.go.emit("filling", row.open_visit)
        else:
            self.presenter.start_visit(row.enterprise)

    def _prepare(self) -> None:
        chosen = self.due_table.current
        self.go.emit("prepare", (chosen.enterprise,) if chosen is not None else ())


def _nothing_due(today: Today) -> str:
    if today.total:
        return f"本期 {today.total} 家都已走访。需要再去，可以从「企业」页打开一家，点「开始走访」。"
    return "还没有分配给您的企业。请联系管理员分配，分配后同步一次（F5）就会出现。"


def _clear(layout: QVBoxLayout) -> None:
    while (taken := layout.takeAt(0)) is not None:
        widget = taken.widget()
        if widget is not None:
            # Hidden first: one that was about to be shown would come up as a window of its own.
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
