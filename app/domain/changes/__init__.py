"""The change functions, one per name. Importing this package enters all of them."""

from app.domain.changes import (
    assignments,
    conflicts,
    escrow,
    fields,
    issue_review,
    issue_system,
    issue_work,
    issues,
    reference,
    schemas,
    visits,
)
from app.domain.changes.base import (
    REGISTER,
    SCHEMA,
    Change,
    Context,
    FieldConflict,
    Outcome,
    Refusal,
    Write,
    apply,
)

__all__ = [
    "REGISTER",
    "SCHEMA",
    "Change",
    "Context",
    "FieldConflict",
    "Outcome",
    "Refusal",
    "Write",
    "apply",
    "assignments",
    "conflicts",
    "escrow",
    "fields",
    "issue_review",
    "issue_system",
    "issue_work",
    "issues",
    "reference",
    "schemas",
    "visits",
]
