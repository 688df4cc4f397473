"""Centres to test against: one per database for the whole run, with people and enterprises of each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import postgres
from tests.support.park import Park
from tests.support.server import RunningServer

BOTH = ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """PostgreSQL, or a skip with the reason."""
    reason = postgres.missing()
    if reason is not None:
        pytest.skip(reason)
    with postgres.Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session", params=BOTH)
def park(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    """A centre on each database in turn."""
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("cluster").new_database()
    with RunningServer(tmp_path_factory.mktemp(request.param), database) as server:
        park = Park(server)
        yield park
        park.close()
