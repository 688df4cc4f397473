"""日程单: a day's route in its turn: where to go, whom to call, what to ask and what to bring, with room for the pen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.printing.blocks import Block, Row, Space, Table
from app.printing.models import SERVICE_NOTICE, Printed
from app.printing.page import Book, Running, digest_of
from app.printing.paragraph import Paragraph, Setting, Span
from app.printing.styles import BODY, LABEL, SMALL, TIGHT, body_row, head_row, pairs, small, text, title
from app.printing.wording import day

NAME: Final = "走访日程单"
_COLUMNS: Final = (("序", 0.06), ("企业、地址", 0.34), ("联系人", 0.17), ("问什么、带什么", 0.43))
_WEEKDAYS: Final = "一二三四五六日"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStop:
    """One enterprise on the way. `contact` has its phone masked; `ask` and `bring` are a line each."""

    enterprise: str
    address: str = ""
    contact: str = ""
    how: str = ""
    """实地，例行，设备检修."""
    ask: Sequence[str] = ()
    bring: Sequence[str] = ()
    hint: str = ""
    """The warning about too many visits; empty where there is no need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSheet:
    """One officer's day."""

    number: str
    officer: str
    day: dt.date
    stops: Sequence[RouteStop]
    made: dt.date


def print_route_sheet(path: Path, sheet: RouteSheet) -> Printed:
    """Write the sheet as a PDF. KnownError where the file cannot be written, ValueError where there is nowhere to go."""
    if not sheet.stops:
        raise ValueError("nowhere to go")
    book = Book(f"{sheet.officer} {NAME}")
    told = ["\x1e".join((stop.enterprise, stop.how, *stop.ask, *stop.bring)) for stop in sheet.stops]
    running = Running(
        name=f"{NAME}　{sheet.officer}",
        number=sheet.number,
        form=f"{day(sheet.made)}制表",
        digest=digest_of(sheet.number, sheet.officer, day(sheet.day), *told),
        notice=SERVICE_NOTICE,
    )
    book.add(running, _blocks(sheet))
    return book.save(path)


def _blocks(sheet: RouteSheet) -> list[Block]:
    when = f"{day(sheet.day)} 周{_WEEKDAYS[sheet.day.weekday()]}"
    rows = tuple(_row(place, stop) for place, stop in enumerate(sheet.stops, start=1))
    return [
        title(NAME),
        Space(4),
        *pairs([("日期", when), ("走访人", sheet.officer), ("企业", f"{len(sheet.stops)} 家"), ("车辆", "")]),
        Space(8),
        Table((head_row(list(_COLUMNS)),), rows),
        Space(4),
        small("电话只印一部分，完整号码在企业档案里看。合并入企、不给企业添麻烦；不收礼，不接受宴请。"),
    ]


def _row(place: int, stop: RouteStop) -> Row:
    where = [Span(stop.enterprise, LABEL), Span(f"\n{stop.address or '地址没有登记'}", BODY)]
    if stop.how:
        where.append(Span(f"\n{stop.how}", SMALL))
    matters = [f"问：{line}" for line in stop.ask] + [f"带：{line}" for line in stop.bring]
    said = [Span("\n".join(matters) or "—", BODY)]
    if stop.hint:
        said.append(Span(f"\n注意：{stop.hint}", SMALL))
    values: list[str | Paragraph] = [
        text(str(place), BODY, TIGHT, "center"),
        Paragraph(tuple(where), Setting(TIGHT)),
        stop.contact or "没有登记",
        Paragraph(tuple(said), Setting(TIGHT)),
    ]
    # Room for a note by hand beside what is printed.
    return body_row(list(zip(values, (share for _, share in _COLUMNS), strict=True)), least=64)
