"""The syntax tree of an expression."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """`${name}`"""

    name: str


@dataclass(frozen=True, slots=True)
class Step:
    axis: str  # child, parent, self, descendant
    test: str  # a name, "*" or "node()"
    predicates: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """`start` is "/" (absolute), "." (the context) or an expression whose nodes the steps go on from."""

    start: str | Expr
    steps: tuple[Step, ...]
    predicates: tuple[Expr, ...] = ()
    """Predicates on the start itself: `${rows}[x = 1]`."""


Expr = Number | Text | Negative | Binary | Call | Reference | Path


def source(node: Expr | Step) -> str:
    """The node written out again, for messages."""
    match node:
        case Number(value):
            return str(value)
        case Text(value):
            return f"'{value}'"
        case Negative(operand):
            return f"-{source(operand)}"
        case Binary(operator, left, right):
            return f"{source(left)} {operator} {source(right)}"
        case Call(name, arguments):
            return f"{name}({', '.join(map(source, arguments))})"
        case Reference(name):
            return f"${{{name}}}"
        case Step(axis, test, predicates):
            text = {"parent": "..", "self": "."}.get(axis, test)
            return text + "".join(f"[{source(p)}]" for p in predicates)
        case Path(start, steps, predicates):
            tail = "/".join(map(source, steps))
            if start == "/":
                return f"/{tail}"
            if isinstance(start, str):
                return tail
            head = source(start) + "".join(f"[{source(p)}]" for p in predicates)
            return f"{head}/{tail}" if tail else head
