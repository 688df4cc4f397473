"""R23, R24: cultivation, and idle land put to use (domain.md §9), from the light rows of an enterprise's parts."""

from __future__ import annotations

from app.domain.documents import Body
from app.domain.figures.definition import Look, Measure, Unit, figure, share
from app.domain.figures.scope import OF_ENTERPRISES
from app.domain.part_rows import CULTIVATION_ROW, PARCEL_ROW

REGULATED = "small_to_regulated"
SPECIALISED = "specialised"
"""Codes of the dictionary `cultivation_tracks`."""


def _track(look: Look, track: str) -> Measure:
    rows = [row for row in look.rows.of(CULTIVATION_ROW) if row.get("track") == track]
    last = look.period.last.isoformat()
    return share(rows, lambda row: row.get("done_on") and row["done_on"] <= last)


@figure("R23", Unit.PERCENT, CULTIVATION_ROW, scopes=OF_ENTERPRISES)
def regulated(look: Look) -> Measure:
    return _track(look, REGULATED)


@figure("R23b", Unit.PERCENT, CULTIVATION_ROW, scopes=OF_ENTERPRISES)
def specialised(look: Look) -> Measure:
    return _track(look, SPECIALISED)


def _idle(look: Look) -> tuple[list[Body], list[Body]]:
    """五未 parcels: those disposed of by the end of the period, in whole or in part, and all."""
    last = look.period.last.isoformat()
    rows = [row for row in look.rows.of(PARCEL_ROW) if row.get("flags")]
    done = [row for row in rows if row.get("disposed_milli_mu") and (row.get("disposed_on") or "") <= last]
    return done, rows


@figure("R24", Unit.AREA, PARCEL_ROW, scopes=OF_ENTERPRISES)
def disposed(look: Look) -> Measure:
    done, rows = _idle(look)
    return Measure(sum(row["disposed_milli_mu"] for row in done), None, done, rows)


@figure("R24b", Unit.PERCENT, PARCEL_ROW, scopes=OF_ENTERPRISES)
def disposed_share(look: Look) -> Measure:
    done, rows = _idle(look)
    whole = sum(row.get("area_milli_mu") or 0 for row in rows)
    return Measure(sum(row["disposed_milli_mu"] for row in done), whole, done, rows)
