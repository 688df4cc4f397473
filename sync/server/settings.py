"""Where one centre keeps its things, and what its limits are."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from app.errors import KnownError, known_from

DATABASE_FILE = "center.db"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """`data` holds `center.db` (unless a PostgreSQL URL is given) and `files/`. Picklable: workers get it handed over."""

    data: Path
    database_url: str

    @classmethod
    def of(cls, data: str | None, database: str | None) -> ServerSettings:
        """From `--data` and `--database`. Raises KnownError for a database of a kind that is not supported."""
        folder = Path(data).expanduser().resolve() if data else default_folder()
        if not database:
            return cls(folder, f"sqlite:///{folder / DATABASE_FILE}")
        scheme, separator, rest = database.partition("://")
        if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
            return cls(folder, f"postgresql+psycopg://{rest}")
        if separator and scheme == "sqlite":
            return cls(folder, database)
        raise KnownError(
            "database_url",
            "数据库地址只支持 PostgreSQL（postgresql://用户:密码@主机/库名）或 SQLite（sqlite:///文件路径）。",
        )

    @property
    def files(self) -> Path:
        return self.data / "files"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_file(self) -> Path | None:
        """Where SQLite keeps the database, None on PostgreSQL."""
        if not self.is_sqlite:
            return None
        return Path(self.database_url.removeprefix("sqlite:///").partition("?")[0])

    def check_initialised(self) -> None:
        """A missing SQLite file must not be made by merely looking. Raises KnownError."""
        if self.sqlite_file is not None and not self.sqlite_file.is_file():
            raise KnownError(
                "not_initialised",
                f"{self.data} 里还没有中心数据库。请先运行 zhuqitong-server init（带上同样的 --data）。",
            )

    def ensure(self) -> ServerSettings:
        """Make the folders. Raises KnownError where the disk refuses."""
        try:
            (self.files / "parts").mkdir(parents=True, exist_ok=True)
        except (NotADirectoryError, FileExistsError) as error:
            raise KnownError("data_folder", f"{self.data} 不是文件夹。请用 --data 换一个。") from error
        except OSError as error:
            known = known_from(error)
            if known is None:
                raise
            raise known from error
        return self


def default_folder() -> Path:
    """The server's data folder where none is named, by the custom of the system."""
    if sys.platform == "win32":
        base = Path(os.environ.get("PROGRAMDATA") or Path.home())
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "zhuqitong-server"
