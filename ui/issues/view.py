"""诉求: for an officer where each stands, for a coordinator the dispatch desk (调度台), for a department its work."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.issue_moves import TAKEN_BACK, TRANSITIONS
from app.domain.people import Actor, Role
from app.services.desk import Desk
from app.services.issues import GROUPS, RAISE, Done, IssueLine, groups_of
from ui import theme
from ui.issues.batch import BatchPanel, moves_for
from ui.issues.board import Board
from ui.issues.empty_list import nothing_here
from ui.issues.filter_bar import FilterBar
from ui.issues.letters import BOARD, FORMER, NEXT
from ui.issues.model import department_model, dispatch_model, officer_model, revisit_model
from ui.issues.only_bar import OnlyBar
from ui.issues.panel import ACCEPT, ASSIGN, RESUBMIT, REVISIT_FORM, IssuePanel
from ui.issues.presenter import IssuesPresenter, Opened
from ui.issues.raise_panel import RaisePanel
from ui.notices import Kind
from ui.page import Page
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.pill import Mark, Pill
from ui.widgets.rows import RowsModel
from ui.widgets.table import Table
from ui.work import Runner

LIGHT_WORDS = {"red": "红", "yellow": "黄", "blue": "蓝"}
TITLES = (
    (Role.COORDINATOR, "调度台"),
    (Role.LEADER, "领导"),
    (Role.HANDLER, "本部门"),
    (Role.REVISITOR, "回访"),
    (Role.OFFICER, ""),
)
FETCHING = "正在取这家企业的资料，取到后就能办理……"
NOT_HERE = "这家企业的资料不在本机，取到后才能办理。"
BOARD_WORD, TABLE_WORD = f"看板  {BOARD}", f"列表  {BOARD}"


class IssuesPage(Page):
    """List or board at the left, the chosen issue at the right."""

    name = "issues"

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        self._actor: Actor = desk.signed_in().actor
        roles = self._actor.roles
        super().__init__("诉求", next((word for role, word in TITLES if role in roles), ""), parent=parent)
        self.desk = desk
        self.presenter = IssuesPresenter(desk, runner, sync, self)
        self._lines: list[IssueLine] = []
        self._wanted: str | None = None
        self._fetching: set[str] = set()
        self._earlier: str | None = None
        self._first = True
        self._last: str | None = None
        self._build_head(roles)
        self._build_body(roles)
        self._connect(sync)

    # ------------------------------------------------------------------ building

    def _build_head(self, roles: frozenset[Role]) -> None:
        self.filter_button = Button("筛选", self._toggle_filters, shortcut="Ctrl+F")
        self.board_button = Button(BOARD_WORD, self.toggle_board)
        self.board_button.setAccessibleName("看板")
        self.raise_button = Button("登记诉求", self.raise_new, primary=True, shortcut="Ctrl+N")
        self.head.add(self.filter_button)
        self.head.add(self.board_button)
        if roles & {Role.OFFICER, Role.COORDINATOR}:
            self.head.add(self.raise_button)
        else:
            self.raise_button.hide()
        self.groups = ChipRow({name: GROUPS[name].word for name in groups_of(roles)})
        self.groups.chosen.connect(lambda _keys: self._group_chosen())
        self._lights = {tone: Pill() for tone in LIGHT_WORDS}
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.groups, 1)
        for pill in self._lights.values():
            line.addWidget(pill, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(line)
        self.filters = FilterBar(self.desk)
        self.filters.altered.connect(self._filter)
        self.filters.hide()
        self.body.addWidget(self.filters)
        self.only = OnlyBar()
        self.only.altered.connect(self._filter)
        self.body.addWidget(self.only)

    def _build_body(self, roles: frozenset[Role]) -> None:
        self.model = self._model_for(roles)
        self.table = Table(self.model, sortable=True)
        self.table.setAccessibleName("诉求")
        self.table.installEventFilter(self)
        self.board = Board()
        self.board.hide()
        for column in self.board.columns.values():
            column.installEventFilter(self)
        self.empty = EmptyState("")
        left = Card()
        left.body.addWidget(self.table, 1)
        left.body.addWidget(self.board, 1)
        left.body.addWidget(self.empty)
        self.panel = IssuePanel(self.desk.rules, self.desk, self.presenter.runner)
        self.batch = BatchPanel()
        self.raising = RaisePanel()
        columns = QHBoxLayout()
        columns.setSpacing(theme.GRID * 2)
        columns.addWidget(left, 3)
        for part in (self.panel, self.batch, self.raising):
            columns.addWidget(part, 2)
            part.setMinimumWidth(theme.SIZES["pane"])
            part.setMaximumWidth(theme.current().px(400))
        self.body.addLayout(columns, 1)

    def _model_for(self, roles: frozenset[Role]) -> RowsModel:
        if roles & {Role.COORDINATOR, Role.LEADER}:
            return dispatch_model(self)
        if Role.HANDLER in roles:
            return department_model(self)
        if Role.REVISITOR in roles:
            return revisit_model(self)
        return officer_model(self)

    def _connect(self, sync: Any) -> None:
        presenter, panel = self.presenter, self.panel
        presenter.loaded.connect(self._show)
        presenter.opened.connect(self._show_opened)
        presenter.photos.connect(panel.show_photos)
        presenter.fetching.connect(self._mark_fetching)
        presenter.done.connect(self._done)
        presenter.raised.connect(self._raised)
        presenter.form_begun.connect(lambda draft: self.go.emit("revisit_filling", draft))
        presenter.batch_done.connect(self._batch_done)
        presenter.acted.connect(self._set_busy)
        presenter.form_ready.connect(self._show_form)
        presenter.batch_form_ready.connect(self.batch.show_form)
        presenter.raise_form_ready.connect(self._show_raising)
        presenter.suggested.connect(panel.form.suggest)
        presenter.due_known.connect(panel.form.set_due)
        presenter.handlers_known.connect(panel.form.set_handlers)
        panel.form.classified.connect(presenter.suggest)
        panel.form.department_chosen.connect(presenter.list_handlers)
        panel.form.limit_changed.connect(self._compute_due)
        panel.wanted.connect(self._act)
        panel.form_wanted.connect(self._ask_form)
        panel.act_wanted.connect(self._move)
        panel.evidence_wanted.connect(self._add_evidence)
        panel.fetch_wanted.connect(self._fetch)
        panel.enterprise_wanted.connect(lambda id: self.go.emit("enterprise", id))
        panel.issue_wanted.connect(self.show_target)
        self.batch.form_wanted.connect(self._ask_batch_form)
        self.batch.act_wanted.connect(self._move_many)
        self.batch.fetch_wanted.connect(self._fetch_many)
        self.batch.dropped.connect(self._drop_ticks)
        self.raising.wanted.connect(lambda args, files: presenter.raise_issue(args, files, self._earlier))
        self.raising.dropped.connect(self._end_raising)
        self.table.picked.connect(self._open)
        self.table.opened.connect(lambda _line: self._into_panel())
        self.board.picked.connect(self._open_id)
        self.board.opened.connect(self._open_from_board)
        if isinstance(self.model, CheckRowsModel):
            self.model.ticked_changed.connect(self._show_right)
        sync.finished.connect(self._synced)

    def refresh(self) -> None:
        self.presenter.load()

    def show_target(self, target: Any) -> None:
        """Choose an issue by its id in the group it stands in, a group by `("group", key)`, or show some issues alone by
        `("only", what they are, ids, those counted)`."""
        self._end_raising()
        self.only.narrow_to(*(target[1:] if isinstance(target, tuple) and target[0] == "only" else ("", ())))
        if isinstance(target, tuple):
            self._wanted, self._first = None, False
            if target[1] in self.groups.all_keys:
                self.groups.select(target[1])
            self.refresh()
            return
        self._wanted = str(target)
        if self._lines:
            self._show(self._lines)

    def first_focus(self) -> QWidget | None:
        return self.table

    # ------------------------------------------------------------------ keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Letters while the keyboard is in the list: the next row, the board, or a move of the chosen issue."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
            if plain and self._letter(event.text().upper()):
                return True
        return super().eventFilter(watched, event)

    def _letter(self, letter: str) -> bool:
        if letter == BOARD:
            self.toggle_board()
        elif letter in (NEXT, FORMER) and self.table.isVisible():
            row = self.table.currentIndex().row() + (1 if letter == NEXT else -1)
            if 0 <= row < self.model.rowCount():
                self.table.selectRow(row)
        elif letter and letter.isalpha():
            area = self.batch.area if self.batch.isVisible() else self.panel.area
            return area.isVisible() and area.press_letter(letter)
        else:
            return False
        return True

    def toggle_board(self) -> None:
        """List ↔ board."""
        to_board = not self.board.isVisible()
        self.board_button.setText(TABLE_WORD if to_board else BOARD_WORD)
        self.board_button.setAccessibleName("列表" if to_board else "看板")
        current = self.table.current
        self.table.set_shown(not to_board)
        self.board.setVisible(to_board)
        self._filter()
        if to_board:
            if current is not None:
                self.board.choose(current.id)
            self.board.focus()
        else:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _toggle_filters(self) -> None:
        self.filters.setVisible(self.filters.isHidden())
        if self.filters.isVisible():
            self.filters.text.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.filters.reset()
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------------ the list

    def _show(self, lines: list[IssueLine]) -> None:
        self._lines = lines
        self.filters.offer_months([line.closed_month for line in lines if line.closed_month])
        counts = {key: len(self._in_group(key)) for key in self.groups.all_keys}
        self.groups.set_counts(counts)
        for tone, pill in self._lights.items():
            count = sum(line.light.value == tone for line in self._in_group("all"))
            pill.set_mark(Mark(tone, f"{LIGHT_WORDS[tone]} {count}") if count else None)
        if self._wanted is not None:
            self._turn_to(self._wanted)
        elif self._first:
            self._turn_to_work()
        self._first = False
        for key, count in counts.items():
            self.groups.chip(key).setVisible(GROUPS[key].core or count > 0 or key == self.groups.key)
        self.groups.updateGeometry()
        self._filter()

    def _in_group(self, key: str) -> list[IssueLine]:
        return [line for line in self._lines if GROUPS[key].holds(line)]

    def _turn_to(self, id: str) -> None:
        line = next((line for line in self._lines if line.id == id), None)
        if line is not None and not self.filters.value().holds(line):
            # Somebody asked for this one: what the list was narrowed to is over.
            self.filters.reset()
        if any(line.id == id for line in self._in_group(self.groups.key)):
            return
        for key in self.groups.all_keys:
            if any(line.id == id for line in self._in_group(key)):
                self.groups.select(key)
                return

    def _turn_to_work(self) -> None:
        """Begin with the first group that has something in it."""
        for key in self.groups.all_keys:
            if self._in_group(key):
                self.groups.select(key)
                return

    def _filter(self) -> None:
        wanted = self.filters.value()
        board = not self.board.isHidden()
        # The board shows every state: there the group does not narrow.
        lines = [
            line
            for line in self._lines
            if self.only.holds(line.id)
            and replace(wanted, group="" if board or self.only.narrow else self.groups.key).holds(line)
        ]
        narrow = self.filters.narrow
        self.filter_button.set_text(f"筛选 {len(lines)}" if narrow else "筛选")
        chosen = self.table.current.id if self.table.current is not None else None
        self.model.set_rows(lines)
        self.board.show_lines(lines)
        if self._wanted is not None and self.table.choose(self._wanted):
            self._wanted = None
        self.table.choose_first()
        if not board:
            self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self.empty.set_text(nothing_here(self._actor.roles, narrow=narrow, elsewhere=bool(self._lines)))
        current = self.table.current
        if current is None:
            self.panel.show_nothing("")
        elif current.id == chosen or self.panel.page is None:
            self._open(current)
        self._show_right()

    def _group_chosen(self) -> None:
        self.only.narrow_to("", ())
        self._filter()

    # ------------------------------------------------------------------ the right side

    def _show_right(self) -> None:
        """One of: an issue being registered, several chosen ones, the chosen one."""
        ticked = self._ticked()
        raising = self.raising.form.form is not None
        self.raising.setVisible(raising)
        self.batch.setVisible(bool(ticked) and not raising)
        self.panel.setVisible(self.table.current is not None and not ticked and not raising)
        if ticked and not raising:
            self.batch.show_lines(ticked, moves_for(self._actor.roles, ticked))

    def _ticked(self) -> list[IssueLine]:
        if not isinstance(self.model, CheckRowsModel):
            return []
        ticked = self.model.ticked
        return [line for line in self._lines if line.id in ticked]

    def _open(self, line: IssueLine) -> None:
        self.presenter.open(line)

    def _open_id(self, id: str) -> None:
        self.table.choose(id)

    def _open_from_board(self, id: str) -> None:
        self.toggle_board()
        self.show_target(id)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_opened(self, opened: Opened) -> None:
        line = self.table.current
        if line is None or line.id != opened.id:
            return
        if opened.page is not None:
            self.panel.show_page(opened.page)
            return
        self.panel.show_waiting(line, FETCHING if line.id in self._fetching else NOT_HERE)

    def _mark_fetching(self, id: str) -> None:
        self._fetching.add(id)
        line = self.table.current
        if line is not None and line.id == id:
            self._open(line)

    def _fetch(self) -> None:
        if self.table.current is not None:
            self.presenter.fetch(self.table.current)

    def _fetch_many(self) -> None:
        self.presenter.fetch_many([line for line in self._ticked() if not line.held])

    def _synced(self, _report: object) -> None:
        self._fetching.clear()
        if self.isVisible() and self.table.current is not None and self.panel.page is None:
            self._open(self.table.current)

    def _into_panel(self) -> None:
        for widget in (self.panel.form.category, self.panel.form.department, self.panel.resubmit_form.title):
            if widget.isVisible():
                widget.setFocus(Qt.FocusReason.TabFocusReason)
                return
        self.panel.area.focus_first()

    def _compute_due(self, days: int) -> None:
        page = self.panel.page
        self.presenter.compute_due(days, page.issue.accepted_at if page is not None else None)

    # ------------------------------------------------------------------ acts

    def _act(self, action: str) -> None:
        page = self.panel.page
        if page is None:
            return
        id, form = page.issue.id, self.panel.form
        self._remember(id, ASSIGN if action == "both" else action)
        if action == ACCEPT:
            self.presenter.accept(id, form.value())
        elif action == ASSIGN:
            self.presenter.assign(id, form.value())
        elif action == "both":
            self.presenter.accept_and_assign(id, form.value())
        elif action == RESUBMIT:
            self.presenter.resubmit(id, *self.panel.resubmit_form.value())

    def _ask_form(self, action: str) -> None:
        page = self.panel.page
        if page is None:
            return
        if action == RAISE:
            self._earlier = page.issue.id
            self.presenter.ask_raise_form(page.issue.enterprise, page)
        elif action == REVISIT_FORM:
            self.presenter.start_form(page.issue.id)
        else:
            self.presenter.ask_form(page, action)

    def _show_form(self, id: str, form: Any) -> None:
        page = self.panel.page
        if page is None or page.issue.id != id:
            return
        if form.fields or form.note:
            self.panel.area.open_form(form)
        else:
            # Nothing is asked: the button was the word.
            self._move(form.action, {})

    def _move(self, action: str, args: dict[str, Any]) -> None:
        page = self.panel.page
        if page is not None:
            self._remember(page.issue.id, action)
            self.presenter.move(page.issue.id, action, TRANSITIONS[action].word, args)

    def _remember(self, id: str, action: str) -> None:
        """What was done last may be taken back from the line that says it is done."""
        self._last = id if action in TAKEN_BACK else None

    def _ask_batch_form(self, action: str) -> None:
        self.presenter.ask_batch_form(action)

    def _move_many(self, action: str, args: dict[str, Any]) -> None:
        self.presenter.move_many([line.id for line in self._ticked()], action, args)

    def _batch_done(self, done: list[Done]) -> None:
        good = [one.id for one in done if not one.problem]
        if isinstance(self.model, CheckRowsModel):
            self.model.blockSignals(True)
            self.model.tick(good, False)
            self.model.blockSignals(False)
        bad = len(done) - len(good)
        kind = Kind.WARNING if bad else Kind.GOOD
        self.tell(f"{len(good)} 件已办" + (f"，{bad} 件没有办成，原因列在右边。" if bad else "。"), kind=kind)
        self.batch.keep_problems(done)
        self.refresh()

    def _drop_ticks(self) -> None:
        if isinstance(self.model, CheckRowsModel):
            self.model.tick(self.model.ticked, False)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_evidence(self, files: Any) -> None:
        if self.panel.page is not None:
            self.presenter.add_evidence(self.panel.page.issue.id, files)

    def raise_new(self) -> None:
        """登记诉求 for the enterprise of the chosen issue, or any other."""
        self._earlier = None
        self.presenter.ask_raise_form(None, None)

    def _show_raising(self, form: Any) -> None:
        self.raising.show_form(form)
        self._show_right()

    def _end_raising(self) -> None:
        if self.raising.form.form is not None:
            self.raising.form.close_form()
            self._show_right()
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _raised(self, id: str) -> None:
        self._end_raising()
        self._wanted = id
        self._done("已登记上报，同步后协调员就能看到。")

    def _set_busy(self, busy: bool) -> None:
        self.panel.set_busy(busy)
        self.batch.area.set_busy(busy)
        self.raising.form.set_busy(busy)

    def _done(self, text: str) -> None:
        # What was pressed is gone now: the keyboard goes on in the list.
        self.panel.area.close_form()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        last, self._last = self._last, None
        back = {"action": "撤回", "act": partial(self.presenter.take_back, last)} if last else {}
        self.tell(text, kind=Kind.GOOD, **back)
        self.refresh()
