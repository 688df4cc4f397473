"""The park's own dictionaries and rules: looked at, and published in a new version (`zhuqitong-server reference`)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from app.dictionaries import builtin
from app.domain import buckets
from app.domain.changes.reference import Dictionary, DictionaryVersion
from app.domain.ids import new_id
from app.domain.taxonomy import RULES, Dictionaries
from app.errors import KnownError
from sync.server import store, tables
from sync.server.database import Database
from sync.server.jobs import run_change
from sync.server.reference import Reference, facts
from sync.server.store import Transaction


def publish_dictionary(
    database: Database, reference: Reference, name: str, content: dict[str, Any], now: datetime
) -> bool:
    """Publish a dictionary of the park's own. False where it stands so already. Raises KnownError where rules could not be
    worked out with it, or its version is out with other content."""
    if name not in {*builtin(), *RULES}:
        raise KnownError(
            "dictionary_name", f"没有叫 {name} 的字典。现有：{'、'.join(sorted({*builtin(), *RULES}))}。"
        )
    _check_rules(database, reference, name, content)
    with database.reading() as connection:
        bucket = buckets.reference(facts(connection).park)
    args = {"version": str(content["version"]), "content": content, "own": True}
    mid = new_id()

    def work(transaction: Transaction) -> bool:
        doc = (Dictionary.kind, name)
        return run_change(transaction, reference, "dictionary.publish", bucket, doc, args, mid).altered

    return store.write(database, work, now, (bucket,))


def _check_rules(database: Database, reference: Reference, name: str, content: dict[str, Any]) -> None:
    """A table the rules cannot be worked out with would stop every laptop of the park: it is not let out."""
    if name not in RULES:
        items = content.get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise KnownError(
                "dictionary_shape", "字典要有 items，是一列条目。请对照 reference show 的样子改。"
            )
        return
    with database.reading() as connection:
        present = reference.contents(connection, facts(connection).park)
    try:
        Dictionaries.parse({**builtin(), **present, name: content})
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        raise KnownError(
            "dictionary_shape",
            f"字典 {name} 的内容不对，没有发布：{_first(error)}。请对照 reference show 的样子改。",
        ) from error


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        told = error.errors()[0]
        return f"{'.'.join(str(part) for part in told['loc'])}（{told['msg']}）"
    return str(error)


def dictionaries(database: Database) -> list[dict[str, Any]]:
    """Every published dictionary with its versions: `name`, `version`, `own`, `versions` (oldest first), `items`."""
    table = tables.document
    with database.reading() as connection:
        bucket = buckets.reference(facts(connection).park)
        query = sa.select(table.c.kind, table.c.body).where(
            table.c.bucket == bucket,
            table.c.kind.in_((Dictionary.kind, DictionaryVersion.kind)),
            table.c.deleted.is_(False),
        )
        rows = [(row.kind, json.loads(row.body)) for row in connection.execute(query.order_by(table.c.id))]
    versions: dict[str, list[tuple[str, str]]] = {}
    for kind, body in rows:
        if kind == DictionaryVersion.kind:
            versions.setdefault(body["name"], []).append((body["published_at"], body["version"]))
    return [
        {
            "name": body["id"],
            "version": body["version"],
            "own": bool(body.get("own")),
            "versions": [version for _, version in sorted(versions.get(body["id"], []))],
            "items": len(body["content"].get("items", [])),
        }
        for kind, body in rows
        if kind == Dictionary.kind
    ]


def dictionary(database: Database, name: str, version: str | None) -> dict[str, Any]:
    """The content of a published dictionary, of one version or the present one. Raises KnownError."""
    table = tables.document
    kind, id = (DictionaryVersion.kind, f"{name}@{version}") if version else (Dictionary.kind, name)
    with database.reading() as connection:
        bucket = buckets.reference(facts(connection).park)
        found = connection.scalar(
            sa.select(table.c.body).where(
                table.c.bucket == bucket, table.c.kind == kind, table.c.id == id, table.c.deleted.is_(False)
            )
        )
    if found is None:
        raise KnownError("dictionary_missing", f"没有发布过 {id}。用 reference list 看有哪些字典和版本。")
    content: dict[str, Any] = json.loads(found)["content"]
    return content
