"""Pictures of windows, for people to look at: written where ZHUQITONG_PICTURES names a folder, else nowhere."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from ui import theme

VARIABLE = "ZHUQITONG_PICTURES"
LOOKS = {
    "light": theme.Theme(theme.LIGHT, 100),
    "dark": theme.Theme(theme.DARK, 100),
    "light-150": theme.Theme(theme.LIGHT, 150),
}
WIDTH, HEIGHT = 1366, 768


def wear(scheme: str = theme.LIGHT, scale: int = 100) -> None:
    """Dress the application of the test."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, theme.Theme(scheme, scale))


def picture(window: QWidget, name: str) -> list[Path]:
    """One PNG per look, 1366×768: `NAME-light.png`, `NAME-dark.png`, `NAME-light-150.png`. Nothing without a folder."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return []
    Path(folder).mkdir(parents=True, exist_ok=True)
    before = theme.current()
    written = []
    for look, worn in LOOKS.items():
        wear(worn.scheme, worn.scale)
        window.resize(WIDTH, HEIGHT)
        # Layouts ask for room again after a change of font; what they ask for is posted.
        for _ in range(3):
            QApplication.sendPostedEvents()
        path = Path(folder) / f"{name}-{look}.png"
        window.grab().save(str(path))
        written.append(path)
    wear(before.scheme, before.scale)
    return written
