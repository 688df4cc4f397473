"""Meetings on the laptop of a coordinator and a leader: agenda, raising and assigning on the spot, figures, papers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.domain.changes.base import Refusal
from app.domain.issue import Issue, IssueState
from app.domain.meeting import ItemOutcome, MeetingState
from app.errors import KnownError
from app.services import issues, meetings
from app.services.desk import Desk
from app.services.meetings import AssignDraft, ItemLine
from app.store.confirmed import ConfirmedPage, absorb_page
from app.store.outbox import pending
from tests.printing.reading import page_texts
from tests.support.desks import PARK, coordinator_desk
from tests.support.issue_desks import desk_of

BUCKET = buckets.meetings(PARK)


def with_meetings(desk: Desk) -> Desk:
    """As after a download in which there was no meeting yet."""
    page = ConfirmedPage(BUCKET, 0, 0, done=True, rows=[])
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _rows: "")
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with with_meetings(coordinator_desk(tmp_path / "desk")) as opened:
        yield opened


@pytest.fixture
def leader(tmp_path: Path) -> Iterator[Desk]:
    with with_meetings(desk_of("leader", tmp_path / "leader")) as opened:
        yield opened


def plan(desk: Desk, kind: str, **values: Any) -> str:
    args = {"meeting_kind": kind, "day": "2026-11-24", **values}
    return meetings.plan(desk, meetings.plan_args(args))


def items(desk: Desk, id: str) -> dict[str, ItemLine]:
    return {item.title: item for item in meetings.page(desk, id).items}


RAISED = {
    "title": "门口积水", "category": "07", "subcategory": "0701", "description": "下雨就积水", "enterprise": "ent-0",
}  # fmt: skip


def test_a_plan_gets_a_name_and_its_time_is_read_as_people_write_it(desk: Desk) -> None:
    id = plan(desk, "reception", start="9点30分", people="经发局、供电公司 人社局", place="二楼")
    meeting = meetings.page(desk, id).meeting
    assert (meeting.title, meeting.start) == ("11月24日接待日", "09:30")
    assert meeting.people == ["经发局", "供电公司", "人社局"]
    with pytest.raises(KnownError, match="时刻读不出来"):
        plan(desk, "forum", start="上午")


def test_the_list_has_the_latest_first(desk: Desk) -> None:
    for kind, day in (("joint", "2026-11-24"), ("dispatch", "2026-11-30"), ("forum", "2026-12-01")):
        plan(desk, kind, day=day)
    lines = meetings.listing(desk)
    assert [(line.month, line.kind_word) for line in lines] == [
        ("2026年12月", "座谈会"),
        ("2026年11月", "一周一调度"),
        ("2026年11月", "联席会"),
    ]
    assert meetings.planned_count(desk) == 3


def test_an_edit_sends_only_what_differs(desk: Desk) -> None:
    id = plan(desk, "forum", place="二楼")
    before = len(pending(desk.store))
    values = {"title": "座谈", "day": "2026-11-24", "place": "", "people": ""}
    meetings.edit(desk, id, meetings.edit_args(values))
    meeting = meetings.page(desk, id).meeting
    assert (meeting.title, meeting.place, meeting.day) == ("座谈", None, "2026-11-24")
    (row,) = pending(desk.store)[before:]
    assert set(row.change.args["fields"]) == {"title", "place"}
    meetings.edit(desk, id, meetings.edit_args(values))
    assert len(pending(desk.store)) == before + 1


def test_an_issue_raised_at_a_reception_day_stands_on_it_with_its_outcome(desk: Desk) -> None:
    id = plan(desk, "reception")
    meetings.invite(desk, id, ["ent-0", "ent-1", "ent-5"])
    meetings.mark_came(desk, id, ["ent-1"])
    issue = meetings.raise_at(desk, id, {**RAISED, "solved_on_spot": True, "solution": "当天疏通"})
    meetings.raise_at(desk, id, {**RAISED, "title": "夜班公交"})
    shown = meetings.page(desk, id)
    assert shown.result == "2 家、2 题、当场解决 1 个（1/2，50.00 %）"
    assert [(guest.id, guest.came, guest.raised, guest.held) for guest in shown.guests] == [
        ("ent-0", True, 2, True),
        ("ent-1", True, 0, True),
        ("ent-5", False, 0, False),
    ]
    drain, bus = items(desk, id)["门口积水"], items(desk, id)["夜班公交"]
    assert (drain.outcome, drain.done, drain.decision) == (ItemOutcome.SOLVED, True, "当天疏通")
    assert (bus.outcome, bus.state_word, bus.assignable) == (ItemOutcome.OPEN, "待受理", True)
    document = desk.store.get(Issue.kind, issue)
    assert document is not None
    assert (document.body["source"], document.body["meeting"]) == ("reception", id)
    assert document.body["state"] == IssueState.TO_REVISIT


def test_what_was_noted_first_is_raised_later(desk: Desk) -> None:
    id = plan(desk, "reception")
    meetings.add_item(desk, id, "用电不够", "ent-5")
    noted = items(desk, id)["用电不够"]
    assert (noted.enterprise, noted.held) == ("ent-5", False)
    with pytest.raises(KnownError, match="资料不在本机"):
        meetings.raise_at(desk, id, {**RAISED, "enterprise": "ent-5"}, noted.id)
    meetings.raise_at(desk, id, RAISED, noted.id)
    assert items(desk, id)["用电不够"].done
    assert items(desk, id)["用电不够"].decision.startswith("已登记为诉求 I-")


def test_nothing_of_a_raise_stays_where_it_is_refused(desk: Desk) -> None:
    id = plan(desk, "reception")
    before = len(pending(desk.store))
    with pytest.raises(Refusal, match="请写明办法"):
        meetings.raise_at(desk, id, {**RAISED, "solved_on_spot": True})
    assert (len(pending(desk.store)), items(desk, id)) == (before, {})


def test_the_joint_meeting_gathers_what_waits_by_itself(desk: Desk) -> None:
    id = plan(desk, "joint")
    (item,) = meetings.page(desk, id).items
    assert (item.title, item.why, item.stored, item.assignable) == ("奖补资金未到账", "待交办", False, True)
    meetings.hold(desk, id, "没有议到。")
    (item,) = meetings.page(desk, id).items
    assert (item.outcome, item.stored) == (ItemOutcome.OPEN, True)
    assert meetings.page(desk, id).meeting.state is MeetingState.HELD


def test_one_press_assigns_all_and_tells_of_each(desk: Desk) -> None:
    id = plan(desk, "joint")
    meetings.raise_at(desk, id, RAISED)  # still to be accepted
    fund, drain = items(desk, id)["奖补资金未到账"], items(desk, id)["门口积水"]
    done = meetings.assign_many(
        desk,
        id,
        {
            fund.id: AssignDraft("economy", 10, requirement="年前到账"),
            drain.id: AssignDraft("power", 5, handler="p-li"),
            "gone": AssignDraft("power", 5),
        },
    )
    assert [(one.title, bool(one.problem)) for one in done] == [
        ("奖补资金未到账", False),
        ("门口积水", False),
        ("", True),
    ]
    fund, drain = items(desk, id)["奖补资金未到账"], items(desk, id)["门口积水"]
    assert (fund.outcome_word, fund.decision, fund.state_word) == ("交办", "年前到账", "待签收")
    assert drain.who == "供电公司，李强"
    assert drain.until == "11月30日"
    document = desk.store.get(Issue.kind, fund.issue)
    assert document is not None
    assert document.body["meeting"] == id
    names = [row.change.name for row in pending(desk.store)]
    assert names.count("issue.assign") == 2


def test_what_cannot_be_assigned_says_why_and_leaves_the_others(desk: Desk) -> None:
    """Its enterprise is not on this laptop: nothing of it is done, the next one goes through."""
    id = plan(desk, "joint")
    there = items(desk, id)["奖补资金未到账"]
    meetings.settle(desk, id, there.id, {"outcome": "postponed"})
    with desk.store.write() as transaction:
        transaction.execute("DELETE FROM document WHERE kind = 'issue' AND id = 'issue-7'")
    (done,) = meetings.assign_many(desk, id, {there.id: AssignDraft("economy", 10)})
    assert "没有取到本机" in done.problem
    assert items(desk, id)["奖补资金未到账"].outcome is ItemOutcome.POSTPONED


def test_an_assignment_that_did_not_go_through_is_seen(desk: Desk) -> None:
    id = plan(desk, "joint")
    fund = items(desk, id)["奖补资金未到账"]
    meetings.settle(desk, id, fund.id, {"outcome": "assigned", "department_name": "经发局"})
    assert "交办没有成功" in items(desk, id)["奖补资金未到账"].problem


def test_a_decision_about_an_issue_in_work_is_written_into_its_trail(desk: Desk) -> None:
    id = plan(desk, "joint")
    with desk.store.write() as transaction:
        transaction.execute(
            "UPDATE document SET body = json_set(body, '$.for_meeting', json('true')) WHERE id = 'issue-1'"
        )
    item = items(desk, id)["扩建项目环评报告表受理"]
    assert (item.why, item.assignable) == ("提请上会", False)
    args = meetings.settle_args(
        "recorded", {"decision": "下周现场会商", "until": False, "due_on": "2026-12-01"}
    )
    meetings.settle(desk, id, item.id, args)
    page = issues.page(desk, "issue-1")
    assert page is not None
    assert "议定：下周现场会商" in page.trail[-1].text
    assert items(desk, id)["扩建项目环评报告表受理"].until == ""


def test_a_leader_assigns_what_only_he_may(leader: Desk, desk: Desk) -> None:
    id = plan(desk, "joint")
    (made,) = [row.change for row in pending(desk.store) if row.change.name == "meeting.plan"]
    body = desk.store.get("meeting", id)
    assert body is not None
    assert made.doc[1] == id
    from app.store.confirmed import ConfirmedRow

    row = ConfirmedRow(BUCKET, "meeting", id, 1, body.body)
    absorb_page(
        leader.store,
        [ConfirmedPage(BUCKET, 0, 1, done=True, rows=[row])],
        leader.context(),
        sum_of=lambda _r: "",
    )
    shown = meetings.page(leader, id)
    assert {item.why for item in shown.items} >= {"两次异议待裁定", "待交办"}
    assert shown.actions == (("add", "加议题"),)
    ruling = next(item for item in shown.items if "裁定" in item.why)
    (done,) = meetings.assign_many(leader, id, {ruling.id: AssignDraft("power", 5)})
    assert done.problem == ""
    assert items(leader, id)[ruling.title].outcome is ItemOutcome.ASSIGNED


def test_items_move_up_and_down(desk: Desk) -> None:
    id = plan(desk, "dispatch")
    for title in "甲乙丙":
        meetings.add_item(desk, id, title)
    meetings.move_item(desk, id, items(desk, id)["丙"].id, -1)
    assert list(items(desk, id)) == ["甲", "丙", "乙"]
    before = len(pending(desk.store))
    meetings.move_item(desk, id, items(desk, id)["甲"].id, -1)
    assert len(pending(desk.store)) == before


def test_the_draft_of_the_minutes_says_what_was_decided(desk: Desk) -> None:
    id = plan(desk, "dispatch")
    meetings.add_item(desk, id, "一期厂房")
    meetings.add_item(desk, id, "二期厂房")
    args = {"decision": "月底封顶", "person_name": "李强", "until": True, "due_on": "2026-11-30"}
    meetings.settle(desk, id, items(desk, id)["一期厂房"].id, meetings.settle_args("recorded", args))
    form = meetings.form_for(desk, id, meetings.HOLD)
    assert form.fields[0].default == "1. 一期厂房：已议定，月底封顶，由李强办理，11月30日前办结。"
    assert form.note == "还有 1 项没有结论，会后记为「未议」；不是诉求的转到下一次。"


def test_the_notice_and_the_agenda_read_back(desk: Desk, tmp_path: Path) -> None:
    id = plan(desk, "reception", start="9:30", place="二楼会议室", chair="周领导", notice="请带用电情况。")
    meetings.invite(desk, id, ["ent-0"])
    name = meetings.page(desk, id).guests[0].name
    text = "".join(page_texts(meetings.print_notice(desk, id, tmp_path / "n.pdf").path)).replace("\r\n", "")
    for words in (
        "关于召开11月24日接待日的通知",
        "2026年11月24日（星期二）9:30",
        "二楼会议室",
        "请带用电情况。",
        "青岚产业园",
    ):
        assert words in text, words
    assert name in text
    meetings.raise_at(desk, id, {**RAISED, "solved_on_spot": True, "solution": "当天疏通"})
    meetings.hold(desk, id, "接待一家企业。")
    printed = meetings.print_agenda(desk, id, tmp_path / "a.pdf")
    text = "".join(page_texts(printed.path)).replace("\r\n", "")
    for words in (
        "会议议题及结论",
        "1 家、1 题、当场解决 1 个（1/1，100.00 %）",
        "当场解决：当天疏通",
        "接待一家企业。",
    ):
        assert words in text, words
    assert printed.missing == ()
    meetings.plan(desk, meetings.plan_args({"meeting_kind": "forum", "day": "2026-12-01"}))
    other = next(line.id for line in meetings.listing(desk) if line.kind_word == "座谈会")
    meetings.call_off(desk, other, "台风")
    with pytest.raises(KnownError, match="会议已取消"):
        meetings.print_notice(desk, other)
