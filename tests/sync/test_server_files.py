"""Attachments at the centre: resumable upload (tus 1.0.0) that survives anything, and download with ranges."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import sqlalchemy as sa

from app.domain.clock import system_clock, to_text
from app.domain.ids import new_id
from sync.client.transport import Transport
from sync.server import files, tables
from sync.server.blobs import Blobs
from tests.support.park import Park, attachment
from tests.support.photo import OFFSET_TYPE, TUS, Photo
from tests.support.server import RunningServer


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
    other = photo.ask("HEAD", location, **{"Tus-Resumable": "0.2.2"})
    assert (other.status_code, other.headers["Tus-Version"]) == (412, "1.0.0")
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


def parts_of(photo: Photo, location: str) -> Path:
    """The folder of an upload's parts."""
    return photo.park.settings.files / "parts" / location.rpartition("/")[2]


def test_a_broken_connection_keeps_what_came(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    hanging_patch(photo, location, 0, photo.data[:120_000]).close()
    assert photo.wait_for_bytes(location) == 120_000
    assert photo.patch(location, 120_000, photo.data[120_000:]).status_code == 204
    assert photo.stored_at() is not None


def test_a_newer_piece_takes_over_from_one_that_hangs(park: Park) -> None:
    photo = Photo(park, 3_000_000)
    location = photo.begin()
    with hanging_patch(photo, location, 0, photo.data[:1_500_000]) as hanging:
        # The first full burst is on the disk, the rest of the hanging request waits for more.
        begun = photo.wait_for_bytes(location)
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


def test_what_was_written_beyond_the_recorded_length_counts_for_nothing(park: Park) -> None:
    """A request that was overtaken after it wrote and before it could say so leaves its bytes in the store."""
    photo = Photo(park)
    location = photo.begin()
    assert photo.patch(location, 0, photo.data[:100_000]).status_code == 204
    id = location.rpartition("/")[2]
    Blobs.of(park.settings).put_part(id, f"{100_000:010d}-{new_id()}", b"x" * 50_000)
    assert photo.offset(location) == 100_000
    assert photo.patch(location, 100_000, photo.data[100_000:]).status_code == 204
    assert photo.download() == photo.data
    assert not parts_of(photo, location).exists()


def test_files_of_others_are_as_if_they_were_not(park: Park) -> None:
    """Guessing a digest tells nothing: not by its status, its words, its tag, nor by beginning an upload of it."""
    photo = Photo(park)
    location = photo.begin()
    stranger = park.officer(park.enterprise())
    photo.patch(location, 0, photo.data[:1000])
    for method in ("HEAD", "PATCH", "DELETE"):
        headers = {**stranger.headers, **TUS, **OFFSET_TYPE, "Upload-Offset": "1000"}
        answer = requests.request(method, f"{park.server.url}{location}", headers=headers, timeout=30)
        assert answer.status_code == 404
    assert photo.patch(location, 1000, photo.data[1000:]).status_code == 204
    nothing = stranger.get(f"/files/{'0' * 64}")
    for headers in ({}, {"Range": "bytes=0-1"}, {"If_None_Match": f'"{photo.sha256}"'}):
        guessed = stranger.get(f"/files/{photo.sha256}", **headers)
        assert (guessed.status_code, guessed.content) == (404, nothing.content)
    assert guessed.headers.keys() == nothing.headers.keys()
    photo.officer = stranger
    assert photo.create().status_code == 404
    assert photo.create(bucket="e:nothing").json() == photo.create().json()


def test_bytes_may_come_along_with_the_creation(park: Park) -> None:
    photo = Photo(park)
    begun = photo.create(data=photo.data[:200_000])
    assert (begun.status_code, begun.headers["Upload-Offset"]) == (201, "200000")
    location = begun.headers["Location"]
    assert photo.patch(location, 200_000, photo.data[200_000:]).status_code == 204
    assert photo.download() == photo.data
    second = Photo(park)
    assert second.create(data=second.data).headers["Upload-Offset"] == str(len(second.data))
    assert second.stored_at() is not None
    assert Photo(park).create(data=b"x" * 400_000).status_code == 413


def test_where_only_post_gets_through(park: Park) -> None:
    photo = Photo(park)
    location = photo.begin()
    piece = {"Upload-Offset": "0", **OFFSET_TYPE, "X-HTTP-Method-Override": "PATCH"}
    assert photo.ask("POST", location, photo.data[:9], **piece).headers["Upload-Offset"] == "9"
    assert photo.ask("POST", location, **{"X-HTTP-Method-Override": "GET"}).status_code == 405
    assert photo.ask("POST", location, **{"X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert photo.ask("HEAD", location).status_code == 404


def test_an_upload_nobody_went_on_with_expires(park: Park, tmp_path: Path) -> None:
    """What is asked of it then is answered 404; the laptop begins again by itself."""
    photo = Photo(park)
    location = photo.begin()
    photo.patch(location, 0, photo.data[:100_000])
    id = location.rpartition("/")[2]
    center = SimpleNamespace(database=park.database, blobs=Blobs.of(park.settings), clock=system_clock)
    files.sweep(center)
    assert photo.offset(location) == 100_000
    long_ago = to_text(system_clock() - files.UNFINISHED_FOR - timedelta(minutes=1))
    table = tables.upload
    with park.database.writing() as connection:
        connection.execute(sa.update(table).where(table.c.id == id).values(created_at=long_ago))
    files.sweep(center)
    assert photo.ask("HEAD", location).status_code == 404
    assert photo.patch(location, 100_000, photo.data[100_000:]).status_code == 404
    with park.database.reading() as connection:
        parts = tables.upload_part
        assert connection.execute(sa.select(parts).where(parts.c.upload == id)).all() == []
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo.data)
    begun: list[str] = []
    token = photo.officer.headers["Authorization"].removeprefix("Bearer ")
    with Transport(park.server.url, token) as transport:
        assert transport.upload(path, photo.sha256, photo.bucket, photo.id, location, begun.append)
    assert begun != [location]
    assert photo.download() == photo.data


@pytest.mark.slow
@pytest.mark.expects_log_errors
def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Attachments on a small disk of their own: 503 and a reason, then room is made, then it goes on."""
    disk = tmp_path / "small"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], check=False)
    if mounted.returncode != 0:
        pytest.skip("not allowed to mount a small disk here")
    try:
        server = RunningServer(tmp_path / "centre")
        server.command("init", "--blobs", str(disk / "files"))
        server.start()
        park = Park(server)
        try:
            ballast = disk / "ballast"
            ballast.write_bytes(b"x" * 3_000_000)
            photo = Photo(park, 1_300_000)
            location = photo.begin()
            assert photo.patch(location, 0, photo.data[:900_000]).status_code == 204
            full = photo.patch(location, 900_000, photo.data[900_000:])
            assert (full.status_code, full.json()["error"]["code"]) == (503, "center_disk_full")
            assert "磁盘空间不足" in full.json()["error"]["text"]
            assert photo.offset(location) == 900_000
            # Now there is room for the parts, but not for the file beside them.
            os.truncate(ballast, 2_500_000)
            assert photo.patch(location, 900_000, photo.data[900_000:]).status_code == 503
            assert photo.ask("HEAD", location).status_code == 503
            assert photo.stored_at() is None
            ballast.unlink()
            assert photo.offset(location) == len(photo.data)
            assert photo.stored_at() is not None
            assert photo.download() == photo.data
            assert not list(disk.rglob("*#*"))
        finally:
            park.close()
            server.stop()
    finally:
        subprocess.run(["umount", disk], check=True)
