"""亩均评档: the entries of a year scored together by a scheme, and the grades written down in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pydantic import ValidationError

from app.domain.record import Record
from app.domain.record_steps import LAND_YIELD
from app.domain.record_yield import Against, Graded, Scheme, against_lines, grade
from app.errors import KnownError
from app.services.desk import Desk
from app.services.registers_table import all_rows

LINE_WORDS = {"tax": "亩均税收", "investment": "亩均投资", "output": "亩均产出", "ratio": "容积率"}


@dataclass(frozen=True, slots=True)
class GradeLine:
    """One enterprise of the year: what it would get (`graded` None: it takes no part), what it has now."""

    id: str
    enterprise_name: str
    lines: tuple[Against, ...]
    graded: Graded | None
    present: str
    held: bool

    @property
    def met(self) -> int:
        return sum(one.met is True for one in self.lines)


def schemes(desk: Desk) -> list[Scheme]:
    """The published versions, the newest first."""
    found = []
    for item in desk.dictionary("yield_schemes"):
        try:
            found.append(Scheme.model_validate(item))
        except ValidationError:
            continue
    return sorted(found, key=lambda one: one.id, reverse=True)


def scheme_of(desk: Desk, id: str) -> Scheme:
    """KnownError where there is none of this version."""
    for one in schemes(desk):
        if one.id == id:
            return one
    raise KnownError("no_scheme", "没有这一版评价方案。请同步后再试，或请管理员发布方案。")


def years(desk: Desk) -> list[int]:
    """The years there are entries of, the newest first."""
    return sorted({int(facts["year"]) for _, facts, _ in _entries(desk)}, reverse=True)


def preview(desk: Desk, year: int, scheme: str) -> list[GradeLine]:
    """What the scheme makes of a year: the graded ones by their place, then who takes no part."""
    chosen = scheme_of(desk, scheme)
    entries = {
        str(row["id"]): (row, facts, held) for row, facts, held in _entries(desk) if facts["year"] == year
    }
    graded = {one.id: one for one in grade({id: facts for id, (_, facts, _) in entries.items()}, chosen)}
    lines = [
        GradeLine(
            id,
            str(row.get("enterprise_name", "")),
            against_lines(facts, chosen),
            graded.get(id),
            str(facts.get("grade") or ""),
            held,
        )
        for id, (row, facts, held) in entries.items()
    ]
    return sorted(lines, key=lambda line: (line.graded.place if line.graded else 10**6, line.enterprise_name))


def grade_all(desk: Desk, year: int, scheme: str) -> tuple[int, int]:
    """Write the grades down, whole or not at all; (how many, how many are not here whole and were left out)."""
    lines = [line for line in preview(desk, year, scheme) if line.graded is not None]
    here = [line for line in lines if line.held]
    if not here:
        raise KnownError("nothing", "这一年还没有能评档的记录。请先登记亩均测算。")
    changes = []
    for line in here:
        assert line.graded is not None
        document = desk.store.get(Record.kind, line.id)
        if document is None:
            continue
        args = {
            "step": "graded",
            "day": desk.today.isoformat(),
            "result": line.graded.grade,
            "score": f"{line.graded.score}",
            "scheme": scheme,
        }
        changes.append(desk.change("record.step", document.bucket, Record.kind, line.id, args))
    desk.make(*changes)
    return len(changes), len(lines) - len(changes)


def _entries(desk: Desk) -> list[tuple[Mapping[str, Any], Mapping[str, Any], bool]]:
    """(row, facts, held) of every entry that stands; of two of one enterprise and year the newer one."""
    newest: dict[tuple[str, int], tuple[Mapping[str, Any], Mapping[str, Any], bool]] = {}
    for row, held in all_rows(desk):
        facts = row.get("facts", {})
        if row.get("ledger") != LAND_YIELD or row.get("withdrawn_at") or not facts.get("year"):
            continue
        key = (str(row.get("enterprise")), int(facts["year"]))
        known = newest.get(key)
        if known is None or (known[0].get("day"), known[0]["id"]) < (row.get("day"), row["id"]):
            newest[key] = (row, {**facts, "year": key[1]}, held)
    return list(newest.values())


def line_text(one: Against) -> str:
    """`亩均税收 20（线 30，缺 500 万元）`."""
    if one.value is None:
        return f"{LINE_WORDS[one.name]} —"
    value = one.value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if one.met or one.gap is None:
        return f"{LINE_WORDS[one.name]} {value}"
    gap = one.gap.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return (
        f"{LINE_WORDS[one.name]} {value}（线 {one.line}，缺 {gap}{'㎡' if one.name == 'ratio' else ' 万元'}）"
    )


def gap_text(lines: Sequence[Against]) -> str:
    """What is missing, of the lines that are not reached."""
    return "；".join(line_text(one) for one in lines if one.met is False) or "四线都达标"
