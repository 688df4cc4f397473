"""What the acts of trips, groups, events and targets ask for, as data, and what the answers come to as arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from app.domain.activity import (
    EVENT_KINDS,
    LEAD_STATES,
    RHYTHMS,
    TRIP_KINDS,
    Event,
    GroupReport,
    LeadState,
    RecruitGroup,
    ReportText,
    Rhythm,
    Trip,
)
from app.domain.activity_moves import MOVES
from app.domain.activity_reports import counts, owed_for
from app.domain.ids import new_id
from app.domain.people import Person
from app.domain.target import Target
from app.errors import KnownError
from app.figures import figure_texts
from app.services import words
from app.services.activities_page import MAKER_WORDS, event_of, groups_of, missing, reports_of, trips_of
from app.services.desk import Desk
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind
from app.services.targets import target_of

_SEPARATORS = re.compile(r"[、,，;；\s]+")
_LINE = re.compile(r"\s*([^:：]+?)\s*[:：]\s*(.+)")
_TEXT = FieldKind.TEXT
Model = TypeVar("Model", Trip, RecruitGroup)


def _choices(names: Mapping[Any, str]) -> tuple[Choice, ...]:
    return tuple(Choice(str(code), word) for code, word in names.items())


def _long(
    name: str, word: str, value: str | None, hint: str = "", most: int = 2000, *, must: bool = False
) -> Field:
    return Field(name, word, FieldKind.LONG, must, value or "", hint, most=most)


def _day(name: str, word: str, value: str | None) -> Field:
    return Field(name, word, FieldKind.DATE, True, value)


def _soon(desk: Desk) -> str:
    return desk.calendar.nth_workday_after(desk.today, 5)[0].isoformat()


# ---------------------------------------------------------------------- the facts of each


def trip_fields(desk: Desk, trip: Trip | None) -> tuple[Field, ...]:
    today, me = desk.today.isoformat(), desk.signed_in().name
    return (
        Field("trip_kind", "类型", FieldKind.CHOICE, True, trip.trip_kind if trip else "recruit", choices=_choices(TRIP_KINDS)),
        Field("title", "名称", _TEXT, True, trip.title if trip else "", "去做什么，一句话", most=80),
        Field("place", "去哪里", _TEXT, True, trip.place if trip else "", most=80),
        _day("starts_on", "出发", trip.starts_on if trip else today),
        _day("ends_on", "返回", trip.ends_on if trip else today),
        Field("people", "人员", _TEXT, True, "、".join(trip.people) if trip else me, "带队的写在前面，用顿号隔开"),
        Field("companies", "拟见企业", _TEXT, False, "、".join(trip.companies) if trip else "", "用顿号隔开"),
        _long("purpose", "目的", trip.purpose if trip else "", most=1000),
    )  # fmt: skip


def _people(desk: Desk) -> tuple[Choice, ...]:
    people = [Person.of(one) for one in desk.store.of_kind(Person.kind)]
    return tuple(Choice(one.id, one.name) for one in sorted(people, key=lambda one: one.name) if one.active)


def group_fields(desk: Desk, group: RecruitGroup | None) -> tuple[Field, ...]:
    people = _people(desk)
    inside = [one.person for one in group.members if one.person] if group else []
    outside = "、".join(one.name for one in group.members if not one.person) if group else ""
    rhythms = [str(one) for one in group.rhythms] if group else [str(one) for one in Rhythm]
    fields = [
        Field("name", "名称", _TEXT, True, group.name if group else "", "例如：粤港澳驻点组", most=40),
        Field("place", "驻地", _TEXT, True, group.place if group else "", most=80),
        Field("industry", "产业", _TEXT, False, (group.industry if group else "") or "", most=80),
        Field("persons", "组员", FieldKind.MANY, False, inside, "添加有账号的人", people),
        Field("others", "其他组员", _TEXT, False, outside, "没有账号的，姓名用顿号隔开"),
        Field("head", "报告人", FieldKind.CHOICE, False, group.head if group else None, "由协调员代报", people),
        Field("rhythms", "报告", FieldKind.MANY, True, rhythms, choices=_choices(RHYTHMS)),
        Field("until", "定了到期日", FieldKind.YES, default=bool(group and group.ends_on)),
        Field("ends_on", "到哪天", FieldKind.DATE, True, group.ends_on if group and group.ends_on else _soon(desk),
              when=("until", frozenset({True}))),
    ]  # fmt: skip
    if group is None:
        fields.insert(3, _day("starts_on", "从哪天", desk.today.isoformat()))
    return tuple(fields)


def event_fields(desk: Desk, event: Event | None) -> tuple[Field, ...]:
    return (
        Field("event_kind", "类型", FieldKind.CHOICE, True, event.event_kind if event else "hiring", choices=_choices(EVENT_KINDS)),
        Field("title", "名称", _TEXT, True, event.title if event else "", most=80),
        _day("day", "日期", event.day if event else _soon(desk)),
        Field("place", "地点", _TEXT, False, (event.place if event else "") or "", most=80),
        Field("organiser", "主办", _TEXT, False, (event.organiser if event else "") or "", most=80),
        _long("plan", "方案", event.plan if event else "", "请谁、做什么、准备什么"),
    )  # fmt: skip


def target_fields(desk: Desk, target: Target | None) -> tuple[Field, ...]:
    texts = figure_texts()
    figures = tuple(Choice(code, f"{code} {text.name}") for code, text in texts.of.items())
    units = {code: {"unit": text.unit} for code, text in texts.of.items() if text.unit}
    departments = tuple(Choice(one.id, one.name) for one in desk.rules.departments)
    fields = [
        Field("indicator", "指标", _TEXT, True, target.indicator if target else "", "例如：签约项目", most=60),
        Field("figure", "取数", FieldKind.CHOICE, False, target.figure if target else None, "人工填进度", figures, sets=units),
        Field("unit", "单位", _TEXT, True, target.unit if target else "", "个、亿元、%", most=12),
        Field("planned", "全年目标", _TEXT, True, target.planned if target else "", "数字"),
        Field("quarters", "季度累计", _TEXT, False, "、".join(target.quarters) if target else "",
              "到各季末的累计数，例如 10、20、35、50"),
        Field("department", "责任部门", FieldKind.CHOICE, False, target.department if target else None, "不指定", departments),
        Field("person_name", "责任人", _TEXT, False, (target.person_name if target else "") or "", most=64),
    ]  # fmt: skip
    if target is None:
        fields.insert(
            0, Field("year", "年度", FieldKind.NUMBER, True, desk.today.year, least=2020, most=2100)
        )
    return tuple(fields)


# ---------------------------------------------------------------------- answers into arguments


def _names(text: Any) -> list[str]:
    return [one for one in _SEPARATORS.split(str(text or "")) if one]


def trip_args(values: Mapping[str, Any]) -> dict[str, Any]:
    """`people` and `companies` as lists; the rest as it is."""
    args = {
        name: values.get(name) or None
        for name in ("trip_kind", "title", "place", "starts_on", "ends_on", "purpose")
    }
    return {**args, "people": _names(values.get("people")), "companies": _names(values.get("companies"))}


def group_args(desk: Desk, values: Mapping[str, Any]) -> dict[str, Any]:
    """Members from those with an account and those without. KnownError where nobody is in it."""
    known = {one.code: one.name for one in _people(desk)}
    persons = list(dict.fromkeys([*values.get("persons", []), *filter(None, [values.get("head")])]))
    members: list[dict[str, Any]] = [{"person": one, "name": known.get(one, one)} for one in persons]
    members += [{"name": one} for one in _names(values.get("others"))]
    if not members:
        raise KnownError("members", "驻点组至少要有一名组员。")
    args = {name: values.get(name) or None for name in ("name", "place", "industry", "head")}
    ends_on = values.get("ends_on") if values.get("until") else None
    return {**args, "ends_on": ends_on, "members": members, "rhythms": list(values.get("rhythms", []))}


def event_args(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: values.get(name) or None
        for name in ("event_kind", "title", "day", "place", "organiser", "plan")
    }


def target_args(desk: Desk, values: Mapping[str, Any]) -> dict[str, Any]:
    """Amounts as decimal text. KnownError where one is none."""
    department = values.get("department") or None
    names = {one.id: one.name for one in desk.rules.departments}
    return {
        "indicator": values.get("indicator"),
        "unit": values.get("unit"),
        "figure": values.get("figure") or None,
        "planned": amount_of(values.get("planned")),
        "quarters": [
            amount_of(one) for one in re.split(r"[、，;；\s]+", str(values.get("quarters") or "")) if one
        ],
        "department": department,
        "department_name": names.get(department or ""),
        "person_name": values.get("person_name") or None,
    }


def amount_of(text: Any) -> str:
    """`1200.5` of `1,200.50`. KnownError where it is no amount with at most two places."""
    plain = str(text or "").strip().replace(",", "").replace("%", "")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2})?", plain):
        raise KnownError("amount", f"「{text or ''}」不是数字。请只写数字，最多两位小数，例如 18.5。")
    return plain


def leads_of(text: Any, next_on: str | None) -> list[dict[str, Any]]:
    """A lead a line, `企业：事项`. KnownError for a line that is not so."""
    found = []
    for line in str(text or "").splitlines():
        if not line.strip():
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise KnownError("leads", f"线索「{line.strip()[:20]}」请写成「企业：事项」，一行一条。")
        found.append({"id": new_id(), "company": parts[1][:80], "about": parts[2][:500], "next_on": next_on})
    return found


# ---------------------------------------------------------------------- the forms

_Maker = Callable[[Desk, str, str], tuple[tuple[Field, ...], str]]


def form_to_make(desk: Desk, action: str) -> ActionForm:
    """The form of a new one: `trip.plan`, `group.form`, `event.plan`, `target.set`."""
    fields = _MAKING[action](desk)
    notes = {
        "group.form": "报告人在自己的电脑上按期填报；到期没报的会亮红灯。",
        "target.set": "取数选了统计的，进度自动算；不选的由您填进度。",
    }
    return ActionForm(action, MAKER_WORDS[action], fields, notes.get(action, ""))


_MAKING: Mapping[str, Callable[[Desk], tuple[Field, ...]]] = {
    "trip.plan": lambda desk: trip_fields(desk, None),
    "group.form": lambda desk: group_fields(desk, None),
    "event.plan": lambda desk: event_fields(desk, None),
    "target.set": lambda desk: target_fields(desk, None),
}


def form_for(desk: Desk, id: str, action: str, part: str = "") -> ActionForm:
    """The form of a move, of one of its parts where it has any. KnownError where there is none."""
    make = _FORMS.get(action)
    if make is None:
        raise KnownError("action", "没有这个操作，请刷新后再试。")
    fields, note = make(desk, id, part)
    word = MOVES[action].word if action in MOVES else _WORDS[action]
    return ActionForm(action, "保存" if action.endswith(".edit") else word, fields, note)


_WORDS = {
    "group.report": "上报",
    "target.edit": "改",
    "target.progress": "填进度",
    "target.strike": "划去",
    "target.withdraw": "撤销",
    "event.came": "到场",
}


def _trip(desk: Desk, id: str) -> Trip:
    return _one(trips_of(desk), id)


def _one(found: Sequence[Model], id: str) -> Model:
    one = next((one for one in found if one.id == id), None)
    if one is None:
        raise missing()
    return one


def _reason(_desk: Desk, _id: str, _part: str) -> tuple[tuple[Field, ...], str]:
    return (_long("reason", "原因", "", most=500, must=True),), ""


def _nothing(_desk: Desk, _id: str, _part: str) -> tuple[tuple[Field, ...], str]:
    return (), ""


def _back(desk: Desk, _id: str, _part: str) -> tuple[tuple[Field, ...], str]:
    return (
        _long("met", "见了谁", "", "企业、姓名、职务；不写电话", must=True),
        _long("result", "结果", "", "谈了什么、定了什么", must=True),
        _long("leads", "线索", "", "一行一条：企业：事项"),
        _day("next_on", "下次联系", _soon(desk)),
    ), "没有线索就空着，办结就行。"


def _lead(desk: Desk, _id: str, _part: str) -> tuple[tuple[Field, ...], str]:
    return (
        Field("company", "企业", _TEXT, True, "", most=80),
        _long("about", "事项", "", most=500, must=True),
        Field("contact", "找谁", _TEXT, False, "", "姓名、职务", most=64),
        _day("next_on", "下次联系", _soon(desk)),
    ), ""


def _follow(desk: Desk, _id: str, _part: str) -> tuple[tuple[Field, ...], str]:
    following = frozenset({LeadState.FOLLOWING.value})
    return (
        _long("text", "做了什么", "", most=500, must=True),
        _day("day", "哪天", desk.today.isoformat()),
        Field(
            "state", "现在", FieldKind.CHOICE, True, LeadState.FOLLOWING.value, choices=_choices(LEAD_STATES)
        ),
        Field("next_on", "下次联系", FieldKind.DATE, True, _soon(desk), when=("state", following)),
    ), ""


def _end_group(desk: Desk, _id: str, _part: str) -> tuple[tuple[Field, ...], str]:
    return (
        _day("ends_on", "最后一天", desk.today.isoformat()),
        _long("reason", "说明", "", "期满、任务完成、调整……", most=500, must=True),
    ), "这一天以前没报的报告仍要补报。"


def _report(desk: Desk, id: str, part: str) -> tuple[tuple[Field, ...], str]:
    group = _one(groups_of(desk), id)
    rhythm, first = part_of(part)
    said: ReportText | None = report_of(desk, group, rhythm, first)
    note = f"{RHYTHMS[rhythm]}，{words.day(date.fromisoformat(first))}起的一期。"
    if said is None and rhythm is Rhythm.HALF_MONTHLY:
        said = gathered(desk, group, date.fromisoformat(first))
        note += "已把这半个月的周报合在一起，改好再报。" if said else ""
    return (
        _long("done", "做了什么", said.done if said else "", "对接了谁、谈到哪一步", must=True),
        Field(
            "contacted", "对接企业", FieldKind.NUMBER, True, said.contacted if said else 0, "家", most=100_000
        ),
        Field("talking", "在谈项目", FieldKind.NUMBER, True, said.talking if said else 0, "个", most=100_000),
        Field("signed", "签约", FieldKind.NUMBER, True, said.signed if said else 0, "个", most=100_000),
        _long("trouble", "困难", said.trouble if said else "", "没有就空着", most=1000),
        _long("plans", "下一步", said.plans if said else "", most=1000),
    ), note


def part_of(part: str) -> tuple[Rhythm, str]:
    """(rhythm, first day) of a report's part, `weekly:2026-11-16`."""
    rhythm, _, first = part.partition(":")
    return Rhythm(rhythm), first


