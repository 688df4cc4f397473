"""A draft moved to another version of its form: what carries over, and what does not, with the reason.

A question is looked for where it was, then by its name alone (so that it may move between groups), within the
same repeats. Its answer is read anew as if a person gave it. What is new begins as it does in a fresh form; what
was left empty stays empty; calculations are computed anew.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.answers import Answer, computed_answer, read_answer, text_of
from forms.definition import Form, Question, Repeat
from forms.engine import MAX_ROWS, Collected, Engine
from forms.expressions.values import SHANGHAI, EvaluationError
from forms.filling import Filling, Tables
from forms.model import Model, Template
from forms.problems import AnswerError
from forms.tree import FieldNode, RepeatNode, Scope, chain_of, scopes_within

GONE = "新版本里没有这道题"
ELSEWHERE = "新版本里这道题换了重复组，不知道归到哪一行"
NOT_ASKED = "新版本里这道题不再填写"
NOT_OFFERED = "新版本里没有这个选项"
TOO_MANY = f"重复组最多 {MAX_ROWS} 行"
NOT_COUNTED = "这一行原来就收起未计，新版本不再按数生成行"


@dataclass(frozen=True, slots=True)
class NotCarried:
    """An answer that stayed behind. `path`: where it stood, with rows; `value`: its words; `reason`: Chinese."""

    path: str
    label: str
    value: str
    reason: str


def move(
    saved: Mapping[str, Any],
    old_form: Form,
    new_form: Form,
    *,
    now: Callable[[], dt.datetime],
    instances: Tables | None = None,
    metadata: Mapping[str, str] | None = None,
    zone: dt.tzinfo = SHANGHAI,
    rng: random.Random | None = None,
) -> tuple[dict[str, Any], tuple[NotCarried, ...]]:
    """(a draft of the new form, what did not carry over in the order of the old one).

    Alters nothing it is given. FormError when the draft is not of the old form, or a form has errors.
    """
    old = Filling.restore(old_form, saved, now=now, instances=instances, zone=zone)
    new = Filling(new_form, now=now, instances=instances, metadata=metadata, zone=zone, rng=rng)
    lost = tuple(_Move(old._engine, new._engine).carry())
    return new.save(), lost


class _Move:
    def __init__(self, old: Engine, new: Engine) -> None:
        self.old = old
        self.new = new
        self.targets = _targets(old.program.model, new.program.model)
        self.by_hand: list[tuple[FieldNode, Answer]] = []
        """Answers written over what a calculation gave."""

    def carry(self) -> list[NotCarried]:
        """Carry everything over; what cannot be is given back."""
        self.new.clearing, self.new.moving = False, True
        lost = list(self._scope(self.old.root, self.new.root))
        self.new.moving = False
        for scope in scopes_within(self.new.root):
            self.new.schedule_scope(scope)
        self.new.settle()
        for node, value in self.by_hand:
            self.new.put(node, value)
        self.new.settle()
        self.new.collected = Collected()
        return lost

    def _scope(self, old: Scope, new: Scope | None, reason: str = GONE) -> Iterator[NotCarried]:
        """One row (or the form); `new` is None for a row that has no place any more, for this reason."""
        if new is not None:
            new.entity_ids.update({k: v for k, v in old.entity_ids.items() if k in new.entity_ids})
        for node in old.nodes:
            target = self.targets.get(node.template)
            if isinstance(node, FieldNode):
                yield from self._field(node, target, new, reason)
            elif isinstance(node, RepeatNode):
                yield from self._rows(node, target, new, reason)

    def _rows(
        self, old: RepeatNode, target: Template | None, scope: Scope | None, reason: str
    ) -> Iterator[NotCarried]:
        node = _at(scope, target)
        if not isinstance(node, RepeatNode):
            for row in (*old.rows, *reversed(old.shelf)):
                yield from self._scope(row, None, reason)
            return
        counted = isinstance(node.template.item, Repeat) and bool(node.template.item.repeat_count)
        rows = [*old.rows, *(reversed(old.shelf) if counted else ())]
        for index, row in enumerate(rows):
            if index >= MAX_ROWS:
                yield from self._scope(row, None, TOO_MANY)
                continue
            if index >= len(node.rows):
                self.new.add_row(node)
                self.new.settle()
            place = node.rows[index] if index < len(node.rows) else None
            yield from self._scope(row, place, GONE if place else NOT_COUNTED)
        for row in () if counted else reversed(old.shelf):
            yield from self._scope(row, None, NOT_COUNTED)

    def _field(
        self, old: FieldNode, target: Template | None, scope: Scope | None, reason: str
    ) -> Iterator[NotCarried]:
        question = old.template.item
        assert isinstance(question, Question)
        node = _at(scope, target)
        if not isinstance(node, FieldNode):
            if old.value is not None and question.kind.asked:
                known = self.old.program.model.by_path
                others = self.new.program.model.by_name.get(old.template.name, [])
                elsewhere = any(t.kind == "field" and t.path not in known for t in others)
                yield self._lost(old, old.value, ELSEWHERE if elsewhere else reason)
            return
        wanted = node.template.item
        assert isinstance(wanted, Question)
        if old.value is None:
            if question.kind.asked and wanted.kind.asked:
                self.new.put(node, None)
            return
        if wanted.kind.value == "none":
            if question.kind.asked and not wanted.calculation:
                yield self._lost(old, old.value, NOT_ASKED)
            return
        if question.kind.asked and wanted.kind.value == "calculated":
            yield self._lost(old, old.value, NOT_ASKED)
            return
        yield from self._answer(old, node, question, wanted)

    def _answer(
        self, old: FieldNode, node: FieldNode, question: Question, wanted: Question
    ) -> Iterator[NotCarried]:
        value = old.value
        names = self._offered(node) if wanted.kind.value in ("one", "many") else None
        if names is not None and isinstance(value, tuple):
            for name in value:
                if name not in names:
                    yield self._lost(old, name, NOT_OFFERED)
            value = tuple(name for name in value if name in names)
        elif names is not None and text_of(value) not in names:
            yield self._lost(old, value, NOT_OFFERED)
            return
        try:
            if not _alike(question, wanted):
                value = read_answer(wanted, text_of(value), "", self.new.run.zone, None)
        except AnswerError as error:
            if question.kind.asked:
                yield self._lost(old, value, error.message)
            return
        self.new.put(node, value or None if isinstance(value, tuple) else value)
        if question.kind.asked and question.calculation and not self._computed(old, question):
            self.by_hand.append((node, value))

    def _computed(self, old: FieldNode, question: Question) -> bool:
        """Whether the answer is what its calculation gives."""
        for cell in self.old.program.cells_of.get(old.template.scope, ()):
            if cell.kind == "calculation" and cell.template is old.template:
                try:
                    given = computed_answer(question, self.old.evaluate(cell.run, old), self.old.run.zone)
                except EvaluationError:
                    return False
                return bool(given == old.value)
        return False

    def _offered(self, node: FieldNode) -> set[str] | None:
        """The names of the whole list, filters aside; None when nobody knows them."""
        plan = self.new.program.plans[node.template]
        if plan.choices_from is not None or (plan.table and plan.table not in self.new.table_choices):
            return None
        choices = self.new.table_choices[plan.table] if plan.table else plan.choices
        return {choice.name for choice in choices}

    def _lost(self, old: FieldNode, value: Answer, reason: str) -> NotCarried:
        question = old.template.item
        assert isinstance(question, Question)
        return NotCarried(
            old.path, self.old.label_of(old) or question.name, _words(self.old, old, value), reason
        )


def _targets(old: Model, new: Model) -> dict[Template, Template]:
    """Old template -> the one that takes over from it, outside before inside."""
    targets: dict[Template, Template] = {}
    for path, template in old.by_path.items():
        if template.kind not in ("field", "repeat"):
            continue
        found = new.by_path.get(path)
        if found is None or found.kind != template.kind:
            others = [t for t in new.by_name.get(template.name, []) if t.path not in old.by_path]
            found = others[0] if len(others) == 1 and others[0].kind == template.kind else None
        if found is not None and _same_rows(template, found, targets):
            targets[template] = found
    return targets


def _same_rows(old: Template, new: Template, targets: Mapping[Template, Template]) -> bool:
    """Whether both stand in the same repeats."""
    olds = [t for t in chain_of(old) if t.kind == "repeat"]
    news = [t for t in chain_of(new) if t.kind == "repeat"]
    return [targets.get(t) for t in olds] == news


def _at(scope: Scope | None, target: Template | None) -> Any:
    if scope is None or target is None:
        return None
    return scope.nodes[target.slot]


def _alike(old: Question, new: Question) -> bool:
    return old.kind.value == new.kind.value and "acknowledge" not in (old.type, new.type)


def _words(engine: Engine, node: FieldNode, value: Answer) -> str:
    """An answer as people read it: choices by their words."""
    names = value if isinstance(value, tuple) else (text_of(value),)
    plan = engine.program.plans[node.template]
    labels = {c.name: c.label for c in (*plan.choices, *engine.table_choices.get(plan.table, ()))}
    return "、".join(labels.get(name, name) for name in names)
