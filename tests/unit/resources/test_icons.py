"""Icons are of one set, and the theme can tint them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).parents[3] / "resources" / "icons"
NEEDED = [
    "today",
    "enterprises",
    "visits",
    "issues",
    "sync",
    "settings",
    "search",
    "print",
    "add",
    "remove",
    "copy",
    "check",
    "warning",
    "offline",
    "online",
    "photo",
    "signature",
    "close",
    "back",
    "forward",
]
FILES = sorted(FOLDER.glob("*.svg"))


@pytest.mark.parametrize("name", NEEDED)
def test_an_icon_is_there(name: str) -> None:
    assert (FOLDER / f"{name}.svg").is_file()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_icon_is_a_line_drawing_the_theme_can_tint(file: Path) -> None:
    root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox") == "0 0 24 24"
    assert (root.get("stroke"), root.get("fill")) == ("currentColor", "none")
    colours = {
        e.get(a) for e in root.iter() if e is not root for a in ("stroke", "fill", "style") if e.get(a)
    }
    assert colours == set()
    assert len(list(root)) > 0
