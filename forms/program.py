"""A form compiled for running: its expressions as cells, ranked so that one pass settles every change.

    cell      one expression of one item: what it computes and for whom
    listener  "when this changes, that cell must be computed again, in these rows"
    rank      the order of computing: a cell comes after everything it looks at

Compiling finds what only the whole form shows: unknown names, misused functions, calculations in a circle.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import Any

from forms.answers import Answer, read_answer
from forms.definition import Choice, Form, Question
from forms.expressions.compiler import Compiled, Compiler, Context
from forms.expressions.functions import FUNCTIONS
from forms.expressions.lexer import ExpressionError
from forms.expressions.parser import parse
from forms.expressions.syntax import Binary, Call, Expr, Negative, Path, Reference
from forms.expressions.values import SHANGHAI, Value, to_string
from forms.model import Model, Template
from forms.offering import offered, search_table
from forms.paths import FormPaths
from forms.problems import AnswerError, Problem, problem
from forms.ranking import CIRCLE_WORDS, Cell, Key, Structure, inputs_of, looks_at_itself, result_of, sort_keys
from forms.survey import REFERENCE

EXPRESSIONS = (
    ("relevant", "relevant"),
    ("required", "required"),
    ("read_only", "read_only"),
    ("constraint", "constraint"),
    ("calculation", "calculation"),
    ("repeat_count", "repeat_count"),
)
WORDS = {
    "relevant": "显示条件",
    "required": "必填条件",
    "read_only": "只读条件",
    "constraint": "校验条件",
    "calculation": "计算式",
    "choice_filter": "选项筛选",
    "repeat_count": "行数",
    "label": "题目文字",
}


@dataclass(slots=True, eq=False)
class Listener:
    """Climb so many scopes from what changed, go down through these repeats, and compute `cell` there."""

    cell: Cell
    climb: int
    chain: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Plan:
    """What the run needs to know of an item besides its cells."""

    template: Template
    required: bool = False
    read_only: bool = False
    default: Answer = None
    dynamic_default: Compiled | None = None
    choices: tuple[Choice, ...] = ()
    table: str = ""
    """Name of the table the choices come from, "" for a list of the form."""
    choices_from: Compiled | None = None
    """For `select_one ${name}`: the nodes whose answers are the choices."""
    label: Compiled | None = None
    hint: Compiled | None = None
    constraint_message: Compiled | None = None
    required_message: Compiled | None = None


@dataclass(slots=True, eq=False)
class EntityPlan:
    scope: Template
    entity_id: Compiled | None
    label: Compiled | None
    create_if: Compiled | None
    update_if: Compiled | None


@dataclass(slots=True, eq=False)
class Program:
    form: Form
    model: Model
    cells: list[Cell] = field(default_factory=list)
    """By rank."""
    cells_of: dict[Template, list[Cell]] = field(default_factory=dict)
    """Cells by the scope their item lives in."""
    plans: dict[Template, Plan] = field(default_factory=dict)
    listeners: dict[tuple[str, Template], list[Listener]] = field(default_factory=dict)
    triggers: dict[Template, list[tuple[Template, Compiled | None]]] = field(default_factory=dict)
    entities: list[EntityPlan] = field(default_factory=list)
    instance_name: Compiled | None = None


_programs: weakref.WeakKeyDictionary[Form, tuple[Program, tuple[Problem, ...]]] = weakref.WeakKeyDictionary()


def program_of(form: Form) -> tuple[Program, tuple[Problem, ...]]:
    """The form's program and the problems found on compiling; made once per form."""
    made = _programs.get(form)
    if made is None:
        made = _programs[form] = _Build(form).build()
    return made


