"""Photos, signatures and files of a visit: on disk first, then the row as a change, the blob after that."""

from __future__ import annotations

import hashlib
import logging
import mimetypes
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.domain import buckets
from app.domain.departments import TWINS
from app.domain.documents import Document
from app.domain.ids import new_id
from app.domain.visit import Attachment, Visit
from app.errors import KnownError, known_from
from app.services.desk import Desk
from app.services.visits import visit_of
from app.store.files import PendingFile, pending_files

log = logging.getLogger(__name__)
MOST_BYTES = 50 * 1024 * 1024
CACHE_BYTES = 500 * 1024 * 1024
"""For blobs of others that were fetched to be looked at."""
FRESH_S = 3600
_SIGNS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF": "application/pdf"}


@dataclass(frozen=True, slots=True)
class AttachmentLine:
    """One attachment; `path` is its file on this laptop or None where only others have it.

    `stored`: the centre has it, so it can be fetched; `uploaded`: it has it from here or elsewhere, nothing waits.
    """

    id: str
    purpose: str
    caption: str
    file_name: str
    path: Path | None
    uploaded: bool
    stored: bool = False
    size: int = 0
    sha256: str = ""
    media_type: str = ""


def add(
    desk: Desk, visit: str, source: Path | bytes, file_name: str, purpose: str = "photo", caption: str = ""
) -> Attachment:
    """Copy a file into the data folder and enter it. KnownError for an unreadable, empty or oversized file."""
    owner = visit_of(desk, visit)
    return enter(
        desk,
        source,
        file_name,
        buckets.of_enterprise(owner.enterprise),
        Attachment.kind,
        enterprise=owner.enterprise,
        visit=visit,
        purpose=purpose,
        caption=caption,
    )


def enter(
    desk: Desk,
    source: Path | bytes,
    file_name: str,
    bucket: str,
    kind: str,
    *,
    enterprise: str,
    purpose: str,
    case: str | None = None,
    step: str | None = None,
    visit: str | None = None,
    issue: str | None = None,
    record: str | None = None,
    caption: str = "",
) -> Attachment:
    """The file on disk and its row in a bucket: `kind` is an attachment, or a department's twin of one."""
    content = _content(source)
    digest = hashlib.sha256(content).hexdigest()
    path = place(desk, digest)
    _write_once(path, content)
    attachment = Attachment(
        id=new_id(),
        case=case,
        step=step,
        visit=visit,
        issue=issue,
        record=record,
        enterprise=enterprise,
        purpose=purpose,
        file_name=file_name,
        media_type=_media_type(content, file_name),
        size=len(content),
        sha256=digest,
        caption=caption or None,
    )
    fields = {name: [None, value] for name, value in attachment.to_body().items()}
    change = desk.change("put", bucket, kind, attachment.id, {"fields": fields})
    pending = PendingFile(digest, len(content), str(path), attachment.id, bucket)
    desk.make(change, files=[pending])
    return attachment


def remove(desk: Desk, id: str) -> None:
    """Take an attachment off its visit. The file stays on disk until the bucket is purged, so it can be undone."""
    document = desk.store.get(Attachment.kind, id)
    if document is None:
        return
    desk.make(desk.change("attachment.remove", document.bucket, Attachment.kind, id, {}))


def _row(desk: Desk, id: str) -> Document | None:
    """An attachment's row, or the twin of it a department holds."""
    return desk.store.get(Attachment.kind, id) or desk.store.get(TWINS[Attachment.kind], id)


def of_issue(desk: Desk, issue: str) -> list[AttachmentLine]:
    """What was added to an issue itself, in the order it was added."""
    waiting = {pending.attachment for pending in pending_files(desk.store)}
    found = {
        document.id: Attachment.of(document)
        for kind in (TWINS[Attachment.kind], Attachment.kind)
        for document in desk.store.of_kind(kind)
        if document.body.get("issue") == issue
    }
    return [_line(desk, found[id], waiting) for id in sorted(found)]


def of_record(desk: Desk, record: str) -> list[AttachmentLine]:
    """What was added to an entry of a register, in the order it was added."""
    waiting = {pending.attachment for pending in pending_files(desk.store)}
    documents = sorted(desk.store.of_kind(Attachment.kind), key=lambda item: item.id)
    found = [Attachment.of(document) for document in documents if document.body.get("record") == record]
    return [_line(desk, attachment, waiting) for attachment in found]


def place(desk: Desk, digest: str) -> Path:
    """Where the blob with this SHA-256 lies on this laptop."""
    return desk.folder.attachments / digest[:2] / digest


def path_of(desk: Desk, id: str) -> Path | None:
    """The file of an attachment, None where it is not on this laptop."""
    document = _row(desk, id)
    if document is None:
        return None
    path = place(desk, Attachment.of(document).sha256)
    return path if path.exists() else None


