"""What a person set for this laptop: looks, not work. A typed model with a version, kept as JSON in the data folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import known_from

VERSION = 1


class Settings(BaseModel):
    """`scale` in percent of the normal font size. Fields a later version wrote are kept."""

    model_config = ConfigDict(extra="allow", validate_assignment=True)
    version: int = VERSION
    scheme: Literal["system", "light", "dark"] = "system"
    scale: int = Field(default=100, ge=90, le=175)
    last_server: str = ""
    last_account: str = ""


def load(path: Path) -> Settings:
    """The settings, or the usual ones where there are none or the file cannot be read: looks must never stop work."""
    try:
        return Settings.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return Settings()


def save(path: Path, settings: Settings) -> None:
    """Write them whole or not at all. KnownError where the disk refuses."""
    temporary = path.with_suffix(".part")
    try:
        temporary.write_text(
            json.dumps(settings.model_dump(mode="json"), ensure_ascii=False, indent=1), "utf-8"
        )
        os.replace(temporary, path)
    except OSError as error:
        known = known_from(error)
        if known is None:
            raise
        raise known from error
