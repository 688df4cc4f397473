"""Light rows of what hangs on an enterprise, for the figures of the whole park: no names, no phones, no words.

domain.md §9: R15 (vacant seats), R23 (cultivation), R24 (idle land).
"""

from __future__ import annotations

from app.domain.documents import Body
from app.domain.enterprise_parts import Cultivation, Parcel, Seat

SEAT_ROW = "seat_row"
CULTIVATION_ROW = "cultivation_row"
PARCEL_ROW = "parcel_row"

_FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    Seat.kind: (SEAT_ROW, ("id", "enterprise", "seat")),
    Cultivation.kind: (
        CULTIVATION_ROW,
        ("id", "enterprise", "track", "stage", "target_on", "done_on"),
    ),
    Parcel.kind: (
        PARCEL_ROW,
        ("id", "enterprise", "flags", "area_milli_mu", "disposed_milli_mu", "disposed_on"),
    ),
}
PART_ROWS = {kind: row for kind, (row, _) in _FIELDS.items()}
"""Kind of a part → kind of its row."""


def part_row(kind: str, body: Body | None) -> Body | None:
    """The row of a seat, a track or a parcel; None where there is none. `filled`: somebody sits in the seat."""
    if body is None or "enterprise" not in body:
        return None
    row = {name: body[name] for name in _FIELDS[kind][1] if name in body}
    if kind == Seat.kind:
        row["filled"] = bool(str(body.get("person_name") or "").strip())
    return row
