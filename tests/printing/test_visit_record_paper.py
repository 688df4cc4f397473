"""走访记录 on paper: what was answered, what arose, photos and signatures in their places."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2.raw as pdfium
import pytest
from PIL import Image, ImageDraw

from app.printing.models import OpenIssue, Photo, Printed, VisitRecord
from app.printing.page import A4, MM
from app.printing.visit_record import answer_text, print_visit_record
from forms.definition import Choice, Form, Question
from tests.printing.reading import characters, ink_box, line_starts, opened, page_texts, pictures
from tests.printing.samples import visit_form

SCALE = 2.0
MARKS = set("，。、；：？！）》」』】〕”’…")
PROBLEM = "/difficulties/b02_problems"
VALUES: dict[str, Any] = {
    "/header/h1_enterprise": "湘东区龙岭电瓷电器有限公司",
    "/header/h3_date": "2026-11-23",
    "/header/h5_person": "龚䶮",
    "/header/h6_method": "on_site",
    "/operation/a01_status": "half",
    "/operation/a02_reasons": ("orders", "funds"),
    "/operation/a03_output": Decimal("4528.00"),
    "/operation/a04_output_growth": Decimal("-3.2"),
    "/operation/a10_employees": 1186,
    "/operation/a11_vacancies[1]/a11_post": "成型工",
    "/operation/a11_vacancies[1]/a11_number": 8,
    "/operation/a11_vacancies[2]/a11_post": "窑炉技师",
    "/operation/a11_vacancies[2]/a11_number": 4,
    "/operation/a17_changes": "新增两条自动化成型线。\n用工结构有变化：普工减少，技工缺口扩大。",
    "/difficulties/b01_has": "some",
    f"{PROBLEM}[1]/b02_category": "09",
    f"{PROBLEM}[1]/b02_subcategory": "0902",
    f"{PROBLEM}[1]/b02_title": "厂区西侧道路照明损坏",
    f"{PROBLEM}[1]/b02_description": "园区纬三路西段 6 盏路灯不亮，夜班工人（约 60 人）下班出行不便；物业称“尚未移交”。"
    * 6,
    f"{PROBLEM}[1]/b02_solved_here": "no",
    f"{PROBLEM}[2]/b02_category": "01",
    f"{PROBLEM}[2]/b02_title": "稳岗返还怎么申报",
    f"{PROBLEM}[2]/b02_solved_here": "yes",
    f"{PROBLEM}[2]/b02_solution": "当场说明“免申即享”办法。",
    "/suggestions/c01_plans": ["upgrade", "new_product"],
    "/suggestions/c05_suggestions": "园" * 32
    + "，"
    + "区" * 32
    + "。"
    + "》" * 2,  # a mark where each line is full
    "/suggestions/c03_relocation": "不适用，不应印出",
    "/solving/d03_solved_titles": "稳岗返还怎么申报",
    "/building/e02_vacant_names": "部门联系责任人、网格员",
    "/planning/d06_policies[1]/d06_policy": "p12",
    "/planning/d06_policies[1]/d06_fit": "fits",
    "/confirmation/z2_signature": "s1.png",
    "/confirmation/z3_signature": "s2.png",
    "/confirmation/z4_next_visit": dt.date(2027, 2, 22),
}


def picture_at(path: Path, size: tuple[int, int] = (1200, 900), colour: str = "#4477aa") -> Path:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    Image.new("RGB", size, colour).save(path, exif=exif)
    return path


def signed(path: Path) -> Path:
    image = Image.new("RGBA", (900, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(200, 300), (400, 100), (500, 300), (700, 120)], fill="black", width=14)
    image.save(path)
    return path


def record(folder: Path, **changes: Any) -> VisitRecord:
    relevant = [path for path in VALUES if "c03" not in path]
    known: dict[str, Any] = {
        "number": "V-2026-11-0001",
        "form": visit_form(),
        "enterprise": "湘东区龙岭电瓷电器有限公司",
        "credit_code": "91360313MA35KX1234",
        "officer": "李𬭛",
        "companions": "王㛃",
        "begun": dt.datetime(2026, 11, 23, 1, 30, tzinfo=dt.UTC),
        "ended": dt.datetime(2026, 11, 23, 2, 45, tzinfo=dt.UTC),
        "values": VALUES,
        "relevant": frozenset([*relevant, "/operation/a05_revenue"]),
        "shown": {"/planning/d06_policies[1]/d06_policy": "关于支持设备更新的若干措施"},
        "photos": [Photo(picture_at(folder / f"p{n}.jpg"), f"第{n}处") for n in range(5)],
        "signatures": {
            f"/confirmation/{name}": signed(folder / f"{name}.png")
            for name in ("z2_signature", "z3_signature")
        },
        "issues": [
            OpenIssue("I-A1B2-0001", "厂区西侧道路照明损坏", "待受理"),
            OpenIssue("I-A1B2-0002", "稳岗返还怎么申报", "待回访", "园区管委会", dt.date(2026, 11, 30)),
        ],
        "digest": "0123456789abcdef",
    }
    return VisitRecord(**(known | changes))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    folder = tmp_path_factory.mktemp("record")
    return print_visit_record(folder / "记录.pdf", record(folder))


def flat(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_answers_are_in_words(printed: Printed) -> None:
    text = flat("".join(page_texts(printed.path)))
    for words in (
        "走访记录", "李𬭛、王㛃", "2026年11月23日9:30–10:45", "受访人龚䶮", "走访方式实地", "生产状态半停产", "订单、资金",
        "4,528.00万元", "-3.2%", "1,186人", "1成型工8人", "2窑炉技师4人", "厂房与基础设施", "道路照明", "技改、新品",
        "关于支持设备更新的若干措施符合", "2027年2月22日", "本季营收—",
    ):  # fmt: skip
        assert flat(words) in text, words
    assert printed.missing == ()
    assert printed.problems == ()


def test_numbered_calculations_are_part_of_the_record(printed: Printed) -> None:
    text = flat("".join(page_texts(printed.path)))
    assert "D03现场办结项稳岗返还怎么申报" in text
    assert "部门联系责任人、网格员" in text
    assert "H1" not in text  # said at the head already


def test_what_did_not_apply_is_not_printed(printed: Printed) -> None:
    text = flat("".join(page_texts(printed.path)))
    assert "不应印出" not in text
    assert "订单趋势" not in text
    assert "承诺事项" not in text  # a repeat without rows


def test_the_issues_that_arose(printed: Printed) -> None:
    text = flat("".join(page_texts(printed.path)))
    assert "共2件" in text
    assert "I-A1B2-0002稳岗返还怎么申报待回访园区管委会2026年11月30日" in text


def test_number_digest_and_numbering(printed: Printed) -> None:
    texts = page_texts(printed.path)
    for number, text in enumerate(texts, start=1):
        assert "校验：0123456789ab" in text
        assert f"第{number}页共{len(texts)}页" in flat(text)


def test_photos_stand_four_to_a_page(printed: Printed) -> None:
    counts = []
    with opened(printed.path) as document:
        for page in document:
            counts.append(sum(1 for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])))
    assert counts[-2:] == [4, 1]
    assert sum(counts) == 5 + 2  # and two signatures, in the form
    assert 2 in counts[:-2]
    assert b"SecretCamera" not in printed.path.read_bytes()


def test_the_signature_stands_beside_its_label(printed: Printed) -> None:
    with opened(printed.path) as document:
        found = [
            [image.get_bounds() for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])]
            for page in document
        ]
    number, boxes = next((number, sorted(images)) for number, images in enumerate(found) if len(images) == 2)
    chars = characters(printed.path)[number]
    label = next(char for first, char in pairwise(chars) if first.text + char.text == "签字")
    assert boxes[0][1] - 30 < label.bottom < boxes[0][3] + 30
    assert label.right < boxes[0][0] < boxes[1][0]


def test_no_line_begins_with_a_mark(printed: Printed) -> None:
    for page in characters(printed.path):
        assert not {start for start in line_starts(page) if start in MARKS}


@pytest.mark.slow
def test_nothing_is_drawn_in_the_margins(printed: Printed) -> None:
    for picture in pictures(printed.path, SCALE):
        left, top, right, bottom = ink_box(picture, SCALE)
        assert left >= A4.left / MM - 0.4
        assert right <= 210 - A4.right / MM + 0.4
        assert top >= 15.5
        assert bottom <= 277


def test_a_damaged_photo_and_signature_are_told_and_the_rest_is_printed(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "bad.png").write_bytes(b"nothing")
    damaged = record(
        tmp_path,
        photos=[Photo(tmp_path / "bad.jpg", "坏")],
        signatures={"/confirmation/z2_signature": tmp_path / "bad.png"},
    )
    printed = print_visit_record(tmp_path / "a.pdf", damaged)
    assert len(printed.problems) == 2
    assert "bad.png" in printed.problems[0]
    assert "bad.jpg" in printed.problems[1]
    assert "照片打不开" in "".join(page_texts(printed.path))


def test_without_photos_issues_and_times(tmp_path: Path) -> None:
    bare = record(tmp_path, photos=(), issues=(), begun=None, ended=None, signatures={}, digest="")
    text = "".join(page_texts(print_visit_record(tmp_path / "a.pdf", bare).path))
    assert "现场照片" not in text
    assert "产生的诉求" not in text
    assert re.search(r"校验：[0-9a-f]{12}", text)


LISTS = {"l": (Choice("a", "甲"), Choice("b", "乙"))}
FORM = Form(form_id="f", version="1", title="表", items=(), choices=LISTS)


@pytest.mark.parametrize(
    ("type_", "unit", "value", "words"),
    [
        ("select_one", "", "a", "甲"),
        ("select_one", "", "other text", "other text"),
        ("select_multiple", "", "a b", "甲、乙"),
        ("select_multiple", "", ("b",), "乙"),
        ("rank", "", ["b", "a"], "乙 → 甲"),
        ("decimal", "万元", Decimal("1234.50"), "1,234.50 万元"),
        ("integer", "", 2024, "2024"),
        ("integer", "人", 0, "0 人"),
        ("date", "", "2026-11-03", "2026年11月3日"),
        ("date", "", dt.date(2026, 11, 3), "2026年11月3日"),
        ("dateTime", "", "2026-11-03T01:05:00+00:00", "2026年11月3日 9:05"),
        ("time", "", "09:05:00.000+08:00", "09:05"),
        ("text", "", "甲\n乙", "甲\n乙"),
        ("text", "", "", ""),
        ("text", "万元", None, ""),
        ("image", "", "IMG_1.jpg", "见所附照片"),
        ("acknowledge", "", "OK", "已确认"),
        ("calculate", "万元", "12000", "12,000 万元"),
    ],
)
def test_answers_in_words(type_: str, unit: str, value: object, words: str) -> None:
    question = Question(name="q", path="/q", type=type_, unit=unit, choice_list="l")
    assert answer_text(question, value, FORM) == words
