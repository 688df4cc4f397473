"""Fetching one attachment's blob for somebody who wants to look at it now, beside the runs of the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.errors import KnownError, known_from
from sync.client.terms import never


def fetch_blob(
    session: dict[str, Any] | None,
    sha256: str,
    to: Path,
    progress: Callable[[int], None] = lambda _bytes: None,
    stop: Callable[[], bool] = never,
) -> bool:
    """Into a file, over a connection of its own, going on where an earlier attempt ended. `progress` is told the bytes
    that are here; False where `stop` ended it.

    Raises KnownError: not signed in, offline, given up by the centre, disk full …
    """
    if not session:
        raise KnownError("not_signed_in", "还没有登录。请先填写中心地址、账号和口令登录一次。")
    # It costs a moment to load and is not needed before somebody looks at a picture.
    from sync.client.transport import Transport

    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with Transport(session["server"], session["token"]) as transport:
            return transport.download(sha256, to, progress, stop)
    except FileNotFoundError as error:
        # Its bucket was let go meanwhile, and what had come of it with that.
        raise KnownError("gone", "这个附件已不归您查看，没有保存在本机。") from error
    except OSError as error:
        known = known_from(error)
        if known is None:
            raise
        raise known from error
