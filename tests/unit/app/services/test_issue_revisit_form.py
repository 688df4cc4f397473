"""Form (i) filled for a revisit: its answers are the move's arguments, its draft is kept, nothing happens by halves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.dictionaries import builtin
from app.domain import buckets
from app.domain.changes.base import Refusal
from app.domain.changes.issue_review import DISSATISFACTION, SATISFACTION, SOLVED, Revisit
from app.domain.clock import to_text
from app.domain.issue import IssueState
from app.domain.issue_form import FORM, moves_of
from app.domain.visit import PublishedForm
from app.errors import KnownError
from app.paths import resources
from app.services import issues, issues_revisit
from app.services.desk import Desk
from app.services.visits import Incomplete
from app.store.drafts import drafts
from app.store.purge import purge
from forms.definition import Question
from forms.filling import Filling
from tests.support.built_in_forms import answer, built_in
from tests.support.desks import NOW, PARK, Writing
from tests.support.issue_desks import ENTERPRISE, desk_of

pytestmark = pytest.mark.slow

ITEMS = builtin()["revisit_form"]["items"]
SATISFIED: dict[str, Any] = {
    "/header/h7_informed": "yes",
    "/header/h6_method": "on_site",
    "/opinion/t1_answered": "yes",
    "/opinion/t2_solved": "partly",
    "/opinion/t3_satisfaction": "basically_satisfied",
    "/opinion/t5_on_call": "kept",
    "/opinion/t6_contacted": "no",
    "/opinion/t7_trips": "0",
    "/opinion/t9_suggestions": "少跑几趟就好",
    "/opinion/t10_close": "yes",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    def published(writing: Writing) -> None:
        form = PublishedForm(
            id=f"{FORM}@2026.1", form_id=FORM, version="2026.1", title="企业满意度回访",
            source=(resources() / "forms" / f"{FORM}.md").read_text("utf-8"), published_at=to_text(NOW),
        )  # fmt: skip
        writing.add(buckets.reference(PARK), PublishedForm.kind, form.id, form.to_body())

    with desk_of("revisitor", tmp_path, more=published) as found:
        yield found


def fill(desk: Desk, answers: dict[str, Any]) -> tuple[str, Filling]:
    id = issues_revisit.start_form(desk, "to_revisit")
    filling = issues_revisit.open_form(desk, id).filling
    answer(filling, answers)
    return id, filling


def state(desk: Desk) -> Any:
    page = issues.page(desk, "to_revisit")
    assert page is not None
    return page.issue


def test_the_map_has_every_question_and_every_choice() -> None:
    form = built_in(FORM)
    taken = {"solved": SOLVED, "satisfaction": SATISFACTION, "dissatisfaction": DISSATISFACTION}
    for item in ITEMS:
        question = form.find(item["question"])
        assert isinstance(question, Question), item
        assert item["code"].partition(".")[0] in Revisit.model_fields
        choices = [choice.name for choice in form.choices.get(question.choice_list, ())]
        assert set(item.get("values", {})) in ({*choices}, set())
        if item["code"] in taken:
            assert {item.get("values", {}).get(one, one) for one in choices} == set(taken[item["code"]])
    asked = {question.path for question in form.questions if (question.code or "")[:1] == "T"}
    mapped = {item["question"] for item in ITEMS}
    assert {path for path in asked - mapped if "t8_" not in path and "t3_dissatisfied" not in path} <= {
        "/opinion/t5_count"
    }, "T8 goes to the discipline inspection and is never taken over"


def test_every_question_can_be_answered_beside_the_issue_too(desk: Desk) -> None:
    form = issues.form_for(desk, state(desk), "issue.revisit")
    assert {field.name for field in form.fields} == {item["code"] for item in ITEMS}


def test_a_filled_form_strikes_the_issue_off(desk: Desk) -> None:
    id, filling = fill(desk, SATISFIED)
    assert filling.get("/contact/issue_title") == "电价执行错误"
    assert issues_revisit.hand_in(desk, id, filling) == "to_revisit"
    issue = state(desk)
    assert (issue.state, issue.satisfaction, issue.solved) == (IssueState.CLOSED, "basically", "partly")
    assert (issue.revisit_answered, issue.handler_contacted, issue.revisit_trips) == (True, False, 0)
    assert (issue.revisit_method, issue.service_scores) == ("on_site", {"on_call": "kept"})
    assert drafts(desk.store) == []
    sheet = next(one for one in issues.page(desk, "to_revisit").sheets if one.key == "judged")  # type: ignore[union-attr]
    assert {("有没有答复", "是"), ("承办人主动联系", "否"), ("跑了几次", "0 次")} <= set(sheet.facts)


def test_a_bad_one_sends_it_back(desk: Desk) -> None:
    bad = {"/opinion/t3_satisfaction": "dissatisfied", "/opinion/t4_reasons": ["running", "explanation"]}
    answers = {path: value for path, value in SATISFIED.items() if "t10" not in path}
    id, filling = fill(desk, {**answers, **bad})
    issues_revisit.hand_in(desk, id, filling)
    assert state(desk).state is IssueState.IN_WORK
    assert set(state(desk).dissatisfaction) == {"repeated_trips", "unclear"}


def test_what_was_begun_is_gone_on_with(desk: Desk) -> None:
    id, filling = fill(desk, {"/opinion/t1_answered": "no"})
    tables = issues_revisit.open_form(desk, id).tables
    issues_revisit.save_form(desk, id, filling.save(), tables, "/opinion")
    again = issues_revisit.open_form(desk, issues_revisit.start_form(desk, "to_revisit"))
    assert (again.visit.id, again.section) == (id, "/opinion")
    assert again.filling.get("/opinion/t1_answered") == "no"
    with pytest.raises(Incomplete):
        issues_revisit.hand_in(desk, id, again.filling)
    assert state(desk).state is IssueState.TO_REVISIT
    issues_revisit.drop_form(desk, id)
    with pytest.raises(KnownError):
        issues_revisit.open_form(desk, id)


def test_who_does_not_agree_leaves_the_form_as_it_was(desk: Desk) -> None:
    id, filling = fill(desk, {**SATISFIED, "/opinion/t10_close": "no"})
    with pytest.raises(Refusal, match="不同意销号"):
        issues_revisit.hand_in(desk, id, filling)
    assert [one.visit for one in drafts(desk.store)] == [id]


def test_it_goes_with_the_enterprise(desk: Desk) -> None:
    """The form knows the enterprise's profile: nothing of it stays on a laptop that has lost it."""
    issues_revisit.start_form(desk, "to_revisit")
    purge(desk.store, ENTERPRISE, desk.context())
    assert drafts(desk.store) == []


def test_only_who_may_revisit_begins_one(desk: Desk) -> None:
    with pytest.raises(KnownError, match="不能由您回访"):
        issues_revisit.start_form(desk, "in_work")


def test_todays_attempt_is_written_down_and_no_other_days() -> None:
    row = "/contact/attempts[{}]/attempt_"
    answers = {"/contact/reach": "refused"}
    for number, day in enumerate(("2026-11-20", "2026-11-22"), 1):
        answers |= {row.format(number) + "on": day, row.format(number) + "way": "phone"}
        answers[row.format(number) + "result"] = "说不便评价"
    (move,) = moves_of(answers, ITEMS, NOW.date().replace(month=11, day=22))
    assert move == ("issue.contact_failed", {"method": "phone", "text": "不愿评价：说不便评价"})
    later = moves_of(
        {"/contact/callback_kind": "appended", "/opinion/t9_suggestions": "又来过"}, ITEMS, NOW.date()
    )
    assert later == [("issue.add_review", {"text": "又来过"})]
