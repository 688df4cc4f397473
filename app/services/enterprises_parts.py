"""What hangs on an enterprise: seats, contacts, tags, cultivation, land. Looked at for its page, altered one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain import buckets
from app.domain.documents import Document, DocumentModel, same_value
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import (
    LAND_FLAG_NAMES,
    PARTS,
    Contact,
    Cultivation,
    EnterpriseTag,
    Expiry,
    Parcel,
    Seat,
    TagExpiry,
    masked,
    seat_id,
    tag_expiry,
    vacancies,
)
from app.domain.ids import new_id
from app.domain.visit import Record
from app.errors import KnownError
from app.services.desk import Desk

MODELS: Mapping[str, type[DocumentModel]] = {part.kind: part for part in PARTS}
VACANT = "缺位"


@dataclass(frozen=True, slots=True)
class PartLine:
    """One part as its card shows it. `tone` and `word` are its mark (word empty: none); `hidden` a phone to be shown on
    demand, `text` and `remark` say it masked."""

    kind: str
    id: str
    text: str
    remark: str
    tone: str = ""
    word: str = ""
    hidden: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of one enterprise, in the order of their cards."""

    seats: tuple[PartLine, ...]
    contacts: tuple[PartLine, ...]
    tags: tuple[PartLine, ...]
    cultivation: tuple[PartLine, ...]
    parcels: tuple[PartLine, ...]
    vacant: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """A tag that has run out or soon will."""

    enterprise: str
    enterprise_name: str
    text: str
    expired: bool
    days: int


def parts(desk: Desk, enterprise: Enterprise) -> Parts:
    """Everything that hangs on an enterprise that is on this laptop."""
    here: dict[str, list[Document]] = {}
    for document in desk.store.in_bucket(buckets.of_enterprise(enterprise.id)):
        here.setdefault(document.kind, []).append(document)
    sitting: dict[str, Seat] = {seat.seat: seat for seat in map(Seat.of, here.get(Seat.kind, ()))}
    contacts = [Contact.of(one) for one in here.get(Contact.kind, ())]
    contacts.sort(key=lambda one: (not one.main, one.name))
    tags = [EnterpriseTag.of(one) for one in here.get(EnterpriseTag.kind, ())]
    tags.sort(key=lambda one: (one.expires_on or "9999", one.tag))
    tracks = [Cultivation.of(one) for one in here.get(Cultivation.kind, ())]
    parcels = [Parcel.of(one) for one in here.get(Parcel.kind, ())]
    records = [Record.of(one) for one in here.get(Record.kind, ())]
    return Parts(
        seats=tuple(_seat_line(enterprise.id, item, sitting.get(item["id"])) for item in _seats(desk)),
        contacts=tuple(_contact_line(one) for one in contacts),
        tags=tuple(_tag_line(desk, one) for one in tags),
        cultivation=tuple(_track_line(desk, enterprise, one, records) for one in tracks),
        parcels=tuple(_parcel_line(one) for one in parcels),
        vacant=len(vacancies(sitting)),
    )


def seats(desk: Desk, enterprise: str) -> dict[str, Seat]:
    """The five seats by the ids of the dictionary `seats`, as far as somebody sits there."""
    found = map(Seat.of, desk.store.of_kind(Seat.kind, buckets.of_enterprise(enterprise)))
    return {seat.seat: seat for seat in found if (seat.person_name or "").strip()}


def _seats(desk: Desk) -> list[dict[str, Any]]:
    return desk.dictionary("seats")


def _seat_line(enterprise: str, item: Mapping[str, Any], seat: Seat | None) -> PartLine:
    name = (seat.person_name or "").strip() if seat else ""
    body = seat.to_body() if seat else {"seat": item["id"]}
    id = seat.id if seat else seat_id(enterprise, item["id"])
    if not name:
        return PartLine(Seat.kind, id, item["name"], "还没有人", "red", VACANT, body=body)
    assert seat is not None
    phone = seat.phone or ""
    place = " ".join(part for part in (name, seat.organisation, seat.duty) if part)
    return PartLine(
        Seat.kind,
        id,
        item["name"],
        _with_phone(place, masked(phone) if phone else ""),
        hidden=phone,
        body=body,
    )


def _contact_line(contact: Contact) -> PartLine:
    phone = contact.phone or ""
    text = "，".join(part for part in (contact.name, contact.duty) if part)
    return PartLine(
        Contact.kind,
        contact.id,
        text,
        masked(phone) if phone else "没有电话",
        *(("blue", "主要联系人") if contact.main else ("", "")),
        hidden=phone,
        body=contact.to_body(),
    )


def _with_phone(text: str, phone: str) -> str:
    return f"{text} · {phone}" if phone else text


