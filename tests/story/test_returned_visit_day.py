"""A visit of two forms goes to the centre, the coordinator gives it back, the officer puts it right, and it is verified:
real windows, a real centre."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.people import Role
from app.domain.projections import VISIT_ROW
from app.domain.visit import Record
from app.paths import DataFolder
from app.services import opened, visit_plans, visits
from app.services.desk import Desk
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from tests.support.park import Park
from tests.support.pictures import picture
from tests.support.server import PASSWORD, RunningServer
from tests.support.visiting import SEND, fill, fill_send
from tests.support.windows import english, window_of

pytestmark = pytest.mark.slow


@pytest.fixture
def park(tmp_path: Path) -> Iterator[Park]:
    with RunningServer(tmp_path / "centre") as server:
        park = Park(server)
        yield park
        park.close()


def desk_of(park: Park, folder: Path, name: str, role: Role, *enterprises: str) -> Desk:
    account = f"p{uuid.uuid4().hex[:10]}"
    new = NewAccount(account, name, (role,), None)
    jobs.add_account(park.database, park.reference, new, PASSWORD, system_clock())
    if enterprises:
        park.assign(account, *enterprises)
    desk = Desk.open(DataFolder(folder / account))
    sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
    sync(desk)
    return desk


def sync(desk: Desk) -> None:
    report = engine_for(desk.store, desk.context, system_clock).run()
    assert report.error is None, report.error
    visits.tidy_drafts(desk)


def a_planned_visit_of_two_forms(officer: Desk, enterprise: str) -> visits.Submitted:
    plan = visit_plans.plan(officer, enterprise, officer.today, purpose="季度走访")
    visit = visit_plans.start(officer, plan)
    send = visits.open_filling(officer, visit, SEND)
    fill_send(send.filling)
    visits.save_draft(officer, visit, send.filling.save(), send.tables, form_id=SEND)
    main = visits.open_filling(officer, visit)
    fill(main.filling, officer, visit)
    visits.save_draft(officer, visit, main.filling.save(), main.tables)
    done = visits.submit_visit(officer, visit, main.filling)
    assert len(done.issues) == 3
    sync(officer)
    assert [line.state for line in visit_plans.listing(officer)] == ["done"]
    return done


def put_right(officer: Desk, done: visits.Submitted, qtbot: QtBot) -> None:
    with window_of(officer, qtbot) as person:
        person.open("today")
        assert person.reads("江西明瓷新材料有限公司的走访被退回")
        person.press("去改：江西明瓷新材料有限公司的走访被退回")
        person.until(lambda: person.window.page.session is not None)
        person.settle()
        page = person.window.page
        assert person.reads("陈静退回：从业人数和社保对不上")
        assert page.session.filling.get("/operation/a03_output") is not None
        page.session.answer("/operation/a10_employees", "152")
        person.settle()
        page.finish()
        person.until(lambda: person.window.current_page == "visits")
        person.settle()
        again = visits.visit_of(officer, done.visit.id)
        assert again.state_word == "已完成"
        assert again.issues == [issue.id for issue in done.issues], "no issue is raised twice"
        sync(officer)


def test_given_back_put_right_and_verified(park: Park, tmp_path: Path, qtbot: QtBot) -> None:
    enterprise = park.enterprise("江西明瓷新材料有限公司", employees=128)
    officer = desk_of(park, tmp_path, "王敏", Role.OFFICER, enterprise)

    # 王敏 has planned today's visit; she fills two forms and finishes.
    done = a_planned_visit_of_two_forms(officer, enterprise)
    visit = done.visit.id

    # 陈静 sees in the directory that there was a visit, fetches the enterprise, reads it and gives it back.
    coordinator = desk_of(park, tmp_path, "陈静", Role.COORDINATOR)
    (row,) = coordinator.store.of_kind(VISIT_ROW)
    assert (row.id, row.body["state"], "values" in row.body) == (visit, "submitted", False)
    opened.open_bucket(coordinator, enterprise)
    sync(coordinator)
    with window_of(coordinator, qtbot) as person:
        person.window.go("visit", visit)
        person.settle()
        assert person.reads("三问三帮三建走访清单")
        assert person.reads("三送三解三优走访表")
        assert not person.can_press("接着填")
        person.press("退回")
        person.press("退回给走访人")
        assert person.reads("请写明退回的原因")
        person.write(person.window.page.reason, "从业人数和社保对不上，请核一下")
        person.press("退回给走访人")
        person.until(lambda: person.reads("退回待改"))
        person.settle()
        assert person.reads("从业人数和社保对不上")
        assert not person.can_press("已核")
        picture(person.window, "visit_returned")
        assert english(person.texts(), ("title",)) == []
        sync(coordinator)

    # 王敏 is told on 今日 why, finds every answer as she gave it, alters one and hands it in again.
    sync(officer)
    put_right(officer, done, qtbot)

    # Both versions are at the centre; what was altered can be read; now it is verified.
    coordinator = Desk.open(coordinator.folder)
    sync(coordinator)
    with window_of(coordinator, qtbot) as person:
        person.window.go("visit", visit)
        person.settle()
        assert person.reads("后来改了什么")
        assert person.reads("152 人")
        person.press("已核")
        person.until(lambda: person.reads("已核，不再退回"))
        person.settle()
        picture(person.window, "visit_verified")
        sync(coordinator)
        assert len(coordinator.store.of_kind(Record.kind, buckets.of_enterprise(enterprise))) == 4
    park.server.command("verify")
