"""The rest of an issue's way, told after the officer's day: the department works, the leader extends, the coordinator
verifies, the enterprise is asked and not satisfied, and asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.issue import IssueState
from app.services import issues
from ui.embedded import COORDINATOR, HANDLER, LEADER, OFFICER, REVISITOR
from ui.tour.hand import Lost
from ui.tour.seat import Seat

if TYPE_CHECKING:
    from ui.tour.day import Day

TITLE = "厂区扩容用电报装"


def tell_the_loop(day: Day) -> None:
    """From 签收 to 销号. The issue has been given to the handler's department."""
    department_works(day)
    leader_extends(day)
    department_answers(day)
    coordinator_verifies(day)
    enterprise_is_not_satisfied(day)
    worked_again_and_struck_off(day)


def department_works(day: Day) -> None:
    with day.album.step("承办人签收、写进展、申请延期") as step:
        seat = day.seat(HANDLER)
        step.facts = {"waiting": seat.waiting()}
        day.album.picture(seat.window, "承办人的今日")
        seat.take_up("待签收", TITLE)
        seat.move("签收")
        seat.waiting()
        seat.take_up("办理中", TITLE)
        seat.move("写进展", text="已到现场查勘，接入点和容量定了，设计单位在出图。")
        seat.move(
            "申请延期",
            days=5,
            reason="变压器要等厂家排产。",
            enterprise_informed=True,
            look=lambda: day.album.picture(seat.window, "承办人申请延期"),
        )
        seat.sync()
        _expect(seat, IssueState.EXTENSION)


def leader_extends(day: Day) -> None:
    with day.album.step("领导批准延期，期限顺延") as step:
        seat = day.seat(LEADER)
        step.facts = {"waiting": seat.waiting()}
        seat.take_up("延期待批", TITLE)
        before = seat.issue.due_at
        after = seat.move("同意延期", look=lambda: day.album.picture(seat.window, "领导批准延期"))
        seat.sync()
        step.facts |= {"due_before": before, "due": after.due_at}


def department_answers(day: Day) -> None:
    with day.album.step("承办人加佐证、提交结果") as step:
        seat = day.seat(HANDLER)
        seat.waiting()
        seat.take_up("办理中", TITLE)
        # The system's own file dialog cannot be shown without a screen: what it would give is given.
        seat.page.panel.evidence_wanted.emit([day.photo()])
        seat.settle()
        seat.move(
            "提交结果",
            result="已解决",
            answer="已增容到 2000 kVA，新表已装好，随时可以送电。",
            look=lambda: day.album.picture(seat.window, "承办人提交结果"),
        )
        seat.sync()
        step.facts = {"evidence": [line.file_name for line in issues.evidence(seat.desk, seat.issue)]}
        _expect(seat, IssueState.ANSWERED)


def coordinator_verifies(day: Day) -> None:
    with day.album.step("协调员看结果和佐证，核实通过") as step:
        seat = day.seat(COORDINATOR)
        step.facts = {"waiting": seat.waiting()}
        day.album.picture(seat.window, "协调员的今日")
        seat.take_up("待核实", TITLE)
        day.album.picture(seat.window, "协调员核实")
        seat.move("核实通过")
        seat.sync()
        _expect(seat, IssueState.TO_REVISIT)


def enterprise_is_not_satisfied(day: Day) -> None:
    with day.album.step("回访员打电话：企业不满意，退回重办、升一级") as step:
        seat = day.seat(REVISITOR)
        step.facts = {"waiting": seat.waiting()}
        seat.take_up("待回访", TITLE)
        before = seat.issue.level
        after = seat.move(
            "回访",
            answered=True,
            solved="未解决",
            satisfaction="不满意",
            dissatisfaction=["结果", "时间"],
            text="表装好了，还没有送电。",
            look=lambda: day.album.picture(seat.window, "回访不满意"),
        )
        seat.sync()
        step.facts |= {"level": [before, after.level]}
        _expect(seat, IssueState.IN_WORK)


def worked_again_and_struck_off(day: Day) -> None:
    with day.album.step("重办、核实、再回访：满意，销号；联络员看到全过程") as step:
        seat = day.seat(HANDLER)
        seat.waiting()
        seat.take_up("办理中", TITLE)
        seat.move("提交结果", result="已解决", answer="已送电，两条窑炉线同时开机正常。")
        seat.sync()
        seat = day.seat(COORDINATOR)
        seat.waiting()
        seat.take_up("待核实", TITLE)
        seat.move("核实通过")
        seat.sync()
        seat = day.seat(REVISITOR)
        seat.waiting()
        seat.take_up("待回访", TITLE)
        seat.move(
            "回访",
            answered=True,
            solved="已解决",
            satisfaction="非常满意",
            agree_close=True,
            look=lambda: day.album.picture(seat.window, "回访满意"),
        )
        seat.sync()
        _expect(seat, IssueState.CLOSED)
        _officer_reads(day, step.facts)


def _officer_reads(day: Day, facts: dict[str, object]) -> None:
    seat = day.seat(OFFICER)
    seat.sync()
    seat.open("issues")
    seat.chip("已结束")
    seat.choose(TITLE)
    found = issues.page(seat.desk, seat.issue.id)
    assert found is not None
    facts["trail"] = [line.text for line in found.trail]
    day.album.picture(seat.window, "联络员看全过程")


def _expect(seat: Seat, state: IssueState) -> None:
    if seat.issue.state is not state:
        raise Lost(f"诉求应为 {state}，实为 {seat.issue.state}")
