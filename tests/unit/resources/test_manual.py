"""The manual: links lead somewhere, and the form it teaches with can be read and filled."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forms.expressions.functions import FUNCTIONS
from forms.filling import Filling
from forms.question_types import TYPES
from forms.workbook import read_form_text
from sync.server.cli import parser

FOLDER = Path(__file__).parents[3] / "resources" / "manual"
PAGES = sorted(FOLDER.glob("*.md"))


def test_the_index_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(([^)#]+)\)", (FOLDER / "index.md").read_text(encoding="utf-8")))
    assert linked == {page.name for page in PAGES} - {"index.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (FOLDER / target).is_file()


def test_the_smallest_form_of_the_manual_works() -> None:
    text = (FOLDER / "form_design.md").read_text(encoding="utf-8")
    taught = text.split("## 二、最小的一张表")[1].split("## 三、")[0]
    reading = read_form_text(taught, name="entry")
    assert reading.problems == ()
    assert reading.form is not None
    filling = Filling(reading.form, now=lambda: datetime(2026, 11, 22, tzinfo=UTC))
    filling.set("/visitor", "市场监督管理局")
    filling.set("/reason", "service")
    assert filling.finish().complete


def worked_example() -> str:
    text = (FOLDER / "form_design.md").read_text(encoding="utf-8")
    return text.split("做好是这样：")[1].split("试填：")[0]


def test_the_worked_example_of_the_manual_is_filled_as_it_says() -> None:
    reading = read_form_text(worked_example(), name="labour_need")
    assert reading.problems == ()
    filling = Filling(reading.need(), now=lambda: datetime(2026, 11, 22, tzinfo=UTC))
    filling.set("/day", "2026-11-22")
    filling.set("/short", "yes")
    for row, (trade, people, pay) in enumerate([("welder", 20, 7000), ("packer", 40, 5500)], 1):
        filling.add("/jobs")
        filling.set(f"/jobs[{row}]/trade", trade)
        filling.set(f"/jobs[{row}]/people", people)
        filling.set(f"/jobs[{row}]/pay", pay)
    assert filling.node("/summary").label == "合计缺 60 人，平均月工资 6000 元"
    assert filling.finish().required_missing == ("/reason",)
    filling.set("/reason", "订单增加")
    assert filling.finish().complete
    filling.set("/jobs[2]/people", 4)
    assert filling.get("/total") == 24
    assert filling.get("/reason") == "订单增加"
    assert "/reason" not in filling.finish().values


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("${people} * ${pay}", "${peple} * ${pay}", "${peple} 不存在，是不是想写“people”"),
        ("${short} = 'yes'", "${short} ＝ 'yes'", "等号是全角的，请改成半角 ="),
        ("select_one trade |", "select_one trades |", "选项表“trades”不存在，是不是想写“trade”"),
        ("| | end_repeat | | | | | | | | |\n", "", "没有结束。请在后面加一行 end_repeat"),
        ("round(sum(${cost}) div ${total}, 0)", "sum(${cost}) / 2", "斜杠只用在路径里，除以请写 div"),
    ],
)
def test_the_slips_the_manual_names_are_told_as_it_says(right: str, wrong: str, said: str) -> None:
    assert right in worked_example()
    reading = read_form_text(worked_example().replace(right, wrong))
    assert any(said in p.message for p in reading.problems), [p.message for p in reading.problems]


def test_the_list_of_what_is_supported_is_whole() -> None:
    text = (FOLDER / "form_design.md").read_text(encoding="utf-8").split("## 十一、")[1]
    words = set(re.findall(r"`([^`\s]+)`", text))
    assert {name for name, kind in TYPES.items() if kind.supported} - words == set()
    assert set(FUNCTIONS) - words == set()


def server_commands() -> list[str]:
    """Every line of a code block, of any page, that runs the server's command."""
    blocks = [
        b
        for page in PAGES
        for b in re.findall(r"^```\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    ]
    return [line for block in blocks for line in block.splitlines() if line.startswith("zhuqitong-server ")]


@pytest.mark.parametrize("line", server_commands())
def test_a_server_command_of_the_manual_is_understood(line: str) -> None:
    typed = re.sub(r"\$\([^)]*\)", "2026-11-22", line)  # what the shell puts there is part of one word
    assert callable(parser().parse_args(shlex.split(typed)[1:]).run)


def test_the_manual_shows_every_command_a_server_begins_with() -> None:
    shown = {
        " ".join(word for word in shlex.split(line)[1:3] if word.isalpha() and word.isascii())
        for line in server_commands()
    }
    needed = {
        "init",
        "serve",
        "status",
        "account add",
        "roster import",
        "assign",
        "form publish",
        "form list",
    }
    assert needed <= shown


def test_the_columns_taught_are_columns_of_the_built_in_form() -> None:
    text = (FOLDER / "form_design.md").read_text(encoding="utf-8")
    taught = set(re.findall(r"^\| (\w+) \|", text.split("## 三、")[1].split("## 五、")[0], re.M)) - {"列"}
    header = (FOLDER.parent / "forms" / "visit_three.md").read_text(encoding="utf-8").splitlines()[1]
    assert taught <= {cell.strip() for cell in header.split("|")}
