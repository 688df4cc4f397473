"""The real program on a data folder, somebody filling a visit's form in its window. Started by tests, and killed.

`python -m tests.support.filling_program FOLDER VISIT fill|show` prints one JSON object a line:
`{"saved": {path: text}}` whenever the window has said 「已保存」, `{"whole": {path: text}}` when everything typed is
said to be saved (`fill`) or when the form stands on screen (`show`). Then it waits to be killed.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtTest import QTest

from app.services import visits
from forms.definition import Question
from forms.filling import Filling
from tests.support.filling import Desktop, fill_whole_visit
from ui.application import DeskApplication, make_application
from ui.filling.page import FillingPage

LONGEST_MS = 30_000


class Hands:
    """What of a QtBot the hands in `tests.support.filling` use, without a test around it."""

    keyClick = staticmethod(QTest.keyClick)
    keyClicks = staticmethod(QTest.keyClicks)
    mouseClick = staticmethod(QTest.mouseClick)
    mousePress = staticmethod(QTest.mousePress)
    mouseMove = staticmethod(QTest.mouseMove)
    mouseRelease = staticmethod(QTest.mouseRelease)

    def waitUntil(self, condition: Callable[[], Any]) -> None:
        if condition():
            return
        loop = QEventLoop()
        look, limit = QTimer(interval=5), QTimer(singleShot=True, interval=LONGEST_MS)
        look.timeout.connect(lambda: loop.quit() if condition() else None)
        limit.timeout.connect(loop.quit)
        look.start()
        limit.start()
        loop.exec()
        look.stop()
        if not condition():
            raise TimeoutError(traceback.format_stack()[-2])


def answers(filling: Filling) -> dict[str, str]:
    """Every answer as text."""
    found = {}
    for path in filling.walk():
        value = filling.get(path)
        if isinstance(filling.node(path).item, Question) and value is not None:
            found[path] = " ".join(value) if isinstance(value, tuple) else str(value)
    return found


def tell(**words: Any) -> None:
    print(json.dumps(words, ensure_ascii=False), flush=True)


def main(folder: str, visit: str, task: str) -> None:
    app = make_application()
    program = DeskApplication(Path(folder))
    program.open()
    hands = Hands()
    hands.waitUntil(lambda: program.window.current_page == "today")
    program.window.go("filling", visit)
    page = program.window.page
    assert isinstance(page, FillingPage)
    hands.waitUntil(lambda: page.session is not None)
    desk = program.desk
    at: Any = Desktop(hands, desk, program.runner, visits.visit_of(desk, visit), page)  # type: ignore[arg-type]
    if task == "fill":
        page.saved.connect(lambda _moment: tell(saved=answers(at.stored())))
        fill_whole_visit(at)
        at.until_saved()
    tell(whole=answers(at.filling), section=page.view.section.label if page.view.section else "")
    app.exec()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception:
        # The program's own hook would show this in its window.
        traceback.print_exc()
        sys.exit(1)
