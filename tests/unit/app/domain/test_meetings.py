"""Meetings: who may do what when, what goes on with the next one, what belongs on the joint one's agenda, the figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import buckets
from app.domain.changes import Change, Outcome, Refusal
from app.domain.clock import to_text
from app.domain.ids import new_id
from app.domain.issue import IssueState
from app.domain.meeting import (
    ItemOutcome,
    Meeting,
    MeetingItem,
    MeetingKind,
    MeetingState,
    ReceptionResult,
    issue_item_id,
    next_day,
    reception_result,
    waiting_for_joint,
)
from tests.support.documents import Shelf
from tests.support.issue_world import ACTORS, MONDAY
from tests.support.laptop import PARK, context

BUCKET = buckets.meetings(PARK)


class Office:
    """The meetings of a park; `do` acts as somebody."""

    def __init__(self) -> None:
        self.papers = Shelf(BUCKET)

    def do(self, name: str, doc: tuple[str, str], who: str = "coordinator", **args: Any) -> Outcome:
        change = Change(mid=new_id(), name=name, bucket=BUCKET, doc=doc, args=args, at=to_text(MONDAY))
        return self.papers.run(change, context(ACTORS[who], MONDAY, official=True))

    def plan(self, kind: str = "dispatch", day: str = "2026-11-23", **args: Any) -> str:
        id = new_id()
        self.do(
            "meeting.plan",
            ("meeting", id),
            meeting_kind=kind,
            title="会",
            day=day,
            local_number="HY-1",
            **args,
        )
        return id

    def add(self, meeting: str, *titles: str, who: str = "coordinator", **more: Any) -> list[str]:
        self.do(
            "meeting.add", ("meeting", meeting), who, items=[{"title": title, **more} for title in titles]
        )
        return [item.id for item in self.items(meeting) if item.title in titles]

    def settle(self, item: str, outcome: str, who: str = "coordinator", **args: Any) -> None:
        self.do("meeting.outcome", ("meeting_item", item), who, outcome=outcome, **args)

    def hold(self, meeting: str) -> None:
        self.do("meeting.hold", ("meeting", meeting), minutes="议了。")

    def meeting(self, id: str) -> Meeting:
        return Meeting.model_validate(self.papers.bodies["meeting", id])

    def items(self, meeting: str) -> list[MeetingItem]:
        found = [MeetingItem.of(one) for one in self.papers.of_kind("meeting_item")]
        return sorted((one for one in found if one.meeting == meeting), key=lambda one: one.order)

    def item(self, id: str) -> MeetingItem:
        return MeetingItem.model_validate(self.papers.bodies["meeting_item", id])


@pytest.fixture
def office() -> Office:
    return Office()


def refused(code: str) -> Any:
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


def test_a_planned_meeting_has_its_number_and_guests(office: Office) -> None:
    id = office.plan("reception", start="09:30", guests=[{"id": "e1", "name": "甲厂"}])
    meeting = office.meeting(id)
    assert (meeting.number, meeting.enterprises, meeting.enterprise_names) == ("正式-HY-1", ["e1"], ["甲厂"])
    assert meeting.state is MeetingState.PLANNED


@pytest.mark.parametrize("fields", [{"day": "23.11.2026"}, {"start": "9:30"}, {"title": ""}])
def test_what_cannot_be_read_is_refused(office: Office, fields: dict[str, str]) -> None:
    args = {"meeting_kind": "forum", "title": "会", "day": "2026-11-23", "local_number": "1", **fields}
    with refused("malformed"):
        office.do("meeting.plan", ("meeting", new_id()), **args)


def test_meetings_stand_in_their_own_bucket_alone(office: Office) -> None:
    change = Change(
        mid=new_id(), name="meeting.plan", bucket="dir:park", doc=("meeting", new_id()),
        args={"meeting_kind": "forum", "title": "会", "day": "2026-11-23", "local_number": "1"}, at=to_text(MONDAY),
    )  # fmt: skip
    with refused("wrong_bucket"):
        office.papers.run(change, context(ACTORS["coordinator"], MONDAY))


@pytest.mark.parametrize("who", ["officer", "handler", "revisitor", "leader"])
def test_only_the_coordinator_plans_holds_and_calls_off(office: Office, who: str) -> None:
    id = office.plan()
    for name, args in (
        ("meeting.hold", {"minutes": "议了"}),
        ("meeting.cancel", {"reason": "改期"}),
        ("meeting.guests", {}),
    ):
        with refused("role"):
            office.do(name, ("meeting", id), who, **args)
    with refused("role"):
        office.do("patch", ("meeting", id), who, fields={"place": [None, "二楼"]})


def test_nobody_makes_a_meeting_by_a_field_edit(office: Office) -> None:
    with refused("role"):
        office.do("put", ("meeting", "m"), fields={"id": [None, "m"], "state": [None, "held"]})


def test_a_leader_records_at_the_joint_meeting_alone(office: Office) -> None:
    joint, dispatch = office.plan("joint"), office.plan("dispatch")
    (item,) = office.add(joint, "用电", who="leader", issue="i1")
    office.settle(item, "assigned", "leader", department_name="供电公司")
    assert office.item(item).outcome is ItemOutcome.ASSIGNED
    with refused("role"):
        office.add(dispatch, "用电", who="leader")


def test_facts_are_edited_until_it_is_held_and_minutes_afterwards(office: Office) -> None:
    id = office.plan()
    office.do("patch", ("meeting", id), fields={"place": [None, "二楼会议室"], "people": [[], ["经发局"]]})
    assert office.meeting(id).place == "二楼会议室"
    office.hold(id)
    with refused("meeting_state"):
        office.do("patch", ("meeting", id), fields={"day": ["2026-11-23", "2026-11-24"]})
    office.do("patch", ("meeting", id), fields={"minutes": ["议了。", "议了两件事。"]})
    assert office.meeting(id).minutes == "议了两件事。"
    other = office.plan()
    with refused("not_editable"):
        office.do("patch", ("meeting", other), fields={"state": ["planned", "held"]})


def test_two_people_ticking_who_came_do_not_meet(office: Office) -> None:
    a, b = {"id": "a", "name": "甲厂"}, {"id": "b", "name": "乙厂"}
    id = office.plan("reception", guests=[a])
    office.do("meeting.guests", ("meeting", id), came=[a])
    office.do("meeting.guests", ("meeting", id), came=[b])
    meeting = office.meeting(id)
    assert (meeting.came, meeting.enterprise_names) == (["a", "b"], ["甲厂", "乙厂"])
    office.do("meeting.guests", ("meeting", id), uninvite=["a"])
    assert office.meeting(id).enterprises == ["a", "b"], "who came is not struck off the list"
    office.do("meeting.guests", ("meeting", id), absent=["a"], uninvite=["a"])
    assert office.meeting(id).enterprise_names == ["乙厂"]
    office.hold(id)
    office.do("meeting.guests", ("meeting", id), came=[b])
    with refused("meeting_state"):
        office.do("meeting.guests", ("meeting", id), invite=[a])


def test_an_issue_stands_on_an_agenda_once(office: Office) -> None:
    id = office.plan("joint")
    office.add(id, "用电", issue="i1")
    office.add(id, "用电（又一次）", issue="i1")
    (item,) = office.items(id)
    assert (item.id, item.title) == (issue_item_id(id, "i1"), "用电")


def test_reordering_leaves_what_was_added_meanwhile_at_the_end(office: Office) -> None:
    id = office.plan()
    a, b = office.add(id, "甲", "乙")
    office.add(id, "丙")
    office.do("meeting.reorder", ("meeting", id), items=[b, a, "unknown"])
    assert [(item.title, item.order) for item in office.items(id)] == [("乙", 1), ("甲", 2), ("丙", 3)]


def test_what_was_decided_with_nobody_named_is_done(office: Office) -> None:
    id = office.plan()
    a, b, c = office.add(id, "甲", "乙", "丙")
    with refused("decision"):
        office.settle(a, "recorded")
    office.settle(a, "recorded", decision="同意")
    office.settle(b, "recorded", decision="年底完工", person_name="李强", due_on="2026-12-31")
    assert (office.item(a).done, office.item(b).done) == (True, False)
    with refused("item_state"):
        office.settle(c, "assigned")


def test_nothing_is_taken_away_once_it_was_held(office: Office) -> None:
    id = office.plan()
    a, b = office.add(id, "甲", "乙")
    office.settle(a, "solved")
    with refused("item_state"):
        office.do("meeting.drop", ("meeting_item", a))
    office.hold(id)
    for name, doc, args in (
        ("meeting.drop", ("meeting_item", b), {}),
        ("meeting.cancel", ("meeting", id), {"reason": "不开了"}),
        ("meeting.hold", ("meeting", id), {"minutes": "再来"}),
        ("meeting.reorder", ("meeting", id), {"items": [b]}),
    ):
        with refused("meeting_state"):
            office.do(name, doc, **args)
    with refused("item_state"):
        office.settle(a, "open")
    office.settle(b, "postponed")


def test_what_is_not_done_goes_on_with_the_next_one_of_its_kind(office: Office) -> None:
    first = office.plan()
    a, b, c = office.add(first, "甲", "乙", "丙")
    (issue,) = office.add(first, "诉求", issue="i1")
    office.settle(a, "solved")
    office.settle(b, "recorded", decision="年底完工", person_name="李强", due_on="2026-12-31")
    office.hold(first)
    office.plan("inspection", "2026-11-30")
    second = office.plan(day="2026-11-30")
    carried = office.items(second)
    assert [(item.title, item.person_name, item.outcome) for item in carried] == [
        ("乙", "李强", ItemOutcome.OPEN),
        ("丙", None, ItemOutcome.OPEN),
    ]
    assert [item.carried_from for item in carried] == [b, c]
    assert office.item(b).carried_to == carried[0].id
    with refused("item_state"):
        office.do("meeting.done", ("meeting_item", b))
    office.do("meeting.done", ("meeting_item", carried[0].id), text="已完工")
    office.hold(second)
    third = office.plan(day="2026-12-07")
    assert [item.title for item in office.items(third)] == ["丙"]
    assert not office.item(issue).goes_on


def test_holding_hands_on_to_one_that_is_planned_already(office: Office) -> None:
    first, second = office.plan(day="2026-11-23"), office.plan(day="2026-11-30")
    office.add(first, "甲")
    office.add(second, "新")
    office.hold(first)
    assert [item.title for item in office.items(second)] == ["新", "甲"]


def test_nothing_is_handed_back_to_one_that_was_due_before(office: Office) -> None:
    forgotten, first = office.plan(day="2026-11-16"), office.plan(day="2026-11-23")
    office.add(first, "甲")
    office.hold(first)
    assert office.items(forgotten) == []
    assert [item.title for item in office.items(office.plan(day="2026-11-30"))] == ["甲"]


def test_what_stood_on_one_called_off_goes_on_too(office: Office) -> None:
    first = office.plan()
    office.add(first, "甲")
    office.do("meeting.cancel", ("meeting", first), reason="台风")
    assert office.meeting(first).cancel_reason == "台风"
    second = office.plan(day="2026-11-30")
    (item,) = office.items(second)
    office.do("meeting.drop", ("meeting_item", item.id))
    third = office.plan(day="2026-12-07")
    assert [item.title for item in office.items(third)] == ["甲"], "dropped, it waits for the next one again"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("plan"), st.integers(0, 9)),
        st.tuples(st.just("add"), st.integers(0, 9)),
        st.tuples(st.sampled_from(["solved", "recorded", "postponed", "done", "drop"]), st.integers(0, 30)),
        st.tuples(st.sampled_from(["hold", "cancel"]), st.integers(0, 9)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_in_any_order_nothing_undone_is_lost_or_doubled(steps: list[tuple[str, int]]) -> None:
    """Every matter ever put on an agenda and neither done nor dropped stands exactly once at the end of its chain."""
    office, named = Office(), 0
    for what, which in steps:
        meetings = sorted(id for kind, id in office.papers.bodies if kind == "meeting")
        items = sorted(id for kind, id in office.papers.bodies if kind == "meeting_item")
        try:
            if what == "plan":
                office.plan(day=f"2026-12-{which + 1:02d}")
            elif what == "add" and meetings:
                named += 1
                office.add(meetings[which % len(meetings)], f"事{named}")
            elif what in ("hold", "cancel") and meetings:
                args = {"minutes": "议了"} if what == "hold" else {"reason": "改期"}
                office.do(f"meeting.{what}", ("meeting", meetings[which % len(meetings)]), **args)
            elif items and what in ("solved", "recorded", "postponed"):
                office.settle(items[which % len(items)], what, decision="定", person_name="李强")
            elif items and what == "done":
                office.do("meeting.done", ("meeting_item", items[which % len(items)]))
            elif items and what == "drop":
                item = office.item(items[which % len(items)])
                office.do("meeting.drop", ("meeting_item", item.id))
        except Refusal:
            continue
    all_items = [MeetingItem.of(one) for one in office.papers.of_kind("meeting_item")]
    by_id = {item.id: item for item in all_items}
    for item in all_items:
        assert item.carried_to is None or by_id[item.carried_to].carried_from == item.id
    ends = [item.title for item in all_items if item.carried_to is None]
    assert len(ends) == len(set(ends))
    there = {f"事{number}" for number in range(1, named + 1)}
    assert {item.title for item in all_items} <= there
    assert set(ends) == {item.title for item in all_items}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"state": "accepted"}, ("待交办",)),
        ({"state": "accepted", "ruling_needed": True}, ("两次异议待裁定",)),
        ({"state": "in_work", "level": 4}, ("四级",)),
        ({"state": "in_work", "for_meeting": True}, ("提请上会",)),
        ({"state": "in_work", "supervision": "red", "for_meeting": True}, ("红色督办",)),
        ({"state": "in_work", "level": 3, "supervision": "yellow"}, ()),
        ({"state": "reported"}, ()),
        ({}, ()),
    ],
)
def test_what_waits_for_the_joint_meeting(row: dict[str, Any], why: tuple[str, ...]) -> None:
    assert waiting_for_joint(row) == why


@pytest.mark.parametrize("state", ["closed", "refused", "withdrawn", "merged", "to_revisit", "archived"])
def test_what_is_over_never_waits_for_it(state: str) -> None:
    assert (
        waiting_for_joint({"state": IssueState(state), "level": 4, "for_meeting": True, "supervision": "red"})
        == ()
    )


def test_the_line_of_the_first_reception_day() -> None:
    """Nine enterprises, seventeen questions, three on the spot (domain.md §1, 25), rounded, never cut (§9)."""
    assert ReceptionResult(9, 17, 3).text == "9 家、17 题、当场解决 3 个（3/17，17.65 %）"
    assert ReceptionResult(2, 0, 0).text == "2 家、0 题、当场解决 0 个（—）"
    assert ReceptionResult(1, 73, 68).rate == "93.15 %"
    assert ReceptionResult(1, 800, 1).rate == "0.13 %", "half goes up"


def test_the_figures_of_a_reception_day_come_from_its_issues() -> None:
    meeting = Meeting(
        id="m", meeting_kind=MeetingKind.RECEPTION, title="接待日", day="2026-11-23", enterprises=["a", "b", "c"],
        enterprise_names=["甲", "乙", "丙"], came=["a"], made_by="p", made_by_name="陈静",
    )  # fmt: skip
    noted = MeetingItem(id="x", meeting="m", order=1, title="题", issue="later")
    elsewhere = MeetingItem(id="y", meeting="other", order=1, title="题", issue="other")
    rows = {
        "here": {"source": "reception", "meeting": "m", "enterprise": "a", "solved_on_spot": True},
        # A later joint meeting assigned it: the issue names that one now.
        "later": {"source": "reception", "meeting": "joint", "enterprise": "b"},
        "other": {"source": "reception", "meeting": "joint", "enterprise": "c"},
        "visit": {"source": "visit", "meeting": "m", "enterprise": "c"},
    }
    assert reception_result(meeting, [noted, elsewhere], rows) == ReceptionResult(2, 2, 1)


@pytest.mark.parametrize(
    ("day", "kind", "former", "following"),
    [
        ("2026-11-24", MeetingKind.DISPATCH, None, "2026-12-01"),
        ("2026-11-24", MeetingKind.RECEPTION, None, "2026-12-24"),
        ("2026-12-31", MeetingKind.INSPECTION, None, "2027-01-31"),
        ("2027-01-31", MeetingKind.INSPECTION, "2026-12-31", "2027-02-28"),
        ("2026-11-24", MeetingKind.RECEPTION, "2026-11-10", "2026-12-08"),
        ("2026-11-24", MeetingKind.DISPATCH, "2026-11-24", "2026-12-01"),
    ],
)
def test_the_next_of_a_series(day: str, kind: MeetingKind, former: str | None, following: str) -> None:
    before = date.fromisoformat(former) if former else None
    assert next_day(date.fromisoformat(day), kind, before).isoformat() == following
