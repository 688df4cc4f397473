"""What the acts of a meeting ask for, as data: the same form widget as for an issue's moves shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from app.domain.clock import BEIJING
from app.domain.meeting import MEETING_NAMES, ItemOutcome, Meeting, MeetingKind
from app.errors import KnownError
from app.services import issues
from app.services.desk import Desk
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind
from app.services.meetings_page import ItemLine, MeetingPage, page

PLAN, EDIT, ADD, HOLD, CANCEL, MINUTES, RAISE = "plan", "edit", "add", "hold", "cancel", "minutes", "raise"
ASSIGN, DONE = "assign", "done"
_SEPARATORS = re.compile(r"[、,，;；\s]+")
_START = re.compile(r"(\d{1,2})[:：点时](\d{2})?分?$")
_SETTLE = {
    ItemOutcome.SOLVED: "当场解决",
    ItemOutcome.RECORDED: "记议定",
    ItemOutcome.POSTPONED: "下次再议",
}


def form_to_plan(desk: Desk, kind: str | None = None) -> ActionForm:
    """计划会议."""
    kinds = tuple(Choice(one.value, word) for one, word in MEETING_NAMES.items())
    first = Field("meeting_kind", "类型", FieldKind.CHOICE, True, kind or "reception", choices=kinds)
    fields = (first, *_facts(desk, None))
    return ActionForm(PLAN, "计划会议", fields, "同类会议上次没办完的事，自动列入这一次的议程。")


def plan_args(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of planning or editing says, as the change takes it. KnownError where the time cannot be read."""
    args = {key: value for key, value in values.items() if value not in (None, "")}
    if "start" in args:
        args["start"] = _start(str(args["start"]))
    args["people"] = [one for one in _SEPARATORS.split(str(args.get("people", ""))) if one]
    if "meeting_kind" in args and not args.get("title"):
        day = date.fromisoformat(str(args["day"]))
        args["title"] = f"{day.month}月{day.day}日{MEETING_NAMES[MeetingKind(args['meeting_kind'])]}"
    return args


