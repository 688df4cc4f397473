"""Filling in another language; choices found by `search()`, shuffled, or from XML and GeoJSON; the last saved."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from forms.definition import Form
from forms.filling import Filling
from forms.lookups import MAX_LOOKUP_ROWS, read_table_file
from forms.problems import FormError

NOON = dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)
TWO = """type | name | label::中文 (zh) | label::English (en) | hint::中文 (zh) | hint::English (en) | constraint | constraint_message::中文 (zh) | constraint_message::English (en) | required | required_message::English (en) | calculation
begin_group | g | 甲组 | Group A | | | | | | | |
integer | n | 人数 | People | 只算在岗 | On duty only | . < 10 | 太多 | Too many | | |
end_group | | | | | | | | | | |
select_one yn | ok | 可以吗，${n} 人 | Fine for ${n}? | | | | | | yes | Please answer |
text | only | 只有中文 | | | | | | | | |
calculate | words | | | | | | | | | | jr:choice-name(${ok}, '${ok}')"""
YN = "list_name | name | label::中文 (zh) | label::English (en)\nyn | y | 可以 | Yes\nyn | n | 不行 | No"
ZH = "form_id | version | default_language\nt | 1 | 中文 (zh)"


def labels(filling: Filling, *paths: str) -> list[str]:
    return [filling.node(path).label for path in paths]


def test_a_form_is_filled_in_another_of_its_languages(form: Callable[..., Form]) -> None:
    made = form(TWO, YN, ZH)
    for name in ("English (en)", "en", "EN"):
        filling = Filling(made, now=lambda: NOON, language=name)
        filling.set("/g/n", 12)
        assert labels(filling, "/g", "/g/n", "/ok") == ["Group A", "People", "Fine for 12?"]
        assert filling.node("/g/n").hint == "On duty only"
        assert [p.message for p in filling.problems()] == ["Too many", "Please answer"]
        assert [c.label for c in filling.node("/ok").choices] == ["Yes", "No"]
        filling.set("/ok", "y")
        assert filling.get("/words") == "Yes"
        assert filling.node("/only").label == "只有中文"


def test_the_default_language_needs_no_naming(form: Callable[..., Form]) -> None:
    made = form(TWO, YN, ZH)
    for name in ("", "zh", "中文 (zh)"):
        filling = Filling(made, now=lambda: NOON, language=name)
        filling.set("/g/n", 12)
        assert labels(filling, "/g", "/ok") == ["甲组", "可以吗，12 人"]
        assert filling.form is made


def test_a_draft_goes_on_in_another_language(form: Callable[..., Form]) -> None:
    made = form(TWO, YN, ZH)
    filling = Filling(made, now=lambda: NOON)
    filling.set("/g/n", 3)
    restored = Filling.restore(made, filling.save(), now=lambda: NOON, language="en")
    assert restored.node("/ok").label == "Fine for 3?"
    assert restored.save() == filling.save()


def test_a_language_the_form_does_not_have_is_refused(form: Callable[..., Form]) -> None:
    with pytest.raises(FormError) as caught:
        Filling(form(TWO, YN, ZH), now=lambda: NOON, language="fr")
    (found,) = caught.value.problems
    assert found.code == "language_unknown"
    assert "中文 (zh)、English (en)" in found.message


# ---------------------------------------------------------------- search()

FIRMS: dict[str, Any] = {
    "firms": [
        {"code": "a", "title": "萍乡Steel厂", "town": "湘东", "kind": "1"},
        {"code": "b", "title": "湘东陶瓷", "town": "湘东", "kind": "2"},
        {"code": "c", "title": "莲花米业", "town": "莲花", "kind": "1"},
    ]
}
COLUMNS = "list_name | name | label\nf | code | title,town\nf | 99 | 不在名单上"


def offered(filling: Filling, path: str = "/firm") -> list[str]:
    return [choice.name for choice in filling.node(path).choices]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("search('firms')", ["99", "a", "b", "c"]),
        ("search('firms.csv', 'contains', 'title', '湘')", ["99", "b"]),
        ("search('firms', 'contains', 'title,town', '湘')", ["99", "a", "b"]),
        ("search('firms', 'startswith', 'title', '萍乡s')", ["99", "a"]),
        ("search('firms', 'endswith', 'title', '米业')", ["99", "c"]),
        ("search('firms', 'matches', 'town', '莲花')", ["99", "c"]),
        ("search('firms', 'contains', 'title', '', 'kind', '1')", ["99", "a", "c"]),
        ("minimal search('firms', 'matches', 'code', 'none')", ["99"]),
    ],
)
def test_search_finds_choices_in_a_table(
    fill: Callable[..., Filling], search: str, expected: list[str]
) -> None:
    filling = fill(
        f"type | name | label | appearance\nselect_one f | firm | 企业 | {search}", COLUMNS, instances=FIRMS
    )
    assert offered(filling) == expected


def test_search_follows_the_answers_it_looks_at(fill: Callable[..., Filling]) -> None:
    filling = fill(
        """type | name | label | appearance
        text | part | 名称含 |
        select_one f | firm | 企业 | search('firms', 'contains', 'title', ${part})""",
        COLUMNS,
        instances=FIRMS,
    )
    changed = filling.set("/part", "米")
    assert "/firm" in changed.choices
    assert offered(filling) == ["99", "c"]
    assert [c.label for c in filling.node("/firm").choices] == ["不在名单上", "莲花米业, 莲花"]
    filling.set("/firm", "c")
    filling.set("/part", "陶瓷")
    assert filling.get("/firm") is None


@pytest.mark.parametrize(
    ("search", "code"),
    [
        ("search('firms', 'near', 'title', 'x')", "expression_syntax"),
        ("search('firms', 'contains')", "expression_syntax"),
        ("search('firms', 'contains', 'title', ${nobody})", "reference_unknown"),
        ("search(firms)", "instance_unknown"),
    ],
)
def test_a_search_that_is_none_is_told(read: Callable[..., Any], search: str, code: str) -> None:
    reading = read(f"type | name | label | appearance\nselect_one f | firm | 企业 | {search}", COLUMNS)
    (found,) = [p for p in reading.problems if p.is_error]
    assert (found.code, found.row, found.column) == (code, 2, "appearance")


# ---------------------------------------------------------------- randomize=true

MANY = "list_name | name | label\n" + "\n".join(f"l | {name} | {name}" for name in "abcdefgh")


def shuffled(parameters: str, **named: Any) -> str:
    return f"type | name | label | parameters | choice_filter\ninteger | seed | 种子 | |\nselect_one l | q | 题 | {parameters} | {named.get('only', '')}"


def test_a_seed_gives_the_order_odk_gives(fill: Callable[..., Filling]) -> None:
    five = "list_name | name | label\n" + "\n".join(f"l | {name} | {name}" for name in "abcde")
    assert offered(fill(shuffled("randomize=true seed=42"), five), "/q") == list("aecbd")
    filling = fill(shuffled("randomize=true, seed=${seed}"), five)
    filling.set("/seed", 7)
    assert offered(filling, "/q") == list("dbaec")
    filling.set("/seed", 42)
    assert offered(filling, "/q") == list("aecbd")
    filtered = fill(shuffled("randomize=true seed=42", only="name != 'a'"), five)
    assert sorted(offered(filtered, "/q")) == list("bcde")


def test_without_a_seed_the_order_stays_while_the_form_is_filled_and_in_its_drafts(
    form: Callable[..., Form],
) -> None:
    made = form(shuffled("randomize=true", only="name != ${seed}"), MANY)
    orders = set()
    for chance in range(4):
        filling = Filling(made, now=lambda: NOON, rng=random.Random(chance))
        first = offered(filling, "/q")
        assert sorted(first) == list("abcdefgh")
        filling.set("/seed", 1)
        assert offered(filling, "/q") == first
        saved = json.loads(json.dumps(filling.save()))
        assert offered(Filling.restore(made, saved, now=lambda: NOON), "/q") == first
        orders.add("".join(first))
    assert len(orders) > 1


# ---------------------------------------------------------------- XML and GeoJSON


def test_choices_come_from_xml_and_geojson(fill: Callable[..., Filling]) -> None:
    xml = "<root><item><name>a</name><label>甲</label><n>3</n></item><item><name>b</name><label>乙</label></item></root>"
    geojson = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": "p1",
                "properties": {"title": "东门", "floor": 2},
                "geometry": {"type": "Point", "coordinates": [113.8, 27.6]},
            },
            {
                "type": "Feature",
                "properties": {"id": "p2", "title": "西墙"},
                "geometry": {"type": "LineString", "coordinates": [[113, 27], [114, 28]]},
            },
        ],
    }
    filling = fill(
        """type | name | label | calculation
        select_one_from_file things.xml | t | 物 |
        select_one_from_file gates.geojson | g | 门 |
        calculate | n | | instance('things')/root/item[name = ${t}]/n
        calculate | place | | instance('gates')/root/item[id = ${g}]/geometry""",
        instances={
            "things": read_table_file(xml.encode(), "things.xml"),
            "gates": read_table_file(json.dumps(geojson).encode(), "gates.geojson"),
        },
    )
    assert [(c.name, c.label) for c in filling.node("/t").choices] == [("a", "甲"), ("b", "乙")]
    assert [(c.name, c.label) for c in filling.node("/g").choices] == [("p1", "东门"), ("p2", "西墙")]
    filling.set("/t", "a")
    filling.set("/g", "p2")
    assert filling.get("/n") == "3"
    assert filling.get("/place") == "27 113 0 0; 28 114 0 0"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.xml", b"<root><item>"),
        ("t.xml", b"not xml"),
        (
            "t.xml",
            b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><root><item><name>&b;</name></item></root>',
        ),
        ("t.xml", b'<?xml version="1.0" encoding="nonsense"?><root/>'),
        ("t.geojson", b"[]"),
        ("t.geojson", b"{"),
        ("t.geojson", b'{"features": [3]}'),
        ("t.geojson", b'{"features": [{"geometry": {"coordinates": [1]}}]}'),
        ("t.geojson", b"\xff\xfe"),
        ("t.geojson", b'{"features": ' + b"[" * 100_000),
    ],
)
def test_a_table_that_is_none_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(FormError) as caught:
        read_table_file(data, name)
    assert caught.value.problems[0].code == "not_a_workbook"


def test_a_table_without_end_is_refused() -> None:
    rows = b"<root>" + b"<i/>" * (MAX_LOOKUP_ROWS + 1) + b"</root>"
    with pytest.raises(FormError) as caught:
        read_table_file(rows, "t.xml")
    assert caught.value.problems[0].code == "sheet_too_big"


# ---------------------------------------------------------------- ${last-saved#…}


def test_the_answers_of_the_form_filled_before_are_at_hand(form: Callable[..., Form]) -> None:
    survey = """type | name | label | default | calculation
        text | town | 乡镇 | ${last-saved#town} |
        integer | n | 数 | |
        calculate | more | | | ${n} - ${last-saved#n}"""
    made = form(survey)
    first = Filling(made, now=lambda: NOON)
    assert (first.get("/town"), first.get("/more")) == (None, None)
    first.set("/town", "湘东")
    first.set("/n", 5)
    next_one = Filling(made, now=lambda: NOON, last_saved=first.save())
    assert next_one.get("/town") == "湘东"
    next_one.set("/n", 8)
    assert next_one.get("/more") == 3
    other = Filling(made, now=lambda: NOON, last_saved={**first.save(), "form_id": "other"})
    assert other.get("/town") is None


def test_the_last_saved_of_a_question_that_is_none_is_told(read: Callable[..., Any]) -> None:
    reading = read("type | name | label | default\ntext | a | 甲 | ${last-saved#nobody}")
    assert [p.code for p in reading.problems if p.is_error] == ["reference_unknown"]
