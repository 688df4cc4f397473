"""A park in which every bucket holds words of its own, everybody who may ask for something, and who may see what.

Who may see what is worked out here from the documents alone, without the centre's own code for it.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import sqlalchemy as sa

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from sync.server import accounts, tables
from tests.support.described import beginning
from tests.support.park import Park, attachment, change, issue, patch, start_visit, submit_visit
from tests.support.server import Laptop

PARK = "XD"
DEPARTMENTS = ("economy", "power")
TOKEN = re.compile(r"密[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""What must not be seen: planted words, and every id."""
WHOLE_PARK = {"coordinator", "leader", "revisitor"}


def word() -> str:
    return f"密{uuid.uuid4().hex[:16]}"


@dataclass
class Somebody:
    """Who asks. `laptop` None: nobody the centre would know; `headers` are what he shows."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    laptop: Laptop | None = None

    @property
    def device(self) -> str:
        return self.laptop.device if self.laptop else new_id()


class Planted:
    """One enterprise with everything there can be in it, and a department that has its issue."""

    def __init__(self, park: Park, department: str, coordinator: Laptop) -> None:
        self.id = park.enterprise(name=word(), address=word())
        self.bucket = buckets.of_enterprise(self.id)
        self.officer = park.officer(self.id)
        self.visit, self.row = new_id(), attachment(self.id, "", 0)
        self.photo = b"\xff\xd8\xff" + word().encode() * 30
        self.sha256 = hashlib.sha256(self.photo).hexdigest()
        fields = self.row["args"]["fields"]
        fields |= {"sha256": [None, self.sha256], "size": [None, len(self.photo)], "caption": [None, word()]}
        waiting = attachment(self.id, self.sha256, len(self.photo))
        self.issue = issue(word(), description=word())
        applied(
            self.officer,
            start_visit(self.id, self.visit),
            submit_visit(self.id, self.visit, self.issue),
            self.row,
            waiting,
            patch(self.id, business_scope=(None, word())),
        )
        [met] = self.officer.push(patch(self.id, business_scope=("别的", word())))
        assert met["status"] == "conflict"
        self.upload = self._upload(waiting, b"")
        self._upload(self.row, self.photo)
        doc = ("issue", self.issue["id"])
        applied(
            coordinator,
            change("issue.accept", self.bucket, doc, {"category": "04", "level": 3}),
            change(
                "issue.assign",
                self.bucket,
                doc,
                {"department": department, "limit_days": 5, "requirement": word()},
            ),
        )
        park.write(buckets.of_person(self.officer.person), "plan", new_id(), {"id": "p", "text": word()})
        park.write(buckets.of_department(department), "note", new_id(), {"id": "n", "text": word()})

    def _upload(self, row: dict[str, Any], data: bytes) -> str:
        headers = {
            **self.officer.headers,
            **beginning(row),
            "Content-Type": "application/offset+octet-stream",
        }
        url = f"{self.officer.server.url}/files"
        answer = requests.post(url, headers=headers, data=data, timeout=30)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rpartition("/")[2]


def applied(laptop: Laptop, *changes: dict[str, Any]) -> None:
    verdicts = laptop.push(*changes)
    assert {verdict["status"] for verdict in verdicts} == {"applied"}, verdicts


class World:
    """The park, with two enterprises and everybody around them."""

    def __init__(self, park: Park) -> None:
        self.park = park
        coordinator = park.coordinator()
        self.a, self.b = (Planted(park, department, coordinator) for department in DEPARTMENTS)
        park.write(f"m:{PARK}", "meeting", new_id(), {"id": "m", "text": word()})
        park.write(f"zz:{new_id()}", "hologram", new_id(), {"id": "h", "text": word()})
        park.write(buckets.reference(PARK), "note", "everybody", {"id": "everybody", "text": word()})
        self.former = self._former(coordinator)
        self.known = [
            Somebody("officer of a", self.a.officer.headers, self.a.officer),
            Somebody("officer of b", self.b.officer.headers, self.b.officer),
            Somebody("officer of nothing", *self._signed_in(Role.OFFICER)),
            Somebody("former officer of a", self.former.headers, self.former),
            Somebody("handler 1", *self._signed_in(Role.HANDLER, DEPARTMENTS[0])),
            Somebody("handler 2", *self._signed_in(Role.HANDLER, DEPARTMENTS[1])),
            Somebody("handler 3", *self._signed_in(Role.HANDLER, "justice")),
            Somebody("revisitor", *self._signed_in(Role.REVISITOR)),
            Somebody("leader", *self._signed_in(Role.LEADER)),
            Somebody("coordinator", coordinator.headers, coordinator),
        ]
        self.unknown = list(self._unknown())

    def _signed_in(self, role: Role, department: str | None = None) -> tuple[dict[str, str], Laptop]:
        laptop = self.park.server.sign_in(self.park.account(role, department)[0])
        return laptop.headers, laptop

    def _former(self, coordinator: Laptop) -> Laptop:
        """Once an officer of a, with work there; since then it was taken from him and he has sent more."""
        former = self.park.officer(self.a.id)
        applied(former, patch(self.a.id, industry=(None, word())))
        standing = next(
            body
            for body in former.pull_all().of_kind("own_assignment")
            if body["enterprise"] == self.a.id and "until" not in body
        )
        applied(coordinator, change("assignment.end", self.a.bucket, ("assignment", standing["id"])))
        [late] = former.push(patch(self.a.id, region=(None, word())))
        assert late["status"] == "escrowed"
        return former

    def _unknown(self) -> Iterator[Somebody]:
        """Those whom the centre shows nothing: no token, a wrong one, an ended one, a sealed device, a closed account."""
        yield Somebody("nobody")
        yield Somebody("another park's token", {"Authorization": f"Bearer {'x' * 43}"})
        yield Somebody("a person's id as token", {"Authorization": f"Bearer {self.a.officer.person}"})
        yield Somebody("basic", {"Authorization": "Basic eDp5"})
        for name in ("ended token", "sealed device", "closed account"):
            laptop = self.park.officer(self.a.id)
            account = laptop.who["account"]
            if name == "ended token":
                self.park.server.sign_in(account, device=laptop.device)
            with self.park.database.writing() as connection:
                if name == "sealed device":
                    accounts.revoke_device(connection, account, laptop.device, system_clock())
                if name == "closed account":
                    table = tables.account
                    connection.execute(
                        sa.update(table).where(table.c.person == laptop.person).values(active=False)
                    )
            yield Somebody(name, laptop.headers)

    # Who may see what -----------------------------------------------------------------------------------------------

    def documents(self) -> list[Any]:
        with self.park.database.reading() as connection:
            return list(connection.execute(sa.select(tables.document)))

    def visible(self, who: Somebody, documents: list[Any]) -> set[str]:
        """The buckets whose documents he may be shown, as the documents now stand."""
        if who.laptop is None:
            return set()
        person, roles = who.laptop.person, set(who.laptop.who["roles"])
        seen = {buckets.reference(PARK), buckets.of_person(person)}
        if roles & WHOLE_PARK:
            seen |= {buckets.directory(PARK), buckets.meetings(PARK)}
            seen |= {row.bucket for row in documents if row.bucket.startswith("e:")}
        if "handler" in roles and who.laptop.who.get("department"):
            seen.add(buckets.of_department(who.laptop.who["department"]))
        for row in documents:
            if row.kind == "assignment" and not row.deleted:
                body = json.loads(row.body)
                if body["person"] == person and "until" not in body:
                    seen.add(row.bucket)
        return seen

    def places(self, documents: list[Any]) -> dict[str, set[str]]:
        """Every word and id that stands in a document, with the buckets it stands in."""
        found: dict[str, set[str]] = {}
        for row in documents:
            for token in TOKEN.findall(f"{row.bucket} {row.id} {row.body}"):
                found.setdefault(token, set()).add(row.bucket)
        for planted in (self.a, self.b):
            [token] = set(TOKEN.findall(planted.photo.decode("utf-8", "replace")))
            found[token] = {planted.bucket}
        return found

    def others(self, who: Somebody) -> set[str]:
        """Ids of changes and uploads that are somebody else's."""
        person = who.laptop.person if who.laptop else None
        change, upload = tables.change, tables.upload
        with self.park.database.reading() as connection:
            mids = connection.scalars(sa.select(change.c.mid).where(change.c.person != (person or "")))
            uploads = connection.scalars(sa.select(upload.c.id).where(upload.c.person != (person or "")))
            return {*mids, *uploads}
