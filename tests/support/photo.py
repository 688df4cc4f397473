"""An attachment on its way to the centre, spoken bare: for tests of the file endpoints."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections.abc import Iterator

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
        self.server: RunningServer = park.server
        self.enterprise = park.enterprise()
        self.bucket = buckets.of_enterprise(self.enterprise)
        self.officer = park.officer(self.enterprise)
        self.data = os.urandom(size)
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        self.id = new_id()
        [verdict] = self.officer.push(attachment(self.enterprise, self.sha256, size, self.id))
        assert verdict["status"] == "applied"

    def create(self, length: int | None = None, data: bytes | None = None, **named: str) -> requests.Response:
        """Begin an upload, with the first bytes along where there are `data`."""
        metadata = {"bucket": self.bucket, "attachment": self.id, "sha256": self.sha256, **named}
        pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items()]
        headers = {
            "Upload-Length": str(len(self.data) if length is None else length),
            "Upload-Metadata": ",".join(pairs),
        }
        if data is not None:
            headers |= OFFSET_TYPE
        return self.ask("POST", "/files", data, **headers)

    def begin(self) -> str:
        answer = self.create()
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def ask(
        self, method: str, path: str, data: bytes | Iterator[bytes] | None = None, **headers: str
    ) -> requests.Response:
        return requests.request(
            method,
            f"{self.server.url}{path}",
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

    def wait_for_bytes(self, location: str) -> int:
        """Until something has come in; how much the centre says it has."""
        pause = threading.Event()
        while not (offset := self.offset(location)):
            pause.wait(0.05)
        return offset

    def send(self) -> str:
        """Upload it whole."""
        location = self.begin()
        answer = self.patch(location, 0, self.data)
        assert answer.status_code == 204, answer.text
        return location

    def download(self) -> bytes:
        answer = requests.get(
            f"{self.server.url}/files/{self.sha256}", headers=self.officer.headers, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return answer.content
