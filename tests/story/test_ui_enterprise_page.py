"""The page of one enterprise, entering one by hand, and the coordinator's 企业分配, as a person uses them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.enterprise import Enterprise
from app.services import enterprises, enterprises_assigning, enterprises_parts
from app.store.confirmed import ConfirmedPage, ConfirmedRow, absorb_page
from app.store.outbox import pending
from tests.support.desks import PARK, coordinator_desk, officer_desk
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of


@pytest.fixture
def officer(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    with window_of(officer_desk(tmp_path / "desk"), qtbot) as person:
        yield person


@pytest.fixture
def coordinator(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    desk = coordinator_desk(tmp_path / "desk")
    _people(desk)
    with window_of(desk, qtbot) as person:
        yield person


def _people(desk) -> None:  # type: ignore[no-untyped-def]
    from app.domain.people import Person as Known
    from app.domain.people import Role
    from app.store.confirmed import ConfirmedPage, ConfirmedRow, absorb_page

    ref = buckets.reference(PARK)
    rows = [
        ConfirmedRow(
            ref,
            "person",
            id,
            1,
            Known(id=id, account=id, name=name, roles=[Role.OFFICER]).to_body(),
        )
        for id, name in (("p-wang", "王敏"), ("p-liu", "刘洋"), ("p-zhao", "赵芳"))
    ]
    at = desk.store.select("SELECT seq FROM cursor WHERE bucket = ?", (ref,))[0][0]
    page = ConfirmedPage(ref, at, at + len(rows), done=False, rows=rows)
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _rows: "")


def one(person: Person, id: str = "ent-0"):  # type: ignore[no-untyped-def]
    person.window.go("enterprise", id)
    person.until(lambda: person.window.current_page == "enterprise")
    person.settle()
    return person.window.page


def parts_of(person: Person, id: str = "ent-0") -> enterprises_parts.Parts:
    return enterprises.page(person.window.desk, id).parts


def test_a_vacant_seat_is_red_with_its_word_and_is_filled(officer: Person) -> None:
    page = one(officer)
    assert officer.reads("5 个席位缺位")
    assert sum(text == "缺位" for text in officer.texts()) == 5
    officer.press("编辑：网格员")
    form = page.cards["seat"].form
    officer.write(form.editors["person_name"].edit, "刘网格")
    officer.write(form.editors["phone"].edit, "13812340022")
    officer.press("保存")
    officer.until(lambda: parts_of(officer).vacant == 4)
    officer.settle()
    assert officer.reads("4 个席位缺位")
    assert officer.reads("138****0022")
    assert not officer.reads("13812340022")
    officer.press("显示电话：网格员")
    officer.until(lambda: officer.reads("13812340022"))


def test_a_contact_comes_and_goes_and_his_phone_is_masked(officer: Person) -> None:
    page = one(officer)
    officer.press("添加联系人")
    form = page.cards["contact"].form
    officer.press("保存")
    assert officer.reads("姓名")
    assert form.problem.isVisible()
    officer.write(form.editors["name"].edit, "陈厂长")
    officer.write(form.editors["phone"].edit, "13900001111")
    officer.press("保存")
    officer.until(lambda: len(parts_of(officer).contacts) == 1)
    officer.settle()
    assert officer.reads("139****1111")
    officer.press("显示电话：陈厂长")
    officer.until(lambda: officer.reads("13900001111"))
    officer.press("删除：陈厂长")
    assert len(parts_of(officer).contacts) == 1
    officer.press("再按一次删除：陈厂长")
    officer.until(lambda: not parts_of(officer).contacts)
    officer.settle()


def test_tags_tracks_and_land_say_what_is_to_be_done(officer: Person) -> None:
    page = one(officer)
    officer.press("添加标签")
    form = page.cards["enterprise_tag"].form
    form.put("tag", "high_tech")
    officer.write(form.editors["granted_on"].edit, "2023-12-20")
    officer.press("保存")
    officer.until(lambda: len(parts_of(officer).tags) == 1)
    officer.settle()
    assert officer.reads("有效期至 2026-12-20")
    assert officer.reads("还有 27 天到期")
    desk = officer.window.desk
    assert [one.days for one in enterprises_parts.reminders(desk)] == [27]
    officer.press("编辑档案")
    profile = page.profile.form
    officer.write(profile.editors["revenue_last_year"].edit, "1850.5")
    officer.press("保存")
    officer.until(lambda: officer.reads("1850.5 万元"))
    officer.press("添加培育方向")
    track = page.cards["cultivation"].form
    track.put("track", "small_to_regulated")
    track.put("stage", "培育")
    officer.press("保存")
    officer.until(lambda: officer.reads("还差 149.5 万元"))
    officer.press("添加宗地")
    land = page.cards["parcel"].form
    officer.write(land.editors["area"].edit, "12.5")
    land.put("flags", ["supplied_not_used"])
    officer.write(land.editors["disposed"].edit, "13")
    officer.press("保存")
    officer.until(lambda: officer.reads("已处置的面积不能大于宗地面积"))
    land.editors["disposed"].edit.clear()
    officer.write(land.editors["disposed"].edit, "2.5")
    officer.press("保存")
    officer.until(lambda: officer.reads("已处置 2.5 / 12.5 亩"))
    assert officer.reads("供而未用")
    page.content.ensureWidgetVisible(page.cards["parcel"])
    picture(officer.window, "enterprise-parts")
    assert english(officer.texts(), ("MB",)) == []


def test_industry_and_division_are_looked_up(officer: Person) -> None:
    page = one(officer)
    officer.press("编辑档案")
    officer.write(page.profile.industry.edit, "tctzp")
    page.profile.industry.edit.clear()
    officer.write(page.profile.industry.edit, "日用陶瓷")
    officer.until(lambda: bool(page.profile.industry.found))
    picture(officer.window, "enterprise-edit")
    page.profile.industry.edit.setFocus()
    officer.key(Qt.Key.Key_Return)
    officer.until(lambda: bool(enterprises.page(officer.window.desk, "ent-0").enterprise.industry))
    officer.write(page.profile.division.edit, "360313")
    officer.until(lambda: bool(page.profile.division.found))
    officer.press("360313 湘东区")
    officer.until(lambda: enterprises.page(officer.window.desk, "ent-0").enterprise.division == "360313")
    officer.settle()
    found = enterprises.page(officer.window.desk, "ent-0").enterprise
    assert (found.industry, found.division) == ("C3074", "360313")


def test_an_enterprise_is_entered_by_hand_and_alike_ones_are_shown(officer: Person) -> None:
    page = officer.open("enterprises")
    name = page.model.rows[0].name
    officer.press("登记企业")
    form = page.enter_card.form
    officer.write(form.editors["name"].edit, name)
    officer.until(lambda: officer.can_press(f"打开 {name}"))
    picture(officer.window, "enterprise-enter")
    form.editors["name"].edit.clear()
    officer.write(form.editors["name"].edit, "萍乡市云岭精密铸件有限公司")
    officer.press("登记")
    officer.until(lambda: officer.window.current_page == "enterprise")
    officer.settle()
    assert officer.reads("等协调员确认")
    assert officer.reads("临时码")
    assert len(enterprises.mine(officer.window.desk)) == 9
    assert [one.change.name for one in pending(officer.window.desk.store)] == ["enterprise.enter"]
    picture(officer.window, "enterprise-temporary")


def test_chips_filter_by_light_and_by_what_is_lacking(officer: Person) -> None:
    page = officer.open("enterprises")
    officer.press("红灯")
    officer.until(lambda: page.model.rowCount() == 1)
    officer.press("红灯")
    officer.press("有缺位")
    officer.until(lambda: page.model.rowCount() == 8)
    picture(officer.window, "enterprises-chips")


def test_the_coordinator_sees_loads_and_orders_for_several(coordinator: Person) -> None:
    desk = coordinator.window.desk
    coordinator.open("enterprises")
    coordinator.press("企业分配")
    coordinator.until(lambda: coordinator.window.current_page == "assigning")
    coordinator.settle()
    page = coordinator.window.page
    assert not coordinator.can_press("分配给个人")
    page.table.setFocus()
    coordinator.key(Qt.Key.Key_Space)
    coordinator.key(Qt.Key.Key_Down)
    coordinator.key(Qt.Key.Key_Space)
    assert coordinator.reads("已勾选 2 家")
    coordinator.press("组队")
    coordinator.until(lambda: "duty_lead" in page.form.editors)
    coordinator.write(page.form.editors["name"].edit, "工作一组")
    page.form.put("team_kind", "one_plus_two")
    page.form.put("duty_lead", ["p-zhao"])
    page.form.put("duty_member", ["p-liu"])
    picture(coordinator.window, "assigning-team")
    coordinator.press("组队  Ctrl ↵")
    coordinator.until(lambda: len(enterprises_assigning.teams(desk)) == 1)
    coordinator.settle()
    assert coordinator.reads("还缺 1 名机关干部")
    picture(coordinator.window, "assigning")


def test_an_order_names_the_enterprises_and_warns_of_too_many(coordinator: Person) -> None:
    desk = coordinator.window.desk
    ids = [document.id for document in desk.store.of_kind("enterprise_row")][:4]
    warned = enterprises_assigning.give(desk, ids, "p-zhao")
    assert "赵芳已有 4 家" in warned
    (made,) = pending(desk.store)
    assert made.change.name == "assignment.order"
    assert [one["enterprise"] for one in made.change.args["grants"]] == ids


def test_the_page_of_a_temporary_one_offers_to_merge(coordinator: Person) -> None:
    desk = coordinator.window.desk
    body = desk.store.get(Enterprise.kind, "ent-0").body
    args = {"fields": {"credit_code": [body["credit_code"], "TMP-A3C1-001"]}}
    desk.make(desk.change("patch", "e:ent-0", Enterprise.kind, "ent-0", args))
    one(coordinator)
    coordinator.press("并入另一家")
    target = desk.store.get(Enterprise.kind, "ent-1").body["name"]
    coordinator.until(lambda: coordinator.reads(f"并入 {target}"))
    picture(coordinator.window, "enterprise-merge")
    code = desk.store.get(Enterprise.kind, "ent-1").body["credit_code"]
    coordinator.press(f"并入 {target}　{code}")
    assert not pending(desk.store)[1:]
    coordinator.window.page.profile.keep.click()
    coordinator.press(f"再按一次：并入 {target}")
    coordinator.until(lambda: coordinator.reads("正在并入另一家企业"))
    assert pending(desk.store)[-1].change.args == {"into": "ent-1", "keep": True}
    coordinator.settle()
    assert not coordinator.window.page.profile.keep.isVisible()


def test_a_page_of_an_enterprise_that_was_merged_shows_the_one_it_went_into(
    tmp_path: Path, qtbot: QtBot
) -> None:
    desk = coordinator_desk(tmp_path / "desk")
    body = {**desk.store.get(Enterprise.kind, "ent-1").body, "merged": ["ent-old"]}
    at = desk.store.select("SELECT seq FROM cursor WHERE bucket = ?", ("e:ent-1",))[0][0]
    row = ConfirmedRow("e:ent-1", Enterprise.kind, "ent-1", 2, body)
    page = ConfirmedPage("e:ent-1", at, at + 1, done=False, rows=[row])
    absorb_page(desk.store, [page], desk.context(), sum_of=lambda _rows: "")
    with window_of(desk, qtbot) as person:
        shown = one(person, "ent-old")
        assert person.reads(body["name"])
        assert shown.presenter.enterprise == "ent-1"
