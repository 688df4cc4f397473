"""Attachments on their way in: resumable upload (tus 1.0.0: core, creation, creation-with-upload, termination).

A PATCH is written in bursts. Each burst: is this request still the one that may write, put the bytes into the store
under a name of this request's own, and only when they are safe record the new length and the part, on the condition
that request and length are still the same. So the recorded offset is never ahead of the store, whatever dies when, on
however many machines; what was written beyond it belongs to nothing ("truncate to the recorded offset"); and a newer
PATCH, which takes the lease, stops an older one that hangs on a dead connection without ever waiting for it.
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Header, Request, Response
from fastapi import Path as PathParameter
from sqlalchemy.engine import Connection
from starlette.requests import ClientDisconnect

from app.domain.clock import to_text
from app.domain.ids import new_id
from app.domain.visit import Attachment
from sync.protocol.messages import ErrorAnswer
from sync.server import access, escrow, merging, store, tables
from sync.server.applying import PLAIN
from sync.server.blobs import PartGoneError
from sync.server.database import Database
from sync.server.failures import WireError, error
from sync.server.people import Caller
from sync.server.reference import facts

logger = logging.getLogger("zhuqitong.server")
TUS = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination"
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
        _headers(Tus_Version=TUS, Tus_Extension=EXTENSIONS, Tus_Max_Size=str(MAX_FILE_BYTES)),
    )


@router.post("", status_code=201, openapi_extra=_documented("Upload-Length", "Upload-Metadata"))
async def create(
    request: Request,
    upload_length: Annotated[str | None, Header(include_in_schema=False)] = None,
    upload_metadata: Annotated[str | None, Header(include_in_schema=False)] = None,
    content_type: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Begin an upload. Upload-Metadata names `bucket`, `attachment` (id) and `sha256`; the attachment's row must be
    at the centre already, with that digest and this length. Bytes may come along (creation-with-upload)."""
    center, caller = await _begin(request)
    length = _number(upload_length, "Upload-Length")
    if length > MAX_FILE_BYTES:
        raise error(413, "file_too_large", "文件太大（超过 200 MB），请压缩后再上传。", limit=MAX_FILE_BYTES)
    named = _metadata(upload_metadata)
    id = await center.write(_create, center, caller, named, length)
    headers = {"Location": f"/files/{id}"}
    if _is_piece(content_type):
        upload = await center.read(_upload, center.database, caller, id)
        headers["Upload-Offset"] = str(await _take_in(request, center, upload))
    elif length == 0:
        await center.write(_finish, center, id)
    return Response(None, 201, {**_headers(), **headers})


@router.post("/{id}", status_code=204, openapi_extra=_documented())
async def override(
    request: Request,
    id: str,
    x_http_method_override: Annotated[str | None, Header()] = None,
) -> Response:
    """PATCH and DELETE for networks that let only GET and POST through (tus, X-HTTP-Method-Override)."""
    method = (x_http_method_override or "").upper()
    if method == "PATCH":
        return await patch(
            request, id, request.headers.get("upload-offset"), request.headers.get("content-type")
        )
    if method == "DELETE":
        return await terminate(request, id)
    failure = error(405, "method", "这个地址不支持这种请求。")
    failure.headers["Allow"] = "DELETE, GET, HEAD, OPTIONS, PATCH, POST"
    raise failure


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
    if not _is_piece(content_type):
        raise error(415, "content_type", f"上传内容的类型应是 {_OFFSET_TYPE}。")
    wanted = _number(upload_offset, "Upload-Offset")
    upload = await center.read(_upload, center.database, caller, id)
    if wanted != upload.offset:
        raise error(409, "offset", "续传的位置和中心记录的不一致，请重新询问后再传。", offset=upload.offset)
    return Response(None, 204, _headers(Upload_Offset=str(await _take_in(request, center, upload))))


