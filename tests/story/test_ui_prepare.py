"""出发准备: tick, print, look."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.support.desks import officer_desk
from tests.support.pictures import picture
from tests.support.windows import window_of


@pytest.mark.slow
def test_the_checklists_of_two_enterprises_become_one_pdf(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as officer:
        officer.open("visits")
        officer.press("出发准备")
        officer.until(lambda: officer.window.current_page == "prepare")
        officer.settle()
        page = officer.window.page
        assert officer.reads("已选 0 家，共 8 家")
        assert not officer.can_press("打印走访清单")
        page.table.setFocus()
        officer.key(Qt.Key.Key_Space)
        officer.key(Qt.Key.Key_Down)
        officer.key(Qt.Key.Key_Return)
        assert officer.reads("已选 2 家，共 8 家")
        picture(officer.window, "prepare")
        officer.press("打印走访清单")
        officer.until(lambda: officer.window.current_page == "preview", 60_000)
        preview = officer.window.page
        assert preview.path.read_bytes().startswith(b"%PDF")
        assert preview.path.parent == officer.window.desk.folder.papers
        assert officer.reads("走访清单已生成，共")
        assert officer.can_press("打开文件夹")
        picture(officer.window, "preview")
        officer.key(Qt.Key.Key_Escape)
        assert officer.window.current_page == "prepare"


@pytest.mark.slow
def test_printing_can_be_stopped_and_nothing_is_opened(tmp_path: Path, qtbot: QtBot) -> None:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as officer:
        officer.window.go("prepare", tuple(f"ent-{number}" for number in range(8)))
        officer.settle()
        page = officer.window.page
        officer.press("打印走访清单")
        assert page.progress.isVisible()
        officer.press("停止")
        officer.until(page.progress.isHidden, 60_000)
        officer.settle()
        assert officer.window.current_page == "prepare"
        assert officer.can_press("打印走访清单")
