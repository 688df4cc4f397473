"""Two kinds of trouble that look different: what a person can act on, and a bug of the program.

A known error (`KnownError`, a `Refusal`, a full disk …) is one calm sentence. A bug is logged with everything we know
and shown as an incident: what the person can do now, and a text to hand to whoever maintains the program.
"""

from __future__ import annotations

import logging
import platform
import sys
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from app.errors import known_from

log = logging.getLogger("zhuqitong.ui")


class Stopped(Exception):
    """Raised inside a long piece of work after somebody asked it to stop: neither an error nor a result."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What to show. `code` is the known error's code or `bug`; `incident` is the report of a bug, else None."""

    code: str
    text: str
    incident: str | None = None

    @property
    def is_bug(self) -> bool:
        return self.incident is not None


BUG_TEXT = "程序自己出了差错，刚才这一步可能没有完成。已保存的内容不受影响，可以重试；再出现请把下面的说明发给管理员。"


def known_text(error: BaseException) -> tuple[str, str] | None:
    """(code, Chinese sentence) of something the user can act on; None of a bug."""
    known = known_from(error)
    if known is not None:
        return known.code, known.text
    # Looked for among the loaded modules: if nobody imported the rules, nobody can have been refused by them.
    rules = sys.modules.get("app.domain.changes.base")
    if rules is not None and isinstance(error, rules.Refusal):
        return error.code, error.text
    return None


def explain(error: BaseException) -> Trouble:
    """What to show for an exception. A bug is written to the log here, once."""
    known = known_text(error)
    if known is not None:
        return Trouble(*known)
    number = uuid.uuid4().hex[:8].upper()
    incident = _report(number, error)
    log.error("incident %s", number, exc_info=(type(error), error, error.__traceback__))
    return Trouble("bug", BUG_TEXT, incident)


def program_version() -> str:
    # Imported here: it is asked for in the settings and after a bug, not before the first paint.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zhuqitong")
    except PackageNotFoundError:
        return "0.1.0"


def _report(number: str, error: BaseException) -> str:
    trace = "".join(traceback.format_exception(error))
    head = (
        f"事件编号 {number}\n时间 {datetime.now().astimezone():%Y-%m-%d %H:%M:%S}\n"
        f"程序 驻企通 {program_version()}  Python {platform.python_version()}  {platform.platform()}\n"
    )
    return head + trace


def install(show: Callable[[Trouble], None]) -> Callable[[], None]:
    """Hand exceptions that escape from Qt's slots to `show`. Returns what puts the former hook back."""
    former = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            former(kind, error, trace)
        else:
            show(explain(error))

    sys.excepthook = hook

    def restore() -> None:
        sys.excepthook = former

    return restore
