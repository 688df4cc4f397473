"""The table of functions: name, number of arguments, what it computes.

A function gets the context and its arguments' values; a list of nodes arrives as a list. Those that look at the
form itself (position(..), once, indexed-repeat, jr:choice-name, instance, pulldata, current) are entered here
for their names and arguments, and compiled in forms/paths.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from forms.expressions import functions_dates, functions_numbers, functions_texts
from forms.expressions.lexer import ExpressionError
from forms.expressions.values import EvaluationError, Value, less, to_boolean, to_string

Compute = Callable[[Any, list[Value]], Value]
MANY = 999


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    least: int
    most: int
    compute: Compute
    volatile: bool = False
    pairs: bool = False
    """Whether the arguments after the first two come in pairs."""


def _in_form_only(name: str) -> Compute:
    def compute(_c: Any, _a: list[Value]) -> Value:
        raise EvaluationError(f"{name}() 只能用在表单里")

    return compute


def _position(c: Any, _a: list[Value]) -> Value:
    return functions_numbers.whole(c.position)


def _last(c: Any, _a: list[Value]) -> Value:
    return functions_numbers.whole(c.size)


def _boolean_from_string(_c: Any, a: list[Value]) -> Value:
    return to_string(a[0]) in ("1", "true")


def _version(c: Any, _a: list[Value]) -> Value:
    return str(c.run.version)


def _property(c: Any, a: list[Value]) -> Value:
    return str(c.run.metadata.get(to_string(a[0]), ""))


def _checklist(_c: Any, a: list[Value]) -> Value:
    least, most = functions_numbers.limits(a)
    items = functions_numbers.spread(a[2:])
    return least <= sum(to_boolean(item) for item in items) <= most


def _weighted_checklist(_c: Any, a: list[Value]) -> Value:
    """Unlike checklist, -1 is a limit like any other: so has ODK's engine."""
    total = functions_numbers.weigh(a[2:])
    return not less(total, a[0], False) and not less(a[1], total, False)


def _randomize(c: Any, a: list[Value]) -> Value:
    if not isinstance(a[0], list):
        raise EvaluationError("randomize() 的第一个参数应是一组节点")
    return functions_numbers.shuffled(a[0], a[1] if len(a) > 1 else None, c.run.rng)


def _rows() -> list[Function]:
    own = [
        Function("true", 0, 0, lambda _c, _a: True),
        Function("false", 0, 0, lambda _c, _a: False),
        Function("not", 1, 1, lambda _c, a: not to_boolean(a[0])),
        Function("boolean", 1, 1, lambda _c, a: to_boolean(a[0])),
        Function("boolean-from-string", 1, 1, _boolean_from_string),
        Function("position", 0, 1, _position),
        Function("last", 0, 0, _last),
        Function("version", 0, 0, _version),
        Function("property", 1, 1, _property),
        Function("checklist", 3, MANY, _checklist),
        Function("weighted-checklist", 4, MANY, _weighted_checklist, pairs=True),
        Function("randomize", 1, 2, _randomize),
        Function("if", 3, 3, _in_form_only("if")),
        Function("coalesce", 1, MANY, _in_form_only("coalesce")),
        Function("current", 0, 0, _in_form_only("current")),
        Function("once", 1, 1, _in_form_only("once")),
        Function("instance", 1, 1, _in_form_only("instance"), volatile=True),
        Function("pulldata", 4, 4, _in_form_only("pulldata"), volatile=True),
        Function("indexed-repeat", 3, 7, _in_form_only("indexed-repeat")),
        Function("jr:choice-name", 2, 2, _in_form_only("jr:choice-name")),
    ]
    volatile = {"today", "now", "random", "uuid"}
    rest = [
        Function(name, least, most, compute, name in volatile)
        for table in (functions_texts.TABLE, functions_numbers.TABLE, functions_dates.TABLE)
        for name, least, most, compute in table
    ]
    return own + rest


FUNCTIONS: dict[str, Function] = {row.name: row for row in _rows()}


def check_arguments(name: str, count: int) -> Function:
    """The function of a name, called with so many arguments. ExpressionError when it is not so."""
    function = FUNCTIONS.get(name)
    if function is None:
        close = difflib.get_close_matches(name.lower(), FUNCTIONS, n=1, cutoff=0.6)
        similar = f"，是不是想写 {close[0]}()" if close else ""
        raise ExpressionError("function_unknown", name=name, similar=similar)
    if not function.least <= count <= function.most or (function.pairs and count % 2):
        raise ExpressionError("function_arguments", name=name, reason=_wanted(function, count))
    if name == "indexed-repeat" and count % 2 == 0:
        raise ExpressionError("function_arguments", name=name, reason="应是题目，再接成对的重复组和行号")
    return function


def _wanted(function: Function, count: int) -> str:
    least, most = function.least, function.most
    if function.pairs:
        wanted = f"应是最少、最多，再接成对的条件与权重（共至少 {least} 个）"
    elif most == MANY:
        wanted = f"至少要 {least} 个"
    elif least == most:
        wanted = f"应有 {least} 个" if least else "不要参数"
    else:
        wanted = f"应有 {least} 到 {most} 个"
    return f"{wanted}，写了 {count} 个"


Table = Sequence[tuple[str, int, int, Compute]]
