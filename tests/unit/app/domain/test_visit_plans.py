"""Planned visits: made, moved, put in order, called off, settled by the visit itself."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.changes import Refusal
from app.domain.changes.visits import record_digest
from app.domain.enterprise import Enterprise
from app.domain.people import Actor, Assignment, Role
from app.domain.visit_plan import PlanState, VisitPlan
from tests.support.documents import Shelf
from tests.support.laptop import COORDINATOR, OFFICER, change, context, enterprise_body

TODAY, TOMORROW = "2026-11-22", "2026-11-23"
OTHER = Actor("p-other", "钱联络", frozenset({Role.OFFICER}))


def shelf() -> Shelf:
    papers = Shelf("e:e", {("enterprise", "e"): Enterprise.model_validate(enterprise_body("e")).to_body()})
    assign(papers, OFFICER)
    return papers


def assign(papers: Shelf, actor: Actor, until: str | None = None) -> None:
    body = Assignment(
        id=f"a-{actor.person}",
        enterprise="e",
        enterprise_name="厂",
        person=actor.person,
        person_name=actor.name,
        since="2026-01-01",
        until=until,
    )
    papers.bodies["assignment", body.id] = body.to_body()


def make(id: str = "p", day: str = TODAY, **args: Any) -> Any:
    return change("visit_plan.make", "e:e", "visit_plan", id, {"day": day} | args)


def act(action: str, id: str = "p", **args: Any) -> Any:
    return change(f"visit_plan.{action}", "e:e", "visit_plan", id, args, 5)


def plan(papers: Shelf, id: str = "p") -> VisitPlan:
    return VisitPlan.model_validate(papers.bodies["visit_plan", id])


def refused(papers: Shelf, one: Any, actor: Actor = OFFICER) -> str:
    with pytest.raises(Refusal) as found:
        papers.run(one, context(actor))
    return found.value.code


def test_how_and_what_for_are_said_afterwards() -> None:
    papers = shelf()
    papers.run(make(), context())
    papers.run(act("describe", method="video", visit_kind="special", purpose=" 安全生产 "), context())
    assert (plan(papers).method, plan(papers).visit_kind, plan(papers).purpose) == (
        "video",
        "special",
        "安全生产",
    )
    papers.run(act("describe", purpose=None), context())
    assert (plan(papers).method, plan(papers).purpose) == ("video", None)
    assign(papers, OTHER)
    assert refused(papers, act("describe", method="phone"), OTHER) == "not_own"
    papers.run(act("cancel", reason="不去了"), context())
    assert refused(papers, act("describe", method="phone")) == "plan_state"


def test_planned_moved_and_called_off() -> None:
    papers = shelf()
    papers.run(make(method="phone", purpose="问年底用工", place=2), context())
    made = plan(papers)
    assert (made.officer, made.day, made.method, made.purpose, made.place) == (
        OFFICER.person,
        TODAY,
        "phone",
        "问年底用工",
        2,
    )
    papers.run(act("move", day=TOMORROW, reason="企业停电"), context())
    moved = plan(papers).moved[0]
    assert (moved.from_day, moved.to_day, moved.reason) == (TODAY, TOMORROW, "企业停电")
    papers.run(act("order", place=1), context())
    papers.run(act("cancel", reason="改为电话"), context())
    assert (plan(papers).state, plan(papers).place, plan(papers).reason) == (
        PlanState.CANCELLED,
        1,
        "改为电话",
    )
    for one in (act("move", day=TOMORROW), act("cancel", reason="再来"), act("order", place=0)):
        assert refused(papers, one) == "plan_state"


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (make(day="2026-11-21"), "past"),
        (make(day="明天"), "malformed"),
        (make(method="drone"), "malformed"),
        (act("move", "q", day="2026-11-21"), "past"),
        (act("cancel", "q", reason=" "), "reason"),
        (act("cancel", "q"), "malformed"),
        (make("q"), "exists"),
        (make("other"), "planned"),
    ],
)
def test_what_makes_no_plan(one: Any, code: str) -> None:
    papers = shelf()
    papers.run(make("q"), context())
    assert refused(papers, one) == code


def test_two_plans_do_not_meet_on_one_day() -> None:
    papers = shelf()
    papers.run(make("p"), context())
    papers.run(make("q", TOMORROW), context())
    assert refused(papers, act("move", "q", day=TODAY)) == "planned"
    assert papers.run(act("move", "q", day=TOMORROW), context()).writes == ()


def test_a_plan_is_its_officers_own_until_the_enterprise_goes_to_somebody_else() -> None:
    papers = shelf()
    papers.run(make(), context())
    assert refused(papers, act("cancel", reason="不去"), OTHER) == "not_own"
    assert refused(papers, act("cancel", reason="不去"), COORDINATOR) == "role"
    assign(papers, OFFICER, until=TODAY)
    assign(papers, OTHER)
    papers.run(act("move", day=TOMORROW), context(OTHER))
    assert (plan(papers).officer_name, plan(papers).moved[0].by_name) == ("钱联络", "钱联络")


@pytest.mark.parametrize(
    ("day", "officer", "state"),
    [
        (TODAY, OFFICER, PlanState.DONE),
        (TOMORROW, OFFICER, PlanState.PLANNED),
        (TODAY, OTHER, PlanState.PLANNED),
    ],
)
def test_a_visit_of_that_day_settles_it(day: str, officer: Actor, state: PlanState) -> None:
    papers = shelf()
    papers.run(make(day=day), context(officer))
    args = {"enterprise": "e", "form_id": "f", "form_version": "1", "local_number": "V-1"}
    papers.run(change("visit.start", "e:e", "visit", "v", args, 10), context())
    values = {"/a": "b"}
    done = {"record": "r", "values": values, "digest": record_digest("f", "1", values)}
    papers.run(change("visit.submit", "e:e", "visit", "v", done, 60), context())
    assert plan(papers).state is state
    assert plan(papers).visit == ("v" if state is PlanState.DONE else None)
