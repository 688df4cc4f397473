"""One form at a time: what an answer changes."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from forms.filling import Changed, Filling
from forms.problems import AnswerError

Fill = Callable[..., Filling]


def test_relevance_hides_a_group_and_what_hangs_on_it(fill: Fill) -> None:
    f = fill(
        """type | name | label | relevant | calculation
        integer | n | 数 | |
        begin group | g | 组 | ${n} > 1 |
        integer | a | 甲 | |
        end group | | | |
        calculate | s | | | ${a} + 1"""
    )
    assert not f.node("/g/a").relevant
    assert f.set("/n", 2).relevance == {"/g", "/g/a"}
    f.set("/g/a", 4)
    assert f.get("/s") == 5
    changed = f.set("/n", 0)
    assert changed.relevance == {"/g", "/g/a"}
    assert changed.values == {"/n", "/s"}
    assert f.get("/g/a") == 4, "kept while editing"
    assert f.get("/s") is None, "an irrelevant answer is seen as empty, and empty + 1 is no number"
    finished = f.finish()
    assert finished.values == {"/n": 0}
    assert finished.irrelevant == ("/g/a",)


def test_required_may_be_an_expression_and_has_its_own_words(fill: Fill) -> None:
    f = fill(
        """type | name | label | required | required_message
        text | a | 甲 | |
        text | b | 乙 | ${a} != '' | 写了甲就要写乙
        text | c | 丙 | yes |"""
    )
    assert not f.node("/b").required
    changed = f.set("/a", "x")
    assert changed.required == {"/b"}
    assert changed.problems == {"/b"}
    assert [(p.code, p.path, p.message) for p in f.problems()] == [
        ("required", "/b", "写了甲就要写乙"),
        ("required", "/c", "“丙”必须填写。"),
    ]
    assert f.finish().required_missing == ("/b", "/c")
    assert not f.finish().complete
    f.set("/b", "y")
    f.set("/c", "z")
    assert f.finish().complete


def test_a_constraint_speaks_only_of_answers(fill: Fill) -> None:
    f = fill(
        """type | name | label | constraint | constraint_message
        decimal | a | 甲 | |
        decimal | b | 乙 | . >= 0 and . <= ${a} | 不超过 ${a}"""
    )
    assert f.problems() == ()
    f.set("/b", "3")
    assert f.node("/b").problem is not None
    f.set("/a", 2)
    assert [(p.code, p.message) for p in f.problems()] == [("constraint", "不超过 2")]
    assert f.set("/a", "3.5").problems == {"/b"}
    assert f.problems() == ()


def test_an_answer_changes_only_what_depends_on_it(fill: Fill) -> None:
    f = fill(
        """type | name | label | calculation
        integer | a | 甲 |
        integer | b | 乙 |
        calculate | x | | ${a} * 2
        calculate | y | | ${b} * 2
        calculate | z | | ${x} + 1"""
    )
    assert f.set("/a", 3) == Changed(values=frozenset({"/a", "/x", "/z"}))
    assert f.set("/a", "3") == Changed(), "the same answer again changes nothing"


def test_calculations_keep_exact_figures(fill: Fill) -> None:
    f = fill(
        """type | name | label | calculation
        decimal | a | 甲 |
        decimal | b | 乙 |
        calculate | s | | ${a} + ${b}
        integer | i | 整 | ${s} * 10
        date | d | 日 | date(today() + 1)"""
    )
    f.set("/a", "0.1")
    f.set("/b", "0.20")
    assert f.get("/b") == Decimal("0.20")
    assert str(f.get("/b")) == "0.20"
    assert f.get("/s") == Decimal("0.3")
    assert f.get("/i") == 3
    assert f.get("/d") == dt.date(2026, 11, 23)
    assert f.finish().values["/s"] == "0.3"


def test_choices_follow_a_filter_and_an_answer_that_is_gone_is_cleared(fill: Fill) -> None:
    f = fill(
        """type | name | label | choice_filter
        select_one p | province | 省 |
        select_one c | city | 市 | p = ${province}
        select_multiple c | cities | 各市 | p = ${province}""",
        """list_name | name | label | p
        p | jx | 江西 |
        p | hn | 湖南 |
        c | px | 萍乡 | jx
        c | nc | 南昌 | jx
        c | cs | 长沙 | hn""",
    )
    assert f.node("/city").choices == ()
    assert f.set("/province", "jx").choices == {"/city", "/cities"}
    f.set("/city", "px")
    f.set("/cities", ["nc", "px"])
    changed = f.set("/province", "hn")
    assert changed.values == {"/province", "/city", "/cities"}
    assert f.get("/city") is None
    assert f.get("/cities") is None
    assert [c.label for c in f.node("/city").choices] == ["长沙"]


def test_choices_may_come_from_a_file_beside_the_form(fill: Fill) -> None:
    survey = """type | name | label | choice_filter | parameters | calculation
        text | kind | 类 | | |
        select_one_from_file products.csv | p | 产品 | kind = ${kind} | value=id label=title |
        calculate | t | | | | jr:choice-name(${p}, '${p}')
        calculate | rate | | | | pulldata('products', 'rate', 'id', ${p})"""
    rows = [
        {"id": "1", "title": "甲贷", "kind": "a", "rate": "3.5"},
        {"id": "2", "title": "乙贷", "kind": "b", "rate": "4"},
    ]
    f = fill(survey, instances={"products": rows})
    f.set("/kind", "b")
    assert [(c.name, c.label) for c in f.node("/p").choices] == [("2", "乙贷")]
    f.set("/p", "2")
    assert f.get("/t") == "乙贷"
    assert f.get("/rate") == "4"
    with pytest.raises(AnswerError):
        f.set("/p", "1")
    unknown = fill(survey)
    unknown.set("/p", "whatever")
    assert unknown.problems() == (), "nobody knows the table: the answer is taken on trust"


def test_a_choice_that_is_no_longer_there_is_a_problem(form: Callable[..., object]) -> None:
    made = form("type | name | label\nselect_one_from_file p.csv | p | 产品")

    def now() -> dt.datetime:
        return dt.datetime(2026, 11, 22, tzinfo=dt.UTC)

    f = Filling(made, now=now, instances={"p": [{"name": "a", "label": "甲"}]})  # type: ignore[arg-type]
    f.set("/p", "a")
    later = Filling.restore(made, f.save(), now=now, instances={"p": [{"name": "b", "label": "乙"}]})  # type: ignore[arg-type]
    assert later.get("/p") == "a"
    assert [p.code for p in later.problems()] == ["choice_gone"]


def test_or_other_asks_for_words(fill: Fill) -> None:
    f = fill("type | name | label\nselect_one l or_other | a | 甲", "list_name | name | label\nl | x | 子")
    assert [c.name for c in f.node("/a").choices] == ["x", "other"]
    assert not f.node("/a_other").relevant
    f.set("/a", "other")
    assert f.node("/a_other").relevant


def test_defaults_plain_and_computed(fill: Fill) -> None:
    f = fill(
        """type | name | label | default | calculation
        integer | n | 数 | 3 |
        date | d | 日 | today() |
        date | e | 次日 | date(${d} + 1) |
        text | t | 文 | 实地(园区) |
        select_one l | c | 选 | x |
        decimal | r | 比 | -0.50 |
        calculate | k | | | ${n} + 1""",
        "list_name | name | label\nl | x | 子",
    )
    assert f.get("/n") == 3
    assert f.get("/d") == dt.date(2026, 11, 22)
    assert f.get("/e") == dt.date(2026, 11, 23)
    assert f.get("/t") == "实地(园区)"
    assert f.get("/c") == "x"
    assert str(f.get("/r")) == "-0.50"
    assert f.get("/k") == 4
    f.set("/d", "2026-01-01")
    assert f.get("/e") == dt.date(2026, 11, 23), "a default is computed once"


def test_metadata_come_from_outside(fill: Fill) -> None:
    f = fill(
        "type | name\nstart | s\nend | e\ntoday | t\nusername | u\ndeviceid | d",
        metadata={"username": "li", "deviceid": "d1"},
    )
    assert f.get("/s") == dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)
    assert f.get("/t") == dt.date(2026, 11, 22)
    assert f.get("/u") == "li"
    assert f.get("/d") == "d1"
    assert f.get("/e") is None
    assert f.finish().values["/e"] == "2026-11-22T12:00:00.000+08:00"
    with pytest.raises(AnswerError) as caught:
        f.set("/u", "wang")
    assert caught.value.code == "not_editable"


def test_a_trigger_computes_only_when_it_is_pulled(fill: Fill) -> None:
    f = fill(
        """type | name | label | calculation | trigger
        text | a | 甲 | |
        text | b | 乙 | |
        text | when | 何时 | concat(${a}, '-', ${b}) | ${a}
        text | gone | 清 | | ${a}
        calculate | after | | concat(${when}, '!') |"""
    )
    f.set("/gone", "x")
    f.set("/b", "2")
    assert f.get("/when") is None
    changed = f.set("/a", "1")
    assert changed.values == {"/a", "/when", "/gone", "/after"}
    assert f.get("/when") == "1-2"
    assert f.get("/after") == "1-2!"
    f.set("/b", "3")
    assert f.get("/when") == "1-2"


def test_once_keeps_its_first_value(fill: Fill) -> None:
    f = fill("type | name | label | calculation\ninteger | a | 甲 |\ncalculate | first | | once(${a})")
    f.set("/a", 5)
    f.set("/a", 6)
    assert f.get("/first") == 5


def test_labels_and_hints_are_filled_in(fill: Fill) -> None:
    f = fill("type | name | label | hint\ntext | who | 姓名 |\nnote | hi | 您好，${who}！ | 由 ${who} 填写")
    assert f.node("/hi").label == "您好，！"
    assert f.set("/who", "张三").labels == {"/hi"}
    assert f.node("/hi").label == "您好，张三！"
    assert f.node("/hi").hint == "由 张三 填写"


def test_read_only_by_question_and_by_group(fill: Fill) -> None:
    f = fill(
        """type | name | label | read_only
        text | a | 甲 |
        text | b | 乙 | ${a} = 'x'
        begin group | g | 组 | yes
        text | c | 丙 |
        end group | | |"""
    )
    assert not f.node("/b").read_only
    assert f.set("/a", "x").read_only == {"/b"}
    assert f.node("/b").read_only
    assert f.node("/g/c").read_only


def test_a_note_that_is_required_holds_the_form_back_while_it_is_shown(fill: Fill) -> None:
    f = fill(
        """type | name | label | required | relevant
        integer | n | 数 | |
        note | stop | 数应大于零 | yes | ${n} = 0"""
    )
    assert f.finish().complete
    f.set("/n", 0)
    assert f.finish().required_missing == ("/stop",)


def test_a_range_is_held_to(fill: Fill) -> None:
    f = fill("type | name | label | parameters\nrange | r | 分 | start=1 end=5 step=0.5")
    f.set("/r", "4.5")
    assert f.problems() == ()
    f.set("/r", 6)
    assert [(p.code, p.message) for p in f.problems()] == [("out_of_range", "应在 1 到 5 之间。")]


def test_a_computation_without_an_answer_is_a_problem_of_its_question(fill: Fill) -> None:
    f = fill("type | name | label | calculation\ntext | a | 甲 |\ncalculate | d | | date(${a})")
    f.set("/a", "昨天")
    assert [(p.code, p.path) for p in f.problems()] == [("evaluation", "/d")]
    assert not f.finish().complete
    f.set("/a", "2026-01-01")
    assert f.problems() == ()


def test_how_far_a_section_is(fill: Fill) -> None:
    f = fill(
        """type | name | label | required | constraint
        begin group | g | 组 | |
        integer | a | 甲 | yes | . > 0
        integer | b | 乙 | |
        end group | | | |"""
    )
    assert f.section_state("/g") == "empty"
    f.set("/g/b", 1)
    assert f.section_state("/g") == "started"
    f.set("/g/a", -1)
    assert f.section_state("/g") == "problems"
    f.set("/g/a", 1)
    assert f.section_state("/g") == "done"
    assert f.section_state() == "done"


def test_paths_in_the_xpath_way(fill: Fill) -> None:
    f = fill(
        """type | name | label | calculation
        begin group | g | 组 |
        integer | a | 甲 |
        calculate | up | | ../a + 1
        calculate | root | | /data/g/a + 2
        calculate | here | | current()/../a + 3
        calculate | all | | count-non-empty(../*)
        calculate | deep | | sum(//a)
        end group | | |
        calculate | by_id | | /t/g/a + 4"""
    )
    f.set("/g/a", 1)
    assert [f.get(p) for p in ("/g/up", "/g/root", "/g/here", "/by_id", "/g/deep")] == [2, 3, 4, 5, 1]
    assert f.walk() is not None
    assert list(f.walk())[:2] == ["/g/a", "/g/up"]
    assert f.children("/g")[0] == "/g/a"
    assert f.children() == ("/g", "/by_id")


def test_the_name_of_a_filled_form(fill: Fill) -> None:
    f = fill(
        "type | name | label\ntext | a | 甲",
        settings="form_id | version | instance_name\nt | 1 | concat('走访 ', ${a})",
    )
    f.set("/a", "某厂")
    assert f.finish().instance_name == "走访 某厂"
