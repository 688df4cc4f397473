"""Handing a filling in: the answers that count, what is missing, and the entities they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.answers import plain, text_of
from forms.definition import EntityDefinition, Question
from forms.engine import Engine
from forms.expressions.compiler import Compiled
from forms.expressions.functions_dates import local_now
from forms.expressions.values import EvaluationError, to_boolean, to_string
from forms.model import Template
from forms.problems import Problem, problem
from forms.program import EntityPlan
from forms.tree import FieldNode, Scope, nodes_in_order


@dataclass(frozen=True, slots=True)
class Entity:
    """What a finished form says of one entity. `properties` are text, as ODK writes them; an answer that was
    asked and left empty is an empty text, one that was not relevant is not there."""

    dataset: str
    id: str
    label: str
    create: bool
    update: bool
    properties: Mapping[str, str]
    path: str = ""
    """The row it comes from; empty when it comes from the whole form."""


@dataclass(frozen=True, slots=True)
class Finished:
    """`values`: JSON-able answers by concrete path (an int is a number, several choices a list, everything
    else text, decimals exactly). `problems` are those besides `required_missing`."""

    values: Mapping[str, Any]
    irrelevant: tuple[str, ...]
    required_missing: tuple[str, ...]
    problems: tuple[Problem, ...]
    entities: tuple[Entity, ...]
    complete: bool
    answers: Mapping[str, Any]
    """The same answers typed (Decimal, date, …)."""
    instance_name: str = ""


def finish(engine: Engine, problems: tuple[Problem, ...]) -> Finished:
    answers: dict[str, Any] = {}
    irrelevant = []
    for node in nodes_in_order(engine.root.template, engine.root):
        if not isinstance(node, FieldNode):
            continue
        question = node.template.item
        assert isinstance(question, Question)
        if not node.relevant:
            irrelevant.append(node.path)
        elif question.type == "end":
            answers[node.path] = local_now(engine.run)
        elif node.value is not None and (question.kind.value != "none" or question.calculation):
            answers[node.path] = node.value
    missing = tuple(p.path for p in problems if p.code == "required")
    wrong = [p for p in problems if p.code != "required"]
    entities = tuple(_entities(engine, wrong))
    return Finished(
        values={path: plain(answer) for path, answer in answers.items()},
        irrelevant=tuple(irrelevant),
        required_missing=missing,
        problems=tuple(wrong),
        entities=entities,
        complete=not missing and not wrong,
        answers=answers,
        instance_name=_instance_name(engine),
    )


def _instance_name(engine: Engine) -> str:
    run = engine.program.instance_name
    return engine.text(run, engine.root) if run is not None else ""


def _entities(engine: Engine, problems: list[Problem]) -> Iterator[Entity]:
    for definition, plan in zip(engine.form.entities, engine.program.entities, strict=True):
        for scope in _scopes(engine.root, plan.scope):
            try:
                entity = _entity(engine, definition, plan, scope)
            except EvaluationError as error:
                problems.append(problem("evaluation", path=scope.path, reason=str(error)))
                continue
            if entity is not None:
                yield entity


def _scopes(root: Scope, template: Template) -> list[Scope]:
    """The form, or every relevant row of a repeat."""
    if template.kind == "root":
        return [root]
    scopes = [root]
    for repeat in (*template.chain_from(root.template), template):
        scopes = [row for s in scopes if s.nodes[repeat.slot].relevant for row in s.nodes[repeat.slot].rows]
    return scopes


def _entity(engine: Engine, definition: EntityDefinition, plan: EntityPlan, scope: Scope) -> Entity | None:
    """ODK's rule: without an id it is created, with an id updated; the conditions say otherwise."""

    def text(run: Compiled | None) -> str:
        return to_string(engine.evaluate(run, scope)) if run is not None else ""

    def holds(run: Compiled | None, otherwise: bool) -> bool:
        return to_boolean(engine.evaluate(run, scope)) if run is not None else otherwise

    has_id = plan.entity_id is not None
    create = holds(plan.create_if, not has_id)
    update = has_id and holds(plan.update_if, plan.create_if is None)
    entity_id = text(plan.entity_id) if has_id else scope.entity_ids.get(definition.dataset, "")
    if not entity_id or not (create or update):
        return None
    properties = {}
    for name, path in definition.properties.items():
        node = _node_for(scope, engine.program.model.by_path[path])
        if node is not None and node.relevant:
            properties[name] = text_of(node.value)
    return Entity(definition.dataset, entity_id, text(plan.label), create, update, properties, scope.path)


def _node_for(scope: Scope, template: Template) -> FieldNode | None:
    """The question of an entity: in its row, or outside around it; None in rows further within."""
    while True:
        if template.scope is scope.template:
            node: FieldNode = scope.nodes[template.slot]
            return node
        if scope.parent is None:
            return None
        scope = scope.parent
