"""A classification and rules are published anew: what was accepted before keeps its name, limit and light, at the centre and
on the desk; what is accepted after has the new ones."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain import buckets
from app.domain.clock import from_text, system_clock
from app.domain.issue import Light
from app.services import issues
from app.services.desk import Desk
from sync.server.reference import Reference
from sync.server.watch import watch
from tests.support.commands import done
from tests.support.desks import Writing, open_desk
from tests.support.park import Park
from tests.sync.test_server_departments import Told


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    """One for this file: what is published here is in force for all that follows."""
    return unshared_park


def publish(park: Park, folder: Path, name: str, content: dict[str, object]) -> None:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    done(park.server, "reference", "publish", name, str(path))


def desk_with(told: Told, folder: Path) -> Desk:
    """A coordinator's desk with all that the officer of this issue holds."""
    due = from_text(told.issue()["due_at"])
    clock = due - timedelta(days=1)
    who = {"person": "p-c", "account": "chen", "name": "陈协调", "roles": ["coordinator"], "department": None}
    desk = open_desk(folder, who, lambda: clock)
    writing = Writing()
    held = told.officer.pull_all()
    for (bucket, kind, id), (_, body) in held.rows.items():
        writing.add(bucket, kind, id, body, project=False)
    writing.into(desk, {bucket for bucket, _, _ in held.rows if buckets.kind_of(bucket) != buckets.PERSON})
    return desk


def test_old_and_new_stand_side_by_side(park: Park, tmp_path: Path) -> None:
    old = Told(park)
    old.assigned()
    taxonomy = json.loads(done(park.server, "reference", "show", "issue_taxonomy"))
    rules = json.loads(done(park.server, "reference", "show", "issue_rules"))
    before = {"issue_taxonomy": taxonomy["version"], "issue_rules": rules["version"]}
    (category,) = [one for one in taxonomy["items"] if one["code"] == "08"]
    category["name"] = "要素保障"
    for sub in category["subcategories"]:
        sub["resolution_days"] = 20
    publish(park, tmp_path, "issue_taxonomy", {**taxonomy, "version": "2027.1"})
    publish(
        park, tmp_path, "issue_rules", {**rules, "version": "2027.1", "yellow_least": 0, "yellow_percent": 0}
    )
    new = Told(park)
    new.did(new.coordinator, "issue.accept", {"category": "08", "subcategory": "0803", "level": 2})
    assert new.issue()["limit_days"] == 20
    new.did(new.coordinator, "issue.assign", {"department": "economy", "limit_days": 10})
    handler = park.handler("economy")
    for told in (old, new):
        assert told.at_department(handler, "issue.sign")["status"] == "applied"
    kept = old.issue()["reference"]
    assert {name: kept[name] for name in before} == before
    assert {name: new.issue()["reference"][name] for name in before} == dict.fromkeys(before, "2027.1")

    # A day before the deadline the centre reminds the old one's department alone: by its rules it is yellow.
    due = min(from_text(told.issue()["due_at"]) for told in (old, new))
    watch(park.database, Reference(), due - timedelta(days=1))
    notes = [bool(told.officer.pull_all().of_kind("supervision")) for told in (old, new)]
    assert notes == [True, False]

    for told, name, light in (
        (old, "水电气讯要素 · 扩容", Light.YELLOW),
        (new, "要素保障 · 扩容", Light.GREEN),
    ):
        with desk_with(told, tmp_path / told.id) as desk:
            page = issues.page(desk, told.id)
            assert page is not None
            assert (page.line.category, page.line.light) == (name, light)
            assert {
                choice.name
                for choice in issues.form_for(desk, page.issue, "issue.classify").fields[0].choices
            } >= {f"08 {name.partition(' ')[0]}"}
    assert system_clock() < due
