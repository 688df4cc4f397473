"""Enterprises opened on demand: the least recently used ones are let go of, what is worked on never is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain import buckets
from app.domain.enterprise import Enterprise
from app.services import opened
from app.services.desk import Desk
from tests.support.desks import coordinator_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with coordinator_desk(tmp_path) as desk:
        yield desk


def want(desk: Desk) -> list[str]:
    return [buckets.subject_of(bucket) for bucket in desk.store.kv("want", [])]


def test_the_latest_stand_first_and_no_more_than_the_limit_stay(desk: Desk) -> None:
    for number in range(opened.MOST_OPENED + 5):
        assert opened.open_bucket(desk, f"far-{number}")
    assert len(want(desk)) == opened.MOST_OPENED
    assert want(desk)[0] == f"far-{opened.MOST_OPENED + 4}"
    assert "far-4" not in want(desk)
    opened.used(desk, "far-5")
    assert want(desk)[0] == "far-5"
    opened.open_bucket(desk, "one-more")
    assert "far-5" in want(desk)
    assert "far-6" not in want(desk)


def test_what_is_worked_on_or_shown_stays(desk: Desk) -> None:
    bucket = buckets.of_enterprise("ent-0")
    desk.store.set_kv("want", [buckets.of_enterprise("shown"), bucket])
    fields = {"fields": {"employees": [60, 61]}}
    desk.make(desk.change("patch", bucket, Enterprise.kind, "ent-0", fields))
    close = opened.keep_open(desk, "shown")
    for number in range(opened.MOST_OPENED):
        opened.open_bucket(desk, f"far-{number}")
    assert {"ent-0", "shown"} <= set(want(desk))
    assert len(want(desk)) == opened.MOST_OPENED
    close()
    opened.open_bucket(desk, "one-more")
    assert "shown" not in want(desk)
    assert "ent-0" in want(desk)


def test_an_own_enterprise_is_not_put_on_the_list(desk: Desk) -> None:
    assert not opened.open_bucket(desk, "ent-1")
    opened.used(desk, "ent-1")
    assert want(desk) == []
