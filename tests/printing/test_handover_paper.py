"""交接单: what goes over stands on the paper."""

from __future__ import annotations

from pathlib import Path

from app.domain.visit import Record
from app.services import enterprises_papers
from tests.printing.reading import page_texts
from tests.support.desks import officer_desk


def test_open_issues_and_vacant_seats_stand_on_the_sheet(tmp_path: Path) -> None:
    with officer_desk(tmp_path / "desk") as desk:
        printed = enterprises_papers.print_handover(desk, "ent-0")
    read = "".join(page_texts(printed.path))
    assert "企业包联交接单" in read
    assert "厂区北门道路积水影响运输" in read
    assert "移交人签字" in read
    assert "属地网格长" in read
    assert printed.pages == 1


def test_promises_are_read_from_the_records() -> None:
    values = {
        "/help/d05_promises[1]/d05_content": "协调变压器增容",
        "/help/d05_promises[1]/d05_person": "王敏",
        "/help/d05_promises[1]/d05_due": "2026-12-15",
        "/help/d05_promises[2]/d05_content": None,
        "/running/a03_output": 12,
    }
    record = Record(
        id="r", visit="v", enterprise="e", form_id="visit_three", form_version="1", values=values, digest="0"
    )
    assert enterprises_papers.promises([record], []) == [("协调变压器增容", "王敏", "2026-12-15")]
