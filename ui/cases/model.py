"""Rows of 代办: cases, the steps of one, its materials, contacts and files."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services.attachments import AttachmentLine
from app.services.cases import CaseLine, ContactLine, MaterialLine, StepLine
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel


def case_mark(line: CaseLine) -> Mark:
    """A case's light."""
    return Mark(line.light.value, line.light_word)


def case_model(parent: QObject | None = None) -> RowsModel:
    """All cases."""
    return RowsModel(
        (
            Column("灯", lambda line: line.light_word, width=136, mark=case_mark),
            Column("代办", lambda line: line.title, width=150, grow=3),
            Column("企业", lambda line: line.enterprise_name, width=120, grow=2),
            Column("状态", lambda line: line.state_word, width=76, quiet=True, drop=3),
            Column("进度", _progress, width=62, quiet=True, drop=2),
            Column("正在办", lambda line: line.doing, width=130, grow=3, quiet=True, drop=1),
            Column("代办员", lambda line: line.agents, width=96, quiet=True, drop=4),
            Column("编号", lambda line: line.number, width=140, quiet=True, drop=5),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def short_model(parent: QObject | None = None) -> RowsModel:
    """The cases of one enterprise, in short."""
    return RowsModel(
        (
            Column("", lambda line: line.light_word, width=140, mark=case_mark),
            Column("", lambda line: line.title, width=120, grow=3),
            Column("", _progress, width=70, quiet=True, drop=1),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def _progress(line: CaseLine) -> str:
    return f"{line.done}/{line.total}"


def step_model(parent: QObject | None = None) -> RowsModel:
    """The steps of a case: state, who, promised date, days left, clock."""
    return RowsModel(
        (
            Column("序", lambda step: str(step.order), width=34, quiet=True),
            Column("环节", lambda step: step.name, width=110, grow=3),
            Column("状态", lambda step: step.state_word, width=92, mark=_step_mark),
            Column("主办", lambda step: step.department, width=96, grow=2, quiet=True, drop=4),
            Column("责任人", lambda step: step.who, width=64, quiet=True, drop=3),
            Column("承诺", lambda step: step.promise, width=88, quiet=True, drop=5),
            Column("截止", lambda step: step.due_text, width=118, drop=2),
            Column("剩余", _left, width=120, grow=2),
        ),
        key=lambda step: step.key,
        parent=parent,
    )


def _step_mark(step: StepLine) -> Mark:
    return Mark(step.light.value, step.state_word)


def _left(step: StepLine) -> str:
    return f"停钟：{step.stopped}" if step.stopped else step.left_word


def material_model(parent: QObject | None = None) -> RowsModel:
    """材料交接清单."""

    def mark(row: MaterialLine) -> Mark:
        return Mark("yellow" if row.kept else "green", row.returned)

    return RowsModel(
        (
            Column("材料", lambda row: row.name, width=150, grow=3),
            Column("份数", lambda row: row.copies, width=60, quiet=True),
            Column("收到", lambda row: row.handed, width=80, quiet=True),
            Column("归还", lambda row: row.returned, width=150, grow=1, mark=mark),
        ),
        key=lambda row: row.id,
        parent=parent,
    )


def contact_model(parent: QObject | None = None) -> RowsModel:
    """联系记录; a meeting against the rule is marked."""

    def rule(row: ContactLine) -> str:
        return "见了面" if row.met else ""

    def mark(row: ContactLine) -> Mark | None:
        return Mark("red", "见了面") if row.met else None

    return RowsModel(
        (
            Column("日期", lambda row: row.when, width=76, quiet=True),
            Column("在场", lambda row: row.who, width=170, grow=2),
            Column("", rule, width=84, mark=mark),
            Column("内容", lambda row: row.about, width=170, grow=3),
        ),
        key=lambda row: (row.when, row.who, row.about),
        parent=parent,
    )


def file_model(parent: QObject | None = None) -> RowsModel:
    """Signed papers and files."""

    def state(line: AttachmentLine) -> str:
        return "已到中心" if line.uploaded else "等待上传"

    return RowsModel(
        (
            Column("文件", lambda line: line.caption, width=140, grow=2),
            Column("名称", lambda line: line.file_name, width=140, grow=3, quiet=True),
            Column("", state, width=80, quiet=True),
        ),
        key=lambda line: line.id,
        parent=parent,
    )
