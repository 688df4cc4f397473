"""The closed loop told move by move: clocks, objections, extensions, revisits, what the centre does by itself."""

from __future__ import annotations

import pytest

from app.domain.changes import Refusal
from app.domain.changes.issue_trail import rebuild
from app.domain.issue import IssueState, SupervisionLevel
from app.domain.people import Actor, Role
from tests.support.issue_histories import check
from tests.support.issue_world import ACTORS, IssueWorld

S = IssueState


def refused(world: IssueWorld, who: str | Actor, name: str, **args: object) -> str:
    before = world.body()
    with pytest.raises(Refusal) as caught:
        world.do(who, name, **args)
    assert world.body() == before
    return caught.value.code


def assigned(**fields: object) -> IssueWorld:
    world = IssueWorld.reported()
    world.do("coordinator", "issue.accept")
    world.do("coordinator", "issue.assign", **fields)
    return world


def in_work(**fields: object) -> IssueWorld:
    world = assigned(**fields)
    world.do("handler", "issue.sign")
    return world


def to_revisit() -> IssueWorld:
    world = in_work()
    world.do("handler", "issue.answer")
    world.do("coordinator", "issue.verify")
    return world


def test_from_report_to_struck_off() -> None:
    world = IssueWorld.reported()
    assert world.issue.number == "正式-I-1"
    world.do("coordinator", "issue.accept")
    accepted = world.issue
    # Accepted on Monday 23 November: the limit of 扩容 (15 working days) ends on Monday 14 December at 17:30.
    assert (accepted.limit_days, accepted.due_at) == (15, "2026-12-14T09:30:00.000Z")
    assert accepted.first_response_due_at == "2026-11-24T09:30:00.000Z"
    world.do("coordinator", "issue.assign", limit_days=10, joint=["housing"], requirement="先回电话")
    issue = world.issue
    assert (issue.department, issue.joint, issue.shown_to) == ("economy", ["housing"], ["economy", "housing"])
    # Housing helps with every 扩容: that makes it no matter across departments.
    assert (issue.due_at, issue.level) == ("2026-12-07T09:30:00.000Z", 2)
    world.do("handler", "issue.sign")
    assert (world.issue.handler, world.issue.signed_by_name) == ("p-handler", "赵承办")
    world.later(days=1)
    world.do("handler", "issue.progress")
    assert world.issue.first_response_at == "2026-11-24T01:00:00.000Z"
    world.do("handler", "issue.answer")
    world.later(days=1)
    world.do("coordinator", "issue.verify")
    assert (world.issue.settled_at, world.issue.settled_in_time) == ("2026-11-25T01:00:00.000Z", True)
    world.do("revisitor", "issue.revisit")
    assert (world.issue.state, world.issue.revisit_valid) == (S.CLOSED, True)
    world.do("revisitor", "issue.add_review")
    assert refused(world, "revisitor", "issue.add_review") == "issue_guard"
    world.do("coordinator", "issue.archive")
    assert rebuild(world.trail()) == world.body()


def test_withdrawn_while_it_was_stopped() -> None:
    world = in_work()
    world.do("leader", "issue.suspend")
    world.later(days=3)
    world.do("officer", "issue.withdraw")
    assert [stop.until for stop in world.issue.stops] == ["2026-11-26"]
    check(world.body(), world.trail())


def test_who_came_to_a_whistle_does_not_ask_about_it() -> None:
    world = in_work()
    world.do("officer", "issue.whistle", departments=["housing"])
    came = Actor("p-both", "吴两职", frozenset({Role.HANDLER, Role.REVISITOR}), "housing")
    world.do(came, "issue.whistle_answer")
    world.do("handler", "issue.answer")
    world.do("coordinator", "issue.verify")
    assert refused(world, came, "issue.revisit") == "issue_guard"
    world.do("revisitor", "issue.revisit")


def test_returned_and_reported_again() -> None:
    world = IssueWorld.reported()
    world.do("coordinator", "issue.return")
    assert (world.issue.state, world.issue.return_reason, world.issue.returned) == (S.DRAFT, "缺联系人", 1)
    world.do("officer", "issue.resubmit", title="扩容")
    assert (world.issue.title, world.issue.return_reason, world.issue.returned) == ("扩容", None, 1)
    assert rebuild(world.trail()) == world.body()


def test_the_second_objection_goes_up_and_there_is_no_third() -> None:
    world = assigned()
    world.do("handler", "issue.object")
    assert (world.issue.state, world.issue.department, world.issue.shown_to) == (S.ACCEPTED, None, [])
    world.do("coordinator", "issue.assign", department="finance")
    world.do("other_handler", "issue.object", suggested_department="economy")
    assert world.issue.ruling_needed
    assert refused(world, "coordinator", "issue.assign") == "issue_guard"
    world.do("leader", "issue.assign")
    assert refused(world, "handler", "issue.object") == "issue_guard"
    world.do("handler", "issue.sign")
    assert world.issue.state is S.IN_WORK


