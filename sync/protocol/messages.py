"""The messages of push, pull, sign-in and the one error shape. Both sides validate with these models.

Fields a side does not know are ignored on the envelope and kept inside documents.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args, overload

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_serializer, model_validator

from app.domain.changes.base import SCHEMA, Change

PROTO = 1
"""Version of the wire. A server answers 426 to a client older than `OLDEST_PROTO`, and asks one that is newer than
itself to come again when it was upgraded (503 `server_older`)."""
OLDEST_PROTO = 1
SERVER_OLDER = "server_older"
SERVER_NEWER = "server_newer"
"""Codes of what waits until the other side is upgraded. Nobody's fault, so it never counts as a failure."""
REVOKED = "device_revoked"
"""The one code on which a laptop empties itself (403)."""
MAX_CHANGES = 500
MAX_PUSH_BYTES = 1_000_000
MAX_BODY_BYTES = 16_000_000
"""Cap on a request after decompression."""
PAGE_ROWS = 2000
PAGE_BYTES = 2_000_000
WAIT_SECONDS = 25
GZIP_LEVEL = 1
"""As both sides pack: higher ones cost much more time than they save."""

Bucket = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.@:+-]{1,120}$")]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
"""Text on one line, as databases and logs take it."""
Row = tuple[str, str, int, dict[str, Any] | Literal["gone"] | None]
"""[kind, id, rev, doc]; doc null: deleted; "gone": no longer in this bucket."""


