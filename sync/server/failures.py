"""Answers that are not a success, for all who decide on one; `wire.py` puts them onto the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.protocol.messages import ErrorBody


class WireError(Exception):
    """An answer that is not a success. `retry_after` in seconds, `headers` besides those every such answer has."""

    def __init__(
        self,
        status: int,
        body: ErrorBody,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(body.code)
        self.status = status
        self.body = body
        self.retry_after = retry_after
        self.headers = dict(headers or {})


def error(status: int, code: str, text: str, field: str | None = None, **params: Any) -> WireError:
    """`code` is stable English, `text` a Chinese sentence that says what to do."""
    return WireError(status, ErrorBody(code=code, text=text, field=field, params=params))
