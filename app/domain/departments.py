"""How a department sees and does its part: twins of the documents of an issue in its own `d:` bucket.

A handler holds no enterprise. What is shown to his department (`shown_to`) stands in `d:<department>` under a twin kind with
the same id and body. He acts on the twin; a laptop runs the very same change function over the twins, and the server runs it
in the enterprise's bucket and projects the outcome back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain import buckets
from app.domain.documents import Body, Document, Documents
from app.domain.issue import Issue, IssueEvent, Supervision
from app.domain.visit import Attachment

if TYPE_CHECKING:
    from app.domain.changes.base import Change

DEPARTMENT_ISSUE = "department_issue"
TWINS: Mapping[str, str] = {
    Issue.kind: DEPARTMENT_ISSUE,
    IssueEvent.kind: "department_event",
    Supervision.kind: "department_supervision",
    Attachment.kind: "department_attachment",
}
"""Kind in the enterprise's bucket → kind in a department's."""
SOURCES: Mapping[str, str] = {twin: kind for kind, twin in TWINS.items()}


def shown_to(kind: str, body: Body | None) -> frozenset[str]:
    """The departments a document is shown to."""
    if body is None or kind not in TWINS:
        return frozenset()
    shown = body.get("shown_to")
    if shown is None and kind == Issue.kind and body.get("department"):
        return frozenset({str(body["department"])})
    return frozenset(shown or ())


def at_department(change: Change) -> bool:
    """Whether a change is made on a department's twin."""
    return change.doc[0] in SOURCES and buckets.kind_of(change.bucket) == buckets.DEPARTMENT


def issue_of(change: Change) -> str | None:
    """The issue a change on a twin belongs to; None where it does not say."""
    if change.doc[0] == DEPARTMENT_ISSUE:
        return change.doc[1]
    try:
        named = change.args["fields"]["issue"][1]
    except (KeyError, IndexError, TypeError):
        return None
    return named if isinstance(named, str) else None


def on_source(change: Change, bucket: str) -> Change:
    """The same change on the document the twin is of, in another bucket (the enterprise's, or the department's own)."""
    kind, id = change.doc
    return change.model_copy(update={"doc": (SOURCES[kind], id), "bucket": bucket})


class TwinView:
    """A department's bucket as if the issues themselves stood in it."""

    def __init__(self, inner: Documents) -> None:
        self._inner = inner

    def get(self, kind: str, id: str) -> Document | None:
        if kind not in TWINS:
            return self._inner.get(kind, id)
        found = self._inner.get(TWINS[kind], id)
        return None if found is None else replace(found, kind=kind)

    def of_kind(self, kind: str) -> list[Document]:
        found = self._inner.of_kind(TWINS.get(kind, kind))
        return [replace(document, kind=kind) for document in found]
