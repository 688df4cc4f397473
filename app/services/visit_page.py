"""The page of one visit: what it was, its records with what changed, its versions; and a coordinator's word on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.domain import buckets
from app.domain.clock import from_text
from app.domain.issue import ISSUE_STATE_NAMES, Issue
from app.domain.people import Role
from app.domain.visit import VISIT_KIND_NAMES, FiledForm, Record, Visit, VisitState
from app.services import entries, words
from app.services.desk import Desk
from app.services.forms import form_of
from app.services.visit_changes import Difference, differences, of_record
from app.services.visits import method_word, visit_of


@dataclass(frozen=True, slots=True)
class FormPart:
    """One form of the visit: its title, and what is another than the last time it was filled (`last_day`, empty where
    it is the first)."""

    form_id: str
    title: str
    last_day: str
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One handing-in: when, why it was given back, and how the next version differs from it."""

    number: int
    submitted: str
    returned: str
    reason: str
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class VisitPage:
    """Everything the page shows. `may_review`: this person may return or verify it now."""

    visit: Visit
    state_word: str
    facts: tuple[tuple[str, str], ...]
    forms: tuple[FormPart, ...]
    versions: tuple[Version, ...]
    issues: tuple[tuple[str, str], ...]
    hint: str
    mine: bool
    may_review: bool


def page(desk: Desk, id: str) -> VisitPage:
    """KnownError where the visit is not on this laptop."""
    visit = visit_of(desk, id)
    session = desk.signed_in()
    issues = [desk.store.get(Issue.kind, issue) for issue in visit.issues]
    return VisitPage(
        visit=visit,
        state_word=visit.state_word,
        facts=facts(desk, visit),
        forms=tuple(part for filed in visit.filed if (part := _part(desk, visit, filed)) is not None),
        versions=_versions(desk, visit),
        issues=tuple(
            (one.id, f"{one.body['title']}（{ISSUE_STATE_NAMES[Issue.of(one).state]}）")
            for one in issues
            if one is not None
        ),
        hint=_hint(desk, visit),
        mine=visit.officer == session.person,
        may_review=Role.COORDINATOR in session.roles
        and visit.officer != session.person
        and visit.state is VisitState.SUBMITTED
        and visit.verified_at is None,
    )


def facts(desk: Desk, visit: Visit) -> tuple[tuple[str, str], ...]:
    """Who, when, how and why, as label and value."""
    kinds = {str(kind): word for kind, word in VISIT_KIND_NAMES.items()}
    went = "、".join([visit.people, *(one.text for one in visit.companions)])
    begun = words.moment(from_text(visit.started_at))
    ended = f" 至 {words.moment(from_text(visit.submitted_at))}" if visit.submitted_at else ""
    rows = [
        ("企业", visit.enterprise_name),
        ("编号", visit.number),
        ("走访人", went),
        ("时间", begun + ended),
        ("方式", method_word(visit.method) or "—"),
        ("类型", kinds.get(visit.visit_kind or "", "—")),
        ("事由", visit.purpose or "—"),
        ("六包", six_text(desk, visit.six) or "—"),
    ]
    if visit.verified_at:
        rows.append(("核查", f"{visit.verified_by_name}，{words.moment(from_text(visit.verified_at))}"))
    return tuple(rows)


def six_guarantees(desk: Desk) -> dict[str, str]:
    """六包: code → word, in their order."""
    return {str(item["code"]): str(item["name"]) for item in desk.dictionary("six_guarantees")}


def six_text(desk: Desk, codes: list[str]) -> str:
    known = six_guarantees(desk)
    return "、".join(known.get(code, code) for code in codes)


def _part(desk: Desk, visit: Visit, filed: FiledForm) -> FormPart | None:
    document = desk.store.get(Record.kind, filed.record)
    if document is None:
        return None
    last_day, changes = of_record(desk, visit, Record.of(document))
    form = form_of(desk, filed.form_id, filed.form_version)
    return FormPart(filed.form_id, form.title, last_day, tuple(changes))


def _versions(desk: Desk, visit: Visit) -> tuple[Version, ...]:
    """The returned versions, each with how the one after it differs."""
    after = [*(former.records for former in visit.returns[1:]), visit.filed]
    found = []
    for number, (former, following) in enumerate(zip(visit.returns, after, strict=False), start=1):
        changes: list[Difference] = []
        by_form = {filed.form_id: filed for filed in following}
        for filed in former.records:
            then = by_form.get(filed.form_id)
            if then is not None:
                changes += _between(desk, filed, then)
        submitted = words.moment(from_text(former.submitted_at)) if former.submitted_at else "—"
        returned = f"{former.by_name} {words.moment(from_text(former.at))}"
        found.append(Version(number, submitted, returned, former.reason, tuple(changes)))
    return tuple(found)


def _between(desk: Desk, older: FiledForm, newer: FiledForm) -> list[Difference]:
    documents = [desk.store.get(Record.kind, filed.record) for filed in (older, newer)]
    if None in documents:
        return []
    one, two = (Record.of(document) for document in documents if document is not None)
    form = form_of(desk, newer.form_id, newer.form_version)
    return differences(form, one.values, two.values, one.shown, two.shown)


def _hint(desk: Desk, visit: Visit) -> str:
    """合并入企, while one can still do something about it."""
    if visit.state is not VisitState.OPEN or visit.returned is not None:
        return ""
    return entries.crowd_hint(desk, visit.enterprise, date.fromisoformat(visit.day), visit.id)


def give_back(desk: Desk, id: str, reason: str) -> None:
    """退回, with what is to be put right."""
    _review(desk, id, "visit.return", {"reason": reason})


def verify(desk: Desk, id: str) -> None:
    """已核."""
    _review(desk, id, "visit.verify", {})


def _review(desk: Desk, id: str, name: str, args: dict[str, str]) -> None:
    visit = visit_of(desk, id)
    desk.make(desk.change(name, buckets.of_enterprise(visit.enterprise), Visit.kind, id, args))
