"""Filling form (i) for a revisit: the visits' page of a form, handed in as the move of the issue it is about."""

from __future__ import annotations

from typing import Any

from app.services import issues_revisit
from app.services.visits import OpenFilling
from ui.filling.page import FillingPage
from ui.filling.session import FillingSession
from ui.notices import Kind, Notice
from ui.widgets.buttons import Button


class RevisitFillingPage(FillingPage):
    """`visit_id` is the draft's id; `finished` gives the issue's."""

    name = "revisit_filling"
    TITLE = "回访"

    def _look_up_form(self) -> None:
        self.runner.read(
            issues_revisit.open_form,
            self.desk,
            self.visit_id,
            then=self._open,
            otherwise=self._cannot_open,
            owner=self,
        )

    def _build_head(self) -> None:
        super()._build_head()
        self.print_button.hide()
        self.drop_button = Button("放弃草稿", self._drop)
        self.drop_button.setProperty("danger", "true")
        self.drop_button.setEnabled(False)
        self._sure = False
        self.head.add(self.drop_button)

    def _show_head(self, found: OpenFilling) -> None:
        self.head.set_title(found.form.title)
        self.head.set_remark(
            f"{found.visit.number} · {found.visit.enterprise_name} · {found.form.version} 版"
        )
        self.drop_button.setEnabled(True)
        if found.saved_at is not None:
            self._show_saved(found.saved_at)

    def _build_body(self, session: FillingSession) -> None:
        super()._build_body(session)
        # A revisit has one form, no files and no former visit to compare with.
        for part in (self.card, self.asking, self.forms, self.changes, self.attachments):
            part.hide()

    def _write_draft(self, snapshot: tuple[dict[str, Any], str, dict[str, tuple[str, str]]]) -> Any:
        saved, section, typed = snapshot
        return issues_revisit.save_form(self.desk, self.visit_id, saved, self._tables, section, typed)

    def refresh(self) -> None:
        """Nothing beside the form alters."""

    def _compare(self) -> None:
        """There is no former one to compare with."""

    def _hand_in(self, session: FillingSession) -> None:
        self.runner.write(
            issues_revisit.hand_in,
            self.desk,
            self.visit_id,
            session.filling,
            then=self._submitted,
            otherwise=self._refused,
            owner=self,
        )

    def _submitted(self, done: Any) -> None:
        self.said.emit(Notice("回访已登记，联网后自动上报。", Kind.GOOD))
        self.finished.emit(str(done))

    def _drop(self) -> None:
        if not self._sure:
            self._sure = True
            self.drop_button.set_text("确定放弃")
            self.tell("放弃后这份回访表不再保留。再点一次「确定放弃」。", kind=Kind.WARNING)
            return
        self._lock(True)
        self.saver.stop()
        self.runner.write(
            issues_revisit.drop_form,
            self.desk,
            self.visit_id,
            then=lambda _none: self.closed.emit(),
            otherwise=self._refused,
            owner=self,
        )
