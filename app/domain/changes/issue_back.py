"""撤回这一步: whoever made the last move takes it back. A move of its own, never a deletion: the trail keeps both."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel

from app.domain.changes.base import Change, Context, Outcome, Refusal, change_function
from app.domain.changes.issue_trail import Move, before_last
from app.domain.clock import from_text
from app.domain.documents import Documents
from app.domain.issue import Issue, IssueEvent
from app.domain.issue_moves import TRANSITIONS


class TakeBack(BaseModel):
    """args of `issue.take_back`: the event of the move, so that nothing else is taken back in its place."""

    event: str


@change_function("issue.take_back", *TRANSITIONS["issue.take_back"].roles)
def take_back(documents: Documents, change: Change, context: Context) -> Outcome:
    """The issue's fields are again what they were before its last move. Minutes run by the clock of whoever judges: a move
    that waited offline with its taking back reaches the centre together with it."""
    args = TakeBack.model_validate(change.args)
    move = Move(documents, change, context)
    issue, last = move.issue, move.issue.last
    assert last is not None  # the guard looked at it
    if last.event != args.event:
        raise Refusal("acted_after", "这一步之后已经又办了一步，不能撤回。请刷新后再看。")
    minutes = move.dictionaries.rules.take_back_minutes
    if context.now - from_text(last.at) > timedelta(minutes=minutes):
        raise Refusal("late", f"已超过 {minutes} 分钟，不能撤回。办错了请按正常步骤改正。")
    trail = [IssueEvent.of(found) for found in documents.of_kind(IssueEvent.kind)]
    trail = [event for event in trail if event.issue == issue.id]
    if sorted(event.order for event in trail) != list(range(1, issue.moves + 1)):
        raise Refusal("trail", "这件诉求的经过没有取全，不能撤回。请同步后再试。")
    event = max(trail, key=lambda event: event.order)
    if "meeting" in event.sets:
        raise Refusal("meeting", "联席会上交办的不能在这里撤回，请在联席会里处理。")
    body = {**move.before, **before_last(trail)}
    move.issue = Issue.model_validate({name: value for name, value in body.items() if value is not None})
    return move.finish(TRANSITIONS[event.action].word, target=move.issue.state)
