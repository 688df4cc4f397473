"""Repeats: rows come and go, and sums, positions and look-ups follow."""

from collections.abc import Callable

import pytest

from forms.filling import Filling
from forms.problems import AnswerError

Fill = Callable[..., Filling]

ORDERS = """type | name | label | calculation | relevant
    decimal | rate | 单价 | |
    begin repeat | r | 行 | |
    integer | n | 数 | |
    text | who | 谁 | | ${n} > 2
    calculate | cost | | ${n} * ${rate} |
    calculate | pos | | position(..) |
    calculate | before | | indexed-repeat(${n}, ${r}, position(..) - 1) |
    calculate | share | | ${n} div sum(${r}/n) |
    end repeat | | | |
    calculate | total | | sum(${cost}) |
    calculate | rows | | count(${r}) |
    calculate | big | | join('、', ${r}[n > 2]/who) |
    calculate | most | | max(${n}) |
    calculate | second | | ${r}[2]/n |
    calculate | last | | ${r}[position() = last()]/n |"""


def test_sums_and_counts_follow_rows(fill: Fill) -> None:
    f = fill(ORDERS)
    f.set("/rate", "1.5")
    assert f.rows("/r") == ()
    assert f.get("/rows") == 0
    first = f.add("/r")
    assert first.added == "/r[1]"
    assert first.added_rows == ("/r[1]",)
    assert "/rows" in first.values
    f.add("/r")
    f.set("/r[1]/n", 2)
    changed = f.set("/r[2]/n", 4)
    assert {"/r[2]/n", "/r[2]/cost", "/total", "/most", "/second", "/last"} <= changed.values
    assert "/r[1]/cost" not in changed.values
    assert changed.relevance == {"/r[2]/who"}
    f.set("/r[2]/who", "李")
    assert [f.get(p) for p in ("/total", "/rows", "/most", "/second", "/last", "/big")] == [
        9,
        2,
        4,
        4,
        4,
        "李",
    ]
    assert f.get("/r[2]/before") == 2
    assert f.get("/r[1]/before") is None
    changed = f.set("/rate", 1)
    assert {"/r[1]/cost", "/r[2]/cost", "/total"} <= changed.values


def test_removing_a_row_moves_the_others_up(fill: Fill) -> None:
    f = fill(ORDERS)
    for n in (1, 2, 3):
        f.add("/r")
        f.set(f"/r[{n}]/n", n * 10)
    changed = f.remove("/r[1]")
    assert changed.removed_rows == ("/r[1]",)
    assert f.rows("/r") == ("/r[1]", "/r[2]")
    assert [f.get(f"/r[{i}]/n") for i in (1, 2)] == [20, 30]
    assert [f.get(f"/r[{i}]/pos") for i in (1, 2)] == [1, 2]
    assert [f.get(f"/r[{i}]/before") for i in (1, 2)] == [None, 20]
    assert f.get("/rows") == 2
    with pytest.raises(AnswerError) as caught:
        f.get("/r[3]/n")
    assert caught.value.code == "path_not_found"


def test_a_name_inside_the_same_repeat_means_the_same_row(fill: Fill) -> None:
    f = fill(ORDERS)
    for n in (1, 3):
        f.add("/r")
        f.set(f"/r[{len(f.rows('/r'))}]/n", n)
    assert str(f.get("/r[1]/share")) == "0.25"
    assert str(f.get("/r[2]/share")) == "0.75"


