"""What the pages of registers ask the services."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal

from app.exports.registers import write_register
from app.services import registers
from app.services.registers import RecordLine, RegisterTable
from ui.page import Presenter


class RegistersPresenter(Presenter):
    """`known(list[RegisterForm])`, `loaded(RegisterTable, list[EntryDraft])`, `begun(draft id)`, `offered(list[Code])`,
    `exported(Path)`."""

    known = Signal(object)
    loaded = Signal(object, object)
    begun = Signal(str)
    offered = Signal(object)
    exported = Signal(object)
    dropped = Signal()

    def look_for_registers(self) -> None:
        self.look_up("registers", registers.registers, self.desk, then=self.known.emit)

    def load(self, form_id: str) -> None:
        desk = self.desk

        def both() -> tuple[RegisterTable, Any]:
            return registers.table(desk, form_id), registers.begun(desk, form_id)

        self.look_up("table", both, then=lambda found: self.loaded.emit(*found))

    def offer_enterprises(self, text: str) -> None:
        self.look_up("enterprises", registers.enterprises_here, self.desk, text, then=self.offered.emit)

    def begin(self, form_id: str, enterprise: str) -> None:
        self.act(registers.start, self.desk, form_id, enterprise, then=self.begun.emit)

    def drop(self, draft: str) -> None:
        self.act(registers.drop, self.desk, draft, then=lambda _none: self.dropped.emit())

    def export(self, path: Path, table: RegisterTable, lines: Sequence[RecordLine], told: str) -> None:
        self.runner.long(
            lambda _work: write_register(path, table, lines, told), then=self.exported.emit, owner=self
        )
