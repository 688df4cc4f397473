"""A picture or file as an answer: chosen, dropped or pasted; kept as an attachment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPixmap,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from app.domain.visit import Attachment
from forms.filling import Node
from ui import theme
from ui.filling.media import ANY_FILE, PICTURES, carried
from ui.filling.questions.editor import Editor, Subject


class FileEditor(Editor):
    """file, audio, video."""

    purpose = "file"
    word = "选择文件"
    kinds = ANY_FILE

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self._id: str | None = None
        self.setAcceptDrops(True)
        self.picture = QLabel(self)
        self.picture.setFixedHeight(theme.current().px(72))
        self.state = QLabel("可以拖到这里，或按 Ctrl+V 粘贴", self)
        self.state.setProperty("tone", "small")
        self.choose = QPushButton(self.word, self)
        self.choose.clicked.connect(self._choose)
        self.clear = QPushButton("移去", self)
        self.clear.setProperty("link", "quiet")
        self.clear.clicked.connect(self._clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        for widget in (self.picture, self.choose, self.clear, self.state):
            row.addWidget(widget)
        row.addStretch()
        self.picture.hide()
        self.setFocusProxy(self.choose)

    def show_node(self, node: Node) -> None:
        value = str(node.value) if node.value not in (None, "") else None
        self.choose.setVisible(not node.read_only)
        self.choose.setText("换一个" if value else self.word)
        self.clear.setVisible(value is not None and not node.read_only)
        self.state.setText("已添加" if value else "可以拖到这里，或按 Ctrl+V 粘贴")
        if value == self._id:
            return
        self._id = value
        self.picture.hide()
        if value is not None:
            room = QSize(theme.current().px(160), self.picture.height()) * self.devicePixelRatio()
            self.subject.media.picture(value, room, self._loaded, self)

    def _loaded(self, picture: QImage | None) -> None:
        if picture is None:
            return
        pixmap = QPixmap.fromImage(picture)
        pixmap.setDevicePixelRatio(self.devicePixelRatio())
        self.picture.setPixmap(pixmap)
        self.picture.show()

    def focus_widget(self) -> QWidget:
        return self.choose

    def tab_stops(self) -> Sequence[QWidget]:
        return [self.choose, self.clear]

    def take(self, source: Path | bytes, file_name: str) -> None:
        """Enter a file and make it the answer."""
        subject, former = self.subject, self._id

        def added(attachment: Attachment) -> None:
            subject.answer(attachment.id)
            subject.media.discard(former)

        subject.media.add(source, file_name, self.purpose, subject.question.label, added)

    def _clear(self) -> None:
        self.subject.media.discard(self._id)
        self.subject.answer(None)

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.word, "", self.kinds)
        if name:
            self.take(Path(name), Path(name).name)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if carried(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for source, file_name in carried(event.mimeData())[:1]:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.take(source, file_name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            for source, file_name in carried(QGuiApplication.clipboard().mimeData())[:1]:
                self.take(source, file_name)
                return
        super().keyPressEvent(event)


class ImageEditor(FileEditor):
    """image."""

    purpose = "photo"
    word = "选择图片"
    kinds = PICTURES
