"""The small forms of 改后重报: what was turned down, as it was written, to be put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.errors import KnownError
from app.services.desk import Desk
from app.services.refused import (
    Again,
    DispatchAgain,
    FieldsAgain,
    IssueAgain,
    PutAgain,
    ReasonAgain,
)
from ui import theme
from ui.issues.dispatch_form import DispatchForm, Mode
from ui.issues.presenter import IssuesPresenter
from ui.issues.resubmit_form import ResubmitForm
from ui.syncing.long_edit import LongEdit, value_edit
from ui.syncing.words import can_write, field_word, read_value, value_text, written_text
from ui.widgets.label import label
from ui.work import Runner

MOST_REASON = 500


class Wrong(Exception):
    """What is written cannot be sent: `text` says what to do, `field` is where."""

    def __init__(self, field: QWidget, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


class AgainForm(QWidget):
    """`sent` when somebody says in the form itself that he is done."""

    sent = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(theme.GRID // 2)

    def first(self) -> QWidget:
        """What gets the keyboard."""
        raise NotImplementedError

    def value(self) -> dict[str, Any]:
        """As `refused.resend` takes it. Raises Wrong."""
        raise NotImplementedError


class FieldsForm(AgainForm):
    """Fields of a document; lists and tables among them go as they were."""

    def __init__(self, again: FieldsAgain | PutAgain) -> None:
        super().__init__()
        self._wanted = dict(again.values)
        present: Mapping[str, Any] = again.present if isinstance(again, FieldsAgain) else {}
        self.fields = {
            name: value_edit(written_text(name, value), field_word(name))
            for name, value in again.values.items()
            if can_write(value)
        }
        for name, field in self.fields.items():
            now = f"（现在是 {value_text(name, present[name])}）" if name in present else ""
            self.body.addWidget(label(f"{field_word(name)}{now}", "tablequiet"))
            self.body.addWidget(field)
            field.returnPressed.connect(self.sent)
        if not self.fields:
            self.body.addWidget(label("没有要改的，照原样再报一次。", "tablequiet"))

    def first(self) -> QWidget:
        return next(iter(self.fields.values()), self)

    def value(self) -> dict[str, Any]:
        values = dict(self._wanted)
        for name, field in self.fields.items():
            try:
                values[name] = read_value(name, field.text(), like=self._wanted[name])
            except KnownError as error:
                raise Wrong(field, error.text) from error
        return values


class IssueForm(AgainForm):
    """The words of a returned issue."""

    def __init__(self, again: IssueAgain) -> None:
        super().__init__()
        self.form = ResubmitForm()
        self.form.show_issue(again.issue)
        self.body.addWidget(self.form)

    def first(self) -> QWidget:
        return self.form.title

    def value(self) -> dict[str, Any]:
        title, description, expectation = self.form.value()
        if not title:
            raise Wrong(self.form.title, "请写上标题。")
        return {"title": title, "description": description, "expectation": expectation}


class ReasonForm(AgainForm):
    """Why an issue is sent back."""

    def __init__(self, again: ReasonAgain) -> None:
        super().__init__()
        self.field = LongEdit(again.reason)
        self.field.setAccessibleName("退回原因")
        self.field.returnPressed.connect(self.sent)
        self.body.addWidget(label("退回原因", "tablequiet"))
        self.body.addWidget(self.field)

    def first(self) -> QWidget:
        return self.field

    def value(self) -> dict[str, Any]:
        reason = self.field.text().strip()
        if not reason:
            raise Wrong(self.field, "请写明缺什么，联络员照着补正。")
        if len(reason) > MOST_REASON:
            raise Wrong(self.field, f"退回原因最多 {MOST_REASON} 字，现在是 {len(reason)} 字，请写短一些。")
        return {"reason": reason}


class DispatchAgainForm(AgainForm):
    """受理 or 交办 with what was chosen, in the form it was chosen in."""

    def __init__(self, again: DispatchAgain, desk: Desk, runner: Runner, sync: Any) -> None:
        super().__init__()
        self._accepting = again.action == "issue.accept"
        args = dict(again.args)
        self._handler = args.get("handler")
        self.form = DispatchForm(desk.rules)
        self.body.addWidget(self.form)
        chosen: dict[str, Any] = {
            name: args[name] for name in ("category", "subcategory", "level") if name in args
        }
        mode = Mode(accepting=self._accepting, assigning=not self._accepting)
        self.form.show_issue(again.issue.model_copy(update=chosen), mode)
        self.presenter = IssuesPresenter(desk, runner, sync, self)
        self.presenter.handlers_known.connect(self._handlers)
        self.presenter.due_known.connect(self.form.set_due)
        self.form.department_chosen.connect(self.presenter.list_handlers)
        self.form.limit_changed.connect(
            lambda days: self.presenter.compute_due(days, again.issue.accepted_at)
        )
        if self._accepting:
            # Not before: what was chosen stands until somebody chooses another classification.
            self.presenter.suggested.connect(self.form.suggest)
            self.form.classified.connect(self.presenter.suggest)
            return
        self.form.department.setCurrentIndex(max(0, self.form.department.findData(args.get("department"))))
        self.form.limit.setValue(int(args.get("limit_days", 1)))
        self.form.requirement.setText(str(args.get("requirement") or ""))

    def _handlers(self, people: Any) -> None:
        self.form.set_handlers(people)
        at = self.form.handler.findData(self._handler) if self._handler else -1
        self.form.handler.setCurrentIndex(max(0, at))

    def first(self) -> QWidget:
        return self.form.category if self._accepting else self.form.department

    def value(self) -> dict[str, Any]:
        chosen = self.form.value()
        if self._accepting:
            return {"category": chosen.category, "subcategory": chosen.subcategory, "level": chosen.level}
        if not chosen.department:
            raise Wrong(self.form.department, "请选择承办部门。")
        args = {
            "department": chosen.department,
            "limit_days": chosen.limit_days,
            "handler": chosen.handler,
            "handler_name": chosen.handler_name,
            "requirement": chosen.requirement,
        }
        return {name: value for name, value in args.items() if value is not None}


def form_for(again: Again | None, desk: Desk, runner: Runner, sync: Any) -> AgainForm | None:
    """The form for what can be put right in its row; None for what has a page of its own."""
    match again:
        case FieldsAgain() | PutAgain():
            return FieldsForm(again)
        case IssueAgain():
            return IssueForm(again)
        case ReasonAgain():
            return ReasonForm(again)
        case DispatchAgain():
            return DispatchAgainForm(again, desk, runner, sync)
    return None