class _Build:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.model = Model(form)
        self.program = Program(form, self.model)
        self.problems: list[Problem] = []
        self.tables = {*form.choices, *(instance.name for instance in form.instances)}

    def build(self) -> tuple[Program, tuple[Problem, ...]]:
        for template in self.model.by_path.values():
            if template.item is not None:
                self._item(template)
        for template in self.model.by_path.values():
            if isinstance(template.item, Question):
                self._triggers(template, template.item)
        self._entities()
        self._instance_name()
        self._rank()
        self._listen()
        return self.program, tuple(self.problems)

    # Compiling

    def compile(self, owner: Template, text: str, column: str) -> Cell | None:
        """The cell of an expression, or None with a problem noted."""
        try:
            return self._compiled(owner, parse(text), column)
        except ExpressionError as error:
            self._note(owner, column, error)
        except RecursionError:
            self._note(owner, column, ExpressionError("too_deep"))
        return None

    def _compiled(self, owner: Template, expr: Expr, column: str) -> Cell:
        paths = FormPaths(self.model, owner, self.tables)
        compiler = Compiler(paths)
        run = compiler.compile(expr)
        return Cell(column, owner, run, compiler.volatile, frozenset(paths.dependencies))

    def _note(self, owner: Template, column: str, error: ExpressionError) -> None:
        row = owner.item.row if owner.item else None
        self.problems.append(problem(error.code, sheet="survey", row=row, column=column, **error.facts))

    def _item(self, template: Template) -> None:
        item = template.item
        plan = self.program.plans[template] = Plan(template)
        assert item is not None
        for attribute, column in EXPRESSIONS:
            text = getattr(item, attribute, "")
            if not text or (column == "calculation" and isinstance(item, Question) and item.trigger):
                continue
            if text == "true()" and column in ("required", "read_only"):
                setattr(plan, attribute, True)
                continue
            cell = self.compile(template, text, column)
            if cell is not None:
                self._add(cell)
        self._texts(template, plan)
        if isinstance(item, Question):
            self._choices(template, item, plan)
            self._default(template, item, plan)

    def _add(self, cell: Cell) -> None:
        self.program.cells.append(cell)
        self.program.cells_of.setdefault(cell.template.scope, []).append(cell)

    def _offered(self, template: Template, question: Question) -> None:
        name, search = question.choice_list, question.extra.get("search")
        if not name or REFERENCE.fullmatch(name) or (name not in self.tables and not search):
            return
        paths = FormPaths(self.model, template, self.tables)
        compiler = Compiler(paths)
        try:
            run = offered(self.form, question, paths, compiler)
        except ExpressionError as error:
            self._note(template, "appearance" if search else "choice_filter", error)
            return
        if run is not None:
            dependencies = frozenset(paths.dependencies)
            self._add(Cell("choice_filter", template, run, compiler.volatile, dependencies))

    def _choices(self, template: Template, question: Question, plan: Plan) -> None:
        name = question.choice_list
        if not name:
            return
        self._offered(template, question)
        if question.extra.get("search"):
            plan.table = search_table(question.extra["search"])
            return
        reference = REFERENCE.fullmatch(name)
        if reference:
            cell = self.compile(template, name, "type")
            if cell is not None:
                plan.choices_from = cell.run
                cell.kind = "choice_filter"
                self._add(cell)
        elif name in self.form.choices:
            plan.choices = self.form.choices[name]
        else:
            plan.table = name

    def _texts(self, template: Template, plan: Plan) -> None:
        item = template.item
        for attribute, column in (
            ("label", "label"),
            ("hint", "hint"),
            ("constraint_message", "constraint_message"),
            ("required_message", "required_message"),
        ):
            text = getattr(item, attribute, "")
            if "${" not in text:
                continue
            cell = self._text(template, text, column)
            if cell is None:
                continue
            setattr(plan, attribute, cell.run)
            cell.kind = "label" if column in ("label", "hint") else "message"
            self._add(cell)

    def _text(self, template: Template, text: str, column: str) -> Cell | None:
        """A text with `${name}` in it as an expression that fills it in."""
        pieces = REFERENCE.split(text)
        cells = [self.compile(template, f"${{{name}}}", column) for name in pieces[1::2]]
        known = [cell for cell in cells if cell is not None]
        if len(known) < len(cells):
            return None
        dependencies = frozenset(d for cell in known for d in cell.dependencies)
        return Cell(column, template, _filled(pieces[::2], [c.run for c in known]), False, dependencies)

    def _default(self, template: Template, question: Question, plan: Plan) -> None:
        text = question.default
        if not text:
            return
        expr = _dynamic(question, text)
        if expr is not None:
            try:
                plan.dynamic_default = self._compiled(template, expr, "default").run
            except ExpressionError as error:
                self._note(template, "default", error)
            return
        known = question.kind.takes_list and not plan.choices_from and not plan.table
        choices = plan.choices if known else None
        try:
            if question.kind.value == "calculated":
                plan.default = text
            elif question.kind.value != "none":
                plan.default = read_answer(question, text, question.path, SHANGHAI, choices)
        except AnswerError as error:
            self.problems.append(
                problem(
                    "default_invalid",
                    sheet="survey",
                    row=question.row,
                    column="default",
                    value=text,
                    reason=error.message,
                )
            )

    def _triggers(self, template: Template, question: Question) -> None:
        for name in question.trigger:
            found = self.model.by_name.get(name, [])
            if not found:
                self._note(template, "trigger", ExpressionError("reference_unknown", name=name, similar=""))
                continue
            cell = (
                self.compile(template, question.calculation, "calculation") if question.calculation else None
            )
            run = cell.run if cell else None
            self.program.triggers.setdefault(found[0], []).append((template, run))

    def _entities(self) -> None:
        for entity in self.form.entities:
            owner = self.model.by_path[entity.repeat]
            probe = _inside(owner)
            runs: dict[str, Compiled | None] = {}
            for column in ("entity_id", "label", "create_if", "update_if"):
                text = getattr(entity, column)
                runs[column] = None
                if text:
                    try:
                        runs[column] = self._compiled(probe, parse(text), column).run
                    except ExpressionError as error:
                        self.problems.append(
                            problem(
                                error.code, sheet="entities", row=entity.row, column=column, **error.facts
                            )
                        )
            self.program.entities.append(EntityPlan(owner, **runs))

    def _instance_name(self) -> None:
        text = self.form.settings.get("instance_name", "")
        if not text:
            return
        try:
            self.program.instance_name = self._compiled(self.model.root, parse(text), "instance_name").run
        except ExpressionError as error:
            self.problems.append(
                problem(error.code, sheet="settings", row=2, column="instance_name", **error.facts)
            )

    # Ranking

    def _rank(self) -> None:
        edges: dict[Key, dict[Key, None]] = {}
        makers: dict[Key, list[Cell]] = {}
        for cell in self.program.cells:
            out = result_of(cell)
            makers.setdefault(out, []).append(cell)
            for key in inputs_of(cell):
                edges.setdefault(out, {})[key] = None
        order, circle = sort_keys(edges, Structure(self.model))
        if circle:
            self._note_circle(circle)
        ranked = [cell for key in order for cell in makers.get(key, [])]
        seen = set(map(id, ranked))
        ranked += [cell for cell in self.program.cells if id(cell) not in seen]
        for rank, cell in enumerate(ranked):
            cell.rank = rank
        self.program.cells = ranked

    def _note_circle(self, circle: list[Key]) -> None:
        steps = [(kind, template) for kind, template in circle if kind in CIRCLE_WORDS]
        words = [f"“{t.name}”的{CIRCLE_WORDS[kind]}" for kind, t in steps]
        owner = next((t for kind, t in steps if kind != "rows"), steps[0][1])
        way = " → ".join([*words, words[0]])
        row = owner.item.row if owner.item else None
        self.problems.append(problem("cycle", sheet="survey", row=row, column="", path=way))

    def _listen(self) -> None:
        for cell in self.program.cells:
            for d in cell.dependencies:
                if looks_at_itself(cell, d) and cell.kind in ("calculation", "choice_filter"):
                    continue
                source_depth = d.target.inner_depth if d.kind == "position" else d.target.scope.inner_depth
                listener = Listener(
                    cell,
                    source_depth - d.anchor.inner_depth,
                    tuple(t.slot for t in cell.template.chain_from(d.anchor)),
                )
                self.program.listeners.setdefault((d.kind, d.target), []).append(listener)