def test_repeats_within_repeats(fill: Fill) -> None:
    f = fill(
        """type | name | label | calculation
        begin repeat | a | 外 |
        text | t | 题 |
        begin repeat | b | 内 |
        integer | n | 数 |
        calculate | path | | concat(${t}, position(..), '/', position(../..))
        begin group | g | 组 |
        calculate | where | | concat(position(..), position(../..), position(../../..))
        end group | | |
        end repeat | | |
        calculate | inner | | sum(${n})
        end repeat | | |
        calculate | all | | sum(${n})
        calculate | pick | | indexed-repeat(${n}, ${a}, 2, ${b}, 1)"""
    )
    for outer in (1, 2):
        f.add("/a")
        f.set(f"/a[{outer}]/t", "xy"[outer - 1])
        for inner in (1, 2):
            f.add(f"/a[{outer}]/b")
            f.set(f"/a[{outer}]/b[{inner}]/n", outer * 10 + inner)
    assert f.get("/a[2]/b[1]/path") == "y1/2"
    assert f.get("/a[2]/b[2]/g/where") == "122", "a group is the only one of its kind"
    assert [f.get("/a[1]/inner"), f.get("/a[2]/inner"), f.get("/all")] == [23, 43, 66]
    assert f.get("/pick") == 21
    f.remove("/a[1]")
    assert f.get("/all") == 43
    assert f.get("/a[1]/b[2]/path") == "y2/1"
    assert f.children("/a[1]") == ("/a[1]/t", "/a[1]/b", "/a[1]/inner")
    assert f.children("/a") == ("/a[1]",)


def test_a_counted_repeat_counts_its_own_rows_and_gives_answers_back(fill: Fill) -> None:
    f = fill(
        """type | name | label | repeat_count
        integer | n | 几行 |
        begin repeat | r | 行 | ${n}
        text | t | 文 |
        end repeat | | |"""
    )
    changed = f.set("/n", 3)
    assert changed.added_rows == ("/r[1]", "/r[2]", "/r[3]")
    f.set("/r[3]/t", "丙")
    changed = f.set("/n", 1)
    assert changed.removed_rows == ("/r[3]", "/r[2]")
    assert f.rows("/r") == ("/r[1]",)
    f.set("/n", 10)
    assert f.get("/r[3]/t") == "丙", "typing 10 over 1 loses nothing"
    with pytest.raises(AnswerError) as caught:
        f.add("/r")
    assert caught.value.code == "rows_counted"
    f.set("/n", 1_000_000)
    assert [p.code for p in f.problems()] == ["repeat_too_long"]
    assert len(f.rows("/r")) == 2000


def test_rows_counted_by_a_table_show_its_rows(fill: Fill) -> None:
    f = fill(
        """type | name | label | repeat_count | calculation
        csv-external | issues | | |
        begin repeat | r | 诉求 | count(instance('issues')/root/item) |
        calculate | i | | | position(..)
        calculate | title | | | instance('issues')/root/item[position() = ${i}]/title
        note | card | ${title} | |
        end repeat | | | |
        calculate | open | | | count(instance('issues')/root/item[state = 'open'])""",
        instances={"issues": [{"title": "供电", "state": "open"}, {"title": "用工", "state": "done"}]},
    )
    assert [f.node(f"{row}/card").label for row in f.rows("/r")] == ["供电", "用工"]
    assert f.get("/open") == 1


def test_choices_may_be_the_answers_of_a_repeat(fill: Fill) -> None:
    f = fill(
        """type | name | label
        begin repeat | r | 人 |
        text | who | 姓名 |
        end repeat | |
        select_one ${who} | boss | 负责人"""
    )
    f.add("/r")
    f.add("/r")
    f.set("/r[1]/who", "张")
    f.set("/r[2]/who", "李")
    assert [c.name for c in f.node("/boss").choices] == ["张", "李"]
    f.set("/boss", "李")
    f.set("/r[2]/who", "王")
    assert f.get("/boss") is None


def test_rows_of_an_irrelevant_repeat_do_not_count(fill: Fill) -> None:
    f = fill(
        """type | name | label | relevant | required | calculation
        text | on | 开 | | |
        begin repeat | r | 行 | ${on} = 'y' | |
        integer | n | 数 | | yes |
        end repeat | | | | |
        calculate | total | | | | sum(${n})
        calculate | rows | | | | count(${r})"""
    )
    f.set("/on", "y")
    f.add("/r")
    assert f.finish().required_missing == ("/r[1]/n",)
    f.set("/r[1]/n", 7)
    assert [f.get("/total"), f.get("/rows")] == [7, 1]
    f.set("/on", "n")
    assert [f.get("/total"), f.get("/rows")] == [0, 0]
    assert f.finish().irrelevant == ("/r[1]/n",)
    f.set("/on", "y")
    assert f.get("/total") == 7


