"""议程表 before a meeting, 议题及结论 with its minutes after it: a dense table, an item a row (`domain.md §1, 08 25 60`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.printing.blocks import Block, Row, Space, Table
from app.printing.models import Printed
from app.printing.page import Book, Running, digest_of
from app.printing.paragraph import Paragraph, Setting, Span
from app.printing.styles import BODY, SMALL, TIGHT, band, body_row, head_row, pairs, text, title
from app.printing.wording import day

AGENDA: Final = "会议议程表"
RECORD: Final = "会议议题及结论"
_BEFORE: Final = (("序号", 0.07), ("议题", 0.33), ("企业", 0.24), ("上会原因", 0.16), ("结论", 0.20))
_AFTER: Final = (
    ("序号", 0.06),
    ("议题", 0.25),
    ("企业", 0.18),
    ("结论", 0.26),
    ("责任", 0.14),
    ("期限", 0.11),
)


@dataclass(frozen=True, slots=True)
class AgendaRow:
    """One item. `outcome` and what follows are empty before the meeting."""

    title: str
    number: str = ""
    enterprise: str = ""
    why: str = ""
    outcome: str = ""
    decision: str = ""
    who: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingAgenda:
    """An agenda, or with `held` what came of it."""

    number: str
    kind: str
    title: str
    day: dt.date
    start: str = ""
    place: str = ""
    chair: str = ""
    people: str = ""
    enterprises: str = ""
    rows: Sequence[AgendaRow] = ()
    held: bool = False
    result: str = ""
    """9 家、17 题、当场解决 3 个（3/17，17.65 %）."""
    minutes: str = ""
    made: dt.date


def print_meeting_agenda(
    path: Path, agenda: MeetingAgenda, *, progress: Callable[[int, int], None] | None = None
) -> Printed:
    """Write the table as a PDF. KnownError where the file cannot be written."""
    name = RECORD if agenda.held else AGENDA
    book = Book(f"{agenda.title} {name}")
    told = [f"{row.title}{row.outcome}{row.decision}{row.who}{row.until}" for row in agenda.rows]
    running = Running(
        name=f"{name}　{agenda.title}",
        number=agenda.number,
        form=f"{agenda.kind}　{day(agenda.made)}制表",
        digest=digest_of(agenda.number, agenda.title, agenda.minutes, agenda.result, *told),
    )
    book.add(running, _blocks(agenda, name))
    return book.save(path, progress)


def _blocks(agenda: MeetingAgenda, name: str) -> list[Block]:
    facts = [
        ("会议", agenda.title),
        ("时间", f"{day(agenda.day)} {agenda.start.removeprefix('0')}".strip()),
        ("地点", agenda.place),
        ("主持", agenda.chair),
        ("参加", agenda.people),
        ("到会企业" if agenda.held else "邀请企业", agenda.enterprises),
    ]
    blocks: list[Block] = [title(name), Space(4), *pairs([fact for fact in facts if fact[1]])]
    if agenda.result:
        blocks += pairs([("统计", agenda.result)])
    blocks += [Space(8), band("议题", f"共 {len(agenda.rows)} 项")]
    blocks.append(_table(agenda) if agenda.rows else body_row([("没有议题。", 1.0)]))
    if agenda.minutes:
        blocks += [Space(8), band("纪要"), Space(4)]
        setting = Setting(18, "left", 2 * BODY.size)
        blocks += [
            Paragraph((Span(line.strip(), BODY),), setting)
            for line in agenda.minutes.splitlines()
            if line.strip()
        ]
    return blocks


def _table(agenda: MeetingAgenda) -> Table:
    columns = _AFTER if agenda.held else _BEFORE
    rows = tuple(
        _row(place, row, columns, held=agenda.held) for place, row in enumerate(agenda.rows, start=1)
    )
    return Table((head_row(list(columns)),), rows)


def _row(place: int, row: AgendaRow, columns: Sequence[tuple[str, float]], *, held: bool) -> Row:
    number = text(str(place), BODY, TIGHT, "center")
    said = f"{row.outcome}：{row.decision}" if row.decision else row.outcome
    values: list[str | Paragraph]
    if held:
        values = [number, _titled(row), row.enterprise, said, row.who, text(row.until, SMALL, 12)]
    else:
        # Room for the pen where nothing was decided yet.
        values = [number, _titled(row), row.enterprise, row.why, said]
    shares = (share for _, share in columns)
    return body_row(list(zip(values, shares, strict=True)), least=20 if held else 34)


def _titled(row: AgendaRow) -> str | Paragraph:
    if not row.number:
        return row.title
    return Paragraph((Span(row.title, BODY), Span(f"\n{row.number}", SMALL)), Setting(TIGHT))
