"""The seats a visit's form and checklist show are those of the enterprise's page; a visit begins as it was planned."""

from __future__ import annotations

from pathlib import Path

from app.domain.enterprise_parts import seat_id
from app.services import enterprises_parts, visit_plans, visit_tables, visits
from tests.support.desks import officer_desk


def test_whoever_was_seated_on_the_page_stands_in_the_form(tmp_path: Path) -> None:
    with officer_desk(tmp_path / "desk") as desk:

        def seated() -> dict[str, str]:
            return {
                row["seat"]: row["person"] for row in visit_tables.tables_for(desk, "ent-0", None)["seats"]
            }

        assert seated()["grid_member"] == ""
        assert seated()["service_officer"] == "王敏", "from the assignment, where nobody was seated"
        for seat, name in (("grid_member", "刘网格"), ("service_officer", "陈专员")):
            fields = {"seat": seat, "person_name": name}
            enterprises_parts.save(desk, "ent-0", "seat", seat_id("ent-0", seat), fields)
        assert seated()["grid_member"] == "刘网格"
        assert seated()["service_officer"] == "陈专员"


def test_a_visit_begun_from_anywhere_is_as_it_was_planned_for_today(tmp_path: Path) -> None:
    with officer_desk(tmp_path / "desk") as desk:
        visit_plans.plan(desk, "ent-4", desk.today, method="video", purpose="问年底用工")
        begun = visits.start_visit(desk, "ent-4")
        assert (begun.method, begun.visit_kind, begun.purpose) == ("video", "routine", "问年底用工")
        unplanned = visits.start_visit(desk, "ent-5")
        assert (unplanned.method, unplanned.purpose) == (None, None)
