"""Files on the disk: `files/ab/abcdef…` by their SHA-256, and `files/parts/` for what is still coming in."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sync.server import faults
from sync.server.settings import ServerSettings

if sys.platform != "win32":
    import fcntl

_BLOCK = 1 << 20
_in_process = threading.Lock()


def blob_path(settings: ServerSettings, sha256: str) -> Path:
    return settings.files / sha256[:2] / sha256


def part_path(settings: ServerSettings, upload: str) -> Path:
    return settings.files / "parts" / upload


def make_part(settings: ServerSettings, upload: str) -> None:
    path = part_path(settings, upload)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        os.fsync(file.fileno())


def drop_part(settings: ServerSettings, upload: str) -> None:
    part_path(settings, upload).unlink(missing_ok=True)


@contextmanager
def locked_part(path: Path) -> Iterator[BinaryIO | None]:
    """The part file, this process and every other worker kept out of it. None where it was given up meanwhile."""
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        yield None
        return
    with file:
        if sys.platform == "win32":
            with _in_process:
                yield file
        else:
            # Each opening has a lock of its own, so this holds between threads as well. Closing gives it back.
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def write_at(file: BinaryIO, offset: int, data: bytes) -> None:
    """Cut to `offset`, append, and return when it is on the disk."""
    file.truncate(offset)
    file.seek(offset)
    file.write(data)
    file.flush()
    faults.point("upload_before_fsync")
    os.fsync(file.fileno())
    faults.point("upload_written")


def accept(settings: ServerSettings, upload: str, sha256: str, size: int) -> bool:
    """Copy-free: the part becomes the blob where its bytes are those announced. True where the blob is in place."""
    target, part = blob_path(settings, sha256), part_path(settings, upload)
    if not part.is_file():
        return target.is_file() and file_digest(target) == (sha256, size)
    with locked_part(part) as file:
        if file is None or file_digest(part) != (sha256, size):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, target)
    sync_folder(target.parent)
    sync_folder(part.parent)
    faults.point("upload_in_place")
    return True


def sweep_parts(settings: ServerSettings, known: Set[str], older_than: datetime) -> None:
    """Remove old part files that belong to no upload."""
    for path in (settings.files / "parts").glob("*"):
        if path.name not in known and datetime.fromtimestamp(path.stat().st_mtime, UTC) < older_than:
            path.unlink(missing_ok=True)


def file_digest(path: Path) -> tuple[str, int]:
    """(SHA-256, size in bytes) of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def sync_folder(folder: Path) -> None:
    """Make the names of new files last: what fsync of the file itself does not do."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
