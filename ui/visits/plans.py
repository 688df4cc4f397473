"""计划: the calendar, what is due and not planned yet, and the route of the chosen day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDateEdit, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.visit_plan import PlanState
from app.printing.models import Printed
from app.services import visit_lists, visit_plans, words
from app.services.desk import Desk
from app.services.visit_plans import Calendar, Stop, ToPlan
from ui import theme
from ui.errors import explain
from ui.notices import Kind
from ui.page import Page, Presenter
from ui.visits.calendar import CalendarGrid
from ui.visits.how_line import HowLine
from ui.visits.model import route_model, to_plan_model
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner, Work

VIEWS = {"month": "月", "week": "周"}


class PlansPresenter(Presenter):
    """`loaded(Calendar, list of Stop)`, `done()`, `planned(plan)`, `started(visit)`, `printed(Printed)`, `failed(text)`."""

    loaded = Signal(object, object)
    done = Signal()
    started = Signal(str)
    planned = Signal(str)
    printed = Signal(object)
    failed = Signal(str)

    def load(self, first: date, last: date, day: date) -> None:
        def look(desk: Desk) -> tuple[Calendar, list[Stop]]:
            return visit_plans.calendar(desk, first, last), visit_plans.route(desk, day)

        self.look_up("plans", look, self.desk, then=lambda found: self.loaded.emit(*found))

    def do(self, function: Callable[..., Any], *args: Any) -> None:
        """One of `visit_plans`' verbs."""
        self.act(
            function,
            self.desk,
            *args,
            then=lambda _made: self.done.emit(),
            otherwise=lambda error: self.failed.emit(explain(error).text),
        )

    def plan(self, enterprise: str, day: date) -> None:
        self.act(
            visit_plans.plan,
            self.desk,
            enterprise,
            day,
            then=self.planned.emit,
            otherwise=lambda error: self.failed.emit(explain(error).text),
        )

    def start(self, plan: str) -> None:
        self.act(
            visit_plans.start,
            self.desk,
            plan,
            then=self.started.emit,
            otherwise=lambda error: self.failed.emit(explain(error).text),
        )

    def print_week(self, day: date) -> Work:
        return self._print(visit_lists.print_week, day)

    def print_route(self, day: date) -> Work:
        return self._print(visit_lists.print_route, day)

    def _print(self, write: Callable[[Desk, date], Printed], day: date) -> Work:
        return self.runner.long(lambda _work: write(self.desk, day), then=self.printed.emit, owner=self)


