"""台账: a finished form's answers, of a visit or an entry of a register, with its versions and the steps it went.

A register is any form marked as one in its settings (`register`); which one it is decides about steps and figures
(`app.domain.record_steps`, `app.domain.record_facts`), any other word is a plain table.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from app.domain.documents import DocumentModel

PERSONAL_FORM = "integrity_self_check"
"""(d): what somebody writes down about himself. It is in his own bucket and nowhere else (domain.md §5 (d))."""
MOST_COLUMNS = 24
MOST_STEPS = 200


class RecordVersion(BaseModel):
    """A former version of an entry, as it was: nothing is written over."""

    model_config = ConfigDict(extra="allow")
    form_version: str
    values: dict[str, Any]
    digest: str
    shown: dict[str, str] = {}
    labels: dict[str, str] = {}
    tables: dict[str, list[dict[str, str]]] = {}
    attachments: list[str] = []
    day: str = ""
    at: str
    by: str
    by_name: str
    reason: str | None = None
    """Why it was altered afterwards."""


class RecordStep(BaseModel):
    """One step an entry went: `step` is a code of its register, `day` the Beijing day it happened, money in fen.

    `party`: the bank, the department; `until` a deadline; `special`: who approved that a step was passed over, and why.
    """

    model_config = ConfigDict(extra="allow")
    step: str
    day: str
    amount_fen: int | None = None
    party: str | None = None
    text: str | None = None
    until: str | None = None
    reasons: list[str] = []
    special_by: str | None = None
    special_reason: str | None = None
    result: str | None = None
    """What came out, where the step gives one: a grade."""
    score: str | None = None
    scheme: str | None = None
    version: int = 1
    """The version of the entry it was written down upon."""
    at: str
    by: str
    by_name: str


class Record(DocumentModel):
    """A finished form's answers, always with the version they were given to.

    `values` maps concrete paths (`/difficulties/b02_problems[1]/b02_title`) to plain JSON values; `digest` is the
    SHA-256 of form id, version and values (`record_digest`), which the paper's QR code carries too. `shown` and
    `labels` hold what a person read where the definition alone cannot tell it later: the text of a choice that came
    from a table, a label with names filled in.

    What follows `tables` is there only in a register's entry (`ledger` is set), in the bucket of its enterprise
    or, where it is `personal`, of its author.
    """

    kind: ClassVar[str] = "record"
    id: str
    visit: str = ""
    """The visit it was filled in on; empty in a register's entry."""
    enterprise: str
    form_id: str
    form_version: str
    values: dict[str, Any]
    digest: str
    shown: dict[str, str] = {}
    labels: dict[str, str] = {}
    tables: dict[str, list[dict[str, str]]] = {}
    """The rows that rows of the form were counted by (earlier issues), as they were: a returned visit is gone on with."""
    ledger: str | None = None
    """The register it stands in: the word its form is marked with."""
    enterprise_name: str | None = None
    number: str | None = None
    local_number: str | None = None
    title: str | None = None
    day: str | None = None
    """The day the form itself names, else the day it was filled in."""
    columns: list[str] | None = None
    """Paths of the answers the register's table shows."""
    attachments: list[str] | None = None
    made_at: str | None = None
    made_by: str | None = None
    made_by_name: str | None = None
    altered_at: str | None = None
    altered_by: str | None = None
    altered_by_name: str | None = None
    former: list[RecordVersion] | None = None
    steps: list[RecordStep] | None = None
    personal: bool | None = None
    withdrawn_at: str | None = None
    withdrawn_by_name: str | None = None
    withdrawn_reason: str | None = None

    @property
    def entry(self) -> bool:
        """Whether it stands in a register."""
        return self.ledger is not None

    @property
    def version(self) -> int:
        return len(self.former or ()) + 1


def by_name(values: dict[str, Any]) -> dict[str, Any]:
    """Answers by the name of the question alone; of what stands in rows nothing."""
    return {path.rpartition("/")[2]: value for path, value in values.items() if "[" not in path}


def rows_of(values: dict[str, Any], repeat: str) -> list[dict[str, Any]]:
    """The rows of the repeat with this name, in order: question's name → answer."""
    rows: dict[int, dict[str, Any]] = {}
    for path, value in values.items():
        head, sign, rest = path.partition(f"/{repeat}[")
        if not sign or "[" in head:
            continue
        number, _, name = rest.partition("]/")
        if number.isdigit() and "/" not in name and "[" not in name:
            rows.setdefault(int(number), {})[name] = value
    return [rows[number] for number in sorted(rows)]
