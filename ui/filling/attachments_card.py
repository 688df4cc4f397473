"""照片与附件: dropped, pasted or chosen; small pictures of what is there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.services.attachments import AttachmentLine
from ui import icons, theme
from ui.fetching import Fetching
from ui.filling.media import ANY_FILE, PICTURES, Media, carried, is_picture
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.label import ElidedLabel
from ui.widgets.photos import state_text


class DropField(QPushButton):
    """Takes drops; pressed, it opens the file chooser."""

    dropped = Signal(object)
    """QMimeData"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = False
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setProperty("dropfield", "true")
        self.setAccessibleName("添加照片或附件：拖到这里、按 Ctrl+V 粘贴或选择文件")
        self.setMinimumHeight(theme.current().px(64))

    def paintEvent(self, _event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self._over or self.hasFocus() or self.underMouse()
        pen = QPen(look.color("accent" if marked else "edge"), 1, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(look.color("accent-soft") if self._over else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(look.color("quiet"))
        painter.setFont(look.font("small"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        text = "松开就添加" if self._over else "拖到这里、粘贴（Ctrl V）\n或点这里选择文件"
        painter.drawText(self.rect().adjusted(8, 0, -8, 0), flags, text)
        painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        mime = event.mimeData()
        if mime.hasImage() or any(url.isLocalFile() for url in mime.urls()):
            self._over = True
            self.update()
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(event.mimeData())


class Thumbnail(QWidget):
    """One attachment: its picture, name, whether it has been sent, and the way to take it off."""

    def __init__(self, line: AttachmentLine, media: Media, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = line
        look = theme.current()
        self.picture = QLabel(self)
        self.picture.setFixedSize(look.px(48), look.px(36))
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setPixmap(icons.pixmap("attachment", "quiet", look.size("icon")))
        name = ElidedLabel(line.caption or line.file_name, "table")
        self.state = ElidedLabel("", "small")
        self.press = LinkButton("", lambda: media.fetcher.fetch(line))
        remove = LinkButton("移去", lambda: media.remove(line.id), quiet=True)
        remove.setAccessibleName(f"移去{line.file_name}")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(name)
        words.addWidget(self.state)
        words.addWidget(self.press, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.GRID // 2, 0, theme.GRID // 2)
        row.setSpacing(theme.GRID)
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        row.addWidget(remove)
        size = self.picture.size() * self.devicePixelRatio()
        media.picture(line.id, QSize(round(size.width()), round(size.height())), self._loaded, self)

        self.show_state(media.fetcher.state(line.id))

    def show_state(self, state: Fetching | None) -> None:
        """Whether it has been sent; of what was added on another laptop, whether it can be fetched."""
        words, press = "已上传" if self.line.uploaded else "在本机，联网后上传", ""
        if self.line.path is None:
            words, press = state_text(self.line, state)
        self.state.setText(words)
        self.state.setVisible(bool(words))
        self.press.set_text(press)
        self.press.setVisible(bool(press))
        self.press.setToolTip(state.error if state is not None else "")

    def _loaded(self, picture: QImage | None) -> None:
        if picture is not None:
            pixmap = QPixmap.fromImage(picture)
            pixmap.setDevicePixelRatio(self.devicePixelRatio())
            self.picture.setPixmap(pixmap)


class AttachmentsCard(Card):
    """The visit's photos and files; those that answer a question stand at the question."""

    def __init__(self, media: Media, parent: QWidget | None = None) -> None:
        super().__init__("照片与附件", " ", parent)
        self._media = media
        self._lines: list[AttachmentLine] = []
        self.thumbnails: list[Thumbnail] = []
        self.field = DropField(self)
        self.field.clicked.connect(self._choose)
        self.field.dropped.connect(self.take)
        media.fetcher.altered.connect(self._fetched)
        self.body.addSpacing(theme.GRID // 2)
        self.body.addWidget(self.field)

    def show_lines(self, lines: Sequence[AttachmentLine], answers: Collection[str]) -> None:
        """Show these attachments but for those that are answers."""
        wanted = [line for line in lines if line.id not in answers]
        if wanted == self._lines:
            return
        self._lines = wanted
        for thumbnail in self.thumbnails:
            self.body.removeWidget(thumbnail)
            thumbnail.hide()
            thumbnail.deleteLater()
        self.thumbnails = [Thumbnail(line, self._media) for line in wanted]
        for thumbnail in self.thumbnails:
            self.body.addWidget(thumbnail)
        self.set_note(f"{len(wanted)} 个" if wanted else "")
        self._media.fetcher.show(wanted)

    def _fetched(self, id: str) -> None:
        state = self._media.fetcher.state(id)
        if state is None:
            # It is here now: the page looks everything up again.
            self._media.altered.emit()
        for thumbnail in self.thumbnails:
            if thumbnail.line.id == id:
                thumbnail.show_state(state)

    def take(self, mime: QMimeData | None) -> bool:
        """Add what was dropped or pasted. False where there was nothing to add."""
        found = carried(mime)
        for source, file_name in found:
            self._add(source, file_name)
        return bool(found)

    def _choose(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "选择照片或文件", "", f"{PICTURES};;{ANY_FILE}")
        for name in names:
            self._add(Path(name), Path(name).name)

    def _add(self, source: Path | bytes, file_name: str) -> None:
        picture = isinstance(source, bytes) or is_picture(source)
        self._media.add(source, file_name, "photo" if picture else "file")
