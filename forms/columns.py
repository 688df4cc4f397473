"""The headings of the sheets: their aliases, the languages of their texts, and close matches."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

SURVEY = {
    "type": ["command"],
    "name": ["tag", "variable", "variable name"],
    "label": ["caption", "title"],
    "hint": [],
    "guidance_hint": ["guidance hint"],
    "relevant": ["relevance", "bind::relevant", "relevent"],
    "required": ["bind::required"],
    "required_message": ["required message", "requiredmsg", "bind::jr:requiredmsg", "required_msg"],
    "constraint": ["bind::constraint"],
    "constraint_message": [
        "constraint message", "constraintmsg", "constraint_msg", "bind::jr:constraintmsg", "constraint-message",
    ],
    "calculation": ["calculate", "bind::calculate"],
    "default": ["bind::default", "value::default"],
    "read_only": ["readonly", "read only", "bind::readonly"],
    "appearance": ["body::appearance", "control::appearance", "control:appearance", "body:appearance"],
    "choice_filter": ["choice filter"],
    "parameters": ["parameter", "body::parameters"],
    "repeat_count": ["repeat count", "count", "jr:count", "body::jr:count", "control::jr:count", "jr::count"],
    "trigger": [],
    "image": ["media::image", "media:image"],
    "audio": ["media::audio", "media:audio"],
    "video": ["media::video", "media:video"],
    "big-image": ["media::big-image", "media:big-image"],
    "autoplay": ["body::autoplay", "control::autoplay"],
    "save_to": ["saveto", "save to", "bind::entities:saveto", "bind::entities::saveto", "entities:saveto"],
    "disabled": [],
    "unit": [],
    "carry": [],
    "print": [],
    "code": [],
    "register": [],
}  # fmt: skip

CHOICES = {
    "list_name": ["list name", "listname", "list-name", "list"],
    "name": ["value", "code"],
    "label": ["caption"],
    "image": ["media::image", "media:image"],
    "audio": ["media::audio", "media:audio"],
    "video": ["media::video", "media:video"],
    "big-image": ["media::big-image", "media:big-image"],
}

SETTINGS = {
    "form_title": ["form title", "title", "set form title"],
    "form_id": ["form id", "id_string", "id string", "set form id", "id"],
    "version": ["form_version", "form version"],
    "default_language": ["default language"],
    "instance_name": ["instance name"],
    "style": [],
    "register": [],
    "personal": [],
    "name": ["root_name"],
    "public_key": ["public key"],
    "submission_url": ["submission url"],
    "auto_send": [],
    "auto_delete": [],
    "allow_choice_duplicates": ["allow choice duplicates"],
    "namespaces": [],
    "omit_instanceid": [],
    "clean_text_values": [],
    "sms_keyword": [],
    "sms_separator": [],
    "prefix": [],
    "delimiter": [],
    "attribute": [],
    "client_editable": [],
}

ENTITIES = {
    "list_name": ["dataset", "list name", "listname"],
    "entity_id": ["entity id", "id"],
    "create_if": ["create if"],
    "update_if": ["update if"],
    "label": [],
    "repeat": [],
}

TRANSLATED = frozenset(
    {
        "label",
        "hint",
        "guidance_hint",
        "required_message",
        "constraint_message",
        "image",
        "audio",
        "video",
        "big-image",
    }
)
"""Columns that may be written once per language: `label::中文 (zh)`."""

PASSED_OVER = re.compile(
    r"(bind|body|control|instance|media)(::?).+|#.*|intent|sms_.*|query|kobo--.*|\$.*|note|quick"
)
"""Headings that other tools use and that change nothing here: kept without a warning."""


def squeeze(heading: str) -> str:
    """A heading without stray blanks (also full-width and no-break ones)."""
    return re.sub(r"\s*(::?)\s*", r"\1", " ".join(heading.split()))


def canonical(heading: str, known: dict[str, list[str]]) -> tuple[str, str] | None:
    """(column, language) of a heading; the language is empty for none. None when it is not known."""
    text = squeeze(heading)
    found = _lookup(text.lower(), known)
    if found:
        return found, ""
    for separator in ("::", ":"):
        parts = text.split(separator)
        for cut in range(1, len(parts)):
            found = _lookup(separator.join(parts[:cut]).lower(), known)
            if found in TRANSLATED:
                return found or "", separator.join(parts[cut:]).strip()
    return None


def _lookup(lowered: str, known: dict[str, list[str]]) -> str | None:
    if lowered in known:
        return lowered
    underscored = lowered.replace(" ", "_")
    if underscored in known:
        return underscored
    return next((name for name, aliases in known.items() if lowered in aliases), None)


def similar(word: str, candidates: Iterable[str]) -> str:
    """“,是不是想写“…”” for the closest candidate, or nothing."""
    folded = {c.lower(): c for c in candidates}
    close = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return f"，是不是想写“{folded[close[0]]}”" if close else ""
