"""走访周期 as a person sets it: one or several enterprises, with what it does said first, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.visit import Cycle
from app.services import visit_cycles
from tests.support.desks import coordinator_desk, officer_desk
from tests.support.pictures import picture
from tests.support.windows import english, window_of


def test_several_are_set_at_once_with_what_it_does_and_taken_back(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as officer:
        officer.open("enterprises")
        officer.press("走访周期")
        officer.until(lambda: officer.window.current_page == "cycles")
        officer.settle()
        page = officer.window.page
        page.table.setFocus()
        for _ in range(3):
            officer.key(Qt.Key.Key_Space)
            officer.key(Qt.Key.Key_Down)
        page.chips.choose("week")
        officer.settle()
        assert officer.reads("3 家要改")
        assert officer.reads(" → ")
        picture(officer.window, "cycles")
        officer.press("设为每周")
        officer.settle()
        assert officer.reads("3 家的走访周期已改。")
        desk = officer.window.desk
        assert sum(line.cycle is Cycle.WEEK for line in visit_cycles.listing(desk)) == 3
        assert not english(officer.texts())
        officer.press("撤销")
        officer.settle()
        assert officer.reads("3 家的走访周期已改回。")
        assert not any(line.cycle is Cycle.WEEK for line in visit_cycles.listing(desk))


@pytest.mark.slow
def test_a_coordinator_sees_the_whole_park(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(coordinator_desk(tmp_path / "desk"), qtbot) as coordinator:
        coordinator.open("enterprises")
        coordinator.press("走访周期")
        coordinator.until(lambda: coordinator.window.current_page == "cycles")
        coordinator.settle()
        page = coordinator.window.page
        coordinator.write(page.text, "刘洋")
        page.table.setFocus()
        page.table.choose(page.model.key_at(0))
        page.chips.choose("month")
        coordinator.press("设为每月")
        coordinator.settle()
        assert coordinator.reads("同步后各联络员会看到")
        picture(coordinator.window, "cycles_park")
