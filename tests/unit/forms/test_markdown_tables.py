"""Sheets as Markdown and as workbooks: what goes in comes out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from forms.markdown import parse_markdown, write_markdown
from forms.sheets import Sheet, read_sheets, write_sheets

CELL = st.one_of(
    st.sampled_from(
        [
            "",
            "type",
            "a|b",
            "\\|",
            "\\",
            "x\\",
            "---",
            ":-:",
            "<br>",
            "a\nb",
            "&#10;",
            " x ",
            "\t",
            "regex(., '^\\d+$')",
            "`|`",
            "\u3000全角",
            "# x",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12),
)
NAME = st.sampled_from(["survey", "choices", "settings", "说明", "a b", "x&y"])
SHEETS = st.lists(
    st.tuples(NAME, st.lists(st.lists(CELL, max_size=5), max_size=6)),
    min_size=1,
    max_size=3,
    unique_by=lambda s: s[0],
)


def trimmed(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return Sheet("", tuple(map(tuple, rows))).trimmed().cells


@given(SHEETS)
def test_markdown_loses_nothing(sheets: list[tuple[str, list[list[str]]]]) -> None:
    written = write_markdown(sheets)
    assert parse_markdown(written) == [(name, trimmed(rows)) for name, rows in sheets]


# A workbook cannot hold control characters, and keeps text up to 32,767 characters.
PRINTABLE = st.lists(
    st.tuples(
        NAME,
        st.lists(
            st.lists(
                st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=12).map(
                    lambda t: t.replace("_x", "")
                ),
                max_size=4,
            ),
            max_size=5,
        ),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda s: s[0],
)


@settings(max_examples=60, deadline=None)
@given(PRINTABLE)
def test_a_workbook_to_markdown_and_back_loses_nothing(sheets: list[tuple[str, list[list[str]]]]) -> None:
    given_ = tuple(Sheet(name, trimmed(rows)) for name, rows in sheets)
    book = read_sheets(write_sheets(given_, ".xlsx"), "a.xlsx")
    assert book == given_
    text = read_sheets(write_sheets(book, ".md"), "a.md")
    assert text == given_
    assert read_sheets(write_sheets(text, ".xlsx"), "a.xlsx") == given_


def test_a_table_under_a_heading_is_read_too() -> None:
    text = "# 表单\n\n## survey\n\n| type | name |\n|---|---|\n| text | a |\n\n说明文字\n\n## choices\n\n| list_name | name |\n| --- | --- |\n| l | x |\n"
    assert parse_markdown(text) == [
        ("survey", (("type", "name"), ("text", "a"))),
        ("choices", (("list_name", "name"), ("l", "x"))),
    ]


def test_the_short_style_of_a_first_line_with_headings_is_read_too() -> None:
    text = "| survey | type | name |\n|        | text | a |\n"
    assert parse_markdown(text) == [("survey", (("type", "name"), ("text", "a")))]


def test_row_numbers_are_those_of_the_workbook() -> None:
    text = "| survey |\n|---|---|\n| | type |\n| | |\n| | text |\n"
    assert parse_markdown(text) == [("survey", (("type",), (), ("text",)))]


def test_regular_expressions_are_written_as_they_are() -> None:
    assert parse_markdown("| survey |\n| | regex(., '^\\d+(a\\|b)$') |\n") == [
        ("survey", (("regex(., '^\\d+(a|b)$')",),))
    ]
