"""The order of steps of a run, against a small centre in memory: what is sent, when, and what happens to failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.errors import KnownError
from app.store import outbox
from app.store.database import Store, open_store
from app.store.files import PendingFile, pending_files
from app.store.history import SyncReport, sync_history
from sync.client.engine import Engine, Progress
from sync.client.errors import Cut, EpochChanged, Later, Offline, Rejected, ServerTrouble, TooLarge
from sync.client.terms import in_thread
from sync.protocol.messages import ErrorBody, Pull, Pulled, Push, Pushed, Verdict
from tests.support import laptop
from tests.support.model_server import ModelServer

E1, E2 = buckets.of_enterprise("e1"), buckets.of_enterprise("e2")
ME = laptop.context(laptop.OFFICER)


@dataclass
class ModelWire:
    """The model centre as the engine's wire; `said` is what went over it, `before_push` may raise."""

    server: ModelServer
    rows: int = 2000
    said: list[str] = field(default_factory=list)
    before_push: Callable[[Push], None] = lambda _message: None
    before_pull: Callable[[Pull], None] = lambda _message: None
    after_pull: Callable[[], None] = lambda: None
    alter_push: Callable[[Pushed], Pushed] = lambda answer: answer
    uploads: dict[str, bytes] = field(default_factory=dict)
    before_upload: Callable[[str], None] = lambda _attachment: None
    well: bool = True

    def health(self) -> dict[str, Any]:
        self.said.append("health")
        if not self.well:
            raise Offline("中心")
        return {"status": "ok", "park": laptop.PARK, "epoch": self.server.epoch}

    def push(self, message: Push) -> Pushed:
        self.said.append(f"push {len(message.changes)}")
        self._check(message.epoch)
        self.before_push(message)
        return self.alter_push(self.server.push(message))

    def pull(self, message: Pull) -> Pulled:
        kind = "token" if message.cursors is None else "cursors"
        self.said.append(f"pull {kind}{' want' if message.want is not None else ''}")
        self._check(message.epoch)
        self.before_pull(message)
        answer = self.server.pull(message.model_copy(update={"rows": self.rows}))
        self.after_pull()
        return answer

    def upload(
        self,
        path: Path,
        sha256: str,
        bucket: str,
        attachment: str,
        location: str | None = None,
        begun: Callable[[str], None] = lambda _location: None,
        progress: Callable[[int], None] = lambda _bytes: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        self.said.append(f"upload {attachment}{' on' if location else ''}")
        content = path.read_bytes()
        begun(f"/files/{attachment}")
        self.before_upload(attachment)
        self.uploads[attachment] = content
        progress(len(content))
        return not stop()

    def _check(self, epoch: str | None) -> None:
        if epoch is not None and epoch != self.server.epoch:
            raise EpochChanged(self.server.epoch)


@dataclass
class Bench:
    store: Store
    wire: ModelWire
    engine: Engine
    progress: list[Progress] = field(default_factory=list)

    @property
    def server(self) -> ModelServer:
        return self.wire.server

    def run(self, stop: Callable[[], bool] = lambda: False) -> SyncReport:
        self.wire.said.clear()
        self.progress.clear()
        return self.engine.run(self.progress.append, stop)

    def cut_into(self, batch: int) -> None:
        """From now on so many changes go in one request."""
        self.engine = Engine(
            self.store, self.wire, lambda: ME, "device-0001", lambda: laptop.NOON, batch=batch
        )

    def make(self, *changes: laptop.Change) -> None:
        outbox.make_changes(self.store, changes, ME)

    def states(self) -> list[str]:
        return [row.state for row in outbox.pending(self.store)]

    def agree(self) -> None:
        """Laptop and centre have the same documents."""
        for bucket in self.server.members:
            here = {(one.kind, one.id): one for one in self.store.in_bucket(bucket)}
            there = {
                key: self.server.get(bucket, *key)
                for key in self.server.buckets.get(bucket, {})
                if self.server.get(bucket, *key)
            }
            assert here == there


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    server = ModelServer(laptop.context(laptop.OFFICER, official=True), {E1, E2})
    for id in ("e1", "e2"):
        server.write(buckets.of_enterprise(id), "enterprise", id, laptop.enterprise_body(id))
    store = open_store(tmp_path / "store.db")
    store.set_kv("session", {"epoch": server.epoch})
    wire = ModelWire(server)
    ticks = iter(range(10**6))

    def clock() -> datetime:
        return laptop.NOON + timedelta(seconds=next(ticks))

    yield Bench(store, wire, Engine(store, wire, lambda: ME, "device-0001", clock, jitter=lambda: 0.5))
    store.close()


def test_the_first_run_fetches_and_the_next_only_asks_with_the_token(bench: Bench) -> None:
    report = bench.run()
    assert bench.wire.said == ["pull cursors"]
    assert (report.received, report.sent, report.error) == (2, 0, None)
    assert report.started < report.ended
    bench.agree()
    assert bench.progress[-1] == Progress("pull", 2, 2, "接收完成，共 2 条")
    bench.run()
    assert bench.wire.said == ["pull token"]
    bench.server.write(E1, "note", "n1", {"id": "n1"})
    assert bench.run().received == 1
    assert bench.wire.said == ["pull token", "pull cursors"]
    assert bench.engine.wait == 0


def test_push_comes_before_pull_and_its_verdicts_stay(bench: Bench) -> None:
    bench.run()
    bench.make(laptop.start_visit("e1", "v1"), laptop.submit_visit("e1", "v1", issues=2))
    report = bench.run()
    assert bench.wire.said == ["push 2", "pull cursors"]
    assert (report.sent, report.refused) == (2, 0)
    assert next(one.text for one in bench.progress if one.stage == "push") == "正在发送，已发出 0 项，共 2 项"
    visit = bench.store.get("visit", "v1")
    assert visit is not None
    assert visit.body["number"].startswith("正式-")
    bench.agree()
    assert bench.states() == []


def test_pages_come_one_after_the_other_and_stop_is_heeded_between_them(bench: Bench) -> None:
    for number in range(20):
        bench.server.write(E1, "note", f"n{number:02}", {"id": f"n{number:02}"})
    bench.wire.rows = 6
    report = bench.run(stop=lambda: len(bench.wire.said) >= 2)
    assert (bench.wire.said, report.received) == (["pull cursors"] * 2, 12)
    report = bench.run()
    assert report.received == 10
    assert bench.store.kv("token") == bench.server.token()
    bench.agree()


def test_a_change_made_while_a_page_is_under_way_goes_out_in_the_same_run(bench: Bench) -> None:
    bench.run()
    bench.server.write(E1, "note", "n1", {"id": "n1"})

    def edit() -> None:
        bench.wire.after_pull = lambda: None
        bench.make(laptop.patch("e1", "employees", None, 12))

    bench.wire.after_pull = edit
    assert bench.run().sent == 1
    assert bench.states() == []
    bench.agree()


def test_a_page_asked_for_before_somebody_elses_push_is_thrown_away(bench: Bench) -> None:
    """Two programs on one data folder: the window and the command line."""
    bench.run()
    bench.make(laptop.patch("e1", "employees", None, 12))
    other = Engine(bench.store, ModelWire(bench.server), lambda: ME, "device-0001", lambda: laptop.NOON)

    def sync_beside() -> None:
        bench.wire.after_pull = lambda: None
        bench.make(laptop.patch("e1", "address", None, "一号路"))
        assert other.run().sent == 1

    bench.wire.after_pull = sync_beside
    assert bench.run().error is None
    assert bench.wire.said[:3] == ["push 1", "pull cursors", "pull cursors"]
    bench.agree()


# ---------------------------------------------------------------- verdicts


def test_refused_and_conflicting_changes_are_counted_and_kept(bench: Bench) -> None:
    bench.run()
    bench.server.write(E1, "enterprise", "e1", laptop.enterprise_body("e1", employees=99))
    bench.make(laptop.patch("e1", "employees", None, 12), laptop.start_visit("e2", "v-mine"))
    theirs = {**laptop.start_visit("e2", "v-theirs").args}
    bench.server.decide(laptop.start_visit("e2", "v-theirs"))
    assert theirs["enterprise"] == "e2"
    report = bench.run()
    assert (report.sent, report.refused, report.conflicts) == (2, 1, 1)
    (refused,) = outbox.pending(bench.store)
    assert refused.state == "refused"
    assert refused.error is not None
    assert refused.error["code"] == "visit_open"
    assert outbox.counts(bench.store).conflicts == 1
    found = bench.store.get("enterprise", "e1")
    assert found is not None
    assert found.body["employees"] == 99
    bench.agree()


def test_a_bucket_taken_away_goes_after_what_was_done_in_it_is_at_the_centre(bench: Bench) -> None:
    bench.run()
    bench.server.members.discard(E2)
    bench.make(laptop.patch("e1", "employees", None, 12), laptop.patch("e2", "employees", None, 13))
    report = bench.run()
    assert (report.sent, report.error) == (2, None)
    assert [change.bucket for change in bench.server.escrow] == [E2]
    assert bench.store.held().keys() == {E1}
    assert bench.store.in_bucket(E2) == []
    assert bench.states() == []


def test_an_edit_between_push_and_revocation_is_still_brought_to_the_centre(bench: Bench) -> None:
    bench.run()
    bench.server.members.discard(E2)

    def edit() -> None:
        bench.wire.after_pull = lambda: None
        bench.make(laptop.patch("e2", "employees", None, 13))

    bench.wire.after_pull = edit
    bench.run()
    assert [change.bucket for change in bench.server.escrow] == [E2]
    assert bench.store.held().keys() == {E1}


def test_the_list_of_opened_buckets_is_told_once(bench: Bench) -> None:
    bench.run()
    bench.store.set_kv("want", [E1])
    bench.run()
    bench.run()
    assert bench.wire.said == ["pull token"]
    bench.store.set_kv("want", [E1, E2])
    bench.run()
    assert bench.wire.said == ["pull cursors want"]


# ---------------------------------------------------------------- failures


def retry_for(*mids: str, code: str = "incident") -> Callable[[Pushed], Pushed]:
    def alter(answer: Pushed) -> Pushed:
        results = [
            Verdict(mid=one.mid, status="retry", bucket=one.bucket, error=ErrorBody(code=code, text="事故"))
            if one.mid in mids
            else one
            for one in answer.results
        ]
        return answer.model_copy(update={"results": results})

    return alter


def test_a_poison_change_is_quarantined_and_the_rest_flows(bench: Bench) -> None:
    bench.run()
    poison, follower = (
        laptop.patch("e1", "employees", None, 12),
        laptop.patch("e1", "address", None, "一号路"),
    )
    bench.make(poison, follower, laptop.patch("e2", "employees", None, 13))
    bench.wire.alter_push = retry_for(poison.mid)
    reports = [bench.run() for _ in range(3)]
    assert [report.error for report in reports] == [None] * 3
    assert bench.states() == ["quarantined"]
    bench.make(laptop.patch("e1", "industry", None, "陶瓷"), laptop.patch("e2", "industry", None, "陶瓷"))
    assert bench.run().sent == 1
    assert bench.states() == ["quarantined", "pending"]
    found = bench.store.get("enterprise", "e1")
    assert found is not None
    assert (found.body["employees"], found.body["industry"]) == (12, "陶瓷")


def test_a_centre_older_than_this_program_never_quarantines(bench: Bench) -> None:
    bench.run()
    made = laptop.patch("e1", "employees", None, 12)
    bench.make(made)
    bench.wire.alter_push = retry_for(made.mid, code="server_older")
    for _ in range(5):
        assert bench.run().error is None
    assert bench.states() == ["pending"]


@pytest.mark.parametrize("failure", [ServerTrouble(500), Cut()], ids=["500", "cut"])
def test_a_batch_the_centre_dies_of_is_halved_until_the_one_is_found(
    bench: Bench, failure: KnownError
) -> None:
    bench.run()
    changes = [laptop.start_visit("e1", "v-poison")]
    changes += [laptop.patch("e2", "address", f"{n - 1}号" if n else None, f"{n}号") for n in range(20)]
    bench.make(*changes)

    def die(message: Push) -> None:
        if any(change.doc[1] == "v-poison" for change in message.changes):
            raise failure

    bench.wire.before_push = die
    for _ in range(2):
        report = bench.run()
        assert (report.error, bench.wire.said) == (failure, ["push 21"])
        assert bench.engine.wait > 0
    report = bench.run()
    assert (report.error, report.sent) == (None, 20)
    assert bench.states() == ["pending"]
    for _ in range(2):
        bench.run()
    assert bench.states() == ["quarantined"]
    bench.run()
    assert bench.wire.said == ["pull token"]
    bench.server.write(E2, "note", "n1", {"id": "n1"})
    assert bench.run().received == 1


def test_a_centre_that_is_down_is_no_reason_to_suspect_a_change(bench: Bench) -> None:
    bench.run()
    bench.make(laptop.patch("e1", "employees", None, 12))

    def die(_message: Push) -> None:
        raise Cut

    bench.wire.before_push, bench.wire.well = die, False
    for _ in range(9):
        report = bench.run()
        assert report.error is not None
        assert report.error.code == "offline"
    (row,) = outbox.pending(bench.store)
    assert (row.state, row.attempts) == ("pending", 0)
    bench.wire.before_push, bench.wire.well = lambda _message: None, True
    assert bench.run().sent == 1


def test_too_large_a_batch_is_halved_at_once(bench: Bench) -> None:
    bench.run()
    bench.make(*(laptop.patch("e1", "address", f"{n - 1}号" if n else None, f"{n}号") for n in range(16)))

    def too_large(message: Push) -> None:
        if len(message.changes) > 4:
            raise TooLarge

    bench.wire.before_push = too_large
    assert bench.run().sent == 16
    assert [said for said in bench.wire.said if said.startswith("push")][:3] == [
        "push 16",
        "push 8",
        "push 4",
    ]
    bench.agree()


def test_waiting_follows_the_centres_wish_or_grows_with_jitter(bench: Bench) -> None:
    def fail(error: KnownError) -> None:
        def raise_it(_message: Pull) -> None:
            raise error

        bench.wire.before_pull = raise_it
        assert bench.run().error is error

    waits = []
    for _ in range(12):
        fail(Offline("中心"))
        waits.append(bench.engine.wait)
    assert waits[:3] == [1.5, 2.5, 4.5]
    assert waits[-1] == 150.5
    fail(Later(40))
    assert bench.engine.wait == 40.5
    bench.wire.before_pull = lambda _message: None
    bench.run()
    assert bench.engine.wait == 0


def test_a_new_epoch_reads_everything_again_and_offers_what_was_lost(bench: Bench) -> None:
    bench.run()
    bench.make(laptop.patch("e1", "employees", None, 12))
    bench.run()
    # Restored from a backup of before the edit; meanwhile nothing else is known of it.
    bench.server.epoch = "epoch-2"
    bench.server.write(E1, "enterprise", "e1", laptop.enterprise_body("e1"))
    bench.server.log.clear()
    report = bench.run()
    assert (report.error, report.sent) == (None, 1)
    assert bench.store.kv("session")["epoch"] == "epoch-2"
    found = bench.store.get("enterprise", "e1")
    assert found is not None
    assert found.body["employees"] == 12
    bench.agree()


def test_a_bucket_that_differs_is_read_again_and_swept(bench: Bench) -> None:
    bench.run()
    with bench.store.write() as transaction:
        transaction.execute(
            "INSERT INTO document VALUES ('note', 'ghost', ?, 3, '{\"id\":\"ghost\"}', 1)", (E1,)
        )
    bench.server.write(E1, "note", "n1", {"id": "n1"})
    assert bench.run().error is None
    assert bench.wire.said == ["pull token", "pull cursors", "pull cursors"]
    bench.agree()


def test_a_centre_whose_sums_never_agree_does_not_keep_us_busy_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ModelServer, "digest", lambda *_: (7, "0" * 16))
    report = bench.run()
    assert report.error is not None
    assert report.error.code == "mismatch"
    assert len(bench.wire.said) == 3


