"""The one way to a PDF canvas: points, origin at the lower left, every stroke in plain words.

It hides reportlab's loose types from the layout, draws what fonts lack (boxes, ticks, QR codes), and remembers every
character that had no glyph.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from reportlab import rl_config
from reportlab.graphics.barcode import qrencoder
from reportlab.pdfgen.canvas import Canvas

from app.printing import fonts

# Streams as they are: turned into printable ASCII they are a quarter larger and take longer.
rl_config.useA85 = 0

Colour = tuple[float, float, float]
"""Red, green, blue, 0 to 1."""

BLACK: Final[Colour] = (0.0, 0.0, 0.0)
QUIET: Final[Colour] = (0.33, 0.33, 0.33)
SHADE: Final[Colour] = (0.94, 0.94, 0.94)
HAIR: Final = 0.4
LINE: Final = 0.6
_STROKE = 0.024
"""Width of the stroke that makes a character bold, in parts of its size."""


class Ink:
    """Draws on the pages of one PDF. `missing` holds the characters that no font had."""

    def __init__(self, out: BinaryIO, size: tuple[float, float]) -> None:
        fonts.register(fonts.SANS)
        fonts.register(fonts.SERIF)
        self._canvas: Any = Canvas(
            out, pagesize=size, initialFontName=fonts.SERIF, pageCompression=1, lang="zh-CN"
        )
        self.missing: set[str] = set()
        self._codes: dict[str, str] = {}

    def describe(self, title: str, subject: str) -> None:
        self._canvas.setTitle(title)
        self._canvas.setSubject(subject)
        self._canvas.setCreator("驻企通")
        self._canvas.setAuthor("驻企通")

    def bookmark(self, key: str, title: str) -> None:
        """An entry of the outline, pointing to the present page."""
        self._canvas.bookmarkPage(key)
        self._canvas.addOutlineEntry(title, key, 0)

    def next_page(self, size: tuple[float, float]) -> None:
        self._canvas.showPage()
        self._canvas.setPageSize(size)

    def finish(self) -> None:
        self._canvas.save()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        font: str,
        size: float,
        *,
        bold: bool = False,
        colour: Colour = BLACK,
        spacing: float = 0.0,
    ) -> None:
        """Text from x on the baseline y; it has been cleaned (`fonts.clean`) by whoever measured it."""
        self.missing |= fonts.missing(text, font)
        drawn = self._canvas.beginText(x, y)
        drawn.setFont(font, size)
        drawn.setFillColorRGB(*colour)
        if spacing:
            drawn.setCharSpace(spacing)
        if bold:
            self._canvas.setLineWidth(size * _STROKE)
            self._canvas.setStrokeColorRGB(*colour)
            drawn.setTextRenderMode(2)
        drawn.textOut(text)
        if bold:
            drawn.setTextRenderMode(0)
        if spacing:
            drawn.setCharSpace(0)
        self._canvas.drawText(drawn)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, width: float = LINE, colour: Colour = BLACK
    ) -> None:
        self._canvas.setLineWidth(width)
        self._canvas.setStrokeColorRGB(*colour)
        self._canvas.line(x1, y1, x2, y2)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: Colour | None = None,
        stroke: float = LINE,
        colour: Colour = BLACK,
    ) -> None:
        """A rectangle from its lower left corner; `stroke` 0 draws no outline."""
        if fill is not None:
            self._canvas.setFillColorRGB(*fill)
        if stroke:
            self._canvas.setLineWidth(stroke)
            self._canvas.setStrokeColorRGB(*colour)
        self._canvas.rect(x, y, width, height, stroke=int(bool(stroke)), fill=int(fill is not None))

    def tick(self, x: float, y: float, size: float, ticked: bool) -> None:
        """A box to tick, ticked or not, from its lower left corner."""
        self.box(x, y, size, size, stroke=0.7)
        if ticked:
            self._canvas.setLineWidth(1.2)
            self._canvas.lines(
                [
                    (x + size * 0.18, y + size * 0.52, x + size * 0.42, y + size * 0.22),
                    (x + size * 0.42, y + size * 0.22, x + size * 0.85, y + size * 0.82),
                ]
            )

    def image(self, source: Path | BinaryIO, x: float, y: float, width: float, height: float) -> None:
        from reportlab.lib.utils import ImageReader

        self._canvas.drawImage(
            ImageReader(str(source) if isinstance(source, Path) else source), x, y, width, height, mask="auto"
        )

    def qr(self, x: float, y: float, size: float, text: str) -> None:
        """A QR code in a square, without a quiet zone: the caller leaves four modules' room around it.

        It is on every page of a document, so it is described once and referred to from then on.
        """
        count, runs = qr_runs(text)
        if text not in self._codes:
            self._codes[text] = name = f"qr{len(self._codes)}"
            self._canvas.beginForm(name, 0, 0, count, count)
            path = self._canvas.beginPath()
            for row, start, length in runs:
                path.rect(start, count - row - 1, length, 1)
            self._canvas.setFillColorRGB(*BLACK)
            self._canvas.drawPath(path, stroke=0, fill=1)
            self._canvas.endForm()
        self._canvas.saveState()
        self._canvas.translate(x, y)
        self._canvas.scale(size / count, size / count)
        self._canvas.doForm(self._codes[text])
        self._canvas.restoreState()


@lru_cache(maxsize=256)
def qr_runs(text: str) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """A QR code (error correction M) as its size in modules and the runs of dark ones: row, start, length."""
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    count: int = code.getModuleCount()
    runs: list[tuple[int, int, int]] = []
    for row in range(count):
        start = None
        for column in range(count + 1):
            dark = column < count and code.isDark(row, column)
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                runs.append((row, start, column - start))
                start = None
    return count, tuple(runs)
