"""The bundled fonts in PDFs: every character is there, is drawn, and copies out as itself."""

from __future__ import annotations

from io import BytesIO

import pypdfium2
import pytest
from fontTools.ttLib import TTFont

from app.fonts import font_files
from app.printing import fonts
from app.printing.ink import Ink

RARE = "𬭛㛃䶮𬬻𫓧"


def pdf_of(text: str, font: str = fonts.SERIF) -> tuple[bytes, set[str]]:
    out = BytesIO()
    ink = Ink(out, (595, 842))
    ink.text(40, 700, text, font, 20)
    ink.finish()
    return out.getvalue(), ink.missing


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return str(document[0].get_textpage().get_text_bounded())
    finally:
        document.close()


def darkness(data: bytes) -> list[int]:
    """Dark pixels in each 20-point square along the baseline at 40, 700."""
    document = pypdfium2.PdfDocument(data)
    picture = document[0].render(scale=2).to_pil().convert("L")
    document.close()
    counts = []
    for place in range(10):
        square = picture.crop(
            ((40 + 20 * place) * 2, (842 - 720) * 2, (60 + 20 * place) * 2, (842 - 694) * 2)
        )
        counts.append(sum(square.histogram()[:128]))
    return counts


def test_the_files_are_there_and_are_the_fonts_we_name() -> None:
    names = []
    for path in font_files():
        with TTFont(path, lazy=True) as font:
            names.append(font["name"].getDebugName(6))
    assert names == ["NotoSansSC-Regular", "NotoSerifSC-Regular"]


@pytest.mark.parametrize("font", [fonts.SANS, fonts.SERIF])
@pytest.mark.parametrize(
    "text", ["驻企通，ABC-123。", RARE, "“若……”：《办法》〔2026〕12号 ★㎡℃", "龚䶮、李𬭛"]
)
def test_text_copies_out_as_it_went_in(font: str, text: str) -> None:
    data, missing = pdf_of(text, font)
    assert text_of(data) == text
    assert missing == set()


def test_no_character_is_blank() -> None:
    data, _ = pdf_of(RARE + "驻企通")
    counts = darkness(data)
    assert all(count > 60 for count in counts[:8]), counts
    assert counts[8:] == [0, 0]


def test_a_missing_character_is_seen_reported_and_still_copies() -> None:
    data, missing = pdf_of("吉𠮷吉")
    assert missing == {"𠮷"}
    assert text_of(data) == "吉𠮷吉"
    geta = darkness(pdf_of("〓")[0])[0]
    assert darkness(data)[1] == pytest.approx(geta, rel=0.1)
    assert geta > 60


def test_more_characters_than_one_subset_holds() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(0, 700))
    out = BytesIO()
    ink = Ink(out, (5000, 842))
    ink.text(10, 400, text, fonts.SANS, 6)
    ink.finish()
    assert text_of(out.getvalue()) == text


def test_only_the_glyphs_in_use_are_embedded() -> None:
    data, _ = pdf_of("驻企通")
    assert len(data) < 30_000


def test_the_to_unicode_map_is_utf_16() -> None:
    written = fonts.to_unicode("F", [0, ord("中"), 0x2CB5B])
    assert "<01> <4E2D>" in written
    assert "<02> <D872DF5B>" in written
    assert "<00> <" not in written.replace("<00> <FF>", "")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("零\u200b宽\ufeff", "零宽"),
        ("葛\U000e0101城", "葛城"),
        ("\x07铃\x00", "铃"),
        ("不换\u00a0行", "不换 行"),
        ("缩\t进", "缩  进"),
        ("全\u3000角", "全\u3000角"),
        ("e\u0301", "é"),
        ("plain", "plain"),
    ],
)
def test_text_is_cleaned_of_what_cannot_be_seen(given: str, kept: str) -> None:
    assert fonts.clean(given) == kept


def test_widths_are_those_of_the_font() -> None:
    assert fonts.text_width("驻企", fonts.SANS) == 2000
    assert 200 < fonts.text_width("i", fonts.SERIF) < fonts.text_width("m", fonts.SERIF) < 1000
    assert fonts.text_width("𠮷", fonts.SANS) == 1000
