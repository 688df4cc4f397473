"""How every move of a case is made: looked at, run, written down. The trail alone rebuilds the case, as an issue's does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from app.domain.agency_case import (
    CASE_STATE_NAMES,
    STEP_STATE_NAMES,
    AgencyCase,
    AgencyEvent,
    CaseState,
    StepState,
)
from app.domain.agency_clock import set_case_due
from app.domain.agency_moves import CASE_MOVES, STEP_MOVES, CaseMove, CaseView, StepMove, reason_not
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, need
from app.domain.changes.issue_trail import chain
from app.domain.clock import beijing_date, to_text
from app.domain.documents import Body, Documents, same_value
from app.domain.ids import derived_id
from app.domain.people import Role
from app.domain.visit import Attachment

_OWN = {"moves", "trail_digest"}
_PARTS = ("steps", "materials", "contacts")
"""Fields whose entries are looked at field by field: a move of one step does not write down the others again."""


def check_kind(change: Change) -> None:
    """Refusal where a change of cases is said to be about something else."""
    if change.doc[0] != AgencyCase.kind:
        raise Refusal(
            "wrong_kind",
            "这个操作只能对代办做，记录和操作对不上，请重试；仍不行请联系管理员。",
            kind=change.doc[0],
        )


def papers_of(documents: Documents, case: str) -> Counter[str]:
    """How many files of each purpose (`PAPER_NAMES`) hang on a case."""
    found = documents.of_kind(Attachment.kind)
    return Counter(str(one.body.get("purpose")) for one in found if one.body.get("case") == case)


def past_day(text: str | None, context: Context, *not_before: str | None, field: str = "day") -> str:
    """A day that people give for something that happened; today where they gave none.

    Refusal where it is still to come, or lies before what must have come first.
    """
    today = beijing_date(context.now).isoformat()
    if text is None:
        text = today
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise Refusal("day", "日期读不出来，请重新选择。", field=field) from error
    if text > today:
        raise Refusal("day", "日期还没有到，请填实际发生的那一天。", field=field)
    earliest = max((day for day in not_before if day), default="")
    if text < earliest:
        raise Refusal("day", f"日期不能早于 {earliest}，那时前一步还没有做。", field=field)
    return text


class CaseMoving:
    """One move of a case, or of one of its steps: checked when made, filled in, then finished. Raises Refusal."""

    def __init__(
        self, documents: Documents, change: Change, context: Context, step: str | None = None
    ) -> None:
        self.change = change
        self.context = context
        check_kind(change)
        self.case = AgencyCase.of(need(documents, *change.doc))
        self.before = self.case.to_body()
        self.source = self.case.state
        self.key = step
        self.move: CaseMove | StepMove
        if step is None:
            self.move = CASE_MOVES[change.name]
            allowed = self.source in self.move.sources
        else:
            self.move = STEP_MOVES[change.name]
            allowed = self.source in self.move.cases
            if step not in self.case.steps:
                raise Refusal("step", "这件代办没有这个环节，请刷新后再看。", field="step")
        if not allowed:
            word = CASE_STATE_NAMES[self.source]
            raise Refusal(
                "case_state",
                f"这件代办现在是「{word}」，不能{self.move.word}。请刷新后再看。",
                state=self.source.value,
            )
        self.step_source = self.case.steps[step].state if step is not None else None
        if isinstance(self.move, StepMove) and self.step_source not in self.move.sources:
            assert self.step_source is not None
            raise Refusal(
                "step_state",
                f"「{self.step.name}」现在是「{STEP_STATE_NAMES[self.step_source]}」，不能{self.move.word}。请刷新后再看。",
                state=self.step_source.value,
            )
        view = CaseView(self.case, papers_of(documents, self.case.id), self.case.steps.get(step or ""))
        why_not = reason_not(self.move, view, context.actor)
        if why_not is not None:
            raise Refusal("case_guard", why_not)

    @property
    def step(self) -> Any:
        """The step it is about (a CaseStep)."""
        return self.case.steps[self.key or ""]

    def finish(
        self, text: str | None, *, target: CaseState | None = None, step: StepState | None = None
    ) -> Outcome:
        """The writes: the case as it is now, and the event. `target`, `step`: where the table leaves it open."""
        if isinstance(self.move, StepMove):
            self.step.state = step or self.move.target or self.step_source
            self.case.state = target or self.source
        else:
            self.case.state = target or self.move.target or self.source
        if self.case.settled_at is None and self.case.terminated_at is None:
            set_case_due(self.case, self.context.calendar)
        event = write_down(
            self.case,
            self.before,
            self.change,
            self.context,
            text,
            step=self.key,
            step_from=self.step_source,
            roles=self.move.roles,
        )
        return outcome_of(self.case, event)


def outcome_of(case: AgencyCase, event: AgencyEvent) -> Outcome:
    """A case and its newest event, written."""
    return Outcome(
        (Write(case.kind, case.id, case.to_body()), Write(event.kind, event.id, event.to_body())),
    )


def write_down(
    case: AgencyCase,
    before: Body,
    change: Change,
    context: Context,
    text: str | None,
    *,
    step: str | None = None,
    step_from: StepState | None = None,
    roles: frozenset[Role] | None = None,
) -> AgencyEvent:
    """The event of what has just been done to a case; the case takes its number and digest over."""
    case.moves += 1
    old, new = _flat(before), _flat(case.to_body())
    names = (old.keys() | new.keys()) - _OWN
    acting = context.actor.roles & roles if roles else context.actor.roles
    event = AgencyEvent(
        id=derived_id(change.mid, case.id),
        case=case.id,
        order=case.moves,
        action=change.name,
        step=step,
        from_state=CaseState(before["state"]) if "state" in before else _state_before(before),
        to_state=case.state,
        step_from=step_from,
        step_to=case.steps[step].state if step is not None else None,
        person=context.actor.person,
        person_name=context.actor.name,
        role=next((role.value for role in Role if role in acting), ""),
        at=to_text(context.now),
        device=context.device,
        offline_at=change.at,
        text=text,
        sets={name: [new.get(name)] for name in names if not same_value(old.get(name), new.get(name))},
    )
    event.digest = chain(case.trail_digest, event)
    case.trail_digest = event.digest
    return event


def _state_before(before: Body) -> CaseState | None:
    """A body leaves the first state out; an empty one is of a case that was not there."""
    return CaseState.CONSULTING if before else None


def _flat(body: Body) -> Body:
    """`steps.energy.state` and so on, beside the plain fields."""
    flat: Body = {}
    for name, value in body.items():
        if name not in _PARTS:
            flat[name] = value
            continue
        for key, part in value.items():
            flat |= {f"{name}.{key}.{field}": inner for field, inner in part.items()}
    return flat


def rebuild_case(events: Iterable[AgencyEvent]) -> Body:
    """The case's body from its trail alone. Raises ValueError where the chain is broken."""
    flat: Body = {}
    digest: str | None = None
    order = 0
    for event in sorted(events, key=lambda event: event.order):
        order += 1
        if event.order != order or event.digest != chain(digest, event):
            raise ValueError(f"the trail is broken at {event.order}")
        digest = event.digest
        for name, (value,) in event.sets.items():
            flat[name] = value
    body: Body = {}
    for path, value in flat.items():
        if value is None:
            continue
        name, _, rest = path.partition(".")
        if not rest:
            body[name] = value
            continue
        key, _, field = rest.partition(".")
        body.setdefault(name, {}).setdefault(key, {})[field] = value
    return {**body, "moves": order, "trail_digest": digest}


def case_went_over(body: Body, before: Body, change: Change, context: Context) -> tuple[Body, AgencyEvent]:
    """A case that stands under another enterprise now, as the two were merged, and the event that says so."""
    case = AgencyCase.model_validate(body)
    event = write_down(case, before, change, context, None)
    return case.to_body(), event
