"""The table of a register: its lines, what narrows them, and their sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from app.domain.documents import Body
from app.domain.enterprise import Enterprise
from app.domain.people import Role
from app.domain.projections import RECORD_ROW
from app.domain.record import Record
from app.domain.record_facts import entry_row, number
from app.domain.record_lamps import Lamp, lamps
from app.domain.record_steps import STAGE_WORDS
from app.services.desk import Desk
from app.services.enterprises_forms import Code
from app.services.forms import form_of
from app.services.pinyin import initials
from app.services.registers_forms import Column, RegisterForm, columns_of, plain, register_of, registers

WRITERS = frozenset({Role.OFFICER, Role.COORDINATOR, Role.REVISITOR})


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One entry. `cells` are texts by column's path, `raw` the answers themselves; `held`: it is here whole."""

    id: str
    enterprise: str
    enterprise_name: str
    number: str
    title: str
    day: str
    made_by_name: str
    version: int
    stage: str
    stage_word: str
    withdrawn: bool
    held: bool
    cells: Mapping[str, str]
    raw: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    lamps: tuple[Lamp, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterTable:
    """Everything the page of one register shows; `stages` are the words of its stages, none where it has none."""

    form: RegisterForm
    columns: tuple[Column, ...]
    lines: tuple[RecordLine, ...]
    stages: Mapping[str, str]
    may_file: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a table is narrowed to: words, a period of days (inclusive), one choice per column, a stage."""

    text: str = ""
    since: str = ""
    until: str = ""
    picked: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""
    withdrawn: bool = False

    @property
    def narrow(self) -> bool:
        picked = any(self.picked.values())
        return bool(self.text.strip() or self.since or self.until or self.stage or self.withdrawn or picked)

    def holds(self, line: RecordLine) -> bool:
        """Whether a line is among what is wanted."""
        if line.withdrawn is not self.withdrawn:
            return False
        if (self.since and line.day < self.since) or (self.until and line.day > self.until):
            return False
        if self.stage and line.stage != self.stage:
            return False
        if any(code and str(line.raw.get(path, "")) != code for path, code in self.picked.items()):
            return False
        words = self.text.lower().split()
        there = " ".join(
            (line.enterprise_name, line.number, line.title, line.made_by_name, *line.cells.values())
        ).lower()
        return all(word in there for word in words)


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a column over some lines; `counted` of them have a number in it."""

    label: str
    total: Decimal
    unit: str
    counted: int

    @property
    def text(self) -> str:
        return f"{self.label} {plain(self.total)}{' ' + self.unit if self.unit else ''}"


def table(desk: Desk, form_id: str) -> RegisterTable:
    """One register with all its entries this laptop may show, the newest first."""
    register = register_of(desk, form_id)
    columns = columns_of(form_of(desk, register.form_id, register.version))
    stages = STAGE_WORDS.get(register.ledger, {})
    lines = [
        _lit(desk, register.ledger, _line(body, held, columns, stages))
        for body, held in all_rows(desk)
        if body.get("form_id") == form_id
    ]
    lines.sort(key=lambda line: (line.day, line.id), reverse=True)
    may = bool(desk.signed_in().actor.roles & WRITERS)
    return RegisterTable(register, columns, tuple(lines), stages, may)


def _lit(desk: Desk, ledger: str, line: RecordLine) -> RecordLine:
    if line.withdrawn:
        return line
    return replace(line, lamps=tuple(lamps(ledger, line.facts, line.stage, desk.today, desk.calendar)))


def all_rows(desk: Desk) -> list[tuple[Body, bool]]:
    """The row of every entry: worked out here from those that are here whole, else the directory's."""
    here = {
        document.id: entry_row(document.body)
        for document in desk.store.of_kind(Record.kind)
        if document.body.get("ledger")
    }
    further = [
        (document.body, False) for document in desk.store.of_kind(RECORD_ROW) if document.id not in here
    ]
    return [(row, True) for row in here.values()] + further


def _line(body: Body, held: bool, columns: Sequence[Column], stages: Mapping[str, str]) -> RecordLine:
    raw, shown = body.get("cells", {}), body.get("shown", {})
    stage = str(body.get("stage", ""))
    return RecordLine(
        id=str(body["id"]),
        enterprise=str(body.get("enterprise", "")),
        enterprise_name=str(body.get("enterprise_name") or "—"),
        number=str(body.get("number") or ""),
        title=str(body.get("title") or ""),
        day=str(body.get("day") or ""),
        made_by_name=str(body.get("made_by_name") or ""),
        version=int(body.get("version", 1)),
        stage=stage,
        stage_word=stages.get(stage, ""),
        withdrawn=body.get("withdrawn_at") is not None,
        held=held,
        cells={
            column.path: column.text(raw.get(column.path), shown.get(column.path, "")) for column in columns
        },
        raw=raw,
        facts=body.get("facts", {}),
    )


def of_enterprise(desk: Desk, enterprise: str) -> list[tuple[str, RecordLine]]:
    """(register's title, entry) of one enterprise, the newest first; withdrawn ones left out."""
    known = {one.form_id: one for one in registers(desk)}
    found = []
    for body, held in all_rows(desk):
        register = known.get(str(body.get("form_id")))
        if register is None or body.get("enterprise") != enterprise or body.get("withdrawn_at"):
            continue
        line = _line(body, held, (), STAGE_WORDS.get(register.ledger, {}))
        found.append((register.title, line))
    return sorted(found, key=lambda pair: (pair[1].day, pair[1].id), reverse=True)


def sums(columns: Sequence[Column], lines: Sequence[RecordLine]) -> list[Sum]:
    """The sums of the columns that have one."""
    found = []
    for column in columns:
        if not column.summed:
            continue
        numbers = [number(line.raw.get(column.path)) for line in lines]
        there = [one for one in numbers if one is not None]
        found.append(Sum(column.label, sum(there, Decimal(0)), column.unit, len(there)))
    return found


class Here(Code):
    """An enterprise to pick, by its name alone."""

    @property
    def text(self) -> str:
        return self.name


def enterprises_here(desk: Desk, text: str, most: int = 6) -> list[Here]:
    """The enterprises an entry can be made for now: those that are here whole, by part of name, code or initials."""
    wanted = text.strip().lower()
    found = []
    for document in desk.store.of_kind(Enterprise.kind):
        enterprise = Enterprise.of(document)
        there = (enterprise.name.lower(), enterprise.credit_code.lower(), initials(enterprise.name).lower())
        if not wanted or any(wanted in one for one in there):
            found.append(Here(enterprise.id, enterprise.name, enterprise.address or ""))
    return sorted(found, key=lambda one: one.name)[:most]
