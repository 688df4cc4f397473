"""How the form looks: whole, in Chinese, calm, in every theme and size of letters."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.support.filling import desktop, fill_some, mime_of, photo
from tests.support.pictures import VARIABLE, wear
from ui.filling.questions.chip import Chip
from ui.filling.repeat_table import RepeatTable

FOREIGN = re.compile(r"[A-Za-z]{2,}")
KNOWN = re.compile(r"Ctrl|Alt|Esc|QL-2026-\d+-\d+|V-A3C1-\d+|\d{8}QLAN\w+|91\w{16}|kVA")


def texts_of(widget: QWidget) -> Iterator[tuple[QWidget, str]]:
    """What can be read inside a widget that is shown."""
    for inner in (widget, *widget.findChildren(QWidget)):
        if not inner.isVisible():
            continue
        if isinstance(inner, QLabel | QAbstractButton | QLineEdit):
            text = inner.text()
            if isinstance(inner, QLabel) and inner.textFormat() is Qt.TextFormat.RichText:
                text = re.sub(r"<[^>]*>", "", text)
            yield inner, text
        if isinstance(inner, QLineEdit):
            yield inner, inner.placeholderText()
        if isinstance(inner, QPlainTextEdit):
            yield inner, inner.toPlainText()
        if isinstance(inner, QComboBox):
            yield inner, inner.currentText()
        yield inner, inner.toolTip()
        yield inner, inner.accessibleName()


@pytest.mark.parametrize(("scheme", "scale"), [("light", 100), ("dark", 115), ("light", 150), ("light", 175)])
def test_every_section_is_readable_whole_and_in_chinese(
    qtbot: QtBot, tmp_path: Path, scheme: str, scale: int
) -> None:
    wear(scheme, scale)
    folder = os.environ.get(VARIABLE)
    with desktop(qtbot, tmp_path) as at:
        fill_some(at)
        at.page.finish()
        for number, section in enumerate(at.page._at_work.sections, 1):
            at.page.show_section(section)
            assert at.page.view.panel is not None
            for row in [row for made in at.page.view.panel.findChildren(RepeatTable) for row in made.rows]:
                row.set_open(True)
            picture = at.page.grab()
            if folder:
                Path(folder).mkdir(parents=True, exist_ok=True)
                picture.save(str(Path(folder) / f"filling-{number}-{scheme}-{scale}.png"))
            for widget, text in texts_of(at.page):
                assert not FOREIGN.search(KNOWN.sub("", text)), (section.label, text, widget)
            for widget in at.page.view.findChildren(QWidget):
                if widget.isVisible() and isinstance(
                    widget, QLabel | Chip | QAbstractButton | QLineEdit | QComboBox
                ):
                    right = widget.mapTo(at.page.view, widget.rect().topRight()).x()
                    assert right < at.page.view.width(), (section.label, widget, scale)
                if isinstance(widget, Chip) and widget.isVisible():
                    assert widget.width() >= widget.sizeHint().width(), (section.label, widget.text())
                if isinstance(widget, QLabel) and widget.isVisible() and widget.wordWrap():
                    assert widget.height() >= widget.heightForWidth(widget.width()), (
                        section.label,
                        widget.text(),
                    )
        at.until_saved()
    wear()


class Windows(QObject):
    """Remembers every window that was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[QWidget] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(watched)
        return False


def test_nothing_flashes_up_as_a_window_of_its_own(qtbot: QtBot, tmp_path: Path) -> None:
    wear()
    windows = Windows()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(windows)
    with desktop(qtbot, tmp_path) as at:
        fill_some(at)
        at.page.finish()
        at.page.attachments.take(mime_of(photo(tmp_path / "pictures")))
        at.bot.waitUntil(lambda: len(at.page.attachments.thumbnails) == 1)
        for section in at.page._at_work.sections:
            at.page.show_section(section)
            assert at.page.view.panel is not None
            for made in at.page.view.panel.findChildren(RepeatTable):
                if made.alterable:
                    made.add()
                    made.remove(len(made.rows) - 1)
                    made.undo()
        at.bot.waitUntil(lambda: len(at.page.asking.folds) == 3)
        at.until_saved()
        app.removeEventFilter(windows)
        assert windows.shown == [at.page]
