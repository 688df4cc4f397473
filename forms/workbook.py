"""Workbooks and Markdown tables -> Form, with every problem placed; and `.xlsx` <-> `.md`.

sheets.py   bytes  -> sheets of text cells
tables.py   sheet  -> rows of named cells
survey.py   survey -> items
checks.py   what only the whole form shows: expressions, references, cycles, entities
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forms import columns, sheets
from forms.definition import Choice, EntityDefinition, Form
from forms.entities import read_entities
from forms.problems import FormError, Problem, problem
from forms.program import program_of
from forms.sheets import Sheet
from forms.survey import OTHER_LABEL, SurveyReader
from forms.tables import Row, Table, frozen_translations, read_table, settle_languages

KNOWN_SHEETS = ("survey", "choices", "settings", "entities")
IGNORED_SHEETS = ("external_choices", "osm", "print")


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading. `form` is None when any problem is an error."""

    form: Form | None
    problems: tuple[Problem, ...] = ()
    draft: Form | None = None
    """The form as far as it could be read, also with errors: for saying what was checked, not for filling."""

    @property
    def ok(self) -> bool:
        return self.form is not None

    def need(self) -> Form:
        """The form. FormError with the errors when there is none."""
        if self.form is None:
            raise FormError(*(p for p in self.problems if p.is_error))
        return self.form


def read_form(source: Path | tuple[bytes, str]) -> Reading:
    """The form of a workbook or Markdown file: a path, or (content, file name). Never raises for bad input."""
    try:
        data, name = sheets.load_file(source) if isinstance(source, Path) else source
        return _read(sheets.read_sheets(data, name), Path(name).stem)
    except FormError as error:
        return Reading(None, error.problems)


def read_form_text(markdown: str, name: str = "form") -> Reading:
    """The form of Markdown text (what the server stores of a published form)."""
    try:
        return _read(sheets.read_markdown(markdown), name)
    except FormError as error:
        return Reading(None, error.problems)


def convert(data: bytes, file_name: str, to_suffix: str) -> bytes:
    """A workbook as Markdown (".md") or the other way (".xlsx"). FormError when it cannot be read."""
    return sheets.write_sheets(sheets.read_sheets(data, file_name), to_suffix)


def write_form(source: Path, target: Path) -> None:
    """Convert one file into another, by their suffixes. FormError, OSError."""
    data, name = sheets.load_file(source)
    target.write_bytes(convert(data, name, target.suffix.lower()))


def _read(pages: tuple[Sheet, ...], stem: str) -> Reading:
    problems: list[Problem] = []
    by_name = _sort_sheets(pages, problems)
    if "survey" not in by_name:
        similar = columns.similar("survey", [p.name for p in pages])
        problems.append(problem("sheet_missing", sheet="survey", name="survey", similar=similar))
        return Reading(None, tuple(problems))
    settings = _settings(by_name.get("settings"), stem, problems)
    survey = read_table(by_name["survey"], columns.SURVEY, problems)
    lists_table = (
        read_table(by_name["choices"], columns.CHOICES, problems, open_columns=True)
        if "choices" in by_name
        else Table("choices", [], {})
    )
    languages = list(dict.fromkeys([*survey.languages, *lists_table.languages]))
    default = settings.get("default_language", "")
    for row in (*survey.rows, *lists_table.rows):
        settle_languages(row, default)
    for column in ("type", "name"):
        if survey.rows and column not in survey.headings:
            similar = columns.similar(column, [*survey.headings, *survey.rows[0].extra])
            problems.append(problem("column_missing", sheet=survey.name, row=1, name=column, similar=similar))
    if any(p.code == "column_missing" for p in problems):
        return Reading(None, tuple(problems))
    lists = _choices(lists_table, problems)
    reader = SurveyReader(survey, lists, problems)
    items = reader.read()
    if not items and not any(p.is_error for p in problems):
        problems.append(problem("sheet_empty", sheet=survey.name, name=survey.name))
    _finish_lists(lists, reader, lists_table, problems)
    draft = Form(
        form_id=settings["form_id"],
        version=settings.get("version", ""),
        title=settings["form_title"],
        items=items,
        choices={name: tuple(choices) for name, choices in lists.items()},
        settings=settings,
        languages=tuple(languages),
        default_language=default,
        instances=tuple(reader.instances.values()),
        root_name=settings.get("name", "data"),
    )
    entities = read_entities(by_name.get("entities"), draft, problems)
    form = _with_entities(draft, entities)
    return _checked(form, problems)


