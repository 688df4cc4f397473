"""A desk in a process of its own that is killed in the middle of a visit: `python -m ui.tour.interrupted DATA VISIT`.

Fills in the first answers with the real window, says `saved` when they are committed, and waits for its end.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from PySide6.QtCore import QTimer

from ui.application import DeskApplication, make_application
from ui.tour.answers import BEFORE_THE_CUT
from ui.tour.form_hand import FormHand
from ui.tour.hand import Hand


def main(data: str, visit: str) -> int:
    """Fill in, say so, wait."""
    app = make_application()
    desk = DeskApplication(Path(data))

    def fill() -> None:
        try:
            fill_in()
        except Exception:
            # Nobody can see this window: say what is wrong and end, so that the tour does not wait.
            traceback.print_exc()
            app.exit(1)

    def fill_in() -> None:
        hand = Hand(desk.window)
        hand.until(lambda: desk.window.current_page == "today", "今日")
        desk.window.go("filling", visit)
        page = desk.window.page
        assert page is not None
        form = FormHand(hand, page)
        for path, values in BEFORE_THE_CUT:
            form.answer(path, *values)
        form.saved()
        print("saved", flush=True)

    desk.open()
    QTimer.singleShot(0, desk, fill)
    return int(app.exec())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
