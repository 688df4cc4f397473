"""The change functions, one per name: a new module of them has a line in `functions.py`.

They are entered when the first change is run, or when somebody asks for REGISTER: what the desk shows at its start needs
none of them, and their models were a sixth of it.
"""

from typing import TYPE_CHECKING, Any

from app.domain.changes.base import (
    SCHEMA,
    Change,
    Context,
    FieldConflict,
    KnownEnterprise,
    Outcome,
    Refusal,
    Write,
    apply,
    entered,
)

if TYPE_CHECKING:
    from app.domain.changes.base import REGISTER

__all__ = [
    "REGISTER",
    "SCHEMA",
    "Change",
    "Context",
    "FieldConflict",
    "KnownEnterprise",
    "Outcome",
    "Refusal",
    "Write",
    "apply",
]


def __getattr__(name: str) -> Any:
    if name == "REGISTER":
        return entered()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
