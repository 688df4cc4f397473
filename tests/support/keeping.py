"""A small centre with one of everything in it, to be checked, backed up and put back."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from app.domain import buckets
from app.domain.ids import new_id
from tests.support.park import Park, attachment, change, issue, patch, start_visit, submit_visit
from tests.support.server import Laptop, RunningServer


@dataclass(frozen=True)
class Kept:
    """The centre and the ids of what is in it."""

    park: Park
    officer: Laptop
    enterprise: str
    other: str
    visit: str
    issue: str
    assignment: str
    photo: bytes

    @property
    def bucket(self) -> str:
        return buckets.of_enterprise(self.enterprise)

    @property
    def other_bucket(self) -> str:
        return buckets.of_enterprise(self.other)

    @property
    def person(self) -> str:
        return self.officer.person

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.photo).hexdigest()


@contextmanager
def kept_center(folder: Path, database: str | None = None) -> Iterator[Kept]:
    """A running centre: two enterprises, one with an officer, a visit, an issue at its department, a conflict, a
    refusal, a photo, and an assignment that has ended."""
    with RunningServer(folder, database) as server:
        park = Park(server)
        try:
            yield _filled(park)
        finally:
            park.close()


def _filled(park: Park) -> Kept:
    enterprise, other = park.enterprise(employees=12), park.enterprise()
    officer, coordinator, former = park.officer(enterprise), park.coordinator(), park.officer(other)
    visit, raised, photo = new_id(), issue(), os.urandom(20_000)
    photo_row = attachment(enterprise, hashlib.sha256(photo).hexdigest(), len(photo))
    done = officer.push(
        start_visit(enterprise, visit),
        submit_visit(enterprise, visit, raised),
        patch(enterprise, employees=(12, 30)),
        patch(enterprise, employees=(11, 40)),
        start_visit(enterprise, visit),
        photo_row,
    )
    assert [verdict["status"] for verdict in done] == 3 * ["applied"] + ["conflict", "refused", "applied"]
    _upload(officer, photo_row["bucket"], photo_row["doc"][1], photo)
    bucket = buckets.of_enterprise(enterprise)
    doc = ("issue", str(raised["id"]))
    acts = coordinator.push(
        change("issue.accept", bucket, doc, {"category": "04", "subcategory": "0402", "level": "2"}),
        change("issue.assign", bucket, doc, {"department": "power", "limit_days": 5}),
        change("assignment.end", buckets.of_enterprise(other), ("assignment", _assignment(former))),
    )
    assert [verdict["status"] for verdict in acts] == 3 * ["applied"], acts
    return Kept(park, officer, enterprise, other, visit, doc[1], _assignment(officer), photo)


def _assignment(laptop: Laptop) -> str:
    [own] = laptop.pull_all().of_kind("own_assignment")
    return str(own["id"])


def _upload(laptop: Laptop, bucket: str, id: str, data: bytes) -> None:
    named = {"bucket": bucket, "attachment": id, "sha256": hashlib.sha256(data).hexdigest()}
    words = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in named.items())
    tus = {**laptop.headers, "Tus-Resumable": "1.0.0"}
    url = laptop.server.url
    length = {"Upload-Length": str(len(data)), "Upload-Metadata": words}
    begun = requests.post(f"{url}/files", headers={**tus, **length}, timeout=30)
    sent = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert requests.patch(f"{url}{begun.headers['Location']}", data, headers=sent, timeout=30).ok
