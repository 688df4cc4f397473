"""The room a pen needs for one answer: boxes to tick, lines to write on, a date's blanks, a place to sign."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from app.printing.blocks import Block, Frame, Pile
from app.printing.ink import HAIR, Colour, Ink
from app.printing.paragraph import Blank, Gap, Inline, Paragraph, Setting, Span, Tick, Unbroken, natural_width
from app.printing.styles import ACROSS, BODY, LABEL_SHARE, SMALL, TIGHT, WIDTH, inline, small, text
from app.printing.wording import plain
from forms.definition import Choice, Form, Question

LINE_PITCH: Final = 22.0
"""Distance of lines to write on: nearly 8 mm."""
SIGN_HEIGHT: Final = 62.0
_BOX: Final = 9.0
_CHOICE_LEADING: Final = 19.0
_RULE: Final[Colour] = (0.6, 0.6, 0.6)
_AFTER_BOX: Final = 4.0
_BETWEEN: Final = 13.0
_COLUMNS_FROM = 7
_LINE: Final = WIDTH * (1 - LABEL_SHARE) - 2 * ACROSS
_SCALE_LIMIT = 11
_INLINE_LIMIT = 24
"""More choices than this are written, not ticked."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """Lines to write on over the whole width."""

    lines: int

    def paint(self, ink: Ink, x: float, y: float, width: float, height: float, /) -> None:
        for number in range(self.lines):
            at = y + height - (number + 1) * LINE_PITCH + 2
            ink.line(x, at, x + width, at, width=HAIR, colour=_RULE)


@dataclass(frozen=True, slots=True)
class Signing:
    """A place to sign: room, and the date at its foot."""

    words: str

    def paint(self, ink: Ink, x: float, y: float, width: float, height: float, /) -> None:
        small(self.words).draw(ink, x, y + height, width)
        dated = inline((*_date_blanks(12, 10),), TIGHT, "right")
        dated.draw(ink, x, y + TIGHT, width)


def is_signature(question: Question) -> bool:
    return question.type == "image" and bool(question.appearance & {"signature", "draw"})


def is_ticked(question: Question, form: Form) -> bool:
    """Whether an answer is ticked, not written: the form may say so (`print`), else the number of choices does."""
    if question.type == "acknowledge":
        return True
    if not question.kind.takes_list or not choices_of(question, form):
        return False
    if question.print:
        return question.print == "box"
    return len(choices_of(question, form)) <= _INLINE_LIMIT


def is_long(question: Question) -> bool:
    return question.type == "text" and bool(question.appearance & {"multiline", "textarea", "big-text"})


def choices_of(question: Question, form: Form) -> Sequence[Choice]:
    return form.choices.get(question.choice_list, ()) if question.kind.takes_list else ()


def ticks(
    choices: Sequence[Choice], chosen: frozenset[str] = frozenset(), *, rank: bool = False
) -> tuple[Inline, ...]:
    """The choices in a run, each on one line with its box (a short line for the rank), many of them in columns."""
    made = [_choice(choice, chosen, rank=rank) for choice in choices]
    widths = [natural_width((choice,)) for choice in made]
    columns = len(made) >= _COLUMNS_FROM and max(widths) <= 1.5 * sum(widths) / len(made)
    parts: list[Inline] = []
    for position, choice in enumerate(made):
        if position:
            parts.append(Gap(_BETWEEN + (max(widths) - widths[position - 1] if columns else 0)))
        parts.append(choice)
    return tuple(parts)


def _choice(choice: Choice, chosen: frozenset[str], *, rank: bool) -> Unbroken:
    label = plain(choice.label) or choice.name
    mark: Inline = Blank(16) if rank else Tick(_BOX, choice.name in chosen or label in chosen)
    return Unbroken((mark, Gap(_AFTER_BOX), Span(label, BODY)))


def answer_room(
    question: Question, form: Form, filled: str = "", previous: str = "", hint: str = ""
) -> Block:
    """What stands in the answer's cell.

    `filled` is printed as the answer, `previous` and `hint` small beside the room for it.
    """
    parts: list[Block] = [_room(question, form, filled)]
    if previous and not filled:
        unit = question.unit if question.unit and not previous.endswith(question.unit) else ""
        parts.append(small(f"上次：{previous} {unit}".rstrip()))
    if hint and is_long(question):
        parts.insert(0, small(hint))  # the pen begins below it
    elif hint:
        parts.append(small(hint))
    return Pile(tuple(parts)) if len(parts) > 1 else parts[0]


def _room(question: Question, form: Form, filled: str) -> Block:
    if is_ticked(question, form):
        return _tick_room(question, form, filled)
    if filled:
        unit = question.unit if question.unit and not filled.endswith(question.unit) else ""
        return text(filled + (f" {unit}" if unit else ""))
    if is_signature(question):
        return Frame(SIGN_HEIGHT, Signing(""))
    if is_long(question):
        return Frame(LINE_PITCH * _lines_of(question), Ruled(_lines_of(question)))
    return _short_room(question)


def _tick_room(question: Question, form: Form, filled: str) -> Block:
    if question.type == "acknowledge":
        return inline((Tick(_BOX, bool(filled)), Gap(3), Span("已确认", BODY)), _CHOICE_LEADING)
    chosen = frozenset(part.strip() for part in re.split(r"[、，,;；]|\s+", filled) if part.strip())
    choices, rank = choices_of(question, form), question.type == "rank"
    many = Unbroken((Span("（按先后写 1、2、3）" if rank else "（可多选）", SMALL),))
    parts = ticks(choices, chosen | {filled}, rank=rank)
    if max(natural_width((part,)) for part in parts) > _LINE:
        # Sentences, not words: one below the other, the second line under the first one's text.
        hanging = Setting(_CHOICE_LEADING - 3, indent=_BOX + _AFTER_BOX)
        lines: list[Block] = [Paragraph((part,), hanging) for part in parts if not isinstance(part, Gap)]
        return Pile((*lines, Paragraph((many,), hanging)) if question.kind.value == "many" else tuple(lines))
    if question.kind.value == "many":
        parts += (Gap(10), many)
    return Paragraph(parts, Setting(_CHOICE_LEADING))


def _short_room(question: Question) -> Block:
    match question.kind.value:
        case "integer" | "decimal":
            scale = _scale(question)
            if scale:
                return Paragraph(ticks([Choice(step, step) for step in scale]), Setting(_CHOICE_LEADING))
            return _blanks(Blank(62), Span(f" {question.unit}" if question.unit else "", BODY))
        case "date":
            return _blanks(*_date_blanks(30, 17))
        case "time":
            return _blanks(Blank(20), Span(" 时 ", BODY), Blank(20), Span(" 分", BODY))
        case "dateTime":
            hours = (Gap(6), Blank(17), Span(" 时 ", BODY), Blank(17), Span(" 分", BODY))
            return _blanks(*_date_blanks(30, 17), *hours)
        case "file":
            return _blanks(
                Tick(_BOX), Gap(4), Span("现场已拍摄或已收取，共 ", BODY), Blank(24), Span(" 份", BODY)
            )
        case _:
            return Frame(LINE_PITCH - 5, Ruled(0))


def _blanks(*parts: Inline) -> Paragraph:
    """Blanks with room above them for the pen."""
    return Paragraph((Unbroken(parts),), Setting(_CHOICE_LEADING))


def _date_blanks(year: float, other: float) -> list[Inline]:
    return [
        Blank(year), Span(" 年 ", BODY), Blank(other), Span(" 月 ", BODY), Blank(other), Span(" 日", BODY),
    ]  # fmt: skip


def _lines_of(question: Question) -> int:
    """How many lines: what the author asked for (`rows`), or by how much may be written."""
    asked = question.parameters.get("rows", "")
    if asked.isdigit() and int(asked):
        return min(int(asked), 12)
    limit = re.search(r"string-length\(\s*\.\s*\)\s*<=?\s*(\d+)", question.constraint)
    return 2 if limit and int(limit.group(1)) <= 500 else 3


def _scale(question: Question) -> list[str]:
    """The steps of a short range."""
    if question.type != "range":
        return []
    try:
        start, end, step = (Decimal(question.parameters.get(key, "")) for key in ("start", "end", "step"))
    except InvalidOperation:
        return []
    if step <= 0 or end < start or (end - start) / step >= _SCALE_LIMIT:
        return []
    return [f"{start + step * n:f}" for n in range(int((end - start) / step) + 1)]


def column_of_ticks(choices: Sequence[Choice]) -> float:
    """The width in which the choices take two lines at most."""
    each = (len(choices) + 1) // 2
    return max(natural_width(ticks(choices[n : n + each])) for n in range(0, len(choices), each))


def wanted_width(question: Question, form: Form) -> float:
    """The width the answer takes on one line."""
    if is_ticked(question, form):
        return natural_width(ticks(choices_of(question, form))) if question.type != "acknowledge" else 60.0
    match question.kind.value:
        case "integer" | "decimal":
            return 75 + 11 * len(question.unit)
        case "date":
            return 125.0
        case "dateTime":
            return 230.0
        case "time":
            return 80.0
        case _:
            return 100.0
