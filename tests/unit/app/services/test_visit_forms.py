"""Several forms in one visit, what was returned filled again, and what changed since last time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from app.domain.visit import Record, VisitState
from app.services import entries, papers, visit_forms, visit_page, visit_plans, visits
from app.services.desk import Desk
from app.services.forms import form_of
from app.services.visit_changes import differences
from app.store.drafts import drop_draft
from app.store.outbox import pending
from tests.printing.reading import page_texts
from tests.support.desks import COORDINATOR, officer_desk
from tests.support.visiting import SEND, fill, fill_send, publish_all

HERE = "ent-4"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An officer for whom every form of the catalogue is published."""
    with officer_desk(tmp_path / "desk") as made:
        publish_all(made)
        yield made


def test_all_but_the_personal_form_are_offered_and_every_one_opens(desk: Desk) -> None:
    offers = [offer.form_id for offer in visit_forms.offered(desk)]
    assert offers[:2] == ["visit_three", "visit_three_quick"]
    assert len(offers) == 10
    assert "integrity_self_check" not in offers
    visit = visits.start_visit(desk, HERE)
    for form_id in offers:
        opened = visits.open_filling(desk, visit.id, form_id)
        visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables, form_id=form_id)
        assert visits.open_filling(desk, visit.id, form_id).filling.save() == opened.filling.save()
    assert visits.forms_begun(desk, visit.id) == offers
    visits.drop_form(desk, visit.id, "covenant")
    visits.drop_form(desk, visit.id, "visit_three")
    assert visits.forms_begun(desk, visit.id) == [id for id in offers if id != "covenant"]


def test_the_head_is_asked_once(desk: Desk) -> None:
    visit = visits.start_visit(desk, HERE, method="video")
    opened = visits.open_filling(desk, visit.id)
    assert opened.filling.get("/header/h6_method") == "video"
    opened.filling.set("/header/h5_person", "赵厂长")
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables)
    further = visits.open_filling(desk, visit.id, SEND)
    assert further.filling.get("/header/h5_person") == "赵厂长"
    assert further.filling.get("/header/h6_method") == "video"
    assert set(further.others) == {"visit_three"}


def test_two_forms_are_kept_apart_and_handed_in_together(desk: Desk) -> None:
    visit = visits.start_visit(desk, HERE)
    further = visits.open_filling(desk, visit.id, SEND)
    fill_send(further.filling)
    visits.save_draft(desk, visit.id, further.filling.save(), further.tables, "/relieving", form_id=SEND)
    with pytest.raises(visits.Incomplete) as found:
        visits.submit_visit(desk, visit.id, further.filling)
    assert found.value.form_id == "visit_three"
    assert "三问三帮三建" in found.value.text

    main = visits.open_filling(desk, visit.id)
    fill(main.filling, desk, visit.id)
    visits.save_draft(desk, visit.id, main.filling.save(), main.tables)
    assert visits.open_filling(desk, visit.id, SEND).filling.save() == further.filling.save()
    assert visits.open_filling(desk, visit.id, SEND).section == "/relieving"
    done = visits.submit_visit(desk, visit.id, main.filling)
    assert [filed.form_id for filed in done.visit.filed] == ["visit_three", SEND]
    assert {issue.title for issue in done.issues} == {"title 1", "title 2", "缺两名焊工"}
    assert visits.visit_of(desk, visit.id).method == "on_site"
    last = visits.last_of_form(desk, HERE, SEND)
    assert last is not None
    assert last[1].values["/relieving/j1/j1_has"] == "some"


def returned(desk: Desk, visit: str) -> None:
    """As if a coordinator's laptop had: the centre runs the same function."""
    desk.store.set_kv("session", {**desk.signed_in().model_dump(mode="json"), **COORDINATOR})
    visit_page.give_back(desk, visit, "从业人数和社保对不上")
    desk.store.set_kv(
        "session",
        {
            **desk.signed_in().model_dump(mode="json"),
            "person": "p-wang",
            "name": "王敏",
            "roles": ["officer"],
        },
    )


def test_a_returned_visit_is_put_right_without_writing_it_again(desk: Desk) -> None:
    visit = visits.start_visit(desk, HERE)
    opened = visits.open_filling(desk, visit.id)
    fill(opened.filling, desk, visit.id)
    visits.save_draft(desk, visit.id, opened.filling.save(), opened.tables)
    first = visits.submit_visit(desk, visit.id, opened.filling)
    before = dict(opened.filling.finish().values)
    drop_draft(desk.store, visit.id)
    returned(desk, visit.id)
    (line,) = visit_plans.returned(desk)
    assert (line.id, line.state_word) == (visit.id, "退回待改")

    again = visits.open_filling(desk, visit.id)
    assert dict(again.filling.finish().values) == before
    again.filling.set("/operation/a10_employees", "152")
    again.filling.set("/difficulties/b02_problems[1]/b02_title", "title 1 改")
    row = again.filling.add("/difficulties/b02_problems").added
    for name, value in {"category": "08", "subcategory": "0803", "solved_here": "no"}.items():
        again.filling.set(f"{row}/b02_{name}", value)
    for name in ("title", "description", "expectation"):
        again.filling.set(f"{row}/b02_{name}", "新的困难")
    visits.save_draft(desk, visit.id, again.filling.save(), again.tables)
    done = visits.submit_visit(desk, visit.id, again.filling)
    assert [issue.id for issue in done.issues[:2]] == [issue.id for issue in first.issues]
    assert [issue.title for issue in done.issues] == ["title 1", "title 2", "新的困难"]
    (version,) = visit_page.page(desk, visit.id).versions
    assert version.reason == "从业人数和社保对不上"
    assert {change.path for change in version.changes} == {
        "/operation/a10_employees",
        "/difficulties/b02_problems",
    }
    records = [document.id for document in desk.store.of_kind(Record.kind, f"e:{HERE}")]
    assert {filed.record for filed in [*done.visit.filed, *done.visit.returns[0].records]} <= set(records)


