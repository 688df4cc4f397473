"""What people do in a history, and what is done at the centre meanwhile: one method a step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from app.domain import buckets
from app.domain.changes import Change, Refusal
from app.domain.changes.visits import record_digest
from app.domain.clock import to_text
from app.domain.conflict import Conflict
from app.domain.documents import Document
from app.domain.escrow import Escrow
from app.store.drafts import save_draft
from app.store.files import PendingFile
from app.store.outbox import discard, make_changes, pending
from sync.client.session import set_want
from tests.sync.machine.checks import look
from tests.sync.machine.ground import (
    ENTERPRISES,
    FIELDS,
    PEOPLE,
    E,
    OldProgram,
    _id,
    grant,
    mark_of,
    pick,
)
from tests.sync.machine.laptops import NONE, Fault, Laptop


class Acts:
    """The steps of `World` that alter something."""

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
