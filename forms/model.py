"""The form's tree as expressions see it: every item knows its scope, the innermost repeat around it.

A scope is what exists once per row (or once per form). All nodes of one scope lie in one flat list at run time,
and an item knows its place in it (`slot`), so that going from a node to another of the same row is one look-up,
however deep the groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from forms.definition import Form, Group, Item, Question, Repeat

Kind = Literal["root", "group", "repeat", "field"]


class Template:
    """One item of the form, with its place. The root has no item."""

    __slots__ = (
        "asked", "children", "depth", "item", "kind", "locals", "name", "parent", "path", "scope", "slot",
    )  # fmt: skip

    def __init__(self, item: Item | None, parent: Template | None) -> None:
        self.item = item
        self.parent = parent
        self.name = item.name if item else ""
        self.path = item.path if item else ""
        self.children: dict[str, Template] = {}
        self.locals: list[Template] = []
        self.kind: Kind = "root"
        if isinstance(item, Repeat):
            self.kind = "repeat"
        elif isinstance(item, Group):
            self.kind = "group"
        elif item is not None:
            self.kind = "field"
        self.scope: Template = self if parent is None else parent.inner
        self.depth: int = 0 if parent is None else self.scope.inner_depth
        self.asked = isinstance(item, Question) and item.kind.asked
        self.slot = 0
        if parent is not None:
            self.slot = len(self.scope.locals)
            self.scope.locals.append(self)
            parent.children.setdefault(self.name, self)

    @property
    def inner(self) -> Template:
        """The scope in which its children live."""
        return self if self.kind in ("root", "repeat") else self.scope

    @property
    def inner_depth(self) -> int:
        """How many repeats stand around its children."""
        return self.depth + (self.kind == "repeat")

    def walk(self) -> Iterator[Template]:
        """Everything beneath, in order."""
        for child in self.children.values():
            yield child
            yield from child.walk()

    def ancestors(self) -> Iterator[Template]:
        """Itself and everything above."""
        here: Template | None = self
        while here is not None:
            yield here
            here = here.parent

    def chain_from(self, scope: Template) -> tuple[Template, ...]:
        """The repeats to go down through from `scope` to where this template lives, outermost first."""
        chain = []
        here = self.scope
        while here is not scope:
            chain.append(here)
            here = here.scope
        return tuple(reversed(chain))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.path or '/'}>"


class Model:
    """All templates of a form."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.root = Template(None, None)
        self.by_name: dict[str, list[Template]] = {}
        self.by_path: dict[str, Template] = {"": self.root}
        self._grow(self.root, form.items)

    def _grow(self, parent: Template, items: tuple[Item, ...]) -> None:
        for item in items:
            template = Template(item, parent)
            self.by_path.setdefault(item.path, template)
            self.by_name.setdefault(item.name, []).append(template)
            if isinstance(item, Group):
                self._grow(template, item.items)


def common_scope(a: Template, b: Template) -> Template:
    """The innermost scope that both inner scopes lie in."""
    while a is not b:
        if a.inner_depth >= b.inner_depth:
            a = a.scope
        else:
            b = b.scope
    return a


@dataclass(frozen=True, slots=True)
class Dependency:
    """An expression looks at `target` in the rows that share the scope `anchor` with it.

    `kind`: "value" (a field's answer and relevance, a group's relevance), "rows" (which rows a repeat has), or
    "position" (where among the rows one stands).
    """

    kind: str
    target: Template
    anchor: Template


@dataclass(frozen=True, slots=True)
class TableContext:
    """The context inside a predicate on a table's row."""

    name: str
