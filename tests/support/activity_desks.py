"""Desks with trips, groups, events and targets on them, made by what their owners do."""

from __future__ import annotations

from typing import Any

from app.services import activities
from app.services.desk import Desk

TRIP: dict[str, Any] = {
    "trip_kind": "recruit", "title": "赴佛山拜访窑炉企业", "place": "佛山", "starts_on": "2026-11-11",
    "ends_on": "2026-11-13", "people": "周领导、王敏", "companies": "粤达窑炉、南庄釉料", "purpose": "请对方来看地",
}  # fmt: skip
BACK: dict[str, Any] = {
    "met": "粤达窑炉董事长，南庄釉料副总", "result": "粤达有意建分厂，要 40 亩地",
    "leads": "粤达窑炉：建分厂，要 40 亩地\n南庄釉料：跟着来做配套", "next_on": "2026-11-18",
}  # fmt: skip
GROUP: dict[str, Any] = {
    "name": "粤港澳驻点组", "place": "佛山南庄", "industry": "窑炉、釉料", "starts_on": "2026-11-02", "head": "p-li",
    "persons": ["p-li"], "others": "商会刘会长、陈干事", "rhythms": ["weekly", "half_monthly"], "until": False,
}  # fmt: skip
EVENT: dict[str, Any] = {
    "event_kind": "hiring", "title": "秋季专场招聘会", "day": "2026-11-20", "place": "园区广场",
    "organiser": "园区人社窗口", "plan": "请缺工企业各带岗位表",
}  # fmt: skip
TARGETS: tuple[dict[str, Any], ...] = (
    {"year": 2026, "indicator": "签约项目", "unit": "个", "planned": "50", "quarters": "10、20、35、50", "person_name": "周领导"},
    {"year": 2026, "indicator": "到位资金", "unit": "亿元", "planned": "18.5", "quarters": "", "department": "economy"},
    {"year": 2026, "indicator": "诉求办结率", "unit": "%", "planned": "95", "quarters": "", "figure": "R01"},
    {"year": 2026, "indicator": "招引规上企业", "unit": "家", "planned": "6", "quarters": ""},
)  # fmt: skip


def trip(desk: Desk, *, back: bool = True) -> str:
    """A trip, written down after they were back or before."""
    id = activities.make(desk, "trip.plan", TRIP)
    if back:
        activities.act(desk, id, "trip.back", BACK)
    return id


def group(desk: Desk, head: str | None = None, **more: Any) -> str:
    """A group on site since 2 November."""
    persons = [head] if head else []
    return activities.make(desk, "group.form", {**GROUP, "head": head, "persons": persons, **more})


def event(desk: Desk, *guests: str) -> str:
    """An event with guests, not yet held."""
    id = activities.make(desk, "event.plan", EVENT)
    if guests:
        activities.invite(desk, id, guests)
    return id


def year(desk: Desk) -> list[str]:
    """Targets of a year, some with progress."""
    ids = [activities.make(desk, "target.set", one) for one in TARGETS]
    activities.act(
        desk, ids[0], "target.progress", {"day": "2026-10-31", "done": "33", "text": "含框架协议 2 个"}
    )
    activities.act(desk, ids[1], "target.progress", {"day": "2026-11-20", "done": "18.50"})
    return ids
