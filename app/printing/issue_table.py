"""The table of issues that the checklist and the record share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.printing.blocks import Row, Table
from app.printing.models import OpenIssue
from app.printing.paragraph import Paragraph
from app.printing.styles import SMALL, body_row, head_row, text
from app.printing.wording import day

_COLUMNS: Final = (("编号", 0.18), ("诉求", 0.35), ("状态", 0.13), ("承办部门", 0.17), ("办理期限", 0.17))


def issue_table(issues: Sequence[OpenIssue]) -> Table:
    """Number, title, state, department and due date, an issue a row."""
    return Table((head_row(list(_COLUMNS)),), tuple(_row(issue) for issue in issues))


def _row(issue: OpenIssue) -> Row:
    values: list[str | Paragraph] = [
        text(issue.number, SMALL, 12),
        issue.title,
        issue.state,
        issue.department or "—",
        text(day(issue.due) or "—", SMALL, 12),
    ]
    return body_row(list(zip(values, (share for _, share in _COLUMNS), strict=True)))
