"""What people do with trips, groups on site, events and targets: lists, one whole, forms, and every move of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app.domain import buckets
from app.domain.activity import (
    PARK_OWNED,
    RHYTHMS,
    Event,
    GroupReport,
    RecruitGroup,
    ReportText,
    Trip,
)
from app.domain.changes.activities import report_id
from app.domain.documents import same_value
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.issue import Issue
from app.domain.people import Role
from app.domain.projections import ENTERPRISE_ROW
from app.errors import KnownError
from app.services import activities_page, issues, targets, words
from app.services.activities_forms import (
    amount_of,
    event_args,
    form_for,
    form_to_make,
    group_args,
    leads_of,
    part_of,
    report_of,
    target_args,
    trip_args,
)
from app.services.activities_page import (
    EVENTS,
    GROUPS,
    TARGETS,
    TRIPS,
    VIEWS,
    ActivityLine,
    ActivityPage,
    PartLine,
    event_of,
    groups_of,
    maker_of,
    missing,
    trips_of,
    views_of,
)
from app.services.desk import Desk
from app.services.issues import ActionForm


def listing(desk: Desk) -> dict[str, list[ActivityLine]]:
    """The rows of every view this person has."""
    with desk.store.read():
        return {
            view: targets.listing(desk) if view == TARGETS else activities_page.listing(desk, view)
            for view in views_of(desk)
        }


def page(desk: Desk, view: str, id: str) -> ActivityPage:
    """One whole. KnownError where it is not on this laptop."""
    with desk.store.read():
        return targets.page(desk, id) if view == TARGETS else activities_page.page(desk, view, id)


def make(desk: Desk, action: str, values: Mapping[str, Any]) -> str:
    """A new trip, group, event or target as its form says; returns its id."""
    if action == "target.set":
        return targets.set_target(desk, {**target_args(desk, values), "year": int(values["year"])})
    session, id = desk.signed_in(), new_id()
    if action == "trip.plan":
        park = Role.COORDINATOR in session.actor.roles
        bucket = buckets.meetings(session.park) if park else buckets.of_person(session.person)
        kind, args = Trip.kind, trip_args(values)
    elif action == "group.form":
        bucket, kind = buckets.reference(session.park), RecruitGroup.kind
        args = {**group_args(desk, values), "starts_on": values["starts_on"]}
    else:
        bucket, kind, args = buckets.meetings(session.park), Event.kind, event_args(values)
    desk.make(desk.change(action, bucket, kind, id, _without_nothing(args)))
    return id


def act(desk: Desk, id: str, action: str, values: Mapping[str, Any], part: str = "") -> None:
    """A move as its form says. `part` is the lead, the report's period, the guest, the item, the progress it is about."""
    if action == "group.report":
        file_report(desk, id, part, values)
    elif action.startswith("target."):
        _act_on_target(desk, id, action, values, part)
    elif action.endswith(".edit"):
        _edit(desk, id, action, values)
    elif action in ("event.came", "event.absent", "event.uninvite"):
        guest = _guest(desk, part)
        key, value = {
            "event.came": ("came", [guest]),
            "event.absent": ("absent", [part]),
            "event.uninvite": ("uninvite", [part]),
        }[action]
        _change(desk, "event.guests", Event.kind, id, {key: value})
    elif action == "event.note":
        args = {"id": new_id(), "enterprise": _guest(desk, str(values["enterprise"])), "text": values["text"]}
        _change(desk, action, Event.kind, id, args)
    elif action == "trip.back":
        args = {"met": values["met"], "result": values["result"]}
        leads = leads_of(values.get("leads"), values.get("next_on"))
        _change(desk, action, Trip.kind, id, {**args, "leads": leads})
    else:
        more = (
            {"lead": part} if action == "trip.follow" else {"id": new_id()} if action == "trip.lead" else {}
        )
        _change(desk, action, _KINDS[action.partition(".")[0]], id, {**values, **more})


_KINDS = {"trip": Trip.kind, "group": RecruitGroup.kind, "event": Event.kind}


def invite(desk: Desk, event: str, enterprises: Sequence[str]) -> None:
    """Invite enterprises of the park to an event."""
    _change(desk, "event.guests", Event.kind, event, {"invite": [_guest(desk, one) for one in enterprises]})


def file_report(desk: Desk, group: str, part: str, values: Mapping[str, Any]) -> None:
    """File or correct the report of a period (`weekly:2026-11-16`), in one's own bucket or the park's."""
    found = next((one for one in groups_of(desk) if one.id == group), None)
    if found is None:
        raise missing()
    session = desk.signed_in()
    rhythm, first = part_of(part)
    before = report_of(desk, found, rhythm, first)
    own = before.owner == session.person if before else found.head == session.person
    owner = session.person if own else PARK_OWNED
    bucket = buckets.of_person(session.person) if own else buckets.meetings(session.park)
    known = found.model_dump(mode="json", exclude={"trail"}, exclude_none=True)
    args = {**_without_nothing(values), "group": known, "rhythm": rhythm.value, "starts_on": first}
    id = report_id(found.id, rhythm, first, owner)
    desk.make(desk.change("group.report", bucket, GroupReport.kind, id, args))


