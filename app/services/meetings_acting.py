"""What people do with meetings: plan, invite, put on the agenda, raise and assign on the spot, record, hold, call off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.domain import buckets
from app.domain.changes.base import Change, Refusal
from app.domain.clock import beijing_date, from_text
from app.domain.documents import same_value
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.issue import Issue, IssueState
from app.domain.meeting import (
    ItemOutcome,
    Meeting,
    MeetingItem,
    MeetingKind,
    MeetingState,
    issue_item_id,
    next_day,
)
from app.domain.people import Role
from app.domain.projections import ENTERPRISE_ROW
from app.errors import KnownError
from app.services import issues
from app.services.desk import Desk
from app.services.issues import Done
from app.services.issues_acting import add_evidence, document_of
from app.services.meetings_page import items_of, meeting_of, waiting_now


@dataclass(frozen=True, slots=True)
class AssignDraft:
    """How one issue shall be assigned: what the meeting said of it, before the one press for all."""

    department: str
    limit_days: int
    handler: str | None = None
    requirement: str | None = None
    joint: tuple[str, ...] = ()

    def args(self) -> dict[str, Any]:
        """Arguments of `issue.assign`."""
        made: dict[str, Any] = {"department": self.department, "limit_days": self.limit_days}
        if self.handler:
            made["handler"] = self.handler
        if self.requirement:
            made["requirement"] = self.requirement
        return {**made, "joint": list(self.joint)}


def _bucket(desk: Desk) -> str:
    return buckets.meetings(desk.signed_in().park)


def _change(desk: Desk, name: str, kind: str, id: str, args: Mapping[str, Any]) -> Change:
    kept = {key: value for key, value in args.items() if value is not None}
    return desk.change(name, _bucket(desk), kind, id, kept)


def plan(desk: Desk, args: Mapping[str, Any]) -> str:
    """Plan a meeting; returns its id. What former ones of its kind left undone is on its agenda at once."""
    id = new_id()
    (number,) = desk.local_numbers("meeting", "HY")
    desk.make(_change(desk, "meeting.plan", Meeting.kind, id, {**args, "local_number": number}))
    return id


def plan_next(desk: Desk, id: str) -> str:
    """下一次: the next meeting of this one's series with its place, people and invitations; returns its id.

    On a working day. What was not done is carried over: at once where this one was held, else when it is. KnownError where
    the next one is planned already or this one was called off before anybody could come.
    """
    meeting = meeting_of(desk, id)
    series = [Meeting.of(document) for document in desk.store.of_kind(Meeting.kind)]
    series = [
        one
        for one in series
        if one.meeting_kind is meeting.meeting_kind and one.state is not MeetingState.CANCELLED
    ]
    ahead = [one for one in series if one.state is MeetingState.PLANNED and one.day > meeting.day]
    if ahead:
        first = min(ahead, key=lambda one: one.day)
        raise KnownError("planned", f"下一次已经计划在 {first.day}（{first.title}），直接打开它就行。")
    former = max((one.day for one in series if one.day < meeting.day), default=None)
    this = date.fromisoformat(meeting.day)
    wanted = next_day(this, meeting.meeting_kind, date.fromisoformat(former) if former else None)
    wanted = max(wanted, desk.today + timedelta(days=1))
    if not desk.calendar.is_workday(wanted)[0]:
        wanted = desk.calendar.nth_workday_after(wanted, 1)[0]
    args: dict[str, Any] = {
        "meeting_kind": meeting.meeting_kind.value,
        "title": _next_title(meeting, wanted),
        "day": wanted.isoformat(),
        "people": list(meeting.people),
        "guests": [
            {"id": one, "name": name}
            for one, name in zip(meeting.enterprises, meeting.enterprise_names, strict=True)
        ],
    }
    kept = {name: getattr(meeting, name) for name in ("start", "place", "chair", "notice")}
    return plan(desk, {**args, **{name: value for name, value in kept.items() if value}})


def _next_title(meeting: Meeting, day: date) -> str:
    """A title that begins with its day begins with the new one."""
    this = date.fromisoformat(meeting.day)
    return meeting.title.replace(f"{this.month}月{this.day}日", f"{day.month}月{day.day}日", 1)


def edit(desk: Desk, id: str, values: Mapping[str, Any]) -> None:
    """Alter facts or minutes: what differs from what is seen goes as a field edit."""
    body = meeting_of(desk, id).to_body()
    fields = {
        name: [body.get(name), value]
        for name, value in values.items()
        if not same_value(body.get(name), value)
    }
    if fields:
        desk.make(desk.change("patch", _bucket(desk), Meeting.kind, id, {"fields": fields}))


def invite(desk: Desk, id: str, enterprises: Sequence[str], *, off: bool = False) -> None:
    """Invite enterprises of the park, or no longer."""
    if off:
        args: dict[str, Any] = {"uninvite": list(enterprises)}
    else:
        args = {"invite": [_guest(desk, one) for one in enterprises]}
    desk.make(_change(desk, "meeting.guests", Meeting.kind, id, args))


def mark_came(desk: Desk, id: str, enterprises: Sequence[str], came: bool = True) -> None:
    """Who came, also without having been invited; or that it was a mistake."""
    args = {"came": [_guest(desk, one) for one in enterprises]} if came else {"absent": list(enterprises)}
    desk.make(_change(desk, "meeting.guests", Meeting.kind, id, args))


def _guest(desk: Desk, enterprise: str) -> dict[str, str]:
    row = desk.store.get(ENTERPRISE_ROW, enterprise) or desk.store.get(Enterprise.kind, enterprise)
    if row is None:
        raise KnownError("missing", "没有找到这家企业。请按 F5 同步一次再选。")
    return {"id": enterprise, "name": str(row.body["name"])}


def add_item(desk: Desk, id: str, title: str, enterprise: str | None = None) -> None:
    """A plain matter for the agenda, of an enterprise or of none."""
    item: dict[str, Any] = {"id": new_id(), "title": title}
    if enterprise:
        guest = _guest(desk, enterprise)
        item |= {"enterprise": guest["id"], "enterprise_name": guest["name"]}
    desk.make(_change(desk, "meeting.add", Meeting.kind, id, {"items": [item]}))


def add_waiting(desk: Desk, id: str, only: Sequence[str] | None = None) -> int:
    """Write what waits for a joint meeting onto its agenda (`only`: these item ids); returns how many were new."""
    changes = _add_waiting(desk, meeting_of(desk, id), only)
    if changes:
        desk.make(*changes)
    return sum(len(change.args["items"]) for change in changes)


def _add_waiting(desk: Desk, meeting: Meeting, only: Sequence[str] | None = None) -> list[Change]:
    if meeting.meeting_kind is not MeetingKind.JOINT:
        return []
    return _add(
        desk, meeting, [item for item in waiting_now(desk, meeting) if only is None or item.id in only]
    )


def _add(desk: Desk, meeting: Meeting, wanted: Sequence[MeetingItem]) -> list[Change]:
    names = ("title", "issue", "issue_number", "enterprise", "enterprise_name", "why")
    items = [{name: getattr(item, name) for name in names} for item in wanted]
    return [_change(desk, "meeting.add", Meeting.kind, meeting.id, {"items": items})] if items else []


def drop_item(desk: Desk, item: str) -> None:
    """Take a matter off the agenda before the meeting."""
    desk.make(_change(desk, "meeting.drop", MeetingItem.kind, item, {}))


def move_item(desk: Desk, id: str, item: str, by: int) -> None:
    """Move a matter up (-1) or down (+1) the agenda."""
    order = [one.id for one in items_of(desk, id)]
    if item not in order:
        return
    place = order.index(item)
    other = max(0, min(len(order) - 1, place + by))
    if other != place:
        order.insert(other, order.pop(place))
        desk.make(_change(desk, "meeting.reorder", Meeting.kind, id, {"items": order}))


def settle(desk: Desk, id: str, item: str, args: Mapping[str, Any]) -> None:
    """What the meeting did with an item (args of `meeting.outcome`).

    What it decided about an issue somebody works on is written into that issue's own trail too, where it is at hand.
    """
    meeting = meeting_of(desk, id)
    changes = _add_waiting(desk, meeting, [item])
    changes.append(_change(desk, "meeting.outcome", MeetingItem.kind, item, args))
    changes += _told_to_issue(desk, meeting, item, args)
    desk.make(*changes)


def _told_to_issue(desk: Desk, meeting: Meeting, id: str, args: Mapping[str, Any]) -> list[Change]:
    stored = desk.store.get(MeetingItem.kind, id)
    item = MeetingItem.of(stored) if stored else None
    if item is None:
        item = next((one for one in waiting_now(desk, meeting) if one.id == id), None)
    document = document_of(desk, item.issue) if item is not None and item.issue else None
    decision = str(args.get("decision") or "").strip()
    if document is None or not decision or args.get("outcome") != ItemOutcome.RECORDED:
        return []
    if document.body["state"] != IssueState.IN_WORK or Role.COORDINATOR not in desk.signed_in().actor.roles:
        return []
    text = f"{meeting.title}（{meeting.day}）议定：{decision}"
    return [desk.change("issue.progress", document.bucket, document.kind, document.id, {"text": text})]


def finish_item(desk: Desk, item: str, text: str | None = None) -> None:
    """What was decided has been done."""
    desk.make(_change(desk, "meeting.done", MeetingItem.kind, item, {"text": text or None}))


def raise_at(
    desk: Desk, id: str, args: Mapping[str, Any], item: str | None = None, files: Sequence[Path] = ()
) -> str:
    """登记诉求 at a reception day, with its item, its photos, and its enterprise as one that came; returns the issue's id.

    Solved on the spot is the issue's own move and the item's outcome. `item` is the plain matter it was noted as before.
    Refusal says what is wrong; KnownError where the enterprise is not on this laptop.
    """
    meeting = meeting_of(desk, id)
    enterprise = str(args["enterprise"])
    if desk.store.get(Enterprise.kind, enterprise) is None:
        raise KnownError(
            "not_held", "这家企业的资料不在本机，不能登记。可以先记成议题；取资料、同步后再登记。"
        )
    issue = new_id()
    (number,) = desk.local_numbers("issue", "I")
    given = {**args, "source": "reception", "meeting": id, "local_number": number}
    del given["enterprise"]
    with desk.store.write():
        desk.make(desk.change(issues.RAISE, buckets.of_enterprise(enterprise), Issue.kind, issue, given))
        for file in files:
            add_evidence(desk, issue, file, file.name)
        document = desk.store.get(Issue.kind, issue)
        assert document is not None
        guest = {"id": enterprise, "name": str(document.body["enterprise_name"])}
        new = {
            "title": str(document.body["title"]),
            "issue": issue,
            "issue_number": str(document.body["number"]),
            "enterprise": enterprise,
            "enterprise_name": guest["name"],
        }
        changes = [_change(desk, "meeting.add", Meeting.kind, id, {"items": [new]})]
        if enterprise not in meeting.came:
            changes.append(_change(desk, "meeting.guests", Meeting.kind, id, {"came": [guest]}))
        if document.body.get("solved_on_spot"):
            solved = {
                "outcome": ItemOutcome.SOLVED,
                "decision": str(document.body.get("solution") or "")[:500],
            }
            changes.append(
                _change(desk, "meeting.outcome", MeetingItem.kind, issue_item_id(id, issue), solved)
            )
        if item is not None:
            noted = {"outcome": ItemOutcome.RECORDED, "decision": f"已登记为诉求 {document.body['number']}"}
            changes.append(_change(desk, "meeting.outcome", MeetingItem.kind, item, noted))
        desk.make(*changes)
    return issue


def assign_many(desk: Desk, id: str, drafts: Mapping[str, AssignDraft]) -> list[Done]:
    """批量交办: item id → how. Each by itself, with what became of it; the item says so when its issue went."""
    meeting = meeting_of(desk, id)
    stored = {item.id: item for item in items_of(desk, id)}
    waiting = {item.id: item for item in waiting_now(desk, meeting)}
    done = []
    for item_id, draft in drafts.items():
        item = stored.get(item_id) or waiting.get(item_id)
        if item is None or item.issue is None:
            done.append(Done(item_id, "", "", "这一项已不在议程上，请刷新后再看。"))
            continue
        problem = ""
        try:
            _assign(desk, meeting, item, draft, known=item_id in stored)
        except (Refusal, KnownError) as error:
            problem = error.text
        done.append(Done(item_id, item.issue_number or "", item.title, problem))
    return done


def _assign(desk: Desk, meeting: Meeting, item: MeetingItem, draft: AssignDraft, *, known: bool) -> None:
    assert item.issue is not None
    document = document_of(desk, item.issue)
    if document is None:
        raise KnownError("not_held", "这家企业的资料还没有取到本机。请先点「取资料」，同步后再交办。")
    issue = Issue.of(document)
    args = {**draft.args(), "meeting": meeting.id}
    with desk.store.write():
        if not known:
            desk.make(*_add(desk, meeting, [item]))
        if issue.state is IssueState.REPORTED:
            # Raised here and assigned here: accepted as it was classified when it was raised.
            issues.accept(desk, issue.id, issue.category, issue.subcategory, _level(desk, issue))
        issues.act(desk, issue.id, "issue.assign", args)
        after = desk.store.get(document.kind, issue.id)
        assert after is not None
        outcome = {
            "outcome": ItemOutcome.ASSIGNED,
            "decision": item.decision or draft.requirement,
            "department_name": after.body.get("department_name"),
            "person_name": after.body.get("handler_name"),
            "due_on": _day(after.body.get("due_at")),
        }
        desk.make(_change(desk, "meeting.outcome", MeetingItem.kind, item.id, outcome))


def _level(desk: Desk, issue: Issue) -> int:
    found = desk.rules.taxonomy.subcategory(issue.subcategory or "")
    return issue.level or (found.level if found else 2)


def _day(moment: str | None) -> str | None:
    return beijing_date(from_text(moment)).isoformat() if moment else None


def hold(desk: Desk, id: str, minutes: str) -> None:
    """The meeting was held. What still waited is written down as not dealt with."""
    meeting = meeting_of(desk, id)
    changes = _add_waiting(desk, meeting)
    changes.append(_change(desk, "meeting.hold", Meeting.kind, id, {"minutes": minutes}))
    desk.make(*changes)


def call_off(desk: Desk, id: str, reason: str) -> None:
    """Call it off, with the reason."""
    desk.make(_change(desk, "meeting.cancel", Meeting.kind, id, {"reason": reason}))
