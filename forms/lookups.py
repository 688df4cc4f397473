"""The tables a form looks things up in: its lists of choices, and the files beside it (`csv-external`,
`select_*_from_file`)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from forms.definition import Choice, Form
from forms.problems import FormError, problem
from forms.sheets import MAX_FILE
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


def read_table_file(data: bytes, file_name: str) -> list[dict[str, str]]:
    """The rows of a table beside a form: CSV, XML (`<root><item><name>…`) or GeoJSON, by the file's ending.

    FormError when it cannot be read as that.
    """
    suffix = file_name.lower().rpartition(".")[2]
    if len(data) > MAX_FILE:
        raise FormError(
            problem("file_too_big", size=len(data) // 1024 // 1024, limit=MAX_FILE // 1024 // 1024)
        )
    if suffix == "xml":
        return read_xml(data, file_name)
    return read_geojson(data, file_name) if suffix in ("geojson", "json") else read_csv(data, file_name)


def read_xml(data: bytes, file_name: str) -> list[dict[str, str]]:
    """One row for each child of the root; a row's children are its columns. FormError."""
    wrong = FormError(problem("not_a_workbook", file=file_name, looks="（应是 <root><item>… 这样的 XML）"))
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:  # entities could grow without end
        raise wrong
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise wrong from None
    return _limited(
        [{_local(cell.tag): "".join(cell.itertext()).strip() for cell in row} for row in root], file_name
    )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def read_geojson(data: bytes, file_name: str) -> list[dict[str, str]]:
    """One row for each feature: its properties, `id`, and `geometry` as forms write places
    ("latitude longitude 0 0", several divided by semicolons). FormError."""
    try:
        features = json.loads(data.decode("utf-8-sig"))["features"]
        return _limited([_feature(feature) for feature in features], file_name)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        raise FormError(problem("not_a_workbook", file=file_name, looks="（应是 GeoJSON）")) from None


def _feature(feature: Any) -> dict[str, str]:
    row = {str(k): _cell(v) for k, v in (feature.get("properties") or {}).items()}
    if feature.get("id") is not None:
        row["id"] = _cell(feature["id"])
    geometry = feature.get("geometry") or {}
    points = geometry.get("coordinates") or []
    if points and not isinstance(points[0], list):
        points = [points]
    elif points and isinstance(points[0][0], list):
        points = points[0]
    row["geometry"] = "; ".join(f"{p[1]} {p[0]} 0 0" for p in points)
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _limited(rows: list[dict[str, str]], file_name: str) -> list[dict[str, str]]:
    if len(rows) > MAX_LOOKUP_ROWS:
        columns = len(rows[0])
        raise FormError(problem("sheet_too_big", name=file_name, rows=len(rows), columns=columns))
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
