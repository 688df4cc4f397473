"""The park's facts and its published dictionaries, as the change functions need them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection

from app.domain import buckets
from app.domain.blacklist import Listed
from app.domain.changes import Context, KnownEnterprise
from app.domain.changes.reference import Dictionary, DictionaryVersion
from app.domain.documents import Body
from app.domain.projections import ENTERPRISE_ROW
from app.domain.review import ReviewSheet
from app.domain.taxonomy import JUDGED_BY, Dictionaries, Taxonomy
from app.errors import KnownError
from sync.server import tables
from sync.server.people import Caller
from sync.server.store import Transaction


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands in `meta`."""

    epoch: str
    park: str
    park_name: str


def facts(connection: Connection) -> Facts:
    """Raises KnownError where the centre was never set up."""
    rows = {row.name: row.value for row in connection.execute(sa.select(tables.meta))}
    try:
        return Facts(rows["epoch"], rows["park"], rows["park_name"])
    except KeyError:
        raise KnownError(
            "not_initialised",
            "中心还没有初始化。请先运行 zhuqitong-server init（带上同样的 --data 或 --database）。",
        ) from None


class Reference:
    """The dictionaries of `ref:`, read again when its head has moved."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[str, int, Dictionaries] | None = None

    def dictionaries(self, connection: Connection, park: str) -> Dictionaries:
        bucket = buckets.reference(park)
        head = connection.scalar(sa.select(tables.bucket.c.head).where(tables.bucket.c.id == bucket)) or 0
        with self._lock:
            kept = self._kept
        if kept is not None and kept[:2] == (bucket, head):
            return kept[2]
        dictionaries = _read(connection, bucket)
        with self._lock:
            self._kept = (bucket, head, dictionaries)
        return dictionaries

    def contents(self, connection: Connection, park: str) -> dict[str, Body]:
        """What is published, by name, as it was published."""
        return _contents(connection, buckets.reference(park))

    def context(
        self, transaction: Transaction, caller: Caller, park: str, dictionaries: Dictionaries | None = None
    ) -> Context:
        """What a change of the caller may know. `now` is the moment of receipt, not the laptop's. `dictionaries` where
        they were read before, else those of the transaction."""
        known = dictionaries or self.dictionaries(transaction.connection, park)
        return Context(
            now=transaction.now,
            actor=caller.actor(),
            device=caller.device,
            park=park,
            calendar=known.calendar,
            dictionaries=known,
            number=lambda name, _local: transaction.official_number(name, park),
            enterprises=lambda: known_enterprises(transaction, park),
            listed=lambda asked: _listed(transaction, park, asked),
            sheets=lambda asked: _sheets(transaction, asked),
        )


def _listed(transaction: Transaction, park: str, asked: str) -> list[Listed]:
    # Imported here: it looks the park's facts up in this module.
    from sync.server.blacklist import look_up

    return look_up(transaction.connection, park, asked)


def _sheets(transaction: Transaction, asked: Iterable[tuple[str, str]]) -> dict[str, Body]:
    """Reviewers' sheets, each from its reviewer's own bucket."""
    found = {person: transaction.get(buckets.of_person(person), ReviewSheet.kind, id) for person, id in asked}
    return {person: sheet.body for person, sheet in found.items() if sheet is not None}


def known_enterprises(transaction: Transaction, park: str) -> list[KnownEnterprise]:
    """Every enterprise of the park, from the directory's light rows."""
    return [
        KnownEnterprise(document.id, str(document.body["name"]), str(document.body["credit_code"]))
        for document in transaction.of_kind(buckets.directory(park), ENTERPRISE_ROW)
    ]


def _read(connection: Connection, bucket: str) -> Dictionaries:
    files = _contents(connection, bucket)
    if "issue_taxonomy" in files and "departments" in files:
        return Dictionaries.parse(files, _former(connection, bucket))
    return Dictionaries(taxonomy=Taxonomy(version="", items=[]), departments=[])


def _former(connection: Connection, bucket: str) -> list[tuple[str, str, Body]]:
    """(name, version, content) of all that was ever published of what older issues are judged by."""
    table = tables.document
    starts = [table.c.id.startswith(f"{name}@", autoescape=True) for name in JUDGED_BY]
    query = sa.select(table.c.body).where(
        table.c.bucket == bucket,
        table.c.kind == DictionaryVersion.kind,
        table.c.deleted.is_(False),
        sa.or_(*starts),
    )
    found = [from_json(body) for body in connection.scalars(query)]
    return [(body["name"], body["version"], body["content"]) for body in found]


def _contents(connection: Connection, bucket: str) -> dict[str, Body]:
    table = tables.document
    query = sa.select(table.c.id, table.c.body).where(
        table.c.bucket == bucket, table.c.kind == Dictionary.kind, table.c.deleted.is_(False)
    )
    return {row.id: from_json(row.body)["content"] for row in connection.execute(query)}
