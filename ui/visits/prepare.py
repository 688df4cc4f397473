"""出发准备: tick today's enterprises and print their checklists to one PDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.visit import Due
from app.services.desk import Desk
from app.services.enterprises import EnterpriseLine
from ui import theme
from ui.page import Page
from ui.visits.model import prepare_model
from ui.visits.presenter import PreparePresenter
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.progress_line import ProgressLine
from ui.widgets.table import Table
from ui.work import Runner


class PreparePage(Page):
    """Space ticks a row; the paper has profile, open issues and the form's questions laid out for a pen."""

    name = "prepare"

    def __init__(
        self, desk: Desk, runner: Runner, chosen: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__("出发准备", "勾选今天要走访的企业，把走访清单打印成一份 PDF", "走访", parent)
        self._desk = desk
        self.presenter = PreparePresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.progressed.connect(self._progressed)
        self.presenter.printed.connect(self._printed)
        self.presenter.ended.connect(self._ended)
        self._lines: list[EnterpriseLine] = []
        self._turns = {id: turn for turn, id in enumerate(chosen)}
        self.print_button = Button("打印走访清单", self._print, primary=True, shortcut="Ctrl+P")
        self.head.add(self.print_button)
        self.model = prepare_model(self)
        self.model.tick(chosen)
        self.model.ticked_changed.connect(self._count)
        self.table = Table(self.model)
        self.table.setAccessibleName("要走访的企业，空格勾选")
        self.table.opened.connect(self._toggle)
        self.empty = EmptyState("还没有分配给您的企业，所以没有可以打印的清单。分配后按 F5 同步一次。")
        self.progress = ProgressLine(self.presenter.stop)
        self.progress.hide()
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        self.counted = label("", "tablequiet")
        line.addWidget(self.counted)
        line.addStretch(1)
        self.pick_due = LinkButton("勾选逾期和临期的", self._pick_due)
        self.pick_none = LinkButton("都不选", lambda: self.model.tick(self.model.ticked, False), quiet=True)
        line.addWidget(self.pick_due)
        line.addWidget(self.pick_none)
        card = Card()
        card.body.addLayout(line)
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        self.body.addWidget(card, 1)
        self.body.addWidget(self.progress)
        self._count()

    def refresh(self) -> None:
        self.presenter.load()

    def first_focus(self) -> QWidget | None:
        return self.table

    def _show(self, lines: list[EnterpriseLine]) -> None:
        self._lines = lines
        self.model.set_rows(lines)
        self.table.choose_first()
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self._count()

    def _toggle(self, line: EnterpriseLine) -> None:
        self.model.tick([line.id], line.id not in self.model.ticked)

    def _pick_due(self) -> None:
        urgent = (Due.OVERDUE, Due.SOON)
        self.model.tick([line.id for line in self._lines if line.due is not None and line.due.due in urgent])

    def _count(self) -> None:
        count = len(self.model.ticked)
        self.counted.setText(f"已选 {count} 家，共 {len(self._lines)} 家。空格或回车勾选。")
        self.print_button.setEnabled(count > 0 and self.progress.isHidden())
        self.pick_none.setEnabled(count > 0)

    def _print(self) -> None:
        # A route in its turn, the rest in the order shown, which is that of urgency.
        chosen = [line.id for line in self._lines if line.id in self.model.ticked]
        chosen.sort(key=lambda id: self._turns.get(id, len(self._turns)))
        if not chosen:
            return
        self.progress.show_progress(f"正在生成走访清单：共 {len(chosen)} 家", 0, len(chosen))
        self._count()
        self.presenter.print_checklists(chosen)

    def _progressed(self, done: int, total: int) -> None:
        text = f"正在生成走访清单：{done} / {total} 家" if done < total else "正在排版……"
        self.progress.show_progress(text, done, total)

    def _printed(self, printed: Any) -> None:
        self.tell(
            f"走访清单已生成，共 {printed.pages} 页：{printed.path.name}",
            action="打开文件夹",
            act=lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(printed.path.parent))),
        )
        self.go.emit("preview", (printed.path, printed.pages))

    def _ended(self) -> None:
        self.progress.hide()
        self._count()
