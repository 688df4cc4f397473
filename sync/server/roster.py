"""Importing a park's roster: matching its rows with what stands there, and one transaction for the whole of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from app.domain import buckets, credit_code
from app.domain.documents import same_value
from app.domain.enterprise import Enterprise
from app.domain.ids import derived_id, new_id
from app.domain.projections import ENTERPRISE_ROW
from app.errors import KnownError
from app.imports.roster import Roster, RosterRow
from sync.server import faults, store
from sync.server.database import Database
from sync.server.jobs import run_change
from sync.server.reference import Reference, facts
from sync.server.store import Transaction


@dataclass(slots=True)
class Imported:
    """What an import did, in the shape `roster import --json` prints."""

    rows: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class _DryRun(Exception):
    """Carries the result out of a transaction that is to be rolled back."""

    def __init__(self, result: Imported) -> None:
        super().__init__()
        self.result = result


def import_roster(
    database: Database, reference: Reference, roster: Roster, now: datetime, dry_run: bool = False
) -> Imported:
    """Create and update enterprises, all of them or none. A dry run does the same work and takes it back."""
    importing = _Importing(reference, roster)

    def work(transaction: Transaction) -> Imported:
        result = importing.run(transaction)
        if dry_run:
            raise _DryRun(result)
        return result

    try:
        return store.write(database, work, now)
    except _DryRun as rehearsed:
        return rehearsed.result


class _Importing:
    """One import. May run several times until all its buckets are locked: ids are made once for all runs."""

    def __init__(self, reference: Reference, roster: Roster) -> None:
        self.reference = reference
        self.roster = roster
        self.base = new_id()
        self.new_ids = {row.row: new_id() for row in roster.rows}

    def run(self, transaction: Transaction) -> Imported:
        park = facts(transaction.connection).park
        # The directory's lock first: no second import can match at the same time.
        transaction.need((buckets.directory(park),))
        known = _Known(transaction, park)
        result = Imported(self.roster.total, refused=self.roster.refused)
        result.problems = [
            {"row": note.row, "column": note.column, "code": note.code, "message": note.message}
            for note in self.roster.problems
        ]
        matched: list[tuple[RosterRow, str | None]] = []
        for row in self.roster.rows:
            try:
                matched.append((row, known.match(row)))
            except KnownError as problem:
                _refuse(result, row, problem)
        ids = [id or self.new_ids[row.row] for row, id in matched]
        transaction.need([buckets.of_enterprise(id) for id in ids])
        transaction.prefetch((buckets.of_enterprise(id), Enterprise.kind, id) for id in ids)
        transaction.prefetch((buckets.directory(park), ENTERPRISE_ROW, id) for id in ids)
        for row, id in matched:
            try:
                self._take(transaction, row, id, result)
            except KnownError as problem:
                _refuse(result, row, problem)
            faults.point("roster_row")
        result.problems.sort(key=lambda problem: problem["row"])
        return result

    def _take(self, transaction: Transaction, row: RosterRow, id: str | None, result: Imported) -> None:
        if id is None:
            id = self.new_ids[row.row]
            body = {"id": id, "credit_code": _temporary_code(id), **row.fields}
            fields = {name: [None, value] for name, value in body.items()}
            self._change(transaction, "put", id, fields)
            result.created += 1
            return
        standing = transaction.get(buckets.of_enterprise(id), Enterprise.kind, id)
        assert standing is not None
        fields = {
            name: [standing.body.get(name), value]
            for name, value in row.fields.items()
            if not same_value(standing.body.get(name), value)
        }
        if fields and self._change(transaction, "patch", id, fields):
            result.updated += 1
        else:
            result.unchanged += 1

    def _change(self, transaction: Transaction, name: str, id: str, fields: dict[str, Any]) -> bool:
        bucket, doc = buckets.of_enterprise(id), (Enterprise.kind, id)
        mid = derived_id(self.base, id)
        return run_change(transaction, self.reference, name, bucket, doc, {"fields": fields}, mid).altered


class _Known:
    """The enterprises that stand in the directory, by code and by name."""

    def __init__(self, transaction: Transaction, park: str) -> None:
        self.by_code: dict[str, str] = {}
        self.by_name: dict[str, list[tuple[str, str]]] = {}
        self.taken: dict[str, int] = {}
        for document in transaction.of_kind(buckets.directory(park), ENTERPRISE_ROW):
            code, name = document.body["credit_code"], document.body["name"]
            self.by_code[code] = document.id
            self.by_name.setdefault(name, []).append((code, document.id))

    def match(self, row: RosterRow) -> str | None:
        """The id of the enterprise a row is about, None for a new one.

        By credit code. A code we do not have may be that of an enterprise that stood there under a temporary one: by
        name then. A row without a code is found by its name. Raises KnownError where that is ambiguous, or where two
        rows of the file mean the same enterprise.
        """
        code = row.fields.get("credit_code")
        id = self.by_code.get(code) if code else None
        if id is None:
            same_name = self.by_name.get(row.fields["name"], [])
            temporary = [found for has, found in same_name if credit_code.is_temporary(has)]
            candidates = temporary if code or temporary else [found for _, found in same_name]
            if len(candidates) > 1:
                text = "同名企业不止一家，没有信用代码分不清是哪一家。请补上信用代码后再导入这一行。"
                raise KnownError("name_ambiguous", text)
            id = candidates[0] if candidates else None
        if id is not None:
            first = self.taken.setdefault(id, row.row)
            if first != row.row:
                raise KnownError("duplicate", f"和第 {first} 行是同一家企业，没有导入这一行。")
        return id


def _temporary_code(id: str) -> str:
    return f"{credit_code.TEMPORARY_PREFIX}CENTER-{id[-12:].upper()}"


def _refuse(result: Imported, row: RosterRow, problem: KnownError) -> None:
    result.refused += 1
    result.problems.append({"row": row.row, "column": "", "code": problem.code, "message": problem.text})
