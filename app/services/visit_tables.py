"""What a visit's forms look things up in: the profile, open issues, seats, policies, products."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain import buckets
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import Seat
from app.domain.issue import ENDED, ISSUE_STATE_NAMES, Issue
from app.domain.visit import Visit
from app.errors import KnownError
from app.services import enterprises_parts, words
from app.services.desk import Desk


def tables_for(desk: Desk, enterprise: str, visit: Visit | None) -> dict[str, list[dict[str, str]]]:
    """The tables the visit form looks things up in (csv-external), by name; every value is text."""
    document = desk.store.get(Enterprise.kind, enterprise)
    if document is None:
        raise KnownError("not_held", "这家企业的资料不在本机，请同步后再打开。")
    profile = Enterprise.of(document)
    body = document.body
    return {
        "enterprise": [
            {
                "name": profile.name,
                "id": profile.id,
                "credit_code": profile.credit_code,
                "address": profile.address or "",
                "industry": profile.industry or "",
                "scale": str(body.get("scale", "")),
                "employees": "" if profile.employees is None else str(profile.employees),
                "revenue_last": str(body.get("revenue_last_year", "")),
                "is_above_scale": {True: "yes", False: "no"}.get(body.get("is_above_scale", ""), ""),
                "project_count": str(body.get("project_count", "0")),
                "blacklist_status": str(body.get("blacklist_status", "")),
            }
        ],
        "visit": [
            {
                "number": visit.number if visit else "",
                "officer": visit.officer_name if visit else desk.signed_in().name,
            }
        ],
        "open_issues": [
            {
                "name": issue.number,
                "id": issue.id,
                "number": issue.number,
                "title": issue.title,
                "state": ISSUE_STATE_NAMES[issue.state],
                "department": issue.department_name or "",
                "due": words.day_of_text(issue.due_at[:10]) if issue.due_at else "",
            }
            for issue in open_issues(desk, enterprise)
        ],
        "seats": _seats(desk, profile),
        "policies": [
            {
                "name": str(policy["id"]),
                "id": str(policy["id"]),
                "title": str(policy["title"]),
                "document_number": str(policy.get("document_number", "")),
                "review_number": str(policy.get("review_number", "")),
            }
            for policy in desk.dictionary("policies")
        ],
        "products": [
            {
                "name": str(product["id"]),
                "id": str(product["id"]),
                "label": str(product["label"]),
                "kind": str(product.get("kind", "")),
            }
            for product in desk.dictionary("products")
        ],
    }


def _seats(desk: Desk, profile: Enterprise) -> list[dict[str, str]]:
    holders = enterprises_parts.seats(desk, profile.id)
    return [
        {
            "name": str(seat["id"]),
            "seat": str(seat["id"]),
            "label": str(seat["name"]),
            "person": _seat_holder(profile, str(seat["id"]), holders),
        }
        for seat in desk.dictionary("seats")
    ]


def _seat_holder(profile: Enterprise, seat: str, holders: Mapping[str, Seat]) -> str:
    """Who sits in one of the five seats (五位一体); the service officer's follows from the assignment where it is not said."""
    holder = holders.get(seat)
    if holder is not None:
        return (holder.person_name or "").strip()
    return profile.officer_name or "" if seat == "service_officer" else ""


def open_issues(desk: Desk, enterprise: str) -> list[Issue]:
    """The issues of an enterprise that are not ended, the oldest first."""
    issues = [
        Issue.of(document) for document in desk.store.of_kind(Issue.kind, buckets.of_enterprise(enterprise))
    ]
    return sorted((issue for issue in issues if issue.state not in ENDED), key=lambda issue: issue.raised_at)
