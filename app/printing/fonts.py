"""Chinese fonts in PDFs: an adaptor that lets reportlab embed OpenType fonts with PostScript outlines.

reportlab takes TrueType outlines only. Here the metrics come from the OTF and `makeSubset` converts the glyphs a
document uses, and only those, to TrueType outlines. Three more things reportlab does not do:

- characters beyond the BMP get a ToUnicode entry in UTF-16, so that a rare name copies out as it is;
- a character the font lacks is drawn as 〓 and reported (`missing`), never left blank in silence;
- a glyph is converted once in a process, however many documents use it.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont as SfntFile
from fontTools.ttLib import newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from reportlab.pdfbase import pdfdoc, pdfmetrics, ttfonts

from app import fonts as font_files

SANS: Final = "ZQT-Sans"
SERIF: Final = "ZQT-Serif"

GETA = "〓"
"""What stands in the place of a character no font of ours has: the printers' own mark for it."""

_CURVE_ERROR = 1.0  # of 1000 units: a third of a dot at 300 dpi and 22 pt
_lock = threading.RLock()


class _GlyphIndex(dict[int, int]):
    """Code point to glyph index, where an unknown code point has the glyph of 〓 instead of none."""

    substitute = 0

    def __contains__(self, code: object) -> bool:
        return True

    def __missing__(self, code: int) -> int:
        return self.substitute


class _Face(ttfonts.TTFontFace):  # type: ignore[misc]
    """The typeface of one OTF file, with the attributes reportlab's TTFont asks for."""

    def __init__(self, path: Path) -> None:
        pdfmetrics.TypeFace.__init__(self, None)
        self.filename = str(path)
        self.subfontNameX = b""
        self._full_font = False
        # From memory, not from the open file: a handle for good would keep the file from being updated.
        self._source = source = SfntFile(BytesIO(path.read_bytes()), lazy=True)
        head, os2, post = source["head"], source["OS/2"], source["post"]
        scale = 1000 / head.unitsPerEm
        self.name = source["name"].getDebugName(6).encode("ascii")
        self.ascent, self.descent = os2.sTypoAscender * scale, os2.sTypoDescender * scale
        self.capHeight = os2.sCapHeight * scale
        self.bbox = [round(v * scale) for v in (head.xMin, head.yMin, head.xMax, head.yMax)]
        self.italicAngle = post.italicAngle
        self.stemV = 50 + int((os2.usWeightClass / 65.0) ** 2)
        self.flags = ttfonts.FF_SYMBOLIC
        self.defaultWidth = 1000
        self._pdfScale = lambda units: units * scale

        self._names: list[str] = source.getGlyphOrder()
        index = {name: number for number, name in enumerate(self._names)}
        advances = source["hmtx"].metrics
        best: dict[int, str] = source.getBestCmap()
        self.known = frozenset(map(chr, best))
        self.charToGlyph = _GlyphIndex((code, index[name]) for code, name in best.items())
        self.charToGlyph.substitute = self.charToGlyph[ord(GETA)]
        self.charWidths = {code: round(advances[name][0] * scale) for code, name in best.items()}
        self._outlines = source.getGlyphSet()
        self._converted: dict[str, Any] = {}

    def _glyph(self, name: str) -> Any:
        """The TrueType outline of one glyph."""
        if name not in self._converted:
            pen = TTGlyphPen(None)
            # PostScript outlines run the other way round.
            self._outlines[name].draw(Cu2QuPen(pen, _CURVE_ERROR, reverse_direction=True))
            self._converted[name] = pen.glyph()
        return self._converted[name]

    def makeSubset(self, subset: list[int]) -> bytes:
        """A TrueType font file of the given code points; code n of the PDF string is `subset[n]`."""
        names = [".notdef"]
        wanted: dict[int, str] = {}
        with _lock:
            for position, code in enumerate(subset):
                name = self._names[self.charToGlyph[code]] if code else ".notdef"
                wanted[position] = name
                if name not in names:
                    names.append(name)
            return self._file_of(names, wanted)

    def _file_of(self, names: list[str], wanted: dict[int, str]) -> bytes:
        source, target = self._source, SfntFile(sfntVersion="\x00\x01\x00\x00")
        target.setGlyphOrder(names)
        target["glyf"] = glyf = newTable("glyf")
        glyf.glyphs = {name: self._glyph(name) for name in names}
        glyf.glyphOrder = names
        target["loca"] = newTable("loca")
        target["head"] = source["head"]
        target["hhea"] = source["hhea"]
        target["hmtx"] = metrics = newTable("hmtx")
        metrics.metrics = {}
        for name in names:
            glyph = glyf.glyphs[name]
            glyph.recalcBounds(glyf)
            metrics.metrics[name] = (source["hmtx"].metrics[name][0], getattr(glyph, "xMin", 0))
        target["maxp"] = maxp = newTable("maxp")
        maxp.tableVersion = 0x00010000
        maxp.numGlyphs = len(names)
        for limit in ("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs"):
            setattr(maxp, limit, 0)
        for limit in ("maxStackElements", "maxSizeOfInstructions", "maxComponentElements"):
            setattr(maxp, limit, 0)
        maxp.maxZones = 1
        target["post"] = post = newTable("post")
        post.__dict__.update(source["post"].__dict__)
        post.formatType = 3.0
        table = CmapSubtable.newSubtable(6)
        table.platformID, table.platEncID, table.language, table.cmap = 1, 0, 0, wanted
        target["cmap"] = cmap = newTable("cmap")
        cmap.tableVersion, cmap.tables = 0, [table]
        out = BytesIO()
        target.save(out, reorderTables=None)
        return out.getvalue()


