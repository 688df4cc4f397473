"""Very many documents and very many buckets: what must not grow with them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.bench.test_bench_sync import BOTH, measured
from tests.support import postgres

MB = 1_000_000


def scale(server: str, documents: int, buckets: int) -> dict[str, Any]:
    if server == "postgres" and (reason := postgres.missing()):
        pytest.skip(reason)
    words = ["--documents", str(documents), "--buckets", str(buckets), "--server", server]
    return measured("scale", *words)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured through /proc")
@pytest.mark.parametrize("server", BOTH)
def test_the_memory_of_a_download_does_not_grow_with_the_bucket(server: str) -> None:
    small, large = scale(server, 10_000, 1), scale(server, 100_000, 1)
    assert large["bytes_down"] > 8 * small["bytes_down"]
    # Ninety thousand documents more are 80 MB of text alone.
    assert large["laptop_bytes"] < small["laptop_bytes"] + 20 * MB
    # SQLite's cache of pages fills up, to its 32 MB and no further.
    assert large["server_bytes"] < small["server_bytes"] + 40 * MB


@pytest.mark.slow
@pytest.mark.parametrize("server", BOTH)
@pytest.mark.parametrize("buckets", [60, 5000])
def test_an_idle_poll_is_small_at_any_number_of_buckets(server: str, buckets: int) -> None:
    """With all its headers, and with the last of them the long poll's answer."""
    figures = scale(server, 100, buckets)
    assert figures["poll_bytes"] < 200
    assert figures["wait_bytes"] < 200
