"""项目: stages, milestones, months with their investment, money in place, weekly reports (domain.md §1, 57 59 62; §5 (e)).

A project stands whole in its enterprise's bucket, with a light row in `dir:`. Days are Beijing days as text, months `2026-11`,
money integer fen. What may be done stands in `project_moves.py`, class and reports in `project_rules.py`.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from app.domain.documents import Body, DocumentModel, clean
from app.domain.project_rules import DEFAULT_PROJECT_RULES, Judged, Node, ProjectRules, deviation, judge


class Stage(StrEnum):
    """W02 of the weekly report, in their order; `halted` and `dropped` beside."""

    SIGNED = "signed"
    PREPARING = "preparing"
    STARTED = "started"
    STRUCTURE = "structure"
    EQUIPMENT = "equipment"
    TRIAL = "trial"
    PRODUCING = "producing"
    FULL_CAPACITY = "full_capacity"
    HALTED = "halted"
    DROPPED = "dropped"


STAGE_NAMES = {
    Stage.SIGNED: "签约",
    Stage.PREPARING: "前期",
    Stage.STARTED: "开工",
    Stage.STRUCTURE: "主体",
    Stage.EQUIPMENT: "设备",
    Stage.TRIAL: "试产",
    Stage.PRODUCING: "投产",
    Stage.FULL_CAPACITY: "达产",
    Stage.HALTED: "停建",
    Stage.DROPPED: "已终止",
}
ORDER = (
    *(Stage.SIGNED, Stage.PREPARING, Stage.STARTED, Stage.STRUCTURE, Stage.EQUIPMENT),
    *(Stage.TRIAL, Stage.PRODUCING, Stage.FULL_CAPACITY),
)
NOT_BEGUN = frozenset({Stage.SIGNED, Stage.PREPARING})
IN_PRODUCTION = frozenset({Stage.PRODUCING, Stage.FULL_CAPACITY})
RESTING = frozenset({Stage.HALTED, Stage.DROPPED})
COMPLETED = "completed"
"""竣工: a day of its own, not a stage; equipment may go in before it or after it."""
USUAL_MILESTONES = {
    Stage.STARTED.value: "开工",
    COMPLETED: "竣工",
    Stage.TRIAL.value: "试产",
    Stage.PRODUCING.value: "投产",
}
"""What is asked for when a project is registered (倒排工期; domain.md §1, 57): the key → its name."""
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class Milestone(_Part):
    """节点. `stage`: reached by the move into that stage (or `completed`) by itself."""

    order: int
    name: str
    planned_from: str | None = None
    planned_on: str
    begun_on: str | None = None
    done_on: str | None = None
    person_name: str | None = None
    stage: str | None = None


class PlanMonth(_Part):
    """One month of the plan: investment planned and done, what is to be done, who answers for it (domain.md §1, 59)."""

    planned_fen: int | None = None
    actual_fen: int | None = None
    person_name: str | None = None
    text: str | None = None


class Fund(_Part):
    """到位资金."""

    day: str
    fen: int
    source: str
    by_name: str


class Report(_Part):
    """What a weekly report said that a project keeps; all of it stands in the record."""

    record: str
    day: str
    unchanged: bool = False
    stage: str | None = None
    year_fen: int | None = None
    """W05: invested since 1 January."""
    next_text: str | None = None
    by_name: str


class Project(DocumentModel):
    """One project (`e:` bucket). `months` by `2026-11`, `reports` by week `2026-W47`."""

    kind: ClassVar[str] = "project"
    id: str
    number: str
    local_number: str
    enterprise: str
    enterprise_name: str
    title: str = Field(min_length=1, max_length=80)
    content: str | None = Field(default=None, max_length=1000)
    address: str | None = Field(default=None, max_length=120)
    total_fen: int | None = Field(default=None, ge=0, le=10**15)
    person_name: str | None = Field(default=None, max_length=64)
    """Who answers for it on the park's side (包联责任人)."""
    contact_name: str | None = Field(default=None, max_length=64)
    contact_phone: str | None = Field(default=None, max_length=32)
    opened_at: str
    opened_by: str
    opened_by_name: str

    stage: Stage = Stage.SIGNED
    halted_from: Stage | None = None
    reason: str | None = None
    """Why it stands still, or was given up."""
    signed_on: str
    stage_days: dict[str, str] = {}
    begun_on: str | None = None
    completed_on: str | None = None
    producing_on: str | None = None
    milestones: dict[str, Milestone] = {}
    months: dict[str, PlanMonth] = {}
    funds: dict[str, Fund] = {}
    permits: list[dict[str, str]] = []
    """手续 as the last report had them: link, state, document, planned, actual."""
    reports: dict[str, Report] = {}
    judged: Judged | None = None
    """The class at the last move or report; `judged_on` the day."""
    judged_on: str | None = None
    taken_items: list[str] = []
    """Meeting items written back already."""
    moves: int = 0
    trail_digest: str | None = None

    @property
    def ordered(self) -> list[tuple[str, Milestone]]:
        """Its milestones by their planned day."""
        return sorted(self.milestones.items(), key=lambda pair: (pair[1].planned_on, pair[1].order))

    @property
    def last_report(self) -> Report | None:
        return max(self.reports.values(), key=lambda one: (one.day, one.record), default=None)

    @property
    def nodes(self) -> list[Node]:
        """Milestones and permits that have a planned day."""
        found = [Node(one.planned_on, one.done_on) for one in self.milestones.values()]
        return found + [
            Node(row["planned"], row.get("actual") or None)
            for row in self.permits
            if row.get("planned") and row.get("state") != "not_needed"
        ]

    def to_body(self) -> Body:
        """Without defaults: most fields come late or never."""
        body: Body = clean(self.model_dump(mode="json", exclude_none=True, exclude_defaults=True))
        return body


