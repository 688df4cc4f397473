"""Where a centre's attachments lie is written in its database, so that every command and every machine goes to the
same place, and a word left out on a command line cannot scatter them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.errors import KnownError, known_from
from sync.server import s3, tables
from sync.server.blobs import Blobs
from sync.server.database import Database
from sync.server.settings import ServerSettings

NAME = "blobs"
"""In `meta`; without it they are in `files/` of the data folder."""


def settled(database: Database, settings: ServerSettings) -> ServerSettings:
    """The settings with the place that is in force. Raises KnownError where the command line says another one."""
    with database.reading() as connection:
        kept = present(connection)
    asked = settings.blobs
    if asked is not None and not _same(settings, asked, kept):
        raise KnownError(
            "blobs_elsewhere",
            f"这个中心的附件在 {kept or settings.files}，不在 {asked}。不写 --blobs 就用原来的；"
            f"要搬家，先把附件复制过去，再运行 zhuqitong-server init --blobs {asked}。",
        )
    return replace(settings, blobs=kept)


def settle(database: Database, settings: ServerSettings) -> ServerSettings:
    """For `init`: use the place the command line says from now on, once it works and has every attachment.

    Raises KnownError where it does not; the old place stays in force then.
    """
    asked = settings.blobs
    with database.reading() as connection:
        kept = present(connection)
        wanted = dict(_wanted(connection))
    if asked is None or _same(settings, asked, kept):
        return replace(settings, blobs=kept)
    make_folder(asked)
    blobs = Blobs.of(settings)
    blobs.check()
    if wanted:
        there = blobs.sizes()
        lacking = sum(there.get(sha256) != size for sha256, size in wanted.items())
        if lacking:
            raise KnownError(
                "blobs_lacking",
                f"{asked} 里还缺 {lacking} 个附件（共 {len(wanted)} 个），位置没有改。"
                f"请停下服务，把 {kept or settings.files} 里的内容原样复制过去，再运行一次。",
            )
    with database.writing() as connection:
        keep(connection, asked)
    return settings


def keep(connection: Connection, place: str | None) -> None:
    """Write the place down."""
    table = tables.meta
    connection.execute(sa.delete(table).where(table.c.name == NAME))
    if place is not None:
        connection.execute(sa.insert(table).values(name=NAME, value=place))


def make_folder(place: str) -> None:
    """Make the folder a place is; nothing for S3. Raises KnownError where the disk refuses."""
    if place.startswith(s3.SCHEME):
        return
    try:
        Path(place).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        known = known_from(error)
        text = f"建不了附件文件夹 {place}（{error.strerror}）。请换一个 --blobs。"
        raise (known or KnownError("blobs_folder", text)) from error


def present(connection: Connection) -> str | None:
    """What is written down; None for `files/` of the data folder."""
    return connection.scalar(sa.select(tables.meta.c.value).where(tables.meta.c.name == NAME))


def _wanted(connection: Connection) -> list[tuple[str, int]]:
    files = tables.stored_file
    return [(row.sha256, row.size) for row in connection.execute(sa.select(files.c.sha256, files.c.size))]


def _same(settings: ServerSettings, one: str, other: str | None) -> bool:
    default = str(settings.files)
    return (one or default) == (other or default)
