"""Photos, signatures and files of a visit: on disk first, then the row as a change, the blob after that."""

from __future__ import annotations

import hashlib
import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path

from app.domain import buckets
from app.domain.ids import new_id
from app.domain.visit import Attachment
from app.errors import KnownError, known_from
from app.services.desk import Desk
from app.services.visits import visit_of
from app.store.files import PendingFile, pending_files

MOST_BYTES = 50 * 1024 * 1024
_SIGNS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF": "application/pdf"}


@dataclass(frozen=True, slots=True)
class AttachmentLine:
    """One attachment; `path` is its file on this laptop or None where only others have it."""

    id: str
    purpose: str
    caption: str
    file_name: str
    path: Path | None
    uploaded: bool


def add(
    desk: Desk, visit: str, source: Path | bytes, file_name: str, purpose: str = "photo", caption: str = ""
) -> Attachment:
    """Copy a file into the data folder and enter it. KnownError for an unreadable, empty or oversized file."""
    content = _content(source)
    owner = visit_of(desk, visit)
    digest = hashlib.sha256(content).hexdigest()
    path = place(desk, digest)
    _write_once(path, content)
    attachment = Attachment(
        id=new_id(),
        visit=visit,
        enterprise=owner.enterprise,
        purpose=purpose,
        file_name=file_name,
        media_type=_media_type(content, file_name),
        size=len(content),
        sha256=digest,
        caption=caption or None,
    )
    bucket = buckets.of_enterprise(owner.enterprise)
    fields = {name: [None, value] for name, value in attachment.to_body().items()}
    change = desk.change("put", bucket, Attachment.kind, attachment.id, {"fields": fields})
    pending = PendingFile(digest, len(content), str(path), attachment.id, bucket)
    desk.make(change, files=[pending])
    return attachment


def remove(desk: Desk, id: str) -> None:
    """Take an attachment off its visit. The file stays on disk until the bucket is purged, so it can be undone."""
    document = desk.store.get(Attachment.kind, id)
    if document is None:
        return
    desk.make(desk.change("attachment.remove", document.bucket, Attachment.kind, id, {}))


def place(desk: Desk, digest: str) -> Path:
    """Where the blob with this SHA-256 lies on this laptop."""
    return desk.folder.attachments / digest[:2] / digest


def path_of(desk: Desk, id: str) -> Path | None:
    """The file of an attachment, None where it is not on this laptop."""
    document = desk.store.get(Attachment.kind, id)
    if document is None:
        return None
    path = place(desk, Attachment.of(document).sha256)
    return path if path.exists() else None


def of_visit(desk: Desk, visit: str) -> list[AttachmentLine]:
    """The attachments of a visit in the order they were added."""
    waiting = {pending.attachment for pending in pending_files(desk.store)}
    bucket = buckets.of_enterprise(visit_of(desk, visit).enterprise)
    lines = []
    for document in sorted(desk.store.of_kind(Attachment.kind, bucket), key=lambda item: item.id):
        attachment = Attachment.of(document)
        if attachment.visit != visit:
            continue
        path = place(desk, attachment.sha256)
        lines.append(
            AttachmentLine(
                id=attachment.id,
                purpose=attachment.purpose,
                caption=attachment.caption or "",
                file_name=attachment.file_name,
                path=path if path.exists() else None,
                uploaded=attachment.id not in waiting and attachment.stored_at is not None,
            )
        )
    return lines


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
