"""The centre in figures, for `zhuqitong-server status`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from sync.server import differences, tables
from sync.server.database import Database
from sync.server.migrate import revision
from sync.server.reference import facts
from sync.server.settings import ServerSettings

STATUSES = ("applied", "conflict", "refused", "escrowed")


def status(database: Database, settings: ServerSettings) -> dict[str, Any]:
    """Counts from one snapshot. The database's address is shown without its password."""
    with database.reading() as connection:

        def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
            return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0

        change, document, files = tables.change, tables.document, tables.stored_file
        by_status = sa.select(change.c.status, sa.func.count()).group_by(change.c.status)
        counted = {row[0]: row[1] for row in connection.execute(by_status)}
        distinct = sa.select(files.c.sha256, files.c.size).distinct().subquery()
        stored, size = connection.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(distinct.c.size), 0)).select_from(
                distinct
            )
        ).one()
        return {
            **asdict(facts(connection)),
            "database": sa.make_url(settings.database_url).render_as_string(hide_password=True),
            "data": str(settings.data),
            "blobs": settings.place,
            "schema": revision(connection),
            "buckets": count(tables.bucket),
            "documents": count(document, document.c.deleted.is_(False)),
            "enterprises": count(document, document.c.kind == "enterprise", document.c.deleted.is_(False)),
            "accounts": count(tables.account),
            "devices": count(tables.device, tables.device.c.revoked_at.is_(None)),
            "changes": {name: counted.get(name, 0) for name in STATUSES},
            "differences": differences.listing(connection),
            "files": stored,
            "file_bytes": int(size),
            "uploads": count(tables.upload, tables.upload.c.done_at.is_(None)),
        }