def report_of(desk: Desk, group: RecruitGroup, rhythm: Rhythm, first: str) -> GroupReport | None:
    """What was reported of a period, or None."""
    found = [one for one in reports_of(desk) if counts(group, one)]
    return next((one for one in found if (one.rhythm, one.starts_on) == (rhythm, first)), None)


def gathered(desk: Desk, group: RecruitGroup, first: date) -> ReportText | None:
    """What the weekly reports of a half month said together, so that nobody writes it twice (domain.md §2.12)."""
    owed = owed_for(group, Rhythm.HALF_MONTHLY, first, desk.calendar)
    if owed is None:
        return None
    weeks = sorted(
        (
            one
            for one in reports_of(desk)
            if counts(group, one) and one.rhythm is Rhythm.WEEKLY
            and owed.since.isoformat() <= one.due_on <= owed.until.isoformat()
        ),
        key=lambda one: one.due_on,
    )  # fmt: skip
    if not weeks:
        return None
    return ReportText(
        done="\n".join(one.done for one in weeks)[:2000],
        contacted=sum(one.contacted for one in weeks),
        talking=weeks[-1].talking,
        signed=sum(one.signed for one in weeks),
        trouble="\n".join(one.trouble for one in weeks if one.trouble)[:1000] or None,
        plans=weeks[-1].plans,
    )


