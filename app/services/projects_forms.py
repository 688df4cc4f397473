"""What a move of a project asks for, as data: the form widget of issues shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from app.domain.documents import Body
from app.domain.enterprise import Enterprise
from app.domain.meeting import MEETING_NAMES, ItemOutcome, Meeting, MeetingItem, MeetingKind, MeetingState
from app.domain.project import USUAL_MILESTONES, Project
from app.domain.project_moves import PROJECT_MOVES
from app.errors import KnownError
from app.services import words
from app.services.desk import Desk
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind
from app.services.projects_reporting import wan

OPEN = "project.open"
EDIT = "project.edit"
UNCHANGED = "project.unchanged"
"""本周无变化: files a record; not a change of its own."""
MONEY = {"total_fen", "planned_fen", "actual_fen", "fen"}
"""Fields that are typed in 万元 and kept in fen."""
PLAN_NOW, OWN_START = "plan_now", "own_start"
"""Boxes that only say whether dates are asked for: they go into no change."""
_AHEAD = (60, 365, 395, 425)
"""Days from today at which the dates of USUAL_MILESTONES stand before somebody says better."""
_WAN = "万元"
Made = tuple[tuple[Field, ...], str]


def form_to_open(desk: Desk, enterprise: str | None = None) -> ActionForm:
    """登记项目. Without `enterprise` it asks which, of those that are on this laptop."""
    fields: list[Field] = []
    if enterprise is None:
        here = sorted(
            (Choice(one.id, str(one.body["name"])) for one in desk.store.of_kind(Enterprise.kind)),
            key=lambda one: one.name,
        )
        fields.append(
            Field("enterprise", "企业", FieldKind.CHOICE, True, hint="请选企业", choices=tuple(here))
        )
    fields += [
        Field("title", "项目名称", required=True, most=80),
        Field("signed_on", "签约日期", FieldKind.DATE, True, desk.today.isoformat()),
        Field(PLAN_NOW, "现在就排开工到投产的计划日", FieldKind.YES, default=True),
        *(
            Field(
                f"planned.{key}",
                f"计划{name}",
                FieldKind.DATE,
                True,
                (desk.today + timedelta(days=ahead)).isoformat(),
                when=(PLAN_NOW, frozenset({True})),
            )
            for (key, name), ahead in zip(USUAL_MILESTONES.items(), _AHEAD, strict=True)
        ),
        *_profile({}),
    ]
    return ActionForm(
        OPEN, "登记项目", tuple(fields), "计划开工、竣工、投产的日子先排上，进度快慢按它们判定。"
    )


def _profile(body: Body) -> tuple[Field, ...]:
    total = wan(body["total_fen"]) if body.get("total_fen") is not None else None
    return (
        Field("content", "建设内容", FieldKind.LONG, default=body.get("content"), most=1000),
        Field("address", "地点", default=body.get("address"), most=120),
        Field("total_fen", "总投资", default=total, hint=_WAN, most=20),
        Field("person_name", "责任人", default=body.get("person_name"), hint="园区一方", most=64),
        Field("contact_name", "业主联系人", default=body.get("contact_name"), most=64),
        Field("contact_phone", "电话", default=body.get("contact_phone"), hint="工作电话", most=32),
    )


def form_for(desk: Desk, project: Project, action: str, part: str = "") -> ActionForm:
    """The form of a move; no fields where it only wants to be confirmed. `part`: a milestone's id or a month."""
    if action == EDIT:
        title = Field("title", "项目名称", required=True, default=project.title, most=80)
        return ActionForm(EDIT, "改项目资料", (title, *_profile(project.to_body())))
    if action == UNCHANGED:
        return _unchanged()
    make = _FORMS.get(action)
    fields, note = make(desk, project, part) if make else _on_day(desk)
    return ActionForm(action, PROJECT_MOVES[action].word, fields, note)


def _unchanged() -> ActionForm:
    reason = Field("reason", "没有变化的原因", required=True, hint="例如等施工队进场", most=200)
    return ActionForm(
        UNCHANGED, "本周无变化", (reason,), "沿用上次周报的手续和节点，作为本周的一份新周报报上去。"
    )


def _on_day(desk: Desk) -> Made:
    return (
        Field("day", "日期", FieldKind.DATE, True, desk.today.isoformat()),
        Field("text", "说明", FieldKind.LONG, most=1000),
    ), ""


def _reason(_desk: Desk, _project: Project, _part: str) -> Made:
    return (Field("reason", "原因", FieldKind.LONG, True, most=500),), ""


def _resume(_desk: Desk, project: Project, _part: str) -> Made:
    return (
        Field("text", "说明", FieldKind.LONG, most=1000),
    ), f"停建原因：{project.reason}" if project.reason else ""


def _milestone(desk: Desk, project: Project, part: str) -> Made:
    one = project.milestones.get(part)
    if part and one is None:
        raise KnownError("milestone", "这个节点已经不在了，请刷新后再看。")
    soon = (desk.today + timedelta(days=30)).isoformat()
    fields = [
        Field("name", "节点", required=True, default=one.name if one else None, most=40),
        Field("planned_on", "计划完成", FieldKind.DATE, True, one.planned_on if one else soon),
        Field(OWN_START, "另定计划开始日", FieldKind.YES, default=bool(one and one.planned_from)),
        Field(
            "planned_from",
            "计划开始",
            FieldKind.DATE,
            True,
            (one.planned_from if one else None) or desk.today.isoformat(),
            hint="不定就接着前一个节点",
            when=(OWN_START, frozenset({True})),
        ),
        Field("person_name", "责任人", default=one.person_name if one else project.person_name, most=64),
    ]
    if one is not None:
        fields.append(
            Field("reason", "改计划日的原因", FieldKind.LONG, hint="计划日没有动就不用写", most=500)
        )
    return tuple(fields), ""


