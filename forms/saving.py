"""A filling as plain data, and back, exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import InvalidOperation
from typing import Any

from forms.answers import from_saved, saved_form, seen_value
from forms.definition import Form, Question
from forms.engine import Collected, Engine
from forms.expressions.values import Atom
from forms.problems import FormError, problem
from forms.tree import FieldNode, RepeatNode, Scope, revive, scopes_within


def save_scope(scope: Scope) -> dict[str, Any]:
    """{"values": {path: answer}, "rows": {path: [scope, …]}, "shelf": …, "ids": {dataset: id}}; empty parts left out.

    Paths are those of the definition, without indexes.
    """
    saved: dict[str, Any] = {"values": {}}
    for node in scope.nodes:
        path = node.template.path
        if isinstance(node, FieldNode) and node.value is not None:
            saved["values"][path] = saved_form(node.value)
        elif isinstance(node, RepeatNode):
            if node.rows:
                saved.setdefault("rows", {})[path] = [save_scope(row) for row in node.rows]
            if node.shelf:
                saved.setdefault("shelf", {})[path] = [save_scope(row) for row in node.shelf]
    if scope.entity_ids:
        saved["ids"] = dict(scope.entity_ids)
    return saved


def answers_of(form: Form, saved: Mapping[str, Any]) -> dict[str, Atom]:
    """What expressions see of a saved filling of this form or another version of it: path -> value, in repeats
    of the first row. Nothing of another form's; FormError when it is damaged."""
    if saved.get("form_id") != form.form_id:
        return {}
    try:
        return dict(_answers_in(form, saved["answers"]))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise FormError(problem("saved_damaged", reason="内容不全或被改动过")) from error


def _answers_in(form: Form, saved: Mapping[str, Any]) -> Iterator[tuple[str, Atom]]:
    for path, value in saved["values"].items():
        question = form.find(path)
        if isinstance(question, Question):
            yield path, seen_value(question, from_saved(value))
    for rows in saved.get("rows", {}).values():
        yield from _answers_in(form, rows[0])


def restore_scope(engine: Engine, form: Form, saved: Mapping[str, Any]) -> None:
    """Fill a fresh engine. FormError for another form's or version's draft, or a damaged one."""
    theirs = f"{saved.get('form_id')} {saved.get('version')}"
    ours = f"{form.form_id} {form.version}"
    if saved.get("format") != 1:
        raise FormError(problem("saved_damaged", reason="格式不认识"))
    if theirs != ours:
        raise FormError(problem("version_mismatch", saved=theirs, form=ours))
    try:
        engine.run.seed = None if saved.get("seed") is None else int(saved["seed"])
        _fill(engine, engine.root, saved["answers"])
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise FormError(problem("saved_damaged", reason="内容不全或被改动过")) from error
    engine.restoring = True
    for scope in scopes_within(engine.root):
        engine.schedule_scope(scope)
        for node in scope.nodes:
            if isinstance(node, FieldNode):
                engine.collected.touched[node] = None
    engine.settle()
    engine.restoring = False
    engine.collected = Collected()
    engine.clearing = True


def _fill(engine: Engine, scope: Scope, saved: Mapping[str, Any]) -> None:
    engine.fill_scope(scope, defaults=False)
    scope.entity_ids.update({str(k): str(v) for k, v in saved.get("ids", {}).items()})
    by_path = {node.template.path: node for node in scope.nodes}
    for path, value in saved["values"].items():
        node = by_path[path]
        question = node.template.item
        assert isinstance(question, Question)
        node.value = from_saved(value)
        node.seen_value = seen_value(question, node.value)
    for path, rows in saved.get("rows", {}).items():
        repeat = by_path[path]
        for index, row in enumerate(rows):
            made = _row(engine, repeat, row)
            made.index = index
            repeat.rows.append(made)
    for path, rows in saved.get("shelf", {}).items():
        repeat = by_path[path]
        for row in rows:
            made = _row(engine, repeat, row)
            revive(made, False)
            repeat.shelf.append(made)


def _row(engine: Engine, repeat: RepeatNode, saved: Mapping[str, Any]) -> Scope:
    row = Scope(repeat.template, repeat.scope, repeat)
    row.relevant = repeat.relevant
    _fill(engine, row, saved)
    return row
