"""Times of the day, and days with a time."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, time
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.domain.clock import BEIJING
from ui import theme
from ui.filling.questions.editor import Subject
from ui.filling.questions.typed import TypedEditor

_TIME = re.compile(r"(\d{1,2})[::时.](\d{1,2})分?")


class TimeEditor(TypedEditor):
    """time, typed as 14:30."""

    short = True
    compact = True

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self.line.setFixedWidth(theme.current().size("field"))
        self.line.setPlaceholderText(self.empty_text())
        layout = self.layout()
        if isinstance(layout, QHBoxLayout):
            layout.addStretch()

    def empty_text(self) -> str:
        return "14:30"

    def editing_text(self, value: Any) -> str:
        return f"{value:%H:%M}" if isinstance(value, time) else super().editing_text(value)

    def read(self, text: str) -> str:
        plain = unicodedata.normalize("NFKC", text).strip()
        match = _TIME.fullmatch(plain)
        return f"{int(match[1]):02d}:{int(match[2]):02d}" if match else plain


class MomentEditor(TimeEditor):
    """dateTime, typed as 2026-12-31 14:30, in Beijing time."""

    def empty_text(self) -> str:
        return "2026-12-31 14:30"

    def editing_text(self, value: Any) -> str:
        if isinstance(value, datetime):
            return f"{value.astimezone(BEIJING):%Y-%m-%d %H:%M}"
        return super().editing_text(value)

    def read(self, text: str) -> str:
        plain = unicodedata.normalize("NFKC", text).strip()
        try:
            moment = datetime.fromisoformat(plain)
        except ValueError:
            return plain
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=BEIJING)
        return moment.isoformat()
