"""Whose figures somebody may see on his laptop (domain.md §2.12), and that own documents count as the directory's rows do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.domain.figures import PARK as WHOLE_PARK
from app.domain.figures import Period, Scope, Whose, as_json
from app.domain.team import Team
from app.errors import KnownError
from app.figures import figure_texts
from app.services import figures, figures_page
from app.services.desk import Desk
from app.store.confirmed import ConfirmedPage, ConfirmedRow, absorb_page
from tests.support.desks import COORDINATOR, NOW, OFFICER, PARK, coordinator_desk, empty_desk, officer_desk

HANDLER = {
    "person": "p-li",
    "account": "liqiang",
    "name": "李强",
    "roles": ["handler"],
    "department": "power",
}
Q4 = Period.parse("2026Q4")
WANG = Scope(Whose.OFFICER, "p-wang")


@pytest.fixture
def officer(tmp_path: Path) -> Iterator[Desk]:
    with officer_desk(tmp_path / "officer") as desk:
        yield desk


@pytest.fixture
def coordinator(tmp_path: Path) -> Iterator[Desk]:
    with coordinator_desk(tmp_path / "coordinator") as desk:
        yield desk


def with_team(desk: Desk, *members: tuple[str, str]) -> None:
    body = {
        "id": "team-1",
        "name": "第一组",
        "team_kind": "one_plus_two",
        "members": [{"person": id, "person_name": id, "duty": duty} for id, duty in members],
    }
    row = ConfirmedRow(buckets.reference(PARK), Team.kind, "team-1", 1, body)
    page = ConfirmedPage(buckets.reference(PARK), 0, 1, done=False, rows=[row])
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _rows: "")


def refused(desk: Desk, scope: str) -> str:
    with pytest.raises(KnownError) as refusal:
        figures.asked(desk, "2026Q4", scope)
    return refusal.value.code


def test_everybody_begins_with_what_is_his(officer: Desk, coordinator: Desk, tmp_path: Path) -> None:
    assert figures.default_scope(officer) == WANG
    assert figures.default_scope(coordinator) == WHOLE_PARK
    with empty_desk(tmp_path / "handler", HANDLER) as handler:
        assert figures.default_scope(handler) == Scope(Whose.DEPARTMENT, "power")
        assert {one.word for one in figures_page.scopes(handler, figures.gather(handler))} == {
            "部门 供电公司"
        }


def test_an_officer_sees_neither_the_park_nor_another_officer(officer: Desk) -> None:
    assert refused(officer, "park") == "not_held"
    assert refused(officer, "category:08") == "not_held"
    assert refused(officer, "department:power") == "not_yours"
    assert refused(officer, "enterprise:ent-9") == "scope_unknown"
    with pytest.raises(KnownError) as refusal:
        figures.check_scope(officer, Scope(Whose.OFFICER, "p-liu"))
    assert refusal.value.code == "not_yours"


def test_a_coordinator_sees_an_officer_only_as_the_leader_of_his_team(coordinator: Desk) -> None:
    with pytest.raises(KnownError, match="只有本人和他的组长"):
        figures.check_scope(coordinator, WANG)
    with_team(coordinator, (COORDINATOR["person"], "member"), (OFFICER["person"], "lead"))
    with pytest.raises(KnownError, match="只有本人和他的组长"):
        figures.check_scope(coordinator, WANG)
    with_team(coordinator, (COORDINATOR["person"], "lead"), (OFFICER["person"], "member"))
    figures.check_scope(coordinator, WANG)
    choices = figures_page.scopes(coordinator, figures.gather(coordinator))
    assert [one.word for one in choices if one.scope.whose is Whose.OFFICER] == ["组员 p-wang"]


def test_a_leading_officer_is_told_that_he_does_not_hold_it_all(officer: Desk) -> None:
    with_team(officer, (OFFICER["person"], "lead"), ("p-liu", "member"))
    with pytest.raises(KnownError, match="不在这台电脑上"):
        figures.check_scope(officer, Scope(Whose.OFFICER, "p-liu"))


def test_an_enterprise_counts_alike_from_documents_and_from_rows(officer: Desk, coordinator: Desk) -> None:
    """Period, scope and every figure: the officer makes the rows himself, the coordinator reads the directory's."""

    def told(desk: Desk) -> dict[str, Any]:
        return as_json(figures.asked(desk, "2026Q4", "enterprise:ent-0"), figure_texts())

    assert told(officer) == told(coordinator)
    assert any(one["denominator"] for one in told(officer)["figures"])


def test_the_page_has_the_periods_before_and_the_rows_behind(coordinator: Desk) -> None:
    page = figures_page.page(coordinator, Q4)
    assert [period.text for period in page.history] == [
        "2025Q3",
        "2025Q4",
        "2026Q1",
        "2026Q2",
        "2026Q3",
        "2026Q4",
    ]
    assert page.made == NOW
    card = next(card for card in page.cards if card.id == "R11")
    assert card.told[-1] == "2026Q4：16.67 %"
    lines = figures_page.behind(page, "R11")
    assert [line.counted for line in lines][:3] == [True, True, False]
    assert len(lines) == 12
    assert all(line.enterprise_name for line in lines)
    issues = figures_page.behind(page, "R08")
    assert {line.kind for line in issues} == {"issue_row"}
    assert issues[0].what.startswith("QL-2026-11-")
