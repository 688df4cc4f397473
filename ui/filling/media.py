"""Pictures and files of the visit being filled: added, taken off and read in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QObject, QSize, Signal
from PySide6.QtGui import QImage, QImageReader, QImageWriter

from app.domain.visit import Attachment
from app.services import attachments
from app.services.desk import Desk
from ui.errors import explain
from ui.fetching import Fetcher
from ui.pictures import read_picture
from ui.work import Runner

PICTURES = "图片 (*.png *.jpg *.jpeg *.bmp *.gif *.webp)"
ANY_FILE = "所有文件 (*)"


class Media(QObject):
    """What question widgets and the card at the right use of `app.services.attachments`."""

    altered = Signal()
    """An attachment was added or taken off."""
    refused = Signal(str)
    """A file could not be taken: the sentence for the person."""
    enter: Callable[..., Attachment] = staticmethod(attachments.add)
    """What enters a file of the visit."""

    def __init__(self, desk: Desk, runner: Runner, visit: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._runner = runner
        self.visit = visit
        self.fetcher = Fetcher(desk, runner, self)
        """For what was added on another laptop."""
        self._adding = 0
        self._to_remove: list[str] = []
        self.discarded: set[str] = set()
        """What was an answer once: of no interest to anybody from then on."""
        self._waiting: list[Callable[[], None]] = []

    @property
    def busy(self) -> bool:
        """Whether a file is being entered."""
        return self._adding > 0

    def when_idle(self, act: Callable[[], None]) -> None:
        """Call `act` when the files being entered are in; once, however often it is asked for."""
        if act not in self._waiting:
            self._waiting.append(act)

    def _settle(self) -> None:
        self._adding -= 1
        if not self._adding:
            waiting, self._waiting = self._waiting, []
            for act in waiting:
                act()

    def add(
        self,
        source: Path | bytes,
        file_name: str,
        purpose: str,
        caption: str = "",
        then: Callable[[Attachment], None] | None = None,
    ) -> None:
        """Add a file; `then(attachment)` once it is on disk and entered."""

        def added(attachment: Attachment) -> None:
            if then is not None:
                then(attachment)
            self.altered.emit()
            self._settle()

        def refused(error: BaseException) -> None:
            self._refuse(error)
            self._settle()

        self._adding += 1
        self._runner.write(
            self.enter,
            self._desk,
            self.visit,
            source,
            file_name,
            purpose,
            caption,
            then=added,
            otherwise=refused,
            owner=self,
        )

    def discard(self, id: str | None) -> None:
        """A newer file has taken this one's place as an answer: it goes when the draft that says so is on disk."""
        if id is not None:
            self._to_remove.append(id)
            self.discarded.add(id)

    def remove_discarded(self) -> None:
        for id in self._to_remove:
            self.remove(id)
        self._to_remove.clear()

    def remove(self, id: str) -> None:
        self._runner.write(
            attachments.remove,
            self._desk,
            id,
            then=lambda _: self.altered.emit(),
            otherwise=self._refuse,
            owner=self,
        )

    def picture(self, id: str, size: QSize, then: Callable[[QImage | None], None], owner: QObject) -> None:
        """The picture of an attachment no larger than `size` (device px), None where it is no picture or not here."""
        self._runner.read(_read, self._desk, id, size, then=then, owner=owner)

    def _refuse(self, error: BaseException) -> None:
        trouble = explain(error)
        self.refused.emit(trouble.text)


def _read(desk: Desk, id: str, size: QSize) -> QImage | None:
    return read_picture(attachments.path_of(desk, id), size)


def png_of(picture: QImage) -> bytes:
    """A picture as a PNG file."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    buffer.close()
    return bytes(content.data())


def carried(mime: QMimeData | None) -> list[tuple[Path | bytes, str]]:
    """The files or the picture that a paste or a drop brings, as (source, file name)."""
    if mime is None:
        return []
    files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    files = [path for path in files if path.is_file()]
    if files:
        return [(path, path.name) for path in files]
    if mime.hasImage():
        picture = QImage(mime.imageData())
        if not picture.isNull():
            return [(png_of(picture), "粘贴的图片.png")]
    return []


def is_picture(path: Path) -> bool:
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    return reader.canRead()
