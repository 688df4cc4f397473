"""What a finished form creates and updates."""

from collections.abc import Callable

from forms.filling import Filling

Fill = Callable[..., Filling]
SURVEY = """type | name | label | save_to | relevant
    csv-external | firms | | |
    text | firm | 企业编号 | |
    integer | staff | 人数 | firm#staff |
    select_one yn | any | 有无困难 | | |
    begin repeat | r | 困难 | | ${any} = 'y'
    text | title | 标题 | issue#title |
    decimal | money | 金额 | issue#money |
    date | by | 期限 | issue#by | ${money} > 10
    end repeat | | | |"""
CHOICES = "list_name | name | label\nyn | y | 有\nyn | n | 无"
ENTITIES = """list_name | label | repeat | entity_id | create_if | update_if
    issue | concat('困难：', ${title}) | ${r} | | ${title} != '' |
    firm | ${firm} | | ${firm} | | ${staff} != ''"""


def filled(fill: Fill) -> Filling:
    f = fill(
        SURVEY.replace("csv-external | firms | | |\n", "note | n | 注 | |\n"), CHOICES, entities=ENTITIES
    )
    f.set("/firm", "E1")
    f.set("/any", "y")
    return f


def test_a_row_is_an_entity(fill: Fill) -> None:
    f = filled(fill)
    for title, money in (("供电", "12.50"), (None, None), ("用工", "3")):
        row = f.add("/r").added
        f.set(f"{row}/title", title)
        f.set(f"{row}/money", money)
    first, third = f.finish().entities
    assert (first.dataset, first.label, first.create, first.update, first.path) == (
        "issue",
        "困难：供电",
        True,
        False,
        "/r[1]",
    )
    assert first.properties == {"title": "供电", "money": "12.50", "by": ""}
    assert third.properties == {"title": "用工", "money": "3"}, "what was not relevant is not there"
    assert first.id != third.id
    assert f.finish().entities == (first, third), "finishing twice makes the same entities"


def test_an_update_needs_its_condition_and_an_id(fill: Fill) -> None:
    f = filled(fill)
    assert f.finish().entities == ()
    f.set("/staff", 120)
    (firm,) = f.finish().entities
    assert (firm.dataset, firm.id, firm.create, firm.update) == ("firm", "E1", False, True)
    assert firm.properties == {"staff": "120"}
    f.set("/firm", None)
    assert f.finish().entities == ()


def test_rows_that_are_not_relevant_make_nothing(fill: Fill) -> None:
    f = filled(fill)
    f.add("/r")
    f.set("/r[1]/title", "供电")
    f.set("/any", "n")
    assert f.finish().entities == ()


def test_without_an_id_a_form_creates_with_one_it_updates(fill: Fill) -> None:
    f = fill(
        "type | name | label\ntext | a | 甲",
        entities="list_name | label | entity_id\nmade | ${a} |\nknown | ${a} | ${a}",
    )
    f.set("/a", "x")
    made, known = f.finish().entities
    assert (made.create, made.update, len(made.id)) == (True, False, 36)
    assert (known.create, known.update, known.id) == (False, True, "x")
