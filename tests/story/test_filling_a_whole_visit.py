"""An officer fills the complete 三问三帮三建 form by hand and finishes the visit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.issue import IssueState
from app.domain.visit import Record, VisitState
from app.services import attachments, visits
from tests.support.filling import desktop, fill_whole_visit
from tests.support.pictures import wear


@pytest.mark.slow
def test_the_form_is_filled_by_hand_and_the_visit_finished(qtbot: QtBot, tmp_path: Path) -> None:
    wear()
    with desktop(qtbot, tmp_path) as at:
        fill_whole_visit(at)
        at.until_saved()

        # What stands on disk is what stands on screen.
        stored = at.stored()
        paths = list(at.filling.walk())
        assert list(stored.walk()) == paths
        assert {path: stored.get(path) for path in paths} == {path: at.filling.get(path) for path in paths}
        assert stored.get("/operation/a03_output") == Decimal("2480.00")
        assert [word for _, word in at.page.list.words()].count("✓") >= 7

        with qtbot.waitSignal(at.page.finished) as done:
            at.bot.mouseClick(at.page.finish_button, Qt.MouseButton.LeftButton)
        assert done.args == [at.visit.id]

        # The visit is finished, with its record, its two issues in the right states and its signatures.
        visit = visits.visit_of(at.desk, at.visit.id)
        assert visit.state is VisitState.SUBMITTED
        document = at.desk.store.get(Record.kind, visit.record or "")
        assert document is not None
        record = Record.of(document)
        assert record.values["/operation/a11_vacancies[2]/a11_post"] == "质检员"
        issues = [at.desk.store.get("issue", id) for id in visit.issues]
        states = {issue.body["title"]: issue.body["state"] for issue in issues if issue is not None}
        assert states == {
            "厂区扩容用电报装": IssueState.REPORTED.value,
            "春节前缺窑炉工六人": IssueState.TO_REVISIT.value,
        }
        kept = {line.id for line in attachments.of_visit(at.desk, visit.id)}
        assert kept == {
            record.values["/confirmation/z2_signature"],
            record.values["/confirmation/z3_signature"],
        }
