"""Registers as use cases: what a form makes of its table, what narrows it, sums, workbooks, directories."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from app.domain.changes import Refusal
from app.errors import KnownError
from app.exports.registers import write_register
from app.services import registers, registers_providers
from app.services.desk import Desk
from app.services.refused import PlaceAgain, again
from app.services.registers import RecordLine, Wanted
from app.services.registers_forms import Column, columns_of, mark_of
from app.services.registers_table import sums
from app.store.outbox import pending
from forms.workbook import read_form_text
from tests.support.desks import officer_desk
from tests.support.registering import FINANCING, PARKING, answer, file_entry, parking, publish
from tests.support.visiting import publish_all

UNSAID = """
| survey |
| | type | name | label |
| | text | a | 甲 |
| | note | n | 说明 |
| | begin repeat | rows | 明细 |
| | text | inner | 里面 |
| | end repeat | | |
| | integer | b | 乙 |
| | image | c | 照片 |

| settings |
| | form_id | version | register |
| | plain | 1 | yes |
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with officer_desk(tmp_path / "desk") as made:
        publish(made)
        yield made


def test_a_form_that_names_no_columns_shows_its_first_questions() -> None:
    form = read_form_text(UNSAID, name="plain").form
    assert form is not None
    assert [column.label for column in columns_of(form)] == ["甲", "乙"]
    register = mark_of(form)
    assert register is not None
    assert (register.ledger, register.personal) == ("yes", False)
    unmarked = read_form_text(UNSAID.replace("| yes |", "| no |"), name="plain").form
    assert unmarked is not None
    assert mark_of(unmarked) is None


def test_a_newer_version_of_the_form_shows_older_entries_too(desk: Desk) -> None:
    old = file_entry(desk, "parking", "ent-0", parking())
    publish(
        desk,
        "2",
        PARKING.replace("| | image | photo", "| | text | gate | 门岗 | | | yes |\n| | image | photo"),
    )
    (table,) = [registers.table(desk, one.form_id) for one in registers.registers(desk)]
    assert table.form.version == "2"
    assert [column.label for column in table.columns] == ["车位说明", "车位数", "年租金", "种类", "门岗"]
    assert table.lines[0].cells["/main/gate"] == "—"
    draft = registers.amend(desk, old)
    opened = registers.open_filling(desk, draft)
    assert opened.form.version == "2"
    opened.filling.set("/main/gate", "北岗")
    registers.submit(desk, draft, opened.filling)
    page = registers.page(desk, old)
    assert (page.record.form_version, page.record.former[0].form_version) == ("2", "1")
    assert [change.after for change in page.versions[0].changes] == ["北岗"]


def test_withdrawn_entries_count_no_more_and_stay_to_be_read(desk: Desk) -> None:
    id = file_entry(desk, "parking", "ent-0", parking())
    file_entry(desk, "parking", "ent-1", parking("南门", 5))
    registers.take_step(desk, id, registers.WITHDRAW, {"reason": "重复"})
    table = registers.table(desk, "parking")
    kept = [line for line in table.lines if Wanted().holds(line)]
    assert [one.total for one in sums(table.columns, kept)] == [Decimal(5), Decimal("1.5")]
    assert [line.id for line in table.lines if Wanted(withdrawn=True).holds(line)] == [id]
    assert registers.page(desk, id).actions == ()
    assert [title for title, line in registers.of_enterprise(desk, "ent-0")] == []


def test_a_refused_entry_leads_back_to_its_draft(desk: Desk) -> None:
    id = file_entry(desk, "parking", "ent-0", parking())
    (row,) = [one for one in pending(desk.store) if one.change.name == "record.file"]
    with desk.store.write() as transaction:
        transaction.execute("UPDATE outbox SET state = 'refused' WHERE seq = ?", (row.seq,))
        transaction.execute("DELETE FROM document WHERE kind = 'record'")
    (row,) = desk.store.select("SELECT id FROM outbox WHERE state = 'refused'")
    assert row == (id,)
    assert [one.id for one in registers.begun(desk)] == [id]
    from app.store.waiting import turned_down

    (refused,) = turned_down(desk.store)
    assert again(desk, refused) == PlaceAgain("entry_filling", id)


