"""What the centre has of issues, followed from outside, and what must be true of it after every step."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from itertools import pairwise

from app.domain import buckets
from app.domain.clock import from_text
from app.domain.departments import SOURCES, TWINS, shown_to
from app.domain.documents import Body, Document
from app.domain.ids import derived_id
from app.domain.issue import Issue, IssueEvent, IssueState
from app.domain.issue_moves import TAKEN_BACK, TRANSITIONS
from app.domain.people import Actor, Role
from tests.support.issue_histories import check
from tests.sync.machine.truth import Key, Truth

WHOLE_PARK = frozenset({Role.COORDINATOR, Role.LEADER, Role.REVISITOR})
DONE = ("applied", "conflict")
TAKE_BACK = "issue.take_back"
BORN = {"issue.report": "issue.raise", "issue.solve_on_spot": "issue.raise"}
WORK = frozenset(
    {"issue.sign", "issue.progress", "issue.ask_extension", "issue.answer", "issue.whistle_answer"}
    | {"issue.reply_supervision"}
)
"""Moves by which a department works on an issue."""


class IssueTruth:
    """The centre's documents; `follow` takes in what was committed and holds it to everything below."""

    def __init__(self, raw: sqlite3.Connection, park: str) -> None:
        self._raw = raw
        self._truth = Truth(raw)
        self._park = park
        self._checked: dict[str, int] = {}
        self._settled: dict[str, str] = {}
        self._log: dict[str, tuple[str, str, str, str]] = {}
        """mid → (status, name, person, issue) of every change of an issue"""
        self._last = 0
        self._events: dict[Key, tuple[Body, IssueEvent]] = {}
        self._bodies: dict[Key, tuple[int, Body]] = {}

    @property
    def heads(self) -> dict[str, int]:
        return self._truth.heads

    def follow(self) -> None:
        self._truth.follow()
        moved = {bucket for bucket, head in self.heads.items() if self._checked.get(bucket) != head}
        if moved:
            self._checked = dict(self.heads)
            self._check(moved)

    # ---- looking

    def live(self, bucket: str, kind: str | None = None) -> list[tuple[str, Body]]:
        """(id, body) of what stands in a bucket."""
        return [(key[2], body) for key, body in self._live() if key[0] == bucket and kind in (None, key[1])]

    def in_buckets(self, wanted: set[str]) -> dict[Key, Body]:
        return {
            key: self._body(key) for key, row in self._truth.present.items() if row.text and key[0] in wanted
        }

    def revisions(self, wanted: set[str]) -> set[tuple[str, str, str, int]]:
        """(bucket, kind, id, rev) of what stands in these buckets."""
        return {(*key, row.rev) for key, row in self._truth.present.items() if row.text and key[0] in wanted}

    def issues(self) -> list[Document]:
        """All issues, in the order of their ids."""
        found = [Document(*key, 0, body) for key, body in self._live() if key[1] == Issue.kind]
        return sorted(found, key=lambda document: document.id)

    def _live(self) -> list[tuple[Key, Body]]:
        """What stands anywhere but in what the whole park shares."""
        shared = buckets.reference(self._park)
        return [
            (key, self._body(key))
            for key, row in self._truth.present.items()
            if row.text and key[0] != shared
        ]

    def _body(self, key: Key) -> Body:
        row = self._truth.present[key]
        known = self._bodies.get(key)
        if known is None or known[0] != row.rev:
            self._bodies[key] = known = (row.rev, json.loads(row.text))
        return known[1]

    def _event(self, key: Key, body: Body) -> IssueEvent:
        known = self._events.get(key)
        if known is None or known[0] is not body:
            self._events[key] = known = (body, IssueEvent.model_validate(body))
        return known[1]

    # ---- who may have what, from the assignments alone

    def allowed(self, actor: Actor) -> set[str]:
        found = self._standing(actor)
        if actor.roles & WHOLE_PARK:
            found |= {bucket for bucket in self.heads if buckets.kind_of(bucket) == buckets.ENTERPRISE}
        return found

    def held(self, actor: Actor, device: str) -> set[str]:
        found = self._standing(actor)
        if actor.roles & WHOLE_PARK:
            found |= self._truth.wanted(device)
        return found

    def _standing(self, actor: Actor) -> set[str]:
        found = {buckets.reference(self._park), buckets.of_person(actor.person)}
        found |= self._truth.assigned(actor.person)
        if actor.roles & WHOLE_PARK:
            found |= {buckets.directory(self._park), buckets.meetings(self._park)}
        if Role.HANDLER in actor.roles and actor.department:
            found.add(buckets.of_department(actor.department))
        return found

    # ---- what must be true

    def _check(self, moved: set[str]) -> None:
        trails: dict[str, list[IssueEvent]] = defaultdict(list)
        documents = self._live()
        for key, body in documents:
            if key[1] == IssueEvent.kind:
                trails[body["issue"]].append(self._event(key, body))
        for trail in trails.values():
            trail.sort(key=lambda event: event.order)
        issues = {key: body for key, body in documents if key[1] == Issue.kind}
        assert all(buckets.kind_of(key[0]) == buckets.ENTERPRISE for key in issues)
        assert trails.keys() == {id for _, _, id in issues}, "every trail is an issue's"
        for (bucket, _, id), body in issues.items():
            if bucket not in moved:
                continue
            check(body, trails[id])
            self._settling(Issue.model_validate(body), trails[id])
            _moves_are_those_of_the_table(trails[id])
            _nobody_asks_about_his_own_work(trails[id])
        _merged_issues_have_a_main(issues)
        self._twins_are_their_sources(documents)
        self._rows_are_light(documents, issues)
        self._every_move_was_let_through(trails)

    def _settling(self, issue: Issue, trail: list[IssueEvent]) -> None:
        """办结时间 is the centre's time of the move itself, after the assignment, and never set back."""
        times = [event.at for event in trail]
        assert times == sorted(times), f"the trail of {issue.id} goes back in time"
        if issue.settled_at is None:
            return
        makers = [
            event for event in trail if "settled_at" in event.sets and event.sets["settled_at"] != [None]
        ]
        assert issue.settled_at == makers[-1].at, "settled when it was verified, by the centre's clock"
        if issue.assigned_at is not None:
            assert from_text(issue.settled_at) >= from_text(issue.assigned_at)
        assert issue.settled_at >= self._settled.get(issue.id, ""), (
            f"{issue.id} was settled earlier all at once"
        )
        self._settled[issue.id] = issue.settled_at

    def _twins_are_their_sources(self, documents: list[tuple[Key, Body]]) -> None:
        wanted = {
            (buckets.of_department(one), TWINS[key[1]], key[2]): body
            for key, body in documents
            for one in shown_to(key[1], body)
        }
        twins = {key: body for key, body in documents if key[1] in SOURCES}
        assert twins == wanted, "the twins are their sources, in the departments of shown_to and in no other"
        shown = {key[2]: set(body.get("shown_to", [])) for key, body in documents if key[1] == Issue.kind}
        for key, body in documents:
            if key[1] in TWINS and key[1] != Issue.kind:
                assert set(body.get("shown_to", [])) == shown[body["issue"]], (
                    f"{key} is not where its issue is"
                )

    def _rows_are_light(self, documents: list[tuple[Key, Body]], issues: dict[Key, Body]) -> None:
        rows = {key[2]: body for key, body in documents if key[1] == "issue_row"}
        assert rows.keys() == {id for _, _, id in issues}
        for (_, _, id), body in issues.items():
            assert rows[id].items() <= body.items(), f"the light row of {id} is not up to date"
            assert "description" not in rows[id]

    def _read_log(self) -> None:
        rows = self._raw.execute(
            "SELECT rowid, mid, status, name, person, body FROM change WHERE rowid > ? ORDER BY rowid",
            (self._last,),
        )
        for rowid, mid, status, name, person, text in rows:
            self._last = rowid
            if name.startswith("issue."):
                self._log[mid] = (status, name, person, json.loads(text)["doc"][1])

    def _every_move_was_let_through(self, trails: dict[str, list[IssueEvent]]) -> None:
        """Each event follows from one change that was let through, of the person it names; a refused one left nothing."""
        self._read_log()
        taken = {
            kept["change"]["mid"]
            for key, body in self._live()
            if key[1] == "escrow"
            for kept in body["kept"]
            if kept["state"] == "taken"
        }
        events = {event.id: event for trail in trails.values() for event in trail}
        accounted = set()
        for mid, (status, name, person, issue) in self._log.items():
            event = events.get(derived_id(mid, issue))
            through = status in DONE or mid in taken
            if event is None:
                continue
            assert through, f"{name} was {status} and stands in the trail of {issue}"
            assert name == BORN.get(event.action, event.action)
            assert person == event.person or mid in taken
            accounted.add(event.id)
        assert accounted == events.keys(), "every move in a trail was somebody's change"


