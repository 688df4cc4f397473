"""One enterprise's bucket with an issue, people in every role, and a clock that is turned by hand."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.changes import Change, Outcome
from app.domain.changes.issue_system import step_due
from app.domain.changes.issue_trail import chain
from app.domain.clock import to_text
from app.domain.ids import new_id
from app.domain.issue import Issue, IssueEvent, IssueState
from app.domain.people import Actor, Role
from tests.support.documents import Shelf
from tests.support.laptop import context, enterprise_body

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""2026-11-23, nine in the morning in Beijing; no holiday in sight."""
ACTORS = {
    "officer": Actor("p-officer", "王联络", frozenset({Role.OFFICER})),
    "coordinator": Actor("p-coordinator", "李协调", frozenset({Role.COORDINATOR})),
    "handler": Actor("p-handler", "赵承办", frozenset({Role.HANDLER}), "economy"),
    "other_handler": Actor("p-other", "钱承办", frozenset({Role.HANDLER}), "finance"),
    "revisitor": Actor("p-revisitor", "孙回访", frozenset({Role.REVISITOR})),
    "leader": Actor("p-leader", "周领导", frozenset({Role.LEADER})),
    "admin": Actor("center", "中心", frozenset({Role.ADMIN})),
}
ARGS: dict[str, dict[str, Any]] = {
    "issue.accept": {"category": "08", "subcategory": "0803", "level": 2},
    "issue.return": {"reason": "缺联系人"},
    "issue.resubmit": {"description": "补充了用电量"},
    "issue.refuse": {"ground": "litigation", "reason": "已在诉讼中", "notice": "请通过法院解决。"},
    "issue.appeal": {"reason": "企业有新材料"},
    "issue.merge": {"main": "another", "main_number": "XD-2026-11-0009"},
    "issue.classify": {"category": "07", "subcategory": "0702", "level": 4},
    "issue.assign": {"department": "economy", "limit_days": 10},
    "issue.sign": {},
    "issue.object": {"reason": "不属本局职责", "suggested_department": "finance"},
    "issue.progress": {"text": "已联系企业"},
    "issue.ask_extension": {"days": 5, "reason": "要等设备", "enterprise_informed": True},
    "issue.extend": {},
    "issue.deny_extension": {"reason": "不需要"},
    "issue.suspend": {"ground": "funds", "reason": "等资金指标", "review_on": "2026-12-20"},
    "issue.resume": {},
    "issue.ask_escalation": {"reason": "牵头部门协调不动"},
    "issue.escalate": {"reason": "跨部门"},
    "issue.lower": {"reason": "已不复杂"},
    "issue.answer": {"result": "solved", "answer": "已增容 500 千伏安"},
    "issue.redo": {"reason": "没有答到点上"},
    "issue.verify": {},
    "issue.revisit": {"method": "phone", "solved": "solved", "satisfaction": "very", "agree_close": True},
    "issue.contact_failed": {"method": "phone"},
    "issue.close_unreached": {},
    "issue.add_review": {"text": "后来又来人看过"},
    "issue.archive": {},
    "issue.withdraw": {"reason": "企业自己解决了", "confirmed_by": "陈厂长"},
    "issue.whistle": {"departments": ["housing"]},
    "issue.whistle_answer": {"text": "已到现场"},
    "issue.link": {"other": "older"},
    "issue.supervise": {"level": "yellow", "cause": "progress"},
    "issue.reply_supervision": {"supervision": "s", "reply": "本周内答复"},
    "issue.take_back": {"event": "last"},
    "issue.auto_sign": {},
    "issue.retime": {},
    "issue.main_ended": {"text": "主案已办结"},
}
"""Arguments with which every move goes through where nothing else stands in the way."""


def issue_body(state: IssueState, **fields: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "id": "i",
        "number": "XD-2026-11-0001",
        "local_number": "I-0001",
        "enterprise": "e",
        "enterprise_name": "示例厂",
        "title": "变压器容量不够",
        "category": "08",
        "raised_by": "p-officer",
        "raised_by_name": "王联络",
        "raised_at": to_text(MONDAY - timedelta(days=1)),
    }
    return Issue(**{**known, "state": state, **fields}).to_body()


