"""The figures R01–R24 (domain.md §9): the published ones come out of data, and each counts what it says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from app.dictionaries import builtin
from app.domain.figures import (
    NOTHING,
    PARK,
    REGISTRY,
    Period,
    Scope,
    Span,
    Whose,
    as_json,
    as_lines,
    fraction,
    rounded,
    shown,
)
from app.domain.taxonomy import Dictionaries
from app.errors import KnownError
from app.figures import figure_texts, period_of, scope_of
from tests.support.figure_rows import Q4, issue, rows, settled, told, worked

TEXTS = figure_texts()


def test_every_figure_has_its_words_and_every_word_its_figure() -> None:
    assert set(TEXTS.of) == set(REGISTRY)
    assert {text.group for text in TEXTS.of.values()} == set(TEXTS.groups)


# ---------------------------------------------------------------- periods and rounding


@pytest.mark.parametrize(
    ("text", "first", "last", "words"),
    [
        ("2026Q3", date(2026, 7, 1), date(2026, 9, 30), "2026年第3季度"),
        ("2026-10", date(2026, 10, 1), date(2026, 10, 31), "2026年10月"),
        ("2026", date(2026, 1, 1), date(2026, 12, 31), "2026年"),
    ],
)
def test_a_period_is_read_and_written(text: str, first: date, last: date, words: str) -> None:
    period = Period.parse(text)
    assert (period.first, period.last, period.text, period.words) == (first, last, text, words)


@pytest.mark.parametrize("text", ["2026Q5", "2026-13", "26", "", "2026-1", "2026Q3x"])
def test_what_is_no_period_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        Period.parse(text)
    if text:
        with pytest.raises(KnownError, match="2026Q3"):
            period_of(text, date(2026, 11, 23))


def test_periods_step_over_the_turn_of_the_year() -> None:
    assert Period.parse("2026Q4").step(1).text == "2027Q1"
    assert Period.parse("2026-01").step(-1).text == "2025-12"
    assert Period.around(date(2026, 8, 31), Span.QUARTER).text == "2026Q3"


def test_the_last_night_of_a_quarter_is_beijings() -> None:
    """23:30 on the last of September in Beijing is 15:30 UTC; half an hour past midnight still is that day in UTC."""
    found = rows(
        issue_row=[
            issue(1, accepted_at="2026-09-30T16:30:00.000Z"),
            issue(2, accepted_at="2026-09-30T15:30:00.000Z"),
        ]
    )
    assert worked(found)["R01"].measure.denominator == 1
    assert worked(found, Period.parse("2026Q3"))["R01"].measure.denominator == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(6800, 73), "93.15"),
        (Fraction(2400, 25), "96.00"),
        (Fraction(300, 17), "17.65"),
        (Fraction(1, 200), "0.01"),
        (Fraction(100005, 10000), "10.00"),
        (Fraction(-1, 3), "-0.33"),
        (Fraction(0), "0.00"),
    ],
)
def test_two_decimals_rounded_half_up_from_the_exact_number(value: Fraction, text: str) -> None:
    assert rounded(value) == text


# ---------------------------------------------------------------- the published figures


def test_24_of_25_is_96_and_the_solved_stand_beside() -> None:
    """S0: 25 received, 24 settled. Settled is not solved."""
    results = ["solved"] * 20 + ["explained"] * 4
    found = rows(issue_row=[settled(n, result=result) for n, result in enumerate(results)] + [issue(25)])
    figures = worked(found)
    assert told(figures["R01"]) == (24, 25, "96.00")
    assert told(figures["R04"]) == (20, 25, "80.00")
    assert fraction(figures["R01"]) == "24 / 25"
    assert shown(figures["R01"], TEXTS) == "96.00 %"


def test_68_of_73_is_93_15_and_not_93_1() -> None:
    """S1: the paper cut it off."""
    found = rows(issue_row=[settled(n) if n < 68 else issue(n) for n in range(73)])
    assert told(worked(found)["R04"]) == (68, 73, "93.15")


def test_the_first_reception_day_solved_3_of_17() -> None:
    on_spot = {"source": "reception", "solved_on_spot": True, "accepted_at": None, "state": "to_revisit"}
    raised = [issue(n, **(on_spot if n < 3 else {"source": "reception"})) for n in range(17)]
    found = rows(issue_row=[*raised, issue(17)])
    figures = worked(found)
    assert told(figures["R08b"]) == (3, 17, "17.65")
    assert told(figures["R08"]) == (3, 18, "16.67")


def test_25_cases_of_18_enterprises() -> None:
    cases = [
        {"id": f"c-{n}", "enterprise": f"e-{n % 18}", "commissioned_on": "2026-10-20", "state": "in_work"}
        for n in range(25)
    ]
    figures = worked(rows(case_row=cases))
    assert told(figures["R19"]) == (25, 18, "25")
    assert figures["R19b"].value == "18"
    assert worked(rows(case_row=cases), Period.parse("2026Q3"))["R19"].value == "0"


def test_60_enterprises_for_25_officers_are_2_4_each() -> None:
    enterprises = [{"id": f"e-{n}", "people": [{"person": f"p-{n % 25}"}]} for n in range(60)]
    people = [{"id": f"p-{n}", "account": f"a{n}", "roles": ["officer"], "active": True} for n in range(25)]
    away = [
        {"id": "p-x", "roles": ["officer"], "active": False},
        {"id": "p-y", "roles": ["leader"], "active": True},
    ]
    figures = worked(rows(enterprise_row=enterprises, person=people + away))
    assert told(figures["R13"]) == (60, 25, "2.40")


# ---------------------------------------------------------------- issues


def test_satisfaction_is_wide_and_strict_and_leaves_out_who_was_not_reached() -> None:
    words = ["very", "satisfied", "basically", "basically", "dissatisfied"]
    rated = [
        settled(n, satisfaction=word, revisit_valid=True, revisited_at="2026-10-25T01:00:00.000Z")
        for n, word in enumerate(words)
    ]
    unreached = settled(9, revisit_valid=False, satisfaction="very", revisited_at="2026-10-26T01:00:00.000Z")
    figures = worked(rows(issue_row=[*rated, unreached]))
    assert told(figures["R03"]) == (4, 5, "80.00")
    assert told(figures["R03b"]) == (2, 5, "40.00")
    assert told(figures["R10"]) == (5, 6, "83.33")


def test_days_are_working_days_and_a_stopped_clock_does_not_run() -> None:
    """National day and a suspension of three working days are taken out; the median stands beside the mean."""
    friday = {"accepted_at": "2026-11-06T02:00:00.000Z", "clock_from": "2026-11-06T02:00:00.000Z"}
    one = settled(
        1, **friday, settled_at="2026-11-09T02:00:00.000Z", first_response_at="2026-11-09T01:00:00.000Z"
    )
    stop = [{"since": "2026-11-09", "until": "2026-11-12", "reason": "funds"}]
    two = settled(2, **friday, settled_at="2026-11-16T02:00:00.000Z", stops=stop)
    three = settled(
        3,
        accepted_at="2026-09-30T02:00:00.000Z",
        clock_from="2026-09-30T02:00:00.000Z",
        settled_at="2026-10-13T02:00:00.000Z",
    )
    figures = worked(rows(issue_row=[one, two, three]))
    # 1 (Monday); 10 11 12 are out of 9 … 16: 3; after national day 8 9 10 (a working Saturday) 12 13: 5.
    assert told(figures["R07c"]) == (9, 3, "3.00")
    assert told(figures["R07d"]) == (3, 1, "3.00")
    assert told(figures["R07"]) == (1, 1, "1.00")
    assert worked(rows(issue_row=[one, two]))["R07d"].value == "2.00"


def test_what_is_due_and_what_is_overdue() -> None:
    due = "2026-11-10T09:30:00.000Z"
    found = [
        settled(1, due_at=due, settled_in_time=True),
        issue(2, due_at=due),
        issue(3, due_at=due, state="suspended", stops=[{"since": "2026-11-01", "reason": "funds"}]),
        issue(4, due_at="2026-12-10T09:30:00.000Z"),
        settled(5, due_at="2026-10-15T09:30:00.000Z", settled_in_time=False),
    ]
    figures = worked(rows(issue_row=found))
    assert told(figures["R01b"]) == (2, 4, "50.00")
    assert told(figures["R05"]) == (1, 2, "50.00")
    assert told(figures["R06"]) == (1, 3, "33.33")
    assert told(figures["R09d"]) == (1, 3, "33.33")


def test_sent_back_objected_and_raised_again() -> None:
    revisited = {"revisit_valid": True, "revisited_at": "2026-10-25T01:00:00.000Z"}
    back = issue(1, reopened=1, satisfaction="dissatisfied", result="solved", **revisited)
    good = settled(2, satisfaction="very", state="closed", **revisited)
    objected = issue(3, assigned_at="2026-10-12T01:00:00.000Z", objections=1, repeated=True)
    figures = worked(rows(issue_row=[back, good, objected, issue(4, assigned_at="2026-10-12T01:00:00.000Z")]))
    assert told(figures["R09"]) == (1, 2, "50.00")
    assert told(figures["R09b"]) == (1, 2, "50.00")
    assert told(figures["R09c"]) == (1, 4, "25.00")
    assert told(figures["R10"]) == (2, 2, "100.00")
    assert told(figures["R04"]) == (1, 4, "25.00"), "what is worked on anew is not solved"


def test_nothing_to_divide_by_is_a_dash() -> None:
    figures = worked(rows())
    assert {figures[id].value for id in ("R01", "R03", "R07", "R07b", "R11", "R13", "R21")} == {NOTHING}
    assert figures["R19"].value == "0"
    assert shown(figures["R01"], TEXTS) == NOTHING


# ---------------------------------------------------------------- visits, seats, land


def visit(number: int, enterprise: str, day: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"v-{number}", "enterprise": enterprise, "day": day, "state": "submitted", **fields}


def test_covered_planned_and_crowded() -> None:
    enterprises = [{"id": f"e-{n}"} for n in range(4)]
    visits = [
        visit(1, "e-0", "2026-10-10", six=["policy", "safety"]),
        visit(2, "e-0", "2026-10-12"),
        visit(3, "e-1", "2026-09-30"),
        visit(4, "e-2", "2026-12-31", method="phone"),
        visit(5, "e-3", "2026-11-02", state="open", returns=1),
    ]
    entries = [
        {"id": "n-1", "enterprise": "e-0", "day": "2026-10-16", "nature": "inspection"},
        {"id": "n-2", "enterprise": "e-2", "day": "2026-12-30", "withdrawn_at": "2026-12-31T01:00:00.000Z"},
    ]
    plans = [
        {"id": f"p-{n}", "enterprise": "e-0", "day": "2026-10-10", "state": state}
        for n, state in enumerate(("done", "planned", "cancelled", "done"))
    ]
    found = rows(enterprise_row=enterprises, visit_row=visits, entry_row=entries, visit_plan_row=plans)
    figures = worked(found)
    assert told(figures["R11"]) == (2, 4, "50.00")
    assert told(figures["R12"]) == (2, 3, "66.67")
    assert told(figures["R14"]) == (2, 24, "8.33")
    assert told(figures["R14.safety"]) == (1, 4, "25.00")
    assert told(figures["R16"]) == (1, 4, "1")
    entries[0]["day"] = "2026-10-17"
    assert worked(rows(enterprise_row=enterprises, visit_row=visits, entry_row=entries))["R16"].value == "0"


def test_vacant_seats_and_idle_land() -> None:
    seats = [
        {"id": "s-1", "enterprise": "e-0", "seat": "grid_leader", "filled": True},
        {"id": "s-2", "enterprise": "e-0", "seat": "grid_member", "filled": False},
    ]
    parcels = [
        {"id": "l-1", "enterprise": "e-0", "flags": ["not_used_up"], "area_milli_mu": 30_000, "disposed_milli_mu": 12_500, "disposed_on": "2026-11-01"},
        {"id": "l-2", "enterprise": "e-0", "flags": ["not_used_up"], "area_milli_mu": 20_000, "disposed_milli_mu": 20_000, "disposed_on": "2027-01-01"},
        {"id": "l-3", "enterprise": "e-0", "area_milli_mu": 90_000},
    ]  # fmt: skip
    tracks = [
        {"id": "t-1", "enterprise": "e-0", "track": "small_to_regulated", "done_on": "2026-12-31"},
        {"id": "t-2", "enterprise": "e-1", "track": "small_to_regulated"},
    ]
    enterprises = [{"id": "e-0"}, {"id": "e-1"}]
    figures = worked(
        rows(enterprise_row=enterprises, seat_row=seats, parcel_row=parcels, cultivation_row=tracks)
    )
    assert told(figures["R15"]) == (9, 10, "9")
    assert figures["R24"].value == "12.50"
    assert told(figures["R24b"]) == (12_500, 50_000, "25.00")
    assert fraction(figures["R24b"]) == "12.50 / 50"
    assert told(figures["R23"]) == (1, 2, "50.00")


# ---------------------------------------------------------------- registers


def entry(number: int, ledger: str, day: str = "2026-10-20", **facts: Any) -> dict[str, Any]:
    return {"id": f"r-{number}", "enterprise": f"e-{number}", "ledger": ledger, "day": day, "facts": facts}


def test_money_promised_and_paid() -> None:
    wan = 1_000_000
    claims = [
        entry(1, "policy_claim", due_fen=100 * wan, paid_fen=60 * wan, paid_on="2026-11-01", declared_on="2026-10-22", received_on="2026-11-03"),
        entry(2, "policy_claim", due_fen=50 * wan, paid_fen=50 * wan, paid_on="2027-01-02"),
        {**entry(3, "policy_claim", due_fen=900 * wan), "stage": "unfit"},
        {**entry(4, "policy_claim", due_fen=900 * wan), "withdrawn_at": "2026-10-21T01:00:00.000Z"},
        entry(5, "financing", need_fen=800 * wan, granted_fen=500 * wan, lent_fen=300 * wan),
        entry(6, "financing", need_fen=200 * wan),
    ]  # fmt: skip
    figures = worked(rows(record_row=claims))
    assert (figures["R17"].value, fraction(figures["R17"])) == ("40.00", "60 / 150")
    assert told(figures["R17b"]) == (1, 2, "50.00")
    assert told(figures["R17c"]) == (12, 1, "12.00")
    assert figures["R18"].value == "1000.00"
    assert told(figures["R18b"]) == (1, 2, "50.00")
    assert (figures["R18c"].value, fraction(figures["R18c"])) == ("30.00", "300 / 1000")


def test_covenants_count_the_last_check_and_both_sides() -> None:
    def check(number: int, day: str, actual: str) -> dict[str, Any]:
        terms = [
            {"promised": "300", "actual": actual, "weight": "60", "assessed": True},
            {"promised": 1.5, "actual": 3, "weight": 40, "assessed": True},
            {"promised": 10, "actual": 0, "weight": 50, "assessed": False},
        ]
        promises = [
            {"by": "2026-10-31", "done": True},
            {"by": "2026-11-30", "done": False},
            {"by": "2027-06-30", "done": False},
        ]
        row = entry(
            number, "covenant", day, signed_on="2025-03-01", checked_on=day, terms=terms, promises=promises
        )
        return {**row, "enterprise": "e-1"}

    found = rows(
        record_row=[
            check(1, "2026-06-30", "30"),
            check(2, "2026-12-20", "150"),
            check(3, "2027-06-20", "300"),
        ]
    )
    figures = worked(found)
    assert told(figures["R21"]) == (70, 100, "70.00")
    assert told(figures["R21b"]) == (1, 2, "50.00")


def test_the_four_lines_of_land() -> None:
    good = {
        "year": 2026,
        "area": "10",
        "floor_area": "10001",
        "tax": 300,
        "investment": 4000,
        "output": 5000,
        "grade": "A",
    }
    poor = {**good, "tax": "250.5", "floor_area": 9000, "grade": "D"}
    found = [
        entry(1, "land_yield", **good),
        entry(2, "land_yield", **{**good, "year": 2025}),
        entry(3, "land_yield", **poor),
        entry(4, "land_yield", **{**good, "year": 2024}),
        entry(5, "land_yield", **{**good, "rated": "building"}),
        {**entry(6, "land_yield", **{**poor, "year": 2025}), "enterprise": "e-1"},
    ]
    figures = worked(rows(record_row=found))
    assert told(figures["R22"]) == (2, 3, "2")
    assert figures["R22.tax"].value == "49.50"
    assert told(figures["R22.ratio"]) == (1, 3, "1")
    assert (figures["R22.A"].value, figures["R22.D"].value) == ("2", "1")


# ---------------------------------------------------------------- projects


def test_projects_begun_and_paid_for() -> None:
    one = {
        "id": "j-1", "enterprise": "e-1", "begun_on": "2026-10-08", "judged": "fast",
        "milestones": [
            {"planned_on": "2026-10-31", "done_on": "2026-10-31"},
            {"planned_on": "2026-11-10", "done_on": "2026-11-12"},
            {"planned_on": "2026-11-22"},
            {"planned_on": "2026-12-20"},
        ],
        "plans": [{"year": 2026, "fen": 800}, {"year": 2027, "fen": 999}],
        "invested": [{"day": "2026-02-01", "fen": 300}, {"day": "2026-12-31", "fen": 260}, {"day": "2025-12-31", "fen": 77}],
        "funds": [{"day": "2025-06-30", "fen": 200}, {"day": "2026-03-31", "fen": 236}],
    }  # fmt: skip
    two = {
        "id": "j-2",
        "enterprise": "e-2",
        "begun_on": "2026-09-30",
        "completed_on": "2026-12-01",
        "judged": "unbegun",
    }
    figures = worked(rows(project_row=[one, two]))
    assert [figures[id].value for id in ("R20", "R20b", "R20c")] == ["1", "1", "0"]
    assert told(figures["R20d"]) == (1, 3, "33.33")
    assert told(figures["R20e"]) == (560, 800, "70.00")
    assert told(figures["R20f"]) == (36, 200, "18.00")
    assert [told(figures[id])[:2] for id in ("R20g", "R20h", "R20i")] == [(1, 2), (0, 2), (1, 2)]
    february = worked(rows(project_row=[one]), Period.parse("2026-03"))
    assert told(february["R20f"]) == (236, 0, NOTHING)


# ---------------------------------------------------------------- scopes and what is printed

WORLD = rows(
    enterprise_row=[
        {"id": "e-1", "name": "青岚机械", "credit_code": "91360313QLAN010166", "industry": "C3741", "people": [{"person": "p-1"}]},
        {"id": "e-2", "name": "澄湖食品", "credit_code": "9136", "industry": "C1411", "people": [{"person": "p-2"}]},
    ],
    issue_row=[settled(1, department="power", category="08", subcategory="0803"), issue(2, enterprise="e-2", category="02")],
    visit_row=[visit(1, "e-1", "2026-10-10")],
    person=[{"id": "p-1", "account": "wangmin", "roles": ["officer"]}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "scope", "taken", "covered"),
    [
        ("park", PARK, 2, (1, 2)),
        ("officer:wangmin", Scope(Whose.OFFICER, "p-1"), 1, (1, 1)),
        ("enterprise:澄湖食品", Scope(Whose.ENTERPRISE, "e-2"), 1, (0, 1)),
        ("industry:C37", Scope(Whose.INDUSTRY, "C37"), 1, (1, 1)),
        ("department:power", Scope(Whose.DEPARTMENT, "power"), 1, None),
        ("category:0803", Scope(Whose.CATEGORY, "0803"), 1, None),
    ],
)
def test_a_scope_takes_what_belongs_to_it(
    asked: str, scope: Scope, taken: int, covered: tuple[int, int] | None
) -> None:
    found = scope_of(asked, WORLD, Dictionaries.parse(builtin()))
    assert found == scope
    assert Scope.parse(scope.text) == scope
    figures = worked(WORLD, scope=found)
    assert figures["R01"].measure.denominator == taken
    if covered is None:
        assert "R11" not in figures, "a department visits nobody"
    else:
        assert told(figures["R11"])[:2] == covered


@pytest.mark.parametrize(
    "asked", ["parc", "officer:", "park:x", "officer:nobody", "department:none", "category:77"]
)
def test_a_scope_that_is_not_there_says_how_it_is_written(asked: str) -> None:
    with pytest.raises(KnownError, match="范围写成"):
        scope_of(asked, WORLD, Dictionaries.parse(builtin()))


def test_json_has_the_keys_programs_read_and_lines_what_people_read() -> None:
    figures = list(worked(WORLD, Q4).values())
    by_id = {one["id"]: one for one in as_json(figures, TEXTS)["figures"]}
    assert by_id["R01"] == {
        "id": "R01", "name": "办结率", "numerator": 1, "denominator": 2, "value": "50.00", "unit": "%",
        "scope": "park", "period": "2026Q4", "definition": "2026.1",
    }  # fmt: skip
    lines = as_lines(figures, TEXTS, datetime(2026, 11, 23, 2, 26, tzinfo=UTC))
    assert any("办结率" in line and "50.00 %" in line and line.endswith("1 / 2") for line in lines)
    assert lines[-1] == "统计期：2026年第4季度 · 口径版本：2026.1 · 生成时间：2026-11-23 10:26"
