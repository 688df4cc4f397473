"""走访周期 ordered for many enterprises: all of them or none, by coordinators only, seen by the officer and in the directory."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain import buckets
from app.domain.ids import new_id
from sync.server import verify
from tests.support.park import Park, change
from tests.support.server import Laptop


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow


def order(laptop: Laptop, cycles: dict[str, str]) -> dict[str, Any]:
    args = {"cycles": [{"enterprise": id, "cycle": cycle} for id, cycle in cycles.items()]}
    doc = ("visit_cycle_order", new_id())
    return change("visit_cycle.order", buckets.of_person(laptop.person), doc, args)


def cycles(laptop: Laptop, kind: str) -> dict[str, str]:
    return {body["id"]: body["visit_cycle"] for body in laptop.pull_all().of_kind(kind)}


def test_many_are_set_in_one_go_or_not_at_all(park: Park) -> None:
    ids = [park.enterprise() for _ in range(2)]
    officer, coordinator = park.officer(*ids), park.coordinator()
    assert cycles(officer, "enterprise") == dict.fromkeys(ids, "quarter")
    [verdict] = coordinator.push(order(coordinator, {ids[0]: "week", new_id(): "week"}))
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "missing")
    assert cycles(officer, "enterprise") == dict.fromkeys(ids, "quarter")
    [verdict] = coordinator.push(order(coordinator, {ids[0]: "week", ids[1]: "month"}))
    assert verdict["status"] == "applied"
    assert cycles(officer, "enterprise") == {ids[0]: "week", ids[1]: "month"}
    assert cycles(coordinator, "enterprise_row").items() >= {ids[0]: "week", ids[1]: "month"}.items()
    assert verify.verify(park.database, park.settings).problems == []


def test_an_officer_orders_nothing_for_others(park: Park) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    [verdict] = officer.push(order(officer, {id: "week"}))
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "role")
    [verdict] = officer.push(
        change("enterprise.cycle", buckets.of_enterprise(id), ("enterprise", id), {"cycle": "week"})
    )
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "role")
