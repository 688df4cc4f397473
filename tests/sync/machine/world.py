"""Three laptops, a centre, and everything that can happen between them. Each method is one step of a history.

After each step `truth.py` looks at the centre and `checks.py` at the laptop that acted; `settle` ends a history: all
sync until nothing moves, and then everything must agree.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from app.domain import buckets
from app.domain.changes import Change, Refusal, schemas
from app.domain.changes.visits import record_digest
from app.domain.clock import to_text
from app.domain.conflict import Conflict
from app.domain.documents import Document
from app.domain.escrow import DRAFT, Escrow
from app.domain.people import Actor, Role
from app.errors import KnownError
from app.store.confirmed import release_quarantined
from app.store.drafts import save_draft
from app.store.files import PendingFile
from app.store.outbox import counts, discard, make_changes, pending
from sync.client.engine import Engine
from sync.client.session import set_want
from sync.protocol.messages import Pulled, Pushed
from tests.sync.machine import checks
from tests.sync.machine.center import PARK, Center
from tests.sync.machine.checks import Seen, look
from tests.sync.machine.laptops import CLIENT_POINTS, NONE, Fault, Laptop
from tests.sync.machine.truth import Truth

BEGIN = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WANG = Actor("p-wang", "王联络", frozenset({Role.OFFICER}))
ZHAO = Actor("p-zhao", "赵联络", frozenset({Role.OFFICER}))
LI = Actor("p-li", "李协调", frozenset({Role.COORDINATOR}))
PEOPLE = (WANG, ZHAO, LI)
SKEWS = (timedelta(days=-3), timedelta(0), timedelta(days=2))
"""How wrong the laptops' clocks are: nothing may hang on them."""
ENTERPRISES = ("e1", "e2")
E = tuple(buckets.of_enterprise(id) for id in ENTERPRISES)
ASSIGNED = ((0, 0), (0, 1), (1, 1))
"""(laptop, enterprise) at the beginning: the second enterprise has two officers."""
FIELDS = ("address", "business_scope", "employees")
T = TypeVar("T")


class OldProgram:
    """A schema of before: a field was set by `field.set {field, from, to}`, today it is a patch."""

    SCHEMAS = (
        schemas.Schema(1, date(2026, 11, 1)),
        schemas.Schema(
            2,
            date(2026, 11, 20),
            {"field.set": lambda args: ("patch", {"fields": {args["field"]: [args["from"], args["to"]]}})},
        ),
    )
    NEXT = (*SCHEMAS, schemas.Schema(3, date(2026, 11, 21)))


class Ground:
    """What all histories of a process share: the migrated database, and stores that have synced once."""

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="machine-", dir=_fast_folder())
        self.folder = Path(self._home.name)
        self.now = BEGIN
        self.center = Center(self.folder / "center", lambda: self.now)
        self.known_schemas = schemas.SCHEMAS
        schemas.SCHEMAS = self.center.schemas = OldProgram.SCHEMAS
        self._fill()
        self.center.freeze()
        self.templates = [self._first_sync(number) for number in range(len(PEOPLE))]
        self.center.freeze()
        schemas.SCHEMAS = self.known_schemas

    def _fill(self) -> None:
        for number, actor in enumerate(PEOPLE):
            self.center.add_person(
                actor.person, actor.name, tuple(actor.roles), f"device-{number:04d}", f"token-{number}"
            )
        for number, id in enumerate(ENTERPRISES):
            secret = {"later_field": {"mark": mark_of(E[number])}, "address": f"{id}旧址", "employees": 10}
            self.center.enterprise(id, _id(900 + number), **secret)
        for number, (laptop, enterprise) in enumerate(ASSIGNED):
            self.center.run(grant(PEOPLE[laptop], enterprise, _id(910 + number)))

    def _first_sync(self, number: int) -> Path:
        folder = self.folder / f"template-{number}"
        folder.mkdir()
        laptop = Laptop(number, PEOPLE[number], folder, self.center, lambda: self.now, SKEWS[number])
        laptop.open()
        laptop.store.set_kv("session", {"epoch": self.center.epoch})
        if number == 2:
            set_want(laptop.store, E[:1])
        report = laptop.engine.run()
        assert report.error is None, report.error
        laptop.store.checkpoint()
        laptop.close()
        return laptop.path

    def close(self) -> None:
        self.center.close()
        self._home.cleanup()


_ground: Ground | None = None


def ground() -> Ground:
    """Made once a process; `let_go` takes it away."""
    global _ground
    if _ground is None:
        _ground = Ground()
    return _ground


