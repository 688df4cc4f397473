"""Trips, groups and events: every move from every state by every role, what stands in the way, what the rows show."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from app.domain.activity import (
    EVENT_STATES,
    GROUP_STATES,
    REPORT_ROW,
    TRIP_ROW,
    TRIP_STATES,
    EventState,
    LeadState,
    TripState,
)
from app.domain.activity_moves import MOVES
from app.domain.changes import REGISTER, Refusal
from app.domain.people import Role
from app.domain.projections import projections
from tests.support.activity_world import ARGS, GUEST, KINDS, WHO, ActivityWorld

STATES = {"trip": TRIP_STATES, "group": GROUP_STATES, "event": EVENT_STATES}
HELD: dict[str, Any] = {"invite": [], "came": [GUEST]}
"""What can still be said of guests once it was held."""
MAKERS = {"trip": "trip.plan", "group": "group.form", "event": "event.plan"}


def made(word: str, who: str = "coordinator") -> ActivityWorld:
    world = ActivityWorld()
    if word == "trip":
        world.trip_home = world.home("event.") if who == "coordinator" else f"u:{WHO[who].person}"
    world.do(who, MAKERS[word])
    return world


def refused(world: ActivityWorld, who: str, name: str, **args: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        world.do(who, name, **args)
    return caught.value


def test_every_change_of_theirs_is_in_the_table() -> None:
    named = {name for name in REGISTER if name.partition(".")[0] in STATES}
    assert named - set(MAKERS.values()) - {"group.report"} == set(MOVES)
    assert all(REGISTER[name].roles == move.roles for name, move in MOVES.items())


@pytest.mark.parametrize("name", MOVES)
def test_every_state_and_role(name: str) -> None:
    move, word = MOVES[name], name.partition(".")[0]
    for state, who in itertools.product(STATES[word], WHO):
        maker = who if word == "trip" and WHO[who].roles & move.roles else "coordinator"
        world = made(word, maker)
        world.put(word, state=state)
        if name == "trip.follow":
            world.put("trip", leads=[{"id": "l", "company": "粤达", "about": "建分厂"}])
        if name == "event.raised":
            world.put(
                "event", items=[{"id": "i", "enterprise": "e", "enterprise_name": "窑业", "text": "缺工"}]
            )
        may = bool(WHO[who].roles & move.roles) and state in move.sources
        if may:
            lines = len(world.body(word)["trail"])
            world.do(who, name, **HELD if (name, state) == ("event.guests", "held") else {})
            assert world.body(word)["state"] == (move.target or state)
            assert len(world.body(word)["trail"]) == lines + 1
        else:
            error = refused(world, who, name)
            assert error.code in ("role", "activity_state", "wrong_bucket")
            assert error.text.endswith("。")


def test_what_is_the_parks_is_the_coordinators_and_ones_own_is_ones_own() -> None:
    world = made("trip", "officer")
    assert world.trip.owner == "p-officer"
    assert refused(world, "coordinator", "trip.back").code == "wrong_bucket"
    assert refused(world, "other", "trip.back").code == "wrong_bucket"
    park = ActivityWorld(trip_home=world.home("event."))
    assert refused(park, "officer", "trip.plan").code == "role"
    park.do("coordinator", "trip.plan")
    assert park.trip.owner == "park"
    assert "协调员" in refused(park, "leader", "trip.back").text


def test_a_trip_with_its_leads() -> None:
    world = made("trip", "officer")
    assert refused(world, "officer", "trip.plan").code == "exists"
    world.do("officer", "trip.edit", fields={"starts_on": ["2026-11-16", "2026-11-18"]})
    assert (
        "早于"
        in refused(world, "officer", "trip.edit", fields={"ends_on": ["2026-11-18", "2026-11-01"]}).text
    )
    assert refused(world, "officer", "trip.edit", fields={"place": ["别处", "东莞"]}).code == "moved"
    assert (
        refused(world, "officer", "trip.edit", fields={"state": ["planned", "closed"]}).code == "not_editable"
    )
    world.do("officer", "trip.back")
    assert [lead.company for lead in world.trip.late("2026-11-23")] == ["粤达窑炉"]
    assert not world.trip.late("2026-11-20")
    assert "还有 1 条线索在跟进（粤达窑炉）" in refused(world, "officer", "trip.close").text
    world.do("officer", "trip.lead", id="m", next_on="2026-12-01")
    world.do("officer", "trip.lead", id="m")
    assert refused(world, "officer", "trip.follow", lead="x").code == "missing"
    assert refused(world, "officer", "trip.follow", day="2026-11-24").code == "days"
    world.do("officer", "trip.follow", lead="m", text="下月来考察", state="following", next_on="2026-12-09")
    assert world.trip.leads[1].next_on == "2026-12-09"
    world.do("officer", "trip.follow", lead="m", text="资金不足", state="dropped", next_on="2026-12-09")
    assert world.trip.leads[1].next_on is None
    world.do("officer", "trip.follow")
    world.do("officer", "trip.close")
    assert world.trip.state is TripState.CLOSED
    assert [lead.state for lead in world.trip.leads] == [LeadState.SIGNED, LeadState.DROPPED]
    told = [(one.action, one.text) for one in world.trip.trail][-2:]
    assert told == [("trip.follow", "粤达窑炉：已签框架协议"), ("trip.close", None)]


def test_nobody_is_back_before_he_left() -> None:
    world = made("trip", "officer")
    world.put("trip", starts_on="2026-11-24", ends_on="2026-11-25")
    assert "2026-11-24 才出发" in refused(world, "officer", "trip.back").text


@pytest.mark.parametrize("day", ["2026-02-30", "26-01-01", "1026-01-01", "2026-1-1"])
def test_a_day_that_is_none_is_refused(day: str) -> None:
    assert refused(ActivityWorld(), "officer", "trip.plan", starts_on=day).code == "malformed"
    assert refused(ActivityWorld(), "coordinator", "group.form", starts_on=day).code == "malformed"
    assert refused(ActivityWorld(), "coordinator", "event.plan", day=day).code == "malformed"


def test_the_light_row_has_no_trail_and_no_notes() -> None:
    world = made("trip", "officer")
    world.do("officer", "trip.back")
    world.do("officer", "trip.follow")
    (write,) = projections(None, KINDS["trip"], "trip", world.body("trip"), "qinglan")
    assert (write.kind, write.bucket) == (TRIP_ROW, "dir:qinglan")
    assert write.body is not None
    assert "trail" not in write.body
    assert write.body["leads"][0]["state"] == "signed"
    assert "notes" not in write.body["leads"][0]


# ---------------------------------------------------------------------- groups


def test_the_head_is_a_member_and_a_new_one_owes_from_today() -> None:
    world = made("group")
    assert (
        refused(world, "coordinator", "group.edit", fields={"head": ["p-officer", "p-leader"]}).code == "head"
    )
    members = world.body("group")["members"]
    twice = [*members, members[0]]
    assert refused(world, "coordinator", "group.edit", fields={"members": [members, twice]}).code == "twice"
    more = [*members, {"person": "p-other", "name": "钱联络"}]
    world.do(
        "coordinator", "group.edit", fields={"members": [members, more], "head": ["p-officer", "p-other"]}
    )
    assert (world.group.head_name, world.group.head_since) == ("钱联络", "2026-11-23")
    assert world.group.heads == ["p-officer", "p-other"]
    assert refused(world, "coordinator", "group.end", ends_on="2026-11-24").code == "days"
    assert refused(world, "coordinator", "group.end", ends_on="2026-11-01").code == "days"


def test_a_report_is_filed_by_its_head_and_corrected_with_the_former_kept() -> None:
    world = made("group")
    world.report("officer", "2026-11-16", contacted=4)
    (report,) = world.reports()
    assert (report.owner, report.due_on, report.contacted) == ("p-officer", "2026-11-20", 4)
    assert not world.report("officer", "2026-11-16", contacted=4).writes
    world.report("officer", "2026-11-16", contacted=5)
    (report,) = world.reports()
    assert (report.contacted, report.former[0].contacted) == (5, 4)
    (write,) = projections(None, report.kind, report.id, report.to_body(), "qinglan")
    assert (write.kind, "former" in (write.body or {})) == (REPORT_ROW, False)
    for who, starts_on, code in (
        ("other", "2026-11-16", "head"),
        ("officer", "2026-11-17", "period"),
        ("officer", "2026-11-30", "period"),
        ("officer", "2026-10-26", "period"),
    ):
        with pytest.raises(Refusal) as caught:
            world.report(who, starts_on)
        assert caught.value.code == code


# ---------------------------------------------------------------------- events


def test_guests_one_by_one() -> None:
    world = made("event")
    world.do("coordinator", "event.guests", invite=[GUEST, {"id": "f", "name": "云岭电子"}])
    world.do("coordinator", "event.guests", invite=[], came=[{**GUEST, "people": 2}], uninvite=["f"])
    world.do("coordinator", "event.guests", invite=[], uninvite=["e"])
    assert [(guest.id, guest.came, guest.people) for guest in world.event.guests] == [("e", True, 2)]
    world.do("coordinator", "event.hold")
    assert "邀请名单不再改" in refused(world, "coordinator", "event.guests").text
    world.do("coordinator", "event.guests", invite=[], came=[{"id": "g", "name": "自来的一家"}])
    world.do("coordinator", "event.guests", invite=[], absent=["e"])
    assert [guest.came for guest in world.event.guests] == [False, True]


def test_an_item_becomes_one_issue() -> None:
    world = made("event")
    world.do("coordinator", "event.note")
    world.do("coordinator", "event.note")
    assert len(world.event.items) == 1
    world.do("coordinator", "event.raised")
    assert world.event.items[0].issue_number == "QL-1"
    assert "已登记为诉求 QL-1" in refused(world, "coordinator", "event.raised", issue="issue-2").text
    assert refused(world, "coordinator", "event.raised", item="x").code == "missing"


def test_what_came_of_it_is_written_when_it_has_come_and_the_former_text_stays_in_the_trail() -> None:
    world = made("event")
    world.put("event", day="2026-11-24")
    assert "办完后再登记成效" in refused(world, "coordinator", "event.hold").text
    world.put("event", day="2026-11-20")
    world.do("coordinator", "event.hold")
    world.do("coordinator", "event.outcome")
    assert world.event.state is EventState.HELD
    assert world.event.trail[-1].text == "原来写的是：到场 30 家，达成意向 56 人"


def test_only_the_coordinator_keeps_events_and_groups() -> None:
    for name, move in MOVES.items():
        if not name.startswith("trip."):
            assert move.roles == {Role.COORDINATOR}
    assert set(ARGS) >= set(MOVES)
