"""kill -9 in the middle of a loop of commits: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.store.database import open_store
from app.store.drafts import draft
from app.store.outbox import pending
from tests.support.laptop import ADMIN, context

ROOT = Path(__file__).resolve().parents[4]

WRITER = """
import sys
from pathlib import Path
from app.domain.ids import new_id
from app.store.database import open_store
from app.store.drafts import save_draft
from app.store.outbox import make_changes, pending
from tests.support import laptop

store = open_store(Path(sys.argv[1]))
context = laptop.context(laptop.ADMIN)
number = len(pending(store))
while True:
    id = f"e{number}"
    fields = {name: [None, value] for name, value in laptop.enterprise_body(id, text="长" * 2000).items()}
    with store.write():
        make_changes(store, [laptop.change("put", f"e:{id}", "enterprise", id, {"fields": fields})], context)
        save_draft(store, "v1", "form@1", {"number": number}, "2026-11-22T04:00:00.000Z")
    print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
def test_nothing_acknowledged_is_lost(tmp_path: Path, acknowledged: int) -> None:
    path = tmp_path / "store.db"
    expected = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(acknowledged):
            process.stdout.readline()
        process.kill()
        told = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        expected += acknowledged + len(told)
        store = open_store(path)
        queued = pending(store)
        # The kill may fall between a commit and its word of it.
        assert len(queued) in (expected, expected + 1)
        expected = len(queued)
        assert [row.change.doc[1] for row in queued] == [f"e{number}" for number in range(expected)]
        assert len(store.of_kind("enterprise")) == expected
        kept = draft(store, "v1")
        assert kept is not None
        assert kept.state == {"number": expected - 1}
        assert store.select("SELECT count(*) FROM base") == [(expected,)]
        assert store.select("PRAGMA integrity_check") == [("ok",)]
        store.close()


def test_a_migration_that_is_killed_begins_again(tmp_path: Path) -> None:
    """The tables come in one transaction: a store is either new or not there."""
    script = (
        "import os, sys; from pathlib import Path; import app.store.schema as schema;"
        "from app.store.database import open_store; done = schema.migrations.apply;"
        "schema.migrations.apply = lambda database: (done(database), os.kill(os.getpid(), 9));"
        "open_store(Path(sys.argv[1]))"
    )
    path = tmp_path / "store.db"
    ended = subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, check=False)
    assert ended.returncode == -9
    store = open_store(path)
    store.set_kv("a", json.loads('{"b": 1}'))
    assert (store.kv("a"), pending(store), context(ADMIN).park) == ({"b": 1}, [], "xiangdong")
    store.close()