def let_go() -> None:
    global _ground
    if _ground is not None:
        _ground.close()
        _ground = None


def _fast_folder() -> str | None:
    """Memory, where there is some: SQLite waits for the disk at every commit."""
    memory = Path("/dev/shm")
    return str(memory) if os.access(memory, os.W_OK) else None


def _id(number: int) -> str:
    return str(uuid.UUID(int=(0x019B << 112) | (7 << 76) | (2 << 62) | number))


def mark_of(bucket: str) -> str:
    """Text that stands in the enterprise's own document and nowhere else."""
    return f"密«{bucket}»"


def _is_draft(text: str) -> bool:
    return bool(json.loads(text)["name"] == DRAFT)


def grant(actor: Actor, enterprise: int, mid: str) -> tuple[str, str, tuple[str, str], dict[str, Any], str]:
    args = {"person": actor.person, "person_name": actor.name, "role": "officer"}
    return "assignment.grant", E[enterprise], ("assignment", f"as-{mid}"), args, mid


def pick(items: Sequence[T], number: int) -> T | None:
    return items[number % len(items)] if items else None


class World:
    """One history."""

    def __init__(self) -> None:
        self.ground = ground()
        schemas.SCHEMAS = OldProgram.SCHEMAS
        self.now = BEGIN
        self.center = self.ground.center
        self.center.schemas = OldProgram.SCHEMAS
        self.center.reset(self._tick)
        self.truth = Truth(self.center.raw)
        self.truth.follow()
        self.truth.fields.values.update(
            {
                ("enterprise", id): {
                    "address": f"{id}旧址",
                    "employees": 10,
                    "later_field": {"mark": mark_of(E[n])},
                }
                for n, id in enumerate(ENTERPRISES)
            }
        )
        self.folder = Path(tempfile.mkdtemp(prefix="history-", dir=self.ground.folder))
        self.laptops = [self._laptop(number) for number in range(len(PEOPLE))]
        self.last: list[Seen] = [look(laptop) for laptop in self.laptops]
        self.numbers = 0
        self.tokens: list[str] = []
        self.made: dict[str, tuple[int, str]] = {}
        self.excused: set[str] = set()
        self.excuse: list[set[str]] = [set() for _ in PEOPLE]
        """Per laptop the buckets whose cursor may go back in this step."""
        self.doubtful: list[set[str]] = [set() for _ in PEOPLE]
        """Per laptop the buckets that were tampered with and not read again since."""
        self.ghosts: set[tuple[str, str]] = set()
        self.drafts: dict[tuple[int, str], str] = {}
        self.unfinished: dict[tuple[int, str], str] = {}
        """(laptop, visit) → what was typed last."""
        self.lost = ""

    def _laptop(self, number: int) -> Laptop:
        folder = self.folder / f"laptop-{number}"
        folder.mkdir()
        shutil.copyfile(self.ground.templates[number], folder / "store.db")
        laptop = Laptop(number, PEOPLE[number], folder, self.center, self._time, SKEWS[number])
        self._listen(laptop)
        laptop.open()
        return laptop

    def _listen(self, laptop: Laptop) -> None:
        laptop.wire.heard, laptop.wire.may_see = self._heard, self._may_see

    def _may_see(self, laptop: Laptop) -> set[str]:
        return self.truth.may_see(laptop.actor.person, PARK, laptop.number == 2)

    def close(self) -> None:
        schemas.SCHEMAS = self.ground.known_schemas
        for laptop in self.laptops:
            laptop.close()
        shutil.rmtree(self.folder)

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- time, numbers, texts

    def _time(self) -> datetime:
        return self.now

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def token(self) -> str:
        """A text nobody ever typed before."""
        text = f"字«{self.number():04d}»"
        self.tokens.append(text)
        return text

    def change(
        self, laptop: Laptop, name: str, bucket: str, doc: tuple[str, str], args: dict[str, Any]
    ) -> Change:
        """As `Desk.change` makes it."""
        seen = laptop.store.get(*doc)
        self.now += timedelta(minutes=1)
        return Change(
            mid=_id(self.number()),
            name=name,
            bucket=bucket,
            doc=doc,
            args=args,
            seen_rev=seen.rev if seen else 0,
            at=to_text(laptop.clock()),
            schema=2,
        )

    # ---- what people do

    def make(self, laptop: Laptop, fault: Fault, *changes: Change | None, **options: Any) -> None:
        wanted = [change for change in changes if change is not None]
        if not wanted:
            return
        with suppress(Refusal):
            laptop.make(fault, *wanted, **options)
        self.after(laptop)

    def _edit(
        self, laptop: Laptop, enterprise: int, fields: Sequence[int], old: int, schema: int = 2
    ) -> Change | None:
        """`old`: 0 a new value, else one that was typed that many values ago."""
        id = ENTERPRISES[enterprise]
        seen = laptop.store.get("enterprise", id)
        if seen is None:
            return None
        pairs = {}
        for which in fields:
            name = FIELDS[which]
            if name == "employees":
                value: Any = old if old else self.number()
            else:
                value = self.tokens[-old] if 0 < old <= len(self.tokens) else self.token()
            pairs[name] = [seen.body.get(name), value]
        if schema == 1:
            name, (before, after) = next(iter(pairs.items()))
            args = {"field": name, "from": before, "to": after}
            change = self.change(laptop, "field.set", E[enterprise], ("enterprise", id), args)
        else:
            change = self.change(laptop, "patch", E[enterprise], ("enterprise", id), {"fields": pairs})
        return change.model_copy(update={"schema_": schema})

    def edit(
        self,
        who: int,
        enterprise: int,
        fields: Sequence[int] = (0,),
        old: int = 0,
        fault: Fault = NONE,
        schema: int = 2,
    ) -> None:
        """Fields of an enterprise. `schema` 1: made by a program of before; 3: by one that is newer than the centre."""
        laptop = self.laptops[who]
        self.make(laptop, fault, self._edit(laptop, enterprise, fields, old, schema))

    def edit_twice(self, who: int, fault: Fault = NONE) -> None:
        """Two changes of two documents, in one transaction."""
        laptop = self.laptops[who]
        self.make(laptop, fault, *(self._edit(laptop, number, (0, 2), 0) for number in range(len(E))))

    def start(self, who: int, enterprise: int, fault: Fault = NONE) -> None:
        laptop, number = self.laptops[who], self.number()
        if laptop.store.get("enterprise", ENTERPRISES[enterprise]) is None:
            return
        args = {
            "enterprise": ENTERPRISES[enterprise],
            "form_id": "visit_three",
            "form_version": "1",
            "local_number": f"V-{number}",
        }
        self.make(
            laptop, fault, self.change(laptop, "visit.start", E[enterprise], ("visit", f"v{number}"), args)
        )

    def open_visit(self, who: int, which: int) -> Document | None:
        laptop = self.laptops[who]
        mine = [
            document
            for document in laptop.store.of_kind("visit")
            if document.body["state"] == "open" and document.body["officer"] == laptop.actor.person
        ]
        return pick(mine, which)

    def write_draft(self, who: int, which: int = 0, fault: Fault = NONE) -> None:
        """Answers of an open visit, as they are typed."""
        laptop = self.laptops[who]
        visit = self.open_visit(who, which)
        if visit is None:
            return
        state = {"values": {"/remarks": self.token()}}
        laptop.with_fault(
            fault, lambda: save_draft(laptop.store, visit.id, "visit_three@1", state, to_text(laptop.clock()))
        )
        self.drafts[who, visit.id] = visit.bucket
        for (text,) in laptop.store.select("SELECT state FROM draft WHERE visit = ?", (visit.id,)):
            self.unfinished[who, visit.id] = json.loads(text)["values"]["/remarks"]
        self.after(laptop)

    def submit(
        self, who: int, which: int = 0, issues: int = 1, cancel: bool = False, fault: Fault = NONE
    ) -> None:
        """The visit, its record and its issues: many documents, whole or not at all."""
        laptop = self.laptops[who]
        visit = self.open_visit(who, which)
        if visit is None:
            return
        name, args = ("visit.cancel", {}) if cancel else ("visit.submit", self._submission(issues))
        self.make(laptop, fault, self.change(laptop, name, visit.bucket, ("visit", visit.id), args))

    def _submission(self, issues: int) -> dict[str, Any]:
        values = {"/remarks": self.token()}
        return {
            "record": f"r{self.number()}",
            "values": values,
            "digest": record_digest("visit_three", "1", values),
            "issues": [
                {"id": f"i{number}", "local_number": f"I-{number}", "title": self.token(), "category": "04"}
                for number in (self.number() for _ in range(issues))
            ],
            "summary": self.token(),
        }

    def move_issue(self, who: int, which: int, move: int, fault: Fault = NONE) -> None:
        laptop = self.laptops[who]
        fits = ("reported", "accepted", "reported", "draft")[move % 4]
        found = laptop.store.of_kind("issue")
        fitting = [one for one in found if one.body["state"] == fits]
        issue = pick(fitting or found, which)
        if issue is None:
            return
        name, args = (
            ("issue.accept", {"category": "04", "subcategory": "0402", "level": 2}),
            (
                "issue.assign",
                {
                    "department": ("economy", "finance")[which % 2],
                    "limit_days": 5,
                    "requirement": self.token(),
                },
            ),
            ("issue.return", {"reason": self.token()}),
            ("issue.resubmit", {"title": self.token()}),
        )[move % 4]
        self.make(laptop, fault, self.change(laptop, name, issue.bucket, ("issue", issue.id), args))

    def resolve(self, who: int, which: int, chosen: int, fault: Fault = NONE) -> None:
        """Some or all fields of a conflict: mine, theirs or something else."""
        laptop = self.laptops[who]
        found = [Conflict.of(document) for document in laptop.store.of_kind("conflict")]
        conflict = pick([conflict for conflict in found if conflict.open_fields], which)
        if conflict is None:
            return
        target = laptop.store.get(conflict.target_kind, conflict.target_id)
        choices: dict[str, Any] = {}
        for name in conflict.open_fields[: 1 + chosen % 2]:
            way = ("mine", "theirs", "other")[chosen % 3]
            choices[name] = {"pick": way, "shown": target.body.get(name) if target else None}
            if way == "other":
                choices[name]["value"] = self.number() if name == "employees" else self.token()
        document = laptop.store.get("conflict", conflict.id)
        assert document is not None
        doc = ("conflict", conflict.id)
        self.make(
            laptop, fault, self.change(laptop, "conflict.resolve", document.bucket, doc, {"choices": choices})
        )

    def attach(self, who: int, which: int = 0, fault: Fault = NONE) -> None:
        """A photo of an open visit: file, row and queued blob."""
        laptop = self.laptops[who]
        visit = self.open_visit(who, which)
        if visit is None:
            return
        id = f"a{self.number()}"
        sha256, path = laptop.attach(hashlib.sha256(id.encode()).digest() * 40)
        enterprise = buckets.subject_of(visit.bucket)
        body = {
            "id": id, "visit": visit.id, "enterprise": enterprise, "purpose": "photo", "file_name": f"{id}.jpg",
            "media_type": "image/jpeg", "size": 1280, "sha256": sha256, "caption": self.token(),
        }  # fmt: skip
        args = {"fields": {name: [None, value] for name, value in body.items()}}
        row = self.change(laptop, "put", visit.bucket, ("attachment", id), args)
        self.make(laptop, fault, row, files=[PendingFile(sha256, 1280, str(path), id, visit.bucket)])

    def caption(self, who: int, which: int = 0, remove: bool = False, fault: Fault = NONE) -> None:
        laptop = self.laptops[who]
        found = pick(laptop.store.of_kind("attachment"), which)
        if found is None:
            return
        doc = ("attachment", found.id)
        fields = {"caption": [found.body.get("caption"), self.token()]}
        name, args = ("attachment.remove", {}) if remove else ("patch", {"fields": fields})
        self.make(laptop, fault, self.change(laptop, name, found.bucket, doc, args))

    def take_over(
        self, who: int, which: int, take: bool = True, part: bool = False, fault: Fault = NONE
    ) -> None:
        """代管: what a former officer sent too late is taken over or put aside, all of it or one change."""
        laptop = self.laptops[who]
        found = [Escrow.of(document) for document in laptop.store.of_kind("escrow")]
        escrow = pick([escrow for escrow in found if escrow.open_changes], which)
        if escrow is None:
            return
        document = laptop.store.get("escrow", escrow.id)
        assert document is not None
        args: dict[str, Any] = {"changes": [escrow.open_changes[0].mid]} if part else {}
        name = "escrow.take" if take else "escrow.discard"
        if not take:
            args["reason"] = self.token()
        self.make(laptop, fault, self.change(laptop, name, document.bucket, ("escrow", escrow.id), args))

    def give_up(self, who: int, which: int, again: bool = False, fault: Fault = NONE) -> None:
        """放弃 what was refused; `again`: 改后重报, a new change from what stands there now."""
        laptop = self.laptops[who]
        row = pick([row for row in pending(laptop.store) if row.state in ("refused", "quarantined")], which)
        if row is None:
            return
        with suppress(Refusal):
            laptop.with_fault(fault, lambda: self._give_up(laptop, row, again))
        self.after(laptop)

    def _give_up(self, laptop: Laptop, row: Any, again: bool) -> None:
        target = laptop.store.get(*row.change.doc)
        with laptop.store.write():
            if again and row.change.name == "patch" and target is not None:
                fields = {
                    name: [target.body.get(name), to] for name, (_, to) in row.change.args["fields"].items()
                }
                once_more = self.change(laptop, "patch", target.bucket, row.change.doc, {"fields": fields})
                make_changes(laptop.store, [once_more], laptop.context())
            discard(laptop.store, row.seq, laptop.context())

    def open_enterprises(self, which: int) -> None:
        """The coordinator opens and closes enterprises: none, one, the other, both."""
        laptop = self.laptops[2]
        set_want(laptop.store, [bucket for number, bucket in enumerate(E) if which >> number & 1])
        self.after(laptop)

    # ---- assignments

    def assign(
        self, officer: int, enterprise: int, end: bool, by_li: bool = False, fault: Fault = NONE
    ) -> None:
        """Give an enterprise to an officer or take it from him: the centre at once, or the coordinator from her desk."""
        person = PEOPLE[officer].person
        if by_li:
            laptop = self.laptops[2]
            known = laptop.store.of_kind("assignment", E[enterprise])
            standing = [one for one in known if one.body["person"] == person and not one.body.get("until")]
            if laptop.store.get("enterprise", ENTERPRISES[enterprise]) is None or end != bool(standing):
                return
            if end:
                doc, name, args = ("assignment", standing[0].id), "assignment.end", {}
            else:
                name, _, doc, args, _ = grant(PEOPLE[officer], enterprise, _id(self.number()))
            self.make(laptop, fault, self.change(laptop, name, E[enterprise], doc, args))
            return
        steps = (
            self._ending(person, enterprise)
            if end
            else [grant(PEOPLE[officer], enterprise, _id(self.number()))]
        )
        self._at_the_centre(*steps)

    def hand_over(self, enterprise: int, to: int) -> None:
        """From one officer to the other in one transaction."""
        ending = self._ending(PEOPLE[1 - to].person, enterprise)
        self._at_the_centre(*ending, grant(PEOPLE[to], enterprise, _id(self.number())))

    def _ending(self, person: str, enterprise: int) -> list[Any]:
        steps = []
        for (bucket, kind, id), row in self.truth.present.items():
            if (bucket, kind) == (E[enterprise], "assignment") and row.text:
                body = json.loads(row.text)
                if body["person"] == person and not body.get("until"):
                    steps.append(("assignment.end", bucket, (kind, id), {}, _id(self.number())))
        return steps

    def _at_the_centre(self, *steps: Any) -> None:
        if steps:
            self.center.run(*steps)
            self.truth.follow()

    # ---- other things at the centre

    def move_document(self, which: int, back: bool = False) -> None:
        """A visit, an issue or a photo goes to the other enterprise, as on merging two of them."""
        source, target = (E[1], E[0]) if back else E
        kinds = ("visit", "issue", "attachment", "record", "conflict")
        keys = sorted(
            key
            for key, row in self.truth.present.items()
            if key[0] == source and key[1] in kinds and row.text
        )
        key = pick(keys, which)
        if key is not None:
            body = json.loads(self.truth.present[key].text)
            self.center.write((source, key[1], key[2], None), (target, key[1], key[2], body))
            self.truth.follow()

    def note(self, enterprise: int, which: int, delete: bool = False) -> None:
        """A kind of document no laptop here knows, written or deleted by a newer centre."""
        id = f"n{enterprise}-{which % 3}"
        self.center.write(
            (E[enterprise], "note_of_later", id, None if delete else {"id": id, "text": self.token()})
        )
        self.truth.follow()

    def later_field(self, enterprise: int) -> None:
        """A newer centre sets a field no laptop here knows."""
        key = ("enterprise", ENTERPRISES[enterprise])
        row = self.truth.present[E[enterprise], *key]
        value = {"mark": mark_of(E[enterprise]), "note": self.token()}
        self.truth.fields.values[key]["later_field"] = value
        self.center.write((E[enterprise], *key, {**json.loads(row.text), "later_field": value}))
        self.truth.follow()

    def upgrade_center(self) -> None:
        self.center.schemas = OldProgram.NEXT
        self.center.restart()

    def forget_deletions(self, enterprise: int) -> None:
        self.center.forget_deletions(E[enterprise])
        for key in [
            key for key, row in self.truth.present.items() if key[0] == E[enterprise] and not row.text
        ]:
            del self.truth.present[key]

    def keep(self) -> None:
        """A backup."""
        self.center.keep()
        self.truth.keep()

    def put_back(self) -> None:
        """The backup in place of the present."""
        if not self.center.put_back():
            return
        here = {mid for laptop in self.laptops for mid, *_ in look(laptop).outbox}
        # Nobody has it any more: the bucket was taken from its author, and the centre lost what it had.
        before = self.truth.log
        excused = self.truth.put_back() - here
        self.excused |= excused
        self.lost += "".join(before[mid][1] for mid in excused)

    # ---- sync

    def sync(
        self, who: int, fault: Fault = NONE, rows: int = 2000, stop_after: int = 0, other: int = 0
    ) -> None:
        """A run. With fault `meanwhile` something else happens while the answer is on its way: 0 an edit here, 1 a
        push from here (another window), or all that is held goes, 2 a push from another laptop, 3 a hand-over."""
        laptop = self.laptops[who]
        report = laptop.sync(fault, rows, lambda kind: self._meanwhile(laptop, kind, other), stop_after)
        if fault == NONE and report is not None and report.error is not None:
            raise AssertionError(f"an undisturbed sync ended with {report.error.code}: {report.error}")
        if laptop.engine._tally.mismatches and not self.doubtful[who]:
            raise AssertionError("count or sum did not agree, and nobody had tampered with anything")
        self.after(laptop)

    def _meanwhile(self, laptop: Laptop, kind: str, other: int) -> None:
        laptop.wire.meanwhile = None
        if other == 2 or kind == "between":
            somebody = self.laptops[laptop.number - 1]
            self.edit(somebody.number, 0 if somebody.number == 2 else 1, (0,))
            somebody.wire.begin(NONE, 2000)
            somebody.engine._push()
        elif other == 0:
            self.edit(laptop.number, 0, (0,))
        elif other == 1 and kind == "pull":
            self.edit(laptop.number, 0, (1,))
            self._in_another_window(laptop, lambda engine: engine._push())
        elif other == 1 and kind == "push":
            self._all_goes(laptop)
        elif other == 3:
            self.hand_over(0, self.numbers % 2)

    def _in_another_window(self, laptop: Laptop, act: Callable[[Engine], Any]) -> None:
        """The same store, opened by a second process."""
        window = Laptop(
            laptop.number, laptop.actor, laptop.folder, self.center, self._time, SKEWS[laptop.number]
        )
        self._listen(window)
        window.open()
        act(window.engine)
        window.close()
        self.after(laptop)

    def _all_goes(self, laptop: Laptop) -> None:
        """Before the answer to a push has come: his enterprises go to somebody else, and another window lets go."""
        if laptop.number == 2:
            set_want(laptop.store, [])
        else:
            for number in range(len(E)):
                self._at_the_centre(*self._ending(laptop.actor.person, number))
        self._in_another_window(laptop, lambda engine: engine.run())

    def push_only(self, who: int, fault: Fault = NONE) -> None:
        self._part(who, fault, lambda laptop: laptop.engine._push())

    def pull_only(self, who: int, fault: Fault = NONE, rows: int = 2000) -> None:
        self._part(who, fault, lambda laptop: laptop.engine._pull(idle=False), rows)

    def _part(self, who: int, fault: Fault, act: Callable[[Laptop], Any], rows: int = 2000) -> None:
        laptop = self.laptops[who]
        laptop.engine._tally = type(laptop.engine._tally)()
        laptop.wire.begin(fault, rows)
        with suppress(KnownError):
            laptop.with_fault(fault, lambda: act(laptop))
        self.after(laptop)

    def echo(self, who: int, which: int) -> None:
        """A push of before arrives once more."""
        wire = self.laptops[who].wire
        body = pick(wire.sent, which)
        if body is not None:
            wire.again(body)

    def restart(self, who: int) -> None:
        self.laptops[who].restart()
        self.after(self.laptops[who])

    def retry(self, who: int) -> None:
        """The button 重试 of what the centre keeps failing on."""
        release_quarantined(self.laptops[who].store)
        self.after(self.laptops[who])

    # ---- tampering

    def cursor_ahead(self, who: int, enterprise: int) -> None:
        """A cursor past the head, beside a document the centre does not know: a copy put back without its epoch."""
        laptop, bucket = self.laptops[who], E[enterprise]
        if bucket not in laptop.store.held():
            return
        with laptop.store.write() as transaction:
            transaction.execute(
                "UPDATE cursor SET seq = ? WHERE bucket = ?", (self.truth.heads[bucket] + 1000, bucket)
            )
            transaction.execute("DELETE FROM kv WHERE name = 'token'")
            transaction.execute(
                "INSERT OR IGNORE INTO document VALUES ('note_of_later', ?1, ?2, 1, '{}',"
                " (SELECT generation FROM cursor WHERE bucket = ?2))",
                (f"ghost-{enterprise}", bucket),
            )
        self.ghosts.add(("note_of_later", f"ghost-{enterprise}"))
        self.doubtful[who].add(bucket)
        self.after(laptop)

    # ---- what must be true

    def _heard(self, laptop: Laptop, message: Any, answer: Any, allowed: set[str]) -> None:
        """Everything that goes over a wire: nothing of a bucket the person may not see, and the log's own verdicts."""
        self.truth.follow()
        number = laptop.number
        if isinstance(answer, Pulled):
            for page in answer.buckets:
                assert page.id in allowed or not page.rows, (
                    f"rows of {page.id} were sent to {laptop.actor.person}"
                )
                if page.reset or page.from_ == 0:
                    self.excuse[number].add(page.id)
            self.excuse[number].update(answer.revoked)
        elif isinstance(answer, Pushed):
            assert [result.mid for result in answer.results] == [change.mid for change in message.changes]
            for result in answer.results:
                if result.status == "retry":
                    assert result.error is not None
                    assert result.error.code == "server_older", f"the centre failed: {result.error}"
                elif result.mid in self.truth.log:
                    assert self.truth.log[result.mid][0] == result.status
                for row_kind, id, _rev, body in result.rows:
                    where = [key for key in self.truth.places(row_kind, id) if key[0] in allowed]
                    assert body is None or where, f"{row_kind} {id} was sent to {laptop.actor.person}"

    def after(self, laptop: Laptop) -> None:
        """Hold a laptop that acted to everything that must be true of it."""
        number, before = laptop.number, self.last[laptop.number]
        seen = look(laptop)
        self.truth.follow()
        tampered = set(self.doubtful[number])
        for bucket in tampered:
            if bucket not in seen.cursors or seen.cursors[bucket][1] > before.cursors.get(bucket, (0, 0))[1]:
                self.doubtful[number].discard(bucket)
        doubtful = self.doubtful[number]
        checks.seen_is_base_with_changes_over_it(laptop, seen)
        checks.confirmed_is_what_the_centre_said(seen, self.truth, self.ghosts)
        checks.no_revision_goes_back(before, seen)
        checks.what_was_turned_down_stays(before, seen, self.truth)
        checks.everything_up_to_the_cursor_is_here(seen, self.truth, doubtful, self.center.epoch)
        checks.verdicts_are_the_centres(seen, self.truth, self.center.epoch)
        for bucket, (seq, _) in before.cursors.items():
            if bucket in seen.cursors and seen.cursors[bucket][0] < seq and bucket not in tampered:
                allowed = bucket in self.excuse[number] or seen.epoch != before.epoch
                assert allowed, f"the cursor of {bucket} went back from {seq} to {seen.cursors[bucket][0]}"
        self._follow_changes(number, seen)
        for bucket in before.cursors.keys() - seen.cursors.keys():
            gone = {key for key, place in before.confirmed.items() if place[0] == bucket}
            self._was_purged(laptop, bucket, gone - seen.documents.keys())
        self.excuse[number].clear()
        self.last[number] = seen

    def _follow_changes(self, number: int, seen: Seen) -> None:
        here = {mid for mid, _, _ in seen.outbox}
        for mid, _, text in seen.outbox:
            self.made.setdefault(mid, (number, text))
        for mid, (author, _) in self.made.items():
            if author == number and mid not in here and mid not in seen.discarded:
                # A draft that waits is replaced by what it has become; `_no_unfinished_visit_is_lost` holds the words.
                known = mid in self.truth.log or mid in self.excused or _is_draft(self.made[mid][1])
                assert known, f"change {mid} is neither in the outbox nor given up nor at the centre"

    def _was_purged(self, laptop: Laptop, bucket: str, were_in_it: set[tuple[str, str]]) -> None:
        if laptop.store.kv("purge_left") is not None:
            return
        places = [key[1:] for key in {key for key, _ in self.truth.said}]
        moved = {key for key, times in Counter(places).items() if times > 1}
        marks = [mark_of(bucket)] if bucket in E else []
        checks.no_byte_is_left(laptop, bucket, were_in_it, moved, marks, self._words_of(bucket))
        for (who, visit), home in self.drafts.items():
            if who == laptop.number and home == bucket and laptop.store.get("visit", visit) is None:
                kept = laptop.store.select("SELECT 1 FROM draft WHERE visit = ?", (visit,))
                assert not kept, f"the draft of {visit} is still here"

    def _words_of(self, bucket: str) -> list[str]:
        """What was ever typed in a bucket and nowhere else."""
        here, elsewhere = [], []
        for (key, _), texts in self.truth.said.items():
            (here if key[0] == bucket else elsewhere).extend(texts)
        for _, text in self.made.values():
            (here if json.loads(text)["bucket"] == bucket else elsewhere).append(text)
        own, others = "".join(here), "".join(elsewhere)
        return [token for token in self.tokens if token in own and token not in others]

    def settle(self) -> None:
        """Everything comes to rest, and all agree."""
        self.upgrade_center()
        for laptop in self.laptops:
            release_quarantined(laptop.store)
        for _ in range(8):
            restless = [laptop for laptop in self.laptops if not self._at_rest(laptop)]
            for laptop in restless:
                self.sync(laptop.number)
            if not restless:
                break
        else:
            raise AssertionError("it does not come to rest")
        for laptop in self.laptops:
            self._agrees(laptop)
        self._all_changes_are_somewhere()
        self._trails_are_whole()

    def _at_rest(self, laptop: Laptop) -> bool:
        seen = self.last[laptop.number]
        held = self.truth.held(laptop.actor.person, laptop.device, PARK, laptop.number == 2)
        level = all(self.truth.heads.get(bucket, 0) == seq for bucket, (seq, _) in seen.cursors.items())
        unsent = [state for _, state, _ in seen.outbox if state in checks.UNSENT]
        return (
            seen.epoch == self.center.epoch
            and seen.cursors.keys() == held
            and level
            and not unsent
            and not counts(laptop.store).files
        )

    def _agrees(self, laptop: Laptop) -> None:
        seen = self.last[laptop.number]
        there = {
            (kind, id): (bucket, row.rev, json.loads(row.text))
            for (bucket, kind, id), row in self.truth.present.items()
            if bucket in seen.cursors and row.text
        }
        here = {key: (place[0], place[1], json.loads(place[2])) for key, place in seen.documents.items()}
        assert here == there, f"{laptop.actor.person} sees something else than the centre"
        assert not seen.base
        assert not seen.wrote

    def _all_changes_are_somewhere(self) -> None:
        """Every word ever typed is in the centre's log (applied, met, refused or escrowed), or its author gave it up."""
        for mid, (number, text) in self.made.items():
            if mid in self.truth.log:
                assert json.loads(self.truth.log[mid][1])["args"] == json.loads(text)["args"]
            elif mid not in self.last[number].discarded and not _is_draft(text):
                assert mid in self.excused, f"change {mid} is lost: {text}"

        self._no_unfinished_visit_is_lost()

    def _no_unfinished_visit_is_lost(self) -> None:
        """What was typed last stands in the draft here, or the centre has it."""
        log = "".join(body for _, body in self.truth.log.values())
        for (number, visit), typed in self.unfinished.items():
            ended = [json.loads(text) for author, text in self.made.values() if author == number]
            if not any(
                one["doc"][1] == visit and one["name"] in ("visit.submit", "visit.cancel") for one in ended
            ):
                here = self.laptops[number].store.select("SELECT state FROM draft WHERE visit = ?", (visit,))
                kept = typed in log or typed in self.lost or any(typed in text for (text,) in here)
                assert kept, f"what was typed in the unfinished visit {visit} is lost"

    def _trails_are_whole(self) -> None:
        """As many moves as an issue counts, and each accepted move once."""
        documents = [(key, json.loads(row.text)) for key, row in self.truth.present.items() if row.text]
        events = [body for key, body in documents if key[1] == "issue_event"]
        for key, body in documents:
            if key[1] == "issue":
                orders = sorted(event["order"] for event in events if event["issue"] == key[2])
                assert orders == list(range(1, body["moves"] + 1)), (
                    f"the trail of {key[2]} has gaps: {orders}"
                )
        numbers = [body["number"] for key, body in documents if key[1] in ("issue", "visit")]
        assert len(numbers) == len(set(numbers)), "an official number was given twice"


__all__ = ["CLIENT_POINTS", "World", "ground", "let_go"]