EDITABLE_FIELDS = frozenset(
    {"title", "content", "address", "total_fen", "person_name", "contact_name", "contact_phone"}
)
"""What people alter by hand; stages, days and money go by moves, which leave a trail."""


class ProjectEvent(DocumentModel):
    """One move of a project, a row of its trail; `digest` chains it to the one before."""

    kind: ClassVar[str] = "project_event"
    id: str
    project: str
    order: int
    action: str
    from_stage: Stage | None = None
    to_stage: Stage
    person: str
    person_name: str
    role: str = ""
    at: str
    device: str
    offline_at: str | None = None
    day: str | None = None
    text: str | None = None
    record: str | None = None
    meeting: str | None = None
    digest: str | None = None


def class_of(
    stage: Stage,
    signed_on: str,
    nodes: Iterable[Node],
    today: date,
    rules: ProjectRules = DEFAULT_PROJECT_RULES,
) -> Judged | None:
    """The class of a project that day; None where it stands still, was given up or produces (nothing left to push)."""
    if stage in RESTING or stage in IN_PRODUCTION:
        return None
    return judge(
        begun=stage not in NOT_BEGUN,
        signed_on=signed_on,
        behind=deviation(nodes, today, rules),
        today=today,
        rules=rules,
    )


def year_sum(months: dict[str, PlanMonth], year: int, name: str, until: str = "9999-99") -> int:
    """`planned_fen` or `actual_fen` of a year's months up to `until` (`2026-11`, it too)."""
    return sum(
        getattr(one, name) or 0
        for month, one in months.items()
        if month.startswith(f"{year:04d}-") and month <= until
    )


def take_year_total(months: dict[str, PlanMonth], day: date, total: int) -> dict[str, PlanMonth]:
    """The months where `total` was invested since 1 January up to `day`: its month gets what the ones before leave.

    A correction downwards makes that month negative, so that the year's sum is what was said.
    """
    month = f"{day:%Y-%m}"
    before = f"{day.year:04d}-{day.month - 1:02d}"
    rest = total - year_sum(months, day.year, "actual_fen", before)
    kept = months.get(month, PlanMonth())
    return {**months, month: kept.model_copy(update={"actual_fen": rest})}


def month_end(month: str) -> str:
    """The last day of `2026-11`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{month}-{calendar.monthrange(year, number)[1]:02d}"


_ROW_FIELDS = (
    *("id", "number", "enterprise", "enterprise_name", "title", "total_fen", "person_name"),
    *("opened_at", "opened_by", "stage", "halted_from", "signed_on", "begun_on", "completed_on"),
    *("producing_on", "judged", "judged_on"),
)


def project_row(body: Body | None) -> Body | None:
    """The light row of a project: what the list, the reminders and R20 (`app.domain.figures.projects`) need.

    `plans` is a year's planned months together; `invested` has a month's investment on its last day.
    """
    if body is None:
        return None
    row: Body = {"stage": Stage.SIGNED.value}
    row |= {name: body[name] for name in _ROW_FIELDS if name in body}
    milestones = sorted(
        body.get("milestones", {}).values(), key=lambda one: (one["planned_on"], one["order"])
    )
    row["milestones"] = [_milestone_row(one) for one in milestones]
    months: dict[str, Any] = body.get("months", {})
    planned = {month: one["planned_fen"] for month, one in months.items() if "planned_fen" in one}
    row["plans"] = [
        {"year": year, "fen": sum(fen for month, fen in planned.items() if int(month[:4]) == year)}
        for year in sorted({int(month[:4]) for month in planned})
    ]
    row["invested"] = [
        {"day": month_end(month), "fen": one["actual_fen"]}
        for month, one in sorted(months.items())
        if "actual_fen" in one
    ]
    funds = sorted(body.get("funds", {}).values(), key=lambda one: (one["day"], one["fen"]))
    row["funds"] = [{"day": one["day"], "fen": one["fen"]} for one in funds]
    row["permits"] = [
        {name: one[name] for name in ("planned", "actual", "state") if name in one}
        for one in body.get("permits", [])
        if one.get("planned")
    ]
    # Two are enough to say what is owed: this period and the one before.
    row["reported"] = sorted(one["day"] for one in body.get("reports", {}).values())[-8:]
    return {name: value for name, value in row.items() if value != []}


def row_nodes(row: Body) -> list[Node]:
    """What a row has planned: milestones and permits."""
    found = [Node(one["planned_on"], one.get("done_on")) for one in row.get("milestones", [])]
    return found + [
        Node(one["planned"], one.get("actual") or None)
        for one in row.get("permits", [])
        if one.get("state") != "not_needed"
    ]


def _milestone_row(one: Body) -> Body:
    return {name: one[name] for name in ("name", "planned_on", "done_on", "person_name") if name in one}
