"""Answers by type: reading what is given, what expressions see of it, and how it is written down."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from forms.definition import Choice, Question
from forms.expressions.values import (
    Atom,
    Truth,
    Value,
    atom,
    date_of,
    instant_of,
    number_text,
    parse_date,
    parse_instant,
    parse_time,
    to_number,
    to_string,
)
from forms.problems import AnswerError

Answer = str | int | Decimal | dt.date | dt.time | dt.datetime | tuple[str, ...] | None

_CHINESE_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_FIGURES = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)$")
MAX_FIGURES = 18
WANTED = {
    "integer": "应填整数，例如 12",
    "decimal": "应填数字，例如 12.5",
    "date": "应填日期，例如 2026-01-31",
    "time": "应填时间，例如 09:30",
    "dateTime": "应填日期和时间，例如 2026-01-31T09:30",
    "place": "应填坐标“纬度 经度”，例如 27.6 113.8",
    "text": "应填文字",
    "file": "应是文件名",
    "one": "应从选项里选一个",
    "many": "应从选项里选",
    "none": "这里不用填写",
    "calculated": "这一项由程序计算",
}


def _wrong(question: Question, path: str, value: Any, hint: str = "") -> AnswerError:
    shown = str(value)
    shown = shown if len(shown) <= 30 else shown[:30] + "…"
    wanted = hint or WANTED[question.kind.value]
    return AnswerError("wrong_type", path, f"{question.label or question.name}：{wanted}；现在是“{shown}”。")


def read_answer(
    question: Question, value: Any, path: str, zone: dt.tzinfo, choices: Sequence[Choice] | None
) -> Answer:
    """The typed answer for what was given (a typed value, or text). None clears.

    `choices` are those that may be chosen, None when nobody knows them. AnswerError for a wrong type.
    """
    if value is None or value == "" or value == () or value == []:
        return None
    kind = question.kind.value
    if question.type == "acknowledge":
        return _acknowledge(question, value, path)
    if kind in ("one", "many"):
        return _choices(question, value, path, choices)
    if isinstance(value, bool | list | tuple | dict | set | bytes):
        raise _wrong(question, path, value)
    if isinstance(value, str) and kind not in ("text", "file", "calculated", "none"):
        value = unicodedata.normalize("NFKC", value).strip()
        if not value:
            return None
    match kind:
        case "integer":
            return _integer(question, value, path)
        case "decimal":
            return _decimal(question, value, path)
        case "date":
            return _date(question, value, path)
        case "time":
            return _time(question, value, path)
        case "dateTime":
            return _instant(question, value, path, zone)
        case "place":
            return _place(question, value, path)
        case _:
            return _text(question, value, path)


def _text(question: Question, value: Any, path: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal):
        return str(value)
    raise _wrong(question, path, value)


def _acknowledge(question: Question, value: Any, path: str) -> str | None:
    if value is True or (
        isinstance(value, str) and value.strip().lower() in ("ok", "yes", "true", "1", "是")
    ):
        return "OK"
    if value is False or (isinstance(value, str) and value.strip().lower() in ("no", "false", "0", "否")):
        return None
    raise _wrong(question, path, value, "应填 OK 或留空")


def _choices(
    question: Question, value: Any, path: str, choices: Sequence[Choice] | None
) -> str | tuple[str, ...] | None:
    if isinstance(value, str):
        names = [value.strip()] if question.kind.value == "one" else value.split()
    elif isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        names = list(dict.fromkeys(v.strip() for v in value if v.strip()))
    elif isinstance(value, int) and not isinstance(value, bool):
        names = [str(value)]
    else:
        raise _wrong(question, path, value)
    names = [name for name in dict.fromkeys(names) if name]
    if not names:
        return None
    if question.kind.value == "one" and len(names) > 1:
        raise _wrong(question, path, "、".join(names), "只能选一个")
    if choices is not None:
        known = {choice.name for choice in choices}
        for name in names:
            if name not in known:
                raise AnswerError(
                    "wrong_type",
                    path,
                    f"{question.label or question.name}：没有“{name}”这个选项，请从选项里选。",
                )
    return names[0] if question.kind.value == "one" else tuple(names)


def _number(question: Question, value: Any, path: str) -> Decimal:
    try:
        if isinstance(value, str):
            text = value.replace(",", "").replace(" ", "")
            if not _FIGURES.match(text):
                raise _wrong(question, path, value)
            number = Decimal(text)
        elif isinstance(value, float):
            number = Decimal(repr(value))
        elif isinstance(value, int | Decimal):
            number = Decimal(value)
        else:
            raise _wrong(question, path, value)
    except InvalidOperation:
        raise _wrong(question, path, value) from None
    if not number.is_finite():
        raise _wrong(question, path, value)
    if number and (number.adjusted() >= MAX_FIGURES or len(number.as_tuple().digits) > 30):
        raise _wrong(question, path, value, f"数字太长，整数部分最多 {MAX_FIGURES} 位")
    return number


def _integer(question: Question, value: Any, path: str) -> int:
    number = _number(question, value, path)
    if number != number.to_integral_value():
        raise _wrong(question, path, value)
    return int(number)


def _decimal(question: Question, value: Any, path: str) -> Decimal:
    number = _number(question, value, path)
    return abs(number) if number == 0 else number


def _date(question: Question, value: Any, path: str) -> dt.date:
    if isinstance(value, dt.datetime):
        raise _wrong(question, path, value)
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        match = _CHINESE_DATE.match(value)
        day = parse_date("-".join(match.groups())) if match else None
        if day is not None:
            return day
    raise _wrong(question, path, value)


def _time(question: Question, value: Any, path: str) -> dt.time:
    clock = parse_time(value) if isinstance(value, str) else value
    if isinstance(clock, dt.time):
        return clock
    raise _wrong(question, path, value)


def _instant(question: Question, value: Any, path: str, zone: dt.tzinfo) -> dt.datetime:
    if isinstance(value, str):
        value = parse_instant(value.replace(" ", "T", 1), zone)
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(zone)
    raise _wrong(question, path, value)


def _place(question: Question, value: Any, path: str) -> str:
    figures = str(value).split()
    if not 2 <= len(figures) <= 4 or any(not _FIGURES.match(f) for f in figures):
        raise _wrong(question, path, value)
    latitude, longitude = Decimal(figures[0]), Decimal(figures[1])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise _wrong(question, path, value)
    return " ".join(figures + ["0"] * (4 - len(figures)))


def computed_answer(question: Question, value: Value, zone: dt.tzinfo) -> Answer:
    """The typed answer for what an expression gave; nothing for NaN and for an empty text. EvaluationError."""
    value = atom(value)
    if value == "" or (isinstance(value, Decimal) and value.is_nan()):
        return None
    match question.kind.value:
        case "integer":
            number = to_number(value)
            return int(number) if number.is_finite() else None
        case "decimal":
            number = to_number(value)
            return number if number.is_finite() else None
        case "date":
            return date_of(value, zone)
        case "dateTime":
            return instant_of(value, zone)
        case "time":
            return value if isinstance(value, dt.time) else parse_time(to_string(value))
        case "many":
            return tuple(dict.fromkeys(to_string(value).split())) or None
        case "calculated" if isinstance(value, Decimal) and value.is_finite():
            return int(value) if value == value.to_integral_value() else Decimal(number_text(value))
        case _:
            return to_string(value)


def seen_value(question: Question, answer: Answer) -> Atom:
    """What expressions see of an answer: nothing is "", a calculation is text, several choices are words."""
    if answer is None:
        return ""
    if isinstance(answer, tuple):
        return " ".join(answer)
    if isinstance(answer, int):
        number = Decimal(answer)
        return number_text(number) if question.kind.value == "calculated" else number
    if isinstance(answer, Decimal) and question.kind.value == "calculated":
        return number_text(answer)
    if question.calculation and answer in ("true", "false"):
        return Truth(answer)
    return answer


def text_of(answer: Answer) -> str:
    """An answer as ODK writes it."""
    if answer is None:
        return ""
    if isinstance(answer, tuple):
        return " ".join(answer)
    if isinstance(answer, Decimal):
        return format(answer, "f")
    return str(answer) if isinstance(answer, str | int) else to_string(answer)


def plain(answer: Answer) -> Any:
    """An answer for JSON: an int stays a number, several choices a list, the rest is text (decimals exactly)."""
    if isinstance(answer, tuple):
        return list(answer)
    return answer if isinstance(answer, int) or answer is None else text_of(answer)


def saved_form(answer: Answer) -> Any:
    """An answer for a draft, from which `from_saved` makes the very same again."""
    if isinstance(answer, Decimal):
        return {"decimal": str(answer)}
    if isinstance(answer, dt.datetime):
        return {"instant": answer.isoformat()}
    if isinstance(answer, dt.date):
        return {"date": answer.isoformat()}
    if isinstance(answer, dt.time):
        return {"time": answer.isoformat()}
    return list(answer) if isinstance(answer, tuple) else answer


def from_saved(saved: Any) -> Answer:
    """ValueError, TypeError, KeyError or InvalidOperation when it was not made by `saved_form`."""
    if isinstance(saved, list):
        return tuple(str(name) for name in saved)
    if isinstance(saved, dict):
        ((kind, text),) = saved.items()
        readers: dict[str, Any] = {
            "decimal": Decimal,
            "instant": dt.datetime.fromisoformat,
            "date": dt.date.fromisoformat,
            "time": dt.time.fromisoformat,
        }
        answer: Answer = readers[kind](text)
        return answer
    if saved is None or isinstance(saved, str | int):
        return saved
    raise ValueError(saved)
