"""联络员周清单: what an officer has before him this week: visits due and planned, issues lighting up, what was given back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.printing.blocks import Block, Space, Table
from app.printing.models import Printed
from app.printing.page import Book, Running, digest_of
from app.printing.paragraph import Paragraph
from app.printing.styles import BODY, SMALL, TIGHT, band, body_row, head_row, pairs, small, text, title
from app.printing.wording import day

NAME: Final = "联络员周清单"
_DUE: Final = (("企业", 0.34), ("周期", 0.10), ("上次走访", 0.15), ("到期", 0.27), ("已排", 0.14))
_PLANNED: Final = (("日期", 0.21), ("企业", 0.31), ("方式、事由", 0.22), ("联系人", 0.26))
_ISSUES: Final = (("灯", 0.07), ("诉求", 0.31), ("企业", 0.23), ("承办", 0.15), ("期限", 0.24))
_RETURNED: Final = (("内容", 0.55), ("要改什么", 0.45))
_CENTRED: Final = frozenset({"灯", "周期", "日期", "上次走访", "已排"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyList:
    """One officer's week. Every row is texts in the order of its table's columns; phones are masked already."""

    number: str
    officer: str
    first: dt.date
    last: dt.date
    due: Sequence[tuple[str, str, str, str, str]] = ()
    """(enterprise, cycle, last visit, due, planned for)."""
    planned: Sequence[tuple[str, str, str, str]] = ()
    """(day, enterprise, method and purpose, contact)."""
    missed: Sequence[str] = ()
    """What was planned before and nobody went to."""
    issues: Sequence[tuple[str, str, str, str, str]] = ()
    """(light, number and title, enterprise, who has it, until when)."""
    returned: Sequence[tuple[str, str]] = ()
    """(what, what to put right)."""
    reminders: Sequence[str] = ()
    made: dt.date


def print_weekly_list(path: Path, week: WeeklyList) -> Printed:
    """Write the list as a PDF. KnownError where the file cannot be written."""
    book = Book(f"{week.officer} {NAME}")
    told = ["\x1e".join(row) for part in (week.due, week.planned, week.issues, week.returned) for row in part]
    running = Running(
        name=f"{NAME}　{week.officer}",
        number=week.number,
        form=f"{day(week.made)}制表",
        digest=digest_of(week.number, week.officer, day(week.first), *told, *week.missed, *week.reminders),
    )
    book.add(running, _blocks(week))
    return book.save(path)


def _blocks(week: WeeklyList) -> list[Block]:
    facts = [
        ("联络员", week.officer),
        ("时间", _span(week.first, week.last)),
        ("到期走访", f"{len(week.due)} 家"),
        ("已排走访", f"{len(week.planned)} 次"),
        ("亮灯诉求", f"{len(week.issues)} 件"),
        ("退回待改", f"{len(week.returned)} 件"),
    ]
    blocks: list[Block] = [title(NAME), Space(4), *pairs(facts)]
    blocks += [Space(8), band("到期和逾期的走访", f"共 {len(week.due)} 家"), _table(_DUE, week.due)]
    blocks += [Space(8), band("本周已排的走访", f"共 {len(week.planned)} 次"), _table(_PLANNED, week.planned)]
    blocks += [body_row([(f"排了没有去：{line}", 1.0)]) for line in week.missed]
    blocks += [Space(8), band("亮灯的诉求", f"共 {len(week.issues)} 件"), _table(_ISSUES, week.issues)]
    blocks += [Space(8), band("退回待改的", f"共 {len(week.returned)} 件"), _table(_RETURNED, week.returned)]
    if week.reminders:
        blocks += [Space(8), band("提醒企业的"), *(body_row([(line, 1.0)]) for line in week.reminders)]
    blocks += [Space(4), small("只供本人安排工作，不作为考核依据；办完的以系统里的记录为准。")]
    return blocks


def _span(first: dt.date, last: dt.date) -> str:
    """11月23日至29日; the foot says the year."""
    month = "" if first.month == last.month else f"{last.month}月"
    return f"{first.month}月{first.day}日至{month}{last.day}日"


def _table(columns: Sequence[tuple[str, float]], rows: Sequence[Sequence[str]]) -> Block:
    if not rows:
        return body_row([("没有。", 1.0)])
    body = tuple(
        body_row([(_cell(name, value), share) for (name, share), value in zip(columns, row, strict=True)])
        for row in rows
    )
    return Table((head_row(list(columns)),), body)


def _cell(name: str, value: str) -> str | Paragraph:
    if name in _CENTRED:
        return text(value or "—", BODY, TIGHT, "center")
    return text(value, SMALL, 12) if name in ("承办", "期限") and len(value) > 8 else value or "—"
