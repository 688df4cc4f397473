"""Attachments on their way out: whole or in ranges, streamed from the store, never whole in memory.

The store is asked for one piece after the other, as the laptop takes them: a slow line holds no connection to the store
open, and a request costs a piece of memory whatever the file's size.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from app.domain.visit import Attachment
from sync.protocol.messages import ErrorAnswer
from sync.server import access, tables
from sync.server.blobs import PIECE_BYTES, Blobs
from sync.server.database import Database
from sync.server.failures import error
from sync.server.people import Caller
from sync.server.reference import facts

logger = logging.getLogger("zhuqitong.server")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))")
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": text}
    for status, text in {
        401: "sign in (again)",
        403: "the device was revoked",
        404: "no such file, or not one's own: the two are not told apart",
        422: "a path that cannot be",
        500: "a fault of the centre, with an incident number",
        503: "later, see Retry-After",
    }.items()
}
router = APIRouter(prefix="/files", responses=_ERRORS)


@router.get(
    "/{sha256}",
    response_class=Response,
    responses={
        200: {"content": _BYTES, "description": "all bytes"},
        206: {"content": _BYTES, "description": "the range asked for"},
        304: {"description": "not altered: it never is"},
        416: {"description": "no such range"},
    },
)
async def download(request: Request, sha256: str) -> Response:
    """The bytes of an attachment, to holders of a bucket in which an attachment with them stands. Range and ETag."""
    center = request.app.state.center
    caller = await center.caller(request)
    size = None
    if _SHA256.fullmatch(sha256):
        size = await center.read(_size_if_readable, center.database, caller, sha256)
    if size is None:
        raise error(404, "not_found", "中心没有这个文件，或您无权查看。")
    tag = f'"{sha256}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, max-age=31536000, immutable",
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    if tag in [item.strip() for item in request.headers.get("if-none-match", "").split(",")]:
        return Response(None, 304, headers)
    wanted = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
    start, end = _span(wanted, size)
    if start >= end and size:
        failure = error(416, "range", "文件没有这么长，请从头下载。")
        failure.headers["Content-Range"] = f"bytes */{size}"
        raise failure
    partial = (start, end) != (0, size)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    first = await _first(center.blobs, sha256, start, end)
    return StreamingResponse(
        _pieces(center.blobs, sha256, first, start, end),
        206 if partial else 200,
        headers,
        media_type="application/octet-stream",
    )


async def _first(blobs: Blobs, sha256: str, start: int, end: int) -> bytes:
    """Asked for before the answer begins: what is missing or cannot be reached still becomes an error of our shape."""
    if start == end:
        return b""
    try:
        return await blobs.read(sha256, start, min(PIECE_BYTES, end - start))
    except FileNotFoundError:
        logger.error("file %s is not in %s: run zhuqitong-server verify", sha256, blobs.place)
        raise error(404, "not_found", "中心没有这个文件，或您无权查看。") from None


async def _pieces(blobs: Blobs, sha256: str, first: bytes, start: int, end: int) -> AsyncIterator[bytes]:
    piece = first
    while piece:
        yield piece
        start += len(piece)
        piece = await blobs.read(sha256, start, min(PIECE_BYTES, end - start)) if start < end else b""


def _span(header: str | None, size: int) -> tuple[int, int]:
    """From where to where (exclusive) is asked for. Empty where there is no such range; all of it for what is not
    understood (RFC 9110 §14.2), several ranges among it."""
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None:
        return 0, size
    first, last, suffix = match.groups()
    if suffix is not None:
        return max(0, size - int(suffix)), size
    if last is not None and int(last) < int(first):
        return 0, size
    return int(first), min(size, int(last) + 1) if last is not None else size


def _size_if_readable(database: Database, caller: Caller, sha256: str) -> int | None:
    """How long the file is, where it belongs to an attachment that stands in a bucket the caller may see."""
    files, document = tables.stored_file, tables.document
    query = (
        sa.select(files.c.bucket, files.c.size)
        .join(document, sa.and_(document.c.bucket == files.c.bucket, document.c.id == files.c.attachment))
        .where(files.c.sha256 == sha256, document.c.kind == Attachment.kind, document.c.deleted.is_(False))
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
        where = [row.bucket for row in rows]
        if not where or not access.actable(connection, caller, facts(connection).park, where):
            return None
    return int(rows[0].size)
