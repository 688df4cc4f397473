"""项目 as everybody meets it: lists, reminders, one project whole, forms as data, the moves, weekly reports."""

from app.services.projects_acting import (
    act,
    last_record,
    open_project,
    project_of,
    report_unchanged,
    start_report,
)
from app.services.projects_forms import EDIT, OPEN, UNCHANGED, conclusions, form_for, form_to_open
from app.services.projects_listing import (
    GROUPS,
    ProjectFilters,
    ProjectLine,
    ProjectReminder,
    listing,
    of_enterprise,
    reminders,
)
from app.services.projects_page import (
    MilestoneLine,
    MonthLine,
    ProjectPage,
    ReportLine,
    action_word,
    event_text,
    page,
)

__all__ = [
    "EDIT",
    "GROUPS",
    "OPEN",
    "UNCHANGED",
    "MilestoneLine",
    "MonthLine",
    "ProjectFilters",
    "ProjectLine",
    "ProjectPage",
    "ProjectReminder",
    "ReportLine",
    "act",
    "action_word",
    "conclusions",
    "event_text",
    "form_for",
    "form_to_open",
    "last_record",
    "listing",
    "of_enterprise",
    "open_project",
    "page",
    "project_of",
    "reminders",
    "report_unchanged",
    "start_report",
]