def test_an_objection_comes_within_a_working_day() -> None:
    world = assigned()
    world.later(days=1, hours=8)  # Tuesday, 17:00
    world.do("handler", "issue.object")
    late = assigned()
    late.later(days=1, hours=9)  # Tuesday, 18:00
    assert refused(late, "handler", "issue.object") == "late"


def test_another_department_does_not_touch_it() -> None:
    world = in_work()
    for name in ("issue.answer", "issue.progress", "issue.ask_extension"):
        assert refused(world, "other_handler", name) == "issue_guard"


def test_one_extension_asked_ahead_of_time() -> None:
    world = in_work(limit_days=5)  # due Monday 30 November
    assert world.issue.due_at == "2026-11-30T09:30:00.000Z"
    late = IssueWorld(world.papers, world.now)
    late.later(days=7)
    assert refused(late, "handler", "issue.ask_extension", days=2) == "late"
    world.do("handler", "issue.ask_extension", days=5)
    assert refused(world, "leader", "issue.extend") == "issue_guard"
    world.do("coordinator", "issue.extend")
    assert (world.issue.due_at, world.issue.extensions) == ("2026-12-07T09:30:00.000Z", 1)
    assert refused(world, "handler", "issue.ask_extension") == "issue_guard"


def test_an_extension_of_a_high_level_is_the_leaders() -> None:
    """A department that has no part in 扩容 by itself makes it 跨部门, level 3 (§6, §7.2)."""
    usual = in_work(joint=["housing"])
    usual.do("handler", "issue.ask_extension")
    usual.do("coordinator", "issue.extend")
    world = in_work(joint=["housing", "finance"])
    assert world.issue.level == 3
    world.do("handler", "issue.ask_extension")
    assert refused(world, "coordinator", "issue.extend") == "issue_guard"
    due = world.issue.due_at
    world.do("leader", "issue.deny_extension")
    assert (world.issue.state, world.issue.due_at) == (S.IN_WORK, due)
    assert refused(world, "handler", "issue.ask_extension") == "issue_guard"


def test_a_stop_gives_its_days_back() -> None:
    world = in_work(limit_days=5)  # from Monday 23rd: due Monday 30th
    world.later(days=2)  # Wednesday: two of the five days have run
    world.do("leader", "issue.suspend")
    world.later(days=12)  # Monday 7 December
    assert world.run_center() == []
    world.do("coordinator", "issue.resume")
    # Three days are left, from Tuesday on.
    assert world.issue.due_at == "2026-12-10T09:30:00.000Z"
    assert rebuild(world.trail()) == world.body()


def test_a_bad_revisit_begins_the_work_anew_one_level_up() -> None:
    world = to_revisit()
    assert refused(world, ACTORS["handler"], "issue.revisit") == "role"
    both = Actor("p-handler", "赵承办", frozenset({Role.HANDLER, Role.REVISITOR}), "economy")
    assert refused(world, both, "issue.revisit") == "issue_guard"
    world.do("revisitor", "issue.revisit", satisfaction="dissatisfied", dissatisfaction=["time"])
    issue = world.issue
    assert (issue.state, issue.level, issue.reopened) == (S.IN_WORK, 3, 1)
    assert (issue.limit_days, issue.due_at) == (15, "2026-12-14T09:30:00.000Z")
    assert (issue.settled_at, issue.settled_in_time) == (None, None)


def test_unsolved_but_explained_may_be_struck_off() -> None:
    world = to_revisit()
    world.do("revisitor", "issue.revisit", solved="explained", satisfaction="basically")
    assert world.issue.state is S.CLOSED
    unsolved = to_revisit()
    unsolved.do("revisitor", "issue.revisit", solved="unsolved", satisfaction="very")
    assert unsolved.issue.state is S.IN_WORK


def test_solved_on_the_spot_and_yet_not() -> None:
    world = IssueWorld.reported(solved_on_spot=True, solution="当场接通")
    assert (world.issue.state, world.issue.settled_at) == (S.TO_REVISIT, "2026-11-23T01:00:00.000Z")
    mixed = Actor("p-officer", "王联络", frozenset({Role.OFFICER, Role.REVISITOR}))
    assert refused(world, mixed, "issue.revisit") == "issue_guard"
    world.do("revisitor", "issue.revisit", solved="unsolved", satisfaction="satisfied")
    assert world.issue.state is S.REPORTED
    world.do("coordinator", "issue.accept")
    assert world.issue.due_at is not None
    assert rebuild(world.trail()) == world.body()


def test_three_days_of_no_answer() -> None:
    world = to_revisit()
    for _ in range(3):
        world.do("revisitor", "issue.contact_failed")
    assert refused(world, "coordinator", "issue.close_unreached") == "issue_guard"
    for _ in range(2):
        world.later(days=1)
        world.do("revisitor", "issue.contact_failed")
    assert refused(world, "revisitor", "issue.close_unreached") == "role"
    world.do("coordinator", "issue.close_unreached")
    assert (world.issue.state, world.issue.revisit_valid) == (S.CLOSED, False)


