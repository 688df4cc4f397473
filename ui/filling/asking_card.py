"""在问的时候看: what to have in mind while asking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.issue import ISSUE_STATE_NAMES
from app.domain.visit import Visit
from app.services import visit_tables, visits, words
from app.services.desk import Desk
from ui import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.card import Card
from ui.widgets.label import ElidedLabel, label


@dataclass(frozen=True, slots=True)
class Fact:
    """One line, and the lines that come out from under it."""

    text: str
    details: tuple[str, ...] = ()


def look_up(desk: Desk, visit: Visit) -> tuple[Fact, ...]:
    """Open issues, the visit before this one, the policies one could tell of."""
    facts = []
    issues = visit_tables.open_issues(desk, visit.enterprise)
    lines = tuple(f"{issue.number} {issue.title}（{ISSUE_STATE_NAMES[issue.state]}）" for issue in issues)
    facts.append(Fact(f"未结诉求 {len(issues)} 件" if issues else "没有未结诉求", lines))
    last = visits.last_record(desk, visit.enterprise, before=visit.id)
    if last is None:
        facts.append(Fact("没有以往走访记录"))
    else:
        former = last[0]
        told = f"{former.officer_name}走访，" + (
            f"登记诉求 {len(former.issues)} 件" if former.issues else "没有登记诉求"
        )
        details = (told, former.summary) if former.summary else (told,)
        facts.append(Fact(f"上次走访 {words.day_of_text(former.day)}", details))
    policies = tuple(str(policy["title"]) for policy in desk.dictionary("policies"))
    if policies:
        facts.append(Fact(f"可讲的政策 {len(policies)} 条", policies))
    return tuple(facts)


class _Fold(QWidget):
    """A line whose details come and go."""

    def __init__(self, fact: Fact, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = QWidget(self)
        inner = QVBoxLayout(self._details)
        inner.setContentsMargins(0, 0, 0, theme.GRID)
        inner.setSpacing(theme.GRID // 2)
        for text in fact.details:
            inner.addWidget(label(text, "small", wrap=True))
        self._details.hide()
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(ElidedLabel(fact.text, "tablequiet"), 1)
        self.link = LinkButton("看", self._turn)
        self.link.setAccessibleName(f"看{fact.text}")
        line.addWidget(self.link)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self._details)
        # Only inside a window: shown without a parent it would be one by itself.
        if not fact.details:
            self.link.hide()
        line.setSizeConstraint(line.SizeConstraint.SetDefaultConstraint)
        self.setMinimumHeight(theme.current().px(30))

    def _turn(self) -> None:
        opened = self._details.isHidden()
        self._details.setVisible(opened)
        self.link.set_text("收起" if opened else "看")


class AskingCard(Card):
    """Shows the facts; the same ones are not built anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("在问的时候看", "", parent)
        self._facts: tuple[Fact, ...] = ()
        self.folds: list[_Fold] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        if tuple(facts) == self._facts:
            return
        self._facts = tuple(facts)
        for fold in self.folds:
            self.body.removeWidget(fold)
            fold.hide()
            fold.deleteLater()
        self.folds = [_Fold(fact) for fact in facts]
        for fold in self.folds:
            self.body.addWidget(fold)
