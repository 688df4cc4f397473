"""Reviews on a desk: what each role's laptop shows of them, filling a sheet, handing it in, drafts that are kept until confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.changes import Refusal
from app.domain.review import ReviewerState, ReviewScore, ReviewSheet, ReviewState
from app.domain.review_result import scored
from app.errors import KnownError
from app.services import overview, reviews
from app.services.desk import Desk
from app.services.visits import Incomplete
from app.store.drafts import drafts
from tests.support.review_desks import review_desk
from tests.support.review_filling import fill_in


@pytest.fixture
def officer(tmp_path: Path) -> Iterator[Desk]:
    with review_desk("officer", tmp_path) as desk:
        yield desk


def line(desk: Desk, id: str) -> Any:
    return next(one for one in reviews.listing(desk) if one.id == id)


def test_what_waits_for_oneself_comes_first(officer: Desk) -> None:
    lines = reviews.listing(officer)
    assert len(lines) == 8
    assert (lines[0].id, lines[0].mine_word) == ("scoring", "要我声明")
    assert [row.target for row in overview.today(officer).attention if row.target[0] == "review"] == [
        ("review", "scoring")
    ]
    assert line(officer, "closed").result == "推荐，94.60 分"
    assert line(officer, "vetoed").tone == "red"
    assert line(officer, "joint").progress == "部门联审"


def test_a_sheet_is_declared_filled_handed_in_and_never_in_the_enterprises_bucket(officer: Desk) -> None:
    with pytest.raises(KnownError, match="先作利益关联声明"):
        reviews.start(officer, "scoring")
    with pytest.raises(Refusal, match="写一句是什么关联"):
        reviews.act(officer, "scoring", "review.declare", {"clear": False})
    reviews.act(officer, "scoring", "review.declare", {"clear": True})
    assert line(officer, "scoring").mine is ReviewerState.CLEAR
    draft = reviews.start(officer, "scoring")
    assert reviews.start(officer, "scoring") == draft
    opened = reviews.open_filling(officer, draft)
    with pytest.raises(Incomplete):
        reviews.hand_in(officer, draft, opened.filling)
    fill_in(opened.filling)
    reviews.save(officer, draft, opened.filling.save(), opened.tables)
    again = reviews.open_filling(officer, draft)
    file = reviews.add_file(officer, draft, b"%PDF-evidence", "审计报告.pdf")
    assert [one.id for one in reviews.files_of(officer, draft)] == [file.id]
    assert reviews.hand_in(officer, draft, again.filling) == "scoring"
    own = officer.store.of_kind(ReviewSheet.kind, "u:p-officer")
    sheet = next(ReviewSheet.of(one) for one in own if one.id == "scoring:p-officer")
    rules = reviews.review_of(officer, "scoring").rules
    assert rules is not None
    assert scored(rules, sheet.values).total == Decimal(str(sheet.values["/result/total"]))
    assert {one.bucket for one in officer.store.of_kind(ReviewSheet.kind)} == {"u:p-officer"}
    assert line(officer, "scoring").mine is ReviewerState.HANDED_IN
    assert reviews.page(officer, "scoring").own == ()
    with pytest.raises(KnownError, match="已经交表"):
        reviews.start(officer, "scoring")
    # Until the centre has it the draft stays; were it refused, it would be gone on with.
    assert reviews.tidy(officer) == 0
    assert len(drafts(officer.store)) == 1


def test_a_draft_that_is_dropped_takes_its_files_along(officer: Desk) -> None:
    reviews.declare(officer, "scoring", clear=True)
    draft = reviews.start(officer, "scoring")
    reviews.add_file(officer, draft, b"%PDF-evidence", "审计报告.pdf")
    reviews.drop(officer, draft)
    assert drafts(officer.store) == []
    assert officer.store.of_kind("attachment") == []
    with pytest.raises(KnownError, match="已经交了或者放弃了"):
        reviews.open_filling(officer, draft)


def test_a_handler_has_his_seat_alone(tmp_path: Path) -> None:
    with review_desk("handler", tmp_path) as desk:
        page = reviews.page(desk, "scoring")
        assert (page.review, page.parts, page.own) == (None, (), ())
        assert page.line.mine is ReviewerState.HANDED_IN
        assert ("总投资", "8600 万元") in page.facts
        with pytest.raises(KnownError, match="还没有取到本机"):
            reviews.page(desk, "joint")


def test_single_scores_are_the_coordinators_and_the_leaders(tmp_path: Path) -> None:
    for role, sees in (("officer", False), ("coordinator", True), ("leader", True)):
        with review_desk(role, tmp_path / role) as desk:
            parts = reviews.page(desk, "closed").parts
            assert [bool(part.text) for part in parts] == [sees] * 3
            assert bool(desk.store.of_kind(ReviewScore.kind)) == sees
            assert all(not part.text for part in reviews.page(desk, "ready").parts)


def test_the_coordinator_opens_staffs_and_asks_the_centre_to_close(tmp_path: Path) -> None:
    with review_desk("coordinator", tmp_path) as desk:
        id = reviews.open_review(
            desk,
            "e",
            {"enterprise": "e", "scheme": "ten", "title": "新项目", "investment": "8,600.5", "note": ""},
        )
        review = reviews.review_of(desk, id)
        assert (review.investment_fen, review.form_version) == (8_600_500_000, "2026.1")
        form = reviews.form_for(desk, review, "review.name")
        people = [choice.code for choice in form.fields[0].choices]
        assert len(people) == 5
        reviews.act(desk, id, "review.name", {"people": people})
        reviews.act(desk, id, "review.start")
        assert reviews.page(desk, id).blocked[0][1].startswith("还没有交表")
        reviews.act(desk, "ready", "review.close", {"text": ""})
        page = reviews.page(desk, "ready")
        assert page.line.state is ReviewState.CLOSING
        assert "同步后由中心汇总" in page.told
        with pytest.raises(KnownError, match="金额请填数字"):
            reviews.open_review(desk, "e", {"scheme": "joint", "title": "项目", "investment": "很多"})
        with pytest.raises(KnownError, match="不在本机"):
            reviews.open_review(desk, "elsewhere", {"scheme": "joint", "title": "项目"})


def test_every_move_has_a_form_its_change_takes(tmp_path: Path) -> None:
    with review_desk("coordinator", tmp_path) as desk:
        for id in ("scoring", "ready", "staffing", "diligence", "joint", "prereview"):
            page = reviews.page(desk, id)
            asked = [(action, "") for action, _ in page.actions]
            asked += [(action, part.key) for part in page.parts for action, _ in part.actions]
            for action, part in asked:
                form = reviews.form_for(desk, page.review, action, part)
                assert form.word
                assert reviews.action_word(action) == form.word
        reviews.act(
            desk, "joint", "review.opinion", {"stance": "object", "text": "用地未落实", "by": "园区"}, "park"
        )
        reviews.act(desk, "joint", "review.adopt", {"adopted": False, "answer": "另行供地"}, "park")
        reviews.act(desk, "joint", "review.adopt", {"adopted": True, "answer": "写入协议"}, "finance")
        reviews.act(desk, "joint", "review.pass", {})
        assert line(desk, "joint").progress == "分管领导联席会"
        assert reviews.page(desk, "joint").trail[0][1] == "李协调（协调员）过关：部门联审"
