"""失信查询: the list is at the centre and nowhere else; somebody asks about one name and is told about that one.

(domain.md §10, 8: 敏感类默认不落本地.) What was asked is on record at the centre; the answer stands in the asker's own
bucket until he puts it away.
"""

from __future__ import annotations

import hashlib
import unicodedata
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from app.domain.documents import DocumentModel


class Told(StrEnum):
    WAITING = "waiting"
    CLEAR = "clear"
    LISTED = "listed"


TOLD_WORDS = {Told.WAITING: "等中心回答", Told.CLEAR: "没有记录", Told.LISTED: "有记录"}


class Listed(BaseModel):
    """One entry of the list, as it was imported."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str
    credit_code: str = ""
    kind: str = ""
    reason: str = ""
    since: str = ""
    until: str = ""


class BlacklistQuery(DocumentModel):
    """One question (`u:` bucket of who asked) and its answer."""

    kind: ClassVar[str] = "blacklist_query"
    id: str
    asked: str
    why: str
    asked_at: str
    asked_by: str
    asked_by_name: str
    result: Told = Told.WAITING
    told: list[Listed] = []
    answered_at: str | None = None


def key_of(text: str) -> str:
    """What a name or a code is found by: without blanks, width and case."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return hashlib.sha256(plain.encode()).hexdigest()[:36]
