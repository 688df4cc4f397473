"""`zhuqitong-server verify --mend`: a centre from before rows existed gets them, through the one writer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain import buckets
from app.domain.ids import new_id
from sync.protocol import digest
from sync.server import tables
from tests.support.commands import run
from tests.support.park import Park, change, start_visit, submit_visit
from tests.support.recorded import DAYS, centre


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow
_d = tables.document


def verified(park: Park, *options: str) -> dict[str, Any]:
    ended = run(park.server, "verify", "--json", *options)
    report: dict[str, Any] = json.loads(ended.stdout)
    assert ended.returncode == (0 if report["ok"] else 1)
    return report


def as_an_older_program_left_it(park: Park, enterprise: str, rows: set[tuple[str, str]]) -> None:
    """Rows it did not know are not there, the profile says nothing of who looks after it; counts and sums are right."""
    with park.database.writing() as connection:
        for kind, id in rows:
            connection.execute(sa.delete(_d).where(_d.c.kind == kind, _d.c.id == id))
        for kind in ("enterprise", "enterprise_row"):
            where = sa.and_(_d.c.kind == kind, _d.c.id == enterprise)
            body = json.loads(connection.scalars(sa.select(_d.c.body).where(where)).one())
            for name in ("people", "visit_cycle"):
                body.pop(name, None)
            connection.execute(sa.update(_d).where(where).values(body=json.dumps(body)))
        left = [
            digest.row_sum(row.kind, row.id, row.rev)
            for row in connection.execute(
                sa.select(_d).where(_d.c.bucket.like("dir:%"), _d.c.deleted.is_(False))
            )
        ]
        total = 0
        for one in left:
            total = digest.add(total, one)
        table = tables.bucket
        connection.execute(
            sa.update(table).where(table.c.id.like("dir:%")).values(count=len(left), sum=total)
        )


def test_rows_and_people_are_written_and_reach_who_may_see_them(park: Park) -> None:
    id, visit, plan = park.enterprise(), new_id(), new_id()
    officer, coordinator = park.officer(id), park.coordinator()
    planned = change(
        "visit_plan.make", buckets.of_enterprise(id), ("visit_plan", plan), {"day": "2026-11-25"}
    )
    verdicts = officer.push(start_visit(id, visit), submit_visit(id, visit), planned)
    assert [verdict["status"] for verdict in verdicts] == ["applied"] * 3
    assert verified(park)["problems"] == []
    as_an_older_program_left_it(park, id, {("visit_row", visit), ("visit_plan_row", plan)})
    codes = sorted(problem["code"] for problem in verified(park)["problems"])
    assert codes == ["people_differ", "projection_missing", "projection_missing"]

    report = verified(park, "--mend")
    assert report["problems"] == []
    assert report["mended"] == {"rows": 2, "enterprises": 1}
    held = coordinator.pull_all()
    assert [row["id"] for row in held.of_kind("visit_row")] == [visit]
    [row] = [row for row in held.of_kind("enterprise_row") if row["id"] == id]
    assert [one["person"] for one in row["people"]] == [officer.person]
    assert row["visit_cycle"] == "quarter"

    again = verified(park, "--mend")
    assert (again["ok"], again["mended"]) == (True, {"rows": 0, "enterprises": 0})
    assert "补写了投影 0 条" in run(park.server, "verify", "--mend").stdout


def test_a_row_that_says_something_else_is_put_right(park: Park) -> None:
    id = park.enterprise()
    where = sa.and_(_d.c.kind == "enterprise_row", _d.c.id == id)
    with park.database.writing() as connection:
        body = json.loads(connection.scalars(sa.select(_d.c.body).where(where)).one())
        connection.execute(sa.update(_d).where(where).values(body=json.dumps({**body, "name": "改过的"})))
    assert [problem["code"] for problem in verified(park)["problems"]] == ["projection_differs"]
    assert verified(park, "--mend")["mended"] == {"rows": 1, "enterprises": 0}


def test_what_has_no_source_is_left_to_be_looked_at(park: Park) -> None:
    id = park.enterprise()
    where = sa.and_(_d.c.kind == "enterprise", _d.c.id == id)
    with park.database.writing() as connection:
        kept = dict(connection.execute(sa.select(_d).where(where)).mappings().one())
        connection.execute(sa.delete(_d).where(where))
    codes = {problem["code"] for problem in verified(park, "--mend")["problems"]}
    assert "projection_surplus" in codes
    with park.database.writing() as connection:
        connection.execute(sa.insert(_d).values(**kept))
    assert verified(park)["ok"]


@pytest.mark.parametrize("day", DAYS)
def test_what_earlier_programs_left_is_put_right(day: str, tmp_path: Path) -> None:
    with centre(day, tmp_path / "centre", None) as server:
        found = json.loads(run(server, "verify", "--json").stdout)
        assert {problem["code"] for problem in found["problems"]} <= {"people_differ", "projection_differs"}
        ended = run(server, "verify", "--mend", "--json")
        assert (ended.returncode, json.loads(ended.stdout)["problems"]) == (0, [])
