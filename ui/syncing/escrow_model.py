"""What 代管 shows: cards of what former colleagues left, and a draft of theirs to be read."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.changes import Change
from app.domain.enterprise import Enterprise
from app.domain.escrow import DRAFTS
from app.domain.visit import Visit
from app.services import escrow, words
from app.services.desk import Desk
from forms.definition import Form, Question
from ui.filling import answers
from ui.syncing.words import change_word, field_word, kind_word, value_text


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One kept change: what, what it says, when. `draft`: it can be read. `alone`: it can be put aside without the
    others of its card."""

    mid: str
    what: str
    text: str
    made: str
    draft: bool
    alone: bool


@dataclass(frozen=True, slots=True)
class EscrowCardLine:
    """One card. `enterprise` is set where its content has to be fetched first. `why_not`: who else may take it."""

    id: str
    title: str
    remark: str
    rows: tuple[KeptRow, ...]
    fetch: str | None
    take_word: str
    why_not: str
    may_discard: bool


@dataclass(frozen=True, slots=True)
class DraftText:
    """A kept draft, to be read: (section, ((question, answer), …)) for everything that was answered."""

    mid: str
    sections: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def lines(desk: Desk) -> tuple[EscrowCardLine, ...]:
    """The cards, the oldest first."""
    return tuple(_line(desk, found) for found in escrow.listing(desk))


def _line(desk: Desk, found: escrow.EscrowLine) -> EscrowCardLine:
    told = words.moment_near(found.at, desk.clock())
    title = " · ".join(part for part in (found.enterprise_name, kind_word(found.target_kind)) if part)
    remark = f"{found.author_name} 不再负责这家企业，{told} 交到中心，共 {found.changes} 项"
    if not found.held:
        return EscrowCardLine(found.id, title, remark, (), found.enterprise, "", "", False)
    why_not = "" if found.may_take else "走访要由这家企业的联络员接收；您可以先看，不需要的可以放弃。"
    return EscrowCardLine(
        id=found.id,
        title=title,
        remark=remark,
        rows=_rows(desk, found.kept),
        fetch=None,
        take_word=("接收，接着填" if found.draft else "接收") if found.may_take else "",
        why_not=why_not,
        may_discard=found.may_discard,
    )


def _rows(desk: Desk, kept: tuple[escrow.KeptLine, ...]) -> tuple[KeptRow, ...]:
    """What there is to read. That a visit was begun goes without saying where it was written on."""
    visits = [one for one in kept if one.change.doc[0] == Visit.kind]
    shown = [one for one in kept if not (one.change.name == "visit.start" and len(visits) > 1)]
    return tuple(_row(desk, one, alone=len(kept) > 1 and one not in visits) for one in shown)


def _row(desk: Desk, kept: escrow.KeptLine, *, alone: bool) -> KeptRow:
    change = kept.change
    made = words.moment_near(kept.made, desk.clock())
    return KeptRow(kept.mid, change_word(change), _text(change, kept), made, change.name in DRAFTS, alone)


def _text(change: Change, kept: escrow.KeptLine) -> str:
    """What a change says, for somebody who was not there."""
    if change.name == "patch" and change.doc[0] == Enterprise.kind:
        return "；".join(
            f"{field_word(name)}：{value_text(name, old)} → {value_text(name, new)}"
            for name, (old, new) in kept.fields.items()
        )
    if change.name == "put":
        new = {name: pair[1] for name, pair in kept.fields.items()}
        return str(new.get("caption") or new.get("file_name") or new.get("name") or "")
    if change.name == "visit.submit":
        issues = [str(issue.get("title", "")) for issue in change.args.get("issues", ())]
        return f"诉求 {len(issues)} 件：{'；'.join(issues)}" if issues else "没有诉求"
    for name in ("title", "reason", "requirement"):
        if change.args.get(name):
            return str(change.args[name])
    if change.doc[0] == Visit.kind:
        return ""
    return "、".join(field_word(name) for name in kept.fields)


def read(desk: Desk, id: str, mid: str) -> DraftText:
    """The answers of a kept draft as a person reads them, section by section, and what could not be read as such."""
    reading = escrow.read_draft(desk, id, mid)
    filling = reading.filling
    sections: dict[str, list[tuple[str, str]]] = {}
    for path in filling.walk():
        node = filling.node(path)
        question = node.item
        if not isinstance(question, Question) or not node.relevant or not question.kind.asked:
            continue
        text = reading.typed.get(path) or answers.shown(
            filling.form, question, filling.get(path), node.choices
        )
        if text:
            sections.setdefault(_section(filling.form, path), []).append((node.label or question.name, text))
    return DraftText(mid, tuple((name, tuple(rows)) for name, rows in sections.items()))


def _section(form: Form, path: str) -> str:
    item = form.find("/" + path.split("/")[1].partition("[")[0])
    return item.label if item is not None else ""
