"""`zhuqitong-server demo-data`: a year told by real changes. What stands there is what a year of work would have left: sound, whole,
the same for the same seed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.agency_case import CaseState
from app.domain.issue import IssueState
from sync.server import tables
from sync.server.cli_parts import Opened
from sync.server.demo import KNOWN
from sync.server.settings import ServerSettings
from tests.support.commands import check_failure, done, run, told
from tests.support.postgres import Cluster
from tests.support.server import RunningServer

DAY = "2026-11-20"
PASSWORD = "long-enough-9"
Told = dict[str, Any]


def tell(folder: Path, *words: str, database: str | None = None) -> tuple[RunningServer, Told]:
    server = RunningServer(folder, database)
    out = done(
        server, "demo-data", "--until", DAY, "--password-stdin", "--json", *words, input=f"{PASSWORD}\n"
    )
    report: Told = json.loads(out)
    assert report["refused"] == [], "every story keeps to the rules"
    assert told(server, "verify")["problems"] == []
    return server, report


def documents(server: RunningServer) -> dict[tuple[str, str, str], str]:
    settings = ServerSettings.of(str(server.data_dir), server.database)
    table = tables.document
    query = sa.select(table.c.bucket, table.c.kind, table.c.id, table.c.body)
    with Opened(settings) as center, center.database.reading() as connection:
        return {(row.bucket, row.kind, row.id): row.body for row in connection.execute(query)}


def rows(server: RunningServer, kind: str) -> list[Told]:
    return [json.loads(body) for (_, one, _), body in documents(server).items() if one == kind and body]


def test_a_centre_with_people_in_it_is_left_alone(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    done(server, "init")
    done(server, "account", "add", "wangmin", "--name", "王敏", "--role", "officer", "--generate")
    before = documents(server)
    check_failure(run(server, "demo-data", "--until", DAY), "--add", "没有加演示数据")
    check_failure(run(server, "demo-data", "--until", "2999-01-01"), "将来")
    check_failure(run(server, "demo-data", "--days", "10"), "75")
    # Told to, it adds; but nobody's account is taken over, and then nothing is written at all.
    check_failure(run(server, "demo-data", "--until", DAY, "--add", "--days", "75"), "wangmin", "已经有了")
    assert documents(server) == before


@pytest.mark.slow
def test_the_same_seed_gives_the_same_documents(tmp_path: Path) -> None:
    first, _ = tell(tmp_path / "a", "--days", "75", "--seed", "3")
    again, _ = tell(tmp_path / "b", "--days", "75", "--seed", "3")
    assert documents(first) == documents(again)
    other, _ = tell(tmp_path / "c", "--days", "75", "--seed", "4")
    assert not {body for body in documents(other).values() if body} >= {
        body for (_, kind, _), body in documents(first).items() if kind == "enterprise"
    }


@pytest.mark.slow
@pytest.mark.postgres
def test_on_postgresql_it_is_the_same_park(tmp_path: Path, cluster: Cluster) -> None:
    words = ("--days", "75", "--seed", "3")
    there, report = tell(tmp_path / "there", *words, database=cluster.new_database())
    here, same = tell(tmp_path / "here", *words)
    assert report["changes"] == same["changes"]
    assert documents(there) == documents(here)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> RunningServer:
    server, _ = tell(tmp_path_factory.mktemp("year"))
    return server


@pytest.mark.slow
def test_a_year_has_everything_in_every_state(year: RunningServer) -> None:
    issues = rows(year, "issue_row")
    assert {row["state"] for row in issues} == {state.value for state in IssueState} - {"void"}
    turns = (
        "solved_on_spot",
        "repeated",
        "auto_signed",
        "reopened",
        "objections",
        "supervision",
    )
    assert [turn for turn in turns if not any(row.get(turn) for row in issues)] == []
    assert any(row["state"] == "in_work" and row["due_at"] < DAY for row in issues), "something is overdue"
    assert any(row.get("objections") == 2 for row in issues), "a leader had to rule"
    assert any(row.get("extension_days") for row in rows(year, "issue"))
    cases = {row["state"] for row in rows(year, "case_row")}
    assert cases == {state.value for state in CaseState}
    ledgers = Counter(row["ledger"] for row in rows(year, "record_row") if row.get("ledger"))
    assert set(ledgers) == {"financing", "policy_claim", "covenant", "land_yield", "satisfaction"}
    meetings = Counter((row["meeting_kind"], row["state"]) for row in rows(year, "meeting"))
    assert meetings["reception", "held"] >= 11
    assert meetings["joint", "held"] >= 11
    assert {row["outcome"] for row in rows(year, "meeting_item")} >= {"solved", "assigned", "recorded"}
    assert len(rows(year, "enterprise")) == 60
    assert len(rows(year, "team")) == 20
    stages = {row["stage"] for row in rows(year, "project_row")}
    assert len(stages) >= 4, stages
    assert {row["type"] for row in rows(year, "review")} == {"score", "diligence", "joint", "pre"}
    assert any(row.get("score") for row in rows(year, "review"))
    plans = {row["state"] for row in rows(year, "visit_plan")}
    assert plans == {"planned", "done", "cancelled"}


@pytest.mark.slow
def test_what_is_said_of_the_year_is_plausible(year: RunningServer) -> None:
    found = {one["id"]: one for one in told(year, "figures", "--period", "2026")["figures"]}

    def value(id: str) -> float:
        return float(str(found[id]["value"]).split()[0])

    for id, least in (
        ("R01", 85),
        ("R03", 85),
        ("R05", 70),
        ("R11", 95),
        ("R12", 90),
        ("R19c", 60),
        ("R21", 70),
    ):
        assert least <= value(id) <= 100, (id, found[id])
    for id in ("R06", "R09", "R09b", "R17", "R18b", "R18c", "R22", "R23"):
        assert 0 < value(id) < 100, (id, found[id])


@pytest.mark.slow
def test_people_sign_in_with_the_password_that_was_given(year: RunningServer) -> None:
    year.start()
    try:
        for account, name, _, _ in KNOWN:
            assert year.sign_in(account, PASSWORD).who["name"] == name
    finally:
        year.stop()
