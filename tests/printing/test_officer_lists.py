"""联络员周清单 and 日程单: what an officer has before him stands on the paper, phones only in part."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import KnownError
from app.services import enterprises_parts, visit_lists, visit_plans
from tests.printing.reading import page_texts
from tests.support.desks import officer_desk


def read(path: Path) -> str:
    return "".join("".join(page_texts(path)).split())


def test_the_week_and_the_day_are_printed(tmp_path: Path) -> None:
    with officer_desk(tmp_path / "desk") as desk:
        with pytest.raises(KnownError) as empty:
            visit_lists.print_route(desk)
        assert "还没有排走访" in empty.value.text
        contact = {"name": "陈厂长", "duty": "厂长", "phone": "13812340022", "main": True}
        enterprises_parts.save(desk, "ent-1", "contact", None, contact)
        tag = {"tag": "high_tech", "expires_on": "2026-12-20"}
        enterprises_parts.save(desk, "ent-1", "enterprise_tag", None, tag)
        visit_plans.plan(desk, "ent-1", desk.today, purpose="设备检修后回看")
        visit_plans.plan(desk, "ent-0", desk.today)
        visit_plans.plan(desk, "ent-3", desk.today + timedelta(days=2), method="phone")
        week, route = visit_lists.print_week(desk), visit_lists.print_route(desk)
    listed, way = read(week.path), read(route.path)
    assert "联络员周清单" in listed
    assert "11月23日至29日" in listed
    assert "逾期54天" in listed, "due and overdue visits"
    assert "设备检修后回看" in listed, "planned visits"
    assert "厂区北门道路积水影响运输" in listed, "issues lighting up"
    assert "没有写涉及金额，请补上。" in listed, "returned work"
    assert "走访日程单" in way
    assert "本次为服务走访，不属于行政检查" in way
    assert "问：设备检修后回看" in way
    assert "宗地红线图核实" in way
    assert "带：走访清单" in way
    assert way.index("设备检修后回看") < way.index("厂区北门道路积水"), "in the order of the route"
    for paper in (listed, way):
        assert "138****0022" in paper
        assert "13812340022" not in paper
    assert not week.missing
    assert not route.missing
