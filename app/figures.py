"""Figures as somebody asks for them, on laptop and centre alike: period and scope as text, with a Chinese answer where they are
off; and the words of the definitions (`resources/figures/definitions.json`).

The words belong to what counts, which is code: the program's own are used everywhere, and a definition that alters gets a
new version in both.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache

from app.domain.figures import PARK, PERSON, Period, Rows, Scope, Span, Texts, Whose
from app.domain.projections import ENTERPRISE_ROW
from app.domain.taxonomy import Dictionaries
from app.errors import KnownError
from app.paths import resources

PERIODS = "统计期写成 2026Q3（季度）、2026-10（月）或 2026（年）。"
SCOPES = (
    "范围写成 park（全园区）、officer:账号、enterprise:信用代码或全称、industry:行业代码、"
    "department:部门代码或 category:分类代码。"
)


def period_of(text: str | None, today: date) -> Period:
    """The period asked for; the present quarter where none is. Raises KnownError `period`."""
    if not text:
        return Period.around(today, Span.QUARTER)
    try:
        return Period.parse(text)
    except ValueError:
        raise KnownError("period", f"看不懂统计期「{text}」。{PERIODS}") from None


def scope_of(text: str | None, rows: Rows, dictionaries: Dictionaries, default: Scope = PARK) -> Scope:
    """The scope asked for, people and enterprises by id or by name. Raises KnownError `scope`, `scope_unknown`."""
    if not text:
        return default
    try:
        scope = Scope.parse(text)
    except ValueError:
        raise KnownError("scope", f"看不懂范围「{text}」。{SCOPES}") from None
    found = _resolved(scope, rows, dictionaries)
    if found is None:
        raise KnownError(
            "scope_unknown",
            f"这里没有「{scope.id}」的数据，请核对写法。{SCOPES}",
        )
    return found


def _resolved(scope: Scope, rows: Rows, dictionaries: Dictionaries) -> Scope | None:
    if scope.whose is Whose.OFFICER:
        ids = [row["id"] for row in rows.of(PERSON) if scope.id in (row["id"], row.get("account"))]
    elif scope.whose is Whose.ENTERPRISE:
        ids = [
            row["id"]
            for row in rows.of(ENTERPRISE_ROW)
            if scope.id in (row["id"], row.get("credit_code"), row.get("name"))
        ]
    elif scope.whose is Whose.DEPARTMENT:
        ids = [one.id for one in dictionaries.departments if one.id == scope.id]
    elif scope.whose is Whose.CATEGORY:
        taxonomy = dictionaries.taxonomy
        known = taxonomy.category(scope.id) or taxonomy.subcategory(scope.id)
        ids = [scope.id] if known else []
    else:
        return scope
    return Scope(scope.whose, str(ids[0])) if len(ids) == 1 else None


@cache
def figure_texts() -> Texts:
    """All of them."""
    return Texts.parse(json.loads((resources() / "figures" / "definitions.json").read_text("utf-8")))
