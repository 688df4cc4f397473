"""Errors a person can do something about.

Anything else that is raised is a bug and is shown as one: the two look different on screen (`ui/errors.py`).
"""

from __future__ import annotations

import errno
import sqlite3


class KnownError(Exception):
    """Something went wrong that the user can act on.

    `code` is stable and English (scripts and tests look at it); `text` is a Chinese sentence that says what
    happened and what to do.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    def __repr__(self) -> str:
        return f"KnownError({self.code!r}, {self.text!r})"


DISK_FULL = "磁盘空间不足，刚才这一步没有保存。请清理出一些空间（至少 200 MB）后再试，已保存的内容不受影响。"
READ_ONLY = "数据文件夹不能写入。请检查文件夹权限，或用 --data 指定一个可以写入的文件夹。"


def known_from(error: BaseException) -> KnownError | None:
    """The known error behind a failed write, or None where it is not one: a full or a read-only disk."""
    if isinstance(error, KnownError):
        return error
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return KnownError("disk_full", DISK_FULL)
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR):
            return KnownError("read_only", READ_ONLY)
    if isinstance(error, sqlite3.OperationalError):
        text = str(error)
        if "disk is full" in text or "disk I/O error" in text:
            return KnownError("disk_full", DISK_FULL)
        if "readonly database" in text or "unable to open database" in text:
            return KnownError("read_only", READ_ONLY)
        if "database is locked" in text:
            return KnownError("store_busy", "本机数据正被另一个程序占用。请关闭其他驻企通窗口后再试。")
    if isinstance(error, sqlite3.DatabaseError) and (
        "malformed" in str(error) or "not a database" in str(error)
    ):
        return KnownError(
            "store_damaged", "本机数据文件已损坏。请不要删除它，先另存一份，再联系管理员用中心的数据恢复。"
        )
    return None
