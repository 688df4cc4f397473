"""What a running centre says of itself at /openapi.json: every request, every answer with status, headers and errors.

FastAPI knows parameters, bodies and good answers; what can go wrong stands here in one table, with an example for each
code. tests/sync/test_openapi.py holds the centre to it: whatever it answers must stand here, and what stands here is
provoked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from sync.protocol.messages import OLDEST_PROTO, PROTO, Pull, Push, SignIn

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of the one shape: when it comes, and an example."""

    status: int
    code: str
    when: str
    text: str
    field: str | None = None
    params: Mapping[str, Any] | None = None

    def example(self) -> Json:
        body: Json = {"code": self.code, "text": self.text}
        if self.field is not None:
            body["field"] = self.field
        if self.params is not None:
            body["params"] = dict(self.params)
        return {"summary": self.when, "value": {"error": body}}


BAD_JSON = Failure(
    400, "bad_json", "not a JSON object", "请求内容不是完整的 JSON，可能在传输中损坏，请重试。"
)
BAD_GZIP = Failure(400, "bad_gzip", "gzip that is damaged", "内容在传输中损坏，请重试。")
CUT_OFF = Failure(400, "cut_off", "the body did not arrive whole", "内容没有传完，请重试。")
HEADER = Failure(
    400,
    "header",
    "a header of tus cannot be read",
    "缺少 Upload-Offset，或不是数字。",
    "Upload-Offset",
)
METADATA = Failure(
    400,
    "metadata",
    "Upload-Metadata cannot be read",
    "上传说明（Upload-Metadata）格式不对。",
    "sha256",
)
SIGN_IN = Failure(401, "sign_in", "no token, or one that is no longer good", "请先登录。")
OTHER_DEVICE = Failure(
    401, "other_device", "the token belongs to another device", "登录信息属于另一台设备，请在本机重新登录。"
)
WRONG_PASSWORD = Failure(
    401,
    "wrong_password",
    "unknown account, wrong password or closed account",
    "账号或口令不对，请重新输入。连续输错 5 次账号会锁定 30 分钟。",
)
DEVICE_REVOKED = Failure(
    403, "device_revoked", "the device was revoked: it seals itself", "这台设备已被管理员停用，不能再同步。"
)
NO_FILE = Failure(
    404,
    "not_found",
    "no such file or upload, or not one's own: the two are not told apart",
    "中心没有这个文件，或您无权查看。",
)
OVERRIDE = Failure(
    405, "method", "X-HTTP-Method-Override is neither PATCH nor DELETE", "这个地址不支持这种请求。"
)
EPOCH = Failure(
    409,
    "epoch",
    "another life of the centre's database: read everything again",
    "中心的数据是从备份恢复的，正在重新核对，请稍候。本机内容不受影响。",
    params={"epoch": "019a1c55-6f5d-7a0e-8a51-0f5f0b7d7a11"},
)
OFFSET = Failure(
    409,
    "offset",
    "another offset is recorded",
    "续传的位置和中心记录的不一致，请重新询问后再传。",
    params={"offset": 1000000},
)
SUPERSEDED = Failure(
    409, "superseded", "a newer request took over", "这个文件正由另一次上传继续，请重新询问后再传。"
)
FILE_DIFFERS = Failure(
    409,
    "file_differs",
    "the attachment's row has another digest or size",
    "文件和登记的不一致（可能被改过），请重新添加附件。",
)
TUS_VERSION = Failure(
    412, "tus_version", "another version of tus", "上传协议版本应是 tus 1.0.0，请升级驻企通。"
)
TOO_LARGE = Failure(
    413,
    "too_large",
    "too many changes or bytes: halve the batch",
    "一次发送的内容太多，请分成更小的几批。",
    params={"limit": 16000000},
)
FILE_TOO_LARGE = Failure(
    413,
    "file_too_large",
    "more than 200 MB",
    "文件太大（超过 200 MB），请压缩后再上传。",
    params={"limit": 200000000},
)
FILE_LONGER = Failure(
    413, "file_longer", "more bytes than were announced", "传来的内容比登记的文件长，请重新选择文件。"
)
ENCODING = Failure(415, "encoding", "packed in another way than gzip", "中心只接受 gzip 压缩或不压缩的内容。")
CONTENT_TYPE = Failure(
    415,
    "content_type",
    "the body is not application/offset+octet-stream",
    "上传内容的类型应是 application/offset+octet-stream。",
)
RANGE = Failure(416, "range", "no such range", "文件没有这么长，请从头下载。")
MALFORMED = Failure(
    422,
    "malformed",
    "a field is missing or wrong",
    "请求内容不完整或格式不对（device）。",
    "device",
)
METADATA_LACKS = Failure(
    422,
    "metadata",
    "Upload-Metadata lacks a key or has a wrong one",
    "上传说明（Upload-Metadata）缺少 sha256。",
    "sha256",
)
SHA256 = Failure(
    422, "sha256", "the bytes are not those announced: given up", "文件在传输中损坏，已丢弃，请重新上传。"
)
TOO_OLD = Failure(
    426,
    "too_old",
    f"proto below {OLDEST_PROTO}",
    "本机的驻企通版本太旧，请升级后再同步。升级前可以继续离线填写。",
)
ACCOUNT_LOCKED = Failure(
    429,
    "account_locked",
    "five wrong passwords",
    "口令连续输错，账号已锁定，请 30 分钟后再试，或联系管理员。",
    params={"seconds": 1800},
)
INCIDENT = Failure(
    500,
    "incident",
    "a fault of the centre; the number stands in its log",
    "中心处理请求时出错（事故号 5f0b7d7a），请稍后再试；一直不成功请把事故号告诉管理员。",
    params={"incident": "5f0b7d7a"},
)
BUSY = Failure(503, "database_busy", "somebody else writes for long", "中心数据库正忙，请过一会儿再试。")
DISK_FULL = Failure(
    503,
    "center_disk_full",
    "the centre's disk is full",
    "中心服务器的磁盘空间不足，这次没有保存。请管理员清理后再试，已保存的内容不受影响。",
)
SERVER_OLDER = Failure(
    503,
    "server_older",
    f"proto above {PROTO}: the centre is to be upgraded",
    "中心的程序比本机旧，请联系管理员升级中心。可以继续离线填写，升级后会自动同步。",
    params={"proto": PROTO},
)

