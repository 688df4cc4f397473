"""服务走访核验: the park's finished visits for a coordinator to look at, verify or give back, one or several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain import buckets
from app.domain.changes.base import Refusal
from app.domain.clock import from_text
from app.domain.projections import VISIT_ROW
from app.domain.visit import Visit, VisitState
from app.errors import KnownError
from app.services import visit_page, visits, words
from app.services.desk import Desk
from app.services.issues import Done


class Review(StrEnum):
    """Where a finished visit stands."""

    WAITING = "waiting"
    RETURNED = "returned"
    VERIFIED = "verified"


REVIEW_NAMES = {Review.WAITING: "待核", Review.RETURNED: "退回待改", Review.VERIFIED: "已核"}


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One visit. `held`: its record is on this laptop and can be read; `own`: somebody else has to verify it."""

    id: str
    number: str
    enterprise: str
    enterprise_name: str
    day: str
    officer_name: str
    method_word: str
    submitted: str
    review: Review
    who: str
    times: int
    """How often it was given back."""
    held: bool
    own: bool

    @property
    def word(self) -> str:
        return REVIEW_NAMES[self.review]


def listing(desk: Desk) -> list[ReviewLine]:
    """Every visit that was ever handed in, as far as this laptop knows of it: what waits longest first."""
    here = desk.store.held()
    found: dict[str, ReviewLine] = {}
    for kind in (VISIT_ROW, Visit.kind):
        for document in desk.store.of_kind(kind):
            line = _line(desk, document.body, buckets.of_enterprise(str(document.body["enterprise"])) in here)
            if line is not None:
                found[document.id] = line
    return sorted(found.values(), key=lambda line: (line.day, line.number))


def _line(desk: Desk, body: dict[str, object], held: bool) -> ReviewLine | None:
    returns = body.get("returns") or 0
    times = len(returns) if isinstance(returns, list) else int(str(returns))
    state, submitted = body.get("state", VisitState.OPEN), str(body.get("submitted_at") or "")
    if state == VisitState.SUBMITTED:
        review = Review.VERIFIED if body.get("verified_at") else Review.WAITING
    elif state == VisitState.OPEN and times:
        review = Review.RETURNED
    else:
        return None
    return ReviewLine(
        id=str(body["id"]),
        number=str(body["number"]),
        enterprise=str(body["enterprise"]),
        enterprise_name=str(body["enterprise_name"]),
        day=str(body["day"]),
        officer_name=str(body["officer_name"]),
        method_word=visits.method_word(str(body.get("method") or "")),
        submitted=words.moment(from_text(submitted)) if submitted else "",
        review=review,
        who=str(body.get("verified_by_name") or ""),
        times=times,
        held=held,
        own=body.get("officer") == desk.signed_in().person,
    )


def verify_many(desk: Desk, ids: Sequence[str]) -> list[Done]:
    """已核, each by itself, with what became of it."""
    return _each(desk, ids, lambda id: visit_page.verify(desk, id))


def return_many(desk: Desk, ids: Sequence[str], reason: str) -> list[Done]:
    """退回 with one reason for all of them."""
    if not reason.strip():
        raise KnownError("reason", "请写明退回的原因，走访人才知道改什么。")
    return _each(desk, ids, lambda id: visit_page.give_back(desk, id, reason))


def _each(desk: Desk, ids: Sequence[str], act: Callable[[str], None]) -> list[Done]:
    lines = {line.id: line for line in listing(desk)}
    done = []
    for id in ids:
        line = lines.get(id)
        if line is None:
            continue
        problem = ""
        try:
            if not line.held:
                raise KnownError("not_held", "记录还没有取到本机。先点「取资料」看过再核。")
            act(id)
        except (Refusal, KnownError) as error:
            problem = error.text
        done.append(Done(id, line.number, line.enterprise_name, problem))
    return done
