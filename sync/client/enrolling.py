"""Signing in without a network: with the file a centre's `exchange enroll` made, and the PIN that opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.services.desk import Desk
from app.store.confirmed import absorb_page, absorb_verdicts
from sync.client.engine import sum_of
from sync.client.reading import plain_page
from sync.client.session import keep_session
from sync.client.terms import Progress, quiet
from sync.protocol.messages import Pulled, SignedIn
from sync.protocol.package import Note, PackageError, PackageReader, damaged, key_of_pin, open_package


def enroll(desk: Desk, path: Path, pin: str, tell: Callable[[Progress], None] = quiet) -> SignedIn:
    """Keep the session of an enrolment file, and where this laptop has nothing yet, the documents in it.

    PackageError for a file that is none or not whole and for a wrong PIN; KnownError("other_person") where this data
    folder holds somebody else's work. The same file again does no harm.
    """
    with open_package(path) as package:
        if package.header.direction != "enroll":
            raise PackageError(
                "package_direction",
                f"「{package.name}」不是登记文件。请选择管理员给您的登记文件；"
                "回执请登录以后在「同步」页的「U盘交换」里导入。",
            )
        _unlock(package, pin)
        package.verify(lambda done: tell(Progress("check", done, package.size, "正在核对登记文件")))
        signed, device = _session(package)
        # A device of its own in any case: the id is the centre's, and so is the key that goes with it.
        keep_session(desk.store, "", device, signed)
        if not desk.store.held():
            _documents(desk, package, tell)
    return signed


def _unlock(package: PackageReader, pin: str) -> None:
    try:
        package.unlock(key_of_pin(pin, package.header.salt))
    except PackageError as error:
        raise PackageError(
            "wrong_pin", "PIN 不对，或者登记文件被改动过。请核对管理员给您的 PIN（不分大小写）后再试。"
        ) from error


def _session(package: PackageReader) -> tuple[SignedIn, str]:
    first = next(package.records(), None)
    if not isinstance(first, Note) or first.what != "session" or not first.body.get("device"):
        raise damaged(package.name)
    try:
        return SignedIn.model_validate(first.body), str(first.body["device"])
    except ValidationError as error:
        raise damaged(package.name) from error


def _documents(desk: Desk, package: PackageReader, tell: Callable[[Progress], None]) -> None:
    received = 0
    with desk.store.write("sync"):
        absorb_verdicts(desk.store, [], desk.context())
        for page in _pages(package):
            parts = [plain_page(part) for part in page.buckets]
            token: Any = page.token
            absorb_page(desk.store, parts, desk.context(), sum_of=sum_of)
            received += sum(len(part.rows) for part in parts)
            tell(Progress("pull", received, None, f"正在读入资料，已读入 {received} 条"))
        desk.store.set_kv("token", token)


def _pages(package: PackageReader) -> list[Pulled]:
    notes = (record for record in package.records() if isinstance(record, Note))
    return [Pulled.model_validate(note.body) for note in notes if note.what == "pulled"]
