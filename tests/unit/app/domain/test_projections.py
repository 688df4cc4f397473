"""What other buckets see of a document, and what they no longer see."""

from __future__ import annotations

from typing import Any

from app.domain.changes import Write
from app.domain.documents import Document
from app.domain.projections import DEPARTMENT_ISSUE, ENTERPRISE_ROW, ISSUE_ROW, projections

ENTERPRISE = {
    "id": "e",
    "name": "示例厂",
    "credit_code": "c",
    "address": "一路",
    "employees": 7,
    "last_visit_on": "2026-11-22",
}
ENTERPRISE_LINE = {
    "id": "e",
    "name": "示例厂",
    "credit_code": "c",
    "address": "一路",
    "last_visit_on": "2026-11-22",
}
ISSUE: dict[str, Any] = {
    "id": "i",
    "number": "XD-1",
    "enterprise": "e",
    "state": "reported",
    "title": "扩容",
    "description": "只给经办人看的细节",
}


def document(kind: str, body: dict[str, Any]) -> Document:
    return Document("e:e", kind, body["id"], 3, body)


def test_an_enterprise_has_one_light_row() -> None:
    assert projections(None, "enterprise", "e", ENTERPRISE, "xd") == (
        Write(ENTERPRISE_ROW, "e", ENTERPRISE_LINE, "dir:xd"),
    )


def test_what_the_row_does_not_show_does_not_touch_it() -> None:
    before = document("enterprise", ENTERPRISE)
    assert projections(before, "enterprise", "e", {**ENTERPRISE, "employees": 8}, "xd") == ()
    (write,) = projections(before, "enterprise", "e", {**ENTERPRISE, "address": "二路"}, "xd")
    assert write.body == {**ENTERPRISE_LINE, "address": "二路"}


def test_a_deleted_enterprise_takes_its_row_along() -> None:
    before = document("enterprise", ENTERPRISE)
    assert projections(before, "enterprise", "e", None, "xd") == (Write(ENTERPRISE_ROW, "e", None, "dir:xd"),)


def test_an_issue_without_a_department_is_in_the_directory_alone() -> None:
    (write,) = projections(None, "issue", "i", ISSUE, "xd")
    assert (write.kind, write.id, write.bucket) == (ISSUE_ROW, "i", "dir:xd")
    assert write.body == {name: value for name, value in ISSUE.items() if name != "description"}


def test_an_assigned_issue_is_whole_at_its_department() -> None:
    assigned = {**ISSUE, "state": "assigned", "department": "power"}
    row, whole = projections(document("issue", ISSUE), "issue", "i", assigned, "xd")
    assert row.bucket == "dir:xd"
    assert row.body is not None
    assert row.body["state"] == "assigned"
    assert whole == Write(DEPARTMENT_ISSUE, "i", assigned, "d:power")


def test_from_one_department_to_another() -> None:
    before = document("issue", {**ISSUE, "department": "power"})
    after = {**ISSUE, "department": "housing"}
    writes = projections(before, "issue", "i", after, "xd")
    assert Write(DEPARTMENT_ISSUE, "i", None, "d:power") in writes
    assert Write(DEPARTMENT_ISSUE, "i", after, "d:housing") in writes


def test_a_deleted_issue_is_gone_everywhere() -> None:
    before = document("issue", {**ISSUE, "department": "power"})
    assert set(projections(before, "issue", "i", None, "xd")) == {
        Write(ISSUE_ROW, "i", None, "dir:xd"),
        Write(DEPARTMENT_ISSUE, "i", None, "d:power"),
    }


def test_other_kinds_are_seen_by_nobody_else() -> None:
    for kind in ("visit", "record", "attachment", "issue_event", "assignment", ENTERPRISE_ROW):
        assert projections(None, kind, "x", {"id": "x"}, "xd") == ()
