"""The moves of an issue: every action from every state by every set of roles, against §7.2 written out again here."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from app.domain.changes import REGISTER, Refusal
from app.domain.issue import ENDED, ISSUE_STATE_NAMES, IssueState, Light, light_of
from app.domain.issue_moves import TRANSITIONS, available
from app.domain.people import Actor, Role
from tests.support.issue_world import ARGS, MONDAY, IssueWorld
from tests.support.laptop import context

S = IssueState
OFC, COO, DPT, RVW, LDR, SYS = (
    Role.OFFICER,
    Role.COORDINATOR,
    Role.HANDLER,
    Role.REVISITOR,
    Role.LEADER,
    Role.ADMIN,
)
I1_I6 = {S.REPORTED, S.ACCEPTED, S.ASSIGNED, S.IN_WORK, S.EXTENSION, S.SUSPENDED, S.ANSWERED}
WORK = {S.ASSIGNED, S.IN_WORK, S.EXTENSION, S.SUSPENDED, S.ANSWERED}

ALLOWED: dict[str, tuple[set[IssueState], IssueState | None, set[Role]]] = {
    "issue.return": ({S.REPORTED}, S.DRAFT, {COO}),
    "issue.resubmit": ({S.DRAFT}, S.REPORTED, {OFC, COO}),
    "issue.refuse": ({S.REPORTED}, S.REFUSED, {COO}),
    "issue.appeal": ({S.REFUSED}, S.REPORTED, {OFC}),
    "issue.merge": ({S.REPORTED}, S.MERGED, {COO}),
    "issue.accept": ({S.REPORTED}, S.ACCEPTED, {COO}),
    "issue.classify": ({S.ACCEPTED, S.ASSIGNED, S.IN_WORK}, None, {COO, LDR}),
    "issue.assign": ({S.ACCEPTED}, S.ASSIGNED, {COO, LDR}),
    "issue.sign": ({S.ASSIGNED}, S.IN_WORK, {DPT}),
    "issue.object": ({S.ASSIGNED}, S.ACCEPTED, {DPT}),
    "issue.progress": ({S.IN_WORK}, None, {DPT, OFC, COO}),
    "issue.ask_extension": ({S.IN_WORK}, S.EXTENSION, {DPT}),
    "issue.extend": ({S.EXTENSION}, S.IN_WORK, {COO}),
    "issue.deny_extension": ({S.EXTENSION}, S.IN_WORK, {COO}),
    "issue.suspend": ({S.IN_WORK}, S.SUSPENDED, {LDR}),
    "issue.resume": ({S.SUSPENDED}, S.IN_WORK, {COO}),
    "issue.ask_escalation": ({S.IN_WORK}, None, {OFC}),
    "issue.escalate": ({S.IN_WORK}, None, {COO, SYS}),
    "issue.lower": ({S.IN_WORK}, None, {LDR}),
    "issue.answer": ({S.IN_WORK}, S.ANSWERED, {DPT}),
    "issue.redo": ({S.ANSWERED}, S.IN_WORK, {COO}),
    "issue.verify": ({S.ANSWERED}, S.TO_REVISIT, {COO}),
    "issue.revisit": ({S.TO_REVISIT}, S.CLOSED, {RVW}),
    "issue.contact_failed": ({S.TO_REVISIT}, None, {RVW}),
    "issue.close_unreached": ({S.TO_REVISIT}, S.CLOSED, {COO}),
    "issue.add_review": ({S.CLOSED}, None, {RVW}),
    "issue.archive": ({S.CLOSED}, S.ARCHIVED, {COO}),
    "issue.withdraw": (I1_I6, S.WITHDRAWN, {OFC}),
    "issue.whistle": (I1_I6, None, {OFC, COO}),
    "issue.whistle_answer": (I1_I6, None, {DPT}),
    "issue.link": (I1_I6 | {S.TO_REVISIT}, None, {OFC, COO}),
    "issue.supervise": (WORK - {S.SUSPENDED}, None, {COO, LDR, SYS}),
    "issue.reply_supervision": (WORK, None, {DPT}),
    "issue.take_back": (set(S) - {S.VOID, S.REFUSED}, None, {OFC, COO, DPT, RVW, LDR}),
    "issue.auto_sign": ({S.ASSIGNED}, S.IN_WORK, {SYS}),
    "issue.retime": (WORK, None, {SYS}),
    "issue.main_ended": ({S.MERGED}, None, {SYS}),
}
"""domain.md §7.2 row by row, for an issue of level 2 that nobody has appealed, objected to or prolonged."""

LAST = {
    OFC: "issue.link",
    COO: "issue.classify",
    DPT: "issue.progress",
    RVW: "issue.contact_failed",
    LDR: "issue.suspend",
}
"""A move of each role that may be taken back."""

ROLE_SETS = [frozenset(roles) for count in (0, 1, 2, len(Role)) for roles in combinations(Role, count)]


def world_for(state: IssueState, action: str) -> IssueWorld:
    """An issue in a state with everything around it that the action needs to go through."""
    fields: dict[str, Any] = {"level": 2, "accepted_at": "2026-11-22T02:00:00.000Z", "limit_days": 10}
    # Whose department tries: the one that does the work, or for a revisit one that has nothing to do with it.
    if action not in ("issue.revisit", "issue.contact_failed", "issue.add_review", "issue.whistle_answer"):
        fields |= {"department": "economy", "department_name": "工信局", "shown_to": ["economy"]}
    if action == "issue.whistle_answer":
        fields |= {"whistled": ["economy"]}
    if action == "issue.close_unreached":
        fields["contacts"] = [
            {"day": f"2026-11-2{n}", "at": "", "method": "phone", "person": "r", "person_name": "孙回访"}
            for n in range(3)
        ]
    if action == "issue.extend":
        fields["extension_asked_days"] = 5
    fields |= {
        "assigned_at": "2026-11-23T00:30:00.000Z",
        "clock_from": "2026-11-22T02:00:00.000Z",
        "due_at": "2026-12-04T09:30:00.000Z" if action != "issue.retime" else None,
    }
    world = IssueWorld.with_issue(state, **fields)
    older = {**world.body(), "id": "older", "state": "closed"}
    world.papers.bodies["issue", "older"] = older
    world.papers.bodies["supervision", "s"] = {
        "id": "s", "number": "D1", "issue": "i", "level": "blue", "cause": "due_soon", "sent_by_name": "中心",
        "sent_at": "2026-11-22T02:00:00.000Z", "reply_due_at": "2026-11-24T02:00:00.000Z",
    }  # fmt: skip
    return world


def test_the_table_is_that_of_the_page() -> None:
    assert ALLOWED.keys() == TRANSITIONS.keys() == ARGS.keys(), "a new move needs its row here"
    moves = {name for name in REGISTER if name.startswith("issue.")}
    assert moves == TRANSITIONS.keys() | {"issue.raise"}, (
        "every move has its function, every function its row"
    )
    for name, (sources, target, _) in ALLOWED.items():
        assert TRANSITIONS[name].sources == sources
        assert TRANSITIONS[name].target == target


@pytest.mark.parametrize("action", list(TRANSITIONS))
def test_every_action_in_every_state_by_every_set_of_roles(action: str) -> None:
    sources, target, may = ALLOWED[action]
    for state in IssueState:
        for roles in ROLE_SETS:
            actor = Actor("p-somebody", "某人", roles, "economy" if Role.HANDLER in roles else None)
            world = world_for(state, action)
            if action == "issue.take_back":
                # Every role may make some move of these; which one it was, and by whom, is told further down.
                world.moved_by(actor, LAST[sorted(roles & may)[0]] if roles & may else "issue.link")
            before, trail = world.body(), world.trail()
            allowed = bool(roles & may) and state in sources
            buttons = {row.action for row in available(world.issue, actor)}
            assert (action in buttons) == allowed, (action, state, roles)
            if allowed:
                world.do(actor, action)
                assert world.issue.state == (target or state)
                (event,) = world.trail()[len(trail) :]
                assert (event.action, event.from_state, event.to_state) == (action, state, target or state)
                assert event.role in {role.value for role in roles & may}
            else:
                with pytest.raises(Refusal) as refused:
                    world.do(actor, action)
                assert refused.value.code in {"role", "issue_state", "issue_guard"}
                assert world.body() == before
                assert world.trail() == trail


def test_nobody_strikes_off_what_was_not_revisited() -> None:
    """Forbidden for every role and by every path: I8 is reached from I7 alone, by a revisit or three failed contacts."""
    into = {name for name, row in TRANSITIONS.items() if S.CLOSED in row.targets}
    assert into == {"issue.revisit", "issue.close_unreached"}
    assert all(TRANSITIONS[name].sources == {S.TO_REVISIT} for name in into)
    for name in into:
        assert not TRANSITIONS[name].roles & {OFC, DPT}


def test_a_department_never_classifies_and_nobody_deletes() -> None:
    assert DPT not in TRANSITIONS["issue.classify"].roles | TRANSITIONS["issue.lower"].roles
    assert not [name for name in REGISTER if name.startswith("issue.") and "delete" in name]
    for name in ("put", "patch"):
        with pytest.raises(Refusal):
            IssueWorld.with_issue(S.REPORTED).do("admin", name, fields={"level": [None, 1]})


@pytest.mark.parametrize(
    ("action", "args", "problem"),
    [
        ("issue.accept", {"category": "nothing"}, "category"),
        ("issue.accept", {"subcategory": "0101"}, "category"),
        ("issue.accept", {"level": 5}, "malformed"),
        ("issue.assign", {"department": "moon"}, "department"),
        ("issue.assign", {"joint": ["moon"]}, "department"),
        ("issue.assign", {"limit_days": 0}, "malformed"),
        ("issue.return", {"reason": ""}, "malformed"),
        ("issue.resubmit", {"title": "长" * 41}, "malformed"),
        ("issue.refuse", {"ground": "mood"}, "ground"),
        ("issue.merge", {"main": "i"}, "main"),
        ("issue.merge", {"main": "older"}, "main"),
        ("issue.classify", {"level": 1}, "level"),
        ("issue.object", {"suggested_department": "economy"}, "department"),
        ("issue.ask_extension", {"enterprise_informed": False}, "not_informed"),
        ("issue.ask_extension", {"days": 11}, "too_long"),
        ("issue.suspend", {"ground": "mood"}, "ground"),
        ("issue.suspend", {"review_on": "2026-11-23"}, "review_on"),
        ("issue.suspend", {"review_on": "2027-06-01"}, "review_on"),
        ("issue.answer", {"result": "perhaps"}, "result"),
        ("issue.answer", {"result": "unable"}, "reason_missing"),
        ("issue.revisit", {"agree_close": False}, "agree_close"),
        ("issue.revisit", {"satisfaction": "dissatisfied"}, "dissatisfaction"),
        ("issue.revisit", {"solved": "perhaps"}, "solved"),
        ("issue.supervise", {"level": "purple"}, "malformed"),
        ("issue.supervise", {"cause": "mood"}, "cause"),
        ("issue.whistle", {"departments": []}, "malformed"),
        ("issue.link", {"other": "i"}, "other"),
        ("issue.link", {"other": "nowhere"}, "missing"),
    ],
)
def test_arguments_are_looked_at(action: str, args: dict[str, Any], problem: str) -> None:
    sources, _, may = ALLOWED[action]
    roles = frozenset({sorted(may)[0]})
    actor = Actor("p-somebody", "某人", roles, "economy" if Role.HANDLER in roles else None)
    state = sorted(sources)[0]
    with pytest.raises(Refusal) as refused:
        world_for(state, action).do(actor, action, **args)
    assert refused.value.code == problem
    assert refused.value.text


@pytest.mark.parametrize("action", [*ARGS, "issue.raise"])
def test_only_an_issue_is_moved(action: str) -> None:
    """A light row, a twin in the wrong bucket or anything else with an issue's fields is none."""
    world = IssueWorld.with_issue(S.REPORTED)
    body = world.papers.bodies["issue", "i"]
    everything = Actor("p-all", "全能", frozenset(Role), "economy")
    args = {**ARGS, "issue.raise": {"local_number": "I-2", "title": "再来一件", "category": "08"}}[action]
    for kind, id in (("issue_row", "i"), ("department_issue", "i"), ("enterprise", "e"), ("visit", "new")):
        world.papers.bodies.setdefault((kind, id), body)
        change = world.change(action, args).model_copy(update={"doc": (kind, id)})
        before = dict(world.papers.bodies)
        with pytest.raises(Refusal) as refused:
            world.papers.run(change, context(everything, world.now, official=True))
        assert refused.value.code == "wrong_kind"
        assert world.papers.bodies == before


def test_an_issue_that_is_gone() -> None:
    world = IssueWorld()
    with pytest.raises(Refusal) as refused:
        world.do("coordinator", "issue.accept")
    assert refused.value.code == "missing"


def test_the_same_change_writes_the_same_event_everywhere() -> None:
    first, second = IssueWorld.with_issue(S.REPORTED), IssueWorld.with_issue(S.REPORTED)
    change = first.change("issue.return", ARGS["issue.return"])
    actor = Actor("p", "李", frozenset({COO}))
    for world in (first, second):
        world.papers.run(change, context(actor, MONDAY))
    assert first.papers.bodies == second.papers.bodies


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


def test_taken_as_signed_without_a_word_is_yellow() -> None:
    assert light_of(IssueState.IN_WORK, 15, 12, unanswered_auto_sign=True) is Light.YELLOW
