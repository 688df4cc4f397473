"""Rows of 评审: reviews, the parts of one."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.services.reviews import PartLine, ReviewLine
from ui.widgets.pill import Mark
from ui.widgets.rows import Column, RowsModel


def review_mark(line: ReviewLine) -> Mark:
    """Its state, or what one is asked as a reviewer."""
    return Mark("yellow", line.mine_word) if line.asked else Mark(line.tone, line.state_word)


def _state(line: ReviewLine) -> str:
    return review_mark(line).word


def review_model(parent: QObject | None = None) -> RowsModel:
    """All reviews."""
    return RowsModel(
        (
            Column("状态", _state, width=112, mark=review_mark),
            Column("评审", lambda line: line.title, width=150, grow=3),
            Column("企业", lambda line: line.enterprise_name, width=120, grow=2),
            Column("方案", lambda line: line.scheme_name, width=110, grow=1, quiet=True, drop=2),
            Column("进度", lambda line: line.progress, width=110, grow=1, quiet=True, drop=3),
            Column("结论", lambda line: line.result, width=150, grow=2, drop=1),
            Column("编号", lambda line: line.number, width=140, quiet=True, drop=4),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def short_model(parent: QObject | None = None) -> RowsModel:
    """The reviews of one enterprise, in short."""
    return RowsModel(
        (
            Column("", _state, width=112, mark=review_mark),
            Column("", lambda line: line.title, width=120, grow=3),
            Column("", lambda line: line.result or line.progress, width=110, grow=2, quiet=True, drop=1),
        ),
        key=lambda line: line.id,
        parent=parent,
    )


def part_model(parent: QObject | None = None, *, gates: bool) -> RowsModel:
    """Reviewers or items; of a review by gates the gate stands before the seat."""

    def mark(part: PartLine) -> Mark:
        return Mark(part.tone, part.word)

    before = (Column("关卡", lambda part: part.group, width=124, grow=1, quiet=True),) if gates else ()
    return RowsModel(
        (
            *before,
            Column("席位" if gates else "名称", lambda part: part.name, width=120, grow=2),
            Column("情况", lambda part: part.word, width=126, mark=mark),
            Column("内容", lambda part: part.text, width=140, grow=3, quiet=True, drop=1),
        ),
        key=lambda part: f"{part.group}/{part.key}",
        parent=parent,
    )
