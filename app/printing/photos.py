"""Photos for paper: turned the right way up, no larger than paper needs, and without what a camera notes beside them."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from app.printing.blocks import Block, Cell, Frame, Pile, Row, Space
from app.printing.ink import Ink
from app.printing.models import Photo
from app.printing.styles import SMALL, SMALL_LEADING, small, text

LONGEST: Final = 1600
"""Pixels of the longer side: 300 to the inch and more at four photos a page."""
_QUALITY = 82
_HEIGHT: Final = 268.0
"""Of the room for one photo: two, with captions of two lines, fill a page's height."""
_UNDER: Final = 3.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture drawn as large as its room allows, in its middle."""

    data: bytes
    width: int
    height: int

    def paint(self, ink: Ink, x: float, y: float, width: float, height: float, /) -> None:
        scale = min(width / self.width, height / self.height)
        across, up = self.width * scale, self.height * scale
        ink.image(BytesIO(self.data), x + (width - across) / 2, y + (height - up) / 2, across, up)


def picture(path: Path, longest: int = LONGEST) -> Picture | None:
    """The picture of a file, shrunk and re-encoded without EXIF; None where the file is none or is damaged.

    Re-encoding is what drops the place and the device: nothing of the original file goes into the PDF.
    """
    try:
        with Image.open(path) as opened:
            # JPEG can be decoded at half or a quarter of its size, which is most of the time saved.
            opened.draft("RGB", (longest, longest))
            image = ImageOps.exif_transpose(opened)
            image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
            return _encoded(image)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError):
        return None


def _encoded(image: Image.Image) -> Picture:
    out = BytesIO()
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        white = Image.new("RGB", image.size, "white")
        white.paste(image.convert("RGBA"), mask=image.convert("RGBA").getchannel("A"))
        image = white
    image = image.convert("RGB")
    # What is left in `info` (EXIF, XMP, comments) is not handed on.
    clean = Image.frombytes("RGB", image.size, image.tobytes())
    clean.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return Picture(out.getvalue(), *clean.size)


def signature(path: Path) -> Picture | None:
    """A signature's picture, cropped to what was written."""
    found = picture(path, 800)
    if found is None:
        return None
    image = Image.open(BytesIO(found.data))
    written = ImageOps.invert(image.convert("L")).point(lambda level: 255 if level > 40 else 0).getbbox()
    if written is None:
        return found
    left, upper, right, lower = written
    return _encoded(image.crop((max(left - 8, 0), max(upper - 8, 0), right + 8, lower + 8)))


def photo_blocks(photos: list[Photo]) -> tuple[list[Block], list[str]]:
    """Photos two beside each other, four to a page, with what could not be opened, in Chinese."""
    problems: list[str] = []
    rows: list[Block] = []
    for start in range(0, len(photos), 2):
        cells: list[Cell] = []
        for number, photo in enumerate(photos[start : start + 2], start=start + 1):
            cells.append(Cell(_with_caption(number, photo, problems), 0.5, middle=False))
        if len(cells) == 1:
            cells.append(Cell(small(""), 0.5))
        rows.append(Row(tuple(cells)))
    return rows, problems


def _with_caption(number: int, photo: Photo, problems: list[str]) -> Block:
    caption = text(f"照片 {number}　{photo.caption}".rstrip(), SMALL, SMALL_LEADING)
    found = picture(photo.path)
    if found is None:
        problems.append(
            f"照片 {number}（{photo.path.name}）打不开，没有印出来。请检查原文件，或重新添加照片。"
        )
        return Pile((text("照片打不开", SMALL, _HEIGHT, "center"), caption))
    return Pile((Frame(_HEIGHT - _UNDER, found), Space(_UNDER), caption))
