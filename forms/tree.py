"""The nodes of a form being filled: what the templates become when there are answers and rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forms.definition import Choice
from forms.expressions.values import Atom
from forms.model import Template
from forms.problems import Problem


class Scope:
    """One row of a repeat, or the whole form: a flat list of its nodes. A row is a node itself."""

    __slots__ = ("alive", "entity_ids", "index", "nodes", "parent", "relevant", "repeat", "template")

    def __init__(self, template: Template, parent: Scope | None, repeat: RepeatNode | None) -> None:
        self.template = template
        self.parent = parent
        self.repeat = repeat
        self.nodes: list[Any] = []
        self.index = 0
        """Position among the rows, from 0."""
        self.relevant = True
        self.alive = True
        self.entity_ids: dict[str, str] = {}

    @property
    def scope(self) -> Scope:
        return self

    @property
    def seen(self) -> Atom:
        return ""

    @property
    def path(self) -> str:
        return f"{self.repeat.path}[{self.index + 1}]" if self.repeat else ""


class _Placed:
    __slots__ = ("label", "own", "relevant", "scope", "template")

    def __init__(self, template: Template, scope: Scope) -> None:
        self.template = template
        self.scope = scope
        self.own = True
        """What its own condition says."""
        self.relevant = scope.relevant
        """Its own condition and those of everything around it."""
        self.label: tuple[str, ...] = ()
        """Label and hint with their references filled in, those of them that have any."""

    @property
    def path(self) -> str:
        return self.scope.path + self.template.path[len(self.scope.template.path) :]

    @property
    def seen(self) -> Atom:
        return ""


class GroupNode(_Placed):
    __slots__ = ("read_only",)

    def __init__(self, template: Template, scope: Scope) -> None:
        super().__init__(template, scope)
        self.read_only = False


class RepeatNode(_Placed):
    __slots__ = ("problem", "read_only", "rows", "shelf")

    def __init__(self, template: Template, scope: Scope) -> None:
        super().__init__(template, scope)
        self.rows: list[Scope] = []
        self.shelf: list[Scope] = []
        """Rows a shrinking `repeat_count` took away, the next one to come back last."""
        self.read_only = False
        self.problem: Problem | None = None


class FieldNode(_Placed):
    __slots__ = ("bad", "choices", "problem", "read_only", "required", "seen_value", "value")

    def __init__(self, template: Template, scope: Scope) -> None:
        super().__init__(template, scope)
        self.value: Any = None
        self.seen_value: Atom = ""
        self.required = False
        self.read_only = False
        self.bad: Problem | None = None
        """A failed constraint, or a calculation without an answer."""
        self.choices: tuple[Choice, ...] = ()
        self.problem: Problem | None = None

    @property
    def seen(self) -> Atom:
        """What expressions see: nothing when not relevant."""
        return self.seen_value if self.relevant else ""


Placed = GroupNode | RepeatNode | FieldNode


def make_node(template: Template, scope: Scope) -> Placed:
    if template.kind == "field":
        return FieldNode(template, scope)
    return RepeatNode(template, scope) if template.kind == "repeat" else GroupNode(template, scope)


class ItemCell:
    """One cell of a table's row."""

    __slots__ = ("item", "seen")

    def __init__(self, seen: str, item: ItemNode) -> None:
        self.seen = seen
        self.item = item


class ItemNode:
    """One row of a table (a list of choices, or a file beside the form)."""

    __slots__ = ("cells", "choice")

    def __init__(self, cells: dict[str, str]) -> None:
        self.cells = cells
        self.choice: Choice | None = None

    @property
    def seen(self) -> str:
        return ""


class ItemTable:
    """A table's rows, with an index per column made when it is first asked for."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self._nodes = [ItemNode(row) for row in rows]
        self._indexes: dict[str, dict[str, list[ItemNode]]] = {}

    def nodes(self) -> list[Any]:
        return self._nodes

    def find(self, column: str, value: str) -> list[Any]:
        index = self._indexes.get(column)
        if index is None:
            index = self._indexes[column] = {}
            for node in self._nodes:
                index.setdefault(node.cells.get(column, ""), []).append(node)
        return index.get(value, [])


def chain_of(template: Template) -> Iterator[Template]:
    scope = template.scope
    while True:
        yield scope
        if scope.kind == "root":
            return
        scope = scope.scope


def revive(row: Scope, alive: bool) -> None:
    for scope in scopes_within(row):
        scope.alive = alive


def scopes_within(scope: Scope) -> Iterator[Scope]:
    """The scope and the rows of every repeat in it."""
    yield scope
    for node in scope.nodes:
        if isinstance(node, RepeatNode):
            for row in node.rows:
                yield from scopes_within(row)


def nodes_in_order(template: Template, scope: Scope) -> Iterator[Any]:
    """Every node beneath a template in a scope, in the order of the sheet; a repeat is followed by its rows."""
    for child in template.children.values():
        node = scope.nodes[child.slot]
        yield node
        if child.kind == "repeat":
            for row in node.rows:
                yield row
                yield from nodes_in_order(child, row)
        elif child.kind == "group":
            yield from nodes_in_order(child, scope)
