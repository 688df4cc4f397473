"""The conversation cut here and there; `python -m tests.sync.faults cut` cuts it before every byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.park import Park
from tests.support.proxy import Proxy
from tests.support.server import RunningServer
from tests.sync.faults.cuts import cut_everywhere, talker


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("centre")) as server:
        park = Park(server)
        yield park
        park.close()


@pytest.mark.parametrize(("signs_in", "answers"), [(True, True), (False, False), (False, True)])
def test_cut_at_a_few_bytes_nothing_is_lost(
    centre: Park, tmp_path: Path, signs_in: bool, answers: bool
) -> None:
    cuts, said = cut_everywhere(centre, tmp_path, signs_in=signs_in, answers=answers, every=1301, first=300)
    assert cuts >= 1
    assert said["offline"] + said["file"] >= cuts - 1, said


@pytest.mark.slow
@pytest.mark.parametrize("answers", [False, True])
def test_cut_at_many_bytes_nothing_is_lost(centre: Park, tmp_path: Path, answers: bool) -> None:
    cuts, said = cut_everywhere(centre, tmp_path, signs_in=False, answers=answers, every=61)
    assert cuts > 30
    assert said["-"] <= 1 + cuts // 20, "most cuts must be felt"


@pytest.mark.slow
def test_byte_by_byte_but_whole(centre: Park, tmp_path: Path) -> None:
    """A line that passes on a byte at a time, both ways: slow, and nothing else."""
    with talker(centre, tmp_path / "desk", signs_in=True) as one, Proxy(centre.server.url) as proxy:
        proxy.at_most = 1
        assert one.try_through(proxy.url) is None
        one.signs_in = False
        assert one.try_through(proxy.url) is None
        one.recover()
