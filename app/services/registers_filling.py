"""Filling an entry of a register: the same form machine and the same draft row as a visit's, word for word.

A draft's state is that of a visit's form; under `entry` stands what it is to become: a new entry, or a new version of
one (`amends`). It stays until the centre has confirmed the entry: were it refused, the draft is offered again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain import buckets
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.documents import Document
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.record import Record
from app.domain.record_progress import said_by_steps
from app.domain.visit import Attachment, Visit
from app.errors import KnownError
from app.services import attachments, visit_forms, visits, words
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from app.services.forms import form_of
from app.services.projects_reporting import form_tables, project_said, tell_project
from app.services.registers_forms import columns_of, mark_of, register_of
from app.services.registers_tables import tables_for_entry
from app.services.visits import OpenFilling, Rows, Typed
from app.store.drafts import Draft, draft, drafts, drop_draft, save_draft
from app.store.outbox import pending
from forms.filling import Filling
from forms.problems import AnswerError

ENTRY = "entry"
"""The part of a draft's state that says what it is to become; a visit's draft has none."""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """A half-filled entry; `amends` the entry it is a new version of, empty for a new one."""

    id: str
    form_id: str
    form_title: str
    enterprise_name: str
    amends: str
    saved: str


def start(desk: Desk, form_id: str, enterprise: str, project: str = "") -> str:
    """Begin an entry, or go on with the draft there is of the same register and enterprise (and project, of a weekly
    report); gives the draft's id."""
    for kept in drafts(desk.store):
        meta = kept.state.get(ENTRY)
        same = meta and (meta["form_id"], meta["enterprise"], meta["amends"]) == (form_id, enterprise, "")
        if meta and same and meta.get("project", "") == project and not _sent(desk, kept):
            return kept.visit
    register = register_of(desk, form_id)
    session = desk.signed_in()
    document = desk.store.get(Enterprise.kind, enterprise)
    if document is None:
        raise KnownError("not_held", "这家企业的资料不在本机，请同步后再打开。")
    own = buckets.of_person(session.person) if register.personal else buckets.of_enterprise(enterprise)
    meta = {
        "bucket": own,
        "enterprise": enterprise,
        "enterprise_name": Enterprise.of(document).name,
        "form_id": form_id,
        "version": register.version,
        "amends": "",
        "project": project,
        "of": "",
        "begun_at": to_text(desk.clock()),
        "local_number": desk.local_numbers("record", "T")[0],
    }
    return _begin(desk, meta, None)


def amend(desk: Desk, record: str, reason: str = "") -> str:
    """Begin a new version of an entry, filled as the last one was, in the newest version of the form; a draft there is
    already is gone on with. Gives the draft's id."""
    for kept in drafts(desk.store):
        meta = kept.state.get(ENTRY)
        if meta and meta["amends"] == record and not _sent(desk, kept):
            return kept.visit
    document, entry = entry_of(desk, record)
    meta = {
        "bucket": document.bucket,
        "enterprise": entry.enterprise,
        "enterprise_name": entry.enterprise_name or "",
        "form_id": entry.form_id,
        "version": register_of(desk, entry.form_id).version,
        "amends": record,
        "project": project_said(entry.values),
        "of": entry.digest,
        "reason": reason,
        "begun_at": to_text(desk.clock()),
        "local_number": entry.number or "",
    }
    return _begin(desk, meta, entry)


def entry_of(desk: Desk, id: str) -> tuple[Document, Record]:
    """KnownError where it is not here."""
    document = desk.store.get(Record.kind, id)
    if document is None or not document.body.get("ledger"):
        raise KnownError("not_held", "这一条的全文不在本机，取到企业资料后才能打开。")
    return document, Record.of(document)


def _begin(desk: Desk, meta: Mapping[str, Any], former: Record | None) -> str:
    id = new_id()
    form = form_of(desk, meta["form_id"], meta["version"])
    tables: Rows = tables_for_entry(desk, _carrier(desk, id, meta), meta["amends"])
    about = form_tables(desk, meta["enterprise"], meta["project"])
    tables = {**tables, **about, **(former.tables if former else {})}
    filling = Filling(form, now=desk.clock, instances=tables, metadata=visits.metadata_of(desk))
    typed = visit_forms.fill_from(filling, former) if former is not None else {}
    if former is not None:
        _take_steps(filling, former)
    state = {**visit_forms.state_of(filling.save(), tables, "", typed), ENTRY: dict(meta)}
    save_draft(desk.store, id, f"{form.form_id}@{form.version}", state, to_text(desk.clock()))
    return id


