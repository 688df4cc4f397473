"""Opening, filling, keeping and finishing a visit, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.changes import Refusal
from app.domain.enterprise import Enterprise
from app.domain.issue import IssueState
from app.domain.visit import VisitState
from app.errors import KnownError
from app.services import attachments, issues, overview, papers, visits
from app.services.desk import Desk
from app.services.forms import QUICK_FORM
from app.store.outbox import counts, pending
from tests.support.desks import empty_desk, officer_desk
from tests.support.visiting import PNG, fill

TO_VISIT = "ent-4"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with officer_desk(tmp_path / "desk") as made:
        yield made


def test_an_enterprise_is_visited_written_up_and_finished(desk: Desk) -> None:
    visit = visits.start_visit(desk, TO_VISIT)
    opened = visits.open_filling(desk, visit.id)
    fill(opened.filling, desk, visit.id)
    done = visits.submit_visit(desk, visit.id, opened.filling)

    assert done.visit.state is VisitState.SUBMITTED
    assert sorted(issue.state for issue in done.issues) == [IssueState.REPORTED, IssueState.TO_REVISIT]
    assert {issue.number[:2] for issue in done.issues} == {"I-"}
    assert len({issue.number for issue in done.issues}) == 2
    document = desk.store.get(Enterprise.kind, TO_VISIT)
    assert document is not None
    enterprise = Enterprise.of(document)
    assert (enterprise.last_visit_on, enterprise.employees) == ("2026-11-23", 141)
    names = [row.change.name for row in pending(desk.store)]
    assert names == ["visit.start", "put", "visit.submit", "patch"]


def test_the_record_keeps_the_answers_exactly(desk: Desk) -> None:
    visit = visits.start_visit(desk, TO_VISIT)
    opened = visits.open_filling(desk, visit.id)
    fill(opened.filling, desk, visit.id)
    visits.submit_visit(desk, visit.id, opened.filling)
    last = visits.last_record(desk, TO_VISIT)
    assert last is not None
    record = last[1]
    assert (record.form_id, record.form_version) == ("visit_three", "2026.1")
    assert Decimal(str(record.values["/operation/a03_output"])) == Decimal("2480.00")
    assert record.values["/difficulties/b02_problems[2]/b02_solution"] == "当场办好"
    assert "/operation/a02_reasons" not in record.values


def test_an_incomplete_form_is_not_finished_and_says_where(desk: Desk) -> None:
    visit = visits.start_visit(desk, TO_VISIT)
    opened = visits.open_filling(desk, visit.id)
    with pytest.raises(visits.Incomplete) as found:
        visits.submit_visit(desk, visit.id, opened.filling)
    assert "/operation/a01_status" in found.value.paths
    assert "没有填好" in found.value.text
    assert visits.visit_of(desk, visit.id).state is VisitState.OPEN
    assert [row.change.name for row in pending(desk.store)] == ["visit.start"]


def test_a_draft_comes_back_as_it_was_left(desk: Desk, tmp_path: Path) -> None:
    visit = visits.start_visit(desk, TO_VISIT)
    opened = visits.open_filling(desk, visit.id)
    fill(opened.filling, desk, visit.id)
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables, "/operation")
    desk.close()
    with Desk.open(desk.folder, desk.clock) as again:
        found = visits.open_filling(again, visit.id)
        assert found.filling.save() == opened.filling.save()
        assert found.section == "/operation"
        assert found.saved_at == desk.clock()
        row = next(row for row in overview.today(again).drafts if row.visit == visit.id)
        assert row.section == "填到「一问 企业运行」"


def test_a_refused_visit_is_open_again_with_its_draft(desk: Desk) -> None:
    from app.store.confirmed import ConfirmedVerdict, absorb_verdicts

    visit = visits.start_visit(desk, TO_VISIT)
    opened = visits.open_filling(desk, visit.id)
    fill(opened.filling, desk, visit.id)
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables)
    visits.submit_visit(desk, visit.id, opened.filling)
    assert visits.tidy_drafts(desk) == 0, "not before the centre has confirmed"
    submit = next(row for row in pending(desk.store) if row.change.name == "visit.submit")
    error = {"code": "visit_state", "text": "这次走访已经完成或作废，不能再改。"}
    absorb_verdicts(desk.store, [ConfirmedVerdict(submit.change.mid, "refused", [], error)], desk.context())

    assert counts(desk.store).refused == 1
    assert visits.visit_of(desk, visit.id).state is VisitState.OPEN
    again = visits.open_filling(desk, visit.id)
    assert again.filling.save() == opened.filling.save()


def test_one_open_visit_is_gone_on_with(desk: Desk) -> None:
    first = visits.start_visit(desk, TO_VISIT)
    assert visits.start_visit(desk, TO_VISIT).id == first.id
    visits.cancel_visit(desk, first.id)
    assert visits.start_visit(desk, TO_VISIT).id != first.id


def test_a_finished_visit_cannot_be_opened_for_filling(desk: Desk) -> None:
    finished = next(line for line in visits.listing(desk) if line.state is VisitState.SUBMITTED)
    with pytest.raises(KnownError) as found:
        visits.open_filling(desk, finished.id)
    assert found.value.code == "visit_state"


def test_without_a_form_a_visit_says_to_sync(tmp_path: Path) -> None:
    with empty_desk(tmp_path) as desk, pytest.raises(KnownError) as found:
        visits.start_visit(desk, "nothing")
    assert found.value.code == "no_form"


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file_empty"), (b"x" * (50 * 1024 * 1024 + 1), "file_too_large")]
)
def test_a_file_that_is_no_use_is_refused(desk: Desk, content: bytes, code: str) -> None:
    visit = visits.start_visit(desk, TO_VISIT)
    with pytest.raises(KnownError) as found:
        attachments.add(desk, visit.id, content, "照片.jpg")
    assert found.value.code == code
    assert attachments.of_visit(desk, visit.id) == []


def test_a_photo_is_on_disk_before_its_row_and_goes_with_the_visit(desk: Desk, tmp_path: Path) -> None:
    visit = visits.start_visit(desk, TO_VISIT)
    photo = attachments.add(desk, visit.id, PNG, "厂房.png", caption="厂房")
    (line,) = attachments.of_visit(desk, visit.id)
    assert line.path is not None
    assert line.path.read_bytes() == PNG
    assert (line.caption, line.uploaded) == ("厂房", False)
    assert counts(desk.store).files == 1
    attachments.remove(desk, photo.id)
    assert attachments.of_visit(desk, visit.id) == []
    with pytest.raises(KnownError):
        attachments.add(desk, visit.id, tmp_path / "gone.jpg", "gone.jpg")


def test_papers_come_from_what_is_known(desk: Desk, tmp_path: Path) -> None:
    printed = papers.print_checklists(desk, ["ent-0", "ent-1"], tmp_path / "两家.pdf")
    assert printed.path.read_bytes().startswith(b"%PDF")
    assert len(printed.sections) == 3, "a cover and two checklists"
    with pytest.raises(KnownError) as found:
        papers.print_checklists(desk, [])
    assert found.value.code == "nothing_chosen"
    visit = visits.start_visit(desk, TO_VISIT)
    with pytest.raises(KnownError) as found:
        papers.print_record(desk, visit.id)
    assert found.value.code == "visit_state"


def test_an_officer_may_not_do_a_coordinators_work(desk: Desk) -> None:
    line = issues.listing(desk, "reported")[0]
    page = issues.page(desk, line.id)
    assert page is not None
    assert {move.action for move in page.actions} == {"issue.withdraw", "issue.whistle", "issue.link"}
    with pytest.raises(Refusal) as found:
        issues.accept(desk, line.id, "08", "0803", 3)
    assert found.value.code == "role"


def test_the_quick_version_is_a_visit_like_any_other(desk: Desk) -> None:
    visit = visits.start_visit(desk, TO_VISIT, QUICK_FORM)
    opened = visits.open_filling(desk, visit.id)
    assert opened.form.title.endswith("（速记版）")
    assert "/operation/a05_revenue" not in {question.path for question in opened.form.questions}
    fill(opened.filling, desk, visit.id)
    done = visits.submit_visit(desk, visit.id, opened.filling)
    assert len(done.issues) == 2
    printed = papers.print_record(desk, visit.id)
    assert printed.path.exists()
    assert not any("不在本机" in text for text in printed.problems)
    shown = [line for line in attachments.of_visit(desk, visit.id) if line.path is not None]
    for line in shown:
        assert line.path is not None
        line.path.unlink()
    assert shown
    told = papers.print_record(desk, visit.id).problems
    assert any(f"有 {len(shown)} 张照片或签名不在本机" in text for text in told)
    whole = visits.open_filling(desk, visits.start_visit(desk, TO_VISIT).id)
    assert whole.previous["/operation/a10_employees"] == 141, (
        "the whole form takes over what the quick one asked"
    )
