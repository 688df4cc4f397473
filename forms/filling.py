"""A form being answered: the one thing screens, papers and services use to run a form.

Pure: it knows no clock but the one handed in, and keeps nothing outside itself. Paths are concrete: a row of a
repeat is `/problems[2]`, a question in it `/problems[2]/title`.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from forms.answers import Answer, read_answer
from forms.definition import Choice, Form, Group, Item, Question, Repeat
from forms.engine import Collected, Engine
from forms.expressions.compiler import Run
from forms.expressions.values import SHANGHAI
from forms.finishing import Entity, Finished, finish
from forms.languages import in_language
from forms.problems import AnswerError, FormError, Problem
from forms.program import program_of
from forms.saving import answers_of, restore_scope, save_scope
from forms.tree import FieldNode, GroupNode, RepeatNode, Scope, nodes_in_order

SectionState = Literal["empty", "started", "problems", "done"]
Tables = Mapping[str, Sequence[Mapping[str, str]]]
_SEGMENT = re.compile(r"([^\[\]/]+)(?:\[(\d{1,6})\])?$")
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Changed:
    """What an alteration changed, as concrete paths (those after the alteration)."""

    values: frozenset[str] = _NOTHING
    relevance: frozenset[str] = _NOTHING
    required: frozenset[str] = _NOTHING
    choices: frozenset[str] = _NOTHING
    problems: frozenset[str] = _NOTHING
    labels: frozenset[str] = _NOTHING
    read_only: frozenset[str] = _NOTHING
    added_rows: tuple[str, ...] = ()
    removed_rows: tuple[str, ...] = ()
    added: str | None = None
    """The row that `add` made."""


@dataclass(frozen=True, slots=True)
class Node:
    """One group, repeat, row or question as it stands now. `relevant` counts what stands around it too."""

    path: str
    item: Item
    value: Answer
    relevant: bool
    required: bool
    read_only: bool
    problem: Problem | None
    choices: tuple[Choice, ...]
    label: str
    hint: str


class Filling:
    """A form with its answers."""

    def __init__(
        self,
        form: Form,
        *,
        now: Callable[[], dt.datetime],
        instances: Tables | None = None,
        metadata: Mapping[str, str] | None = None,
        zone: dt.tzinfo = SHANGHAI,
        rng: random.Random | None = None,
        language: str = "",
        last_saved: Mapping[str, Any] | None = None,
    ) -> None:
        """Open a form afresh. `instances`: the tables it looks things up in, by name; `metadata`: username,
        deviceid, …; `zone`: where today() is; `language`: of its texts, the form's default if empty;
        `last_saved`: what `save()` gave of the one filled before, for `${last-saved#name}`.
        FormError when the form has errors or no such language."""
        self._prepare(form, now, instances, metadata, zone, rng, language, last_saved)
        self._engine.open()

    def _prepare(
        self,
        form: Form,
        now: Callable[[], dt.datetime],
        instances: Tables | None,
        metadata: Mapping[str, str] | None,
        zone: dt.tzinfo,
        rng: random.Random | None,
        language: str,
        last_saved: Mapping[str, Any] | None = None,
    ) -> None:
        form = in_language(form, language)
        program, problems = program_of(form)
        if any(p.is_error for p in problems):
            raise FormError(*(p for p in problems if p.is_error))
        self.form = form
        run = Run(now, zone=zone, rng=rng, metadata=metadata, version=form.version)
        if last_saved is not None:
            run.last_saved = answers_of(form, last_saved)
        self._engine = Engine(form, program, run, instances or {})

    # Altering

    def set(self, path: str, value: Any) -> Changed:
        """Answer a question; None clears. AnswerError, with nothing altered, for a wrong type or path."""
        node = self._field(path)
        question = node.template.item
        assert isinstance(question, Question)
        if question.kind.metadata or question.kind.value in ("calculated", "none"):
            raise AnswerError.of("not_editable", path)
        known = self._engine.choices_known(node)
        choices = node.choices if question.choice_list and known else None
        answer = read_answer(question, value, path, self._engine.run.zone, choices)
        self._engine.put(node, answer)
        return self._settled()

    def add(self, repeat_path: str) -> Changed:
        """A new row at the end of a repeat. AnswerError when it is none, or counts its rows itself."""
        node = self._repeat(repeat_path)
        row = self._engine.add_row(node)
        return self._settled(row.path)

    def remove(self, row_path: str) -> Changed:
        """Take a row out of a repeat; the rows after it move up. AnswerError when there is none."""
        found = self._find(row_path)
        if not isinstance(found, Scope) or found.repeat is None:
            raise AnswerError.of("not_a_repeat", row_path)
        node = self._repeat(found.repeat.path)
        self._engine.collected.removed.append(row_path)
        self._engine.take_row(node, found.index)
        return self._settled()

    def _settled(self, added: str | None = None) -> Changed:
        self._engine.settle()
        self._engine.run_triggers()
        collected, self._engine.collected = self._engine.collected, Collected()
        return Changed(
            values=_paths(collected.values),
            relevance=_paths(collected.relevance),
            required=_paths(collected.required),
            choices=_paths(collected.choices),
            problems=_paths(collected.problems),
            labels=_paths(collected.labels),
            read_only=_paths(collected.read_only),
            added_rows=tuple(row.path for row in collected.added if row.alive),
            removed_rows=tuple(collected.removed),
            added=added,
        )

    # Looking

    def get(self, path: str) -> Answer:
        """The answer of a question, whether relevant or not. AnswerError when there is no such question."""
        value: Answer = self._field(path).value
        return value

    def node(self, path: str) -> Node:
        """Everything about one place. AnswerError when there is none."""
        found = self._find(path)
        if isinstance(found, Scope):
            if found.repeat is None:
                raise AnswerError.of("path_not_found", path)
            item = found.template.item
            assert item is not None
            label = self._engine.label_of(found.repeat)
            read_only = self._read_only(found.repeat)
            return Node(found.path, item, None, found.relevant, False, read_only, None, (), label, "")
        item = found.template.item
        assert item is not None
        common = (self._engine.label_of(found), self._engine.hint_of(found))
        if not isinstance(found, FieldNode):
            read_only = self._read_only(found)
            wrong = found.problem if isinstance(found, RepeatNode) else None
            return Node(found.path, item, None, found.relevant, False, read_only, wrong, (), *common)
        return Node(
            found.path,
            item,
            found.value,
            found.relevant,
            found.required,
            self._read_only(found),
            _placed(found),
            found.choices,
            *common,
        )

    def children(self, path: str = "") -> tuple[str, ...]:
        """What stands directly in a group, a row, or the form; for a repeat, its rows."""
        found = self._find(path)
        if isinstance(found, RepeatNode):
            return self.rows(path)
        if isinstance(found, FieldNode):
            return ()
        base = found.path
        return tuple(f"{base}/{name}" for name in found.template.children)

    def rows(self, repeat_path: str) -> tuple[str, ...]:
        """The rows of a repeat. AnswerError when it is none."""
        found = self._find(repeat_path)
        if not isinstance(found, RepeatNode):
            raise AnswerError.of("not_a_repeat", repeat_path)
        base = found.path
        return tuple(f"{base}[{i + 1}]" for i in range(len(found.rows)))

    def walk(self) -> Iterator[str]:
        """Every question there is now, in order."""
        for node in nodes_in_order(self._engine.root.template, self._engine.root):
            if isinstance(node, FieldNode):
                yield node.path

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong now, in order; an answer that is missing has code "required"."""
        return tuple(self._problems_in(nodes_in_order(self._engine.root.template, self._engine.root)))

    def _problems_in(self, nodes: Iterator[Any]) -> Iterator[Problem]:
        for node in nodes:
            if isinstance(node, FieldNode | RepeatNode) and node.problem is not None:
                found = _placed(node)
                if found is not None:
                    yield found

    def section_state(self, path: str = "") -> SectionState:
        """How far a group is: "problems" when an answer is wrong, "done" when nothing required is missing."""
        found = self._find(path)
        if isinstance(found, FieldNode):
            nodes: list[Any] = [found]
        elif isinstance(found, RepeatNode):
            nodes = [n for row in found.rows for n in nodes_in_order(found.template, row)]
        else:
            nodes = list(nodes_in_order(found.template, found.scope))
        fields = [n for n in nodes if isinstance(n, FieldNode) and n.relevant]
        codes = {n.problem.code for n in fields if n.problem}
        if codes - {"required"}:
            return "problems"
        if not any(n.value is not None and n.template.asked for n in fields):
            return "empty"
        return "started" if codes else "done"

    def _read_only(self, node: Any) -> bool:
        while True:
            if node.read_only:
                return True
            parent = self._engine.parent_of(node)
            if isinstance(parent, Scope):
                if parent.repeat is None:
                    return False
                parent = parent.repeat
            node = parent

    # Finding

    def _find(self, path: str) -> Scope | GroupNode | RepeatNode | FieldNode:
        here: Any = self._engine.root
        if path in ("", "/"):
            return self._engine.root
        if not path.startswith("/"):
            raise AnswerError.of("path_not_found", path)
        for segment in path[1:].split("/"):
            match = _SEGMENT.match(segment)
            if match is None or isinstance(here, FieldNode | RepeatNode):
                raise AnswerError.of("path_not_found", path)
            template = here.template.children.get(match[1])
            if template is None:
                raise AnswerError.of("path_not_found", path)
            here = here.scope.nodes[template.slot]
            if match[2]:
                index = int(match[2])
                rows = here.rows if isinstance(here, RepeatNode) else [here]
                if not 1 <= index <= len(rows):
                    raise AnswerError.of("path_not_found", path)
                here = rows[index - 1]
        return here  # type: ignore[no-any-return]

    def _field(self, path: str) -> FieldNode:
        found = self._find(path)
        if not isinstance(found, FieldNode):
            raise AnswerError.of("not_a_question", path)
        return found

    def _repeat(self, path: str) -> RepeatNode:
        found = self._find(path)
        if not isinstance(found, RepeatNode):
            raise AnswerError.of("not_a_repeat", path)
        assert isinstance(found.template.item, Repeat)
        if found.template.item.repeat_count:
            raise AnswerError.of("rows_counted", path)
        return found

    # Ending and keeping

    def finish(self) -> Finished:
        """The answers as they would be handed in: irrelevant ones left out, entities made. Alters nothing."""
        return finish(self._engine, self.problems())

    def save(self) -> dict[str, Any]:
        """Everything, as plain JSON-able data from which `restore` makes the very same filling."""
        saved = {
            "format": 1,
            "form_id": self.form.form_id,
            "version": self.form.version,
            "answers": save_scope(self._engine.root),
        }
        if self._engine.run.seed is not None:
            saved["seed"] = self._engine.run.seed
        return saved

    @classmethod
    def restore(
        cls,
        form: Form,
        saved: Mapping[str, Any],
        *,
        now: Callable[[], dt.datetime],
        instances: Tables | None = None,
        metadata: Mapping[str, str] | None = None,
        zone: dt.tzinfo = SHANGHAI,
        rng: random.Random | None = None,
        language: str = "",
        last_saved: Mapping[str, Any] | None = None,
    ) -> Filling:
        """A saved filling. Calculations stay as they were saved; conditions are seen anew.

        FormError when it was saved from another form or version, or is damaged.
        """
        filling = cls.__new__(cls)
        filling._prepare(form, now, instances, metadata, zone, rng, language, last_saved)
        restore_scope(filling._engine, form, saved)
        return filling


def _paths(nodes: Mapping[Any, None]) -> frozenset[str]:
    return frozenset(node.path for node in nodes if node.scope.alive)


def _placed(node: FieldNode | RepeatNode) -> Problem | None:
    """The node's problem with the path it has now."""
    found = node.problem
    if found is None:
        return None
    return Problem(found.code, found.severity, found.message, path=node.path)


__all__ = ["Changed", "Entity", "Filling", "Finished", "Group", "Node", "SectionState"]
