"""Every problem of the catalogue has a form, a file or an answer here that brings it about."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from forms import sheets, workbook
from forms.filling import Filling
from forms.problems import CATALOGUE, AnswerError, FormError, problem
from forms.sheets import Sheet, write_sheets
from forms.workbook import Reading, read_form, read_form_text

Read = Callable[..., Reading]
CHOICES = "list_name | name | label\nl | a | 甲\nl | b | 乙"
SETTINGS = "form_id | version\nt | 1"

# code -> (sheets of a form, sheet, row, column of the problem)
BY_FORM: dict[str, tuple[dict[str, str], str, int | None, str]] = {
    "sheet_unknown": ({"survey": "type | name | label\ntext | a | 甲", "chioces": "x"}, "chioces", None, ""),
    "sheet_empty": ({"survey": "type | name | label"}, "survey", None, ""),
    "column_missing": ({"survey": "typo | name\ntext | a"}, "survey", 1, ""),
    "column_unknown": ({"survey": "type | name | label | lable2\ntext | a | 甲 | x"}, "survey", 1, "lable2"),
    "column_duplicated": (
        {"survey": "type | name | label | Label\ntext | a | 甲 | 乙"},
        "survey",
        1,
        "Label",
    ),
    "cell_error": ({"survey": "type | name | label\ntext | a | #N/A"}, "survey", 2, "label"),
    "type_missing": ({"survey": "type | name | label\n | a | 甲\ntext | b | 乙"}, "survey", 2, "type"),
    "type_unknown": ({"survey": "type | name | label\ntxet | a | 甲"}, "survey", 2, "type"),
    "type_not_supported": ({"survey": "type | name | label\ngeotrace | a | 甲"}, "survey", 2, "type"),
    "name_missing": ({"survey": "type | name | label\ntext | | 甲"}, "survey", 2, "name"),
    "name_invalid": ({"survey": "type | name | label\ntext | 1 a | 甲"}, "survey", 2, "name"),
    "name_duplicated": ({"survey": "type | name | label\ntext | a | 甲\ntext | a | 乙"}, "survey", 3, "name"),
    "name_ambiguous": (
        {
            "survey": "type | name | label | relevant\nbegin group | g | 组 |\ntext | a | 甲 |\nend group | | |\n"
            "begin group | h | 组 |\ntext | a | 甲 |\nend group | | |\ntext | b | 乙 | ${a} = 1"
        },
        "survey",
        8,
        "relevant",
    ),
    "label_missing": ({"survey": "type | name | label\ntext | a |"}, "survey", 2, "label"),
    "list_missing": ({"survey": "type | name | label\nselect_one | a | 甲"}, "survey", 2, "type"),
    "list_unknown": ({"survey": "type | name | label\nselect_one m | a | 甲"}, "survey", 2, "type"),
    "file_name_missing": (
        {"survey": "type | name | label\nselect_one_from_file | a | 甲"},
        "survey",
        2,
        "type",
    ),
    "file_name_invalid": (
        {"survey": "type | name | label\nselect_one_from_file x.doc | a | 甲"},
        "survey",
        2,
        "type",
    ),
    "instance_duplicated": (
        {"survey": "type | name | label\ncsv-external | l |\nselect_one l | a | 甲", "choices": CHOICES},
        "survey",
        2,
        "name",
    ),
    "group_not_closed": (
        {"survey": "type | name | label\nbegin group | g | 组\ntext | a | 甲"},
        "survey",
        2,
        "type",
    ),
    "group_not_open": ({"survey": "type | name | label\ntext | a | 甲\nend group | |"}, "survey", 3, "type"),
    "group_mismatch": (
        {"survey": "type | name | label\nbegin group | g | 组\ntext | a | 甲\nend repeat | |"},
        "survey",
        4,
        "type",
    ),
    "group_empty": (
        {"survey": "type | name | label\ntext | a | 甲\nbegin group | g | 组\nend group | |"},
        "survey",
        3,
        "type",
    ),
    "name_reserved": ({"survey": "type | name | label\ntext | meta | 甲"}, "survey", 2, "name"),
    "appearance_unknown": (
        {"survey": "type | name | label | appearance\ntext | a | 甲 | mutliline"},
        "survey",
        2,
        "appearance",
    ),
    "parameter_invalid": (
        {"survey": "type | name | label | parameters\nrange | a | 甲 | start=x"},
        "survey",
        2,
        "parameters",
    ),
    "yes_no_invalid": (
        {"survey": "type | name | label | required\ntext | a | 甲 | maybe"},
        "survey",
        2,
        "required",
    ),
    "calculation_missing": ({"survey": "type | name\ncalculate | a"}, "survey", 2, "calculation"),
    "repeat_count_misplaced": (
        {"survey": "type | name | label | repeat_count\ntext | a | 甲 | 3"},
        "survey",
        2,
        "repeat_count",
    ),
    "trigger_invalid": (
        {"survey": "type | name | label | trigger\ntext | a | 甲 | b"},
        "survey",
        2,
        "trigger",
    ),
    "default_invalid": (
        {"survey": "type | name | label | default\ninteger | a | 甲 | 多"},
        "survey",
        2,
        "default",
    ),
    "choice_list_missing": (
        {"survey": "type | name | label\nselect_one l | a | 甲", "choices": CHOICES + "\n | c | 丙"},
        "choices",
        4,
        "list_name",
    ),
    "choice_name_missing": (
        {"survey": "type | name | label\nselect_one l | a | 甲", "choices": CHOICES + "\nl | | 丙"},
        "choices",
        4,
        "name",
    ),
    "choice_name_blank_inside": (
        {"survey": "type | name | label\nselect_multiple l | a | 甲", "choices": CHOICES + "\nl | c d | 丙"},
        "survey",
        2,
        "type",
    ),
    "choice_duplicated": (
        {"survey": "type | name | label\nselect_one l | a | 甲", "choices": CHOICES + "\nl | a | 丙"},
        "choices",
        4,
        "name",
    ),
    "choice_label_missing": (
        {"survey": "type | name | label\nselect_one l | a | 甲", "choices": CHOICES + "\nl | c |"},
        "choices",
        4,
        "label",
    ),
    "list_unused": (
        {"survey": "type | name | label\ntext | a | 甲", "choices": CHOICES},
        "choices",
        None,
        "list_name",
    ),
    "setting_unknown": (
        {
            "survey": "type | name | label\ntext | a | 甲",
            "settings": "form_id | version | verzion\nt | 1 | 2",
        },
        "settings",
        1,
        "verzion",
    ),
    "form_id_missing": (
        {"survey": "type | name | label\ntext | a | 甲", "settings": "version\n1"},
        "settings",
        None,
        "form_id",
    ),
    "version_missing": (
        {"survey": "type | name | label\ntext | a | 甲", "settings": "form_id\nt"},
        "settings",
        None,
        "version",
    ),
    "entity_list_missing": (
        {"survey": "type | name | label\ntext | a | 甲", "entities": "list_name | label\n | ${a}"},
        "entities",
        2,
        "list_name",
    ),
    "entity_list_duplicated": (
        {"survey": "type | name | label\ntext | a | 甲", "entities": "list_name | label\nx | ${a}\nx | ${a}"},
        "entities",
        3,
        "list_name",
    ),
    "entity_id_missing": (
        {
            "survey": "type | name | label\ntext | a | 甲",
            "entities": "dataset | label | update_if\nx | ${a} | true()",
        },
        "entities",
        2,
        "entity_id",
    ),
    "entity_label_missing": (
        {
            "survey": "type | name | label\ntext | a | 甲",
            "entities": "list_name | label | create_if\nx | | true()",
        },
        "entities",
        2,
        "label",
    ),
    "entity_repeat_unknown": (
        {
            "survey": "type | name | label\ntext | a | 甲",
            "entities": "list_name | label | repeat\nx | ${a} | ${a}",
        },
        "entities",
        2,
        "repeat",
    ),
    "save_to_without_entity": (
        {"survey": "type | name | label | save_to\ntext | a | 甲 | p"},
        "survey",
        2,
        "save_to",
    ),
    "save_to_ambiguous": (
        {
            "survey": "type | name | label | save_to\ntext | a | 甲 | p",
            "entities": "list_name | label\nx | ${a}\ny | ${a}",
        },
        "survey",
        2,
        "save_to",
    ),
    "save_to_invalid": (
        {
            "survey": "type | name | label | save_to\ntext | a | 甲 | name",
            "entities": "list_name | label\nx | ${a}",
        },
        "survey",
        2,
        "save_to",
    ),
    "save_to_misplaced": (
        {
            "survey": "type | name | label | save_to\nbegin group | g | 组 | p\ntext | a | 甲 |\nend group | | |",
            "entities": "list_name | label\nx | ${a}",
        },
        "survey",
        2,
        "save_to",
    ),
    "save_to_duplicated": (
        {
            "survey": "type | name | label | save_to\ntext | a | 甲 | p\ntext | b | 乙 | p",
            "entities": "list_name | label\nx | ${a}",
        },
        "survey",
        3,
        "save_to",
    ),
    "expression_syntax": (
        {"survey": "type | name | label | relevant\ntext | a | 甲 | 1 ="},
        "survey",
        2,
        "relevant",
    ),
    "function_unknown": (
        {"survey": "type | name | label | relevant\ntext | a | 甲 | slected(1, 2)"},
        "survey",
        2,
        "relevant",
    ),
    "function_arguments": (
        {"survey": "type | name | label | calculation\ntext | a | 甲 | if(1)"},
        "survey",
        2,
        "calculation",
    ),
    "reference_unknown": (
        {"survey": "type | name | label | constraint\ntext | ab | 甲 | ${aB} = 1"},
        "survey",
        2,
        "constraint",
    ),
    "path_unknown": (
        {"survey": "type | name | label | constraint\ntext | a | 甲 | ../b = 1"},
        "survey",
        2,
        "constraint",
    ),
    "instance_unknown": (
        {"survey": "type | name | calculation\ncalculate | a | instance('x')/root/item[1]/y"},
        "survey",
        2,
        "calculation",
    ),
    "cycle": (
        {
            "survey": "type | name | label | calculation\ninteger | a | 甲 | ${b} + 1\ninteger | b | 乙 | ${a} + 1"
        },
        "survey",
        2,
        "",
    ),
    "too_deep": (
        {"survey": f"type | name | label | relevant\ntext | a | 甲 | {'(' * 90}1{')' * 90}"},
        "survey",
        2,
        "relevant",
    ),
}


def form_text(parts: dict[str, str]) -> str:
    parts = {"settings": SETTINGS, **parts}
    lines = []
    for name, text in parts.items():
        lines.append(f"| {name} |")
        lines += [f"| | {line} |" for line in text.splitlines()]
        lines.append("")
    return "\n".join(lines)


@pytest.mark.parametrize("code", BY_FORM)
def test_a_form_with_the_problem_is_told_so_at_its_place(code: str) -> None:
    parts, sheet, row, column = BY_FORM[code]
    reading = read_form_text(form_text(parts))
    found = [p for p in reading.problems if p.code == code]
    assert found, [p.code for p in reading.problems]
    assert (found[0].sheet, found[0].row, found[0].column) == (sheet, row, column)
    assert (reading.form is None) == any(p.is_error for p in reading.problems)
    assert found[0].severity == CATALOGUE[code][0]
    assert "{" not in found[0].message.replace("${", "")


# Problems of files


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (sheets.MAX_UNZIPPED + 1))
    return out.getvalue()


def book(*rows: tuple[str, ...]) -> bytes:
    return write_sheets([Sheet("survey", rows)], ".xlsx")


def far_corner() -> bytes:
    """A real workbook whose second cell is said to stand in the last row and column there can be."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(("type", "name")))) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            target.writestr(info, source.read(info).replace(b'r="B1"', b'r="XFD1048576"'))
    return out.getvalue()


