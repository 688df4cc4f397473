"""The moves of an issue: every action from every state by every set of roles, against §7.2 written out again here."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from app.domain.changes import Refusal
from app.domain.clock import from_text
from app.domain.issue import (
    ENDED,
    ISSUE_STATE_NAMES,
    TRANSITIONS,
    Issue,
    IssueEvent,
    IssueState,
    Light,
    actions_for,
    light_of,
)
from app.domain.people import Actor, Role
from tests.support.documents import Shelf
from tests.support.laptop import COORDINATOR, NOON, OFFICER, change, context

ALLOWED: dict[str, tuple[set[IssueState], IssueState, set[Role]]] = {
    "issue.accept": ({IssueState.REPORTED}, IssueState.ACCEPTED, {Role.COORDINATOR}),
    "issue.assign": ({IssueState.ACCEPTED}, IssueState.ASSIGNED, {Role.COORDINATOR, Role.LEADER}),
    "issue.return": ({IssueState.REPORTED}, IssueState.DRAFT, {Role.COORDINATOR}),
    "issue.resubmit": ({IssueState.DRAFT}, IssueState.REPORTED, {Role.OFFICER, Role.COORDINATOR}),
}
"""domain.md §7.2, the rows that stand so far."""

ARGS: dict[str, dict[str, Any]] = {
    "issue.accept": {"category": "08", "subcategory": "0803", "level": 3},
    "issue.assign": {
        "department": "economy",
        "handler_name": "赵承办",
        "limit_days": 5,
        "requirement": "先回电话",
    },
    "issue.return": {"reason": "请补充用电量"},
    "issue.resubmit": {"description": "每月约 20 万千瓦时"},
}


def issue_body(state: IssueState) -> dict[str, Any]:
    return Issue(
        id="i",
        number="XD-2026-11-0001",
        local_number="I-0001",
        enterprise="e",
        enterprise_name="示例厂",
        state=state,
        title="变压器容量不够",
        category="08",
        raised_by="p-officer",
        raised_by_name="王联络",
        raised_at="2026-11-20T02:00:00.000Z",
    ).to_body()


def shelf(state: IssueState) -> Shelf:
    return Shelf("e:e", {("issue", "i"): issue_body(state)})


ROLE_SETS = [frozenset(roles) for count in range(len(Role) + 1) for roles in combinations(Role, count)]


def test_the_table_is_that_of_the_page() -> None:
    table = {name: ({*row.sources}, row.target, {*row.roles}) for name, row in TRANSITIONS.items()}
    assert {name: table[name] for name in ALLOWED} == ALLOWED
    assert ARGS.keys() == TRANSITIONS.keys(), "a new move needs its row and its arguments here"


@pytest.mark.parametrize("action", list(TRANSITIONS))
@pytest.mark.parametrize("state", IssueState)
def test_every_action_in_every_state_by_every_set_of_roles(action: str, state: IssueState) -> None:
    sources, target, may = ALLOWED[action]
    for roles in ROLE_SETS:
        actor = Actor("p", "某人", roles)
        papers = shelf(state)
        before = papers.bodies["issue", "i"].copy()
        one = change(action, "e:e", "issue", "i", ARGS[action])
        if roles & may and state in sources:
            papers.run(one, context(actor))
            assert papers.bodies["issue", "i"]["state"] == target
        else:
            with pytest.raises(Refusal) as refused:
                papers.run(one, context(actor))
            assert refused.value.code == ("issue_state" if roles & may else "role")
            assert papers.bodies == {("issue", "i"): before}


@pytest.mark.parametrize("state", IssueState)
def test_the_buttons_are_what_is_allowed(state: IssueState) -> None:
    for roles in ROLE_SETS:
        shown = {row.action for row in actions_for(state, roles)}
        allowed = {name for name, (sources, _, may) in ALLOWED.items() if state in sources and roles & may}
        assert shown == allowed


@pytest.mark.parametrize("action", list(TRANSITIONS))
def test_each_move_leaves_one_event(action: str) -> None:
    (source,) = ALLOWED[action][0]
    papers = shelf(source)
    one = change(action, "e:e", "issue", "i", ARGS[action])
    papers.run(one, context(COORDINATOR))
    (event,) = (IssueEvent.of(document) for document in papers.of_kind("issue_event"))
    assert (event.action, event.from_state, event.to_state) == (action, source, ALLOWED[action][1])
    assert (event.person, event.person_name, event.device) == ("p-coordinator", "李协调", "device-0001")
    assert from_text(event.at) == NOON
    # The same change run again elsewhere writes the same row, not a second one.
    again = shelf(source)
    again.run(one, context(COORDINATOR))
    assert again.bodies == papers.bodies


def test_from_report_to_department() -> None:
    papers = shelf(IssueState.REPORTED)
    papers.run(change("issue.return", "e:e", "issue", "i", {"reason": "缺联系人"}), context(COORDINATOR))
    returned = Issue.model_validate(papers.bodies["issue", "i"])
    assert (returned.state, returned.return_reason, returned.returned) == (IssueState.DRAFT, "缺联系人", 1)

    papers.run(change("issue.resubmit", "e:e", "issue", "i", {"title": "扩容"}), context(OFFICER))
    again = Issue.model_validate(papers.bodies["issue", "i"])
    assert (again.title, again.return_reason, again.returned) == ("扩容", None, 1)

    papers.run(change("issue.accept", "e:e", "issue", "i", ARGS["issue.accept"]), context(COORDINATOR))
    # 2026-11-22 is a Sunday; first response is one working day after it.
    accepted = Issue.model_validate(papers.bodies["issue", "i"])
    assert (accepted.category, accepted.subcategory, accepted.level) == ("08", "0803", 3)
    assert accepted.first_response_due_at == "2026-11-23T09:30:00.000Z"

    papers.run(change("issue.assign", "e:e", "issue", "i", ARGS["issue.assign"]), context(COORDINATOR))
    assigned = Issue.model_validate(papers.bodies["issue", "i"])
    assert (assigned.department, assigned.department_name) == ("economy", "工业和信息化局")
    assert (assigned.limit_days, assigned.due_at) == (5, "2026-11-27T09:30:00.000Z")
    assert assigned.requirement == "先回电话"
    assert len(papers.of_kind("issue_event")) == 4


@pytest.mark.parametrize(
    ("action", "args", "problem"),
    [
        ("issue.accept", {"category": "nothing", "level": 1}, "category"),
        ("issue.accept", {"category": "08", "level": 5}, "malformed"),
        ("issue.accept", {}, "malformed"),
        ("issue.assign", {"department": "moon", "limit_days": 5}, "department"),
        ("issue.assign", {"department": "economy", "limit_days": 0}, "malformed"),
        ("issue.return", {"reason": ""}, "malformed"),
        ("issue.resubmit", {"title": "长" * 41}, "malformed"),
    ],
)
def test_arguments_are_looked_at(action: str, args: dict[str, Any], problem: str) -> None:
    (source,) = ALLOWED[action][0]
    with pytest.raises(Refusal) as refused:
        shelf(source).run(change(action, "e:e", "issue", "i", args), context(COORDINATOR))
    assert refused.value.code == problem
    assert refused.value.text


def test_an_issue_that_is_gone() -> None:
    with pytest.raises(Refusal) as refused:
        Shelf("e:e").run(
            change("issue.accept", "e:e", "issue", "i", ARGS["issue.accept"]), context(COORDINATOR)
        )
    assert refused.value.code == "missing"


def test_every_state_has_a_name() -> None:
    assert set(ISSUE_STATE_NAMES) == set(IssueState)
    assert len(set(ISSUE_STATE_NAMES.values())) == len(IssueState)


@pytest.mark.parametrize(
    ("state", "limit", "left", "light"),
    [
        (IssueState.IN_WORK, 15, 4, Light.GREEN),
        (IssueState.IN_WORK, 15, 3, Light.YELLOW),
        (IssueState.IN_WORK, 5, 3, Light.GREEN),
        (IssueState.IN_WORK, 5, 2, Light.YELLOW),
        (IssueState.IN_WORK, 5, 0, Light.YELLOW),
        (IssueState.IN_WORK, 5, -1, Light.RED),
        (IssueState.ASSIGNED, 5, 4, Light.BLUE),
        (IssueState.ASSIGNED, 5, -1, Light.RED),
        (IssueState.REPORTED, None, None, Light.GREY),
        (IssueState.SUSPENDED, 5, -1, Light.GREY),
        (IssueState.TO_REVISIT, 5, -1, Light.GREEN),
        (IssueState.ANSWERED, None, None, Light.GREEN),
        *((state, 5, -1, Light.GREY) for state in sorted(ENDED)),
    ],
)
def test_lights(state: IssueState, limit: int | None, left: int | None, light: Light) -> None:
    """domain.md §2.3【默】: yellow from max(2 working days, 20 % of the limit) on."""
    assert light_of(state, limit, left) is light
