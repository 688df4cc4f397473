"""Reading: lenient with how people write, faithful to what they mean."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from forms.definition import Form, Group, Question, Repeat
from forms.workbook import Reading, convert, read_form, write_form

Read = Callable[..., Reading]
CHOICES = "list name | value | label | region\nl | a | 甲 | 1\nl | b | 乙 | 2"


def test_headings_and_types_in_every_spelling(read: Read) -> None:
    reading = read(
        """Type | Name | Label | bind::relevant | constraint message | Read Only | Required Message | Choice Filter | Bind::Constraint | repeat count
        Begin Group | g | 组 | | | | | | |
        String | t | 文 | 1 = 1 | 不对 | Yes | 必填 | | . != '' |
        int | i | 整 | | | | | | |
        select one from l | s | 单 | | | | | region = ${i} | |
        Select Multiple l or_other | m | 多 | | | | | | |
        dateTime | d | 时 | | | | | | |
        photo | p | 照 | | | | | | |
        calculation | c | | | | | | | |
        END_GROUP | | | | | | | | |
        begin-repeat | r | 行 | | | | | | | 3
        text | x | 文 | | | | | | |
        end repeat | | | | | | | | |""".replace(
            "calculation | c | | | | | | | |", "gps | c | 位 | | | | | | |"
        ),
        CHOICES,
    )
    assert reading.problems == ()
    form = reading.need()
    kinds = {item.path: item.type for item in form.questions}
    assert kinds == {
        "/g/t": "text",
        "/g/i": "integer",
        "/g/s": "select_one",
        "/g/m": "select_multiple",
        "/g/m_other": "text",
        "/g/d": "dateTime",
        "/g/p": "image",
        "/g/c": "geopoint",
        "/r/x": "text",
    }
    text = form.at("/g/t")
    assert isinstance(text, Question)
    assert (text.relevant, text.constraint, text.constraint_message) == ("1 = 1", ". != ''", "不对")
    assert (text.read_only, text.required_message) == ("true()", "必填")
    repeat = form.at("/r")
    assert isinstance(repeat, Repeat)
    assert repeat.repeat_count == "3"
    assert [c.extra for c in form.choices["l"]][:2] == [{"region": "1"}, {"region": "2"}]


def test_our_own_columns_and_those_we_do_not_know(read: Read) -> None:
    reading = read(
        """type | name | label | unit | carry | print | code | quick | bind::odk:length | 备注
        decimal | a | 产值 | 万元 | yes | lines | A03 | yes | 3 | 内部
        begin group | g | 组 | | | hidden | G | | |
        text | b | 文 | | no | | | | |
        end group | | | | | | | | |"""
    )
    assert [p.code for p in reading.problems] == ["column_unknown"]
    form = reading.need()
    a, g = form.at("/a"), form.at("/g")
    assert isinstance(a, Question)
    assert (a.unit, a.carry, a.print, a.code) == ("万元", True, "lines", "A03")
    assert a.extra == {"quick": "yes", "bind::odk:length": "3", "备注": "内部"}
    assert isinstance(g, Group)
    assert (g.print, g.code) == ("hidden", "G")


def test_texts_in_several_languages(read: Read) -> None:
    survey = (
        "type | name | label::English (en) | label::中文 (zh) | hint:中文 (zh)\ntext | a | Name | 姓名 | 全名"
    )
    form = read(survey, settings="form_id | version | default_language\nt | 1 | 中文 (zh)").need()
    a = form.at("/a")
    assert isinstance(a, Question)
    assert (a.label, a.hint) == ("姓名", "全名")
    assert a.translations["label"] == {"English (en)": "Name", "中文 (zh)": "姓名"}
    assert form.languages == ("English (en)", "中文 (zh)")
    assert read(survey).need().at("/a").label == "Name"


def test_settings_title_and_what_is_missing(read: Read) -> None:
    form = read(
        "type | name | label\ntext | a | 甲", settings="Form Title | id_string | VERSION\n走访表 | v | 2026.1"
    ).need()
    assert (form.title, form.form_id, form.version) == ("走访表", "v", "2026.1")
    assert form.title_with_version == "走访表（2026.1）"
    reading = read_form(("| survey |\n| | type | name | label |\n| | text | a | 甲 |\n".encode(), "调查.md"))
    assert reading.need().form_id == "调查"
    assert [p.code for p in reading.problems] == ["form_id_missing", "version_missing"]


def test_blank_rows_disabled_rows_and_stray_blanks_do_no_harm(read: Read) -> None:
    form = read(
        """type | name | label | disabled | relevant
         | | | |
        text |  a  |  甲　 | |
        text | gone | 丢 | yes |
        text | b | 乙 | | \u3000${a} = 'x'\u00a0"""
    ).need()
    assert [q.name for q in form.questions] == ["a", "b"]
    assert form.at("/a").label == "甲"
    b = form.at("/b")
    assert (b.relevant, b.row) == ("${a} = 'x'", 5)


def test_walking_a_form(read: Read) -> None:
    form = read(
        "type | name | label\nbegin group | g | 组\ntext | a | 甲\nend group | |\ntext | b | 乙"
    ).need()
    assert [item.path for item in form.walk()] == ["/g", "/g/a", "/b"]
    assert form.find("/zzz") is None
    with pytest.raises(KeyError):
        form.at("/zzz")


def test_parameters_and_appearances(read: Read) -> None:
    form = read(
        """type | name | label | parameters | appearance
        range | r | 分 | start = 1; end=5 step=0.5 | no-ticks
        select_one_from_file f.csv | s | 单 | value=id, label=title | minimal search('f')
        text | t | 文 | rows=3 | multiline w2"""
    ).need()
    r, s, t = form.questions
    assert r.parameters == {"start": "1", "end": "5", "step": "0.5"}
    assert (form.instances[0].value_column, form.instances[0].label_column) == ("id", "title")
    assert s.appearance == {"minimal", "search"}
    assert s.extra["search"] == "search('f')"
    assert t.appearance == {"multiline", "w2"}


def test_entities_belong_to_the_innermost_repeat_or_are_named(read: Read) -> None:
    form = read(
        """type | name | label | save_to
        text | who | 谁 | name_of
        text | e | 厂 | firm#status
        begin repeat | r | 行 |
        text | title | 题 | title
        end repeat | | |""",
        entities="""list_name | label | repeat | entity_id
        visit | ${who} | |
        issue | ${title} | ${r} |
        firm | ${e} | | ${who}""".replace("visit | ${who} | |\n        issue", "issue"),
    )
    assert [p.code for p in form.problems if p.is_error] == []
    made = form.need().entities
    assert [(d.dataset, d.repeat, dict(d.properties)) for d in made] == [
        ("issue", "/r", {"title": "/r/title"}),
        ("firm", "", {"name_of": "/who", "status": "/e"}),
    ]


def workbook_bytes(write: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    write(book)
    book.close()
    return out.getvalue()


def test_a_workbook_as_people_make_them() -> None:
    """Numbers, truths, dates, formulas, merged cells and a hidden sheet of notes."""

    def write(book: xlsxwriter.Workbook) -> None:
        survey = book.add_worksheet("Survey ")
        for c, text in enumerate(["type", "name", "label", "default", "required"]):
            survey.write(0, c, text)
        survey.write_row(1, 0, ["integer", "a", "甲", 3.0, True])
        survey.write_row(2, 0, ["decimal", "b", "乙", 2.5, False])
        survey.write_row(3, 0, ["date", "c", "丙"])
        survey.write_datetime(3, 3, dt.datetime(2026, 1, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
        survey.write_row(4, 0, ["text", "d"])
        survey.write_formula(4, 2, '=CONCATENATE("公","式")', None, "公式")
        survey.merge_range(6, 0, 6, 3, "")
        settings = book.add_worksheet("settings")
        settings.write_row(0, 0, ["form_id", "version"])
        settings.write_row(1, 0, ["t", 20260131])
        notes = book.add_worksheet("_notes")
        notes.write(0, 0, "给自己看的")
        notes.hide()

    reading = read_form((workbook_bytes(write), "a.xlsx"))
    assert reading.problems == ()
    form = reading.need()
    assert form.version == "20260131"
    assert [(q.name, q.default, q.required, q.label) for q in form.questions] == [
        ("a", "3", "true()", "甲"),
        ("b", "2.5", "", "乙"),
        ("c", "2026-01-31", "", "丙"),
        ("d", "", "", "公式"),
    ]


def test_a_form_is_the_same_in_either_format(tmp_path: Path) -> None:
    text = (
        "| survey |\n| | type | name | label | constraint |\n| | select_one l | a | 甲<br>乙 | regex(., '^(x\\|\\d+)$') |\n\n"
        "| choices |\n| | list_name | name | label |\n| | l | x | 子 |\n\n| settings |\n| | form_id | version |\n| | t | 1 |\n"
    )
    source = tmp_path / "a.md"
    source.write_text(text, encoding="utf-8")
    write_form(source, tmp_path / "a.xlsx")
    write_form(tmp_path / "a.xlsx", tmp_path / "b.md")
    forms: list[Form] = [read_form(tmp_path / name).need() for name in ("a.md", "a.xlsx", "b.md")]
    assert forms[0].items == forms[1].items == forms[2].items
    question = forms[0].questions[0]
    assert (question.label, question.constraint) == ("甲\n乙", "regex(., '^(x|\\d+)$')")
    assert convert((tmp_path / "b.md").read_bytes(), "b.md", ".md") == (tmp_path / "b.md").read_bytes()
