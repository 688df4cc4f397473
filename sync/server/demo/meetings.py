"""The year's meetings: a reception day and a joint meeting each month, with guests, items, what came of them, and minutes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.domain import buckets
from app.domain.issue import Issue, IssueState
from app.domain.meeting import (
    ItemOutcome,
    Meeting,
    MeetingItem,
    MeetingKind,
    issue_item_id,
    waiting_for_joint,
)
from app.domain.people import Role
from app.domain.projections import ISSUE_ROW
from sync.server.demo import odds
from sync.server.demo.ground import Firm, Ground
from sync.server.demo.issues import IssueLife
from sync.server.demo.stage import Story
from sync.server.demo.troubles import trouble

AHEAD = 20
"""Working days a meeting is planned ahead, about."""


class Sitting:
    """One meeting."""

    def __init__(self, ground: Ground, kind: MeetingKind, day: date) -> None:
        self.ground, self.stage, self.day, self.kind = ground, ground.stage, day, kind
        self.luck = self.stage.luck("meeting", kind.value, day)
        self.id = self.stage.id("meeting", kind.value, day)
        self.bucket = buckets.meetings(self.stage.park)
        self.coordinator = ground.of_role(Role.COORDINATOR)[0]
        self.leader = ground.of_role(Role.LEADER)[0]

    def do(self, name: str, who: Any = None, doc: tuple[str, str] | None = None, **args: Any) -> None:
        kind, id = doc or (Meeting.kind, self.id)
        self.stage.do(who or self.coordinator, f"meeting.{name}", self.bucket, kind, id, **args)

    def _plan(self, title: str, place: str, guests: list[Firm], notice: str) -> None:
        self.do(
            "plan", local_number="HY-1", meeting_kind=self.kind.value, title=title, day=self.day.isoformat(), start="09:00",
            place=place, chair=self.leader.name, people=[self.leader.name, self.coordinator.name], notice=notice,
            guests=[{"id": firm.id, "name": firm.name} for firm in guests],
        )  # fmt: skip

    def _hold(self) -> None:
        self.do("hold", minutes=self.luck.pick(self.ground.words["minutes"]))

    def reception(self) -> Story:
        luck, stage = self.luck, self.stage
        guests = luck.sample(self.ground.firms, odds.INVITED)
        month = f"{self.day.year} 年 {self.day.month} 月"
        self._plan(f"{month}企业接待日", "园区服务中心一楼", guests, "请带上想反映的事项和有关材料。")
        yield stage.moment(self.day, luck, 9, 10)
        for number, firm in enumerate(guests):
            if luck.happens(odds.CAME):
                self.do("guests", came=[{"id": firm.id, "name": firm.name}])
                for place in range(luck.one_of(odds.BROUGHT)):
                    self._brought(firm, number * 10 + place)
        yield stage.now + timedelta(hours=3)
        self._hold()

    def _brought(self, firm: Firm, number: int) -> None:
        """Somebody tells of something: solved there, or on its way as any other issue."""
        stage, luck = self.stage, self.luck
        told = trouble(self.ground, luck, 1.0 if luck.happens(odds.RECEPTION_SOLVED * 2) else 0.0)
        id = stage.id("issue", self.id, number)
        stage.do(
            firm.lead if told.solution else self.coordinator, "issue.raise", firm.bucket, Issue.kind, id,
            local_number=f"I-{number:03d}", source="reception", meeting=self.id, **told.raising,
        )  # fmt: skip
        issue = Issue.model_validate(stage.body(firm.bucket, Issue.kind, id))
        self._add(issue, firm, None)
        item = (MeetingItem.kind, issue_item_id(self.id, id))
        if told.solution:
            self.do("outcome", doc=item, outcome=ItemOutcome.SOLVED.value, decision="当场解决，企业认可")
        else:
            self.do(
                "outcome",
                doc=item,
                outcome=ItemOutcome.RECORDED.value,
                decision="会后按流程受理、交办，三个工作日内回告企业",
            )
        IssueLife(self.ground, firm, firm.lead, id, told).begin()

    def _add(self, issue: Issue, firm: Firm, why: str | None) -> None:
        row = {
            "title": issue.title, "issue": issue.id, "issue_number": issue.number, "enterprise": firm.id,
            "enterprise_name": firm.name, "why": why,
        }  # fmt: skip
        self.do("add", items=[row])

    def joint(self) -> Story:
        luck, stage = self.luck, self.stage
        self._plan(
            f"{self.day.year} 年 {self.day.month} 月联席会", "管委会三楼会议室", [], "各单位带在办诉求进展。"
        )
        yield stage.moment(self.day, luck, 14, 15)
        firms = {firm.id: firm for firm in self.ground.firms}
        waiting = [
            row.body
            for row in stage.of_kind(stage.directory, ISSUE_ROW)
            if {"四级", "两次异议待裁定", "红色督办"} & set(waiting_for_joint(row.body))
        ]
        for row in sorted(waiting, key=lambda row: str(row["raised_at"]))[:12]:
            self._discussed(row, firms[str(row["enterprise"])])
        for one in stage.of_kind(self.bucket, MeetingItem.kind):
            if one.body["meeting"] == self.id and one.body.get("carried_from"):
                self._asked_after(one.id)
        for title in luck.sample(self.ground.words["plain_items"], luck.randint(1, 2)):
            self._plain(title)
        yield stage.now + timedelta(hours=2)
        self._hold()

    def _discussed(self, row: dict[str, Any], firm: Firm) -> None:
        """Assigned there where nobody has it yet; else something is decided about it."""
        stage = self.stage
        issue = Issue.model_validate(stage.body(firm.bucket, Issue.kind, str(row["id"])))
        self._add(issue, firm, "、".join(waiting_for_joint(row)) or None)
        sub = stage.known.taxonomy.subcategory(issue.subcategory or "")
        item = (MeetingItem.kind, issue_item_id(self.id, issue.id))
        days = sub.resolution_days if sub else 15
        due = stage.after(stage.today, days).isoformat()
        if issue.state is not IssueState.ACCEPTED or sub is None:
            name = issue.department_name or "有关单位"
            self.do(
                "outcome", doc=item, outcome=ItemOutcome.RECORDED.value, decision=f"{name}一周内拿出办法，分管领导跟进",
                department_name=name, due_on=due,
            )  # fmt: skip
            return
        department = issue.suggested_department or sub.lead
        handler = self.luck.pick(self.ground.handlers(department))
        stage.do(
            self.leader, "issue.assign", firm.bucket, Issue.kind, issue.id, department=department, handler=handler.person,
            handler_name=handler.name, limit_days=days, requirement="按联席会议定的时间办结", meeting=self.id,
        )  # fmt: skip
        self.do(
            "outcome", doc=item, outcome=ItemOutcome.ASSIGNED.value, decision="会上当场交办", person_name=handler.name,
            department_name=stage.known.department_name(department), due_on=due,
        )  # fmt: skip

    def _asked_after(self, id: str) -> None:
        """What the last meeting left undone."""
        due = self.stage.after(self.stage.today, 10).isoformat()
        item = (MeetingItem.kind, id)
        self.do(
            "outcome", doc=item, outcome=ItemOutcome.RECORDED.value, decision="进度已汇报，限期办完",
            department_name="园区管委会", due_on=due,
        )  # fmt: skip
        if self.luck.happens(0.8):
            self.do("done", doc=item, text="会上确认已办结")

    def _plain(self, title: str) -> None:
        stage, luck = self.stage, self.luck
        id = stage.id("item", self.id, title)
        self.do("add", items=[{"id": id, "title": title}])
        due = stage.after(stage.today, luck.randint(5, 15))
        item = (MeetingItem.kind, id)
        self.do(
            "outcome", doc=item, outcome=ItemOutcome.RECORDED.value, decision="按会上意见办，办完报企业服务中心",
            department_name="园区管委会", due_on=due.isoformat(),
        )  # fmt: skip
        if luck.happens(0.75):
            stage.begin(stage.moment(due, luck), "item", self._done(item))

    def _done(self, item: tuple[str, str]) -> Story:
        if not self.stage.body(self.bucket, *item).get("carried_to"):
            self.do("done", doc=item, text="已办结并报送")
        yield from ()


def plan(ground: Ground) -> None:
    """Receptions in the middle of each month, joint meetings towards its end; one of each is still to come."""
    stage = ground.stage
    last = stage.until.date() + timedelta(days=32)
    month = stage.today.replace(day=1)
    while month <= last:
        for kind, number in ((MeetingKind.RECEPTION, 15), (MeetingKind.JOINT, 26)):
            day = stage.workday(month.replace(day=number))
            planned = stage.workday(day - timedelta(days=round(AHEAD * 1.4)))
            if planned > stage.today and day <= last:
                sitting = Sitting(ground, kind, day)
                story = sitting.reception() if kind is MeetingKind.RECEPTION else sitting.joint()
                stage.begin(stage.moment(planned, sitting.luck), kind.value, story)
        month = (month + timedelta(days=32)).replace(day=1)
