"""One card of 代管: whose it was, what each kept change says, taking it over or putting it aside with a reason."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui import theme
from ui.syncing.escrow_model import DraftText, EscrowCardLine, KeptRow
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card
from ui.widgets.label import label
from ui.widgets.repolish import set_flag


class EscrowCard(Card):
    """`taken(id)`, `given_up(id, reason, mids or None)`, `read(id, mid)`, `fetched(enterprise)`."""

    taken = Signal(str)
    given_up = Signal(str, str, object)
    read = Signal(str, str)
    fetched = Signal(str)

    def __init__(self, line: EscrowCardLine, parent: QWidget | None = None) -> None:
        super().__init__(line.title, line.remark, parent)
        self.line = line
        self._wanted: tuple[str, ...] | None = None
        self.body.setSpacing(theme.GRID)
        self._rows()
        self._paper()
        self._reason()
        self.body.addLayout(self._foot())

    @property
    def busy(self) -> bool:
        """Somebody is writing a reason here."""
        return self.form.isVisible()

    def take_focus(self) -> None:
        """The keyboard at what can be done first."""
        for button in (self.take_button, self.fetch_button, self.discard_button):
            if not button.isHidden():
                button.setFocus(Qt.FocusReason.TabFocusReason)
                return

    # ------------------------------------------------------------------ parts

    def _rows(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GRID * 2)
        grid.setVerticalSpacing(theme.GRID // 2)
        grid.setColumnStretch(1, 1)
        self.read_links: list[LinkButton] = []
        for number, row in enumerate(self.line.rows):
            grid.addWidget(label(row.what, "table"), number, 0)
            grid.addWidget(label(row.text, "table", wrap=True), number, 1)
            grid.addWidget(label(row.made, "tablequiet"), number, 2)
            grid.addLayout(self._links(row), number, 3)
        self.body.addLayout(grid)
        if self.line.fetch is not None:
            self.body.addWidget(label("内容在企业资料里，取来以后才能看和处理。", "tablequiet", wrap=True))

    def _links(self, row: KeptRow) -> QHBoxLayout:
        links = QHBoxLayout()
        links.setSpacing(theme.GRID)
        if row.draft:
            link = LinkButton("查看", lambda: self.read.emit(self.line.id, row.mid))
            link.setAccessibleName(f"查看：{row.what}")
            self.read_links.append(link)
            links.addWidget(link)
        if self.line.may_discard and row.alone:
            link = LinkButton("放弃这一项", lambda: self._ask((row.mid,)), quiet=True)
            link.setAccessibleName(f"放弃这一项：{row.what}")
            links.addWidget(link)
        links.addStretch(1)
        return links

    def _paper(self) -> None:
        """Where a draft is read."""
        self.paper = QWidget(self)
        self._paper_column = QVBoxLayout(self.paper)
        self._paper_column.setContentsMargins(theme.GRID * 2, 0, 0, 0)
        self._paper_column.setSpacing(theme.GRID // 2)
        self.body.addWidget(self.paper)
        self.paper.hide()

    def _reason(self) -> None:
        self.form = QWidget(self)
        column = QVBoxLayout(self.form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        self._asking = label("", "tablequiet", wrap=True)
        column.addWidget(self._asking)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        self.field = QLineEdit()
        self.field.setAccessibleName("放弃的原因")
        self.field.setPlaceholderText("例如：企业已搬走，这次走访不再需要")
        self.field.returnPressed.connect(self._give_up)
        line.addWidget(self.field, 1)
        self.sure = Button("确定放弃", self._give_up)
        line.addWidget(self.sure)
        line.addWidget(Button("不放弃", self._close))
        column.addLayout(line)
        self.body.addWidget(self.form)
        self.form.hide()

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(theme.GRID * 3 // 2)
        foot.addWidget(label(self.line.why_not, "small", wrap=True), 1)
        self.discard_button = Button("都放弃" if len(self.line.rows) > 1 else "放弃", lambda: self._ask(None))
        self.fetch_button = Button("取资料", lambda: self.fetched.emit(self.line.fetch or ""), primary=True)
        self.take_button = Button(self.line.take_word or "接收", self._take, primary=True)
        for button, wanted in (
            (self.discard_button, self.line.may_discard),
            (self.fetch_button, self.line.fetch is not None),
            (self.take_button, bool(self.line.take_word)),
        ):
            foot.addWidget(button)
            if not wanted:
                button.hide()
        return foot

    # ------------------------------------------------------------------ acting

    def _take(self) -> None:
        self.take_button.setEnabled(False)
        self.taken.emit(self.line.id)

    def allow(self) -> None:
        """What was asked for could not be done: it may be tried again."""
        self.take_button.setEnabled(True)
        self.sure.setEnabled(True)

    def _ask(self, mids: tuple[str, ...] | None) -> None:
        self._wanted = mids
        what = next((row.what for row in self.line.rows if mids and row.mid in mids), "")
        which = f"「{what}」" if what else f"这 {len(self.line.rows)} 项" if len(self.line.rows) > 1 else ""
        self._asking.setText(f"放弃{which}要写明原因，会和内容一起留有记录。")
        self.form.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _close(self) -> None:
        self.form.hide()
        self.discard_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _give_up(self) -> None:
        reason = self.field.text().strip()
        set_flag(self.field, "bad", not reason)
        if not reason:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.sure.setEnabled(False)
        self.form.hide()
        self.given_up.emit(self.line.id, reason, self._wanted)

    def show_draft(self, draft: DraftText) -> None:
        """The draft, below; asked for again it goes away."""
        showing = self.paper.isVisible()
        while (taken := self._paper_column.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.deleteLater()
        self.paper.setVisible(not showing)
        for link in self.read_links:
            link.set_text("查看" if showing else "收起")
        if showing:
            return
        if not draft.sections:
            self._paper_column.addWidget(label("还没有填写内容。", "tablequiet"))
        for name, rows in draft.sections:
            self._paper_column.addWidget(label(name, "head"))
            for question, answer in rows:
                self._paper_column.addWidget(label(f"{question}：{answer}", "table", wrap=True))
