"""Reviews in every stage, made by their own moves, and the desks of those who meet them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from app.dictionaries import builtin
from app.domain import buckets
from app.domain.clock import Clock, to_text
from app.domain.people import Assignment, Person
from app.domain.review import ReviewScore, ReviewSheet
from app.domain.visit import PublishedForm
from app.services.desk import Desk
from tests.support.built_in_forms import FORMS
from tests.support.desks import NOW, PARK, Writing, open_desk
from tests.support.review_world import ACTORS, ReviewWorld, values

ENTERPRISE = buckets.of_enterprise("e")
HIGH, MIDDLE, LOW = [10] * 10, [10, 7, 7, 10, 7, 10, 10, 7, 7, 7], [7, 7, 4, 7, 7, 7, 10, 4, 7, 7]


def _scoring(world: ReviewWorld) -> None:
    world.do(
        "coordinator", "review.open", title="年产三万吨陶瓷填料项目", sponsor="县商务局", investment_fen=8_600_000_000
    )  # fmt: skip
    world.do("coordinator", "review.name")
    world.do("coordinator", "review.start")
    world.declare("handler")
    world.hand_in("handler")


def _ready(world: ReviewWorld) -> None:
    world.do("coordinator", "review.open", title="高温窑炉节能改造项目")
    world.do("coordinator", "review.name")
    world.do("coordinator", "review.start")
    world.all_in(values(HIGH), values(MIDDLE), values(LOW))


def _closed(world: ReviewWorld, **vetoes: str) -> None:
    title = "再生铅项目" if vetoes else "新型滤料项目"
    world.do("coordinator", "review.open", title=title)
    world.do("coordinator", "review.name")
    world.do("coordinator", "review.start")
    world.all_in(values(HIGH), values(HIGH), values(MIDDLE, **vetoes))
    world.do("coordinator", "review.close", text="同意提交联席会议")


def _diligence(world: ReviewWorld) -> None:
    world.do(
        "coordinator", "review.open", scheme="diligence", title="股权投资尽调", investment_fen=18_000_000_000
    )
    world.do("officer", "review.finding", part="identity", finding="fine")
    world.do(
        "officer", "review.finding", part="finance", finding="doubt", text="应收账款账龄超过两年的占三成"
    )
    world.do(
        "officer",
        "review.finding",
        part="law",
        finding="problem",
        text="有一起在审的买卖合同纠纷，标的 320 万元",
    )


def _joint(world: ReviewWorld) -> None:
    world.do("coordinator", "review.open", scheme="joint", title="招商协议签前联审", major=True)
    world.through(1)
    world.do("coordinator", "review.opinion", part="commerce")
    world.do(
        "coordinator", "review.opinion", part="finance", stance="condition", text="奖补要与税收挂钩", by="财政局陈科长"
    )  # fmt: skip
    world.do("coordinator", "review.opinion", part="economy", stance="agree")


def _prereview(world: ReviewWorld) -> None:
    world.do("coordinator", "review.open", scheme="prereview", title="储能电池项目预审")


def reviews_of_a_park(days: int = -10) -> tuple[Writing, ReviewWorld]:
    """One enterprise with reviews in many stages, begun so many days before NOW, in all the buckets that see them."""
    world = ReviewWorld()
    world.now = NOW + timedelta(days=days)
    plans: dict[str, Any] = {
        "scoring": _scoring,
        "ready": _ready,
        "closed": _closed,
        "vetoed": lambda one: _closed(one, s01_veto="yes"),
        "diligence": _diligence,
        "joint": _joint,
        "prereview": _prereview,
        "staffing": lambda one: one.do("coordinator", "review.open", title="刚来的项目"),
    }
    for id, make in plans.items():
        world.id = id
        make(world)
        world.now += timedelta(hours=3)
    writing = Writing()
    for (kind, id), body in world.papers.bodies.items():
        writing.add(ENTERPRISE, kind, id, body)
    for shelf in world.own.values():
        for (kind, id), body in shelf.bodies.items():
            if kind == ReviewSheet.kind:
                writing.add(shelf.bucket, kind, id, body)
    for id, body in world.scores.items():
        writing.add(buckets.meetings(PARK), ReviewScore.kind, id, body)
    mine = Assignment(
        id="as-e", enterprise="e", enterprise_name="示例厂", person="p-officer", person_name="王联络", since="2026-01-05"
    )  # fmt: skip
    writing.add(ENTERPRISE, Assignment.kind, mine.id, mine.to_body())
    _reference(writing)
    return writing, world


def _reference(writing: Writing) -> None:
    ref = buckets.reference(PARK)
    for name, content in builtin().items():
        writing.add(ref, "dictionary", name, {"id": name, "content": content})
    for name, actor in ACTORS.items():
        person = Person(id=actor.person, account=name, name=actor.name, roles=sorted(actor.roles))
        writing.add(ref, Person.kind, person.id, person.to_body())
    form = PublishedForm(
        id="review_ten@2026.1", form_id="review_ten", version="2026.1", title="十看十察项目评审表",
        published_at=to_text(NOW), source=(FORMS / "review_ten.md").read_text("utf-8"),
    )  # fmt: skip
    writing.add(ref, PublishedForm.kind, form.id, form.to_body())


def review_desk(role: str, folder: Path, clock: Clock = lambda: NOW, *, held: bool = True) -> Desk:
    """The desk of one of review_world.ACTORS, with what the centre would have sent him; `held` False: without the enterprise."""
    actor = ACTORS[role]
    who = {"person": actor.person, "account": role, "name": actor.name, "roles": sorted(actor.roles)}
    desk = open_desk(folder, who, clock)
    whole = role in ("coordinator", "revisitor", "leader")
    park = (buckets.directory(PARK), buckets.meetings(PARK)) if whole else ()
    mine = (ENTERPRISE,) if held and role != "handler" else ()
    writing, _ = reviews_of_a_park()
    writing.into(desk, (buckets.reference(PARK), buckets.of_person(actor.person), *park, *mine))
    return desk
