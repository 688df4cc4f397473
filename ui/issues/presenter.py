"""What the page of 诉求 asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.services import issues, issues_revisit, opened
from app.services.desk import Desk
from app.services.issues import ACCEPT_AND_ASSIGN, ActionForm, Done, IssueLine, IssuePage
from ui.page import Presenter
from ui.work import Runner


@dataclass(frozen=True, slots=True)
class Opened:
    """One issue opened: its page, or None while its enterprise is still to be fetched."""

    id: str
    page: IssuePage | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the dispatch form says."""

    category: str
    subcategory: str | None
    level: int
    department: str
    handler: str | None
    handler_name: str | None
    limit_days: int
    requirement: str | None
    joint: tuple[str, ...] = ()

    @property
    def classified(self) -> dict[str, Any]:
        """args of 受理."""
        return {"category": self.category, "subcategory": self.subcategory, "level": self.level}

    @property
    def assigned(self) -> dict[str, Any]:
        """args of 交办."""
        return {
            "department": self.department,
            "joint": list(self.joint),
            "handler": self.handler,
            "handler_name": self.handler_name,
            "limit_days": self.limit_days,
            "requirement": self.requirement,
        }


class IssuesPresenter(Presenter):
    """`loaded(lines)`, `opened(Opened)`, `photos(issue, lines)`, `done(text)` after an act, `batch_done(list of Done)`,
    `form_ready(issue, form)`, `form_begun(draft)`, `fetching(id)` while an enterprise is asked for."""

    loaded = Signal(object)
    opened = Signal(object)
    photos = Signal(str, object)
    form_ready = Signal(str, object)
    batch_form_ready = Signal(object)
    raise_form_ready = Signal(object)
    done = Signal(str)
    raised = Signal(str)
    form_begun = Signal(str)
    batch_done = Signal(object)
    acted = Signal(bool)
    fetching = Signal(str)
    suggested = Signal(object)
    due_known = Signal(str)
    handlers_known = Signal(object)

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QObject) -> None:
        super().__init__(desk, runner, parent)
        self._sync = sync
        self._asked: set[str] = set()

    def load(self) -> None:
        self.look_up("listing", issues.listing, self.desk, then=self.loaded.emit)

    def open(self, line: IssueLine) -> None:
        """Look an issue up; where its enterprise is not held, ask for it with the next sync, now."""

        def show(page: IssuePage | None) -> None:
            if page is None and line.enterprise not in self._asked:
                self._asked.add(line.enterprise)
                self.fetch(line)
            self.opened.emit(Opened(line.id, page))
            if page is not None:
                self._load_photos(page)

        self.look_up("page", issues.page, self.desk, line.id, then=show)

    def _load_photos(self, page: IssuePage) -> None:
        id = page.issue.id
        self.look_up(
            "photos", issues.evidence, self.desk, page.issue, then=lambda lines: self.photos.emit(id, lines)
        )

    def fetch(self, line: IssueLine) -> None:
        """Ask for the issue's enterprise and sync."""
        self.fetch_many([line])

    def fetch_many(self, lines: Sequence[IssueLine]) -> None:
        """Ask for the enterprises of these issues and sync once."""

        def ask(_none: None) -> None:
            for line in lines:
                self.fetching.emit(line.id)
            self._sync.run()

        self.act(_open_buckets, self.desk, [line.enterprise for line in lines], then=ask)

    def suggest(self, subcategory: str | None) -> None:
        self.look_up("suggestion", issues.suggestion, self.desk, subcategory, then=self.suggested.emit)

    def compute_due(self, days: int, accepted_at: str | None) -> None:
        def say(found: Any) -> None:
            self.due_known.emit(found[1])

        self.look_up("due", issues.deadline, self.desk, days, accepted_at, then=say)

    def list_handlers(self, department: str) -> None:
        self.look_up("handlers", issues.handlers, self.desk, department, then=self.handlers_known.emit)

    # ------------------------------------------------------------------ forms

    def ask_form(self, page: IssuePage, action: str) -> None:
        """The form of a move of this issue."""
        id = page.issue.id

        def show(form: ActionForm) -> None:
            self.form_ready.emit(id, form)

        self.look_up("form", issues.form_for, self.desk, page.issue, action, then=show)

    def ask_batch_form(self, action: str) -> None:
        self.look_up("batch form", issues.form_for_many, self.desk, action, then=self.batch_form_ready.emit)

    def ask_raise_form(self, enterprise: str | None, earlier: IssuePage | None) -> None:
        issue = earlier.issue if earlier is not None else None
        self.look_up(
            "raise form",
            issues.form_to_raise,
            self.desk,
            enterprise,
            issue,
            then=self.raise_form_ready.emit,
        )

    # ------------------------------------------------------------------ acts

    def accept(self, id: str, form: Assignment) -> None:
        self._do("已受理，下一步选承办部门交办。", issues.act, id, "issue.accept", form.classified)

    def assign(self, id: str, form: Assignment) -> None:
        text = f"已交办，期限 {form.limit_days} 个工作日。"
        self._do(text, issues.act, id, "issue.assign", form.assigned)

    def accept_and_assign(self, id: str, form: Assignment) -> None:
        text = f"已受理并交办，期限 {form.limit_days} 个工作日。"
        self._do(text, issues.act, id, ACCEPT_AND_ASSIGN, {**form.classified, **form.assigned})

    def resubmit(self, id: str, title: str, description: str, expectation: str) -> None:
        self._do("已补正上报。", issues.resubmit, id, title, description, expectation)

    def move(self, id: str, action: str, word: str, args: dict[str, Any]) -> None:
        """Any other move."""
        self._do(DONE.get(action, f"已{word}。"), issues.act, id, action, args)

    def start_form(self, id: str) -> None:
        """Form (i) for a revisit of this issue; what was begun is gone on with."""
        self.act(issues_revisit.start_form, self.desk, id, then=self.form_begun.emit)

    def take_back(self, id: str) -> None:
        """The last move of an issue."""
        self.move(id, "issue.take_back", "", {})

    def move_many(self, ids: Sequence[str], action: str, args: dict[str, Any]) -> None:
        def say(done: list[Done]) -> None:
            self.batch_done.emit(done)

        self._busy_while(self.act(issues.act_many, self.desk, list(ids), action, args, then=say))

    def raise_issue(self, args: dict[str, Any], files: Sequence[Path], earlier: str | None) -> None:
        work = self.act(
            issues.raise_issue,
            self.desk,
            args["enterprise"],
            args,
            tuple(files),
            earlier,
            then=self.raised.emit,
        )
        self._busy_while(work)

    def add_evidence(self, id: str, files: Sequence[Path]) -> None:
        self._do(f"已添加 {len(files)} 个佐证。", _add_all, id, list(files))

    def _do(self, text: str, function: Any, *args: Any) -> None:
        self._busy_while(self.act(function, self.desk, *args, then=lambda _none: self.done.emit(text)))

    def _busy_while(self, work: Any) -> None:
        self.acted.emit(True)
        work.ended.connect(lambda: self.acted.emit(False))


DONE = {
    "issue.return": "已退回补正，联络员同步后会看到原因。",
    "issue.refuse": "已不予受理，联络员同步后把告知书带给企业。",
    "issue.sign": "已签收，请在期限内办理。",
    "issue.object": "已异议退单，由协调员重新交办。",
    "issue.progress": "已写进展。",
    "issue.ask_extension": "已申请延期，批准前仍按原期限。",
    "issue.answer": "已提交结果，由协调员核实。",
    "issue.verify": "已核实通过，转回访。",
    "issue.contact_failed": "已记下这次联系。",
    "issue.archive": "已归档。",
    "issue.take_back": "已撤回，诉求回到上一步以前。",
}
"""What is said after a move, with what comes next."""


def _open_buckets(desk: Desk, enterprises: Sequence[str]) -> None:
    for enterprise in dict.fromkeys(enterprises):
        opened.open_bucket(desk, enterprise)


def _add_all(desk: Desk, id: str, files: Sequence[Path]) -> None:
    for file in files:
        issues.add_evidence(desk, id, file, file.name)
