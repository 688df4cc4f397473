"""Attachments: resumable upload (tus 1.0.0: core, creation, termination) and download with ranges.

A PATCH is written in bursts. Each burst, under the part file's lock: is this request still the one that may write, cut
the file to the recorded length, append, fsync, and only then record the new length. So the recorded offset is never
ahead of the disk, whatever dies when; and a newer PATCH, which takes the lease, stops an older one that hangs on a
dead connection without ever waiting for it.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Header, Request, Response
from fastapi import Path as PathParameter
from sqlalchemy.engine import Connection
from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse

from app.domain.clock import to_text
from app.domain.ids import new_id
from app.domain.visit import Attachment
from sync.protocol.messages import ErrorAnswer
from sync.server import access, blobs, escrow, store, tables
from sync.server.database import Database
from sync.server.failures import WireError, error
from sync.server.people import Caller
from sync.server.reference import facts
from sync.server.settings import ServerSettings

TUS = "1.0.0"
MAX_FILE_BYTES = 200_000_000
BURST_BYTES = 1_000_000
UNFINISHED_FOR = timedelta(days=7)
DONE_FOR = timedelta(days=1)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OFFSET_TYPE = "application/offset+octet-stream"
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": text}
    for status, text in {
        400: "a header of tus cannot be read, or the body was cut off",
        401: "sign in (again)",
        403: "the device was revoked",
        404: "no such file or upload, or not one's own: the two are not told apart",
        409: "another offset, a newer request took over, or the file is not the one announced",
        412: "another version of tus",
        413: "longer than announced, or than a file may be",
        415: "the body is not application/offset+octet-stream",
        422: "Upload-Metadata lacks something, or the bytes are not those announced",
        500: "a fault of the centre, with an incident number",
        503: "later, see Retry-After",
    }.items()
}
router = APIRouter(prefix="/files", responses=_ERRORS)


def _documented(*names: str, patch: bool = False) -> dict[str, Any]:
    """Headers of tus that a request must carry, and the body of a PATCH, for OpenAPI."""
    shapes: dict[str, dict[str, Any]] = {
        "Tus-Resumable": {"const": TUS},
        "Upload-Length": {"pattern": "^[0-9]{1,9}$"},
        "Upload-Offset": {"pattern": "^[0-9]{1,9}$"},
        "Upload-Metadata": {"minLength": 1},
    }
    parameters = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string", **shapes[name]}}
        for name in ("Tus-Resumable", *names)
    ]
    bytes_ = {"schema": {"type": "string", "format": "binary"}}
    body = {"requestBody": {"required": True, "content": {_OFFSET_TYPE: bytes_}}} if patch else {}
    return {"parameters": parameters, **body}


def _headers(**more: str) -> dict[str, str]:
    return {
        "Tus-Resumable": TUS,
        "Cache-Control": "no-store",
        **{k.replace("_", "-"): v for k, v in more.items()},
    }


@router.options("/{id}", status_code=204)
async def options_of_one(_id: Annotated[str, PathParameter(alias="id")]) -> Response:
    """The same as for all: it is asked before anybody has signed in, so it does not tell whether there is such an upload."""
    return await options()


@router.options("", status_code=204)
async def options() -> Response:
    """What this tus server can do."""
    return Response(
        None,
        204,
        _headers(Tus_Version=TUS, Tus_Extension="creation,termination", Tus_Max_Size=str(MAX_FILE_BYTES)),
    )


@router.post("", status_code=201, openapi_extra=_documented("Upload-Length", "Upload-Metadata"))
async def create(
    request: Request,
    upload_length: Annotated[str | None, Header(include_in_schema=False)] = None,
    upload_metadata: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Begin an upload. Upload-Metadata names `bucket`, `attachment` (id) and `sha256`; the attachment's row must be
    at the centre already, with that digest and this length."""
    center, caller = await _begin(request)
    length = _number(upload_length, "Upload-Length")
    if length > MAX_FILE_BYTES:
        raise error(413, "file_too_large", "文件太大（超过 200 MB），请压缩后再上传。", limit=MAX_FILE_BYTES)
    named = _metadata(upload_metadata)
    id = await center.write(_create, center, caller, named, length)
    if length == 0:
        await center.write(_finish, center, id)
    return Response(None, 201, _headers(Location=f"/files/{id}"))


