"""代办: one case with its commission, materials, contacts and steps (domain.md §1, 22 23 37; §2.4; §8).

A case stands whole in its enterprise's bucket, with a light row in `dir:`. Days are Beijing days as text, moments UTC text. What
may be done stands in `agency_moves.py`, the clocks in `agency_clock.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from app.domain.agency_template import CaseType, Variant
from app.domain.documents import Body, DocumentModel, clean
from app.domain.issue import Stop

MOST_AGENTS = 2
"""一项目 1–2 人全程 (domain.md §1, 22)."""


class CaseState(StrEnum):
    """咨询→签委托→受理→办理→办结(双签)→回访, with 中止 and 终止 beside (domain.md §8)."""

    CONSULTING = "consulting"
    COMMISSIONED = "commissioned"
    ACCEPTED = "accepted"
    IN_WORK = "in_work"
    SUSPENDED = "suspended"
    SETTLED = "settled"
    REVISITED = "revisited"
    TERMINATED = "terminated"


CASE_STATE_NAMES = {
    CaseState.CONSULTING: "咨询",
    CaseState.COMMISSIONED: "已签委托",
    CaseState.ACCEPTED: "已受理",
    CaseState.IN_WORK: "办理中",
    CaseState.SUSPENDED: "已中止",
    CaseState.SETTLED: "待回访",
    CaseState.REVISITED: "已回访",
    CaseState.TERMINATED: "已终止",
}
CASE_ENDED = frozenset({CaseState.REVISITED, CaseState.TERMINATED})
CASE_CLOSED = CASE_ENDED | {CaseState.SETTLED}
"""Nothing is done about its steps any more."""


class StepState(StrEnum):
    """未启动→编制中→已报送→已受理→(补正)→审查→办结/不涉及/退件/中止 (domain.md §8)."""

    NOT_STARTED = "not_started"
    PREPARING = "preparing"
    FILED = "filed"
    ACCEPTED = "accepted"
    CORRECTING = "correcting"
    REVIEWING = "reviewing"
    DONE = "done"
    NOT_INVOLVED = "not_involved"
    REJECTED = "rejected"
    HALTED = "halted"


STEP_STATE_NAMES = {
    StepState.NOT_STARTED: "未启动",
    StepState.PREPARING: "编制中",
    StepState.FILED: "已报送",
    StepState.ACCEPTED: "已受理",
    StepState.CORRECTING: "补正",
    StepState.REVIEWING: "审查",
    StepState.DONE: "办结",
    StepState.NOT_INVOLVED: "不涉及",
    StepState.REJECTED: "退件",
    StepState.HALTED: "中止",
}
STEP_ENDED = frozenset({StepState.DONE, StepState.NOT_INVOLVED})
"""What follows may begin."""
RUNNING = frozenset({StepState.ACCEPTED, StepState.CORRECTING, StepState.REVIEWING})
"""The department has it: its promise runs, or stands still."""


class StepMode(StrEnum):
    NORMAL = "normal"
    LACKING = "lacking"
    PROMISE = "promise"


MODE_NAMES = {StepMode.NORMAL: "正常", StepMode.LACKING: "容缺", StepMode.PROMISE: "告知承诺"}


class StopReason(StrEnum):
    """停钟原因 (domain.md §8); `suspended`: the whole case stands still."""

    CORRECTION = "correction"
    ASSESSMENT = "assessment"
    PUBLICITY = "publicity"
    HEARING = "hearing"
    SUSPENDED = "suspended"


STOP_NAMES = {
    StopReason.CORRECTION: "企业补正",
    StopReason.ASSESSMENT: "评估",
    StopReason.PUBLICITY: "公示",
    StopReason.HEARING: "听证",
    StopReason.SUSPENDED: "代办中止",
}


class ContactRule(StrEnum):
    """两个不见面 (domain.md §1, 23), or 帮办: the agent goes along with the enterprise (§2.4)."""

    NO_MEETING = "no_meeting"
    ACCOMPANIED = "accompanied"


RULE_NAMES = {ContactRule.NO_MEETING: "代办，企业与部门不见面", ContactRule.ACCOMPANIED: "帮办，陪同企业去办"}


class Power(StrEnum):
    """权限 (domain.md §2.4)."""

    SUBMIT = "submit"
    CORRECT = "correct"
    COLLECT = "collect"


POWER_NAMES = {Power.SUBMIT: "递交材料", Power.CORRECT: "补正材料", Power.COLLECT: "领取证照、批复"}


class EndGround(StrEnum):
    """终止原因 (domain.md §2.4)."""

    WITHDRAWN = "withdrawn"
    MATERIALS = "materials"
    POLICY = "policy"
    CHANGED = "changed"


END_GROUND_NAMES = {
    EndGround.WITHDRAWN: "企业撤回",
    EndGround.MATERIALS: "材料无法补齐",
    EndGround.POLICY: "政策不符",
    EndGround.CHANGED: "项目变更",
}


class Side(StrEnum):
    """Who took part in a contact."""

    AGENT = "agent"
    ENTERPRISE = "enterprise"
    DEPARTMENT = "department"


SIDE_NAMES = {Side.AGENT: "代办员", Side.ENTERPRISE: "企业", Side.DEPARTMENT: "部门"}

COMMISSION = "commission"
RENEWAL = "renewal"
SETTLEMENT = "settlement"
CASE_FILE = "case_file"
PAPER_NAMES = {
    COMMISSION: "委托书签字件",
    RENEWAL: "续办委托书签字件",
    SETTLEMENT: "办结单签字件",
    CASE_FILE: "其他文件",
}
"""Purposes of a case's attachments (`Attachment.purpose`)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class Agent(_Part):
    """代办员."""

    person: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=64)


