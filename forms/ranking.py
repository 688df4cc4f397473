"""In what order a form's expressions are computed, and whether there is one: circles are found here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.expressions.compiler import Compiled
from forms.model import Dependency, Model, Template


@dataclass(slots=True, eq=False)
class Cell:
    """One expression of one item."""

    kind: str
    template: Template
    run: Compiled
    volatile: bool
    dependencies: frozenset[Dependency]
    rank: int = 0


Key = tuple[str, Template]
CIRCLE_WORDS = {
    "shown": "显示条件",
    "value": "值",
    "rows": "行数",
    "choices": "选项",
}


def looks_at_itself(cell: Cell, dependency: Dependency) -> bool:
    """Whether a cell looks at its own item's answer, in the same row."""
    return (
        dependency.kind == "value"
        and dependency.target is cell.template
        and dependency.anchor is cell.template.scope
    )


def result_of(cell: Cell) -> Key:
    names = {"calculation": "value", "relevant": "shown", "repeat_count": "rows", "choice_filter": "choices"}
    return names.get(cell.kind, cell.kind), cell.template


def inputs_of(cell: Cell) -> Iterator[Key]:
    for d in cell.dependencies:
        if d.kind == "position" or (
            d.target is cell.template and cell.kind in ("calculation", "choice_filter")
        ):
            continue
        for repeat in d.target.chain_from(d.anchor):
            yield "rows", repeat  # answers come and go with their rows
        if d.kind == "value" and d.target.kind != "field":
            yield "shown", d.target
        else:
            yield d.kind, d.target


class Structure:
    """What depends on what by the form's shape alone: an answer on its relevance, that on the group's."""

    def __init__(self, model: Model) -> None:
        self.root = model.root

    def inputs(self, key: Key) -> Iterator[Key]:
        kind, template = key
        if kind == "shown":
            if template.parent is not None and template.parent is not self.root:
                yield "shown", template.parent
        elif kind in ("value", "rows", "constraint", "required"):
            yield "shown", template
            if kind == "value":
                yield "choices", template


def sort_keys(edges: dict[Key, dict[Key, None]], structure: Structure) -> tuple[list[Key], list[Key]]:
    """(keys so that each comes after its inputs, the first circle found or nothing)."""
    order: list[Key] = []
    state: dict[Key, int] = {}
    circle: list[Key] = []
    for start in edges:
        if start in state:
            continue
        stack: list[tuple[Key, Iterator[Key]]] = [(start, _all_inputs(start, edges, structure))]
        state[start] = 1
        while stack:
            key, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                state[key] = 2
                order.append(key)
            elif following not in state:
                state[following] = 1
                stack.append((following, _all_inputs(following, edges, structure)))
            elif state[following] == 1 and not circle:
                way = [k for k, _ in stack]
                circle = way[way.index(following) :]
    return order, circle


def _all_inputs(key: Key, edges: dict[Key, dict[Key, None]], structure: Structure) -> Iterator[Key]:
    yield from edges.get(key, ())
    yield from structure.inputs(key)
