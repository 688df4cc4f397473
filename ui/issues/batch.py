"""Several issues at once: what may be done with all of them, one form, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.issue_moves import TRANSITIONS
from app.domain.people import Role
from app.services.issues import ACCEPT_AND_ASSIGN, BATCHES, ActionForm, Done, IssueLine
from ui import theme
from ui.issues.action_area import ActionArea
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card
from ui.widgets.label import label
from ui.widgets.line_row import LineRow
from ui.widgets.pill import Mark
from ui.widgets.scroll import Scroll

SHOWN = 12


def moves_for(roles: frozenset[Role], lines: Sequence[IssueLine]) -> list[tuple[str, str]]:
    """What all of these may be asked for, by state and role; what else stands in the way is told for each."""
    found = []
    for action in BATCHES:
        row = TRANSITIONS["issue.accept" if action == ACCEPT_AND_ASSIGN else action]
        if roles & row.roles and all(line.state in row.sources for line in lines):
            found.append((action, "受理并交办" if action == ACCEPT_AND_ASSIGN else row.word))
    return found


class BatchPanel(Card):
    """`form_wanted(action)`, `act_wanted(action, args)`, `fetch_wanted`, `dropped` when nothing shall be chosen any more."""

    form_wanted = Signal(str)
    act_wanted = Signal(str, object)
    fetch_wanted = Signal()
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        scroll = Scroll()
        self.body.addWidget(scroll, 1)
        self.heading = label("", "head")
        self.remark = label("", "tablequiet", wrap=True)
        self.fetch = Button("取资料", self.fetch_wanted.emit)
        self.area = ActionArea()
        self.area.chosen.connect(self.form_wanted)
        self.area.wanted.connect(self.act_wanted)
        self.rows = QVBoxLayout()
        self.rows.setSpacing(0)
        for widget in (self.heading, self.remark, self.fetch, self.area):
            scroll.body.addWidget(widget)
        scroll.body.addLayout(self.rows)
        scroll.body.addWidget(LinkButton("不选了", self.dropped.emit), 0, Qt.AlignmentFlag.AlignLeft)
        scroll.body.addStretch(1)
        scroll.body.setSpacing(theme.GRID)
        self._shown: tuple[object, ...] = ()
        self._problems: dict[str, str] = {}
        self.hide()

    def show_lines(self, lines: Sequence[IssueLine], moves: Sequence[tuple[str, str]]) -> None:
        """These are chosen; `moves` may be made on them."""
        shown = (tuple(line.id for line in lines), tuple(line.held for line in lines), tuple(moves))
        if shown == self._shown:
            return
        self._shown = shown
        self.heading.setText(f"已选 {len(lines)} 件")
        away = sum(not line.held for line in lines)
        remark = f"其中 {away} 件的资料不在本机，取到后才能办。" if away else ""
        if not moves and not away:
            remark = "选的诉求不在同一步，没有可以一起做的。"
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))
        self.fetch.setVisible(away > 0)
        self.area.close_form()
        self.area.offer(moves, moves[0][0] if moves else "")
        self._list(lines)

    def show_form(self, form: ActionForm) -> None:
        self.area.open_form(form)

    def keep_problems(self, done: Sequence[Done]) -> None:
        """What kept some from being done is told beside them, as long as they stay chosen."""
        self._problems = {one.id: one.problem for one in done if one.problem}
        self._shown = ()

    def _list(self, lines: Sequence[IssueLine]) -> None:
        while (taken := self.rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        first = sorted(lines, key=lambda line: line.id not in self._problems)
        for line in first[:SHOWN]:
            problem = self._problems.get(line.id)
            mark = Mark("red", "没办成") if problem else None
            self.rows.addWidget(LineRow(f"{line.number} {line.title}", mark=mark))
            if problem:
                self.rows.addWidget(label(problem, "bad", wrap=True))
        if len(lines) > SHOWN:
            self.rows.addWidget(label(f"还有 {len(lines) - SHOWN} 件。", "tablequiet"))