def _note(desk: Desk, id: str, part: str) -> tuple[tuple[Field, ...], str]:
    guests = tuple(Choice(one.id, one.name) for one in event_of(desk, id).guests)
    return (
        Field("enterprise", "企业", FieldKind.CHOICE, True, part or None, "请选企业", guests),
        _long("text", "反映什么", "", "一句话；要办的再转为诉求", most=200, must=True),
    ), ""


def _outcome(desk: Desk, id: str, _part: str) -> tuple[tuple[Field, ...], str]:
    return (
        _long("outcome", "成效", event_of(desk, id).outcome, "来了多少家、办成什么", 4000, must=True),
    ), ""


def _progress(desk: Desk, id: str, _part: str) -> tuple[tuple[Field, ...], str]:
    target = target_of(desk, id)
    return (
        _day("day", "到哪天", desk.today.isoformat()),
        Field("done", f"累计完成（{target.unit}）", _TEXT, True, "", "从年初算起"),
        _long("text", "说明", "", "可以不填", most=500),
    ), ""


_FORMS: Mapping[str, _Maker] = {
    "trip.edit": lambda desk, id, _: (trip_fields(desk, _trip(desk, id)), ""),
    "trip.cancel": _reason,
    "trip.back": _back,
    "trip.lead": _lead,
    "trip.follow": _follow,
    "trip.close": _nothing,
    "trip.reopen": _nothing,
    "group.edit": lambda desk, id, _: (group_fields(desk, _one(groups_of(desk), id)), ""),
    "group.end": _end_group,
    "group.report": _report,
    "event.edit": lambda desk, id, _: (event_fields(desk, event_of(desk, id)), ""),
    "event.note": _note,
    "event.hold": _outcome,
    "event.outcome": _outcome,
    "event.cancel": _reason,
    "target.edit": lambda desk, id, _: (target_fields(desk, target_of(desk, id)), ""),
    "target.progress": _progress,
    "target.strike": _reason,
    "target.withdraw": _reason,
}
