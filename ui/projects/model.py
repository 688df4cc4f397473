"""Rows of 项目: projects, the milestones, months and reports of one."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.domain.project_rules import Owed
from app.services.projects import MilestoneLine, ProjectLine, ReportLine
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel

_OWED = {Owed.DONE: "green", Owed.DUE: "yellow", Owed.OVERDUE: "red", Owed.NOT_YET: "grey"}


def project_mark(line: ProjectLine) -> Mark:
    """A project's class."""
    return Mark(line.light.value, line.light_word)


def _report_mark(line: ProjectLine) -> Mark | None:
    return Mark(_OWED[line.owed], line.report_word) if line.owed else None


def project_model(parent: QObject | None = None) -> RowsModel:
    """All projects."""
    return RowsModel(
        (
            Column("判定", lambda line: line.light_word, width=118, mark=project_mark),
            Column("项目", lambda line: line.title, width=150, grow=3),
            Column("企业", lambda line: line.enterprise_name, width=120, grow=2),
            Column("阶段", lambda line: line.stage_word, width=60, quiet=True),
            Column("下一节点", lambda line: line.next_text, width=130, grow=2, drop=2),
            Column("本年投资", lambda line: line.year_text, width=176, grow=1, quiet=True, drop=3),
            Column("周报", lambda line: line.report_word, width=124, mark=_report_mark, drop=1),
            Column("责任人", lambda line: line.person, width=80, quiet=True, drop=4),
            Column("编号", lambda line: line.number, width=140, quiet=True, drop=5),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def short_model(parent: QObject | None = None) -> RowsModel:
    """The projects of one enterprise, in short."""
    return RowsModel(
        (
            Column("", lambda line: line.light_word, width=120, mark=project_mark),
            Column("", lambda line: line.title, width=120, grow=3),
            Column("", lambda line: line.stage_word, width=60, quiet=True, drop=1),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def milestone_model(parent: QObject | None = None) -> RowsModel:
    """节点."""

    def mark(line: MilestoneLine) -> Mark:
        return Mark(line.light.value, line.light_word)

    return RowsModel(
        (
            Column("节点", lambda line: line.name, width=130, grow=3),
            Column("计划", lambda line: line.planned, width=130),
            Column("实际", lambda line: line.done, width=110, quiet=True),
            Column("进度", lambda line: line.light_word, width=110, mark=mark),
            Column("责任人", lambda line: line.person, width=90, grow=1, quiet=True, drop=1),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def month_model(parent: QObject | None = None) -> RowsModel:
    """月计划, each year's sum before its months."""
    return RowsModel(
        (
            Column("月份", lambda line: line.word, width=104),
            Column("计划（万元）", lambda line: line.planned, width=104),
            Column("完成（万元）", lambda line: line.actual, width=104),
            Column("完成率", lambda line: line.share, width=80, quiet=True),
            Column("责任人", lambda line: line.person, width=80, quiet=True, drop=1),
            Column("任务", lambda line: line.text, width=120, grow=3, quiet=True, drop=2),
        ),
        key=lambda line: line.month,
        parent=parent,
    )


def report_model(parent: QObject | None = None) -> RowsModel:
    """周报."""

    def mark(line: ReportLine) -> Mark:
        return Mark("grey", "无变化") if line.unchanged else Mark("green", "已报")

    return RowsModel(
        (
            Column("周次", lambda line: line.week, width=116),
            Column("报告日", lambda line: line.day, width=90, quiet=True),
            Column("", lambda line: "无变化" if line.unchanged else "已报", width=84, mark=mark),
            Column("下周计划", lambda line: line.text, width=160, grow=3),
            Column("填报人", lambda line: line.by, width=80, quiet=True, drop=1),
        ),
        key=lambda line: line.record,
        parent=parent,
    )
