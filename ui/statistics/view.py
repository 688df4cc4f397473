"""统计: how are we doing. Figures in groups as cards, by period and scope; every number opens the list behind it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.figures import Period, Scope, Span
from app.domain.projections import ISSUE_ROW
from app.services.desk import Desk
from app.services.figures_page import BehindLine, StatisticsPage, behind
from ui import theme
from ui.issues.editors import combo
from ui.notices import Kind
from ui.page import Page, later
from ui.statistics.card import CardGrid, FigureCard
from ui.statistics.model import behind_model
from ui.statistics.presenter import StatisticsPresenter
from ui.widgets.buttons import Button, LinkButton, shortcut_text
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.label import ElidedLabel, label
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.work import Runner

SPANS = {Span.MONTH: "月", Span.QUARTER: "季度", Span.YEAR: "年"}
NONE_YET = (
    "还没有可以统计的数据。有了企业和诉求，同步一次（F5），这里就按月、季度、年算出办结率、走访覆盖率等。"
)


class StatisticsView(Page):
    """Ctrl+[ and Ctrl+] step through the periods, Enter opens what is behind a card, Ctrl+P exports."""

    name = "statistics"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("统计", parent=parent)
        self.desk = desk
        self.period = Period.around(desk.today, Span.QUARTER)
        self.scope: Scope | None = None
        self.shown: StatisticsPage | None = None
        self.cards: dict[str, FigureCard] = {}
        self._opened_from = ""
        self.presenter = StatisticsPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.exported.connect(self._exported)
        self.presenter.failed.connect(self._failed)
        self._reveal = later(self, 0, self._show_opened_card)
        self._build_head()
        self._build_body()

    # ------------------------------------------------------------------ building

    def _build_head(self) -> None:
        self.export_button = Button("导出表格", self._ask_path, shortcut="Ctrl+P")
        self.export_button.setEnabled(False)
        self.reports_button = Button("导出报表", self._ask_reports_path)
        self.reports_button.setToolTip("走访汇总、问题台账、到期逾期表")
        self.reports_button.setEnabled(False)
        self.head.add(Button("活动与目标", lambda: self.go.emit("activities", None)))
        self.head.add(self.reports_button)
        self.head.add(self.export_button)
        self.spans = ChipRow({span.value: word for span, word in SPANS.items()})
        self.spans.select(Span.QUARTER)
        self.spans.chosen.connect(lambda _keys: self._span_chosen())
        self.earlier = self._stepper("上一期", -1, "Ctrl+[")
        self.later = self._stepper("下一期", 1, "Ctrl+]")
        self.period_label = label(self.period.words, "head")
        self.period_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.scope_box = combo("范围")
        self.scope_box.setMinimumContentsLength(14)
        self.scope_box.activated.connect(self._scope_chosen)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        for widget in (self.spans, self.earlier, self.period_label, self.later):
            line.addWidget(widget)
        line.addStretch(1)
        line.addWidget(label("范围", "tablequiet"))
        line.addWidget(self.scope_box)
        self.body.addLayout(line)

    def _stepper(self, word: str, by: int, key: str) -> Button:
        """The key is the page's own: a button's shortcut presses it slowly, and steps typed quickly would be lost."""
        QShortcut(QKeySequence(key), self).activated.connect(partial(self.step, by))
        made = Button(f"{word}  {shortcut_text(key)}", partial(self.step, by))
        made.setAccessibleName(word)
        return made

    def _build_body(self) -> None:
        self.cards_scroll = Scroll()
        # The cards move when the list takes room beside them: the opened one stays in sight.
        self.cards_scroll.verticalScrollBar().rangeChanged.connect(lambda _least, _most: self._reveal.start())
        self.groups = QVBoxLayout()
        self.groups.setSpacing(theme.GRID)
        self.cards_scroll.body.addLayout(self.groups)
        self.cards_scroll.body.addStretch(1)
        self.empty = EmptyState(NONE_YET)
        self.empty.hide()
        self.note = ElidedLabel("", "small")
        self.model = behind_model(self)
        self.table = Table(self.model)
        self.table.opened.connect(self._open_line)
        self.nothing = EmptyState("")
        self.list = Card(" ", " ")
        self.list.head.addWidget(LinkButton("收起", self.close_list))
        self.list.body.addWidget(self.table, 1)
        self.list.body.addWidget(self.nothing)
        self.list.hide()
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addWidget(self.cards_scroll, 3)
        columns.addWidget(self.list, 2)
        self.body.addWidget(self.empty)
        self.body.addLayout(columns, 1)
        self.body.addWidget(self.note)

    # ------------------------------------------------------------------ what is asked

    def refresh(self) -> None:
        self.presenter.load(self.period, self.scope)

    def first_focus(self) -> QWidget | None:
        return next(iter(self.cards.values()), self.spans.chip(self.spans.key))

    def step(self, by: int) -> None:
        """So many periods on."""
        self._turn_to(self.period.step(by))

    def _span_chosen(self) -> None:
        """The period of the new length that holds the end of the old one, or today where that lies in it."""
        today = self.desk.today
        day = today if self.period.first <= today <= self.period.last else self.period.last
        self._turn_to(Period.around(day, Span(self.spans.key)))

    def _turn_to(self, period: Period) -> None:
        self.period = period
        self.period_label.setText(period.words)
        self.refresh()

    def _scope_chosen(self, place: int) -> None:
        self.scope = self.scope_box.itemData(place)
        self.refresh()

    def show_target(self, target: Any) -> None:
        """A period as `Period.parse` reads it."""
        period = Period.parse(str(target))
        self.spans.select(period.span)
        self._turn_to(period)

    # ------------------------------------------------------------------ what is shown

    def _show(self, shown: StatisticsPage) -> None:
        self.shown = shown
        self.scope = shown.scope.scope
        self._show_scopes(shown)
        if [card.id for card in shown.cards] != list(self.cards):
            self._build_cards(shown)
        for card in shown.cards:
            self.cards[card.id].set_card(card)
        self.note.setText(shown.note)
        self.empty.setVisible(shown.empty)
        self.cards_scroll.setVisible(not shown.empty)
        self.export_button.setEnabled(not shown.empty)
        self.reports_button.setEnabled(not shown.empty)
        if self._opened_from and not self.list.isHidden():
            self._fill_list(self._opened_from)

    def _show_scopes(self, shown: StatisticsPage) -> None:
        known = [self.scope_box.itemText(place) for place in range(self.scope_box.count())]
        if known != [choice.word for choice in shown.scopes]:
            self.scope_box.clear()
            for choice in shown.scopes:
                self.scope_box.addItem(choice.word, choice.scope)
        place = next((n for n, choice in enumerate(shown.scopes) if choice == shown.scope), -1)
        self.scope_box.setCurrentIndex(place)

    def _build_cards(self, shown: StatisticsPage) -> None:
        while (item := self.groups.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.cards = {card.id: FigureCard(card) for card in shown.cards}
        for code, word in shown.groups.items():
            inside = [self.cards[card.id] for card in shown.cards if card.group == code]
            for card in inside:
                card.opened.connect(self.open_card)
            self.groups.addWidget(label(word, "head"))
            self.groups.addWidget(CardGrid(inside))
        self.close_list()

    # ------------------------------------------------------------------ the list behind a number

    def open_card(self, id: str) -> None:
        """Issues on their own page; everything else in a table beside the cards."""
        if self.shown is None:
            return
        self._opened_from = id
        if self.shown.figures[id].definition.list_of == ISSUE_ROW:
            lines = behind(self.shown, id)
            if lines:
                word = f"统计「{self.cards[id].card.name}」{self.period.words}"
                counted = {line.id for line in lines if line.counted}
                self.go.emit("issues", ("only", word, {line.id for line in lines}, counted))
                return
        self._fill_list(id)
        self.list.show()
        target = self.table if self.table.isVisible() else self.list
        target.setFocus(Qt.FocusReason.OtherFocusReason)
        self._reveal.start()

    def _show_opened_card(self) -> None:
        card = self.cards.get(self._opened_from)
        if card is not None and not self.list.isHidden():
            self.cards_scroll.ensureWidgetVisible(card)

    def _fill_list(self, id: str) -> None:
        assert self.shown is not None
        if id not in self.cards:
            self.close_list()
            return
        card, lines = self.cards[id].card, behind(self.shown, id)
        self.list.title.setText(card.name)
        counted = sum(line.counted for line in lines)
        self.list.set_note(f"{self.period.words} · 计入 {counted} 条，共 {len(lines)} 条" if lines else "")
        self.model.set_rows(lines)
        self.table.set_shown(bool(lines))
        self.table.choose_first()
        self.nothing.setVisible(not lines)
        self.nothing.set_text(f"{self.period.words}没有要列的：{card.explained.splitlines()[-1]}。")

    def close_list(self) -> None:
        self.list.hide()
        card = self.cards.get(self._opened_from)
        if card is not None and card.isVisible():
            card.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_line(self, line: BehindLine) -> None:
        if line.kind == ISSUE_ROW:
            self.go.emit("issues", line.id)
        elif line.enterprise:
            self.go.emit("enterprise", line.enterprise)

    # ------------------------------------------------------------------ export

    def _ask_path(self) -> None:
        if self.shown is not None and (path := self._path("统计")):
            self.presenter.export(Path(path), self.shown)

    def _ask_reports_path(self) -> None:
        if self.shown is not None and (path := self._path("报表")):
            self.presenter.export_reports(Path(path), self.period, self.scope)

    def _path(self, what: str) -> str:
        assert self.shown is not None
        folder = Path.home() / "Documents"
        name = f"{what} {self.shown.scope.word} {self.period.text}.xlsx".replace("/", "-")
        start = (folder if folder.is_dir() else Path.home()) / name
        path, _ = QFileDialog.getSaveFileName(self, f"导出{what}", str(start), "工作簿 (*.xlsx)")
        return str(path)

    def _exported(self, path: Path) -> None:
        self.tell(f"已导出到 {path}", kind=Kind.GOOD)

    def _failed(self, text: str) -> None:
        self.tell(text, kind=Kind.WARNING)
