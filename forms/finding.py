"""Going from node to node at run time: what is left of a path when it has been compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from forms.expressions.compiler import Compiled, CompiledNodes, Context, Nodes
from forms.expressions.lexer import ExpressionError
from forms.expressions.syntax import Path, Step, source
from forms.expressions.values import EvaluationError, Value, to_boolean
from forms.model import Template
from forms.tree import ItemCell, ItemNode, Scope

Find = Callable[[Any, Context], Nodes]
"""From a node (and the context, for predicates) to nodes."""


def climb(scope: Scope, steps: int) -> Scope:
    for _ in range(steps):
        assert scope.parent is not None
        scope = scope.parent
    return scope


def top(scope: Scope) -> Scope:
    while scope.parent is not None:
        scope = scope.parent
    return scope


def scopes(scope: Scope) -> list[Scope]:
    result = [scope]
    while scope.parent is not None:
        scope = scope.parent
        result.append(scope)
    return result


def reach(from_depth: int, anchor: Template, target: Template) -> Find:
    """Climb from a scope of a depth to the anchor's, then down to the target."""
    climb = from_depth - anchor.inner_depth
    slots = [repeat.slot for repeat in target.chain_from(anchor)]
    slot = target.slot
    is_root, is_repeat = target.kind == "root", target.kind == "repeat"

    def run(node: Any, _c: Context) -> Nodes:
        scope = node.scope
        for _ in range(climb):
            scope = scope.parent
        if is_root:
            return [scope]
        if not slots and not is_repeat:
            found = scope.nodes[slot]
            return [found] if found.relevant else []
        scopes = [scope]
        for repeat in slots:
            scopes = [row for s in scopes if s.nodes[repeat].relevant for row in s.nodes[repeat].rows]
        if is_repeat:
            return [row for s in scopes if s.nodes[slot].relevant for row in s.nodes[slot].rows]
        return [s.nodes[slot] for s in scopes if s.nodes[slot].relevant]

    return run


def downward(here: Template, targets: list[Template]) -> Find:
    finds = [reach(here.inner_depth, here.inner, target) for target in targets]

    def run(node: Any, c: Context) -> Nodes:
        starts = node.rows if here.kind == "repeat" and not isinstance(node, Scope) else [node]
        return [found for start in starts for find in finds for found in find(start, c)]

    return run


def to_parent(here: Template, parent: Template) -> Find:
    def run(node: Any, _c: Context) -> Nodes:
        scope: Scope = node.scope
        if here.kind == "repeat" and isinstance(node, Scope):
            assert scope.parent is not None
            scope = scope.parent
        if parent.kind in ("root", "repeat"):
            return [scope]
        return [scope.nodes[parent.slot]]

    return run


def itself(node: Any, _c: Context) -> Nodes:
    return [node]


def beneath(here: Template, step: Step) -> list[Template]:
    if step.axis == "descendant":
        found = list(here.walk())
    else:
        found = list(here.children.values())
    return [t for t in found if step.test in ("*", "node()") or t.name == step.test]


def above(anchor: Template, target: Template) -> bool:
    here = target.scope
    while here is not anchor:
        if here.kind == "root":
            return False
        here = here.scope
    return True


def each(nodes: Nodes, rest: Find, c: Context) -> Nodes:
    if rest is itself:
        return nodes
    return [found for node in nodes for found in rest(node, c)]


def keep(nodes: Nodes, test: Compiled, c: Context) -> Nodes:
    """The nodes a predicate holds for; a number means a position."""
    kept = []
    inner = Context(None, c.run, c.origin, 1, len(nodes))
    for index, node in enumerate(nodes, 1):
        inner.node = node
        inner.position = index
        verdict = test(inner)
        if index == verdict if isinstance(verdict, Decimal) else to_boolean(verdict):
            kept.append(node)
    return kept


def as_nodes(value: Value) -> Nodes:
    if not isinstance(value, list):
        raise EvaluationError("这里要的是一组节点")
    return value


def cells_of(nodes: Sequence[Any], column: str) -> Nodes:
    return [ItemCell(node.cells.get(column, ""), node) for node in nodes if isinstance(node, ItemNode)]


def item_path(path: Path) -> CompiledNodes:
    """A relative path inside a predicate on a table's row: a column, or the row itself."""
    step = path.steps[0]
    if len(path.steps) == 1 and step.axis == "child":
        column = step.test
        return lambda c: [ItemCell(c.node.cells.get(column, ""), c.node)]
    if len(path.steps) == 1 and step.axis == "self":
        return lambda c: [c.node]
    raise ExpressionError(
        "path_unknown", path=source(path), similar="，数据表的条件里请用 ${变量名} 或 current()/.."
    )
