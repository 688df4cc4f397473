"""Photos and files of a visit, side by side: what is here is shown, what is at the centre comes by itself or on a press."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from app.services import attachments
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from ui import icons, theme
from ui.fetching import Fetcher, Fetching
from ui.pictures import read_picture
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.flow import FlowLayout
from ui.widgets.label import ElidedLabel
from ui.widgets.scroll import Scroll
from ui.work import Runner

WIDTH, HEIGHT = 112, 70
"""Of a picture at 100 %."""
CARD_HEIGHT = 180
"""One row of pictures at 100 %."""


def size_text(size: int) -> str:
    """`3.2 MB`, `48 KB`: as files are spoken of."""
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{max(1, round(size / 1000))} KB"


def state_text(line: AttachmentLine, state: Fetching | None) -> tuple[str, str]:
    """(what it says, what pressing it would do: "" for nothing) for an attachment that is not on this laptop."""
    if state is not None and state.error:
        return "", "下载失败，重试"
    if state is not None:
        return f"正在下载 {percent(state)}%" if state.done else "等待下载", ""
    if not line.stored:
        return "照片上传中" if line.purpose == "photo" else "附件上传中", ""
    return "", f"点击下载（{size_text(line.size)}）"


def percent(state: Fetching) -> int:
    return min(99, state.done * 100 // state.total) if state.total else 0


class PhotoTile(QWidget):
    """One picture or file with its name, and where it is if it is not here."""

    wanted = Signal(object)
    """An AttachmentLine somebody asks for."""
    resized = Signal()
    """The letters have grown or shrunk, and the picture's place with them."""

    def __init__(self, line: AttachmentLine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = line
        self.picture = QLabel(self)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setProperty("photo", "true")
        self.name = ElidedLabel(line.caption or line.file_name, "small")
        self.words = ElidedLabel("", "small")
        self.bar = QProgressBar(textVisible=False)
        self.press = LinkButton("", lambda: self.wanted.emit(self.line))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.picture)
        column.addWidget(self.name)
        column.addWidget(self.words)
        column.addWidget(self.bar)
        column.addWidget(self.press, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self._fit()
        self._icon()
        self.show_state(None)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "press"):
            self._fit()
            if self.line.path is None:
                self._icon()
            self.resized.emit()

    def _fit(self) -> None:
        look = theme.current()
        self.picture.setFixedSize(look.px(WIDTH), look.px(HEIGHT))
        for widget in (self.name, self.words, self.bar):
            widget.setFixedWidth(look.px(WIDTH))

    def show_state(self, state: Fetching | None) -> None:
        """Say where it is. Nothing needs saying of what is on this laptop."""
        words, press = ("", "") if self.line.path is not None else state_text(self.line, state)
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.press.set_text(press)
        self.press.setVisible(bool(press))
        self.press.setToolTip(state.error if state is not None else "")
        moving = bool(words) and state is not None and state.done > 0
        self.bar.setVisible(moving)
        if moving and state is not None:
            self.bar.setRange(0, max(1, state.total))
            self.bar.setValue(min(state.done, state.total))
        says = "，".join(part for part in (self.name.text(), words, press) if part)
        self.setAccessibleName(says)
        self.press.setAccessibleName(says)
        self.bar.setAccessibleName(says)

    def show_picture(self, picture: QImage | None) -> None:
        if picture is None:
            return
        pixmap = QPixmap.fromImage(picture)
        pixmap.setDevicePixelRatio(self.devicePixelRatio())
        self.picture.setPixmap(pixmap)

    def _icon(self) -> None:
        name = "photo" if self.line.media_type.startswith("image/") else "attachment"
        self.picture.setPixmap(icons.pixmap(name, "quiet", theme.current().size("icon")))


class PhotoStrip(QWidget):
    """Shows the photos and files of one visit; hidden where there are none."""

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self._lines: list[AttachmentLine] = []
        self.tiles: dict[str, PhotoTile] = {}
        self.fetcher = Fetcher(desk, runner, self)
        self.fetcher.altered.connect(self._altered)
        self._flow = FlowLayout(self, theme.GRID * 3 // 2)
        self.hide()

    def show_lines(self, lines: Sequence[AttachmentLine]) -> None:
        """Show these; the small pictures among them that are not here are fetched."""
        wanted = list(lines)
        if wanted != self._lines:
            self._lines = wanted
            self._build()
        self.setVisible(bool(wanted))
        self.fetcher.show(wanted)

    def _build(self) -> None:
        for tile in self.tiles.values():
            self._flow.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self.tiles = {line.id: PhotoTile(line, self) for line in self._lines}
        for id, tile in self.tiles.items():
            tile.wanted.connect(self.fetcher.fetch)
            tile.resized.connect(partial(self._load, tile))
            tile.show_state(self.fetcher.state(id))
            self._flow.addWidget(tile)
            self._load(tile)

    def _load(self, tile: PhotoTile) -> None:
        if tile.line.path is not None:
            size = tile.picture.size() * self.devicePixelRatio()
            pixels = QSize(round(size.width()), round(size.height()))
            self._runner.read(read_picture, tile.line.path, pixels, then=tile.show_picture, owner=tile)

    def _altered(self, id: str) -> None:
        tile = self.tiles.get(id)
        if tile is None:
            return
        state = self.fetcher.state(id)
        tile.show_state(state)
        if state is None:
            self._runner.read(attachments.line_of, self._desk, id, then=self._came, owner=tile)

    def _came(self, line: AttachmentLine | None) -> None:
        if line is None or line.id not in self.tiles:
            return
        self._lines = [line if known.id == line.id else known for known in self._lines]
        tile = self.tiles[line.id]
        tile.line = line
        tile.show_state(None)
        self._load(tile)


class PhotosCard(Card):
    """The strip in a card that takes one row's height, so that what stands above keeps its room; more is scrolled to."""

    def __init__(self, desk: Desk, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__("照片与附件", " ", parent)
        self.strip = PhotoStrip(desk, runner)
        scroll = Scroll()
        scroll.body.addWidget(self.strip)
        scroll.body.addStretch(1)
        self.body.addWidget(scroll, 1)
        self._fit()
        self.hide()

    def show_lines(self, lines: Sequence[AttachmentLine]) -> None:
        self.strip.show_lines(lines)
        self.set_note(f"{len(lines)} 个" if lines else "")
        self.setVisible(bool(lines))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._fit()

    def _fit(self) -> None:
        # Where a page is short of room it gives way: what is cut off here can be scrolled to.
        self.setMinimumHeight(theme.current().px(CARD_HEIGHT // 2))
        self.setMaximumHeight(theme.current().px(CARD_HEIGHT))
