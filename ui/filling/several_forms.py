"""The forms of one visit on one page: going from one to the other, once every word of the one at hand is on disk."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from PySide6.QtWidgets import QWidget

from app.domain.visit import Visit
from app.services import visit_changes, visit_forms, visits
from app.services.desk import Desk
from app.services.visits import OpenFilling
from ui.errors import explain
from ui.filling.changes_card import ChangesCard
from ui.filling.forms_bar import FormsBar
from ui.filling.media import Media
from ui.filling.saver import DraftSaver
from ui.filling.session import FillingSession
from ui.notices import Kind
from ui.page import Page, Presenter
from ui.work import Runner


class SeveralForms(Page):
    """What the filling page does about the visit's other forms. `form_id` is the one on screen."""

    desk: Desk
    runner: Runner
    visit_id: str
    visit: Visit | None
    session: FillingSession | None
    form_id: str
    sheet: QWidget | None
    saver: DraftSaver
    media: Media
    forms: FormsBar
    changes: ChangesCard
    view: Any
    _presenter: Presenter
    _others: Any
    _wanted_form: str
    _wanted_paths: tuple[str, ...]
    _survey_soon: Any
    _compare_soon: Any

    @abstractmethod
    def flush(self) -> None: ...

    @abstractmethod
    def jump(self, path: str) -> None: ...

    @abstractmethod
    def _open(self, found: OpenFilling) -> None: ...

    @abstractmethod
    def _lock(self, locked: bool) -> None: ...

    @abstractmethod
    def _say_saved(self, text: str, tone: str) -> None: ...

    @abstractmethod
    def _survey(self) -> None: ...

    @property
    def _at_work(self) -> FillingSession:
        assert self.session is not None, "the form is not open yet"
        return self.session

    def show_form(self, form_id: str) -> None:
        """Go to another form of the visit, once every word of this one is on disk."""
        session = self._at_work
        if session.locked or form_id == self.form_id:
            return
        self._wanted_form = form_id
        self.flush()
        self._turn()

    def _turn(self) -> None:
        if not self._wanted_form or not self.saver.settled or self.media.busy:
            if self._wanted_form and self.media.busy:
                self.media.when_idle(self._turn)
            return
        wanted, self._wanted_form = self._wanted_form, ""
        self._lock(True)
        self._say_saved("正在打开表单……", "small")
        self.runner.read(
            visits.open_filling,
            self.desk,
            self.visit_id,
            wanted,
            then=self._reopen,
            otherwise=self._not_turned,
            owner=self,
        )

    def _reopen(self, found: OpenFilling) -> None:
        former, sheet = self._at_work, self.sheet
        self._survey_soon.stop()
        self._compare_soon.stop()
        self.saver.stop()
        for thing in (self.saver, self.media, former):
            thing.deleteLater()
        if sheet is not None:
            self.body.removeWidget(sheet)
            sheet.hide()
            sheet.deleteLater()
        self._say_saved("", "small")
        self._open(found)
        if found.saved_at is None or self.form_id not in self._begun:
            # From now on it belongs to the visit, though nothing is written in it yet.
            self.saver.touch()
        paths, self._wanted_paths = self._wanted_paths, ()
        if paths:
            self._at_work.checked = True
            self.view.refresh(None)
            self._survey()
            self.jump(paths[0])

    def _not_turned(self, error: BaseException) -> None:
        self._lock(False)
        self._say_saved("", "small")
        self._show_forms()
        self.tell(explain(error).text, kind=Kind.WARNING)

    def _drop_form(self, form_id: str) -> None:
        """The form at hand was added by mistake."""
        assert self.visit is not None
        main = self.visit.form_id
        self._lock(True)
        self.saver.stop()

        def dropped(_nothing: object) -> None:
            self.runner.read(
                visits.open_filling,
                self.desk,
                self.visit_id,
                main,
                then=self._reopen,
                otherwise=self._not_turned,
                owner=self,
            )

        self.runner.write(
            visits.drop_form,
            self.desk,
            self.visit_id,
            form_id,
            then=dropped,
            otherwise=self._not_turned,
            owner=self,
        )

    @property
    def _begun(self) -> list[str]:
        assert self.visit is not None
        return list(dict.fromkeys([self.visit.form_id, *self._others]))

    def _show_forms(self) -> None:
        begun = self._begun
        if self.form_id not in begun:
            begun.append(self.form_id)
        titles = {offer.form_id: offer.title for offer in visit_forms.offered(self.desk)}
        titles[self.form_id] = self._at_work.form.title
        self.forms.show_forms(begun, self.form_id, titles)

    def _describe(self, fields: dict[str, Any]) -> None:
        self.runner.write(
            lambda: visits.describe(self.desk, self.visit_id, **fields),
            then=lambda _none: None,
            otherwise=lambda error: self.tell(explain(error).text, kind=Kind.WARNING),
            owner=self,
        )

    def _compare(self) -> None:
        if self.session is None or self.visit is None:
            return
        values = dict(self.session.filling.finish().values)
        self._presenter.look_up(
            "changes",
            visit_changes.since_last,
            self.desk,
            self.visit,
            self.session.form,
            values,
            then=lambda found: self.changes.show_changes(*found),
        )
