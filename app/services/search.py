"""Search over enterprises, issues and visits: part of a name (one character is enough), pinyin initials, number, code, phone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.agency_case import CASE_STATE_NAMES, AgencyCase, CaseState
from app.domain.documents import Body
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import Contact, Seat
from app.domain.issue import ISSUE_STATE_NAMES, Issue, IssueState
from app.domain.project import STAGE_NAMES, Project, Stage
from app.domain.projections import (
    CASE_ROW,
    DEPARTMENT_ISSUE,
    ENTERPRISE_ROW,
    ISSUE_ROW,
    PROJECT_ROW,
    VISIT_ROW,
)
from app.domain.visit import VISIT_STATE_NAMES, Visit, VisitState
from app.services.desk import Desk
from app.services.pinyin import asks_for_initials, initials

MOST_OF_A_KIND = 6
_LEAST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found: where it leads (`place`, `target`), and how it reads."""

    place: str
    target: str
    kind: str
    title: str
    remark: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed, made ready to be compared."""

    text: str
    initials: bool
    digits: str

    @classmethod
    def of(cls, typed: str) -> Wanted | None:
        """None where nothing was typed."""
        text = "".join(unicodedata.normalize("NFKC", typed).lower().split())
        digits = "".join(character for character in text if character.isdigit())
        whole = len(digits) >= _LEAST_DIGITS and len(digits) == len(text.replace("-", ""))
        return cls(text, asks_for_initials(text), digits if whole else "") if text else None

    def rank(self, names: Iterable[str], codes: Iterable[str] = (), phones: Iterable[str] = ()) -> int | None:
        """How well something fits, 0 best: begins with it, has it in a name, by initials, in a code or a phone. None: not."""
        plain = ["".join(unicodedata.normalize("NFKC", name).lower().split()) for name in names if name]
        if any(name.startswith(self.text) for name in plain):
            return 0
        if any(self.text in name for name in plain):
            return 1
        if self.initials:
            short = [initials(name) for name in plain]
            if any(name.startswith(self.text) for name in short):
                return 2
            if any(self.text in name for name in short):
                return 3
        if any(self.text in code.lower() for code in codes if code):
            return 4
        if self.digits and any(self.digits in phone.replace("-", "").replace(" ", "") for phone in phones):
            return 5
        return None


def search(desk: Desk, typed: str, most: int = MOST_OF_A_KIND) -> list[Found]:
    """What on this laptop fits, the best first, `most` of each kind."""
    wanted = Wanted.of(typed)
    if wanted is None:
        return []
    return [
        *_best(_enterprises(desk, wanted), most),
        *_best(_issues(desk, wanted), most),
        *_best(_visits(desk, wanted), most),
        *_best(_cases(desk, wanted), most),
        *_best(_projects(desk, wanted), most),
    ]


def _best(ranked: Iterable[tuple[int, str, Found]], most: int) -> list[Found]:
    return [found for _, _, found in sorted(ranked, key=lambda item: item[:2])[:most]]


def _text(body: Body, *names: str) -> list[str]:
    return [str(body[name]) for name in names if body.get(name)]


def _enterprises(desk: Desk, wanted: Wanted) -> Iterable[tuple[int, str, Found]]:
    people: dict[str, list[Body]] = {}
    for document in desk.store.of_kind(Contact.kind):
        people.setdefault(str(document.body.get("enterprise")), []).append(document.body)
    for document in desk.store.of_kind(Seat.kind):
        sitting = {"name": document.body.get("person_name"), "phone": document.body.get("phone")}
        people.setdefault(str(document.body.get("enterprise")), []).append(sitting)
    bodies = {document.id: document.body for document in desk.store.of_kind(ENTERPRISE_ROW)}
    bodies |= {document.id: document.body for document in desk.store.of_kind(Enterprise.kind)}
    for id, body in bodies.items():
        contacts = people.get(id, [])
        rank = wanted.rank(
            [*_text(body, "name"), *(name for one in contacts for name in _text(one, "name"))],
            _text(body, "credit_code", "former_code", "address", "officer_name"),
            [phone for one in contacts for phone in _text(one, "phone")],
        )
        if rank is not None:
            name = str(body.get("name", ""))
            yield rank, name, Found("enterprise", id, "企业", name, str(body.get("address", "")))


def _issues(desk: Desk, wanted: Wanted) -> Iterable[tuple[int, str, Found]]:
    bodies: dict[str, Body] = {}
    for kind in (ISSUE_ROW, DEPARTMENT_ISSUE, Issue.kind):
        bodies |= {document.id: document.body for document in desk.store.of_kind(kind)}
    for id, body in bodies.items():
        rank = wanted.rank(
            _text(body, "title", "enterprise_name", "contact_name"),
            _text(body, "number", "local_number", "description", "handler_name", "department_name"),
            _text(body, "contact_phone"),
        )
        if rank is not None:
            state = ISSUE_STATE_NAMES[IssueState(body["state"])]
            remark = f"{body.get('enterprise_name', '')} · {state}"
            title = str(body.get("title", ""))
            yield rank, title, Found("issues", id, "诉求", title, remark)


def _cases(desk: Desk, wanted: Wanted) -> Iterable[tuple[int, str, Found]]:
    bodies: dict[str, Body] = {}
    for kind in (CASE_ROW, AgencyCase.kind):
        bodies |= {document.id: document.body for document in desk.store.of_kind(kind)}
    for id, body in bodies.items():
        agents = [str(agent["name"]) for agent in body.get("agents", [])]
        rank = wanted.rank(
            [*_text(body, "title", "enterprise_name"), *agents],
            _text(body, "number", "local_number", "project"),
        )
        if rank is not None:
            state = CASE_STATE_NAMES[CaseState(body.get("state", CaseState.CONSULTING))]
            title = str(body["title"])
            yield rank, title, Found("case", id, "代办", title, f"{body['enterprise_name']} · {state}")


def _projects(desk: Desk, wanted: Wanted) -> Iterable[tuple[int, str, Found]]:
    bodies: dict[str, Body] = {}
    for kind in (PROJECT_ROW, Project.kind):
        bodies |= {document.id: document.body for document in desk.store.of_kind(kind)}
    for id, body in bodies.items():
        rank = wanted.rank(
            _text(body, "title", "enterprise_name", "person_name"), _text(body, "number", "local_number")
        )
        if rank is not None:
            stage = STAGE_NAMES[Stage(body.get("stage", Stage.SIGNED))]
            title = str(body["title"])
            yield rank, title, Found("project", id, "项目", title, f"{body['enterprise_name']} · {stage}")


def _visits(desk: Desk, wanted: Wanted) -> Iterable[tuple[int, str, Found]]:
    here = {document.id: document.body for document in desk.store.of_kind(Visit.kind)}
    rows = {document.id: document.body for document in desk.store.of_kind(VISIT_ROW)}
    for id, body in {**rows, **here}.items():
        rank = wanted.rank(
            _text(body, "enterprise_name"), _text(body, "number", "local_number", "officer_name", "summary")
        )
        if rank is not None:
            state = VISIT_STATE_NAMES[VisitState(body.get("state", VisitState.OPEN))]
            remark = f"{body.get('day', '')} · {state}"
            # The newest of an enterprise's visits first.
            day = "".join(chr(0x7F - ord(character)) for character in str(body.get("day", "")))
            # Of one that is not here whole there is nothing to open but its enterprise, which fetches what there is.
            place, target = ("visits", id) if id in here else ("enterprise", str(body.get("enterprise", "")))
            found = Found(place, target, "走访", str(body.get("enterprise_name", "")), remark)
            yield rank, day, found