@dataclass
class IssueWorld:
    """`do` acts as somebody and takes the outcome; `now` is turned by hand."""

    papers: Shelf = field(default_factory=lambda: Shelf("e:e", {("enterprise", "e"): enterprise_body("e")}))
    now: datetime = MONDAY
    id: str = "i"

    @classmethod
    def with_issue(cls, state: IssueState, **fields: Any) -> IssueWorld:
        world = cls()
        world.papers.bodies["issue", "i"] = issue_body(state, **fields)
        return world

    def moved_by(self, actor: Actor, action: str = "issue.link") -> None:
        """Give the issue a trail: as it stands but for its project, which this person added a minute ago."""
        body = {**self.body(), "project": "二期厂房"}
        former = {name: value for name, value in body.items() if name != "project"}
        at = to_text(self.now - timedelta(minutes=1))
        digest = None
        for order, (id, sets) in enumerate((("first", former), ("last", {"project": "二期厂房"})), 1):
            event = IssueEvent(
                id=id, issue=self.id, order=order, action=action, to_state=IssueState(body["state"]), at=at,
                from_state=IssueState(body["state"]) if order > 1 else None, person=actor.person,
                person_name=actor.name, device="d", sets={name: [value] for name, value in sets.items()},
                shown_to=body.get("shown_to", []),
            )  # fmt: skip
            event.digest = digest = chain(digest, event)
            self.papers.bodies["issue_event", id] = event.to_body()
        last = {"event": "last", "action": action, "person": actor.person, "at": at}
        self.papers.bodies["issue", self.id] = {**body, "moves": 2, "trail_digest": digest, "last": last}

    @classmethod
    def reported(cls, **args: Any) -> IssueWorld:
        """An issue raised through its own change, so that its trail is whole."""
        world = cls()
        wanted = {
            "local_number": "I-1",
            "title": "变压器容量不够",
            "category": "08",
            "subcategory": "0803",
            **args,
        }
        world.do("officer", "issue.raise", **wanted)
        return world

    @property
    def issue(self) -> Issue:
        return Issue.model_validate(self.papers.bodies["issue", self.id])

    def body(self) -> dict[str, Any]:
        return copy.deepcopy(self.papers.bodies["issue", self.id])

    def trail(self) -> list[IssueEvent]:
        events = (IssueEvent.of(document) for document in self.papers.of_kind("issue_event"))
        return sorted((event for event in events if event.issue == self.id), key=lambda event: event.order)

    def change(self, name: str, args: dict[str, Any]) -> Change:
        return Change(
            mid=new_id(), name=name, bucket="e:e", doc=("issue", self.id), args=args, at=to_text(self.now)
        )

    def do(self, who: str | Actor, name: str, **args: Any) -> Outcome:
        """Raises Refusal. Arguments not given are those of ARGS."""
        actor = ACTORS[who] if isinstance(who, str) else who
        known = dict(ARGS.get(name, {}))
        if name == "issue.take_back" and self.papers.get("issue", self.id) and self.issue.last:
            known["event"] = self.issue.last.event
        change = self.change(name, {**known, **args})
        return self.papers.run(change, context(actor, self.now, official=True))

    def run_center(self) -> list[str]:
        """Let the centre do what is due by itself. Gives the names of what it did."""
        done = []
        while True:
            rules = context(now=self.now)
            step = step_due(self.issue, rules.calendar, rules.dictionaries.rules, self.now)
            if step is None:
                return done
            before = self.body()
            self.do("admin", step.name, **step.args)
            assert self.body() != before, f"{step.name} does nothing and would come again for ever"
            done.append(step.name)

    def later(self, days: int = 0, hours: int = 0) -> None:
        self.now += timedelta(days=days, hours=hours)