class Material(_Part):
    """One row of 材料交接清单 (domain.md §2.4)."""

    order: int
    name: str
    copies: int = 1
    original: bool = False
    handed_on: str
    handed_by_name: str
    returned_on: str | None = None
    returned_to: str | None = None


class CaseContact(_Part):
    """Who met or spoke with whom. `met`: enterprise and department came together against the rule; `why` says why it had to be."""

    order: int
    day: str
    method: str
    sides: list[Side]
    people: str
    department: str | None = None
    department_name: str | None = None
    step: str | None = None
    about: str
    met: bool = False
    why: str | None = None
    by_name: str


class Missing(_Part):
    """A piece that was lacking when the step was filed (容缺, 告知承诺)."""

    name: str
    supplied_on: str | None = None


class CaseStep(_Part):
    """One step of a case: what its template said when the case was opened, and how far it is."""

    order: int
    name: str
    department: str | None = None
    department_name: str | None = None
    needs: list[str] = []
    optional: bool = False
    trigger: str = ""
    materials: list[str] = []
    variants: list[Variant] = []
    variant: str | None = None
    limit_days: int | None = None
    """承诺时限 in working days from the day after 受理; None: by announcement."""
    half: bool = False
    validity_months: int | None = None
    remind_days: int = 30
    validity_note: str = ""

    state: StepState = StepState.NOT_STARTED
    mode: StepMode = StepMode.NORMAL
    person: str | None = None
    person_name: str | None = None
    started_on: str | None = None
    filed_on: str | None = None
    accepted_on: str | None = None
    acceptance_number: str | None = None
    ended_on: str | None = None
    approval_number: str | None = None
    missing: list[Missing] = []
    missing_until: str | None = None
    reason: str | None = None
    """Why it was 不涉及, sent back, halted, or what is to be corrected."""
    restarts: int = 0
    clock_from: str | None = None
    extension_days: int = 0
    stops: list[Stop] = []
    due_at: str | None = None
    due_provisional: bool = False
    in_time: bool | None = None
    expires_on: str | None = None
    renewals: int = 0
    used_on: str | None = None
    """What was granted has been made use of (work has begun): its expiry is nobody's concern any more."""

    @property
    def stop(self) -> Stop | None:
        """The stretch in which its clock stands still now."""
        return next((stop for stop in self.stops if stop.until is None), None)

    @property
    def lacking(self) -> list[str]:
        """Pieces still to be supplied."""
        return [piece.name for piece in self.missing if piece.supplied_on is None]


def waits_for(steps: Mapping[str, CaseStep], step: CaseStep) -> list[str]:
    """Names of those of its predecessors that have not ended."""
    before = (steps[key] for key in step.needs if key in steps)
    return [one.name for one in before if one.state not in STEP_ENDED]


