"""The client against a real centre, over good and bad networks."""

from __future__ import annotations

import hashlib
import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.people import Role
from app.errors import KnownError
from app.paths import DataFolder
from app.services import attachments, visits
from app.services.desk import Desk
from app.store import outbox
from app.store.files import pending_files
from app.store.history import SyncReport
from sync.client.engine import engine_for
from sync.client.session import device_id, normal_address, sign_in
from sync.client.transport import Transport
from sync.protocol.messages import Pull
from tests.support.park import Park
from tests.support.proxy import BAD_GATEWAY, PORTAL, Proxy
from tests.support.server import PASSWORD, RunningServer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    """One for all tests here."""
    with RunningServer(tmp_path_factory.mktemp("centre")) as server:
        park = Park(server)
        yield park
        park.close()


@dataclass
class Laptop:
    """One officer's desk, signed in through `url`."""

    desk: Desk
    park: Park
    enterprises: list[str]
    person: str

    def run(self) -> SyncReport:
        return engine_for(self.desk.store, self.desk.context, system_clock).run()

    def through(self, url: str) -> None:
        self.desk.store.set_kv("session", {**self.desk.store.kv("session"), "server": url})

    def agree(self) -> None:
        """What the laptop holds is what the centre sends to somebody who has nothing yet; nothing is doubled."""
        session = self.desk.signed_in()
        with Transport(session.server, session.token) as transport:
            page = transport.pull(Pull(device=session.device, cursors={}))
        assert not page.more
        there = {
            (part.id, kind, id): (rev, body)
            for part in page.buckets
            for kind, id, rev, body in part.rows
            if isinstance(body, dict)
        }
        store = self.desk.store
        here = {
            (one.bucket, one.kind, one.id): (one.rev, one.body)
            for bucket in store.held()
            for one in store.in_bucket(bucket)
        }
        assert here == there
        assert store.select("SELECT count(*) FROM document") == [(len(there),)]


@contextmanager
def signed_in(centre: Park, folder: Path) -> Iterator[Laptop]:
    """A new officer with three enterprises and a desk."""
    account, person = centre.account(Role.OFFICER)
    enterprises = [centre.enterprise() for _ in range(3)]
    centre.assign(account, *enterprises)
    with Desk.open(DataFolder(folder)) as desk:
        sign_in(desk.store, centre.server.url, account, PASSWORD, "测试机")
        yield Laptop(desk, centre, enterprises, person)


@pytest.fixture
def laptop(centre: Park, tmp_path: Path) -> Iterator[Laptop]:
    with signed_in(centre, tmp_path / "desk") as laptop:
        yield laptop


def fill(laptop: Laptop, rows: int) -> None:
    """Give the laptop much to receive."""
    bucket = buckets.of_enterprise(laptop.enterprises[0])
    for number in range(rows):
        text = "".join(hashlib.sha512(f"{number} {part}".encode()).hexdigest() for part in range(4))
        laptop.park.write(bucket, "note", f"note-{number:04}", {"id": f"note-{number:04}", "text": text})


def fails(report: SyncReport) -> KnownError:
    assert report.error is not None
    return report.error


def test_a_day_goes_out_and_comes_back(laptop: Laptop) -> None:
    desk = laptop.desk
    first = laptop.run()
    assert (first.error, first.received > 3) == (None, True)
    laptop.agree()
    visit = visits.start_visit(desk, laptop.enterprises[0])
    photo = b"\xff\xd8\xff" + bytes(range(256)) * 9000
    attachment = attachments.add(desk, visit.id, photo, "现场.jpg")
    report = laptop.run()
    assert (report.error, report.sent, report.files_sent) == (None, 2, 1)
    found = desk.store.get("attachment", attachment.id)
    assert found is not None
    assert found.body["stored_at"]
    opened = desk.store.get("visit", visit.id)
    assert opened is not None
    assert opened.body["number"] != opened.body["local_number"]
    assert (outbox.pending(desk.store), pending_files(desk.store)) == ([], [])
    laptop.agree()
    session = desk.signed_in()
    with Transport(session.server, session.token) as transport:
        transport.download(attachment.sha256, desk.folder.root / "again.jpg")
        part = desk.folder.root / "rest.jpg.part"
        part.write_bytes(photo[:1_000_000])
        transport.download(attachment.sha256, desk.folder.root / "rest.jpg")
    assert (desk.folder.root / "again.jpg").read_bytes() == photo
    assert (desk.folder.root / "rest.jpg").read_bytes() == photo
    idle = laptop.run()
    assert (idle.sent, idle.received, idle.error) == (0, 0, None)


