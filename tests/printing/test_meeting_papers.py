"""会议通知 and the agenda on paper: read back, no glyph missing, no line that begins with a mark, the signature not alone."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from app.printing.meeting_agenda import AgendaRow, MeetingAgenda, print_meeting_agenda
from app.printing.meeting_notice import MeetingNotice, print_meeting_notice
from app.printing.page import A4, MM
from tests.printing.reading import characters, ink_box, line_starts, page_texts, pictures

MARKS = set("，。、；：？！）》」』】〕〉］｝”’…")
DAY = dt.date(2026, 11, 24)


def notice(**changes: Any) -> MeetingNotice:
    known: dict[str, Any] = {
        "number": "QL-HY-2026-11-001",
        "kind": "接待日",
        "title": "11月主任企业接待日",
        "office": "青岚产业园",
        "day": DAY,
        "start": "09:30",
        "place": "政务中心一楼",
        "chair": "龚䶮（管委会主任）",
        "people": ["经济发展局", "供电公司"],
        "enterprises": ["李𬭛电瓷有限公司"],
        "items": ["一期配电房扩容"],
        "notice": "请带近三个月的用电情况。",
        "sent": dt.date(2026, 11, 22),
    }
    return MeetingNotice(**(known | changes))


def flat(path: Path) -> str:
    return re.sub(r"\s", "", "".join(page_texts(path)))


def test_the_notice_says_who_when_where_and_what(tmp_path: Path) -> None:
    printed = print_meeting_notice(tmp_path / "n.pdf", notice())
    text = flat(printed.path)
    for words in (
        "关于召开11月主任企业接待日的通知", "各有关企业、单位：", "2026年11月24日（星期二）9:30", "三、主持：龚䶮（管委会主任）",
        "李𬭛电瓷有限公司", "1.一期配电房扩容", "请带近三个月的用电情况。", "青岚产业园", "2026年11月22日", "第1页共1页",
    ):  # fmt: skip
        assert words in text, words
    assert printed.missing == ()


def test_what_nobody_wrote_leaves_no_empty_heading(tmp_path: Path) -> None:
    bare = notice(place="", chair="", people=(), enterprises=(), items=(), notice="", start="")
    text = flat(print_meeting_notice(tmp_path / "n.pdf", bare).path)
    assert "一、时间" in text
    assert "二、" not in text
    assert "各有关单位：" in text


@pytest.mark.parametrize("lines", range(1, 24, 2))
def test_the_signature_never_stands_on_a_page_without_text(tmp_path: Path, lines: int) -> None:
    told = "\n".join(f"请准备第{number}项材料，带到会上。" for number in range(lines))
    printed = print_meeting_notice(tmp_path / "n.pdf", notice(notice=told))
    last = re.sub(r"\s", "", page_texts(printed.path)[-1])
    assert "2026年11月22日" in last
    assert f"第{lines - 1}项材料" in last
    for page in characters(printed.path):
        assert not {start for start in line_starts(page) if start in MARKS}


def agenda(**changes: Any) -> MeetingAgenda:
    rows = [
        AgendaRow(
            f"第{number}件：厂区扩容用电报装，希望年前送电", f"QL-2026-11-{number:03d}", "李𬭛电瓷有限公司", "待交办", "交办",
            "年前送电", "供电公司，李强", "12月14日",
        )
        for number in range(40)
    ]  # fmt: skip
    known: dict[str, Any] = {
        "number": "QL-HY-2026-11-002",
        "kind": "联席会",
        "title": "11月联席会",
        "day": DAY,
        "rows": rows,
        "held": True,
        "result": "9 家、17 题、当场解决 3 个（3/17，17.65 %）",
        "minutes": "一、听取汇报。\n\n二、抓紧办理。",
        "made": DAY,
    }
    return MeetingAgenda(**(known | changes))


def test_what_came_of_each_item_stands_in_its_row_and_none_is_cut(tmp_path: Path) -> None:
    printed = print_meeting_agenda(tmp_path / "a.pdf", agenda())
    text = flat(printed.path)
    for words in ("会议议题及结论", "17.65%", "共40项", "交办：年前送电", "供电公司，李强", "二、抓紧办理。"):
        assert words in text, words
    for number in range(40):
        assert f"QL-2026-11-{number:03d}" in text
    assert text.count("序号") == printed.pages, "each page with rows repeats the head"
    assert printed.missing == ()


def test_before_the_meeting_there_is_room_for_the_pen(tmp_path: Path) -> None:
    rows = [AgendaRow("园区亮化方案", why="上次没办完")]
    text = flat(
        print_meeting_agenda(tmp_path / "a.pdf", agenda(rows=rows, held=False, result="", minutes="")).path
    )
    assert "会议议程表" in text
    assert "上次没办完" in text
    empty = print_meeting_agenda(tmp_path / "e.pdf", agenda(rows=(), held=False, result="", minutes=""))
    assert "没有议题。" in flat(empty.path)


def test_nothing_is_drawn_in_the_margins(tmp_path: Path) -> None:
    printed = print_meeting_agenda(tmp_path / "a.pdf", agenda(rows=agenda().rows[:3]))
    for picture in pictures(printed.path, 2.0):
        left, top, right, bottom = ink_box(picture, 2.0)
        assert left >= A4.left / MM - 0.4
        assert right <= 210 - A4.right / MM + 0.4
        assert top >= 15.5
        assert bottom <= 277
