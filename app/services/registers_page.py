"""One entry of a register: its answers as they were given, its versions, the steps it went and may go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from app.domain.clock import from_text
from app.domain.record import Record, RecordStep, by_name
from app.domain.record_facts import entry_row
from app.domain.record_lamps import advices, lamps
from app.domain.record_steps import (
    INTEGRITY,
    LAND_YIELD,
    REASONS,
    STAGE_WORDS,
    STEPS,
    Step,
    stage_of,
    steps_from,
)
from app.domain.record_yield import against_lines
from app.errors import KnownError
from app.services import words
from app.services.attachments import AttachmentLine, of_record
from app.services.desk import Desk
from app.services.forms import form_of
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind
from app.services.projects_reporting import tell_project
from app.services.registers_filling import entry_of
from app.services.registers_forms import plain
from app.services.registers_grading import line_text, schemes
from app.services.registers_table import WRITERS
from app.services.visit_changes import Difference, differences
from forms.definition import Form, Group, Question, Repeat

_INDEXES = re.compile(r"\[\d+\]")
_UNREAD = frozenset({"note", "image", "audio", "video", "file", "acknowledge", "hidden"})
WITHDRAW = "withdraw"
UNTIL_DAYS = 15
"""【默】 A deadline is suggested so many days on."""


@dataclass(frozen=True, slots=True)
class Section:
    """One group of the form: label and text of what was answered in it."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A former version: who wrote it when, why it was altered, and how the next one differs."""

    number: int
    told: str
    reason: str
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done with the entry now."""

    code: str
    word: str


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Everything the page shows of an entry. `hints` are sentences worth a look, each with its light."""

    record: Record
    title: str
    stage_word: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    steps: tuple[str, ...]
    versions: tuple[VersionLine, ...]
    files: tuple[AttachmentLine, ...]
    actions: tuple[Action, ...]
    may_amend: bool
    entry: Mapping[str, Any]
    hints: tuple[tuple[str, str], ...] = ()
    """(tone, sentence): what is late on either side, advice to the author; red ones first."""


def page(desk: Desk, id: str) -> RecordPage:
    """KnownError where the entry is not here whole."""
    document, record = entry_of(desk, id)
    form = form_of(desk, record.form_id, record.form_version)
    may = bool(desk.signed_in().actor.roles & WRITERS) and record.withdrawn_at is None
    actions = [Action(code, step.word) for code, step in steps_from(record).items() if may and _offered(code)]
    if may:
        actions.append(Action(WITHDRAW, "作废"))
    row = entry_row(document.body)
    return RecordPage(
        record=record,
        title=record.title or record.enterprise_name or form.title,
        stage_word=STAGE_WORDS.get(record.ledger or "", {}).get(stage_of(record), ""),
        facts=_facts(form, record),
        sections=sections(form, record),
        steps=tuple(step_text(record, step) for step in reversed(record.steps or [])),
        versions=_versions(desk, record),
        files=tuple(of_record(desk, id)),
        actions=tuple(actions),
        may_amend=may,
        entry=row,
        hints=() if record.withdrawn_at else tuple(_hints(desk, record, row)),
    )


