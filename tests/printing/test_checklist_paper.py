"""走访清单 on paper: read back, counted, and looked at pixel by pixel for what must not happen."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import KnownError
from app.printing.checklist import print_checklists
from app.printing.models import SERVICE_NOTICE, Checklist, Printed
from app.printing.page import A4, MM
from forms.definition import Choice, Form, Group, Question, Repeat
from tests.printing.reading import characters, ink_box, line_starts, outline, page_texts, pictures
from tests.printing.samples import LONG_NAME, RARE, checklist, visit_form

SCALE = 2.0
MARKS = set("，。、；：？！）》」』】〕”’…")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    return print_checklists(tmp_path_factory.mktemp("one") / "清单.pdf", [checklist()])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    second = checklist(
        number="V-2026-11-0002", enterprise="湘东区龙岭电瓷电器有限公司", open_issues=(), time="14:00"
    )
    blank = Checklist(number="V-2026-11-0003", form=visit_form())
    return print_checklists(tmp_path_factory.mktemp("bundle") / "走访包.pdf", [checklist(), second, blank])


def flat(text: str) -> str:
    return re.sub(r"\s", "", text)


def numbering(texts: list[str]) -> list[tuple[int, int]]:
    found = [re.search(r"第(\d+)页共(\d+)页", flat(text)) for text in texts]
    return [(int(match.group(1)), int(match.group(2))) for match in found if match]


def test_every_page_says_what_it_is(one: Printed) -> None:
    texts = page_texts(one.path)
    assert one.pages == len(texts) == one.sections[0]
    assert numbering(texts) == [(n, one.pages) for n in range(1, one.pages + 1)]
    for text in texts:
        assert SERVICE_NOTICE in text
        assert text.count("V-2026-11-0001") >= 2
        assert "版本 2026.1" in text
        assert re.search(r"校验：[0-9a-f]{12}", text)


def test_what_is_known_of_the_enterprise_is_there(one: Printed) -> None:
    text = flat("".join(page_texts(one.path)))
    for words in (
        LONG_NAME, "91360313MA35KX1234", "缺位2个", "彭国华", "ZQ-2026-09-0031", "城市管理局", "2026年12月4日",
        "上次走访：2026年8月20日", "-3.2%", "湘府办发〔2026〕12号", "上次：4,528.00万元", "上次：正常",
    ):  # fmt: skip
        assert flat(words) in text, words
    assert text.count("缺位") == 3  # the heading and two seats


def test_rare_names_survive_copying(one: Printed) -> None:
    assert one.missing == ()
    assert flat(RARE) in flat("".join(page_texts(one.path)))


def test_every_question_is_asked(one: Printed) -> None:
    text = flat("".join(page_texts(one.path)))
    form = visit_form()
    for question in form.questions:
        shown = question.kind.asked and question.print != "hidden" and question.type != "note"
        if shown:
            assert flat(question.label) in text, question.path
    for listed in ("status", "plan", "cultivation"):
        for choice in form.choices.get(listed, ()):
            assert flat(choice.label) in text
    assert "若A01选“半停产”或“停产”" in text
    assert "若已投产" in text
    assert "96388" in text


def test_what_is_hidden_or_left_out_is_not_printed(tmp_path: Path) -> None:
    printed = print_checklists(
        tmp_path / "a.pdf", [checklist(left_out=frozenset({"/difficulties/b03_followups", "/financing"}))]
    )
    text = flat("".join(page_texts(printed.path)))
    assert "以往诉求是否办好" not in text
    assert "有没有融资需求" not in text
    assert "企业内部编号" not in text  # a calculation
    assert "${" not in text


def test_no_line_begins_with_a_mark(one: Printed) -> None:
    for page in characters(one.path):
        assert page
        starts = line_starts(page)
        assert len(starts) > 8
        assert not {start for start in starts if start in MARKS}


@pytest.mark.slow
def test_nothing_is_drawn_in_the_margins(bundle: Printed) -> None:
    for number, picture in enumerate(pictures(bundle.path, SCALE), start=1):
        left, top, right, bottom = ink_box(picture, SCALE)
        assert left >= A4.left / MM - 0.4, f"page {number}"
        assert right <= 210 - A4.right / MM + 0.4, f"page {number}"
        assert top >= 15.5, f"page {number}"
        assert bottom <= 297 - 20, f"page {number}"


@pytest.mark.slow
def test_head_body_and_foot_do_not_touch(bundle: Printed) -> None:
    for number, picture in enumerate(pictures(bundle.path, SCALE), start=1):
        above = picture.crop((0, int(35.4 * MM * SCALE), picture.width, int(36.7 * MM * SCALE)))
        below = picture.crop(
            (0, int((297 - 34.4) * MM * SCALE), picture.width, int((297 - 27.6) * MM * SCALE))
        )
        assert above.getextrema()[0] == 255, f"page {number}"
        assert below.getextrema()[0] == 255, f"page {number}"


@pytest.mark.slow
def test_text_does_not_run_over_rules_or_other_text(bundle: Printed) -> None:
    """No two characters of a page share a place."""
    for page in characters(bundle.path):
        cells: dict[tuple[int, int], str] = {}
        for char in page:
            place = (round((char.left + char.right) / 2 / 2), round((char.bottom + char.top) / 2 / 2))
            assert place not in cells, (cells[place], char)
            cells[place] = char.text


def test_each_checklist_is_numbered_by_itself(bundle: Printed) -> None:
    cover, *sheets = bundle.sections
    assert cover == 1
    expected = [(1, 1), *((n, count) for count in sheets for n in range(1, count + 1))]
    assert numbering(page_texts(bundle.path)) == expected
    assert sum(bundle.sections) == bundle.pages


def test_the_cover_tells_the_route(bundle: Printed) -> None:
    text = flat(page_texts(bundle.path)[0])
    _, *sheets = bundle.sections
    assert "当日走访包" in text
    assert "走访企业3家" in text
    assert f"清单页数{sum(sheets)}页" in text
    assert flat(LONG_NAME) in text
    assert "9:30" in text
    assert "14:00" in text
    assert "（空白清单）" in text
    assert outline(bundle.path)[0] == "封面"
    assert len(outline(bundle.path)) == 4


def test_the_qr_code_holds_number_and_digest(one: Printed) -> None:
    from app.printing.ink import qr_runs

    digest = re.search(r"校验：([0-9a-f]{12})", page_texts(one.path)[0])
    assert digest is not None
    count, runs = qr_runs(f"ZQT/V-2026-11-0001/{digest.group(1)}")
    dark = {(row, start + n) for row, start, length in runs for n in range(length)}
    picture = pictures(one.path, 4)[0]
    size, left, top = 16 * MM, A4.width - A4.right - 16 * MM, 16 * MM
    for row, column in itertools.product(range(count), repeat=2):
        x, y = left + (column + 0.5) * size / count, top + (row + 0.5) * size / count
        assert (picture.getpixel((int(x * 4), int(y * 4))) < 128) == ((row, column) in dark)  # type: ignore[operator]


def test_the_digest_changes_with_the_content(tmp_path: Path) -> None:
    def digest(sheet: Checklist) -> str:
        path = print_checklists(tmp_path / "a.pdf", [sheet]).path
        found = re.search(r"校验：([0-9a-f]{12})", page_texts(path)[0])
        assert found is not None
        return found.group(1)

    first = digest(checklist())
    assert digest(checklist()) == first
    assert digest(checklist(prefilled={"/header/h3_date": "2026年11月24日"})) != first


def test_several_and_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    printed = print_checklists(
        tmp_path / "a.pdf", [checklist(), checklist(number="2")], progress=lambda *at: seen.append(at)
    )
    assert seen == [(n, printed.pages) for n in range(1, printed.pages + 1)]


class Stopped(Exception):
    pass


def test_stopping_leaves_no_file(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Stopped

    with pytest.raises(Stopped):
        print_checklists(tmp_path / "a.pdf", [checklist()], progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KnownError):
        print_checklists(tmp_path / "file" / "a.pdf", [checklist()])


def test_nothing_to_print_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        print_checklists(tmp_path / "a.pdf", [])


def test_a_missing_character_is_reported(tmp_path: Path) -> None:
    printed = print_checklists(tmp_path / "a.pdf", [checklist(officer="𠮷田")])
    assert printed.missing == ("𠮷",)
    assert "𠮷田" in "".join(page_texts(printed.path))


# ---- any form, not only ours


def question(path: str, type_: str = "text", label: str = "", **more: object) -> Question:
    return Question(name=path.rsplit("/", 1)[1], path=path, type=type_, label=label or "题目", **more)  # type: ignore[arg-type]


def form_of(*items: Question | Group, choices: dict[str, tuple[Choice, ...]] | None = None) -> Form:
    return Form(form_id="any", version="7", title="任意表", items=items, choices=choices or {})


def printed_text(path: Path, form: Form, **more: object) -> str:
    sheet = Checklist(number="N-1", form=form, **more)  # type: ignore[arg-type]
    return flat("".join(page_texts(print_checklists(path, [sheet]).path)))


MANY = tuple(Choice(f"c{n}", f"第{n}种很长的选择") for n in range(40))


def test_every_type_of_question(tmp_path: Path) -> None:
    kinds = [
        "text", "integer", "decimal", "range", "date", "time", "dateTime", "select_one", "select_multiple", "rank", "note",
        "acknowledge", "image", "file", "audio", "video", "barcode", "geopoint", "select_one_from_file",
    ]  # fmt: skip
    lists = {"few": MANY[:3]}
    items = [question(f"/{kind}", kind, f"题{kind}", choice_list="few", unit="万元") for kind in kinds]
    text = printed_text(tmp_path / "a.pdf", form_of(*items, choices=lists))
    for kind in kinds:
        assert f"题{kind}" in text
    assert "年月日" in text
    assert "时分" in text
    assert "（按先后写1、2、3）" in text
    asked_not = form_of(
        question("/a", "calculate", "算出来的"), question("/b", "hidden", "藏"), question("/c", "text", "问")
    )
    text = printed_text(tmp_path / "b.pdf", asked_not)
    assert "问" in text
    assert "算出来的" not in text


def test_many_long_choices_wrap_and_stay_inside(tmp_path: Path) -> None:
    form = form_of(
        question("/a", "select_multiple", "选", choice_list="many", print="box"), choices={"many": MANY}
    )
    printed = print_checklists(tmp_path / "a.pdf", [Checklist(number="1", form=form)])
    text = flat("".join(page_texts(printed.path)))
    assert all(choice.label in text for choice in MANY)
    left, _, right, _ = ink_box(pictures(printed.path, SCALE)[0], SCALE)
    assert left >= 27.6
    assert right <= 184.4


def test_a_scale_is_ticked(tmp_path: Path) -> None:
    form = form_of(question("/a", "range", "几分", parameters={"start": "1", "end": "5", "step": "1"}))
    assert "几分12345" in printed_text(tmp_path / "a.pdf", form)


def boxes(path: Path, sheet: Checklist) -> int:
    """Dark pixels of the first page under its head (where digest and QR code are): a tick adds some."""
    picture = pictures(print_checklists(path, [sheet]).path, SCALE)[0]
    picture = picture.crop((0, int(37 * MM * SCALE), *picture.size))
    return sum(picture.histogram()[:100])


@pytest.mark.parametrize("value", ["b", "乙"])
def test_a_known_answer_is_ticked_by_name_or_label(tmp_path: Path, value: str) -> None:
    lists = {"l": (Choice("a", "甲"), Choice("b", "乙"))}
    form = form_of(question("/q", "select_one", "选", choice_list="l"), choices=lists)
    blank = Checklist(number="1", form=form)
    more = boxes(tmp_path / "b.pdf", replace(blank, prefilled={"/q": value})) - boxes(
        tmp_path / "a.pdf", blank
    )
    assert more > 0


def test_rows_known_beforehand_are_filled_in_and_one_stays_free(tmp_path: Path) -> None:
    rows = Repeat(
        name="r",
        path="/r",
        label="明细",
        items=(question("/r/a", "text", "名称"), question("/r/b", "integer", "数量", unit="台")),
    )
    known = {f"/r[{n}]/a": f"设备{n}" for n in range(1, 6)}
    text = printed_text(tmp_path / "a.pdf", form_of(rows), prefilled=known)
    assert all(f"{n}设备{n}" in text for n in range(1, 6))
    assert "数量（台）" in text
    assert "设备56" in text  # a sixth, empty row


def test_a_counted_repeat_has_just_its_rows(tmp_path: Path) -> None:
    note = question("/r/card", "note", "${title}")
    rows = Repeat(
        name="r",
        path="/r",
        label="往事",
        repeat_count="2",
        items=(note, question("/r/title", "calculate"), question("/r/a", "text", "结果")),
    )
    known = {"/r[1]/title": "第一件", "/r[2]/title": "第二件"}
    text = printed_text(tmp_path / "a.pdf", form_of(rows), prefilled=known)
    assert "1第一件2第二件" in text
    assert "3" not in text.split("第二件")[1].split("第1页")[0].replace("编号", "")


def test_a_long_table_repeats_its_head_and_cuts_no_row(tmp_path: Path) -> None:
    rows = Repeat(
        name="r",
        path="/r",
        label="明细",
        items=(question("/r/a", "text", "设备名称"), question("/r/b", "text", "安放地点")),
    )
    known = {f"/r[{n}]/a": f"设备{n:03d}" for n in range(1, 71)}
    path = print_checklists(
        tmp_path / "a.pdf", [Checklist(number="1", form=form_of(rows), prefilled=known)]
    ).path
    texts = [flat(text) for text in page_texts(path)]
    assert len(texts) >= 3
    assert all("设备名称安放地点" in text for text in texts)


def test_an_answer_longer_than_a_page_is_printed_whole(tmp_path: Path) -> None:
    long = "".join(chr(0x4E00 + n) for n in range(3500))
    form = form_of(
        question("/a", "text", "甲"), question("/b", "text", "乙", appearance=frozenset({"multiline"}))
    )
    sheet = Checklist(number="1", form=form, prefilled={"/b": long})
    path = print_checklists(tmp_path / "a.pdf", [sheet]).path
    said = "".join(char.text for page in characters(path) for char in page)
    body = re.sub(r"[^\u4e00-\u5bff]", "", said)
    missing = [char for char in long if char not in body]
    assert not missing
    assert len(page_texts(path)) >= 3
    for picture in pictures(path, SCALE):
        assert ink_box(picture, SCALE)[3] <= 277


def test_deep_groups_and_repeats_inside_repeats(tmp_path: Path) -> None:
    inner = Repeat(name="i", path="/g/r/i", label="里层", items=(question("/g/r/i/x", "text", "里层题"),))
    outer = Repeat(name="r", path="/g/r", label="外层", items=(question("/g/r/y", "text", "外层题"), inner))
    deep = Group(name="d", path="/g/d", label="小组", items=(question("/g/d/z", "text", "小组题"),))
    group = Group(name="g", path="/g", label="大组", items=(deep, outer))
    text = printed_text(tmp_path / "a.pdf", form_of(group))
    assert (
        text.index("大组")
        < text.index("小组")
        < text.index("小组题")
        < text.index("外层")
        < text.index("里层题")
    )
    assert text.count("外层题") == 2


def test_a_form_without_anything_to_ask(tmp_path: Path) -> None:
    assert "任意表" in printed_text(tmp_path / "a.pdf", form_of(question("/a", "calculate")))
