"""What the pages of 会议 ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.services import enterprises, meetings, opened
from app.services.desk import Desk
from app.services.issues import ActionForm
from app.services.meetings import AssignDraft, ItemLine, MeetingPage
from ui.errors import known_text
from ui.page import Presenter
from ui.work import Runner, Work


class ListPresenter(Presenter):
    """`loaded(list of MeetingLine)`, `form_ready(form)` of a new meeting, `planned(id)`, `failed(text)`."""

    loaded = Signal(object)
    form_ready = Signal(object)
    planned = Signal(str)
    failed = Signal(str)

    def load(self) -> None:
        self.look_up("listing", meetings.listing, self.desk, then=self.loaded.emit)

    def ask_form(self) -> None:
        self.look_up("form", meetings.form_to_plan, self.desk, then=self.form_ready.emit)

    def plan(self, values: Mapping[str, Any]) -> None:
        def plan(desk: Desk) -> str:
            return meetings.plan(desk, meetings.plan_args(values))

        self.act(plan, self.desk, then=self.planned.emit, otherwise=self._say)

    def _say(self, error: BaseException) -> None:
        known = known_text(error)
        if known is not None:
            self.failed.emit(known[1])


class OnePresenter(Presenter):
    """One meeting: `loaded(MeetingPage)`, `missing(text)`, `form_ready(form)`, `companies(list of EnterpriseLine)`,
    `done(text)` after an act, `failed(text)`, `assigned(list of Done)`, `printed(Printed)`, `fetching`, `busy(bool)`."""

    loaded = Signal(object)
    missing = Signal(str)
    form_ready = Signal(object)
    companies = Signal(object)
    done = Signal(str)
    failed = Signal(str)
    assigned = Signal(object)
    printed = Signal(object)
    fetching = Signal()
    busy = Signal(bool)
    planned = Signal(str)
    """The next meeting of the series, made from this one."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, meeting: str, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self.meeting = meeting
        self._sync = sync

    def load(self) -> None:
        def absent(error: BaseException) -> None:
            known = known_text(error)
            if known is not None:
                self.missing.emit(known[1])

        self.look_up("page", meetings.page, self.desk, self.meeting, then=self.loaded.emit, otherwise=absent)

    def look_up_page(self, then: Callable[[MeetingPage], None]) -> None:
        """The page once, for whoever goes on from there."""
        self.look_up("page", meetings.page, self.desk, self.meeting, then=then, otherwise=self._say)

    # ------------------------------------------------------------------ forms

    def ask_form(self, action: str) -> None:
        self._form(meetings.form_for, self.meeting, action)

    def ask_item_form(self, item: ItemLine, action: str) -> None:
        self._form(meetings.form_for_item, item, action)

    def ask_raise_form(self, shown: MeetingPage, enterprise: str, title: str) -> None:
        self._form(meetings.form_to_raise, shown, enterprise, title)

    def _form(self, make: Callable[..., ActionForm], *args: Any) -> None:
        self.look_up("form", make, self.desk, *args, then=self.form_ready.emit, otherwise=self._say)

    def list_companies(self, text: str) -> None:
        self.look_up("companies", enterprises.listing, self.desk, text, then=self.companies.emit)

    # ------------------------------------------------------------------ acts

    def edit(self, values: Mapping[str, Any]) -> None:
        def edit(desk: Desk) -> None:
            meetings.edit(desk, self.meeting, meetings.edit_args(values))

        self._do("已保存。", edit)

    def keep_minutes(self, minutes: str) -> None:
        self._do("纪要已保存。", meetings.edit, self.meeting, {"minutes": minutes})

    def hold(self, minutes: str) -> None:
        text = "会已开完。没办完的议题，计划下一次同类会议时自动列入。"
        self._do(text, meetings.hold, self.meeting, minutes)

    def plan_next(self) -> None:
        work = self.act(
            meetings.plan_next, self.desk, self.meeting, then=self.planned.emit, otherwise=self._say
        )
        self._busy_while(work)

    def cancel(self, reason: str) -> None:
        self._do("会议已取消。", meetings.call_off, self.meeting, reason)

    def invite(self, chosen: Sequence[str]) -> None:
        self._do(f"已邀请 {len(chosen)} 家。", meetings.invite, self.meeting, list(chosen))

    def uninvite(self, guest: str, name: str) -> None:
        def off(desk: Desk) -> None:
            meetings.invite(desk, self.meeting, [guest], off=True)

        self._do(f"不再邀请{name}。", off)

    def mark(self, guest: str, came: bool) -> None:
        self._do("", meetings.mark_came, self.meeting, [guest], came)

    def add(self, title: str, enterprise: str | None) -> None:
        self._do("已加入议程。", meetings.add_item, self.meeting, title, enterprise)

    def drop(self, item: ItemLine) -> None:
        self._do(f"「{item.title}」已从议程上撤下。", meetings.drop_item, item.id)

    def move(self, item: ItemLine, by: int) -> None:
        self._do("", meetings.move_item, self.meeting, item.id, by)

    def settle(self, item: ItemLine, action: str, values: Mapping[str, Any]) -> None:
        args = meetings.settle_args(action, values)
        self._do(f"「{item.title}」已记下。", meetings.settle, self.meeting, item.id, args)

    def finish(self, item: ItemLine, text: str | None) -> None:
        self._do(f"「{item.title}」已办完。", meetings.finish_item, item.id, text)

    def raise_issue(self, values: Mapping[str, Any], item: str | None, files: Sequence[Path] = ()) -> None:
        text = (
            "已登记，现场办结的转回访。"
            if values.get("solved_on_spot")
            else "已登记，可以当场交办，或会后受理。"
        )
        self._do(text, meetings.raise_at, self.meeting, dict(values), item, files)

    def assign(self, drafts: Mapping[str, AssignDraft]) -> None:
        work = self.act(
            meetings.assign_many,
            self.desk,
            self.meeting,
            dict(drafts),
            then=self.assigned.emit,
            otherwise=self._say,
        )
        self._busy_while(work)

    def fetch(self, companies: Sequence[str]) -> None:
        """Ask for these enterprises' data and sync once."""

        def ask(desk: Desk) -> None:
            for one in dict.fromkeys(companies):
                opened.open_bucket(desk, one)

        def go(_none: None) -> None:
            self.fetching.emit()
            self._sync.run()

        self.act(ask, self.desk, then=go)

    def print_notice(self) -> None:
        self._print(meetings.print_notice)

    def print_agenda(self) -> None:
        self._print(meetings.print_agenda)

    def _print(self, write: Callable[[Desk, str], Any]) -> None:
        def job(_work: Work) -> Any:
            return write(self.desk, self.meeting)

        self._busy_while(self.runner.long(job, then=self.printed.emit, owner=self))

    def _do(self, text: str, function: Callable[..., Any], *args: Any) -> None:
        work = self.act(
            function, self.desk, *args, then=lambda _made: self.done.emit(text), otherwise=self._say
        )
        self._busy_while(work)

    def _busy_while(self, work: Work) -> None:
        self.busy.emit(True)
        work.ended.connect(lambda: self.busy.emit(False))

    def _say(self, error: BaseException) -> None:
        known = known_text(error)
        if known is not None:
            self.failed.emit(known[1])
