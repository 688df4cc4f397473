"""The fixed reports of domain.md §9 that follow from rows: 走访汇总, 问题台账 in the six columns of the closed loop, 到期逾期表."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.clock import beijing_date, from_text
from app.domain.documents import Body
from app.domain.figures import Period, Rows, Scope, Whose, note
from app.domain.figures.issues import UNDER_WAY
from app.domain.figures.rows import names_of
from app.domain.issue import ISSUE_STATE_NAMES, IssueState
from app.domain.projections import ENTERPRISE_ROW, ISSUE_ROW, VISIT_ROW
from app.domain.visit import VisitState
from app.figures import figure_texts
from app.services import words
from app.services.desk import Desk
from app.services.figures import check_scope, default_scope, gather


@dataclass(frozen=True, slots=True)
class Report:
    """One table: heads with their widths in characters, rows of texts and numbers."""

    name: str
    title: str
    heads: tuple[tuple[str, int], ...]
    rows: tuple[tuple[str | int, ...], ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """All of them for a period and scope, with the note that stands below each (§9, 口径纪律)."""

    tables: tuple[Report, ...]
    note: str


def reports(desk: Desk, period: Period, scope: Scope | None = None) -> Reports:
    """The three reports. KnownError where the scope may not be seen."""
    wanted = scope or default_scope(desk)
    check_scope(desk, wanted)
    everything = gather(desk)
    rows, names, now = everything.within(wanted), names_of(everything), desk.clock()
    tables = [_ledger(desk, rows, names, period), _due(desk, rows, names, now)]
    if wanted.whose not in (Whose.DEPARTMENT, Whose.CATEGORY):
        tables.insert(0, _visits(desk, rows, period))
    return Reports(tuple(tables), note(period, figure_texts(), now))


# ---------------------------------------------------------------- 走访汇总

VISIT_HEADS = (
    *(("企业", 34), ("本期走访次数", 12), ("最近一次", 12), ("六包", 36), ("登记诉求", 10), ("现场办结", 10)),
    ("未结诉求", 10),
)


def _visits(desk: Desk, rows: Rows, period: Period) -> Report:
    """By enterprise, never by person (domain.md §2.12); those nobody has visited stand first."""
    first, last = period.first.isoformat(), period.last.isoformat()
    visits: dict[str, list[Body]] = {}
    for row in rows.of(VISIT_ROW):
        if row.get("state") == VisitState.SUBMITTED and first <= row["day"] <= last:
            visits.setdefault(row["enterprise"], []).append(row)
    raised = _raised(rows, period)
    counts = Counter(row["enterprise"] for row in raised)
    spot = Counter(row["enterprise"] for row in raised if row.get("solved_on_spot"))
    unfinished = Counter(row["enterprise"] for row in rows.of(ISSUE_ROW) if row["state"] in UNDER_WAY)
    six = {item["code"]: item["name"] for item in desk.dictionary("six_guarantees")}
    table: list[tuple[str | int, ...]] = []
    for row in rows.of(ENTERPRISE_ROW):
        mine = visits.get(row["id"], [])
        touched = {code for visit in mine for code in visit.get("six") or ()}
        tags = "、".join(name for code, name in six.items() if code in touched)
        newest = max((visit["day"] for visit in mine), default="")
        id = row["id"]
        table.append((str(row["name"]), len(mine), newest, tags, counts[id], spot[id], unfinished[id]))
    table.sort(key=lambda line: (line[1] != 0, line[0]))
    return Report("走访汇总", f"{period.words}走访汇总", VISIT_HEADS, tuple(table))


def _raised(rows: Rows, period: Period) -> list[Body]:
    begin, end = period.begin, period.end
    return [row for row in rows.of(ISSUE_ROW) if begin <= row["raised_at"] < end]


# ---------------------------------------------------------------- 问题台账

LEDGER_HEADS = (
    *(("序号", 6), ("编号", 20), ("企业", 30), ("问题", 30), ("收集", 26), ("梳理", 16), ("分类", 26)),
    *(("交办", 34), ("反馈", 26), ("回访", 22), ("销号", 16), ("现状", 10)),
)


def _ledger(desk: Desk, rows: Rows, names: Mapping[str, str], period: Period) -> Report:
    """收集→梳理→分类→交办→反馈→回访, then 销号 (domain.md §1, 54): every issue raised in the period."""
    told = _Told(desk)
    found = _raised(rows, period)
    found.sort(key=lambda row: (row["raised_at"], row["id"]))
    table: tuple[tuple[str | int, ...], ...] = tuple(
        (place, *told.line(row, str(names.get(row["enterprise"]) or row.get("enterprise_name", ""))))
        for place, row in enumerate(found, start=1)
    )
    return Report("问题台账", f"{period.words}问题台账", LEDGER_HEADS, table)


class _Told:
    """How an issue's six steps are said, with the words of the dictionaries in force."""

    def __init__(self, desk: Desk) -> None:
        self._taxonomy = desk.rules.taxonomy
        self._words: dict[str, dict[str, str]] = {
            name: {item["code"]: item["name"] for item in desk.dictionary(name)}
            for name in ("issue_sources", "issue_results", "revisit_satisfaction")
        }

    def line(self, row: Body, enterprise: str) -> tuple[str, ...]:
        spot = bool(row.get("solved_on_spot"))
        category = self._taxonomy.name_of(str(row.get("category", "")), row.get("subcategory"))
        level = f"{row['level']} 级" if row.get("level") else ""
        result = (
            "已解决" if spot and not row.get("result") else self._word("issue_results", row.get("result"))
        )
        rated = (
            "联系不上"
            if row.get("revisit_valid") is False
            else self._word("revisit_satisfaction", row.get("satisfaction"))
        )
        due = f"，期限 {_day(row['due_at'])}" if row.get("due_at") else ""
        assigned = _said(_day(row.get("assigned_at")), f"{row.get('department_name', '')}{due}")
        return (
            str(row.get("number", "")),
            enterprise,
            str(row.get("title", "")),
            _said(
                _day(row.get("raised_at")),
                self._word("issue_sources", row.get("source", "visit")),
                str(row.get("raised_by_name", "")),
            ),
            "现场办结" if spot and not row.get("accepted_at") else _day(row.get("accepted_at")),
            _said(category, level),
            assigned if row.get("assigned_at") else "",
            _said(_day(row.get("settled_at") or row.get("answered_at")), result),
            _said(_day(row.get("revisited_at")), rated),
            _day(row.get("closed_at")),
            ISSUE_STATE_NAMES[IssueState(row["state"])],
        )

    def _word(self, dictionary: str, code: object) -> str:
        return self._words[dictionary].get(str(code or ""), "")