def test_the_workbook_says_what_it_is_and_sums(desk: Desk, tmp_path: Path) -> None:
    file_entry(desk, "parking", "ent-0", parking("=1+1", 20, "1.5"))
    file_entry(desk, "parking", "ent-1", parking("南门", 5, "2.25", "covered"))
    table = registers.table(desk, "parking")
    path = write_register(tmp_path / "一.xlsx", table, table.lines, "统计期：今年")
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("停车位台账").to_python()
    assert rows[1][0] == "统计期：今年"
    assert [row[4:] for row in rows[3:5]] == [["南门", 5, 2.25, "室内"], ["=1+1", 20, 1.5, "地面"]]
    assert rows[5][0] == "合计 2 条"
    assert rows[5][5:7] == [25, 3.75]
    with pytest.raises(KnownError):
        write_register(tmp_path / "没有这个文件夹" / "一.xlsx", table, table.lines, "")


def test_a_new_version_begins_with_what_was_written_down_step_by_step(desk: Desk) -> None:
    publish_all(desk)
    id = file_entry(desk, "financing_need", "ent-0", FINANCING)
    for code, args in (
        ("matched", {}),
        ("mediated", {"party": "园区支行"}),
        ("granted", {"party": "园区支行", "amount": "300"}),
        ("lent", {"amount": "120"}),
    ):
        registers.take_step(desk, id, code, {"day": desk.today.isoformat(), **args})
    draft = registers.amend(desk, id)
    filling = registers.open_filling(desk, draft).filling
    assert filling.get("/progress/stage") == "lent"
    assert (str(filling.get("/progress/granted_amount")), filling.get("/progress/mediated_bank")) == (
        "300",
        "园区支行",
    )
    answer(filling, {"/progress/lent_amount": "200"})
    registers.submit(desk, draft, filling)
    entry = registers.page(desk, id)
    assert (entry.stage_word, entry.entry["facts"]["lent_fen"]) == ("放款", 200_000_000)
    with pytest.raises(Refusal, match="授信额"):
        registers.take_step(desk, id, "lent", {"day": desk.today.isoformat(), "amount": "100.01"})
    registers.take_step(desk, id, "lent", {"day": desk.today.isoformat(), "amount": "100"})
    assert registers.page(desk, id).entry["facts"]["lent_fen"] == 300_000_000


LINES = st.builds(
    lambda number, day, kind: RecordLine(
        "r", "e", "青岚公司", "T-1", "", day, "王敏", 1, "", "", False, True, {}, {"/n": number, "/k": kind}
    ),
    st.one_of(
        st.none(), st.integers(-1000, 1000), st.decimals(-1000, 1000, places=2).map(str), st.just("无")
    ),
    st.dates().map(str),
    st.sampled_from(["a", "b", None]),
)


@given(st.lists(LINES, max_size=12), st.dates().map(str), st.dates().map(str))
def test_sums_and_filters_agree_with_counting_by_hand(lines: list[RecordLine], one: str, two: str) -> None:
    since, until = sorted((one, two))
    column = Column("/n", "数", "number", "", True)
    whole = sums([column], lines)[0]
    numbers = [Decimal(str(line.raw["/n"])) for line in lines if line.raw["/n"] not in (None, "无")]
    assert (whole.total, whole.counted) == (sum(numbers, Decimal(0)), len(numbers))
    within = [line for line in lines if Wanted(since=since, until=until).holds(line)]
    assert within == [line for line in lines if since <= line.day <= until]
    parts = [[line for line in lines if Wanted(picked={"/k": code}).holds(line)] for code in ("a", "b")]
    rest = [line for line in lines if line.raw["/k"] is None]
    assert sum(map(len, parts)) + len(rest) == len(lines)


def test_the_directory_is_in_a_neutral_order_and_ranks_nobody(desk: Desk) -> None:
    found = registers_providers.providers(desk)
    assert len(found) == 6
    desk._contents["providers"] = [
        {**item, "stars": 5, "orders": 90} for item in reversed(desk.dictionary("providers"))
    ]
    assert registers_providers.providers(desk) == found
