"""What the pages of 企业 ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.changes import Refusal
from app.errors import KnownError
from app.services import (
    enterprises,
    enterprises_entry,
    enterprises_forms,
    enterprises_papers,
    enterprises_parts,
    issues,
    opened,
    visits,
)
from app.services.desk import Desk
from app.services.enterprises import EnterprisePage
from app.services.issues import ActionForm, IssueLine
from ui.page import Presenter
from ui.work import Runner

Done = Callable[[], None]
Told = Callable[[str], None]


class ListPresenter(Presenter):
    """`loaded(list of EnterpriseLine, whether anything is held at all)`, `alike(list of Alike)` for what is being entered,
    `entered(id)`."""

    loaded = Signal(object, int)
    alike = Signal(object)
    entered = Signal(str)

    def load(self, text: str, filters: Sequence[str]) -> None:
        def look(desk: Desk) -> tuple[list[enterprises.EnterpriseLine], int]:
            return enterprises.listing(desk, text, filters), len(enterprises.listing(desk))

        self.look_up("listing", look, self.desk, then=lambda found: self.loaded.emit(*found))

    def look_alike(self, name: str, code: str) -> None:
        self.look_up("alike", enterprises_entry.alike, self.desk, name, code, then=self.alike.emit)

    def enter(self, args: dict[str, Any]) -> None:
        def enter(desk: Desk) -> str:
            more = enterprises_forms.enter_fields(args)
            return enterprises_entry.enter(desk, args["name"], args.get("code", ""), **more)

        self.act(enter, self.desk, then=self.entered.emit)


class OnePresenter(Presenter):
    """`loaded(EnterprisePage, its IssueLines)`, `missing(text)` where the enterprise is not on this laptop yet, `gone(text)`
    where it no longer is as somebody else looks after it. `done(text)` after anything was altered."""

    loaded = Signal(object, object)
    missing = Signal(str)
    gone = Signal(str)
    wanted = Signal()
    started = Signal(str)
    done = Signal(str)
    printed = Signal(object)

    def __init__(self, desk: Desk, runner: Runner, enterprise: str, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self.enterprise = enterprise

    def load(self) -> None:
        def look(desk: Desk) -> tuple[EnterprisePage, list[IssueLine]]:
            page = enterprises.page(desk, self.enterprise)
            # It may have been merged into another one: what is done from here on is done to that.
            self.enterprise = page.enterprise.id
            return page, [line for line in issues.listing(desk) if line.enterprise == self.enterprise]

        self.look_up(
            "page", look, self.desk, then=lambda found: self.loaded.emit(*found), otherwise=self._not_there
        )

    def used(self) -> None:
        """It is looked at: of those opened on demand it is the last to be let go of."""
        self.act(opened.used, self.desk, self.enterprise, then=lambda _nothing: None)

    def fetch(self) -> None:
        """Ask for the enterprise's data with the next sync."""

        def ask(desk: Desk) -> None:
            opened.open_bucket(desk, enterprises_entry.present_id(desk, self.enterprise))

        self.act(ask, self.desk, then=lambda _none: self.wanted.emit())

    def start_visit(self, form_id: str) -> None:
        self.act(
            visits.start_visit,
            self.desk,
            self.enterprise,
            form_id,
            then=lambda visit: self.started.emit(visit.id),
        )

    def save_profile(self, form: ActionForm, args: dict[str, Any], saved: Done, wrong: Told) -> None:
        def save(desk: Desk) -> bool:
            fields = enterprises_forms.profile_fields(form, args)
            return enterprises_entry.edit(desk, self.enterprise, fields)

        self._altering(save, "档案已保存", saved, wrong)

    def save_code(self, field: str, code: str) -> None:
        word = "行业已改" if field == "industry" else "区划已改"
        self._altering(lambda desk: enterprises_entry.edit(desk, self.enterprise, {field: code}), word)

    def save_part(
        self, kind: str, id: str | None, form: ActionForm, args: dict[str, Any], saved: Done, wrong: Told
    ) -> None:
        def save(desk: Desk) -> str:
            fields = enterprises_forms.part_fields(desk, form, args)
            if kind == "seat" and id is not None:
                fields["seat"] = self.seats.get(id, "")
            return enterprises_parts.save(desk, self.enterprise, kind, id, fields)

        self._altering(save, "已保存", saved, wrong)

    seats: dict[str, str] = {}
    """Id of a seat's document → which seat it is."""

    def remove_part(self, kind: str, id: str) -> None:
        self._altering(lambda desk: enterprises_parts.remove(desk, self.enterprise, kind, id), "已删除")

    def take_code(self, code: str) -> None:
        self._altering(
            lambda desk: enterprises_entry.take_code(desk, self.enterprise, code), "信用代码已补上"
        )

    def confirm(self) -> None:
        self._altering(lambda desk: enterprises_entry.confirm(desk, self.enterprise), "已确认入库")

    def merge(self, into: str, keep: bool) -> None:
        self._altering(
            lambda desk: enterprises_entry.merge(desk, self.enterprise, into, keep=keep),
            "同步后并入另一家，内容都会一起过去",
        )

    def print_handover(self) -> None:
        self.act(enterprises_papers.print_handover, self.desk, self.enterprise, then=self.printed.emit)

    def look_for_targets(self, text: str, then: Callable[[Any], None]) -> None:
        self.look_up("targets", enterprises_entry.merge_targets, self.desk, self.enterprise, text, then=then)

    def look_for_codes(self, dictionary: str, text: str, then: Callable[[Any], None]) -> None:
        self.look_up(
            f"codes:{dictionary}", enterprises_forms.search_codes, self.desk, dictionary, text, then=then
        )

    def _altering(
        self, work: Callable[[Desk], object], word: str, also: Done | None = None, wrong: Told | None = None
    ) -> None:
        """`wrong` is told, beside the form, what is not as it must be."""

        def then(_result: object) -> None:
            if also is not None:
                also()
            self.done.emit(word)

        def otherwise(error: BaseException) -> None:
            if wrong is not None and isinstance(error, KnownError | Refusal):
                wrong(error.text)

        taken = {} if wrong is None else {"otherwise": otherwise}
        self.act(work, self.desk, then=then, **taken)

    def _not_there(self, error: BaseException) -> None:
        if isinstance(error, KnownError):
            (self.gone if error.code == "gone" else self.missing).emit(error.text)
