"""Clients of tus that others wrote upload to this centre, break off, go on, and every byte arrives."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.park import Park
from tests.support.photo import Photo
from tests.support.server import RunningServer

pytestmark = pytest.mark.slow
SIZE = 2_600_001
CHUNK = 400_000
VERSION = "4.3.1"

SCRIPT = """
import fs from 'node:fs'
import * as tus from 'tus-js-client'

const wanted = JSON.parse(fs.readFileSync(0, 'utf8'))
const upload = new tus.Upload(fs.createReadStream(wanted.file), {
  endpoint: wanted.endpoint,
  uploadUrl: wanted.location,
  uploadSize: wanted.size,
  headers: wanted.headers,
  metadata: wanted.metadata,
  chunkSize: wanted.chunk ?? Infinity,
  retryDelays: wanted.retry ?? null,
  uploadDataDuringCreation: wanted.during ?? false,
  overridePatchMethod: wanted.override ?? false,
  onChunkComplete(_size, accepted) {
    if (wanted.stopAt && accepted >= wanted.stopAt) {
      // Let go as a browser does whose window is closed.
      console.log(JSON.stringify({ location: upload.url, accepted }))
      process.exit(0)
    }
  },
  onSuccess() { console.log(JSON.stringify({ location: upload.url, done: true })) },
  onError(error) { console.log(JSON.stringify({ error: String(error) })); process.exit(1) },
})
upload.start()
"""


@pytest.fixture
def own_park(tmp_path: Path) -> Iterator[Park]:
    """A centre that a test may kill."""
    with RunningServer(tmp_path / "centre") as server:
        park = Park(server)
        yield park
        park.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "photo.jpg"


def metadata(photo: Photo) -> dict[str, str]:
    return {"bucket": photo.bucket, "attachment": photo.id, "sha256": photo.sha256}


def arrived(photo: Photo) -> None:
    assert photo.stored_at() is not None
    assert photo.download() == photo.data


@contextmanager
def uploader(photo: Photo, url: str | None = None, chunk: int = CHUNK) -> Iterator[Any]:
    """tuspy's, on bytes in memory: given a path it leaves the file open."""
    client = pytest.importorskip("tusclient.client", reason="tuspy is not installed")
    made = client.TusClient(f"{photo.server.url}/files", headers=photo.officer.headers)
    with io.BytesIO(photo.data) as stream:
        yield made.uploader(file_stream=stream, url=url, chunk_size=chunk, metadata=metadata(photo))


def test_tuspy_breaks_off_and_goes_on(park: Park) -> None:
    photo = Photo(park, SIZE)
    with uploader(photo) as first:
        first.upload_chunk()
        first.upload_chunk()
    assert photo.offset(first.url.removeprefix(photo.server.url)) == 2 * CHUNK
    with uploader(photo, first.url) as second:
        assert second.offset == 2 * CHUNK
        second.upload()
    arrived(photo)


def test_tuspy_sends_all_in_one_request(park: Park) -> None:
    photo = Photo(park, SIZE)
    with uploader(photo, chunk=SIZE) as client:
        client.upload()
    arrived(photo)


def test_tuspy_goes_on_after_the_centre_was_killed(own_park: Park) -> None:
    photo = Photo(own_park, SIZE)
    with uploader(photo) as first:
        first.upload_chunk()
    own_park.server.kill()
    own_park.server.start()
    with uploader(photo, first.url) as second:
        assert second.offset == CHUNK
        second.upload()
    arrived(photo)


@pytest.fixture(scope="module")
def tus_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tus-js-client, or a skip with the reason."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no node or npm here")
    folder = tmp_path_factory.mktemp("tus-js")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    (folder / "upload.mjs").write_text(SCRIPT)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", f"tus-js-client@{VERSION}"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            env=_own_home(folder),
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry does not answer")
    if done.returncode != 0:
        pytest.skip(f"tus-js-client cannot be installed here: {done.stderr.strip()[-200:]}")
    return folder


def _own_home(folder: Path) -> dict[str, str]:
    return {**os.environ, "npm_config_cache": str(folder / "cache"), "npm_config_update_notifier": "false"}


def tus_js_uploads(tus_js: Path, photo: Photo, file: Path, **more: Any) -> dict[str, Any]:
    """One run of the client; what it said."""
    wanted = {
        "file": str(file),
        "size": len(photo.data),
        "endpoint": f"{photo.server.url}/files",
        "headers": photo.officer.headers,
        "metadata": metadata(photo),
        **more,
    }
    done = subprocess.run(
        ["node", "upload.mjs"],
        cwd=tus_js,
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_tus_js_client_breaks_off_and_goes_on(park: Park, file: Path, tus_js: Path) -> None:
    photo = Photo(park, SIZE)
    file.write_bytes(photo.data)
    told = tus_js_uploads(tus_js, photo, file, chunk=CHUNK, stopAt=2 * CHUNK)
    assert photo.offset(told["location"].removeprefix(photo.server.url)) >= 2 * CHUNK
    assert photo.stored_at() is None
    told = tus_js_uploads(tus_js, photo, file, chunk=CHUNK, location=told["location"])
    assert told["done"]
    arrived(photo)


@pytest.mark.parametrize(
    "way", [{}, {"during": True}, {"during": True, "chunk": CHUNK}, {"override": True, "chunk": CHUNK}]
)
def test_tus_js_client_in_its_other_ways(park: Park, file: Path, tus_js: Path, way: dict[str, Any]) -> None:
    """All in one request; bytes along with the creation; POST in the place of PATCH."""
    photo = Photo(park, SIZE)
    file.write_bytes(photo.data)
    assert tus_js_uploads(tus_js, photo, file, **way)["done"]
    arrived(photo)
