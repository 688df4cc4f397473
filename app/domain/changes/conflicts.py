"""`conflict.resolve`: somebody has looked at both sides of a field and says which it shall be."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.changes.fields import patch
from app.domain.clock import to_text
from app.domain.conflict import Conflict, ConflictState, Decision, Pick, Picked
from app.domain.documents import Documents, clean
from app.domain.people import Role


class Choice(BaseModel):
    """What shall be in a field. `shown` is the centre's value that was looked at; `value` counts for `other` alone."""

    pick: Pick
    value: Any = None
    shown: Any = None


class Resolve(BaseModel):
    """args of `conflict.resolve`: some or all of the conflict's fields."""

    choices: dict[str, Choice] = Field(min_length=1)


@change_function("conflict.resolve", *Role)
def resolve(documents: Documents, change: Change, context: Context) -> Outcome:
    """Set each field to what was picked, if what was shown still stands there; else the field stays open.

    What is set is a field edit [shown, picked] like any other: the same people may make it, the same rules hold, and
    a value that moved meanwhile is not written over. Then the conflict keeps the new theirs, and what was picked
    stays in the trail. With the last field resolved the conflict is closed.
    """
    args = Resolve.model_validate(change.args)
    if change.doc[0] != Conflict.kind:
        raise Refusal("malformed", "这条记录不是需要选择的不一致，请刷新后再看。", field="doc")
    conflict = Conflict.of(need(documents, *change.doc))
    if conflict.state is not ConflictState.OPEN:
        who = f"已由{conflict.closed_by_name}" if conflict.closed_by_name else "已经"
        raise Refusal("conflict_closed", f"这处不一致{who}选定，没有再改。需要改的请直接修改内容。")
    for name in args.choices:
        if name not in conflict.fields:
            raise Refusal("not_in_conflict", "这一项不在这处不一致里，请刷新后再看。", field=name)
    wanted = {name: _value(conflict, name, choice) for name, choice in args.choices.items()}
    writes, moved = _set(documents, change, context, conflict, args.choices, wanted)
    conflict.trail = [*conflict.trail, _decision(conflict, args.choices, wanted, moved, change, context)]
    for name in args.choices:
        met = conflict.fields[name]
        met.resolved = name not in moved
        if not met.resolved:
            met.theirs = moved[name]
            # Who set it last is not known here; the former name would be wrong.
            met.theirs_by_name = met.theirs_at = None
    if not conflict.open_fields:
        conflict.state = ConflictState.CLOSED
        conflict.closed_at = to_text(context.now)
        conflict.closed_by_name = context.actor.name
    return Outcome((*writes, Write(Conflict.kind, conflict.id, clean(conflict.to_body()))))


def _value(conflict: Conflict, name: str, choice: Choice) -> Any:
    if choice.pick is Pick.MINE:
        return conflict.fields[name].mine
    return choice.shown if choice.pick is Pick.THEIRS else clean(choice.value)


def _set(
    documents: Documents,
    change: Change,
    context: Context,
    conflict: Conflict,
    choices: dict[str, Choice],
    wanted: dict[str, Any],
) -> tuple[tuple[Write, ...], dict[str, Any]]:
    """Alter the target; gives the writes and what now stands in the fields that had moved."""
    target = (conflict.target_kind, conflict.target_id)
    if documents.get(*target) is None and all(choice.pick is Pick.THEIRS for choice in choices.values()):
        # What it was about is gone: there is nothing to set, and leaving it so is all that can be picked.
        return (), {}
    fields = {name: [choice.shown, wanted[name]] for name, choice in choices.items()}
    edit = change.model_copy(update={"name": "patch", "doc": target, "args": {"fields": fields}})
    outcome = patch(documents, edit, context)
    return outcome.writes, {met.field: met.theirs for met in outcome.conflicts}


def _decision(
    conflict: Conflict,
    choices: dict[str, Choice],
    wanted: dict[str, Any],
    moved: dict[str, Any],
    change: Change,
    context: Context,
) -> Decision:
    return Decision(
        mid=change.mid,
        person=context.actor.person,
        person_name=context.actor.name,
        at=to_text(context.now),
        offline_at=change.at,
        device=context.device,
        fields={
            name: Picked(
                pick=choice.pick,
                value=wanted[name],
                shown=choice.shown,
                was=conflict.fields[name].theirs,
                done=name not in moved,
            )
            for name, choice in choices.items()
        },
    )
