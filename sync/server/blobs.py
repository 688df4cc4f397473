"""The bytes of attachments, in a folder or in S3 through one code (obstore).

    ab/abcdef…                        a file by its SHA-256: appears whole, is never altered and never removed
    parts/<upload>/<offset>-<lease>   what has come in of an upload, one object for each burst

Several machines may share nothing but the database and the store, so what is still coming in cannot grow on the disk of
one of them. An object appears whole or not at all, under a name that no other request writes to (the lease is the
request's own), and counts from the moment the database says so (`upload_part`). In the end the parts are read once in
their order, digested and written as one object; where the digest is wrong nothing appears. S3's own multipart uploads
would not do for the parts: they want 5 MB each, more than a laptop on a bad line sends at a time, and their list would
be a second truth beside the database's.

A folder is not flushed to the disk by obstore: whatever is promised to last is flushed here.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore

from app.domain.ids import new_id
from app.errors import KnownError
from sync.server import faults, s3
from sync.server.database import known_at_center
from sync.server.settings import ServerSettings

PIECE_BYTES = 1 << 20
"""Read at a time: the most of a file that is ever in memory for one reader."""
MULTIPART_BYTES = 5 * 1024 * 1024
"""The smallest part S3 takes; what is smaller goes up in one request."""
_AT_ONCE = 2
_FILE = re.compile(r"[0-9a-f]{2}/([0-9a-f]{64})")
_STAGED = re.compile(r"#\d+$")
"""What obstore calls a file in a folder before it has its name."""
_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")


class Blobs:
    """Files and parts in one place. Any thread may use it."""

    def __init__(self, place: str, data: Path) -> None:
        """`place` is a folder that is there, or `s3://bucket/prefix`; `data` has the settings for the latter."""
        self.place = place
        self.folder = None if place.startswith(s3.SCHEME) else Path(place)
        self._store = s3.open_s3(place, data) if self.folder is None else _local(self.folder)

    @classmethod
    def of(cls, settings: ServerSettings) -> Blobs:
        """Raises KnownError where the folder is missing or the settings of S3 are."""
        if settings.blobs is None:
            settings.ensure()
        elif not settings.place.startswith(s3.SCHEME) and not Path(settings.place).is_dir():
            raise KnownError(
                "blobs_folder", f"附件文件夹 {settings.place} 不在。请检查磁盘或共享目录是否挂上，再启动。"
            )
        return cls(settings.place, settings.data)

    # ---- parts

    def put_part(self, upload: str, name: str, data: bytes) -> None:
        """Returns when it is safe."""
        key = f"parts/{upload}/{name}"
        self._put(key, data)
        faults.point("upload_before_fsync")
        # Given up meanwhile, it may be gone already; the database will say so.
        with suppress(FileNotFoundError):
            self._flush(key)
        faults.point("upload_written")

    def compose(self, upload: str, names: Sequence[str], sha256: str, size: int) -> bool:
        """Make the parts of an upload the file. False where they are not what was announced.

        Raises PartGoneError where one is gone: another worker was quicker, or the upload was given up.
        """
        done = self._put_checked(sha256, size, self._parts(upload, names))
        faults.point("upload_in_place")
        return done

    async def _parts(self, upload: str, names: Sequence[str]) -> AsyncIterator[bytes]:
        for name in names:
            try:
                with self._told():
                    found = await obstore.get_async(self._store, f"parts/{upload}/{name}")
                    part = bytes(await found.bytes_async())
            except FileNotFoundError as error:
                raise PartGoneError from error
            yield part

    def drop_parts(self, upload: str) -> None:
        """Those that count, and those of requests that were overtaken."""
        with self._told():
            for key, _size, _moment in self._listed(f"parts/{upload}"):
                self._delete(key)

    def sweep_parts(self, known: Set[str], older_than: datetime) -> int:
        """Remove what is left of uploads that are no more. Returns how many objects."""
        count = 0
        with self._told():
            for key, _size, moment in self._listed("parts"):
                if key.split("/")[1] not in known and moment < older_than:
                    self._delete(key)
                    count += 1
        if self.folder is not None:
            for path in self.folder.rglob("*#*"):
                if _STAGED.search(path.name) and _modified(path) < older_than:
                    path.unlink(missing_ok=True)
                    count += 1
        return count

    # ---- files

    def put_file(self, sha256: str, size: int, pieces: Iterable[bytes]) -> bool:
        """Write a file and return when it is safe. False, and nothing stands, where the bytes are not those."""
        return self._put_checked(sha256, size, _one_by_one(pieces))

    def _put_checked(self, sha256: str, size: int, pieces: AsyncIterator[bytes]) -> bool:
        key = file_key(sha256)
        try:
            # A loop of its own: obstore reads from one object while it writes to another only where both are async.
            asyncio.run(self._put_all(key, size, _checked(pieces, sha256, size)))
        except _DiffersError:
            return False
        self._flush(key)
        return True

    async def _put_all(self, key: str, size: int, pieces: AsyncIterator[bytes]) -> None:
        """One object out of many pieces; where they end with an exception, none."""
        with self._told(writing=True):
            if size <= MULTIPART_BYTES:
                content = b"".join([piece async for piece in pieces])
                await obstore.put_async(self._store, key, content, use_multipart=False)
            else:
                await obstore.put_async(
                    self._store,
                    key,
                    pieces,
                    use_multipart=True,
                    chunk_size=MULTIPART_BYTES,
                    max_concurrency=_AT_ONCE,
                )

    async def read(self, sha256: str, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`. Raises FileNotFoundError."""
        with self._told():
            return bytes(
                await obstore.get_range_async(self._store, file_key(sha256), start=start, length=length)
            )

    def pieces(self, sha256: str, size: int) -> Iterator[bytes]:
        """The bytes of a file of that size, a piece at a time. Raises FileNotFoundError."""
        for start in range(0, size, PIECE_BYTES):
            with self._told():
                piece = obstore.get_range(
                    self._store, file_key(sha256), start=start, length=min(PIECE_BYTES, size - start)
                )
            yield bytes(piece)

    def digest(self, sha256: str) -> tuple[str, int] | None:
        """(SHA-256, size in bytes) as the file really is, None where there is none."""
        try:
            with self._told():
                size = int(obstore.head(self._store, file_key(sha256))["size"])
            digest = hashlib.sha256()
            for piece in self.pieces(sha256, size):
                digest.update(piece)
        except FileNotFoundError:
            return None
        return digest.hexdigest(), size

    def sizes(self) -> dict[str, int]:
        """Every file there is, with its size."""
        with self._told():
            named = ((_FILE.fullmatch(key), size) for key, size, _moment in self._listed(None))
            return {match[1]: size for match, size in named if match}

    def check(self) -> None:
        """Write, read and remove something. Raises KnownError with what the administrator has to do."""
        key = f"parts/check/{new_id()}"
        self._put(key, b"zhuqitong")
        try:
            if self._get(key) != b"zhuqitong":
                raise KnownError("blobs_wrong", f"附件存储 {self.place} 读出的和写入的不一样，不能使用。")
        except FileNotFoundError as error:
            raise KnownError("blobs_wrong", f"附件存储 {self.place} 写入后读不到，不能使用。") from error
        finally:
            self._delete(key)

    # ---- one request

    def _put(self, key: str, data: bytes) -> None:
        with self._told(writing=True):
            obstore.put(self._store, key, data, use_multipart=False)

    def _get(self, key: str) -> bytes:
        with self._told():
            return bytes(obstore.get(self._store, key).bytes())

    def _delete(self, key: str) -> None:
        with self._told(), suppress(FileNotFoundError):
            obstore.delete(self._store, key)

    def _listed(self, prefix: str | None) -> Iterator[tuple[str, int, datetime]]:
        for page in obstore.list(self._store, prefix):
            for found in page:
                yield found["path"], found["size"], found["last_modified"]

    def _flush(self, key: str) -> None:
        """To the disk: the bytes, the name, and the folders that were made for it."""
        if self.folder is None:
            return
        path = self.folder / key
        _sync(path, os.O_RDWR)
        for folder in path.parents:
            sync_folder(folder)
            if folder == self.folder:
                break

    @contextmanager
    def _told(self, writing: bool = False) -> Iterator[None]:
        """Errors of the store as what the administrator can do. A missing object stays a FileNotFoundError."""
        try:
            yield
        except FileNotFoundError as error:
            if not writing:
                raise
            text = f"附件存储 {self.place} 不在：没有这个桶或文件夹。请检查 --blobs 和桶名。"
            raise KnownError("blobs_bucket", text) from error
        except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
            text = f"附件存储 {self.place} 不让读写：请检查密钥和权限（S3 见 s3.toml 或 AWS_ 环境变量）。"
            raise KnownError("blobs_denied", text) from error
        except BaseError as error:
            raise self._known(error) from error

    def _known(self, error: BaseError) -> KnownError:
        number = _SYSTEM_ERROR.search(str(error))
        known = known_at_center(OSError(int(number[1]), "")) if number else None
        if known is not None:
            return known
        text = f"附件存储 {self.place} 现在连不上或出错了，附件暂时不能上传和下载。请检查它是否在运行、地址对不对。"
        return KnownError("blobs_unreachable", text)


def file_key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


class PartGoneError(Exception):
    """A part of an upload is not in the store."""


class _DiffersError(Exception):
    """The bytes are not those that were announced."""


async def _checked(pieces: AsyncIterator[bytes], sha256: str, size: int) -> AsyncIterator[bytes]:
    """The pieces as they are; raises at their end where they were not those. Nothing has its name before that."""
    digest, count = hashlib.sha256(), 0
    async for piece in pieces:
        digest.update(piece)
        count += len(piece)
        yield piece
    if (digest.hexdigest(), count) != (sha256, size):
        raise _DiffersError


async def _one_by_one(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _local(folder: Path) -> LocalStore:
    return LocalStore(folder, automatic_cleanup=True)


def _modified(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.now(UTC)


def sync_folder(folder: Path) -> None:
    """Make the names of new files last: what fsync of the file itself does not do."""
    if sys.platform != "win32":
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, mode: int) -> None:
    handle = os.open(path, mode)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
