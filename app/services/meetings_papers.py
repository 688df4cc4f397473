"""The papers of a meeting: 会议通知, and the agenda table, which after the meeting says what came of each item."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from app.domain.meeting import MeetingKind, MeetingState
from app.errors import KnownError
from app.printing.models import Printed
from app.services.desk import Desk
from app.services.meetings_page import ItemLine, MeetingPage, page


def print_notice(desk: Desk, id: str, path: Path | None = None) -> Printed:
    """会议通知. `path` None: into the data folder's `papers/`. KnownError where it is called off or the disk refuses."""
    from app.printing.meeting_notice import MeetingNotice, print_meeting_notice

    shown = page(desk, id)
    meeting = shown.meeting
    if meeting.state is MeetingState.CANCELLED:
        raise KnownError("meeting_state", "会议已取消，不再发通知。")
    notice = MeetingNotice(
        number=meeting.number,
        kind=shown.line.kind_word,
        title=meeting.title,
        office=desk.signed_in().park_name,
        day=date.fromisoformat(meeting.day),
        start=meeting.start or "",
        place=meeting.place or "",
        chair=meeting.chair or "",
        people=meeting.people,
        enterprises=meeting.enterprise_names,
        items=[_titled(item) for item in shown.items],
        notice=meeting.notice or "",
        sent=desk.today,
    )
    return print_meeting_notice(path or _place(desk, "会议通知", shown), notice)


def print_agenda(desk: Desk, id: str, path: Path | None = None) -> Printed:
    """议程表; once the meeting was held, 议题及结论 with result and minutes."""
    from app.printing.meeting_agenda import AgendaRow, MeetingAgenda, print_meeting_agenda

    shown = page(desk, id)
    meeting = shown.meeting
    held = meeting.state is MeetingState.HELD
    rows = [
        AgendaRow(
            title=item.title,
            number=item.number,
            enterprise=item.enterprise_name,
            why=item.why,
            outcome=item.outcome_word if held or not item.open else "",
            decision=item.decision,
            who=item.who,
            until=item.until,
        )
        for item in shown.items
    ]
    came = [guest.name for guest in shown.guests if guest.came] if held else meeting.enterprise_names
    agenda = MeetingAgenda(
        number=meeting.number,
        kind=shown.line.kind_word,
        title=meeting.title,
        day=date.fromisoformat(meeting.day),
        start=meeting.start or "",
        place=meeting.place or "",
        chair=meeting.chair or "",
        people="、".join(meeting.people),
        enterprises="、".join(came),
        rows=rows,
        held=held,
        result=shown.result if held and meeting.meeting_kind is MeetingKind.RECEPTION else "",
        minutes=meeting.minutes or "",
        made=desk.today,
    )
    return print_meeting_agenda(path or _place(desk, "会议结论" if held else "会议议程", shown), agenda)


def _titled(item: ItemLine) -> str:
    return f"{item.title}（{item.enterprise_name}）" if item.enterprise_name else item.title


def _place(desk: Desk, name: str, shown: MeetingPage) -> Path:
    return desk.folder.papers / f"{name} {shown.meeting.number}.pdf"
