"""The rows figures are worked out from: the light rows of the directory, and the people of the park.

The centre and whoever works for the whole park read them as they stand in `dir:`; an officer's laptop makes them from its
own documents with the very same function, so that both count the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.agency_case import AgencyCase
from app.domain.departments import DEPARTMENT_ISSUE
from app.domain.documents import Body, Document
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import Cultivation, Parcel, Seat
from app.domain.entry import Entry
from app.domain.figures.scope import Scope, Whose
from app.domain.issue import Issue
from app.domain.part_rows import CULTIVATION_ROW, PARCEL_ROW, SEAT_ROW
from app.domain.people import Person
from app.domain.project import Project
from app.domain.projections import (
    ENTERPRISE_ROW,
    ENTRY_ROW,
    ISSUE_ROW,
    VISIT_PLAN_ROW,
    VISIT_ROW,
    projections,
)
from app.domain.visit import Record, Visit
from app.domain.visit_plan import VisitPlan

CASE_ROW = "case_row"
PROJECT_ROW = "project_row"
RECORD_ROW = "record_row"
PERSON = Person.kind

ROW_KINDS = frozenset(
    {
        *(
            ENTERPRISE_ROW,
            ISSUE_ROW,
            VISIT_ROW,
            VISIT_PLAN_ROW,
            ENTRY_ROW,
            SEAT_ROW,
            CULTIVATION_ROW,
            PARCEL_ROW,
        ),
        *(CASE_ROW, PROJECT_ROW, RECORD_ROW),
    }
)
"""Kinds of rows in `dir:` that figures read."""
SOURCES = (
    *(
        Enterprise.kind,
        Issue.kind,
        Visit.kind,
        VisitPlan.kind,
        Entry.kind,
        Seat.kind,
        Cultivation.kind,
        Parcel.kind,
    ),
    *(AgencyCase.kind, Project.kind, Record.kind),
)
"""Kinds of documents those rows are projections of."""


@dataclass(slots=True)
class Rows:
    """Rows by kind, each in the order of the ids; `PERSON` has the people of `ref:`."""

    by_kind: dict[str, list[Body]] = field(default_factory=dict)

    def of(self, kind: str) -> list[Body]:
        return self.by_kind.get(kind, [])

    @classmethod
    def collect(cls, found: Iterable[tuple[str, Body]]) -> Rows:
        """From (kind, body) in any order. A row that is there twice is taken once, the later one."""
        by_kind: dict[str, dict[str, Body]] = {}
        for kind, body in found:
            by_kind.setdefault(kind, {})[str(body["id"])] = body
        return cls({kind: [rows[id] for id in sorted(rows)] for kind, rows in by_kind.items()})

    def within(self, scope: Scope) -> Rows:
        """Those that belong to the scope; of other kinds than issues none, where it is one of issues alone."""
        if scope.whose is Whose.PARK:
            return self
        if scope.whose is Whose.DEPARTMENT:
            return self._issues(lambda row: row.get("department") == scope.id)
        if scope.whose is Whose.CATEGORY:
            return self._issues(lambda row: scope.id in (row.get("category"), row.get("subcategory")))
        mine = {str(row["id"]) for row in self.of(ENTERPRISE_ROW) if _is_of(row, scope)}
        kept = {
            kind: [row for row in rows if row.get("id" if kind == ENTERPRISE_ROW else "enterprise") in mine]
            for kind, rows in self.by_kind.items()
            if kind != PERSON
        }
        return Rows(kept)

    def _issues(self, holds: Callable[[Body], bool]) -> Rows:
        return Rows({ISSUE_ROW: [row for row in self.of(ISSUE_ROW) if holds(row)]})


def _is_of(enterprise: Body, scope: Scope) -> bool:
    if scope.whose is Whose.ENTERPRISE:
        return bool(enterprise["id"] == scope.id)
    if scope.whose is Whose.INDUSTRY:
        return str(enterprise.get("industry") or "").startswith(scope.id)
    return any(person.get("person") == scope.id for person in enterprise.get("people") or ())


def rows_from(documents: Iterable[Document], park: str) -> Iterable[tuple[str, Body]]:
    """(kind, row) of whole documents, as the centre projects them; a department's twin counts as the issue it is of."""
    for document in documents:
        kind = Issue.kind if document.kind == DEPARTMENT_ISSUE else document.kind
        for write in projections(None, kind, document.id, document.body, park):
            if write.kind in ROW_KINDS and write.body is not None:
                yield write.kind, write.body


def names_of(rows: Rows) -> Mapping[str, str]:
    """Enterprise id → its name."""
    return {str(row["id"]): str(row.get("name", "")) for row in rows.of(ENTERPRISE_ROW)}
