"""How moments, days and lights are said to people. Chinese, Beijing time."""

from __future__ import annotations

from datetime import date, datetime

from app.domain.clock import BEIJING
from app.domain.visit import Due, VisitDue

_WEEKDAYS = "一二三四五六日"


def day(value: date) -> str:
    """`11月22日`."""
    return f"{value.month}月{value.day}日"


def day_of_text(text: str | None) -> str:
    """`8月14日` of `2026-08-14`, with the year where it is not this one's; 「—」 of nothing."""
    return day(date.fromisoformat(text)) if text else "—"


def long_day(value: date) -> str:
    """`11月22日 星期日`."""
    return f"{day(value)} 星期{_WEEKDAYS[value.weekday()]}"


def moment(value: datetime) -> str:
    """`11月22日 17:30`."""
    local = value.astimezone(BEIJING)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def moment_near(value: datetime, now: datetime) -> str:
    """`今天 08:12` or `11月20日 16:42`."""
    local = value.astimezone(BEIJING)
    if local.date() == now.astimezone(BEIJING).date():
        return f"今天 {local:%H:%M}"
    return moment(value)


def visit_due_word(due: VisitDue) -> str:
    """What stands in the pill beside an enterprise."""
    if due.due is Due.DONE:
        return "本期已走访"
    if due.due is Due.OVERDUE:
        return f"逾期 {-due.days} 天"
    if due.days == 0:
        return "今天到期"
    return f"还有 {due.days} 天"


def workdays_left_word(days: int) -> str:
    if days < 0:
        return f"逾期 {-days} 个工作日"
    if days == 0:
        return "今天到期"
    return f"还有 {days} 个工作日"
