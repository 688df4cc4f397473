"""The sections of a form and how far each one is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.definition import Group, Question, Repeat
from forms.filling import Filling, Node
from ui.filling.rows import answerable


@dataclass(frozen=True, slots=True)
class Section:
    """One entry at the left: a group of the form, or questions that stand outside of any group."""

    path: str
    label: str
    paths: tuple[str, ...]
    """What stands in it, when it is not a group; else empty."""

    def holds(self, path: str) -> bool:
        """Whether a question (or group) lies in this section."""
        return any(
            path == own or path.startswith((own + "/", own + "[")) for own in self.paths or (self.path,)
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """How many questions a section asks now, and how many are answered, missing though required, or wrong."""

    asked: int = 0
    answered: int = 0
    missing: int = 0
    wrong: int = 0

    @property
    def state(self) -> str:
        """`none` (nothing to ask), `problems`, `empty`, `started` or `done`."""
        if self.wrong:
            return "problems"
        if not self.asked:
            return "none" if not self.missing else "empty"
        if not self.answered:
            return "empty"
        return "started" if self.missing else "done"

    @property
    def word(self) -> str:
        """What stands beside the section."""
        words = {"none": "–", "empty": "未填", "done": "✓", "problems": f"{self.wrong} 处"}
        return words.get(self.state, f"{self.answered}/{self.asked}")


def sections_of(filling: Filling) -> list[Section]:
    """The top-level groups, in order; loose questions between them form sections of their own."""
    sections: list[Section] = []
    loose: list[str] = []
    for path in filling.children(""):
        item = filling.node(path).item
        if isinstance(item, Group):
            _close_loose(sections, loose, filling)
            paths = (path,) if isinstance(item, Repeat) else ()
            sections.append(Section(path, item.label or item.name, paths))
        elif isinstance(item, Question) and is_shown(item):
            loose.append(path)
    _close_loose(sections, loose, filling)
    return sections


def _close_loose(sections: list[Section], loose: list[str], filling: Filling) -> None:
    if loose:
        label = "其他" if sections else "开始"
        sections.append(
            Section(loose[0], label if len(sections) else filling.form.title or label, tuple(loose))
        )
        loose.clear()


def is_shown(question: Question) -> bool:
    """Whether a question has a place on screen. Calculations work unseen, as everywhere in this form language,
    unless the author wants them on paper and gave them words."""
    if question.type == "calculate":
        return bool(question.label) and question.print not in ("", "hidden")
    return question.kind.asked and question.kind.supported


def questions_in(filling: Filling, section: Section) -> Iterator[tuple[str, Node]]:
    """The relevant questions of a section with their concrete paths, rows of repeats included."""
    for path in section.paths or (section.path,):
        yield from _walk(filling, path)


def _walk(filling: Filling, path: str) -> Iterator[tuple[str, Node]]:
    node = filling.node(path)
    if not node.relevant:
        return
    if isinstance(node.item, Question):
        yield path, node
        return
    if isinstance(node.item, Repeat) and path == _repeat_path(path):
        children = filling.rows(path)
    else:
        children = filling.children(path)
    for child in children:
        yield from _walk(filling, child)


def _repeat_path(path: str) -> str:
    """The path itself when it names a repeat as a whole, else that of the repeat whose row it is."""
    return path[: path.rindex("[")] if path.endswith("]") else path


def tally(filling: Filling, section: Section, wrong: set[str]) -> Tally:
    """Count a section. `wrong` are the concrete paths that have something to be put right."""
    asked = answered = missing = 0
    own_wrong = sum(1 for path in wrong if section.holds(path))
    for _, node in questions_in(filling, section):
        question = node.item
        given = node.value not in (None, "", ())
        missing += node.required and not given
        if (
            isinstance(question, Question)
            and is_shown(question)
            and answerable(question)
            and not node.read_only
        ):
            asked += 1
            answered += given
    return Tally(asked, answered, missing, own_wrong)
