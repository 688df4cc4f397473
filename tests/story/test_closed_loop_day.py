"""One problem of one enterprise, from the officer's visit to 销号: six people at six laptops, real windows, a real centre.

The enterprise is not satisfied the first time: the issue is worked again, one level up, and struck off the second time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from app.domain.clock import system_clock
from app.domain.issue import IssueState
from app.domain.people import Role
from app.paths import DataFolder
from app.services.desk import Desk
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from tests.support.park import Park
from tests.support.pictures import picture
from tests.support.server import PASSWORD, RunningServer
from tests.support.windows import window_of
from ui.tour.form_hand import FormHand
from ui.tour.seat import Seat

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ENTERPRISE, OTHER = "江西明瓷新材料有限公司", "青岚电瓷有限公司"
TITLE = "二期厂房用电报装"
QUICK = (
    ("/header/h7_informed", "是"),
    ("/operation/a01_status", "正常"),
    ("/operation/a03_output", "2480.00"),
    ("/operation/a08_order_trend", "平"),
    ("/operation/a10_employees", "136"),
    ("/operation/a15_safety", "良好"),
    ("/difficulties/b01_has", "有"),
)
PROBLEM = (
    ("b02_category", "水电气讯要素"),
    ("b02_subcategory", "报装"),
    ("b02_title", TITLE),
    ("b02_description", "二期厂房下月封顶，还没有通上正式用电。"),
    ("b02_expectation", "年前送电。"),
    ("b02_urgency", "急"),
    ("b02_solved_here", "否"),
)
QUICK_END = (
    ("/suggestions/c01_plans", "扩产"),
    ("/financing/d01_need", "无"),
    ("/planning/d06_delivery", "无适用政策"),
    ("/building/e01_card_posted", "是"),
    ("/building/e03_lists_told", "是"),
    ("/confirmation/z2_mode", "纸质后补"),
)
TRAIL = [
    *(
        "登记，上报",
        "受理",
        "交办",
        "签收",
        "写进展",
        "写进展",
        "申请延期",
        "同意延期",
        "提交结果",
        "核实通过",
        "回访",
    ),
    *("提交结果", "核实通过", "回访"),
]


@pytest.fixture
def park(tmp_path: Path) -> Iterator[Park]:
    with RunningServer(tmp_path / "centre") as server:
        park = Park(server)
        yield park
        park.close()


class Town:
    """Who is there, each at a laptop with a window."""

    def __init__(self, park: Park, folder: Path, qtbot: QtBot, windows: ExitStack) -> None:
        self.park, self.folder, self.qtbot, self.windows = park, folder, qtbot, windows

    def sit_down(self, name: str, role: Role, department: str | None = None, *enterprises: str) -> Somebody:
        """A new account, its first download, its window."""
        account = f"p{uuid.uuid4().hex[:10]}"
        new = NewAccount(account, name, (role,), department)
        jobs.add_account(self.park.database, self.park.reference, new, PASSWORD, system_clock())
        if enterprises:
            self.park.assign(account, *enterprises)
        desk = Desk.open(DataFolder(self.folder / account))
        sign_in(desk.store, self.park.server.url, account, PASSWORD, "测试机")
        report = engine_for(desk.store, desk.context, system_clock).run()
        assert report.error is None, report.error
        return Somebody(self.windows.enter_context(window_of(desk, self.qtbot)))


class Somebody(Seat):
    """A seat at which one can also read."""

    def __init__(self, person: Any) -> None:
        super().__init__(person.window)
        self.person = person

    def reads(self, part: str) -> bool:
        return bool(self.person.reads(part))

    def picture(self, name: str) -> None:
        picture(self.window, f"loop-{name}")


@pytest.fixture
def town(park: Park, tmp_path: Path, qtbot: QtBot) -> Iterator[Town]:
    with ExitStack() as windows:
        yield Town(park, tmp_path, qtbot, windows)


def test_from_the_visit_to_the_striking_off(
    park: Park, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enterprise, other = park.enterprise(ENTERPRISE), park.enterprise(OTHER)
    wang = town.sit_down("王敏", Role.OFFICER, None, enterprise, other)
    chen = town.sit_down("陈静", Role.COORDINATOR)
    li = town.sit_down("李强", Role.HANDLER, "housing")
    zhao = town.sit_down("赵磊", Role.HANDLER, "power")
    sun = town.sit_down("孙慧", Role.REVISITOR)
    zhou = town.sit_down("周领导", Role.LEADER)

    # 王敏 has two enterprises to visit. She goes to one and writes down the short form and one problem.
    wang.open("today")
    assert wang.reads("本期 2 家，已走访 0 家")
    visits(wang)
    wang.open("today")
    assert wang.reads("本期 2 家，已走访 1 家")
    assert [line.title for line in wang.page.today.issues] == [TITLE]
    wang.sync()

    # 陈静 finds it waiting, accepts it, gives it to the housing bureau; the power company and the land office help.
    assert chen.waiting() == {"待受理": 1}
    chen.take_up("待受理", TITLE)
    assigns(chen)
    assert chen.waiting() == {}

    # 李强 signs; 赵磊 of the joint department and he write how it goes; he needs three days more.
    assert li.waiting() == {"待签收": 1}
    li.take_up("待签收", TITLE)
    assert li.move("签收").state is IssueState.IN_WORK
    assert li.waiting() == {"办理中": 1}
    li.take_up("办理中", TITLE)
    li.move("写进展", text="已到现场，线路走向定了。")
    zhao.sync()
    zhao.open("issues")
    zhao.choose(TITLE)
    zhao.move("写进展", text="变压器已排产。")
    asked = li.move(
        "申请延期",
        days=3,
        reason="变压器要等厂家发货",
        enterprise_informed=True,
        look=lambda: li.picture("extension"),
    )
    assert asked.state is IssueState.EXTENSION
    zhao.sync()
    li.sync()

    # With a department that has no part in 报装 by itself it stands on level 3: not 陈静 but the leader grants it, and the deadline moves.
    assert chen.waiting() == {}
    assert zhou.waiting() == {"延期待批": 1}
    zhou.take_up("延期待批", TITLE)
    before = zhou.issue.due_at
    granted = zhou.move("同意延期", look=lambda: zhou.picture("extend"))
    assert (granted.state, granted.extension_days) == (IssueState.IN_WORK, 3)
    assert before is not None
    assert granted.due_at is not None
    assert granted.due_at > before
    zhou.sync()

    # 李强 hands the result in with a photo; 陈静 sees both and finds it right.
    assert li.waiting() == {"办理中": 1}
    li.take_up("办理中", TITLE)
    adds_photo(li, tmp_path / "配电房.jpg", monkeypatch)
    li.move(
        "提交结果",
        result="已解决",
        answer="临时用电已接通，正式用电月底前。",
        look=lambda: li.picture("answer"),
    )
    li.sync()
    assert chen.waiting() == {"待核实": 1}
    chen.take_up("待核实", TITLE)
    assert chen.reads("配电房.jpg")
    assert chen.reads("变压器已排产。")
    chen.picture("verify")
    assert chen.move("核实通过").state is IssueState.TO_REVISIT
    chen.sync()

    # 孙慧 calls the enterprise: it is not satisfied. The issue goes back, one level up, with a deadline of its own.
    assert sun.waiting() == {"待回访": 1}
    sun.take_up("待回访", TITLE)
    again = sun.move(
        "回访",
        answered=True,
        solved="未解决",
        satisfaction="不满意",
        dissatisfaction=["结果"],
        text="只接了临时用电。",
        look=lambda: sun.picture("unhappy"),
    )
    assert (again.state, again.level, again.reopened) == (IssueState.IN_WORK, 4, 1)
    assert sun.waiting() == {}

    # 李强 works again and answers; 陈静 verifies; 孙慧 asks again: satisfied, struck off.
    assert li.waiting() == {"办理中": 1}
    li.take_up("办理中", TITLE)
    assert li.reads("只接了临时用电。")
    li.picture("again")
    li.move("提交结果", result="已解决", answer="正式用电已送电。")
    li.sync()
    assert chen.waiting() == {"待核实": 1}
    chen.take_up("待核实", TITLE)
    chen.move("核实通过")
    chen.sync()
    assert sun.waiting() == {"待回访": 1}
    sun.take_up("待回访", TITLE)
    closed = sun.move("回访", answered=True, solved="已解决", satisfaction="满意", agree_close=True)
    assert closed.state is IssueState.CLOSED
    sun.sync()

    # Nothing waits for anybody any more.
    assert [each.waiting() for each in (chen, li, zhao, sun, zhou)] == [{}] * 5

    # 王敏 has nothing open on 今日, and the whole way of it in her list; so has the leader.
    wang.sync()
    wang.open("today")
    assert wang.page.today.issues == ()
    for seat in (wang, zhou):
        seat.open("issues")
        seat.chip("已结束")
        seat.choose(TITLE)
        assert [line.text.partition("：")[0] for line in seat.page.panel.page.trail] == TRAIL
        assert seat.reads("写进展：已到现场，线路走向定了。")
    wang.picture("trail")
    assert park.server.cli("verify").returncode == 0


def visits(wang: Somebody) -> None:
    """The short form of a visit, filled in by hand and finished."""
    wang.open("enterprises")
    wang.hand.row(wang.page.table, ENTERPRISE)
    wang.hand.key(Qt.Key.Key_Return)
    wang.until(lambda: wang.window.current_page == "enterprise", "企业")
    wang.hand.press("速记")
    wang.until(lambda: wang.window.current_page == "filling", "走访表")
    form = FormHand(wang.hand, wang.page)
    for path, value in QUICK:
        form.answer(path, value)
    row = form.add_row("/difficulties/b02_problems")
    for name, value in PROBLEM:
        form.answer(f"{row}/{name}", value)
    for path, value in QUICK_END:
        form.answer(path, value)
    form.sign("/confirmation/z3_signature")
    form.saved()
    wang.hand.press("完成")
    wang.until(lambda: wang.window.current_page == "visits", "走访完成")
    wang.settle()


def assigns(chen: Somebody) -> None:
    """Who does it and who helps; what the classification suggests else stays."""
    form = chen.page.panel.form
    assert (form.value().department, form.value().level) == ("housing", 2)
    chen.until(lambda: form.handler.count() > 1, "承办人名单")
    chen.pick(form.handler, "李强")
    chen.add(form.joint, "供电公司")
    chen.add(form.joint, "自然资源局")
    chen.count(form.limit, 10)
    chen.write(form.requirement, "年前送电")
    chen.picture("assign")
    chen.hand.press("受理并交办")
    chen.until(lambda: chen.issue.state is IssueState.ASSIGNED, "交办")
    chen.settle()
    assert (chen.issue.handler_name, chen.issue.joint) == ("李强", ["power", "natural_resources"])
    assert chen.issue.level == 3
    chen.sync()


def adds_photo(li: Somebody, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """添加佐证. The system's own file dialog is not part of the program: it gives the photo at once."""
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(QColor("#6d7480"))
    assert image.save(str(photo))
    monkeypatch.setattr("ui.issues.panel.QFileDialog.getOpenFileNames", lambda *_: ([str(photo)], ""))
    li.hand.press("添加佐证")
    li.until(lambda: li.reads(photo.name), "佐证")
    li.settle()