def test_the_history_says_what_ended_a_run(bench: Bench) -> None:
    def offline(_message: Pull) -> None:
        raise Offline("http://192.168.1.20:8000")

    bench.wire.before_pull = offline
    bench.run()
    (entry,) = sync_history(bench.store)
    assert entry.error is not None
    assert "检查网络" in entry.error.text


# ---------------------------------------------------------------- files


def add_file(bench: Bench, tmp_path: Path, id: str) -> Path:
    path = tmp_path / id
    path.write_bytes(id.encode() * 100)
    body = {
        "id": id,
        "enterprise": "e1",
        "purpose": "photo",
        "file_name": "现场.jpg",
        "media_type": "image/jpeg",
        "size": len(id) * 100,
        "sha256": f"sha-{id}",
    }
    fields = {name: [None, value] for name, value in body.items()}
    made = laptop.change("put", E1, "attachment", id, {"fields": fields})
    outbox.make_changes(
        bench.store, [made], ME, files=[PendingFile(f"sha-{id}", len(id) * 100, str(path), id, E1)]
    )
    return path


def test_blobs_go_after_their_rows_and_one_that_fails_does_not_hold_up_the_others(
    bench: Bench, tmp_path: Path
) -> None:
    bench.run()
    for id in ("a1", "a2", "a3"):
        add_file(bench, tmp_path, id)
    (tmp_path / "a3").unlink()

    def refuse(attachment: str) -> None:
        if attachment == "a1":
            raise Rejected("sha256", "文件在传输中损坏，已丢弃，请重新上传。", 422)

    bench.wire.before_upload = refuse
    report = bench.run()
    assert (report.files_sent, report.error) == (1, None)
    assert bench.wire.said[:2] == ["push 3", "pull cursors"]
    assert bench.wire.uploads.keys() == {"a2"}
    reasons = {file.attachment: file.error for file in pending_files(bench.store)}
    assert reasons == {
        "a1": "文件在传输中损坏，已丢弃，请重新上传。",
        "a3": "附件文件已不在本机，无法上传。请重新添加这个附件。",
    }
    assert {one.total for one in bench.progress if one.stage == "files"} >= {600}
    bench.wire.before_upload = lambda _attachment: None
    assert bench.run().files_sent == 1