@router.head("/{id}", openapi_extra=_documented())
async def head(request: Request, id: str) -> Response:
    """How much of an upload is here for certain."""
    center, caller = await _begin(request)
    upload = await center.read(_upload, center.database, caller, id)
    if upload.offset == upload.size and upload.done_at is None:
        # The process died between the last byte and the end of the work: end it now.
        await center.write(_finish, center, id)
    return Response(None, 200, _headers(Upload_Offset=str(upload.offset), Upload_Length=str(upload.size)))


@router.patch("/{id}", status_code=204, openapi_extra=_documented("Upload-Offset", patch=True))
async def patch(
    request: Request,
    id: str,
    upload_offset: Annotated[str | None, Header(include_in_schema=False)] = None,
    content_type: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Append from the recorded offset. Who may, and whether the offset is right, is settled before the body is read."""
    center, caller = await _begin(request)
    if (content_type or "").partition(";")[0].strip().lower() != _OFFSET_TYPE:
        raise error(415, "content_type", f"上传内容的类型应是 {_OFFSET_TYPE}。")
    wanted = _number(upload_offset, "Upload-Offset")
    upload = await center.read(_upload, center.database, caller, id)
    if wanted != upload.offset:
        raise error(409, "offset", "续传的位置和中心记录的不一致，请重新询问后再传。", offset=upload.offset)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and wanted + int(declared) > upload.size:
        raise error(413, "file_longer", "传来的内容比登记的文件长，请重新选择文件。")
    lease = await center.write(_take_lease, center.database, id)
    offset = await _receive(request, center, id, lease, upload)
    if offset == upload.size and upload.done_at is None:
        await center.write(_finish, center, id)
    return Response(None, 204, _headers(Upload_Offset=str(offset)))


async def _receive(request: Request, center: Any, id: str, lease: str, upload: Any) -> int:
    """Write the body in bursts. What came before the connection broke is kept."""
    offset: int = upload.offset
    part = blobs.part_path(center.settings, id)
    waiting = bytearray()

    async def burst() -> int:
        end: int = await center.write(_append, center.database, part, id, lease, offset, bytes(waiting))
        waiting.clear()
        return end

    try:
        async for chunk in request.stream():
            if offset + len(waiting) + len(chunk) > upload.size:
                raise error(413, "file_longer", "传来的内容比登记的文件长，请重新选择文件。")
            waiting += chunk
            if len(waiting) >= BURST_BYTES:
                offset = await burst()
    except ClientDisconnect:
        pass
    return await burst() if waiting else offset


@router.delete("/{id}", status_code=204, openapi_extra=_documented())
async def terminate(request: Request, id: str) -> Response:
    """Give an upload up. A finished one leaves its file in place."""
    center, caller = await _begin(request)
    await center.read(_upload, center.database, caller, id)
    await center.write(_terminate, center, id)
    return Response(None, 204, _headers())


_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


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
    center = _center(request)
    caller = await center.caller(request)
    allowed = bool(_SHA256.fullmatch(sha256)) and await center.read(
        _may_read, center.database, caller, sha256
    )
    path = blobs.blob_path(center.settings, sha256)
    if not allowed or not path.is_file():
        raise _not_found()
    tag = f'"{sha256}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=31536000, immutable"}
    if tag in [item.strip() for item in request.headers.get("if-none-match", "").split(",")]:
        return Response(None, 304, headers)
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


# What they stand on ------------------------------------------------------------------------------------------------


def _center(request: Request) -> Any:
    return request.app.state.center


async def _begin(request: Request) -> tuple[Any, Caller]:
    center = _center(request)
    caller = await center.caller(request)
    if request.headers.get("tus-resumable") != TUS:
        failure = error(412, "tus_version", f"上传协议版本应是 tus {TUS}，请升级驻企通。")
        raise failure
    return center, caller


def _create(center: Any, caller: Caller, named: dict[str, str], length: int) -> str:
    now = center.clock()
    with center.database.writing() as connection:
        bucket, attachment = named["bucket"], named["attachment"]
        document = _attachment(connection, caller, bucket, attachment)
        if document.sha256 != named["sha256"] or document.size != length:
            raise error(409, "file_differs", "文件和登记的不一致（可能被改过），请重新添加附件。")
        id = new_id()
        connection.execute(
            sa.insert(tables.upload).values(
                id=id,
                bucket=bucket,
                attachment=attachment,
                person=caller.person,
                sha256=named["sha256"],
                size=length,
                offset=0,
                lease="",
                created_at=to_text(now),
                done_at=None,
            )
        )
    blobs.make_part(center.settings, id)
    return id


def _attachment(connection: Connection, caller: Caller, bucket: str, id: str) -> Attachment:
    """The attachment's row, where the caller may write it; 404 for everything else, without saying which."""
    park = facts(connection).park
    if bucket not in access.actable(connection, caller, park, [bucket]):
        announced = escrow.announced(connection, caller, bucket, id)
        if announced is None:
            raise _not_found()
        return announced
    table = tables.document
    query = sa.select(table.c.body).where(
        table.c.bucket == bucket,
        table.c.kind == Attachment.kind,
        table.c.id == id,
        table.c.deleted.is_(False),
    )
    body = connection.scalar(query)
    if body is None:
        raise _not_found()
    return Attachment.model_validate_json(body)


def _upload(database: Database, caller: Caller, id: str) -> Any:
    """The upload's row: its beginner's own, and only while he may write the bucket. 404 for everybody else."""
    with database.reading() as connection:
        table = tables.upload
        row = connection.execute(
            sa.select(table).where(table.c.id == id, table.c.person == caller.person)
        ).one_or_none()
        if row is None:
            raise _not_found()
        holds = row.bucket in access.actable(connection, caller, facts(connection).park, [row.bucket])
        awaited = row.done_at is None
        if awaited and not holds and escrow.announced(connection, caller, row.bucket, row.attachment) is None:
            raise _not_found()
    return row


def _take_lease(database: Database, id: str) -> str:
    lease = new_id()
    with database.writing() as connection:
        connection.execute(sa.update(tables.upload).where(tables.upload.c.id == id).values(lease=lease))
    return lease


def _append(database: Database, part: Path, id: str, lease: str, offset: int, data: bytes) -> int:
    """One burst. Raises WireError 409 where a newer request has taken over or the upload was given up."""
    table = tables.upload
    mine = sa.and_(table.c.id == id, table.c.lease == lease, table.c.offset == offset)
    with blobs.locked_part(part) as file:
        with database.reading() as connection:
            holds = connection.scalar(sa.select(table.c.id).where(mine)) is not None
        if file is None or not holds:
            raise _superseded()
        blobs.write_at(file, offset, data)
        end = offset + len(data)
        with database.writing() as connection:
            done = connection.execute(sa.update(table).where(mine).values(offset=end))
        if done.rowcount == 0:
            raise _superseded()
    return end


def _finish(center: Any, id: str) -> None:
    """All bytes are here: compare the digest, put the file in its place, and let the attachment say so.

    Repeating it does no harm: it is what a HEAD does after a crash in the middle. Raises WireError 422 where the bytes
    are not those announced; the upload is given up then.
    """
    table = tables.upload
    with center.database.reading() as connection:
        upload = connection.execute(sa.select(table).where(table.c.id == id)).one_or_none()
    if upload is None or upload.done_at is not None:
        return
    if not blobs.accept(center.settings, id, upload.sha256, upload.size):
        _terminate(center, id)
        raise error(422, "sha256", "文件在传输中损坏，已丢弃，请重新上传。")
    now: datetime = center.clock()
    store.write(
        center.database, lambda transaction: _stored(transaction, upload), now, (upload.bucket,), _never
    )
    blobs.drop_part(center.settings, id)


def _stored(transaction: store.Transaction, upload: Any) -> None:
    moment = to_text(transaction.now)
    document = transaction.get(upload.bucket, Attachment.kind, upload.attachment)
    connection, table, files = transaction.connection, tables.upload, tables.stored_file
    connection.execute(sa.update(table).where(table.c.id == upload.id).values(done_at=moment))
    if document is None or Attachment.of(document).sha256 != upload.sha256:
        if escrow.kept_digests(connection, upload.bucket).get(upload.attachment) != upload.sha256:
            return
    elif Attachment.of(document).stored_at is None:
        body = {**document.body, "stored_at": moment}
        transaction.write(upload.bucket, Attachment.kind, upload.attachment, body)
    here = sa.and_(files.c.bucket == upload.bucket, files.c.attachment == upload.attachment)
    connection.execute(sa.delete(files).where(here))
    connection.execute(
        sa.insert(files).values(
            bucket=upload.bucket,
            attachment=upload.attachment,
            sha256=upload.sha256,
            size=upload.size,
            stored_at=moment,
        )
    )


def _terminate(center: Any, id: str) -> None:
    with center.database.writing() as connection:
        connection.execute(sa.delete(tables.upload).where(tables.upload.c.id == id))
    blobs.drop_part(center.settings, id)


def _may_read(database: Database, caller: Caller, sha256: str) -> bool:
    """Whether the file belongs to an attachment that stands in a bucket the caller may see."""
    files, document = tables.stored_file, tables.document
    query = (
        sa.select(files.c.bucket)
        .join(document, sa.and_(document.c.bucket == files.c.bucket, document.c.id == files.c.attachment))
        .where(files.c.sha256 == sha256, document.c.kind == Attachment.kind, document.c.deleted.is_(False))
    )
    with database.reading() as connection:
        where = list(connection.scalars(query))
        return bool(where and access.actable(connection, caller, facts(connection).park, where))


def sweep(database: Database, settings: ServerSettings, now: datetime) -> None:
    """At the start: forget uploads nobody went on with, and part files without an upload."""
    table = tables.upload
    with database.writing() as connection:
        connection.execute(
            sa.delete(table).where(
                sa.or_(
                    sa.and_(table.c.done_at.is_(None), table.c.created_at < to_text(now - UNFINISHED_FOR)),
                    table.c.done_at < to_text(now - DONE_FOR),
                )
            )
        )
        known = set(connection.scalars(sa.select(table.c.id).where(table.c.done_at.is_(None))))
    blobs.sweep_parts(settings, known, older_than=now - UNFINISHED_FOR)


def _metadata(header: str | None) -> dict[str, str]:
    """`key base64,key base64` (tus, Upload-Metadata). Raises WireError 400 and 422."""
    found: dict[str, str] = {}
    for pair in (header or "").split(","):
        key, _, value = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as cause:
            raise error(400, "metadata", "上传说明（Upload-Metadata）格式不对。", field=key) from cause
    for key in ("bucket", "attachment", "sha256"):
        if not found.get(key):
            raise error(422, "metadata", f"上传说明（Upload-Metadata）缺少 {key}。", field=key)
    if not _SHA256.fullmatch(found["sha256"]):
        raise error(422, "metadata", "上传说明里的 sha256 应是 64 位小写十六进制。", field="sha256")
    return found


def _number(text: str | None, header: str) -> int:
    if text is None or not re.fullmatch(r"[0-9]{1,15}", text):
        raise error(400, "header", f"缺少 {header}，或不是数字。", field=header)
    return int(text)


def _never(_bucket: str) -> bool:
    return False


def _not_found() -> WireError:
    return error(404, "not_found", "中心没有这个文件，或您无权查看。")


def _superseded() -> WireError:
    return error(409, "superseded", "这个文件正由另一次上传继续，请重新询问后再传。")
