"""The page of one visit's form: sections at the left, one of them in the middle, what helps at the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from app.domain import buckets
from app.domain.clock import BEIJING
from app.domain.visit import Visit
from app.services import attachments, escrow, papers, visit_page, visits
from app.services.attachments import AttachmentLine
from app.services.desk import Desk
from app.services.visits import OpenFilling, Submitted
from forms.definition import Question
from ui import theme
from ui.errors import explain
from ui.filling.asking_card import AskingCard, look_up
from ui.filling.attachments_card import AttachmentsCard
from ui.filling.changes_card import ChangesCard
from ui.filling.forms_bar import FormsBar
from ui.filling.media import Media
from ui.filling.problems_card import ProblemsCard
from ui.filling.rows import FILE_TYPES
from ui.filling.saver import DraftSaver
from ui.filling.section_list import SectionList
from ui.filling.section_view import SectionView
from ui.filling.sections import Section
from ui.filling.session import FillingSession, Repaint
from ui.filling.several_forms import SeveralForms
from ui.filling.taken_away import TakenAway
from ui.filling.visit_card import VisitCard
from ui.notices import Kind, Notice
from ui.page import Presenter, later
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.label import label
from ui.widgets.repolish import repolish
from ui.widgets.scroll import Scroll
from ui.work import Runner

RIGHT_WIDTH = 132, 104
"""px of the column at the right: what grows with the letters and what does not."""


class FillingPage(SeveralForms):
    """Opens the visit in the background, then everything answered is kept at once."""

    finished = Signal(str)
    """The visit has been finished and is on its way to the centre: its id."""
    closed = Signal()
    """There is nothing to fill here (the visit is not on this laptop, or finished): leave the page."""
    opened = Signal()
    """The form stands on screen."""
    saved = Signal(object)
    """A draft has been committed: the datetime."""
    name = "filling"
    TITLE = "走访"

    def __init__(self, desk: Desk, runner: Runner, visit_id: str, parent: QWidget | None = None) -> None:
        super().__init__(self.TITLE, "正在打开表单……", self.TITLE, parent)
        self.desk = desk
        self.runner = runner
        self.visit_id = visit_id
        self.visit: Visit | None = None
        self.session: FillingSession | None = None
        self.form_id = ""
        self._tables: Any = {}
        self._others: Any = {}
        self._wanted_form = ""
        self._wanted_paths: tuple[str, ...] = ()
        self.sheet: QWidget | None = None
        self._watched: QWidget | None = None
        self._presenter = Presenter(desk, runner, self)
        self._build_head()
        self._bind_keys()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)
        self._survey_soon = later(self, 0, self._survey)
        self._previous_soon = later(self, 0, lambda: self._step(-1))
        self._compare_soon = later(self, 600, self._compare)
        self._look_up_form()

    def _look_up_form(self) -> None:
        read = self.runner.read
        read(
            visits.open_filling,
            self.desk,
            self.visit_id,
            then=self._open,
            otherwise=self._cannot_open,
            owner=self,
        )

    # ------------------------------------------------------------ building

    def _build_head(self) -> None:
        self.saved_line = label("", "small")
        self.again = LinkButton("再试", self._try_again)
        self.again.hide()
        self.print_button = Button("打印", self._print)
        self.print_button.setToolTip("打印这家企业的走访清单")
        self.finish_button = Button("完成  Ctrl ↵", self.finish, primary=True)
        self.finish_button.setAccessibleName("完成")
        for widget in (self.saved_line, self.again, self.print_button, self.finish_button):
            self.head.add(widget)
        self.print_button.setEnabled(False)
        self.finish_button.setEnabled(False)

    def _open(self, found: OpenFilling) -> None:
        self.visit = found.visit
        self.form_id = found.form.form_id
        self._tables = found.tables
        self._others = found.others
        self.session = FillingSession(found.filling, found.previous, self)
        self.session.take_back(found.typed)
        self.media = self._make_media()
        self.saver = DraftSaver(self.runner, self._snapshot, self._write_draft, self)
        self._show_head(found)
        self.sheet = QWidget(self)
        self._build_body(self.session)
        self._connect(self.session)
        first = next((s for s in self.session.sections if s.path == found.section), self.session.sections[0])
        self.show_section(first)
        self.print_button.setEnabled(True)
        self.finish_button.setEnabled(True)
        self.refresh()
        if self.isVisible():
            self._go_in()
        self.opened.emit()

    def _make_media(self) -> Media:
        return Media(self.desk, self.runner, self.visit_id, self)

    def _cannot_open(self, error: BaseException) -> None:
        trouble = explain(error)
        self.head.set_remark("")
        self.body.addWidget(label(trouble.text, "quiet", wrap=True))
        back = Button("返回", self.closed.emit)
        self.body.addWidget(back, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)

    def _show_head(self, found: OpenFilling) -> None:
        year, month = found.visit.day[:4], int(found.visit.day[5:7])
        quarter = f"{year} 年第{'一二三四'[(month - 1) // 3]}季度"
        self.head.set_title(found.form.title)
        self.head.set_remark(f"{found.visit.enterprise_name} · {quarter} · {found.form.version} 版")
        if found.saved_at is not None:
            self._show_saved(found.saved_at)

    def _build_body(self, session: FillingSession) -> None:
        self.list = SectionList(self)
        self.view = SectionView(session, self.media, self)
        self.problems = ProblemsCard()
        self.asking = AskingCard()
        self.changes = ChangesCard()
        assert self.visit is not None
        self.card = VisitCard(self.visit, visit_page.six_guarantees(self.desk))
        self.attachments = AttachmentsCard(self.media)
        self.notice = label(self._service_notice(), "small", wrap=True)
        self.hint = label("", "bad", wrap=True)
        self.hint.hide()
        self.forms = FormsBar(self)
        self.right = Scroll(self)
        self.right.setFixedWidth(theme.current().px(RIGHT_WIDTH[0]) + RIGHT_WIDTH[1])
        cards = (
            self.hint,
            self.problems,
            self.asking,
            self.changes,
            self.card,
            self.attachments,
            self.notice,
        )
        for card in cards:
            self.right.body.addWidget(card)
        self.right.body.addStretch(1)
        assert self.sheet is not None
        whole = QVBoxLayout(self.sheet)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GRID)
        whole.addWidget(self.forms)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID * 2)
        row.addWidget(self.list)
        row.addWidget(self.view, 1)
        row.addWidget(self.right)
        whole.addLayout(row, 1)
        self.body.addWidget(self.sheet, 1)

    def _service_notice(self) -> str:
        texts = {str(item.get("code")): str(item.get("text", "")) for item in self.desk.dictionary("texts")}
        return texts.get("service_notice", "")

    def _connect(self, session: FillingSession) -> None:
        session.changed.connect(self._changed)
        self.saver.saved.connect(self._show_saved)
        self.saver.failed.connect(self._not_saved)
        self.list.chosen.connect(self.show_section)
        self.view.wanted.connect(self._step)
        self.problems.chosen.connect(self.jump)
        self.media.altered.connect(self.refresh)
        self.media.refused.connect(lambda text: self.tell(text, kind=Kind.WARNING))
        self.forms.chosen.connect(self.show_form)
        self.forms.added.connect(self.show_form)
        self.forms.dropped.connect(self._drop_form)
        self.card.described.connect(self._describe)

    def _bind_keys(self) -> None:
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, act in (
            ("Ctrl+Return", self._ctrl_enter),
            ("Ctrl+Enter", self._ctrl_enter),
            ("Alt+Right", lambda: self._step(1)),
        ):
            QShortcut(QKeySequence(keys), self, act, context=inside)

    # ------------------------------------------------------------ sections

    def show_section(self, section: Section) -> None:
        """Put a section in the middle."""
        session = self._at_work
        if self.view.section == section:
            return
        self.view.flush()
        sections = session.sections
        self.view.show_section(section, first=section == sections[0], last=section == sections[-1])
        self._survey()

    def _step(self, by: int) -> None:
        if self.session is None or self.view.section is None:
            return
        self.view.flush()
        sections = self.session.sections
        if self.view.section not in sections:
            return
        index = sections.index(self.view.section) + by
        if 0 <= index < len(sections):
            self.show_section(sections[index])
            self._go_in()

    def jump(self, path: str) -> None:
        """Go to a question, wherever it is, with the keyboard in it."""
        section = self._at_work.section_of(path)
        if section is None:
            return
        self.show_section(section)
        frame = self.view.open(path)
        if frame is not None:
            frame.focus_here()

    def _go_in(self) -> None:
        frame = self.view.first_question()
        if frame is not None:
            frame.focus_here()

    # ------------------------------------------------------------ what was answered

    def _changed(self, repaint: Repaint) -> None:
        self.view.refresh(repaint)
        self.saver.touch()
        self._survey_soon.start()
        self._compare_soon.start()

    def _survey(self) -> None:
        """Bring sections and problems up to date; once for all that changed in one turn."""
        self._survey_soon.stop()
        session = self._at_work
        tallies = session.tallies()
        self.list.show_sections(tallies, self.view.section)
        self.problems.show_troubles(session.troubles())
        sections = [section for section, _ in tallies]
        if self.view.section in sections:
            at = sections.index(self.view.section)
            self.view.show_ends(first=at == 0, last=at == len(sections) - 1)

    def _snapshot(self) -> tuple[dict[str, Any], str, dict[str, tuple[str, str]]]:
        session = self._at_work
        section = self.view.section.path if self.view.section else ""
        typed = {path: (kept.text, kept.message) for path, kept in session.unreadable.items()}
        return session.filling.save(), section, typed

    def _write_draft(self, snapshot: tuple[dict[str, Any], str, dict[str, tuple[str, str]]]) -> Any:
        saved, section, typed = snapshot
        form_id = str(saved["form_id"])
        return visits.save_draft(self.desk, self.visit_id, saved, self._tables, section, typed, form_id)

    def _show_saved(self, moment: Any) -> None:
        if not self._at_work.locked:
            self._say_saved(f"✓ 已保存在本机 {moment.astimezone(BEIJING):%H:%M:%S}", "small")
        self.again.hide()
        self.saved.emit(moment)
        # Only now does no draft speak of them any more.
        self.media.remove_discarded()
        self._turn()

    def _not_saved(self, error: BaseException) -> None:
        if self._wanted_form:
            self._wanted_form = ""
            self._show_forms()
        self._say_saved("▲ 还没有保存", "bad")
        self.again.show()
        self.tell(explain(error).text, kind=Kind.WARNING)

    def _try_again(self) -> None:
        self.saver.flush()

    def _say_saved(self, text: str, tone: str) -> None:
        self.saved_line.setText(text)
        if self.saved_line.property("tone") != tone:
            self.saved_line.setProperty("tone", tone)
            repolish(self.saved_line)

    def flush(self) -> None:
        """Take what is typed and hand everything to the writer now."""
        if self.session is not None:
            self.card.flush()
            self.view.flush()
            self.saver.flush()

    # ------------------------------------------------------------ finishing

    def _ctrl_enter(self) -> None:
        table = self.view.table_with_focus()
        if table is not None and table.alterable:
            table.add()
        else:
            self.finish()

    def finish(self) -> None:
        """完成: check the whole form; finish the visit when nothing is missing, else go to the first place."""
        session = self._at_work
        if session.locked:
            return
        self.view.flush()
        if self.media.busy:
            self.media.when_idle(self.finish)
            return
        session.checked = True
        self.view.refresh(None)
        self._survey()
        troubles = session.troubles()
        if troubles:
            self.tell(f"还有 {len(troubles)} 处要改，改好后再点完成。", kind=Kind.WARNING)
            self.jump(troubles[0].path)
            return
        self.card.flush()
        self._lock(True)
        self.saver.flush()
        self.saver.stop()
        self._hand_in(session)

    def _hand_in(self, session: FillingSession) -> None:
        self.runner.write(
            visits.submit_visit,
            self.desk,
            self.visit_id,
            session.filling,
            then=self._submitted,
            otherwise=self._refused,
            owner=self,
        )

    def _lock(self, locked: bool) -> None:
        self._at_work.locked = locked
        self.view.setEnabled(not locked)
        self.attachments.setEnabled(not locked)
        self.finish_button.setEnabled(not locked)
        if locked:
            self._say_saved("正在完成……", "small")

    def _submitted(self, done: Any) -> None:
        assert isinstance(done, Submitted)
        count = len(done.issues)
        found = f"，形成诉求 {count} 件" if count else ""
        self.said.emit(
            Notice(f"{done.visit.enterprise_name}的走访已完成{found}。联网后自动上报。", Kind.GOOD)
        )
        self.finished.emit(self.visit_id)

    def _refused(self, error: BaseException) -> None:
        self._lock(False)
        self.saver.go_on()
        self._say_saved("", "small")
        self.tell(explain(error).text, kind=Kind.WARNING)
        if not isinstance(error, visits.Incomplete) or not error.paths:
            return
        if error.form_id in ("", self.form_id):
            self.jump(error.paths[0])
        else:
            self._wanted_paths = error.paths
            self.show_form(error.form_id)

    # ------------------------------------------------------------ beside the form

    def refresh(self) -> None:
        """What others may have altered: attachments, open issues."""
        if self.session is None or self.visit is None:
            return
        self._presenter.look_up("stands", escrow.visit_stands, self.desk, self.visit_id, then=self._stands)

    def _stands(self, stands: bool) -> None:
        if self.visit is None or self._at_work.locked:
            return
        if not stands:
            self._taken_away(self.visit)
            return
        self._presenter.look_up(
            "attachments", attachments.of_visit, self.desk, self.visit_id, then=self._show_attachments
        )
        self._presenter.look_up("asking", look_up, self.desk, self.visit, then=self.asking.show_facts)
        self._presenter.look_up("page", visit_page.page, self.desk, self.visit_id, then=self._show_hint)
        self._show_forms()
        self._compare()

    def _show_hint(self, page: visit_page.VisitPage) -> None:
        told = page.hint
        if page.visit.returned is not None:
            told = f"{page.visit.returned.by_name}退回：{page.visit.returned.reason}"
        self.hint.setText(f"▲ {told}")
        self.hint.setVisible(bool(told))

    def _taken_away(self, visit: Visit) -> None:
        """The enterprise has gone to somebody else. What was saved is with him already; the last words follow."""
        self.view.flush()
        unsaved, snapshot = not self.saver.settled, self._snapshot()
        self._lock(True)
        self.saver.stop()
        if unsaved:
            saved, section, typed = snapshot
            late = (self.desk, visit, saved, self._tables, section, typed, self.form_id, self._others)
            self.runner.write(escrow.hand_in_late, *late, then=lambda _nothing: None, owner=self)
        gone = escrow.gone(self.desk, buckets.of_enterprise(visit.enterprise))
        told = escrow.gone_text(gone) if gone else "这次走访已由别人接着办，您写的内容都在中心。"
        if unsaved:
            told += "刚才屏幕上还没存好的几个字，也会在下次同步时交给中心。"
        for part in (
            self.forms,
            self.list,
            self.view,
            self.right,
            self.again,
            self.print_button,
            self.finish_button,
        ):
            part.hide()
        self._say_saved("", "small")
        self.taken_away = TakenAway(told, self.closed.emit)
        self.body.addWidget(self.taken_away)
        self.taken_away.button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_attachments(self, lines: list[AttachmentLine]) -> None:
        filling = self._at_work.filling
        answers = set(self.media.discarded)
        for path in filling.walk():
            item = filling.node(path).item
            if isinstance(item, Question) and item.type in FILE_TYPES:
                answers.add(str(filling.get(path) or ""))
        self.attachments.show_lines(lines, answers)

    def _print(self) -> None:
        visit = self.visit
        if visit is None:
            return
        self.flush()
        self.print_button.setEnabled(False)
        self.runner.long(
            lambda _work: papers.print_checklists(self.desk, [visit.enterprise]),
            then=lambda printed: self.go.emit("preview", (printed.path, printed.pages)),
            otherwise=lambda error: self.tell(explain(error).text, kind=Kind.WARNING),
            owner=self,
        ).ended.connect(lambda: self.print_button.setEnabled(True))

    def first_focus(self) -> QWidget | None:
        frame = self.view.first_question() if self.session is not None else None
        return frame.editor.focus_widget() if frame is not None else None

    # ------------------------------------------------------------ events

    def event(self, event: QEvent) -> bool:
        # The window has Alt+← for leaving a page; here it is the section before.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            alt_left = event.key() == Qt.Key.Key_Left and event.modifiers() & Qt.KeyboardModifier.AltModifier
            if alt_left and self.session is not None:
                event.accept()
                self._previous_soon.start()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        taken = (
            event.matches(QKeySequence.StandardKey.Paste)
            and self.session is not None
            and not self.session.locked
            and self.attachments.take(QGuiApplication.clipboard().mimeData())
        )
        if not taken:
            super().keyPressEvent(event)

    def _focus_moved(self, _old: QWidget | None, _new: QWidget | None) -> None:
        if self.session is not None and self.isVisible():
            self.view.show_focus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        window = self.window()
        if window is not self._watched:
            window.installEventFilter(self)
            self._watched = window

    def hideEvent(self, event: QHideEvent) -> None:
        self.flush()
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Before the window closes and the writer with it.
        if event.type() == QEvent.Type.Close and watched is self._watched:
            self.flush()
        return super().eventFilter(watched, event)