class AgencyCase(DocumentModel):
    """One 代办 (`e:` bucket)."""

    kind: ClassVar[str] = "agency_case"
    id: str
    number: str
    local_number: str
    enterprise: str
    enterprise_name: str
    title: str
    template: str
    template_name: str
    template_version: str
    case_type: CaseType
    contact_rule: ContactRule = ContactRule.NO_MEETING
    state: CaseState = CaseState.CONSULTING
    project: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    note: str | None = None
    opened_at: str
    opened_by: str
    opened_by_name: str

    agents: list[Agent] = []
    powers: list[Power] = []
    commissioned_on: str | None = None
    commission_until: str | None = None
    commission_signed_by: str | None = None
    accepted_at: str | None = None
    accepted_by_name: str | None = None
    total_days: int | None = None
    due_at: str | None = None
    due_provisional: bool = False
    stops: list[Stop] = []
    suspended_from: CaseState | None = None
    suspend_reason: str | None = None
    renewals: int = 0
    enterprise_signed_on: str | None = None
    enterprise_signed_by: str | None = None
    agent_signed_on: str | None = None
    agent_signed_by: str | None = None
    settled_at: str | None = None
    settled_in_time: bool | None = None
    terminated_at: str | None = None
    terminate_ground: EndGround | None = None
    terminate_text: str | None = None
    satisfaction: str | None = None
    revisit_method: str | None = None
    revisit_text: str | None = None
    revisited_at: str | None = None
    revisited_by_name: str | None = None

    steps: dict[str, CaseStep] = {}
    materials: dict[str, Material] = {}
    contacts: dict[str, CaseContact] = {}
    moves: int = 0
    trail_digest: str | None = None

    @property
    def ordered(self) -> list[tuple[str, CaseStep]]:
        """Its steps with their keys, in the template's order."""
        return sorted(self.steps.items(), key=lambda pair: pair[1].order)

    @property
    def meetings(self) -> int:
        """How often enterprise and department came together against the rule."""
        return sum(contact.met for contact in self.contacts.values())

    @property
    def kept_materials(self) -> list[str]:
        """What the enterprise handed over and has not back, originals only."""
        rows = sorted(self.materials.values(), key=lambda row: row.order)
        return [row.name for row in rows if row.original and row.returned_on is None]

    def is_agent(self, person: str) -> bool:
        return any(agent.person == person for agent in self.agents)

    def waits_for(self, step: CaseStep) -> list[str]:
        """Names of the steps that must end before this one may begin."""
        return waits_for(self.steps, step)

    def to_body(self) -> Body:
        """Without defaults: most fields belong to moves that come late or never."""
        body: Body = clean(self.model_dump(mode="json", exclude_none=True, exclude_defaults=True))
        return body


class AgencyEvent(DocumentModel):
    """One move of a case, a row of its trail. `sets` names what it altered, as in an issue's; parts by path:
    `steps.energy.state`."""

    kind: ClassVar[str] = "agency_event"
    id: str
    case: str
    order: int
    action: str
    step: str | None = None
    from_state: CaseState | None = None
    to_state: CaseState
    step_from: StepState | None = None
    step_to: StepState | None = None
    person: str
    person_name: str
    role: str = ""
    at: str
    device: str
    offline_at: str | None = None
    text: str | None = None
    sets: dict[str, list[Any]] = {}
    digest: str | None = None


_ROW_FIELDS = (
    *(
        "id",
        "number",
        "enterprise",
        "enterprise_name",
        "title",
        "template",
        "template_name",
        "case_type",
        "state",
    ),
    *("agents", "project", "opened_at", "opened_by", "opened_by_name", "commissioned_on", "commission_until"),
    *(
        "accepted_at",
        "total_days",
        "due_at",
        "due_provisional",
        "stops",
        "renewals",
        "settled_at",
        "settled_in_time",
    ),
    *("terminated_at", "terminate_ground", "satisfaction", "revisited_at"),
)
_STEP_FIELDS = (
    *(
        "order",
        "name",
        "department",
        "department_name",
        "needs",
        "optional",
        "state",
        "mode",
        "person",
        "person_name",
    ),
    *("limit_days", "half", "started_on", "filed_on", "accepted_on", "clock_from", "stops", "due_at"),
    *("due_provisional", "ended_on", "in_time", "missing_until", "expires_on", "remind_days", "used_on"),
)


def case_row(body: Body | None) -> Body | None:
    """The light row of a case: what the list, the reminders and R19 (家数, 件数, 按期率, 平均用时; domain.md §9) need."""
    if body is None:
        return None
    row: Body = {"state": CaseState.CONSULTING.value}
    row |= {name: body[name] for name in _ROW_FIELDS if name in body}
    row["steps"] = {key: _step_row(step) for key, step in body.get("steps", {}).items()}
    row["meetings"] = sum(bool(one.get("met")) for one in body.get("contacts", {}).values())
    return row


def _step_row(step: Body) -> Body:
    row: Body = {"state": StepState.NOT_STARTED.value}
    row |= {name: step[name] for name in _STEP_FIELDS if name in step}
    lacking = sum(piece.get("supplied_on") is None for piece in step.get("missing", []))
    return {**row, "lacking": lacking} if lacking else row
