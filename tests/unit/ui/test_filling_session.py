"""What the screen knows beside the filling: what could not be read, what was taken out, what stood there last time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.filling import filling_of
from ui.filling.session import FillingSession, Repaint, Trouble

ROWS = (
    "begin group | a | 甲",
    "integer | number | 人数 | | yes | . < 100",
    "text | why | 说明 | ${number} > 5",
    "end group",
    "begin repeat | posts | 缺工岗位",
    "text | post | 岗位",
    "integer | wage | 月薪",
    "end repeat",
)


@pytest.fixture
def session() -> FillingSession:
    return FillingSession(filling_of(*ROWS), {"/a/number": 136})


def heard(session: FillingSession) -> list[Repaint]:
    repaints: list[Repaint] = []
    session.changed.connect(repaints.append)
    return repaints


def test_an_answer_says_what_has_to_be_painted_anew(session: FillingSession) -> None:
    repaints = heard(session)
    session.answer("/a/number", "6")
    (repaint,) = repaints
    assert {"/a/number", "/a/why"} <= repaint.paths
    assert "/posts" not in repaint.paths


def test_letters_in_a_number_stay_with_a_message_and_the_answer_before_stays_underneath(
    session: FillingSession,
) -> None:
    session.answer("/a/number", "12")
    session.answer("/a/number", "12个")
    assert session.filling.get("/a/number") == 12
    assert session.unreadable["/a/number"].text == "12个"
    assert session.message("/a/number")
    assert [trouble.path for trouble in session.troubles()] == ["/a/number"]

    session.answer("/a/number", "13")
    assert session.unreadable == {}
    assert session.message("/a/number") == ""
    assert session.filling.get("/a/number") == 13


def test_the_answer_before_given_again_takes_the_message_away(session: FillingSession) -> None:
    session.answer("/a/number", "12")
    session.answer("/a/number", "x")
    repaints = heard(session)
    session.answer("/a/number", "12")
    assert session.unreadable == {}
    assert "/a/number" in repaints[0].paths


def test_what_is_missing_is_no_trouble_before_the_whole_form_is_checked(session: FillingSession) -> None:
    assert session.troubles() == []
    session.checked = True
    (trouble,) = session.troubles()
    assert (trouble.path, trouble.label, trouble.missing) == ("/a/number", "人数", True)
    session.answer("/a/number", "200")
    (trouble,) = session.troubles()
    assert not trouble.missing


def test_troubles_stand_in_the_order_of_the_form(session: FillingSession) -> None:
    session.checked = True
    session.add_row("/posts")
    session.answer("/posts[1]/wage", "六千")
    assert [trouble.path for trouble in session.troubles()] == ["/a/number", "/posts[1]/wage"]
    assert session.troubles()[1] == Trouble(
        "/posts[1]/wage", "缺工岗位 1 · 月薪", session.unreadable["/posts[1]/wage"].message, False
    )


def test_what_was_typed_goes_with_its_row(session: FillingSession) -> None:
    for index in (1, 2, 3):
        session.add_row("/posts")
        session.answer(f"/posts[{index}]/post", f"第{index}")
    session.answer("/posts[2]/wage", "二千")
    session.answer("/posts[3]/wage", "三千")

    session.remove_row("/posts[1]")
    assert {path: raw.text for path, raw in session.unreadable.items()} == {
        "/posts[1]/wage": "二千",
        "/posts[2]/wage": "三千",
    }
    session.copy_row("/posts[1]")
    assert {path: raw.text for path, raw in session.unreadable.items()} == {
        "/posts[1]/wage": "二千",
        "/posts[3]/wage": "三千",
    }


def test_a_removed_row_comes_back_with_what_was_typed_in_it(session: FillingSession) -> None:
    for index, post in enumerate(("窑炉工", "质检员", "叉车工"), 1):
        session.add_row("/posts")
        session.answer(f"/posts[{index}]/post", post)
    session.answer("/posts[2]/wage", "五千二")
    session.answer("/posts[3]/wage", "四千")
    session.remove_row("/posts[2]")
    assert session.removed["/posts"].text == "质检员"

    assert session.undo_removal("/posts") == "/posts[2]"
    assert [session.filling.get(f"{row}/post") for row in session.filling.rows("/posts")] == [
        "窑炉工",
        "质检员",
        "叉车工",
    ]
    assert {path: raw.text for path, raw in session.unreadable.items()} == {
        "/posts[2]/wage": "五千二",
        "/posts[3]/wage": "四千",
    }
    assert session.undo_removal("/posts") is None


def test_last_visits_answer_is_taken_over_by_one_word(session: FillingSession) -> None:
    assert session.previous_text("/a/number") == "136"
    assert session.previous_text("/a/why") == ""
    session.take_previous("/a/number")
    assert session.filling.get("/a/number") == 136


def test_a_list_of_choices_is_taken_over_whole() -> None:
    filling = filling_of(
        "select_multiple reason | why | 原因",
        choices=("reason | a | 订单", "reason | b | 资金", "reason | c | 用工"),
    )
    session = FillingSession(filling, {"/why": ["a", "c"]})
    assert session.previous_text("/why") == "订单、用工"
    session.take_previous("/why")
    assert session.filling.get("/why") == ("a", "c")


def test_nothing_is_answered_while_the_visit_is_being_finished(session: FillingSession) -> None:
    session.locked = True
    session.answer("/a/number", "6")
    assert session.filling.get("/a/number") is None


def test_an_answer_for_a_row_that_is_gone_is_dropped(session: FillingSession) -> None:
    session.answer("/posts[7]/post", "没有这一行")
    assert session.unreadable == {}
    assert session.troubles() == []


def test_money_stays_exact() -> None:
    filling = filling_of("decimal | output | 本季产值")
    session = FillingSession(filling, {"/output": "2310.10"})
    session.take_previous("/output")
    assert session.filling.get("/output") == Decimal("2310.10")
    assert session.previous_text("/output") == "2,310.10"
