"""What every page of the shell is: a name, a head, a body, and three ways to speak to the shell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui import theme
from ui.notices import Notice
from ui.widgets.page_head import PageHead
from ui.work import Runner, Work


class Page(QWidget):
    """`go(place, target)` asks the shell to open something; `said(Notice)` shows a line; `back` leaves the page.

    A page is told to `refresh` when it is shown and when the store has altered beneath it.
    """

    go = Signal(str, object)
    said = Signal(object)
    back = Signal()
    name = ""

    def __init__(self, title: str, remark: str = "", crumb: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.head = PageHead(title, remark, (crumb, self.back.emit) if crumb else None)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(theme.GRID * 3, theme.GRID * 2, theme.GRID * 3, theme.GRID * 2)
        self.body.setSpacing(theme.GRID * 3 // 2)
        self.body.addWidget(self.head)

    def refresh(self) -> None:
        """Look everything up again."""

    def show_target(self, target: Any) -> None:
        """Open the page at something: an id, or the name of a part."""

    def first_focus(self) -> QWidget | None:
        """What has the focus when the page opens."""
        return None

    def tell(self, text: str, **options: Any) -> None:
        """Show a line of text to the person."""
        self.said.emit(Notice(text, **options))


class Presenter(QObject):
    """Asks `app.services` through the runner on behalf of one page. It lives and dies with the page."""

    def __init__(self, desk: Any, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self.desk = desk
        self.runner = runner
        self._newest: dict[str, Work] = {}

    def look_up(
        self, name: str, function: Callable[..., Any], *args: Any, then: Callable[[Any], None], **options: Any
    ) -> Work:
        """Read something for the page; an older answer to the same `name` is dropped when a newer was asked for."""

        def deliver(result: Any) -> None:
            if self._newest.get(name) is work:
                then(result)

        former = self._newest.get(name)
        if former is not None:
            former.stop()
        work = self.runner.read(function, *args, then=deliver, owner=self, **options)
        self._newest[name] = work
        work.ended.connect(lambda: self._forget(name, work))
        return work

    def act(
        self, function: Callable[..., Any], *args: Any, then: Callable[[Any], None], **options: Any
    ) -> Work:
        """Alter something on the one writing thread."""
        return self.runner.write(function, *args, then=then, owner=self, **options)

    def _forget(self, name: str, work: Work) -> None:
        if self._newest.get(name) is work:
            del self._newest[name]


def later(parent: QObject, milliseconds: int, act: Callable[[], None]) -> QTimer:
    """A timer that calls `act` once, some time after the last `start()`."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(act)
    return timer
