"""put and patch: merging by value, field by field."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.changes import Refusal
from app.domain.changes.fields import EDITABLE
from app.domain.documents import same_value
from app.domain.enterprise import Enterprise
from tests.support.documents import Shelf
from tests.support.laptop import ADMIN, COORDINATOR, OFFICER, change, context, enterprise_body

TEXT_FIELDS = ("ownership", "business_scope", "province", "region", "address", "industry")
values = st.none() | st.text(max_size=6)
bodies = st.fixed_dictionaries({}, optional={name: st.text(max_size=6) for name in TEXT_FIELDS})


def shelf(**fields: Any) -> Shelf:
    return Shelf(
        "e:e", {("enterprise", "e"): Enterprise.model_validate(enterprise_body("e", **fields)).to_body()}
    )


def edit(fields: dict[str, Any], kind: str = "enterprise", id: str = "e") -> Any:
    return change("patch", "e:e", kind, id, {"fields": fields})


def body(papers: Shelf) -> dict[str, Any]:
    return papers.bodies["enterprise", "e"]


@given(bodies, st.data())
def test_different_fields_never_conflict(start: dict[str, str], data: st.DataObject) -> None:
    """Two people who saw the same state and altered different fields both get what they wrote, in either order."""
    split = data.draw(st.integers(1, len(TEXT_FIELDS) - 1))
    names = data.draw(st.permutations(TEXT_FIELDS))
    one = edit({name: [start.get(name), data.draw(values)] for name in names[:split]})
    two = edit({name: [start.get(name), data.draw(values)] for name in names[split:]})
    results = []
    for order in ((one, two), (two, one)):
        papers = shelf(**start)
        for single in order:
            assert papers.run(single, context()).conflicts == ()
        results.append(papers.bodies)
    assert results[0] == results[1]
    wanted = {name: to for single in (one, two) for name, (_, to) in single.args["fields"].items()}
    assert all(same_value(results[0]["enterprise", "e"].get(name), to) for name, to in wanted.items())


@given(bodies, st.sampled_from(TEXT_FIELDS), values, values)
def test_the_same_value_never_conflicts(
    start: dict[str, str], name: str, wrong: str | None, to: str | None
) -> None:
    """Whatever the author believed was there before: where his value stands already there is nothing to do."""
    papers = shelf(**{**start, **({} if to is None else {name: to})})
    if to is None:
        body(papers).pop(name, None)
    outcome = papers.run(edit({name: [wrong, to]}), context())
    assert outcome.conflicts == ()
    assert outcome.writes == ()


@given(bodies, st.sampled_from(TEXT_FIELDS), values, values)
def test_a_conflict_keeps_theirs_and_tells_all_three(
    start: dict[str, str], name: str, old: str | None, mine: str | None
) -> None:
    papers = shelf(**start)
    theirs = body(papers).get(name)
    outcome = papers.run(edit({name: [old, mine], "employees": [None, 7]}), context())
    assert body(papers)["employees"] == 7, "a conflict holds up its own field alone"
    if same_value(theirs, mine) or same_value(theirs, old):
        assert outcome.conflicts == ()
        assert same_value(body(papers).get(name), mine)
    else:
        (conflict,) = outcome.conflicts
        assert (conflict.kind, conflict.id, conflict.field) == ("enterprise", "e", name)
        assert same_value(conflict.base, old)
        assert same_value(conflict.theirs, theirs)
        assert same_value(conflict.mine, mine)
        assert same_value(body(papers).get(name), theirs)


@given(bodies, st.lists(st.tuples(st.sampled_from(TEXT_FIELDS), values), max_size=8))
def test_a_chain_of_ones_own_edits_runs_through(
    start: dict[str, str], edits: list[tuple[str, str | None]]
) -> None:
    papers, seen = shelf(**start), shelf(**start)
    for name, to in edits:
        single = edit({name: [body(seen).get(name), to]})
        seen.run(single, context())
        assert papers.run(single, context()).conflicts == ()
    assert papers.bodies == seen.bodies


def test_one_and_one_point_zero_are_the_same() -> None:
    papers = shelf(employees=12)
    outcome = papers.run(edit({"employees": [12.0, 13]}), context())
    assert outcome.conflicts == ()
    assert body(papers)["employees"] == 13


def test_a_number_sent_as_text_is_kept_as_a_number() -> None:
    papers = shelf()
    papers.run(edit({"employees": [None, "12"]}), context())
    assert body(papers)["employees"] == 12
    papers.run(edit({"employees": [12, None]}), context())
    assert "employees" not in body(papers)


def test_an_edit_brings_in_no_defaults_of_the_model() -> None:
    papers = shelf()
    del body(papers)["visit_cycle"]
    papers.run(edit({"address": [None, "新址"]}), context())
    assert "visit_cycle" not in body(papers)


def test_fields_this_version_does_not_know_are_kept() -> None:
    papers = shelf()
    body(papers)["future"] = {"a": [1, "二"]}
    papers.run(edit({"address": [None, "新址"]}), context())
    assert body(papers)["future"] == {"a": [1, "二"]}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"last_visit_on": [None, "2026-01-01"]}, "not_editable"),
        ({"officer_name": [None, "我"]}, "not_editable"),
        ({"id": ["e", "f"]}, "not_editable"),
        ({"nonsense": [None, 1]}, "not_editable"),
        ({"employees": [None, "many"]}, "malformed"),
        ({"name": ["x"]}, "malformed"),
    ],
)
def test_what_cannot_be_edited(fields: dict[str, Any], problem: str) -> None:
    papers = shelf()
    with pytest.raises(Refusal) as refused:
        papers.run(edit(fields), context())
    assert refused.value.code == problem


@pytest.mark.parametrize("kind", ["issue", "visit", "record", "assignment", "form", "nothing"])
def test_what_has_moves_of_its_own_is_not_patched(kind: str) -> None:
    assert kind not in EDITABLE
    for name in ("put", "patch"):
        with pytest.raises(Refusal) as refused:
            shelf().run(change(name, "e:e", kind, "x", {"fields": {}}), context(ADMIN))
        assert refused.value.code == "not_editable"


def put(fields: dict[str, Any], bucket: str = "e:n", kind: str = "enterprise", id: str = "n") -> Any:
    return change("put", bucket, kind, id, {"fields": {name: [None, to] for name, to in fields.items()}})


def test_putting_twice_is_putting_once() -> None:
    papers = Shelf("e:n")
    one = put(enterprise_body("n", address="一路"))
    assert len(papers.run(one, context(ADMIN)).writes) == 1
    assert papers.bodies["enterprise", "n"]["visit_cycle"] == "quarter", (
        "the model's defaults are part of what is made"
    )
    assert papers.run(one, context(ADMIN)).writes == ()
    with pytest.raises(Refusal) as refused:
        papers.run(put(enterprise_body("n", address="二路")), context(ADMIN))
    assert refused.value.code == "exists"


@pytest.mark.parametrize(
    ("one", "actor", "problem"),
    [
        (put(enterprise_body("n")), OFFICER, "role"),
        (put(enterprise_body("other")), ADMIN, "malformed"),
        (put(enterprise_body("n"), bucket="e:other"), ADMIN, "wrong_bucket"),
        (put({"id": "n", "name": "没有代码"}), ADMIN, "malformed"),
        (
            put(
                {
                    "id": "n",
                    "enterprise": "e",
                    "purpose": "photo",
                    "file_name": "a.jpg",
                    "media_type": "image/jpeg",
                    "size": 1,
                    "sha256": "0" * 64,
                    "stored_at": "2026-11-22T04:00:00.000Z",
                },
                bucket="e:e",
                kind="attachment",
            ),
            OFFICER,
            "not_editable",
        ),
    ],
)
def test_what_cannot_be_put(one: Any, actor: Any, problem: str) -> None:
    with pytest.raises(Refusal) as refused:
        Shelf(one.bucket).run(one, context(actor))
    assert refused.value.code == problem


def test_an_unknown_change() -> None:
    with pytest.raises(Refusal) as refused:
        shelf().run(change("enterprise.blow_up", "e:e", "enterprise", "e", {}), context(COORDINATOR))
    assert refused.value.code == "unknown_change"
    assert refused.value.params == {"name": "enterprise.blow_up"}


def test_another_moment_alters_nothing_else_of_a_context() -> None:
    here = context(OFFICER, official=True)
    later = here.at(here.now + timedelta(minutes=1))
    assert later.now == here.now + timedelta(minutes=1)
    for each in fields(here):
        assert each.name == "now" or getattr(later, each.name) is getattr(here, each.name)
