"""企业满意度回访 (domain.md §5 (i), §7.2): complete, and each outcome as the rule has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from forms.definition import Question
from forms.filling import Filling
from tests.support.built_in_forms import (
    HEAD,
    add_rows,
    answer,
    assert_complete,
    assert_well_made,
    built_in,
    labels,
    number,
    opened,
    problem_at,
    unit_of,
)

FORM = "satisfaction"
CODES = f"{HEAD} T1 T2 T3 T4 T5 T6 T7 T8 T9 T10"
STARRED = "H3 H6 H7 T1 T2 T3 T4 T10"
ISSUE = {
    "id": "i-2",
    "number": "QL-2026-09-0002",
    "title": "稳岗补贴没有到账",
    "department": "人力资源和社会保障局",
    "handler": "郑科长",
    "level": "2",
    "handled_by_me": "no",
    "appended": "no",
}
CONTENT: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/opinion/t1_answered": "yes",
    "/opinion/t2_solved": "solved",
    "/opinion/t3_satisfaction": "satisfied",
    "/opinion/t5_unbidden": "kept",
    "/opinion/t5_on_call": "kept",
    "/opinion/t5_word_kept": "partly",
    "/opinion/t5_thorough": "kept",
    "/opinion/t6_contacted": "yes",
    "/opinion/t7_trips": "2",
    "/opinion/t8_told": "none",
    "/opinion/t10_close": "yes",
}
DAYS = ("2026-11-18", "2026-11-20", "2026-11-22")


def called(changes: Mapping[str, Any] | None = None, **issue: str) -> Filling:
    filling = opened(FORM, {"callback_issue": [{**ISSUE, **issue}]})
    return answer(filling, {**CONTENT, **(changes or {})})


def unanswered(days: Sequence[str], reach: str = "lost") -> Filling:
    filling = opened(FORM, {"callback_issue": [ISSUE]})
    answer(filling, {"/header/h7_informed": "yes", "/contact/reach": reach})
    rows = [{"attempt_on": day, "attempt_way": "phone", "attempt_result": "无人接听"} for day in days]
    add_rows(filling, "/contact/attempts", rows)
    return filling


def test_every_question_of_the_catalogue_is_there() -> None:
    assert_well_made(FORM, CODES, STARRED)


def test_options_and_units_are_those_of_the_catalogue() -> None:
    assert labels(FORM, "solved") == "已解决 部分解决 未解决但认可解释 未解决"
    assert labels(FORM, "satisfaction") == "非常满意 满意 基本满意 不满意 非常不满意"
    assert labels(FORM, "dissatisfaction") == "结果 时间 态度 解释不清 反复跑 走过场"
    assert unit_of(FORM, "/opinion/t7_trips") == "次"
    fours = [item for item in built_in(FORM).walk() if item.code == "T5" and isinstance(item, Question)]
    assert [item.label for item in fours] == [
        f"四到服务：{word}" for word in ("不叫不到", "随叫随到", "说到做到", "服务周到")
    ]


def test_a_content_enterprise_closes_the_issue() -> None:
    filling = called()
    assert_complete(filling)
    assert filling.get("/outcome/outcome_code") == "close"
    assert filling.get("/outcome/redo_level") is None
    assert number(filling, "/opinion/t5_count") == 3  # three of the four kept, one half
    assert filling.node("/contact/issue_card").label == (
        "回访诉求：QL-2026-09-0002 稳岗补贴没有到账（人力资源和社会保障局）"
    )


@pytest.mark.parametrize(
    ("solved", "satisfaction", "redo", "reason"),
    [
        ("solved", "very_satisfied", "no", None),
        ("partly", "basically_satisfied", "no", None),
        ("explained", "basically_satisfied", "no", None),  # unsolved, but the explanation is accepted
        ("unsolved", "basically_satisfied", "yes", "没有解决"),
        ("unsolved", "very_satisfied", "yes", "没有解决"),
        ("solved", "dissatisfied", "yes", "企业不满意"),
        ("explained", "very_dissatisfied", "yes", "企业不满意"),
        ("unsolved", "dissatisfied", "yes", "没有解决、企业不满意"),
    ],
)
def test_redo_by_the_rule(solved: str, satisfaction: str, redo: str, reason: str | None) -> None:
    filling = called({"/opinion/t2_solved": solved, "/opinion/t3_satisfaction": satisfaction})
    assert filling.get("/outcome/redo") == redo
    assert filling.get("/outcome/redo_reason") == reason
    assert filling.get("/outcome/outcome_code") == ("redo" if redo == "yes" else "close")


@pytest.mark.parametrize(("level", "next_level"), [("1", 2), ("2", 3), ("3", 4), ("4", 4)])
def test_redoing_has_fifteen_days_and_one_level_more(level: str, next_level: int) -> None:
    filling = called({"/opinion/t2_solved": "unsolved"}, level=level)
    assert number(filling, "/outcome/redo_days") == 15
    assert number(filling, "/outcome/redo_level") == next_level


@pytest.mark.parametrize(
    ("satisfaction", "satisfied", "strictly"),
    [
        ("very_satisfied", "yes", "yes"),
        ("satisfied", "yes", "yes"),
        ("basically_satisfied", "yes", "no"),
        ("dissatisfied", "no", "no"),
        ("very_dissatisfied", "no", "no"),
    ],
)
def test_what_counts_as_satisfied(satisfaction: str, satisfied: str, strictly: str) -> None:
    filling = called({"/opinion/t3_satisfaction": satisfaction})
    assert filling.get("/outcome/satisfied") == satisfied
    assert filling.get("/outcome/satisfied_strictly") == strictly
    assert filling.node("/opinion/t4_reasons").relevant == (satisfied == "no")
    assert filling.node("/opinion/t10_close").relevant == (satisfied == "yes")


def test_the_dissatisfied_are_asked_why_and_not_whether_to_close() -> None:
    filling = called({"/opinion/t3_satisfaction": "dissatisfied"})
    assert filling.finish().required_missing == ("/opinion/t4_reasons",)
    filling.set("/opinion/t4_reasons", ["time", "running"])
    assert_complete(filling)
    assert "/opinion/t10_close" not in filling.finish().values


def test_who_does_not_agree_to_close_is_not_closed() -> None:
    filling = called({"/opinion/t10_close": "no"})
    assert filling.get("/outcome/outcome_code") == "open"
    assert_complete(filling)


def test_bribery_is_told_the_way_and_never_kept() -> None:
    filling = called()
    assert "纪检监察机关" in filling.node("/opinion/t8_way").label
    assert labels(FORM, "told") == "无 已告知渠道"
    questions = [item for item in built_in(FORM).walk() if item.code == "T8" and isinstance(item, Question)]
    assert [(item.type, item.print) for item in questions] == [("select_one", "hidden")]
    assert built_in(FORM).entities == ()


def test_the_handler_may_not_call_back() -> None:
    for issue in ({"handled_by_me": "yes"}, {"handled_by_me": "", "handler": "陈禾"}):
        filling = called({}, **issue)
        assert filling.finish().required_missing == ("/contact/conflict_note",)
        assert "请换人回访" in problem_at(filling, "/contact/conflict_note")
    assert_complete(called({}, handler="陈禾"))  # another person of the same name, as the program knows


def test_an_anonymous_enterprise_leaves_no_name() -> None:
    filling = called({"/header/h5_person": "刘工", "/header/h5_phone": "0799-3456789"})
    assert "刘工" in str(filling.finish().values)
    filling.set("/header/anonymous", "yes")
    finished = filling.finish()
    assert finished.complete
    assert "刘工" not in str(finished.values)
    assert "3456789" not in str(finished.values)


@pytest.mark.parametrize("reach", ["lost", "refused"])
def test_three_attempts_on_three_days_make_an_invalid_callback(reach: str) -> None:
    filling = unanswered(DAYS, reach)
    assert_complete(filling)
    assert filling.get("/outcome/outcome_code") == "invalid"
    assert filling.get("/outcome/counted") == "no"
    assert filling.get("/outcome/satisfied") is None
    assert not filling.node("/opinion").relevant


def test_two_attempts_are_not_enough() -> None:
    filling = unanswered(DAYS[:2])
    assert filling.finish().required_missing == ("/contact/attempts_missing",)
    assert "现在是 2 次" in filling.node("/contact/attempts_missing").label
    assert filling.get("/outcome/outcome_code") is None


@pytest.mark.parametrize(
    "days", [("2026-11-18", "2026-11-18", "2026-11-22"), ("2026-11-20", "2026-11-18", "2026-11-22")]
)
def test_attempts_are_on_different_days(days: Sequence[str]) -> None:
    filling = unanswered(days)
    assert "不同的日子" in problem_at(filling, "/contact/attempts[2]/attempt_on")
    assert problem_at(filling, "/contact/attempts[1]/attempt_on") == ""
    assert not filling.finish().complete


def test_answers_given_before_it_was_said_to_be_lost_do_not_count() -> None:
    filling = called({"/opinion/t3_satisfaction": "dissatisfied"})
    filling.set("/contact/reach", "lost")
    assert filling.get("/outcome/redo") == "no"
    assert filling.get("/outcome/counted") == "no"


def test_an_appended_rating_is_given_once() -> None:
    assert_complete(called({"/contact/callback_kind": "appended"}))
    filling = called({"/contact/callback_kind": "appended"}, appended="yes")
    assert "只能追评一次" in problem_at(filling, "/contact/callback_kind")


def test_an_issue_that_was_never_answered_is_remarked() -> None:
    assert called({"/opinion/t1_answered": "no"}).node("/outcome/outcome_unanswered").relevant
    assert not called().node("/outcome/outcome_unanswered").relevant


def test_trips_are_a_plausible_number() -> None:
    assert "0 到 100" in problem_at(called({"/opinion/t7_trips": "101"}), "/opinion/t7_trips")
