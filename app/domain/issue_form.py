"""A filled form (i) 企业满意度回访 as moves of an issue (domain.md §5 (i)).

Which question gives which argument, and which of its choices which code, is data: the dictionary `revisit_form`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

FORM = "satisfaction"
_REACH = "/contact/reach"
_KIND = "/contact/callback_kind"
_ATTEMPTS = "/contact/attempts"
_REFUSED = "不愿评价"


def moves_of(
    answers: Mapping[str, Any], items: Sequence[Mapping[str, Any]], today: date
) -> list[tuple[str, dict[str, Any]]]:
    """(action, args) of what the form says: the revisit, a word added later (追评), or today's attempt to reach the enterprise.

    `answers` are the form's values by path, of finished forms those that are asked. Attempts of other days are moves of those
    days: the centre's clock dates a move. Empty where nothing follows.
    """
    if answers.get(_REACH) in ("lost", "refused"):
        return _attempts(answers, today)
    args = _args(answers, items)
    if answers.get(_KIND) == "appended":
        text = args.get("text")
        return [("issue.add_review", {"text": text})] if text else []
    return [("issue.revisit", args)]


def _attempts(answers: Mapping[str, Any], today: date) -> list[tuple[str, dict[str, Any]]]:
    refused = answers[_REACH] == "refused"
    found: list[tuple[str, dict[str, Any]]] = []
    number = 1
    while (day := answers.get(f"{_ATTEMPTS}[{number}]/attempt_on")) is not None:
        row = f"{_ATTEMPTS}[{number}]"
        if str(day)[:10] == today.isoformat():
            words = [_REFUSED] if refused else []
            words += [str(answers[f"{row}/attempt_result"])] if answers.get(f"{row}/attempt_result") else []
            args = {"method": answers.get(f"{row}/attempt_way", "phone"), "text": "：".join(words)}
            found.append(("issue.contact_failed", args))
        number += 1
    return found


def _args(answers: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    args: dict[str, Any] = {}
    for item in items:
        value = answers.get(item["question"])
        if value in (None, "", [], ()):
            continue
        said = _code(item, value)
        outer, _, inner = str(item["code"]).partition(".")
        if inner:
            args.setdefault(outer, {})[inner] = said
        else:
            args[outer] = said
    return args


def _code(item: Mapping[str, Any], value: Any) -> Any:
    """One answer in the move's words. What the map does not know stays as it is, and the move says what is wrong with it."""
    values = item.get("values", {})
    if item.get("many"):
        chosen = value.split() if isinstance(value, str) else list(value)
        return [values.get(one, one) for one in chosen]
    if item.get("number"):
        return int(value)
    return values.get(value, value)
