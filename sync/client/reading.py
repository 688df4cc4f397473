"""From the wire's messages to the plain values the store takes."""

from __future__ import annotations

from app.domain import buckets
from app.domain.departments import SOURCES, TWINS
from app.domain.documents import Body
from app.domain.projections import DIRECTORY_ROWS
from app.domain.review import REVIEW_SEAT, ReviewScore
from app.store.confirmed import ConfirmedPage, ConfirmedRow, ConfirmedVerdict
from sync.protocol.messages import BucketPage, Verdict

_AT_A_PERSON = ("own_assignment", REVIEW_SEAT)


def plain_page(page: BucketPage) -> ConfirmedPage:
    """A bucket's part of a page."""
    rows = [ConfirmedRow(page.id, kind, id, rev, body) for kind, id, rev, body in page.rows]
    return ConfirmedPage(
        page.id, page.from_, page.to, page.done, page.reset, page.count, page.sum, rows, page.floor
    )


def plain_verdict(verdict: Verdict, park: str) -> ConfirmedVerdict:
    """A verdict. Its rows do not name their bucket: a projection's follows from its kind and body. Whatever does
    not tell (a projection that was deleted, an event of another bucket's issue) is left to the next pull."""
    rows = []
    for kind, id, rev, body in verdict.rows:
        bucket = _bucket_of(kind, body, park, verdict.bucket)
        if bucket is not None:
            rows.append(ConfirmedRow(bucket, kind, id, rev, body))
    error = verdict.error.model_dump(exclude_defaults=True) if verdict.error else None
    return ConfirmedVerdict(verdict.mid, verdict.status, rows, error)


def _bucket_of(kind: str, body: Body | str | None, park: str, own: str) -> str | None:
    fields = body if isinstance(body, dict) else {}
    if kind in DIRECTORY_ROWS:
        return buckets.directory(park)
    if kind == ReviewScore.kind:
        return buckets.meetings(park)
    at_department = buckets.kind_of(own) == buckets.DEPARTMENT
    if kind in SOURCES:
        # A twin may stand at several departments; only what was done at one names it.
        return own if at_department else None
    if at_department and kind in TWINS:
        # What the twin is of, for an author who holds the enterprise too: an event does not say which one it is of.
        return None
    if kind in _AT_A_PERSON:
        return buckets.of_person(str(fields["person"])) if fields.get("person") else None
    return own or None
