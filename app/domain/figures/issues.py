"""R01–R10: how issues are dealt with (domain.md §9), from the light rows of issues."""

from __future__ import annotations

from app.domain.changes.issue_review import GOOD
from app.domain.documents import Body
from app.domain.figures.definition import Look, Measure, Unit, figure, mean, median, share
from app.domain.issue import IssueState
from app.domain.issue_moves import WORKING
from app.domain.projections import ISSUE_ROW

UNDER_WAY = frozenset({IssueState.ACCEPTED}) | WORKING
"""在办: accepted, not settled, not ended."""
STRICT = GOOD[:2]
"""Strict satisfaction: 非常满意 and 满意 alone."""


def taken_at(row: Body) -> str | None:
    """受理: when it was accepted. What was solved on the spot is taken when it is raised."""
    moment = row.get("raised_at") if row.get("solved_on_spot") else row.get("accepted_at")
    return str(moment) if moment else None


def _taken(look: Look) -> list[Body]:
    return [row for row in look.rows.of(ISSUE_ROW) if look.in_period(taken_at(row))]


def _settled(look: Look) -> list[Body]:
    return [row for row in look.rows.of(ISSUE_ROW) if look.in_period(row.get("settled_at"))]


def _raised(look: Look) -> list[Body]:
    rows = look.rows.of(ISSUE_ROW)
    return [row for row in rows if look.in_period(row.get("raised_at")) and row["state"] != IssueState.VOID]


def _under_way(look: Look) -> list[Body]:
    return [row for row in look.rows.of(ISSUE_ROW) if row["state"] in UNDER_WAY]


def _rated(look: Look) -> list[Body]:
    """有效评价: the last revisit of each, where it was a valid one."""
    rows = look.rows.of(ISSUE_ROW)
    return [row for row in rows if row.get("revisit_valid") and look.in_period(row.get("revisited_at"))]


def is_solved(row: Body) -> bool:
    """Settled, and with the result 已解决; on the spot: settled without a department's answer."""
    result = row.get("result") or ("solved" if row.get("solved_on_spot") else None)
    return bool(row.get("settled_at")) and result == "solved"


def is_overdue(look: Look, row: Body) -> bool:
    """Past its deadline, and the limit runs."""
    due, stopped = row.get("due_at"), any(stop.get("until") is None for stop in row.get("stops") or ())
    return isinstance(due, str) and due < look.now_text and not stopped


@figure("R01", Unit.PERCENT, ISSUE_ROW)
def settled_rate(look: Look) -> Measure:
    """办结率, cumulative: what was settled in the period by what was accepted in it, whenever that was accepted."""
    taken, settled = _taken(look), _settled(look)
    return Measure(len(settled), len(taken), settled, taken)


@figure("R04", Unit.PERCENT, ISSUE_ROW)
def solved_rate(look: Look) -> Measure:
    """解决率: another thing than R01, and always shown beside it."""
    return share(_taken(look), is_solved)


@figure("R01b", Unit.PERCENT, ISSUE_ROW)
def due_settled_rate(look: Look) -> Measure:
    """到期办结率: of those whose deadline lay in the period and has passed."""
    rows = look.rows.of(ISSUE_ROW)
    due = [row for row in rows if look.in_period(row.get("due_at")) and row["due_at"] <= look.now_text]
    return share((row for row in due if taken_at(row)), lambda row: row.get("settled_at"))


@figure("R02", Unit.PERCENT, ISSUE_ROW)
def answered_rate(look: Look) -> Measure:
    """答复率: the enterprise has heard from somebody. On the spot it heard at once."""
    return share(_taken(look), lambda row: row.get("first_response_at") or row.get("solved_on_spot"))


@figure("R05", Unit.PERCENT, ISSUE_ROW)
def in_time_rate(look: Look) -> Measure:
    """按期率: settled within the limit; on the spot there is none to miss."""
    return share(_settled(look), lambda row: row.get("settled_in_time") is not False)


@figure("R06", Unit.PERCENT, ISSUE_ROW, standing=True)
def overdue_rate(look: Look) -> Measure:
    """超期率 at the moment."""
    return share(_under_way(look), lambda row: is_overdue(look, row))


