"""How every move of an issue is made: looked at, run, and written down in the trail (全程留痕).

An event says who, in which role, when, from where to where, and every field that was altered: the trail alone rebuilds the
issue (`rebuild`), and each event's digest takes in the one before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, need
from app.domain.clock import to_text
from app.domain.documents import Body, DocumentModel, Documents, same_value
from app.domain.ids import derived_id
from app.domain.issue import (
    ISSUE_STATE_NAMES,
    REFERENCES,
    Issue,
    IssueEvent,
    IssueState,
    LastMove,
    Supervision,
)
from app.domain.issue_moves import TRANSITIONS, reason_not
from app.domain.people import Role
from app.domain.visit import Attachment

SHOWN_WITH_ISSUE = (IssueEvent.kind, Supervision.kind, Attachment.kind)
"""Kinds that carry their issue's `shown_to`."""
_OWN = {"moves", "trail_digest", "last"}
"""Fields that follow from the trail itself and so are not among what an event sets."""


def check_kind(change: Change) -> None:
    """Refusal where a change of issues is said to be about something else: light rows and twins have fields of an issue
    too, and what is written from them would be an issue in a bucket where none stands."""
    if change.doc[0] != Issue.kind:
        raise Refusal(
            "wrong_kind",
            "这个操作只能对诉求做，记录和操作对不上，请重试；仍不行请联系管理员。",
            kind=change.doc[0],
        )


class Move:
    """One move of an issue: checked when made, to be filled in, then finished. Raises Refusal from the start."""

    def __init__(self, documents: Documents, change: Change, context: Context) -> None:
        self.documents = documents
        self.change = change
        self.context = context
        self.transition = TRANSITIONS[change.name]
        check_kind(change)
        self.issue = Issue.of(need(documents, *change.doc))
        self.before = self.issue.to_body()
        self.source = self.issue.state
        self.dictionaries = context.dictionaries.of_time(self.issue.reference)
        """Those of the issue's own time: it is judged by them, whatever was published since."""
        if self.source not in self.transition.sources:
            raise Refusal(
                "issue_state",
                f"这件诉求现在是「{ISSUE_STATE_NAMES[self.source]}」，不能{self.transition.word}。请刷新后再看。",
                state=self.source.value,
            )
        why_not = reason_not(self.transition, self.issue, context.actor)
        if why_not is not None:
            raise Refusal("issue_guard", why_not)

    def finish(self, text: str | None, *others: Write, target: IssueState | None = None) -> Outcome:
        """The writes: the issue in its new state, the event, what else is shown to other departments now, `others`."""
        issue = self.issue
        issue.state = target or self.transition.target or self.source
        event = _event(issue, self.before, self.source, text, self.change, self.context)
        writes = [Write(Issue.kind, issue.id, issue.to_body()), Write(event.kind, event.id, event.to_body())]
        if set(issue.shown_to) != set(self.before.get("shown_to", [])):
            writes += self._shown_again({(write.kind, write.id) for write in others})
        return Outcome((*writes, *others))

    def _shown_again(self, written: set[tuple[str, str]]) -> Iterable[Write]:
        for kind in SHOWN_WITH_ISSUE:
            for document in self.documents.of_kind(kind):
                if document.body.get("issue") == self.issue.id and document.key not in written:
                    yield Write(kind, document.id, {**document.body, "shown_to": list(self.issue.shown_to)})


def first_writes(issue: Issue, change: Change, context: Context) -> list[Write]:
    """An issue is born, and its trail: solved on the spot (I0 → I7) or reported (I0 → I1)."""
    action = "issue.solve_on_spot" if issue.solved_on_spot else "issue.report"
    text = issue.solution if issue.solved_on_spot else None
    event = _event(issue, {}, None, text, change, context, action)
    return [Write(Issue.kind, issue.id, issue.to_body()), Write(event.kind, event.id, event.to_body())]


def _event(
    issue: Issue,
    before: Body,
    source: IssueState | None,
    text: str | None,
    change: Change,
    context: Context,
    action: str | None = None,
) -> IssueEvent:
    issue.moves += 1
    if change.name != "issue.take_back":
        # Which has no moment of its own: it gives back the versions with the rest.
        _keep_versions(issue, before, context)
    after = issue.to_body()
    names = (before.keys() | after.keys()) - _OWN
    sets = {name: after.get(name) for name in names if not same_value(before.get(name), after.get(name))}
    event = IssueEvent(
        id=derived_id(change.mid, issue.id),
        issue=issue.id,
        order=issue.moves,
        action=action or change.name,
        from_state=source,
        to_state=issue.state,
        person=context.actor.person,
        person_name=context.actor.name,
        role=_role(change.name, context),
        at=to_text(context.now),
        device=context.device,
        offline_at=change.at,
        text=text,
        # An object without its nulls would forget what was taken away.
        sets={name: [value] for name, value in sets.items()},
        shown_to=list(issue.shown_to),
    )
    event.digest = chain(issue.trail_digest, event)
    issue.trail_digest = event.digest
    issue.last = _last_of(event)
    return event


def _last_of(event: IssueEvent) -> LastMove:
    return LastMove(event=event.id, action=event.action, person=event.person, at=event.at)


def _keep_versions(issue: Issue, before: Body, context: Context) -> None:
    """Keep with the issue which versions of the dictionaries what this move sets was taken from (`REFERENCES`)."""
    for moment, names in REFERENCES.items():
        value = getattr(issue, moment)
        if value is None or value == before.get(moment):
            continue
        in_force = context.dictionaries.versions
        issue.reference = {**issue.reference, **{name: in_force[name] for name in names if name in in_force}}


def went_over(issue: Issue, before: Body, change: Change, context: Context) -> IssueEvent:
    """The issue stands under another enterprise now, as the two were merged. Nothing else of it alters."""
    return _event(issue, before, issue.state, None, change, context)


def _role(name: str, context: Context) -> str:
    transition = TRANSITIONS.get(name)
    roles = context.actor.roles & transition.roles if transition else context.actor.roles
    return next((role.value for role in Role if role in roles), "")


def chain(previous: str | None, event: DocumentModel) -> str:
    """The digest of an event behind another: SHA-256 of the previous one and the event's canonical JSON.

    `shown_to` is left out: it says who may read the event, and alters when the issue goes to another department.
    """
    body: dict[str, Any] = {
        name: value for name, value in event.to_body().items() if name not in ("digest", "shown_to")
    }
    text = json.dumps([previous, body], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def rebuild(events: Iterable[IssueEvent]) -> Body:
    """The issue's body from its trail alone, in order. Raises ValueError where the chain is broken."""
    body: Body = {}
    digest: str | None = None
    order = 0
    last: LastMove | None = None
    for event in sorted(events, key=lambda event: event.order):
        order += 1
        if event.order != order or event.digest != chain(digest, event):
            raise ValueError(f"the trail is broken at {event.order}")
        digest = event.digest
        for name, (value,) in event.sets.items():
            body[name] = value
        last = _last_of(event)
    body = {name: value for name, value in body.items() if value is not None}
    if last is not None:
        body["last"] = last.model_dump(mode="json")
    return {**body, "moves": order, "trail_digest": digest}


def before_last(events: Iterable[IssueEvent]) -> Body:
    """The fields the last event altered, as they were before it (None: not there), from the trail alone."""
    *former, last = sorted(events, key=lambda event: event.order)
    known: Body = {}
    for event in former:
        known.update({name: value for name, (value,) in event.sets.items()})
    return {name: known.get(name) for name in last.sets}
