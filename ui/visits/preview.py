"""Looking at a PDF that was made, inside the window; printing and keeping it is left to the system."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QWidget

from ui.page import Page
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState


class PreviewPage(Page):
    """Shows `path`. Without QtPdf (older installations) it says where the file is and opens it outside."""

    name = "preview"

    def __init__(self, path: Path, pages: int, parent: QWidget | None = None) -> None:
        super().__init__("预览", f"{path.name} · 共 {pages} 页", "返回", parent)
        self.path = path
        self.head.add(Button("打开文件夹", lambda: _open(path.parent)))
        self.open_button = Button("用阅读器打开、打印", lambda: _open(path), primary=True, shortcut="Ctrl+P")
        self.head.add(self.open_button)
        self._card = Card()
        self.body.addWidget(self._card, 1)
        self.view = _pdf_view(path, self)
        if self.view is None:
            self._card.body.addWidget(EmptyState(f"本机不能在窗口里预览。文件在：{path}"))
        else:
            self._card.body.addWidget(self.view, 1)

    def first_focus(self) -> QWidget | None:
        return self.view


def _open(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _pdf_view(path: Path, page: QWidget) -> QWidget | None:
    try:
        # Imported here: it is large, and missing where only PySide6 6.8 can be installed.
        from PySide6.QtPdf import QPdfDocument
        from PySide6.QtPdfWidgets import QPdfView
    except ImportError:
        return None
    document = QPdfDocument(page)
    if document.load(str(path)) != QPdfDocument.Error.None_:
        return None
    view = QPdfView(page)
    view.setFrameShape(QFrame.Shape.NoFrame)
    view.setDocument(document)
    view.setPageMode(QPdfView.PageMode.MultiPage)
    view.setZoomMode(QPdfView.ZoomMode.FitToWidth)
    return view
