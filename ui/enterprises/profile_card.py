"""企业档案: the profile as facts, and in their place the form; the real code, confirming and merging where they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain import credit_code
from app.domain.enterprise import Enterprise
from app.services.enterprises_entry import Alike
from app.services.enterprises_forms import DIVISIONS, INDUSTRIES, profile_form
from ui import theme
from ui.enterprises.code_picker import CodePicker
from ui.issues.action_form import ActionFormWidget
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.card import Card
from ui.widgets.facts import Facts
from ui.widgets.label import label


class ProfileCard(Card):
    """`saved(form, args)`, `code_picked(field, code)`, `asked(dictionary, text)`, `code_taken(text)`, `confirmed`,
    `targets_asked`, `merged(into, keep)`."""

    saved = Signal(object, object)
    code_picked = Signal(str, str)
    asked = Signal(str, str)
    code_taken = Signal(str)
    confirmed = Signal()
    targets_asked = Signal(str)
    merged = Signal(str, bool)

    def __init__(self, *, coordinator: bool, parent: QWidget | None = None) -> None:
        super().__init__("企业档案", parent=parent)
        self._coordinator = coordinator
        self.enterprise: Enterprise | None = None
        self.edit_link = LinkButton("编辑", self.edit)
        self.edit_link.setAccessibleName("编辑档案")
        self.head.addWidget(self.edit_link)
        self.facts = Facts()
        self.form = ActionFormWidget()
        self.form.submitted.connect(lambda _action, args: self.saved.emit(self.form.form, args))
        self.form.dropped.connect(self.close_form)
        self.industry = CodePicker("行业", "名称、拼音首字母或代码，例如 陶瓷、C3073")
        self.division = CodePicker("区划", "名称或代码，例如 湘东、360313")
        for picker, dictionary, field in (
            (self.industry, INDUSTRIES, "industry"),
            (self.division, DIVISIONS, "division"),
        ):
            picker.asked.connect(partial(self.asked.emit, dictionary))
            picker.picked.connect(partial(self.code_picked.emit, field))
            picker.hide()
        self._matters = self._make_matters()
        self.body.addWidget(self._matters)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.industry)
        self.body.addWidget(self.division)
        self.body.addWidget(self.form)

    def _make_matters(self) -> QWidget:
        """What is to be done with an enterprise that was entered by hand."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        self.matter = label("", "small", wrap=True)
        self.code = QLineEdit(placeholderText="18 位统一社会信用代码")
        self.code.setAccessibleName("信用代码")
        self.code.returnPressed.connect(self._take)
        self.take_button = Button("补信用代码", self._take)
        self.confirm_button = Button("确认入库", self.confirmed.emit)
        self.merge_button = Button("并入另一家", lambda: self.targets_asked.emit(self.code.text()))
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self.code, 1)
        for button in (self.take_button, self.confirm_button, self.merge_button):
            line.addWidget(button)
        self._targets = QVBoxLayout()
        self._targets.setSpacing(0)
        self.keep = QCheckBox("登记它的联络员也接着包联（不勾，就归对方现在的联络员）")
        self.keep.hide()
        column.addWidget(self.matter)
        column.addLayout(line)
        column.addWidget(self.keep)
        column.addLayout(self._targets)
        return box

    @property
    def is_editing(self) -> bool:
        return self.form.isVisible()

    def show_enterprise(self, enterprise: Enterprise, facts: Sequence[tuple[str, str]]) -> None:
        self.enterprise = enterprise
        self.facts.set_facts(facts)
        temporary = credit_code.is_temporary(enterprise.credit_code)
        self._matters.setVisible(temporary or bool(enterprise.unconfirmed))
        self.matter.setText(self._what(enterprise, temporary))
        for widget in (self.code, self.take_button):
            widget.setVisible(temporary)
        self.confirm_button.setVisible(self._coordinator and bool(enterprise.unconfirmed))
        self.merge_button.setVisible(self._coordinator and temporary and not enterprise.merging_into)

    def _what(self, enterprise: Enterprise, temporary: bool) -> str:
        if enterprise.merging_into:
            return "正在并入另一家企业，同步后完成；走访、诉求和附件都会一起过去。"
        by = f"{enterprise.entered_by_name}手工登记" if enterprise.entered_by_name else "手工登记"
        told = [f"{by}，等协调员确认。"] if enterprise.unconfirmed else []
        if enterprise.unconfirmed and enterprise.maybe_same and self._coordinator:
            told.append(f"有 {len(enterprise.maybe_same)} 家名称相近，可能是同一家。")
        if temporary:
            told.append("现在用的是临时码，取得信用代码后请补上。")
        return "".join(told)

    def edit(self) -> None:
        assert self.enterprise is not None
        self.form.show_form(profile_form(self.enterprise))
        self.form.focus_first()
        self.facts.hide()
        self.industry.show()
        self.division.show()
        self.edit_link.setEnabled(False)

    def close_form(self) -> None:
        self.form.close_form()
        self.facts.show()
        for picker in (self.industry, self.division):
            picker.clear()
            picker.hide()
        self.edit_link.setEnabled(True)

    def complain(self, text: str) -> None:
        """What is not as it must be, beside the form."""
        self.form.problem.setText(text)
        self.form.problem.show()

    def offer_targets(self, targets: Sequence[Alike]) -> None:
        """The enterprises it can be merged into, the most alike first."""
        self.offer_nothing()
        self.keep.setChecked(False)
        self.keep.setVisible(bool(targets))
        told = "合并后不能拆开。不在下面的，先在框里输入名称或代码，再点「并入另一家」。"
        if not targets:
            told = "没有可以并入的企业：要有正式的信用代码，名称或代码里有框里的字。"
        self._targets.addWidget(label(told, "small", wrap=True))
        for target in targets:
            link = LinkButton(f"并入 {target.name}　{target.credit_code}")
            link.clicked.connect(partial(self._merge, link, target))
            self._targets.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)

    def _merge(self, link: LinkButton, target: Alike, _checked: bool = False) -> None:
        """What cannot be taken back is pressed twice."""
        sure = f"再按一次：并入 {target.name}"
        if link.text() != sure:
            link.set_text(sure)
            return
        keep = self.keep.isChecked()
        self.offer_nothing()
        self.merged.emit(target.id, keep)

    def offer_nothing(self) -> None:
        """The list goes when one was picked."""
        self.keep.hide()
        while (taken := self._targets.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _take(self) -> None:
        if self.code.text().strip():
            self.code_taken.emit(self.code.text())
