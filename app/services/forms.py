"""The published forms this laptop holds, read once and kept."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

from app.domain.visit import PublishedForm
from app.errors import KnownError
from app.services.desk import Desk
from app.store.database import Store
from forms.definition import Form

VISIT_FORM = "visit_three"
"""三问三帮三建走访清单, the form of an ordinary visit (domain.md §1, 07)."""
QUICK_FORM = "visit_three_quick"
"""速记版: its ★ questions alone, for ten minutes in a factory (domain.md §5 (a)); the same paths."""
VISIT_FORMS = frozenset({VISIT_FORM, QUICK_FORM})

_lock = threading.Lock()
_read: WeakKeyDictionary[Store, dict[str, Form]] = WeakKeyDictionary()


def latest(desk: Desk, form_id: str) -> PublishedForm:
    """The newest published version. KnownError where none has come from the centre."""
    published = [
        PublishedForm.of(document)
        for document in desk.store.of_kind(PublishedForm.kind)
        if document.body.get("form_id") == form_id
    ]
    if not published:
        raise KnownError("no_form", "本机还没有走访表单。请联网同步一次；仍没有时请联系管理员发布表单。")
    return max(published, key=lambda form: (form.published_at, form.version))


def form_of(desk: Desk, form_id: str, version: str) -> Form:
    """The definition answers were given to; a published version never changes, so it is read once."""
    id = f"{form_id}@{version}"
    with _lock:
        kept = _read.setdefault(desk.store, {})
        if id in kept:
            return kept[id]
    # The desk shows its first page before it reads a form.
    from forms.workbook import read_form_text

    document = desk.store.get(PublishedForm.kind, id)
    if document is None:
        raise KnownError("no_form", f"本机没有表单 {form_id} 的 {version} 版。请联网同步一次再打开。")
    reading = read_form_text(PublishedForm.of(document).source, name=id)
    if reading.form is None:
        first = reading.problems[0].message if reading.problems else ""
        raise KnownError(
            "bad_form", f"表单 {form_id} 的 {version} 版读不出来：{first}。请联系管理员重新发布。"
        )
    with _lock:
        kept[id] = reading.form
    return reading.form
