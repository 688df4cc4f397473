"""企业包联交接单: what goes from one officer to the next: open issues, visits not written up, promises made (domain.md §1, 20)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.printing.blocks import Block, Space, Table
from app.printing.issue_table import issue_table
from app.printing.models import OpenIssue, Printed
from app.printing.page import Book, Running, digest_of
from app.printing.styles import band, body_row, head_row, pairs, small, title
from app.printing.wording import day

NAME: Final = "企业包联交接单"
_PROMISES: Final = (("承诺内容", 0.56), ("责任人", 0.22), ("期限", 0.22))
_VISITS: Final = (("编号", 0.34), ("开始", 0.22), ("走访人", 0.44))


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One enterprise going over. `former` and `present` are names with days, `made` the day of the sheet."""

    number: str
    enterprise: str
    credit_code: str
    former: str
    present: str
    facts: Sequence[tuple[str, str]] = ()
    issues: Sequence[OpenIssue] = ()
    visits: Sequence[tuple[str, str, str]] = ()
    """(number, day, who) of visits that are begun and not finished."""
    promises: Sequence[tuple[str, str, str]] = ()
    """(what, who, until when)."""
    vacant: Sequence[str] = ()
    expiring: Sequence[str] = ()
    made: dt.date


def print_handover(path: Path, sheet: Handover) -> Printed:
    """Write the sheet as a PDF. KnownError where the file cannot be written."""
    book = Book(f"{sheet.enterprise} {NAME}")
    told = [issue.number for issue in sheet.issues] + [" ".join(one) for one in sheet.promises]
    running = Running(
        name=f"{NAME}　{sheet.enterprise}",
        number=sheet.number,
        form=f"{day(sheet.made)}制表",
        digest=digest_of(sheet.number, sheet.former, sheet.present, *told),
    )
    book.add(running, _blocks(sheet))
    return book.save(path)


def _blocks(sheet: Handover) -> list[Block]:
    head = [("企业", sheet.enterprise), ("信用代码", sheet.credit_code), *sheet.facts]
    head += [("移交人", sheet.former or "—"), ("接手人", sheet.present or "—")]
    blocks: list[Block] = [title(NAME), Space(4), *pairs(head), Space(8)]
    blocks.append(band("未办结的诉求", f"共 {len(sheet.issues)} 件"))
    blocks.append(issue_table(sheet.issues) if sheet.issues else body_row([("没有。", 1.0)]))
    blocks += [Space(8), band("没写完的走访", f"共 {len(sheet.visits)} 次")]
    blocks.append(_table(_VISITS, sheet.visits))
    blocks += [Space(8), band("对企业的承诺", f"共 {len(sheet.promises)} 项")]
    blocks.append(_table(_PROMISES, sheet.promises))
    blocks += [Space(8), band("要接着办的")]
    going_on = [f"席位缺位：{'、'.join(sheet.vacant)}"] if sheet.vacant else []
    going_on += list(sheet.expiring)
    blocks += [body_row([(line, 1.0)]) for line in going_on or ["没有。"]]
    blocks += [
        Space(8),
        band("确认"),
        *pairs([("移交人签字", ""), ("接手人签字", ""), ("交接日期", ""), ("备注", "")]),
    ]
    blocks += [Space(4), small("移交人过了最后一天就看不到这家企业的资料；没写完的走访由接手人接着填。")]
    return blocks


def _table(columns: Sequence[tuple[str, float]], rows: Sequence[Sequence[str]]) -> Block:
    if not rows:
        return body_row([("没有。", 1.0)])
    shares = [share for _, share in columns]
    return Table(
        (head_row(list(columns)),),
        tuple(body_row(list(zip([cell or "—" for cell in row], shares, strict=True))) for row in rows),
    )