def _said(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _day(moment: object) -> str:
    return beijing_date(from_text(moment)).isoformat() if isinstance(moment, str) and moment else ""


# ---------------------------------------------------------------- 到期逾期表

DUE_HEADS = (
    *(("编号", 20), ("企业", 30), ("问题", 30), ("承办", 20), ("承办人", 12), ("级别", 8), ("期限", 12)),
    *(("还有或逾期", 18), ("现状", 10)),
)


def _due(desk: Desk, rows: Rows, names: Mapping[str, str], now: datetime) -> Report:
    """What is under way and has a deadline that runs, the most overdue first, as things stand now."""
    calendar = desk.calendar
    found = [
        row
        for row in rows.of(ISSUE_ROW)
        if row["state"] in UNDER_WAY and row.get("due_at") and row["state"] != IssueState.SUSPENDED
    ]
    found.sort(key=lambda row: (row["due_at"], row["id"]))
    table = tuple(
        (
            str(row.get("number", "")),
            str(names.get(row["enterprise"]) or row.get("enterprise_name", "")),
            str(row.get("title", "")),
            str(row.get("department_name", "")),
            str(row.get("handler_name", "")),
            f"{row['level']} 级" if row.get("level") else "",
            _day(row["due_at"]),
            words.workdays_left_word(calendar.workdays_left(now, from_text(row["due_at"]))),
            ISSUE_STATE_NAMES[IssueState(row["state"])],
        )
        for row in found
    )
    return Report("到期逾期", "在办诉求到期、逾期表", DUE_HEADS, table)
