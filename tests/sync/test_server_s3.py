"""Attachments in S3: a real S3 server that checks signatures, real centres, several machines, deaths in the middle."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from app.domain.clock import system_clock
from sync.server.blob_place import settled
from sync.server.blobs import Blobs, file_key
from tests.support import s3
from tests.support.park import Park
from tests.support.photo import Photo
from tests.support.s3 import BUCKET, S3Server
from tests.support.server import RunningServer

pytestmark = pytest.mark.slow
PLACE = f"s3://{BUCKET}/park/files"
HUNDRED_THOUSAND = 100_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    reason = s3.missing()
    if reason is not None:
        pytest.skip(reason)
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def centre(folder: Path, store: S3Server, database: str | None = None, place: str = PLACE) -> RunningServer:
    """A centre set up with its attachments in S3, not started."""
    store.write_settings(folder)
    server = RunningServer(folder, database)
    server.command("init", "--blobs", place)
    return server


@pytest.fixture
def own(tmp_path: Path, store: S3Server) -> Iterator[Park]:
    """A centre that this test may kill, with a prefix of its own."""
    server = centre(tmp_path / "centre", store, place=f"s3://{BUCKET}/{tmp_path.name}")
    server.start()
    park = Park(server)
    yield park
    park.close()
    if server.process is not None:
        server.stop()


def blobs_of(park: Park) -> Blobs:
    return Blobs.of(settled(park.database, park.settings))


def prefix_of(park: Park) -> str:
    return blobs_of(park).place.removeprefix(f"s3://{BUCKET}/")


def report(park: Park, *arguments: str) -> tuple[int, Any]:
    done = park.server.cli(*arguments, "--json")
    assert done.stderr == "" or done.returncode, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.postgres
def test_two_machines_that_share_only_database_and_store(
    tmp_path: Path, store: S3Server, cluster: Any
) -> None:
    """The pieces of one upload come to two centres in turn; whoever gets the last one puts the file together."""
    database = cluster.new_database()
    one = centre(tmp_path / "one", store, database)
    store.write_settings(tmp_path / "two")
    # The second machine is told nothing about the place: it stands in the database.
    other = RunningServer(tmp_path / "two", database, workers=2)
    one.start()
    other.start()
    park = Park(one)
    try:
        photo = Photo(park, 6_500_000)
        location = photo.begin()
        offset, turn = 0, 0
        while offset < len(photo.data):
            photo.server = (one, other)[turn % 2]
            assert photo.offset(location) == offset
            piece = photo.data[offset : offset + 700_000]
            assert photo.patch(location, offset, piece).status_code == 204
            offset, turn = offset + len(piece), turn + 1
        assert photo.stored_at() is not None
        for server in (one, other):
            photo.server = server
            assert photo.download() == photo.data
        assert store.keys("park/files/parts/") == []
        assert store.unfinished() == []
        assert not list((tmp_path / "two").rglob(photo.sha256))
        # A second upload of the same bytes hangs at one machine while the other takes it over.
    finally:
        park.close()
        one.stop()
        other.stop()


@pytest.mark.parametrize(
    "point", ["upload_before_fsync:2", "upload_written:2", "upload_in_place:1", "before_commit:1"]
)
@pytest.mark.parametrize("size", [2_500_000, 6_300_000])
def test_an_upload_goes_on_after_the_centre_was_killed(
    own: Park, store: S3Server, point: str, size: int
) -> None:
    photo = Photo(own, size)
    location = photo.begin()
    own.server.stop()
    own.server.environment = {"ZHUQITONG_FAULT": point}
    own.server.start()
    with pytest.raises(requests.ConnectionError):
        photo.patch(location, 0, photo.data)
    assert own.server.wait_for_death() == -9
    own.server.environment = {}
    own.server.start()
    offset = photo.offset(location)
    if offset < len(photo.data):
        assert photo.patch(location, offset, photo.data[offset:]).status_code == 204
    assert photo.stored_at() is not None
    assert photo.download() == photo.data
    # What the dead request left behind went with the rest.
    assert store.keys(f"{prefix_of(own)}/parts/") == []


def test_damaged_bytes_leave_nothing_in_the_store(own: Park, store: S3Server) -> None:
    photo = Photo(own, 6_300_000)
    answer = photo.patch(
        photo.begin(), 0, photo.data[:-1] + b"\0" if photo.data[-1] else photo.data[:-1] + b"1"
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "sha256")
    assert store.keys(prefix_of(own)) == []
    assert store.unfinished() == []
    photo.send()
    assert photo.download() == photo.data


def test_ranges_come_from_the_store(own: Park) -> None:
    photo = Photo(own, 3_300_000)
    photo.send()
    path = f"/files/{photo.sha256}"
    for span, wanted in {
        "bytes=1048570-1048590": photo.data[1048570:1048591],
        "bytes=3299990-": photo.data[-10:],
        "bytes=-7": photo.data[-7:],
        "bytes=100-99999999": photo.data[100:],
    }.items():
        got = photo.officer.get(path, Range=span)
        assert (got.status_code, got.content) == (206, wanted)
    assert photo.officer.get(path, Range="bytes=3300000-").status_code == 416
    assert photo.officer.get(path).content == photo.data


def test_orphans_are_swept(own: Park, store: S3Server) -> None:
    blobs = blobs_of(own)
    blobs.put_part("given-up", "0000000000-a", b"x")
    photo = Photo(own, HUNDRED_THOUSAND)
    location = photo.begin()
    photo.patch(location, 0, photo.data[:500])
    id = location.rpartition("/")[2]
    assert blobs.sweep_parts({id}, system_clock() - timedelta(days=1)) == 0
    assert blobs.sweep_parts({id}, system_clock() + timedelta(days=1)) == 1
    assert [key.split("/")[2] for key in store.keys(f"{prefix_of(own)}/parts/")] == [id]
    assert photo.patch(location, 500, photo.data[500:]).status_code == 204
    assert photo.download() == photo.data


@pytest.mark.expects_log_errors
def test_a_store_that_is_down_holds_up_nothing_but_attachments(tmp_path: Path) -> None:
    reason = s3.missing()
    if reason is not None:
        pytest.skip(reason)
    with S3Server(tmp_path) as store:
        server = centre(tmp_path / "centre", store)
        server.start()
        park = Park(server)
        photo = Photo(park, HUNDRED_THOUSAND)
        location = photo.begin()
        photo.patch(location, 0, photo.data[:5000])
    try:
        answer = photo.patch(location, 5000, photo.data[5000:])
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "blobs_unreachable")
        assert answer.headers["Retry-After"]
        assert photo.offset(location) == 5000
        assert photo.officer.pull_all().of_kind("attachment")
        # And it starts although the store is down.
        server.stop()
        server.start()
        assert photo.officer.pull_all().of_kind("attachment")
        assert "blobs_unreachable" in server.log
    finally:
        park.close()
        server.stop()


def test_wrong_keys_and_buckets_are_told_and_keys_never_shown(tmp_path: Path, store: S3Server) -> None:
    server = RunningServer(tmp_path / "centre")
    cases = {
        "blobs_denied": (store.environment() | {"AWS_SECRET_ACCESS_KEY": "falsch-geheim"}, PLACE),
        "blobs_bucket": (store.environment(), "s3://no-such-bucket/x"),
        "s3_keys": ({}, PLACE),
        "blobs_address": ({}, "ftp://x/y"),
    }
    for code, (environment, place) in cases.items():
        done = server.cli("init", "--blobs", place, "--json", environment=environment)
        assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, code)
        for secret in (store.secret, "falsch-geheim"):
            assert secret not in done.stdout + done.stderr
    assert server.cli("init", "--blobs", PLACE, environment=store.environment()).returncode == 0
    status = server.cli("status", "--json", environment=store.environment())
    assert json.loads(status.stdout)["blobs"] == PLACE
    assert store.secret not in status.stdout


def test_a_settings_file_others_may_read_is_refused(tmp_path: Path, store: S3Server) -> None:
    store.write_settings(tmp_path)
    (tmp_path / "s3.toml").chmod(0o644)
    done = RunningServer(tmp_path).cli("init", "--blobs", PLACE)
    assert done.returncode == 1
    assert "chmod 600" in done.stderr


def test_missing_and_altered_files_are_found(own: Park, store: S3Server) -> None:
    photos = [Photo(own, HUNDRED_THOUSAND) for _ in range(3)]
    for photo in photos:
        photo.send()
    assert report(own, "verify")[0] == 0
    gone, other, short = (f"{prefix_of(own)}/{file_key(photo.sha256)}" for photo in photos)
    client = store.client()
    client.delete_object(Bucket=BUCKET, Key=gone)
    client.put_object(Bucket=BUCKET, Key=other, Body=b"x" * HUNDRED_THOUSAND)
    client.put_object(Bucket=BUCKET, Key=short, Body=b"x")
    code, told = report(own, "verify")
    found = {problem["id"]: problem["code"] for problem in told["problems"]}
    assert (code, found) == (1, {photos[0].sha256: "blob_missing", photos[2].sha256: "blob_damaged"})
    code, told = report(own, "verify", "--blobs")
    found = {problem["id"]: problem["code"] for problem in told["problems"]}
    assert found[photos[1].sha256] == "blob_damaged"
    assert len(found) == 3


def test_backup_names_what_is_in_s3_and_fetches_it_when_asked(own: Park, tmp_path: Path) -> None:
    photo = Photo(own, 5_500_000)
    photo.send()
    own.server.stop()
    names, whole = tmp_path / "names.backup", tmp_path / "whole.backup"
    code, told = report(own, "backup", str(names))
    assert (code, told["files"], told["files_outside"], told["blobs"]) == (0, 0, 1, blobs_of(own).place)
    done = own.server.cli("backup", str(whole), "--with-blobs")
    assert "附件文件 1 个" in done.stdout
    assert names.stat().st_size < 5_500_000 < whole.stat().st_size

    # Into a folder, out of the backup alone.
    target = RunningServer(tmp_path / "folder")
    assert json.loads(target.command("restore", str(whole), "--json"))["files"] == 1
    assert json.loads(target.command("verify", "--json"))["ok"]
    assert (tmp_path / "folder" / "files" / file_key(photo.sha256)).read_bytes() == photo.data

    # A backup that only names them wants to be told where they are.
    target = RunningServer(tmp_path / "again")
    refused = target.cli("restore", str(names))
    assert refused.returncode == 1
    assert "--blobs" in refused.stderr
    (tmp_path / "again").mkdir(exist_ok=True)
    os.link(own.server.data_dir / "s3.toml", tmp_path / "again" / "s3.toml")
    told = json.loads(target.command("restore", str(names), "--blobs", blobs_of(own).place, "--json"))
    assert (told["files"], told["missing"]) == (0, 0)
    assert json.loads(target.command("verify", "--blobs", "--json"))["ok"]


def test_moving_from_a_folder_to_s3(tmp_path: Path, store: S3Server) -> None:
    """The place changes only when everything is there; no command can go to another place by mistake."""
    place = f"s3://{BUCKET}/{tmp_path.name}/moved"
    with RunningServer(tmp_path / "centre") as server:
        park = Park(server)
        photo = Photo(park, HUNDRED_THOUSAND)
        photo.send()
        server.stop()
        store.write_settings(server.data_dir)
        wrong = server.cli("serve", "--port", "0", "--blobs", place)
        assert wrong.returncode == 1
        assert "init --blobs" in wrong.stderr
        early = server.cli("init", "--blobs", place)
        assert (early.returncode, "还缺 1 个" in early.stderr) == (1, True)
        key = f"{tmp_path.name}/moved/{file_key(photo.sha256)}"
        store.client().put_object(Bucket=BUCKET, Key=key, Body=photo.data)
        assert json.loads(server.command("init", "--blobs", place, "--json"))["blobs"] == place
        server.start()
        assert photo.download() == photo.data
        second = Photo(park, HUNDRED_THOUSAND)
        second.send()
        assert second.download() == second.data
        assert not list((server.data_dir / "files").rglob(second.sha256))
        park.close()
