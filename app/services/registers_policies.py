"""可享政策: which policies an enterprise may have, and which enterprises a policy is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import EnterpriseTag
from app.domain.projections import ENTERPRISE_ROW
from app.domain.record import Record, by_name
from app.domain.record_policies import FIT_WORDS, Fit, Match, Policy, known_of, match
from app.domain.record_steps import POLICY_CLAIM
from app.services import registers_filling
from app.services.desk import Desk
from forms.problems import AnswerError

CLAIM_FORM = "policy_claim"
_ORDER = {Fit.FITS: 0, Fit.OPEN: 1, Fit.NOT: 2}


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One policy and one enterprise. `claimed`: there is an entry of it in the register already."""

    policy: Policy
    enterprise: str
    enterprise_name: str
    found: Match
    claimed: bool
    held: bool

    @property
    def word(self) -> str:
        return FIT_WORDS[self.found.fit]


def policies(desk: Desk) -> list[Policy]:
    """The catalogue as it is published; what cannot be read is left out."""
    found = []
    for item in desk.dictionary("policies"):
        try:
            found.append(Policy.model_validate(item))
        except ValidationError:
            continue
    return found


def policies_for(desk: Desk, enterprise: str) -> list[PolicyLine]:
    """Every policy against one enterprise: those that fit first, then those with something to ask."""
    return _sorted([line for line in _lines(desk) if line.enterprise == enterprise])


def enterprises_for(desk: Desk, policy: str) -> list[PolicyLine]:
    """Every enterprise known here against one policy, in the same order."""
    return _sorted([line for line in _lines(desk) if line.policy.id == policy])


def _sorted(lines: list[PolicyLine]) -> list[PolicyLine]:
    return sorted(
        lines, key=lambda line: (_ORDER[line.found.fit], line.claimed, line.policy.id, line.enterprise_name)
    )


def _lines(desk: Desk) -> list[PolicyLine]:
    today, claimed, tags = desk.today, _claimed(desk), _tags(desk)
    bodies: dict[str, tuple[dict[str, Any], bool]] = {
        document.id: (document.body, False) for document in desk.store.of_kind(ENTERPRISE_ROW)
    }
    bodies |= {document.id: (document.body, True) for document in desk.store.of_kind(Enterprise.kind)}
    catalogue = policies(desk)
    found = []
    for id, (body, held) in bodies.items():
        known = known_of(body, tags.get(id, []) if held else None, today)
        for policy in catalogue:
            name = str(body.get("name", ""))
            done = (id, policy.id) in claimed
            found.append(PolicyLine(policy, id, name, match(policy, known, today), done, held))
    return found


def _tags(desk: Desk) -> dict[str, list[str]]:
    """The tags of each enterprise that have not run out."""
    today = desk.today.isoformat()
    found: dict[str, list[str]] = {}
    for document in desk.store.of_kind(EnterpriseTag.kind):
        until = document.body.get("expires_on")
        if not until or str(until) >= today:
            found.setdefault(str(document.body["enterprise"]), []).append(str(document.body.get("tag", "")))
    return found


def _claimed(desk: Desk) -> set[tuple[str, str]]:
    found = set()
    for document in desk.store.of_kind(Record.kind):
        if document.body.get("ledger") == POLICY_CLAIM and not document.body.get("withdrawn_at"):
            policy = by_name(document.body.get("values", {})).get("y01_policy")
            found.add((str(document.body.get("enterprise")), str(policy)))
    return found


def begin_claim(desk: Desk, enterprise: str, policy: str) -> str:
    """登记兑现: a draft of a claim with the policy chosen; gives its id."""
    id = registers_filling.start(desk, CLAIM_FORM, enterprise)
    opened = registers_filling.open_filling(desk, id)
    there = set(opened.filling.walk())
    for path, value in (("/policy/y01_listed", "yes"), ("/policy/y01_policy", policy)):
        if path in there:
            try:
                opened.filling.set(path, value)
            except AnswerError:
                # The form in force asks otherwise: it is filled by hand.
                break
    registers_filling.save(desk, id, opened.filling.save(), opened.tables)
    return id
