"""One filling on screen: takes answers, keeps what could not be read, and says what has to be painted anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from forms.definition import Question, Repeat
from forms.filling import Changed, Filling, Node
from forms.problems import AnswerError
from ui.filling import answers
from ui.filling.rows import RowContent, insert_row, read_row
from ui.filling.sections import Section, Tally, questions_in, sections_of, tally


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What was typed where it cannot be an answer: it stays in the field, with the reason."""

    text: str
    message: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """One place to look at: `missing` when it is required and not given, else something is wrong with it."""

    path: str
    label: str
    message: str
    missing: bool


@dataclass(frozen=True, slots=True)
class Repaint:
    """The questions an alteration touched. Whether repeats have gained or lost rows each table sees for itself."""

    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class Removed:
    """A row taken out, to be put back by 撤销."""

    repeat: str
    index: int
    content: RowContent
    unreadable: Mapping[str, Unreadable]
    """By path within the row."""
    text: str


class FillingSession(QObject):
    """The filling with what only the screen knows beside it. Lives on the window's thread."""

    changed = Signal(object)
    """Repaint"""

    def __init__(self, filling: Filling, previous: Mapping[str, Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.filling = filling
        self.form = filling.form
        self.previous = previous
        self.unreadable: dict[str, Unreadable] = {}
        self._checked = False
        self._troubles: list[Trouble] | None = None
        self._tallies: dict[Section, Tally] = {}
        self.locked = False
        """Set while the visit is being finished: answers given now would be in no record."""
        self.removed: dict[str, Removed] = {}
        self.all_sections = sections_of(filling)

    def take_back(self, typed: Mapping[str, tuple[str, str]]) -> None:
        """What was typed before and is no answer yet: it stands in its fields again."""
        there = set(self.filling.walk())
        self.unreadable.update(
            {path: Unreadable(text, message) for path, (text, message) in typed.items() if path in there}
        )

    # ------------------------------------------------------------ looking

    @property
    def checked(self) -> bool:
        """Set by the first 完成: from then on what is missing counts as something to put right."""
        return self._checked

    @checked.setter
    def checked(self, checked: bool) -> None:
        self._checked = checked
        self._troubles = None
        self._tallies.clear()

    def node(self, path: str) -> Node:
        return self.filling.node(path)

    @property
    def sections(self) -> list[Section]:
        """The sections that are asked at present."""
        return [section for section in self.all_sections if self._relevant(section)]

    def _relevant(self, section: Section) -> bool:
        return any(self.filling.node(path).relevant for path in section.paths or (section.path,))

    def section_of(self, path: str) -> Section | None:
        return next((section for section in self.all_sections if section.holds(path)), None)

    def tallies(self) -> list[tuple[Section, Tally]]:
        """The sections asked at present, each with how far it is."""
        wrong = {trouble.path for trouble in self.troubles()}
        sections = self.sections
        for section in sections:
            if section not in self._tallies:
                self._tallies[section] = tally(self.filling, section, wrong)
        return [(section, self._tallies[section]) for section in sections]

    def _tell(self, paths: frozenset[str]) -> None:
        """Something was altered there: what was worked out of it is worked out anew when it is asked for."""
        self._troubles = None
        for section in [section for section in self._tallies if any(section.holds(path) for path in paths)]:
            del self._tallies[section]
        self.changed.emit(Repaint(paths))

    def message(self, path: str, node: Node | None = None) -> str:
        """What is wrong with a question, as it should stand beside it now; empty when nothing."""
        kept = self.unreadable.get(path)
        if kept is not None:
            return kept.message
        node = node or self.filling.node(path)
        problem = node.problem
        if problem is None or not node.relevant or (problem.code == "required" and not self.checked):
            return ""
        return problem.message

    def troubles(self) -> list[Trouble]:
        """Everything to put right, in the order of the form."""
        if self._troubles is None:
            self._troubles = self._find_troubles()
        return self._troubles

    def _find_troubles(self) -> list[Trouble]:
        found = {problem.path: problem for problem in self.filling.problems()}
        paths = [*found, *(path for path in self.unreadable if path not in found)]
        if not paths:
            return []
        troubles = []
        for path in self._in_order(paths):
            node = self.filling.node(path)
            text = self.message(path, node)
            if text and node.relevant:
                missing = path not in self.unreadable and found[path].code == "required"
                troubles.append(Trouble(path, self.label(path), text, missing))
        return troubles

    def _in_order(self, paths: Sequence[str]) -> list[str]:
        if len(paths) < 2 or not self.unreadable:
            return list(paths)
        wanted = set(paths)
        return [path for path in self.filling.walk() if path in wanted]

    def label(self, path: str) -> str:
        """A question's label for lists, with the row it stands in: 「困难明细 2 · 标题」."""
        node = self.filling.node(path)
        text = node.label or node.item.name
        at = path.rfind("]")
        if at < 0:
            return text
        row = path[: at + 1]
        repeat, _, index = row[:-1].rpartition("[")
        item = self.form.find(_plain(repeat))
        return f"{(item.label or item.name) if item else ''} {index} · {text}"

    def previous_text(self, path: str) -> str:
        """Last visit's answer as text, where the question is one that carries over."""
        value = self.previous.get(path)
        if value in (None, "", [], ()):
            return ""
        node = self.filling.node(path)
        if not isinstance(node.item, Question):
            return ""
        if isinstance(value, list):
            value = tuple(str(part) for part in value)
        return answers.shown(self.form, node.item, value, node.choices)

    # ------------------------------------------------------------ answering

    def answer(self, path: str, value: Any) -> None:
        """Take an answer. What cannot be one is kept as it was typed; the answer given before stays underneath."""
        if self.locked:
            return
        try:
            change = self.filling.set(path, value)
        except AnswerError as error:
            if error.code == "path_not_found":
                # A picture that was entered for a row that is gone by now.
                return
            self.refuse(path, str(value), error.message)
            return
        cleared = self.unreadable.pop(path, None) is not None
        if cleared or change != Changed():
            self._tell(_touched([change]) | {path})

    def refuse(self, path: str, text: str, message: str) -> None:
        """What was given cannot be an answer: keep it where it is, with the reason."""
        # The engine's sentence names the question, as it may stand in a list; here it stands beside it.
        label = self.filling.node(path).label
        self.unreadable[path] = Unreadable(text, message.removeprefix(f"{label}："))
        self._tell(frozenset({path}))

    def take_previous(self, path: str) -> None:
        """沿用上次."""
        value = self.previous[path]
        self.answer(path, tuple(value) if isinstance(value, list) else value)

    # ------------------------------------------------------------ rows

    def add_row(self, repeat: str) -> str:
        """A fresh row at the end; returns its path."""
        return self._alter_rows(repeat, lambda: [self.filling.add(repeat)])[-1]

    def copy_row(self, row: str) -> str:
        """A row like this one, right below it."""
        repeat, index = split_row(row)
        content = read_row(self.filling, row, files=False)
        self._move_unreadable(repeat, index + 1, +1)
        return self._alter_rows(repeat, lambda: insert_row(self.filling, repeat, index + 1, content))[
            index + 1
        ]

    def remove_row(self, row: str) -> None:
        """Take a row out; it can be put back until another of the same repeat is taken out."""
        repeat, index = split_row(row)
        kept = {path[len(row) :]: raw for path, raw in self.unreadable.items() if path.startswith(row + "/")}
        self.removed[repeat] = Removed(repeat, index, read_row(self.filling, row), kept, self.row_text(row))
        for name in kept:
            del self.unreadable[row + name]
        self._move_unreadable(repeat, index + 1, -1)
        self._alter_rows(repeat, lambda: [self.filling.remove(row)])

    def undo_removal(self, repeat: str) -> str | None:
        """撤销: the row stands where it stood. Returns its path."""
        removed = self.removed.pop(repeat, None)
        if removed is None:
            return None
        index = min(removed.index, len(self.filling.rows(repeat)))
        self._move_unreadable(repeat, index, +1)
        for name, raw in removed.unreadable.items():
            self.unreadable[f"{repeat}[{index + 1}]{name}"] = raw
        return self._alter_rows(repeat, lambda: insert_row(self.filling, repeat, index, removed.content))[
            index
        ]

    def row_text(self, row: str) -> str:
        """A row in a few words, for 「已删除」."""
        texts = []
        for path, node in questions_in(self.filling, Section(row, "", ())):
            if isinstance(node.item, Question) and node.item.kind.asked and node.value not in (None, "", ()):
                texts.append(answers.shown(self.form, node.item, self.filling.get(path), node.choices))
        return " ".join(texts[:2])

    def can_alter_rows(self, repeat: str) -> bool:
        item = self.filling.node(repeat).item
        return isinstance(item, Repeat) and not item.repeat_count

    def _alter_rows(self, repeat: str, alter: Callable[[], list[Changed]]) -> list[str]:
        self._tell(_touched(alter()) | {repeat})
        return list(self.filling.rows(repeat))

    def _move_unreadable(self, repeat: str, first: int, by: int) -> None:
        """Rows from `first` on (from 0) get other numbers: what was typed in them goes with them."""
        moved: dict[str, Unreadable] = {}
        for path in [path for path in self.unreadable if path.startswith(repeat + "[")]:
            number, _, rest = path[len(repeat) + 1 :].partition("]")
            if int(number) - 1 >= first:
                moved[f"{repeat}[{int(number) + by}]{rest}"] = self.unreadable.pop(path)
        self.unreadable.update(moved)


def split_row(row: str) -> tuple[str, int]:
    """The repeat's path and the row's number counted from 0, of `/problems[2]`."""
    repeat, _, number = row[:-1].rpartition("[")
    return repeat, int(number) - 1


def _plain(path: str) -> str:
    """A path without indexes."""
    return "".join(part.partition("]")[2] if index else part for index, part in enumerate(path.split("[")))


def _touched(changes: Sequence[Changed]) -> frozenset[str]:
    parts = (
        part
        for change in changes
        for part in (
            change.values,
            change.relevance,
            change.required,
            change.choices,
            change.problems,
            change.labels,
            change.read_only,
        )
    )
    return frozenset().union(*parts)