ENCRYPTED = (
    bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
)
BY_FILE: dict[str, tuple[bytes, str]] = {
    "file_too_big": (b"PK" + b"\0" * sheets.MAX_FILE, "a.xlsx"),
    "file_empty": (b"", "a.xlsx"),
    "not_a_workbook": (b"%PDF-1.7 ...", "a.xlsx"),
    "workbook_damaged": (book(("type", "name"))[:900], "a.xlsx"),
    "workbook_encrypted": (ENCRYPTED, "a.xlsx"),
    "zip_bomb": (bomb(), "a.xlsx"),
    "sheet_too_big": (far_corner(), "a.xlsx"),
    "text_encoding": ("| survey |\n| | 题 |".encode("gb18030"), "a.md"),
    "sheet_missing": (b"| surwey |\n| | type | name |\n", "a.md"),
}


@pytest.mark.parametrize("code", BY_FILE)
def test_a_bad_file_is_refused_with_one_clear_problem(code: str) -> None:
    reading = read_form(BY_FILE[code])
    assert reading.form is None
    assert code in [p.code for p in reading.problems]


def test_files_that_are_not_there_or_not_files(tmp_path: Path) -> None:
    assert [p.code for p in read_form(tmp_path / "no.xlsx").problems] == ["file_missing"]
    assert [p.code for p in read_form(tmp_path).problems] == ["file_unreadable"]


