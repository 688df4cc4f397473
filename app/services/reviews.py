"""评审: what is to be had of reviews, gathered; one file each behind it."""

from __future__ import annotations

from app.services.reviews_acting import OPEN, act, declare, open_review, review_of
from app.services.reviews_filling import (
    add_file,
    drop,
    files_of,
    hand_in,
    open_filling,
    own_sheet,
    save,
    start,
    tidy,
)
from app.services.reviews_forms import form_for, form_to_open
from app.services.reviews_listing import (
    GROUPS,
    ReviewFilters,
    ReviewLine,
    asked,
    listing,
    of_enterprise,
)
from app.services.reviews_page import FILL, PartLine, ReviewPage, action_word, event_text, page, scores

__all__ = [
    "FILL",
    "GROUPS",
    "OPEN",
    "PartLine",
    "ReviewFilters",
    "ReviewLine",
    "ReviewPage",
    "act",
    "action_word",
    "add_file",
    "asked",
    "declare",
    "drop",
    "event_text",
    "files_of",
    "form_for",
    "form_to_open",
    "hand_in",
    "listing",
    "of_enterprise",
    "open_filling",
    "open_review",
    "own_sheet",
    "page",
    "review_of",
    "save",
    "scores",
    "start",
    "tidy",
]
