"""One review: its moves, its reviewers, items or seats as rows with a panel beside them, facts, trail."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.changes.review_sheets import DECLARE
from app.domain.review_scheme import GATED, ReviewType
from app.services.desk import Desk
from app.services.issues import ActionForm
from app.services.reviews import FILL, ReviewPage
from ui import theme
from ui.meetings.action_row import ActionRow
from ui.notices import Kind
from ui.page import Page
from ui.reviews.model import part_model, review_mark
from ui.reviews.panel import ReviewPanel
from ui.reviews.presenter import OnePresenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.facts import Facts
from ui.widgets.label import ElidedLabel, label
from ui.widgets.pill import Pill
from ui.widgets.scroll import Scroll
from ui.widgets.table import Table
from ui.widgets.trail import Trail
from ui.work import Runner

KEYS = {
    DECLARE: "S",
    FILL: "T",
    "review.name": "P",
    "review.start": "K",
    "review.close": "J",
    "review.report": "B",
    "review.conclude": "J",
    "review.seat": "M",
    "review.pass": "G",
    "review.send_back": "H",
}
"""A move → its key while the keyboard is in the table."""
FIRST = (
    *(DECLARE, FILL, "review.close", "review.start", "review.conclude", "review.pass"),
    *("review.name", "review.report"),
)
"""The move that stands out: the first of these that can be made."""
PARTS = {
    ReviewType.SCORE: "评委",
    ReviewType.DILIGENCE: "清单",
    ReviewType.JOINT: "关卡",
    ReviewType.PRE: "部门",
}
NO_PARTS = "还没有评委。按 P 定评委，人够了就可以开始评分。"


class ReviewPageView(Page):
    """Enter on a row opens the form that is most likely wanted; letters and figures are those of KEYS and PART_KEYS."""

    name = "review"

    def __init__(
        self, desk: Desk, runner: Runner, sync: Any, review: str, parent: QWidget | None = None
    ) -> None:
        super().__init__("评审", crumb="评审", parent=parent)
        self.review = review
        self.shown: ReviewPage | None = None
        self._asked_part = ""
        self._awaited = False
        self.presenter = OnePresenter(desk, runner, sync, review, self)
        self.pill = Pill()
        self.enterprise_button = Button("看企业", self._to_enterprise)
        for widget in (self.pill, self.enterprise_button):
            self.head.add(widget)
        self.absent = Card()
        self.absent_text = EmptyState("正在打开……")
        self.fetch_button = Button("取资料", self._fetch, primary=True)
        self.fetch_button.hide()
        self.absent.body.addWidget(self.absent_text)
        self.absent.body.addWidget(self.fetch_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.absent.hide()
        self.body.addWidget(self.absent)
        self.content = QWidget()
        self._build()
        self.body.addWidget(self.content, 1)
        self.body.addStretch(0)
        self._connect(sync)

    def _build(self) -> None:
        columns = QHBoxLayout(self.content)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(theme.GRID * 2)
        left = QVBoxLayout()
        left.setSpacing(theme.GRID * 3 // 2)
        columns.addLayout(left, 3)
        self.told = label("", "table", wrap=True)
        self.row = ActionRow(KEYS)
        self.row.chosen.connect(lambda action: self._ask(action, ""))
        self.why = ElidedLabel("", "tablequiet")
        self.top = Card()
        self.top.body.setSpacing(theme.GRID // 2)
        for widget in (self.told, self.row, self.why):
            self.top.body.addWidget(widget)
        left.addWidget(self.top)
        self.views = ChipRow({"parts": "评委", "facts": "概要", "trail": "经过"})
        self.views.chosen.connect(lambda _keys: self._show_view())
        left.addWidget(self.views)
        self.areas = {"parts": Card(), "facts": Card(), "trail": Card()}
        self.table: Table | None = None
        self.no_parts = EmptyState(NO_PARTS)
        self.areas["parts"].body.addWidget(self.no_parts)
        self.facts, self.trail = Facts(), Trail()
        for key, inner in (("facts", self.facts), ("trail", self.trail)):
            scroll = Scroll()
            scroll.body.addWidget(inner)
            scroll.body.addStretch(1)
            self.areas[key].body.addWidget(scroll, 1)
        for area in self.areas.values():
            left.addWidget(area, 1)
        self.panel = ReviewPanel()
        self.panel.setMinimumWidth(theme.SIZES["pane"])
        self.panel.setMaximumWidth(theme.current().px(380))
        columns.addWidget(self.panel, 2)

    def _connect(self, sync: Any) -> None:
        presenter, panel = self.presenter, self.panel
        presenter.loaded.connect(self._show)
        presenter.missing.connect(self._missing)
        presenter.form_ready.connect(self._show_form)
        presenter.filling.connect(lambda draft: self.go.emit("review_filling", draft))
        presenter.done.connect(self._done)
        presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        presenter.fetching.connect(lambda: self.absent_text.set_text("正在取这家企业的资料……"))
        presenter.busy.connect(self._set_busy)
        panel.chosen.connect(lambda action: self._ask(action, panel.part.key if panel.part else ""))
        panel.submitted.connect(lambda action, values: presenter.move(action, values, self._asked_part))
        panel.closed.connect(self._back)
        sync.finished.connect(self._synced)

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.table if self.table is not None else self.views.chip(self.views.key)

    # ------------------------------------------------------------------ what it shows

    def _show(self, page: ReviewPage) -> None:
        first = self.shown is None
        self.shown = page
        self.absent.hide()
        self.content.show()
        line = page.line
        self.head.set_title(line.title)
        self.head.set_remark(" · ".join((line.enterprise_name, line.number, line.result or line.state_word)))
        self.pill.set_mark(review_mark(line))
        self.enterprise_button.setVisible(page.review is not None)
        if first:
            self._build_table(page)
        self.told.setText(page.told)
        self.told.setVisible(bool(page.told))
        offered = (*page.own, *page.actions)
        self.row.offer(offered, next((name for name in FIRST if name in dict(offered)), ""))
        self.why.setText("；".join(f"{word}：{reason.rstrip('。')}" for word, reason in page.blocked))
        self.why.setVisible(bool(page.blocked))
        self.top.setVisible(bool(page.told or offered or page.blocked))
        assert self.table is not None
        self.part_model.set_rows(page.parts)
        self.table.choose_first()
        waiting = next((part for part in page.parts if part.actions), None) if first else None
        if waiting is not None:
            # Where one left off: gates that are passed need nobody any more.
            self.table.choose(f"{waiting.group}/{waiting.key}")
        self.table.set_shown(bool(page.parts))
        self.no_parts.setVisible(not page.parts)
        if page.review is None:
            self.views.choose("facts")
        self.facts.set_facts(page.facts)
        self.trail.set_lines(page.trail)
        self._show_view()
        self._show_part()
        if first:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build_table(self, page: ReviewPage) -> None:
        """The rows are reviewers, items or seats: known when the review is."""
        self.part_model = part_model(self, gates=page.line.type in GATED)
        self.table = Table(self.part_model)
        self.table.setAccessibleName(PARTS[page.line.type])
        self.table.installEventFilter(self)
        self.table.picked.connect(lambda _part: self._show_part())
        self.table.opened.connect(lambda _part: self._open_part())
        self.areas["parts"].body.insertWidget(0, self.table, 1)
        self.views.chip("parts").setText(PARTS[page.line.type])
        self.views.chip("parts").setVisible(page.review is not None)
        self.views.chip("trail").setVisible(page.review is not None)

    def _show_view(self) -> None:
        key = self.views.key
        for other, area in self.areas.items():
            area.setVisible(other == key)
        self._show_panel()

    def _show_part(self) -> None:
        if self.shown is not None and self.table is not None:
            self.panel.show_part(self.table.current if self.shown.parts else None)
            self._show_panel()

    def _show_panel(self) -> None:
        self.panel.setVisible(self.panel.busy_with_form or self.panel.part is not None)

    def _missing(self, text: str) -> None:
        self.content.hide()
        self.absent.show()
        self.absent_text.set_text(text)
        self.fetch_button.setVisible(not self._awaited)

    def _fetch(self) -> None:
        self._awaited = True
        self.fetch_button.hide()
        self.presenter.fetch()

    def _synced(self, _report: object) -> None:
        self._awaited = False
        self.refresh()

    # ------------------------------------------------------------------ what one does

    def _ask(self, action: str, part: str) -> None:
        if self.shown is None:
            return
        if action == FILL:
            self.presenter.fill()
        else:
            self.presenter.ask_form(self.shown, action, part)

    def _open_part(self) -> None:
        names = self.panel.row.names
        if names and self.panel.part is not None:
            self._ask(names[0], self.panel.part.key)

    def _show_form(self, form: ActionForm, part: str) -> None:
        self._asked_part = part
        if not form.fields:
            self.presenter.move(form.action, {}, part)
            return
        name = self.panel.part.name if part and self.panel.part is not None else ""
        self.panel.show_form(form, f"{name} · {form.word}" if name else form.word)
        self._show_panel()

    def _done(self, text: str) -> None:
        self.panel.close_form()
        self.tell(text, kind=Kind.GOOD)
        self.refresh()

    def _back(self) -> None:
        self._show_view()
        shown = self.table is not None and self.table.isVisible()
        target: QWidget = self.table if shown and self.table is not None else self.views.chip(self.views.key)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _to_enterprise(self) -> None:
        if self.shown is not None:
            self.go.emit("enterprise", self.shown.line.enterprise)

    def _set_busy(self, busy: bool) -> None:
        self.panel.set_busy(busy)
        self.row.set_busy(busy)

    # ------------------------------------------------------------------ keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and not self.panel.busy_with_form
        ):
            letter = event.text().upper()
            if letter and (self.panel.row.press(letter) or self.row.press(letter)):
                return True
        return super().eventFilter(watched, event)
