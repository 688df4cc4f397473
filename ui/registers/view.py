"""台账: one register at a time as a table, with filters, sums, drafts to go on with, and export."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app.domain.clock import BEIJING
from app.services import registers_blacklist, words
from app.services.desk import Desk
from app.services.registers import EntryDraft, RecordLine, RegisterForm, RegisterTable, Wanted, sums
from ui import theme
from ui.enterprises.code_picker import CodePicker
from ui.notices import Kind
from ui.page import Page
from ui.registers.filter_bar import RegisterFilters
from ui.registers.model import register_model
from ui.registers.presenter import RegistersPresenter
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card
from ui.widgets.chips import ChipRow
from ui.widgets.empty import EmptyState
from ui.widgets.flow import FlowLayout
from ui.widgets.label import label
from ui.widgets.line_row import LineRow
from ui.widgets.rows import RowsModel
from ui.widgets.table import Table
from ui.work import Runner

TOOLS = {"policies": "可享政策", "grading": "亩均评档", "providers": "服务机构", "blacklist": "失信查询"}
"""Pages beside the registers."""
ALL = "all"
STAGE = "@stage"


class RegistersPage(Page):
    """Enter opens an entry, Ctrl+N makes one, Ctrl+F narrows, Ctrl+P exports what is shown."""

    name = "registers"

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__("台账", parent=parent)
        self.desk = desk
        self.presenter = RegistersPresenter(desk, runner, self)
        self._forms: list[RegisterForm] = []
        self._data: RegisterTable | None = None
        self._wanted: str | None = None
        self._layout: object = None
        self.lines: list[RecordLine] = []
        self.model: RowsModel | None = None
        self.table: Table | None = None
        self.books: ChipRow | None = None
        self.chips: ChipRow | None = None
        self._chip_path = ""
        self._build()
        self.presenter.known.connect(self._show_registers)
        self.presenter.loaded.connect(self._show)
        self.presenter.begun.connect(lambda draft: self.go.emit("entry_filling", draft))
        self.presenter.offered.connect(self.picker.offer)
        self.presenter.exported.connect(self._exported)
        self.presenter.dropped.connect(self.refresh)
        sync.finished.connect(self._synced)

    def _build(self) -> None:
        self.filter_button = Button("筛选", self._toggle_filters, shortcut="Ctrl+F")
        self.export_button = Button("导出表格", self._ask_path, shortcut="Ctrl+P")
        self.new_button = Button("登记一条", self._ask_enterprise, primary=True, shortcut="Ctrl+N")
        for button in (self.filter_button, self.export_button, self.new_button):
            self.head.add(button)
            button.setEnabled(False)
        self._books_place = _holder(self.body)
        self.picker = CodePicker("给哪家企业登记", "名称的一部分或拼音首字母，回车选第一家")
        self.picker.asked.connect(self.presenter.offer_enterprises)
        self.picker.picked.connect(self._begin)
        self.picker_card = Card()
        self.picker_card.body.addWidget(self.picker)
        self.body.addWidget(self.picker_card)
        self.picker_card.hide()
        self.filters = RegisterFilters()
        self.filters.altered.connect(self._filter)
        self.body.addWidget(self.filters)
        self.filters.hide()
        self.tools = QWidget()
        self._tools_flow = FlowLayout(self.tools, theme.GRID * 2)
        self.tool_links = {
            place: LinkButton(word, partial(self.go.emit, place, None)) for place, word in TOOLS.items()
        }
        for link in self.tool_links.values():
            self._tools_flow.addWidget(link)
        self.tool_links["blacklist"].setVisible(registers_blacklist.may_ask(self.desk))
        self.body.addWidget(self.tools)
        self._chips_place = _holder(self.body)
        self._drafts_place = _holder(self.body)
        self.card = Card()
        self._table_place = QVBoxLayout()
        self.card.body.addLayout(self._table_place, 1)
        self.empty = EmptyState("正在打开……")
        self.card.body.addWidget(self.empty)
        self.total = label("", "table", wrap=True)
        self.card.body.addWidget(self.total)
        self.body.addWidget(self.card, 1)

    def refresh(self) -> None:
        self.presenter.look_for_registers()

    def show_target(self, target: Any) -> None:
        """`("register", form id)`: this register; an entry's id: chosen in its register."""
        if isinstance(target, tuple):
            self._turn(str(target[1]))
        else:
            self._wanted = str(target)
        self.refresh()

    def first_focus(self) -> QWidget | None:
        return self.table or self.books

    # ------------------------------------------------------------------ which register

    def _show_registers(self, forms: list[RegisterForm]) -> None:
        if not forms:
            self.empty.set_text("还没有台账。管理员发布带有台账标记的表单后，同步一次（F5）就会出现在这里。")
            return
        if forms != self._forms:
            current = self.form_id
            self._forms = forms
            self.books = ChipRow({one.form_id: one.title for one in forms})
            self.books.chosen.connect(lambda _keys: self._turned())
            _replace(self._books_place, self.books)
            if current in self.books.all_keys:
                self.books.select(current)
        self.presenter.load(self.form_id)

    @property
    def form_id(self) -> str:
        return self.books.key if self.books is not None else ""

    def _turn(self, form_id: str) -> None:
        if self.books is not None and form_id in self.books.all_keys:
            self.books.select(form_id)

    def _turned(self) -> None:
        self.filters.reset()
        self._close_picker()
        self.presenter.load(self.form_id)

    # ------------------------------------------------------------------ the table

    def _show(self, data: RegisterTable, drafts: list[EntryDraft]) -> None:
        if data.form.form_id != self.form_id:
            return
        self._data = data
        layout = (data.form, data.columns, any(line.lamps for line in data.lines))
        if layout != self._layout:
            self._layout = layout
            self._lay_out(data)
        for button in (self.filter_button, self.export_button):
            button.setEnabled(True)
        self.new_button.setEnabled(data.may_file)
        self._show_drafts(drafts)
        self._filter()

    def _lay_out(self, data: RegisterTable) -> None:
        self.model = register_model(data, self)
        self.table = Table(self.model, sortable=True)
        self.table.setAccessibleName(data.form.title)
        self.table.opened.connect(self._open)
        _replace(self._table_place, self.table)
        words_of = dict(data.stages)
        self._chip_path = STAGE if words_of else ""
        if not words_of:
            first = next((column for column in data.columns if column.kind == "choice"), None)
            words_of = dict(first.choices) if first else {}
            self._chip_path = first.path if first else ""
        self.chips = ChipRow({ALL: "全部", **words_of}) if words_of else None
        if self.chips is not None:
            self.chips.chosen.connect(lambda _keys: self._filter())
        _replace(self._chips_place, self.chips)
        self.filters.show_table(data, self._chip_path)

    def wanted(self) -> Wanted:
        """What the filters say, without the chips."""
        return self.filters.value(self.desk.today)

    def _filter(self) -> None:
        data = self._data
        if data is None or self.model is None or self.table is None:
            return
        wanted = self.wanted()
        narrowed = [line for line in data.lines if wanted.holds(line)]
        self._count_chips(narrowed)
        key = self.chips.key if self.chips is not None else ALL
        self.lines = [line for line in narrowed if key == ALL or self._chip_of(line) == key]
        self.model.set_rows(self.lines)
        if self._wanted is not None and self.table.choose(self._wanted):
            self._wanted = None
        self.table.choose_first()
        self.table.set_shown(bool(self.lines))
        self.empty.setVisible(not self.lines)
        self.empty.set_text(self._nothing(data, wanted.narrow or key != ALL))
        self.filter_button.set_text(f"筛选 {len(self.lines)}" if wanted.narrow else "筛选")
        self.total.setText(self._sums(data))

    def _chip_of(self, line: RecordLine) -> str:
        return line.stage if self._chip_path == STAGE else str(line.raw.get(self._chip_path, ""))

    def _count_chips(self, lines: list[RecordLine]) -> None:
        if self.chips is None:
            return
        counts = dict.fromkeys(self.chips.all_keys, 0)
        for line in lines:
            code = self._chip_of(line)
            counts[code] = counts.get(code, 0) + 1
        counts[ALL] = len(lines)
        self.chips.set_counts(counts)
        for key in self.chips.all_keys:
            self.chips.chip(key).setVisible(key in (ALL, self.chips.key) or counts[key] > 0)
        self.chips.updateGeometry()

    def _sums(self, data: RegisterTable) -> str:
        if not self.lines:
            return ""
        parts = [
            f"共 {len(self.lines)} 条",
            *(one.text for one in sums(data.columns, self.lines) if one.counted),
        ]
        return "　".join(parts)

    def _nothing(self, data: RegisterTable, narrow: bool) -> str:
        if narrow:
            return "没有符合筛选的记录。点「筛选」里的「清除筛选」看全部。"
        if not data.may_file:
            return "还没有记录。联络员登记后，同步一次（F5）就会出现在这里。"
        own = "只记在您本人名下，别人看不到。" if data.form.personal else ""
        return f"还没有记录。点「登记一条」选一家企业就可以填。{own}"

    def _toggle_filters(self) -> None:
        self.filters.setVisible(self.filters.isHidden())
        if self.filters.isVisible():
            self.filters.text.setFocus()
        else:
            self.filters.reset()

    # ------------------------------------------------------------------ drafts and new ones

    def _show_drafts(self, drafts: list[EntryDraft]) -> None:
        if not drafts:
            _replace(self._drafts_place, None)
            return
        card = Card("没填完的")
        for one in drafts:
            what = "改表" if one.amends else "登记"
            card.body.addWidget(
                LineRow(
                    f"{one.enterprise_name} {what}",
                    one.saved,
                    (("接着填", partial(self.go.emit, "entry_filling", one.id)),),
                )
            )
        _replace(self._drafts_place, card)

    def _ask_enterprise(self) -> None:
        self.picker_card.show()
        self.picker.edit.clear()
        self.picker.edit.setFocus()
        self.presenter.offer_enterprises("")

    def _close_picker(self) -> None:
        self.picker_card.hide()

    def _begin(self, enterprise: str) -> None:
        self._close_picker()
        self.presenter.begin(self.form_id, enterprise)

    def _open(self, line: RecordLine) -> None:
        if line.held:
            self.go.emit("record", line.id)
        else:
            self.tell(f"全文在「{line.enterprise_name}」的资料里，打开企业就会取来。", kind=Kind.WARNING)
            self.go.emit("enterprise", line.enterprise)

    def _synced(self, _report: object) -> None:
        if self.isVisible():
            self.refresh()

    # ------------------------------------------------------------------ export

    def _ask_path(self) -> None:
        if self._data is None:
            return
        name = f"{self._data.form.title} {self.desk.today.isoformat()}.xlsx"
        folder = Path.home() / "Documents"
        start = (folder if folder.is_dir() else Path.home()) / name.replace("/", "-")
        path, _ = QFileDialog.getSaveFileName(self, "导出台账", str(start), "工作簿 (*.xlsx)")
        if path:
            self.export_to(Path(path))

    def export_to(self, path: Path) -> None:
        """Write what is shown to a workbook."""
        if self._data is None:
            return
        target = path if path.suffix.lower() == ".xlsx" else path.with_name(path.name + ".xlsx")
        moment = self.desk.clock().astimezone(BEIJING)
        told = f"统计期：{self.filters.period_word}　口径：表单 {self._data.form.version} 版　生成：{words.day(moment.date())} {moment:%H:%M}"
        self.presenter.export(target, self._data, self.lines, told)

    def _exported(self, path: Path) -> None:
        self.tell(f"已导出 {len(self.lines)} 条到 {path}", kind=Kind.GOOD)


def _holder(body: QVBoxLayout) -> QVBoxLayout:
    made = QVBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(theme.GRID)
    body.addLayout(made)
    return made


def _replace(place: QVBoxLayout, widget: QWidget | None) -> None:
    """Put a widget where another one was."""
    while (taken := place.takeAt(0)) is not None:
        former = taken.widget()
        if former is not None:
            former.hide()
            former.deleteLater()
    if widget is not None:
        place.addWidget(widget)
