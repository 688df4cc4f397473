"""Photos a colleague took: seen on another laptop, fetched from a real centre while one looks at the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.people import Role
from app.paths import DataFolder
from app.services import attachments, visits
from app.services.desk import Desk
from app.store.files import files_to_send
from app.store.purge import finish_purges, purge
from sync.client.engine import engine_for
from sync.client.session import sign_in
from tests.support.park import Park
from tests.support.pictures import picture
from tests.support.server import PASSWORD, RunningServer
from tests.support.windows import Person, window_of
from ui.fetching import BY_ITSELF_BYTES
from ui.filling.attachments_card import AttachmentsCard
from ui.filling.media import png_of
from ui.widgets.photos import PhotoStrip, PhotoTile

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("centre")) as server:
        park = Park(server)
        yield park
        park.close()


class Colleagues:
    """Two officers of one enterprise: one was there and took photos, the other looks at them."""

    def __init__(self, centre: Park, folder: Path) -> None:
        self.centre = centre
        self.enterprise = centre.enterprise("江西青岚云杉新材料股份有限公司")
        self.there = self._desk(folder / "there")
        self.here = self._desk(folder / "here")
        self.sync(self.there)
        self.visit = visits.start_visit(self.there, self.enterprise).id

    def _desk(self, folder: Path, account: str | None = None) -> Desk:
        if account is None:
            account, _ = self.centre.account(Role.OFFICER)
            self.centre.assign(account, self.enterprise)
        desk = Desk.open(DataFolder(folder))
        sign_in(desk.store, self.centre.server.url, account, PASSWORD, "测试机")
        return desk

    def second_laptop(self, folder: Path) -> Desk:
        """Of the one who was there."""
        desk = self._desk(folder, self.there.signed_in().account)
        self.sync(desk)
        return desk

    def sync(self, desk: Desk) -> None:
        report = engine_for(desk.store, desk.context, system_clock).run()
        assert report.error is None

    def add(self, content: bytes, name: str) -> str:
        return attachments.add(self.there, self.visit, content, name).id

    def close(self) -> None:
        self.there.close()
        self.here.close()


@pytest.fixture
def two(centre: Park, tmp_path: Path) -> Iterator[Colleagues]:
    colleagues = Colleagues(centre, tmp_path)
    yield colleagues
    colleagues.close()


def photo(width: int, height: int, noise: bool = False) -> bytes:
    """A PNG; noise cannot be packed, so its size is known."""
    picture = QImage(QSize(width, height), QImage.Format.Format_RGB32)
    picture.fill(0xFF2F6F9F)
    if noise:
        picture = QImage(os.urandom(width * height * 4), width, height, QImage.Format.Format_RGB32).copy()
    return png_of(picture)


def strip_of(person: Person, visit: str) -> PhotoStrip:
    page = person.open("visits")
    person.until(lambda: page.table.current is not None)
    page.show_target(visit)
    person.until(lambda: page.photos.strip.tiles)
    strip: PhotoStrip = page.photos.strip
    return strip


def shows(tile: PhotoTile) -> tuple[str, str]:
    return tile.words.text(), tile.press.text()


def here(tile: PhotoTile) -> bool:
    """Whether the picture itself is on screen."""
    return tile.line.path is not None and tile.picture.pixmap().width() > 40


def test_small_ones_come_by_themselves_a_large_one_when_asked_for(two: Colleagues, qtbot: QtBot) -> None:
    small = two.add(photo(800, 600), "车间.png")
    large_bytes = photo(1100, 1100, noise=True)
    assert len(large_bytes) > BY_ITSELF_BYTES
    large = two.add(large_bytes, "配电房.png")
    paper = two.add(b"%PDF-1.4 " + os.urandom(2000), "函件.pdf")
    two.sync(two.there)
    late = two.add(photo(200, 160), "门牌.png")
    _send_rows_alone(two)
    two.sync(two.here)
    with window_of(two.here, qtbot) as person:
        strip = strip_of(person, two.visit)
        person.until(lambda: here(strip.tiles[small]))
        assert shows(strip.tiles[large]) == ("", f"点击下载（{len(large_bytes) / 1e6:.1f} MB）")
        assert shows(strip.tiles[paper]) == ("", "点击下载（2 KB）")
        assert shows(strip.tiles[late]) == ("照片上传中", "")
        picture(person.window, "photos")
        strip.tiles[large].press.click()
        person.until(lambda: here(strip.tiles[large]))
        path = strip.tiles[large].line.path
        assert path is not None
        assert path.read_bytes() == large_bytes
        # Fetched for good: an hour without a network later they are still there.
        assert shows(strip.tiles[small]) == ("", "")
        two.sync(two.there)
        two.sync(two.here)
        person.until(lambda: late in strip.tiles and here(strip.tiles[late]))


def _send_rows_alone(two: Colleagues) -> None:
    """The row of a photo reaches the centre, its bytes do not yet."""
    desk = two.there
    engine = engine_for(desk.store, desk.context, system_clock)
    report = engine.run(stop=lambda: bool(files_to_send(desk.store)))
    assert report.error is None
    assert files_to_send(desk.store)


def test_without_a_network_it_says_so_and_tries_again_on_a_press(tmp_path: Path, qtbot: QtBot) -> None:
    with RunningServer(tmp_path / "centre") as server:
        park = Park(server)
        two = Colleagues(park, tmp_path)
        _without_a_network(two, qtbot)
        two.close()
        park.close()


def _without_a_network(two: Colleagues, qtbot: QtBot) -> None:
    server = two.centre.server
    ids = [two.add(photo(300 + number, 200), f"{number}.png") for number in range(3)]
    two.sync(two.there)
    two.sync(two.here)
    server.stop()
    with window_of(two.here, qtbot) as person:
        strip = strip_of(person, two.visit)
        tiles = [strip.tiles[id] for id in ids]
        person.until(lambda: all(tile.press.text() == "下载失败，重试" for tile in tiles))
        assert "连不上中心" in tiles[0].press.toolTip()
        picture(person.window, "photos-offline")
        server.start()
        for tile in tiles:
            tile.press.click()
        person.until(lambda: all(here(tile) for tile in tiles))


def test_ones_own_photos_are_there_at_once_and_never_asked_for(two: Colleagues, qtbot: QtBot) -> None:
    mine = two.add(photo(640, 480), "我的.png")
    with window_of(two.there, qtbot) as person:
        strip = strip_of(person, two.visit)
        person.until(lambda: here(strip.tiles[mine]))
        assert strip.fetcher.state(mine) is None


def test_an_open_visit_on_ones_second_laptop(two: Colleagues, qtbot: QtBot, tmp_path: Path) -> None:
    """Beside the form stands what was photographed with the first one."""
    two.add(photo(500, 400), "车间.png")
    two.sync(two.there)
    two.add(photo(60, 50), "门牌.png")
    _send_rows_alone(two)
    with window_of(two.second_laptop(tmp_path / "second"), qtbot) as person:
        strip_of(person, two.visit)
        person.press("接着填")
        person.until(lambda: person.window.findChild(AttachmentsCard))
        card = person.window.findChild(AttachmentsCard)
        person.until(lambda: [one.state.text() for one in card.thumbnails] == ["已上传", "照片上传中"])
        person.until(lambda: card.thumbnails[0].picture.pixmap().width() > 30)


def test_what_was_fetched_goes_with_its_bucket(two: Colleagues, qtbot: QtBot) -> None:
    id = two.add(photo(320, 240), "车间.png")
    two.sync(two.there)
    two.sync(two.here)
    with window_of(two.here, qtbot) as person:
        strip = strip_of(person, two.visit)
        person.until(lambda: here(strip.tiles[id]))
    desk = two.here = Desk.open(two.here.folder)
    assert _files(desk)
    document = desk.store.get("attachment", id)
    assert document is not None
    path = attachments.place(desk, document.body["sha256"])
    assert purge(desk.store, buckets.of_enterprise(two.enterprise), desk.context()) is not None
    assert finish_purges(desk.store)
    assert _files(desk) == []
    # One that arrives only now, its bucket gone, leaves nothing either.
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"late")
    assert not attachments.fetched(desk, id, path)
    assert _files(desk) == []


def test_the_room_for_fetched_ones_is_limited(two: Colleagues) -> None:
    """Those not looked at for longest go first; what was entered here stays, whatever the limit."""
    ids = [two.add(photo(500 + number, 300, noise=True), f"{number}.png") for number in range(3)]
    two.sync(two.there)
    two.sync(two.here)
    desk = two.here
    paths = []
    for number, id in enumerate(ids):
        document = desk.store.get("attachment", id)
        assert document is not None
        path = attachments.place(desk, document.body["sha256"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(attachments.place(two.there, document.body["sha256"]).read_bytes())
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
        paths.append(path)
    attachments.used(paths[0])
    own = attachments.add(desk, visits.start_visit(desk, two.enterprise).id, b"\xff\xd8\xff mine", "我的.jpg")
    stray = desk.folder.attachments / "ab" / ("ab" + "0" * 62 + ".part")
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"x")
    os.utime(stray, (1_000_000, 1_000_000))
    sizes = [path.stat().st_size for path in paths]
    attachments.trim(desk, limit=sizes[0] + sizes[2])
    assert [path.exists() for path in paths] == [True, False, True]
    assert not stray.exists()
    attachments.trim(desk, limit=0)
    assert [path.exists() for path in paths] == [False, False, False]
    assert attachments.path_of(desk, own.id) is not None
    assert attachments.trim(two.there, limit=0) == 0


def _files(desk: Desk) -> list[Path]:
    return [path for path in desk.folder.attachments.rglob("*") if path.is_file()]