class PlansPage(Page):
    """Arrows choose a day; Enter in 该去还没排的 plans it there; Alt+↑ and Alt+↓ put the route in order."""

    name = "plans"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("走访计划", "选一天，把该去的企业排上；排好的按顺序走", "走访", parent)
        self._desk = desk
        self.day = desk.today
        self._calendar: Calendar | None = None
        self._wanted = ""
        self.presenter = PlansPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.done.connect(self.refresh)
        self.presenter.planned.connect(self._planned)
        self.presenter.started.connect(lambda visit: self.go.emit("filling", visit))
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.presenter.printed.connect(lambda made: self.go.emit("preview", (made.path, made.pages)))
        self.week_button = Button("周清单", lambda: self.presenter.print_week(self.day))
        self.week_button.setToolTip("这一周到期的、排好的走访，亮灯的诉求和退回待改的，印在一张单子上")
        self.route_button = Button("日程单", lambda: self.presenter.print_route(self.day))
        self.route_button.setToolTip("这一天的路线：顺序、地址、联系人、问什么、带什么")
        self.prepare_button = Button("出发准备", self._prepare, shortcut="Ctrl+P")
        self.start_button = Button("开始走访", self._start, primary=True, shortcut="Ctrl+N")
        for button in (self.week_button, self.route_button):
            self.head.add(button)
        self.head.add(self.prepare_button)
        self.head.add(self.start_button)
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addLayout(self._left(), 5)
        columns.addWidget(self._right(), 4)
        scroll = Scroll()
        scroll.body.addLayout(columns, 1)
        self.body.addWidget(scroll, 1)

    # ------------------------------------------------------------ building

    def _left(self) -> QVBoxLayout:
        side = QVBoxLayout()
        side.setSpacing(theme.GRID * 2)
        card = Card()
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        self.span = label("", "head")
        self.views = ChipRow(VIEWS)
        self.views.chosen.connect(lambda _keys: self.refresh())
        back, on = Button("‹", lambda: self._leap(-1)), Button("›", lambda: self._leap(1))
        back.setAccessibleName("往前")
        on.setAccessibleName("往后")
        today = LinkButton("今天", lambda: self.choose(self._desk.today))
        for widget in (back, self.span, on, today):
            line.addWidget(widget)
        line.addStretch(1)
        line.addWidget(self.views)
        self.grid = CalendarGrid(self._desk.today)
        self.grid.chosen.connect(self.choose)
        card.body.addLayout(line)
        card.body.addSpacing(theme.GRID)
        card.body.addWidget(self.grid, 1)
        side.addWidget(card, 3)
        self.due_model = to_plan_model(self)
        self.due_table = Table(self.due_model)
        self.due_table.setAccessibleName("到周期该走访的企业")
        self.due_table.opened.connect(self._plan)
        self.due_empty = EmptyState(
            "本周期的企业都走访过了。需要专门再去，可以从「企业」页打开一家开始走访。"
        )
        self.due_card = Card("到周期该去的", " ")
        self.plan_button = LinkButton("排到这一天", lambda: self._plan(self.due_table.current))
        self.due_card.head.addWidget(self.plan_button)
        self.due_card.body.addWidget(self.due_table, 1)
        self.due_card.body.addWidget(self.due_empty)
        side.addWidget(self.due_card, 2)
        return side

    def _right(self) -> Card:
        self.route_card = Card(" ", " ")
        self.route_model = route_model(self)
        self.route_table = Table(self.route_model)
        self.route_table.setAccessibleName("这一天的路线，Alt 加上下箭头调整顺序")
        self.route_table.picked.connect(lambda _stop: self._offer())
        self.route_table.opened.connect(lambda _stop: self._start())
        self.route_empty = EmptyState("这一天还没有排走访。在左边选一家企业，按回车排到这一天。")
        self.detail = label("", "table", wrap=True)
        self.how = HowLine()
        self.how.described.connect(partial(self.presenter.do, visit_plans.describe))
        self.hint = label("", "bad", wrap=True)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        self.up = Button("上移", lambda: self._shift(-1))
        self.down = Button("下移", lambda: self._shift(1))
        self.move_button = Button("改期", lambda: self._ask("move"))
        self.cancel_button = Button("取消这次", lambda: self._ask("cancel"))
        self.look_button = Button("看企业", self._open_enterprise)
        self.buttons = (self.up, self.down, self.move_button, self.cancel_button, self.look_button)
        for button in self.buttons:
            buttons.addWidget(button)
        buttons.addStretch(1)
        body = self.route_card.body
        # As high as its rows, so that what belongs to the chosen one stands below it in large print too.
        self.route_table.fit(6)
        body.addWidget(self.route_table)
        body.addWidget(self.route_empty)
        body.addSpacing(theme.GRID)
        body.addWidget(self.hint)
        body.addWidget(self.detail)
        body.addSpacing(theme.GRID)
        body.addWidget(self.how)
        body.addSpacing(theme.GRID)
        body.addLayout(buttons)
        body.addWidget(self._ask_line())
        self.missed = label("", "bad", wrap=True)
        body.addWidget(self.missed)
        body.addStretch(1)
        for keys, by in (("Alt+Up", -1), ("Alt+Down", 1)):
            QShortcut(
                QKeySequence(keys),
                self,
                lambda by=by: self._shift(by),
                context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
            )
        return self.route_card

    def _ask_line(self) -> QWidget:
        self.asking = QWidget(self)
        line = QHBoxLayout(self.asking)
        line.setContentsMargins(0, theme.GRID, 0, 0)
        line.setSpacing(theme.GRID)
        self.new_day = QDateEdit()
        self.new_day.setCalendarPopup(True)
        self.new_day.setDisplayFormat("yyyy-MM-dd")
        self.new_day.setAccessibleName("改到哪一天")
        self.reason = QLineEdit()
        self.reason.setMaxLength(200)
        self.reason.setAccessibleName("原因")
        self.reason.returnPressed.connect(self._answer)
        self.answer_button = Button("改到这一天", self._answer, primary=True)
        line.addWidget(self.new_day)
        line.addWidget(self.reason, 1)
        line.addWidget(self.answer_button)
        line.addWidget(Button("不改了", self.asking.hide))
        self.asking.hide()
        self._asked = ""
        return self.asking

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        self.presenter.load(*self._days(), self.day)

    def first_focus(self) -> QWidget | None:
        return self.grid

    def choose(self, day: date) -> None:
        """Go to a day."""
        self.day = day
        self.asking.hide()
        self.refresh()

    def _days(self) -> tuple[date, date]:
        if self.views.key == "month":
            return visit_plans.month_of(self.day)
        first = self.day - timedelta(days=self.day.weekday())
        return first, first + timedelta(days=6)

    def _leap(self, by: int) -> None:
        if self.views.key == "week":
            self.choose(self.day + timedelta(days=7 * by))
            return
        middle = self.day.replace(day=15) + timedelta(days=30 * by)
        self.choose(middle.replace(day=min(self.day.day, 28)))

    def _show(self, calendar: Calendar, stops: list[Stop]) -> None:
        self._calendar = calendar
        texts: dict[date, tuple[str, ...]] = {}
        for line in calendar.plans:
            done = "✓ " if line.state is PlanState.DONE else ""
            texts[line.day] = (*texts.get(line.day, ()), done + line.enterprise_name)
        self.grid.show_days(calendar.first, calendar.last, self.day, texts)
        month = f"{self.day.year} 年 {self.day.month} 月"
        week = f"{words.day(calendar.first)}—{words.day(calendar.last)}"
        self.span.setText(month if self.views.key == "month" else week)
        self.due_model.set_rows(calendar.due)
        self.due_table.set_shown(bool(calendar.due))
        self.due_table.choose_first()
        chosen = self.due_table.current
        if chosen is not None and chosen.planned is not None:
            # What was just planned has gone down the list: on to the next one.
            self.due_table.choose(calendar.due[0].enterprise)
        self.due_empty.setVisible(not calendar.due)
        unplanned = sum(row.planned is None for row in calendar.due)
        self.due_card.set_note(f"还有 {unplanned} 家没有排")
        self.plan_button.setEnabled(bool(calendar.due) and self.day >= self._desk.today)
        self.route_card.title.setText(words.long_day(self.day))
        self.route_card.set_note(f"{len(stops)} 家" if stops else "")
        self.route_model.set_rows(stops)
        self.route_table.set_shown(bool(stops))
        if self._wanted and self.route_table.choose(self._wanted):
            self._wanted = ""
        self.route_table.choose_first()
        self.route_empty.setVisible(not stops)
        missed = [f"{words.day(line.day)} {line.enterprise_name}" for line in calendar.missed]
        self.missed.setText(
            f"▲ 排了没有去的：{'；'.join(missed[:4])}。点那一天，改期或取消。" if missed else ""
        )
        self.missed.setVisible(bool(missed))
        self._offer()

    def _offer(self) -> None:
        stop = self.route_table.current
        planned = stop is not None and stop.plan.state is PlanState.PLANNED
        for button in self.buttons:
            button.setVisible(stop is not None)
            button.setEnabled(planned or button is self.look_button)
        self.start_button.setEnabled(planned)
        self.start_button.set_text("接着走访" if stop is not None and stop.open_visit else "开始走访")
        for button in (self.prepare_button, self.route_button):
            button.setEnabled(bool(self.route_model.rows))
        self.hint.setText(f"▲ {stop.hint}" if stop is not None else "")
        self.hint.setVisible(stop is not None and bool(stop.hint))
        if stop is not None and planned:
            self.how.show_plan(stop.plan)
        self.how.setVisible(planned)
        self.detail.setText(_detail(stop) if stop is not None else "")
        self.detail.setVisible(stop is not None)

    # ------------------------------------------------------------ acting

    def _plan(self, row: ToPlan | None) -> None:
        if row is not None:
            self.presenter.plan(row.enterprise, self.day)

    def _planned(self, plan: str) -> None:
        """What was just planned is the chosen stop: how and what for can be said at once."""
        self._wanted = plan
        self.refresh()

    def _shift(self, by: int) -> None:
        stop = self.route_table.current
        ids = [one.plan.id for one in self.route_model.rows]
        if stop is None or not 0 <= ids.index(stop.plan.id) + by < len(ids):
            return
        at = ids.index(stop.plan.id)
        ids[at], ids[at + by] = ids[at + by], ids[at]
        self.presenter.do(visit_plans.put_in_order, ids)

    def _ask(self, what: str) -> None:
        self._asked = what
        self.new_day.setVisible(what == "move")
        tomorrow = max(self.day, self._desk.today) + timedelta(days=1)
        self.new_day.setDate(QDate(tomorrow.year, tomorrow.month, tomorrow.day))
        self.reason.clear()
        self.reason.setPlaceholderText("改期的原因，可以不填" if what == "move" else "取消的原因")
        self.answer_button.set_text("改到这一天" if what == "move" else "取消这次走访")
        self.asking.show()
        (self.new_day if what == "move" else self.reason).setFocus()

    def _answer(self) -> None:
        stop = self.route_table.current
        if stop is None:
            return
        if self._asked == "cancel":
            if not self.reason.text().strip():
                self.tell("请写一句取消的原因，会留有记录。", kind=Kind.WARNING)
                return
            self.presenter.do(visit_plans.cancel, stop.plan.id, self.reason.text())
        else:
            picked = self.new_day.date()
            day = date(picked.year(), picked.month(), picked.day())
            self.presenter.do(visit_plans.move, stop.plan.id, day, self.reason.text())
        self.asking.hide()

    def _start(self) -> None:
        stop = self.route_table.current
        if stop is None or stop.plan.state is not PlanState.PLANNED:
            return
        if stop.open_visit:
            self.go.emit("filling", stop.open_visit)
        else:
            self.presenter.start(stop.plan.id)

    def _prepare(self) -> None:
        self.go.emit("prepare", tuple(stop.plan.enterprise for stop in self.route_model.rows))

    def _open_enterprise(self) -> None:
        stop = self.route_table.current
        if stop is not None:
            self.go.emit("enterprise", stop.plan.enterprise)


def _detail(stop: Stop) -> str:
    plan = stop.plan
    lines = [f"地址：{stop.address or '没有登记'}", f"联系人：{stop.contact or '没有登记'}"]
    if plan.state is not PlanState.PLANNED:
        lines.append(
            f"方式：{plan.method_word}，{plan.kind_word}" + (f"，{plan.purpose}" if plan.purpose else "")
        )
    if stop.issues:
        lines.append(f"未结诉求 {len(stop.issues)} 件：{'；'.join(stop.issues[:3])}")
    return "\n".join(lines)