def test_a_cell_too_long_for_a_workbook_is_not_cut_short() -> None:
    text = f"| survey |\n| | type |\n| | {'字' * 40000} |\n"
    with pytest.raises(FormError) as caught:
        workbook.convert(text.encode(), "a.md", ".xlsx")
    assert [(p.code, p.sheet, p.row) for p in caught.value.problems] == [("cell_too_long", "survey", 2)]


def test_every_problem_is_brought_about_by_some_test() -> None:
    """Those of answers and commands are shown in the tests named here."""
    elsewhere = {
        "file_missing", "file_unreadable", "cell_too_long",  # above
        "required", "constraint", "out_of_range", "choice_gone", "evaluation",  # test_filling_rules
        "wrong_type", "path_not_found", "not_a_repeat", "not_a_question", "not_editable",  # test_filling_answers
        "rows_counted", "repeat_too_long",  # test_filling_repeats
        "version_mismatch", "saved_damaged",  # test_filling_drafts
        "answers_invalid",  # test_form_commands
        "language_unknown",  # test_languages_and_tables
    }  # fmt: skip
    assert set(BY_FORM) | set(BY_FILE) | elsewhere == set(CATALOGUE)


def test_problems_are_collected_not_told_one_at_a_time(read: Read) -> None:
    reading = read(
        "type | name | label | relevant\ntxet | a | 甲 |\ntext | b | 乙 | ${zz}\nselect_one q | c | 丙 |"
    )
    assert [p.code for p in reading.problems if p.is_error] == [
        "type_unknown",
        "reference_unknown",
        "list_unknown",
    ]
    assert [p.row for p in reading.problems if p.is_error] == [2, 3, 4]
    with pytest.raises(FormError) as caught:
        reading.need()
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("survey", "way"),
    [
        (
            "type | name | label | calculation\ninteger | a | 甲 | ${b}\ninteger | b | 乙 | ${c}\ninteger | c | 丙 | ${a}",
            ["“a”的值", "“b”的值", "“c”的值"],
        ),
        (
            "type | name | label | relevant\ntext | a | 甲 | ${b} = 1\ntext | b | 乙 | ${a} = 1",
            ["“a”的显示条件", "“b”的值"],
        ),
        (
            "type | name | label | relevant\nbegin group | g | 组 | ${a} = 1\ntext | a | 甲 |\nend group | | |",
            ["“g”的显示条件", "“a”的值"],
        ),
        (
            "type | name | label | repeat_count\nbegin repeat | r | 行 | sum(${n})\ninteger | n | 数 |\nend repeat | | |",
            ["“r”的行数"],
        ),
    ],
)
def test_a_circle_is_told_in_words(read: Read, survey: str, way: list[str]) -> None:
    reading = read(survey)
    (circle,) = [p for p in reading.problems if p.code == "cycle"]
    assert all(step in circle.message for step in way)
    assert reading.form is None


