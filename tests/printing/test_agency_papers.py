"""委托书, 续办委托书, 办结单, 终止单 on paper: read back, no glyph missing, both sides sign on a page with text."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from app.printing.agency_paper import (
    COMMISSION,
    RENEWAL,
    SETTLEMENT,
    TERMINATION,
    AgencyPaper,
    PaperMaterial,
    PaperStep,
    print_agency_paper,
)
from tests.printing.reading import page_texts


def paper(**changes: Any) -> AgencyPaper:
    known: dict[str, Any] = {
        "kind": COMMISSION,
        "number": "QL-DB-2026-11-001",
        "case_title": "年产两万吨窑具项目",
        "enterprise": "李𬭛电瓷有限公司",
        "credit_code": "91360313QLAN010166",
        "office": "青岚产业园",
        "agents": "王敏、龚䶮",
        "until": dt.date(2027, 3, 31),
        "powers": [("递交材料", True), ("补正材料", True), ("领取证照、批复", False)],
        "steps": [PaperStep("立项备案或核准", "发展和改革委员会"), PaperStep("可行性研究")],
        "materials": [PaperMaterial("营业执照副本", 1, True, "11月22日", "11月30日")],
        "made": dt.date(2026, 11, 22),
    }
    return AgencyPaper(**(known | changes))


def flat(path: Path) -> str:
    return re.sub(r"\s", "", "".join(page_texts(path)))


@pytest.mark.parametrize("kind", [COMMISSION, RENEWAL])
def test_a_commission_says_who_what_until_when_and_what_both_owe(tmp_path: Path, kind: str) -> None:
    printed = print_agency_paper(tmp_path / "p.pdf", paper(kind=kind))
    text = flat(printed.path)
    for words in (
        kind, "李𬭛电瓷有限公司", "91360313QLAN010166", "法定代表人", "青岚产业园", "王敏、龚䶮", "到2027年3月31日止",
        "递交材料", "领取证照、批复", "立项备案或核准", "发展和改革委员会", "营业执照副本", "双方责任", "代办无偿", "申报主体",
        "委托企业（签字、盖章）", "受托单位代办员（签字、盖章）",
    ):  # fmt: skip
        assert words in text, words
    assert printed.missing == ()


def test_what_is_not_known_yet_leaves_room_for_the_pen(tmp_path: Path) -> None:
    text = flat(print_agency_paper(tmp_path / "p.pdf", paper(agents="", until=None, materials=())).path)
    assert "代办员" in text
    assert "委托期限" in text
    assert "材料名称" in text


def test_the_end_says_what_came_of_it(tmp_path: Path) -> None:
    steps = [
        PaperStep("立项备案或核准", "发展和改革委员会", "PF-1，11月28日"),
        PaperStep("可行性研究", "", "不涉及：自筹"),
    ]
    settled = flat(
        print_agency_paper(tmp_path / "s.pdf", paper(kind=SETTLEMENT, steps=steps, powers=())).path
    )
    assert "PF-1，11月28日" in settled
    assert "11月30日" in settled
    assert "双方责任" not in settled
    ended = paper(kind=TERMINATION, powers=(), steps=steps, materials=(), text="项目变更：改址建设")
    text = flat(print_agency_paper(tmp_path / "t.pdf", ended).path)
    assert "项目变更：改址建设" in text
    assert "没有交接材料。" in text


@pytest.mark.parametrize("rows", [1, 9, 24, 40])
def test_the_signatures_are_on_a_page_with_text(tmp_path: Path, rows: int) -> None:
    materials = [PaperMaterial(f"第{number}份材料", 1, False, "11月22日") for number in range(rows)]
    printed = print_agency_paper(tmp_path / "p.pdf", paper(materials=materials))
    last = re.sub(r"\s", "", page_texts(printed.path)[-1])
    assert "委托企业（签字、盖章）" in last
    assert "企业可以随时撤回委托" in last
