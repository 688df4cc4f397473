"""代办模板: the steps of a kind of case as data (domain.md §8), checked when they are published.

A template is a graph without cycles: a step may begin when those it `needs` have ended. Days are working days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class CaseType(StrEnum):
    """代办类型 (domain.md §1, 22; 32 and 77 are approvals too)."""

    APPROVAL = "approval"
    CLAIM = "claim"
    TITLE = "title"


CASE_TYPE_NAMES = {
    CaseType.APPROVAL: "审批代办",
    CaseType.CLAIM: "政策兑现",
    CaseType.TITLE: "办证遗留",
}


class Promise(BaseModel):
    """How long it takes and how long it holds.

    `days` None: no promise can be made (by announcement); 0 the same day; `half` half a day more (until noon). What comes of it is
    valid for `validity_months`, and is recalled `remind_days` calendar days before it ends.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    days: int | None = Field(default=None, ge=0, le=250)
    half: bool = False
    validity_months: int | None = Field(default=None, ge=1, le=600)
    remind_days: int = Field(default=30, ge=1, le=400)
    validity_note: str = ""

    @property
    def words(self) -> str:
        """`7 个工作日`, `0.5 个工作日`, `当天`, 「按公告」."""
        if self.days is None:
            return "按公告"
        if self.half:
            return f"{self.days}.5 个工作日"
        return f"{self.days} 个工作日" if self.days else "当天"


class Variant(Promise):
    """One of the ways a step may go (备案 or 核准): with its own promise."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    name: str = Field(min_length=1, max_length=40)


class TemplateStep(Promise):
    """One step. `optional`: it may turn out not to be involved; `trigger` says when it is."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    name: str = Field(min_length=1, max_length=40)
    department: str | None = None
    """The main department (`departments`); None: the enterprise's own or a consultant's doing."""
    needs: tuple[str, ...] = ()
    optional: bool = False
    trigger: str = ""
    materials: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()


class CaseTemplate(BaseModel):
    """One kind of case. `total_days`: the promise for all of it, from 受理 to the last step (五日快批)."""

    model_config = ConfigDict(extra="allow", frozen=True)
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    name: str = Field(min_length=1, max_length=40)
    case_type: CaseType
    note: str = ""
    total_days: int | None = Field(default=None, ge=1, le=750)
    steps: tuple[TemplateStep, ...] = Field(min_length=1, max_length=40)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problem = template_problem(self)
        if problem:
            raise ValueError(problem)
        return self

    def step(self, key: str) -> TemplateStep | None:
        return next((step for step in self.steps if step.key == key), None)


def template_problem(template: CaseTemplate) -> str | None:
    """What is wrong with the graph of a template, in Chinese, or None."""
    needs = {step.key: step.needs for step in template.steps}
    if len(needs) != len(template.steps):
        return f"模板「{template.name}」里有两个环节的 key 相同"
    for step in template.steps:
        unknown = [key for key in step.needs if key not in needs]
        if unknown:
            return f"环节「{step.name}」的前置 {unknown[0]} 不存在"
        if len({variant.key for variant in step.variants}) != len(step.variants):
            return f"环节「{step.name}」里有两种情形的 key 相同"
        if step.variants and any(step.key == variant.key for variant in step.variants):
            return f"环节「{step.name}」和它的一种情形 key 相同"
    order = in_order(needs)
    if len(order) != len(needs):
        circle = next(step.name for step in template.steps if step.key not in order)
        return f"环节「{circle}」的前置绕成了圈"
    longest = longest_days(template)
    if template.total_days is not None and longest > template.total_days:
        return f"模板「{template.name}」各环节依次要 {longest} 个工作日，超过总时限 {template.total_days} 个工作日"
    return None


def in_order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The keys with every predecessor before its followers; those on or behind a circle are left out."""
    left = {key: set(before) for key, before in needs.items()}
    order: list[str] = []
    while ready := [key for key, before in left.items() if before.issubset(order)]:
        order += ready
        for key in ready:
            del left[key]
    return order


def longest_days(template: CaseTemplate) -> int:
    """Working days of the longest way through the graph, each step with its shortest promise, half days counted whole."""
    steps = {step.key: step for step in template.steps}
    end: dict[str, int] = {}
    for key in in_order({step.key: step.needs for step in template.steps}):
        step = steps[key]
        promises = [one.days + one.half for one in (step.variants or (step,)) if one.days is not None]
        end[key] = max((end[before] for before in step.needs), default=0) + min(promises, default=0)
    return max(end.values(), default=0)


def check_departments(templates: Iterable[CaseTemplate], departments: Iterable[str]) -> None:
    """Raises ValueError where a step names a department that does not exist."""
    known = set(departments)
    for template in templates:
        for step in template.steps:
            if step.department is not None and step.department not in known:
                raise ValueError(f"环节「{step.name}」的主办部门 {step.department} 不存在")