async def _take_in(request: Request, center: Any, upload: Any) -> int:
    """Append the body to an upload, and end the upload where that was all of it. Returns the new offset."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and upload.offset + int(declared) > upload.size:
        raise error(413, "file_longer", "传来的内容比登记的文件长，请重新选择文件。")
    lease = await center.write(_take_lease, center.database, upload.id)
    offset = await _receive(request, center, upload, lease)
    if offset == upload.size and upload.done_at is None:
        await center.write(_finish, center, upload.id)
    return offset


async def _receive(request: Request, center: Any, upload: Any, lease: str) -> int:
    """Write the body in bursts. What came before the connection broke is kept."""
    offset: int = upload.offset
    waiting = bytearray()

    async def burst() -> int:
        end: int = await center.write(_append, center, upload.id, lease, offset, bytes(waiting))
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


# What they stand on ------------------------------------------------------------------------------------------------


def _center(request: Request) -> Any:
    return request.app.state.center


async def _begin(request: Request) -> tuple[Any, Caller]:
    center = _center(request)
    caller = await center.caller(request)
    if request.headers.get("tus-resumable") != TUS:
        failure = error(412, "tus_version", f"上传协议版本应是 tus {TUS}，请升级驻企通。")
        failure.headers = {"Tus-Version": TUS}
        raise failure
    return center, caller


def _create(center: Any, caller: Caller, named: dict[str, str], length: int) -> str:
    now = center.clock()
    with center.database.writing() as connection:
        bucket, attachment = merging.present_bucket(connection, named["bucket"]), named["attachment"]
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
    if not PLAIN.fullmatch(id):
        raise _not_found()
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


def _append(center: Any, id: str, lease: str, offset: int, data: bytes) -> int:
    """One burst. Raises WireError 409 where a newer request has taken over or the upload was given up."""
    table = tables.upload
    mine = sa.and_(table.c.id == id, table.c.lease == lease, table.c.offset == offset)
    with center.database.reading() as connection:
        if connection.scalar(sa.select(table.c.id).where(mine)) is None:
            raise _superseded()
    name = f"{offset:010d}-{lease}"
    center.blobs.put_part(id, name, data)
    end = offset + len(data)
    with center.database.writing() as connection:
        done = connection.execute(sa.update(table).where(mine).values(offset=end))
        if done.rowcount == 0:
            raise _superseded()
        part = {"upload": id, "offset": offset, "size": len(data), "name": name}
        connection.execute(sa.insert(tables.upload_part).values(part))
    return end


def _finish(center: Any, id: str) -> None:
    """All bytes are here: compare the digest, put the file in its place, and let the attachment say so.

    Repeating it does no harm: it is what a HEAD does after a crash in the middle, and two workers may do it at once.
    Raises WireError 422 where the bytes are not those announced; the upload is given up then.
    """
    upload, names = _unfinished(center.database, id)
    if upload is None:
        return
    try:
        right = center.blobs.compose(id, names, upload.sha256, upload.size)
    except PartGoneError:
        # Either another worker was quicker and has tidied up, or the store has lost something.
        if _unfinished(center.database, id)[0] is None:
            return
        logger.warning("parts of upload %s are gone from %s", id, center.blobs.place)
        right = False
    if not right:
        _terminate(center, id)
        raise error(422, "sha256", "文件在传输中损坏，已丢弃，请重新上传。")
    now: datetime = center.clock()
    store.write(
        center.database, lambda transaction: _stored(transaction, upload), now, (upload.bucket,), _never
    )
    center.blobs.drop_parts(id)


def _unfinished(database: Database, id: str) -> tuple[Any, list[str]]:
    """The upload and the names of its parts in order; None where it is done or was given up."""
    table, parts = tables.upload, tables.upload_part
    with database.reading() as connection:
        upload = connection.execute(sa.select(table).where(table.c.id == id)).one_or_none()
        if upload is None or upload.done_at is not None:
            return None, []
        query = sa.select(parts.c.name).where(parts.c.upload == id).order_by(parts.c.offset)
        return upload, list(connection.scalars(query))


def _stored(transaction: store.Transaction, upload: Any) -> None:
    moment = to_text(transaction.now)
    document = transaction.get(upload.bucket, Attachment.kind, upload.attachment)
    connection, table, files = transaction.connection, tables.upload, tables.stored_file
    connection.execute(sa.update(table).where(table.c.id == upload.id).values(done_at=moment))
    connection.execute(sa.delete(tables.upload_part).where(tables.upload_part.c.upload == upload.id))
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
        connection.execute(sa.delete(tables.upload_part).where(tables.upload_part.c.upload == id))
    center.blobs.drop_parts(id)


def sweep(center: Any) -> None:
    """Forget uploads nobody went on with, and remove parts without an upload. Any worker, any number of times.

    Raises KnownError where the store or the database cannot be reached.
    """
    now: datetime = center.clock()
    table, parts = tables.upload, tables.upload_part
    with center.database.writing() as connection:
        connection.execute(
            sa.delete(table).where(
                sa.or_(
                    sa.and_(table.c.done_at.is_(None), table.c.created_at < to_text(now - UNFINISHED_FOR)),
                    table.c.done_at < to_text(now - DONE_FOR),
                )
            )
        )
        connection.execute(sa.delete(parts).where(parts.c.upload.not_in(sa.select(table.c.id))))
        known = set(connection.scalars(sa.select(table.c.id).where(table.c.done_at.is_(None))))
    center.blobs.sweep_parts(known, now - UNFINISHED_FOR)


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
        if not PLAIN.fullmatch(found[key]):
            raise error(422, "metadata", f"上传说明（Upload-Metadata）里的 {key} 写法不对。", field=key)
    if not _SHA256.fullmatch(found["sha256"]):
        raise error(422, "metadata", "上传说明里的 sha256 应是 64 位小写十六进制。", field="sha256")
    return found


def _is_piece(content_type: str | None) -> bool:
    return (content_type or "").partition(";")[0].strip().lower() == _OFFSET_TYPE


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
