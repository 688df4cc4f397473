"""The office's side of the USB exchange (sync/README.md §6): a laptop's package in, its answer out.

Nothing is decided here. Who may is asked of `accounts`, changes go through the push of the wire, blobs through its
verified upload, and the pages are those of its pull, read after everything that was brought has been taken in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json

from app.domain.clock import to_text
from app.domain.ids import new_id
from app.errors import KnownError
from sync.protocol.messages import ErrorBody, Pull, SignedIn
from sync.protocol.package import (
    SUFFIX,
    Blob,
    Header,
    Note,
    PackageError,
    PackageReader,
    PackageWriter,
    key_of_pin,
    new_salt,
    open_package,
    write_package,
)
from sync.server import accounts, exchange_files, exchange_keys, tables
from sync.server.api import pulled, pushed
from sync.server.blobs import Blobs
from sync.server.cli_parts import Opened
from sync.server.database import Database
from sync.server.exchange_files import Place
from sync.server.failures import WireError
from sync.server.people import Caller
from sync.server.reference import Facts, facts

Tell = Callable[[str], None]


@dataclass(slots=True)
class Summary:
    """What became of one package. `error`: why the rest of it was not done; that stands in the answer as well."""

    file: str
    number: int = 0
    name: str = ""
    account: str = ""
    statuses: Counter[str] = field(default_factory=Counter)
    files: int = 0
    files_refused: int = 0
    rows: int = 0
    photos: int = 0
    answer: Path | None = None
    error: ErrorBody | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "number": self.number,
            "name": self.name,
            "account": self.account,
            "changes": dict(self.statuses),
            "files": self.files,
            "files_refused": self.files_refused,
            "rows": self.rows,
            "photos": self.photos,
            "answer": str(self.answer) if self.answer else None,
            "error": self.error.model_dump(exclude_defaults=True) if self.error else None,
        }


# Answering ---------------------------------------------------------------------------------------------------------


def answer(center: Opened, path: Path, out: Path, *, photos: bool, tell: Tell) -> Summary:
    """Take in one package and write its answer into `out`.

    Raises KnownError where the package cannot be used (nothing of it was taken then), or where the answer cannot be
    written (what was brought is at the centre; the same package may be answered again).
    """
    with open_package(path) as package:
        header = package.header
        with center.database.reading() as connection:
            known = facts(connection)
        _check(package, known)
        with center.database.writing() as connection:
            key = exchange_keys.key_of(connection, header.person, header.device)
        package.unlock(key)
        # Whole before anything of it is done: a half copied one is brought again rather than taken in by halves.
        package.verify(lambda done: tell(f"正在核对 {path.name}：{done * 100 // max(1, package.size)}%"))
        summary = Summary(path.name, header.number)
        summary.name, summary.account = _whose(center.database, header.person)
        target = _free(out, f"{path.stem}_回执")
        with write_package(target, _answering(header, known, center.now), key) as writer:
            _Answer(center, package, writer, summary, tell).run(photos)
        summary.answer = target
    return summary


def _check(package: PackageReader, known: Facts) -> None:
    header = package.header
    if header.direction != "up":
        raise PackageError(
            "package_direction",
            f"「{package.name}」是中心发给电脑的，不是电脑导出的包。请选择联络员带来的那个文件。",
        )
    if header.park != known.park:
        raise PackageError(
            "package_park",
            f"「{package.name}」是园区 {header.park} 的，这里是 {known.park_name}（{known.park}），没有处理。",
        )


def _answering(asked: Header, known: Facts, now: datetime) -> Header:
    made = {
        "package": new_id(),
        "direction": "down",
        "epoch": known.epoch,
        "made_at": to_text(now),
        "salt": new_salt(),
        "answers": asked.package,
    }
    return asked.model_copy(update=made)


def _whose(database: Database, person: str) -> tuple[str, str]:
    table = tables.account
    with database.reading() as connection:
        query = sa.select(table.c.name, table.c.account).where(table.c.person == person)
        row = connection.execute(query).one_or_none()
    return (row.name, row.account) if row is not None else ("", "")


def _free(folder: Path, stem: str) -> Path:
    """A name in the folder that nothing has yet: an earlier answer is never written over."""
    for number in range(1, 1000):
        path = folder / (f"{stem}{SUFFIX}" if number == 1 else f"{stem}-{number}{SUFFIX}")
        if not path.exists():
            return path
    raise KnownError("too_many_answers", f"{folder} 里这个包的回执太多了。请清理后再试，或换一个 --out。")


class _Answer:
    """One package being answered: its records in their order, each followed by what is to be said to it."""

    def __init__(
        self, center: Opened, package: PackageReader, writer: PackageWriter, summary: Summary, tell: Tell
    ) -> None:
        self.center = center
        self.package = package
        self.writer = writer
        self.summary = summary
        self.tell = tell
        self.place = Place(Blobs.of(center.settings), center.database, lambda: center.now)
        self.have: frozenset[str] = frozenset()
        self.file: dict[str, Any] | None = None

    def run(self, photos: bool) -> None:
        header, center = self.package.header, self.center
        try:
            caller = accounts.caller_of_device(center.database, header.person, header.device, center.now)
            pull: dict[str, Any] | None = None
            for record in self.package.records():
                if isinstance(record, Blob):
                    self._blob(caller, record)
                elif record.what == "pull":
                    pull = record.body
                else:
                    self._note(caller, record)
            # Last, so that the pages show what was brought; a page asked for before would undo it on the laptop.
            if pull is not None:
                self._pages(caller, pull)
            if photos:
                self._photos(caller)
        except WireError as failure:
            self.summary.error = failure.body
            self.writer.message("failed", {"status": failure.status, **failure.body.model_dump()})

    def _note(self, caller: Caller, note: Note) -> None:
        if note.what == "push":
            self._push(caller, note.body)
        elif note.what == "file":
            self.file = note.body
        elif note.what == "have":
            self.have = frozenset(str(sha256) for sha256 in note.body.get("sha256", []))

    def _push(self, caller: Caller, body: dict[str, Any]) -> None:
        center = self.center
        text = pushed(center.database, center.reference, caller, _bytes(body), center.now)
        self.writer.message("pushed", text)
        self.summary.statuses.update(result["status"] for result in from_json(text)["results"])
        self.tell(f"已处理 {self.summary.statuses.total()} 项操作")

    def _blob(self, caller: Caller, blob: Blob) -> None:
        named, self.file = self.file or {}, None
        told = {"attachment": named.get("attachment", ""), "sha256": named.get("sha256", "")}
        try:
            exchange_files.receive(self.place, caller, named, blob.size, blob.pieces)
            self.summary.files += 1
        except WireError as failure:
            self.summary.files_refused += 1
            told["error"] = {"code": failure.body.code, "text": failure.body.text}
        self.writer.message("stored", told)
        self.tell(f"已收下附件 {self.summary.files} 个")

    def _pages(self, caller: Caller, asked: dict[str, Any]) -> None:
        for text in pages(self.center, caller, asked):
            self.writer.message("pulled", text)
            page = from_json(text)
            self.summary.rows += sum(len(part["rows"]) for part in page.get("buckets", []))
            self.tell(f"已写入 {self.summary.rows} 条资料")

    def _photos(self, caller: Caller) -> None:
        for sha256, size in exchange_files.absent(self.center.database, caller, self.have):
            try:
                self.writer.message("file", {"sha256": sha256, "size": size})
                self.writer.blob(self.place.blobs.pieces(sha256, size), size)
            except FileNotFoundError as error:
                raise KnownError(
                    "file_missing",
                    f"附件文件 {sha256} 不见了，回执没有写成。请运行 zhuqitong-server verify 查看，"
                    "或不带 --photos 再试。",
                ) from error
            self.summary.photos += 1
            self.tell(f"已写入照片和附件 {self.summary.photos} 个")


def pages(center: Opened, caller: Caller, asked: dict[str, Any]) -> Iterator[str]:
    """The pages of a whole pull, as JSON text, each from a snapshot of its own as on the wire."""
    cursors, reading = dict(asked.get("cursors") or {}), dict(asked.get("reading") or {})
    while True:
        body = _bytes({**asked, "cursors": cursors, "reading": reading})
        text = pulled(center.database, caller, body, center.now)
        yield text
        page = from_json(text)
        for bucket in page.get("revoked", []):
            cursors.pop(bucket, None)
        for part in page.get("buckets", []):
            cursors[part["id"]] = part["to"]
            if part["from"] == 0 and part.get("floor") is not None:
                reading[part["id"]] = part["floor"]
            if part["done"]:
                reading.pop(part["id"], None)
        asked = {**asked, "want": None}
        if not page.get("more"):
            return


def _bytes(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


# Enrolling ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`pin` opens the file and is shown once."""

    name: str
    account: str
    device: str
    pin: str
    rows: int