def edit_args(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same for an edit: what was emptied is taken away."""
    args = plan_args(values)
    return {name: args.get(name) for name in ("title", "day", "start", "place", "chair", "people", "notice")}


def _start(text: str) -> str:
    found = _START.match(text.strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if hour > 23 or minute > 59:
        raise KnownError("start", "时刻读不出来，请写成 9:30 或 14:00。")
    return f"{hour:02d}:{minute:02d}"


def _facts(desk: Desk, meeting: Meeting | None) -> tuple[Field, ...]:
    day = (
        meeting.day if meeting else (desk.clock().astimezone(BEIJING).date() + timedelta(days=1)).isoformat()
    )
    people = "、".join(meeting.people) if meeting else ""
    title_hint = "不写就按日期和类型取名"
    return (
        Field("day", "日期", FieldKind.DATE, True, day),
        Field("start", "时刻", default=(meeting.start if meeting else "09:30") or "", hint="例如 9:30"),
        Field("place", "地点", default=(meeting.place if meeting else "") or "", most=80),
        Field("chair", "主持", default=(meeting.chair if meeting else "") or "", hint="姓名、职务", most=64),
        Field("people", "参加", default=people, hint="单位或姓名，用顿号隔开"),
        Field("title", "名称", required=meeting is not None, default=meeting.title if meeting else "",
              hint=title_hint, most=80),
        Field("notice", "通知事项", FieldKind.LONG, default=(meeting.notice if meeting else "") or "",
              hint="请带什么、准备什么；印在会议通知上", most=2000),
    )  # fmt: skip


def form_for(desk: Desk, id: str, action: str) -> ActionForm:
    """The form of an act on a meeting. KnownError for one that is not known."""
    shown = page(desk, id)
    make = _FORMS.get(action)
    if make is None:
        raise KnownError("action", "没有这个操作，请刷新后再试。")
    return make(desk, shown)


def _edit(desk: Desk, shown: MeetingPage) -> ActionForm:
    return ActionForm(EDIT, "保存", _facts(desk, shown.meeting))


def _add(_desk: Desk, shown: MeetingPage) -> ActionForm:
    guests = tuple(Choice(guest.id, guest.name) for guest in shown.guests)
    fields = [Field("title", "议题", required=True, hint="一句话", most=80)]
    if guests:
        fields.append(Field("enterprise", "企业", FieldKind.CHOICE, hint="不针对某家企业", choices=guests))
    return ActionForm(ADD, "加议题", tuple(fields))


def _hold(_desk: Desk, shown: MeetingPage) -> ActionForm:
    minutes = Field(
        "minutes", "纪要", FieldKind.LONG, True, _draft_of_minutes(shown), "议了什么、定了什么", most=8000
    )
    left = sum(item.open for item in shown.items)
    note = f"还有 {left} 项没有结论，会后记为「未议」；不是诉求的转到下一次。" if left else "各项都有结论。"
    return ActionForm(HOLD, "会开完了", (minutes,), note)


def _minutes(_desk: Desk, shown: MeetingPage) -> ActionForm:
    field = Field("minutes", "纪要", FieldKind.LONG, True, shown.meeting.minutes or "", most=8000)
    return ActionForm(MINUTES, "保存纪要", (field,))


def _cancel(_desk: Desk, _shown: MeetingPage) -> ActionForm:
    reason = Field("reason", "理由", FieldKind.LONG, True, hint="例如：改到下周", most=500)
    return ActionForm(CANCEL, "取消会议", (reason,), "取消后不能恢复；没办完的议题转到下一次。")


_FORMS: Mapping[str, Callable[[Desk, MeetingPage], ActionForm]] = {
    EDIT: _edit,
    ADD: _add,
    HOLD: _hold,
    MINUTES: _minutes,
    CANCEL: _cancel,
}


def _draft_of_minutes(shown: MeetingPage) -> str:
    """What the items say already, a line each: the one who writes the minutes goes on from there."""
    lines = [f"{shown.result}。"] if shown.meeting.meeting_kind is MeetingKind.RECEPTION else []
    for place, item in enumerate(shown.items, start=1):
        if item.open:
            continue
        parts = [
            item.decision.rstrip("。；"),
            item.who and f"由{item.who}办理",
            item.until and f"{item.until}前办结",
        ]
        told = "，".join(part for part in parts if part)
        lines.append(f"{place}. {item.title}：{item.outcome_word}" + (f"，{told}。" if told else "。"))
    return "\n".join(lines)


def form_for_item(desk: Desk, item: ItemLine, action: str) -> ActionForm:
    """The form of an outcome (a value of ItemOutcome), of an assignment, or of its being done."""
    if action == ASSIGN:
        return _assign(desk, item)
    if action == DONE:
        field = Field("text", "怎么办完的", FieldKind.LONG, hint="可以不填", most=500)
        return ActionForm(DONE, "办完", (field,))
    outcome = ItemOutcome(action)
    decision = Field("decision", "说明", FieldKind.LONG, default=item.decision, hint="可以不填", most=500)
    if outcome is not ItemOutcome.RECORDED:
        return ActionForm(action, _SETTLE[outcome], (decision,))
    departments = tuple(Choice(one.name, one.name) for one in desk.rules.departments)
    note = "写了责任人或期限的，没办完会转到下一次会议。" if not item.issue else ""
    if item.issue and item.state_word == "办理中":
        note = "诉求在办理中，议定的内容同时写进它的进展，承办部门看得到。"
    return ActionForm(
        action,
        _SETTLE[outcome],
        (
            replace(decision, label="议定", required=True, hint="定了什么"),
            Field("department_name", "责任单位", FieldKind.CHOICE, hint="不指定", choices=departments),
            Field("person_name", "责任人", hint="姓名", most=64),
            Field("until", "有期限", FieldKind.YES),
            Field(
                "due_on", "期限", FieldKind.DATE, default=_in_a_week(desk), when=("until", frozenset({True}))
            ),
        ),
        note,
    )


def settle_args(action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of an outcome says, as `meeting.outcome` takes it."""
    args = {name: value for name, value in values.items() if name != "until" and value not in (None, "")}
    if not values.get("until"):
        args.pop("due_on", None)
    return {**args, "outcome": action}


def _in_a_week(desk: Desk) -> str:
    return desk.calendar.nth_workday_after(desk.today, 5)[0].isoformat()


def _assign(desk: Desk, item: ItemLine) -> ActionForm:
    """交办 as the issue's own form asks for it; where the issue is not here, as its classification suggests."""
    shown = issues.page(desk, item.issue)
    if shown is None:
        raise KnownError("not_held", "这家企业的资料还没有取到本机。请先点「取资料」，同步后再交办。")
    form = issues.form_for(desk, shown.issue, "issue.assign")
    note = form.note or "先逐件定下，再一次交办。"
    return ActionForm(ASSIGN, "定下", form.fields, note)


def form_to_raise(desk: Desk, shown: MeetingPage, enterprise: str, title: str = "") -> ActionForm:
    """登记诉求 of one enterprise at a reception day: the ordinary form without what the meeting says already."""
    form = issues.form_to_raise(desk, enterprise)
    fields = [one for one in form.fields if one.name not in ("source", "enterprise")]
    if title:
        fields = [replace(one, default=title[:40]) if one.name == "title" else one for one in fields]
    # Solved on the spot or not is what a reception day asks first, right after what it is about.
    place = {name: rank for rank, name in enumerate(_ASKED_FIRST)}
    fields.sort(key=lambda one: place.get(one.name, len(place)))
    return ActionForm(RAISE, "登记诉求", tuple(fields), f"{shown.meeting.name_of(enterprise)}在接待日反映。")


_ASKED_FIRST = ("title", "category", "subcategory", "description", "solved_on_spot", "solution")


__all__ = [
    "ADD",
    "ASSIGN",
    "CANCEL",
    "DONE",
    "EDIT",
    "HOLD",
    "MINUTES",
    "PLAN",
    "RAISE",
    "edit_args",
    "form_for",
    "form_for_item",
    "form_to_plan",
    "form_to_raise",
    "plan_args",
    "settle_args",
]