class Message(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Health(Message):
    """GET /healthz: a centre stands here, and which."""

    status: Literal["ok"] = "ok"
    park: str
    park_name: str
    epoch: str


class SignIn(Message):
    """POST /auth/token."""

    proto: int = PROTO
    account: Line = Field(max_length=64)
    password: str = Field(max_length=256)
    device: Line = Field(min_length=8, max_length=64)
    device_name: Line = Field(default="", max_length=128)
    replaces: str | None = Field(default=None, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")
    """The id this laptop had before it was put out of use; the office must have allowed it to come back."""


class SignedIn(Message):
    """The bearer token and who one is."""

    token: str
    person: str
    name: str
    account: str
    roles: list[str]
    department: str | None = None
    park: str
    park_name: str
    epoch: str
    now: str
    exchange_key: str | None = None
    """64 hexadecimal digits: what packages of the USB exchange with this device are sealed under (`package.py`)."""


class Push(Message):
    """POST /sync/push: up to MAX_CHANGES changes in the order they were made."""

    proto: int = PROTO
    schema_: int = Field(default=SCHEMA, alias="schema")
    device: str
    epoch: str | None = None
    changes: Sequence[Change] = Field(max_length=MAX_CHANGES)
    _packed: bytes | None = PrivateAttr(default=None)

    @field_serializer("changes")
    def _as_written(self, changes: Sequence[Change]) -> list[dict[str, Any]]:
        return [change.to_wire() for change in changes]

    @classmethod
    def of_texts(cls, device: str, epoch: str | None, changes: Sequence[str]) -> Push:
        """Of changes as an outbox holds them, neither read nor written anew."""
        return cls.model_construct(device=device, epoch=epoch, changes=_Texts(changes))

    def to_text(self) -> str:
        """As it goes over the wire."""
        if not isinstance(self.changes, _Texts):
            return self.model_dump_json(by_alias=True, exclude_none=True)
        head = self.model_dump_json(by_alias=True, exclude_none=True, exclude={"changes"})
        return f'{head[:-1]},"changes":[{",".join(self.changes.texts)}]}}'

    def pack(self) -> bytes:
        """The same gzipped; once, however often it is asked for."""
        if self._packed is None:
            self._packed = gzip.compress(self.to_text().encode(), GZIP_LEVEL)
        return self._packed


class _Texts(Sequence[Change]):
    """Changes that are text until somebody asks for one."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> Change: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Change]: ...
    def __getitem__(self, index: int | slice) -> Change | Sequence[Change]:
        if isinstance(index, slice):
            return _Texts(self.texts[index])
        return Change.stored(self.texts[index])


class ErrorBody(Message):
    """The one error shape: `code` is stable English, `text` a Chinese sentence that says what to do."""

    code: str
    text: str
    field: str | None = None
    params: dict[str, Any] = {}


class ErrorAnswer(Message):
    """Every answer that is not a success."""

    error: ErrorBody


Status = Literal["applied", "conflict", "refused", "escrowed", "retry"]
_STATUSES = frozenset(get_args(Status))


class Verdict(Message):
    """What became of one change. `rows` are the documents it altered (all buckets its author holds)."""

    mid: str
    status: Status
    bucket: str = ""
    # Factories: pydantic copies a list that is a default deeply, five hundred times a push.
    rows: list[Row] = Field(default_factory=list)
    conflicts: list[str] = Field(default_factory=list)
    error: ErrorBody | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_a_newer_centre(cls, value: Any) -> Any:
        """A verdict this program does not know: the change waits here until this program is newer."""
        if isinstance(value, dict) and isinstance(value.get("mid"), str):
            status = value.get("status")
            if isinstance(status, str) and status not in _STATUSES:
                text = "中心的程序比本机新，本机看不懂它的答复。请升级驻企通，升级后会自动重试，内容已保存在本机。"
                error = {"code": SERVER_NEWER, "text": text, "params": {"status": status}}
                return {"mid": value["mid"], "status": "retry", "error": error}
        return value


class Pushed(Message):
    epoch: str
    now: str
    results: list[Verdict]


class Difference(Message):
    """A bucket whose count and sum were not the centre's after its last page, with what the laptop has of it instead.
    It reads the bucket again from 0 by itself."""

    bucket: Bucket
    seq: int
    count: int
    sum: str = Field(pattern=r"^[0-9a-f]{1,16}$")


class Pull(Message):
    """POST /sync/pull. `token` alone asks whether anything is new; `cursors` gives the seq read so far per held bucket.

    `want` is the whole list of buckets a coordinator has opened on demand; absent: as before. `reading` names the
    buckets whose reading from 0 has not come to its end, each with the `floor` its first page gave.
    """

    proto: int = PROTO
    schema_: int = Field(default=SCHEMA, alias="schema")
    device: str
    epoch: str | None = None
    token: str | None = None
    cursors: dict[str, int] | None = None
    reading: dict[str, int] = {}
    want: list[Bucket] | None = Field(default=None, max_length=200)
    differs: list[Difference] | None = Field(default=None, max_length=50)
    rows: int = Field(default=PAGE_ROWS, ge=1, le=PAGE_ROWS)
    bytes: int = Field(default=PAGE_BYTES, ge=1000, le=PAGE_BYTES)


class BucketPage(Message):
    """One bucket's part of a page: rows with `from` < seq ≤ `to`. When `done`, `count` and `sum` describe the whole
    bucket (live documents and their digest); `reset` says that what the laptop has of it is to be swept. `floor` comes with the
    first page of several."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)
    id: str
    from_: int = Field(alias="from")
    to: int
    done: bool
    reset: bool = False
    floor: int | None = None
    count: int | None = None
    sum: str | None = None
    rows: list[Row] = []


class Pulled(Message):
    """A page. `same`: nothing new since `token`; `need: "cursors"`: the token is not current, ask with cursors."""

    same: bool = False
    need: Literal["cursors"] | None = None
    epoch: str | None = None
    now: str | None = None
    more: bool = False
    token: str | None = None
    revoked: list[str] = []
    left: int | None = None
    """With `more`: about how many rows are still to come after this page, for showing how far a pull is."""
    buckets: list[BucketPage] = []

    def to_wire(self) -> dict[str, Any]:
        """Defaults left out: an idle answer is `{"same": true, "token": …}`."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
