"""What the weekly report (e) is told of its project, and what the project is told of a report. Knows no page and no form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.people import Role
from app.domain.project import NOT_BEGUN, ORDER, Project, Stage, year_sum
from app.domain.record import by_name
from app.domain.record_steps import WEEKLY
from app.services.desk import Desk

Rows = dict[str, list[dict[str, str]]]


def wan(fen: int) -> str:
    """`8000` or `8000.5` 万元 of fen, without needless noughts."""
    whole, rest = divmod(abs(fen), 1_000_000)
    text = f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if fen < 0 else text


def project_of_form(desk: Desk, enterprise: str, wanted: str) -> Project | None:
    """The project a report is about: the one named, else the enterprise's only one."""
    found = [
        Project.of(document)
        for document in desk.store.of_kind(Project.kind)
        if document.body["enterprise"] == enterprise
    ]
    named = [one for one in found if one.id == wanted]
    going = [one for one in found if one.stage is not Stage.DROPPED]
    return named[0] if named else going[0] if len(going) == 1 and not wanted else None


def form_tables(desk: Desk, enterprise: str, wanted: str) -> Rows:
    """The tables `project`, `milestones` and `permits` of the weekly report; empty where it is not known which project."""
    project = project_of_form(desk, enterprise, wanted)
    if project is None:
        return {"project": [], "milestones": [], "permits": []}
    stage = project.halted_from or project.stage
    plan = year_sum(project.months, desk.today.year, "planned_fen")
    row = {
        "name": project.title,
        "id": project.id,
        "enterprise": project.enterprise_name,
        "stage": stage.value if stage in ORDER else "",
        "signed_on": project.signed_on if stage in NOT_BEGUN else "",
        "year_plan": wan(plan) if plan else "",
    }
    milestones = [
        {"name": id, "label": one.name, "planned": one.planned_on, "actual": one.done_on or ""}
        for id, one in project.ordered
    ]
    names = ("link", "state", "document", "planned", "actual")
    permits = [{name: permit.get(name, "") for name in names} for permit in project.permits]
    return {"project": [row], "milestones": milestones, "permits": permits}


def project_said(values: Mapping[str, Any]) -> str:
    """The project a record of the weekly report names; empty in any other."""
    return str(by_name(dict(values)).get("h1_project_id") or "")


def tell_project(desk: Desk, register: str | None, record: str, values: Mapping[str, Any]) -> None:
    """After a report was handed in, altered or withdrawn: its project takes over what it says. Raises Refusal."""
    if register != WEEKLY or not desk.signed_in().actor.roles & {Role.OFFICER, Role.COORDINATOR}:
        return
    document = desk.store.get(Project.kind, project_said(values))
    if document is not None:
        desk.make(
            desk.change("project.report", document.bucket, Project.kind, document.id, {"record": record})
        )
