"""入企登记: writing down who came, the list of it, and the hint to come together (合并入企)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain import buckets
from app.domain.entry import CROWDED_DAYS, NATURE_NAMES, Coming, Entry, crowded
from app.domain.ids import new_id
from app.domain.projections import ENTRY_ROW, VISIT_ROW
from app.domain.visit import Visit, VisitMethod, VisitState
from app.errors import KnownError
from app.services import words
from app.services.desk import Desk

RATING_WORDS = {1: "不满意", 2: "不太满意", 3: "基本满意", 4: "满意", 5: "非常满意"}
_THERE = (None, VisitMethod.ON_SITE, VisitMethod.RECEPTION)
"""Visits by which somebody really comes; nobody is disturbed at his gate by a telephone."""


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One row of the list. `nth`: the how manieth coming within seven days it was."""

    id: str
    enterprise: str
    enterprise_name: str
    day: str
    when: str
    organisation: str
    people: int
    reason: str
    nature: str
    nature_word: str
    nth: int
    withdrawn: bool
    entry: Entry


def listing(desk: Desk, enterprise: str | None = None) -> list[EntryLine]:
    """Entries on this laptop, the newest first."""
    bucket = buckets.of_enterprise(enterprise) if enterprise else None
    entries = [Entry.of(document) for document in desk.store.of_kind(Entry.kind, bucket)]
    entries.sort(key=lambda entry: (entry.day, entry.entered or "", entry.noted_at), reverse=True)
    known = {entry.enterprise: comings(desk, entry.enterprise) for entry in entries}
    return [_line(entry, known[entry.enterprise]) for entry in entries]


def _line(entry: Entry, known: list[Coming]) -> EntryLine:
    day = date.fromisoformat(entry.day)
    times = "–".join(time for time in (entry.entered, entry.left) if time)
    return EntryLine(
        id=entry.id,
        enterprise=entry.enterprise,
        enterprise_name=entry.enterprise_name,
        day=entry.day,
        when=f"{words.day(day)} {times}".strip(),
        organisation=entry.organisation,
        people=entry.people,
        reason=entry.reason,
        nature=entry.nature,
        nature_word=NATURE_NAMES[entry.nature],
        nth=sum(0 <= (day - one.day).days < CROWDED_DAYS for one in known),
        withdrawn=entry.withdrawn_at is not None,
        entry=entry,
    )


def note(desk: Desk, enterprise: str, **fields: Any) -> str:
    """Write an entry down (args of `entry.make`); gives its id. Refusal with what is lacking."""
    id = new_id()
    desk.make(desk.change("entry.make", buckets.of_enterprise(enterprise), Entry.kind, id, fields))
    return id


def leave(desk: Desk, id: str, left: str) -> None:
    """`HH:MM` at which they left."""
    _act(desk, id, "entry.leave", {"left": left})


def rate(desk: Desk, id: str, rating: int, note: str = "") -> None:
    """The enterprise's word on it, 1 to 5."""
    _act(desk, id, "entry.rate", {"rating": rating, "note": note or None})


def withdraw(desk: Desk, id: str, reason: str) -> None:
    """It was written down by mistake."""
    _act(desk, id, "entry.withdraw", {"reason": reason})


def _act(desk: Desk, id: str, name: str, args: dict[str, Any]) -> None:
    document = desk.store.get(Entry.kind, id)
    if document is None:
        raise KnownError("not_held", "这条入企登记不在本机，可能企业已经移交。请同步后再看。")
    desk.make(desk.change(name, document.bucket, Entry.kind, id, args))


# ---------------------------------------------------------------- too often


def comings(desk: Desk, enterprise: str, apart_from: str | None = None) -> list[Coming]:
    """Who was at an enterprise: visits on the spot and entries. Of one that is not here, what the directory tells."""
    held = buckets.of_enterprise(enterprise) in desk.store.held()
    visit_kind, entry_kind = (Visit.kind, Entry.kind) if held else (VISIT_ROW, ENTRY_ROW)
    found = []
    for document in desk.store.of_kind(visit_kind):
        body = document.body
        there = body.get("state") != VisitState.CANCELLED and body.get("method") in _THERE
        if body.get("enterprise") == enterprise and document.id != apart_from and there:
            found.append(Coming(date.fromisoformat(body["day"]), str(body["officer_name"]), "走访"))
    for document in desk.store.of_kind(entry_kind):
        body = document.body
        if body.get("enterprise") == enterprise and not body.get("withdrawn_at"):
            nature = NATURE_NAMES[body["nature"]]
            found.append(Coming(date.fromisoformat(body["day"]), str(body["organisation"]), nature))
    return sorted(found, key=lambda coming: coming.day)


def crowd_hint(desk: Desk, enterprise: str, day: date, apart_from: str | None = None) -> str:
    """「合并入企」 with who and when, where one coming more on this day is the third within seven; empty otherwise.
    `apart_from` is the visit that is spoken of. It warns and does not block (domain.md §2.11)."""
    found = crowded(comings(desk, enterprise, apart_from), day)
    if not found:
        return ""
    told = "；".join(f"{words.day(one.day)} {one.who}（{one.what}）" for one in found)
    return f"{CROWDED_DAYS} 天内已有 {len(found)} 次入企：{told}。建议合并入企，少打扰企业。"