def test_a_coordinator_opens_an_enterprise_and_lets_it_go(centre: Park, tmp_path: Path) -> None:
    account, person = centre.account(Role.COORDINATOR)
    first, second = centre.enterprise(), centre.enterprise()
    with Desk.open(DataFolder(tmp_path / "desk")) as desk:
        signed = sign_in(desk.store, centre.server.url, account, PASSWORD, "测试机")
        coordinator = Laptop(desk, centre, [], person)
        coordinator.run()
        assert desk.store.get("enterprise_row", first) is not None
        assert desk.store.get("enterprise", first) is None
        for wanted in (first, second):
            desk.store.set_kv("want", [buckets.of_enterprise(wanted)])
            assert coordinator.run().error is None
            assert {bucket for bucket in desk.store.held() if bucket.startswith("e:")} == {f"e:{wanted}"}
        assert desk.store.get("enterprise", first) is None
        assert desk.store.get("enterprise", second) is not None
        assert buckets.directory(signed.park) in desk.store.held()


def test_another_officer_takes_over_and_nothing_is_left(laptop: Laptop) -> None:
    laptop.run()
    lost = laptop.enterprises[0]
    visits.start_visit(laptop.desk, lost)
    for document in laptop.desk.store.of_kind("assignment", buckets.of_enterprise(lost)):
        ended = {**document.body, "until": "2026-11-22"}
        coordinator = laptop.park.coordinator()
        change = {
            "mid": "019aa0e5-0000-7000-8000-" + lost[-12:],
            "name": "assignment.end",
            "bucket": document.bucket,
            "doc": ["assignment", document.id],
            "args": {},
            "seen_rev": document.rev,
            "at": "2026-11-22T02:26:31.120Z",
            "schema": 1,
        }
        (verdict,) = coordinator.push(change)
        assert verdict["status"] == "applied", (verdict, ended)
    report = laptop.run()
    assert (report.error, report.sent) == (None, 1)
    assert buckets.of_enterprise(lost) not in laptop.desk.store.held()
    assert laptop.desk.store.get("enterprise", lost) is None
    laptop.agree()


# ---------------------------------------------------------------- bad networks


def test_the_server_gone_in_the_middle_of_a_page(laptop: Laptop) -> None:
    """Cut anywhere, what arrived whole is kept; a further run ends with everything received and nothing doubled."""
    fill(laptop, 150)
    with Proxy(laptop.park.server.url) as proxy:
        laptop.through(proxy.url)
        for cut in (1, 40, 300, 2_000, 9_000, 20_000, 30_000):
            proxy.cut_answer_after = cut
            error = fails(laptop.run())
            assert (error.code, "接着同步" in error.text) == ("offline", True)
        proxy.cut_answer_after = None
        report = laptop.run()
        assert report.error is None
        assert report.received >= 150
        laptop.agree()


def test_an_answer_to_a_push_that_is_lost_is_asked_for_again(laptop: Laptop) -> None:
    laptop.run()
    visit = visits.start_visit(laptop.desk, laptop.enterprises[0])
    with Proxy(laptop.park.server.url) as proxy:
        laptop.through(proxy.url)
        for cut in (1, 120):
            proxy.cut_answer_after = cut
            assert fails(laptop.run()).code == "offline"
            assert len(outbox.pending(laptop.desk.store)) == 1
        proxy.cut_answer_after, proxy.cut_question_after = None, 200
        assert fails(laptop.run()).code == "offline"
        proxy.cut_question_after = None
        assert laptop.run().error is None
    laptop.through(laptop.park.server.url)
    assert outbox.pending(laptop.desk.store) == []
    assert [one.id for one in laptop.desk.store.of_kind("visit")] == [visit.id]
    laptop.agree()


def test_an_upload_cut_again_and_again_arrives_in_pieces(laptop: Laptop) -> None:
    laptop.run()
    visit = visits.start_visit(laptop.desk, laptop.enterprises[0])
    assert laptop.run().error is None
    photo = b"\xff\xd8\xff" + bytes(range(256)) * 16_000
    attachment = attachments.add(laptop.desk, visit.id, photo, "大图.jpg")
    with Proxy(laptop.park.server.url) as proxy:
        laptop.through(proxy.url)
        # Enough for the first two of four pieces and the small talk before them.
        proxy.cut_question_after = 2_300_000
        assert fails(laptop.run()).code == "offline"
        (file,) = pending_files(laptop.desk.store)
        assert file.location is not None
        proxy.cut_question_after = None
        report = laptop.run()
        assert (report.error, report.files_sent) == (None, 1)
    found = laptop.desk.store.get("attachment", attachment.id)
    assert found is not None
    assert found.body["stored_at"]


def test_a_network_that_wants_a_sign_in_first_is_recognised(laptop: Laptop) -> None:
    laptop.run()
    with Proxy(laptop.park.server.url) as proxy:
        laptop.through(proxy.url)
        proxy.answer = PORTAL
        error = fails(laptop.run())
        assert (error.code, "浏览器" in error.text) == ("captive_portal", True)
        proxy.answer = b"HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\nContent-Length: 0\r\n\r\n"
        assert fails(laptop.run()).code == "captive_portal"
        proxy.answer = BAD_GATEWAY
        assert fails(laptop.run()).code == "later"
        proxy.answer = None
        assert laptop.run().error is None


