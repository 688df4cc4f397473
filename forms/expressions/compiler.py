"""Syntax tree -> a Python closure that computes it.

Closures, because an expression is compiled once and run at every keystroke. What a path means depends on the
form, so paths are left to a `PathCompiler`; without a form there is none (`NoPaths`).
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from forms.expressions.functions import FUNCTIONS, Function, check_arguments
from forms.expressions.lexer import ExpressionError
from forms.expressions.syntax import Binary, Call, Expr, Negative, Number, Path, Reference, Text, source
from forms.expressions.values import (
    CONTEXT,
    SHANGHAI,
    Atom,
    Seen,
    Value,
    equal_sets,
    is_missing,
    less,
    to_boolean,
    to_number,
)

Nodes = list[Seen]


class Table(Protocol):
    """Rows that `instance('name')` and `pulldata` look things up in."""

    def nodes(self) -> Nodes: ...

    def find(self, column: str, value: str) -> Nodes: ...


class Run:
    """What a computation may ask of the world: the clock, chance, tables, facts about the device."""

    __slots__ = ("last_saved", "metadata", "now", "rng", "seed", "tables", "version", "zone")

    def __init__(
        self,
        now: Callable[[], dt.datetime],
        *,
        zone: dt.tzinfo = SHANGHAI,
        rng: random.Random | None = None,
        tables: Mapping[str, Table] | None = None,
        metadata: Mapping[str, str] | None = None,
        version: str = "",
    ) -> None:
        self.now = now
        self.zone = zone
        self.rng = rng or random.Random()
        self.tables = tables or {}
        self.metadata = metadata or {}
        self.version = version
        self.seed: int | None = None
        """What lists without a seed of their own are shuffled by: drawn when first needed, kept in drafts."""
        self.last_saved: Mapping[str, Atom] = {}
        """Path -> what expressions see of the answer in the filling before this one."""


class Context:
    """Where an expression is computed. `origin` is the node the whole expression belongs to: `current()`."""

    __slots__ = ("node", "origin", "position", "run", "size")

    def __init__(self, node: Any, run: Run, origin: Any = None, position: int = 1, size: int = 1) -> None:
        self.node = node
        self.run = run
        self.origin = node if origin is None else origin
        self.position = position
        self.size = size


Compiled = Callable[[Context], Value]
CompiledNodes = Callable[[Context], Nodes]


class PathCompiler(Protocol):
    def path(self, path: Path, compiler: Compiler) -> CompiledNodes: ...

    def reference(self, name: str) -> Compiled: ...

    def special(self, call: Call, compiler: Compiler) -> Compiled | None:
        """A function that looks at the form itself, or None for one that does not."""


class NoPaths:
    """For expressions outside any form: every path is unknown."""

    def path(self, path: Path, compiler: Compiler) -> CompiledNodes:  # noqa: ARG002
        raise ExpressionError("path_unknown", path=source(path), similar="")

    def reference(self, name: str) -> Compiled:
        raise ExpressionError("reference_unknown", name=name, similar="")

    def special(self, call: Call, compiler: Compiler) -> Compiled | None:  # noqa: ARG002
        return None


class Compiler:
    def __init__(self, paths: PathCompiler) -> None:
        self.paths = paths
        self.volatile = False
        """Whether the result may differ though no answer has changed (today(), random(), a table)."""

    def compile(self, expr: Expr) -> Compiled:
        """The closure of an expression. ExpressionError for an unknown function, name or path."""
        match expr:
            case Number(value) | Text(value):
                return lambda _: value
            case Negative(operand):
                inner = self.compile(operand)
                return lambda c: to_number(inner(c)).copy_negate()
            case Reference(name):
                return self.paths.reference(name)
            case Path():
                return self.paths.path(expr, self)
            case Binary(operator, left, right):
                return _binary(operator, self.compile(left), self.compile(right))
            case Call():
                return self.call(expr)

    def call(self, call: Call) -> Compiled:
        function = check_arguments(call.name, len(call.arguments))
        if function.volatile:
            self.volatile = True
        special = self.paths.special(call, self)
        if special is not None:
            return special
        if call.name == "if":
            return self._if(call)
        if call.name == "coalesce":
            return self._coalesce(call)
        if call.name == "position" and call.arguments:
            raise ExpressionError("expression_syntax", reason="position(..) 只能用在重复组里。")
        return plain_call(function, [self.compile(a) for a in call.arguments])

    def _if(self, call: Call) -> Compiled:
        test, yes, no = map(self.compile, call.arguments)
        return lambda c: yes(c) if to_boolean(test(c)) else no(c)

    def _coalesce(self, call: Call) -> Compiled:
        options = [self.compile(a) for a in call.arguments]

        def run(c: Context) -> Value:
            value: Value = ""
            for option in options:
                value = option(c)
                if not is_missing(value):
                    break
            return value

        return run


def plain_call(function: Function, arguments: Sequence[Compiled]) -> Compiled:
    compute = function.compute
    if len(arguments) == 1:
        only = arguments[0]
        return lambda c: compute(c, [only(c)])
    return lambda c: compute(c, [argument(c) for argument in arguments])


def _binary(operator: str, left: Compiled, right: Compiled) -> Compiled:
    match operator:
        case "and":
            return lambda c: to_boolean(left(c)) and to_boolean(right(c))
        case "or":
            return lambda c: to_boolean(left(c)) or to_boolean(right(c))
        case "=":
            return lambda c: equal_sets(left(c), right(c))
        case "!=":
            return lambda c: not equal_sets(left(c), right(c))
        case "<":
            return lambda c: less(left(c), right(c), False)
        case "<=":
            return lambda c: less(left(c), right(c), True)
        case ">":
            return lambda c: less(right(c), left(c), False)
        case ">=":
            return lambda c: less(right(c), left(c), True)
        case "|":
            return lambda c: _union(left(c), right(c))
    compute = {
        "+": CONTEXT.add,
        "-": CONTEXT.subtract,
        "*": CONTEXT.multiply,
        "div": CONTEXT.divide,
        "mod": CONTEXT.remainder,
    }[operator]
    return lambda c: compute(to_number(left(c)), to_number(right(c)))


def _union(left: Value, right: Value) -> Nodes:
    nodes = [*(left if isinstance(left, list) else []), *(right if isinstance(right, list) else [])]
    return list({id(node): node for node in nodes}.values())


__all__ = [
    "FUNCTIONS",
    "Compiled",
    "CompiledNodes",
    "Compiler",
    "Context",
    "NoPaths",
    "Nodes",
    "Run",
    "Table",
]
