"""The ground all histories of a process stand on, taken away in the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sync.machine import world


@pytest.fixture(scope="session")
def ground() -> Iterator[world.Ground]:
    """The migrated database and the stores that have synced once."""
    yield world.ground()
    world.let_go()