def enroll(center: Opened, account: str, target: Path) -> Enrolled:
    """Write the file with which a laptop that never sees the network signs in, with everything its person begins with.

    Raises KnownError for an unknown or closed account and where the file cannot be written; no device is entered then.
    """
    database, now = center.database, center.now
    with database.writing() as connection:
        row = accounts.find(connection, account)
        if not row.active:
            raise KnownError("account_closed", f"账号 {account} 已停用，不能登记电脑。")
        known = facts(connection)
        device = accounts.enroll_device(connection, row.person, "U盘登记的电脑", now)
        key = exchange_keys.key_of(connection, row.person, device)
    caller = accounts.caller_of_device(database, row.person, device, now)
    session = SignedIn(
        token="",
        person=row.person,
        name=row.name,
        account=row.account,
        roles=row.roles.split(),
        department=row.department,
        park=known.park,
        park_name=known.park_name,
        epoch=known.epoch,
        now=to_text(now),
        exchange_key=key.hex(),
    )
    header = Header(
        package=new_id(),
        direction="enroll",
        park=known.park,
        person=row.person,
        device=device,
        epoch=known.epoch,
        number=0,
        made_at=to_text(now),
        salt=new_salt(),
    )
    pin, rows = accounts.generate_password(), 0
    try:
        with write_package(target, header, key_of_pin(pin, header.salt)) as writer:
            writer.message("session", {**session.model_dump(), "device": device})
            for text in pages(center, caller, Pull(device=device, cursors={}).model_dump(by_alias=True)):
                writer.message("pulled", text)
                rows += sum(len(part["rows"]) for part in from_json(text)["buckets"])
    except BaseException:
        with database.writing() as connection:
            accounts.forget_device(connection, row.person, device)
        raise
    return Enrolled(row.name, row.account, device, pin, rows)
