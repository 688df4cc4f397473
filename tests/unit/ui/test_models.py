"""The item models of the pages, filled with what the services give for a real desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.modeltest import ModelTester

from app.services import enterprises, issues, overview, visits
from app.services.desk import Desk
from tests.support.desks import coordinator_desk, officer_desk
from ui.enterprises.model import enterprise_model, visit_model
from ui.issues.model import dispatch_model, officer_model
from ui.syncing import looks
from ui.syncing.model import queue_model, run_model
from ui.today.model import due_model, issue_model
from ui.visits.model import prepare_model, visit_list_model
from ui.widgets.rows import MARK_ROLE, RowsModel


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with officer_desk(tmp_path / "desk") as made:
        yield made


def filled(model: RowsModel, rows: object) -> RowsModel:
    model.set_rows(list(rows))  # type: ignore[call-overload]
    assert model.rowCount() > 0
    return model


def test_every_model_is_sound_with_real_rows(desk: Desk, qtmodeltester: ModelTester) -> None:
    visits.start_visit(desk, "ent-4")
    today = overview.today(desk)
    page = enterprises.page(desk, "ent-0")
    lines = issues.listing(desk)
    everything = [
        filled(due_model(), today.due),
        filled(issue_model(), lines),
        filled(enterprise_model(officers=False), enterprises.listing(desk)),
        filled(enterprise_model(officers=True), enterprises.listing(desk)),
        filled(visit_model(), page.visits),
        filled(visit_list_model(), visits.listing(desk)),
        filled(prepare_model(), enterprises.listing(desk)),
        filled(dispatch_model(), lines),
        filled(officer_model(), lines),
        filled(queue_model(), looks.queue(desk).lines),
    ]
    for model in everything:
        qtmodeltester.check(model, force_py=True)
        for column in range(model.columnCount()):
            model.sort(column)
            # What stands in a cell is text for people: never a Python value.
            for row in range(model.rowCount()):
                text = model.data(model.index(row, column))
                assert isinstance(text, str)
                assert "None" not in text


def test_a_light_is_a_shape_and_a_word(desk: Desk) -> None:
    model = filled(officer_model(), issues.listing(desk))
    marks = [model.data(model.index(row, 0), MARK_ROLE) for row in range(model.rowCount())]
    assert {mark.tone for mark in marks} >= {"red", "yellow", "blue", "green", "grey"}
    assert all(mark.word for mark in marks)


def test_the_officers_table_says_whose_turn_it_is(desk: Desk) -> None:
    model = filled(officer_model(), issues.listing(desk))
    whose = {line.title: model.columns[3].text(line) for line in model.rows}
    assert whose["厂区扩容用电报装"] == "协调员"
    assert whose["扩建项目环评报告表受理"] == "生态环境局"
    assert whose["危废处置单位推荐"] == "我，待补正"


def test_a_coordinator_sees_light_rows_of_the_whole_park(tmp_path: Path) -> None:
    with coordinator_desk(tmp_path / "desk") as desk:
        lines = enterprises.listing(desk)
        model = filled(enterprise_model(officers=True), lines)
        assert model.rowCount() == 12
        assert sum(line.held for line in lines) == 2


def test_an_idle_sync_page_has_nothing_in_it(desk: Desk) -> None:
    shown = (looks.queue(desk).lines, looks.refused_lines(desk), looks.conflict_lines(desk), looks.runs(desk))
    assert (*shown, looks.last_text(desk)) == ((), (), (), (), "")
    assert run_model().rowCount() == 0