def test_an_upload_that_is_cut_goes_on_where_it_was(bench: Bench, tmp_path: Path) -> None:
    bench.run()
    add_file(bench, tmp_path, "a1")

    def cut(_attachment: str) -> None:
        raise Cut

    bench.wire.before_upload = cut
    report = bench.run()
    assert report.error is not None
    assert (report.sent, report.files_sent) == (1, 0)
    bench.wire.before_upload = lambda _attachment: None
    assert bench.run().files_sent == 1
    assert "upload a1 on" in bench.wire.said
    assert pending_files(bench.store) == []


def _edits(number: int) -> list[laptop.Change]:
    """So many edits of one document, each on the one before."""
    return [laptop.patch("e1", "employees", each or None, each + 1) for each in range(number)]


def test_a_batch_is_on_its_way_while_verdicts_are_taken_in(bench: Bench) -> None:
    bench.run()
    bench.cut_into(2)
    bench.make(*_edits(5))
    waiting: list[int] = []
    bench.wire.before_push = lambda _message: waiting.append(len(bench.states()))
    assert bench.run().sent == 5
    # The second and the third batch are sent before what came of the one before is taken in.
    assert [word for word in bench.wire.said if "push" in word] == ["push 2", "push 2", "push 1"]
    assert waiting == [5, 5, 3]
    assert not bench.states()
    bench.agree()