def read_report(desk: Desk, group: str, part: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A report to be read: (title, facts). KnownError where it is not here."""
    found = next((one for one in groups_of(desk) if one.id == group), None)
    rhythm, first = part_of(part)
    report = report_of(desk, found, rhythm, first) if found else None
    if report is None:
        raise missing()
    title = f"{RHYTHMS[rhythm]} {words.day(date.fromisoformat(first))}起"
    said = ReportText.model_validate(report.model_dump())
    facts = (
        ("做了什么", said.done), ("对接企业", f"{said.contacted} 家"), ("在谈项目", f"{said.talking} 个"),
        ("签约", f"{said.signed} 个"), ("困难", said.trouble or "没有"), ("下一步", said.plans or "—"),
        ("填报", report.filed_by_name),
    )  # fmt: skip
    return title, facts


def form_to_raise(desk: Desk, event: str, item: str) -> ActionForm:
    """转为诉求: the ordinary form of an issue with what was noted. KnownError where its enterprise is not here."""
    found = event_of(desk, event).item(item)
    if found is None:
        raise missing()
    form = issues.form_to_raise(desk, found.enterprise)
    known = {"title": found.text[:40], "description": found.text, "source": "forum"}
    fields = tuple(
        one if one.name not in known else replace(one, default=known[one.name])
        for one in form.fields
        if one.name != "enterprise"
    )
    return ActionForm("event.raised", "登记诉求", fields, f"{found.enterprise_name}在活动上反映。")


def raise_item(desk: Desk, event: str, item: str, values: Mapping[str, Any]) -> str:
    """Raise what an enterprise said as an issue, whole or not at all; returns the issue's id."""
    found = event_of(desk, event).item(item)
    if found is None:
        raise missing()
    if found.issue is not None:
        raise KnownError("raised", f"这条已登记为诉求 {found.issue_number}，不用再登记。")
    if desk.store.get(Enterprise.kind, found.enterprise) is None:
        raise KnownError("not_held", "这家企业的资料不在本机，不能登记。请先取资料，同步后再试。")
    issue = new_id()
    (number,) = desk.local_numbers("issue", "I")
    given = _without_nothing({**values, "local_number": number})
    with desk.store.write():
        desk.make(
            desk.change(issues.RAISE, buckets.of_enterprise(found.enterprise), Issue.kind, issue, given)
        )
        document = desk.store.get(Issue.kind, issue)
        assert document is not None
        args = {"item": item, "issue": issue, "issue_number": str(document.body["number"])}
        _change(desk, "event.raised", Event.kind, event, args)
    return issue


def enterprise_of(desk: Desk, event: str, item: str) -> str:
    """Whose an item is."""
    found = event_of(desk, event).item(item)
    if found is None:
        raise missing()
    return found.enterprise


def issue_of(desk: Desk, event: str, item: str) -> str:
    """The issue an item has become, "" where it has not."""
    found = event_of(desk, event).item(item)
    return (found.issue if found else None) or ""


def _act_on_target(desk: Desk, id: str, action: str, values: Mapping[str, Any], part: str) -> None:
    args = dict(values)
    if action == "target.edit":
        args = target_args(desk, values)
    elif action == "target.progress":
        args["done"] = amount_of(values.get("done"))
    elif action == "target.strike":
        args["entry"] = part
    targets.act(desk, id, action, args if action == "target.edit" else _without_nothing(args))


def _edit(desk: Desk, id: str, action: str, values: Mapping[str, Any]) -> None:
    """What differs from what is seen goes as a field edit."""
    if action == "trip.edit":
        args, kind = trip_args(values), Trip.kind
        seen: Any = next((one for one in trips_of(desk) if one.id == id), None)
    elif action == "group.edit":
        args, kind = group_args(desk, values), RecruitGroup.kind
        seen = next((one for one in groups_of(desk) if one.id == id), None)
    else:
        args, kind, seen = event_args(values), Event.kind, event_of(desk, id)
    if seen is None:
        raise missing()
    body = seen.to_body()
    fields = {
        name: [body.get(name), value] for name, value in args.items() if not same_value(body.get(name), value)
    }
    if fields:
        _change(desk, action, kind, id, {"fields": fields})


def _change(desk: Desk, name: str, kind: str, id: str, args: Mapping[str, Any]) -> None:
    document = desk.store.get(kind, id)
    if document is None:
        raise missing()
    desk.make(desk.change(name, document.bucket, kind, id, _without_nothing(args)))


def _guest(desk: Desk, enterprise: str) -> dict[str, str]:
    row = desk.store.get(ENTERPRISE_ROW, enterprise) or desk.store.get(Enterprise.kind, enterprise)
    if row is None:
        raise KnownError("missing", "没有找到这家企业。请按 F5 同步一次再选。")
    return {"id": enterprise, "name": str(row.body["name"])}


def _without_nothing(args: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in args.items() if value not in (None, "")}


__all__ = [
    "EVENTS",
    "GROUPS",
    "TARGETS",
    "TRIPS",
    "VIEWS",
    "ActivityLine",
    "ActivityPage",
    "PartLine",
    "act",
    "enterprise_of",
    "file_report",
    "form_for",
    "form_to_make",
    "form_to_raise",
    "invite",
    "issue_of",
    "listing",
    "make",
    "maker_of",
    "page",
    "raise_item",
    "read_report",
    "views_of",
]
