"""One set of tokens: readable in both schemes, nothing left unreplaced, no colour or size anywhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from ui import theme

UI = Path(theme.__file__).parent
TEXT_ON_GROUND = [
    *[(text, ground) for text in ("text", "quiet", "accent") for ground in ("window", "surface", "field")],
    *[(tone, ground) for tone in theme.TONES for ground in (f"{tone}-soft", "surface")],
    ("on-accent", "accent"),
    ("accent", "accent-soft"),
    ("text", "accent-soft"),
    ("text", "hover"),
]


def luminance(color: QColor) -> float:
    """WCAG 2's relative luminance."""

    def part(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return 0.2126 * part(color.redF()) + 0.7152 * part(color.greenF()) + 0.0722 * part(color.blueF())


def contrast(one: QColor, other: QColor) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [theme.LIGHT, theme.DARK])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read_on_its_ground(scheme: str, text: str, ground: str) -> None:
    look = theme.Theme(scheme)
    assert contrast(look.color(text), look.color(ground)) >= 4.5


def test_both_schemes_have_the_same_tokens() -> None:
    assert theme.TOKENS[theme.LIGHT].keys() == theme.TOKENS[theme.DARK].keys()


@pytest.mark.parametrize("scheme", [theme.LIGHT, theme.DARK])
def test_the_style_sheet_is_filled_in_completely(scheme: str, tmp_path: Path) -> None:
    sheet = theme.Theme(scheme, 150).sheet(tmp_path)
    assert "@" not in sheet
    assert not re.search(r"\dsp\b", sheet)
    assert "%" not in sheet


def test_the_font_scale_stays_within_its_bounds_and_scales_lengths() -> None:
    assert theme.Theme(theme.LIGHT, 20).scale == 90
    assert theme.Theme(theme.LIGHT, 400).scale == 175
    assert theme.Theme(theme.LIGHT, 150).size("row") == 51
    assert theme.Theme(theme.LIGHT, 150).font("body").pixelSize() == 21


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="no such scheme"):
        theme.Theme("sepia")


def test_applying_a_theme_again_and_again_dresses_living_widgets(qtbot: QtBot, qapp: object) -> None:
    from PySide6.QtWidgets import QApplication, QLineEdit

    assert isinstance(qapp, QApplication)
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()
    for scheme, scale in ((theme.LIGHT, 100), (theme.DARK, 150), (theme.LIGHT, 90), (theme.DARK, 100)):
        theme.apply(qapp, theme.Theme(scheme, scale))
        assert theme.current() == theme.Theme(scheme, scale)
        assert qapp.font().pixelSize() == theme.current().size("body")
        assert qapp.font().family() == theme.FAMILY
    theme.apply(qapp, theme.Theme())


def test_no_colour_stands_outside_the_theme_and_no_style_sheet_in_widgets() -> None:
    for path in sorted(UI.rglob("*.py")):
        if path.name == "theme.py" or "tour" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"[\"']#[0-9A-Fa-f]{6}\b", source), path
        assert "setStyleSheet" not in source, path
        assert not re.search(r"setP(oint|ixel)Size", source), path


def test_nothing_blocks_or_reenters() -> None:
    for path in sorted(UI.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for word in ("processEvents", "QMessageBox", "QInputDialog", "time.sleep", "nested_loop"):
            assert word not in source, (path, word)
