"""One enterprise's bucket with a review, the own buckets of its reviewers, and the centre that knows them all."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain import buckets
from app.domain.changes import Change, Context, Outcome
from app.domain.changes.review_sheets import DECLARE, HAND_IN, review_orders
from app.domain.changes.visits import record_digest
from app.domain.clock import to_text
from app.domain.documents import Body, Document
from app.domain.ids import new_id
from app.domain.people import Actor, Role
from app.domain.projections import projections
from app.domain.review import Review, ReviewEvent, ReviewScore, seat_id
from tests.support.documents import Shelf
from tests.support.issue_world import MONDAY
from tests.support.laptop import context, enterprise_body

ACTORS = {
    "officer": Actor("p-officer", "王联络", frozenset({Role.OFFICER})),
    "coordinator": Actor("p-coordinator", "李协调", frozenset({Role.COORDINATOR})),
    "handler": Actor("p-handler", "赵经办", frozenset({Role.HANDLER}), "economy"),
    "revisitor": Actor("p-revisitor", "孙回访", frozenset({Role.REVISITOR})),
    "leader": Actor("p-leader", "周领导", frozenset({Role.LEADER})),
}
NAMED = ("officer", "handler", "revisitor")
BANDS = (10, 7, 7, 10, 7, 10, 10, 4, 7, 7)
DAY = "2026-03-02"


def person(who: str) -> dict[str, str]:
    return {"person": ACTORS[who].person, "name": ACTORS[who].name}


def values(bands: Iterable[int] = BANDS, **vetoes: str) -> dict[str, Any]:
    """A sheet's answers with these bands; `s01_veto="yes"` and so on."""
    found: dict[str, Any] = {
        f"/look{place:02}/s{place:02}_band": band for place, band in enumerate(bands, start=1)
    }
    return {**found, **{f"/look{name[1:3]}/{name}": value for name, value in vetoes.items()}}


ARGS: dict[str, dict[str, Any]] = {
    "review.open": {"local_number": "PS-1", "scheme": "ten", "title": "填料项目", "form_version": "2026.1"},
    "review.name": {"people": [person(who) for who in NAMED]},
    "review.drop": {"part": "p-officer", "reason": "出差"},
    "review.start": {},
    "review.declared": {"clear": True},
    "review.handed_in": {},
    "review.close": {},
    "review.finding": {"part": "law", "finding": "fine"},
    "review.report": {
        "agency": "中正律师事务所", "commissioned_on": DAY, "report_number": "ZZ-1", "reported_on": DAY,
    },
    "review.conclude": {"verdict": "conditional", "text": "补充担保后推进"},
    "review.opinion": {"part": "sponsor", "stance": "agree", "by": "钱科长"},
    "review.adopt": {"part": "sponsor", "adopted": True, "answer": "已改协议"},
    "review.seat": {"department": "forestry"},
    "review.pass": {},
    "review.send_back": {"reason": "条款要重谈"},
    "review.cancel": {"reason": "项目不来了"},
}  # fmt: skip
"""Arguments with which every move goes through where nothing else stands in the way."""


