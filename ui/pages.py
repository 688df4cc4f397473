"""Which page stands behind which name, and what the shell shows of the data. Imported with the desk, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from PySide6.QtWidgets import QWidget

from app.services import cases, escrow, overview, words
from app.services.desk import Desk
from app.store.history import last_complete
from app.store.outbox import counts
from ui.main_window import MainWindow, Summary

PLAIN = {
    "today": ("ui.today.view", "TodayPage"),
    "enterprises": ("ui.enterprises.view", "EnterprisesPage"),
    "assigning": ("ui.enterprises.assigning", "AssigningPage"),
    "cycles": ("ui.enterprises.cycles", "CyclesPage"),
    "visits": ("ui.visits.view", "VisitsPage"),
    "plans": ("ui.visits.plans", "PlansPage"),
    "meetings": ("ui.meetings.view", "MeetingsPage"),
    "statistics": ("ui.statistics.view", "StatisticsView"),
}
"""Pages that want desk and runner alone: place → module and class, imported when first asked for."""

REGISTER_PLACES = frozenset(
    {"registers", "record", "entry_filling", "policies", "grading", "providers", "blacklist"}
)


def make_page(place: str, target: Any, window: MainWindow) -> QWidget:
    """The page of a name. KeyError where there is none."""
    desk, runner, sync = window.desk, window.runner, window.sync
    if place in PLAIN:
        module, name = PLAIN[place]
        page: QWidget = getattr(import_module(module), name)(desk, runner)
        return page
    if place == "verifying":
        from ui.visits.verifying import VerifyingPage

        return VerifyingPage(desk, runner, sync)
    if place == "enterprise":
        from ui.enterprises.one import EnterprisePage

        return EnterprisePage(desk, runner, sync, str(target))
    if place == "visit":
        from ui.visits.one import VisitPageView

        return VisitPageView(desk, runner, str(target))
    if place == "entries":
        from ui.visits.entries import EntriesPage

        return EntriesPage(desk, runner, target)
    if place == "prepare":
        from ui.visits.prepare import PreparePage

        return PreparePage(desk, runner, target or ())
    if place == "preview":
        from ui.visits.preview import PreviewPage

        return PreviewPage(*target)
    if place == "issues":
        from ui.issues.view import IssuesPage

        return IssuesPage(desk, runner, sync)
    if place == "meeting":
        from ui.meetings.one import MeetingPageView

        return MeetingPageView(desk, runner, sync, str(target))
    if place == "cases":
        from ui.cases.view import CasesPage

        return CasesPage(desk, runner)
    if place == "case":
        from ui.cases.one import CasePageView

        return CasePageView(desk, runner, sync, str(target))
    if place == "syncing":
        from ui.syncing.view import SyncingPage

        return SyncingPage(desk, runner, sync)
    if place == "settings":
        from ui.settings.view import SettingsPage

        return SettingsPage(desk, runner, window)
    if place in REGISTER_PLACES:
        return _register_page(place, target, window)
    if place == "filling":
        return _filling(str(target), window)
    raise KeyError(place)


def _filling(visit: str, window: MainWindow) -> QWidget:
    from ui.filling.page import FillingPage

    page = FillingPage(window.desk, window.runner, visit)
    page.closed.connect(window.go_back)
    page.finished.connect(lambda done: window.go("visits", done))
    return page


def _revisit_filling(draft: str, window: MainWindow) -> QWidget:
    from ui.issues.revisit_filling import RevisitFillingPage

    page = RevisitFillingPage(window.desk, window.runner, draft)
    page.closed.connect(window.go_back)
    page.finished.connect(lambda issue: window.go("issues", issue))
    return page


def _register_page(place: str, target: Any, window: MainWindow) -> QWidget:
    desk, runner = window.desk, window.runner
    if place == "registers":
        from ui.registers.view import RegistersPage

        return RegistersPage(desk, runner, window.sync)
    if place == "record":
        from ui.registers.one import RecordPageView

        return RecordPageView(desk, runner, str(target))
    if place == "entry_filling":
        return _entry_filling(str(target), window)
    if place == "blacklist":
        from ui.registers.blacklist import BlacklistPage

        return BlacklistPage(desk, runner, window.sync)
    from ui.registers import tools

    if place == "policies":
        return tools.PoliciesPage(desk, runner, target)
    return tools.GradingPage(desk, runner) if place == "grading" else tools.ProvidersPage(desk, runner)


def _entry_filling(draft: str, window: MainWindow) -> QWidget:
    from ui.registers.filling import EntryFillingPage

    page = EntryFillingPage(window.desk, window.runner, draft)
    page.closed.connect(window.go_back)
    page.finished.connect(lambda record: window.go("registers", record))
    return page


def summary(desk: Desk) -> Summary:
    """Counts beside the navigation and at the foot."""
    found = overview.counts(desk)
    waiting = counts(desk.store)
    attention = waiting.refused + waiting.conflicts + escrow.count(desk)
    reached = last_complete(desk.store)
    last = words.moment_near(reached.ended, desk.clock()) if reached else ""
    return Summary(
        counts={
            "today": found.today,
            "enterprises": found.enterprises,
            "issues": found.issues,
            "cases": cases.open_count(desk),
            "syncing": attention,
        },
        pending=waiting.pending + waiting.files,
        attention=attention,
        last_sync=last,
        clock_offset=float(desk.store.kv("clock_offset", 0)),
    )