def _reached(desk: Desk, project: Project, part: str) -> Made:
    open_ones = tuple(
        Choice(id, one.name) for id, one in project.ordered if one.done_on is None and one.stage is None
    )
    chosen = part if part in {one.code for one in open_ones} else None
    return (
        Field("milestone", "节点", FieldKind.CHOICE, True, chosen, choices=open_ones),
        Field("day", "完成日期", FieldKind.DATE, True, desk.today.isoformat()),
    ), "开工、竣工、试产、投产用各自的那一步来记，阶段会一起改。"


def _unplan(_desk: Desk, project: Project, part: str) -> Made:
    all_of_them = tuple(Choice(id, one.name) for id, one in project.ordered)
    return (
        Field("milestone", "节点", FieldKind.CHOICE, True, part or None, choices=all_of_them),
        Field("reason", "原因", FieldKind.LONG, True, most=500),
    ), ""


def _month(desk: Desk, project: Project, part: str) -> Made:
    today = desk.today
    months = [f"{year:04d}-{month:02d}" for year in (today.year, today.year + 1) for month in range(1, 13)]
    months = sorted({*months, *project.months})
    wanted = part or f"{today:%Y-%m}"
    kept = project.months.get(wanted)

    def money(fen: int | None) -> str | None:
        return None if fen is None else wan(fen)

    return (
        Field(
            "month",
            "月份",
            FieldKind.CHOICE,
            True,
            wanted,
            choices=tuple(Choice(one, f"{one[:4]}年{int(one[5:])}月") for one in months),
        ),
        Field(
            "planned_fen", "计划投资", default=money(kept.planned_fen) if kept else None, hint=_WAN, most=20
        ),
        Field("actual_fen", "完成投资", default=money(kept.actual_fen) if kept else None, hint=_WAN, most=20),
        Field("person_name", "责任人", default=kept.person_name if kept else project.person_name, most=64),
        Field("text", "任务", FieldKind.LONG, default=kept.text if kept else None, most=500),
    ), "本年各月计划之和就是年度计划；周报里的本年累计会记到当月完成。"


def _funds(desk: Desk, _project: Project, _part: str) -> Made:
    return (
        Field("fen", "金额", required=True, hint=_WAN, most=20),
        Field("source", "来源", required=True, hint="股东出资、银行放款……", most=80),
        Field("day", "到位日期", FieldKind.DATE, True, desk.today.isoformat()),
    ), ""


def _note(_desk: Desk, _project: Project, _part: str) -> Made:
    return (Field("text", "进展", FieldKind.LONG, True, most=2000),), ""


def _meeting(desk: Desk, project: Project, _part: str) -> Made:
    found = conclusions(desk, project)
    if not found:
        raise KnownError(
            "no_items", "没有要写回的结论。先把项目列入「一周一调度」或「一月一督查」的议题，开会后记下结论。"
        )
    items = tuple(Choice(item.id, f"{_meeting_name(meeting)}：{item.title}") for meeting, item in found)
    chosen = items[0].code if len(items) == 1 else None
    return (Field("item", "结论", FieldKind.CHOICE, True, chosen, choices=items),), "写回后在「经过」里。"


def _meeting_name(meeting: Meeting) -> str:
    return f"{words.day_of_text(meeting.day)}{MEETING_NAMES[meeting.meeting_kind]}"


def conclusions(desk: Desk, project: Project) -> list[tuple[Meeting, MeetingItem]]:
    """What dispatch and inspection meetings decided of this enterprise's matters and the project has not yet
    (domain.md §1, 60). Meetings are only with those who see the park."""
    meetings = {
        one.id: one
        for one in map(Meeting.of, desk.store.of_kind(Meeting.kind))
        if one.meeting_kind in (MeetingKind.DISPATCH, MeetingKind.INSPECTION)
        and one.state is not MeetingState.CANCELLED
    }
    found = [
        (meetings[item.meeting], item)
        for item in map(MeetingItem.of, desk.store.of_kind(MeetingItem.kind))
        if item.meeting in meetings
        and item.issue is None
        and (item.enterprise == project.enterprise or project.title in item.title)
        and item.outcome in (ItemOutcome.RECORDED, ItemOutcome.SOLVED, ItemOutcome.POSTPONED)
        and item.id not in project.taken_items
    ]
    return sorted(found, key=lambda pair: (pair[0].day, pair[1].order))


def conclusion_args(desk: Desk, project: Project, item_id: str) -> dict[str, Any]:
    """The arguments of `project.meeting` for one of `conclusions`. KnownError where it is written back already."""
    for meeting, item in conclusions(desk, project):
        if item.id == item_id:
            who = "，".join(one for one in (item.department_name, item.person_name) if one)
            until = f"{words.day_of_text(item.due_on)}前" if item.due_on else ""
            parts = [item.decision or item.done_text or item.title, who, until]
            return {
                "meeting": meeting.id,
                "item": item.id,
                "meeting_name": _meeting_name(meeting),
                "text": "，".join(one for one in parts if one),
            }
    raise KnownError("no_items", "这条结论已经写回过，或者已经改动。请刷新后再看。")


_FORMS: Mapping[str, Callable[[Desk, Project, str], Made]] = {
    "project.halt": _reason,
    "project.back": _reason,
    "project.drop": _reason,
    "project.resume": _resume,
    "project.milestone": _milestone,
    "project.reached": _reached,
    "project.unplan": _unplan,
    "project.month": _month,
    "project.funds": _funds,
    "project.note": _note,
    "project.meeting": _meeting,
}
