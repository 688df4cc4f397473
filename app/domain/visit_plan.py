"""A planned visit: who means to go where on which day. It is in the enterprise's bucket, so that finishing a visit
settles it in the same change, whoever has the enterprise next finds it, and it leaves with the enterprise."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from app.domain.documents import DocumentModel


class PlanState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


PLAN_STATE_NAMES = {PlanState.PLANNED: "待走访", PlanState.DONE: "已走访", PlanState.CANCELLED: "已取消"}


class Moved(BaseModel):
    """One 改期: from which day to which, by whom, when (UTC text), why."""

    model_config = ConfigDict(extra="allow")
    from_day: str
    to_day: str
    by_name: str
    at: str
    reason: str | None = None


class VisitPlan(DocumentModel):
    """计划 (`e:` bucket). `day` is a Beijing day, `place` its turn within the officer's day, 0 first.

    Done when a visit of that day is submitted; `visit` is that visit.
    """

    kind: ClassVar[str] = "visit_plan"
    id: str
    enterprise: str
    enterprise_name: str
    officer: str
    officer_name: str
    day: str
    place: int = 0
    method: str = "on_site"
    visit_kind: str = "routine"
    purpose: str | None = None
    state: PlanState = PlanState.PLANNED
    made_at: str
    moved: list[Moved] = []
    visit: str | None = None
    cancelled_at: str | None = None
    cancelled_by_name: str | None = None
    reason: str | None = None

    def settles(self, officer: str, day: str) -> bool:
        """Whether a visit of this officer on this day is the planned one."""
        return self.state is PlanState.PLANNED and (self.officer, self.day) == (officer, day)