def _tag_line(desk: Desk, tag: EnterpriseTag) -> PartLine:
    found = tag_expiry(tag, desk.today)
    parts = [tag.level, tag.authority, tag.number, f"有效期至 {tag.expires_on}" if tag.expires_on else None]
    tone = {Expiry.EXPIRED: "red", Expiry.SOON: "yellow"}.get(found.expiry, "")
    return PartLine(
        EnterpriseTag.kind,
        tag.id,
        tag_name(desk, tag.tag),
        " · ".join(part for part in parts if part),
        tone,
        expiry_word(found) if tone else "",
        body=tag.to_body(),
    )


def tag_name(desk: Desk, code: str) -> str:
    """The tag's name; an unknown code is shown as it is."""
    return next(
        (str(item["name"]) for item in desk.dictionary("enterprise_tags") if item["code"] == code), code
    )


def expiry_word(expiry: TagExpiry) -> str:
    """`已过期 3 天`, `还有 12 天到期`; empty where there is no end."""
    if expiry.days is None:
        return ""
    if expiry.days < 0:
        return f"已过期 {-expiry.days} 天"
    return "今天到期" if expiry.days == 0 else f"还有 {expiry.days} 天到期"


def _track_line(desk: Desk, enterprise: Enterprise, track: Cultivation, records: list[Record]) -> PartLine:
    item = next((one for one in desk.dictionary("cultivation_tracks") if one["code"] == track.track), {})
    told = [track.stage, f"目标 {track.target_on}" if track.target_on else None, track.gap]
    told.append(gap_text(enterprise, records, item.get("revenue_wan")))
    done = ("green", "已达成") if track.done_on else ("", "")
    return PartLine(
        Cultivation.kind,
        track.id,
        str(item.get("name", track.track)),
        " · ".join(part for part in told if part),
        *done,
        body=track.to_body(),
    )


def last_revenue(enterprise: Enterprise, records: list[Record]) -> Decimal | None:
    """上年营收 in 万元: as the profile says, else as the last visit's record had it; None where nobody knows."""
    for value in (enterprise.revenue_last_year, *_of_records(records)):
        try:
            if value not in (None, ""):
                return Decimal(str(value))
        except InvalidOperation:
            continue
    return None


def _of_records(records: list[Record]) -> list[Any]:
    newest = sorted(records, key=lambda record: record.id, reverse=True)
    return [
        value
        for record in newest
        for path, value in record.values.items()
        if path.rpartition("/")[2] == "d08_revenue"
    ]


def gap_text(enterprise: Enterprise, records: list[Record], least: float | None) -> str:
    """入规差距: what the revenue lacks of what the track asks for. Empty where the track asks for nothing."""
    if least is None:
        return ""
    revenue = last_revenue(enterprise, records)
    if revenue is None:
        return "上年营收还没有登记，算不出差距"
    lacking = Decimal(str(least)) - revenue
    if lacking <= 0:
        return f"上年营收 {_plain(revenue)} 万元，已达 {_plain(Decimal(str(least)))} 万元"
    return f"上年营收 {_plain(revenue)} 万元，还差 {_plain(lacking)} 万元"


def _plain(value: Decimal) -> str:
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def mu_text(milli_mu: int) -> str:
    """`12.5 亩`."""
    return f"{_plain_mu(milli_mu)} 亩"


