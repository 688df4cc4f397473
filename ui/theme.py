"""One set of tokens, light and dark, and the one style sheet made from them. No colour or size stands elsewhere.

White space is fixed (an 8-px grid), text and what holds text grows with the scale.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from app.paths import resources

LIGHT: Final = "light"
DARK: Final = "dark"
SYSTEM: Final = "system"
SCALES: Final = (90, 100, 115, 125, 150, 175)
"""Font scales offered, in per cent."""

GRID: Final = 8
"""Half steps are GRID // 2; margins and gaps are multiples of it, whatever the font scale."""

SIZES: Final = {
    "small": 12,
    "table": 13,
    "body": 14,
    "head": 15,
    "title": 18,
    "row": 34,
    "control": 32,
    "nav": 36,
    "bar": 48,
    "foot": 32,
    "icon": 18,
    "side": 152,
    "field": 200,
    "label": 72,
    "pane": 380,
    "sheet": 440,
    "search": 420,
}
"""Named lengths in px at 100 %; `Theme.size` scales them."""

TOKENS: Final[dict[str, dict[str, str]]] = {
    LIGHT: {
        "window": "#F5F6F8",
        "surface": "#FFFFFF",
        "line": "#DEE1E6",
        "edge": "#C9CED6",
        "field": "#FFFFFF",
        "hover": "#EEF1F5",
        "text": "#1F2329",
        "quiet": "#5F6672",
        "accent": "#2457C5",
        "accent-hover": "#1D479F",
        "accent-soft": "#E7EEFB",
        "on-accent": "#FFFFFF",
        "green": "#2E7D4F",
        "yellow": "#8F5F00",
        "red": "#C0392B",
        "blue": "#2B6CB0",
        "grey": "#5F6672",
        "green-soft": "#EAF6EE",
        "yellow-soft": "#FFF3D9",
        "red-soft": "#FCEBE9",
        "blue-soft": "#E5F0FA",
        "grey-soft": "#EEF0F3",
    },
    DARK: {
        "window": "#1B1D21",
        "surface": "#24272C",
        "line": "#3A3F47",
        "edge": "#4B515B",
        "field": "#1B1D21",
        "hover": "#2E3238",
        "text": "#E8EAED",
        "quiet": "#A3A9B3",
        "accent": "#7AA2F7",
        "accent-hover": "#9AB8F9",
        "accent-soft": "#2A3652",
        "on-accent": "#14171C",
        "green": "#6FCF97",
        "yellow": "#E9B949",
        "red": "#F28B82",
        "blue": "#8AB4F8",
        "grey": "#A3A9B3",
        "green-soft": "#1F3A2B",
        "yellow-soft": "#40351A",
        "red-soft": "#47292A",
        "blue-soft": "#26364F",
        "grey-soft": "#32363D",
    },
}
"""ui.md, Look. Yellow and grey are a shade darker than there in light: on their soft ground they must reach 4.5."""

TONES: Final = ("green", "yellow", "red", "blue", "grey")

FAMILY: Final = "Noto Sans SC"