def _merged_issues_have_a_main(issues: dict[Key, Body]) -> None:
    """Following the main ones leads to an issue that is not merged itself: somebody has the matter."""
    bodies = {id: body for (_, _, id), body in issues.items()}
    for id, body in bodies.items():
        passed = {id}
        while body["state"] == IssueState.MERGED:
            main = body["merged_into"]
            assert main in bodies, f"{id} is merged into {main}, which is nowhere"
            assert main not in passed, f"{id} is merged into itself by way of {passed}"
            passed.add(main)
            body = bodies[main]


def _moves_are_those_of_the_table(trail: list[IssueEvent]) -> None:
    for before, event in pairwise(trail):
        row = TRANSITIONS[event.action]
        assert event.from_state in row.sources, f"{event.action} from {event.from_state}"
        if event.action == TAKE_BACK:
            assert before.action in TAKEN_BACK
            assert (event.person, event.to_state) == (before.person, before.from_state), "back, by who did it"
        else:
            assert event.to_state in (row.targets or (event.from_state,))
        assert Role(event.role) in row.roles


def _nobody_asks_about_his_own_work(trail: list[IssueEvent]) -> None:
    worked = set()
    for event, after in zip(trail, [*trail[1:], None], strict=True):
        if after is not None and after.action == TAKE_BACK:
            continue
        if event.action == "issue.solve_on_spot" or (event.action in WORK and event.role == Role.HANDLER):
            worked.add(event.person)
        if event.action in ("issue.revisit", "issue.contact_failed", "issue.add_review"):
            assert event.person not in worked, f"{event.person_name} asked about his own work"
