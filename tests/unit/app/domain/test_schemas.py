"""Changes of an older schema: brought up by steps, taken for twelve months. The schemas here are made up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from app.domain.changes import Change, Refusal, schemas
from app.domain.changes.schemas import Args, Schema
from tests.support import laptop
from tests.support.documents import Shelf


def staff_becomes_employees(args: Args) -> tuple[str, Args]:
    """What schema 1 called `edit` with `what`, `was` and `is` is a field edit since schema 2."""
    return "patch", {"fields": {args["what"]: [args.get("was"), args["is"]]}}


def whole_numbers(args: Args) -> tuple[str, Args]:
    """Schema 2 had numbers of people as text."""
    fields = {name: [int(x) if x else None for x in pair] for name, pair in args["fields"].items()}
    return "patch", {**args, "fields": fields}


MADE_UP = (
    Schema(1, date(2024, 1, 1)),
    Schema(2, date(2024, 2, 29), {"edit": staff_becomes_employees}),
    Schema(3, date(2026, 3, 1), {"patch": whole_numbers}),
)


@pytest.fixture
def three_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "SCHEMAS", MADE_UP)


def old(args: dict[str, Any], schema: int = 1, name: str = "edit") -> Change:
    made = laptop.change(name, "e:e1", "enterprise", "e1", args)
    return made.model_copy(update={"schema_": schema})


def shelf() -> Shelf:
    return Shelf("e:e1", {("enterprise", "e1"): laptop.enterprise_body("e1", from_the_future={"a": [1]})})


@pytest.mark.usefixtures("three_schemas")
def test_an_old_change_goes_up_step_by_step_and_does_what_it_meant() -> None:
    change = old({"what": "employees", "was": None, "is": "12"})
    assert change.brought_up().args == {"fields": {"employees": [None, 12]}}
    assert (change.brought_up().mid, change.brought_up().schema_) == (change.mid, 3)
    here = shelf()
    here.run(change, laptop.context())
    assert here.bodies["enterprise", "e1"]["employees"] == 12
    assert here.bodies["enterprise", "e1"]["from_the_future"] == {"a": [1]}


@pytest.mark.usefixtures("three_schemas")
def test_one_of_the_schema_between_begins_there_and_todays_is_left_alone() -> None:
    assert old({"fields": {"employees": ["1", "2"]}}, 2, "patch").brought_up().args["fields"] == {
        "employees": [1, 2]
    }
    today = old({"fields": {"employees": [1, 2]}}, 3, "patch")
    assert today.brought_up() is today
    other = old({}, 1, "visit.cancel").brought_up()
    assert (other.name, other.args, other.schema_) == ("visit.cancel", {}, 3)


@pytest.mark.usefixtures("three_schemas")
@pytest.mark.parametrize(
    "args", [{}, {"what": []}, {"what": "employees", "is": "many"}, {"what": [], "is": 1}]
)
def test_what_its_own_schema_would_not_know_is_refused(args: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        shelf().run(old(args), laptop.context())
    assert refused.value.code == "malformed"


@pytest.mark.usefixtures("three_schemas")
def test_taken_for_twelve_months_after_the_next_one_came() -> None:
    assert schemas.taken_until(1) == date(2025, 3, 1)
    assert schemas.taken_until(2) == date(2027, 3, 1)
    assert schemas.taken_until(3) is None
    assert schemas.taken_until(4) is None


def test_the_real_schemas_are_numbered_without_a_gap_and_in_order_of_days() -> None:
    assert [schema.number for schema in schemas.SCHEMAS] == list(range(1, schemas.newest() + 1))
    days = [schema.since for schema in schemas.SCHEMAS]
    assert days == sorted(days)
    assert all(isinstance(day, date) and not isinstance(day, datetime) for day in days)
