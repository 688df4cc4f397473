"""走访记录: a finished form as it was answered, the issues that arose, photos four to a page, signatures in place."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from app.printing.blocks import Block, Cell, Frame, NewPage, Row, Space, Table
from app.printing.ink import SHADE
from app.printing.issue_table import issue_table
from app.printing.models import Printed, VisitRecord
from app.printing.page import Book, Running, digest_of
from app.printing.paragraph import Inline, Paragraph, Setting, Span, natural_width
from app.printing.pen_cells import is_long, is_signature
from app.printing.photos import photo_blocks, signature
from app.printing.styles import (
    ACROSS,
    BODY,
    LABEL,
    LABEL_SHARE,
    SMALL,
    TIGHT,
    WIDTH,
    band,
    body_row,
    head_row,
    pairs,
    subheading,
    text,
    title,
)
from app.printing.wording import Wording, concrete, day, moment, number, plain
from forms.definition import Form, Group, Item, Question, Repeat

NAME = "走访记录"
NOTHING: Final = "—"
_SIGN: Final = 56.0
_HALF: Final = WIDTH * (0.5 - LABEL_SHARE) - 2 * ACROSS
_ROW_OF = re.compile(r"(.*)\[(\d+)\]$")
_INDEXES = re.compile(r"\[\d+\]")


def print_visit_record(
    path: Path,
    record: VisitRecord,
    *,
    further: Sequence[VisitRecord] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Printed:
    """Write the record as a PDF, the visit's `further` forms after it. KnownError where the file cannot be written.

    A photo or a signature that cannot be opened is named in `problems`; the rest is printed.
    """
    book = Book(f"{record.enterprise} {NAME}")
    problems: list[str] = []
    for one in (record, *further):
        answered = AnsweredForm(one)
        blocks = [*_opening(one), *_changes(one), *answered.blocks(), *_issues(one)]
        photos, damaged = photo_blocks(list(one.photos))
        if photos:
            blocks += [NewPage(), band("现场照片", f"共 {len(one.photos)} 张"), *photos]
        book.add(_running(one), blocks)
        problems += [*answered.problems, *damaged]
    return replace(book.save(path, progress), problems=tuple(problems))


def _running(record: VisitRecord) -> Running:
    form = record.form
    content = json.dumps(
        [sorted(record.relevant), dict(record.values)], ensure_ascii=False, sort_keys=True, default=str
    )
    return Running(
        name=f"{NAME}　{record.enterprise}",
        number=record.number,
        form=f"表单 {form.form_id}　版本 {form.version}",
        notice=record.notice,
        digest=record.digest[:12] or digest_of(record.number, form.form_id, form.version, content),
    )


def _opening(record: VisitRecord) -> list[Block]:
    facts = [
        ("企业名称", record.enterprise),
        ("信用代码", record.credit_code or NOTHING),
        ("走访人", "、".join(name for name in (record.officer, record.companions) if name)),
        ("走访时间", _span(record.begun, record.ended) or NOTHING),
    ]
    if record.method:
        facts.append(("走访方式", record.method))
    return [title(NAME), text(record.form.title, BODY, 18, "center"), Space(6), *pairs(facts), Space(10)]


def _changes(record: VisitRecord) -> list[Block]:
    """What is another than the last time the form was filled; nothing where it is the first."""
    if not record.since or not record.changes:
        return []
    shares = (0.4, 0.3, 0.3)
    heads = ("题目", f"上次（{record.since}）", "这次")
    rows = tuple(body_row(list(zip(change, shares, strict=True))) for change in record.changes)
    table = Table((head_row(list(zip(heads, shares, strict=True))),), rows)
    return [band("与上次走访相比", f"{len(record.changes)} 处不同"), table, Space(10)]


def _span(begun: dt.datetime | None, ended: dt.datetime | None) -> str:
    """2026年11月23日 9:30–10:45."""
    first, last = moment(begun), moment(ended)
    if not first or not last or first == last:
        return first or last
    begin_day, _, _ = first.partition(" ")
    end_day, _, end_time = last.partition(" ")
    return f"{first}–{end_time}" if begin_day == end_day else f"{first} 至 {last}"


def _issues(record: VisitRecord) -> list[Block]:
    if not record.issues:
        return []
    quiet = f"共 {len(record.issues)} 件"
    return [Space(10), band("本次走访产生的诉求", quiet), issue_table(record.issues)]


@dataclass(slots=True)
class AnsweredForm:
    """The answers of a form, section by section."""

    record: VisitRecord
    problems: list[str] = field(default_factory=list)
    _relevant: frozenset[str] = field(init=False)
    _texts: dict[str, str] = field(init=False)
    _known: frozenset[str] = field(init=False)
    _wording: Wording = field(init=False)

    def __post_init__(self) -> None:
        record = self.record
        self._relevant = frozenset(record.relevant)
        self._known = frozenset((record.enterprise, record.number, record.officer, record.credit_code))
        self._wording = Wording(record.form)
        self._texts = {}
        for path, value in record.values.items():
            question = record.form.find(_INDEXES.sub("", path))
            if isinstance(question, Question):
                self._texts[path] = record.shown.get(path) or answer_text(question, value, record.form)

    def blocks(self) -> list[Block]:
        return self._items(self.record.form.items, "")

    def _items(self, items: Iterable[Item], row: str, under: str = "") -> list[Block]:
        blocks: list[Block] = []
        waiting: list[Question] = []
        for item in items:
            if isinstance(item, Question):
                if self._printed(item, row):
                    waiting.append(item)
                continue
            blocks += self._rows(waiting, row, under)
            waiting = []
            blocks += self._repeat(item, row) if isinstance(item, Repeat) else self._group(item, row, under)
        return blocks + self._rows(waiting, row, under)

    def _printed(self, question: Question, row: str) -> bool:
        path = concrete(question.path, row)
        answer = self._texts.get(path, "")
        if question.type == "note":
            return False  # a note tells the person who fills in the form what to do
        if not question.kind.asked:
            # A numbered calculation is part of the record, whatever stood on the sheet for the pen.
            numbered = bool(question.code and question.label) and not question.kind.metadata
            return numbered and bool(answer) and answer not in self._known
        return (
            path in self._relevant and bool(question.label) and (question.print != "hidden" or bool(answer))
        )

    def _group(self, group: Group, row: str, under: str) -> list[Block]:
        inner = self._items(group.items, row, under)
        if not inner or not group.label:
            return inner
        if group.path.count("/") == 1:
            return [band(plain(group.label)), *inner]
        return [subheading(_label_parts(group.code, plain(group.label))), *inner]

    # ---- single answers

    def _rows(self, questions: Sequence[Question], row: str, under: str) -> list[Block]:
        blocks: list[Block] = []
        position = 0
        while position < len(questions):
            pair = tuple(questions[position : position + 2])
            if len(pair) == 2 and (all(map(is_signature, pair)) or all(self._short(q, row) for q in pair)):
                blocks.append(self._row(pair, row, under))
                position += 2
            else:
                blocks.append(self._row(pair[:1], row, under))
                position += 1
        return blocks

    def _short(self, question: Question, row: str) -> bool:
        if is_long(question) or is_signature(question):
            return False
        words = self._texts.get(concrete(question.path, row), "")
        return "\n" not in words and natural_width((Span(words, BODY),)) <= _HALF

    def _row(self, questions: tuple[Question, ...], row: str, under: str) -> Row:
        cells: list[Cell] = []
        for question in questions:
            code = question.code if question.code != under else ""
            label = Paragraph(_label_parts(code, self._label(question, row)), Setting(TIGHT))
            cells.append(Cell(label, LABEL_SHARE, SHADE))
            cells.append(Cell(self._answer(question, row), 1 / len(questions) - LABEL_SHARE))
        return Row(tuple(cells), least=_SIGN if is_signature(questions[0]) else 20)

    def _label(self, question: Question, row: str) -> str:
        path = concrete(question.path, row)
        if path in self.record.labels:
            return plain(self.record.labels[path])
        return self._wording.filled(question.label, self._texts, row) or plain(question.label)

    def _answer(self, question: Question, row: str) -> Block:
        path = concrete(question.path, row)
        if is_signature(question) and path in self.record.signatures:
            found = signature(self.record.signatures[path])
            if found is not None:
                return Frame(_SIGN - 8, found)
            name = self.record.signatures[path].name
            self.problems.append(f"“{self._label(question, row)}”的签名图片（{name}）打不开，没有印出来。")
            return text("签名图片打不开")
        return text(self._texts.get(path) or NOTHING)

    # ---- repeats

    def _repeat(self, repeat: Repeat, row: str) -> list[Block]:
        base = concrete(repeat.path, row)
        paths = self._row_paths(base)
        heading = subheading(_label_parts(repeat.code, plain(repeat.label or repeat.name)))
        if not paths:
            return []
        columns = [q for q in self._flat(repeat.items) if any(self._printed(q, path) for path in paths)]
        lead = self._lead_notes(repeat)
        widths = [min(max(self._natural(q, paths), 52.0), 170.0) for q in columns]
        nested = any(isinstance(item, Repeat) for item in _inside(repeat.items))
        signed = any(is_signature(question) for question in columns)
        if nested or signed or sum(widths) + 30 + 120 * len(lead) > WIDTH:
            return [heading, *self._cards(repeat, paths, lead)]
        return [heading, self._table([*lead, *columns], [120.0] * len(lead) + widths, paths)]

    def _row_paths(self, base: str) -> list[str]:
        """The rows of a repeat, in order, as far as anything in them applied."""
        found = {
            int(match.group(1))
            for path in (*self._relevant, *self._texts)
            if path.startswith(base + "[") and (match := re.match(r"\[(\d+)\]/", path[len(base) :]))
        }
        return [f"{base}[{index}]" for index in sorted(found)]

    def _flat(self, items: Iterable[Item]) -> list[Question]:
        found: list[Question] = []
        for item in items:
            if isinstance(item, Question):
                found.append(item)
            elif not isinstance(item, Repeat):
                found += self._flat(item.items)
        return found

    def _lead_notes(self, repeat: Repeat) -> list[Question]:
        """Notes that name the row: which earlier issue it is about."""
        return [
            q
            for q in self._flat(repeat.items)
            if q.type == "note" and q.print != "hidden" and "${" in q.label
        ]

    def _natural(self, question: Question, paths: Sequence[str]) -> float:
        words = [self._texts.get(concrete(question.path, path), "") for path in paths]
        words.append(self._label(question, paths[0]))
        return max(natural_width((Span(word, BODY),)) for word in words) + 8

    def _table(self, columns: list[Question], widths: list[float], paths: Sequence[str]) -> Block:
        spare = WIDTH - 30 - sum(widths)
        shares = [30.0, *(width + spare * width / sum(widths) for width in widths)]
        heads = ["序号", *(self._label(q, paths[0]) if q.type != "note" else "事项" for q in columns)]
        rows = []
        for position, path in enumerate(paths, start=1):
            contents: list[str | Paragraph] = [text(str(position), BODY, TIGHT, "center")]
            for question in columns:
                if question.type == "note":
                    contents.append(self._label(question, path))
                else:
                    contents.append(self._texts.get(concrete(question.path, path)) or NOTHING)
            rows.append(body_row(list(zip(contents, shares, strict=True))))
        return Table((head_row(list(zip(heads, shares, strict=True))),), tuple(rows))

    def _cards(self, repeat: Repeat, paths: Sequence[str], lead: Sequence[Question]) -> list[Block]:
        cards: list[Block] = []
        for position, path in enumerate(paths, start=1):
            named = "　".join([f"第 {position} 条", *(self._label(note, path) for note in lead)])
            name = Row((Cell(text(named, LABEL), 1.0, SHADE),), above=2.5, keep_with_next=True)
            inner = self._items(repeat.items, path, repeat.code)
            rows = tuple(block for block in inner if isinstance(block, Row))
            cards += [Table((name,), rows)] if rows and len(rows) == len(inner) else [name, *inner]
        return cards


def answer_text(question: Question, value: object, form: Form) -> str:
    """An answer in words: labels of choices, numbers with their unit, dates in Chinese."""
    if value is None or value == "" or value == ():
        return ""
    words = _words(question, value, form)
    return f"{words} {question.unit}" if question.unit and words else words


def _words(question: Question, value: object, form: Form) -> str:
    kind = question.kind.value
    if kind in ("one", "many"):
        names = value.split() if isinstance(value, str) else value
        labels = {choice.name: plain(choice.label) for choice in form.choices.get(question.choice_list, ())}
        if kind == "one" and isinstance(value, str):
            names = [value]
        if not isinstance(names, (list, tuple)):
            names = [names]
        between = " → " if question.type == "rank" else "、"
        return between.join(labels.get(str(name)) or str(name) for name in names)
    if question.type == "acknowledge":
        return "已确认"
    if question.type == "image":
        return "见所附照片"
    if kind in ("integer", "decimal", "calculated"):
        # A year has no unit and no separators; an amount has both.
        return number(value) if question.unit or "thousands-sep" in question.appearance else str(value)
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, dt.date):
        return day(value)
    return _date_words(kind, str(value))


def _date_words(kind: str, value: str) -> str:
    """Dates arrive as ISO text from a finished filling; other text stands as it is."""
    try:
        if kind == "date":
            return day(dt.date.fromisoformat(value))
        if kind == "dateTime":
            return moment(dt.datetime.fromisoformat(value))
        if kind == "time":
            return dt.time.fromisoformat(value).strftime("%H:%M")
    except ValueError:
        return value
    return value


def _inside(items: Iterable[Item]) -> list[Item]:
    found: list[Item] = []
    for item in items:
        found.append(item)
        if isinstance(item, Group):
            found += _inside(item.items)
    return found


def _label_parts(code: str, label: str) -> tuple[Inline, ...]:
    return (Span(code + " ", SMALL), Span(label, LABEL)) if code else (Span(label, LABEL),)
