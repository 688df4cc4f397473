"""The papers of a case: 委托书, 续办委托书, 办结单, 终止单."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from app.domain.agency_case import (
    END_GROUND_NAMES,
    POWER_NAMES,
    STEP_STATE_NAMES,
    AgencyCase,
    CaseState,
    CaseStep,
    StepState,
)
from app.domain.enterprise import Enterprise
from app.printing.models import Printed
from app.services import words
from app.services.cases_acting import case_of
from app.services.desk import Desk


def paper_of(case: AgencyCase) -> str:
    """Which paper its state calls for."""
    from app.printing.agency_paper import COMMISSION, RENEWAL, SETTLEMENT, TERMINATION

    if case.state is CaseState.SUSPENDED:
        return RENEWAL
    if case.state is CaseState.TERMINATED:
        return TERMINATION
    if case.state in (CaseState.IN_WORK, CaseState.SETTLED, CaseState.REVISITED):
        return SETTLEMENT
    return COMMISSION


def print_paper(desk: Desk, id: str, kind: str | None = None, path: Path | None = None) -> Printed:
    """One of the four papers; `kind` None: the one its state calls for. `path` None: into the data folder's `papers/`.

    KnownError where the case is not here or the disk refuses.
    """
    from app.printing.agency_paper import (
        COMMISSION,
        RENEWAL,
        TERMINATION,
        AgencyPaper,
        PaperMaterial,
        PaperStep,
        print_agency_paper,
    )

    case = case_of(desk, id)
    kind = kind or paper_of(case)
    document = desk.store.get(Enterprise.kind, case.enterprise)
    giving = kind in (COMMISSION, RENEWAL)
    until = (
        date.fromisoformat(case.commission_until) if case.commission_until and kind == COMMISSION else None
    )
    rows = sorted(case.materials.values(), key=lambda row: row.order)
    ended = (
        f"{END_GROUND_NAMES[case.terminate_ground]}：{case.terminate_text}" if case.terminate_ground else ""
    )
    paper = AgencyPaper(
        kind=kind,
        number=case.number,
        case_title=case.title,
        enterprise=case.enterprise_name,
        credit_code=str(document.body["credit_code"]) if document else "",
        office=desk.signed_in().park_name,
        agents="、".join(agent.name for agent in case.agents),
        until=until,
        powers=[(word, power in case.powers) for power, word in POWER_NAMES.items()] if giving else (),
        facts=[] if giving else _facts(case),
        steps=[
            PaperStep(step.name, step.department_name or "", "" if giving else _result(step))
            for _, step in case.ordered
        ],
        materials=[
            PaperMaterial(
                row.name,
                row.copies,
                row.original,
                words.day_of_text(row.handed_on),
                words.day_of_text(row.returned_on) if row.returned_on else "",
            )
            for row in rows
        ],
        text=ended if kind == TERMINATION else "",
        made=desk.today,
    )
    return print_agency_paper(path or desk.folder.papers / f"{kind} {case.number}.pdf", paper)


def _facts(case: AgencyCase) -> list[tuple[str, str]]:
    rows = [
        ("委托日期", words.day_of_text(case.commissioned_on) if case.commissioned_on else ""),
        ("企业签字人", case.commission_signed_by or ""),
        ("项目", case.project or ""),
    ]
    return [(name, value) for name, value in rows if value]


def _result(step: CaseStep) -> str:
    if step.state is StepState.DONE:
        return f"{step.approval_number}，{words.day_of_text(step.ended_on)}"
    return f"{STEP_STATE_NAMES[step.state]}：{step.reason}" if step.reason else STEP_STATE_NAMES[step.state]