def _hints(desk: Desk, record: Record, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    ledger, facts = record.ledger or "", row.get("facts", {})
    found = [
        (lamp.tone, f"{lamp.side}：{lamp.text}")
        for lamp in lamps(ledger, facts, str(row.get("stage", "")), desk.today, desk.calendar)
    ]
    if ledger == INTEGRITY:
        found += [("red", text) for text in advices(by_name(record.values))]
    if ledger == LAND_YIELD and schemes(desk):
        lines = against_lines(facts, schemes(desk)[0])
        found += [
            ("red" if one.met is False else "green", line_text(one)) for one in lines if one.value is not None
        ]
    return found


def _offered(code: str) -> bool:
    """Grades are given to many at once."""
    return code != "graded"


def _facts(form: Form, record: Record) -> tuple[tuple[str, str], ...]:
    made = words.moment(from_text(record.made_at)) if record.made_at else "—"
    rows = [
        ("企业", record.enterprise_name or "—"),
        ("编号", record.number or "—"),
        ("日期", words.day_of_text(record.day)),
        ("填表人", f"{record.made_by_name}，{made}"),
        ("表单", f"{form.title}，{record.form_version} 版"),
        ("版次", f"第 {record.version} 版"),
    ]
    if record.altered_at:
        rows.append(("改表人", f"{record.altered_by_name}，{words.moment(from_text(record.altered_at))}"))
    if record.withdrawn_at:
        rows.append(("作废", f"{record.withdrawn_by_name}：{record.withdrawn_reason}"))
    return tuple(rows)


# ---------------------------------------------------------------- the answers


def sections(form: Form, record: Record) -> tuple[Section, ...]:
    """The answers by the form's groups, rows of repeats numbered; what was not answered is left out."""
    found = []
    for item in form.items:
        if not isinstance(item, Group) or item.name == "header":
            continue
        rows = tuple(_rows(form, record, item, item.path))
        if rows:
            found.append(Section(item.label or form.title, rows))
    loose = tuple(
        row
        for item in form.items
        if isinstance(item, Question)
        for row in _row(form, record, item, item.path)
    )
    return (*((Section(form.title, loose),) if loose else ()), *found)


def _rows(form: Form, record: Record, group: Group, path: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for item in group.items:
        below = f"{path}/{item.name}"
        if isinstance(item, Repeat):
            rows += _repeat_rows(form, record, item, below)
        elif isinstance(item, Group):
            rows += _rows(form, record, item, below)
        else:
            rows += _row(form, record, item, below)
    return rows


def _repeat_rows(form: Form, record: Record, repeat: Repeat, path: str) -> list[tuple[str, str]]:
    start = path + "["
    numbers = sorted(
        {int(name[len(start) :].partition("]")[0]) for name in record.values if name.startswith(start)}
    )
    found = []
    for number in numbers:
        inner = _rows(form, record, repeat, f"{path}[{number}]")
        text = "；".join(f"{label}：{value}" for label, value in inner)
        found.append((f"{repeat.label or repeat.name} {number}", text or "—"))
    return found


def _row(form: Form, record: Record, question: Question, path: str) -> list[tuple[str, str]]:
    value = record.values.get(path)
    computed = question.type == "calculate" and not (question.unit or question.register)
    if value in (None, "", []) or question.type in _UNREAD or question.kind.metadata or computed:
        return []
    label = record.labels.get(path, question.label)
    if not label or "${" in label:
        return []
    return [(label, record.shown.get(path) or _text(form, question, value))]


def _text(form: Form, question: Question, value: Any) -> str:
    names = value if isinstance(value, list) else [value]
    choices = {choice.name: choice.label for choice in form.choices.get(question.choice_list, ())}
    text = "、".join(choices.get(str(name), str(name)) for name in names)
    if question.type in ("integer", "decimal", "calculate") and question.unit not in ("年", ""):
        try:
            text = plain(Decimal(text))
        except InvalidOperation:
            return text
    return f"{text} {question.unit}" if question.unit else text


def _versions(desk: Desk, record: Record) -> tuple[VersionLine, ...]:
    """The former versions, the last one first."""
    former = record.former or []
    if not former:
        return ()
    after = [(one.form_version, one.values, one.shown) for one in former[1:]]
    after.append((record.form_version, record.values, record.shown))
    found = []
    for number, (one, (version, values, shown)) in enumerate(zip(former, after, strict=True), start=1):
        form = form_of(desk, record.form_id, version)
        told = f"{one.by_name}，{words.moment(from_text(one.at))}，表单 {one.form_version} 版"
        changed = tuple(differences(form, one.values, values, one.shown, shown))
        found.append(VersionLine(number, told, one.reason or "", changed))
    return tuple(reversed(found))


# ---------------------------------------------------------------- steps


def step_text(record: Record, step: RecordStep) -> str:
    """One step as a sentence: `11月22日 授信 300 万元，工商银行。王敏`."""
    table = STEPS.get(record.ledger or "", {})
    word = table[step.step].word if step.step in table else step.step
    parts = [f"{words.day_of_text(step.day)} {word}"]
    if step.amount_fen:
        parts.append(f"{plain(Decimal(step.amount_fen) / 1_000_000)} 万元")
    if step.result:
        parts.append(f"{step.result} 档，{step.score} 分（{step.scheme}）")
    known = REASONS.get(record.ledger or "", {})
    parts += [step.party or "", "、".join(known.get(one, one) for one in step.reasons), step.text or ""]
    if step.until:
        parts.append(f"期限 {words.day_of_text(step.until)}")
    if step.special_by:
        parts.append(f"{step.special_by}特批：{step.special_reason}")
    return f"{'，'.join(part for part in parts if part)}。{step.by_name}"


def form_for(desk: Desk, id: str, code: str) -> ActionForm:
    """The form of a step as data. KnownError where it may not be gone now."""
    if code == WITHDRAW:
        return ActionForm(
            WITHDRAW,
            "作废这一条",
            (Field("reason", "原因", required=True, most=200),),
            "作废后不再计入合计，内容和进展仍可查看。",
        )
    _, record = entry_of(desk, id)
    step = steps_from(record).get(code)
    if step is None:
        raise KnownError("step", "这一步现在不能记，可能别人刚记过。请刷新后再看。")
    return ActionForm(code, f"记「{step.word}」", _fields(record, step, desk.today.isoformat()))


def _fields(record: Record, step: Step, today: str) -> tuple[Field, ...]:
    found = [Field("day", "日期", FieldKind.DATE, required=True, default=today)]
    asked = step.fields

    def add(name: str, field: Field) -> None:
        if name in asked:
            found.append(field)

    needs = step.needs
    add("amount", Field("amount", f"{step.amount}（万元）", required="amount" in needs, most=16))
    add("party", Field("party", step.party, required="party" in needs, most=200))
    reasons = tuple(Choice(code, name) for code, name in REASONS.get(record.ledger or "", {}).items())
    add("reasons", Field("reasons", "原因", FieldKind.MANY, required="reasons" in needs, choices=reasons))
    if "until" in needs:
        later = (date.fromisoformat(today) + timedelta(days=UNTIL_DAYS)).isoformat()
        add("until", Field("until", step.until, FieldKind.DATE, required=True, default=later))
    else:
        add("until", Field("until", step.until, hint="没有可以空着；写成 2026-12-31", most=10))
    add("text", Field("text", step.text, FieldKind.LONG, required="text" in needs, most=1000))
    if "special" in needs:
        found.append(Field("special_by", "特批的主要领导", required=True, most=40))
        found.append(
            Field(
                "special_reason", "特批理由", FieldKind.LONG, required=True, most=300,
                hint="前一步还没有留痕，要写明为什么不能等",
            )
        )  # fmt: skip
    return tuple(found)


def take_step(desk: Desk, id: str, code: str, args: Mapping[str, Any]) -> None:
    """Write down a step as its form was filled. Refusal with its reason where it may not be."""
    if code == WITHDRAW:
        withdraw(desk, id, str(args.get("reason") or ""))
        return
    given = {name: value for name, value in args.items() if value not in (None, "", [], ())}
    amount = given.pop("amount", None)
    if amount is not None:
        given["amount_fen"] = _fen(str(amount))
    if "until" in given:
        given["until"] = _day(str(given["until"]))
    document, _ = entry_of(desk, id)
    desk.make(desk.change("record.step", document.bucket, Record.kind, id, {"step": code, **given}))


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text.strip().replace("/", "-").replace(".", "-")).isoformat()
    except ValueError:
        raise KnownError("day", f"「{text}」不是日期，请写成 2026-12-31 这样。") from None


def _fen(text: str) -> int:
    try:
        value = Decimal(text.replace(",", "").replace("，", "").strip()) * 1_000_000
    except InvalidOperation:
        raise KnownError("amount", "金额请填数字，单位是万元，例如 300 或 12.5。") from None
    if not value.is_finite() or value <= 0 or value > Decimal(10) ** 15:
        raise KnownError("amount", "金额要大于 0，单位是万元。请核对后再记。")
    return int(value.to_integral_value(ROUND_HALF_UP))


def withdraw(desk: Desk, id: str, reason: str) -> None:
    """作废, with the reason."""
    document, record = entry_of(desk, id)
    with desk.store.write():
        desk.make(desk.change("record.withdraw", document.bucket, Record.kind, id, {"reason": reason}))
        tell_project(desk, record.ledger, id, record.values)
