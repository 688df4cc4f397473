"""What people do with cases: open one, make a move of it or of a step, add papers and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.domain import buckets
from app.domain.agency_case import CASE_FILE, PAPER_NAMES, AgencyCase
from app.domain.changes.agency_trail import papers_of
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.visit import Attachment
from app.errors import KnownError
from app.services import attachments
from app.services.attachments import AttachmentLine
from app.services.cases_forms import OPEN, agents
from app.services.desk import Desk


def case_of(desk: Desk, id: str) -> AgencyCase:
    """KnownError where it is not on this laptop."""
    document = desk.store.get(AgencyCase.kind, id)
    if document is None:
        raise KnownError("not_held", "这件代办的资料还没有取到本机。请先点「取资料」，同步后再看。")
    return AgencyCase.of(document)


def papers(desk: Desk, case: AgencyCase) -> Counter[str]:
    """How many signed papers and files of each purpose hang on it."""
    return papers_of(desk.store, case.id)


def open_case(desk: Desk, enterprise: str, args: Mapping[str, Any]) -> str:
    """登记代办; returns its id. Raises Refusal, KnownError where the enterprise is not on this laptop."""
    if desk.store.get(Enterprise.kind, enterprise) is None:
        raise KnownError("not_held", "这家企业的资料不在本机，不能登记代办。请先取资料，同步后再试。")
    id = new_id()
    given = {key: value for key, value in args.items() if key != "enterprise" and value is not None}
    (given["local_number"],) = desk.local_numbers("case", "DB")
    desk.make(desk.change(OPEN, buckets.of_enterprise(enterprise), AgencyCase.kind, id, given))
    return id


def act(
    desk: Desk, id: str, action: str, args: Mapping[str, Any] | None = None, step: str | None = None
) -> None:
    """Make one move with what its form says. Raises Refusal with the reason, KnownError where it is not here."""
    case = case_of(desk, id)
    given = _args(desk, case, action, dict(args or {}))
    if step is not None:
        given["step"] = step
    desk.make(desk.change(action, buckets.of_enterprise(case.enterprise), AgencyCase.kind, id, given))


def _args(desk: Desk, case: AgencyCase, action: str, values: dict[str, Any]) -> dict[str, Any]:
    """What a form says, as its change takes it."""
    given = {key: value for key, value in values.items() if value is not None}
    if "agents" in given:
        names = {choice.code: choice.name for choice in agents(desk)}
        names |= {agent.person: agent.name for agent in case.agents}
        given["agents"] = [{"person": id, "name": names.get(id, id)} for id in given["agents"]]
    if action == "agency.hand_over" and "names" in given:
        piece = {"copies": given.pop("copies", 1), "original": bool(given.pop("original", False))}
        given["materials"] = [{"name": name, **piece} for name in lines_of(given.pop("names"))]
    if action == "agency.step_file" and isinstance(given.get("missing"), str):
        given["missing"] = lines_of(given["missing"])
    if action == "agency.step_validity" and given.get("used"):
        given.pop("until", None)
    return given


def lines_of(text: str) -> list[str]:
    """One piece a line; commas of a list part them too."""
    parts = text.replace("、", "\n").replace("，", "\n").splitlines()
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def add_file(
    desk: Desk,
    id: str,
    source: Path | bytes,
    file_name: str,
    purpose: str = CASE_FILE,
    step: str | None = None,
) -> Attachment:
    """A signed paper (`PAPER_NAMES`) or a file of the case or of one of its steps. KnownError for what cannot be read."""
    case = case_of(desk, id)
    caption = case.steps[step].name if step is not None and step in case.steps else PAPER_NAMES[purpose]
    return attachments.enter(
        desk, source, file_name, buckets.of_enterprise(case.enterprise), Attachment.kind,
        enterprise=case.enterprise, purpose=purpose, case=id, step=step, caption=caption,
    )  # fmt: skip


def add_files(
    desk: Desk, id: str, files: Sequence[Path], purpose: str = CASE_FILE, step: str | None = None
) -> int:
    """Several at once; how many."""
    for file in files:
        add_file(desk, id, file, file.name, purpose, step)
    return len(files)


def files(desk: Desk, id: str) -> list[AttachmentLine]:
    """What hangs on a case, in the order it was added."""
    found = [one.id for one in desk.store.of_kind(Attachment.kind) if one.body.get("case") == id]
    lines = (attachments.line_of(desk, attachment) for attachment in sorted(found))
    return [line for line in lines if line is not None]
