"""Filling a scoring sheet: the same form machine and the same draft row as a visit's, handed in from one's own bucket.

The draft is this laptop's alone. What was handed in is a document in `u:<reviewer>`; the draft stays until the centre has confirmed it:
were it refused, it is offered again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.domain import buckets
from app.domain.changes.review_sheets import HAND_IN
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Body
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.review import ReviewerState, ReviewSheet
from app.domain.review_scheme import ReviewScheme
from app.domain.visit import Attachment, Visit
from app.errors import KnownError
from app.services import attachments, visit_forms, visits
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from app.services.forms import form_of
from app.services.reviews_acting import own_seat
from app.services.reviews_listing import sheet_of, standing
from app.services.reviews_page import wan
from app.services.visits import OpenFilling, Rows, Typed
from app.store.drafts import Draft, draft, drafts, drop_draft, save_draft
from app.store.outbox import pending
from forms.filling import Filling

SCORING = "scoring"
"""The part of a draft's state that names the review; no bucket: it goes nowhere with an enterprise."""


def start(desk: Desk, review: str) -> str:
    """Begin the sheet of a review, or go on with the one begun; gives the draft's id. KnownError where one may not score."""
    seat = own_seat(desk, review)
    if standing(desk, seat) is not ReviewerState.CLEAR:
        raise KnownError("scoring", "请先作利益关联声明；已经交表或者回避的，不用再填。")
    for kept in drafts(desk.store):
        meta = kept.state.get(SCORING, {})
        if meta.get("review") == review and meta.get("turn") == seat["turn"]:
            return kept.visit
    rules = ReviewScheme.model_validate(seat["rules"])
    meta = {
        "review": review,
        "turn": seat["turn"],
        "form_id": rules.form_id,
        "version": seat["form_version"],
        "begun_at": to_text(desk.clock()),
    }
    form = form_of(desk, meta["form_id"], meta["version"])
    tables = _tables(desk, seat)
    filling = Filling(form, now=desk.clock, instances=tables, metadata=visits.metadata_of(desk))
    id = new_id()
    state = {**visit_forms.state_of(filling.save(), tables, "", {}), SCORING: meta}
    save_draft(desk.store, id, f"{form.form_id}@{form.version}", state, meta["begun_at"])
    return id


def _tables(desk: Desk, seat: Body) -> dict[str, list[dict[str, str]]]:
    """What the form looks up: the project, nothing of other reviewers."""
    held = desk.store.get(Enterprise.kind, str(seat["enterprise"]))
    fen = seat.get("investment_fen")
    project = {
        "name": str(seat.get("project") or seat["title"]),
        "id": str(seat["review"]),
        "enterprise": str(seat["enterprise_name"]),
        "credit_code": str(held.body["credit_code"]) if held else "",
        "sponsor": str(seat.get("sponsor") or ""),
        "total_investment": wan(fen).removesuffix(" 万元"),
    }
    officer = {"number": str(seat["number"]), "officer": desk.signed_in().name}
    return {"project": [project], "reviews": [], "visit": [officer]}


def _kept(desk: Desk, id: str) -> tuple[Draft, dict[str, Any]]:
    kept = draft(desk.store, id)
    if kept is None or SCORING not in kept.state:
        raise KnownError("no_draft", "这份评分表已经交了或者放弃了。请在「评审」里查看。")
    return kept, kept.state[SCORING]


def open_filling(desk: Desk, id: str) -> OpenFilling:
    """A sheet that was begun, ready to be filled on. KnownError where it is gone."""
    kept, meta = _kept(desk, id)
    form = form_of(desk, meta["form_id"], meta["version"])
    filling = Filling.restore(
        form,
        kept.state["filling"],
        now=desk.clock,
        instances=kept.state["tables"],
        metadata=visits.metadata_of(desk),
    )
    return OpenFilling(
        visit=_carrier(desk, id, meta),
        form=form,
        filling=filling,
        tables=kept.state["tables"],
        previous={},
        section=kept.state["section"],
        saved_at=from_text(kept.saved_at),
        typed={path: (text, message) for path, (text, message) in kept.state.get("typed", {}).items()},
    )