def _inside(owner: Template) -> Template:
    """A stand-in that lives inside the owner (a row, or the form): where entity expressions are computed."""
    stand_in = Template.__new__(Template)
    stand_in.item = None
    stand_in.parent = owner
    stand_in.name = ""
    stand_in.path = owner.path + "/"
    stand_in.children = {}
    stand_in.locals = []
    stand_in.kind = "field"
    stand_in.scope = owner.inner
    stand_in.depth = owner.inner_depth
    stand_in.asked = False
    stand_in.slot = -1
    return stand_in


def _filled(texts: list[str], runs: list[Compiled]) -> Compiled:
    def run(c: Context) -> Value:
        parts = [texts[0]]
        for compute, text in zip(runs, texts[1:], strict=True):
            parts.append(to_string(compute(c)))
            parts.append(text)
        return "".join(parts)

    return run


def _dynamic(question: Question, text: str) -> Expr | None:
    """The expression a default is, or None when it is a plain value."""
    try:
        expr = parse(text)
    except ExpressionError:
        return None
    if _calls(expr):
        words = question.kind.value == "text" and isinstance(expr, Call) and expr.name not in FUNCTIONS
        return None if words else expr
    if question.kind.value in ("integer", "decimal") and isinstance(expr, Binary):
        return expr
    if isinstance(expr, Path) and "/" in text and text.strip().startswith(("/", "../", "./")):
        return expr
    return None


def _calls(expr: Any) -> bool:
    """Whether there is a reference or a function anywhere in it."""
    match expr:
        case Reference():
            return True
        case Call():
            return True
        case Negative(operand):
            return _calls(operand)
        case Binary(_, left, right):
            return _calls(left) or _calls(right)
        case Path(start, steps, predicates):
            inner = [*predicates, *(p for s in steps for p in s.predicates)]
            return (not isinstance(start, str) and _calls(start)) or any(map(_calls, inner))
    return False
