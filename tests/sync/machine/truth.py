"""What the centre holds and has ever said, followed from outside, with a second opinion on what a field must be.

Read from the database after every request; nothing here is asked of the server's code.
"""

from __future__ import annotations

import copy
import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.domain import buckets
from app.domain.changes import schemas
from app.domain.documents import Body, same_value
from app.domain.ids import derived_id
from sync.protocol import digest

Key = tuple[str, str, str]
"""(bucket, kind, id)"""
WATCHED = ("enterprise", "attachment")
"""Kinds whose fields people edit."""


class Row(NamedTuple):
    """A document at the centre; `text` is empty where it is deleted."""

    seq: int
    rev: int
    text: str


@dataclass
class Fields:
    """What every edited field must be: merged here by the three lines of the specification, not by the program."""

    values: dict[tuple[str, str], Body] = field(default_factory=dict)
    mine: dict[str, tuple[tuple[str, str], Body]] = field(default_factory=dict)
    """Conflict → its target, and what its author wanted."""

    def edit(self, target: tuple[str, str], fields: dict[str, Any]) -> dict[str, list[Any]]:
        """Gives what met: field → [base, theirs, mine]."""
        values = self.values.setdefault(target, {})
        met = {}
        for name, (old, new) in fields.items():
            present = values.get(name)
            if same_value(present, new):
                continue
            if same_value(present, old):
                values[name] = new
            else:
                met[name] = [old, present, new]
        return met


