"""The manual: links lead somewhere, and the form it teaches with can be read and filled."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forms.filling import Filling
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
