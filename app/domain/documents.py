"""What a document is: a kind, an id, a revision and a body of plain JSON values, in one bucket."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict

Body = dict[str, Any]
Key = tuple[str, str]
"""(kind, id)"""


@dataclass(frozen=True, slots=True)
class Document:
    """One document as a laptop or the server holds it. `rev` is 0 until the server has confirmed it."""

    bucket: str
    kind: str
    id: str
    rev: int
    body: Body

    @property
    def key(self) -> Key:
        return self.kind, self.id


class Documents(Protocol):
    """What a change function may look at: the documents of the change's own bucket."""

    def get(self, kind: str, id: str) -> Document | None: ...

    def of_kind(self, kind: str) -> list[Document]: ...


class DocumentModel(BaseModel):
    """A body with names and types. Fields this version does not know are kept and given back unaltered."""

    model_config = ConfigDict(extra="allow", validate_assignment=True)
    kind: ClassVar[str]

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls.model_validate(document.body)

    def to_body(self) -> Body:
        """Plain JSON values; an absent field and null are the same, so null is left out."""
        body: Body = clean(self.model_dump(mode="json", exclude_none=True))
        return body


def clean(value: Any) -> Any:
    """Text in NFC, nulls in objects left out: so that equal things are equal byte for byte on every machine."""
    # Asked of every value of every change: what most of them are comes first.
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {
            key: (inner if type(inner) is str and inner.isascii() else clean(inner))
            for key, inner in value.items()
            if inner is not None
        }
    if isinstance(value, _LISTS):
        return [clean(inner) for inner in value]
    return value


_LISTS = (list, tuple)
_NUMBERS = (int, float, Decimal)


def same_value(left: Any, right: Any) -> bool:
    """Whether two field values are the same to a person: 1 and 1.00 are, null and missing are, True and 1 are not."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right or unicodedata.normalize("NFC", left) == unicodedata.normalize("NFC", right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        # Not as they are: a float is equal to no decimal fraction but its own binary value.
        return Decimal(str(left)) == Decimal(str(right))
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same_value(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        keys = left.keys() | right.keys()
        return all(same_value(left.get(key), right.get(key)) for key in keys)
    return bool(type(left) is type(right) and left == right)
