"""Several forms in one visit: which there are to fill, how their drafts are kept, and a returned record filled again.

The draft of a visit is one row. Its state is that of the form the visit was begun with; under `more` stand the states
of the others, by form. So whatever carries a draft (the centre's care, another laptop) carries all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.issue import Issue
from app.domain.visit import PublishedForm, Record, Visit
from app.services.desk import Desk
from app.services.forms import QUICK_FORM, VISIT_FORM
from app.store.drafts import Draft
from forms.definition import Form, Question, Repeat
from forms.problems import AnswerError

if TYPE_CHECKING:
    from forms.filling import Entity, Filling

State = dict[str, Any]
"""One form's part of a draft: `filling`, `tables`, `section`, `typed`; of a further form its `version` too."""

PERSONAL_FORMS = frozenset({"integrity_self_check"})
"""Forms a person fills in about himself, seen by nobody else (domain.md §5 (d)): they are in no visit."""

METHOD_PATH = "/header/h6_method"
_HEADER = ("h3_date", "h5_person", "h5_position", "h5_phone", "h6_method", "h7_informed")
_ROW = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class FormOffer:
    """A published form that can be filled on a visit, in its newest version."""

    form_id: str
    version: str
    title: str


def offered(desk: Desk) -> list[FormOffer]:
    """The newest version of every published form but the personal ones; those of ordinary visits first."""
    newest: dict[str, PublishedForm] = {}
    for document in desk.store.of_kind(PublishedForm.kind):
        form = PublishedForm.of(document)
        known = newest.get(form.form_id)
        if form.form_id not in PERSONAL_FORMS and (
            known is None or (known.published_at, known.version) < (form.published_at, form.version)
        ):
            newest[form.form_id] = form
    first = {VISIT_FORM: 0, QUICK_FORM: 1}
    forms = sorted(newest.values(), key=lambda form: (first.get(form.form_id, 2), form.form_id))
    return [FormOffer(form.form_id, form.version, form.title) for form in forms]


# ---------------------------------------------------------------- drafts


def states_of(visit: Visit, kept: Draft) -> dict[str, State]:
    """The states in a visit's draft by form, the one it was begun with first."""
    main = {name: value for name, value in kept.state.items() if name != "more"}
    return {visit.form_id: main, **kept.state.get("more", {})}


def whole_state(visit: Visit, states: Mapping[str, State]) -> State:
    """What is kept in the draft's row; the reverse of `states_of`."""
    more = {form_id: state for form_id, state in states.items() if form_id != visit.form_id}
    main = dict(states[visit.form_id])
    return {**main, "more": more} if more else main


def state_of(
    saved: Mapping[str, Any], tables: Any, section: str, typed: Any, version: str | None = None
) -> State:
    """One form's part, as plain values, enough to go on with it on another laptop."""
    state = {
        "filling": dict(saved),
        "tables": {name: list(rows) for name, rows in tables.items()},
        "section": section,
        "typed": {path: list(pair) for path, pair in (typed or {}).items()},
    }
    return state if version is None else {**state, "version": version}


# ---------------------------------------------------------------- what is known already


def take_header(filling: Filling, known: Filling) -> None:
    """What the head of another form of the same visit says is not asked twice (domain.md §2.12: 一次采集多表复用)."""
    there, asked = set(known.walk()), set(filling.walk())
    for name in _HEADER:
        path = f"/header/{name}"
        if path in there and path in asked and known.get(path) is not None:
            _try_to_set(filling, path, known.get(path))


def take_method(filling: Filling, method: str | None) -> None:
    """How one goes was said when the visit was planned or begun."""
    if method and METHOD_PATH in set(filling.walk()):
        _try_to_set(filling, METHOD_PATH, method)


def counting_tables(form: Form) -> frozenset[str]:
    """The tables by whose rows repeats of the form are counted."""
    text = " ".join(item.repeat_count for item in form.walk() if isinstance(item, Repeat))
    return frozenset(re.findall(r"instance\('([^']+)'\)", text))


def fill_from(filling: Filling, record: Record) -> dict[str, tuple[str, str]]:
    """Answer a fresh filling as a record says. Gives path → (text, message) of what can no longer be an answer."""
    lost: dict[str, tuple[str, str]] = {}
    for path, value in record.values.items():
        _make_rows(filling, path)
        question = filling.form.find(_ROW.sub("", path))
        if not isinstance(question, Question) or not question.kind.asked:
            continue
        message = _try_to_set(filling, path, tuple(value) if isinstance(value, list) else value)
        if message and path in set(filling.walk()):
            lost[path] = (str(value), message)
    for path in list(filling.walk()):
        node = filling.node(path)
        empty = path not in record.values and node.value is not None and node.relevant
        if empty and isinstance(node.item, Question) and node.item.kind.asked:
            # A default that had been cleared.
            _try_to_set(filling, path, None)
    return lost


def _make_rows(filling: Filling, path: str) -> None:
    for match in _ROW.finditer(path):
        repeat = path[: match.start()]
        item = filling.form.find(_ROW.sub("", repeat))
        if isinstance(item, Repeat) and not item.repeat_count:
            while len(filling.rows(repeat)) < int(match[1]):
                filling.add(repeat)


def _try_to_set(filling: Filling, path: str, value: Any) -> str:
    """Empty where it was taken, else why not."""
    try:
        filling.set(path, value)
    except AnswerError as error:
        return str(error.message)
    return ""


# ---------------------------------------------------------------- the same difficulty again


def row_of(form_id: str, entity: Entity) -> str:
    """Where an issue was written down (`Visit.issue_rows`)."""
    return form_id + entity.path


def not_yet_raised(
    visit: Visit, raised: Sequence[Issue], found: Sequence[tuple[str, Entity]]
) -> list[tuple[str, Entity]]:
    """Of the difficulties (row, entity) of a visit handed in again, those no issue stands for yet: by title, and where
    a title was put right, by the row it stood in. An issue has its own way by now and is not altered from here."""
    left = list(raised)
    titles = {row: (entity.properties.get("title") or entity.label).strip() for row, entity in found}
    new = []
    for row, entity in found:
        same = next((issue for issue in left if issue.title.strip() == titles[row]), None)
        if same is None:
            new.append((row, entity))
        else:
            left.remove(same)
    still_new = []
    for row, entity in new:
        same = next((issue for issue in left if issue.id == visit.issue_rows.get(row)), None)
        if same is None:
            still_new.append((row, entity))
        else:
            left.remove(same)
    return still_new
