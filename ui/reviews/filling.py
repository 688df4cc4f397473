"""Filling a scoring sheet: the visits' page of a form, handed in from one's own bucket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.domain.visit import Attachment
from app.services import reviews
from app.services.attachments import AttachmentLine
from app.services.visits import OpenFilling
from ui.filling.media import Media
from ui.filling.page import FillingPage
from ui.filling.session import FillingSession
from ui.notices import Kind, Notice
from ui.widgets.buttons import Button


class SheetMedia(Media):
    """The files of a sheet."""

    enter: Callable[..., Attachment] = staticmethod(reviews.add_file)


class SheetFillingPage(FillingPage):
    """`visit_id` is the draft's id; it closes when the sheet is handed in."""

    name = "review_filling"
    TITLE = "评审"

    def _look_up_form(self) -> None:
        self.runner.read(
            reviews.open_filling,
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

    def _make_media(self) -> Media:
        return SheetMedia(self.desk, self.runner, self.visit_id, self)

    def _show_head(self, found: OpenFilling) -> None:
        self.head.set_title(found.form.title)
        self.head.set_remark(f"{found.visit.enterprise_name} · {found.form.version} 版")
        self.drop_button.setEnabled(True)
        if found.saved_at is not None:
            self._show_saved(found.saved_at)

    def _build_body(self, session: FillingSession) -> None:
        super()._build_body(session)
        for part in (self.card, self.asking, self.forms, self.changes):
            part.hide()

    def _write_draft(self, snapshot: tuple[dict[str, Any], str, dict[str, tuple[str, str]]]) -> Any:
        saved, section, typed = snapshot
        return reviews.save(self.desk, self.visit_id, saved, self._tables, section, typed)

    def refresh(self) -> None:
        if self.session is None:
            return
        self._presenter.look_up(
            "files", reviews.files_of, self.desk, self.visit_id, then=self._show_attachments_of
        )

    def _show_attachments_of(self, lines: list[AttachmentLine]) -> None:
        if not self._at_work.locked:
            self._show_attachments(lines)

    def _compare(self) -> None:
        """A sheet is compared with nothing: it is one of its own."""

    def _hand_in(self, session: FillingSession) -> None:
        self.runner.write(
            reviews.hand_in,
            self.desk,
            self.visit_id,
            session.filling,
            then=self._submitted,
            otherwise=self._refused,
            owner=self,
        )

    def _submitted(self, _review: Any) -> None:
        self.said.emit(Notice("评分表已交，联网后自动上报。交了就不能再改。", Kind.GOOD))
        self.closed.emit()

    def _drop(self) -> None:
        if not self._sure:
            self._sure = True
            self.drop_button.set_text("确定放弃")
            self.tell("放弃后这份草稿和刚加的附件都不再保留。再点一次「确定放弃」。", kind=Kind.WARNING)
            return
        self._lock(True)
        self.saver.stop()
        self.runner.write(
            reviews.drop,
            self.desk,
            self.visit_id,
            then=lambda _none: self.closed.emit(),
            otherwise=self._refused,
            owner=self,
        )
