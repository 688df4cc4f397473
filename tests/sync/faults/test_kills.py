"""kill -9 in the midst of a day; `python -m tests.sync.faults kill` does it at every point there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.forking import Forker
from tests.sync.faults.day import TARGETS, Kill
from tests.sync.faults.kills import Quiet, quiet_day, tell

MOMENTS = ("before_begin", "before_commit", "at_commit", "after_commit")
TRANSACTIONS = ("T1", "T2", "T3", "T4", "T5", "draft", "history", "upload", "purged", "epoch", "session")


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    with Forker() as forker:
        yield forker


@pytest.fixture(scope="module")
def quiet(forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> Quiet:
    return quiet_day(forker, tmp_path_factory.mktemp("sqlite"), None)


@pytest.fixture(scope="module")
def quiet_on_postgres(
    forker: Forker, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Quiet:
    return quiet_day(forker, tmp_path_factory.mktemp("postgres"), request.getfixturevalue("cluster"))


@pytest.mark.slow
def test_the_day_passes_every_commit_point(quiet: Quiet) -> None:
    passed = quiet.passed()
    laptop = {f"laptop {moment} {which}" for moment in MOMENTS for which in TRANSACTIONS}
    laptop |= {
        f"laptop {when}_{what}" for when in ("before", "after") for what in ("fsync", "replace", "unlink")
    }
    centre = {f"centre {moment}_any_commit" for moment in ("before", "at", "after")}
    centre |= {f"centre {name}" for name in ("applied", "before_documents", "flushed", "upload_written")}
    centre |= {"centre upload_before_fsync", "centre upload_in_place"}
    command = {f"command {name}" for name in ("roster_row", "backup_written", "restore_before_commit")}
    assert laptop | centre | command <= passed.keys()


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_killed_again_and_again_nothing_is_lost(
    quiet: Quiet, forker: Forker, tmp_path: Path, target: str
) -> None:
    """Every process of a kind dies at the points of these numbers: some fifty kills of all that there are."""
    killed = [tell(quiet, forker, tmp_path, Kill(target, hit)) for hit in SAMPLE[target]]
    assert all(killed), killed


SAMPLE = {"laptop": (7, 10, 25), "centre": (2, 9, 17), "command": (4,)}


@pytest.mark.slow
@pytest.mark.postgres
def test_killed_on_postgres_nothing_is_lost(quiet_on_postgres: Quiet, forker: Forker, tmp_path: Path) -> None:
    killed = [tell(quiet_on_postgres, forker, tmp_path, Kill("centre", hit)) for hit in (3, 13)]
    assert all(killed), killed


@pytest.mark.slow
def test_a_loss_would_be_seen(quiet: Quiet, forker: Forker, tmp_path: Path) -> None:
    """The comparison can fail: a day on which one thing less was done is not taken for the same."""
    one = quiet.told.shape[0]
    documents, changes = one
    less = documents.copy()
    less.subtract([next(key for key in documents if key[1] == "issue_event")])
    assert +less != +documents
    broken = Quiet(quiet.template, type(quiet.told)([(less, changes), quiet.told.shape[1]]), quiet.points)
    with pytest.raises(AssertionError, match="too much"):
        tell(broken, forker, tmp_path, Kill("command", 1, "backup_is_made"))
