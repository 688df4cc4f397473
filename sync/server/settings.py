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
    """`data` holds `center.db` (unless a PostgreSQL URL is given) and `files/` (unless attachments are elsewhere).

    `blobs` is where attachments lie: a folder, `s3://bucket/prefix`, or None for `files/`; what a centre was set up with
    stands in its database (`blob_place.settled`). Picklable: workers get it handed over.
    """

    data: Path
    database_url: str
    blobs: str | None = None

    @classmethod
    def of(cls, data: str | None, database: str | None, blobs: str | None = None) -> ServerSettings:
        """From `--data`, `--database` and `--blobs`. Raises KnownError for a kind that is not supported."""
        folder = Path(data).expanduser().resolve() if data else default_folder()
        place = _place(blobs) if blobs else None
        if not database:
            return cls(folder, f"sqlite:///{folder / DATABASE_FILE}", place)
        scheme, separator, rest = database.partition("://")
        if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
            return cls(folder, f"postgresql+psycopg://{rest}", place)
        if separator and scheme == "sqlite":
            return cls(folder, database, place)
        raise KnownError(
            "database_url",
            "数据库地址只支持 PostgreSQL（postgresql://用户:密码@主机/库名）或 SQLite（sqlite:///文件路径）。",
        )

    @property
    def files(self) -> Path:
        """Where attachments lie if nobody said otherwise."""
        return self.data / "files"

    @property
    def place(self) -> str:
        """Where attachments lie."""
        return self.blobs or str(self.files)

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
            (self.data if self.blobs else self.files).mkdir(parents=True, exist_ok=True)
        except (NotADirectoryError, FileExistsError) as error:
            raise KnownError("data_folder", f"{self.data} 不是文件夹。请用 --data 换一个。") from error
        except OSError as error:
            known = known_from(error)
            if known is None:
                raise
            raise known from error
        return self


def _place(blobs: str) -> str:
    if blobs.startswith("s3://"):
        return blobs.rstrip("/")
    if "://" in blobs:
        raise KnownError(
            "blobs_address", "附件可以放在文件夹或 S3（s3://桶名/前缀）里，别的地址不支持。请改 --blobs。"
        )
    return str(Path(blobs).expanduser().resolve())


def default_folder() -> Path:
    """The server's data folder where none is named, by the custom of the system."""
    if sys.platform == "win32":
        base = Path(os.environ.get("PROGRAMDATA") or Path.home())
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "zhuqitong-server"
