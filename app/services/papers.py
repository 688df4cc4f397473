"""What is printed, from what is known: checklists before the visit, the record after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from app.domain import buckets
from app.domain.clock import from_text
from app.domain.enterprise import Enterprise
from app.domain.issue import ISSUE_STATE_NAMES, Issue
from app.domain.visit import Attachment, Record, Visit, VisitState
from app.errors import KnownError
from app.printing.models import (
    Checklist,
    KeyFigure,
    OpenIssue,
    Photo,
    PolicyToBring,
    Printed,
    Seat,
    VisitRecord,
)
from app.services import attachments, enterprises, visit_changes, visit_tables, visits, words
from app.services.desk import Desk
from app.services.forms import VISIT_FORM, form_of, latest
from forms.definition import Form, Question, Repeat
from forms.filling import Filling

Progress = Callable[[int, int], None]
"""(done, total) papers."""


def print_checklists(
    desk: Desk, chosen: Sequence[str], path: Path | None = None, progress: Progress | None = None
) -> Printed:
    """The 走访清单 of some enterprises in one PDF, with a cover where there are several.

    `path` None: into the data folder's `papers/`. KnownError where nothing is chosen or the disk refuses.
    """
    from app.printing.checklist import print_checklists as write

    if not chosen:
        raise KnownError("nothing_chosen", "还没有选企业。请先勾选要走访的企业，再打印走访清单。")
    numbers = desk.local_numbers("checklist", f"QD-{desk.today:%m%d}", len(chosen))
    checklists = []
    for done, (enterprise, number) in enumerate(zip(chosen, numbers, strict=True)):
        if progress is not None:
            progress(done, len(chosen))
        checklists.append(_checklist(desk, enterprise, number))
    target = path or desk.folder.papers / f"走访清单 {desk.today:%Y-%m-%d} {numbers[0][-3:]}.pdf"
    printed = write(target, checklists)
    if progress is not None:
        progress(len(chosen), len(chosen))
    return printed


def print_record(desk: Desk, visit: str, path: Path | None = None) -> Printed:
    """The 走访记录 of a finished visit. Photos and signatures that only others have are named in `problems`."""
    from app.printing.visit_record import print_visit_record as write

    record, *further = _visit_records(desk, visit)
    target = path or desk.folder.papers / f"走访记录 {record.number}.pdf"
    printed = write(target, record, further=further)
    lacking = sum(line.path is None for line in attachments.of_visit(desk, visit) if line.purpose != "file")
    if not lacking:
        return printed
    text = f"有 {lacking} 张照片或签名不在本机，没有印出来。请联网后再打印一次。"
    return replace(printed, problems=(*printed.problems, text))


def _checklist(desk: Desk, id: str, number: str) -> Checklist:
    page = enterprises.page(desk, id)
    enterprise = page.enterprise
    published = latest(desk, VISIT_FORM)
    form = form_of(desk, published.form_id, published.version)
    tables = visit_tables.tables_for(desk, id, visits.open_visit_of(desk, id))
    last = visits.last_record(desk, id)
    previous = _as_text(form, last[1]) if last else {}
    prefilled, left_out = _prefilled(desk, form, tables)
    session = desk.signed_in()
    return Checklist(
        number=number,
        form=form,
        enterprise=enterprise.name,
        credit_code=enterprise.credit_code,
        address=enterprise.address or "",
        date=desk.today,
        officer=session.name,
        # Code and address have places of their own at the head.
        profile=[fact for fact in page.facts if fact[0] not in ("统一社会信用代码", "注册地址")],
        seats=[Seat(row["label"], row["person"]) for row in tables["seats"]],
        open_issues=[_issue_row(issue) for issue in visit_tables.open_issues(desk, id)],
        last_visit=date.fromisoformat(last[0].day) if last else None,
        key_figures=_key_figures(form, previous),
        policies=[PolicyToBring(row["title"], row["document_number"]) for row in tables["policies"]],
        prefilled=prefilled,
        left_out=left_out if tables["open_issues"] else left_out | _counted_by_issues(form),
        previous=previous,
    )


def _issue_row(issue: Issue) -> OpenIssue:
    due = from_text(issue.due_at).date() if issue.due_at else None
    return OpenIssue(
        issue.number, issue.title, ISSUE_STATE_NAMES[issue.state], issue.department_name or "", due
    )


def _prefilled(desk: Desk, form: Form, tables: visits.Rows) -> tuple[dict[str, str], frozenset[str]]:
    """What the form works out by itself before anybody answers: names, codes, the rows of open issues.

    And the paths of notes that speak of figures which are not known: on paper they would have holes.
    """
    session = desk.signed_in()
    metadata = {"username": session.name, "deviceid": session.device}
    filling = Filling(form, now=desk.clock, instances=tables, metadata=metadata)
    found: dict[str, str] = {}
    holes: set[str] = set()
    for path in filling.walk():
        node = filling.node(path)
        if not isinstance(node.item, Question):
            continue
        if node.item.type == "calculate" and node.value not in (None, ""):
            found[path] = str(node.value)
        elif node.item.type == "note" and "${" in node.item.label:
            if node.relevant:
                found[path] = node.label
            else:
                holes.add(node.item.path)
    return found, frozenset(holes)


def _counted_by_issues(form: Form) -> frozenset[str]:
    """The repeats with a row per open issue: without issues there is nothing to ask."""
    return frozenset(
        item.path
        for item in form.walk()
        if isinstance(item, Repeat) and "instance('open_issues')" in item.repeat_count
    )


_KEY_QUESTIONS = ("a03_output", "a05_revenue", "a06_tax", "a10_employees", "a12_electricity")


def _key_figures(form: Form, previous: Mapping[str, str]) -> list[KeyFigure]:
    figures = []
    for question in form.questions:
        if question.name in _KEY_QUESTIONS and question.path in previous:
            unit = f" {question.unit}" if question.unit else ""
            figures.append(KeyFigure(question.label, previous[question.path] + unit))
    return figures


def _as_text(form: Form, record: Record) -> dict[str, str]:
    """The carried answers of a record as a person reads them."""
    texts: dict[str, str] = {}
    for question in form.questions:
        value = record.values.get(question.path)
        if not question.carry or value in (None, ""):
            continue
        texts[question.path] = record.shown.get(question.path) or _choice_text(form, question, value)
    return texts


def _choice_text(form: Form, question: Question, value: Any) -> str:
    choices = {choice.name: choice.label for choice in form.choices.get(question.choice_list, ())}
    if not choices:
        return str(value)
    names = value if isinstance(value, list | tuple) else str(value).split()
    return "、".join(choices.get(str(name), str(name)) for name in names)


def _visit_records(desk: Desk, id: str) -> list[VisitRecord]:
    """A paper for each form of the visit; photos and issues stand with the first."""
    visit = visits.visit_of(desk, id)
    documents = [desk.store.get(Record.kind, filed.record) for filed in visit.filed]
    records = [Record.of(document) for document in documents if document is not None]
    if visit.state is not VisitState.SUBMITTED or not records:
        raise KnownError("visit_state", "这次走访还没有完成。完成后才能打印走访记录；现在可以打印走访清单。")
    papers = [_visit_record(desk, visit, record) for record in records]
    issues = [desk.store.get(Issue.kind, issue) for issue in visit.issues]
    listed = [_issue_row(Issue.of(issue)) for issue in issues if issue is not None]
    photos = _photos(desk, visit)
    return [replace(papers[0], issues=listed, photos=photos), *papers[1:]]


def _visit_record(desk: Desk, visit: Visit, record: Record) -> VisitRecord:
    enterprise = desk.store.get(Enterprise.kind, visit.enterprise)
    profile = Enterprise.of(enterprise) if enterprise else None
    since, changes = visit_changes.of_record(desk, visit, record)
    return VisitRecord(
        number=visit.number,
        form=form_of(desk, record.form_id, record.form_version),
        enterprise=visit.enterprise_name,
        credit_code=profile.credit_code if profile else "",
        officer=visit.people,
        companions="、".join(one.text for one in visit.companions),
        method=visits.method_word(visit.method),
        begun=from_text(visit.started_at),
        ended=from_text(visit.submitted_at) if visit.submitted_at else None,
        values=record.values,
        relevant=frozenset(record.values) | frozenset(record.labels),
        labels=record.labels,
        shown=record.shown,
        signatures=_signatures(desk, visit, record),
        since=words.day_of_text(since) if since else "",
        changes=[(change.label, change.before, change.after) for change in changes],
        digest=record.digest,
    )


def _photos(desk: Desk, visit: Visit) -> list[Photo]:
    return [
        Photo(file, attachment.caption or "")
        for attachment, file in _files(desk, visit)
        if attachment.purpose == "photo"
    ]


def _signatures(desk: Desk, visit: Visit, record: Record) -> dict[str, Path]:
    """The signatures by the question they answer (an answer is the attachment's id)."""
    answers = {str(value): path for path, value in record.values.items() if isinstance(value, str)}
    return {
        answers[attachment.id]: file
        for attachment, file in _files(desk, visit)
        if attachment.purpose == "signature" and attachment.id in answers
    }


def _files(desk: Desk, visit: Visit) -> list[tuple[Attachment, Path]]:
    """The visit's attachments whose files are on this laptop, in the order they were added."""
    bucket = buckets.of_enterprise(visit.enterprise)
    found = []
    for document in sorted(desk.store.of_kind(Attachment.kind, bucket), key=lambda item: item.id):
        attachment = Attachment.of(document)
        file = attachments.place(desk, attachment.sha256)
        if attachment.visit == visit.id and file.exists():
            found.append((attachment, file))
    return found