def _take_steps(filling: Filling, former: Record) -> None:
    """What was written down step by step is not asked again; what the form will not take is left to be filled."""
    said = said_by_steps(former)
    paths = {path.rpartition("/")[2]: path for path in filling.walk() if "[" not in path}
    for name, value in said.items():
        if name in paths:
            with suppress(AnswerError):
                filling.set(paths[name], value)


def _carrier(desk: Desk, id: str, meta: Mapping[str, Any]) -> Visit:
    """What the form's head and the filling page ask of a visit: whose, where, when. It is never a document."""
    session = desk.signed_in()
    begun = from_text(meta["begun_at"])
    return Visit(
        id=id,
        number=meta["local_number"],
        local_number=meta["local_number"],
        enterprise=meta["enterprise"],
        enterprise_name=meta["enterprise_name"],
        officer=session.person,
        officer_name=session.name,
        form_id=meta["form_id"],
        form_version=meta["version"],
        day=beijing_date(begun).isoformat(),
        started_at=meta["begun_at"],
    )


def _kept(desk: Desk, id: str) -> tuple[Draft, dict[str, Any]]:
    kept = draft(desk.store, id)
    if kept is None or ENTRY not in kept.state:
        raise KnownError("no_draft", "这份草稿已经提交或放弃。请在台账里查看。")
    return kept, kept.state[ENTRY]


def open_filling(desk: Desk, id: str) -> OpenFilling:
    """A draft, ready to be filled on. KnownError where it is gone."""
    kept, meta = _kept(desk, id)
    carrier = _carrier(desk, id, meta)
    form = form_of(desk, meta["form_id"], meta["version"])
    filling = Filling.restore(
        form,
        kept.state["filling"],
        now=desk.clock,
        instances=kept.state["tables"],
        metadata=visits.metadata_of(desk),
    )
    return OpenFilling(
        visit=carrier,
        form=form,
        filling=filling,
        tables=kept.state["tables"],
        previous={} if meta["amends"] else _previous(desk, meta),
        section=kept.state["section"],
        saved_at=from_text(kept.saved_at),
        typed={path: (text, message) for path, (text, message) in kept.state.get("typed", {}).items()},
    )


def _previous(desk: Desk, meta: Mapping[str, Any]) -> dict[str, Any]:
    """The carried answers of the last entry of the same register and enterprise."""
    form = form_of(desk, meta["form_id"], meta["version"])
    carried = {question.path for question in form.questions if question.carry}
    entries = [Record.of(one) for one in desk.store.of_kind(Record.kind, meta["bucket"])]
    entries = [
        one
        for one in entries
        if one.entry
        and one.form_id == meta["form_id"]
        and one.enterprise == meta["enterprise"]
        and not one.withdrawn_at
        and (not meta.get("project") or project_said(one.values) == meta["project"])
    ]
    last = max(entries, key=lambda one: (one.day or "", one.id), default=None)
    return {path: value for path, value in last.values.items() if path in carried} if last else {}


def save(
    desk: Desk, id: str, saved: Mapping[str, Any], tables: Rows, section: str = "", typed: Typed | None = None
) -> datetime:
    """Keep the filling; returns when it was."""
    moment = desk.clock()
    with desk.store.write():
        kept, meta = _kept(desk, id)
        state = {**visit_forms.state_of(saved, tables, section, typed), ENTRY: meta}
        save_draft(desk.store, id, kept.form_key, state, to_text(moment))
    return moment


