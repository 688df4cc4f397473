"""Files beside a form: the rows that `csv-external` and `select_*_from_file` look things up in."""

from __future__ import annotations

import csv
import io

from forms.problems import FormError, problem

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
