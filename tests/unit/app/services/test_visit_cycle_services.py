"""走访周期: what another cycle makes of due dates, who may set it, and that it can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.changes.visit_cycles import CYCLE_ORDER, cycles_of
from app.domain.enterprise import Enterprise
from app.domain.visit import Cycle, Due
from app.errors import KnownError
from app.services import enterprises, visit_cycles
from app.store.outbox import pending
from tests.support.desks import coordinator_desk, officer_desk


def test_an_officer_alters_several_of_his_own_and_takes_it_back(tmp_path: Path) -> None:
    desk = officer_desk(tmp_path / "desk")
    lines = visit_cycles.listing(desk)
    assert {line.id for line in lines} == {f"ent-{n}" for n in range(8)}
    visited = next(line for line in lines if line.id == "ent-2")
    assert visited.due is not None
    assert visited.due.due is Due.DONE, "visited on 20 October, once a quarter"
    (effect,) = visit_cycles.effects(desk, [visited], Cycle.WEEK)
    assert effect.overdue
    assert effect.before == "本期已走访（到 12月31日）"
    assert effect.after == "11月22日前，逾期 1 天"
    assert visit_cycles.effects(desk, [visited], Cycle.QUARTER) == []

    former = visit_cycles.set_cycles(
        desk, {"ent-2": Cycle.WEEK, "ent-3": Cycle.MONTH, "ent-4": Cycle.QUARTER}
    )
    assert former == {"ent-2": Cycle.QUARTER, "ent-3": Cycle.QUARTER}
    overdue = {line.id for line in enterprises.listing(desk, filters=("overdue",))}
    assert "ent-2" in overdue
    visit_cycles.set_cycles(desk, former)
    assert {line.cycle for line in visit_cycles.listing(desk)} == {Cycle.QUARTER}
    with pytest.raises(KnownError) as refused:
        visit_cycles.set_cycles(desk, {"ent-2": Cycle.QUARTER})
    assert "没有要改的" in refused.value.text
    desk.close()


def test_a_coordinator_orders_what_he_holds_as_rows_only(tmp_path: Path) -> None:
    desk = coordinator_desk(tmp_path / "desk", held=("ent-0",))
    lines = {line.id: line for line in visit_cycles.listing(desk)}
    assert lines["ent-0"].held
    assert not lines["ent-9"].held
    visit_cycles.set_cycles(desk, {"ent-0": Cycle.MONTH, "ent-9": Cycle.WEEK})
    held = desk.store.get(Enterprise.kind, "ent-0")
    assert held is not None
    assert held.body["visit_cycle"] == "month"
    patch, order = (one.change for one in pending(desk.store))
    assert (patch.name, order.name) == ("patch", CYCLE_ORDER)
    (part,) = cycles_of(order)
    assert (part.name, part.bucket, part.args) == ("enterprise.cycle", "e:ent-9", {"cycle": "week"})
    desk.close()
