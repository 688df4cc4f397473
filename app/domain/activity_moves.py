"""The one table of moves of trips, groups and events: who may make which from where, and what stands in the way.

Change functions (`changes/activities.py`, `changes/activity_events.py`) and the buttons on screen ask here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.domain.activity import (
    EVENT_STATES,
    GROUP_STATES,
    TRIP_STATES,
    Event,
    EventState,
    GroupState,
    LeadState,
    RecruitGroup,
    Trip,
    TripState,
)
from app.domain.people import Actor, Role

Guard = Callable[[Any, str], str | None]
"""(document, today as a day) → the Chinese reason why not."""


@dataclass(frozen=True, slots=True)
class ActivityMove:
    """`target` None: the state stays as it is."""

    name: str
    word: str
    kind: str
    sources: frozenset[str]
    target: str | None
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()


_C = frozenset({Role.COORDINATOR})
TRAVELLERS = frozenset({Role.OFFICER, Role.COORDINATOR, Role.LEADER})


def _left_already(trip: Trip, today: str) -> str | None:
    if trip.starts_on > today:
        return f"{trip.starts_on} 才出发，回来后再登记结果。日期不对请先点「改」。"
    return None


def _no_lead_open(trip: Trip, _today: str) -> str | None:
    following = [lead.company for lead in trip.leads if lead.state is LeadState.FOLLOWING]
    if following:
        return f"还有 {len(following)} 条线索在跟进（{following[0]}），签约或写明不再跟进后才能办结。"
    return None


def _has_come(event: Event, today: str) -> str | None:
    return f"活动在 {event.day}，办完后再登记成效。" if event.day > today else None


def _moves() -> tuple[ActivityMove, ...]:
    planned, back, closed = TripState.PLANNED, TripState.BACK, TripState.CLOSED
    running, coming, held = GroupState.RUNNING, EventState.PLANNED, EventState.HELD

    def trip(
        name: str, word: str, source: TripState, target: TripState | None, *guards: Guard
    ) -> ActivityMove:
        return ActivityMove(name, word, Trip.kind, frozenset({source}), target, TRAVELLERS, guards)

    def event(name: str, word: str, sources: set[str], target: str | None, *guards: Guard) -> ActivityMove:
        return ActivityMove(name, word, Event.kind, frozenset(sources), target, _C, guards)

    return (
        trip("trip.back", "登记结果", planned, back, _left_already),
        trip("trip.edit", "改", planned, None),
        trip("trip.cancel", "取消", planned, TripState.CANCELLED),
        trip("trip.lead", "加线索", back, None),
        trip("trip.follow", "记跟进", back, None),
        trip("trip.close", "办结", back, closed, _no_lead_open),
        trip("trip.reopen", "恢复跟进", closed, back),
        ActivityMove("group.edit", "改", RecruitGroup.kind, frozenset({running}), None, _C),
        ActivityMove("group.end", "撤回", RecruitGroup.kind, frozenset({running}), GroupState.ENDED, _C),
        event("event.hold", "登记成效", {coming}, held, _has_come),
        event("event.guests", "邀请企业", {coming, held}, None),
        event("event.note", "记企业反映", {coming, held}, None),
        event("event.raised", "转为诉求", {coming, held}, None),
        event("event.edit", "改", {coming}, None),
        event("event.outcome", "补成效", {held}, None),
        event("event.cancel", "取消", {coming}, EventState.CANCELLED),
    )


MOVES = {move.name: move for move in _moves()}
_STATES: dict[str, dict[Any, str]] = {
    Trip.kind: dict(TRIP_STATES),
    RecruitGroup.kind: dict(GROUP_STATES),
    Event.kind: dict(EVENT_STATES),
}


def state_word(document: Trip | RecruitGroup | Event) -> str:
    """What its state is called."""
    return _STATES[document.kind][document.state]


def why_not(
    move: ActivityMove, document: Trip | RecruitGroup | Event, actor: Actor, today: str
) -> str | None:
    """Why this person cannot make the move now (Chinese), or None."""
    if not actor.roles & move.roles:
        return "您的角色不能做这个操作。如确有需要，请联系协调员。"
    if document.state not in move.sources:
        return f"现在是「{state_word(document)}」，不能「{move.word}」。请刷新后再看。"
    return next((text for guard in move.guards if (text := guard(document, today)) is not None), None)
