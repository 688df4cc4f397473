"""What the forms of registers look things up in, besides what a visit's forms have: the last entry, land, schemes."""

from __future__ import annotations

from typing import Any

from app.domain import buckets
from app.domain.enterprise_parts import Parcel
from app.domain.people import Assignment
from app.domain.record import Record, by_name
from app.domain.record_facts import facts_of
from app.domain.record_steps import COVENANT, LAND_YIELD
from app.domain.visit import Visit
from app.services.desk import Desk
from app.services.registers_grading import schemes
from app.services.visit_tables import tables_for


def tables_for_entry(desk: Desk, carrier: Visit, amends: str) -> dict[str, list[dict[str, str]]]:
    """The tables by name; every value is text. `amends`: the entry that is being altered."""
    enterprise = carrier.enterprise
    entries = [
        Record.of(document) for document in desk.store.of_kind(Record.kind, buckets.of_enterprise(enterprise))
    ]
    entries = [one for one in entries if one.entry and not one.withdrawn_at]
    return {
        **tables_for(desk, enterprise, carrier),
        "covenant": _covenant(entries, amends),
        "last_yield": _last_yield(entries, amends),
        "parcels": _parcels(desk, enterprise),
        "agents": _agents(desk, enterprise),
        "integrity": _integrity(desk),
        "yield_scheme": _scheme(desk),
    }


def _latest(entries: list[Record], ledger: str) -> Record | None:
    found = [one for one in entries if one.ledger == ledger]
    return max(found, key=lambda one: (one.day or "", one.id), default=None)


def _covenant(entries: list[Record], amends: str) -> list[dict[str, str]]:
    """The last check of the enterprise's agreement: the one being altered, else the newest."""
    entry = next((one for one in entries if one.id == amends and one.ledger == COVENANT), None)
    entry = entry or _latest(entries, COVENANT)
    if entry is None:
        return []
    said, facts = by_name(entry.values), facts_of(entry)
    return [
        {
            "name": entry.id,
            "checked_on": str(facts.get("checked_on") or ""),
            "conclusion": str(said.get("conclusion_code") or ""),
            "rate": _text(said.get("rate")),
        }
    ]


def _last_yield(entries: list[Record], amends: str) -> list[dict[str, str]]:
    entry = _latest([one for one in entries if one.id != amends], LAND_YIELD)
    if entry is None:
        return []
    facts = facts_of(entry)
    names = ("year", "area", "floor_area", "tax", "investment", "output")
    return [{"name": entry.id, **{name: _text(facts.get(name)) for name in names}}]


def _parcels(desk: Desk, enterprise: str) -> list[dict[str, str]]:
    found = [
        Parcel.of(document) for document in desk.store.of_kind(Parcel.kind, buckets.of_enterprise(enterprise))
    ]
    return [{"name": one.id, "label": one.number or one.id, "area": _mu(one.area_milli_mu)} for one in found]


def _mu(milli: int | None) -> str:
    return "" if milli is None else f"{milli // 1000}.{milli % 1000:03d}".rstrip("0").rstrip(".")


def _agents(desk: Desk, enterprise: str) -> list[dict[str, str]]:
    """Who looks after the enterprise helps with the claim."""
    found = [
        Assignment.of(document)
        for document in desk.store.of_kind(Assignment.kind, buckets.of_enterprise(enterprise))
    ]
    return [{"name": one.person, "label": one.person_name} for one in found if one.stands]


def _integrity(desk: Desk) -> list[dict[str, str]]:
    """The last commitment this person signed (K0): its year and the version of the lists."""
    own = buckets.of_person(desk.signed_in().person)
    signed = []
    for document in desk.store.of_kind(Record.kind, own):
        record = Record.of(document)
        said = by_name(record.values)
        if said.get("k0_signature") and not record.withdrawn_at:
            signed.append((record.day or "", said))
    if not signed:
        return []
    day, said = max(signed, key=lambda pair: pair[0])
    return [
        {
            "name": "last",
            "commitment_year": _text(said.get("k0_year")) or day[:4],
            "list_version": _text(said.get("k0_list_version")),
        }
    ]


def _scheme(desk: Desk) -> list[dict[str, str]]:
    """The newest scheme; its bases only where it gives them itself: by mean or highest they follow from all of them."""
    found = schemes(desk)
    if not found:
        return []
    one = found[0]
    row = {"name": one.id, "version": one.id, "cap": str(one.cap)}
    row |= {f"{name}_line": str(value) for name, value in one.lines.items()}
    row |= {f"weight_{name}": str(value) for name, value in one.above.items()}
    row |= {f"weight_below_{name}": str(value) for name, value in one.below.items()}
    return [row | {f"base_{name}": str(value) for name, value in one.bases.items()}]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
