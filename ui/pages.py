"""Which page stands behind which name, and what the shell shows of the data. Imported with the desk, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from PySide6.QtWidgets import QWidget

from app.services import cases, escrow, overview, words
from app.services.desk import Desk
from app.store.history import last_complete
from app.store.outbox import counts
from ui.main_window import MainWindow, Summary

# What a page is made of: W the window, S the sync, I the target as an id, T the target as it is, L the target as a list.
PAGES = {
    "today": ("ui.today.view", "TodayPage", ""),
    "enterprises": ("ui.enterprises.view", "EnterprisesPage", ""),
    "enterprise": ("ui.enterprises.one", "EnterprisePage", "SI"),
    "assigning": ("ui.enterprises.assigning", "AssigningPage", ""),
    "cycles": ("ui.enterprises.cycles", "CyclesPage", ""),
    "visits": ("ui.visits.view", "VisitsPage", ""),
    "visit": ("ui.visits.one", "VisitPageView", "I"),
    "verifying": ("ui.visits.verifying", "VerifyingPage", "S"),
    "plans": ("ui.visits.plans", "PlansPage", ""),
    "entries": ("ui.visits.entries", "EntriesPage", "T"),
    "prepare": ("ui.visits.prepare", "PreparePage", "L"),
    "issues": ("ui.issues.view", "IssuesPage", "S"),
    "meetings": ("ui.meetings.view", "MeetingsPage", ""),
    "meeting": ("ui.meetings.one", "MeetingPageView", "SI"),
    "cases": ("ui.cases.view", "CasesPage", ""),
    "case": ("ui.cases.one", "CasePageView", "SI"),
    "projects": ("ui.projects.view", "ProjectsPage", "T"),
    "project": ("ui.projects.one", "ProjectPageView", "SI"),
    "reviews": ("ui.reviews.view", "ReviewsPage", "T"),
    "review": ("ui.reviews.one", "ReviewPageView", "SI"),
    "activities": ("ui.activities.view", "ActivitiesPage", "ST"),
    "registers": ("ui.registers.view", "RegistersPage", "S"),
    "record": ("ui.registers.one", "RecordPageView", "I"),
    "policies": ("ui.registers.tools", "PoliciesPage", "T"),
    "grading": ("ui.registers.tools", "GradingPage", ""),
    "providers": ("ui.registers.tools", "ProvidersPage", ""),
    "blacklist": ("ui.registers.blacklist", "BlacklistPage", "S"),
    "statistics": ("ui.statistics.view", "StatisticsView", ""),
    "syncing": ("ui.syncing.view", "SyncingPage", "S"),
    "settings": ("ui.settings.view", "SettingsPage", "W"),
}
"""Place → module, class and what it is made of beside desk and runner. The module is imported when first asked for."""

FILLING = {
    "filling": ("ui.filling.page", "FillingPage", "visits"),
    "entry_filling": ("ui.registers.filling", "EntryFillingPage", "registers"),
    "review_filling": ("ui.reviews.filling", "SheetFillingPage", "reviews"),
    "revisit_filling": ("ui.issues.revisit_filling", "RevisitFillingPage", "issues"),
}
"""Places where a form is filled, made of desk, runner and the draft's id, and the place one comes to with it done."""


def make_page(place: str, target: Any, window: MainWindow) -> QWidget:
    """The page of a name. KeyError where there is none."""
    if place in FILLING:
        return _filling(place, str(target), window)
    if place == "preview":
        from ui.visits.preview import PreviewPage

        return PreviewPage(*target)
    module, name, made_of = PAGES[place]
    having = {"W": window, "S": window.sync, "I": str(target), "T": target, "L": target or ()}
    page: QWidget = getattr(import_module(module), name)(
        window.desk, window.runner, *(having[one] for one in made_of)
    )
    return page


def _filling(place: str, draft: str, window: MainWindow) -> QWidget:
    module, name, after = FILLING[place]
    page: Any = getattr(import_module(module), name)(window.desk, window.runner, draft)
    page.closed.connect(window.go_back)
    page.finished.connect(lambda done: window.go(after, done))
    return cast(QWidget, page)


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
