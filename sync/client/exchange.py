"""U盘摆渡, the laptop's side: what waits goes into a package, the centre's answer comes in (sync/README.md §6).

A laptop keeps a short list of the packages it made (kv `exchange`), each with where the laptop stood then: the count of
verdicts taken in and the cursors. An answer is only taken in whole while the laptop stands there still, or where
another whole answer has left it; in all other cases the wire, or a later package, has been quicker, and what the answer
says may be older than what is here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from app.domain.clock import beijing_date, to_text
from app.domain.ids import new_id
from app.domain.visit import Attachment
from app.errors import KnownError
from app.services.attachments import place
from app.services.desk import Desk, Session
from app.store.confirmed import push_mark, reading
from app.store.database import Store
from app.store.files import PendingFile, files_to_send, pending_files
from app.store.handing_over import files_to_hand_over
from app.store.outbox import OutboxRow, to_send
from sync.client.terms import Progress, never, quiet
from sync.protocol.digest import heads_token
from sync.protocol.messages import MAX_CHANGES, MAX_PUSH_BYTES, Pull, Push
from sync.protocol.package import SUFFIX, Header, PackageWriter, new_salt, write_package

ENVELOPE_BYTES = 10_000
MOST_BYTES = 3_500_000_000
"""Blobs in one package: a stick formatted as FAT32 takes no file of 4 GB."""
KEPT_PACKAGES = 20
_KV = "exchange"
_PIECE = 1 << 20
_EVERYTHING = 1 << 30


class Made(BaseModel):
    """A package this laptop has made. `mark` and `stand` are where it stood, `cursors` what it asked from, `upto` the
    last change that was in it; `outcome` (Chinese) what its answer brought."""

    model_config = ConfigDict(extra="ignore")
    id: str
    number: int
    made_at: str
    file: str
    epoch: str
    mark: int
    stand: str
    cursors: dict[str, int]
    want: list[str] | None = None
    upto: int = 0
    changes: int = 0
    files: int = 0
    bytes: int = 0
    answered_at: str | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """`left` are blobs that found no room, or whose files could not be found: they go with a later package."""

    path: Path
    number: int
    changes: int
    files: int
    left: int
    bytes: int


def interrupted(text: str) -> KnownError:
    return KnownError("stopped", text)


def exchange_key(session: Session) -> bytes:
    """KnownError where this laptop never got one."""
    if not session.exchange_key:
        raise KnownError(
            "no_exchange_key",
            "这台电脑还没有U盘摆渡的密钥。请连上中心重新登录一次；从不联网的电脑，请让管理员制作登记文件。",
        )
    return bytes.fromhex(session.exchange_key)


def packages(store: Store) -> list[Made]:
    """The packages made here, the latest first."""
    return [Made.model_validate(item) for item in (store.kv(_KV) or {}).get("packages", [])]


def keep(store: Store, made: Sequence[Made], number: int | None = None) -> None:
    """Inside `Store.write`."""
    kept = store.kv(_KV) or {"number": 0}
    listed = [item.model_dump(exclude_defaults=True) for item in made[:KEPT_PACKAGES]]
    store.set_kv(_KV, {"number": number or kept["number"], "packages": listed})


def stand_of(store: Store) -> tuple[int, str]:
    """Where the laptop stands: everything confirmed that it knows came in one way or the other through these two."""
    return push_mark(store), heads_token(store.held().items())


def waiting_for_answer(store: Store) -> int:
    """How many changes that are not confirmed yet are in a package whose answer has not come."""
    upto = max((made.upto for made in packages(store) if made.answered_at is None), default=0)
    rows = store.select(
        "SELECT count(*) FROM outbox WHERE state IN ('pending', 'again', 'quarantined') AND seq <= ?", (upto,)
    )
    return int(rows[0][0])


def default_name(desk: Desk, number: int) -> str:
    """`驻企通_王敏_20261122_3.zqx`."""
    name = re.sub(r"[^\w-]", "", desk.signed_in().name) or "联络员"
    return f"驻企通_{name}_{beijing_date(desk.clock()):%Y%m%d}_{number}{SUFFIX}"


def next_number(store: Store) -> int:
    return int((store.kv(_KV) or {}).get("number", 0)) + 1


def export(
    desk: Desk,
    target: Path,
    *,
    photos: bool = True,
    tell: Callable[[Progress], None] = quiet,
    stop: Callable[[], bool] = never,
) -> Exported:
    """Write everything that waits into a package. `target` is a file or a folder to put it in.

    Nothing here alters but the list of packages. KnownError where there is no session or key, where the stick refuses
    (no file is left then) and `stopped`.
    """
    session = desk.signed_in()
    key = exchange_key(session)
    load = _Load.of(desk, photos)
    number = next_number(desk.store)
    path = _free(target / default_name(desk, number)) if target.is_dir() else target
    header = Header(
        package=new_id(),
        direction="up",
        park=session.park,
        person=session.person,
        device=session.device,
        epoch=session.epoch,
        number=number,
        made_at=to_text(desk.clock()),
        salt=new_salt(),
    )
    with write_package(path, header, key) as writer:
        load.write(writer, session, _telling(tell, load.bytes), stop)
    made = Made(
        id=header.package,
        number=number,
        made_at=header.made_at,
        file=path.name,
        epoch=session.epoch,
        mark=load.mark,
        stand=load.stand,
        cursors=load.cursors,
        want=load.want,
        upto=load.rows[-1].seq if load.rows else 0,
        changes=len(load.rows),
        files=len(load.files),
        bytes=path.stat().st_size,
    )
    with desk.store.write("sync"):
        # Another window may have been at it meanwhile: its packages stay in the list.
        keep(desk.store, [made, *packages(desk.store)], max(number, next_number(desk.store) - 1))
    return Exported(path, number, made.changes, made.files, load.left, made.bytes)


def _free(path: Path) -> Path:
    """The path, or one beside it that nothing has yet."""
    tried, number = path, 1
    while tried.exists():
        number += 1
        tried = path.with_stem(f"{path.stem}-{number}")
    return tried


def _telling(tell: Callable[[Progress], None], total: int) -> Callable[[int], None]:
    def told(done: int) -> None:
        tell(
            Progress("export", done, total or None, f"正在写入，{done / 1e6:.1f} MB，共 {total / 1e6:.1f} MB")
        )

    return told


@dataclass(frozen=True, slots=True)
class _Load:
    """What a package is to carry, as one snapshot of the store had it."""

    rows: list[OutboxRow]
    files: list[PendingFile]
    left: int
    have: list[str]
    mark: int
    stand: str
    cursors: dict[str, int]
    reading: dict[str, int]
    want: list[str] | None
    bytes: int

    @classmethod
    def of(cls, desk: Desk, photos: bool) -> _Load:
        store = desk.store
        with store.read():
            rows = to_send(store, _EVERYTHING)
            mark, stand = stand_of(store)
            cursors, begun = store.held(), reading(store)
            want = store.kv("want")
            if want == store.kv("want_sent"):
                want = None
            files, left = _files(store, rows) if photos else ([], 0)
            have = sorted(
                {
                    attachment.sha256
                    for attachment in map(Attachment.of, store.of_kind(Attachment.kind))
                    if place(desk, attachment.sha256).exists()
                }
            )
        total = sum(file.size for file in files)
        return cls(rows, files, left, have, mark, stand, cursors, begun, want, total)

    def write(
        self,
        writer: PackageWriter,
        session: Session,
        told: Callable[[int], None],
        stop: Callable[[], bool],
    ) -> None:
        for batch in batches(self.rows):
            message = Push(device=session.device, epoch=session.epoch, changes=[row.change for row in batch])
            writer.message("push", message.model_dump_json(by_alias=True, exclude_none=True))
        writer.message("have", {"sha256": self.have})
        pull = Pull(
            device=session.device,
            epoch=session.epoch,
            cursors=self.cursors,
            reading=self.reading,
            want=self.want,
        )
        writer.message("pull", pull.model_dump_json(by_alias=True, exclude_none=True))
        done = 0
        told(done)
        for file in self.files:
            named = {"attachment": file.attachment, "bucket": file.bucket, "sha256": file.sha256}
            writer.message("file", named)

            def pieces(path: Path = Path(file.path), begun: int = done) -> Iterator[bytes]:
                sent = begun
                for piece in _read(path):
                    if stop():
                        raise interrupted("已停止，没有生成文件。本机的内容没有变化。")
                    yield piece
                    sent += len(piece)
                    told(sent)

            writer.blob(pieces(), file.size)
            done += file.size
        if stop():
            raise interrupted("已停止，没有生成文件。本机的内容没有变化。")


def batches(rows: Sequence[OutboxRow]) -> Iterator[list[OutboxRow]]:
    """Batches as the wire takes them: no more than MAX_CHANGES and MAX_PUSH_BYTES each, a larger change alone."""
    batch: list[OutboxRow] = []
    room = 0
    for row in rows:
        size = len(row.change.model_dump_json(by_alias=True).encode())
        if batch and (len(batch) == MAX_CHANGES or size > room):
            yield batch
            batch = []
        if not batch:
            room = MAX_PUSH_BYTES - ENVELOPE_BYTES
        batch.append(row)
        room -= size + 1
    if batch:
        yield batch


def _files(store: Store, rows: Sequence[OutboxRow]) -> tuple[list[PendingFile], int]:
    """The blobs whose attachment is at the centre already or is entered by this very package; how many stay behind."""
    entered = {row.change.doc[1] for row in rows if row.change.doc[0] == Attachment.kind}
    entered |= {file.attachment for file in files_to_send(store)}
    for bucket in store.held():
        # Of an enterprise that was taken away: the centre keeps the row, and waits for the blob.
        entered |= {file.attachment for file in files_to_hand_over(store, bucket)}
    chosen: list[PendingFile] = []
    left, room = 0, MOST_BYTES
    for file in pending_files(store):
        if file.attachment not in entered:
            continue
        path = Path(file.path)
        if file.size > room or not path.is_file() or path.stat().st_size != file.size:
            left += 1
            continue
        room -= file.size
        chosen.append(file)
    return chosen, left


def _read(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:
        raise KnownError(
            "attachment_unreadable",
            f"附件文件 {path.name} 读不出来（{error.strerror or error}），没有生成摆渡包。"
            "请检查本机磁盘，或者先不带照片导出。",
        ) from error
