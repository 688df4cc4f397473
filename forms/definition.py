"""What a form is: immutable records that a reader builds and a filling runs.

Paths are written without the root element and without indexes: `/operation/a01_status`. Expressions are
kept as the author wrote them (XLSForm text with `${name}` references); empty text means "none".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from forms.question_types import QuestionType, question_type


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a list. `extra` holds the further columns, which choice filters look at."""

    name: str
    label: str
    extra: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """{"label": {"English (en)": "…"}}: the texts by column and language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One row of the survey that is not a group."""

    name: str
    path: str
    type: str
    label: str = ""
    hint: str = ""
    guidance: str = ""
    relevant: str = ""
    required: str = ""
    required_message: str = ""
    constraint: str = ""
    constraint_message: str = ""
    calculation: str = ""
    default: str = ""
    read_only: str = ""
    appearance: frozenset[str] = frozenset()
    choice_list: str = ""
    """The list's name in `Form.choices`, or the name of an instance for `select_*_from_file`, or `${name}`."""
    choice_filter: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    trigger: tuple[str, ...] = ()
    """Names of the questions whose change runs the calculation (instead of every change of its inputs)."""
    save_to: str = ""
    unit: str = ""
    carry: bool = False
    print: str = ""
    code: str = ""
    register: str = ""
    """Whether the register's table shows it: `yes`, `sum` (with its sum), `no`; empty: it is not said."""
    media: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    row: int = 0
    """The row of the survey sheet, for messages."""

    @property
    def kind(self) -> QuestionType:
        return question_type(self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Questions that stand together. `items` are in the order of the sheet."""

    name: str
    path: str
    label: str = ""
    hint: str = ""
    items: tuple[Item, ...] = ()
    relevant: str = ""
    read_only: str = ""
    appearance: frozenset[str] = frozenset()
    print: str = ""
    code: str = ""
    media: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Group):
    """A group that is answered any number of times, or as often as `repeat_count` says."""

    repeat_count: str = ""


Item = Question | Group


@dataclass(frozen=True, slots=True)
class Instance:
    """A table of rows the form looks things up in: a file beside the form, named by `csv-external` or
    `select_*_from_file`. Its rows are handed to the filling."""

    name: str
    file_name: str
    source: Literal["csv", "xml", "geojson"] = "csv"
    value_column: str = "name"
    label_column: str = "label"


@dataclass(frozen=True, slots=True)
class EntityDefinition:
    """What a finished form creates or updates (ODK entities). `repeat` is the path of the repeat whose
    every row is one entity; empty when the form itself is."""

    dataset: str
    label: str = ""
    entity_id: str = ""
    create_if: str = ""
    update_if: str = ""
    repeat: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    """property -> path of the question that fills it."""
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Form:
    """A published definition: `form_id` + `version` never change their meaning."""

    form_id: str
    version: str
    title: str
    items: tuple[Item, ...]
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    entities: tuple[EntityDefinition, ...] = ()
    languages: tuple[str, ...] = ()
    default_language: str = ""
    instances: tuple[Instance, ...] = ()
    root_name: str = "data"
    """The name of the root element, which absolute paths in expressions may begin with."""
    _by_path: dict[str, Item] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_path", {item.path: item for item in self.walk()})

    def walk(self) -> Iterator[Item]:
        """Every group and question, in the order of the sheet; a group before what it holds."""
        stack = list(reversed(self.items))
        while stack:
            item = stack.pop()
            yield item
            if isinstance(item, Group):
                stack.extend(reversed(item.items))

    def at(self, path: str) -> Item:
        """The item of a path without indexes. KeyError when there is none."""
        return self._by_path[path]

    def find(self, path: str) -> Item | None:
        return self._by_path.get(path)

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(item for item in self.walk() if isinstance(item, Question))

    @property
    def title_with_version(self) -> str:
        return f"{self.title}（{self.version}）" if self.version else self.title
