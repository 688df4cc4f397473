"""台账: a person at the window with a register the office has just written, and with the built-in ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from python_calamine import CalamineWorkbook

from app.domain import buckets
from app.services import registers
from tests.support.desks import PARK, Writing, coordinator_desk, officer_desk
from tests.support.pictures import picture
from tests.support.registering import (
    CHECKED,
    COVENANT,
    FINANCING,
    INTEGRITY,
    YIELD,
    answer,
    file_entry,
    parking,
    publish,
)
from tests.support.visiting import publish_all
from tests.support.windows import Person, window_of


def turn(person: Person, form_id: str) -> None:
    page = person.open("registers")
    person.qtbot.mouseClick(page.books.chip(form_id), Qt.MouseButton.LeftButton)
    person.settle()


@pytest.mark.slow
def test_a_new_register_is_filled_read_altered_and_exported(tmp_path: Path, qtbot: QtBot) -> None:
    desk = officer_desk(tmp_path / "desk")
    publish_all(desk)
    publish(desk)
    file_entry(desk, "parking", "ent-0", parking("东门", 12, "0.5", "covered"))
    with window_of(desk, qtbot) as officer:
        turn(officer, "parking")
        page = officer.window.page
        assert page.total.text() == "共 1 条　车位数 12 个　年租金 0.5 万元"
        name = page.lines[0].enterprise_name

        officer.key(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        officer.settle()
        second = page.picker.found[1]
        officer.write(page.picker.edit, second.name[:6])
        officer.until(lambda: page.picker.found and page.picker.found[0].name.startswith(second.name[:6]))
        officer.settle()
        picked = page.picker.found[0].name
        officer.qtbot.keyClick(page.picker.edit, Qt.Key.Key_Return)
        officer.until(lambda: officer.window.current_page == "entry_filling")
        form = officer.window.page
        officer.until(lambda: form.session is not None)
        officer.settle()
        for path, value in parking("西门", 30, "2", "ground").items():
            form.session.answer(path, value)
        form.flush()
        officer.settle()
        picture(officer.window, "register-filling")

        # Left in the middle, nothing is lost: the draft waits above the table.
        officer.window.go_back()
        officer.settle()
        assert officer.reads("没填完的")
        assert officer.reads(f"{picked} 登记")
        officer.press(f"接着填：{picked} 登记")
        officer.until(lambda: officer.window.current_page == "entry_filling")
        form = officer.window.page
        officer.until(lambda: form.session is not None)
        officer.settle()
        assert form.session.filling.get("/main/title") == "西门"
        officer.press("完成")
        officer.until(lambda: officer.window.current_page == "registers")
        officer.settle()
        assert page.total.text() == "共 2 条　车位数 42 个　年租金 2.5 万元"
        assert not officer.reads("没填完的")

        chip = page.chips.chip("covered")
        officer.qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
        assert [line.enterprise_name for line in page.lines] == [name]
        page.export_to(tmp_path / "车位.xlsx")
        officer.settle()
        rows = CalamineWorkbook.from_path(str(tmp_path / "车位.xlsx")).get_sheet_by_index(0).to_python()
        assert rows[0][0] == "停车位台账"
        assert rows[2] == [
            "编号",
            "企业",
            "日期",
            "填表人",
            "车位说明",
            "车位数（个）",
            "年租金（万元）",
            "种类",
        ]
        assert rows[3][4:] == ["东门", 12.0, 0.5, "室内"]
        assert rows[4][5:7] == [12.0, 0.5]

        page.table.setFocus()
        officer.key(Qt.Key.Key_Return)
        officer.until(lambda: officer.window.current_page == "record")
        officer.settle()
        assert officer.reads("东门")
        officer.press("改表")
        officer.until(lambda: officer.window.current_page == "entry_filling")
        form = officer.window.page
        officer.until(lambda: form.session is not None)
        officer.settle()
        form.session.answer("/main/places", 15)
        officer.press("完成")
        officer.until(lambda: officer.window.current_page == "registers")
        officer.settle()
        officer.until(lambda: page.total.text() == "共 1 条　车位数 15 个　年租金 0.5 万元")
        page.table.setFocus()
        officer.key(Qt.Key.Key_Return)
        officer.until(lambda: officer.window.current_page == "record")
        officer.settle()
        assert officer.reads("第 1 版")
        assert officer.reads("12 个 → 15 个（+25.0%）")
        officer.press("作废")
        officer.settle()
        one = officer.window.page
        officer.write(one.form.editors["reason"].target, "重复登记")
        officer.press("作废这一条")
        officer.settle()
        assert officer.reads("已作废")
        picture(officer.window, "register-entry")
        officer.window.go_back()
        officer.settle()
        assert [line.withdrawn for line in page.lines] == []


@pytest.mark.slow
def test_financing_goes_its_steps_and_the_table_says_how_far(tmp_path: Path, qtbot: QtBot) -> None:
    desk = officer_desk(tmp_path / "desk")
    publish_all(desk)
    for number, need in enumerate(("500", "320", "80")):
        file_entry(desk, "financing_need", f"ent-{number}", {**FINANCING, "/need/l01_amount": need})
    record = registers.table(desk, "financing_need").lines[0].id
    with window_of(desk, qtbot) as officer:
        turn(officer, "financing_need")
        page = officer.window.page
        assert page.total.text() == "共 3 条　需求额 900 万元"
        officer.window.go("record", record)
        officer.until(lambda: officer.window.current_page == "record")
        officer.settle()
        one = officer.window.page
        assert set(one.moves) == {"matched", "withdrawn", "withdraw"}
        officer.press("匹配")
        officer.settle()
        officer.press("记「匹配」")
        officer.settle()
        officer.press("撮合")
        officer.settle()
        officer.press("记「撮合」")
        assert officer.reads("请填")
        officer.write(one.form.editors["party"].target, "园区支行")
        officer.press("记「撮合」")
        officer.settle()
        officer.press("授信")
        officer.settle()
        officer.write(one.form.editors["amount"].target, "300")
        officer.write(one.form.editors["party"].target, "园区支行")
        officer.press("记「授信」")
        officer.settle()
        officer.press("放款")
        officer.settle()
        officer.write(one.form.editors["amount"].target, "301")
        officer.press("记「放款」")
        officer.settle()
        assert officer.reads("放款合计不能超过授信额")
        one.form.put("amount", "300")
        officer.press("记「放款」")
        officer.settle()
        assert officer.reads("放款，300 万元")
        picture(officer.window, "register-steps")
        officer.window.go_back()
        officer.settle()
        assert page.chips.chip("lent").text() == "放款 1"
        picture(officer.window, "register-financing")


@pytest.mark.slow
def test_whoever_sees_the_park_reads_the_rows_of_all(tmp_path: Path, qtbot: QtBot) -> None:
    source = officer_desk(tmp_path / "officer")
    publish_all(source)
    for number in range(4):
        file_entry(source, "financing_need", f"ent-{number}", FINANCING)
    entries = source.store.of_kind("record")
    source.close()
    desk = coordinator_desk(tmp_path / "desk")
    publish_all(desk)
    writing, directory = Writing(), buckets.directory(PARK)
    for document in desk.store.in_bucket(directory):
        writing.add(directory, document.kind, document.id, document.body)
    for document in entries:
        writing.add(document.bucket, document.kind, document.id, document.body)
    writing.into(desk, [directory])
    with window_of(desk, qtbot) as coordinator:
        turn(coordinator, "financing_need")
        page = coordinator.window.page
        assert page.total.text() == "共 4 条　需求额 2,000 万元"
        assert not any(line.held for line in page.lines)
        page.table.setFocus()
        coordinator.key(Qt.Key.Key_Return)
        coordinator.until(lambda: coordinator.window.current_page == "enterprise")
        coordinator.settle()


@pytest.mark.slow
def test_land_is_graded_at_once_and_policies_find_their_enterprises(tmp_path: Path, qtbot: QtBot) -> None:
    desk = officer_desk(tmp_path / "desk")
    publish_all(desk)
    for number, tax in enumerate((1800, 900, 300)):
        file_entry(desk, "land_yield", f"ent-{number}", {**YIELD, "/figures/x04_tax": str(tax)})
    file_entry(desk, "covenant", "ent-0", COVENANT)
    with window_of(desk, qtbot) as officer:
        turn(officer, "covenant")
        page = officer.window.page
        assert officer.reads("政府方 政府承诺逾期 1 项")
        officer.press("亩均评档")
        officer.until(lambda: officer.window.current_page == "grading")
        officer.settle()
        picture(officer.window, "register-grading")
        graded = officer.window.page
        assert [line.graded.place for line in graded.model.rows] == [1, 2, 3]
        officer.press("按此评档")
        officer.settle()
        assert officer.reads("已给 3 家记上得分和档次")
        assert [line.present for line in graded.model.rows] == [
            line.graded.grade for line in graded.model.rows
        ]
        officer.window.go_back()
        officer.settle()
        turn(officer, "land_yield")
        assert page.chips.chip("graded").text() == "已评档 3"

        officer.press("可享政策")
        officer.until(lambda: officer.window.current_page == "policies")
        officer.settle()
        policies = officer.window.page
        assert {row.word for row in policies.model.rows} >= {"符合", "不符"}
        picture(officer.window, "register-policies")
        officer.qtbot.mouseClick(policies.ways.chip("policy"), Qt.MouseButton.LeftButton)
        officer.settle()
        assert len({row.enterprise for row in policies.model.rows}) == 8
        first = policies.table.current
        officer.press("登记兑现")
        officer.until(lambda: officer.window.current_page == "entry_filling")
        form = officer.window.page
        officer.until(lambda: form.session is not None)
        officer.settle()
        assert form.session.filling.get("/policy/y01_policy") == first.policy.id
        officer.window.go_back()
        officer.window.go_back()
        officer.settle()
        officer.press("服务机构")
        officer.until(lambda: officer.window.current_page == "providers")
        officer.settle()
        providers = officer.window.page
        names = [row.name for row in providers.model.rows]
        assert len(names) == 6
        assert not officer.reads("★")
        officer.write(providers.text, "财税")
        officer.settle()
        assert len(providers.model.rows) == 2
        picture(officer.window, "register-providers")


@pytest.mark.slow
def test_ones_own_check_advises_and_nothing_more(tmp_path: Path, qtbot: QtBot) -> None:
    desk = officer_desk(tmp_path / "desk")
    publish_all(desk)
    record = file_entry(
        desk, "integrity_self_check", "ent-0",
        {**INTEGRITY, "/check/k4_gift": "handed_in", "/check/k9_remark": "已登记"},
    )  # fmt: skip
    assert desk.store.get("record", record).bucket == "u:p-wang"
    assert desk.store.of_kind("record_row") == []
    with window_of(desk, qtbot) as officer:
        turn(officer, "integrity_self_check")
        officer.window.page.table.setFocus()
        officer.key(Qt.Key.Key_Return)
        officer.until(lambda: officer.window.current_page == "record")
        officer.settle()
        assert officer.reads("请按规定向所在单位或派驻机构报告。")
        picture(officer.window, "register-own")


@pytest.mark.slow
def test_an_agreement_is_checked_and_enforced_in_its_order(tmp_path: Path, qtbot: QtBot) -> None:
    desk = officer_desk(tmp_path / "desk")
    publish_all(desk)
    record = file_entry(desk, "covenant", "ent-0", COVENANT)
    draft = registers.amend(desk, record)
    filling = registers.open_filling(desk, draft).filling
    answer(filling, CHECKED)
    registers.submit(desk, draft, filling)
    with window_of(desk, qtbot) as officer:
        officer.open("registers")
        officer.window.go("record", record)
        officer.until(lambda: officer.window.current_page == "record")
        officer.settle()
        one = officer.window.page
        assert officer.reads("企业方：企业承诺基本达标")
        assert officer.reads("政府方：政府承诺逾期 1 项")
        officer.press("律师函")
        officer.settle()
        assert {"special_by", "special_reason"} <= set(one.form.editors)
        picture(officer.window, "register-enforcement")
        officer.press("不做了")
        officer.press("提醒函")
        officer.settle()
        assert "special_by" not in one.form.editors
        officer.write(one.form.editors["text"].target, "亩均税收没有达到承诺")
        officer.press("记「提醒函」")
        officer.settle()
        assert officer.reads("提醒函，亩均税收没有达到承诺")
        officer.window.go("enterprise", "ent-0")
        officer.until(lambda: officer.window.current_page == "enterprise")
        officer.settle()
        assert officer.reads("履约台账")
        picture(officer.window, "register-enterprise")
        officer.window.go("blacklist")
        officer.until(lambda: officer.window.current_page == "blacklist")
        officer.settle()
        page = officer.window.page
        officer.press("查询")
        assert officer.reads("请写企业全称")
        officer.write(page.asked, "青岚某公司")
        officer.write(page.why, "项目签约前核查")
        officer.press("查询")
        officer.settle()
        assert officer.reads("等中心回答")
        picture(officer.window, "register-blacklist")
        officer.press("收起：青岚某公司")
        officer.settle()
        assert officer.reads("还没有查过")