@dataclass
class Truth:
    raw: sqlite3.Connection
    present: dict[Key, Row] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    said: dict[tuple[Key, int], set[str]] = field(default_factory=dict)
    log: dict[str, tuple[str, str]] = field(default_factory=dict)
    """mid → (status, body) of this life of the database."""
    fields: Fields = field(default_factory=Fields)
    edited: set[tuple[str, str]] = field(default_factory=set)
    kept: Fields | None = None
    last: int = 0

    # ---- following

    def follow(self) -> None:
        """Take in what was committed since the last look, and hold it to what must be."""
        moved = set()
        for bucket, head, count, total in self.raw.execute("SELECT id, head, count, sum FROM bucket"):
            known = self.heads.get(bucket, 0)
            assert head >= known, f"the head of {bucket} went back from {known} to {head}"
            if head != known:
                self._take(bucket, known)
                self.heads[bucket] = head
                moved.add((bucket, head, count, total))
        entries = self.raw.execute(
            "SELECT rowid, mid, status, body, person FROM change WHERE rowid > ? ORDER BY rowid", (self.last,)
        ).fetchall()
        for rowid, mid, status, body, person in entries:
            assert mid not in self.log, f"change {mid} is in the log twice"
            self.last = rowid
            self.log[mid] = (status, body)
            if status in ("applied", "conflict"):
                self._judge(mid, status, json.loads(body))
            elif status == "escrowed":
                self._is_kept(mid, person, json.loads(body))
        for bucket, head, count, total in moved:
            self._agree(bucket, head, count, total)
        self._compare()

    def _take(self, bucket: str, after: int) -> None:
        rows = self.raw.execute(
            "SELECT kind, id, rev, seq, deleted, body FROM document WHERE bucket = ? AND seq > ?",
            (bucket, after),
        )
        for kind, id, rev, seq, deleted, text in rows:
            key = (bucket, kind, id)
            before = self.present.get(key)
            assert before is None or rev > before.rev, f"{key} was written without a new revision"
            assert bool(deleted) == (text == "")
            self.present[key] = Row(seq, rev, text)
            self.said.setdefault((key, rev), set()).add(text)

    def _agree(self, bucket: str, head: int, count: int, total: int) -> None:
        """Count, sum and numbering of a bucket, computed anew."""
        rows = [(key, row) for key, row in self.present.items() if key[0] == bucket]
        assert len({row.seq for _, row in rows}) == len(rows), f"a seq of {bucket} was given out twice"
        assert max((row.seq for _, row in rows), default=0) <= head
        live = [(key, row) for key, row in rows if row.text]
        assert count == len(live), f"{bucket} says it has {count} documents, and has {len(live)}"
        really = 0
        for (_, kind, id), row in live:
            really = digest.add(really, digest.row_sum(kind, id, row.rev))
        assert total == really, f"the sum of {bucket} is off"

    def _judge(self, mid: str, status: str, change: Body) -> None:
        """Hold one verdict to the specification's rule of fields."""
        name, args = schemas.brought_up(change["schema"], change["name"], change["args"])
        target = (change["doc"][0], change["doc"][1])
        if name == "put" and target[0] in WATCHED:
            self.fields.values.setdefault(
                target, {field: to for field, (_, to) in args["fields"].items() if to is not None}
            )
            self.edited.add(target)
        elif name == "patch":
            met = self.fields.edit(target, args["fields"])
            self.edited.add(target)
            assert (status == "conflict") == bool(met), f"{mid} is {status}, but these met: {met}"
            if met:
                self._conflict(mid, change["bucket"], target, met)
        elif name == "conflict.resolve":
            self._resolve(target[1], args["choices"])
        elif name == "escrow.take":
            self._taken(mid, status, change["bucket"], target[1])

    def _is_kept(self, mid: str, person: str, change: Body) -> None:
        """What came too late is where the others see it. Of whom this life of the centre never knew as an officer (he was
        made one after the backup) it is in the log alone."""
        known = any(
            json.loads(row.text)["person"] == person
            for key, row in self.present.items()
            if key[:2] == (change["bucket"], "assignment") and row.text
        )
        if change["name"].startswith("escrow.") or not known:
            return
        kept = [
            each["change"]["mid"]
            for key, row in self.present.items()
            if key[:2] == (change["bucket"], "escrow") and row.text
            for each in json.loads(row.text)["kept"]
        ]
        assert mid in kept, f"{mid} was to be kept in {change['bucket']}, and no document there has it"

    def _taken(self, mid: str, status: str, bucket: str, escrow: str) -> None:
        """The kept changes, as if the taker had made them now; several edits of one field are one wish."""
        trail = json.loads(self.present[bucket, "escrow", escrow].text)["trail"]
        [handling] = [one for one in trail if one["mid"] == mid]
        all_met: dict[tuple[str, str], dict[str, list[Any]]] = {}
        for taken in handling["changes"]:
            change = json.loads(self.log[taken][1])
            name, args = schemas.brought_up(change["schema"], change["name"], change["args"])
            target = (change["doc"][0], change["doc"][1])
            if name == "patch":
                self.edited.add(target)
                for field_name, (base, theirs, mine) in self.fields.edit(target, args["fields"]).items():
                    met = all_met.setdefault(target, {})
                    met[field_name] = [met[field_name][0] if field_name in met else base, theirs, mine]
            else:
                self._judge(taken, "applied", change)
        assert (status == "conflict") == bool(all_met), f"{mid} is {status}, but these met: {all_met}"
        for target, met in all_met.items():
            self._conflict(mid, bucket, target, met)

    def _conflict(self, mid: str, bucket: str, target: tuple[str, str], met: dict[str, list[Any]]) -> None:
        id = derived_id(mid, f"conflict:{target[0]}:{target[1]}")
        row = self.present.get((bucket, "conflict", id))
        assert row is not None, f"what met in {mid} was dropped"
        self.fields.mine[id] = (target, {name: mine for name, (_, _, mine) in met.items()})
        if row.rev > 1:
            return  # somebody decided in the same transaction
        found = json.loads(row.text)["fields"]
        assert found.keys() == met.keys()
        for name, (base, theirs, mine) in met.items():
            assert same_value(found[name].get("base"), base)
            assert same_value(found[name].get("theirs"), theirs)
            assert same_value(found[name].get("mine"), mine)

    def _resolve(self, id: str, choices: Body) -> None:
        target, mine = self.fields.mine[id]
        fields = {}
        for name, choice in choices.items():
            shown = choice.get("shown")
            wanted = {"mine": mine.get(name), "theirs": shown, "other": choice.get("value")}[choice["pick"]]
            fields[name] = [shown, wanted]
        self.fields.edit(target, fields)
        self.edited.add(target)

    def _compare(self) -> None:
        """The edited documents are as the second opinion has them."""
        for kind, id in self.edited:
            for key in [key for key in self.places(kind, id) if self.present[key].text]:
                body = json.loads(self.present[key].text)
                for name, value in self.fields.values.get((kind, id), {}).items():
                    assert same_value(body.get(name), value), (
                        f"{name} of {key} is {body.get(name)!r} and should be {value!r}"
                    )
        self.edited.clear()

    def places(self, kind: str, id: str) -> list[Key]:
        return [key for key in self.present if key[1] == kind and key[2] == id]

    # ---- lives

    def keep(self) -> None:
        self.kept = copy.deepcopy(self.fields)

    def put_back(self) -> set[str]:
        """Another life begins with an older state. Gives the changes it does not know of any more."""
        before = set(self.log)
        assert self.kept is not None
        self.present, self.heads, self.log, self.last = {}, {}, {}, 0
        self.fields = copy.deepcopy(self.kept)
        for bucket, head in self.raw.execute("SELECT id, head FROM bucket").fetchall():
            self._take(bucket, 0)
            self.heads[bucket] = head
        for rowid, mid, status, body in self.raw.execute("SELECT rowid, mid, status, body FROM change"):
            self.log[mid] = (status, body)
            self.last = max(self.last, rowid)
        return before - self.log.keys()

    # ---- access, from the assignments alone

    def assigned(self, person: str) -> set[str]:
        found = set()
        for (bucket, kind, _), row in self.present.items():
            if kind == "assignment" and row.text:
                body = json.loads(row.text)
                if body["person"] == person and body.get("until") is None:
                    found.add(bucket)
        return found

    def wanted(self, device: str) -> set[str]:
        (text,) = self.raw.execute("SELECT want FROM device WHERE id = ?", (device,)).fetchone()
        return set(json.loads(text))

    def may_see(self, person: str, park: str, coordinator: bool) -> set[str]:
        """The buckets a person may be told of at all."""
        allowed = {buckets.reference(park), buckets.of_person(person)} | self.assigned(person)
        if coordinator:
            allowed |= {buckets.directory(park), buckets.meetings(park)}
            allowed |= {bucket for bucket in self.heads if buckets.kind_of(bucket) == buckets.ENTERPRISE}
        return allowed

    def held(self, person: str, device: str, park: str, coordinator: bool) -> set[str]:
        """The buckets a laptop must have after a sync."""
        held = {buckets.reference(park), buckets.of_person(person)} | self.assigned(person)
        if coordinator:
            held |= {buckets.directory(park), buckets.meetings(park)} | (
                self.wanted(device) & self.heads.keys()
            )
        return held
