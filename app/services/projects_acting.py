"""What people do with projects: register one, make a move, alter its profile, report the week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.domain import buckets
from app.domain.documents import same_value
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.project import EDITABLE_FIELDS, Project
from app.domain.record import Record
from app.domain.record_steps import WEEKLY, fen
from app.errors import KnownError
from app.services import registers, visit_forms, visits
from app.services.desk import Desk
from app.services.projects_forms import EDIT, MONEY, OPEN, OWN_START, PLAN_NOW, UNCHANGED, conclusion_args

CARRIED = ("h5_person", "h5_position", "h5_phone", "h6_method", "h7_informed")


def project_of(desk: Desk, id: str) -> Project:
    """KnownError where it is not on this laptop."""
    document = desk.store.get(Project.kind, id)
    if document is None:
        raise KnownError("not_held", "这个项目的资料还没有取到本机。请先点「取资料」，同步后再看。")
    return Project.of(document)


def open_project(desk: Desk, enterprise: str, values: Mapping[str, Any]) -> str:
    """登记项目; returns its id. Raises Refusal, KnownError where the enterprise is not on this laptop."""
    if desk.store.get(Enterprise.kind, enterprise) is None:
        raise KnownError("not_held", "这家企业的资料不在本机，不能登记项目。请先取资料，同步后再试。")
    id = new_id()
    given = _args({key: value for key, value in values.items() if key != "enterprise"})
    (given["local_number"],) = desk.local_numbers("project", "XM")
    desk.make(desk.change(OPEN, buckets.of_enterprise(enterprise), Project.kind, id, given))
    return id


def act(desk: Desk, id: str, action: str, values: Mapping[str, Any] | None = None, part: str = "") -> None:
    """Make one move with what its form says; `part` as in `form_for`. Raises Refusal with the reason, KnownError."""
    project = project_of(desk, id)
    given = dict(values or {})
    if action == UNCHANGED:
        report_unchanged(desk, id, str(given.get("reason") or ""))
        return
    if action == EDIT:
        _edit(desk, project, given)
        return
    args = _args(given)
    if action == "project.meeting" and "meeting" not in args:
        args = conclusion_args(desk, project, str(args.get("item") or ""))
    if action == "project.milestone" and part:
        args["milestone"] = part
    desk.make(desk.change(action, buckets.of_enterprise(project.enterprise), Project.kind, id, args))


def _edit(desk: Desk, project: Project, values: Mapping[str, Any]) -> None:
    """Only what differs is sent, each field with what stood there."""
    body = project.to_body()
    given = {name: values.get(name) for name in EDITABLE_FIELDS if name in values}
    wanted = {name: _money(name, value) for name, value in given.items()}
    fields = {
        name: [body.get(name), value or None]
        for name, value in wanted.items()
        if not same_value(body.get(name), value or None)
    }
    if fields:
        bucket = buckets.of_enterprise(project.enterprise)
        desk.make(desk.change("patch", bucket, Project.kind, project.id, {"fields": fields}))


def _args(values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if name not in (PLAN_NOW, OWN_START)}
    return {name: _money(name, value) for name, value in given.items() if value not in (None, "")}


def _money(name: str, value: Any) -> Any:
    """万元 as typed, in fen. KnownError where it is no amount."""
    if name not in MONEY or value in (None, "") or isinstance(value, int):
        return value
    found = fen(str(value).replace(",", "").replace("，", "").strip())
    if found is None:
        raise KnownError("money", f"金额「{value}」读不出来，请填数字，单位万元。")
    return found


# ---------------------------------------------------------------------- the weekly report


def start_report(desk: Desk, id: str) -> str:
    """填周报: the draft of this project's report, begun or gone on with; its id."""
    project = project_of(desk, id)
    return registers.start(desk, WEEKLY, project.enterprise, project.id)


def last_record(desk: Desk, project: Project) -> Record | None:
    """The last report of a project that stands."""
    report = project.last_report
    document = desk.store.get(Record.kind, report.record) if report else None
    return Record.of(document) if document is not None else None


def report_unchanged(desk: Desk, id: str, reason: str) -> str:
    """本周无变化: last time's answers filed as this week's record, marked unchanged, with why (domain.md §5 (e)).

    Gives the record's id. KnownError where there is no former report, where this week was reported already, or where the
    form asks for what last time did not say.
    """
    project = project_of(desk, id)
    last = last_record(desk, project)
    if last is None:
        raise KnownError("no_report", "这个项目还没有报过周报，不能直接报无变化。请先填一次周报。")
    if date.fromisoformat(last.day or "").isocalendar()[:2] == desk.today.isocalendar()[:2]:
        raise KnownError("reported", "本周已经报过周报。内容有变的，请打开那份周报修改。")
    draft = start_report(desk, id)
    opened = registers.open_filling(desk, draft)
    filling = opened.filling
    kept = {
        path: value
        for path, value in last.values.items()
        if not path.startswith("/header/") or path.rpartition("/")[2] in CARRIED
    }
    visit_forms.fill_from(filling, last.model_copy(update={"values": kept}))
    filling.set("/header/h3_date", desk.today)
    filling.set("/overview/unchanged", "yes")
    filling.set("/overview/unchanged_reason", reason.strip())
    registers.save(desk, draft, filling.save(), opened.tables)
    try:
        return registers.submit(desk, draft, filling)
    except visits.Incomplete as error:
        missing = "、".join(dict.fromkeys(filling.node(path).label for path in error.paths[:3]))
        raise KnownError(
            "incomplete", f"有几项上次没有填，不能直接报无变化：{missing}。请点「填周报」补上，已填的都在。"
        ) from error
