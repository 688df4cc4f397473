"""服务走访核验: a coordinator verifies and gives back the park's visits, one or several at once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.services import visit_verifying
from app.services.visit_verifying import Review
from app.store.outbox import pending
from tests.support.desks import coordinator_desk
from tests.support.pictures import picture
from tests.support.windows import Person, english, window_of


def reviews(person: Person) -> dict[str, Review]:
    return {line.id: line.review for line in visit_verifying.listing(person.window.desk)}


def test_visits_are_verified_and_given_back(tmp_path: Path, qtbot: QtBot) -> None:
    desk = coordinator_desk(tmp_path / "desk", held=("ent-0", "ent-6"))
    with window_of(desk, qtbot) as coordinator:
        assert set(reviews(coordinator).values()) == {Review.WAITING}
        coordinator.open("enterprises")
        picture(coordinator.window, "enterprises_coordinator")
        coordinator.press("走访核验")
        coordinator.until(lambda: coordinator.window.current_page == "verifying")
        coordinator.settle()
        page = coordinator.window.page
        assert [line.held for line in page.model.rows] == [True, True, False], "the longest waiting first"
        page.table.setFocus()
        page.table.choose("visit-7")
        coordinator.settle()
        assert not page.verify_button.isEnabled(), "nobody verifies what he cannot read"
        assert coordinator.can_press("取 1 家企业的资料")
        picture(coordinator.window, "verifying")

        page.table.choose("visit-0")
        coordinator.key(Qt.Key.Key_Space)
        coordinator.key(Qt.Key.Key_Down)
        coordinator.key(Qt.Key.Key_Space)
        coordinator.press("退回 2 次")
        coordinator.press("退回给走访人")
        coordinator.settle()
        assert coordinator.reads("请写明退回的原因")
        coordinator.write(page.reason, "受访人职务没有写")
        coordinator.press("退回给走访人")
        coordinator.settle()
        assert coordinator.reads("已退回 2 次")
        waiting, back = Review.WAITING, Review.RETURNED
        assert reviews(coordinator) == {"visit-0": back, "visit-6": back, "visit-7": waiting}
        assert not english(coordinator.texts())


def test_one_is_read_and_verified(tmp_path: Path, qtbot: QtBot) -> None:
    desk = coordinator_desk(tmp_path / "desk", held=("ent-0", "ent-6"))
    with window_of(desk, qtbot) as coordinator:
        coordinator.window.go("verifying", None)
        coordinator.until(lambda: coordinator.window.current_page == "verifying")
        coordinator.settle()
        page = coordinator.window.page
        page.table.setFocus()
        page.table.choose("visit-6")
        coordinator.key(Qt.Key.Key_Return)
        coordinator.until(lambda: coordinator.window.current_page == "visit")
        coordinator.window.go_back()
        coordinator.settle()
        coordinator.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        coordinator.until(lambda: reviews(coordinator)["visit-6"] is Review.VERIFIED)
        coordinator.settle()
        assert pending(desk.store)[-1].change.name == "visit.verify"
        assert coordinator.reads("已核 1 次")
        page.views.choose("verified")
        assert [line.id for line in page.model.rows] == ["visit-6"]