def test_what_is_answered_is_taken_in_though_the_next_batch_is_lost(bench: Bench) -> None:
    bench.run()
    bench.cut_into(2)
    bench.make(*_edits(4))

    def lose_the_second(message: Push) -> None:
        if bench.wire.said.count("push 2") == 2:
            raise Offline("中心")

    bench.wire.before_push = lose_the_second
    assert isinstance(bench.run().error, Offline)
    assert len(bench.states()) == 2
    bench.wire.before_push = lambda _message: None
    assert bench.run().sent == 2
    bench.agree()


def test_after_a_change_to_be_tried_again_nothing_is_sent_before_it_is_known(bench: Bench) -> None:
    """What waits behind it is only found once its verdict is taken in."""
    bench.run()
    bench.cut_into(1)
    bench.make(*_edits(2), laptop.start_visit("e2", "v1"))

    def fail_on_the_first(answer: Pushed) -> Pushed:
        if len([word for word in bench.wire.said if "push" in word]) > 1:
            return answer
        verdict = Verdict(mid=answer.results[0].mid, status="retry")
        return answer.model_copy(update={"results": [verdict]})

    bench.wire.alter_push = fail_on_the_first
    assert bench.run().sent == 1
    assert bench.states() == ["pending", "pending"]


def test_a_request_in_a_thread_of_its_own_has_ended_when_the_run_has(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.cut_into(2)
    engine = Engine(bench.store, bench.wire, lambda: ME, "device-0001", lambda: laptop.NOON, beside=in_thread)
    engine.run()
    bench.make(*_edits(5))

    def full(*_: object) -> None:
        raise KnownError("disk_full", "磁盘已满。")

    with monkeypatch.context() as patch:
        patch.setattr("sync.client.pushing.absorb_verdicts", full)
        report = engine.run()
    assert report.error is not None
    assert report.error.code == "disk_full"
    assert engine.run().sent == 5
    bench.agree()
