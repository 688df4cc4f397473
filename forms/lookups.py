"""The tables a form looks things up in: its lists of choices, and the files beside it (`csv-external`,
`select_*_from_file`)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from forms.definition import Choice, Form
from forms.problems import FormError, problem
from forms.tree import ItemTable

MAX_LOOKUP_ROWS = 200_000


def read_csv(data: bytes, file_name: str) -> list[dict[str, str]]:
    """The rows of a CSV file by heading, in UTF-8 or GB 18030. FormError when it cannot be read as one."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise FormError(problem("text_encoding")) from None
    if "\0" in text:
        raise FormError(problem("not_a_workbook", file=file_name, looks="（应是 CSV 文件）"))
    rows = []
    try:
        for row in csv.DictReader(io.StringIO(text, newline="")):
            rows.append(
                {
                    k.strip(): (v or "").strip()
                    for k, v in row.items()
                    if k is not None and isinstance(v, str | None)
                }
            )
            if len(rows) > MAX_LOOKUP_ROWS:
                raise FormError(problem("sheet_too_big", name=file_name, rows=len(rows), columns=len(row)))
    except csv.Error:
        raise FormError(problem("workbook_damaged")) from None
    return rows


def make_tables(
    form: Form, given: Mapping[str, Sequence[Mapping[str, str]]]
) -> tuple[dict[str, ItemTable], dict[str, tuple[Choice, ...]]]:
    """(every table by name, the choices of those that were handed in). Tables not handed in are not there."""
    tables, choices_of = {}, {}
    for name, choices in form.choices.items():
        table = ItemTable([{**c.extra, "name": c.name, "label": c.label} for c in choices])
        for node, choice in zip(table.nodes(), choices, strict=True):
            node.choice = choice
        tables[name] = table
    for instance in form.instances:
        if instance.name not in given:
            continue
        table = ItemTable([{k: str(v) for k, v in row.items()} for row in given[instance.name]])
        for node in table.nodes():
            name = node.cells.get(instance.value_column, "")
            label = node.cells.get(instance.label_column, "") or name
            node.choice = Choice(name, label, node.cells)
        tables[instance.name] = table
        choices_of[instance.name] = tuple(n.choice for n in table.nodes() if n.choice.name)
    return tables, choices_of
