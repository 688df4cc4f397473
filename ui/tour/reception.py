"""接待日 and 联席会, told after the issue's way: enterprises are invited and come, one thing is solved on the spot, the rest is
assigned with one press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt

from app.services.meetings import RAISE
from ui.embedded import COORDINATOR, HANDLER
from ui.tour.hand import Lost
from ui.tour.seat import Seat

if TYPE_CHECKING:
    from ui.tour.day import Day

GUESTS = 3
ON_THE_SPOT: dict[str, Any] = {
    "title": "社保补贴从哪里申报",
    "category": "政策咨询兑现",
    "subcategory": "申报指导",
    "description": "不清楚稳岗补贴的申报口和时间。",
    "solved_on_spot": True,
    "solution": "人社窗口当场开通网上账户，讲清材料和时间。",
}
TO_ASSIGN: tuple[dict[str, Any], ...] = (
    {
        "title": "厂区北门道路积水影响运输",
        "category": "厂房与基础设施",
        "description": "连续降雨后积水三十厘米，货车进不来。",
    },
    {
        "title": "夜班工人招不满",
        "category": "用工人才",
        "subcategory": "招工",
        "description": "缺夜班质检员十二人。",
    },
)


def tell_the_meetings(day: Day) -> None:
    """A reception day from its notice to its figure, then the joint meeting."""
    plan_and_invite(day)
    enterprises_speak(day)
    joint_meeting_assigns(day)


def plan_and_invite(day: Day) -> None:
    with day.album.step("协调员计划接待日、邀请企业、印会议通知") as step:
        seat = day.seat(COORDINATOR)
        seat.open("meetings")
        plan(seat, look=lambda: day.album.picture(seat.window, "计划接待日"))
        page = seat.page
        names = invite(seat)
        day.album.picture(seat.window, "接待日邀请了企业")
        seat.hand.press("会议通知")
        seat.until(lambda: seat.window.current_page == "preview", "预览")
        seat.settle()
        day.album.picture(seat.window, "会议通知预览")
        preview: Any = seat.page
        day.album.paper(preview.path, "会议通知")
        seat.window.go_back()
        seat.until(lambda: seat.page is page, "接待日")
        seat.settle()
        step.facts = {"enterprises": names}


def plan(seat: Seat, kind: str = "接待日", look: Any = None) -> None:
    """计划会议, and its page opens."""
    listing = seat.page
    seat.hand.press("计划会议")
    seat.fill(
        listing.form,
        {
            "meeting_kind": kind,
            "place": "政务中心二楼会议室",
            "chair": "周建国",
            "people": "工信局、人社局、供电公司",
        },
    )
    if look is not None:
        seat.settle()
        look()
    seat.submit(listing.form)
    seat.until(lambda: seat.window.current_page == "meeting" and seat.page.shown is not None, "会议打开")
    seat.settle()


def invite(seat: Seat, count: int = GUESTS) -> list[str]:
    """Tick the first enterprises of the list with the space bar. Their names."""
    page = seat.page
    seat.hand.press("邀请企业")
    panel = page.panel.invite
    seat.until(lambda: panel.model.rowCount() >= count, "可邀请的企业")
    names = [line.name for line in panel.model.rows[:count]]
    for name in names:
        seat.hand.row(panel.table, name)
        panel.table.setFocus(Qt.FocusReason.MouseFocusReason)
        seat.hand.key(Qt.Key.Key_Space)
    seat.hand.press(f"邀请 {count} 家")
    seat.until(lambda: len(page.shown.guests) == count, "邀请好了")
    seat.settle()
    return names


def enterprises_speak(day: Day) -> None:
    with day.album.step("接待日：登记三件诉求，一件当场解决，当场解决率有分子分母") as step:
        seat = day.seat(COORDINATOR)
        page = seat.page
        guests = [guest.name for guest in page.shown.guests]
        for guest, said in zip(guests, (ON_THE_SPOT, *TO_ASSIGN), strict=True):
            raise_at(
                seat,
                guest,
                said,
                look=(lambda: day.album.picture(seat.window, "接待日登记诉求"))
                if said is ON_THE_SPOT
                else None,
            )
        day.album.picture(seat.window, "接待日的议题")
        page.table.setFocus(Qt.FocusReason.MouseFocusReason)
        seat.hand.key(Qt.Key.Key_H)
        seat.until(lambda: page.panel.form.form is not None, "会开完了")
        seat.settle()
        day.album.picture(seat.window, "接待日纪要")
        seat.submit(page.panel.form)
        seat.until(lambda: page.shown.line.state_word == "已开", "已开")
        seat.sync()
        step.facts = {"result": page.shown.result}
        if "（1/3，33.33 %）" not in page.shown.result:
            raise Lost(f"当场解决率不对：{page.shown.result}")


def raise_at(seat: Seat, guest: str, said: dict[str, Any], look: Any = None) -> None:
    """The guest's row, N, the form; where the enterprise is not on this laptop it is fetched first."""
    page = seat.page
    count = len(page.shown.items)
    seat.hand.row(page.guest_table, guest)
    page.guest_table.setFocus(Qt.FocusReason.MouseFocusReason)
    seat.hand.key(Qt.Key.Key_N)
    form = page.panel.form
    seat.until(lambda: form.form is not None and form.form.action == RAISE, "登记诉求")
    seat.settle()
    seat.fill(form, said)
    if look is not None:
        seat.settle()
        look()
    seat.submit(form)
    seat.until(lambda: len(page.shown.items) == count + 1, "登记好")
    seat.settle()


def joint_meeting_assigns(day: Day) -> None:
    with day.album.step("联席会：等交办的自动上会，一次交办") as step:
        seat = day.seat(COORDINATOR)
        for said in TO_ASSIGN:
            seat.take_up("待受理", said["title"])
            seat.hand.press("受理", seat.page.panel)
            seat.settle()
        seat.open("meetings")
        plan(seat, "联席会")
        page = seat.page
        waiting = [item.title for item in page.shown.assignable]
        for title in waiting:
            seat.hand.row(page.table, title)
            page.table.setFocus(Qt.FocusReason.MouseFocusReason)
            seat.hand.key(Qt.Key.Key_Space)
        seat.settle()
        day.album.picture(seat.window, "联席会议程")
        seat.hand.key(Qt.Key.Key_G)
        seat.until(lambda: not page.shown.assignable, "一次交办")
        seat.settle()
        day.album.picture(seat.window, "联席会交办")
        seat.sync()
        step.facts = {"waited": waiting, "assigned": [item.who for item in page.shown.items]}
        seat.open("today")
        day.album.picture(seat.window, "协调员晚上的今日")
        day.seat(HANDLER).sync()
