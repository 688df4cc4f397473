"""What paths mean in a form: closures that find nodes, and what each expression depends on.

A path is followed through the templates when it is compiled. At run time only rows are left to go through: climb
to the scope that both ends share, then down the repeats between. What was passed on the way is noted as
dependencies: the filling re-evaluates an expression when one of them changes, in the rows that share the scope.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from forms import columns
from forms.definition import Question
from forms.expressions.compiler import (
    FUNCTIONS,
    Compiled,
    CompiledNodes,
    Compiler,
    Context,
    Nodes,
    plain_call,
)
from forms.expressions.lexer import ExpressionError
from forms.expressions.syntax import Binary, Call, Expr, Path, Reference, Step, Text, source
from forms.expressions.values import Value, to_number, to_string
from forms.finding import (
    Find,
    above,
    as_nodes,
    beneath,
    cells_of,
    climb,
    downward,
    each,
    item_path,
    itself,
    keep,
    reach,
    scopes,
    to_parent,
    top,
)
from forms.model import Dependency, Model, TableContext, Template, common_scope
from forms.tree import Scope

LAST_SAVED = "last-saved#"
SPARSE = frozenset({"sum", "min", "max", "count-non-empty"})


class FormPaths:
    """The PathCompiler of one expression: `owner` is the item it belongs to."""

    def __init__(
        self, model: Model, owner: Template, tables: set[str], table: TableContext | None = None
    ) -> None:
        self.model = model
        self.owner = owner
        self.tables = tables
        self.here: Template | TableContext = table or owner
        self.here_is_row = False
        self.floor: Template | None = None
        self.sparse = False
        """Whether an empty answer makes no difference (sum, min, max): then neither does an empty new row."""
        self.dependencies: set[Dependency] = set()
        self.tables_used: set[str] = set()

    # The PathCompiler protocol

    def path(self, path: Path, compiler: Compiler) -> CompiledNodes:
        start = path.start
        if isinstance(start, Call) and start.name == "instance":
            return self._table_path(start, path, compiler)
        if isinstance(start, Call) and start.name == "current":
            return self._from_origin(path, compiler)
        if isinstance(start, Call):
            return self._from_call(start, path, compiler)
        if isinstance(start, Reference):
            return self._from_reference(start.name, path, compiler)
        if start == "/":
            return self._absolute(path, compiler)
        if start == ".":
            return self._relative(path, compiler)
        raise ExpressionError("path_unknown", path=source(path), similar="")

    def reference(self, name: str) -> Compiled:
        if name.startswith(LAST_SAVED):
            path = self._resolve(name.removeprefix(LAST_SAVED)).path
            return lambda c: c.run.last_saved.get(path, "")
        target = self._resolve(name)
        find = self._shared(target)
        return lambda c: find(c.origin, c)

    def special(self, call: Call, compiler: Compiler) -> Compiled | None:
        if call.name in SPARSE:
            return self._sparse(call, compiler)
        makers: dict[str, Callable[[Call, Compiler], Compiled]] = {
            "position": self._position,
            "once": self._once,
            "indexed-repeat": self._indexed_repeat,
            "jr:choice-name": self._choice_name,
            "pulldata": self._pulldata,
            "instance": self._instance_alone,
            "current": lambda _call, _compiler: lambda c: [c.origin],
        }
        maker = makers.get(call.name)
        if maker is None or (call.name == "position" and not call.arguments):
            return None
        return maker(call, compiler)

    def in_table(self, name: str, conditions: Sequence[Expr], compiler: Compiler) -> CompiledNodes:
        """The rows of a table for which the conditions (a choice filter) hold."""
        if name not in self.tables:
            raise ExpressionError("instance_unknown", name=name, similar=columns.similar(name, self.tables))
        self.tables_used.add(name)
        return self._rows_of(name, conditions, compiler)

    # Names

    def _resolve(self, name: str) -> Template:
        found = self.model.by_name.get(name, [])
        if not found:
            similar = columns.similar(name, self.model.by_name)
            raise ExpressionError("reference_unknown", name=name, similar=similar)
        if len(found) == 1:
            return found[0]
        around = set(map(id, self.owner.ancestors()))
        depths = [sum(id(a) in around for a in t.ancestors()) for t in found]
        best = [t for t, depth in zip(found, depths, strict=True) if depth == max(depths)]
        if len(best) > 1:
            paths = "、".join(t.path for t in found)
            raise ExpressionError("name_ambiguous", name=name, count=len(found), paths=paths)
        return best[0]

    def _note(self, kind: str, target: Template, anchor: Template, *, from_origin: bool) -> None:
        if self.floor is not None and not from_origin and anchor.inner_depth > self.floor.inner_depth:
            anchor = self.floor
        self.dependencies.add(Dependency(kind, target, anchor))

    def _note_way(self, target: Template, anchor: Template, *, from_origin: bool) -> None:
        """Depend on a target and on the rows of every repeat between it and the anchor."""
        for repeat in () if self.sparse else target.chain_from(anchor):
            self._note("rows", repeat, anchor, from_origin=from_origin)
        self._note("rows" if target.kind == "repeat" else "value", target, anchor, from_origin=from_origin)

    # Starting points

    def _shared(self, target: Template) -> Find:
        """From the owner to a target by name: the same row as far as both lie in the same repeats."""
        anchor = common_scope(self.owner.scope, target.scope)
        self._note_way(target, anchor, from_origin=True)
        return reach(self.owner.scope.inner_depth, anchor, target)

    def _from_reference(self, name: str, path: Path, compiler: Compiler) -> CompiledNodes:
        target = self._resolve(name)
        anchor = common_scope(self.owner.scope, target.scope)
        start = self._shared(target)
        if path.predicates:
            start = self._filtered(start, target, path.predicates, anchor, compiler)
        rest = self._steps(target, path.steps, anchor, compiler, path)
        return lambda c: each(start(c.origin, c), rest, c)

    def _from_origin(self, path: Path, compiler: Compiler) -> CompiledNodes:
        steps, anchor = path.steps, self.owner.scope
        outer, self.floor = self.floor, None
        rest = self._steps(self.owner, steps, anchor, compiler, path)
        self.floor = outer
        return lambda c: rest(c.origin, c)

    def _from_call(self, call: Call, path: Path, compiler: Compiler) -> CompiledNodes:
        """`randomize(instance('x')/root/item)/name` and the like: rows of a table, then a column."""
        inner = compiler.compile(call)
        if len(path.steps) != 1 or path.predicates:
            raise ExpressionError("path_unknown", path=source(path), similar="")
        column = path.steps[0].test
        return lambda c: cells_of(as_nodes(inner(c)), column)

    def _absolute(self, path: Path, compiler: Compiler) -> CompiledNodes:
        steps = path.steps
        root = self.model.root
        names = {self.model.form.root_name, self.model.form.form_id, "data"}
        if (
            steps
            and steps[0].axis == "child"
            and steps[0].test in names
            and steps[0].test not in root.children
        ):
            steps = steps[1:]
        target, used = root, 0
        for step in steps:  # the plain part shares rows with the owner, as ODK's engine has it
            if step.axis != "child" or step.test not in target.children:
                break
            target, used = target.children[step.test], used + 1
            if step.predicates:
                break
        if not used:
            rest = self._steps(root, steps, root, compiler, path)
            return lambda c: rest(top(c.origin.scope), c)
        anchor = common_scope(self.owner.scope, target.scope)
        start = self._shared(target)
        predicates = steps[used - 1].predicates
        if predicates:
            start = self._filtered(start, target, predicates, anchor, compiler)
        rest = self._steps(target, steps[used:], anchor, compiler, path)
        return lambda c: each(start(c.origin, c), rest, c)

    def _relative(self, path: Path, compiler: Compiler) -> CompiledNodes:
        here = self.here
        if isinstance(here, TableContext):
            return item_path(path)
        anchor = here.inner if self.here_is_row else here.scope
        rest = self._steps(here, path.steps, anchor, compiler, path)
        return lambda c: rest(c.node, c)

    # Steps

    def _steps(
        self, here: Template, steps: Sequence[Step], anchor: Template, compiler: Compiler, path: Path
    ) -> Find:
        """Follow steps from a node of `here` (for a repeat: from one of its rows, or from all of them).

        `anchor` is the scope the starting node shares with the owner.
        """
        if not steps:
            return itself
        step = steps[0]
        if step.axis == "self":
            find: Find = itself
            targets = [here]
        elif step.axis == "parent":
            if here.parent is None:
                raise ExpressionError("path_unknown", path=source(path), similar="（.. 太多）")
            find, targets = to_parent(here, here.parent), [here.parent]
            anchor = here.parent.inner if here.parent.inner_depth < anchor.inner_depth else anchor
            if here.kind == "repeat":
                anchor = here.scope if here.scope.inner_depth < anchor.inner_depth else anchor
        else:
            targets = beneath(here, step)
            if not targets:
                similar = columns.similar(step.test, [t.name for t in here.walk()])
                raise ExpressionError("path_unknown", path=source(path), similar=similar)
            for target in targets:
                self._note_way(target, anchor if above(anchor, target) else here.inner, from_origin=False)
            find = downward(here, targets)
        if step.axis != "child" and step.axis != "descendant":
            for target in targets:
                if target.kind == "field":
                    self._note("value", target, target.scope, from_origin=False)
        if step.predicates:
            find = self._filtered(find, targets[0], step.predicates, anchor, compiler)
        rests = {id(t): self._steps(t, steps[1:], anchor, compiler, path) for t in targets}
        if len(steps) == 1:
            return find

        def run(node: Any, c: Context) -> Nodes:
            result: Nodes = []
            for found in find(node, c):
                result += rests[id(found.template)](found, c)  # type: ignore[attr-defined]
            return result

        return run

    def _filtered(
        self, find: Find, here: Template, predicates: Sequence[Expr], anchor: Template, compiler: Compiler
    ) -> Find:
        tests = [self._predicate(p, here, anchor, compiler) for p in predicates]

        def run(node: Any, c: Context) -> Nodes:
            nodes = find(node, c)
            for test in tests:
                nodes = keep(nodes, test, c)
            return nodes

        return run

    def _predicate(
        self, predicate: Expr, here: Template | TableContext, anchor: Template | None, compiler: Compiler
    ) -> Compiled:
        saved = self.here, self.here_is_row, self.floor
        self.here = here
        self.here_is_row = isinstance(here, Template) and here.kind == "repeat"
        if anchor is not None and (self.floor is None or anchor.inner_depth < self.floor.inner_depth):
            self.floor = anchor
        try:
            return compiler.compile(predicate)
        finally:
            self.here, self.here_is_row, self.floor = saved

    # Tables

    def _table_name(self, call: Call) -> str:
        argument = call.arguments[0]
        if not isinstance(argument, Text):
            raise ExpressionError("expression_syntax", reason=f"{call.name}() 的表名要写成带引号的文字。")
        name = argument.value.removesuffix(".csv")
        if name not in self.tables:
            similar = columns.similar(name, self.tables)
            raise ExpressionError("instance_unknown", name=name, similar=similar)
        self.tables_used.add(name)
        return name

    def _instance_alone(self, call: Call, _compiler: Compiler) -> Compiled:
        self._table_name(call)
        raise ExpressionError("expression_syntax", reason="instance('表名') 后面要写 /root/item[条件]/列名。")

    def _table_path(self, call: Call, path: Path, compiler: Compiler) -> CompiledNodes:
        compiler.call(call) if len(call.arguments) != 1 else None
        compiler.volatile = True
        name = self._table_name(call)
        steps = list(path.steps)
        if (
            len(steps) < 2
            or len(steps) > 3
            or path.predicates
            or steps[0].predicates
            or steps[-1].axis != "child"
        ):
            raise ExpressionError(
                "expression_syntax", reason="查数据表要写成 instance('表名')/root/item[条件]/列名。"
            )
        find = self._rows_of(name, steps[1].predicates, compiler)
        if len(steps) == 2:
            return find
        column = steps[2].test
        return lambda c: cells_of(find(c), column)

    def _rows_of(self, name: str, predicates: Sequence[Expr], compiler: Compiler) -> CompiledNodes:
        """The rows of a table. `column = something that is the same for all rows` goes by the index."""
        lookup = self._lookup(predicates[0], compiler) if predicates else None
        tests = [self._predicate(p, TableContext(name), None, compiler) for p in predicates]

        def run(c: Context) -> Nodes:
            table = c.run.tables.get(name)
            if table is None:
                return []
            nodes, first = table.nodes(), 0
            if lookup is not None:
                wanted = lookup[1](c)
                if not isinstance(wanted, list) or len(wanted) < 2:
                    value = (
                        wanted[0].seen
                        if isinstance(wanted, list) and wanted
                        else ("" if wanted == [] else wanted)
                    )
                    if isinstance(value, str):
                        nodes, first = table.find(lookup[0], value), 1
            for test in tests[first:]:
                nodes = keep(nodes, test, c)
            return nodes

        return run

    def _lookup(self, predicate: Expr, compiler: Compiler) -> tuple[str, Compiled] | None:
        if not (isinstance(predicate, Binary) and predicate.operator == "="):
            return None
        for column, other in ((predicate.left, predicate.right), (predicate.right, predicate.left)):
            simple = isinstance(column, Path) and column.start == "." and len(column.steps) == 1
            if not simple or isinstance(column, str) or not isinstance(column, Path):
                continue
            step = column.steps[0]
            if step.axis == "child" and not step.predicates and step.test not in ("*", "node()"):
                if isinstance(other, Reference | Text):
                    return step.test, compiler.compile(other)
                if (
                    isinstance(other, Path)
                    and isinstance(other.start, Call)
                    and other.start.name == "current"
                ):
                    return step.test, compiler.compile(other)
        return None

    def _pulldata(self, call: Call, compiler: Compiler) -> Compiled:
        name = self._table_name(call)
        wanted, key, value = (compiler.compile(a) for a in call.arguments[1:])

        def run(c: Context) -> Value:
            table = c.run.tables.get(name)
            found = table.find(to_string(key(c)), to_string(value(c))) if table else []
            return found[0].cells.get(to_string(wanted(c)), "") if found else ""  # type: ignore[attr-defined]

        return run

    # Functions that look at the form

    def _sparse(self, call: Call, compiler: Compiler) -> Compiled:
        arguments = []
        for argument in call.arguments:
            steps = argument.steps if isinstance(argument, Path) else ()
            predicates = isinstance(argument, Path) and (
                argument.predicates or any(s.predicates for s in steps)
            )
            plain_path = isinstance(argument, Reference | Path) and not predicates
            saved, self.sparse = self.sparse, plain_path
            try:
                arguments.append(compiler.compile(argument))
            finally:
                self.sparse = saved
        return plain_call(FUNCTIONS[call.name], arguments)

    def _position(self, call: Call, compiler: Compiler) -> Compiled:
        argument = call.arguments[0]
        if not isinstance(argument, Path | Reference):
            raise ExpressionError("expression_syntax", reason="position() 的参数应是 .. 或重复组。")
        find = compiler.compile(argument)
        rows = [t for t in self.owner.ancestors() if t.kind == "repeat"]
        for row in rows:
            self._note("position", row, row, from_origin=True)

        def run(c: Context) -> Value:
            nodes = as_nodes(find(c))
            if not nodes:
                return Decimal("NaN")
            node: Any = nodes[0]
            return Decimal(node.index + 1 if isinstance(node, Scope) else 1)

        return run

    def _once(self, call: Call, compiler: Compiler) -> Compiled:
        inner = compiler.compile(call.arguments[0])

        def run(c: Context) -> Value:
            own = getattr(c.origin, "value", None)
            if own is None:
                return inner(c)
            return Decimal(own) if isinstance(own, int | Decimal) else c.origin.seen_value

        return run

    def _indexed_repeat(self, call: Call, compiler: Compiler) -> Compiled:
        """indexed-repeat(question, repeat, index, …): the question in that row of that repeat."""
        target = self._named(call.arguments[0], compiler)
        levels = [
            (self._named(repeat, compiler), compiler.compile(index))
            for repeat, index in zip(call.arguments[1::2], call.arguments[2::2], strict=True)
        ]
        for repeat, _ in levels:
            if repeat.kind != "repeat" or repeat not in target.ancestors():
                reason = f"indexed-repeat 的“{repeat.name}”不是“{target.name}”所在的重复组。"
                raise ExpressionError("expression_syntax", reason=reason)
        outermost = min((r for r, _ in levels), key=lambda r: r.depth)
        anchor = common_scope(self.owner.scope, outermost.scope)
        self._note_way(target, anchor, from_origin=True)
        depth = self.owner.scope.inner_depth
        chain = target.chain_from(anchor)
        indexes = {id(repeat): index for repeat, index in levels}

        def run(c: Context) -> Value:
            scope = climb(c.origin.scope, depth - anchor.inner_depth)
            own = {id(s.template): s for s in scopes(c.origin.scope)}
            for repeat in chain:
                rows = scope.nodes[repeat.slot].rows
                if id(repeat) in indexes:
                    number = to_number(indexes[id(repeat)](c))
                    if not number.is_finite() or not 1 <= number <= len(rows):
                        return ""
                    scope = rows[int(number) - 1]
                elif id(repeat) in own:
                    scope = own[id(repeat)]
                elif rows:
                    scope = rows[0]
                else:
                    return ""
            return scope.nodes[target.slot].seen  # type: ignore[no-any-return]

        return run

    def _named(self, argument: Expr, compiler: Compiler) -> Template:
        """The template an argument names, by `${name}` or by a plain path."""
        if isinstance(argument, Reference):
            return self._resolve(argument.name)
        if isinstance(argument, Path) and argument.start in ("/", "."):
            kept = set(self.dependencies)
            probe = FormPaths(self.model, self.owner, self.tables)
            probe.path(argument, compiler)
            self.dependencies = kept
            ends = [d.target for d in probe.dependencies]
            if ends:
                return max(ends, key=lambda t: len(t.path))
        raise ExpressionError("expression_syntax", reason=f"“{source(argument)}”应写成 ${{变量名}}。")

    def _choice_name(self, call: Call, compiler: Compiler) -> Compiled:
        """jr:choice-name(value, '${question}'): the words of a choice."""
        name = call.arguments[1]
        if isinstance(name, Text):
            text = name.value.strip()
            if text.startswith("${") and text.endswith("}"):
                name = Reference(text[2:-1].strip())
        target = self._named(name, compiler)
        if not isinstance(target.item, Question) or target.item.kind.value not in ("one", "many"):
            raise ExpressionError("expression_syntax", reason=f"jr:choice-name 的“{target.name}”不是选择题。")
        value = compiler.compile(call.arguments[0])
        find = self._shared(target)

        def run(c: Context) -> Value:
            wanted = to_string(value(c))
            nodes: list[Any] = find(c.origin, c)
            choices = nodes[0].choices if nodes else ()
            return next((choice.label for choice in choices if choice.name == wanted), "")

        return run
