"""Attachments at the centre: resumable upload (tus 1.0.0) that survives anything, and download with ranges."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.domain import buckets
from app.domain.ids import new_id
from tests.support.park import Park, attachment
from tests.support.server import RunningServer

TUS = {"Tus-Resumable": "1.0.0"}
OFFSET_TYPE = {"Content-Type": "application/offset+octet-stream"}


class Photo:
    """An officer's attachment whose row is at the centre, with its bytes."""

    def __init__(self, park: Park, size: int = 300_000) -> None:
        self.park = park
        self.enterprise = park.enterprise()
        self.bucket = buckets.of_enterprise(self.enterprise)
        self.officer = park.officer(self.enterprise)
        self.data = os.urandom(size)
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        self.id = new_id()
        [verdict] = self.officer.push(attachment(self.enterprise, self.sha256, size, self.id))
        assert verdict["status"] == "applied"

    def create(self, length: int | None = None, **named: str) -> requests.Response:
        metadata = {"bucket": self.bucket, "attachment": self.id, "sha256": self.sha256, **named}
        pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()]
        headers = {
            "Upload-Length": str(len(self.data) if length is None else length),
            "Upload-Metadata": ",".join(pairs),
        }
        return self.ask("POST", "/files", **headers)

    def begin(self) -> str:
        answer = self.create()
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def ask(
        self, method: str, path: str, data: bytes | Iterator[bytes] | None = None, **headers: str
    ) -> requests.Response:
        return requests.request(
            method,
            f"{self.officer.server.url}{path}",
            data=data,
            headers={**self.officer.headers, **TUS, **headers},
            timeout=60,
        )

    def patch(self, location: str, offset: int, data: bytes | Iterator[bytes]) -> requests.Response:
        return self.ask("PATCH", location, data, **{"Upload-Offset": str(offset)}, **OFFSET_TYPE)

    def offset(self, location: str) -> int:
        answer = self.ask("HEAD", location)
        assert answer.status_code == 200
        assert answer.headers["Upload-Length"] == str(len(self.data))
        assert answer.headers["Cache-Control"] == "no-store"
        return int(answer.headers["Upload-Offset"])

    def stored_at(self) -> str | None:
        [row] = [row for row in self.officer.pull_all().of_kind("attachment") if row["id"] == self.id]
        return row.get("stored_at")


def test_what_this_tus_server_can_do(park: Park) -> None:
    answer = requests.options(f"{park.server.url}/files", timeout=30)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,termination"
    assert int(answer.headers["Tus-Max-Size"]) >= 100_000_000


