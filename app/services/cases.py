"""代办 as everybody meets it: lists, reminders, one case whole, forms as data, the moves, the papers."""

from app.services.cases_acting import act, add_file, add_files, case_of, files, open_case, papers
from app.services.cases_forms import OPEN, form_for, form_to_open
from app.services.cases_listing import (
    GROUPS,
    CaseFilters,
    CaseLine,
    Reminder,
    listing,
    of_enterprise,
    open_count,
    reminders,
)
from app.services.cases_page import (
    CasePage,
    ContactLine,
    GanttRow,
    MaterialLine,
    PaperLine,
    StepLine,
    action_word,
    page,
    timeline,
)
from app.services.cases_papers import paper_of, print_paper

__all__ = [
    "GROUPS",
    "OPEN",
    "CaseFilters",
    "CaseLine",
    "CasePage",
    "ContactLine",
    "GanttRow",
    "MaterialLine",
    "PaperLine",
    "Reminder",
    "StepLine",
    "act",
    "action_word",
    "add_file",
    "add_files",
    "case_of",
    "files",
    "form_for",
    "form_to_open",
    "listing",
    "of_enterprise",
    "open_case",
    "open_count",
    "page",
    "paper_of",
    "papers",
    "print_paper",
    "reminders",
    "timeline",
]
