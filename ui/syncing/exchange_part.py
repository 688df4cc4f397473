"""U盘交换: what waits is written to a stick, the centre's answers are read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QDir, QStorageInfo
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QWidget

from app.services.desk import Desk
from ui import theme
from ui.notices import Kind
from ui.syncing.exchange_model import ExchangeState, package_model
from ui.syncing.exchange_presenter import ExchangePresenter
from ui.syncing.part import Part
from ui.widgets.buttons import Button
from ui.widgets.card import Card
from ui.widgets.empty import EmptyState
from ui.widgets.label import label
from ui.widgets.progress_line import ProgressLine
from ui.widgets.table import Table
from ui.work import Runner

ABOUT = (
    "没有网络也能和中心交换：先导出一个加密的包，用U盘带到中心，请管理员处理，再把回执带回来导入。"
    "包丢了、重复导入或者次序乱了都没有关系，重新导出一次就行。"
)
FILTER = "驻企通摆渡包 (*.zqx)"
_STICKS = ("/media", "/run/media", "/mnt", "/Volumes")


class ExchangePart(Part):
    """Counts the packages whose answer has not come."""

    def __init__(self, desk: Desk, runner: Runner, sync: Any, parent: QWidget | None = None) -> None:
        super().__init__(desk, runner, sync, parent)
        self._folder: Path | None = None
        self.presenter = ExchangePresenter(desk, runner, self)
        self.presenter.loaded.connect(self._show)
        self.presenter.progressed.connect(self._progressed)
        self.presenter.exported.connect(self._exported)
        self.presenter.imported.connect(self._imported)
        self.presenter.refused.connect(self._refused)
        self.body.setSpacing(theme.GRID * 2)
        self.body.addWidget(self._act_card())
        self.body.addWidget(self._list_card(), 1)
        self.progress.hide()

    def _act_card(self) -> QWidget:
        card = Card("U盘交换")
        card.body.setSpacing(theme.GRID)
        card.body.addWidget(label(ABOUT, "tablequiet", wrap=True))
        self.text = label("", "table", wrap=True)
        card.body.addWidget(self.text)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        self.export_button = Button("导出到U盘", self._export, primary=True)
        self.import_button = Button("从U盘导入回执", self._import)
        self.photos = QCheckBox("带上照片和附件")
        self.photos.setChecked(True)
        line.addWidget(self.export_button)
        line.addWidget(self.import_button)
        line.addSpacing(theme.GRID)
        line.addWidget(self.photos)
        line.addStretch(1)
        card.body.addLayout(line)
        self.progress = ProgressLine(self.presenter.stop)
        card.body.addWidget(self.progress)
        return card

    def _list_card(self) -> QWidget:
        self.model = package_model(self)
        self.table = Table(self.model)
        self.table.setAccessibleName("最近的包")
        self.empty = EmptyState("还没有导出过。导出的包会列在这里，写明有没有收到回执。")
        card = Card("最近的包")
        card.body.addWidget(self.table, 1)
        card.body.addWidget(self.empty)
        return card

    def refresh(self) -> None:
        self.presenter.load()

    def take_focus(self) -> bool:
        self.export_button.setFocus()
        return True

    def _show(self, state: ExchangeState) -> None:
        self.text.setText(state.trouble or state.text)
        self._trouble = bool(state.trouble)
        self._allow()
        self.model.set_rows(state.lines)
        self.table.set_shown(bool(state.lines))
        self.empty.setVisible(not state.lines)
        self.counted.emit(state.open)

    # ------------------------------------------------------------------ there and back

    _trouble = False

    def _allow(self) -> None:
        able = not self.presenter.running and not self._trouble
        for widget in (self.export_button, self.import_button, self.photos):
            widget.setEnabled(able)

    def _export(self) -> None:
        suggested = self.presenter.suggest(self._where())
        name, _ = QFileDialog.getSaveFileName(self, "导出到U盘", str(suggested), FILTER)
        if name:
            path = Path(name) if name.endswith(".zqx") else Path(f"{name}.zqx")
            self._folder = path.parent
            self._begin("正在准备……")
            self.presenter.export(path, self.photos.isChecked())
            self._allow()

    def _import(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "从U盘导入回执", str(self._where()), FILTER)
        if names:
            self._folder = Path(names[0]).parent
            self._begin("正在核对文件……")
            self.presenter.take([Path(name) for name in names])
            self._allow()

    def _where(self) -> Path:
        """The folder used last, else a stick that is plugged in, else the person's own folder."""
        if self._folder is not None and self._folder.is_dir():
            return self._folder
        return next(iter(_sticks()), Path(QDir.homePath()))

    def _begin(self, text: str) -> None:
        self.progress.show_progress(text)
        self.progress.stop_button.setFocus()

    def _progressed(self, progress: Any) -> None:
        if self.presenter.running:
            self.progress.show_progress(progress.text, progress.done, progress.total)

    def _end(self, back: Button) -> None:
        self._allow()
        back.setFocus()
        self.progress.hide()
        self.refresh()

    def _exported(self, made: Any) -> None:
        self._end(self.import_button)
        left = f"另有 {made.left} 个附件放不下或找不到文件，下次再带。" if made.left else ""
        self.tell(
            f"已写好第 {made.number} 个包「{made.path.name}」（{_megabytes(made.bytes)}），"
            f"请带到中心处理，再把回执拿回来导入。{left}",
            kind=Kind.WARNING if left else Kind.GOOD,
        )

    def _imported(self, done: tuple[list[str], list[str]]) -> None:
        self._end(self.export_button)
        texts, problems = done
        self.tell("".join([*texts, *problems]), kind=Kind.WARNING if problems else Kind.GOOD)

    def _refused(self, code: str, text: str) -> None:
        self._end(self.export_button)
        if code != "bug":
            self.tell(text, kind=Kind.PLAIN if code == "stopped" else Kind.WARNING)


def _sticks() -> list[Path]:
    """Drives that look like something one plugs in."""
    found = []
    for volume in QStorageInfo.mountedVolumes():
        root = volume.rootPath()
        plugged = root.startswith(_STICKS) or (root[1:3] == ":/" and not root.upper().startswith("C"))
        if plugged and volume.isReady() and not volume.isReadOnly():
            found.append(Path(root))
    return found


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{max(1, round(count / 1000))} KB"
