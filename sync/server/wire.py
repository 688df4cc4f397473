"""Requests in and answers out: sizes, gzip, JSON, and the one shape of errors."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from sync.protocol.messages import GZIP_LEVEL, MAX_BODY_BYTES, OLDEST_PROTO, PROTO, SERVER_OLDER, ErrorAnswer
from sync.server.failures import WireError, error

M = TypeVar("M", bound=BaseModel)
GZIP_FROM = 600
"""Answers shorter than this fit into one packet anyway."""
OLDER_RETRY_S = 300
"""When a client that is newer than this centre should come again: upgrading takes somebody's hand."""


def failure_response(failure: WireError) -> Response:
    headers = dict(failure.headers)
    if failure.retry_after is not None:
        headers["Retry-After"] = str(failure.retry_after)
    if failure.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    text = ErrorAnswer(error=failure.body).model_dump_json(exclude_defaults=True)
    return Response(text, failure.status, headers, "application/json")


def too_large() -> WireError:
    return error(413, "too_large", "一次发送的内容太多，请分成更小的几批。", limit=MAX_BODY_BYTES)


async def read_body(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """The body, unpacked. Never keeps more than `limit` bytes, packed or unpacked. Raises WireError 400, 413, 415."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise error(415, "encoding", "中心只接受 gzip 压缩或不压缩的内容。")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
    parts: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            if unpack is not None:
                chunk = unpack.decompress(chunk, limit + 1 - size)
                if unpack.unconsumed_tail:
                    raise too_large()
            size += len(chunk)
            if size > limit:
                raise too_large()
            parts.append(chunk)
    except zlib.error as cause:
        raise error(400, "bad_gzip", "内容在传输中损坏，请重试。") from cause
    except ClientDisconnect as cause:
        raise error(400, "cut_off", "内容没有传完，请重试。") from cause
    if unpack is not None and not unpack.eof:
        raise error(400, "bad_gzip", "内容在传输中损坏，请重试。")
    return b"".join(parts)


def parse_json(body: bytes) -> dict[str, Any]:
    """Raises WireError 400 for what is not a JSON object."""
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as cause:
        raise error(400, "bad_json", "请求内容不是完整的 JSON，可能在传输中损坏，请重试。") from cause
    if not isinstance(value, dict):
        raise error(400, "bad_json", "请求内容应是一个 JSON 对象。")
    return value


def validate(model: type[M], value: dict[str, Any]) -> M:
    """Raises WireError 422 naming the first wrong field, 426 for a client that is too old to be understood."""
    check_proto(value)
    try:
        return model.model_validate(value)
    except ValidationError as cause:
        raise malformed(cause) from cause


def check_proto(value: dict[str, Any]) -> None:
    """Raises WireError 426 for a client that is too old, 503 for one that is newer than this centre."""
    proto = value.get("proto")
    if not isinstance(proto, int) or isinstance(proto, bool):
        return
    if proto < OLDEST_PROTO:
        raise error(426, "too_old", "本机的驻企通版本太旧，请升级后再同步。升级前可以继续离线填写。")
    if proto > PROTO:
        text = "中心的程序比本机旧，请联系管理员升级中心。可以继续离线填写，升级后会自动同步。"
        failure = error(503, SERVER_OLDER, text, proto=PROTO)
        failure.retry_after = OLDER_RETRY_S
        raise failure


def malformed(cause: ValidationError) -> WireError:
    where = ".".join(str(part) for part in cause.errors()[0]["loc"])
    return error(422, "malformed", f"请求内容不完整或格式不对（{where}）。", field=where)


def wants_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def json_response(text: str, packed: bool) -> Response:
    """JSON text as an answer, gzipped where the client takes it and it pays. Slow for large ones: call it in a thread."""
    body = text.encode()
    headers = {"Vary": "Accept-Encoding"}
    if packed and len(body) >= GZIP_FROM:
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, 200, headers, "application/json")
