"""A form laid out for a pen: ruled rows of label and room, tables with empty rows, places to sign.

Short questions stand two to a row; nothing is cut by the end of a page; conditions are said in a few quiet words, or
not at all where they cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.printing.blocks import Block, Cell, Pile, Row, Table
from app.printing.ink import SHADE
from app.printing.paragraph import Inline, Paragraph, Setting, Span, natural_width
from app.printing.pen_cells import (
    SIGN_HEIGHT,
    answer_room,
    choices_of,
    column_of_ticks,
    is_long,
    is_signature,
    is_ticked,
    wanted_width,
)
from app.printing.styles import (
    ACROSS,
    LABEL,
    LABEL_SHARE,
    ROW,
    SMALL,
    SMALL_LEADING,
    STAR,
    TIGHT,
    WIDTH,
    band,
    head_row,
    inline,
    small,
    subheading,
    text,
)
from app.printing.wording import REFERENCE, Wording, concrete, plain
from forms.definition import Form, Group, Item, Question, Repeat

_HALF_ANSWER: Final = WIDTH * (0.5 - LABEL_SHARE) - 2 * ACROSS
_TABLE_ROWS: Final = 3
_CARDS: Final = 2
_NUMBER_COLUMN: Final = 30.0
_LEGEND_LIMIT: Final = 30
_INDEX = re.compile(r"\[(\d+)\]")


@dataclass(slots=True)
class PenForm:
    """Lays one form out. `prefilled` and `previous` map concrete paths to text, `left_out` holds form paths."""

    form: Form
    prefilled: Mapping[str, str] = field(default_factory=dict)
    previous: Mapping[str, str] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    wording: Wording = field(init=False)

    def __post_init__(self) -> None:
        self.wording = Wording(self.form)

    def blocks(self) -> list[Block]:
        """The whole form, section by section."""
        return self._items(self.form.items, "")

    # ---- what is printed at all

    def _printed(self, item: Item) -> bool:
        if item.path in self.left_out or item.print == "hidden":
            return False
        if isinstance(item, Group):
            return any(self._printed(inner) for inner in item.items)
        return item.kind.asked and (item.type == "note" or bool(item.label))

    def _items(self, items: Iterable[Item], row: str, under: str = "") -> list[Block]:
        """Blocks of neighbouring items; `row` is the path of the repeat's row they stand in, `under` its code."""
        blocks: list[Block] = []
        waiting: list[Question] = []

        def flush() -> None:
            blocks.extend(self._questions(waiting, row, under))
            waiting.clear()

        for item in items:
            if not self._printed(item):
                continue
            if isinstance(item, Question):
                waiting.append(item)
                continue
            flush()
            blocks += self._repeat(item, row) if isinstance(item, Repeat) else self._group(item, row, under)
        flush()
        return blocks

    def _group(self, group: Group, row: str, under: str) -> list[Block]:
        inner = self._items(group.items, row, under)
        if not inner or not group.label:
            return inner
        quiet = self.wording.condition(group.relevant)
        if group.path.count("/") == 1:
            return [band(plain(group.label), quiet), *inner]
        return [subheading(self._label_parts(group.code, group.label, False, quiet)), *inner]

    # ---- questions

    def _questions(self, questions: list[Question], row: str, under: str) -> list[Block]:
        blocks: list[Block] = []
        position = 0
        while position < len(questions):
            first = questions[position]
            second = questions[position + 1] if position + 1 < len(questions) else None
            if second is not None and self._pair(first, second):
                blocks.append(self._row((first, second), row, under))
                position += 2
                continue
            position += 1
            block = self._note(first, row) if first.type == "note" else self._row((first,), row, under)
            if block is not None:
                blocks.append(block)
        return blocks

    def _pair(self, first: Question, second: Question) -> bool:
        if is_signature(first) and is_signature(second):
            return True
        return self._short(first) and self._short(second)

    def _short(self, question: Question) -> bool:
        if (
            question.type == "note"
            or is_long(question)
            or is_signature(question)
            or question.kind.value == "file"
        ):
            return False
        if question.kind.value == "many" or (
            is_ticked(question, self.form) and len(choices_of(question, self.form)) > 4
        ):
            return False
        if (
            question.kind.value == "text"
            and not question.appearance & {"w1", "w2", "w3"}
            and not question.kind.takes_list
        ):
            return False
        if wanted_width(question, self.form) > _HALF_ANSWER:
            return False
        return len(question.label) <= 16

    def _row(self, questions: tuple[Question, ...], row: str, under: str = "") -> Row:
        """One question, or two beside each other. `under` is the code of the repeat they stand in."""
        alone = len(questions) == 1
        cells: list[Cell] = []
        for question in questions:
            path = concrete(question.path, row)
            room = answer_room(
                question,
                self.form,
                self.prefilled.get(path, ""),
                self.previous.get(path, ""),
                plain(question.hint) if alone else "",
            )
            cells.append(Cell(self._label(question, under, hint=not alone), LABEL_SHARE, SHADE))
            cells.append(Cell(room, 1 / len(questions) - LABEL_SHARE))
        return Row(tuple(cells), least=SIGN_HEIGHT if is_signature(questions[0]) else ROW)

    def _label(self, question: Question, under: str, *, hint: bool) -> Block:
        code = question.code if question.code != under else ""
        label = Paragraph(self._label_parts(code, question.label, bool(question.required)), Setting(TIGHT))
        words = (self.wording.condition(question.relevant), plain(question.hint) if hint else "")
        quiet = "；".join(word for word in words if word)
        return Pile((label, small(quiet))) if quiet else label

    def _label_parts(self, code: str, label: str, starred: bool, quiet: str = "") -> tuple[Inline, ...]:
        words = self.wording.filled(label, self.prefilled) or REFERENCE.sub("＿＿", plain(label))
        parts: list[Inline] = []
        if code:
            parts.append(Span(code + " ", SMALL))
        parts.append(Span(words, LABEL))
        if starred:
            parts.append(Span("★", STAR))
        if quiet:
            parts.append(Span("　" + quiet, SMALL))
        return tuple(parts)

    def _note(self, note: Question, row: str) -> Block | None:
        words = self._note_words(note, row)
        if not words:
            return None
        quiet = self.wording.condition(note.relevant)
        return Row((Cell(small(f"{quiet}：{words}" if quiet else words), 1.0),))

    def _note_words(self, note: Question, row: str) -> str:
        """A note's text, unless it tells of answers that paper does not know."""
        path = concrete(note.path, row)
        if path in self.prefilled:
            return self.prefilled[path]
        return self.wording.filled(note.label, self.prefilled, row) or ""

    # ---- repeats

    def _repeat(self, repeat: Repeat, row: str) -> list[Block]:
        path = concrete(repeat.path, row)
        columns = [item for item in self._flat(repeat.items) if self._printed(item)]
        if not columns:
            return []
        given = self._rows_given(path)
        quiet = "；".join(
            words for words in (self.wording.condition(repeat.relevant), plain(repeat.hint)) if words
        )
        heading = subheading(self._label_parts(repeat.code, repeat.label or repeat.name, False, quiet))
        widths = [self._column_width(question, given) for question in columns]
        nested = [inner for inner in repeat.items if isinstance(inner, Group)]
        if sum(widths) + _NUMBER_COLUMN <= WIDTH and not any(isinstance(g, Repeat) for g in nested):
            return [heading, self._table(repeat, columns, widths, path, given)]
        return [heading, *self._cards(repeat, path, given)]

    def _flat(self, items: Iterable[Item]) -> list[Question]:
        """The questions of a row: groups inside it are only order."""
        found: list[Question] = []
        for item in items:
            if isinstance(item, Question):
                found.append(item)
            elif not isinstance(item, Repeat) and self._printed(item):
                found += self._flat(item.items)
        return found

    def _rows_given(self, path: str) -> int:
        """How many rows of a repeat are filled in beforehand."""
        numbers = [
            int(match.group(1))
            for key in self.prefilled
            if key.startswith(path) and (match := _INDEX.match(key[len(path) :]))
        ]
        return max(numbers, default=0)

    def _column_width(self, question: Question, given: int) -> float:
        """The least width in which a column can be filled in by hand."""
        label = 2 * ACROSS + min(natural_width((Span(plain(question.label), LABEL),)), 60)
        if question.type == "note":
            return 120.0 if given else 0.0
        if is_ticked(question, self.form):
            choices = choices_of(question, self.form)
            return max(label, 2 * ACROSS + (column_of_ticks(choices) if choices else 40.0))
        if is_long(question):
            return 150.0
        match question.kind.value:
            case "integer" | "decimal":
                return max(label, 56.0)
            case "date":
                return 92.0
            case _:
                return max(label, 88.0)

    def _table(
        self, repeat: Repeat, columns: list[Question], widths: list[float], path: str, given: int
    ) -> Block:
        if not given:  # a note says something only about a row that is known
            widths = [
                width for question, width in zip(columns, widths, strict=True) if question.type != "note"
            ]
            columns = [question for question in columns if question.type != "note"]
        spare = WIDTH - _NUMBER_COLUMN - sum(widths)
        # What is left goes to what is written in words.
        greedy = [n for n, q in enumerate(columns) if q.kind.value == "text" or q.type == "note"]
        greedy = greedy or list(range(len(columns)))
        shares = [w + (spare / len(greedy) if n in greedy else 0) for n, w in enumerate(widths)]
        heads = [("序号", _NUMBER_COLUMN)]
        for question, share in zip(columns, shares, strict=True):
            unit = f"（{question.unit}）" if question.unit else ""
            star = "★" if question.required else ""
            heads.append(
                ((plain(question.label) if question.type != "note" else "事项") + unit + star, share)
            )
        rows = []
        for number in range(1, self._row_count(repeat, given, _TABLE_ROWS) + 1):
            cells = [Cell(text(str(number), LABEL, TIGHT, "center"), _NUMBER_COLUMN)]
            for question, share in zip(columns, shares, strict=True):
                cells.append(Cell(self._table_cell(question, f"{path}[{number}]"), share))
            rows.append(Row(tuple(cells), least=ROW + 3, across=3.5))
        return Table((head_row(heads),), tuple(rows))

    def _table_cell(self, question: Question, row: str) -> Block:
        if question.type == "note":
            return text(self._note_words(question, row))
        value = self.prefilled.get(concrete(question.path, row), "")
        if is_ticked(question, self.form):
            return answer_room(question, self.form, value)
        return text(value)

    def _row_count(self, repeat: Repeat, given: int, usual: int) -> int:
        if given and repeat.repeat_count:
            return given
        return max(given + 1, usual)

    def _cards(self, repeat: Repeat, path: str, given: int) -> list[Block]:
        """Rows with more in them than a table's row can hold: each a small form of its own."""
        cards: list[Block] = []
        total = self._row_count(repeat, given, _CARDS)
        for number in range(1, total + 1):
            inner = self._items(repeat.items, f"{path}[{number}]", repeat.code)
            name = Row((Cell(text(f"第 {number} 条", LABEL), 1.0, SHADE),), above=2.5, keep_with_next=True)
            rows = tuple(block for block in inner if isinstance(block, Row))
            # A card that goes over a page says again which one it is.
            cards += [Table((name,), rows)] if len(rows) == len(inner) else [name, *inner]
        legend = self._legend(repeat)
        return [*cards, *([legend] if legend is not None else [])]

    def _legend(self, repeat: Repeat) -> Block | None:
        """The choices of what is written, not ticked: what the officer may write."""
        parts: list[Inline] = []
        for question in self._flat(repeat.items):
            choices = choices_of(question, self.form)
            written = self._printed(question) and choices and not is_ticked(question, self.form)
            if not written or len(choices) > _LEGEND_LIMIT or question.choice_filter:
                continue
            names = "、".join(plain(choice.label) for choice in choices)
            parts.append(Span(f"{plain(question.label)}：{names}。", SMALL))
        if not parts:
            return None
        return Row((Cell(inline(tuple(parts), SMALL_LEADING), 1.0),))
