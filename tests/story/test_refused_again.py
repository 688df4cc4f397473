"""改后重报 and who may choose: at the real window, on a real store, with verdicts as the centre gives them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.errors import KnownError
from app.services import issues, refused, visits
from app.services.desk import Desk
from app.store.confirmed import ConfirmedPage, ConfirmedRow, ConfirmedVerdict, absorb_page, absorb_verdicts
from app.store.outbox import discarded, pending
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


def open_refused(officer: Person) -> None:
    page = officer.open("syncing")
    officer.until(lambda: officer.reads("未被接受 1"))
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
    form = row._issue
    assert form is not None
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


def submitted(desk: Desk) -> str:
    """A visit whose submission is queued, with its draft as it was filled."""
    visit = visits.start_visit(desk, "ent-4")
    absorb_verdicts(
        desk.store,
        [ConfirmedVerdict(row.change.mid, "applied") for row in pending(desk.store)],
        desk.context(),
    )
    bucket = buckets.of_enterprise("ent-4")
    held = desk.store.held()[bucket]
    row = ConfirmedRow(bucket, "visit", visit.id, 1, visit.to_body())
    page = ConfirmedPage(bucket, held, held + 1, done=False, rows=[row])
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _: "")
    opened = visits.open_filling(desk, visit.id)
    opened.filling.set("/operation/a10_employees", "141")
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables, "/operation")
    values = {"/operation/a10_employees": 141}
    digest = visits.record_digest(visit.form_id, visit.form_version, values)
    args = {"record": "record-x", "values": values, "digest": digest, "issues": []}
    desk.make(desk.change("visit.submit", bucket, "visit", visit.id, args))
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


def test_what_cannot_be_put_right_is_only_given_up(officer: Person) -> None:
    desk = officer.window.desk
    visits.start_visit(desk, "ent-4")
    turn_down(desk, "visit.start")
    open_refused(officer)
    assert officer.can_press("放弃")
    assert not officer.can_press("改后重报")


def test_what_altered_meanwhile_says_so_and_loses_nothing(officer: Person) -> None:
    desk = officer.window.desk
    issues.resubmit(desk, RETURNED, "危废处置单位推荐", "每月约 3 吨漆渣", "")
    turn_down(desk, "issue.resubmit")
    (row,) = pending(desk.store)
    issues.resubmit(desk, RETURNED, "危废处置单位推荐", "又报了一次", "")
    with pytest.raises(KnownError) as known:
        refused.resend_issue(desk, row.seq, "题", "描述", "")
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
