"""接待日: enterprises come and say what troubles them; one thing is solved on the spot, one goes to a department at once, one
to the joint meeting, where a leader assigns it. Real windows, a real centre, four people."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.issue import Issue, IssueState
from app.domain.meeting import Meeting
from app.domain.people import Role
from app.domain.projections import DEPARTMENT_ISSUE
from app.paths import DataFolder
from app.services import issues, meetings
from app.services.desk import Desk
from app.store.outbox import Counts, counts
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from tests.support.park import Park
from tests.support.pictures import picture
from tests.support.server import PASSWORD, RunningServer
from tests.support.windows import Person, window_of

pytestmark = pytest.mark.slow
K = Qt.Key
CONTROL = Qt.KeyboardModifier.ControlModifier
NAMES = ("江西明瓷新材料有限公司", "青岚电瓷有限公司", "湘东环保设备有限公司")


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("reception-centre")) as server:
        park = Park(server)
        yield park
        park.close()


def desk_of(park: Park, folder: Path, name: str, role: Role, department: str | None = None) -> Desk:
    """A laptop of somebody new, signed in and filled once."""
    account = f"p{uuid.uuid4().hex[:10]}"
    new = NewAccount(account, name, (role,), department)
    jobs.add_account(park.database, park.reference, new, PASSWORD, system_clock())
    desk = Desk.open(DataFolder(folder / account))
    sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
    sync(desk)
    return desk


def sync(desk: Desk) -> None:
    report = engine_for(desk.store, desk.context, system_clock).run()
    assert report.error is None, report.error


def sync_at(person: Person) -> None:
    person.settle()
    person.key(K.Key_F5)
    store = person.window.desk.store
    person.until(lambda: not person.window.sync.running and counts(store) == Counts(0, 0, 0, 0))
    person.settle()


def open_meeting(person: Person, id: str) -> Any:
    person.open("meetings")
    person.window.go("meeting", id)
    person.until(lambda: person.window.page.shown is not None)
    person.settle()
    return person.window.page


def register(person: Person, page: Any, enterprise: str, title: str, **more: Any) -> None:
    """The enterprise says what troubles it: its data is fetched where it is not here, then the form opens by itself."""
    count = len(page.shown.items)
    page.guest_table.setFocus()
    assert page.guest_table.choose(enterprise)
    person.key(K.Key_N)
    person.until(lambda: page.panel.form.form is not None and page.panel.form.form.action == meetings.RAISE)
    form = page.panel.form
    person.write(form.editors["title"].target, title)
    form.put("category", "08")
    form.put("subcategory", "0803")
    person.write(form.editors["description"].target, "企业当面反映。")
    for name, value in more.items():
        form.put(name, value)
    form.editors["title"].target.setFocus()
    person.key(K.Key_Return, CONTROL)
    person.until(lambda: len(page.shown.items) == count + 1)
    person.settle()


def item(page: Any, title: str) -> Any:
    return next(one for one in page.shown.items if one.title == title)


def test_a_reception_day_from_the_invitation_to_the_joint_meeting(
    park: Park, tmp_path: Path, qtbot: QtBot
) -> None:
    clay, porcelain, filters = companies = [park.enterprise(name) for name in NAMES]
    officer = desk_of(park, tmp_path, "王敏", Role.OFFICER)
    park.assign(officer.signed_in().account, clay)
    leader = desk_of(park, tmp_path, "周领导", Role.LEADER)
    handler = desk_of(park, tmp_path, "李强", Role.HANDLER, "power")
    coordinator = desk_of(park, tmp_path, "陈静", Role.COORDINATOR)

    with window_of(coordinator, qtbot) as chen:
        page = plan_and_invite(chen, companies)
        # The notice goes out on paper.
        chen.press("会议通知")
        chen.until(lambda: chen.window.current_page == "preview")
        chen.settle()
        assert chen.window.page.path.stat().st_size > 0
        chen.window.go_back()
        chen.until(lambda: chen.window.page is page)
        chen.settle()

        # The first one's trouble is solved on the spot; the second one's goes to the power company at once.
        register(chen, page, clay, "电费单看不懂", solved_on_spot=True, solution="当场逐项解释")
        register(chen, page, porcelain, "厂区扩容用电报装")
        settle_assignment(chen, page, "厂区扩容用电报装", 10)
        chen.until(lambda: item(page, "厂区扩容用电报装").outcome_word == "交办")
        chen.settle()
        # The third one's has to wait for the joint meeting.
        register(chen, page, filters, "危废处置价格高")
        assert chen.reads("3 家、3 题、当场解决 1 个（1/3，33.33 %）")
        picture(chen.window, "reception-day")
        day = end_of_the_day(chen, page)

        # She accepts the third one and plans the joint meeting: it stands on the agenda by itself.
        issues.accept(coordinator, item(page, "危废处置价格高").issue, "09", None, 3)
        joint = meetings.plan(coordinator, meetings.plan_args({"meeting_kind": "joint", "day": "2026-12-01"}))
        page = open_meeting(chen, joint)
        assert item(page, "危废处置价格高").why == "待交办"
        sync_at(chen)

    sync(leader)
    with window_of(leader, qtbot) as zhou:
        assign_at_the_joint_meeting(zhou, joint)
    with handler, officer:
        look_at_what_came_of_it(handler, officer, day, joint)

    # On the coordinator's laptop the figures of the day are what they were, though the third names the joint meeting now.
    with Desk.open(coordinator.folder) as again:
        sync(again)
        assert meetings.page(again, day).result == "3 家、3 题、当场解决 1 个（1/3，33.33 %）"
        (assigned,) = meetings.page(again, joint).items
        assert (assigned.outcome_word, assigned.problem) == ("交办", "")
        assert assigned.who.startswith("供电公司")


def plan_and_invite(chen: Person, companies: list[str]) -> Any:
    """陈静 plans the reception day and invites three enterprises; none of them is on her laptop."""
    listing = chen.open("meetings")
    chen.press("计划会议")
    chen.until(lambda: listing.form.form is not None)
    chen.write(listing.form.editors["place"].target, "政务中心一楼")
    chen.key(K.Key_Return, CONTROL)
    chen.until(lambda: chen.window.current_page == "meeting" and chen.window.page.shown is not None)
    chen.settle()
    page = chen.window.page
    chen.press("邀请企业")
    chen.until(lambda: page.panel.invite.model.rowCount() >= 3)
    page.panel.invite.model.tick(companies)
    chen.press("邀请 3 家")
    chen.until(lambda: len(page.shown.guests) == 3)
    chen.settle()
    return page


def settle_assignment(person: Person, page: Any, title: str, days: int) -> None:
    """Key 2 on the item: to the power company, in so many working days."""
    page.table.setFocus()
    page.table.choose(item(page, title).id)
    person.key(K.Key_2)
    person.until(lambda: page.panel.form.form is not None)
    page.panel.form.put("department", "power")
    page.panel.form.put("limit_days", days)
    page.panel.form.editors["requirement"].target.setFocus()
    person.key(K.Key_Return, CONTROL)


def end_of_the_day(chen: Person, page: Any) -> str:
    """Minutes that begin with what the items say, then everything goes to the centre and gets its official number."""
    page.table.setFocus()
    chen.key(K.Key_H)
    chen.until(lambda: page.panel.form.form is not None)
    assert "当场解决" in page.panel.form.editors["minutes"].value()
    chen.key(K.Key_Return, CONTROL)
    chen.until(lambda: page.shown.line.state_word == "已开")
    sync_at(chen)
    assert page.shown.meeting.number.startswith("XD-HY-")
    assert item(page, "电费单看不懂").number.startswith("XD-")
    return str(page.meeting)


def assign_at_the_joint_meeting(zhou: Person, joint: str) -> None:
    """The leader on his own laptop: fetches what is not there, says where it goes, one press."""
    page = open_meeting(zhou, joint)
    assert not item(page, "危废处置价格高").held
    zhou.press("取 1 家企业的资料")
    zhou.until(lambda: item(page, "危废处置价格高").held)
    zhou.settle()
    settle_assignment(zhou, page, "危废处置价格高", 15)
    zhou.settle()
    zhou.press("一次交办 1 件  G")
    zhou.until(lambda: item(page, "危废处置价格高").outcome_word == "交办")
    sync_at(zhou)
    assert item(page, "危废处置价格高").problem == ""


def look_at_what_came_of_it(handler: Desk, officer: Desk, day: str, joint: str) -> None:
    """The power company has both, each with the meeting that sent it; the officer sees his enterprise's; of the meetings
    neither sees anything."""
    sync(handler)
    there = {one.body["title"]: one.body for one in handler.store.of_kind(DEPARTMENT_ISSUE)}
    assert there["厂区扩容用电报装"]["meeting"] == day
    assert there["危废处置价格高"]["meeting"] == joint
    assert {body["state"] for body in there.values()} == {IssueState.ASSIGNED}
    sync(officer)
    (known,) = officer.store.of_kind(Issue.kind)
    assert (known.body["title"], known.body["state"]) == ("电费单看不懂", IssueState.TO_REVISIT)
    for desk in (handler, officer):
        assert desk.store.of_kind(Meeting.kind) == []
        assert buckets.meetings(desk.signed_in().park) not in desk.store.held()
