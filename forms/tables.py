"""A sheet as a table of named cells: headings resolved, languages split off, blank rows passed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from forms import columns
from forms.problems import Problem, problem
from forms.sheets import Sheet


@dataclass(slots=True)
class Row:
    """One row: cells by canonical column; translations by column and language; the rest by heading."""

    number: int
    cells: dict[str, str]
    translations: dict[str, dict[str, str]]
    extra: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(slots=True)
class Table:
    name: str
    rows: list[Row]
    headings: dict[str, str]
    """canonical column -> the heading as the author wrote it"""
    languages: list[str] = field(default_factory=list)

    def heading(self, column: str) -> str:
        return self.headings.get(column, column)


def read_table(
    sheet: Sheet, known: dict[str, list[str]], problems: list[Problem], *, open_columns: bool = False
) -> Table:
    """The table of a sheet. Its first row with anything in it holds the headings.

    `open_columns`: further columns are data (choices), not mistakes.
    """
    start = next((i for i, row in enumerate(sheet.cells) if any(map(str.strip, row))), None)
    if start is None:
        return Table(sheet.name, [], {})
    kinds: list[tuple[str, str] | None] = []
    headings: dict[str, str] = {}
    languages: list[str] = []
    seen: set[tuple[str, str]] = set()
    for text in sheet.cells[start]:
        heading = columns.squeeze(text)
        if not heading:
            kinds.append(None)
            continue
        kind = columns.canonical(heading, known)
        if kind is None:
            kind = ("", heading)
            if not open_columns and not columns.PASSED_OVER.fullmatch(heading.lower()):
                problems.append(
                    problem(
                        "column_unknown",
                        sheet=sheet.name,
                        row=start + 1,
                        column=heading,
                        name=heading,
                        similar=columns.similar(heading, known),
                    )
                )
        elif kind[1] and kind[1] not in languages:
            languages.append(kind[1])
        if kind in seen:
            problems.append(
                problem("column_duplicated", sheet=sheet.name, row=start + 1, column=heading, name=heading)
            )
            kind = None
        else:
            seen.add(kind)
            if kind[0]:
                headings.setdefault(kind[0], heading)
        kinds.append(kind)
    rows = list(_rows(sheet, start, kinds))
    return Table(sheet.name, rows, headings, languages)


def _rows(sheet: Sheet, start: int, kinds: list[tuple[str, str] | None]) -> Iterator[Row]:
    for index, cells in enumerate(sheet.cells[start + 1 :], start + 2):
        row = Row(index, {}, {}, {})
        for kind, raw in zip(kinds, cells, strict=False):
            text = raw.strip()
            if kind is None or not text:
                continue
            column, language = kind
            if not column:
                row.extra[language] = text
            elif language:
                row.translations.setdefault(column, {})[language] = text
            else:
                row.cells[column] = text
        if row.cells or row.translations or row.extra:
            yield row


def settle_languages(row: Row, default: str) -> None:
    """Fill each translated column's plain text: the default language's, else the first one's."""
    for column, texts in row.translations.items():
        if column not in row.cells:
            row.cells[column] = texts.get(default) or next(iter(texts.values()))


def frozen_translations(row: Row) -> Mapping[str, Mapping[str, str]]:
    return {column: dict(texts) for column, texts in row.translations.items()}