@dataclass
class ReviewWorld:
    """`do` acts on the review in its enterprise's bucket, `declare` and `hand_in` in one's own; `scores` is what the park's bucket has."""

    papers: Shelf = field(default_factory=lambda: Shelf("e:e", {("enterprise", "e"): enterprise_body("e")}))
    own: dict[str, Shelf] = field(default_factory=dict)
    scores: dict[str, Body] = field(default_factory=dict)
    now: datetime = MONDAY
    id: str = "r"
    centre: bool = True

    @classmethod
    def opened(cls, scheme: str = "ten", **args: Any) -> ReviewWorld:
        world = cls()
        world.do("coordinator", "review.open", scheme=scheme, **args)
        return world

    @classmethod
    def scoring(cls, scheme: str = "ten", people: Iterable[dict[str, str]] | None = None) -> ReviewWorld:
        """Reviewers named, scoring begun."""
        world = cls.opened(scheme)
        world.do("coordinator", "review.name", **({"people": list(people)} if people is not None else {}))
        world.do("coordinator", "review.start")
        return world

    @property
    def review(self) -> Review:
        return Review.model_validate(self.papers.bodies["review", self.id])

    def body(self) -> Body:
        return copy.deepcopy(self.papers.bodies["review", self.id])

    def trail(self) -> list[ReviewEvent]:
        events = (ReviewEvent.of(one) for one in self.papers.of_kind("review_event"))
        return sorted((one for one in events if one.review == self.id), key=lambda one: one.order)

    def shelf(self, who: str) -> Shelf:
        return self.own.setdefault(who, Shelf(buckets.of_person(who)))

    def context(self, actor: Actor) -> Context:
        made = context(actor, self.now, official=self.centre)
        return replace(made, sheets=self._sheets) if self.centre else made

    def _sheets(self, asked: Iterable[tuple[str, str]]) -> dict[str, Body]:
        found = {who: self.shelf(who).get("review_sheet", id) for who, id in asked}
        return {who: one.body for who, one in found.items() if one is not None}

    def do(self, who: str | Actor, name: str, **args: Any) -> Outcome:
        """Raises Refusal. Arguments not given are those of ARGS."""
        actor = ACTORS[who] if isinstance(who, str) else who
        given = {**ARGS.get(name, {}), **args}
        change = Change(
            mid=new_id(), name=name, bucket="e:e", doc=("review", self.id), args=given, at=to_text(self.now)
        )
        return self._run(change, actor)

    def _run(self, change: Change, actor: Actor) -> Outcome:
        before = self.papers.get("review", self.id)
        outcome = self.papers.run(change, self.context(actor))
        for write in outcome.writes:
            if write.kind == ReviewScore.kind:
                assert write.body is not None
                self.scores[write.id] = write.body
            for made in projections(before, write.kind, write.id, write.body, "park"):
                self._project(made.kind, made.id, made.body, made.bucket or "")
        return outcome

    def _project(self, kind: str, id: str, body: Body | None, bucket: str) -> None:
        if buckets.kind_of(bucket) != buckets.PERSON:
            return
        bodies = self.shelf(buckets.subject_of(bucket)).bodies
        if body is None:
            bodies.pop((kind, id), None)
        else:
            bodies[kind, id] = copy.deepcopy(body)

    def mine(self, who: str | Actor, name: str, **args: Any) -> Outcome:
        """A reviewer's own change, and what it comes to in the review."""
        actor = ACTORS[who] if isinstance(who, str) else who
        shelf = self.shelf(actor.person)
        change = Change(
            mid=new_id(), name=name, bucket=shelf.bucket, at=to_text(self.now),
            doc=("review_sheet", seat_id(self.id, actor.person)),
            args={"review": self.id, "enterprise": "e", **args},
        )  # fmt: skip
        kept = copy.deepcopy(shelf.bodies)
        outcome = shelf.run(change, self.context(actor))
        try:
            for part in review_orders(change):
                self._run(part, actor)
        except Exception:
            shelf.bodies = kept
            raise
        return outcome

    def declare(self, who: str | Actor, *, clear: bool = True, reason: str | None = None) -> Outcome:
        return self.mine(who, DECLARE, clear=clear, reason=reason)

    def hand_in(self, who: str | Actor, answers: dict[str, Any] | None = None, **args: Any) -> Outcome:
        said = values() if answers is None else answers
        given = {
            "form_id": "review_ten", "form_version": "2026.1", "values": said, "day": DAY,
            "digest": record_digest("review_ten", "2026.1", said), **args,
        }  # fmt: skip
        return self.mine(who, HAND_IN, **given)

    def all_in(self, *answers: dict[str, Any]) -> None:
        """The three hand in, with these answers or the usual ones."""
        for place, who in enumerate(NAMED):
            self.declare(who)
            self.hand_in(who, answers[place] if place < len(answers) else None)

    def put(self, **fields: Any) -> None:
        """The review as if its moves had been made."""
        made = Review.model_validate({**self.body(), **fields}).to_body()
        self.papers.bodies["review", self.id] = made

    def document(self) -> Document:
        found = self.papers.get("review", self.id)
        assert found is not None
        return found

    def through(self, gates: int) -> None:
        """So many gates, with plain consent everywhere."""
        for _ in range(gates):
            gate = self.review.gate
            assert gate is not None
            for seat in gate[1].seats:
                self.do("coordinator", "review.opinion", part=seat)
            self.do("coordinator", "review.pass")
