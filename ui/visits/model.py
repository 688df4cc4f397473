"""Rows of 走访 and of 出发准备."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.domain.entry import CROWDED_MOST
from app.domain.visit_plan import PlanState
from app.services import words
from app.services.enterprises import EnterpriseLine
from app.services.entries import EntryLine
from app.services.visit_plans import Stop
from ui.marks import due_mark, visit_mark
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel


def visit_list_model(parent: QObject | None = None) -> RowsModel:
    """Every visit on this laptop; the key is the visit's id."""
    return RowsModel(
        (
            Column("日期", lambda line: words.day_of_text(line.day), width=96, sort=lambda line: line.day),
            Column("企业", lambda line: line.enterprise_name, width=200, grow=3),
            Column("编号", lambda line: line.number, width=140, grow=1, quiet=True, drop=2),
            Column("走访人", lambda line: line.officer_name, width=84, quiet=True, drop=3),
            Column("方式", lambda line: line.method_word or "—", width=56, quiet=True, drop=4),
            Column(
                "诉求", lambda line: f"{line.issues} 件" if line.issues else "—", width=64, quiet=True, drop=1
            ),
            Column(
                "状态",
                lambda line: line.state_word,
                width=104,
                mark=lambda line: visit_mark(line.state, line.state_word),
            ),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def _last(line: EnterpriseLine) -> str:
    return words.day_of_text(line.last_visit.isoformat()) if line.last_visit else "还没有走访"


def prepare_model(parent: QObject | None = None) -> CheckRowsModel:
    """Enterprises to tick; the key is the enterprise's id."""
    return CheckRowsModel(
        (
            Column("企业", lambda line: line.name, width=240, grow=3),
            Column("地址", lambda line: line.address, width=130, grow=2, quiet=True, drop=1),
            Column("上次走访", _last, width=100, quiet=True, drop=2),
            Column(
                "未结诉求",
                lambda line: f"{line.open_issues} 件" if line.open_issues else "—",
                width=84,
                quiet=True,
                drop=3,
            ),
            Column(
                "走访",
                lambda line: line.due_word,
                width=124,
                mark=lambda line: due_mark(line.due, line.due_word),
            ),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def to_plan_model(parent: QObject | None = None) -> RowsModel:
    """Enterprises due by their cycle; the key is the enterprise's id."""
    return RowsModel(
        (
            Column("企业", lambda row: row.name, width=180, grow=1),
            Column("周期", lambda row: row.cycle_word, width=64, quiet=True, drop=2),
            Column("已排", lambda row: words.day(row.planned) if row.planned else "—", width=80, quiet=True),
            Column("走访", lambda row: row.word, width=118, mark=lambda row: due_mark(row.due, row.word)),
        ),
        key=lambda row: row.enterprise,
        parent=parent,
    )


def route_model(parent: QObject | None = None) -> RowsModel:
    """A day's stops in their turn; the key is the plan's id."""
    return RowsModel(
        (
            Column("企业", lambda stop: stop.plan.enterprise_name, width=150, grow=3),
            Column("地址", lambda stop: stop.address or "—", width=110, grow=2, quiet=True, drop=1),
            Column(
                "诉求",
                lambda stop: f"{len(stop.issues)} 件" if stop.issues else "—",
                width=56,
                quiet=True,
                drop=2,
            ),
            Column("状态", lambda stop: _stop_mark(stop).word, width=100, mark=_stop_mark),
        ),
        key=lambda stop: stop.plan.id,
        parent=parent,
    )


def _stop_mark(stop: Stop) -> Mark:
    if stop.plan.missed:
        return Mark("red", "没有去")
    return Mark("green" if stop.plan.state is PlanState.DONE else "blue", stop.plan.state_word)


def entry_model(parent: QObject | None = None) -> RowsModel:
    """入企登记; the key is the entry's id."""
    return RowsModel(
        (
            Column("时间", lambda line: line.when, width=150),
            Column("企业", lambda line: line.enterprise_name, width=160, grow=3),
            Column("单位", lambda line: line.organisation, width=110, grow=2),
            Column("人数", lambda line: f"{line.people} 人", width=56, quiet=True, drop=3),
            Column("事由", lambda line: line.reason, width=100, grow=2, quiet=True, drop=2),
            Column("性质", lambda line: line.nature_word, width=56, quiet=True),
            Column("状态", lambda line: _entry_mark(line).word, width=118, mark=_entry_mark),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def _entry_mark(line: EntryLine) -> Mark:
    if line.withdrawn:
        return Mark("grey", "已撤销")
    if line.nth > CROWDED_MOST:
        return Mark("yellow", f"7 天内第 {line.nth} 次")
    return Mark("green", "已登记")
