"""The rows' figures are those of the trail: counted anew and naively from the events of random histories."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Document
from app.domain.figures import Period, Span
from app.domain.issue import IssueEvent
from app.domain.work_calendar import WorkCalendar
from tests.support.figure_rows import projected, worked
from tests.support.issue_world import ACTORS, IssueWorld
from tests.unit.app.domain.test_issue_histories import act, willing

DEPARTMENTS = {actor.person: actor.department for actor in ACTORS.values()}
CALENDAR = WorkCalendar()
ONWARD = {
    "reported": ("issue.accept",),
    "accepted": ("issue.assign",),
    "assigned": ("issue.sign", "issue.sign", "issue.object"),
    "in_work": ("issue.answer", "issue.answer", "issue.progress", "issue.suspend"),
    "suspended": ("issue.resume",),
    "answered": ("issue.verify", "issue.verify", "issue.verify", "issue.redo"),
    "to_revisit": ("issue.revisit", "issue.revisit", "issue.contact_failed", "issue.close_unreached"),
}
"""The moves an issue usually makes next: left to chance alone no history comes to its end."""
steps = st.one_of(
    st.tuples(st.just("onward"), st.integers(0, 11), st.integers(0, 3)),
    st.tuples(st.just("onward"), st.integers(0, 11), st.integers(0, 3)),
    st.tuples(st.just("onward"), st.integers(0, 11), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.integers(0, 9), st.integers(0, 12)),
    st.tuples(st.just("willing"), st.integers(0, 60), st.integers(0, 60)),
    st.tuples(st.just("center"), st.just(0), st.just(0)),
)
IN_WORK = {"accepted", "assigned", "in_work", "extension", "suspended", "answered"}


class Story:
    """One issue as a reader of its trail tells it: no field of the issue is looked at, only who did what when."""

    def __init__(self, trail: list[IssueEvent]) -> None:
        self.state = ""
        self.raised = self.accepted = self.settled = self.responded = self.assigned = ""
        self.on_spot = self.in_time = self.valid = False
        self.result = self.satisfaction = self.revisited = self.department = self.due = self.clock = ""
        self.objected = self.reopened = 0
        self.stops: list[list[str]] = []
        kept: list[IssueEvent] = []
        for event in trail:
            if event.action == "issue.take_back":
                kept.pop()
            else:
                kept.append(event)
        for event in kept:
            self.tell(event)

    def tell(self, event: IssueEvent) -> None:
        self.state = event.to_state.value
        due = event.sets.get("due_at")
        self.due = (due[0] or "") if due else self.due
        told = getattr(self, event.action.removeprefix("issue."), None)
        if told is not None:
            told(event, {name: value for name, (value,) in event.sets.items()})

    def report(self, event: IssueEvent, sets: dict[str, Any]) -> None:
        self.raised = sets["raised_at"]

    def solve_on_spot(self, event: IssueEvent, sets: dict[str, Any]) -> None:
        self.report(event, sets)
        self.settled, self.in_time, self.on_spot = event.at, True, True

    def accept(self, event: IssueEvent, _: dict[str, Any]) -> None:
        self.accepted = self.clock = event.at

    def assign(self, event: IssueEvent, sets: dict[str, Any]) -> None:
        self.assigned = event.at
        self.department = sets.get("department", self.department)

    def object(self, _: IssueEvent, __: dict[str, Any]) -> None:
        self.objected += 1
        self.department = ""

    def progress(self, event: IssueEvent, _: dict[str, Any]) -> None:
        if event.role == "handler" and DEPARTMENTS[event.person] == self.department:
            self.responded = self.responded or event.at

    def answer(self, event: IssueEvent, sets: dict[str, Any]) -> None:
        self.responded = self.responded or event.at
        self.result = sets.get("result", self.result)

    def suspend(self, event: IssueEvent, _: dict[str, Any]) -> None:
        self.stops.append([day(event.at), ""])

    def resume(self, event: IssueEvent, _: dict[str, Any]) -> None:
        self.stops[-1][1] = day(event.at)

    def withdraw(self, event: IssueEvent, sets: dict[str, Any]) -> None:
        if event.from_state == "suspended":
            self.resume(event, sets)

    def verify(self, event: IssueEvent, _: dict[str, Any]) -> None:
        self.settled = event.at
        self.in_time = not self.due or event.at <= self.due

    def revisit(self, event: IssueEvent, sets: dict[str, Any]) -> None:
        self.revisited, self.valid = event.at, True
        self.satisfaction = sets.get("satisfaction", self.satisfaction)
        if event.to_state == "closed":
            return
        self.reopened += 1
        self.settled, self.clock, self.stops = "", event.at, []
        if not self.department:
            # Solved on the spot, and was not: it begins anew.
            self.accepted = self.clock = self.due = ""

    def close_unreached(self, _: IssueEvent, __: dict[str, Any]) -> None:
        self.valid = False


def onward(world: IssueWorld, which: int, variant: int) -> None:
    moves = ONWARD.get(world.issue.state.value, ())
    if moves:
        any(act(world, who, moves[which % len(moves)], variant) for who in sorted(ACTORS))


def day(moment: str) -> str:
    return beijing_date(from_text(moment)).isoformat()


def used(since: str, until: str, stops: list[list[str]]) -> int:
    """Day by day along the calendar."""
    at, last, found = beijing_date(from_text(since)), beijing_date(from_text(until)), 0
    while at < last:
        at += timedelta(days=1)
        text = at.isoformat()
        rests = any(begin < text and (not end or text <= end) for begin, end in stops)
        found += CALENDAR.is_workday(at)[0] and not rests
    return found


def naive(stories: list[Story], period: Period, now: str) -> dict[str, tuple[Any, Any]]:
    def within(moment: str) -> bool:
        return bool(moment) and period.first <= beijing_date(from_text(moment)) <= period.last

    taken = [one for one in stories if within(one.raised if one.on_spot else one.accepted)]
    done = [one for one in stories if within(one.settled)]
    rated = [one for one in stories if one.valid and within(one.revisited)]
    working = [one for one in stories if one.state in IN_WORK]
    due = [one for one in stories if (one.accepted or one.on_spot) and within(one.due) and one.due <= now]
    raised = [one for one in stories if within(one.raised)]
    given = [one for one in stories if within(one.assigned)]
    back = [one for one in stories if one.reopened and not one.settled and within(one.revisited)]
    responses = [
        used(s.accepted, s.responded, s.stops) for s in stories if s.accepted and within(s.responded)
    ]
    lengths = [used(one.clock, one.settled, one.stops) for one in done if one.clock]
    solved = [one for one in taken if one.settled and (one.result or "solved" * one.on_spot) == "solved"]
    late = [one for one in working if one.due and one.due < now and all(end for _, end in one.stops)]
    good = ("very", "satisfied", "basically")
    return {
        "R01": (len(done), len(taken)),
        "R01b": (sum(bool(one.settled) for one in due), len(due)),
        "R02": (sum(bool(one.responded) or one.on_spot for one in taken), len(taken)),
        "R03": (sum(one.satisfaction in good for one in rated), len(rated)),
        "R03b": (sum(one.satisfaction in good[:2] for one in rated), len(rated)),
        "R04": (len(solved), len(taken)),
        "R05": (sum(one.in_time for one in done), len(done)),
        "R06": (len(late), len(working)),
        "R07": (sum(responses), len(responses)),
        "R07c": (sum(lengths), len(lengths)),
        "R08": (sum(one.on_spot for one in raised), len(raised)),
        "R09": (sum(bool(one.objected) for one in given), len(given)),
        "R09b": (sum(bool(one.reopened) for one in rated), len(rated)),
        "R09d": (sum(one.state == "suspended" for one in working), len(working)),
        "R10": (
            len(back) + sum(one.valid and one.revisited >= one.settled for one in done),
            len(back) + len(done),
        ),
    }


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(steps, min_size=6, max_size=26)), min_size=1, max_size=3),
    st.sampled_from(list(Span)),
)
def test_figures_are_those_of_the_trail(
    histories: list[tuple[int, list[tuple[Any, ...]]]], span: Span
) -> None:
    spot = {"solved_on_spot": True, "solution": "当场打了电话"}
    worlds = [IssueWorld.reported(**({} if how else spot)) for how, _ in histories]
    for world, (_, history) in zip(worlds, histories, strict=True):
        for kind, one, two in history:
            if kind == "onward":
                onward(world, one, two)
            elif kind == "wait":
                world.later(days=one, hours=two)
            elif kind == "willing":
                willing(world, one, two)
            else:
                world.run_center()
    now = max(world.now for world in worlds)
    documents = [
        Document("e:e", "issue", f"i{number}", 1, {**world.body(), "id": f"i{number}"})
        for number, world in enumerate(worlds)
    ]
    stories = [Story(world.trail()) for world in worlds]
    for moment in (min(world.trail()[0].at for world in worlds), to_text(now)):
        period = Period.around(beijing_date(from_text(moment)), span)
        figures = worked(projected(*documents), period, now=now)
        for id, (numerator, denominator) in naive(stories, period, to_text(now)).items():
            measure = figures[id].measure
            assert (measure.numerator, measure.denominator) == (numerator, denominator), id
            exact = figures[id].exact
            scale = 1 if id.startswith("R07") else 100
            assert exact == (Fraction(numerator, denominator) * scale if denominator else None)