def _plain_mu(milli_mu: int) -> str:
    return (
        f"{Decimal(milli_mu) / 1000:f}".rstrip("0").rstrip(".") if milli_mu % 1000 else str(milli_mu // 1000)
    )


LAND_USES = {"own": "自有", "leased": "租用", "plant": "楼宇厂房"}


def _parcel_line(parcel: Parcel) -> PartLine:
    flags = "、".join(LAND_FLAG_NAMES[flag] for flag in parcel.flags)
    told = [parcel.location, LAND_USES.get(parcel.use or "")]
    if parcel.flags:
        told.append(f"已处置 {_plain_mu(parcel.disposed_milli_mu)} / {mu_text(parcel.area_milli_mu)}")
        told.append(parcel.disposal)
    settled = parcel.disposed_milli_mu >= parcel.area_milli_mu
    return PartLine(
        Parcel.kind,
        parcel.id,
        " ".join(part for part in (parcel.number or "宗地", mu_text(parcel.area_milli_mu)) if part),
        " · ".join(part for part in told if part),
        "" if not flags else "green" if settled else "yellow",
        f"{flags}，已处置" if flags and settled else flags,
        body=parcel.to_body(),
    )


# ---------------------------------------------------------------- altering


def save(desk: Desk, enterprise: str, kind: str, id: str | None, fields: Mapping[str, Any]) -> str:
    """Make a part (`id` None, or a seat nobody sat in yet) or alter it; returns its id. Only what differs is sent.

    KnownError where a field is not as it must be, in words that say which.
    """
    model = MODELS[kind]
    bucket = buckets.of_enterprise(enterprise)
    id = id or new_id()
    standing = desk.store.get(kind, id)
    wanted = {name: value for name, value in fields.items() if name in model.model_fields}
    if standing is None:
        body = {
            "id": id,
            "enterprise": enterprise,
            **{k: v for k, v in wanted.items() if v not in (None, "")},
        }
        args = {"fields": {name: [None, value] for name, value in body.items()}}
        desk.make(desk.change("put", bucket, kind, id, args))
        return id
    altered = {
        name: [standing.body.get(name), value if value != "" else None]
        for name, value in wanted.items()
        if name != "seat" and not same_value(standing.body.get(name), value if value != "" else None)
    }
    if altered:
        desk.make(desk.change("patch", bucket, kind, id, {"fields": altered}))
    return id


def remove(desk: Desk, enterprise: str, kind: str, id: str) -> None:
    """Take a part off; a seat is left vacant instead."""
    bucket = buckets.of_enterprise(enterprise)
    if kind == Seat.kind:
        emptied = dict.fromkeys(("person_name", "organisation", "duty", "phone", "since"))
        save(desk, enterprise, kind, id, emptied)
        return
    desk.make(desk.change("part.remove", bucket, kind, id, {}))


def milli_mu(text: str) -> int:
    """`12.5` mu as thousandths. KnownError where it is no area."""
    try:
        value = Decimal(text.strip() or "0") * 1000
    except InvalidOperation:
        raise KnownError("area", f"面积「{text.strip()}」读不出来，请填数字，单位是亩，例如 12.5。") from None
    if value < 0 or value != value.to_integral_value():
        raise KnownError("area", "面积请填不小于 0 的数，最多三位小数，单位是亩。")
    return int(value)


def ends_after(granted_on: str | None, years: int | None) -> str | None:
    """The last day of a tag that is valid for so many years from its day; None where either is not known."""
    if not granted_on or not years:
        return None
    first = date.fromisoformat(granted_on)
    try:
        return first.replace(year=first.year + years).isoformat()
    except ValueError:  # 29 February
        return first.replace(year=first.year + years, day=28).isoformat()


# ---------------------------------------------------------------- reminders


def reminders(desk: Desk) -> list[Reminder]:
    """Tags that have run out or are to be reviewed soon, of the enterprises on this laptop; the most urgent first."""
    found: list[Reminder] = []
    for document in desk.store.of_kind(EnterpriseTag.kind):
        tag = EnterpriseTag.of(document)
        expiry = tag_expiry(tag, desk.today)
        if expiry.expiry not in (Expiry.SOON, Expiry.EXPIRED) or expiry.days is None:
            continue
        enterprise = desk.store.get(Enterprise.kind, tag.enterprise)
        if enterprise is None:
            continue
        name = str(enterprise.body["name"])
        text = f"{name}的「{tag_name(desk, tag.tag)}」{expiry_word(expiry)}，请提醒复核"
        found.append(Reminder(tag.enterprise, name, text, expiry.expiry is Expiry.EXPIRED, expiry.days))
    return sorted(found, key=lambda one: (one.days, one.enterprise_name))


def signals(desk: Desk) -> dict[str, tuple[bool, bool, frozenset[str]]]:
    """Enterprise → (a seat is vacant, a tag runs out, its tags), of those on this laptop: what the list filters by."""
    held: dict[str, dict[str, Seat]] = {document.id: {} for document in desk.store.of_kind(Enterprise.kind)}
    for seat in map(Seat.of, desk.store.of_kind(Seat.kind)):
        held.setdefault(seat.enterprise, {})[seat.seat] = seat
    tags: dict[str, set[str]] = {}
    expiring: set[str] = set()
    for tag in map(EnterpriseTag.of, desk.store.of_kind(EnterpriseTag.kind)):
        tags.setdefault(tag.enterprise, set()).add(tag.tag)
        if tag_expiry(tag, desk.today).expiry in (Expiry.SOON, Expiry.EXPIRED):
            expiring.add(tag.enterprise)
    return {
        id: (bool(vacancies(seats)), id in expiring, frozenset(tags.get(id, ())))
        for id, seats in held.items()
    }


def day_or_none(text: str) -> str | None:
    """A day as `YYYY-MM-DD`, or nothing. KnownError where it is none."""
    plain = text.strip().replace("/", "-").replace(".", "-")
    if not plain:
        return None
    try:
        year, month, day = plain.split("-")
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise KnownError("day", f"日期「{text.strip()}」读不出来，请写成 2026-11-22 这样。") from None