@dataclass(frozen=True, slots=True)
class Theme:
    """What everything is drawn with: a scheme (`light` or `dark`) and a font scale in per cent (90–175)."""

    scheme: str = LIGHT
    scale: int = 100
    _tokens: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.scheme not in TOKENS:
            raise ValueError(f"no such scheme: {self.scheme!r}")
        object.__setattr__(self, "scale", max(90, min(175, int(self.scale))))
        object.__setattr__(self, "_tokens", TOKENS[self.scheme])

    def hex(self, token: str) -> str:
        """`#RRGGBB` of a token."""
        return self._tokens[token]

    def color(self, token: str) -> QColor:
        return QColor(self._tokens[token])

    def px(self, length: float) -> int:
        """A length in px at 100 %, scaled."""
        return round(length * self.scale / 100)

    def size(self, name: str) -> int:
        """A named length (`SIZES`), scaled."""
        return self.px(SIZES[name])

    def font(self, name: str = "body", *, bold: bool = False) -> QFont:
        """The bundled font in a named size."""
        font = QFont(FAMILY)
        font.setPixelSize(self.size(name))
        font.setBold(bold)
        return font

    def palette(self) -> QPalette:
        """For what the style sheet does not reach: Fusion's own drawing."""
        palette = QPalette()
        role = QPalette.ColorRole
        pairs = {
            role.Window: "window",
            role.WindowText: "text",
            role.Base: "field",
            role.AlternateBase: "hover",
            role.Text: "text",
            role.Button: "surface",
            role.ButtonText: "text",
            role.BrightText: "red",
            role.ToolTipBase: "surface",
            role.ToolTipText: "text",
            role.PlaceholderText: "quiet",
            role.Highlight: "accent-soft",
            role.HighlightedText: "text",
            role.Link: "accent",
            role.LinkVisited: "accent",
            role.Accent: "accent",
            role.Light: "surface",
            role.Midlight: "line",
            role.Mid: "line",
            role.Dark: "edge",
            role.Shadow: "edge",
        }
        for target, token in pairs.items():
            palette.setColor(target, self.color(token))
        for target in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, target, self.color("quiet"))
        return palette

    def sheet(self, icons: Path) -> str:
        """The style sheet: `@token` becomes a colour, `14sp` a scaled length, `%name%` a drawn icon in `icons`."""
        # In the order of their names: desk.qss first, then what single pages add.
        files = sorted((resources() / "styles").glob("*.qss"))
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        text = re.sub(r"@([a-z-]+)", lambda match: self.hex(match[1]), text)
        text = re.sub(r"\b(\d+)sp\b", lambda match: f"{self.px(int(match[1]))}px", text)
        return text.replace("%icons%", icons.as_posix())


_SHEET_ICONS = {"arrow": ("down", "quiet"), "tick": ("tick", "on-accent"), "dot": ("dot", "on-accent")}
_SHEET_SHAPES = {
    "down": '<path d="M7 10l5 5 5-5" fill="none" stroke="{0}" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round"/>',
    "tick": '<path d="M5 12.5l4.5 4.5L19 7.5" fill="none" stroke="{0}" stroke-width="3" '
    'stroke-linecap="round" stroke-linejoin="round"/>',
    "dot": '<circle cx="12" cy="12" r="5" fill="{0}"/>',
}

_current = Theme()
_drawn: tempfile.TemporaryDirectory[str] | None = None


def current() -> Theme:
    """The theme last applied. Widgets that paint ask for it when they paint, so that a change reaches them."""
    return _current


def resolve(choice: str, app: QApplication) -> str:
    """`light`, `dark`, or for `system` what the system prefers."""
    if choice in TOKENS:
        return choice
    return DARK if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def load_fonts() -> None:
    """Take the bundled fonts into the application, once. KnownError where the installation lacks them."""
    from app.fonts import sans_file

    if FAMILY not in QFontDatabase.families() and QFontDatabase.addApplicationFont(str(sans_file())) < 0:
        from app.errors import KnownError

        raise KnownError("font_missing", "安装不完整：中文字体无法载入。请重新安装驻企通。")


def apply(app: QApplication, theme: Theme) -> None:
    """Dress the whole application; may be called again at any time."""
    global _current
    _current = theme
    load_fonts()
    if not app.property("dressed"):
        # Once: with a style sheet the style is Qt's own wrapper, and replacing it under living widgets crashes.
        app.setStyle("Fusion")
        app.setProperty("dressed", True)
    app.setFont(theme.font())
    app.setPalette(theme.palette())
    app.setStyleSheet(theme.sheet(_draw_sheet_icons(theme)))


def _draw_sheet_icons(theme: Theme) -> Path:
    """Qt's style sheets take pictures from files only: the few marks they need are drawn into a temporary folder."""
    global _drawn
    if _drawn is None:
        _drawn = tempfile.TemporaryDirectory(prefix="zhuqitong-", ignore_cleanup_errors=True)
    # A folder per scheme: Qt caches pictures by name.
    folder = Path(_drawn.name) / theme.scheme
    folder.mkdir(exist_ok=True)
    for name, (shape, token) in _SHEET_ICONS.items():
        body = _SHEET_SHAPES[shape].format(theme.hex(token))
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">{body}</svg>'
        )
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    return folder
