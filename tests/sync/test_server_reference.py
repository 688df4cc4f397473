"""The park's own dictionaries: listed, shown, published in versions; what the program brings stays behind them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.clock import beijing_date, from_text, system_clock
from sync.server.reference import Reference
from sync.server.watch import watch
from tests.support.commands import check_failure, done, run, told
from tests.support.park import Park
from tests.sync.test_server_departments import Told


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


def published(server: Any) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in told(server, "reference", "list", "--json")["dictionaries"]}


def file(folder: Path, content: Any) -> str:
    path = folder / "dictionary.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_a_dictionary_is_changed_in_a_new_version_and_init_leaves_it(park: Park, tmp_path: Path) -> None:
    server = park.server
    before = published(server)["departments"]
    assert (before["own"], before["versions"]) == (False, [before["version"]])
    content = json.loads(done(server, "reference", "show", "departments"))
    content["items"][0]["name"] = "经济和信息化局"
    check_failure(
        run(server, "reference", "publish", "departments", file(tmp_path, content)), "换一个 version"
    )
    content["version"] = "2026.9"
    report = told(server, "reference", "publish", "departments", file(tmp_path, content), "--json")
    assert report == {"published": True, "name": "departments", "version": "2026.9"}
    assert not told(server, "reference", "publish", "departments", file(tmp_path, content), "--json")[
        "published"
    ]
    after = published(server)["departments"]
    assert (after["own"], after["versions"]) == (True, [before["version"], "2026.9"])
    done(server, "init")
    assert published(server)["departments"] == after, (
        "what the program brings does not replace the park's own"
    )
    old = json.loads(done(server, "reference", "show", "departments", "--version", before["version"]))
    assert old["items"][0]["name"] != "经济和信息化局"
    held = park.officer().pull_all()
    names = {body["id"]: body["version"] for body in held.of_kind("dictionary")}
    assert names["departments"] == "2026.9"
    assert f"departments@{before['version']}" in {body["id"] for body in held.of_kind("dictionary_version")}


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("nothing", {"version": "1", "items": []}, "没有叫 nothing"),
        ("departments", {"items": []}, "没有版本"),
        ("departments", {"version": "9", "items": [{"name": "没有编号"}]}, "内容不对"),
        ("issue_rules", {"version": "9", "sign_days": 0}, "内容不对"),
        ("work_calendar", {"version": "9", "days": [{"date": "2027-02-30", "works": True}]}, "内容不对"),
        ("urgency", {"version": "9", "items": "many"}, "items"),
        ("urgency", [], "没有版本"),
    ],
)
def test_what_would_stop_every_laptop_is_not_let_out(
    park: Park, tmp_path: Path, name: str, content: Any, word: str
) -> None:
    check_failure(run(park.server, "reference", "publish", name, file(tmp_path, content)), word)


def test_a_work_calendar_arrives_and_open_deadlines_are_worked_out_anew(park: Park, tmp_path: Path) -> None:
    issue = Told(park)
    issue.assigned(limit_days=60)
    before = issue.issue()
    due = beijing_date(from_text(before["due_at"]))
    # The due day itself turns out to be a holiday, and the year is known whole.
    calendar = {
        "version": f"{due.year}.1",
        "years": [system_clock().year, due.year],
        "days": [{"date": due.isoformat(), "works": False, "name": "假日"}],
    }
    done(park.server, "reference", "publish", "work_calendar", file(tmp_path, calendar))
    assert watch(park.database, Reference(), system_clock())["issue.retime"] >= 1
    after = issue.issue()
    assert after["due_at"] > before["due_at"]
    assert not after.get("due_provisional")
    assert issue.trail()[-1].action == "issue.retime" or any(
        event.action == "issue.retime" for event in issue.trail()
    )
