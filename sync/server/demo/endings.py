"""Around the lives of issues: where they come from besides visits, what the centre does by itself, and what the park's last
weeks must have one of."""

from __future__ import annotations

from app.domain.changes.issue_system import step_due
from app.domain.clock import beijing_date
from app.domain.issue import Issue, IssueState
from app.domain.projections import ISSUE_ROW
from sync.server.demo.ground import Firm, Ground
from sync.server.demo.issues import IssueLife
from sync.server.demo.stage import Story
from sync.server.demo.troubles import trouble
from sync.server.people import CENTER

S = IssueState


def watching(ground: Ground) -> Story:
    """What the centre does by itself, each working day before anybody comes (`sync.server.watch`)."""
    stage = ground.stage
    while True:
        yield stage.moment(stage.after(stage.today, 1), stage.luck("watch", stage.today), 7, 8)
        for row in stage.of_kind(stage.directory, ISSUE_ROW):
            if row.body["state"] in ("assigned", "in_work", "extension"):
                _look(ground, str(row.body["enterprise"]), row.id)


def _look(ground: Ground, enterprise: str, id: str) -> None:
    stage, bucket = ground.stage, f"e:{enterprise}"
    for _ in range(8):
        issue = Issue.model_validate(stage.body(bucket, Issue.kind, id))
        rules = stage.known.of_time(issue.reference).rules
        step = step_due(issue, stage.known.calendar, rules, stage.now)
        if step is None:
            return
        stage.do(CENTER, step.name, bucket, Issue.kind, id, **step.args)


ENDINGS: tuple[tuple[IssueState | None, tuple[str, ...], int], ...] = (
    *((state, (), 0) for state in (S.REPORTED, S.ACCEPTED, S.ASSIGNED)),
    *((state, (), 3) for state in (S.EXTENSION, S.SUSPENDED)), (S.ANSWERED, (), 12), (S.TO_REVISIT, (), 14), (S.CLOSED, (), 25),
    *((S.IN_WORK, (), days) for days in (0, 1, 2)), (S.DRAFT, ("return",), 2), (S.REFUSED, ("refuse",), 4),
    *((None, turns, 18) for turns in (("overdue",), ("return",), ("refuse",), ("merge",), ("withdraw",))),
    *((None, turns, 12) for turns in (("extend",), ("object",), ("whistle",), ("dissatisfied",), ("supervise",))),
    (None, ("object", "object_twice"), 6), (None, ("supervise", "overdue"), 9),
)  # fmt: skip
"""(the state an issue stays in, its turns, working days before the last day): the park's last weeks have one of every kind."""


def last_weeks(ground: Ground) -> None:
    """Let every state and turn be there on the last day."""
    stage = ground.stage
    for number, (state, turns, before) in enumerate(ENDINGS * 2):
        luck = stage.luck("ending", number)
        firm = luck.pick(ground.firms)
        day = stage.before(beijing_date(stage.until), before)
        stage.begin(
            stage.moment(stage.workday(day), luck, 9, 11),
            "ending",
            _raised(ground, firm, number, state, frozenset(turns)),
        )


def _raised(ground: Ground, firm: Firm, number: int, state: IssueState | None, fate: frozenset[str]) -> Story:
    stage, luck = ground.stage, ground.stage.luck("ending", number)
    # Some of them are for the department whose handler everybody knows from the small demo.
    told = trouble(ground, luck, 0, "0803" if number % 4 == 2 else "")
    id = stage.id("issue", "ending", number)
    source = luck.pick(["hotline", "platform", "self"])
    stage.do(
        firm.lead,
        "issue.raise",
        firm.bucket,
        Issue.kind,
        id,
        local_number=f"I-9{number:02d}",
        source=source,
        **told.raising,
    )
    IssueLife(ground, firm, firm.lead, id, told, state, fate).begin()
    yield from ()


def elsewhere(ground: Ground, number: int) -> Story:
    """An issue that did not come out of a visit."""
    stage, luck = ground.stage, ground.stage.luck("elsewhere", number)
    firm, told = luck.pick(ground.firms), trouble(ground, luck, 0)
    id = stage.id("issue", "elsewhere", number)
    source = luck.pick(["hotline", "platform", "whistle", "superior", "forum"])
    stage.do(
        firm.lead,
        "issue.raise",
        firm.bucket,
        Issue.kind,
        id,
        local_number=f"I-8{number:02d}",
        source=source,
        **told.raising,
    )
    IssueLife(ground, firm, firm.lead, id, told).begin()
    yield from ()
