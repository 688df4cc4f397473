"""评审方案: how a kind of review goes, as data (domain.md §5 (b); §1, 02 03 56), checked when it is published."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

KEY = r"^[a-z][a-z0-9_]{0,31}$"
FULL_MARK = Decimal(100)
LEAST_REVIEWERS = 3
"""评委≥3 人 (domain.md §5 (b)): a scheme may ask for more, never for fewer."""


class ReviewType(StrEnum):
    """评分, 尽调 (§1, 02), 协议联审 (§1, 03), 预审 (§1, 56)."""

    SCORE = "score"
    DILIGENCE = "diligence"
    JOINT = "joint"
    PRE = "pre"


REVIEW_TYPE_NAMES = {
    ReviewType.SCORE: "评委评分",
    ReviewType.DILIGENCE: "尽职调查",
    ReviewType.JOINT: "协议联审",
    ReviewType.PRE: "招商预审",
}
GATED = frozenset({ReviewType.JOINT, ReviewType.PRE})
"""They go gate by gate."""


class Method(StrEnum):
    """取均值或去极值均值."""

    MEAN = "mean"
    TRIMMED = "trimmed"


METHOD_NAMES = {Method.MEAN: "各表平均", Method.TRIMMED: "去掉最高最低后平均"}


class _Datum(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class Look(_Datum):
    """One thing that is scored: `band` and `veto` are the names of the form's questions that hold 档分 and `yes`."""

    key: str = Field(pattern=KEY)
    name: str = Field(min_length=1, max_length=40)
    weight: Decimal = Field(gt=0, le=FULL_MARK)
    band: str
    veto: str | None = None
    veto_name: str = ""


class Line(_Datum):
    """A conclusion, and the least score it takes."""

    key: str = Field(pattern=KEY)
    name: str = Field(min_length=1, max_length=40)
    least: Decimal = Field(ge=0, le=FULL_MARK)


class CheckItem(_Datum):
    """One row of a due diligence's checklist."""

    key: str = Field(pattern=KEY)
    name: str = Field(min_length=1, max_length=40)
    hint: str = ""


class SchemeSeat(_Datum):
    """Whose opinion a gate wants: a department (`departments`) or anybody else with a `name`."""

    key: str = Field(pattern=KEY)
    department: str | None = None
    name: str = ""


class SchemeGate(_Datum):
    """One gate. `decides`: its seats let through or not; else they advise. `major_only`: for major projects alone."""

    key: str = Field(pattern=KEY)
    name: str = Field(min_length=1, max_length=40)
    decides: bool = False
    major_only: bool = False
    seats: tuple[SchemeSeat, ...] = Field(min_length=1, max_length=40)


class ReviewScheme(_Datum):
    """One kind of review."""

    id: str = Field(pattern=KEY)
    name: str = Field(min_length=1, max_length=40)
    type: ReviewType
    note: str = ""
    form_id: str | None = None
    least: int = Field(default=LEAST_REVIEWERS, ge=LEAST_REVIEWERS, le=30)
    method: Method = Method.MEAN
    looks: tuple[Look, ...] = ()
    lines: tuple[Line, ...] = ()
    declined: str = "不推荐"
    checks: tuple[CheckItem, ...] = ()
    gates: tuple[SchemeGate, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problem = scheme_problem(self)
        if problem:
            raise ValueError(problem)
        return self


def scheme_problem(scheme: ReviewScheme) -> str | None:
    """What is wrong with a scheme, in Chinese, or None."""
    if scheme.type is ReviewType.SCORE:
        return _score_problem(scheme)
    if scheme.type is ReviewType.DILIGENCE:
        return _unique(scheme.name, "调查项", [one.key for one in scheme.checks])
    twice = _unique(scheme.name, "关卡", [one.key for one in scheme.gates])
    if twice:
        return twice
    if all(gate.major_only for gate in scheme.gates):
        return f"方案「{scheme.name}」要有不限重大项目的关卡"
    for gate in scheme.gates:
        twice = _unique(gate.name, "席位", [seat.key for seat in gate.seats])
        if twice:
            return twice
        if any(not seat.department and not seat.name for seat in gate.seats):
            return f"关卡「{gate.name}」里有席位没有写部门或名称"
    return None


def _score_problem(scheme: ReviewScheme) -> str | None:
    if not scheme.form_id:
        return f"方案「{scheme.name}」没有写用哪张评分表"
    twice = _unique(scheme.name, "评分项", [one.key for one in scheme.looks])
    if twice:
        return twice
    if sum(look.weight for look in scheme.looks) != FULL_MARK:
        return f"方案「{scheme.name}」各项权重加起来不是 100"
    least = [line.least for line in scheme.lines]
    if not least or sorted(set(least), reverse=True) != least:
        return f"方案「{scheme.name}」的结论线要从高到低，不能相同"
    return None


def _unique(name: str, what: str, keys: list[str]) -> str | None:
    if not keys:
        return f"「{name}」没有{what}"
    return f"「{name}」里有两个{what}的 key 相同" if len(set(keys)) != len(keys) else None


def check_seats(schemes: Iterable[ReviewScheme], departments: Iterable[str]) -> None:
    """Raises ValueError where a seat is of a department that does not exist, or two schemes have the same id."""
    known, ids = set(departments), set()
    for scheme in schemes:
        if scheme.id in ids:
            raise ValueError(f"有两个方案的 id 是 {scheme.id}")
        ids.add(scheme.id)
        for gate in scheme.gates:
            for seat in gate.seats:
                if seat.department is not None and seat.department not in known:
                    raise ValueError(f"关卡「{gate.name}」的部门 {seat.department} 不存在")
