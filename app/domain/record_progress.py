"""What the steps of an entry say in the words of its form: a new version of it begins with them answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.domain.record import Record, RecordStep
from app.domain.record_steps import COVENANT, FINANCING, POLICY_CLAIM, fresh_steps, stage_of

_ASKED: dict[str, dict[str, dict[str, str]]] = {
    FINANCING: {
        "matched": {"day": "matched_on"},
        "mediated": {"day": "mediated_on", "party": "mediated_bank"},
        "consulted": {"day": "consulted_on", "text": "consulted_result"},
        "granted": {"day": "granted_on", "party": "granted_bank", "amount_fen": "granted_amount"},
        "lent": {"day": "lent_on", "amount_fen": "lent_amount"},
        "refused": {"reasons": "refusal_reasons", "text": "refusal_remark"},
        "withdrawn": {"text": "withdrawn_reason"},
    },
    POLICY_CLAIM: {
        "declared": {"day": "y09_declared"},
        "accepted": {"day": "y10_accepted"},
        "reviewed": {"day": "y10_reviewed", "amount_fen": "y11_approved"},
        "published": {"day": "y10_published"},
        "paid": {"day": "y10_paid_on", "amount_fen": "y11_paid"},
        "received": {"day": "y12_received_on"},
        "paused": {"reasons": "y13_reasons"},
    },
    COVENANT: {
        "reminder": {"day": "reminder_on", "text": "reminder_content"},
        "interview": {
            "day": "interview_on",
            "party": "interview_people",
            "text": "interview_minutes",
            "until": "interview_deadline",
        },
        "lawyer_letter": {"day": "letter_on", "until": "letter_deadline"},
        "liability": {"day": "liability_on", "text": "liability_content", "amount_fen": "liability_amount"},
        "termination": {"day": "termination_on", "text": "termination_basis"},
    },
}
"""Register → step → what of it → the form's question."""


def said_by_steps(record: Record) -> dict[str, Any]:
    """Question's name → answer, how far it is first; only what was written down since the form's own word."""
    steps = fresh_steps(record)
    if not steps:
        return {}
    found = _how_far(record)
    table = _ASKED.get(record.ledger or "", {})
    for step in steps:
        for part, question in table.get(step.step, {}).items():
            value = _value(step, part)
            if value not in (None, "", ()):
                found[question] = value
        if step.special_by and record.ledger == COVENANT:
            found |= {"special": "yes", "special_by": step.special_by, "special_on": step.day}
            found["special_reason"] = step.special_reason or ""
    return found


def _value(step: RecordStep, part: str) -> Any:
    value = getattr(step, part)
    if part == "amount_fen" and value is not None:
        return format((Decimal(value) / 1_000_000).normalize(), "f")
    return tuple(value) if part == "reasons" else value


def _how_far(record: Record) -> dict[str, Any]:
    stage = stage_of(record)
    if record.ledger == POLICY_CLAIM:
        hold = stage if stage in ("returned", "paused") else "none"
        fits = {"survey": "checking", "unfit": "does_not_fit"}.get(stage, "fits")
        found = {"eligibility": fits, "hold": hold}
        return found | ({"y12_received": "yes"} if stage == "received" else {})
    return {{FINANCING: "stage", COVENANT: "step"}.get(record.ledger or "", ""): stage}
