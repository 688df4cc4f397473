"""Teams, loads, dated assignments, an enterprise entered by hand: the rules alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.changes import KnownEnterprise, Refusal
from app.domain.changes.assignments import orders_of
from app.domain.people import Assignment
from app.domain.team import (
    COMPOSITION,
    OFFICER_LOAD,
    THREE_HELP_LOAD,
    Member,
    Team,
    TeamKind,
    lacking,
    load_for,
    load_warning,
)
from tests.support.documents import Shelf
from tests.support.laptop import ADMIN, COORDINATOR, NOON, OFFICER, PARK, change, context, enterprise_body

KNOWN = [KnownEnterprise("old", "萍乡金轮陶瓷有限责任公司", "91360313QLAN010166")]


def shelf() -> Shelf:
    return Shelf("e:e", {("enterprise", "e"): enterprise_body("e")})


def grant(assignment: str, person: str, **args: Any) -> Any:
    return change(
        "assignment.grant",
        "e:e",
        "assignment",
        assignment,
        {"person": person, "person_name": f"人{person}", **args},
    )


@pytest.mark.parametrize(
    ("kind", "duties", "short"),
    [
        (TeamKind.ONE_PLUS_TWO, ["lead", "member", "member"], ()),
        (TeamKind.ONE_PLUS_TWO, ["member"], ("还缺 1 名领队干部", "还缺 1 名机关干部")),
        (TeamKind.THREE_HELP, ["service_officer", "grid_leader"], ("还缺 1 名网格员",)),
    ],
)
def test_what_a_team_is_short_of(kind: TeamKind, duties: list[str], short: tuple[str, ...]) -> None:
    members = [Member(person=str(n), person_name="某", duty=duty) for n, duty in enumerate(duties)]
    assert lacking(Team(id="t", name="一组", team_kind=kind, members=members)) == short


@given(st.sampled_from([OFFICER_LOAD, THREE_HELP_LOAD]), st.integers(0, 20))
def test_a_load_is_warned_of_outside_its_figures_and_never_at_none(load: Any, count: int) -> None:
    fine = count == 0 or load.least <= count <= load.most
    assert (load_warning(count, load) == "") == fine


def test_three_help_asks_for_more() -> None:
    assert load_for([None, TeamKind.THREE_HELP]) == THREE_HELP_LOAD
    assert load_for([TeamKind.ONE_PLUS_TWO]) == load_for([]) == OFFICER_LOAD
    assert load_warning(1, THREE_HELP_LOAD)
    assert not load_warning(1, OFFICER_LOAD)


def set_team(members: list[tuple[str, str]], **more: Any) -> Any:
    known = [{"person": person, "person_name": person, "duty": duty} for person, duty in members]
    args = {"name": "一组", "team_kind": "one_plus_two", "members": known, **more}
    return change("team.set", f"ref:{PARK}", "team", "t", args)


def test_a_team_is_made_altered_and_disbanded() -> None:
    papers = Shelf(f"ref:{PARK}")
    papers.run(set_team([("a", "lead")]), context(COORDINATOR))
    seen = [{"person": "a", "person_name": "a", "duty": "lead"}]
    papers.run(set_team([("a", "lead"), ("b", "member")], seen=seen), context(COORDINATOR))
    with pytest.raises(Refusal) as refused:
        papers.run(set_team([("c", "lead")], seen=seen), context(COORDINATOR))
    assert refused.value.code == "team_moved"
    papers.run(change("team.disband", f"ref:{PARK}", "team", "t", {}), context(COORDINATOR))
    assert papers.bodies["team", "t"]["disbanded_on"] == "2026-11-22"


@pytest.mark.parametrize(
    ("members", "code"),
    [([("a", "lead"), ("a", "member")], "team_twice"), ([("a", "grid_member")], "team_duty")],
)
def test_a_team_that_cannot_be_is_refused(members: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        Shelf(f"ref:{PARK}").run(set_team(members), context(COORDINATOR))
    assert refused.value.code == code
    with pytest.raises(Refusal) as refused:
        Shelf(f"ref:{PARK}").run(set_team([("a", "lead")]), context(OFFICER))
    assert refused.value.code == "role"
    assert set(COMPOSITION) == set(TeamKind)


def test_the_enterprise_names_who_looks_after_it_by_duty() -> None:
    papers = shelf()
    for assignment, person, duty in (("1", "a", "member"), ("2", "b", "lead"), ("3", "c", "member")):
        papers.run(grant(assignment, person, team="t", duty=duty), context(COORDINATOR))
    body = papers.bodies["enterprise", "e"]
    assert [one["name"] for one in body["people"]] == ["人b", "人a", "人c"]
    assert body["officer_name"] == "人b"
    papers.run(change("assignment.end", "e:e", "assignment", "2", {}), context(COORDINATOR))
    assert papers.bodies["enterprise", "e"]["officer_name"] == "人a"


def test_a_named_last_day_keeps_him_until_it_has_passed() -> None:
    papers = shelf()
    papers.run(grant("1", "a"), context(COORDINATOR))
    end = change("assignment.end", "e:e", "assignment", "1", {"until": "2026-11-25"})
    papers.run(end, context(COORDINATOR))
    assert Assignment.model_validate(papers.bodies["assignment", "1"]).stands
    lapse = change("assignment.lapse", "e:e", "assignment", "1", {})
    assert papers.run(lapse, context(ADMIN, NOON + timedelta(days=3))).writes == ()
    papers.run(lapse, context(ADMIN, NOON + timedelta(days=4)))
    assert not Assignment.model_validate(papers.bodies["assignment", "1"]).stands
    assert "people" not in papers.bodies["enterprise", "e"]
    with pytest.raises(Refusal) as refused:
        papers.run(lapse, context(OFFICER))
    assert refused.value.code == "role"


def test_a_last_day_that_is_over_is_refused_and_a_new_grant_takes_it_back() -> None:
    papers = shelf()
    papers.run(grant("1", "a"), context(COORDINATOR))
    with pytest.raises(Refusal) as refused:
        papers.run(
            change("assignment.end", "e:e", "assignment", "1", {"until": "2026-11-21"}),
            context(COORDINATOR),
        )
    assert refused.value.code == "until_past"
    papers.run(
        change("assignment.end", "e:e", "assignment", "1", {"until": "2026-11-25"}), context(COORDINATOR)
    )
    papers.run(grant("2", "a"), context(COORDINATOR))
    assert list(papers.bodies) == [("enterprise", "e"), ("assignment", "1")]
    assert "until" not in papers.bodies["assignment", "1"]


def test_an_order_comes_to_the_same_changes_wherever_it_is_read() -> None:
    asked = change(
        "assignment.order",
        "u:p-coordinator",
        "assignment_order",
        "o",
        {
            "grants": [{"enterprise": "e", "person": "b", "person_name": "乙", "since": "2026-12-01"}],
            "ends": [{"enterprise": "e", "assignment": "1", "until": "2026-11-30"}],
        },
    )
    first, second = orders_of(asked)
    assert (first.name, first.bucket, first.args["since"]) == ("assignment.grant", "e:e", "2026-12-01")
    assert (second.name, second.doc, second.args) == (
        "assignment.end",
        ("assignment", "1"),
        {"until": "2026-11-30"},
    )
    assert [one.mid for one in orders_of(asked)] == [first.mid, second.mid]
    papers = Shelf("u:p-coordinator")
    papers.run(asked, context(COORDINATOR))
    assert ("assignment_order", "o") in papers.bodies


def enter(**args: Any) -> Any:
    whole = {"temporary_code": "TMP-A3C1-001", "name": "萍乡市金轮陶瓷（集团）有限公司", **args}
    return change("enterprise.enter", "e:n", "enterprise", "n", whole)


def test_an_entry_is_the_authors_and_points_at_names_alike() -> None:
    papers = Shelf("e:n")
    outcome = papers.run(enter(), replace(context(OFFICER), enterprises=lambda: KNOWN))
    body = papers.bodies["enterprise", "n"]
    assert (body["unconfirmed"], body["maybe_same"], body["officer_name"]) == (True, ["old"], "王联络")
    assert {write.kind for write in outcome.writes} == {"enterprise", "assignment", "own_assignment"}
    papers.run(change("enterprise.confirm", "e:n", "enterprise", "n", {}), context(COORDINATOR))
    assert "unconfirmed" not in papers.bodies["enterprise", "n"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (enter(temporary_code="91360313QLAN010166"), "temporary_code"),
        (enter(name="厂"), "malformed"),
        (change("enterprise.enter", "e:other", "enterprise", "n", enter().args), "wrong_bucket"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(asked: Any, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        Shelf(asked.bucket).run(asked, context(OFFICER))
    assert refused.value.code == code


def test_nobody_alters_what_follows_from_other_changes() -> None:
    papers = Shelf("e:n")
    papers.run(enter(), context(OFFICER))
    for field in ("unconfirmed", "people", "maybe_same", "merging_into", "former_code", "entered_by"):
        fields = {field: [papers.bodies["enterprise", "n"].get(field), None]}
        asked = change("patch", "e:n", "enterprise", "n", {"fields": fields})
        with pytest.raises(Refusal) as refused:
            papers.run(asked, context(OFFICER))
        assert refused.value.code == "not_editable"


def test_a_code_another_enterprise_has_is_taken_by_nobody() -> None:
    papers = Shelf("e:n")
    knowing = replace(context(OFFICER), enterprises=lambda: KNOWN)
    papers.run(enter(), knowing)
    taken = {"credit_code": KNOWN[0].credit_code, "seen": "TMP-A3C1-001"}
    fields = {"credit_code": ["TMP-A3C1-001", KNOWN[0].credit_code]}
    for asked in (
        change("enterprise.take_code", "e:n", "enterprise", "n", taken),
        change("patch", "e:n", "enterprise", "n", {"fields": fields}),
    ):
        with pytest.raises(Refusal) as refused:
            papers.run(asked, knowing)
        assert refused.value.code == "code_known"
