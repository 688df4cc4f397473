"""What is taken back from the line that says it is done, form (i) filled as a page, the archive by month, what runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.clock import to_text
from app.domain.enterprise_parts import EnterpriseTag
from app.domain.issue import IssueState
from app.domain.issue_form import FORM
from app.domain.visit import PublishedForm
from app.paths import resources
from app.services import issues
from tests.support.desks import NOW, PARK, Writing
from tests.support.issue_desks import ENTERPRISE, desk_of
from tests.support.issue_world import MONDAY
from tests.support.pictures import picture
from tests.support.windows import Person, window_of

pytestmark = pytest.mark.slow
At = Callable[[str], Person]
NINE = MONDAY + timedelta(minutes=1)


@pytest.fixture
def at(tmp_path: Path, qtbot: QtBot) -> Iterator[At]:
    """Somebody at the page of issues, a minute after all that was done."""
    with ExitStack() as open_:

        def sit_down(role: str) -> Person:
            desk = desk_of(role, tmp_path / role, lambda: NINE, _more)
            person = open_.enter_context(window_of(desk, qtbot))
            person.open("issues")
            return person

        yield sit_down


def _more(writing: Writing) -> None:
    """The form of revisits, and a tag of the enterprise that runs out in three weeks."""
    form = PublishedForm(
        id=f"{FORM}@2026.1", form_id=FORM, version="2026.1", title="企业满意度回访",
        source=(resources() / "forms" / f"{FORM}.md").read_text("utf-8"), published_at=to_text(NOW),
    )  # fmt: skip
    writing.add(buckets.reference(PARK), PublishedForm.kind, form.id, form.to_body())
    tag = EnterpriseTag(id="t", enterprise="e", tag="high_tech", expires_on="2026-12-14")
    writing.add(ENTERPRISE, EnterpriseTag.kind, tag.id, tag.to_body())


def issue(person: Person, id: str) -> Any:
    page = issues.page(person.window.desk, id)
    assert page is not None
    return page.issue


def choose(person: Person, id: str) -> Any:
    page = person.window.page
    page.show_target(id)
    person.until(lambda: page.panel.page is not None and page.panel.page.issue.id == id)
    person.settle()
    return page


def test_a_move_is_taken_back_from_the_line_that_says_it_is_done(at: At) -> None:
    person = at("coordinator")
    choose(person, "answered")
    person.press("核实通过")
    person.until(lambda: issue(person, "answered").state is IssueState.TO_REVISIT)
    person.until(lambda: person.can_press("撤回"))
    picture(person.window, "taken-back")
    person.press("撤回")
    person.until(lambda: issue(person, "answered").state is IssueState.ANSWERED)
    person.settle()
    page = choose(person, "answered")
    assert [line.text for line in page.panel.page.trail][-2:] == ["核实通过", "撤回这一步：核实通过"]
    assert "issue.take_back" not in page.panel.area.offered


def test_it_is_taken_back_from_its_page_too_and_by_nobody_else(at: At) -> None:
    handler = at("handler")
    page = choose(handler, "in_work")
    assert "issue.take_back" in page.panel.area.offered, "he signed a minute ago"
    handler.press("撤回这一步")
    handler.until(lambda: page.panel.area.form.form is not None)
    assert handler.reads("撤回「签收」")
    picture(handler.window, "take-back-form")
    page.panel.area.form.submit.click()
    handler.until(lambda: issue(handler, "in_work").state is IssueState.ASSIGNED)
    coordinator = at("coordinator")
    page = choose(coordinator, "in_work")
    assert "issue.take_back" not in page.panel.area.offered


def test_the_form_of_revisits_is_filled_as_a_page(at: At) -> None:
    person = at("revisitor")
    choose(person, "to_revisit")
    person.press("填回访表")
    person.until(
        lambda: person.window.current_page == "revisit_filling" and person.window.page.session is not None
    )
    person.settle()
    page = person.window.page
    assert person.reads("企业满意度回访")
    for path, value in (
        ("/header/h7_informed", "yes"), ("/opinion/t1_answered", "yes"), ("/opinion/t2_solved", "solved"),
        ("/opinion/t3_satisfaction", "very_satisfied"), ("/opinion/t7_trips", 2), ("/opinion/t10_close", "yes"),
    ):  # fmt: skip
        page.session.answer(path, value)
    page.show_section(page.session.sections[2])
    person.settle()
    picture(person.window, "revisit-form")
    page.finish()
    person.until(lambda: person.window.current_page == "issues")
    made = issue(person, "to_revisit")
    assert (made.state, made.revisit_trips, made.revisit_answered) == (IssueState.CLOSED, 2, True)


def test_the_archive_is_found_by_its_month_and_stays_narrow(at: At) -> None:
    person = at("coordinator")
    page = person.window.page
    person.press("筛选  Ctrl+F" if person.can_press("筛选  Ctrl+F") else "筛选")
    person.settle()
    months = [page.filters.month.itemText(place) for place in range(page.filters.month.count())]
    assert months == ["全部销号月份", "2026年11月"]
    page.groups.select("ended")
    page.filters.month.setCurrentIndex(1)
    person.settle()
    assert [line.id for line in page.model.rows] == ["closed"]
    picture(person.window, "archive")
    person.open("today")
    person.open("issues")
    person.settle()
    assert person.window.page.filters.month.currentText() == "2026年11月"
    assert [line.id for line in person.window.page.model.rows] == ["closed"]
    choose(person, "answered")
    assert not page.filters.narrow, "who asks for one issue sees it"


def test_what_runs_out_at_an_enterprise_stands_on_today(at: At) -> None:
    person = at("officer")
    person.open("today")
    person.until(lambda: person.reads("企业要到期的"))
    picture(person.window, "today-reminders")
    row = person.window.page.reminders.itemAt(0).widget()
    row.links[0].click()
    person.until(lambda: person.window.current_page == "enterprise")
    other = at("leader")
    other.open("today")
    other.settle()
    assert not other.reads("企业要到期的")
