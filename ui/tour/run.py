"""Running the tour: its folder, its steps with their outcome and seconds, and what it leaves."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtWidgets import QWidget

from app.command_line import FAILED, FINE, say
from app.errors import KnownError, known_from


@dataclass(slots=True)
class Step:
    """One step of the day. `outcome` is `done` or `failed`; `facts` are what it found, for whoever checks."""

    number: int
    name: str
    outcome: str = "failed"
    seconds: float = 0.0
    pictures: list[str] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    error: str = ""


class Album:
    """The folder the tour leaves: numbered pictures, PDFs, and `tour.json`."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.steps: list[Step] = []
        self._pictures = 0

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """A step of the day; what goes wrong inside is noted and ends the tour."""
        step = Step(len(self.steps) + 1, name)
        self.steps.append(step)
        say(f"第 {step.number} 步　{name}")
        began = time.perf_counter()
        try:
            yield step
            step.outcome = "done"
        except Exception as error:
            step.error = getattr(error, "text", None) or f"{type(error).__name__}: {error}"
            raise
        finally:
            step.seconds = round(time.perf_counter() - began, 3)

    def picture(self, window: QWidget, name: str) -> str:
        """Write the window's picture; the name says what is to be seen."""
        self._pictures += 1
        file = f"{self._pictures:02d} {name}.png"
        if not window.grab().save(str(self.out / file)):
            raise KnownError("picture", f"图片写不出来：{self.out / file}。请检查磁盘空间和文件夹权限。")
        self.steps[-1].pictures.append(file)
        return file

    def paper(self, path: Path, name: str) -> Path:
        """Keep a PDF under a name of the tour's."""
        kept = self.out / f"{name}.pdf"
        shutil.copyfile(path, kept)
        self.steps[-1].papers.append(kept.name)
        return kept

    def write(self, roster: Path, seconds: float) -> dict[str, Any]:
        """`tour.json`."""
        report = {
            "outcome": "done" if all(step.outcome == "done" for step in self.steps) else "failed",
            "roster": str(roster),
            "seconds": round(seconds, 3),
            "steps": [asdict(step) for step in self.steps],
        }
        text = json.dumps(report, ensure_ascii=False, indent=2)
        (self.out / "tour.json").write_text(text + "\n", encoding="utf-8")
        return report


def _qt_says(_kind: object, _context: object, message: str) -> None:
    """Qt's own words on the terminal, but for what a platform without a screen cannot do."""
    if not message.startswith("This plugin does not support"):
        print(message, file=sys.stderr)


def run_tour(
    out: Path, roster: Path | None = None, scheme: str = "light", scale: int = 100, *, as_json: bool = False
) -> int:
    """Tell the day. `scheme` and `scale` are the looks of every window. Exit code 0, or 1 where a step failed."""
    # Headless by its nature: it must look the same on every machine and not disturb anybody's screen.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from ui.embedded import DEMO_ROSTER
    from ui.tour.day import Day

    qInstallMessageHandler(_qt_says)

    try:
        out.mkdir(parents=True, exist_ok=True)
        for old in (*out.glob("*.png"), *out.glob("*.pdf"), out / "tour.json"):
            old.unlink(missing_ok=True)
    except OSError as error:
        raise known_from(error) or KnownError("out", f"这个文件夹用不了：{out}") from error
    roster = roster or DEMO_ROSTER
    if not roster.exists():
        raise KnownError("no_roster", f"没有这个名册文件：{roster}")
    album = Album(out)
    began = time.perf_counter()
    failed = ""
    with tempfile.TemporaryDirectory(prefix="zhuqitong-tour-") as work:
        day = Day(album, Path(work), roster, scheme, scale)
        try:
            day.tell()
        except Exception as error:
            failed = getattr(error, "text", None) or str(error)
            if not isinstance(error, KnownError):
                traceback.print_exc(file=sys.stderr)
            day.picture_of_failure()
        finally:
            day.close()
    report = album.write(roster, time.perf_counter() - began)
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
    elif failed:
        say(f"没有走完：{failed}")
    else:
        print(f"都走完了，用时 {report['seconds']:.0f} 秒。图片、PDF 和 tour.json 在 {out}")
    return FAILED if failed else FINE
