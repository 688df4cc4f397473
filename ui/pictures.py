"""Reading pictures in the background, no larger than they are shown."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from app.services import attachments


def read_picture(path: Path | None, size: QSize) -> QImage | None:
    """The picture in a file, no larger than `size` (device px); None where it is no picture or not here."""
    if path is None:
        return None
    reader = QImageReader(str(path))
    # The blob's name is its checksum: what it is stands in its first bytes.
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    full = reader.size()
    if full.isValid():
        reader.setScaledSize(full.scaled(full.boundedTo(size), Qt.AspectRatioMode.KeepAspectRatio))
    picture = reader.read()
    if picture.isNull():
        return None
    attachments.used(path)
    return picture
