"""The figures are the same at the centre, on a leader's laptop, on an officer's and on a department's, from the same documents."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.domain.clock import beijing_date, system_clock
from app.domain.enterprise_parts import seat_id
from app.domain.figures import Period, Span
from app.domain.ids import new_id
from app.domain.people import Role
from tests.support.commands import check_failure, run
from tests.support.commands import told as told_by_centre
from tests.support.park import Park, change, issue, start_visit, submit_visit
from tests.support.server import PASSWORD, Laptop
from ui.main import main

pytestmark = pytest.mark.slow


class Town:
    """A park in which something has happened: two officers, four enterprises, issues up to their end."""

    def __init__(self, park: Park) -> None:
        self.park = park
        self.enterprises = [park.enterprise(industry=code) for code in ("C3741", "C1411", "C3741", "C2641")]
        self.accounts: dict[str, str] = {}
        self.laptops: dict[str, Laptop] = {}
        for name, role, department in (
            ("wang", Role.OFFICER, None),
            ("liu", Role.OFFICER, None),
            ("chen", Role.COORDINATOR, None),
            ("zhao", Role.HANDLER, "economy"),
            ("sun", Role.REVISITOR, None),
            ("zhou", Role.LEADER, None),
        ):
            self.accounts[name], _ = park.account(role, department)
            self.laptops[name] = park.server.sign_in(self.accounts[name])
        park.assign(self.accounts["wang"], *self.enterprises[:3])
        park.assign(self.accounts["liu"], *self.enterprises[2:])
        self._happen()

    def _happen(self) -> None:
        first, second, third, _ = self.enterprises
        issues = self._visited("wang", first, 3)
        self._visited("wang", second, 1)
        (other,) = self._visited("liu", third, 1)
        for id in issues:
            self.do("chen", first, id, "issue.accept", category="04", level=2)
        for id in (*issues[:2],):
            self.do("chen", first, id, "issue.assign", department="economy", limit_days=10)
            self.do("zhao", first, id, "issue.sign")
            self.do("zhao", first, id, "issue.progress", text="已到企业看过")
        self.do("zhao", first, issues[0], "issue.answer", result="solved", answer="已增容")
        self.do("chen", first, issues[0], "issue.verify")
        self.do(
            "sun",
            first,
            issues[0],
            "issue.revisit",
            method="phone",
            solved="solved",
            satisfaction="basically",
            agree_close=True,
        )
        self.do("chen", third, other, "issue.accept", category="04", level=1)
        spot = {"local_number": "I-9", "title": "现场办的", "category": "04", "source": "reception"}
        self.do("wang", second, new_id(), "issue.raise", **spot, solved_on_spot=True, solution="当场打了电话")
        today = beijing_date(system_clock()).isoformat()
        entry = {"day": "2026-11-22", "organisation": "消防", "people": 2, "reason": "服务"}
        self.do("wang", first, new_id(), "entry.make", kind="entry", **entry)
        self.do("wang", first, new_id(), "visit_plan.make", kind="visit_plan", day=today)
        seat = {
            "id": seat_id(first, "grid_leader"),
            "enterprise": first,
            "seat": "grid_leader",
            "person_name": "吴网格",
        }
        self.put("wang", first, "seat", seat)
        self.put("wang", first, "parcel", {"id": new_id(), "enterprise": first, "area_milli_mu": 12_000, "flags": ["not_used_up"], "disposed_milli_mu": 3_000, "disposed_on": "2026-11-01"})  # fmt: skip

    def _visited(self, who: str, enterprise: str, count: int) -> list[str]:
        visit, raised = new_id(), [issue(six=["policy"]) for _ in range(count)]
        verdicts = self.laptops[who].push(
            start_visit(enterprise, visit), submit_visit(enterprise, visit, *raised)
        )
        assert [verdict["status"] for verdict in verdicts] == ["applied"] * 2, verdicts
        return [one["id"] for one in raised]

    def do(self, who: str, enterprise: str, id: str, name: str, *, kind: str = "issue", **args: Any) -> None:
        bucket = buckets.of_enterprise(enterprise)
        if who == "zhao":
            bucket, kind = buckets.of_department("economy"), "department_issue"
        (verdict,) = self.laptops[who].push(change(name, bucket, (kind, id), args))
        assert verdict["status"] == "applied", (name, verdict)

    def put(self, who: str, enterprise: str, kind: str, body: dict[str, Any]) -> None:
        fields = {name: [None, value] for name, value in body.items()}
        self.do(who, enterprise, body["id"], "put", kind=kind, fields=fields)

    def at_centre(self, period: str, scope: str = "park") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = told_by_centre(
            self.park.server, "figures", "--period", period, "--scope", scope
        )["figures"]
        return found


@pytest.fixture(scope="module")
def town(unshared_park: Park) -> Town:
    return Town(unshared_park)


def on_laptop(
    town: Town, who: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """`zhuqitong figures` of a laptop that has just signed in and downloaded."""
    data = ["--data", str(folder / who)]
    if not (folder / who).exists():
        monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
        words = ["--server", town.park.server.url, "--account", town.accounts[who], "--password-stdin"]
        assert main(["sign-in", *words, *data]) == 0
        assert main(["sync", *data]) == 0

    def ask(*words: str) -> list[dict[str, Any]]:
        capsys.readouterr()
        assert main(["figures", "--json", *words, *data]) == 0
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["figures"]
        return found

    return ask


def periods() -> list[str]:
    """The quarter in which the changes say they were made, and the stretches in which the centre received them."""
    today = beijing_date(system_clock())
    return ["2026Q4", "2026-11", *(Period.around(today, span).text for span in Span)]


def test_all_count_the_same(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leader = on_laptop(town, "zhou", tmp_path, monkeypatch, capsys)
    officer = on_laptop(town, "wang", tmp_path, monkeypatch, capsys)
    handler = on_laptop(town, "zhao", tmp_path, monkeypatch, capsys)
    mine = f"officer:{town.accounts['wang']}"
    for period in periods():
        assert leader("--period", period) == town.at_centre(period)
        assert officer("--period", period) == town.at_centre(period, mine)
        assert handler("--period", period) == town.at_centre(period, "department:economy")
        one = f"enterprise:{town.enterprises[0]}"
        told = town.at_centre(period, one)
        assert (
            leader("--period", period, "--scope", one) == officer("--period", period, "--scope", one) == told
        )


def test_they_count_what_happened(town: Town) -> None:
    quarter = Period.around(beijing_date(system_clock()), Span.QUARTER).text
    found = {one["id"]: one for one in town.at_centre(quarter)}
    parts = {id: (found[id]["numerator"], found[id]["denominator"]) for id in found}
    assert parts["R04"][0] in (1, 2), "the one on the spot where the day of the changes lies in this quarter"
    assert parts["R03"] == (1, 1)
    assert parts["R03b"] == (0, 1)
    assert parts["R09"] == (0, 2)
    assert parts["R12"] == (0, 1)
    assert parts["R13"] == (5, 2)
    assert parts["R15"] == (19, 20)
    autumn = {one["id"]: one for one in town.at_centre("2026Q4")}
    assert (autumn["R08"]["numerator"], autumn["R08"]["denominator"], autumn["R08"]["value"]) == (
        1,
        6,
        "16.67",
    )
    assert (autumn["R11"]["numerator"], autumn["R11"]["denominator"], autumn["R11"]["value"]) == (
        3,
        4,
        "75.00",
    )
    assert autumn["R24"]["value"] == "3.00"
    chemistry = {one["id"]: one for one in town.at_centre("2026Q4", "industry:C26")}
    assert (chemistry["R11"]["numerator"], chemistry["R11"]["denominator"]) == (0, 1)


def test_another_officer_is_refused_on_a_laptop(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_laptop(town, "zhou", tmp_path, monkeypatch, capsys)
    data = ["--data", str(tmp_path / "zhou")]
    assert main(["figures", "--scope", f"officer:{town.accounts['wang']}", *data]) == 1
    assert "只有本人和他的组长" in capsys.readouterr().err


def test_what_is_asked_wrongly_is_said_in_chinese(town: Town) -> None:
    check_failure(run(town.park.server, "figures", "--period", "2026Q7"), "2026Q3")
    check_failure(run(town.park.server, "figures", "--scope", "department:none"), "范围写成")
    shown = run(town.park.server, "figures").stdout
    assert "办结率" in shown
    assert "口径版本" in shown
