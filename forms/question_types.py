"""The table of question types, their aliases, and the appearances that matter at a desk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Value = Literal[
    "text",
    "integer",
    "decimal",
    "date",
    "time",
    "dateTime",
    "one",
    "many",
    "place",
    "file",
    "calculated",
    "none",
]


@dataclass(frozen=True, slots=True)
class QuestionType:
    """One type of question.

    `value` is what an answer is: text (str), integer (int), decimal (Decimal), date, time, dateTime (aware),
    one (a choice's name), many (a tuple of names), place ("lat lon alt accuracy"), file (a file's name),
    calculated (str, int or Decimal), none (no answer at all).
    """

    name: str
    value: Value
    asked: bool = True
    """Whether a person answers it (metadata and calculations are not asked)."""
    takes_list: bool = False
    takes_file: bool = False
    metadata: bool = False
    supported: bool = True


def _types(*rows: QuestionType) -> dict[str, QuestionType]:
    return {row.name: row for row in rows}


TYPES: dict[str, QuestionType] = _types(
    QuestionType("text", "text"),
    QuestionType("integer", "integer"),
    QuestionType("decimal", "decimal"),
    QuestionType("range", "decimal"),
    QuestionType("date", "date"),
    QuestionType("time", "time"),
    QuestionType("dateTime", "dateTime"),
    QuestionType("select_one", "one", takes_list=True),
    QuestionType("select_multiple", "many", takes_list=True),
    QuestionType("rank", "many", takes_list=True),
    QuestionType("select_one_from_file", "one", takes_file=True),
    QuestionType("select_multiple_from_file", "many", takes_file=True),
    QuestionType("note", "none"),
    QuestionType("calculate", "calculated", asked=False),
    QuestionType("acknowledge", "text"),
    QuestionType("hidden", "text", asked=False),
    QuestionType("start", "dateTime", asked=False, metadata=True),
    QuestionType("end", "dateTime", asked=False, metadata=True),
    QuestionType("today", "date", asked=False, metadata=True),
    QuestionType("username", "text", asked=False, metadata=True),
    QuestionType("deviceid", "text", asked=False, metadata=True),
    QuestionType("phonenumber", "text", asked=False, metadata=True),
    QuestionType("email", "text", asked=False, metadata=True),
    QuestionType("image", "file"),
    QuestionType("file", "file"),
    QuestionType("audio", "file"),
    QuestionType("video", "file"),
    QuestionType("barcode", "text"),
    QuestionType("geopoint", "place"),
    # Read, kept and passed over: they need a telephone.
    QuestionType("geotrace", "text", supported=False),
    QuestionType("geoshape", "text", supported=False),
    QuestionType("start-geopoint", "place", asked=False, metadata=True, supported=False),
    QuestionType("background-audio", "file", asked=False, metadata=True, supported=False),
    QuestionType("audit", "file", asked=False, metadata=True, supported=False),
    QuestionType("subscriberid", "text", asked=False, metadata=True, supported=False),
    QuestionType("simserial", "text", asked=False, metadata=True, supported=False),
    QuestionType("csv-external", "none", asked=False),
    QuestionType("xml-external", "none", asked=False),
)

ALIASES: dict[str, str] = {
    "string": "text",
    "int": "integer",
    "number": "integer",
    "datetime": "dateTime",
    "date time": "dateTime",
    "date_time": "dateTime",
    "select one": "select_one",
    "select1": "select_one",
    "select one from": "select_one",
    "select": "select_multiple",
    "select multiple": "select_multiple",
    "select all that apply": "select_multiple",
    "select all that apply from": "select_multiple",
    "select multiple from": "select_multiple",
    "select one from file": "select_one_from_file",
    "select multiple from file": "select_multiple_from_file",
    "select_one_external": "select_one",
    "calculation": "calculate",
    "acknowledgement": "acknowledge",
    "trigger": "acknowledge",
    "photo": "image",
    "picture": "image",
    "signature": "image",
    "gps": "geopoint",
    "location": "geopoint",
    "device id": "deviceid",
    "imei": "deviceid",
    "user name": "username",
    "phone number": "phonenumber",
    "start time": "start",
    "end time": "end",
    "csv external": "csv-external",
    "xml external": "xml-external",
    "start_geopoint": "start-geopoint",
    "hint": "note",
}

STRUCTURE: dict[str, tuple[Literal["begin", "end"], Literal["group", "repeat"]]] = {
    "begin group": ("begin", "group"),
    "begin repeat": ("begin", "repeat"),
    "begin lgroup": ("begin", "repeat"),
    "begin looped group": ("begin", "repeat"),
    "end group": ("end", "group"),
    "end repeat": ("end", "repeat"),
    "end lgroup": ("end", "repeat"),
    "end looped group": ("end", "repeat"),
}

# Appearances shown at a desk; the second set is known, harmless and shown the default way.
APPEARANCES = frozenset(
    {
        "minimal", "field-list", "multiline", "columns", "columns-pack", "signature", "likert", "month-year", "year",
        "no-calendar", "horizontal", "horizontal-compact", "compact", "quick", "quickcompact", "label", "list-nolabel",
        "autocomplete", "search", "numbers", "thousands-sep", "table-list", "picker", "vertical", "rating", "masked",
        "no-ticks", "hidden-answer", "url", "draw", "annotate", "new", "summary", "compact-summary",
    }
)  # fmt: skip
OTHER_APPEARANCES = frozenset(
    {
        "ethiopian", "coptic", "islamic", "bikram-sambat", "myanmar", "persian", "buddhist", "placement-map", "maps",
        "hide-input", "front", "new-front", "new-rear", "ex", "printer", "map", "image-map", "bearing", "counter",
        "randomized", "text", "textarea", "big-text",
    }
)  # fmt: skip
_GRID = re.compile(r"w[1-9]\d?$|columns-\d+$|compact-\d+$|columns-flex$|bg-?\w*$")


def question_type(name: str) -> QuestionType:
    """The type of a canonical name. KeyError when there is none."""
    return TYPES[name]


def knows_appearance(word: str) -> bool:
    return (
        word in APPEARANCES or word in OTHER_APPEARANCES or bool(_GRID.match(word)) or word.startswith("ex:")
    )
