"""What hangs on an enterprise besides its profile: seats, tags, contacts, cultivation, land (domain.md §1, §3.6).

Each is a document of its own in the enterprise's bucket: two people who add a contact each do not meet. Dates are Beijing days
as `YYYY-MM-DD`; areas in thousandths of a mu, so that no float is written.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from app.domain.documents import DocumentModel

SEATS = ("county_leader", "department_contact", "grid_leader", "grid_member", "service_officer")
"""五位一体 (§1, 49): the five seats, by the ids of the dictionary `seats`."""


class Seat(DocumentModel):
    """Who sits in one of the five seats. Its id is `seat_id(enterprise, seat)`: there is one of each."""

    kind: ClassVar[str] = "seat"
    id: str
    enterprise: str
    seat: Literal["county_leader", "department_contact", "grid_leader", "grid_member", "service_officer"]
    person_name: str | None = None
    """None: vacant (缺位)."""
    organisation: str | None = None
    duty: str | None = None
    phone: str | None = None
    since: str | None = None


def seat_id(enterprise: str, seat: str) -> str:
    """The id of a seat's document: the same on every laptop, so that two people who fill it meet in one document."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"seat:{enterprise}:{seat}"))


class Contact(DocumentModel):
    """A person of the enterprise. Only name, duty and work phone are kept (domain.md §3.8)."""

    kind: ClassVar[str] = "contact"
    id: str
    enterprise: str
    name: str = Field(min_length=1, max_length=64)
    duty: str | None = None
    phone: str | None = Field(default=None, max_length=32)
    main: bool = False
    note: str | None = None


class EnterpriseTag(DocumentModel):
    """A qualification or a list the enterprise is on (§3.6): 规上, 专精特新, 高新, the eight lists (八大清单)."""

    kind: ClassVar[str] = "enterprise_tag"
    id: str
    enterprise: str
    tag: str
    """Code of the dictionary `enterprise_tags`."""
    level: str | None = None
    authority: str | None = None
    number: str | None = None
    granted_on: str | None = None
    expires_on: str | None = None
    note: str | None = None


class Cultivation(DocumentModel):
    """A track of 梯度培育 and 四转 (§1, 64): where the enterprise stands and what is lacking."""

    kind: ClassVar[str] = "cultivation"
    id: str
    enterprise: str
    track: str
    """Code of the dictionary `cultivation_tracks`."""
    stage: str | None = None
    target_on: str | None = None
    gap: str | None = None
    person_name: str | None = None
    done_on: str | None = None


class LandFlag(StrEnum):
    """五未 (§1, 72)."""

    APPROVED_NOT_SUPPLIED = "approved_not_supplied"
    SUPPLIED_NOT_USED = "supplied_not_used"
    NOT_USED_UP = "not_used_up"
    BUILT_NOT_RUNNING = "built_not_running"
    RUNNING_BELOW_STANDARD = "running_below_standard"


LAND_FLAG_NAMES = {
    LandFlag.APPROVED_NOT_SUPPLIED: "批而未供",
    LandFlag.SUPPLIED_NOT_USED: "供而未用",
    LandFlag.NOT_USED_UP: "用而未尽",
    LandFlag.BUILT_NOT_RUNNING: "建而未投",
    LandFlag.RUNNING_BELOW_STANDARD: "投而未达标",
}


class Parcel(DocumentModel):
    """宗地 (§1, 72 and 73). `disposed_milli_mu` of `area_milli_mu` are disposed of."""

    kind: ClassVar[str] = "parcel"
    id: str
    enterprise: str
    number: str | None = None
    location: str | None = None
    area_milli_mu: int = Field(ge=0)
    use: str | None = None
    """`own`, `leased`, `plant` (楼宇)."""
    flags: list[LandFlag] = []
    disposal: str | None = None
    disposed_milli_mu: int = Field(default=0, ge=0)
    disposed_on: str | None = None


PARTS: tuple[type[DocumentModel], ...] = (Seat, Contact, EnterpriseTag, Cultivation, Parcel)


def vacancies(seats: dict[str, Seat]) -> tuple[str, ...]:
    """The seats nobody sits in, in the order of SEATS."""
    return tuple(id for id in SEATS if id not in seats or not (seats[id].person_name or "").strip())


class Expiry(StrEnum):
    """How near the end of a tag is."""

    VALID = "valid"
    SOON = "soon"
    EXPIRED = "expired"
    UNLIMITED = "unlimited"


REVIEW_AHEAD_DAYS = 90
"""【默】 From so many calendar days before the end on the review of a tag is called for."""


@dataclass(frozen=True, slots=True)
class TagExpiry:
    """`days` until the last day, negative when over; None where there is none."""

    expiry: Expiry
    days: int | None


def tag_expiry(tag: EnterpriseTag, today: date, ahead: int = REVIEW_AHEAD_DAYS) -> TagExpiry:
    """Whether a tag is valid, to be reviewed soon, or over (三年有效期, 复核提醒, §3.6)."""
    if tag.expires_on is None:
        return TagExpiry(Expiry.UNLIMITED, None)
    days = (date.fromisoformat(tag.expires_on) - today).days
    if days < 0:
        return TagExpiry(Expiry.EXPIRED, days)
    return TagExpiry(Expiry.SOON if days <= ahead else Expiry.VALID, days)


def masked(phone: str) -> str:
    """`138****0022` (domain.md §3.8): the middle of a number is covered, short ones but for their end."""
    digits = phone.strip()
    if len(digits) >= 11:
        return f"{digits[:-8]}****{digits[-4:]}"
    return "*" * max(0, len(digits) - 2) + digits[-2:]
