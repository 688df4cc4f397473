"""The dictionaries that come with the program (`resources/dictionaries/*.json`), as a server publishes them first."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from app.domain.taxonomy import Dictionaries
from app.paths import resources


@cache
def builtin() -> dict[str, Any]:
    """Name → parsed file: `{"version": …, "items": […]}`."""
    folder = resources() / "dictionaries"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


@cache
def builtin_rules() -> Dictionaries:
    """The part the rules need."""
    return Dictionaries.parse(builtin())
