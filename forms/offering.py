"""Which choices a question offers, and in what order: `choice_filter`, `search()`, `randomize=true`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from forms.definition import Choice, Form, Question
from forms.expressions.compiler import Compiled, Compiler, Context, Nodes
from forms.expressions.functions_numbers import shuffled
from forms.expressions.lexer import ExpressionError, syntax_error
from forms.expressions.parser import parse
from forms.expressions.syntax import Call, Text
from forms.expressions.values import Value, to_string
from forms.paths import FormPaths
from forms.tree import ItemNode

MATCHES: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, sought: sought in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "matches": str.__eq__,
}


def search_table(text: str) -> str:
    """The table that a `search(…)` looks in; nothing when it cannot be told."""
    try:
        call = parse(text)
    except ExpressionError:
        return ""
    if isinstance(call, Call) and call.arguments and isinstance(call.arguments[0], Text):
        return call.arguments[0].value.removesuffix(".csv")
    return ""


def offered(form: Form, question: Question, paths: FormPaths, compiler: Compiler) -> Compiled | None:
    """The computation of a question's choices, as rows of a table; None when the list stands as it is.

    ExpressionError for a filter, a search or a seed that is none.
    """
    search = question.extra.get("search", "")
    randomized = question.parameters.get("randomize", "").lower() == "true"
    if not (question.choice_filter or search or randomized):
        return None
    rows = _found(form, question, search, paths, compiler) if search else _listed(question, paths, compiler)
    return _in_order(question, rows, compiler) if randomized else rows


def _listed(question: Question, paths: FormPaths, compiler: Compiler) -> Compiled:
    conditions = [parse(question.choice_filter)] if question.choice_filter else []
    return paths.in_table(question.choice_list, conditions, compiler)


def _in_order(question: Question, rows: Compiled, compiler: Compiler) -> Compiled:
    """Shuffled: by the seed given, or by one that stays the same while the form is filled."""
    text = question.parameters.get("seed", "")
    given = compiler.compile(parse(text)) if text else None

    def run(c: Context) -> Value:
        found = rows(c)
        assert isinstance(found, list)
        if given is not None:
            return shuffled(found, given(c), c.run.rng)
        if c.run.seed is None:
            c.run.seed = c.run.rng.getrandbits(31)
        return shuffled(found, f"{c.run.seed}{question.path}", c.run.rng)

    return run


def _found(form: Form, question: Question, text: str, paths: FormPaths, compiler: Compiler) -> Compiled:
    """search('table'[, how, 'columns', sought[, 'column', value]]): rows of a table as choices. The list's own
    choices name the columns: `name` that of the values, `label` those of the words; those numbered stay choices.
    """
    call = parse(text)
    if not isinstance(call, Call) or len(call.arguments) not in (1, 4, 6):
        raise syntax_error(
            "search() 应写成 search('数据表') 或 search('数据表', 'contains', '列', 要找的内容)。"
        )
    how = call.arguments[1].value if len(call.arguments) > 1 and isinstance(call.arguments[1], Text) else ""
    if len(call.arguments) > 1 and how not in MATCHES:
        raise syntax_error(f"search() 的查找方式应是 {'、'.join(MATCHES)} 之一，并带引号。")
    rows = paths.in_table(search_table(text), [], compiler)
    arguments = [compiler.compile(a) for a in call.arguments[2:]]
    fixed, value_column, label_columns = _columns(form.choices.get(question.choice_list, ()))

    def run(c: Context) -> Value:
        nodes: Any = rows(c)
        asked = [to_string(a(c)) for a in arguments]
        if asked:
            names = [name.strip() for name in asked[0].split(",")]
            match, sought = MATCHES[how], asked[1].lower()
            nodes = [n for n in nodes if any(match(n.cells.get(name, "").lower(), sought) for name in names)]
        if len(asked) == 4:
            nodes = [n for n in nodes if n.cells.get(asked[2], "") == asked[3]]
        return [*map(_choice_node, fixed), *_choices(nodes, value_column, label_columns)]

    return run


def _columns(choices: Sequence[Choice]) -> tuple[list[Choice], str, list[str]]:
    fixed = [c for c in choices if c.name.lstrip("-").isdigit()]
    named = next((c for c in choices if c not in fixed), Choice("name", "label"))
    return fixed, named.name, [column.strip() for column in named.label.split(",")]


def _choice_node(choice: Choice) -> ItemNode:
    node = ItemNode({**choice.extra, "name": choice.name, "label": choice.label})
    node.choice = choice
    return node


def _choices(nodes: Sequence[Any], value_column: str, label_columns: Sequence[str]) -> Nodes:
    made: dict[str, ItemNode] = {}
    for node in nodes:
        name = node.cells.get(value_column, "")
        if name and name not in made:
            words = [node.cells[c] for c in label_columns if node.cells.get(c)]
            made[name] = _choice_node(Choice(name, ", ".join(words) or name, node.cells))
    return list(made.values())