def test_looking_at_oneself_is_no_circle(read: Read) -> None:
    reading = read(
        "type | name | label | calculation | constraint\ninteger | a | 甲 | once(random()) | . > 0\n"
        "integer | b | 乙 | if(. > 0, ., 1) | ${b} < 5"
    )
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("type_unknown", "text"),
        ("function_unknown", "selected()"),
        ("reference_unknown", "ab"),
        ("appearance_unknown", "multiline"),
    ],
)
def test_a_slip_is_met_with_a_suggestion(code: str, hint: str) -> None:
    reading = read_form_text(form_text(BY_FORM[code][0]))
    (found,) = [p for p in reading.problems if p.code == code]
    assert "是不是想写" in found.message
    assert hint in found.message


def test_a_problem_says_where_it_is() -> None:
    assert problem("name_missing", sheet="survey", row=3, column="name").place == "survey 表第 3 行 name 列"
    assert problem("required", path="/a", message="x").place == "/a"
    with pytest.raises(KeyError):
        problem("no_such_code")


def test_an_answer_error_carries_the_sentence_of_the_catalogue() -> None:
    error = AnswerError.of("path_not_found", "/x")
    assert (error.code, error.path, error.message) == ("path_not_found", "/x", "表单里没有“/x”这道题。")


def test_a_form_with_errors_cannot_be_filled() -> None:
    draft = read_form_text(form_text(BY_FORM["reference_unknown"][0])).draft
    assert draft is not None
    with pytest.raises(FormError):
        Filling(draft, now=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
