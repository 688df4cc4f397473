"""Rows of 诉求."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services import words
from app.services.issues import IssueLine
from ui.marks import light_mark, whose_turn
from ui.widgets.check_rows import CheckRowsModel
from ui.widgets.rows import Column, RowsModel

_LIGHTS = ("red", "yellow", "blue", "green", "grey")


def _light_order(line: IssueLine) -> int:
    return _LIGHTS.index(line.light.value)


def _due(line: IssueLine) -> str:
    return line.due_text.partition(" ")[0] if line.due_text else "—"


def _source(line: IssueLine) -> str:
    return line.source_word


def dispatch_model(parent: QObject | None = None) -> CheckRowsModel:
    """The coordinator's table, with boxes to choose several; the key is the issue's id."""
    return CheckRowsModel(
        (
            Column("", lambda _line: "", width=30),
            Column("灯", lambda line: line.light_word, width=150, mark=light_mark, sort=_light_order),
            Column("编号", lambda line: line.number, width=120, quiet=True, drop=3),
            Column("诉求", lambda line: line.title, width=150, grow=3),
            Column("企业", lambda line: line.enterprise_name, width=110, grow=2, drop=1),
            Column("分类", lambda line: line.category.partition(" · ")[0], width=100, quiet=True, drop=2),
            Column("来源", _source, width=72, quiet=True, drop=6),
            Column("登记", lambda line: words.day_of_text(line.raised_at[:10]), width=76, quiet=True, drop=4),
            Column("时限", _due, width=84, quiet=True, drop=5, sort=lambda line: line.due_text),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def department_model(parent: QObject | None = None) -> CheckRowsModel:
    """A department's table: what it is, until when, on which level."""
    return CheckRowsModel(
        (
            Column("", lambda _line: "", width=30),
            Column("灯", lambda line: line.light_word, width=150, mark=light_mark, sort=_light_order),
            Column("诉求", lambda line: line.title, width=150, grow=3),
            Column("企业", lambda line: line.enterprise_name, width=110, grow=2, drop=1),
            Column("主协办", lambda line: "主办" if line.main else "协办", width=60, quiet=True, drop=4),
            Column("承办人", lambda line: line.handler or "—", width=70, quiet=True, drop=3),
            Column("办结期限", _due, width=88, quiet=True, drop=2, sort=lambda line: line.due_text),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def revisit_model(parent: QObject | None = None) -> RowsModel:
    """The revisitor's table: whom to ring up until when."""
    return RowsModel(
        (
            Column("诉求", lambda line: line.title, width=150, grow=3),
            Column("企业", lambda line: line.enterprise_name, width=110, grow=2, drop=1),
            Column("承办", lambda line: line.department or "现场办结", width=100, quiet=True, drop=3),
            Column("状态", lambda line: line.state_word, width=72, quiet=True, drop=4),
            Column("联系不上", _contacts, width=80, quiet=True, drop=2),
            Column("回访期限", _revisit, width=150, sort=lambda line: line.revisit_text),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def _contacts(line: IssueLine) -> str:
    return f"{line.contacts} 天" if line.contacts else "—"


def _revisit(line: IssueLine) -> str:
    return line.revisit_text.partition("（")[2].rstrip("）") or "—"


def officer_model(parent: QObject | None = None) -> RowsModel:
    """The officer's table: who has it and until when; the key is the issue's id."""

    return RowsModel(
        (
            Column("灯", lambda line: line.light_word, width=150, mark=light_mark, sort=_light_order),
            Column("诉求", lambda line: line.title, width=150, grow=3),
            Column("企业", lambda line: line.enterprise_name, width=110, grow=2, drop=1),
            Column("谁在办", whose_turn, width=112, grow=1, quiet=True, drop=2),
            Column("办结期限", _due, width=88, quiet=True, drop=3, sort=lambda line: line.due_text),
            Column("编号", lambda line: line.number, width=124, quiet=True, drop=4),
        ),
        key=lambda line: line.id,
        parent=parent,
    )
