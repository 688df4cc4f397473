"""会议通知: a letter after GB/T 9704-2012 as far as a working office needs it (`domain.md §3.4`): title, whom, the body in
three-hao characters, who sends it and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from app.printing.blocks import Block, Pile, Space
from app.printing.fonts import SANS, SERIF
from app.printing.models import Printed
from app.printing.page import Book, Running, digest_of
from app.printing.paragraph import Paragraph, Setting, Span, TextStyle
from app.printing.wording import day

NAME: Final = "会议通知"
BODY: Final = TextStyle(16, SERIF)
"""三号."""
STRONG: Final = TextStyle(16, SANS)
HEADLINE: Final = TextStyle(22, SERIF, bold=True)
"""二号."""
LEADING: Final = 29.0
_INDENT: Final = 2 * BODY.size
_NUMERALS: Final = "一二三四五六七八九十"
_WEEKDAYS: Final = "一二三四五六日"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNotice:
    """A 会议通知. Texts stand as they are; what is empty is left out."""

    number: str
    kind: str
    """接待日, 联席会 …"""
    title: str
    office: str
    """Who sends it."""
    day: dt.date
    start: str = ""
    """9:30."""
    place: str = ""
    chair: str = ""
    people: Sequence[str] = ()
    enterprises: Sequence[str] = ()
    items: Sequence[str] = ()
    """The agenda, a title each."""
    notice: str = ""
    sent: dt.date


def print_meeting_notice(
    path: Path, notice: MeetingNotice, *, progress: Callable[[int, int], None] | None = None
) -> Printed:
    """Write the notice as a PDF. KnownError where the file cannot be written."""
    book = Book(f"{notice.title} {NAME}")
    told = [notice.title, notice.day.isoformat(), notice.start, notice.place, *notice.items, notice.notice]
    running = Running(
        name=f"{NAME}　{notice.title}",
        number=notice.number,
        form=notice.kind,
        digest=digest_of(notice.number, *told),
    )
    book.add(running, _blocks(notice))
    return book.save(path, progress)


def _blocks(notice: MeetingNotice) -> list[Block]:
    blocks: list[Block] = [
        Space(6),
        _set(f"关于召开{notice.title}的通知", HEADLINE, Setting(34, "center"), keep=True),
        Space(LEADING),
        _set(_whom(notice), BODY, Setting(LEADING)),
        _paragraph(f"定于{_when(notice)}召开{_named(notice)}。现将有关事项通知如下。"),
    ]
    for number, (heading, paragraphs) in enumerate(_sections(notice)):
        blocks.append(
            _heading(f"{_NUMERALS[number]}、{heading}", paragraphs[0] if len(paragraphs) == 1 else "")
        )
        if len(paragraphs) > 1:
            blocks += [_paragraph(text) for text in paragraphs]
    last = blocks.pop()
    # The signature never stands on a page without text (§3.4).
    if isinstance(last, Paragraph):
        last = replace(last, keep_with_next=True)
    return [*blocks, last, _signature(notice)]


def _named(notice: MeetingNotice) -> str:
    return notice.title if notice.kind in notice.title else f"{notice.title}（{notice.kind}）"


def _whom(notice: MeetingNotice) -> str:
    return "各有关企业、单位：" if notice.enterprises else "各有关单位："


def _when(notice: MeetingNotice) -> str:
    clock = f"{notice.start.removeprefix('0')}" if notice.start else ""
    return f"{day(notice.day)}（星期{_WEEKDAYS[notice.day.weekday()]}）{clock}"


def _sections(notice: MeetingNotice) -> list[tuple[str, list[str]]]:
    """Heading and paragraphs; one short paragraph stands beside its heading."""
    found: list[tuple[str, list[str]]] = [("时间", [_when(notice)])]
    for heading, text in (
        ("地点", notice.place),
        ("主持", notice.chair),
        ("参加单位和人员", "、".join(notice.people)),
        ("邀请企业", "、".join(notice.enterprises)),
    ):
        if text:
            found.append((heading, [text]))
    if notice.items:
        found.append(
            ("议程", ["", *(f"{place}. {title}" for place, title in enumerate(notice.items, start=1))])
        )
    if notice.notice:
        lines = [line.strip() for line in notice.notice.splitlines() if line.strip()]
        found.append(("有关事项", ["", *lines] if len(lines) > 1 else lines))
    return [(heading, paragraphs) for heading, paragraphs in found if paragraphs]


def _heading(heading: str, beside: str) -> Block:
    parts = (Span(heading + ("：" if beside else ""), STRONG), Span(beside, BODY))
    return Paragraph(parts, Setting(LEADING, "left", _INDENT), not beside)


def _paragraph(text: str) -> Block:
    return _set(text, BODY, Setting(LEADING, "left", _INDENT)) if text else Space(0)


def _set(text: str, style: TextStyle, setting: Setting, *, keep: bool = False) -> Paragraph:
    return Paragraph((Span(text, style),), setting, keep)


def _signature(notice: MeetingNotice) -> Block:
    """Sender and day at the right, four characters in (§3.4); never alone without each other."""
    tail = "　　　　"
    lines = [_set(text + tail, BODY, Setting(LEADING, "right")) for text in (notice.office, day(notice.sent))]
    return Pile((Space(LEADING), *lines))
