"""The words of the demo's park: every code in them is one there is, and its enterprises' codes are right and nobody's."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

from app.dictionaries import builtin
from app.domain.credit_code import check
from app.domain.taxonomy import Dictionaries
from app.paths import resources
from sync.server.demo import odds
from sync.server.demo.ground import code_of
from sync.server.demo.sheets import PICTURES, signature
from sync.server.demo.stage import Luck

WORDS: dict[str, Any] = json.loads((resources() / "demo" / "park.json").read_text(encoding="utf-8"))
INDUSTRIES = json.loads((resources() / "dictionaries" / "industries.json").read_text(encoding="utf-8"))


def test_every_code_is_one_there_is() -> None:
    known = Dictionaries.parse(builtin())
    for problem in WORDS["problems"]:
        assert known.taxonomy.subcategory(problem["code"]) is not None, problem["code"]
        assert all(0 < len(title) <= 40 for title in problem["titles"])
        assert bool(problem.get("solution")) == problem["spot"]
    industries = {item["code"] for item in INDUSTRIES["items"]}
    assert {trade["industry"] for trade in WORDS["trades"]} <= industries
    assert set(WORDS["case_titles"]) == set(odds.TEMPLATES) == {one.id for one in known.case_templates}
    assert len(set(WORDS["names"])) == len(WORDS["names"]) >= odds.ENTERPRISES


def test_credit_codes_are_well_formed_and_nobodys() -> None:
    codes = {code_of(seed, number) for seed in range(20) for number in range(odds.ENTERPRISES)}
    assert len(codes) == 20 * odds.ENTERPRISES
    assert [code for code in codes if check(code) is not None or not code.startswith("91360313QLA")] == []


def test_chance_is_the_same_for_the_same_name_alone() -> None:
    assert [Luck("a").random() for _ in range(3)] == [Luck("a").random() for _ in range(3)]
    assert Luck("a").random() != Luck("b").random()
    assert {Luck(str(n)).one_of({"x": 1.0, "y": 0.0}) for n in range(50)} == {"x"}


def test_signatures_are_pictures() -> None:
    assert len({signature(number).sha256 for number in range(PICTURES)}) == PICTURES
    content = signature(0).content
    width, height = struct.unpack(">II", content[16:24])
    start = content.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", content[start - 8 : start - 4])
    raw = zlib.decompress(content[start : start + length])
    assert len(raw) == (width + 1) * height
    assert set(raw) == {0, 40, 255}
