"""What a person set for this laptop: looks, not work. A typed model with a version, kept as JSON in the data folder.

Plain dataclass: it is read before the first paint, and a validation library would cost a third of that time.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from app.errors import known_from

VERSION = 1
SCHEMES = ("system", "light", "dark")
SCALES = range(90, 176)


@dataclass(frozen=True, slots=True)
class Settings:
    """`scale` in percent of the normal font size. Fields a later version wrote are kept in `others`."""

    version: int = VERSION
    scheme: str = "system"
    scale: int = 100
    last_server: str = ""
    last_account: str = ""
    others: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES or self.scale not in SCALES:
            raise ValueError(f"no such looks: {self.scheme!r}, {self.scale!r}")

    def altered(self, **changes: Any) -> Settings:
        """The same with other values. ValueError for looks there are not."""
        return replace(self, **changes)


def load(path: Path) -> Settings:
    """The settings, or the usual ones where there are none or the file cannot be read: looks must never stop work.

    A field that makes no sense is the usual one; the others stand.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(found, dict):
        return Settings()
    usual = asdict(Settings())
    known = {item.name for item in fields(Settings)} - {"others"}
    settings = Settings(others={name: value for name, value in found.items() if name not in known})
    for name in known & found.keys():
        if type(found[name]) is type(usual[name]):
            try:
                settings = settings.altered(**{name: found[name]})
            except ValueError:
                continue
    return settings


def save(path: Path, settings: Settings) -> None:
    """Write them whole or not at all. KnownError where the disk refuses."""
    body = asdict(settings)
    body = {**body.pop("others"), **body}
    temporary = path.with_suffix(".part")
    try:
        temporary.write_text(json.dumps(body, ensure_ascii=False, indent=1), "utf-8")
        os.replace(temporary, path)
    except OSError as error:
        known = known_from(error)
        if known is None:
            raise
        raise known from error
