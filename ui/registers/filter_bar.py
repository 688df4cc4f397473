"""What a register is narrowed to: words, a period, one choice of each question that has choices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from app.domain.clock import quarter_of
from app.services.registers import RegisterTable, Wanted
from ui import theme
from ui.issues.editors import combo
from ui.widgets.buttons import LinkButton
from ui.widgets.flow import FlowLayout

PERIODS: dict[str, tuple[str, Callable[[date], tuple[date, date]]]] = {
    "year": ("今年", lambda today: (date(today.year, 1, 1), date(today.year, 12, 31))),
    "quarter": ("本季度", quarter_of),
    "former_quarter": ("上季度", lambda today: quarter_of(quarter_of(today)[0] - timedelta(days=1))),
    "month": ("本月", lambda today: (today.replace(day=1), _month_end(today))),
    "former_year": ("上年", lambda today: (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))),
}


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


class RegisterFilters(QWidget):
    """`altered` when somebody narrows the table or lets it be wide again. The first question with choices stands as
    chips above the table (`ui.registers.view`), the others here."""

    altered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self, theme.GRID)
        self.text = QLineEdit(placeholderText="企业、编号、内容")
        self.text.setAccessibleName("筛选文字")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(lambda _text: self.altered.emit())
        self.period = combo("时间")
        self.period.addItem("全部时间", "")
        for key, (word, _) in PERIODS.items():
            self.period.addItem(word, key)
        self.period.currentIndexChanged.connect(lambda _place: self.altered.emit())
        self.withdrawn = QCheckBox("已作废的")
        self.withdrawn.toggled.connect(lambda _on: self.altered.emit())
        self.clear = LinkButton("清除筛选", self.reset)
        for widget in (self.text, self.period, self.withdrawn, self.clear):
            self._flow.addWidget(widget)
        self.choices: dict[str, QComboBox] = {}
        self._known: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def show_table(self, table: RegisterTable, as_chips: str) -> None:
        """Offer what this register can be narrowed by, but the question that stands as chips."""
        wanted = tuple(
            (column.path, tuple(column.choices))
            for column in table.columns
            if column.kind == "choice" and column.path != as_chips
        )
        if wanted == self._known:
            return
        self._known = wanted
        for former in self.choices.values():
            self._flow.removeWidget(former)
            former.hide()
            former.deleteLater()
        self.choices = {}
        for column in table.columns:
            if column.path not in dict(wanted):
                continue
            made = combo(column.label)
            made.addItem(f"{column.label[:8]}：全部", "")
            for code, word in column.choices.items():
                made.addItem(word, code)
            made.currentIndexChanged.connect(lambda _place: self.altered.emit())
            self._flow.addWidget(made)
            self.choices[column.path] = made

    def value(self, today: date) -> Wanted:
        """What is wanted; the chips' choice is the page's to add."""
        key = self.period.currentData()
        first, last = PERIODS[key][1](today) if key else (None, None)
        return Wanted(
            text=self.text.text(),
            since=first.isoformat() if first else "",
            until=last.isoformat() if last else "",
            picked={path: made.currentData() for path, made in self.choices.items() if made.currentData()},
            withdrawn=self.withdrawn.isChecked(),
        )

    @property
    def period_word(self) -> str:
        """The period as a note says it."""
        return str(self.period.currentText())

    def reset(self) -> None:
        """Everything again."""
        for made in (self.period, *self.choices.values()):
            made.setCurrentIndex(0)
        self.withdrawn.setChecked(False)
        self.text.clear()