def _checked(form: Form, problems: list[Problem]) -> Reading:
    problems += program_of(form)[1]
    problems.sort(key=lambda p: (KNOWN_SHEETS.index(p.sheet) if p.sheet in KNOWN_SHEETS else 9, p.row or 0))
    failed = any(p.is_error for p in problems)
    return Reading(None if failed else form, tuple(problems), form)


def _sort_sheets(pages: tuple[Sheet, ...], problems: list[Problem]) -> dict[str, Sheet]:
    result: dict[str, Sheet] = {}
    for page in pages:
        name = page.name.strip().lower()
        if name in KNOWN_SHEETS:
            problems += _error_values(page, name)
            result.setdefault(name, Sheet(name, page.cells))
        elif name not in IGNORED_SHEETS and not name.startswith(("_", "#")):
            similar = columns.similar(name, KNOWN_SHEETS)
            problems.append(problem("sheet_unknown", sheet=page.name, name=page.name, similar=similar))
    return result


def _error_values(page: Sheet, name: str) -> list[Problem]:
    """Formulas that failed: their error stands in the cell in place of what was meant."""
    headings = page.cells[0] if page.cells else ()
    return [
        problem("cell_error", sheet=name, row=r, column=headings[c] if c < len(headings) else "", value=text)
        for r, row in enumerate(page.cells, 1)
        for c, text in enumerate(row)
        if text in sheets.ERROR_VALUES
    ]


def _settings(sheet: Sheet | None, stem: str, problems: list[Problem]) -> dict[str, str]:
    values: dict[str, str] = {}
    if sheet is not None:
        notes: list[Problem] = []
        table = read_table(sheet, columns.SETTINGS, notes)
        for note in notes:
            similar = columns.similar(note.column, columns.SETTINGS)
            problems.append(
                problem(
                    "setting_unknown",
                    sheet=sheet.name,
                    row=1,
                    column=note.column,
                    name=note.column,
                    similar=similar,
                )
                if note.code == "column_unknown"
                else note
            )
        if table.rows:
            values = {**table.rows[0].extra, **table.rows[0].cells}
    if not values.get("form_id"):
        values["form_id"] = stem
        problems.append(problem("form_id_missing", sheet="settings", column="form_id", name=stem))
    if not values.get("version"):
        problems.append(problem("version_missing", sheet="settings", column="version"))
    values.setdefault("form_title", values["form_id"])
    return values


def _choices(table: Table, problems: list[Problem]) -> dict[str, list[Choice]]:
    lists: dict[str, list[Choice]] = {}
    rows_of: dict[tuple[str, str], int] = {}

    def note(code: str, row: Row, column: str, **facts: Any) -> None:
        problems.append(problem(code, sheet="choices", row=row.number, column=table.heading(column), **facts))

    for row in table.rows:
        list_name, name = row["list_name"], row["name"]
        if not list_name:
            note("choice_list_missing", row, "list_name")
            continue
        choices = lists.setdefault(list_name, [])
        if not name:
            note("choice_name_missing", row, "name", list=list_name)
            continue
        if (list_name, name) in rows_of:
            note("choice_duplicated", row, "name", list=list_name, name=name, other=rows_of[list_name, name])
        else:
            rows_of[list_name, name] = row.number
        if not row["label"]:
            note("choice_label_missing", row, "label", name=name)
        extra = dict(row.extra)
        extra.update({c: t for c, t in row.cells.items() if c not in ("list_name", "name", "label")})
        choices.append(Choice(name, row["label"] or name, extra, frozen_translations(row)))
    return lists


def _finish_lists(
    lists: dict[str, list[Choice]], reader: SurveyReader, table: Table, problems: list[Problem]
) -> None:
    for name in sorted(reader.lists_with_other):
        choices = lists.get(name)
        if choices is not None and all(choice.name != "other" for choice in choices):
            choices.append(Choice("other", OTHER_LABEL))
    texts = " ".join(t for row in reader.table.rows for t in row.cells.values())
    for name in lists:
        if name not in reader.used_lists and name not in texts:
            problems.append(problem("list_unused", sheet=table.name, column="list_name", name=name))


def _with_entities(form: Form, entities: tuple[EntityDefinition, ...]) -> Form:
    return Form(
        form_id=form.form_id,
        version=form.version,
        title=form.title,
        items=form.items,
        choices=form.choices,
        settings=form.settings,
        entities=entities,
        languages=form.languages,
        default_language=form.default_language,
        instances=form.instances,
        root_name=form.root_name,
    )