_ANYWHERE = (INCIDENT, BUSY, DISK_FULL)
_CALLER = (SIGN_IN, DEVICE_REVOKED, *_ANYWHERE)
_BODY = (BAD_JSON, BAD_GZIP, CUT_OFF, TOO_LARGE, ENCODING, MALFORMED, TOO_OLD, SERVER_OLDER)
_SYNC = (*_CALLER, *_BODY, OTHER_DEVICE, EPOCH)
_TUS = (*_CALLER, NO_FILE, TUS_VERSION)
_PIECE = (HEADER, OFFSET, SUPERSEDED, FILE_LONGER, SHA256)

FAILURES: Mapping[tuple[str, str], tuple[Failure, ...]] = {
    ("get", "/healthz"): _ANYWHERE,
    ("post", "/auth/token"): (*_ANYWHERE, *_BODY, WRONG_PASSWORD, DEVICE_REVOKED, ACCOUNT_LOCKED),
    ("post", "/sync/push"): _SYNC,
    ("post", "/sync/pull"): _SYNC,
    ("get", "/sync/wait"): (*_CALLER, MALFORMED),
    ("options", "/files"): (),
    ("options", "/files/{id}"): (),
    ("post", "/files"): (
        *_TUS,
        HEADER,
        METADATA,
        METADATA_LACKS,
        FILE_TOO_LARGE,
        FILE_LONGER,
        FILE_DIFFERS,
        SHA256,
    ),
    ("head", "/files/{id}"): (*_TUS, SHA256),
    ("patch", "/files/{id}"): (*_TUS, *_PIECE, CONTENT_TYPE),
    ("delete", "/files/{id}"): _TUS,
    ("post", "/files/{id}"): (*_TUS, *_PIECE, CONTENT_TYPE, OVERRIDE),
    ("get", "/files/{id}"): (*_CALLER, NO_FILE, RANGE),
}
"""What can go wrong, by method and path. `GET /files/{id}` takes the SHA-256 in the place of an upload's id."""

