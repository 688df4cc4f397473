"""Rows of 会议: meetings, the items of one, its guests."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.services.enterprises import EnterpriseLine
from app.services.meetings import GuestLine, ItemLine, MeetingLine
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel


def meeting_model(parent: QObject | None = None) -> RowsModel:
    """All meetings; the month stands beside its first one."""
    return RowsModel(
        (
            Column("月份", lambda line: line.month, width=96, quiet=True),
            Column("时间", lambda line: line.when, width=176),
            Column("类型", lambda line: line.kind_word, width=92, quiet=True, drop=2),
            Column("会议", lambda line: line.title, width=150, grow=2),
            Column("地点", lambda line: line.place, width=90, grow=1, quiet=True, drop=3),
            Column("状态", lambda line: line.state_word, width=92, mark=_state),
            Column("结果", lambda line: line.result, width=170, grow=3, drop=1),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def _state(line: MeetingLine) -> Mark:
    return Mark(line.tone, line.state_word)


def item_model(
    plan_of: Callable[[ItemLine], str], parent: QObject | None = None, *, tick: bool = False
) -> RowsModel:
    """The agenda. `plan_of` says how an item shall be assigned, before the one press for all."""

    def who(item: ItemLine) -> str:
        return item.who or plan_of(item)

    columns = (
        Column("序", lambda item: str(item.order), width=44 if not tick else 34, quiet=True, drop=2),
        Column("议题", lambda item: item.title, width=160, grow=4),
        Column("企业", lambda item: item.enterprise_name, width=90, grow=2, quiet=True, drop=2),
        Column("上会原因", lambda item: item.why, width=104, quiet=True, drop=3),
        Column("结论", lambda item: item.outcome_word, width=104, mark=_outcome),
        Column("责任", who, width=100, grow=1, drop=1),
        Column("期限", lambda item: item.until, width=76, quiet=True, drop=4),
    )
    if not tick:
        return RowsModel(columns, key=lambda item: item.id, parent=parent)
    return CheckRowsModel(
        (Column("", lambda _item: "", width=30), *columns), key=lambda item: item.id, parent=parent
    )


def _outcome(item: ItemLine) -> Mark:
    return Mark("red", "没办成") if item.problem else Mark(item.tone, item.outcome_word)


def guest_model(parent: QObject | None = None) -> RowsModel:
    """Who is invited, who came, how much they raised."""
    return RowsModel(
        (
            Column("企业", lambda guest: guest.name, width=150, grow=3),
            Column("到会", _came, width=84, mark=_came_mark),
            Column(
                "诉求",
                lambda guest: f"{guest.raised} 件" if guest.raised else "",
                width=54,
                quiet=True,
                drop=1,
            ),
        ),
        key=lambda guest: guest.id,
        parent=parent,
    )


def _came(guest: GuestLine) -> str:
    return "到会" if guest.came or guest.raised else "未到"


def _came_mark(guest: GuestLine) -> Mark:
    return Mark("green", "到会") if guest.came or guest.raised else Mark("grey", "未到")


def invite_model(parent: QObject | None = None) -> CheckRowsModel:
    """The park's enterprises with boxes to tick."""

    def issues(line: EnterpriseLine) -> str:
        return f"{line.open_issues} 件" if line.open_issues else ""

    return CheckRowsModel(
        (
            Column("", lambda _line: "", width=30),
            Column("企业", lambda line: line.name, width=150, grow=3),
            Column("未结诉求", issues, width=76, quiet=True),
        ),
        key=lambda line: line.id,
        parent=parent,
    )