def test_a_photo_goes_up_in_pieces_and_its_row_says_so(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    assert photo.offset(location) == 0
    for start in range(0, len(photo.data), 100_000):
        assert photo.stored_at() is None
        answer = photo.patch(location, start, photo.data[start : start + 100_000])
        assert answer.status_code == 204
        assert int(answer.headers["Upload-Offset"]) == min(start + 100_000, len(photo.data))
    assert photo.stored_at() is not None
    assert photo.offset(location) == len(photo.data)
    got = photo.officer.get(f"/files/{photo.sha256}")
    assert got.content == photo.data
    assert not parts_of(photo, location).exists()


def test_the_row_moves_for_everybody_who_holds_the_bucket(park: Park) -> None:
    photo = Photo(park)
    other = park.officer(photo.enterprise)
    held = other.pull_all()
    photo.patch(photo.begin(), 0, photo.data)
    [row] = other.pull_all(held.cursors).of_kind("attachment")
    assert row["stored_at"]
    assert other.get(f"/files/{photo.sha256}").content == photo.data


def test_an_upload_of_many_megabytes_in_chunks_without_a_length(park: Park) -> None:
    photo = Photo(park, 5_300_001)
    pieces = (photo.data[start : start + 70_000] for start in range(0, len(photo.data), 70_000))
    assert photo.patch(photo.begin(), 0, pieces).status_code == 204
    assert photo.stored_at() is not None


def test_an_empty_file_needs_no_piece(park: Park) -> None:
    photo = Photo(park, 0)
    photo.begin()
    assert photo.stored_at() is not None
    assert photo.officer.get(f"/files/{photo.sha256}").content == b""


def test_a_wrong_offset_is_answered_409_and_changes_nothing(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    photo.patch(location, 0, photo.data[:1000])
    for wrong in (0, 999, 1001):
        assert photo.patch(location, wrong, b"x" * 10).status_code == 409
    assert photo.offset(location) == 1000
    assert photo.patch(location, 1000, photo.data[1000:]).status_code == 204
    assert photo.stored_at() is not None


def test_damaged_bytes_are_thrown_away(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    answer = photo.patch(location, 0, b"\0" + photo.data[1:])
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "sha256")
    assert photo.ask("HEAD", location).status_code == 404
    assert photo.stored_at() is None
    assert photo.officer.get(f"/files/{photo.sha256}").status_code == 404
    assert photo.patch(photo.begin(), 0, photo.data).status_code == 204


def test_more_than_announced_is_not_taken(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    assert photo.patch(location, 0, photo.data + b"x").status_code == 413
    assert photo.offset(location) == 0
    unannounced = iter([photo.data, b"x"])
    assert photo.patch(location, 0, unannounced).status_code == 413


def test_an_upload_must_be_what_its_row_says(park: Park) -> None:
    photo = Photo(park)
    assert photo.create(length=1).status_code == 409
    assert photo.create(sha256="0" * 64).status_code == 409
    assert photo.create(sha256="xyz").status_code == 422
    assert photo.create(attachment=new_id()).status_code == 404
    assert photo.create(bucket="").status_code == 422
    assert photo.ask("POST", "/files").status_code == 400
    assert (
        photo.ask("POST", "/files", **{"Upload-Length": "1", "Upload-Metadata": "bucket %%%"}).status_code
        == 400
    )
    assert photo.create(length=10**12).status_code == 413


def test_the_protocols_own_rules(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    assert photo.ask("HEAD", location, **{"Tus-Resumable": "0.2.2"}).status_code == 412
    wrong_type = photo.ask("PATCH", location, b"x", **{"Upload-Offset": "0", "Content-Type": "image/jpeg"})
    assert wrong_type.status_code == 415
    assert photo.ask("PATCH", location, b"x", **OFFSET_TYPE).status_code == 400
    assert photo.offset(location) == 0


def test_giving_up(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    photo.patch(location, 0, photo.data[:5000])
    assert photo.ask("DELETE", location).status_code == 204
    assert photo.ask("HEAD", location).status_code == 404
    assert not parts_of(photo, location).exists()
    done = photo.begin()
    photo.patch(done, 0, photo.data)
    assert photo.ask("DELETE", done).status_code == 204
    assert photo.officer.get(f"/files/{photo.sha256}").content == photo.data


def test_who_may_is_settled_before_the_body_is_read(park: Park) -> None:
    """The headers of a PATCH without a token are answered although its body never comes."""
    photo = Photo(park)
    location = photo.begin()
    with socket.create_connection(("127.0.0.1", park.server.port), timeout=30) as connection:
        head = f"PATCH {location} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        head += "Content-Type: application/offset+octet-stream\r\nContent-Length: 300000\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 401")


def hanging_patch(photo: Photo, location: str, offset: int, data: bytes) -> socket.socket:
    """A PATCH that sends a part of what it announced and then keeps the line open."""
    connection = socket.create_connection(("127.0.0.1", photo.park.server.port), timeout=30)
    lines = [f"PATCH {location} HTTP/1.1", "Host: x", "Tus-Resumable: 1.0.0", f"Upload-Offset: {offset}"]
    lines += [f"Authorization: {photo.officer.headers['Authorization']}"]
    lines += ["Content-Type: application/offset+octet-stream", f"Content-Length: {len(photo.data) - offset}"]
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
    return connection


def wait_for_bytes(photo: Photo, location: str) -> int:
    """Until something has come in; how much the centre says it has."""
    pause = threading.Event()
    while not (offset := photo.offset(location)):
        pause.wait(0.05)
    return offset


def parts_of(photo: Photo, location: str) -> Path:
    """The folder of an upload's parts."""
    return photo.park.settings.files / "parts" / location.rpartition("/")[2]


def test_a_broken_connection_keeps_what_came(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    hanging_patch(photo, location, 0, photo.data[:120_000]).close()
    assert wait_for_bytes(photo, location) == 120_000
    assert photo.patch(location, 120_000, photo.data[120_000:]).status_code == 204
    assert photo.stored_at() is not None


def test_a_newer_piece_takes_over_from_one_that_hangs(park: Park) -> None:
    photo = Photo(park, 3_000_000)
    location = photo.begin()
    with hanging_patch(photo, location, 0, photo.data[:1_500_000]) as hanging:
        # The first full burst is on the disk, the rest of the hanging request waits for more.
        begun = wait_for_bytes(photo, location)
        assert photo.patch(location, begun, photo.data[begun : begun + 200_000]).status_code == 204
        hanging.sendall(photo.data[1_500_000:])
        assert hanging.recv(100).startswith(b"HTTP/1.1 409")
    assert photo.offset(location) == begun + 200_000
    assert photo.patch(location, begun + 200_000, photo.data[begun + 200_000 :]).status_code == 204
    assert photo.officer.get(f"/files/{photo.sha256}").content == photo.data


def test_ranges_and_tags(park: Park) -> None:
    photo = Photo(park)
    photo.patch(photo.begin(), 0, photo.data)
    path = f"/files/{photo.sha256}"
    whole = photo.officer.get(path)
    assert whole.headers["ETag"] == f'"{photo.sha256}"'
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = photo.officer.get(path, Range="bytes=1000-1999")
    assert (part.status_code, part.content) == (206, photo.data[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(photo.data)}"
    rest = photo.officer.get(path, Range="bytes=299990-", If_Range=f'"{photo.sha256}"')
    assert (rest.status_code, rest.content) == (206, photo.data[-10:])
    other = photo.officer.get(path, Range="bytes=299990-", If_Range='"another"')
    assert (other.status_code, len(other.content)) == (200, len(photo.data))
    assert photo.officer.get(path, Range="bytes=400000-").status_code == 416
    unchanged = photo.officer.get(path, If_None_Match=f'"{photo.sha256}"')
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.fixture
def own_park(tmp_path: Path) -> Iterator[Park]:
    """A centre that this test may kill."""
    with RunningServer(tmp_path) as server:
        park = Park(server)
        yield park
        park.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "point", ["upload_before_fsync:2", "upload_written:2", "upload_in_place:1", "before_commit:1"]
)
def test_an_upload_goes_on_after_the_centre_was_killed(own_park: Park, point: str) -> None:
    photo = Photo(own_park, 2_500_000)
    location = photo.begin()
    own_park.server.stop()
    own_park.server.environment = {"ZHUQITONG_FAULT": point}
    own_park.server.start()
    with pytest.raises(requests.ConnectionError):
        photo.patch(location, 0, photo.data)
    assert own_park.server.wait_for_death() == -9
    own_park.server.environment = {}
    own_park.server.start()
    offset = photo.offset(location)
    if offset < len(photo.data):
        assert photo.patch(location, offset, photo.data[offset:]).status_code == 204
    assert photo.stored_at() is not None
    assert photo.officer.get(f"/files/{photo.sha256}").content == photo.data


def test_two_rows_may_have_the_same_bytes(park: Park) -> None:
    photo = Photo(park)
    photo.patch(photo.begin(), 0, photo.data)
    second = new_id()
    photo.officer.push(attachment(photo.enterprise, photo.sha256, len(photo.data), second))
    photo.id = second
    assert photo.stored_at() is None
    photo.patch(photo.begin(), 0, photo.data)
    assert photo.stored_at() is not None
