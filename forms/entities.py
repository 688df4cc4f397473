"""The `entities` sheet and the `save_to` column: what a finished form creates or updates (ODK entities)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from forms import columns
from forms.definition import EntityDefinition, Form, Group, Question, Repeat
from forms.problems import Problem, problem
from forms.sheets import Sheet
from forms.survey import REFERENCE, clean_expression
from forms.tables import Table, read_table

_PROPERTY = re.compile(r"(?!__)[^\W\d][\w.\-]*")


def read_entities(sheet: Sheet | None, form: Form, problems: list[Problem]) -> tuple[EntityDefinition, ...]:
    """The entity definitions of a form, their properties collected from the questions' `save_to`."""
    table = read_table(sheet, columns.ENTITIES, problems) if sheet else Table("entities", [], {})
    definitions = [d for d in _definitions(table, form, problems) if d]
    properties = _properties(form, definitions, problems)
    return tuple(
        EntityDefinition(
            d.dataset, d.label, d.entity_id, d.create_if, d.update_if, d.repeat, properties[d.dataset], d.row
        )
        for d in definitions
    )


def _definitions(table: Table, form: Form, problems: list[Problem]) -> Iterator[EntityDefinition]:
    seen: set[str] = set()
    for row in table.rows:

        def note(code: str, column: str, number: int = row.number, **facts: Any) -> None:
            problems.append(
                problem(code, sheet=table.name, row=number, column=table.heading(column), **facts)
            )

        name = row["list_name"]
        if not name:
            note("entity_list_missing", "list_name")
            continue
        if name in seen:
            note("entity_list_duplicated", "list_name", name=name)
            continue
        seen.add(name)
        if row["update_if"] and not row["entity_id"]:
            note("entity_id_missing", "entity_id", name=name)
        if not row["label"] and (row["create_if"] or not row["entity_id"]):
            note("entity_label_missing", "label", name=name)
        yield EntityDefinition(
            name,
            clean_expression(row["label"]),
            clean_expression(row["entity_id"]),
            clean_expression(row["create_if"]),
            clean_expression(row["update_if"]),
            _repeat(row["repeat"], form, note),
            row=row.number,
        )


def _repeat(text: str, form: Form, note: Any) -> str:
    if not text:
        return ""
    match = REFERENCE.fullmatch(text)
    found = [i.path for i in form.walk() if isinstance(i, Repeat) and match and i.name == match[1]]
    if len(found) != 1:
        note("entity_repeat_unknown", "repeat", value=text)
        return ""
    return found[0]


def _properties(
    form: Form, definitions: list[EntityDefinition], problems: list[Problem]
) -> dict[str, dict[str, str]]:
    """dataset -> {property: path}. A question belongs to the entity of the innermost repeat it stands in."""
    result: dict[str, dict[str, str]] = {d.dataset: {} for d in definitions}
    rows: dict[tuple[str, str], int] = {}
    for question in form.walk():
        if isinstance(question, Group) or not question.save_to:
            continue

        def note(code: str, asked: Question = question, **facts: Any) -> None:
            problems.append(problem(code, sheet="survey", row=asked.row, column="save_to", **facts))

        dataset, sign, name = question.save_to.rpartition("#")
        owners = [
            d
            for d in definitions
            if (d.dataset == dataset if sign else _holds(d, question.path, definitions))
        ]
        if not owners:
            note("save_to_without_entity")
        elif len(owners) > 1:
            note("save_to_ambiguous")
        elif not _PROPERTY.fullmatch(name) or name.lower() in ("name", "label"):
            note("save_to_invalid", name=name)
        elif name in result[owners[0].dataset]:
            list_name = owners[0].dataset
            note("save_to_duplicated", list=list_name, name=name, other=rows[list_name, name])
        else:
            result[owners[0].dataset][name] = question.path
            rows[owners[0].dataset, name] = question.row
    return result


def _holds(definition: EntityDefinition, path: str, definitions: list[EntityDefinition]) -> bool:
    enclosing = [d.repeat for d in definitions if not d.repeat or path.startswith(d.repeat + "/")]
    return bool(enclosing) and definition.repeat == max(enclosing, key=len)