class _Font(ttfonts.TTFont):  # type: ignore[misc]
    """An embedded font. As with any reportlab font, the state of each document is kept by document."""

    def __init__(self, name: str, path: Path) -> None:
        self.face = _Face(path)
        self.fontName = name
        self.encoding = ttfonts.TTEncoding()
        self.state: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._asciiReadable = True
        self.shapable = False

    def addObjects(self, doc: Any) -> None:
        """As reportlab's, then with the ToUnicode maps written properly."""
        state = self.state[doc]
        super().addObjects(doc)
        fonts = doc.idToObject["BasicFonts"].dict
        for number, subset in enumerate(state.subsets):
            font = fonts[f"{state.internalName}+{number}"]
            stream = pdfdoc.PDFStream()
            stream.content = to_unicode(font.BaseFont, subset)
            if doc.compression:
                stream.filters = [pdfdoc.PDFZCompress]
            font.ToUnicode = doc.Reference(stream, f"toUnicode:{font.BaseFont}")


def to_unicode(name: str, subset: list[int]) -> str:
    """The ToUnicode map of a subset: code n stands for the code point `subset[n]`, in UTF-16BE."""
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
        f"/CMapName /{name} def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<00> <FF>",
        "endcodespacerange",
    ]
    pairs = [f"<{n:02X}> <{chr(c).encode('utf-16-be').hex().upper()}>" for n, c in enumerate(subset) if c]
    for start in range(0, len(pairs), 100):  # a block holds a hundred entries at most
        block = pairs[start : start + 100]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines)


@cache
def _font(name: str) -> _Font:
    with _lock:
        font = _Font(name, font_files.sans_file() if name == SANS else font_files.serif_file())
        pdfmetrics.registerFont(font)
    return font


def register(name: str) -> None:
    """Make SANS or SERIF known to reportlab (a third of a second the first time, nothing afterwards)."""
    _font(name)


def widths(name: str) -> dict[int, int]:
    """Advance widths of a font by code point, in thousandths of the size; a missing character is 1000."""
    found: dict[int, int] = _font(name).face.charWidths
    return found


@lru_cache(maxsize=16384)
def text_width(text: str, name: str) -> float:
    """Width of a text in thousandths of the size."""
    table = widths(name)
    return float(sum([table.get(ord(c), 1000) for c in text]))


def missing(text: str, name: str) -> frozenset[str]:
    """The characters of a text that the font does not have (they are drawn as 〓)."""
    return frozenset(text).difference(_font(name).face.known)


_KEPT_SPACES = {"\u3000": "\u3000", "\t": "  "}


@lru_cache(maxsize=16384)
def clean(text: str) -> str:
    """Text as it can be printed: composed, without control, zero-width and variation characters.

    Line ends become "\\n", tabs two spaces; every other invisible character is dropped, as a PDF viewer would
    show it as a box or copy it out unseen.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.isprintable():
        return text
    kept = []
    for char in unicodedata.normalize("NFC", text):
        if char == "\n":
            kept.append(char)
            continue
        category = unicodedata.category(char)
        if category == "Zs" or char == "\t":
            kept.append(_KEPT_SPACES.get(char, " "))
        elif category not in ("Cc", "Cf", "Cs", "Zl", "Zp") and not _variation(char):
            kept.append(char)
    return "".join(kept)


def _variation(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