def test_differences_are_told_as_people_say_them(desk: Desk) -> None:
    form = form_of(desk, "visit_three", "2026.1")
    before = {
        "/operation/a01_status": "normal",
        "/operation/a03_output": "2400.00",
        "/operation/a10_employees": 100,
        "/header/h5_person": "甲",
        "/difficulties/b02_problems[1]/b02_title": "一",
    }
    after = {
        "/operation/a01_status": "half_stopped",
        "/operation/a03_output": "2400",
        "/operation/a10_employees": 120,
        "/header/h5_person": "乙",
        "/suggestions/c01_plans": ["none"],
    }
    told = {one.path: (one.before, one.after) for one in differences(form, before, after)}
    assert "/header/h5_person" not in told
    assert "/operation/a03_output" not in told, "2400.00 is 2400"
    assert told["/operation/a10_employees"] == ("100 人", "120 人（+20.0%）")
    assert told["/difficulties/b02_problems"] == ("1 行", "0 行")
    assert told["/operation/a01_status"][0] != "normal"
    assert told["/suggestions/c01_plans"][0] == "—"


def test_a_day_is_planned_gone_and_settled(desk: Desk) -> None:
    today = desk.today
    first = visit_plans.plan(desk, HERE, today, method="phone", purpose="问用工")
    second = visit_plans.plan(desk, "ent-0", today)
    assert [stop.plan.id for stop in visit_plans.route(desk, today)] == [first, second]
    visit_plans.put_in_order(desk, [second, first])
    assert [stop.plan.enterprise for stop in visit_plans.route(desk, today)] == ["ent-0", HERE]
    assert [row.change.name for row in pending(desk.store)][-2:] == ["visit_plan.order"] * 2
    found = visit_plans.calendar(desk, *visit_plans.month_of(today))
    assert [line.id for line in found.of(today)] == [second, first]
    assert {row.enterprise for row in found.due if row.planned == today} <= {"ent-0", HERE}

    visit = visits.visit_of(desk, visit_plans.start(desk, first))
    assert (visit.method, visit.purpose) == ("phone", "问用工")
    opened = visits.open_filling(desk, visit.id)
    fill(opened.filling, desk, visit.id)
    visits.submit_visit(desk, visit.id, opened.filling)
    (stop,) = [stop for stop in visit_plans.route(desk, today) if stop.plan.id == first]
    assert stop.plan.state_word == "已走访"
    visit_plans.move(desk, second, date(2026, 11, 30), "企业检修")
    assert [stop.plan.id for stop in visit_plans.route(desk, today)] == [first]
    visit_plans.cancel(desk, second, "改为接待")
    assert visit_plans.calendar(desk, today, date(2026, 12, 1)).of(date(2026, 11, 30)) == ()


def test_months_are_drawn_in_whole_weeks() -> None:
    assert visit_plans.month_of(date(2026, 11, 22)) == (date(2026, 10, 26), date(2026, 12, 6))
    assert visit_plans.month_of(date(2027, 2, 28)) == (date(2027, 2, 1), date(2027, 2, 28))


def test_the_third_coming_within_a_week_is_warned_of_and_not_stopped(desk: Desk) -> None:
    today = desk.today
    assert entries.crowd_hint(desk, HERE, today) == ""
    entries.note(
        desk, HERE, day=today.isoformat(), organisation="应急管理局", people=2, reason="宣讲", entered="09:00"
    )
    visit = visits.start_visit(desk, HERE)
    assert visit_page.page(desk, visit.id).hint == ""
    mistaken = entries.note(
        desk, HERE, day=today.isoformat(), organisation="消防大队", people=1, reason="走错"
    )
    hint = visit_page.page(desk, visit.id).hint
    assert "已有 2 次入企" in hint
    assert "应急管理局（服务）" in hint
    assert "合并入企" in hint
    entries.withdraw(desk, mistaken, "写错了企业")
    assert visit_page.page(desk, visit.id).hint == ""
    line = next(line for line in entries.listing(desk, HERE) if not line.withdrawn)
    assert (line.organisation, line.nature_word, line.when) == ("应急管理局", "服务", "11月23日 09:00")
    visits.cancel_visit(desk, visit.id)
    remote = visits.start_visit(desk, HERE, method="phone")
    assert [coming.who for coming in entries.comings(desk, HERE)] == ["应急管理局"]
    assert remote.state is VisitState.OPEN


def test_the_paper_has_every_form_who_went_along_and_what_changed(desk: Desk, tmp_path: Path) -> None:
    for employees in ("141", "152"):
        visit = visits.start_visit(desk, HERE, companions=[{"name": "周组长", "duty": "园区副主任"}])
        main = visits.open_filling(desk, visit.id)
        fill(main.filling, desk, visit.id)
        main.filling.set("/operation/a10_employees", employees)
        further = visits.open_filling(desk, visit.id, SEND)
        fill_send(further.filling)
        visits.save_draft(desk, visit.id, further.filling.save(), further.tables, form_id=SEND)
        visits.submit_visit(desk, visit.id, main.filling)
    printed = papers.print_record(desk, visit.id, tmp_path / "走访.pdf")
    assert len(printed.sections) == 2
    text = "".join(page_texts(printed.path)).replace("\r", "").replace("\n", "")
    for part in (
        "周组长（园区副主任）",
        "与上次走访相比",
        "141",
        "152",
        "三送三解三优",
        "缺两名焊工",
        "不属于行政检查",
    ):
        assert part in text, part
