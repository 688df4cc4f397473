"""The shell: name and search at the top, navigation at the left, the page in the middle, the truth at the foot.

It opens before the store does and imports nothing heavy; pages are imported when the desk is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ui import theme
from ui.errors import Trouble
from ui.foot import Foot
from ui.navigation import Navigation, Place
from ui.notices import Kind, Notice, NoticeBar
from ui.page import Page, Presenter, later
from ui.search import SearchBox
from ui.widgets.label import ElidedLabel, label
from ui.work import Runner

PLACES = {
    "today": Place("today", "今日", "today"),
    "enterprises": Place("enterprises", "企业", "enterprises"),
    "visits": Place("visits", "走访", "visits"),
    "issues": Place("issues", "诉求", "issues"),
    "meetings": Place("meetings", "会议", "meetings"),
    "cases": Place("cases", "代办", "cases"),
    "registers": Place("registers", "台账", "registers"),
    "statistics": Place("statistics", "统计", "statistics"),
    "syncing": Place("syncing", "同步", "sync", second=True),
    "settings": Place("settings", "设置", "settings", second=True),
}
OFFICER_PLACES = (
    "today",
    "enterprises",
    "visits",
    "issues",
    "cases",
    "registers",
    "statistics",
    "syncing",
    "settings",
)
PARK_PLACES = (
    "today",
    "issues",
    "meetings",
    "enterprises",
    "cases",
    "registers",
    "statistics",
    "syncing",
    "settings",
)
HANDLER_PLACES = ("today", "issues", "statistics", "syncing", "settings")
HOMES = {
    "enterprise": "enterprises",
    "assigning": "enterprises",
    "cycles": "enterprises",
    "verifying": "enterprises",
    "meeting": "meetings",
    "case": "cases",
    "reviews": "cases",
    "review": "cases",
    "review_filling": "cases",
    "projects": "cases",
    "project": "cases",
    "record": "registers",
    "entry_filling": "registers",
    "policies": "registers",
    "grading": "registers",
    "providers": "registers",
    "blacklist": "registers",
    "filling": "visits",
    "revisit_filling": "issues",
    "prepare": "visits",
    "preview": "visits",
    "visit": "visits",
    "plans": "visits",
    "entries": "visits",
}
"""Pages opened from others → the navigation's page they belong to."""
REFRESH_AFTER_MS = 80
REFRESH_WHILE_SYNCING_MS = 700
"""A run commits many times a second: looking everything up each time would take the window's time and the run's."""


def places_of(*, officer: bool, park: bool) -> tuple[str, ...]:
    """The navigation of somebody who visits enterprises, works for the whole park, both or neither."""
    if officer and park:
        both = {*OFFICER_PLACES, *PARK_PLACES}
        return tuple(name for name in PLACES if name in both)
    return OFFICER_PLACES if officer else PARK_PLACES if park else HANDLER_PLACES


@dataclass(frozen=True, slots=True)
class Summary:
    """What the shell itself shows of the data."""

    counts: dict[str, int]
    pending: int
    attention: int
    last_sync: str
    clock_offset: float = 0.0
    """Seconds this laptop's clock is ahead of the centre's."""