OPEN = frozenset(
    {("get", "/healthz"), ("post", "/auth/token"), ("options", "/files"), ("options", "/files/{id}")}
)
"""What is answered without a token."""


def _header(text: str, required: bool = True, **schema: Any) -> Json:
    return {"description": text, "required": required, "schema": {"type": "string", **schema}}


_SECONDS = _header("seconds to wait before coming again", pattern="^[0-9]+$")
_TUS_RESUMABLE = {"Tus-Resumable": _header("the version of tus spoken here", const="1.0.0")}
_TUS_ABLE = {
    **_TUS_RESUMABLE,
    "Tus-Version": _header("all versions spoken here"),
    "Tus-Extension": _header("extensions of tus, separated by commas"),
    "Tus-Max-Size": _header("bytes a file may have", pattern="^[0-9]+$"),
}
_UPLOAD_OFFSET = {"Upload-Offset": _header("bytes that are here for certain", pattern="^[0-9]+$")}
_FILE = {
    "ETag": _header("the file's SHA-256 in quotation marks"),
    "Accept-Ranges": _header("bytes", const="bytes"),
    "Cache-Control": _header("a file never alters"),
}
_RANGE_GIVEN = {"Content-Range": _header("which bytes of how many", pattern="^bytes ")}
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}

GOOD: Mapping[tuple[str, str], Mapping[int, Json]] = {
    ("options", "/files"): {204: {"description": "what this tus server can do", "headers": _TUS_ABLE}},
    ("options", "/files/{id}"): {204: {"description": "the same", "headers": _TUS_ABLE}},
    ("post", "/files"): {
        201: {
            "description": "the upload is begun",
            "headers": {
                **_TUS_RESUMABLE,
                "Location": _header("where it is", pattern="^/files/"),
                "Upload-Offset": {**_UPLOAD_OFFSET["Upload-Offset"], "required": False},
            },
        }
    },
    ("head", "/files/{id}"): {
        200: {
            "description": "how far the upload is",
            "headers": {
                **_TUS_RESUMABLE,
                **_UPLOAD_OFFSET,
                "Upload-Length": _header("bytes announced", pattern="^[0-9]+$"),
                "Cache-Control": _header("never kept", const="no-store"),
            },
        }
    },
    ("patch", "/files/{id}"): {
        204: {"description": "taken", "headers": {**_TUS_RESUMABLE, **_UPLOAD_OFFSET}}
    },
    ("delete", "/files/{id}"): {204: {"description": "given up", "headers": _TUS_RESUMABLE}},
    ("post", "/files/{id}"): {
        204: {
            "description": "taken, or given up",
            "headers": {
                **_TUS_RESUMABLE,
                "Upload-Offset": {**_UPLOAD_OFFSET["Upload-Offset"], "required": False},
            },
        }
    },
    ("get", "/files/{id}"): {
        200: {"description": "all bytes", "headers": _FILE, "content": _BYTES},
        206: {
            "description": "the range asked for",
            "headers": {**_FILE, **_RANGE_GIVEN},
            "content": _BYTES,
        },
        304: {"description": "the laptop has it already", "headers": _FILE},
    },
}
"""Good answers that are not JSON of a model."""

EXAMPLES: Mapping[tuple[str, str], Mapping[str, Json]] = {
    ("post", "/sync/pull"): {
        "nothing new": {"value": {"same": True, "token": "9f86d081884c7d659a2fea"}},
        "something is new": {"value": {"need": "cursors"}},
        "a page": {
            "value": {
                "epoch": "019a1c55-6f5d-7a0e-8a51-0f5f0b7d7a11",
                "now": "2026-11-22T02:26:31.120Z",
                "more": False,
                "token": "9f86d081884c7d659a2fea",
                "revoked": ["e:019a1c55-0000-7000-8000-000000000002"],
                "buckets": [
                    {
                        "id": "e:019a1c55-0000-7000-8000-000000000001",
                        "from": 6,
                        "to": 8,
                        "done": True,
                        "count": 1,
                        "sum": "00c4a1b2d3e4f506",
                        "rows": [
                            ["visit", "019a1c55-0000-7000-8000-00000000000a", 2, {"state": "submitted"}],
                            ["attachment", "019a1c55-0000-7000-8000-00000000000b", 2, None],
                        ],
                    }
                ],
            }
        },
    },
    ("get", "/sync/wait"): {
        "nothing came": {"value": {"same": True, "token": "9f86d081884c7d659a2fea"}},
        "something is new": {"value": {"need": "cursors"}},
    },
}


