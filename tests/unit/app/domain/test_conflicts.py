"""conflict.resolve: guards one by one, and random histories of two laptops and a centre in which nothing is lost."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain.changes import Change, Outcome, Refusal
from app.domain.clock import to_text
from app.domain.conflict import Conflict, ConflictState
from app.domain.documents import Body, clean
from app.domain.enterprise import Enterprise
from app.domain.ids import derived_id
from app.domain.people import Actor, Role
from tests.support.documents import Shelf
from tests.support.laptop import COORDINATOR, NOON, OFFICER, change, context, enterprise_body

HANDLER = Actor("p-handler", "张承办", frozenset({Role.HANDLER}))


def centre(**fields: Any) -> Shelf:
    body = Enterprise.model_validate(enterprise_body("e", **fields)).to_body()
    return Shelf("e:e", {("enterprise", "e"): body})


def edit(**fields: tuple[Any, Any]) -> Change:
    return change(
        "patch", "e:e", "enterprise", "e", {"fields": {name: list(pair) for name, pair in fields.items()}}
    )


def judge(shelf: Shelf, one: Change, actor: Actor) -> Outcome:
    """What the centre does with a change: apply it, and keep what met in a conflict document."""
    outcome = shelf.run(one, context(actor))
    if outcome.conflicts:
        id = derived_id(one.mid, "conflict")
        fields = {
            met.field: {"base": met.base, "theirs": met.theirs, "mine": met.mine} for met in outcome.conflicts
        }
        body = {
            "id": id,
            "target_kind": "enterprise",
            "target_id": "e",
            "fields": fields,
            "author": actor.person,
            "author_name": actor.name,
            "at": to_text(NOON),
            "state": "open",
        }
        shelf.bodies["conflict", id] = clean(body)
    return outcome


def resolve(id: str, **choices: dict[str, Any]) -> Change:
    return change("conflict.resolve", "e:e", "conflict", id, {"choices": choices})


def met(**fields: tuple[Any, Any, Any]) -> tuple[Shelf, str]:
    """A centre with one conflict: each field as (base, theirs, mine)."""
    shelf = centre(**{name: base for name, (base, _, _) in fields.items()})
    judge(shelf, edit(**{name: (base, theirs) for name, (base, theirs, _) in fields.items()}), COORDINATOR)
    judge(shelf, edit(**{name: (base, mine) for name, (base, _, mine) in fields.items()}), OFFICER)
    (id,) = (id for kind, id in shelf.bodies if kind == "conflict")
    return shelf, id


def target(shelf: Shelf) -> Body:
    return shelf.bodies["enterprise", "e"]


def conflict(shelf: Shelf, id: str) -> Conflict:
    return Conflict.model_validate(shelf.bodies["conflict", id])


@pytest.mark.parametrize(
    ("choice", "becomes"),
    [
        ({"pick": "mine", "shown": 131}, 136),
        ({"pick": "theirs", "shown": 131}, 131),
        ({"pick": "other", "value": 140, "shown": 131}, 140),
        ({"pick": "other", "shown": 131}, None),
    ],
)
def test_each_pick_sets_its_value_and_closes(choice: dict[str, Any], becomes: int | None) -> None:
    shelf, id = met(employees=(128, 131, 136))
    one = resolve(id, employees=choice)
    shelf.run(one, context(OFFICER))
    assert target(shelf).get("employees") == becomes
    found = conflict(shelf, id)
    assert (found.state, found.closed_by_name, found.closed_at) == ("closed", OFFICER.name, to_text(NOON))
    [decision] = found.trail
    assert (decision.mid, decision.person, decision.at) == (one.mid, OFFICER.person, to_text(NOON))
    picked = decision.fields["employees"]
    assert (picked.pick, picked.value, picked.shown, picked.done) == (choice["pick"], becomes, 131, True)


def test_some_of_the_fields_may_be_resolved_first() -> None:
    shelf, id = met(employees=(128, 131, 136), address=("一路", "二路", "三路"))
    shelf.run(resolve(id, employees={"pick": "mine", "shown": 131}), context(OFFICER))
    assert conflict(shelf, id).open_fields == ("address",)
    assert conflict(shelf, id).state is ConflictState.OPEN
    shelf.run(resolve(id, address={"pick": "theirs", "shown": "二路"}), context(COORDINATOR))
    found = conflict(shelf, id)
    assert found.state is ConflictState.CLOSED
    assert [decision.person for decision in found.trail] == [OFFICER.person, COORDINATOR.person]
    assert (target(shelf)["employees"], target(shelf)["address"]) == (136, "二路")


def test_a_value_that_moved_stays_open_beside_the_others() -> None:
    shelf, id = met(employees=(128, 131, 136), address=("一路", "二路", "三路"))
    judge(shelf, edit(employees=(131, 133)), COORDINATOR)
    shelf.run(
        resolve(
            id,
            employees={"pick": "other", "value": 140, "shown": 131},
            address={"pick": "mine", "shown": "二路"},
        ),
        context(OFFICER),
    )
    found = conflict(shelf, id)
    assert (target(shelf)["employees"], target(shelf)["address"]) == (133, "三路")
    assert found.open_fields == ("employees",)
    assert (found.fields["employees"].theirs, found.fields["employees"].mine) == (133, 136)
    picked = found.trail[0].fields["employees"]
    assert (picked.value, picked.was, picked.done) == (140, 131, False)


def test_what_somebody_else_resolved_unseen_opens_again() -> None:
    shelf, id = met(employees=(128, 131, 136), address=("一路", "二路", "三路"))
    shelf.run(resolve(id, employees={"pick": "mine", "shown": 131}), context(COORDINATOR))
    shelf.run(resolve(id, employees={"pick": "other", "value": 140, "shown": 131}), context(OFFICER))
    found = conflict(shelf, id)
    assert set(found.open_fields) == {"employees", "address"}
    assert (target(shelf)["employees"], found.fields["employees"].theirs) == (136, 136)


def test_picking_what_stands_there_by_now_is_resolved_whatever_was_shown() -> None:
    shelf, id = met(employees=(128, 131, 136))
    judge(shelf, edit(employees=(131, 136)), COORDINATOR)
    shelf.run(resolve(id, employees={"pick": "mine", "shown": 131}), context(OFFICER))
    assert conflict(shelf, id).state is ConflictState.CLOSED


def test_of_what_is_gone_only_that_can_be_taken() -> None:
    shelf, id = met(employees=(128, 131, 136))
    del shelf.bodies["enterprise", "e"]
    with pytest.raises(Refusal) as refused:
        shelf.run(resolve(id, employees={"pick": "mine", "shown": 131}), context(OFFICER))
    assert refused.value.code == "missing"
    shelf.run(resolve(id, employees={"pick": "theirs", "shown": 131}), context(OFFICER))
    assert conflict(shelf, id).state is ConflictState.CLOSED
    assert ("enterprise", "e") not in shelf.bodies


@pytest.mark.parametrize(
    ("choices", "actor", "problem"),
    [
        ({"employees": {"pick": "mine", "shown": 131}}, HANDLER, "role"),
        ({"address": {"pick": "mine"}}, OFFICER, "not_in_conflict"),
        ({"employees": {"pick": "other", "value": "许多", "shown": 131}}, OFFICER, "malformed"),
        ({"employees": {"pick": "nobody's", "shown": 131}}, OFFICER, "malformed"),
        ({}, OFFICER, "malformed"),
    ],
)
def test_what_is_refused_alters_nothing(choices: dict[str, Any], actor: Actor, problem: str) -> None:
    shelf, id = met(employees=(128, 131, 136))
    before = copy.deepcopy(shelf.bodies)
    with pytest.raises(Refusal) as refused:
        shelf.run(resolve(id, **choices), context(actor))
    assert refused.value.code == problem
    assert shelf.bodies == before


def test_another_kind_of_document_is_not_resolved() -> None:
    shelf, _ = met(employees=(128, 131, 136))
    one = change("conflict.resolve", "e:e", "enterprise", "e", {"choices": {"employees": {"pick": "mine"}}})
    with pytest.raises(Refusal) as refused:
        shelf.run(one, context(OFFICER))
    assert refused.value.code == "malformed"


def test_a_closed_conflict_is_refused_and_says_who_closed_it() -> None:
    shelf, id = met(employees=(128, 131, 136))
    shelf.run(resolve(id, employees={"pick": "mine", "shown": 131}), context(COORDINATOR))
    with pytest.raises(Refusal) as refused:
        shelf.run(resolve(id, employees={"pick": "other", "value": 140, "shown": 136}), context(OFFICER))
    assert refused.value.code == "conflict_closed"
    assert COORDINATOR.name in refused.value.text


# ---------------------------------------------------------------- random histories

FIELDS = ("address", "industry")


@dataclass
class Desk:
    """A laptop: what it last received, and what it has not sent yet."""

    actor: Actor
    received: dict[tuple[str, str], Body]
    pending: list[Change] = field(default_factory=list)

    def seen(self) -> Shelf:
        shelf = Shelf("e:e", copy.deepcopy(self.received))
        for one in self.pending:
            try:
                shelf.run(one, context(self.actor))
            except Refusal:
                continue
        return shelf


class Histories(RuleBasedStateMachine):
    """Every value is typed once. It is in the document, was in it (seen by whoever wrote over it), stands in a conflict,
    or was refused with its reason: without asking the log of changes."""

    def __init__(self) -> None:
        super().__init__()
        self.centre = centre(address="起", industry="始")
        self.desks = [
            Desk(OFFICER, copy.deepcopy(self.centre.bodies)),
            Desk(COORDINATOR, copy.deepcopy(self.centre.bodies)),
        ]
        self.typed: list[str] = []
        self.history: list[Any] = []
        self.refused: list[Change] = []

    @rule(desk=st.integers(0, 1), names=st.sampled_from((FIELDS, FIELDS, FIELDS[:1], FIELDS[1:])))
    def write(self, desk: int, names: tuple[str, ...]) -> None:
        one = self.desks[desk]
        seen = target(one.seen())
        one.pending.append(edit(**{name: (seen.get(name), self.new()) for name in names}))

    @rule(first=st.integers(0, 1))
    def meet(self, first: int) -> None:
        """Both write without having seen the other, both send, both receive."""
        for desk in (first, 1 - first):
            self.write(desk, FIELDS)
        for desk in (first, 1 - first):
            self.send(desk, 100)
        for desk in (first, 1 - first):
            self.receive(desk)

    @precondition(lambda self: any(kind == "conflict" for kind, _ in self.centre.bodies))
    @rule(desk=st.integers(0, 1), data=st.data(), sent=st.booleans())
    def settle(self, desk: int, data: st.DataObject, sent: bool) -> None:
        one = self.desks[desk]
        seen = one.seen()
        found = [
            Conflict.model_validate(body) for (kind, _), body in seen.bodies.items() if kind == "conflict"
        ]
        found = [each for each in found if each.state is ConflictState.OPEN]
        if not found:
            return
        chosen = data.draw(st.sampled_from(found))
        names = data.draw(st.sets(st.sampled_from(chosen.open_fields), min_size=1))
        choices: dict[str, dict[str, Any]] = {}
        for name in sorted(names):
            pick = data.draw(st.sampled_from(("mine", "theirs", "other")))
            choices[name] = {"pick": pick, "shown": target(seen).get(name)}
            if pick == "other":
                choices[name]["value"] = self.new()
        one.pending.append(resolve(chosen.id, **choices))
        if sent:
            self.send(desk, 100)

    def new(self) -> str:
        self.typed.append(f"值{len(self.typed)}")
        return self.typed[-1]

    @rule(desk=st.integers(0, 1), count=st.integers(1, 4))
    def send(self, desk: int, count: int) -> None:
        one = self.desks[desk]
        sent, one.pending = one.pending[:count], one.pending[count:]
        for each in sent:
            before = copy.deepcopy(target(self.centre))
            try:
                judge(self.centre, each, one.actor)
            except Refusal:
                self.refused.append(each)
                continue
            after = target(self.centre)
            for name in FIELDS:
                if after.get(name) != before.get(name):
                    self.history.append(before.get(name))
                    assert before.get(name) == self.shown(each, name), "written over unseen"

    def shown(self, one: Change, name: str) -> Any:
        """What its author had before him in the field."""
        if one.name == "patch":
            return one.args["fields"][name][0]
        return one.args["choices"][name]["shown"]

    @rule(desk=st.integers(0, 1))
    def receive(self, desk: int) -> None:
        self.desks[desk].received = copy.deepcopy(self.centre.bodies)

    @invariant()
    def nothing_is_lost(self) -> None:
        waiting = str([one.args for desk in self.desks for one in desk.pending])
        findable = str([self.centre.bodies, self.history, [one.args for one in self.refused]]) + waiting
        lost = [value for value in self.typed if f"'{value}'" not in findable]
        assert lost == []

    @invariant()
    def a_conflict_is_closed_exactly_when_all_is_resolved(self) -> None:
        for (kind, _), body in self.centre.bodies.items():
            if kind != "conflict":
                continue
            found = Conflict.model_validate(body)
            assert (found.state is ConflictState.CLOSED) == (found.open_fields == ())
            for name, each in found.fields.items():
                done = [one.fields[name].done for one in found.trail if name in one.fields]
                assert each.resolved == (done != [] and done[-1])


TestHistories = Histories.TestCase