def submit(desk: Desk, id: str, filling: Filling) -> str:
    """提交: the entry, or its new version, goes into the queue; gives the entry's id. Raises visits.Incomplete where
    something is missing; the draft stays until the centre has confirmed."""
    kept, meta = _kept(desk, id)
    finished = visits.finished_form(filling)
    content = visits.record_args(filling, dict(finished.values))
    wanted = visit_forms.counting_tables(filling.form)
    register = mark_of(filling.form)
    args = {
        **content,
        "record": "",
        "tables": {name: rows for name, rows in kept.state["tables"].items() if name in wanted},
        "title": str(finished.instance_name or "")[:200],
        "day": _day(desk, finished.values),
        "columns": [column.path for column in columns_of(filling.form)],
        "draft": id,
    }
    if meta["amends"]:
        del args["form_id"]
        args |= {"of": meta["of"], "reason": meta.get("reason", "")}
        name, record = "record.amend", str(meta["amends"])
    else:
        args |= {
            "enterprise": meta["enterprise"],
            "enterprise_name": meta["enterprise_name"],
            "ledger": register.ledger if register else "yes",
            "local_number": meta["local_number"],
        }
        name, record = "record.file", id
    with desk.store.write():
        desk.make(desk.change(name, meta["bucket"], Record.kind, record, args))
        tell_project(desk, register.ledger if register else None, record, finished.values)
        state = {**kept.state, "filling": filling.save(), ENTRY: {**meta, "sent": args["digest"]}}
        save_draft(desk.store, id, kept.form_key, state, to_text(desk.clock()))
    return record


def _day(desk: Desk, values: Mapping[str, Any]) -> str:
    """The day the form's head names, as in all forms of the house; else today."""
    named = str(values.get("/header/h3_date") or "")
    try:
        return datetime.fromisoformat(named).date().isoformat()
    except ValueError:
        return desk.today.isoformat()


def begun(desk: Desk, form_id: str = "") -> list[EntryDraft]:
    """The drafts to go on with, the one saved last first; of one register or all."""
    found = []
    for kept in drafts(desk.store):
        meta = kept.state.get(ENTRY)
        if not meta or (form_id and meta["form_id"] != form_id) or _sent(desk, kept):
            continue
        form = form_of(desk, meta["form_id"], meta["version"])
        saved = words.moment_near(from_text(kept.saved_at), desk.clock())
        found.append(
            EntryDraft(
                kept.visit, meta["form_id"], form.title, meta["enterprise_name"], meta["amends"], saved
            )
        )
    return found


def _sent(desk: Desk, kept: Draft) -> bool:
    """Whether what was submitted stands here: turned down, it does not, and the draft is open again."""
    meta = kept.state[ENTRY]
    digest = meta.get("sent")
    document = desk.store.get(Record.kind, meta["amends"] or kept.visit) if digest else None
    if document is None:
        return False
    record = Record.of(document)
    return digest in {record.digest, *(former.digest for former in record.former or ())}


def tidy(desk: Desk) -> int:
    """Let go of drafts whose entry is confirmed by the centre; returns how many. For after a sync."""
    waiting = {row.change.args.get("draft") for row in pending(desk.store)}
    gone = 0
    for kept in drafts(desk.store):
        if ENTRY in kept.state and kept.visit not in waiting and _sent(desk, kept):
            drop_draft(desk.store, kept.visit)
            gone += 1
    return gone


def drop(desk: Desk, id: str) -> None:
    """放弃: the draft goes, and the files that were added for a new entry."""
    _, meta = _kept(desk, id)
    with desk.store.write():
        if not meta["amends"] and desk.store.get(Record.kind, id) is None:
            for line in files_of(desk, id):
                attachments.remove(desk, line.id)
        drop_draft(desk.store, id)


def add_file(
    desk: Desk, id: str, source: Any, file_name: str, purpose: str = "photo", caption: str = ""
) -> Attachment:
    """A photo, a signature or a file of a draft: on disk first, then its row."""
    _, meta = _kept(desk, id)
    return attachments.enter(
        desk,
        source,
        file_name,
        meta["bucket"],
        Attachment.kind,
        enterprise=meta["enterprise"],
        record=meta["amends"] or id,
        purpose=purpose,
        caption=caption,
    )


def files_of(desk: Desk, id: str) -> list[AttachmentLine]:
    """The files of an entry or of the entry a draft will be, in the order they were added."""
    kept = draft(desk.store, id)
    record = (kept.state[ENTRY]["amends"] or id) if kept and ENTRY in kept.state else id
    return attachments.of_record(desk, record)
