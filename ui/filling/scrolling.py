"""Bringing a question into sight, also one that has only just come."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from ui import theme


def lay_out_now() -> None:
    """Layouts ask for room by posted events; where a question will stand is known once these are answered."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)


def bring_into_view(widget: QWidget) -> None:
    """Scroll what `widget` lies in until it is seen, with a little air around it."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if isinstance(area, QScrollArea):
        lay_out_now()
        area.ensureWidgetVisible(widget, 0, theme.GRID * 4)