def describe(app: FastAPI) -> Json:
    """The whole description, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes, description=_ABOUT)
        _one_path_for_files(schema["paths"])
        _request_models(schema)
        schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                _complete(operation, method, path)
        app.openapi_schema = schema
    return app.openapi_schema


_ABOUT = """The wire between a laptop and its centre, specified in sync/README.md.

Every answer that is not a success has the one shape `ErrorAnswer`; `text` is a Chinese sentence that says what to do.
An address that is not here is answered 404 `not_found`, a method that is not here 405 `method` with `Allow`. Requests
and answers may be gzipped (`Content-Encoding`, `Accept-Encoding`)."""


def _one_path_for_files(paths: Json) -> None:
    """To OpenAPI `/files/{id}` and `/files/{sha256}` are the same path."""
    download = paths.pop("/files/{sha256}")["get"]
    for parameter in download["parameters"]:
        if parameter["in"] == "path":
            parameter |= {
                "name": "id",
                "description": "the file's SHA-256",
                "schema": {"type": "string"},
            }
    download["parameters"] += [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
        for name in ("Range", "If-None-Match")
    ]
    paths["/files/{id}"]["get"] = download


def _request_models(schema: Json) -> None:
    components = schema["components"]["schemas"]
    for model in (SignIn, Push, Pull):
        shape = model.model_json_schema(ref_template="#/components/schemas/{model}")
        components.update(shape.pop("$defs", {}))
        # What is older gets 426 and what is newer 503, not 422: the model itself must let them pass.
        shape["properties"]["proto"] |= {"minimum": OLDEST_PROTO, "maximum": PROTO}
        components[model.__name__] = shape


def _complete(operation: Json, method: str, path: str) -> None:
    key = (method, path)
    if key not in OPEN:
        operation["security"] = [{"token": []}]
    good = {str(status): dict(answer) for status, answer in GOOD.get(key, {}).items()}
    if not good:
        good = {"200": operation["responses"]["200"]}
        if key in EXAMPLES:
            good["200"]["content"]["application/json"]["examples"] = dict(EXAMPLES[key])
    operation["responses"] = good | _failures(FAILURES[key], method, tus="/files" in path and method != "get")


def _failures(failures: Iterable[Failure], method: str, tus: bool) -> Json:
    by_status: dict[int, list[Failure]] = {}
    for failure in failures:
        by_status.setdefault(failure.status, []).append(failure)
    return {str(status): _answer(status, here, method, tus) for status, here in sorted(by_status.items())}


def _answer(status: int, failures: list[Failure], method: str, tus: bool) -> Json:
    answer: Json = {"description": "; ".join(f"`{failure.code}`: {failure.when}" for failure in failures)}
    headers: Json = {}
    if status == 401:
        headers["WWW-Authenticate"] = _header("how to sign in", const="Bearer")
    if status in (429, 503):
        headers["Retry-After"] = _SECONDS
    if status == 405:
        headers["Allow"] = _header("the methods there are")
    if status == 416:
        headers["Content-Range"] = _header("how long the file is", pattern=r"^bytes \*/[0-9]+$")
    if tus:
        headers |= _TUS_RESUMABLE
    if tus and status == 412:
        headers["Tus-Version"] = _TUS_ABLE["Tus-Version"]
    if headers:
        answer["headers"] = headers
    if method != "head":
        schema: Json = {"$ref": "#/components/schemas/ErrorAnswer"}
        if status != 503:
            # What ails a centre is an open list; everything else is said by these codes and no others.
            codes = sorted({failure.code for failure in failures})
            code = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
            schema = {"allOf": [schema, code]}
        examples = {failure.code: failure.example() for failure in failures}
        answer["content"] = {"application/json": {"schema": schema, "examples": examples}}
    return answer
