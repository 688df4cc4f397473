"""补正: the officer makes good what was missing and reports again."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.issue import Issue
from ui import theme
from ui.widgets.label import label

TITLE_LENGTH = 40


class ResubmitForm(QWidget):
    """Title, description and expectation of a returned issue, to be completed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLineEdit(maxLength=TITLE_LENGTH)
        self.title.setAccessibleName("标题")
        self.description = QPlainTextEdit(tabChangesFocus=True)
        self.description.setAccessibleName("描述")
        self.expectation = QPlainTextEdit(tabChangesFocus=True)
        self.expectation.setAccessibleName("企业期望")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        look = theme.current()
        for word, field in (("标题", self.title), ("描述", self.description), ("企业期望", self.expectation)):
            column.addWidget(label(word, "tablequiet"))
            column.addWidget(field)
            if isinstance(field, QPlainTextEdit):
                field.setFixedHeight(look.px(72))

    def show_issue(self, issue: Issue) -> None:
        self.title.setText(issue.title)
        self.description.setPlainText(issue.description or "")
        self.expectation.setPlainText(issue.expectation or "")

    def value(self) -> tuple[str, str, str]:
        """(title, description, expectation)."""
        return (
            self.title.text().strip(),
            self.description.toPlainText().strip(),
            self.expectation.toPlainText().strip(),
        )
