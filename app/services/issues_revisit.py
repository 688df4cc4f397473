"""Filling form (i) for a revisit: the visits' own form machine and draft, handed in as the move of the issue it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Document
from app.domain.ids import new_id
from app.domain.issue import Issue
from app.domain.issue_form import FORM, moves_of
from app.domain.visit import Visit
from app.errors import KnownError
from app.services import visit_forms, visits
from app.services.desk import Desk
from app.services.forms import form_of, latest
from app.services.issues_acting import document_of
from app.services.issues_page import actions
from app.services.visit_tables import tables_for
from app.services.visits import OpenFilling, Rows, Typed
from app.store.drafts import Draft, draft, drafts, drop_draft, save_draft
from forms.filling import Filling

REVISIT = "revisit"
"""The part of a draft's state that names the issue; a visit's draft has none. Its `bucket` is the one it goes with (`store.handing_over`)."""


def start_form(desk: Desk, issue: str) -> str:
    """Begin form (i) for an issue, or go on with what was begun; gives the draft's id. KnownError where this person may not
    revisit it, or its enterprise is not here."""
    document = _document(desk, issue)
    found = Issue.of(document)
    if not {"issue.revisit", "issue.add_review"} & {move.action for move in actions(desk, found)}:
        raise KnownError("revisit", "这件诉求现在不能由您回访。请刷新后再看。")
    for kept in drafts(desk.store):
        if kept.state.get(REVISIT, {}).get("issue") == issue:
            return kept.visit
    id, published = new_id(), latest(desk, FORM)
    meta = {
        "bucket": document.bucket,
        "issue": issue,
        "version": published.version,
        "begun_at": to_text(desk.clock()),
    }
    tables = _tables(desk, found)
    form = form_of(desk, FORM, published.version)
    filling = Filling(form, now=desk.clock, instances=tables, metadata=visits.metadata_of(desk))
    _former_contacts(filling, found)
    state = {**visit_forms.state_of(filling.save(), tables, "", {}), REVISIT: meta}
    save_draft(desk.store, id, f"{FORM}@{published.version}", state, meta["begun_at"])
    return id


def _former_contacts(filling: Filling, issue: Issue) -> None:
    """The days on which the enterprise could not be reached are moves already: they stand in the form from the start."""
    days = {contact.day: contact for contact in issue.contacts}
    for day, contact in sorted(days.items()):
        row = filling.add("/contact/attempts").added
        for name, value in (("on", day), ("way", contact.method), ("result", contact.text or "联系不上")):
            filling.set(f"{row}/attempt_{name}", value)


def open_form(desk: Desk, id: str) -> OpenFilling:
    """A form that was begun, ready to be filled on. KnownError where it is gone."""
    kept, meta = _kept(desk, id)
    issue = Issue.of(_document(desk, meta["issue"]))
    form = form_of(desk, FORM, meta["version"])
    filling = Filling.restore(
        form,
        kept.state["filling"],
        now=desk.clock,
        instances=kept.state["tables"],
        metadata=visits.metadata_of(desk),
    )
    typed = {path: (text, message) for path, (text, message) in kept.state.get("typed", {}).items()}
    return OpenFilling(
        visit=_carrier(desk, id, issue, meta),
        form=form,
        filling=filling,
        tables=kept.state["tables"],
        previous={},
        section=kept.state["section"],
        saved_at=from_text(kept.saved_at),
        typed=typed,
    )


def save_form(
    desk: Desk, id: str, saved: Mapping[str, Any], tables: Rows, section: str = "", typed: Typed | None = None
) -> datetime:
    """Keep the filling; returns when it was."""
    moment = desk.clock()
    with desk.store.write():
        kept, meta = _kept(desk, id)
        state = {**visit_forms.state_of(saved, tables, section, typed), REVISIT: meta}
        save_draft(desk.store, id, kept.form_key, state, to_text(moment))
    return moment


def hand_in(desk: Desk, id: str, filling: Filling) -> str:
    """提交: what the form says becomes the issue's move, and the draft goes; returns the issue's id. Raises visits.Incomplete
    where something is missing, Refusal where the move is refused; nothing is altered then."""
    _, meta = _kept(desk, id)
    finished = visits.finished_form(filling)
    document = _document(desk, meta["issue"])
    moves = moves_of(finished.values, desk.dictionary("revisit_form"), desk.today)
    if not moves:
        raise KnownError(
            "nothing", "表里没有今天的联系记录，也没有评价，没有可以提交的。请补上今天的再提交。"
        )
    with desk.store.write():
        desk.make(
            *(
                desk.change(action, document.bucket, document.kind, document.id, args)
                for action, args in moves
            )
        )
        drop_draft(desk.store, id)
    return document.id


def drop_form(desk: Desk, id: str) -> None:
    """放弃 what was begun."""
    _kept(desk, id)
    drop_draft(desk.store, id)


def _document(desk: Desk, id: str) -> Document:
    document = document_of(desk, id)
    if document is None:
        raise KnownError("not_held", "这件诉求的资料还没有取到本机。请先点「取资料」，同步后再办。")
    return document


def _kept(desk: Desk, id: str) -> tuple[Draft, dict[str, Any]]:
    kept = draft(desk.store, id)
    if kept is None or REVISIT not in kept.state:
        raise KnownError("no_draft", "这份回访表已经提交或放弃。请在「诉求」里查看。")
    return kept, kept.state[REVISIT]


def _tables(desk: Desk, issue: Issue) -> dict[str, list[dict[str, str]]]:
    row = {
        "name": issue.number,
        "id": issue.id,
        "number": issue.number,
        "title": issue.title,
        "department": issue.department_name or "现场办结",
        "handler": issue.handler_name or "",
        "level": str(issue.level or ""),
        # Who may not revisit his own work does not get this far.
        "handled_by_me": "no",
        "appended": "yes" if issue.added_review else "no",
    }
    return {**tables_for(desk, issue.enterprise, None), "callback_issue": [row]}


def _carrier(desk: Desk, id: str, issue: Issue, meta: Mapping[str, Any]) -> Visit:
    """What the filling page asks of a visit: whose, where, when. It is never a document."""
    session = desk.signed_in()
    return Visit(
        id=id,
        number=issue.number,
        local_number=issue.number,
        enterprise=issue.enterprise,
        enterprise_name=issue.enterprise_name,
        officer=session.person,
        officer_name=session.name,
        form_id=FORM,
        form_version=meta["version"],
        day=beijing_date(from_text(meta["begun_at"])).isoformat(),
        started_at=meta["begun_at"],
    )
