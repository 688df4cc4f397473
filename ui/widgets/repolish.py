"""Make the style sheet look again at a widget whose property changed."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def repolish(widget: QWidget) -> None:
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def set_flag(widget: QWidget, name: str, value: bool) -> None:
    """Set a yes/no property the style sheet knows and let it take effect."""
    wanted = "true" if value else "false"
    if widget.property(name) != wanted:
        widget.setProperty(name, wanted)
        repolish(widget)
