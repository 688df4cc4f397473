"""Activities and targets in a person's, the park's and the reference bucket, with people in every role and a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.domain import buckets
from app.domain.activity import Event, GroupReport, RecruitGroup, Trip
from app.domain.changes import Change, Outcome
from app.domain.changes.activities import report_id
from app.domain.clock import to_text
from app.domain.ids import new_id
from app.domain.people import Actor, Role
from app.domain.target import Target
from tests.support.documents import Shelf
from tests.support.laptop import context

WHO = {
    "officer": Actor("p-officer", "王联络", frozenset({Role.OFFICER})),
    "other": Actor("p-other", "钱联络", frozenset({Role.OFFICER})),
    "coordinator": Actor("p-coordinator", "李协调", frozenset({Role.COORDINATOR})),
    "leader": Actor("p-leader", "周领导", frozenset({Role.LEADER})),
    "handler": Actor("p-handler", "赵承办", frozenset({Role.HANDLER}), "economy"),
    "revisitor": Actor("p-revisitor", "孙回访", frozenset({Role.REVISITOR})),
}
GUEST = {"id": "e", "name": "青岚窑业"}
ARGS: dict[str, dict[str, Any]] = {
    "trip.plan": {
        "trip_kind": "recruit", "title": "赴佛山拜访窑炉企业", "place": "佛山", "starts_on": "2026-11-16",
        "ends_on": "2026-11-18", "people": ["周领导", "王联络"], "companies": ["粤达窑炉"],
    },
    "trip.edit": {"fields": {"place": ["佛山", "佛山、东莞"]}},
    "trip.cancel": {"reason": "对方改期"},
    "trip.back": {
        "met": "粤达窑炉董事长", "result": "有意建分厂，要 40 亩地",
        "leads": [{"id": "l", "company": "粤达窑炉", "about": "建分厂", "next_on": "2026-11-20"}],
    },
    "trip.lead": {"company": "南庄釉料", "about": "配套釉料"},
    "trip.follow": {"lead": "l", "text": "已签框架协议", "state": "signed", "day": "2026-11-23"},
    "trip.close": {},
    "trip.reopen": {},
    "group.form": {
        "name": "粤港澳驻点组", "place": "佛山南庄", "starts_on": "2026-11-02", "head": "p-officer",
        "members": [{"person": "p-officer", "name": "王联络"}, {"name": "商会刘会长"}],
        "rhythms": ["weekly", "half_monthly"],
    },
    "group.edit": {"fields": {"place": ["佛山南庄", "广州"]}},
    "group.end": {"ends_on": "2026-11-20", "reason": "驻点期满"},
    "event.plan": {"event_kind": "hiring", "title": "秋季招聘会", "day": "2026-11-20", "plan": "开发区广场"},
    "event.edit": {"fields": {"day": ["2026-11-20", "2026-11-21"]}},
    "event.guests": {"invite": [GUEST]},
    "event.note": {"id": "i", "enterprise": GUEST, "text": "缺窑炉工六人"},
    "event.raised": {"item": "i", "issue": "issue-1", "issue_number": "QL-1"},
    "event.hold": {"outcome": "到场 30 家，达成意向 56 人"},
    "event.outcome": {"outcome": "到场 31 家，达成意向 58 人"},
    "event.cancel": {"reason": "天气不好"},
    "target.set": {"year": 2026, "indicator": "签约项目", "unit": "个", "planned": "50"},
    "target.edit": {"fields": {"planned": ["50", "55"]}},
    "target.progress": {"day": "2026-11-20", "done": "38"},
    "target.strike": {"entry": "?", "reason": "填错了"},
    "target.withdraw": {"reason": "上级调整"},
}  # fmt: skip
"""Arguments with which every move goes through where nothing else stands in the way."""
KINDS = {"trip": Trip.kind, "group": RecruitGroup.kind, "event": Event.kind, "target": Target.kind}


@dataclass
class ActivityWorld:
    """`do` acts as somebody; the document of each kind has the kind's word as its id."""

    now: datetime = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    shelves: dict[str, Shelf] = field(default_factory=dict)
    trip_home: str = "u:p-officer"

    def shelf(self, bucket: str) -> Shelf:
        return self.shelves.setdefault(bucket, Shelf(bucket))

    def home(self, name: str) -> str:
        park = context().park
        homes = {"trip": self.trip_home, "group": buckets.reference(park)}
        return homes.get(name.partition(".")[0], buckets.meetings(park))

    def do(self, who: str, name: str, bucket: str | None = None, **args: Any) -> Outcome:
        """Raises Refusal."""
        word = name.partition(".")[0]
        given = {**ARGS.get(name, {}), **args}
        return self._run(who, name, bucket or self.home(name), (KINDS[word], word), given)

    def report(self, who: str, starts_on: str, rhythm: str = "weekly", **args: Any) -> Outcome:
        """File one for the group, by its head or by the coordinator for the park."""
        park_owned = who == "coordinator"
        bucket = buckets.meetings(context().park) if park_owned else buckets.of_person(WHO[who].person)
        group = {key: value for key, value in self.body("group").items() if key != "trail"}
        id = report_id("group", rhythm, starts_on, "park" if park_owned else WHO[who].person)  # type: ignore[arg-type]
        given = {"group": group, "rhythm": rhythm, "starts_on": starts_on, "done": "跑了三家窑厂", **args}
        return self._run(who, "group.report", bucket, (GroupReport.kind, id), given)

    def _run(self, who: str, name: str, bucket: str, doc: tuple[str, str], args: dict[str, Any]) -> Outcome:
        change = Change(mid=new_id(), name=name, bucket=bucket, doc=doc, args=args, at=to_text(self.now))
        return self.shelf(bucket).run(change, context(WHO[who], self.now))

    def body(self, word: str) -> dict[str, Any]:
        return self.shelf(self.home(f"{word}.")).bodies[KINDS[word], word]

    def put(self, word: str, **fields: Any) -> None:
        """The document in another state, as if its moves had been made."""
        self.body(word).update(fields)

    @property
    def trip(self) -> Trip:
        return Trip.model_validate(self.body("trip"))

    @property
    def group(self) -> RecruitGroup:
        return RecruitGroup.model_validate(self.body("group"))

    @property
    def event(self) -> Event:
        return Event.model_validate(self.body("event"))

    @property
    def target(self) -> Target:
        return Target.model_validate(self.body("target"))

    def reports(self) -> list[GroupReport]:
        return [
            GroupReport.of(one) for shelf in self.shelves.values() for one in shelf.of_kind(GroupReport.kind)
        ]
