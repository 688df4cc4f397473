"""Centres to test against: one per database for the whole run, with people and enterprises of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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


def _center(request: pytest.FixtureRequest, folder: Path) -> Iterator[Park]:
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("cluster").new_database()
    with RunningServer(folder, database) as server:
        park = Park(server)
        yield park
        park.close()


@pytest.fixture(scope="session", params=BOTH)
def park(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    """A centre on each database in turn, for the whole run: whoever uses it asks only for what he made himself."""
    yield from _center(request, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module", params=BOTH)
def unshared_park(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    """A centre on each database in turn, for one file that counts everything in it or leaves in it what none should."""
    yield from _center(request, tmp_path_factory.mktemp(request.param))