def _carrier(desk: Desk, id: str, meta: Mapping[str, Any]) -> Visit:
    """What the filling page asks of a visit: whose, where, when. It is never a document."""
    session, seat = desk.signed_in(), own_seat(desk, meta["review"])
    return Visit(
        id=id,
        number=str(seat["number"]),
        local_number=str(seat["number"]),
        enterprise=str(seat["enterprise"]),
        enterprise_name=str(seat["enterprise_name"]),
        officer=session.person,
        officer_name=session.name,
        form_id=meta["form_id"],
        form_version=meta["version"],
        day=beijing_date(from_text(meta["begun_at"])).isoformat(),
        started_at=meta["begun_at"],
    )


def save(
    desk: Desk, id: str, saved: Mapping[str, Any], tables: Rows, section: str = "", typed: Typed | None = None
) -> datetime:
    """Keep the filling; returns when it was."""
    moment = desk.clock()
    with desk.store.write():
        kept, meta = _kept(desk, id)
        state = {**visit_forms.state_of(saved, tables, section, typed), SCORING: meta}
        save_draft(desk.store, id, kept.form_key, state, to_text(moment))
    return moment


def hand_in(desk: Desk, id: str, filling: Filling) -> str:
    """交表; returns the review's id. Raises visits.Incomplete where something is missing, Refusal."""
    kept, meta = _kept(desk, id)
    finished = visits.finished_form(filling)
    content = visits.record_args(filling, dict(finished.values))
    wanted = ("form_id", "form_version", "values", "digest", "shown", "labels")
    seat = own_seat(desk, meta["review"])
    args = {name: content[name] for name in wanted} | {
        "review": meta["review"],
        "enterprise": seat["enterprise"],
        "day": desk.today.isoformat(),
    }
    with desk.store.write():
        desk.make(desk.change(HAND_IN, _own(desk), ReviewSheet.kind, str(seat["id"]), args))
        state = {**kept.state, "filling": filling.save(), SCORING: {**meta, "sent": content["digest"]}}
        save_draft(desk.store, id, kept.form_key, state, to_text(desk.clock()))
    return str(meta["review"])


def tidy(desk: Desk) -> int:
    """Let go of drafts whose sheet the centre has; returns how many. For after a sync."""
    waiting = {row.change.doc for row in pending(desk.store)}
    gone = 0
    for kept in drafts(desk.store):
        sent = kept.state.get(SCORING, {}).get("sent")
        if not sent:
            continue
        key = (ReviewSheet.kind, f"{kept.state[SCORING]['review']}:{desk.signed_in().person}")
        document = desk.store.get(*key)
        if document is not None and key not in waiting and document.body.get("digest") == sent:
            drop_draft(desk.store, kept.visit)
            gone += 1
    return gone


def drop(desk: Desk, id: str) -> None:
    """放弃: the draft goes, and the files that were added."""
    _kept(desk, id)
    with desk.store.write():
        for line in files_of(desk, id):
            attachments.remove(desk, line.id)
        drop_draft(desk.store, id)


def add_file(
    desk: Desk, id: str, source: Any, file_name: str, purpose: str = "photo", caption: str = ""
) -> Attachment:
    """A piece of evidence: in one's own bucket, like the sheet."""
    _, meta = _kept(desk, id)
    seat = own_seat(desk, meta["review"])
    return attachments.enter(
        desk,
        source,
        file_name,
        _own(desk),
        Attachment.kind,
        enterprise=str(seat["enterprise"]),
        record=str(seat["id"]),
        purpose=purpose,
        caption=caption,
    )


def files_of(desk: Desk, id: str) -> list[AttachmentLine]:
    """The files of a sheet, in the order they were added."""
    _, meta = _kept(desk, id)
    return attachments.of_record(desk, f"{meta['review']}:{desk.signed_in().person}")


def own_sheet(desk: Desk, review: str) -> ReviewSheet | None:
    """What this person handed in or declared."""
    return sheet_of(desk, own_seat(desk, review))


def _own(desk: Desk) -> str:
    return buckets.of_person(desk.signed_in().person)
