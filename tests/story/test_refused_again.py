"""改后重报 and who may choose: at the real window, on a real store, with verdicts as the centre gives them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.visit import Visit
from app.errors import KnownError
from app.services import attachments, issues, refused, visits
from app.services.desk import Desk
from app.store.confirmed import ConfirmedPage, ConfirmedRow, ConfirmedVerdict, absorb_page, absorb_verdicts
from app.store.outbox import counts, discarded, pending
from tests.support.desks import coordinator_desk, officer_desk
from tests.support.pictures import picture
from tests.support.windows import Person, window_of

RETURNED = "issue-8"


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        yield person


def turn_down(desk: Desk, name: str) -> None:
    """The centre refuses the one queued change of this name."""
    (row,) = [row for row in pending(desk.store) if row.change.name == name]
    error = {"code": "no", "text": "中心没有接受，请改后重报。"}
    absorb_verdicts(desk.store, [ConfirmedVerdict(row.change.mid, "refused", error=error)], desk.context())


def open_refused(officer: Person, count: int = 1) -> None:
    page = officer.open("syncing")
    officer.until(lambda: officer.reads(f"未被接受 {count}"))
    page.views.choose("refused")
    officer.settle()


def edit(desk: Desk, **fields: Any) -> None:
    document = desk.store.get("enterprise", "ent-0")
    assert document is not None
    pairs = {name: [document.body.get(name), value] for name, value in fields.items()}
    desk.make(desk.change("patch", document.bucket, "enterprise", "ent-0", {"fields": pairs}))


def test_a_field_edit_opens_with_what_was_written(officer: Person) -> None:
    desk = officer.window.desk
    edit(desk, employees=70, address="新址")
    turn_down(desk, "patch")
    open_refused(officer)
    officer.press("改后重报")
    assert officer.reads("从业人数（现在是 60 人）")
    field = officer.window.focusWidget()
    assert field.text() == "70"
    field.selectAll()
    officer.write(field, "no")
    officer.press("重新上报")
    assert officer.reads("从业人数请只写数字")
    field.selectAll()
    officer.write(field, "75")
    officer.key(Qt.Key.Key_Return)
    officer.until(lambda: officer.reads("没有未被接受的"))
    (row,) = pending(desk.store)
    assert row.state == "pending"
    assert row.change.args["fields"]["employees"] == [60, 75]
    assert row.change.args["fields"]["address"][1] == "新址"
    ((old, _when),) = discarded(desk.store)
    assert old.change.args["fields"]["employees"] == [60, 70]
    assert officer.reads("原来的一份仍留有记录")


def test_a_returned_issue_opens_with_the_words_that_were_refused(officer: Person) -> None:
    desk = officer.window.desk
    issues.resubmit(desk, RETURNED, "危废处置单位推荐", "每月约 3 吨漆渣", "月底前签约")
    turn_down(desk, "issue.resubmit")
    open_refused(officer)
    officer.press("改后重报")
    (row,) = officer.window.page.parts["refused"].rows
    form = row.form.form
    assert form.description.toPlainText() == "每月约 3 吨漆渣"
    picture(officer.window, "refused-issue-again")
    officer.write(form.description, "，涉及金额 6 万元")
    officer.press("重新上报")
    officer.until(lambda: officer.reads("没有未被接受的"))
    (queued,) = pending(desk.store)
    assert (queued.change.name, queued.state) == ("issue.resubmit", "pending")
    assert "涉及金额 6 万元" in queued.change.args["description"]
    assert [old.change.name for old, _ in discarded(desk.store)] == ["issue.resubmit"]


def test_putting_aside_leaves_it_refused(officer: Person) -> None:
    desk = officer.window.desk
    edit(desk, employees=70)
    turn_down(desk, "patch")
    open_refused(officer)
    officer.press("改后重报")
    officer.press("先不改")
    assert not officer.can_press("重新上报")
    assert [row.state for row in pending(desk.store)] == ["refused"]
    assert discarded(desk.store) == []


def confirm_visit(desk: Desk, visit: Visit) -> None:
    """The centre has opened the visit as the laptop has."""
    absorb_verdicts(
        desk.store,
        [ConfirmedVerdict(row.change.mid, "applied") for row in pending(desk.store)],
        desk.context(),
    )
    bucket = buckets.of_enterprise(visit.enterprise)
    held = desk.store.held()[bucket]
    row = ConfirmedRow(bucket, "visit", visit.id, 1, visit.to_body())
    page = ConfirmedPage(bucket, held, held + 1, done=False, rows=[row])
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _: "")


def submitted(desk: Desk) -> str:
    """A visit whose submission is queued, with its draft as it was filled."""
    visit = visits.start_visit(desk, "ent-4")
    confirm_visit(desk, visit)
    opened = visits.open_filling(desk, visit.id)
    opened.filling.set("/operation/a10_employees", "141")
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables, "/operation")
    values = {"/operation/a10_employees": 141}
    digest = visits.record_digest(visit.form_id, visit.form_version, values)
    args = {"record": "record-x", "values": values, "digest": digest, "issues": []}
    desk.make(desk.change("visit.submit", buckets.of_enterprise("ent-4"), "visit", visit.id, args))
    return visit.id


def test_a_visit_opens_again_as_it_was_filled(officer: Person) -> None:
    desk = officer.window.desk
    visit = submitted(desk)
    turn_down(desk, "visit.submit")
    open_refused(officer)
    officer.press("改后重报")
    officer.until(lambda: officer.window.current_page == "filling")
    officer.settle()
    assert visits.open_filling(desk, visit).filling.node("/operation/a10_employees").value == 141
    assert [old.change.name for old, _ in discarded(desk.store)] == ["visit.submit"]
    assert pending(desk.store) == []


def test_a_visit_the_centre_did_not_open_goes_on_with_all_that_was_filled_in(officer: Person) -> None:
    desk = officer.window.desk
    visit = visits.start_visit(desk, "ent-4")
    opened = visits.open_filling(desk, visit.id)
    opened.filling.set("/operation/a10_employees", "141")
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables, "/operation")
    photo = attachments.add(desk, visit.id, b"%PDF-1.4 plan", "平面图.pdf", "file")
    values = {"/operation/a10_employees": 141}
    digest = visits.record_digest(visit.form_id, visit.form_version, values)
    args = {"record": "record-x", "values": values, "digest": digest, "issues": []}
    desk.make(desk.change("visit.submit", buckets.of_enterprise("ent-4"), "visit", visit.id, args))
    turn_down(desk, "visit.start")
    turn_down(desk, "visit.submit")
    assert desk.store.get("visit", visit.id) is None
    open_refused(officer, 2)
    assert officer.reads("写的是：共 1 个答案")
    officer.press("改后重报")
    officer.until(lambda: officer.window.current_page == "filling")
    officer.settle()
    assert visits.open_filling(desk, visit.id).filling.node("/operation/a10_employees").value == 141
    assert [line.id for line in attachments.of_visit(desk, visit.id)] == [photo.id]
    assert sorted(old.change.name for old, _ in discarded(desk.store)) == ["visit.start", "visit.submit"]
    assert {row.change.name for row in pending(desk.store)} == {"visit.start", "put"}
    assert [row.state for row in pending(desk.store)] == ["pending", "pending"]


def test_a_refused_photo_goes_again_with_its_remark(officer: Person) -> None:
    desk = officer.window.desk
    visit = visits.start_visit(desk, "ent-4")
    photo = attachments.add(desk, visit.id, b"\xff\xd8\xff photo", "窑炉.jpg")
    assert counts(desk.store).files == 1
    turn_down(desk, "put")
    assert counts(desk.store).files == 0, "nothing waits for a row that was turned down"
    open_refused(officer)
    officer.press("改后重报")
    officer.write(officer.window.focusWidget(), "窑炉正面")
    picture(officer.window, "refused-photo-again")
    officer.press("重新上报")
    officer.until(lambda: officer.reads("没有未被接受的"))
    (line,) = attachments.of_visit(desk, visit.id)
    assert (line.id, line.caption, line.path is not None) == (photo.id, "窑炉正面", True)
    assert counts(desk.store).files == 1


def test_what_has_a_page_of_its_own_leads_there_and_stays_in_the_list(officer: Person) -> None:
    desk = officer.window.desk
    visit = visits.start_visit(desk, "ent-4")
    confirm_visit(desk, visit)
    visits.cancel_visit(desk, visit.id)
    turn_down(desk, "visit.cancel")
    open_refused(officer)
    officer.press("改后重报")
    officer.until(lambda: officer.window.current_page == "visits")
    officer.settle()
    assert officer.reads("请在这里改好重做")
    assert officer.window.page.table.current.id == visit.id
    assert [row.change.name for row in pending(desk.store)] == ["visit.cancel"]


def test_given_up_can_be_taken_back(officer: Person) -> None:
    desk = officer.window.desk
    edit(desk, employees=70)
    turn_down(desk, "patch")
    open_refused(officer)
    officer.press("放弃")
    officer.press("再按一次放弃")
    officer.until(lambda: officer.reads("没有未被接受的"))
    assert pending(desk.store) == []
    officer.press("撤销")
    officer.until(lambda: officer.reads("未被接受 1"))
    (row,) = pending(desk.store)
    assert (row.state, row.change.args["fields"]["employees"]) == ("refused", [60, 70])
    assert row.error == {"code": "no", "text": "中心没有接受，请改后重报。"}
    assert discarded(desk.store) == []


def test_what_has_moved_on_is_only_given_up_and_its_words_can_be_read(tmp_path: Path, qtbot: QtBot) -> None:
    desk = coordinator_desk(tmp_path / "desk")
    issues.send_back(desk, "issue-4", "请补充变压器现有容量")
    turn_down(desk, "issue.return")
    issues.accept(desk, "issue-4", "08", None, 2)
    with window_of(desk, qtbot) as person:
        open_refused(person)
        assert person.can_press("放弃")
        assert not person.can_press("改后重报")
        assert person.reads("写的是：请补充变压器现有容量")


def test_a_coordinator_sends_back_again_in_other_words(tmp_path: Path, qtbot: QtBot) -> None:
    desk = coordinator_desk(tmp_path / "desk")
    issues.send_back(desk, "issue-4", "请补充")
    turn_down(desk, "issue.return")
    with window_of(desk, qtbot) as person:
        open_refused(person)
        person.press("改后重报")
        field = person.window.focusWidget()
        assert field.text() == "请补充"
        field.setText("")
        person.press("重新上报")
        assert person.reads("请写明缺什么")
        person.write(field, "请补充现有容量")
        person.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        person.until(lambda: person.reads("没有未被接受的"))
        (row,) = pending(desk.store)
        assert (row.change.name, row.change.args) == ("issue.return", {"reason": "请补充现有容量"})


def test_a_coordinator_accepts_and_assigns_again_with_what_was_chosen(tmp_path: Path, qtbot: QtBot) -> None:
    desk = coordinator_desk(tmp_path / "desk")
    taxonomy = desk.rules.taxonomy.category("05")
    assert taxonomy is not None
    issues.accept(desk, "issue-4", "05", taxonomy.subcategories[1].code, 3)
    issues.assign(desk, "issue-4", "power", 7, "p-li", "李强", "先看现场")
    turn_down(desk, "issue.assign")
    turn_down(desk, "issue.accept")
    with window_of(desk, qtbot) as person:
        open_refused(person, 2)
        # The assignment hangs on the acceptance: it has no way on before that is back.
        person.press("改后重报")
        (accepting, assigning) = person.window.page.parts["refused"].rows
        assert accepting.line.what == "受理诉求"
        assert assigning.line.again is None
        person.settle()
        assert accepting.form.value() == {
            "category": "05",
            "subcategory": taxonomy.subcategories[1].code,
            "level": 3,
        }
        picture(person.window, "refused-accept-again")
        person.press("重新上报")
        person.until(lambda: person.reads("未被接受 1"))
        person.settle()
        person.press("改后重报")
        (assigning,) = person.window.page.parts["refused"].rows
        person.settle()
        assert assigning.form.value() == {
            "department": "power",
            "limit_days": 7,
            "handler": "p-li",
            "handler_name": "李强",
            "requirement": "先看现场",
        }
        picture(person.window, "refused-assign-again")
        assigning.form.form.limit.setValue(9)
        person.press("重新上报")
        person.until(lambda: person.reads("没有未被接受的"))
        assert [row.change.name for row in pending(desk.store)] == ["issue.accept", "issue.assign"]
        assert pending(desk.store)[1].change.args["limit_days"] == 9


def test_what_altered_meanwhile_says_so_and_loses_nothing(officer: Person) -> None:
    desk = officer.window.desk
    issues.resubmit(desk, RETURNED, "危废处置单位推荐", "每月约 3 吨漆渣", "")
    turn_down(desk, "issue.resubmit")
    (row,) = pending(desk.store)
    issues.resubmit(desk, RETURNED, "危废处置单位推荐", "又报了一次", "")
    with pytest.raises(KnownError) as known:
        refused.resend(desk, row.seq, {"title": "题", "description": "描述", "expectation": ""})
    assert known.value.code == "not_again"
    assert [row.state for row in pending(desk.store)] == ["refused", "pending"]


def test_a_coordinator_chooses_too_and_reads_whose_change_it_was(tmp_path: Path, qtbot: QtBot) -> None:
    desk = coordinator_desk(tmp_path / "desk")
    bucket = buckets.of_enterprise("ent-0")
    body = {
        "id": "conflict-1",
        "target_kind": "enterprise",
        "target_id": "ent-0",
        "fields": {"employees": {"base": 50, "theirs": 60, "mine": 65}},
        "author": "p-wang",
        "author_name": "王敏",
        "at": "2026-11-20T09:40:00.000Z",
        "state": "open",
    }
    held = desk.store.held()[bucket]
    rows = [ConfirmedRow(bucket, "conflict", "conflict-1", 1, body)]
    page = ConfirmedPage(bucket, held, held + 1, done=False, rows=rows)
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _: "")
    with window_of(desk, qtbot) as person:
        opened = person.open("syncing")
        person.until(lambda: person.reads("不一致 1"))
        opened.views.choose("conflicts")
        assert person.reads("王敏改的")
        assert not person.reads("我的")
        picture(person.window, "conflict-coordinator")
        person.press("都用王敏的")
        person.press("确定这 1 项")
        person.until(lambda: person.reads("没有不一致的地方"))
        found = desk.store.get("enterprise", "ent-0")
        assert found is not None
        assert found.body["employees"] == 65
