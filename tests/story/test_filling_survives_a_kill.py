"""The real window is killed in the middle of a visit; started again, every answer stands there as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.paths import DataFolder
from app.services import visits
from app.services.desk import Desk
from tests.support.desks import officer_desk
from tests.support.filling_program import answers

Line = dict[str, Any]
HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an open visit, nobody at work on it."""
    with officer_desk(tmp_path) as desk:
        visits.start_visit(desk, "ent-1")
    return tmp_path


@contextmanager
def at_work(folder: Path, task: str) -> Iterator[Callable[[Callable[[Line], bool]], Line]]:
    """The program, filling or showing the visit; gives a function that reads its lines until one is as wanted.

    It is killed with SIGKILL in the end: it has no time to do anything about it.
    """
    with Desk.open(DataFolder(folder)) as desk:
        visit = next(line.id for line in visits.listing(desk) if line.enterprise == "ent-1" and line.mine)
    with tempfile.TemporaryFile("w+") as complaints:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.support.filling_program", str(folder), visit, task],
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
            cwd=HOME,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
        assert program.stdout is not None

        def until(wanted: Callable[[Line], bool]) -> Line:
            assert program.stdout is not None
            for text in program.stdout:
                line: Line = json.loads(text)
                if wanted(line):
                    return line
            program.wait()
            complaints.seek(0)
            pytest.fail(f"the program ended by itself ({program.returncode}):\n{complaints.read()}")

        try:
            yield until
        finally:
            program.send_signal(signal.SIGKILL)
            program.wait()
            program.stdout.close()


def stored(folder: Path) -> dict[str, str]:
    """What the store holds of the visit."""
    with Desk.open(DataFolder(folder)) as desk:
        visit = next(line.id for line in visits.listing(desk) if line.enterprise == "ent-1" and line.mine)
        return answers(visits.open_filling(desk, visit).filling)


def is_whole(line: Line) -> bool:
    return "whole" in line


@pytest.mark.slow
def test_killed_after_the_last_answer_everything_stands_there_again(folder: Path) -> None:
    with at_work(folder, "fill") as until:
        filled = until(is_whole)
    assert filled["whole"]["/difficulties/b02_problems[2]/b02_title"] == "春节前缺窑炉工六人"
    assert filled["whole"]["/operation/a03_output"] == "2480.00"
    assert filled["whole"]["/confirmation/z3_signature"]

    assert stored(folder) == filled["whole"]
    with at_work(folder, "show") as until:
        shown = until(is_whole)
    assert shown["whole"] == filled["whole"]
    assert shown["section"] == "确认"


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", ["/header/h5_person", "/operation/a11_vacancies[2]/a11_post", "/suggestions/c01_plans"]
)
def test_killed_in_the_middle_nothing_is_lost_that_was_said_to_be_saved(folder: Path, moment: str) -> None:
    with at_work(folder, "fill") as until:
        saved = until(lambda line: moment in line.get("saved", {}))["saved"]

    kept = stored(folder)
    # More may have been committed between the word and the kill, less may not.
    assert {path: kept.get(path) for path in saved} == saved

    with at_work(folder, "show") as until:
        assert until(is_whole)["whole"] == kept
