"""The running of a form: what changes, and what is computed again because of it.

A change wakes the listeners of what changed; each schedules its cell for the nodes it concerns. Scheduled cells
are computed in the order of their rank, so that in one pass each is computed once, after everything it looks at.
Nothing else is touched: the cost of an answer is the cost of what depends on it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forms.answers import Answer, computed_answer, seen_value, text_of
from forms.definition import Choice, Form, Question
from forms.expressions.compiler import Compiled, Context, Run
from forms.expressions.functions_dates import local_now
from forms.expressions.functions_texts import new_uuid
from forms.expressions.values import EvaluationError, Value, to_boolean, to_number, to_string
from forms.lookups import make_tables
from forms.model import Template
from forms.problems import Problem, problem
from forms.program import Plan, Program
from forms.ranking import Cell
from forms.tree import (
    FieldNode,
    ItemNode,
    Placed,
    RepeatNode,
    Scope,
    chain_of,
    make_node,
    revive,
    scopes_within,
)

MAX_ROWS = 2_000
MAX_STEPS = 500_000


class Collected:
    """The nodes a transaction has touched, each once, in order."""

    def __init__(self) -> None:
        self.values: dict[Any, None] = {}
        self.relevance: dict[Any, None] = {}
        self.required: dict[Any, None] = {}
        self.read_only: dict[Any, None] = {}
        self.choices: dict[Any, None] = {}
        self.problems: dict[Any, None] = {}
        self.labels: dict[Any, None] = {}
        self.added: list[Scope] = []
        self.removed: list[str] = []
        self.touched: dict[FieldNode, None] = {}
        """Fields whose problem may have changed."""


class Engine:
    def __init__(
        self, form: Form, program: Program, run: Run, tables: Mapping[str, Sequence[Mapping[str, str]]]
    ) -> None:
        self.form = form
        self.program = program
        self.run = run
        self.collected = Collected()
        self.restoring = False
        """While restoring, calculations and rows stay as they were saved."""
        self.moving = False
        """While a draft moves here from another version, rows stay as they are carried over."""
        self.clearing = False
        """Whether a choice that a filter takes away is cleared; not while opening or restoring."""
        run.tables, self.table_choices = make_tables(form, tables)
        self._pending: dict[int, dict[Any, None]] = {}
        self._heap: list[int] = []
        self._fresh: list[Scope] = []
        self.root = Scope(program.model.root, None, None)

    # Opening

    def open(self) -> None:
        self.fill_scope(self.root, defaults=True)
        self._fresh.append(self.root)
        self.schedule_scope(self.root)
        self.settle()
        self.collected = Collected()
        self.clearing = True

    def fill_scope(self, scope: Scope, *, defaults: bool) -> None:
        """Make the nodes of a new scope, with their plain defaults and metadata."""
        plans = self.program.plans
        for template in scope.template.locals:
            node = make_node(template, scope)
            scope.nodes.append(node)
            parent = self.parent_of(node)
            node.relevant = parent.relevant
            plan = plans[template]
            node.read_only = plan.read_only
            if isinstance(node, FieldNode):
                node.required = plan.required
                node.choices = self.table_choices.get(plan.table, ()) if plan.table else plan.choices
                if defaults:
                    self._start_value(node, plan)
                if node.required or node.value is not None:
                    self.collected.touched[node] = None
        for entity, plan_ in zip(self.form.entities, self.program.entities, strict=True):
            if plan_.scope is scope.template and defaults and plan_.entity_id is None:
                scope.entity_ids[entity.dataset] = new_uuid(self.run.rng.getrandbits(128))

    def _start_value(self, node: FieldNode, plan: Plan) -> None:
        question = node.template.item
        assert isinstance(question, Question)
        value: Answer = plan.default
        if question.kind.metadata:
            if question.type == "start":
                value = local_now(self.run)
            elif question.type == "today":
                value = local_now(self.run).date()
            elif question.kind.value == "text":
                value = self.run.metadata.get(question.type) or None
        if value is not None:
            node.value = value
            node.seen_value = seen_value(question, value)

    def schedule_scope(self, scope: Scope) -> None:
        for cell in self.program.cells_of.get(scope.template, ()):
            self.schedule(cell, scope.nodes[cell.template.slot])

    # Scheduling

    def schedule(self, cell: Cell, node: Any) -> None:
        if cell.kind == "repeat_count" and (self.restoring or self.moving):
            return
        nodes = self._pending.get(cell.rank)
        if nodes is None:
            nodes = self._pending[cell.rank] = {}
            heapq.heappush(self._heap, cell.rank)
        nodes[node] = None

    def fire(self, kind: str, template: Template, scope: Scope) -> None:
        """Schedule what listens to a change of this kind in this scope."""
        for listener in self.program.listeners.get((kind, template), ()):
            start: Scope = scope
            for _ in range(listener.climb):
                assert start.parent is not None
                start = start.parent
            slot, cell = listener.cell.template.slot, listener.cell
            if not listener.chain:
                self.schedule(cell, start.nodes[slot])
                continue
            scopes = [start]
            for repeat in listener.chain:
                scopes = [row for s in scopes for row in s.nodes[repeat].rows]
            for each in scopes:
                self.schedule(cell, each.nodes[slot])

    def settle(self) -> None:
        """Compute everything scheduled, and what that schedules, to the end; then dynamic defaults of new rows."""
        steps = 0
        while True:
            while self._heap:
                rank = heapq.heappop(self._heap)
                cell = self.program.cells[rank]
                for node in self._pending.pop(rank):
                    if node.scope.alive:
                        self._compute(cell, node)
                        steps += 1
                if steps > MAX_STEPS:
                    self._pending.clear()
                    self._heap.clear()
                    raise RuntimeError("the form's calculations do not settle")
            if not self._fresh:
                break
            self._dynamic_defaults(self._fresh.pop(0))
        self._judge()

    def _dynamic_defaults(self, scope: Scope) -> None:
        if not scope.alive:
            return
        for template in scope.template.locals:
            plan = self.program.plans[template]
            node = scope.nodes[template.slot]
            if plan.dynamic_default is not None and node.value is None:
                self._assign(node, plan.dynamic_default)

    def run_triggers(self) -> None:
        """Carry out the calculations that wait for a change of another question, and what follows from them."""
        done: set[int] = set()
        while True:
            waiting = [
                node
                for node in self.collected.values
                if node.template in self.program.triggers and id(node) not in done and node.scope.alive
            ]
            if not waiting:
                return
            for node in waiting:
                done.add(id(node))
                for target, run in self.program.triggers[node.template]:
                    for found in self._same_rows(node.scope, target):
                        if run is None:
                            self.put(found, None)
                        else:
                            self._assign(found, run)
            self.settle()

    def _same_rows(self, scope: Scope, target: Template) -> list[Any]:
        above = {id(s) for s in chain_of(target)}
        while id(scope.template) not in above:
            assert scope.parent is not None
            scope = scope.parent
        scopes = [scope]
        for repeat in target.chain_from(scope.template):
            scopes = [row for s in scopes for row in s.nodes[repeat.slot].rows]
        return [s.nodes[target.slot] for s in scopes]

    # Computing

    def evaluate(self, run: Compiled, node: Any) -> Value:
        """EvaluationError when it has no answer."""
        try:
            return run(Context(node, self.run))
        except (ArithmeticError, RecursionError) as error:
            raise EvaluationError("算式太大或太深") from error

    def _compute(self, cell: Cell, node: Any) -> None:
        try:
            value = self.evaluate(cell.run, node)
            failure = ""
        except EvaluationError as error:
            value, failure = "", str(error)
        match cell.kind:
            case "relevant":
                self._set_own(node, bool(failure) or to_boolean(value))
            case "calculation":
                self._calculated(node, value, failure)
            case "constraint":
                self._constrained(node, value, failure)
            case "required":
                self._set_flag(node, "required", not failure and to_boolean(value), self.collected.required)
            case "read_only":
                self._set_flag(node, "read_only", not failure and to_boolean(value), self.collected.read_only)
            case "choice_filter":
                self._chosen(node, value if isinstance(value, list) else [])
            case "repeat_count":
                self._counted(node, value)
            case "label":
                self._labelled(node)
            case "message":
                self.collected.touched[node] = None

    def _set_own(self, node: Placed, own: bool) -> None:
        if own != node.own:
            node.own = own
            self.spread_relevance(node, self.parent_of(node).relevant)

    def spread_relevance(self, node: Placed, above: bool) -> None:
        """Bring a node's relevance, and that of everything in it, in line with what stands above it."""
        relevant = node.own and above
        if relevant == node.relevant:
            return
        node.relevant = relevant
        self.collected.relevance[node] = None
        if isinstance(node, FieldNode):
            self.collected.touched[node] = None
            self.fire("value", node.template, node.scope)
        elif isinstance(node, RepeatNode):
            self.fire("rows", node.template, node.scope)
            for row in node.rows:
                row.relevant = relevant
                for child in node.template.children.values():
                    self.spread_relevance(row.nodes[child.slot], relevant)
        else:
            self.fire("value", node.template, node.scope)
            for child in node.template.children.values():
                self.spread_relevance(node.scope.nodes[child.slot], relevant)

    def _assign(self, node: FieldNode, run: Compiled) -> None:
        try:
            value, failure = self.evaluate(run, node), ""
        except EvaluationError as error:
            value, failure = "", str(error)
        self._calculated(node, value, failure)

    def _calculated(self, node: FieldNode, value: Value, failure: str) -> None:
        question = node.template.item
        assert isinstance(question, Question)
        answer: Answer = None
        if not failure:
            try:
                answer = computed_answer(question, value, self.run.zone)
            except EvaluationError as error:
                failure = str(error)
        if failure or (node.bad and node.bad.code == "evaluation"):
            node.bad = problem("evaluation", reason=failure) if failure else None
            self.collected.touched[node] = None
        if not self.restoring:
            self.put(node, answer)

    def put(self, node: FieldNode, answer: Answer) -> None:
        """Give a node its answer; nothing happens when it is the very same."""
        old = node.value
        if answer == old and type(answer) is type(old) and str(answer) == str(old):
            return
        question = node.template.item
        assert isinstance(question, Question)
        node.value = answer
        node.seen_value = seen_value(question, answer)
        self.collected.values[node] = None
        self.collected.touched[node] = None
        self.fire("value", node.template, node.scope)

    def _constrained(self, node: FieldNode, value: Value, failure: str) -> None:
        bad = None
        if node.value is not None and (failure or not to_boolean(value)):
            bad = problem("constraint", message="")
        if bad != node.bad:
            node.bad = bad
            self.collected.touched[node] = None

    def _set_flag(self, node: Any, name: str, value: bool, into: dict[Any, None]) -> None:
        if getattr(node, name) != value:
            setattr(node, name, value)
            into[node] = None
            if isinstance(node, FieldNode):
                self.collected.touched[node] = None

    def _labelled(self, node: Placed) -> None:
        plan = self.program.plans[node.template]
        texts = tuple(self.text(run, node) for run in (plan.label, plan.hint) if run is not None)
        if texts != node.label:
            node.label = texts
            self.collected.labels[node] = None

    def text(self, run: Compiled, node: Any) -> str:
        try:
            return to_string(self.evaluate(run, node))
        except EvaluationError as error:
            return f"({error})"

    # Choices

    def _chosen(self, node: FieldNode, found: Sequence[Any]) -> None:
        choices = tuple(self._choices_of(found))
        if choices == node.choices:
            return
        node.choices = choices
        self.collected.choices[node] = None
        self.collected.touched[node] = None
        if self.clearing and node.value is not None and self.choices_known(node):
            names = {choice.name for choice in choices}
            if isinstance(node.value, tuple):
                self.put(node, tuple(name for name in node.value if name in names) or None)
            elif node.value not in names:
                self.put(node, None)

    def _choices_of(self, found: Sequence[Any]) -> Iterator[Choice]:
        for node in found:
            if isinstance(node, ItemNode):
                if node.choice is not None and node.choice.name:
                    yield node.choice
            elif isinstance(node, FieldNode) and node.value is not None:
                yield Choice(text_of(node.value), text_of(node.value))

    def choices_known(self, node: FieldNode) -> bool:
        """False for a table that was not handed in: then any choice is taken on trust."""
        table = self.program.plans[node.template].table
        return not table or table in self.table_choices

    # Rows

    def _counted(self, node: RepeatNode, value: Value) -> None:
        number = to_number(value)
        wanted = int(number) if number.is_finite() and number > 0 else 0
        node.problem = None
        if wanted > MAX_ROWS:
            node.problem = problem("repeat_too_long", path=node.path, count=wanted, limit=MAX_ROWS)
            wanted = MAX_ROWS
        while len(node.rows) > wanted:
            row = node.rows[-1]
            self.collected.removed.append(row.path)
            self.take_row(node, len(node.rows) - 1)
            node.shelf.append(row)
        while len(node.rows) < wanted:
            self.add_row(node, node.shelf.pop() if node.shelf else None)

    def add_row(self, node: RepeatNode, row: Scope | None = None) -> Scope:
        """A new row at the end, or one that was taken away before."""
        back = row is not None
        if row is None:
            row = Scope(node.template, node.scope, node)
        row.index = len(node.rows)
        row.relevant = node.relevant
        node.rows.append(row)
        if back:
            revive(row, True)
            for child in node.template.children.values():
                self.spread_relevance(row.nodes[child.slot], node.relevant)
            for scope in scopes_within(row):
                self.schedule_scope(scope)
                for found in scope.nodes:
                    if isinstance(found, FieldNode):
                        self.collected.touched[found] = None
        else:
            self.fill_scope(row, defaults=True)
            self._fresh.append(row)
            self.schedule_scope(row)
        self.collected.added.append(row)
        self.fire("rows", node.template, node.scope)
        self._fire_answers(row)
        return row

    def _fire_answers(self, row: Scope) -> None:
        """The answers of a row have come or gone: for sums, which do not look at rows without answers."""
        for scope in scopes_within(row):
            for node in scope.nodes:
                if isinstance(node, FieldNode) and node.value is not None:
                    self.fire("value", node.template, scope)

    def take_row(self, node: RepeatNode, index: int) -> None:
        row = node.rows.pop(index)
        revive(row, False)
        for moved in node.rows[index:]:
            moved.index -= 1
            self.fire("position", node.template, moved)
        self.fire("rows", node.template, node.scope)
        self._fire_answers(row)

    def parent_of(self, node: Placed) -> Any:
        parent = node.template.parent
        assert parent is not None
        return node.scope if parent.kind in ("root", "repeat") else node.scope.nodes[parent.slot]

    # Problems

    def _judge(self) -> None:
        """See anew what is wrong with the fields that were touched."""
        touched, self.collected.touched = self.collected.touched, {}
        for node in touched:
            found = self.problem_of(node)
            if (found and (found.code, found.message)) != (
                node.problem and (node.problem.code, node.problem.message)
            ):
                self.collected.problems[node] = None
            node.problem = found

    def problem_of(self, node: FieldNode) -> Problem | None:
        """What is wrong with a field, without its path (rows move)."""
        question = node.template.item
        assert isinstance(question, Question)
        if not node.relevant or not node.scope.alive:
            return None
        if node.bad is not None:
            if node.bad.code == "evaluation":
                return node.bad
            return problem(
                "constraint", message=self._message(node, "constraint_message", "填写的内容不符合要求。")
            )
        if node.value is None:
            if not node.required:
                return None
            name = self.label_of(node) or question.name
            return problem("required", message=self._message(node, "required_message", f"“{name}”必须填写。"))
        return self._range_problem(node, question) or self._choice_problem(node)

    def _message(self, node: FieldNode, attribute: str, otherwise: str) -> str:
        run = getattr(self.program.plans[node.template], attribute)
        if run is not None:
            return self.text(run, node)
        return getattr(node.template.item, attribute) or otherwise

    def _range_problem(self, node: FieldNode, question: Question) -> Problem | None:
        if question.type != "range":
            return None
        start, end = (to_number(question.parameters[key]) for key in ("start", "end"))
        low, high = min(start, end), max(start, end)
        if low <= node.value <= high:
            return None
        return problem("out_of_range", start=low, end=high)

    def _choice_problem(self, node: FieldNode) -> Problem | None:
        question = node.template.item
        if not isinstance(question, Question) or not question.choice_list or not self.choices_known(node):
            return None
        names = {choice.name for choice in node.choices}
        chosen = node.value if isinstance(node.value, tuple) else (node.value,)
        gone = [name for name in chosen if name not in names]
        return problem("choice_gone", value="、".join(map(str, gone))) if gone else None

    def label_of(self, node: Any) -> str:
        plan = self.program.plans[node.template]
        if plan.label is None:
            return node.template.item.label if node.template.item else ""
        return node.label[0] if node.label else self.text(plan.label, node)

    def hint_of(self, node: Any) -> str:
        plan = self.program.plans[node.template]
        if plan.hint is None:
            return node.template.item.hint if node.template.item else ""
        return node.label[-1] if node.label else self.text(plan.hint, node)
