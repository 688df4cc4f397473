"""An issue keeps to the dictionaries of its time: limits, lights, words. Another one goes by what is in force."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from app.dictionaries import builtin
from app.domain.changes import Context, Refusal
from app.domain.changes.issue_system import step_due
from app.domain.issue import REFERENCES, Issue, IssueState
from app.domain.taxonomy import JUDGED_BY, Dictionaries
from tests.support.issue_world import ACTORS, ARGS, IssueWorld
from tests.support.laptop import context

OLD = {name: builtin()[name]["version"] for name in builtin()}


def changed() -> dict[str, Any]:
    """Category 08 has another name and limit, and yellow begins earlier."""
    files = copy.deepcopy(builtin())
    files["issue_taxonomy"]["version"] = files["issue_rules"]["version"] = "2027.1"
    (item,) = [one for one in files["issue_taxonomy"]["items"] if one["code"] == "08"]
    item["name"] = "要素保障"
    for sub in item["subcategories"]:
        sub["resolution_days"] = 20
    files["issue_rules"] |= {"yellow_least": 9, "object_days": 5, "redo_days": 7}
    return files


def both() -> Dictionaries:
    former = [(name, OLD[name], builtin()[name]) for name in JUDGED_BY]
    return Dictionaries.parse(changed(), former)


def at(who: str, world: IssueWorld, known: Dictionaries | None) -> Context:
    here = context(ACTORS[who], world.now, official=True)
    return replace(here, dictionaries=known or Dictionaries.parse(builtin()))


def do(world: IssueWorld, who: str, name: str, known: Dictionaries | None = None, **args: Any) -> Issue:
    world.papers.run(world.change(name, {**ARGS.get(name, {}), **args}), at(who, world, known))
    return world.issue


def accepted(known: Dictionaries | None) -> IssueWorld:
    world = IssueWorld()
    args = {"local_number": "I-1", "title": "变压器容量不够", "category": "08", "subcategory": "0803"}
    do(world, "officer", "issue.raise", known, **args)
    do(world, "coordinator", "issue.accept", known)
    return world


def test_the_old_one_keeps_its_name_limit_and_light_and_the_new_one_has_the_new() -> None:
    known = both()
    old, new = accepted(None), accepted(known)
    assert (old.issue.limit_days, new.issue.limit_days) == (15, 20)
    times = [known.of_time(one.issue.reference) for one in (old, new)]
    names = [time.taxonomy.name_of("08", "0803") for time in times]
    assert names == ["水电气讯要素 · 扩容", "要素保障 · 扩容"]
    assert [time.rules.yellow_days(15) for time in times] == [3, 9]
    assert old.issue.reference["issue_rules"] == OLD["issue_rules"]
    assert new.issue.reference["issue_rules"] == "2027.1"


def test_what_is_judged_later_is_judged_by_its_time_too() -> None:
    known = both()
    old, new = accepted(None), accepted(known)
    for world in (old, new):
        do(world, "coordinator", "issue.assign", known)
        world.later(days=3)
    do(new, "handler", "issue.object", known)
    with pytest.raises(Refusal, match="超过 1 个工作日"):
        do(old, "handler", "issue.object", known)
    do(old, "handler", "issue.sign", known)
    # Ten days, three gone: by the rules of its time it is green still, by those of today it would be yellow.
    mine = known.of_time(old.issue.reference).rules
    assert step_due(old.issue, known.calendar, mine, old.now) is None
    assert step_due(old.issue, known.calendar, known.rules, old.now) is not None
    do(old, "handler", "issue.answer", known)
    do(old, "coordinator", "issue.verify", known)
    again = do(old, "revisitor", "issue.revisit", known, solved="unsolved")
    assert (again.state, again.limit_days) == (IssueState.IN_WORK, 15)


def test_classified_anew_it_stays_in_its_own_classification() -> None:
    known = both()
    files = changed()
    files["issue_taxonomy"]["items"] = [i for i in files["issue_taxonomy"]["items"] if i["code"] == "08"]
    former = [(name, OLD[name], builtin()[name]) for name in JUDGED_BY]
    narrow = Dictionaries.parse(files, former)
    old = accepted(None)
    do(old, "coordinator", "issue.classify", narrow)
    assert (old.issue.category, old.issue.reference["issue_taxonomy"]) == ("07", OLD["issue_taxonomy"])
    new = accepted(known)
    with pytest.raises(Refusal):
        do(new, "coordinator", "issue.classify", narrow.of_time({}))


def test_each_word_goes_by_the_moment_it_was_said() -> None:
    """What somebody chose from a later dictionary is shown by that one."""
    world = accepted(None)
    do(world, "coordinator", "issue.assign")
    do(world, "handler", "issue.sign")
    files = {**builtin(), "issue_results": {**builtin()["issue_results"], "version": "2027.9"}}
    do(world, "handler", "issue.answer", Dictionaries.parse(files))
    assert world.issue.reference["issue_results"] == "2027.9"
    assert world.issue.reference["issue_taxonomy"] == OLD["issue_taxonomy"]


def test_every_moment_is_a_field_and_every_name_a_dictionary() -> None:
    assert REFERENCES.keys() <= Issue.model_fields.keys()
    assert {name for names in REFERENCES.values() for name in names} <= builtin().keys()


def test_what_is_not_known_of_then_is_of_today() -> None:
    known = both()
    assert known.of_time({}).taxonomy.version == "2027.1"
    assert known.of_time({"issue_taxonomy": "1999.1"}).taxonomy is known.taxonomy
    now = dict.fromkeys(JUDGED_BY, "2027.1")
    assert known.of_time(now) is known