def test_a_computed_default_in_each_new_row(fill: Fill) -> None:
    f = fill(
        """type | name | label | default
        text | base | 底 |
        begin repeat | r | 行 |
        text | t | 文 | concat(${base}, position(..))
        end repeat | |"""
    )
    f.set("/base", "x")
    f.add("/r")
    f.set("/base", "y")
    f.add("/r")
    assert [f.get("/r[1]/t"), f.get("/r[2]/t")] == ["x1", "y2"]


def test_the_cost_of_an_answer_does_not_grow_with_the_rows(fill: Fill) -> None:
    f = fill(ORDERS)
    for n in range(60):
        f.add("/r")
        f.set(f"/r[{n + 1}]/n", 5)
    computed: list[str] = []
    engine = f._engine
    compute = engine._compute

    def counting(cell: object, node: object) -> None:
        computed.append(node.path)  # type: ignore[attr-defined]
        compute(cell, node)  # type: ignore[arg-type]

    engine._compute = counting  # type: ignore[method-assign,assignment]
    f.set("/r[1]/who", "a")
    early = len(computed)
    computed.clear()
    f.set("/r[60]/who", "b")
    assert len(computed) == early
    assert early < 10
    computed.clear()
    f.set("/rate", 2)
    assert sum(path.endswith("/cost") for path in computed) == 60
    assert computed.count("/total") == 1, "one pass: a sum is added up once, after all its parts"


def test_the_previous_rows_answer_may_be_carried_on(fill: Fill) -> None:
    f = fill(
        """type | name | label | calculation
        begin repeat | r | 行 |
        integer | n | 数 |
        calculate | upto | | ${n} + coalesce(indexed-repeat(${upto}, ${r}, position(..) - 1), 0)
        end repeat | | |"""
    )
    for n in (1, 2, 3, 4):
        f.add("/r")
        f.set(f"/r[{n}]/n", n)
    assert [f.get(f"/r[{i}]/upto") for i in (1, 2, 3, 4)] == [1, 3, 6, 10]
    f.set("/r[1]/n", 11)
    assert f.get("/r[4]/upto") == 20
    f.remove("/r[2]")
    assert f.get("/r[3]/upto") == 18


def test_a_new_row_without_answers_leaves_sums_alone(fill: Fill) -> None:
    f = fill(
        """type | name | label | default | calculation
        begin repeat | r | 行 | |
        integer | n | 数 | |
        integer | d | 数 | 2 |
        end repeat | | | |
        calculate | s | | | sum(${n})
        calculate | t | | | sum(${r}/d)
        calculate | c | | | count(${n})"""
    )
    f.add("/r")
    f.set("/r[1]/n", 5)
    computed: list[str] = []
    engine = f._engine
    compute = engine._compute

    def counting(cell: object, node: object) -> None:
        computed.append(node.path)  # type: ignore[attr-defined]
        compute(cell, node)  # type: ignore[arg-type]

    engine._compute = counting  # type: ignore[method-assign,assignment]
    f.add("/r")
    assert computed == ["/t", "/c"]
    assert [f.get(p) for p in ("/s", "/t", "/c")] == [5, 4, 2]
    computed.clear()
    f.remove("/r[1]")
    assert sorted(computed) == ["/c", "/s", "/t"]
    assert [f.get(p) for p in ("/s", "/t", "/c")] == [0, 2, 1]


def test_what_names_and_paths_mean_inside_a_repeat(fill: Fill) -> None:
    f = fill(
        """type | name | label | calculation
        begin repeat | r | 行 |
        integer | n | 数 |
        calculate | mine | | sum(${n})
        calculate | mine_too | | sum(/data/r/n)
        calculate | every | | sum(../../r/n)
        calculate | rows | | count(${r})
        calculate | above | | count(${r}[n > current()/../n])
        end repeat | | |"""
    )
    for n in (1, 2, 3):
        f.add("/r")
        f.set(f"/r[{n}]/n", n)
    assert [f.get(f"/r[2]/{name}") for name in ("mine", "mine_too", "every", "rows", "above")] == [
        2,
        2,
        6,
        3,
        1,
    ]
    f.set("/r[1]/n", 9)
    assert [f.get(f"/r[2]/{name}") for name in ("mine", "mine_too", "every", "rows", "above")] == [
        2,
        2,
        14,
        3,
        2,
    ]