def test_a_centre_that_is_stopped_and_comes_back(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "centre") as server:
        park = Park(server)
        with signed_in(park, tmp_path / "desk") as laptop:
            laptop.run()
            server.stop()
            visit = visits.start_visit(laptop.desk, laptop.enterprises[0])
            error = fails(laptop.run())
            assert (error.code, "连不上中心" in error.text) == ("offline", True)
            assert laptop.desk.store.get("visit", visit.id) is not None
            server.start()
            assert laptop.run().sent == 1
            laptop.agree()
        park.close()


RUN = """
import sys
from pathlib import Path
from app.domain.clock import system_clock
from app.paths import DataFolder
from app.services.desk import Desk
from sync.client.engine import Engine
from sync.client.transport import Transport

class Slow(Transport):
    def pull(self, message):
        return super().pull(message.model_copy(update={"rows": 7}))

desk = Desk.open(DataFolder(Path(sys.argv[1])))
session = desk.signed_in()
engine = Engine(desk.store, Slow(session.server, session.token), desk.context, session.device, system_clock)
engine.run(lambda progress: print(progress.done, flush=True))
"""


def test_a_laptop_killed_while_it_receives(laptop: Laptop) -> None:
    fill(laptop, 100)
    root = laptop.desk.folder.root
    for lines in (1, 4, 2):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(root)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
    assert laptop.run().error is None
    laptop.agree()


# ---------------------------------------------------------------- signing in


class _Stranger(http.server.BaseHTTPRequestHandler):
    """Some other program with JSON of its own."""

    asked: list[str] = []

    def _say(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        body = json.dumps({"status": "ok", "name": "another service"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _say

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk.open(DataFolder(tmp_path / "desk")) as desk:
        yield desk


def refused(desk: Desk, address: str, account: str, password: str = PASSWORD) -> KnownError:
    with pytest.raises(KnownError) as caught:
        sign_in(desk.store, address, account, password, "测试机")
    assert desk.session is None
    return caught.value


def test_a_wrong_address_is_told_from_a_wrong_password(centre: Park, desk: Desk) -> None:
    account, _ = centre.account(Role.OFFICER)
    url = centre.server.url
    assert refused(desk, "中心", account).code == "bad_address"
    assert "检查网络" in refused(desk, "127.0.0.1:9", account).text
    assert refused(desk, "no-such-host.invalid", account).code == "offline"
    wrong = refused(desk, url, account, "不是这个口令")
    assert (wrong.code, "不对" in wrong.text) == ("wrong_password", True)
    assert refused(desk, url, "没有这个人").code == "wrong_password"
    assert refused(desk, url, account, "").code == "wrong_password"
    signed = sign_in(
        desk.store, f" {url.removeprefix('http://').replace(':', '：')}/ ", f"{account} ", PASSWORD, "机"
    )
    session = desk.signed_in()
    assert (session.server, session.token, session.device) == (url, signed.token, device_id(desk.store))
    assert PASSWORD not in desk.folder.store.read_bytes().decode("latin-1")


def test_no_password_is_said_to_what_is_not_a_centre(desk: Desk) -> None:
    _Stranger.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        error = refused(desk, f"127.0.0.1:{server.server_port}", "wang")
        server.shutdown()
        thread.join()
    assert (error.code, "没有发送任何口令" in error.text) == ("not_our_server", True)
    assert _Stranger.asked == ["GET /healthz"]


def test_a_data_folder_belongs_to_one_person(laptop: Laptop) -> None:
    laptop.run()
    account, _ = laptop.park.account(Role.OFFICER)
    with pytest.raises(KnownError) as caught:
        sign_in(laptop.desk.store, laptop.park.server.url, account, PASSWORD, "测试机")
    assert caught.value.code == "other_person"
    assert laptop.run().error is None


def test_a_token_that_is_no_longer_good_asks_to_sign_in_and_keeps_the_work(laptop: Laptop) -> None:
    laptop.run()
    visits.start_visit(laptop.desk, laptop.enterprises[0])
    laptop.desk.store.set_kv("session", {**laptop.desk.store.kv("session"), "token": "x" * 43})
    error = fails(laptop.run())
    assert (error.code, "重新登录" in error.text) == ("sign_in", True)
    assert len(outbox.pending(laptop.desk.store)) == 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("192.168.1.20：8000/", "http://192.168.1.20:8000"),
        ("center.example.org", "https://center.example.org"),
        ("HTTP://Center.Example.org:8000", "http://center.example.org:8000"),
        ("https://example.org/zqt/", "https://example.org/zqt"),
        ("zqt-server:8000", "http://zqt-server:8000"),
        ("10。0。0。7", "http://10.0.0.7"),
        ("59.12.13.14:443", "https://59.12.13.14:443"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses_as_people_type_them(typed: str, meant: str) -> None:
    assert normal_address(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "湘东区中心", "ftp://a.b", "http://", "a b.c", "300.1.1.1", "x:99999", "http://a:b@c.d"],
)
def test_what_is_no_address_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(KnownError) as caught:
        normal_address(typed)
    assert caught.value.code == "bad_address"
    assert "例如" in caught.value.text
