"""Issues on the desk of each role: what is listed, what a page says, what each move does to the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.changes.base import Refusal
from app.domain.departments import TWINS
from app.domain.issue import IssueState
from app.domain.issue_moves import TRANSITIONS
from app.domain.projections import DEPARTMENT_ISSUE
from app.domain.visit import Attachment
from app.errors import KnownError
from app.services import issues, overview
from app.services.desk import Desk
from app.services.issues import ACCEPT_AND_ASSIGN, BATCHES, GROUPS, FieldKind, Filters
from app.store.confirmed import ConfirmedPage, ConfirmedRow, absorb_page
from app.store.files import files_to_send, pending_files
from app.store.outbox import counts as outbox_counts
from app.store.outbox import pending
from tests.support.issue_desks import ECONOMY, ENTERPRISE, STAGES, desk_of
from tests.support.issue_world import ARGS

At = Callable[[str], Desk]


@pytest.fixture
def at(tmp_path: Path) -> Iterator[At]:
    opened: dict[str, Desk] = {}

    def desk(role: str) -> Desk:
        if role not in opened:
            opened[role] = desk_of(role, tmp_path / role)
        return opened[role]

    yield desk
    for one in opened.values():
        one.close()


def state(desk: Desk, id: str) -> IssueState:
    page = issues.page(desk, id)
    assert page is not None
    return page.issue.state


def ids(desk: Desk, wanted: Filters | str | None = None) -> set[str]:
    return {line.id for line in issues.listing(desk, wanted)}


def test_each_role_has_its_groups_with_what_waits_for_it(at: At) -> None:
    coordinator = at("coordinator")
    assert ids(coordinator, "reported") == {"reported", "reported_too", "whistled"}
    assert ids(coordinator, "accepted") == {"accepted"}
    assert ids(coordinator, "extension") == {"extension"}
    assert ids(coordinator, "answered") == {"answered"}
    assert ids(coordinator, "ruling") == {"ruling"}
    assert ids(at("leader"), "extension_high") == {"extension_high"}
    handler = at("handler")
    assert ids(handler, "to_sign") == {"assigned"}
    assert ids(handler, "supervised") == {"supervised"}
    assert ids(handler, "whistle") == {"whistled"}
    assert ids(at("revisitor"), "to_revisit") == {"to_revisit"}
    for role in ("officer", "coordinator", "handler", "revisitor", "leader"):
        assert set(issues.groups_of(at(role).signed_in().actor.roles)) <= set(GROUPS)


def test_a_department_has_its_own_issues_and_no_others(at: At) -> None:
    found = ids(at("handler"))
    assert found == set(STAGES) - {"reported", "reported_too", "accepted", "refused", "ruling"}
    assert ids(at("other_handler")) == set()


def test_filters_narrow_and_all_must_hold(at: At) -> None:
    desk = at("coordinator")
    assert ids(desk, Filters(level=3, department="economy")) == {"extension_high"}
    assert ids(desk, Filters(supervised=True)) == {"supervised"}
    assert ids(desk, Filters(department="economy", group="answered")) == {"answered"}
    assert ids(desk, Filters(department="finance")) == set()
    assert ids(desk, Filters(source="self", category="08", text="倒伏")) == {"whistled"}
    assert ids(at("handler"), Filters(mine=True)) >= {"in_work", "answered"}


def test_counts_of_the_shell_agree_with_the_lists(at: At) -> None:
    for role in ("officer", "coordinator", "handler", "revisitor", "leader"):
        desk = at(role)
        assert issues.open_count(desk) == len(issues.listing(desk, "all")), role
    assert issues.waiting_count(at("coordinator")) == 3 + 1 + 1 + 1
    assert issues.waiting_count(at("leader")) == 2
    assert issues.waiting_count(at("handler")) == 1
    assert issues.waiting_count(at("revisitor")) == 1


def test_today_says_what_waits_for_each_role(at: At) -> None:
    assert [(row.group, row.count) for row in overview.today(at("handler")).work][:3] == [
        ("to_sign", 1), ("supervised", 1), ("whistle", 1),
    ]  # fmt: skip
    assert {row.group for row in overview.today(at("leader")).work} == {"extension_high", "ruling"}
    assert {line.id for line in overview.today(at("revisitor")).issues} == {"to_revisit"}
    officer = overview.today(at("officer"))
    assert officer.visiting
    assert not officer.dispatching


def test_a_page_tells_everything_about_an_issue(at: At) -> None:
    page = issues.page(at("coordinator"), "closed")
    assert page is not None
    sheets = {sheet.key: dict(sheet.facts) for sheet in page.sheets}
    assert sheets["raised"]["来源"] == "企业自报"
    assert sheets["assigned"]["主办"] == "工业和信息化局"
    assert sheets["worked"]["结果"] == "已解决"
    assert sheets["judged"]["满意度"] == "非常满意"
    assert [line.text.partition("：")[0] for line in page.trail] == [
        "登记，上报", "受理", "交办", "签收", "提交结果", "核实通过", "回访",
    ]  # fmt: skip
    assert {line.role for line in page.trail} == {"驻企联络员", "协调员", "承办部门", "回访员"}
    assert page.raise_again
    assert [move.action for move in page.actions] == ["issue.archive"]


def test_a_handler_reads_trail_and_supervision_on_his_twins(at: At) -> None:
    page = issues.page(at("handler"), "supervised")
    assert page is not None
    assert [line.text.partition("：")[0] for line in page.trail][-1] == "督办"
    assert [(note.level, "等回复" in note.reply) for note in page.supervisions] == [("yellow", True)]
    assert not page.enterprise_here
    assert page.evidence_wanted


def test_an_act_not_sent_yet_says_so_in_the_trail(at: At) -> None:
    desk = at("handler")
    issues.act(desk, "in_work", "issue.progress", {"text": "已联系企业"})
    page = issues.page(desk, "in_work")
    assert page is not None
    assert (page.trail[-1].text, page.trail[-1].note) == ("写进展：已联系企业", "待发送")
    (row,) = pending(desk.store)
    assert (row.change.bucket, row.change.doc) == (ECONOMY, (DEPARTMENT_ISSUE, "in_work"))


def test_accepting_and_assigning_is_one_step_or_none(at: At) -> None:
    desk = at("coordinator")
    args = {"category": "08", "subcategory": "0803", "level": 2, "department": "nobody", "limit_days": 5}
    with pytest.raises(Refusal):
        issues.act(desk, "reported", ACCEPT_AND_ASSIGN, args)
    assert state(desk, "reported") is IssueState.REPORTED
    assert pending(desk.store) == []
    issues.act(desk, "reported", ACCEPT_AND_ASSIGN, {**args, "department": "economy", "handler": "p-handler"})
    page = issues.page(desk, "reported")
    assert page is not None
    assert (page.issue.state, page.issue.handler_name) == (IssueState.ASSIGNED, "赵承办")


def test_a_batch_does_what_can_be_done_and_tells_the_rest(at: At) -> None:
    desk = at("coordinator")
    done = issues.act_many(desk, ["reported", "answered", "reported_too", "nowhere"], ACCEPT_AND_ASSIGN)
    problems = {one.id: one.problem for one in done}
    assert problems["reported"] == problems["reported_too"] == ""
    assert "待核实" in problems["answered"]
    assert "取资料" in problems["nowhere"]
    page = issues.page(desk, "reported_too")
    assert page is not None
    suggested = desk.rules.taxonomy.subcategory("0803")
    assert suggested is not None
    assert (page.issue.department, page.issue.limit_days) == (suggested.lead, suggested.resolution_days)


def test_an_issue_is_raised_outside_a_visit_with_its_photo(at: At) -> None:
    desk = at("officer")
    args = {
        "title": "宿舍热水不够", "category": "08", "subcategory": "0803", "description": "三十人共用一台",
        "source": "hotline", "contact_name": "陈厂长", "contact_phone": "13812340022", "six": ["factors"],
    }  # fmt: skip
    photo = desk.folder.root / "热水.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n0000")
    id = issues.raise_issue(desk, "e", args, (photo,))
    page = issues.page(desk, id)
    assert page is not None
    assert (page.issue.source, page.issue.six, page.issue.state) == (
        "hotline",
        ["factors"],
        IssueState.REPORTED,
    )
    assert [line.file_name for line in issues.evidence(desk, page.issue)] == ["热水.png"]
    assert [file.bucket for file in pending_files(desk.store)] == [ENTERPRISE]


def test_what_cannot_be_raised_leaves_nothing_behind(at: At) -> None:
    desk = at("officer")
    before = ids(desk)
    photo = desk.folder.root / "照片.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n1111")
    with pytest.raises(Refusal):
        issues.raise_issue(desk, "e", {"title": "题", "category": "77"}, (photo,))
    with pytest.raises(KnownError):
        issues.raise_issue(desk, "e", {"title": "题", "category": "08"}, (desk.folder.root / "没有.png",))
    assert ids(desk) == before
    assert pending(desk.store) == []


def test_raised_again_it_hangs_on_the_earlier_one(at: At) -> None:
    desk = at("officer")
    id = issues.raise_issue(desk, "e", {"title": "又停电", "category": "08"}, earlier="closed")
    page = issues.page(desk, id)
    assert page is not None
    assert page.issue.repeated
    assert [(one.id, one.how) for one in page.related] == [("closed", "再次反映自")]


def test_a_handler_adds_evidence_in_his_departments_bucket(at: At) -> None:
    desk = at("handler")
    made = issues.add_evidence(desk, "in_work", b"%PDF-1.4 1", "批复.pdf")
    page = issues.page(desk, "in_work")
    assert page is not None
    (line,) = issues.evidence(desk, page.issue)
    assert (line.id, line.path is not None) == (made.id, True)
    assert pending(desk.store)[0].change.bucket == ECONOMY
    with pytest.raises(KnownError):
        issues.add_evidence(desk, "reported", b"%PDF-1.4 2", "别人的.pdf")


def test_a_handlers_file_is_sent_once_the_centre_has_its_row(at: At) -> None:
    desk = at("handler")
    made = issues.add_evidence(desk, "in_work", b"%PDF-1.4 3", "批复.pdf")
    assert files_to_send(desk.store) == []
    assert outbox_counts(desk.store).files == 1
    twin = ConfirmedRow(ECONOMY, TWINS[Attachment.kind], made.id, 2, made.to_body())
    held = desk.store.held()[ECONOMY]
    page = ConfirmedPage(ECONOMY, held, held + 1, done=True, rows=[twin])
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _rows: "")
    assert [file.attachment for file in files_to_send(desk.store)] == [made.id]


def answers(form: issues.ActionForm) -> dict[str, Any]:
    """Everything a form asks for, answered with its defaults, else with the first that can be said."""
    values: dict[str, Any] = {}
    simple = {
        FieldKind.TEXT: "一句话", FieldKind.LONG: "写明白的一段话", FieldKind.YES: True,
        FieldKind.DECIDE: "yes", FieldKind.NUMBER: 3, FieldKind.DATE: "2026-12-18",
    }  # fmt: skip
    for one in form.fields:
        if one.default not in (None, ""):
            values[one.name] = one.default
        elif one.kind in simple:
            values[one.name] = simple[one.kind]
        else:
            choices = one.choices_for(values)
            first = choices[0].code if choices else None
            values[one.name] = ([first] if first else []) if one.kind is FieldKind.MANY else first
    return values


OFFERED = [
    ("coordinator", "reported"), ("coordinator", "accepted"), ("coordinator", "in_work"), ("coordinator", "extension"),
    ("coordinator", "answered"), ("coordinator", "closed"), ("leader", "in_work"), ("leader", "extension_high"),
    ("leader", "ruling"), ("handler", "assigned"), ("handler", "in_work"), ("handler", "supervised"),
    ("handler", "whistled"), ("revisitor", "to_revisit"), ("revisitor", "closed"), ("officer", "reported"),
    ("officer", "in_work"), ("officer", "refused"),
]  # fmt: skip


@pytest.mark.parametrize(("role", "id"), OFFERED)
def test_every_button_has_a_form_whose_answers_the_rules_take(role: str, id: str, tmp_path: Path) -> None:
    with desk_of(role, tmp_path / "desk") as desk:
        page = issues.page(desk, id)
        assert page is not None
        assert page.actions
        for move in page.actions:
            form = issues.form_for(desk, page.issue, move.action)
            values = answers(form)
            if move.action == "issue.classify":
                values["level"] = "4"
            assert form.problems(values) == {}, move.word
            args = form.args(values)
            try:
                with desk.store.write():
                    issues.act(desk, id, move.action, args)
                    raise Undo
            except Undo:
                pass
            assert state(desk, id) is page.issue.state


class Undo(Exception):
    """Takes a transaction back."""


def test_a_form_says_what_is_missing_and_asks_only_what_matters(at: At) -> None:
    desk = at("handler")
    page = issues.page(desk, "in_work")
    assert page is not None
    form = issues.form_for(desk, page.issue, "issue.answer")
    assert set(form.problems({})) == {"result", "answer"}
    assert set(form.problems({"result": "unable", "answer": "办不了"})) == {"unresolved_reason"}
    assert form.args({"result": "solved", "answer": "好了", "unresolved_reason": "旧的"}) == {
        "result": "solved", "answer": "好了",
    }  # fmt: skip


def test_the_forms_know_every_move_and_ask_with_its_words() -> None:
    from app.services.issues_forms import _FORMS

    plain = {"issue.sign", "issue.verify", "issue.archive", "issue.resume", "issue.close_unreached"}
    own = {"issue.auto_sign", "issue.retime", "issue.main_ended"}
    assert set(_FORMS) | plain | own == set(TRANSITIONS)
    assert set(BATCHES) - {ACCEPT_AND_ASSIGN} <= set(TRANSITIONS)
    assert set(ARGS) == set(TRANSITIONS)
