"""A signature: drawn here, or a picture of one on paper; kept as a PNG attachment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.visit import Attachment
from forms.filling import Node
from ui import theme
from ui.filling.media import PICTURES, png_of
from ui.filling.questions.editor import Editor, Subject
from ui.filling.questions.pad import SHARPNESS, Pad
from ui.widgets.buttons import LinkButton

REST_MS = 1200
"""So long after the last stroke the signature is taken as finished."""


class SignatureEditor(Editor):
    """image with the appearance signature."""

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(subject, parent)
        self._id: str | None = None
        self._drawn_here = False
        self._unsaid = False
        self._read_only = False
        self.pad = Pad(self)
        self.pad.drawn.connect(self._drawn)
        self.undo = LinkButton("撤销一笔", self.pad.undo)
        self.clear = LinkButton("清除重签", self.pad.clear)
        self.choose = LinkButton("选一张签名图片", self._choose)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.flush)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID // 2)
        for button in (self.undo, self.clear, self.choose):
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.pad)
        column.addLayout(buttons)
        self.setFocusProxy(self.pad)
        self._enable()

    def show_node(self, node: Node) -> None:
        value = str(node.value) if node.value not in (None, "") else None
        self._read_only = node.read_only
        if value != self._id:
            self._id = value
            if not self._drawn_here:
                self._load()
        self.pad.setEnabled(not node.read_only)
        self._enable()

    def _load(self) -> None:
        self.pad.strokes.clear()
        self.pad.show_picture(None)
        if self._id is not None:
            size = QSize(self.pad.width(), self.pad.height()) * SHARPNESS
            self.subject.media.picture(self._id, size, self._loaded, self)

    def _loaded(self, picture: QImage | None) -> None:
        if not self.pad.strokes:
            self.pad.show_picture(picture)
        self._enable()

    def flush(self) -> None:
        """Enter what is drawn."""
        self._rest.stop()
        if not self._unsaid:
            return
        self._unsaid = False
        if not self.pad.strokes:
            self.subject.media.discard(self._id)
            self.subject.answer(None)
            return
        label = self.subject.question.label
        self._enter(png_of(self.pad.render_picture()), f"{label or '签名'}.png")

    def focus_widget(self) -> QWidget:
        return self.pad

    def tab_stops(self) -> Sequence[QWidget]:
        return [self.pad, self.undo, self.clear, self.choose]

    def _drawn(self) -> None:
        self._drawn_here = True
        self._unsaid = True
        self._rest.start()
        self._enable()

    def _enable(self) -> None:
        self.undo.setEnabled(bool(self.pad.strokes) and not self._read_only)
        given = bool(self.pad.strokes) or self.pad.picture is not None or self._id is not None
        self.clear.setEnabled(given and not self._read_only)
        self.choose.setEnabled(not self._read_only)

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "选一张签名图片", "", PICTURES)
        if name:
            self.take(Path(name))

    def take(self, path: Path) -> None:
        """Enter a picture of a signature."""
        self._rest.stop()
        self._unsaid = self._drawn_here = False
        self._enter(path, path.name)

    def _enter(self, source: Path | bytes, file_name: str) -> None:
        # It is entered in the background and must become the answer even when this widget is gone by then.
        subject, former = self.subject, self._id

        def added(attachment: Attachment) -> None:
            subject.answer(attachment.id)
            subject.media.discard(former)

        subject.media.add(source, file_name, "signature", subject.question.label, added)
