"""Steps, lights, policies and grades of registers: the rules alone."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.record import Record, RecordStep, rows_of
from app.domain.record_facts import facts_of, record_row
from app.domain.record_lamps import ADVICE, ENTERPRISE, GOVERNMENT, advices, lamps
from app.domain.record_policies import Condition, Fit, Policy, known_of, match
from app.domain.record_steps import (
    CHAIN,
    COVENANT,
    FINANCING,
    POLICY_CLAIM,
    STAGE_WORDS,
    STEPS,
    stage_of,
    step_problem,
    steps_from,
)
from app.domain.record_yield import Scheme, against_lines, grade
from app.domain.work_calendar import WorkCalendar

TODAY = date(2026, 11, 23)
SCHEMES = json.loads(
    (Path(__file__).parents[4] / "resources/dictionaries/yield_schemes.json").read_text("utf-8")
)
SCHEME = Scheme.model_validate(SCHEMES["items"][0])


def entry(ledger: str, values: dict[str, Any] | None = None, **more: Any) -> Record:
    return Record(
        id="r", enterprise="e", form_id="f", form_version="1", values=values or {}, digest="d", ledger=ledger,
        day="2026-01-01", **more,
    )  # fmt: skip


def step(code: str, day: str = "2026-06-01", **more: Any) -> RecordStep:
    return RecordStep(step=code, day=day, at="2026-06-01T00:00:00.000Z", by="p", by_name="王敏", **more)


FULL: dict[str, Any] = {
    "amount_fen": 100, "party": "工行", "text": "说明", "until": "2026-07-01", "special_by": "周书记",
    "special_reason": "设备要被转走", "result": "A", "score": "90", "scheme": "s",
}  # fmt: skip


def whole(ledger: str, code: str) -> RecordStep:
    reasons = {FINANCING: ["quota"], POLICY_CLAIM: ["no_funds"]}.get(ledger, [])
    return step(code, reasons=reasons, **FULL)


@pytest.mark.parametrize("ledger", sorted(STEPS))
@given(data=st.data())
def test_any_order_of_allowed_steps_keeps_a_stage_with_a_word(ledger: str, data: st.DataObject) -> None:
    record = entry(ledger)
    for _ in range(data.draw(st.integers(0, 12))):
        allowed = sorted(steps_from(record))
        if not allowed:
            break
        taken = whole(ledger, data.draw(st.sampled_from(allowed)))
        if taken.step == "lent" and sum(s.step == "lent" for s in record.steps or ()):
            assert "授信额" in step_problem(record, taken, TODAY.isoformat())
            break
        assert step_problem(record, taken, TODAY.isoformat()) == ""
        record.steps = [*(record.steps or ()), taken]
        assert stage_of(record) in STAGE_WORDS[ledger]
        assert record_row(record.to_body())["stage"] == stage_of(record)
    for code in set(STEPS[ledger]) - set(steps_from(record)):
        assert step_problem(record, whole(ledger, code), TODAY.isoformat())


@given(st.lists(st.sampled_from(CHAIN[1:]), max_size=6))
def test_the_chain_is_gone_in_its_order_unless_a_leader_approved(codes: list[str]) -> None:
    record = entry(COVENANT)
    plain = {**FULL, "special_by": None, "special_reason": None}
    for code in codes:
        problem = step_problem(record, step(code, **plain), TODAY.isoformat())
        at, to = CHAIN.index(stage_of(record)), CHAIN.index(code)
        assert (problem == "") == (to == at + 1)
        if to > at:
            assert step_problem(record, step(code, **FULL), TODAY.isoformat()) == "", "with an approval"
        if not problem:
            record.steps = [*(record.steps or ()), step(code, **plain)]
    reached = [CHAIN.index(one.step) for one in record.steps or ()]
    assert reached == list(range(1, len(reached) + 1))


def test_what_a_step_must_say_is_asked_for() -> None:
    record = entry(
        FINANCING, {"/t/l14_authorized": "yes"}, steps=[step("matched"), step("mediated", party="工行")]
    )
    assert "授信额" in step_problem(record, step("granted", party="工行"), "2026-11-23")
    assert "晚于今天" in step_problem(record, step("consulted", "2027-01-01", text="会"), "2026-11-23")
    assert "早于上一步" in step_problem(record, step("consulted", "2026-05-01", text="会"), "2026-11-23")
    assert step_problem(record, step("refused"), "2026-11-23") == "请至少选一项原因。"
    assert step_problem(record, step("refused", reasons=["moon"]), "2026-11-23")


def test_without_the_enterprises_consent_nothing_goes_to_a_bank() -> None:
    record = entry(FINANCING, {"/target/l14_authorized": "no"}, steps=[step("matched")])
    assert set(steps_from(record)) == {"withdrawn"}
    assert "授权" in step_problem(record, step("mediated", party="工行"), "2026-11-23")


def test_the_form_says_how_far_it_is_until_somebody_takes_a_step() -> None:
    said = {"/progress/stage": "mediated", "/need/l01_amount": "500", "/progress/mediated_on": "2026-03-01"}
    record = entry(FINANCING, said)
    assert stage_of(record) == "mediated"
    assert facts_of(record) == {"need_fen": 500_000_000, "mediated_on": "2026-03-01"}
    record.steps = [
        step("granted", amount_fen=300_000_000, party="工行"),
        step("lent", amount_fen=200_000_000),
    ]
    facts = facts_of(record)
    assert (facts["granted_fen"], facts["lent_fen"], facts["lent_on"]) == (
        300_000_000,
        200_000_000,
        "2026-06-01",
    )


def test_a_paused_claim_goes_on_where_it_stood() -> None:
    record = entry(POLICY_CLAIM, {"/p/status": "fits"})
    for one in (step("declared"), step("accepted"), step("paused", reasons=["covenant"]), step("resumed")):
        assert step_problem(record, one, "2026-11-23") == ""
        record.steps = [*(record.steps or ()), one]
    assert stage_of(record) == "accepted"


def test_a_claim_its_form_calls_paused_goes_on_by_the_days_in_it() -> None:
    said = {"/p/status": "paused", "/p/y09_declared": "2026-02-01", "/p/y10_accepted": "2026-02-09"}
    record = entry(POLICY_CLAIM, said)
    assert stage_of(record) == "paused"
    record.steps = [step("resumed")]
    assert stage_of(record) == "accepted"


def test_steps_before_a_new_version_are_in_what_its_form_says() -> None:
    record = entry(
        FINANCING, {"/p/stage": "granted", "/p/granted_amount": "100"}, steps=[step("lent", amount_fen=9)]
    )
    record.former = []
    assert stage_of(record) == "lent"
    newer = Record.model_validate(
        {
            **record.to_body(),
            "former": [{"form_version": "1", "values": {}, "digest": "d", "at": "", "by": "", "by_name": ""}],
        }
    )
    assert stage_of(newer) == "granted", "the form was filled anew after that step and says otherwise"


def test_a_personal_entry_has_no_light_row() -> None:
    assert record_row(entry("integrity", personal=True).to_body()) is None
    assert record_row(entry("yes").to_body()) is not None


def test_rows_of_a_repeat_in_their_order() -> None:
    values = {"/g/r[10]/a": 3, "/g/r[2]/a": 2, "/g/r[2]/b": "x", "/g/other[1]/a": 9, "/g/r[1]/s[1]/a": 7}
    assert rows_of(values, "r") == [{"a": 2, "b": "x"}, {"a": 3}]


# ---------------------------------------------------------------- lights


def lit(ledger: str, facts: dict[str, Any], stage: str) -> list[tuple[str, str]]:
    return [(one.side, one.tone) for one in lamps(ledger, facts, stage, TODAY, WorkCalendar())]


def test_both_sides_light_alike() -> None:
    facts = {
        "promises": [{"by": "2026-10-31", "done": False}, {"by": "2026-12-01", "done": False}, {"by": "2020-01-01", "done": True}],
        "conclusion": "not_met", "checked_on": "2026-11-01",
    }  # fmt: skip
    assert lit(COVENANT, facts, "none") == [(GOVERNMENT, "red"), (ENTERPRISE, "red"), (GOVERNMENT, "yellow")]
    assert lit(COVENANT, {"signed_on": "2026-11-01"}, "none") == []
    assert lit(COVENANT, {"signed_on": "2026-01-01"}, "none") == [(GOVERNMENT, "red")], (
        "the half-yearly check"
    )


def test_money_that_does_not_come_lights_the_government() -> None:
    assert lit(POLICY_CLAIM, {"declared_on": "2026-05-01"}, "reviewed") == [(GOVERNMENT, "red")]
    assert lit(POLICY_CLAIM, {"declared_on": "2026-11-20"}, "declared") == []
    assert lit(POLICY_CLAIM, {"declared_on": "2026-11-20", "promised_by": "2026-11-22"}, "declared")
    assert lit(POLICY_CLAIM, {"declared_on": "2026-05-01"}, "received") == []


def test_advice_is_given_and_nothing_concluded() -> None:
    assert advices({"k4_gift": "handed_in"}) == [ADVICE]
    assert advices({"k1_meal": "canteen", "k6_interest": "none", "k8_reported": "reported"}) == []
    assert len(advices({"k6_interest": "some", "k8_reported": "pending", "k7_leak": "yes"})) == 3


# ---------------------------------------------------------------- policies

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 500), st.text(max_size=4), st.lists(st.text(max_size=2))
)
CONDITIONS = st.builds(
    Condition,
    field=st.sampled_from(["a", "b", "c"]),
    test=st.sampled_from(["is", "in", "starts", "has", "at_least", "at_most", "newer"]),
    value=VALUES,
    text=st.just("条件"),
)


@given(st.lists(CONDITIONS, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES))
def test_a_policy_fits_only_where_everything_is_known_and_holds(
    conditions: list[Condition], known: dict[str, Any]
) -> None:
    found = match(Policy(id="p", title="策", conditions=conditions), known, TODAY)
    assert len(found.met) + len(found.unknown) + len(found.unmet) == len(conditions)
    assert (found.fit is Fit.FITS) == (len(found.met) == len(conditions))
    assert (found.fit is Fit.NOT) == bool(found.unmet)
    nothing = match(Policy(id="p", title="策", conditions=conditions), {}, TODAY)
    assert nothing.fit is (Fit.OPEN if conditions else Fit.FITS), "what is not known never fails"


def test_what_is_known_of_an_enterprise() -> None:
    known = known_of({"registered_on": "2024-12-01", "employees": 80}, ["high_tech"], TODAY)
    assert (known["age_years"], known["tags"], known["employees"]) == (1, ["high_tech"], 80)
    old = Policy(id="p", title="策", until="2026-01-01")
    assert match(old, known, TODAY).unmet == ("政策已到期",)


# ---------------------------------------------------------------- land

AREA = st.integers(1, 5000).map(str)
AMOUNT = st.one_of(st.none(), st.integers(-100, 100_000).map(str))
FACTS = st.fixed_dictionaries(
    {
        "area": AREA, "tax": AMOUNT, "added_value": AMOUNT, "energy": AMOUNT, "emission": AMOUNT,
        "employees": AMOUNT, "research": AMOUNT, "main_revenue": AMOUNT, "electricity": AMOUNT,
        "above_scale": st.sampled_from(["above", "below"]), "rated": st.sampled_from(["rated", "rated", "new"]),
    }
)  # fmt: skip


def test_the_four_lines_and_their_gaps() -> None:
    facts = {"area": "50", "tax": "1000", "investment": "22000", "output": "26000", "floor_area": "30000"}
    tax, investment, output, ratio = against_lines(facts, SCHEME)
    assert (tax.value, tax.met, tax.gap) == (Decimal(20), False, Decimal(500))
    assert (investment.met, investment.gap, output.met, output.gap) == (True, 0, True, 0)
    assert ratio.gap is not None
    assert round(ratio.gap, 2) == Decimal("20000.25")
    assert all(one.value is None for one in against_lines({**facts, "area": "0"}, SCHEME))


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), FACTS, max_size=12))
def test_grades_follow_the_scores_and_the_caps(entries: dict[str, dict[str, Any]]) -> None:
    found = grade(entries, SCHEME)
    assert {one.id for one in found} == {id for id, facts in entries.items() if facts["rated"] == "rated"}
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 150 for score in scores), "no value counts more than 1.5 times its weight"
    names = [one.grade for one in found]
    assert names == sorted(names)
    by_score: dict[Decimal, set[str]] = {}
    for one in found:
        by_score.setdefault(one.score, set()).add(one.grade)
    assert all(len(grades) == 1 for grades in by_score.values()), "the same score, the same grade"
    assert grade(dict(reversed(list(entries.items()))), SCHEME) == found, "whatever order they come in"


def test_a_scheme_that_does_not_add_up_is_none() -> None:
    body = SCHEMES["items"][0]
    for wrong in (
        {"above": {"tax": "90"}},
        {"shares": [{"grade": "A", "percent": "99"}]},
        {"base": "given", "bases": {}},
        {"below": {"tax": "50", "charm": "50"}},
    ):
        with pytest.raises(ValueError, match=r"scheme|shares|weights"):
            Scheme.model_validate({**body, **wrong})
