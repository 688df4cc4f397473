"""Taking in the centre's answer to a package (sync/README.md §6.4), in any order, as often as one likes.

One look over the file first: is it whole, is it ours, what is in it. Then one transaction for verdicts and pages
together (T2 and T3 at once, so that nothing confirmed is ever out of sight), then the blobs, each by itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.domain.clock import to_text
from app.domain.visit import Attachment
from app.errors import KnownError, known_from
from app.services.attachments import place
from app.services.desk import Desk, Session
from app.store.confirmed import ConfirmedVerdict, absorb_page, absorb_verdicts, forget_cursors
from app.store.confirmed import release_quarantined as release
from app.store.database import Store, Transaction
from app.store.files import mark_failed, mark_stored, settle_stored
from app.store.handing_over import files_to_hand_over, queue_drafts, queue_stranded, still_here
from app.store.history import SyncReport, record_sync
from app.store.purge import drop_stranded, finish_purges, purge
from app.store.seal import seal
from sync.client.engine import sum_of
from sync.client.errors import Rejected, Revoked, SignInNeeded, TooOld
from sync.client.exchange import Made, exchange_key, interrupted, keep, packages, stand_of
from sync.client.reading import plain_page
from sync.client.terms import Progress, never, quiet
from sync.protocol.messages import SERVER_NEWER, SERVER_OLDER, ErrorBody, Pulled, Pushed, Verdict
from sync.protocol.package import Blob, PackageError, PackageReader, damaged, open_package

WAITING = (SERVER_OLDER, SERVER_NEWER)
M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Imported:
    """What an answer brought. `outcome` says it in Chinese; `again`: what is still to come needs another package."""

    number: int
    outcome: str = ""
    sent: int = 0
    received: int = 0
    refused: int = 0
    conflicts: int = 0
    files_stored: int = 0
    photos: int = 0
    again: bool = False


@dataclass(slots=True)
class _Content:
    """What stands in an answer, without its rows. `to` is how far each bucket is read in it."""

    verdicts: list[Verdict] = field(default_factory=list)
    stored: list[dict[str, Any]] = field(default_factory=list)
    failed: dict[str, Any] | None = None
    first: dict[str, int] = field(default_factory=dict)
    to: dict[str, int] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    complete: bool = False
    photos: bool = False


def import_answer(
    desk: Desk,
    path: Path,
    *,
    tell: Callable[[Progress], None] = quiet,
    stop: Callable[[], bool] = never,
) -> Imported:
    """Take in an answer. PackageError for a file that is none, not whole, or somebody else's, and known errors where
    the centre turned the package down; nothing alters then. Raises `stopped` before anything was taken."""
    started = desk.clock()
    session = desk.signed_in()
    with open_package(path) as package:
        check_answer(package, session)
        package.unlock(exchange_key(session))
        made = _made(desk.store, package)
        content = _look(package, tell, stop)
        imported = _Taking(desk, session, package, made, content).run()
        if content.photos:
            imported.photos = _photos(desk, package, tell, stop)
    finish_purges(desk.store)
    report = SyncReport(
        started,
        desk.clock(),
        imported.sent,
        imported.received,
        imported.refused,
        imported.conflicts,
        imported.files_stored,
    )
    record_sync(desk.store, report)
    return imported


def check_answer(package: PackageReader, session: Session) -> None:
    """PackageError where a package is not an answer to this very laptop and person."""
    header = package.header
    if header.direction == "up":
        raise PackageError(
            "package_direction",
            f"「{package.name}」是电脑导出的包，要交给中心处理。请选择中心写回来的回执文件。",
        )
    if header.direction == "enroll":
        raise PackageError(
            "package_direction", f"「{package.name}」是登记文件，只在第一次登录时用。请选择回执文件。"
        )
    ours = (session.park, session.person, session.device)
    if (header.park, header.person, header.device) != ours:
        raise PackageError(
            "package_foreign",
            f"「{package.name}」不是给这台电脑的回执，没有采用。请找文件名里有您的名字、在这台电脑上导出的那一个。",
        )


def _made(store: Store, package: PackageReader) -> Made:
    found = next((made for made in packages(store) if made.id == package.header.answers), None)
    if found is None:
        raise PackageError(
            "package_unknown",
            f"「{package.name}」回复的不是这台电脑最近导出的包，没有采用。请用最近一次的回执，或重新导出一次。",
        )
    return found


# Looking -----------------------------------------------------------------------------------------------------------


def _look(package: PackageReader, tell: Callable[[Progress], None], stop: Callable[[], bool]) -> _Content:
    """Go through the whole file: it is whole and unaltered afterwards."""

    def told(done: int) -> None:
        if stop():
            raise interrupted("已停止，没有采用文件里的任何内容。")
        tell(Progress("check", done, package.size, f"正在核对文件，{done * 100 // max(1, package.size)}%"))

    content = _Content()
    for record in package.records(told):
        if isinstance(record, Blob):
            content.photos = True
        elif record.what == "pushed":
            content.verdicts += _read(Pushed, record.body, package).results
        elif record.what == "stored":
            content.stored.append(record.body)
        elif record.what == "failed":
            content.failed = record.body
        elif record.what == "pulled":
            _outline(content, _read(Pulled, record.body, package))
    return content


def _outline(content: _Content, page: Pulled) -> None:
    content.revoked.update(page.revoked)
    for part in page.buckets:
        content.first.setdefault(part.id, part.from_)
        content.to[part.id] = part.to
    content.complete = not page.more


def _read(model: type[M], body: dict[str, Any], package: PackageReader) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise damaged(package.name) from error


# Taking in ---------------------------------------------------------------------------------------------------------


class _Taking:
    """One answer being taken in."""

    def __init__(
        self, desk: Desk, session: Session, package: PackageReader, made: Made, content: _Content
    ) -> None:
        self.desk = desk
        self.store = desk.store
        self.session = session
        self.package = package
        self.made = made
        self.content = content
        self.imported = Imported(made.number)

    def run(self) -> Imported:
        if self.made.epoch != self.session.epoch:
            return self._say("这份回执是中心恢复以前的，已不需要，没有采用。", again=True)
        with self.store.write("sync") as transaction:
            self._note_files()
            failure = self._failed()
            if failure is None:
                self._answer(transaction)
            else:
                self._say(failure.text, again=True)
                self._carry(stand_of(self.store), answered=True)
        if isinstance(failure, Revoked):
            seal(self.store, self.desk.clock())
        if failure is not None:
            raise failure
        return self.imported

    def _say(self, outcome: str, *, again: bool = False) -> Imported:
        self.imported.outcome = outcome
        self.imported.again = again
        return self.imported

    def _answer(self, transaction: Transaction) -> None:
        before = stand_of(self.store)
        standing = before == (self.made.mark, self.made.stand)
        order = self._order() if standing else None
        if self.made.answered_at is not None:
            self._say(f"第 {self.made.number} 个包的回执以前已经导入过，没有变化。")
            return
        if order is None:
            self._close([verdict for verdict in self.content.verdicts if verdict.status in _FINAL])
            self._say(
                f"第 {self.made.number} 个包导出以后，本机又和中心同步过，这份回执里较旧的内容没有采用。"
                "没有办完的会在下一次导出或同步时办好。",
                again=True,
            )
            self._carry(before, answered=False)
            return
        self._close(self.content.verdicts)
        if order == "newer":
            self._take_pages(transaction)
        self._say(self._words())
        self._carry(before, answered=True)

    def _order(self) -> str | None:
        """Whether the answer knows more than the laptop (`newer`, also where they are equal), less (`older`), or of
        some buckets more and of others less (None). Sound only while everything here came through whole answers."""
        if not self.content.complete:
            return None
        reaches = {**self.made.cursors, **self.content.to}
        pairs = [
            (reaches.get(bucket, -1), cursor)
            for bucket, cursor in self.store.held().items()
            if bucket not in self.content.revoked
        ]
        if all(there >= here for there, here in pairs):
            return "newer"
        return "older" if all(there <= here for there, here in pairs) else None

    def _close(self, verdicts: list[Verdict]) -> None:
        """T2, without the rows: they are in the pages, as they stood a moment later."""
        if not verdicts:
            return
        open_before = self._open([verdict.mid for verdict in verdicts])
        plain = [
            ConfirmedVerdict(
                verdict.mid,
                verdict.status,
                (),
                verdict.error.model_dump(exclude_defaults=True) if verdict.error else None,
            )
            for verdict in verdicts
            if not (verdict.error and verdict.error.code in WAITING)
        ]
        absorb_verdicts(self.store, plain, self.desk.context())
        closed = [verdict for verdict in verdicts if verdict.mid in open_before and verdict.status != "retry"]
        self.imported.sent += len(closed)
        self.imported.refused += sum(verdict.status == "refused" for verdict in closed)
        self.imported.conflicts += sum(verdict.status == "conflict" for verdict in closed)

    def _open(self, mids: list[str]) -> set[str]:
        rows = self.store.select("SELECT mid FROM outbox WHERE state IN ('pending', 'again', 'quarantined')")
        return {mid for (mid,) in rows} & set(mids)

    def _take_pages(self, transaction: Transaction) -> None:
        """T4 for what was revoked, then T3 page by page from where the package asked."""
        if not self.content.verdicts:
            # A page that the wire has under way now was asked for before these: it is to be thrown away.
            absorb_verdicts(self.store, [], self.desk.context())
        kept_back = self._let_go()
        held = self.store.held()
        joins = {
            bucket
            for bucket, first in self.content.first.items()
            if first == 0 or held.get(bucket, -1) >= first
        }
        for bucket in joins & held.keys():
            transaction.execute(
                "UPDATE cursor SET seq = ? WHERE bucket = ?", (self.content.first[bucket], bucket)
            )
        mismatched: set[str] = set()
        token = None
        for page in self._pages():
            parts = [plain_page(part) for part in page.buckets if part.id in joins - mismatched]
            result = absorb_page(self.store, parts, self.desk.context(), sum_of=sum_of)
            mismatched.update(result.mismatched)
            self.imported.received += sum(len(part.rows) for part in parts)
            token = page.token
        whole = not mismatched and not kept_back and joins == self.content.first.keys()
        if whole:
            drop_stranded(self.store, self.desk.context())
            self.imported.again = bool(queue_stranded(self.store)) or self.imported.again
        self.store.set_kv("token", token if whole else None, "sync")
        settle_stored(self.store)
        self.imported.again = self.imported.again or not whole
        if self.made.want is not None:
            same = self.made.want == self.store.kv("want")
            self.store.set_kv("want_sent", self.made.want if same else None, "sync")

    def _pages(self) -> Iterator[Pulled]:
        for record in self.package.records():
            if isinstance(record, Blob) or record.what == "file":
                return
            if record.what == "pulled":
                yield _read(Pulled, record.body, self.package)

    def _let_go(self) -> set[str]:
        """Purge what is no longer this person's. Gives what stays for now: what the centre lacks of it (changes, begun
        visits, blobs) goes with the next package."""
        kept_back = set()
        held = self.store.held()
        for bucket in sorted(self.content.revoked & held.keys()):
            if held[bucket] != self.made.cursors.get(bucket):
                # Given back and read since: the next answer says how it is.
                kept_back.add(bucket)
                continue
            queue_drafts(self.store, bucket)
            without = self._never_there(bucket)
            if still_here(self.store, bucket, without):
                release(self.store, bucket)
            if purge(self.store, bucket, self.desk.context(), without=without) is None:
                kept_back.add(bucket)
        return kept_back

    def _never_there(self, bucket: str) -> set[str]:
        """Attachments whose blobs the centre will not get: it turned them down, or they are not on this disk."""
        turned_down = {str(told.get("attachment")) for told in self.content.stored if told.get("error")}
        return {
            file.attachment
            for file in files_to_hand_over(self.store, bucket)
            if file.attachment in turned_down or not Path(file.path).is_file()
        }

    def _carry(self, before: tuple[int, str], *, answered: bool) -> None:
        """What stood where the laptop stood before stands where it stands now: nothing has come in beside answers."""
        mark, stand = stand_of(self.store)
        listed = []
        for made in packages(self.store):
            update: dict[str, Any] = {}
            if (made.mark, made.stand) == before:
                update = {"mark": mark, "stand": stand}
            if made.id == self.made.id:
                update["outcome"] = self.imported.outcome
                if answered:
                    update["answered_at"] = to_text(self.desk.clock())
            listed.append(made.model_copy(update=update))
        keep(self.store, listed)

    def _words(self) -> str:
        done = self.imported
        parts = [f"确认 {done.sent} 项", f"收到 {done.received} 条资料"]
        if done.files_stored:
            parts.append(f"附件送达 {done.files_stored} 个")
        if done.refused:
            parts.append(f"{done.refused} 项未被接受")
        if done.conflicts:
            parts.append(f"{done.conflicts} 处不一致")
        return "，".join(parts) + "。"

    # ---- files, failures

    def _note_files(self) -> None:
        for told in self.content.stored:
            attachment, sha256 = str(told.get("attachment", "")), str(told.get("sha256", ""))
            error = told.get("error")
            if error:
                if self.made.answered_at is None:
                    mark_failed(self.store, attachment, str(error.get("text", "")))
            else:
                mark_stored(self.store, sha256, attachment)
                self.imported.files_stored += 1

    def _failed(self) -> KnownError | None:
        """What the centre said instead of pages. Inside the transaction."""
        if self.content.failed is None:
            return None
        body = ErrorBody.model_validate(self.content.failed)
        status = int(self.content.failed.get("status", 0))
        epoch = body.params.get("epoch")
        if body.code == "epoch" and epoch and epoch != self.session.epoch:
            forget_cursors(self.store)
            self.store.set_kv("session", {**self.store.kv("session"), "epoch": epoch})
            return KnownError(
                "epoch",
                "中心的数据是从备份恢复的，本机已准备好重新核对，内容不受影响。请再导出一次交给中心。",
            )
        if status == 403:
            return Revoked(body.text)
        if status == 401:
            return SignInNeeded()
        return TooOld() if status == 426 else Rejected(body.code, body.text, status)


_FINAL = ("refused", "escrowed")
"""Verdicts that bring no rows: they may be taken in whatever else is known here."""


# Blobs -------------------------------------------------------------------------------------------------------------


def _photos(
    desk: Desk, package: PackageReader, tell: Callable[[Progress], None], stop: Callable[[], bool]
) -> int:
    """Put the blobs that came along into their places, as far as their attachments are held here. Stopping keeps those
    that are there already."""
    count, sha256 = 0, ""

    def told(done: int) -> None:
        tell(Progress("photos", done, package.size, f"正在保存照片和附件，已保存 {count} 个"))

    for record in package.records(told):
        if stop():
            break
        if isinstance(record, Blob):
            count += _held(desk.store, sha256) and _save(desk.store, place(desk, sha256), record.pieces)
        elif record.what == "file":
            sha256 = str(record.body.get("sha256", ""))
    return count


def _held(store: Store, sha256: str) -> bool:
    """Whether an attachment with these bytes stands here."""
    query = "SELECT 1 FROM document WHERE kind = ? AND json_extract(body, '$.sha256') = ? LIMIT 1"
    return bool(store.select(query, (Attachment.kind, sha256)))


def _save(store: Store, path: Path, pieces: Iterator[bytes]) -> bool:
    """Into its place, named by its digest. False where it is here already, or its bytes are not those."""
    if path.exists():
        return False
    part = path.with_name(path.name + ".exchange")
    digest = hashlib.sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != path.name:
            return False
        os.replace(part, path)
    except OSError as error:
        known = known_from(error)
        if known is None:
            raise
        raise known from error
    finally:
        part.unlink(missing_ok=True)
    if not _held(store, path.name):
        # Its bucket was let go while it was being written: no byte of it stays.
        path.unlink(missing_ok=True)
        return False
    return True
