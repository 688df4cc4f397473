"""The page 统计: figures as cards with what stood there before, whose figures may be chosen, the list behind a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from app.domain.clock import beijing_date, from_text
from app.domain.documents import Body
from app.domain.enterprise_parts import LAND_FLAG_NAMES
from app.domain.figures import (
    PARK,
    Days,
    Figure,
    Period,
    Rows,
    Scope,
    Texts,
    Whose,
    fraction,
    note,
    shown,
    work_out,
)
from app.domain.figures.rows import CASE_ROW, RECORD_ROW, names_of
from app.domain.issue import ISSUE_STATE_NAMES, IssueState
from app.domain.part_rows import CULTIVATION_ROW, PARCEL_ROW
from app.domain.people import Role, sees_whole_park
from app.domain.projections import ENTERPRISE_ROW, ISSUE_ROW, VISIT_PLAN_ROW
from app.domain.visit_plan import PLAN_STATE_NAMES, PlanState
from app.figures import figure_texts
from app.services import words
from app.services.desk import Desk
from app.services.figures import check_scope, default_scope, gather, led_by

PERIODS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class ScopeChoice:
    """Whose figures may be looked at, and how that is said."""

    scope: Scope
    word: str


@dataclass(frozen=True, slots=True)
class Card:
    """One figure. `bars`: its values in the last periods, this one last, None where there was nothing to divide by; empty
    where it does not hang on the period. `explained`: what numerator, denominator and period mean."""

    id: str
    group: str
    name: str
    value: str
    unit: str
    parts: str
    bars: tuple[float | None, ...]
    told: tuple[str, ...]
    """The same values as they are read."""
    explained: str
    standing: bool


@dataclass(frozen=True, slots=True)
class StatisticsPage:
    """Everything the page shows. `groups`: code → heading, those that have figures. `empty`: there is nothing to count yet."""

    period: Period
    scope: ScopeChoice
    scopes: tuple[ScopeChoice, ...]
    groups: Mapping[str, str]
    cards: tuple[Card, ...]
    note: str
    made: datetime
    empty: bool
    figures: Mapping[str, Figure] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    history: tuple[Period, ...] = ()


def page(desk: Desk, period: Period, scope: Scope | None = None) -> StatisticsPage:
    """The figures of a period and scope, with the periods before. KnownError where it may not be seen (`check_scope`)."""
    wanted = scope or default_scope(desk)
    check_scope(desk, wanted)
    rows, days, now = gather(desk), Days(desk.calendar), desk.clock()
    periods = tuple(period.step(back) for back in range(1 - PERIODS_SHOWN, 1))
    over_time = [
        {figure.id: figure for figure in work_out(rows, one, wanted, now, desk.calendar, days)}
        for one in periods
    ]
    texts = figure_texts()
    present = over_time[-1]
    ordered = texts.in_order(present.values())
    choices = scopes(desk, rows)
    cards = tuple(_card(figure, [then[figure.id] for then in over_time], texts) for figure in ordered)
    used = {card.group for card in cards}
    return StatisticsPage(
        period=period,
        scope=next((one for one in choices if one.scope == wanted), ScopeChoice(wanted, wanted.text)),
        scopes=tuple(choices),
        groups={code: name for code, name in texts.groups.items() if code in used},
        cards=cards,
        note=note(period, texts, now),
        made=now,
        empty=not any(rows.within(wanted).of(kind) for kind in (ENTERPRISE_ROW, ISSUE_ROW)),
        figures=present,
        names=names_of(rows),
        history=periods,
    )


def _card(figure: Figure, over_time: Sequence[Figure], texts: Texts) -> Card:
    text = texts.of[figure.id]
    standing = figure.definition.standing
    values = [] if standing else [one.exact for one in over_time]
    explained = [f"分子：{text.numerator}"]
    if text.denominator:
        explained.append(f"分母：{text.denominator}")
    explained.append(f"统计期：{text.period}")
    return Card(
        id=figure.id,
        group=text.group,
        name=text.name,
        value=figure.value,
        unit=text.unit,
        parts=fraction(figure),
        bars=tuple(None if value is None else float(value) for value in values),
        told=() if standing else tuple(f"{one.period.text}：{shown(one, texts)}" for one in over_time),
        explained="\n".join(explained),
        standing=standing,
    )


def scopes(desk: Desk, rows: Rows) -> list[ScopeChoice]:
    """What this person may choose: never a list of officers but himself and those whose team he leads (domain.md §2.12)."""
    session = desk.signed_in()
    roles = session.actor.roles
    whole = sees_whole_park(roles)
    found = [ScopeChoice(PARK, "全园区")] if whole else []
    if Role.OFFICER in roles:
        found.append(ScopeChoice(Scope(Whose.OFFICER, session.person), "我包联的企业"))
    if whole:
        found += [ScopeChoice(Scope(Whose.OFFICER, id), f"组员 {name}") for id, name in led_by(desk)]
    mine = [one for one in desk.rules.departments if whole or one.id == session.department]
    found += [ScopeChoice(Scope(Whose.DEPARTMENT, one.id), f"部门 {one.name}") for one in mine]
    if whole:
        categories = desk.rules.taxonomy.items
        found += [ScopeChoice(Scope(Whose.CATEGORY, one.code), f"诉求 {one.name}") for one in categories]
    enterprises = sorted(names_of(rows).items(), key=lambda pair: pair[1])
    found += [ScopeChoice(Scope(Whose.ENTERPRISE, id), name) for id, name in enterprises]
    return found


# ---------------------------------------------------------------- the list behind a number


@dataclass(frozen=True, slots=True)
class BehindLine:
    """One row that was counted: in the numerator (`counted`), or in the denominator alone."""

    id: str
    kind: str
    enterprise: str
    enterprise_name: str
    what: str
    day: str
    state: str
    counted: bool


def behind(shown_page: StatisticsPage, id: str) -> list[BehindLine]:
    """The very rows a figure was counted from, those of the numerator first."""
    figure = shown_page.figures[id]
    kind = figure.definition.list_of
    inside = {str(row["id"]) for row in figure.measure.counted}
    rows = {str(row["id"]): row for row in [*figure.measure.counted, *figure.measure.among]}
    return [_line(row, kind, key in inside, shown_page.names) for key, row in rows.items()]


def _line(row: Body, kind: str, counted: bool, names: Mapping[str, str]) -> BehindLine:
    enterprise = str(row["id"] if kind == ENTERPRISE_ROW else row.get("enterprise", ""))
    what, state = _told(row, kind)
    return BehindLine(
        id=str(row["id"]),
        kind=kind,
        enterprise=enterprise,
        enterprise_name=str(names.get(enterprise) or row.get("enterprise_name") or ""),
        what=what,
        day=_day(row, kind),
        state=state,
        counted=counted,
    )


def _told(row: Body, kind: str) -> tuple[str, str]:
    if kind == ISSUE_ROW:
        return f"{row.get('number', '')} {row.get('title', '')}".strip(), ISSUE_STATE_NAMES[
            IssueState(row["state"])
        ]
    if kind == VISIT_PLAN_ROW:
        return str(row.get("officer_name", "")), PLAN_STATE_NAMES[PlanState(row.get("state", "planned"))]
    if kind in (CASE_ROW, RECORD_ROW):
        return f"{row.get('number', '')} {row.get('title', '')}".strip(), ""
    if kind == PARCEL_ROW:
        flags = "、".join(LAND_FLAG_NAMES[flag] for flag in row.get("flags", ()))
        return f"{row.get('area_milli_mu', 0) / 1000:g} 亩 {flags}", ""
    if kind == CULTIVATION_ROW:
        return str(row.get("stage") or ""), "已完成" if row.get("done_on") else "培育中"
    # Not who looks after it: a list of who was visited is none of who did not go (domain.md §2.12).
    return str(row.get("address") or ""), ""


_DAYS = {
    ISSUE_ROW: "raised_at",
    CASE_ROW: "commissioned_on",
    PARCEL_ROW: "disposed_on",
    CULTIVATION_ROW: "done_on",
}


def _day(row: Body, kind: str) -> str:
    text = row.get(_DAYS.get(kind, "day"))
    if not isinstance(text, str) or not text:
        return ""
    found = beijing_date(from_text(text)) if "T" in text else date.fromisoformat(text)
    return words.day(found)
