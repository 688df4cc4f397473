"""Where things lie: the program's resources and the user's data folder."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from app.errors import known_from


def resources() -> Path:
    """The folder of what is not code (forms, dictionaries, icons …), beside the rooms."""
    return Path(__file__).resolve().parent.parent / "resources"


def default_data_folder() -> Path:
    """The desk's data folder for this user, by the custom of the system."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "zhuqitong"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """One desk's data: `store.db`, `attachments/`, `papers/`, `settings.json`, `logs/`."""

    root: Path

    def ensure(self) -> DataFolder:
        """Make the folders. Raises KnownError where the disk refuses."""
        try:
            for folder in (self.root, self.attachments, self.papers, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            known = known_from(error)
            if known is None:
                raise
            raise known from error
        return self

    @property
    def store(self) -> Path:
        return self.root / "store.db"

    @property
    def attachments(self) -> Path:
        return self.root / "attachments"

    @property
    def papers(self) -> Path:
        return self.root / "papers"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def settings(self) -> Path:
        return self.root / "settings.json"
