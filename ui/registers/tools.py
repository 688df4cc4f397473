"""Pages beside the registers: policies and whom they fit, grading of land, the directory of service providers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from app.services import registers, registers_grading, registers_policies, registers_providers
from app.services.desk import Desk
from app.services.registers_grading import GradeLine
from app.services.registers_policies import PolicyLine
from app.services.registers_providers import Provider
from ui import theme
from ui.errors import explain
from ui.issues.editors import combo
from ui.notices import Kind
from ui.page import Page, Presenter
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel
from ui.widgets.table import Table
from ui.work import Runner

FIT_TONES = {"fits": "green", "open": "yellow", "not": "grey"}
GRADE_TONES = {"A": "green", "B": "blue", "C": "yellow", "D": "red"}
BY_ENTERPRISE, BY_POLICY = "enterprise", "policy"


class ToolPresenter(Presenter):
    """`loaded(anything)` with what the page asked for, `done(text)`, `begun(draft id)`."""

    loaded = Signal(object)
    chosen = Signal(object)
    done = Signal(str)
    begun = Signal(str)
    failed = Signal(str)

    def fail(self, error: BaseException) -> None:
        self.failed.emit(explain(error).text)


class PoliciesPage(Page):
    """可享政策: one enterprise against all policies, or one policy against all enterprises known here."""

    name = "policies"

    def __init__(self, desk: Desk, runner: Runner, target: Any = None, parent: QWidget | None = None) -> None:
        super().__init__("可享政策", "按条件比对，以主管部门审核为准", "台账", parent)
        self.desk = desk
        self._target = str(target or "")
        self.presenter = ToolPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._offer)
        self.presenter.chosen.connect(self._show)
        self.presenter.begun.connect(lambda draft: self.go.emit("entry_filling", draft))
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.ways = ChipRow({BY_ENTERPRISE: "一家企业能享什么", BY_POLICY: "一条政策哪些企业能享"})
        self.ways.chosen.connect(lambda _keys: self._ask())
        self.what = combo("企业或政策")
        self.what.setMinimumContentsLength(16)
        self.what.currentIndexChanged.connect(lambda _place: self._look())
        self.claim_button = Button("登记兑现", self._claim, primary=True)
        self.head.add(self.claim_button)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.ways, 1)
        line.addWidget(self.what)
        self.body.addLayout(line)
        self.model = RowsModel(
            (
                Column("结果", lambda row: row.word, width=84, mark=_fit_mark),
                Column("政策", lambda row: row.policy.title, width=150, grow=3),
                Column("企业", lambda row: row.enterprise_name, width=120, grow=2, drop=2),
                Column("为什么", lambda row: row.found.text, width=140, grow=3, drop=1),
                Column("窗口", lambda row: row.policy.window or "—", width=110, quiet=True, drop=4),
                Column("已登记", lambda row: "是" if row.claimed else "", width=56, quiet=True, drop=3),
            ),
            key=lambda row: (row.policy.id, row.enterprise),
            parent=self,
        )
        self.table = Table(self.model, sortable=True)
        self.table.setAccessibleName("可享政策")
        self.table.opened.connect(lambda row: self.go.emit("enterprise", row.enterprise))
        self.table.picked.connect(lambda _row: self._allow())
        self.empty = EmptyState("正在比对……")
        card = Card()
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        self.body.addWidget(card, 1)

    def refresh(self) -> None:
        self._ask()

    def _ask(self) -> None:
        way, desk = self.ways.key, self.desk

        def offers() -> list[tuple[str, str]]:
            if way == BY_ENTERPRISE:
                return [(one.code, one.name) for one in registers.enterprises_here(desk, "", 500)]
            return [(one.id, one.title) for one in registers_policies.policies(desk)]

        self.presenter.look_up("offers", offers, then=self.presenter.loaded.emit)

    def _offer(self, offers: list[tuple[str, str]]) -> None:
        kept = self._target or str(self.what.currentData() or "")
        self._target = ""
        self.what.blockSignals(True)
        self.what.clear()
        for code, name in offers:
            self.what.addItem(name, code)
        self.what.setCurrentIndex(max(0, self.what.findData(kept)))
        self.what.blockSignals(False)
        self._look()

    def _look(self) -> None:
        chosen = self.what.currentData()
        if chosen is None:
            self._show([])
            return
        by_enterprise = self.ways.key == BY_ENTERPRISE
        ask = registers_policies.policies_for if by_enterprise else registers_policies.enterprises_for
        self.presenter.look_up("lines", ask, self.desk, str(chosen), then=self.presenter.chosen.emit)

    def _show(self, lines: list[PolicyLine]) -> None:
        self.model.set_rows(lines)
        self.table.choose_first()
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self.empty.set_text("还没有可比对的企业或政策。同步一次（F5）后再看。")
        self._allow()

    def _allow(self) -> None:
        row = self.table.current
        self.claim_button.setEnabled(row is not None and row.held and not row.claimed)

    def _claim(self) -> None:
        row = self.table.current
        if row is not None:
            self.presenter.act(
                registers_policies.begin_claim,
                self.desk,
                row.enterprise,
                row.policy.id,
                then=self.presenter.begun.emit,
                otherwise=self.presenter.fail,
            )


def _fit_mark(row: PolicyLine) -> Mark:
    return Mark(FIT_TONES[row.found.fit], row.word)


class GradingPage(Page):
    """批量评档: what a scheme makes of a year, and one press to write the grades down."""

    name = "grading"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("亩均评档", " ", "台账", parent)
        self.desk = desk
        self.presenter = ToolPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._offer)
        self.presenter.chosen.connect(self._show)
        self.presenter.done.connect(self._done)
        self.presenter.failed.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.year, self.scheme = combo("年度"), combo("评价方案")
        self.scheme.setMinimumContentsLength(14)
        for made in (self.year, self.scheme):
            made.currentIndexChanged.connect(lambda _place: self._look())
        self.grade_button = Button("按此评档", self._grade, primary=True)
        self.grade_button.setToolTip("把得分和档次记到每一条上；再评一次会另记一步，原来的留着")
        for widget in (self.year, self.scheme, self.grade_button):
            self.head.add(widget)
        self.model = RowsModel(
            (
                Column("档次", _grade, width=64, mark=_grade_mark),
                Column("得分", _score, width=70, right=True, sort=_score_order),
                Column("企业", lambda row: row.enterprise_name, width=140, grow=2),
                Column("达标", lambda row: f"{row.met}/4", width=56, right=True),
                Column("缺口", lambda row: registers_grading.gap_text(row.lines), width=160, grow=4, drop=1),
                Column("现在", lambda row: row.present or "—", width=56, quiet=True, drop=2),
            ),
            key=lambda row: row.id,
            parent=self,
        )
        self.table = Table(self.model, sortable=True)
        self.table.setAccessibleName("亩均评档")
        self.table.opened.connect(lambda row: self.go.emit("record", row.id) if row.held else None)
        self.empty = EmptyState("正在测算……")
        self.total = label("", "table", wrap=True)
        card = Card()
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        card.body.addWidget(self.total)
        self.body.addWidget(card, 1)

    def refresh(self) -> None:
        desk = self.desk

        def offers() -> Any:
            return registers_grading.years(desk), registers_grading.schemes(desk)

        self.presenter.look_up("offers", offers, then=self.presenter.loaded.emit)

    def _offer(self, offers: Any) -> None:
        years, schemes = offers
        _fill(self.year, [(year, f"{year} 年度") for year in years])
        _fill(self.scheme, [(one.id, one.title) for one in schemes])
        self._look()

    def _look(self) -> None:
        year, scheme = self.year.currentData(), self.scheme.currentData()
        if year is None or scheme is None:
            self._show([])
            return
        self.presenter.look_up(
            "lines", registers_grading.preview, self.desk, year, scheme, then=self.presenter.chosen.emit
        )

    def _show(self, lines: list[GradeLine]) -> None:
        self.model.set_rows(lines)
        self.table.choose_first()
        self.table.set_shown(bool(lines))
        self.empty.setVisible(not lines)
        self.empty.set_text("还没有亩均测算。在「台账」的亩均效益里登记后再来评档。")
        self.grade_button.setEnabled(any(line.graded and line.held for line in lines))
        counts: dict[str, int] = {}
        for line in lines:
            counts[line.graded.grade if line.graded else "不参评"] = (
                counts.get(line.graded.grade if line.graded else "不参评", 0) + 1
            )
        full = sum(line.met == 4 for line in lines)
        parts = [f"{name} {count} 家" for name, count in sorted(counts.items())]
        self.total.setText(
            "　".join([f"共 {len(lines)} 家", f"四线全达标 {full} 家", *parts]) if lines else ""
        )

    def _grade(self) -> None:
        self.grade_button.setEnabled(False)
        self.presenter.act(
            registers_grading.grade_all,
            self.desk,
            self.year.currentData(),
            self.scheme.currentData(),
            then=self._graded,
            otherwise=self.presenter.fail,
        )

    def _graded(self, counts: tuple[int, int]) -> None:
        done, left = counts
        more = f"；{left} 家的资料不在本机，取到后再评" if left else ""
        self.presenter.done.emit(f"已给 {done} 家记上得分和档次{more}。")

    def _done(self, text: str) -> None:
        self.tell(text, kind=Kind.GOOD)
        self.refresh()


def _fill(made: QComboBox, items: list[tuple[Any, str]]) -> None:
    kept = made.currentData()
    made.blockSignals(True)
    made.clear()
    for code, name in items:
        made.addItem(name, code)
    made.setCurrentIndex(max(0, made.findData(kept)) if items else -1)
    made.blockSignals(False)


def _grade(row: GradeLine) -> str:
    return f"{row.graded.grade} 档" if row.graded else "不参评"


def _grade_mark(row: GradeLine) -> Mark:
    return Mark(GRADE_TONES.get(row.graded.grade, "grey") if row.graded else "grey", _grade(row))


def _score(row: GradeLine) -> str:
    return f"{row.graded.score}" if row.graded else "—"


def _score_order(row: GradeLine) -> Any:
    return row.graded.score if row.graded else -1


class ProvidersPage(Page):
    """服务机构: a directory. It recommends nobody: by kind and name, for the enterprise to choose from."""

    name = "providers"

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("服务机构", "按类别和名称排列，不评星、不推荐，由企业自己选", "台账", parent)
        self.desk = desk
        self.presenter = ToolPresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self._all: list[Provider] = []
        self.text = QLineEdit(placeholderText="名称、类别、业务")
        self.text.setAccessibleName("筛选文字")
        self.text.setClearButtonEnabled(True)
        self.text.textChanged.connect(lambda _text: self._filter())
        self.body.addWidget(self.text, 0, Qt.AlignmentFlag.AlignLeft)
        self.model = RowsModel(
            (
                Column("类别", lambda row: row.kind, width=90, quiet=True),
                Column("名称", lambda row: row.name, width=160, grow=2),
                Column("业务", lambda row: row.scope, width=160, grow=3, drop=1),
                Column("电话", lambda row: row.phone or "—", width=120, drop=2),
            ),
            key=lambda row: row.id,
            parent=self,
        )
        self.table = Table(self.model)
        self.table.setAccessibleName("服务机构")
        self.empty = EmptyState("还没有服务机构名录。管理员发布后，同步一次（F5）就会出现。")
        card = Card()
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        self.body.addWidget(card, 1)

    def refresh(self) -> None:
        self.presenter.look_up(
            "providers", registers_providers.providers, self.desk, then=self.presenter.loaded.emit
        )

    def _show(self, found: list[Provider]) -> None:
        self._all = found
        self._filter()

    def _filter(self) -> None:
        rows = [one for one in self._all if one.holds(self.text.text())]
        self.model.set_rows(rows)
        self.table.set_shown(bool(rows))
        self.empty.setVisible(not rows)
        if self._all:
            self.empty.set_text("没有符合的机构，换一个词试试。")