def test_refused_and_appealed_once() -> None:
    world = IssueWorld.reported()
    assert refused(world, "leader", "issue.refuse") == "issue_guard"
    world.do("coordinator", "issue.refuse")
    late = IssueWorld(world.papers, world.now)
    late.later(days=15)
    assert refused(late, "officer", "issue.appeal") == "late"
    world.do("officer", "issue.appeal")
    assert refused(world, "coordinator", "issue.accept") == "issue_guard"
    world.do("leader", "issue.refuse")
    assert refused(world, "officer", "issue.appeal") == "issue_guard"


def test_raised_again_within_thirty_days() -> None:
    for days, repeated in ((30, True), (31, False)):
        world = to_revisit()
        assert (
            refused(world, "officer", "issue.raise", local_number="I-2", title="又停了", category="08")
            == "exists"
        )
        world.do("revisitor", "issue.revisit")
        world.later(days=days)
        first = world.id
        world.id = "again"
        world.do("officer", "issue.raise", local_number="I-2", title="又停了", category="08", earlier=first)
        assert (world.issue.repeated, world.issue.earlier_number) == (repeated, "正式-I-1")


def test_unsigned_for_a_working_day() -> None:
    world = assigned()
    world.later(days=1)
    assert world.run_center() == []
    world.later(days=1)
    assert world.run_center() == ["issue.auto_sign"]
    assert (world.issue.state, world.issue.auto_signed) == (S.IN_WORK, True)


def test_supervision_and_escalation_by_rule() -> None:
    world = in_work(limit_days=5)  # due Monday 30 November
    world.do("handler", "issue.progress")
    said = []
    for _ in range(12):
        world.later(days=1)
        said += [(world.now.day, name) for name in world.run_center()]
    assert said == [
        (26, "issue.supervise"),
        (1, "issue.supervise"),
        (3, "issue.supervise"),
        (3, "issue.escalate"),
    ]
    issue = world.issue
    assert (issue.supervision, issue.level, issue.for_meeting) == (SupervisionLevel.RED, 3, True)
    sheets = sorted(sheet.body["level"] for sheet in world.papers.of_kind("supervision"))
    assert sheets == ["blue", "red", "yellow"]
    assert rebuild(world.trail()) == world.body()


def test_a_joint_department_that_does_not_move() -> None:
    world = in_work(limit_days=30, joint=["finance"])
    world.later(days=6)
    assert world.run_center() == []
    world.later(days=1)
    assert world.run_center() == ["issue.escalate"]
    assert (world.issue.level, world.issue.for_meeting) == (4, True)


def test_levels_go_up_and_only_a_leader_lowers_them() -> None:
    world = in_work()
    world.do("officer", "issue.ask_escalation")
    assert world.issue.level == 2
    world.do("coordinator", "issue.escalate")
    assert (world.issue.level, world.issue.escalation_asked) == (3, None)
    world.do("coordinator", "issue.escalate")
    assert refused(world, "coordinator", "issue.escalate") == "issue_guard"
    assert refused(world, "coordinator", "issue.classify", level=2) == "level"
    world.do("leader", "issue.lower")
    assert world.issue.level == 3


def test_whistle() -> None:
    world = in_work()
    world.do("officer", "issue.whistle", departments=["housing"])
    assert world.issue.shown_to == ["economy", "housing"]
    assert world.issue.whistle_due_at == "2026-11-24T09:30:00.000Z"
    # What was written before is shown to the department that has come in.
    assert all(event.shown_to == ["economy", "housing"] for event in world.trail())
    housing = Actor("p-h", "住建", frozenset({Role.HANDLER}), "housing")
    world.do(housing, "issue.whistle_answer")
    assert refused(world, housing, "issue.whistle_answer") == "issue_guard"
    assert refused(world, "officer", "issue.whistle", departments=["housing"]) == "whistled"


def test_a_supervision_is_answered_once() -> None:
    world = in_work()
    world.do("leader", "issue.supervise", level="red", cause="dissatisfied")
    (sheet,) = world.papers.of_kind("supervision")
    world.do("handler", "issue.reply_supervision", supervision=sheet.id)
    assert refused(world, "handler", "issue.reply_supervision", supervision=sheet.id) == "replied"


def test_merged_and_written_back() -> None:
    world = IssueWorld.reported()
    world.do("coordinator", "issue.merge")
    world.do("admin", "issue.main_ended", text="已办结：道路照明已修复")
    assert world.issue.main_result == "已办结：道路照明已修复"


def test_a_trail_that_was_tampered_with_shows() -> None:
    world = to_revisit()
    events = world.trail()
    events[2].text = "别的话"
    with pytest.raises(ValueError, match="broken at 3"):
        rebuild(events)
    with pytest.raises(ValueError, match="broken at 3"):
        rebuild([event for event in world.trail() if event.order != 2])
