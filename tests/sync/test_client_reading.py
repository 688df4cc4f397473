"""Rows of a verdict do not name their bucket: it follows from kind and body, or they are left to the next pull."""

from __future__ import annotations

import pytest

from app.domain.projections import DIRECTORY_ROWS
from sync.client.reading import plain_verdict
from sync.protocol.messages import Verdict


def test_a_department_s_verdict_files_nothing_of_the_enterprise_under_the_department() -> None:
    """Whoever holds both gets both kinds of rows back; rows do not name their bucket."""
    event = ["issue_event", "x", 1, {"id": "x", "issue": "i"}]
    rows = [
        ["department_issue", "i", 2, {"id": "i"}],
        ["issue", "i", 5, {"id": "i", "enterprise": "e"}],
        event,
    ]
    verdict = Verdict(mid="m", status="applied", bucket="d:finance", rows=rows)
    assert [(row.bucket, row.kind) for row in plain_verdict(verdict, "XD").rows] == [
        ("d:finance", "department_issue")
    ]


@pytest.mark.parametrize(
    ("kind", "bucket"),
    [
        *((kind, "dir:XD") for kind in sorted(DIRECTORY_ROWS)),
        ("review_seat", "u:p"),
        ("own_assignment", "u:p"),
        ("review_score", "m:XD"),
        ("visit", "e:e"),
    ],
)
def test_what_a_change_wrote_elsewhere_is_filed_there(kind: str, bucket: str) -> None:
    body = {"id": "x", "enterprise": "e", "person": "p"}
    verdict = Verdict(mid="m", status="applied", bucket="e:e", rows=[[kind, "x", 1, body]])
    assert [row.bucket for row in plain_verdict(verdict, "XD").rows] == [bucket]