def of_visit(desk: Desk, visit: str) -> list[AttachmentLine]:
    """The attachments of a visit in the order they were added."""
    waiting = {pending.attachment for pending in pending_files(desk.store)}
    bucket = buckets.of_enterprise(visit_of(desk, visit).enterprise)
    documents = sorted(desk.store.of_kind(Attachment.kind, bucket), key=lambda item: item.id)
    found = [Attachment.of(document) for document in documents]
    return [_line(desk, attachment, waiting) for attachment in found if attachment.visit == visit]


def line_of(desk: Desk, id: str) -> AttachmentLine | None:
    """One attachment as it is now, None where it is gone."""
    document = _row(desk, id)
    if document is None:
        return None
    return _line(desk, Attachment.of(document), {pending.attachment for pending in pending_files(desk.store)})


def _line(desk: Desk, attachment: Attachment, waiting: set[str]) -> AttachmentLine:
    path = place(desk, attachment.sha256)
    return AttachmentLine(
        id=attachment.id,
        purpose=attachment.purpose,
        caption=attachment.caption or "",
        file_name=attachment.file_name,
        path=path if path.exists() else None,
        uploaded=attachment.id not in waiting and attachment.stored_at is not None,
        stored=attachment.stored_at is not None,
        size=attachment.size,
        sha256=attachment.sha256,
        media_type=attachment.media_type,
    )


def photos_of(desk: Desk, visit: str | None) -> list[AttachmentLine]:
    """What there is to look at of a visit: photos and files, no signatures. Empty where the visit is not here."""
    if visit is None or desk.store.get(Visit.kind, visit) is None:
        return []
    return [line for line in of_visit(desk, visit) if line.purpose != "signature"]


def fetched(desk: Desk, id: str, path: Path) -> bool:
    """A blob has come to its place: it may stay while its attachment does. False where that went meanwhile, and the
    file with it: a bucket that was let go leaves no byte behind."""
    with desk.store.write("sync"):
        # In a transaction: a purge is either over, then the row is gone, or yet to come, then it finds the file.
        document = _row(desk, id)
        if document is not None and place(desk, Attachment.of(document).sha256) == path:
            return True
        path.unlink(missing_ok=True)
    return False


def used(path: Path) -> None:
    """A picture was looked at: it is not among the first to go when room is needed."""
    with suppress(OSError):
        os.utime(path)


def trim(desk: Desk, limit: int = CACHE_BYTES) -> int:
    """Let go of fetched blobs beyond `limit` bytes, those not looked at for longest first, and of what belongs to no
    attachment any more. Blobs entered on this laptop are never touched. Returns the bytes freed."""
    own = {digest for (digest,) in desk.store.select("SELECT sha256 FROM pending_file")}
    kinds = (Attachment.kind, TWINS[Attachment.kind])
    known = {document.body.get("sha256") for kind in kinds for document in desk.store.of_kind(kind)}
    now = desk.clock().timestamp()
    freed, kept = 0, []
    for path in desk.folder.attachments.glob("??/*"):
        digest = path.name.partition(".")[0]
        status = _status(path)
        if digest in own or status is None:
            continue
        if digest in known:
            kept.append((status.st_mtime, status.st_size, path))
        elif now - status.st_mtime > FRESH_S:
            # A fresh one may be just being entered: its row comes after it.
            freed += _let_go(path, status.st_size)
    over = sum(size for _, size, _ in kept) - limit
    for _moment, size, path in sorted(kept):
        if over <= 0:
            break
        gone = _let_go(path, size)
        freed, over = freed + gone, over - gone
    return freed


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _let_go(path: Path, size: int) -> int:
    try:
        path.unlink()
    except OSError as error:
        # Somebody has it open (Windows): the next time is soon enough.
        log.info("%s stays for now: %s", path.name, error)
        return 0
    return size


def _content(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        try:
            if source.stat().st_size > MOST_BYTES:
                raise KnownError("file_too_large", f"「{source.name}」超过 50 MB。请压缩或拆分后再添加。")
            content = source.read_bytes()
        except OSError as error:
            raise KnownError(
                "file_unreadable", f"读不出文件「{source.name}」。请检查它是否还在、能否打开。"
            ) from error
    if not content:
        raise KnownError("file_empty", "这个文件是空的，没有添加。请换一个文件。")
    if len(content) > MOST_BYTES:
        raise KnownError("file_too_large", "文件超过 50 MB。请压缩或拆分后再添加。")
    return content


def _media_type(content: bytes, file_name: str) -> str:
    for sign, media_type in _SIGNS.items():
        if content.startswith(sign):
            return media_type
    return mimetypes.guess_type(file_name)[0] or "application/octet-stream"


def _write_once(path: Path, content: bytes) -> None:
    """Temp file, fsync, rename: the row that names the blob must never be there before the blob is."""
    if path.exists() and path.stat().st_size == len(content):
        return
    temporary = path.with_name(f"{path.name}.{new_id()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        known = known_from(error)
        if known is None:
            raise
        raise known from error
