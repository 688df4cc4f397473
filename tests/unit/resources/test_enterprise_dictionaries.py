"""Industries, divisions, tags and tracks: whole, in their order, with parents that are there."""

from __future__ import annotations

import re
from collections import Counter

from app.dictionaries import builtin


def test_the_industries_are_sections_divisions_groups_and_classes() -> None:
    codes = {item["code"]: item["name"] for item in builtin()["industries"]["items"]}
    assert Counter(map(len, codes)) == {1: 20, 3: 97, 4: 473, 5: 1381}
    assert all(re.fullmatch(r"[A-T](\d{2,4})?", code) for code in codes)
    for code in codes:
        parent = {1: None, 3: code[:1], 4: code[:3], 5: code[:4]}[len(code)]
        assert parent is None or parent in codes, code
    assert {code[1:] for code in codes if len(code) == 3} == {f"{n:02d}" for n in range(1, 98)}
    assert {code[1:3] for code in codes if len(code) == 3 and code[0] == "C"} == {
        str(n) for n in range(13, 44)
    }
    assert codes["C3741"] == "飞机制造"
    assert codes["A05"] == "农、林、牧、渔专业及辅助性活动"
    assert not [name for name in codes.values() if "(" in name or not name.strip()]


def test_divisions_have_their_provinces_and_keep_what_was() -> None:
    items = {item["code"]: item for item in builtin()["divisions"]["items"]}
    assert items["360313"]["name"] == "湘东区"
    assert items["360300"]["name"] == "萍乡市"
    current = [code for code, item in items.items() if "until" not in item]
    assert len([code for code in current if code.endswith("0000")]) == 34
    assert all(f"{code[:2]}0000" in items for code in current)
    assert items["110103"] == {"code": "110103", "name": "崇文区", "until": items["110103"]["until"]}
    assert 2009 <= items["110103"]["until"] <= 2011


def test_tags_have_eight_slots_and_tracks_their_stages() -> None:
    tags = builtin()["enterprise_tags"]["items"]
    assert len([tag for tag in tags if tag["group"] == "八大清单"]) == 8
    assert {tag["code"]: tag.get("years") for tag in tags}["high_tech"] == 3
    tracks = {item["code"]: item for item in builtin()["cultivation_tracks"]["items"]}
    assert tracks["small_to_regulated"]["revenue_wan"] == 2000
    assert all(len(item["stages"]) >= 3 for item in tracks.values())