class MainWindow(QWidget):
    """The one window. `show_sign_in`, `show_desk` and `show_trouble` say what it shows; `closing` is its last word."""

    settings_changed = Signal(object)
    """The `app.settings.Settings` somebody has just set; the window wears them already."""
    signed_out = Signal()
    page_changed = Signal(str)
    closing = Signal()
    _altered = Signal()

    def __init__(self, runner: Runner, settings: Any = None, parent: QWidget | None = None) -> None:
        self._worn: theme.Theme | None = None
        super().__init__(parent)
        self.setObjectName("window")
        self.setWindowTitle("驻企通")
        self.setMinimumSize(960, 600)
        self.resize(1366, 768)
        self.runner = runner
        self._settings = settings
        self._sync_code = ""
        self.desk: Any = None
        self.sync: Any = None
        self._presenter: Presenter | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._pages: dict[str, QWidget] = {}
        self._trail: list[tuple[str, QWidget]] = []
        self._build()
        runner.troubled.connect(self.show_notice_of)
        self._altered.connect(self._soon, Qt.ConnectionType.QueuedConnection)
        self._refresh_later = later(self, REFRESH_AFTER_MS, self.refresh)
        self._bind_keys()

    # ------------------------------------------------------------------ building

    def _build(self) -> None:
        self.search = SearchBox(self.runner, self)
        self.navigation = Navigation(self)
        self.stack = QStackedWidget(self)
        self.notices = NoticeBar(self)
        self.foot = Foot(self)
        self._who = ElidedLabel("", "small")
        self._who.setAlignment(Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar())
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.navigation)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.stack, 1)
        right.addWidget(self.notices)
        middle.addLayout(right, 1)
        column.addLayout(middle, 1)
        column.addWidget(self.foot)
        self._opening = label("正在打开本机数据……", "quiet")
        self._opening.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack.addWidget(self._opening)
        self.navigation.chosen.connect(self.open_page)
        self.foot.clicked.connect(lambda part: self.go("syncing", part))
        self.foot.stopped.connect(self.stop_sync)
        self.search.opened.connect(self.go)
        self._dress()
        self._furnish(False)

    def _bar(self) -> QFrame:
        self._top = QFrame()
        self._top.setObjectName("bar")
        line = QHBoxLayout(self._top)
        line.setContentsMargins(theme.GRID * 2, 0, theme.GRID * 2, 0)
        line.setSpacing(0)
        self._name = label("驻企通", "brand")
        line.addWidget(self._name)
        line.addWidget(self.search)
        line.addWidget(self._who, 1)
        return self._top

    def _bind_keys(self) -> None:
        for key, act in (("F5", self.sync_now), ("Esc", self.go_back), ("Alt+Left", self.go_back)):
            QShortcut(QKeySequence(key), self).activated.connect(act)

    def _dress(self) -> None:
        """Sizes that depend on the font scale, icons that depend on the scheme."""
        look = self._worn = theme.current()
        self._top.setFixedHeight(look.size("bar"))
        self.foot.setFixedHeight(look.size("foot"))
        self.navigation.resize_to_theme()
        self._name.setFixedWidth(self.navigation.width() - theme.GRID * 2)
        self.search.setFixedWidth(look.size("search"))
        self.search.redraw()
        self.foot.redraw()

    def _furnish(self, at_work: bool) -> None:
        """Navigation, search and foot belong to a signed-in desk only."""
        for widget in (self.navigation, self.search, self.foot):
            widget.setVisible(at_work)

    # ------------------------------------------------------------------ what it shows

    @property
    def current_page(self) -> str:
        """The name of the page shown: one of PLACES, `enterprise`, `filling`, `prepare`, `preview`, `sign_in` …"""
        return self._trail[-1][0] if self._trail else ""

    @property
    def settled(self) -> bool:
        """Nothing is being looked up or written, and no refresh waits for its moment."""
        return not self.runner.busy and not self._refresh_later.isActive()

    @property
    def page(self) -> QWidget | None:
        """The page shown."""
        return self.stack.currentWidget()

    def show_trouble(self, trouble: Trouble) -> None:
        """The store cannot be opened: say so calmly, in the middle."""
        from ui.trouble_page import TroublePage

        self._release()
        self._furnish(False)
        self._clear_pages()
        self._enter("trouble", TroublePage(trouble))

    def show_sign_in(
        self, desk: Any, done: Callable[[], None], demo: Callable[[], None] | None = None
    ) -> None:
        """First run. `done()` after signing in and the first download; `demo()` when somebody wants to look first."""
        from ui.signin.view import SignInPage

        self._release()
        self._furnish(False)
        self._clear_pages()
        self._who.setText("")
        page = SignInPage(desk, self.runner, self.settings, demo=demo)
        page.signed_in.connect(done)
        self._enter("sign_in", page)

    def show_sealed(self, sign_in: Callable[[], None]) -> None:
        """The office has put this laptop out of use; nothing is on it any more."""
        from ui.sealed_page import SealedPage

        self._release()
        self._furnish(False)
        self._clear_pages()
        self._who.setText("")
        self._enter("sealed", SealedPage(sign_in))

    def show_desk(self, desk: Any, sync: Any) -> None:
        """The desk of whoever is signed in; `sync` is its SyncController."""
        from app.domain.people import ROLE_NAMES, Role, sees_whole_park

        self._release()
        session = desk.signed_in()
        if not session.token and not session.exchange_key:
            # Signed out: the data is here, the key to the centre is not.
            QTimer.singleShot(0, self, self._begin_again)
            return
        self.desk, self.sync = desk, sync
        words = [ROLE_NAMES[role] for role in session.roles]
        self._who.setText(f"{session.park_name} · {session.name} · {'、'.join(words)}")
        roles = session.actor.roles
        names = places_of(officer=Role.OFFICER in roles, park=sees_whole_park(roles))
        self._clear_pages()
        self.navigation.set_places([PLACES[name] for name in names])
        self.search.set_desk(desk)
        self._presenter = Presenter(desk, self.runner, self)
        self._unsubscribe = desk.store.subscribe(self._store_altered)
        sync.started.connect(self._sync_started)
        sync.progress.connect(self._sync_progress)
        sync.finished.connect(self._sync_finished)
        sync.online_changed.connect(self.foot.set_online)
        self.foot.set_online(sync.online)
        self.foot.set_next(None)
        self._furnish(True)
        self.open_page(names[0])

    def open_page(self, name: str) -> None:
        """One of the navigation's pages."""
        if name in self.navigation.names:
            self.go(name, None)

    def go(self, place: str, target: Any = None) -> None:
        """Open a place; `target` is an id or a part of it."""
        if self.desk is None:
            return
        if place in PLACES:
            if place not in self.navigation.names:
                return
            self._leave_trail()
            page = self._pages.get(place)
            if page is None:
                page = self._pages[place] = self._make(place, None)
            self._enter(place, page)
        else:
            self._enter(place, self._make(place, target))
            return
        if target is not None and isinstance(page, Page):
            page.show_target(target)

    def go_back(self) -> None:
        """Leave a page that was opened from another."""
        if len(self._trail) < 2:
            return
        _, page = self._trail.pop()
        self._drop(page)
        name, below = self._trail[-1]
        self._show(name, below)

    def refresh(self) -> None:
        """Look up again what is shown."""
        if self.desk is None:
            return
        if self.desk.session is None:
            # The laptop was put out of use while it was being worked on.
            self._begin_again()
            return
        page = self.page
        if isinstance(page, Page):
            page.refresh()
        self._look_up_summary()

    def show_notice(self, notice: Notice) -> None:
        self.notices.show_notice(notice)

    def show_notice_of(self, trouble: Trouble) -> None:
        """What went wrong, as a line of text."""
        self.show_notice(Notice.of(trouble))

    @property
    def settings(self) -> Any:
        """The `app.settings.Settings` worn."""
        if self._settings is None:
            from app.settings import Settings

            self._settings = Settings()
        return self._settings

    def wear(self, settings: Any) -> None:
        """Change scheme and font scale now, and say so to whoever keeps the settings."""
        from PySide6.QtWidgets import QApplication

        self._settings = settings
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, theme.Theme(theme.resolve(settings.scheme, app), settings.scale))
        self.settings_changed.emit(settings)

    # ------------------------------------------------------------------ pages

    def _make(self, place: str, target: Any) -> QWidget:
        from ui.pages import make_page

        page = make_page(place, target, self)
        if isinstance(page, Page):
            page.go.connect(self.go)
            page.said.connect(self.show_notice)
            page.back.connect(self.go_back)
        return page

    def _enter(self, name: str, page: QWidget) -> None:
        if self._trail and isinstance(page, Page):
            before, former = self._trail[-1]
            word = PLACES[before].word if before in PLACES else ""
            if not word and isinstance(former, Page):
                word = former.head.title.text()
            page.head.set_crumb(word or "返回")
        self._trail.append((name, page))
        if self.stack.indexOf(page) < 0:
            self.stack.addWidget(page)
        self._show(name, page)

    def _show(self, name: str, page: QWidget) -> None:
        self.stack.setCurrentWidget(page)
        self.search.close_panel()
        self.navigation.show_current(self._home_of(name))
        if isinstance(page, Page):
            page.refresh()
            focus = page.first_focus()
            if focus is not None:
                focus.setFocus(Qt.FocusReason.OtherFocusReason)
        self._look_up_summary()
        self.page_changed.emit(name)

    def _home_of(self, name: str) -> str:
        """The navigation's page a place belongs to."""
        home = HOMES.get(name, name)
        return home if home in self.navigation.names else self._trail[0][0]

    def _leave_trail(self) -> None:
        for name, page in self._trail:
            if self._pages.get(name) is not page:
                self._drop(page)
        self._trail.clear()

    def _drop(self, page: QWidget) -> None:
        self.stack.removeWidget(page)
        page.hide()
        page.deleteLater()

    def _clear_pages(self) -> None:
        self._leave_trail()
        for page in self._pages.values():
            self._drop(page)
        self._pages.clear()

    # ------------------------------------------------------------------ the truth

    def _store_altered(self, altered: Any) -> None:
        # On the thread that committed: only say so. Drafts and marks of the program itself alter no page.
        if altered.topics & {"documents", "outbox", "files"}:
            self._altered.emit()

    def _soon(self) -> None:
        if not self._refresh_later.isActive():
            syncing = self.sync is not None and self.sync.running
            self._refresh_later.start(REFRESH_WHILE_SYNCING_MS if syncing else REFRESH_AFTER_MS)

    def _look_up_summary(self) -> None:
        if self._presenter is not None and self.desk is not None:
            from ui.pages import summary

            self._presenter.look_up("summary", summary, self.desk, then=self._show_summary)

    def _show_summary(self, found: Summary) -> None:
        self.navigation.set_counts(found.counts)
        self.foot.set_counts(found.pending, found.attention)
        self.foot.set_last(found.last_sync)
        self.foot.set_clock(found.clock_offset)

    def sync_now(self) -> None:
        """F5."""
        if self.sync is not None:
            self.sync.run()

    def stop_sync(self) -> None:
        """Somebody stopped the run under way at the foot."""
        if self.sync is not None:
            self.sync.stop()

    def _sync_started(self) -> None:
        self.foot.set_activity("正在同步……")

    def _sync_progress(self, progress: Any) -> None:
        self.foot.set_activity(progress.text, progress.done, progress.total)

    def _sync_finished(self, report: Any) -> None:
        self.foot.set_activity("")
        self.refresh()
        if self.sync is None:
            return
        error = report.error if report is not None else None
        code = error.code if error is not None else ""
        self.foot.set_online(self.sync.online, error.text if error is not None else "")
        self.foot.set_next(self.sync.seconds_to_next if not self.sync.online else None)
        if error is None:
            # Something else that asked the centre may have said so while it could not be reached.
            self.notices.over("offline")
        # Being offline is an ordinary state and stands at the foot; anything else is said once.
        if error is not None and code != self._sync_code and self.sync.online:
            again = ("重新登录", self.sign_in_again) if code == "sign_in" else ("", None)
            self.show_notice(Notice(error.text, Kind.WARNING, *again))
        self._sync_code = code

    def sign_in_again(self) -> None:
        """The centre no longer knows this laptop: ask for account and password again."""
        self._begin_again()

    # ------------------------------------------------------------------ the end

    def _release(self) -> None:
        """Let go of the present desk."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self.sync is not None:
            self.sync.started.disconnect(self._sync_started)
            self.sync.progress.disconnect(self._sync_progress)
            self.sync.finished.disconnect(self._sync_finished)
            self.sync.online_changed.disconnect(self.foot.set_online)
        if self._presenter is not None:
            self._presenter.deleteLater()
            self._presenter = None
        self.desk = self.sync = None

    def sign_out(self) -> None:
        """Somebody signed out in the settings."""
        self._begin_again()

    def _begin_again(self) -> None:
        """Let go of the desk and say so; whoever composed the window shows the sign-in page."""
        if self.sync is not None:
            self.sync.end()
        self._release()
        self._clear_pages()
        self._furnish(False)
        self.signed_out.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self._worn not in (None, theme.current()):
            self._dress()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._release_for_good()
        super().closeEvent(event)

    def _release_for_good(self) -> None:
        if self.sync is not None:
            self.sync.end()
        self._refresh_later.stop()
        self._release()
        self.closing.emit()