@figure("R03", Unit.PERCENT, ISSUE_ROW)
def satisfied_wide(look: Look) -> Measure:
    """满意率, wide: the three good of five levels."""
    return share(_rated(look), lambda row: row.get("satisfaction") in GOOD)


@figure("R03b", Unit.PERCENT, ISSUE_ROW)
def satisfied_strict(look: Look) -> Measure:
    """满意率, strict: the first two levels only."""
    return share(_rated(look), lambda row: row.get("satisfaction") in STRICT)


def _response_days(look: Look) -> tuple[list[Body], list[int]]:
    rows = [
        row
        for row in look.rows.of(ISSUE_ROW)
        if row.get("accepted_at") and look.in_period(row.get("first_response_at"))
    ]
    stops = [row.get("stops") or [] for row in rows]
    days = [
        look.days.between(row["accepted_at"], row["first_response_at"], stop)
        for row, stop in zip(rows, stops, strict=True)
    ]
    return rows, days


def _settling_days(look: Look) -> tuple[list[Body], list[int]]:
    """Of this round: a redo has a clock of its own. What was solved on the spot took none and is left out."""
    rows = [row for row in _settled(look) if row.get("clock_from")]
    return rows, [
        look.days.between(row["clock_from"], row["settled_at"], row.get("stops") or []) for row in rows
    ]


@figure("R07", Unit.MEAN, ISSUE_ROW)
def response_mean(look: Look) -> Measure:
    return mean(*_response_days(look))


@figure("R07b", Unit.MEAN, ISSUE_ROW)
def response_median(look: Look) -> Measure:
    return median(*_response_days(look))


@figure("R07c", Unit.MEAN, ISSUE_ROW)
def settling_mean(look: Look) -> Measure:
    return mean(*_settling_days(look))


@figure("R07d", Unit.MEAN, ISSUE_ROW)
def settling_median(look: Look) -> Measure:
    return median(*_settling_days(look))


@figure("R08", Unit.PERCENT, ISSUE_ROW)
def on_spot_rate(look: Look) -> Measure:
    """现场办结率 of all that was raised."""
    return share(_raised(look), lambda row: row.get("solved_on_spot"))


@figure("R08b", Unit.PERCENT, ISSUE_ROW)
def reception_rate(look: Look) -> Measure:
    """The same of what was raised on reception days (domain.md §1, 25: 3/17)."""
    rows = [row for row in _raised(look) if row.get("source") == "reception"]
    return share(rows, lambda row: row.get("solved_on_spot"))


@figure("R09", Unit.PERCENT, ISSUE_ROW)
def objected_rate(look: Look) -> Measure:
    """退单率: of those assigned in the period, the last time."""
    rows = [row for row in look.rows.of(ISSUE_ROW) if look.in_period(row.get("assigned_at"))]
    return share(rows, lambda row: row.get("objections"))


@figure("R09b", Unit.PERCENT, ISSUE_ROW)
def reopened_rate(look: Look) -> Measure:
    """重办率: of those revisited in the period."""
    return share(_rated(look), lambda row: row.get("reopened"))


@figure("R09c", Unit.PERCENT, ISSUE_ROW)
def repeated_rate(look: Look) -> Measure:
    """重复诉求率: raised again within thirty days of the earlier one's end."""
    return share(_raised(look), lambda row: row.get("repeated"))


@figure("R09d", Unit.PERCENT, ISSUE_ROW, standing=True)
def suspended_share(look: Look) -> Measure:
    """挂账占比 at the moment."""
    return share(_under_way(look), lambda row: row["state"] == IssueState.SUSPENDED)


@figure("R10", Unit.PERCENT, ISSUE_ROW)
def revisited_rate(look: Look) -> Measure:
    """回访率: of those settled in the period or sent back by a revisit in it."""
    rows = [
        row
        for row in look.rows.of(ISSUE_ROW)
        if look.in_period(row.get("settled_at"))
        or (_sent_back(row) and look.in_period(row.get("revisited_at")))
    ]
    return share(rows, _is_revisited)


def _sent_back(row: Body) -> bool:
    """A bad revisit takes the settling back."""
    return bool(row.get("reopened")) and not row.get("settled_at")


def _is_revisited(row: Body) -> bool:
    if not row.get("revisit_valid"):
        return False
    return _sent_back(row) or str(row.get("revisited_at")) >= str(row.get("settled_at"))
