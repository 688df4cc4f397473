"""A file appears whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.errors import KnownError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes its name only when the block ends well and the bytes are on the disk.

    Whatever goes wrong, an older file of that name stays as it was and nothing half-written is left. KnownError:
    `disk_full`, `not_writable`, `no_folder`, each saying what to do.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise known(error, path) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        # mkstemp is for the owner alone; a document in a folder is for whoever may read the folder.
        part.chmod(0o666 & ~_umask())
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise known(error, path) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def known(error: OSError, path: Path) -> Exception:
    """What to tell the user about a file that could not be written; the error itself where it is not known."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return KnownError(
            "disk_full", f"磁盘空间不足，{path.name} 没有生成。请清理出一些空间，或换一个保存位置后再试。"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return KnownError(
            "not_writable",
            f"不能写入 {path}。请检查文件夹权限；如果这个文件正在别的程序里打开，请先关闭它，或换一个文件名再试。",
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG):
        return KnownError("no_folder", f"不能保存到 {path}：文件夹不存在，或者文件名不可用。请另选一个位置。")
    return error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
