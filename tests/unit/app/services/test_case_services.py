"""Cases as services show them: lists with lights, one whole, forms whose answers their moves take, reminders, rows alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.agency_case import AgencyCase, CaseState, StepState, case_row
from app.domain.issue import Light
from app.domain.projections import CASE_ROW
from app.errors import KnownError
from app.services import cases, overview
from app.services.desk import Desk
from app.services.figures import gather
from app.services.issues_fields import FieldKind
from app.services.search import search
from tests.support.case_desks import case_desk
from tests.support.desks import NOW


@pytest.fixture
def officer(tmp_path: Path) -> Iterator[Desk]:
    with case_desk("officer", tmp_path / "desk") as desk:
        yield desk


def answers(form: Any) -> dict[str, Any]:
    """What somebody fills in who takes what is offered."""
    values: dict[str, Any] = {}
    for field in form.fields:
        value = field.default
        if value in (None, "", []):
            choices = field.choices_for(values)
            value = {
                FieldKind.CHOICE: choices[0].code if choices else None,
                FieldKind.MANY: [choice.code for choice in choices[:1]],
                FieldKind.YES: True,
                FieldKind.NUMBER: 1,
            }.get(field.kind, "写好了")
        values[field.name] = value
    assert form.problems(values) == {}
    return form.args(values)


def press(desk: Desk, id: str, action: str, step: str | None = None, **more: Any) -> None:
    form = cases.form_for(desk, cases.case_of(desk, id), action, step)
    cases.act(desk, id, action, {**answers(form), **more}, step)


def test_the_list_has_the_most_urgent_first(officer: Desk) -> None:
    lines = {line.id: line for line in cases.listing(officer)}
    assert lines.keys() == {"consulting", "commissioned", "seven", "finished", "settled", "suspended"}
    assert lines["seven"].state is CaseState.IN_WORK
    assert (lines["seven"].done, lines["seven"].total, lines["seven"].agents) == (1, 6, "王联络")
    assert "环境影响评价 停钟" in lines["seven"].doing
    assert lines["seven"].meetings == 1
    assert lines["suspended"].light is Light.GREY
    assert (lines["finished"].light, lines["finished"].light_word) == (Light.BLUE, "待签字办结")
    assert cases.open_count(officer) == 5
    group = cases.CaseFilters(group="revisit")
    assert [line.id for line in cases.listing(officer, group)] == ["settled"]
    assert [line.id for line in cases.listing(officer, cases.CaseFilters(case_type="title"))] == ["suspended"]
    assert [line.id for line in cases.listing(officer, cases.CaseFilters(text="窑具"))] == ["seven"]


def test_a_coordinator_sees_the_same_from_the_rows_alone(tmp_path: Path, officer: Desk) -> None:
    with case_desk("coordinator", tmp_path / "rows", held=False) as desk:
        assert desk.store.of_kind(AgencyCase.kind) == []
        seen = {line.id: line for line in cases.listing(desk)}
        for line in cases.listing(officer):
            other = seen[line.id]
            for name in ("state", "light", "light_word", "done", "total", "doing", "due_text", "meetings"):
                assert getattr(other, name) == getattr(line, name), (line.id, name)
        assert cases.open_count(desk) == 5
        with pytest.raises(KnownError, match="还没有取到本机"):
            cases.page(desk, "seven")


def test_the_row_is_made_alike_on_every_machine(tmp_path: Path) -> None:
    with case_desk("coordinator", tmp_path / "desk") as desk:
        rows = {document.id: document.body for document in desk.store.of_kind(CASE_ROW)}
        for document in desk.store.of_kind(AgencyCase.kind):
            assert rows[document.id] == case_row(document.body)
        assert rows["seven"]["steps"]["environment"]["lacking"] == 1
        assert "contacts" not in rows["seven"]


def test_figures_of_an_officer_count_his_cases_as_those_of_the_park(tmp_path: Path, officer: Desk) -> None:
    with case_desk("leader", tmp_path / "park", held=False) as leader:
        assert gather(officer).of(CASE_ROW) == gather(leader).of(CASE_ROW) != []


def test_one_case_whole(officer: Desk) -> None:
    page = cases.page(officer, "seven")
    steps = {step.key: step for step in page.steps}
    assert steps["approval"].number == "PF-1"
    assert steps["environment"].stopped.startswith("公示")
    assert steps["feasibility"].state is StepState.NOT_INVOLVED
    assert dict(steps["construction"].blocked)["启动"].startswith("要等前置环节办结")
    assert page.warning == "企业与部门见过 1 次面，原因见联系记录。"
    assert [line.met for line in page.contacts] == [True, False]
    assert [row.kept for row in page.materials] == [True]
    assert page.trail[0][1].startswith("王联络（驻企联络员）记联系")
    assert page.gantt[4].plan.stopped
    assert page.gantt[6].plan.actual is None


def test_every_form_gives_what_its_move_takes(officer: Desk) -> None:
    """Pressing what is offered, in an order that goes through everything a step can have."""
    press(officer, "consulting", "agency.hand_over")
    press(officer, "consulting", "agency.note")
    press(officer, "consulting", "agency.contact", sides=["agent"], department=None)
    cases.add_file(officer, "consulting", b"\x89PNG\r\n\x1a\nsigned", "委托书.png", "commission")
    press(officer, "consulting", "agency.commission")
    assert cases.case_of(officer, "consulting").agents[0].name == "王联络"
    day = NOW.date().isoformat()
    for action, step in (
        ("step_correct", "siting"), ("step_corrected", "siting"), ("step_stop", "siting"), ("step_resume", "siting"),
        ("step_review", "siting"), ("step_done", "siting"), ("step_validity", "siting"), ("step_start", "land"),
        ("step_person", "land"), ("step_halt", "land"), ("step_restart", "land"), ("step_file", "land"),
        ("step_reject", "land"), ("step_resume", "environment"), ("step_supply", "environment"),
    ):  # fmt: skip
        more = {"day": day} if action not in ("step_review", "step_person", "step_validity") else {}
        press(officer, "seven", f"agency.{action}", step, **more)
    press(officer, "seven", "agency.suspend")
    cases.add_file(officer, "suspended", b"%PDF-renewed", "续办委托书.pdf", "renewal")
    press(officer, "suspended", "agency.renew")
    cases.add_file(officer, "finished", b"%PDF-settled", "办结单.pdf", "settlement")
    for action in ("sign_enterprise", "sign_agent", "settle"):
        press(officer, "finished", f"agency.{action}")
    assert cases.case_of(officer, "finished").state is CaseState.SETTLED
    assert [line.purpose for line in cases.files(officer, "consulting")] == ["commission"]
    press(officer, "commissioned", "agency.hand_back")
    press(officer, "commissioned", "agency.terminate")


def test_coordinator_and_revisitor_have_their_own(tmp_path: Path) -> None:
    with case_desk("coordinator", tmp_path / "c") as desk:
        press(desk, "commissioned", "agency.accept")
        press(desk, "commissioned", "agency.agents", agents=["p-other"])
        assert cases.case_of(desk, "commissioned").agents[0].name == "钱联络"
    with case_desk("revisitor", tmp_path / "r") as desk:
        assert [move for move, _ in cases.page(desk, "settled").actions] == ["agency.revisit"]
        press(desk, "settled", "agency.revisit")
        assert cases.case_of(desk, "settled").state is CaseState.REVISITED
    with case_desk("leader", tmp_path / "l") as desk:
        page = cases.page(desk, "seven")
        assert page.actions == ()
        assert all(step.actions == () for step in page.steps)


def test_a_case_is_found_by_its_words(officer: Desk, tmp_path: Path) -> None:
    with case_desk("coordinator", tmp_path / "rows", held=False) as away:
        for desk in (officer, away):
            (found,) = [one for one in search(desk, "窑具") if one.place == "case"]
            assert (found.target, found.remark) == ("seven", "萍乡e制造有限公司 · 办理中")


def test_a_new_case_from_the_enterprise(officer: Desk) -> None:
    form = cases.form_to_open(officer)
    values = answers(form)
    id = cases.open_case(officer, values["enterprise"], values)
    line = next(line for line in cases.listing(officer) if line.id == id)
    assert line.number.startswith("DB-")
    assert line.state is CaseState.CONSULTING
    assert cases.form_to_open(officer, "e").fields[0].name == "template"
    with pytest.raises(KnownError, match="资料不在本机"):
        cases.open_case(officer, "nowhere", values)


@pytest.mark.slow
def test_reminders(tmp_path: Path, officer: Desk) -> None:
    assert [one.text for one in cases.reminders(officer) if one.step == "环境影响评价"] == []
    later = NOW + timedelta(days=12)
    with case_desk("officer", tmp_path / "later", lambda: later) as desk:
        texts = [(one.tone, one.text) for one in cases.reminders(desk) if one.case == "seven"]
        assert any("还缺 1 份材料" in text and tone == "red" for tone, text in texts)
        assert any("规划选址逾期" in text for _, text in texts)
        shown = overview.today(desk).attention
        assert [(one.action, one.target[0]) for one in shown] == [("去看看", "case")] * len(shown)
        assert 0 < len(shown) <= overview.MOST_REMINDERS
    far = datetime(2028, 10, 20, 2, tzinfo=UTC)
    with case_desk("officer", tmp_path / "far", lambda: far) as desk:
        texts = [one.text for one in cases.reminders(desk)]
        assert any("立项备案或核准的有效期还有" in text for text in texts)
        assert any("委托已过" in text for text in texts)
        assert next(line for line in cases.listing(desk) if line.id == "seven").reminders >= 2
    with case_desk("other_officer", tmp_path / "other", lambda: far) as desk:
        assert cases.reminders(desk) == []


@pytest.mark.slow
def test_papers_by_state(officer: Desk) -> None:
    for id, name in (
        ("consulting", "代办委托书"), ("suspended", "续办委托书"), ("finished", "代办办结单"), ("seven", "代办办结单"),
    ):  # fmt: skip
        printed = cases.print_paper(officer, id)
        assert printed.path.name.startswith(name)
        assert printed.missing == ()
