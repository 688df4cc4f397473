"""T1 to T5 in single steps: making changes, verdicts, pages, sweeps, and letting a bucket go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.domain.changes import REGISTER, Refusal
from app.domain.clock import to_text
from app.domain.people import Actor, Role
from app.errors import KnownError
from app.store import confirmed, outbox
from app.store.confirmed import GONE, ConfirmedPage, ConfirmedRow, ConfirmedVerdict
from app.store.database import Store, open_store
from app.store.drafts import draft, save_draft
from app.store.files import PendingFile, files_to_send, mark_stored, pending_files
from app.store.handing_over import queue_drafts
from app.store.history import SyncReport, record_sync, sync_history
from app.store.purge import finish_purges, purge
from tests.support import laptop
from tests.support.model_server import digest_of

E1, E2 = buckets.of_enterprise("e1"), buckets.of_enterprise("e2")
DIRECTORY = buckets.directory(laptop.PARK)
ME = laptop.context(Actor("p-me", "王联络", frozenset({Role.OFFICER, Role.COORDINATOR})))


def row(bucket: str, kind: str, id: str, rev: int, body: Any) -> ConfirmedRow:
    return ConfirmedRow(bucket, kind, id, rev, body)


def page(
    bucket: str, start: int, to: int, *rows: ConfirmedRow, done: bool = True, **more: Any
) -> ConfirmedPage:
    return ConfirmedPage(bucket, start, to, done, rows=rows, **more)


def take(store: Store, *pages: ConfirmedPage, mark: int | None = None) -> confirmed.PageResult:
    return confirmed.absorb_page(store, pages, ME, sum_of=digest_of, mark=mark)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two enterprises held."""
    store = open_store(tmp_path / "store.db")
    take(
        store,
        page(
            E1,
            0,
            1,
            row(E1, "enterprise", "e1", 1, laptop.enterprise_body("e1", mystery={"deep": [1, None]})),
        ),
        page(E2, 0, 1, row(E2, "enterprise", "e2", 1, laptop.enterprise_body("e2"))),
    )
    yield store
    store.close()


def seen(store: Store, field: str, id: str = "e1") -> Any:
    found = store.get("enterprise", id)
    assert found is not None
    return found.body.get(field)


# ---------------------------------------------------------------- T1


def test_an_edit_is_seen_at_once_queued_and_keeps_what_this_version_does_not_know(store: Store) -> None:
    made = laptop.patch("e1", "employees", None, 30)
    altered = outbox.make_changes(store, [made], ME, origin="screen")
    assert altered.keys == {("enterprise", "e1")}
    assert seen(store, "employees") == 30
    assert seen(store, "mystery") == {"deep": [1, None]}
    (queued,) = outbox.pending(store)
    assert (queued.change, queued.state, queued.attempts, queued.error) == (made, "pending", 0, None)
    assert outbox.counts(store) == outbox.Counts(pending=1, refused=0, conflicts=0, files=0)


def test_one_refusal_takes_everything_back(store: Store) -> None:
    changes = [laptop.patch("e1", "employees", None, 30), laptop.submit_visit("e1", "no-such-visit")]
    file = PendingFile("0" * 64, 3, "x", "a1", E1)
    with pytest.raises(Refusal) as caught:
        outbox.make_changes(store, changes, ME, files=[file])
    assert caught.value.code == "missing"
    assert seen(store, "employees") is None
    assert outbox.pending(store) == []
    assert pending_files(store) == []


def test_inside_a_write_changes_and_the_end_of_a_draft_stand_or_fall_together(store: Store) -> None:
    outbox.make_changes(store, [laptop.start_visit("e1", "v1")], ME)
    save_draft(store, "v1", "form@1", {"a": 1}, "2026-11-22T04:00:00.000Z")

    def submit(enterprise: str) -> None:
        with store.write():
            store.set_kv("asked", enterprise)
            outbox.make_changes(store, [laptop.submit_visit(enterprise, "v1")], ME)

    with pytest.raises(Refusal):
        submit("e2")
    assert (draft(store, "v1") is not None, store.kv("asked")) == (True, None)
    submit("e1")
    assert store.kv("asked") == "e1"


def test_a_change_with_nothing_to_do_is_not_queued(store: Store) -> None:
    name = seen(store, "name")
    altered = outbox.make_changes(store, [laptop.patch("e1", "name", "旧名", name)], ME)
    assert not altered
    assert outbox.pending(store) == []


def test_an_edit_of_what_has_moved_on_is_queued_for_the_centre_to_judge(store: Store) -> None:
    outbox.make_changes(store, [laptop.patch("e1", "name", "没见过的名字", "新名")], ME)
    assert len(outbox.pending(store)) == 1
    assert seen(store, "name") != "新名"


def test_projections_go_into_buckets_that_are_held_and_no_others(store: Store) -> None:
    changes = [laptop.start_visit("e1", "v1"), laptop.submit_visit("e1", "v1", issues=1)]
    outbox.make_changes(store, changes, ME)
    assert store.of_kind("issue_row") == []
    # Held from now on: what was done before shows in it as well.
    take(store, page(DIRECTORY, 0, 0))
    assert [document.bucket for document in store.of_kind("issue_row")] == [DIRECTORY]
    assert store.of_kind("issue", E1) == store.of_kind("issue")
    assert store.of_kind("issue", E2) == []


# ---------------------------------------------------------------- T2


def test_a_confirmed_change_leaves_no_base_and_takes_the_centres_revision(store: Store) -> None:
    made = laptop.patch("e1", "employees", None, 30)
    outbox.make_changes(store, [made], ME)
    theirs = {**laptop.enterprise_body("e1"), "employees": 30, "address": "湘东区"}
    verdict = ConfirmedVerdict(made.mid, "applied", [row(E1, "enterprise", "e1", 2, theirs)])
    for _ in range(2):
        confirmed.absorb_verdicts(store, [verdict], ME)
        found = store.get("enterprise", "e1")
        assert found is not None
        assert (found.rev, found.body) == (2, theirs)
        assert outbox.pending(store) == []
        assert store.select("SELECT count(*) FROM base") == [(0,)]


def test_later_changes_are_run_again_over_what_was_confirmed(store: Store) -> None:
    first, second = laptop.patch("e1", "employees", None, 30), laptop.patch("e1", "address", None, "一号路")
    outbox.make_changes(store, [first, second], ME)
    theirs = {**laptop.enterprise_body("e1"), "employees": 30, "name": "改过的名字"}
    confirmed.absorb_verdicts(
        store, [ConfirmedVerdict(first.mid, "applied", [row(E1, "enterprise", "e1", 2, theirs)])], ME
    )
    assert (seen(store, "name"), seen(store, "address"), seen(store, "employees")) == (
        "改过的名字",
        "一号路",
        30,
    )
    assert [queued.change for queued in outbox.pending(store)] == [second]


def test_a_refused_change_stays_with_its_reason_without_effect_until_it_is_given_up(store: Store) -> None:
    made = laptop.patch("e1", "employees", None, 30)
    outbox.make_changes(store, [made], ME)
    with pytest.raises(KnownError) as caught:
        outbox.discard(store, outbox.pending(store)[0].seq)
    assert caught.value.code == "not_discardable"
    error = {"code": "role", "text": "您的角色不能做这个操作。"}
    confirmed.absorb_verdicts(store, [ConfirmedVerdict(made.mid, "refused", error=error)], ME)
    assert seen(store, "employees") is None
    (refused,) = outbox.pending(store)
    assert (refused.state, refused.error) == ("refused", error)
    assert outbox.counts(store).refused == 1
    outbox.discard(store, refused.seq)
    assert outbox.pending(store) == []
    ((kept, _),) = outbox.discarded(store)
    assert (kept.change, kept.error) == (made, error)


def test_a_pending_change_refused_here_stays_and_comes_back_to_life(store: Store) -> None:
    """A page brings a visit already open, made on another laptop: ours cannot be opened beside it, until it is over."""
    mine = laptop.start_visit("e1", "v-mine")
    other = {**laptop.start_visit("e1", "v-other").args}
    outbox.make_changes(store, [mine], ME)
    visit = store.get("visit", "v-mine")
    assert visit is not None
    body = {**visit.body, "id": "v-other", "local_number": other["local_number"]}
    take(store, page(E1, 1, 2, row(E1, "visit", "v-other", 1, body)))
    assert [document.id for document in store.of_kind("visit")] == ["v-other"]
    assert [queued.state for queued in outbox.pending(store)] == ["pending"]
    take(store, page(E1, 2, 3, row(E1, "visit", "v-other", 2, {**body, "state": "cancelled"})))
    assert [document.id for document in store.of_kind("visit")] == ["v-mine", "v-other"]


def test_running_a_change_again_later_gives_the_same(store: Store) -> None:
    category = ME.dictionaries.taxonomy.items[0].code
    outbox.make_changes(
        store, [laptop.start_visit("e1", "v1"), laptop.submit_visit("e1", "v1", issues=1, minutes=1)], ME
    )
    made = laptop.change("issue.accept", E1, "issue", "issue-v1-0", {"category": category, "level": 2}, 2)
    outbox.make_changes(store, [made], ME)
    before = store.in_bucket(E1)
    later = replace(ME, now=ME.now + timedelta(days=9))
    confirmed.absorb_page(
        store, [page(E1, 1, 2, row(E1, "note", "n1", 1, {"id": "n1"}))], later, sum_of=digest_of
    )
    outside = [document for document in store.in_bucket(E1) if document.kind != "note"]
    assert outside == before


def test_rows_of_buckets_that_are_not_held_are_dropped(store: Store) -> None:
    made = laptop.patch("e1", "employees", None, 30)
    outbox.make_changes(store, [made], ME)
    rows = [row("e:e9", "enterprise", "e9", 1, {"id": "e9"})]
    confirmed.absorb_verdicts(store, [ConfirmedVerdict(made.mid, "applied", rows)], ME)
    assert store.get("enterprise", "e9") is None


def test_a_change_the_centre_fails_on_thrice_is_quarantined_and_only_its_followers_wait(store: Store) -> None:
    poison, follower = (
        laptop.patch("e1", "employees", None, 30),
        laptop.patch("e1", "address", None, "一号路"),
    )
    other = laptop.patch("e2", "employees", None, 40)
    outbox.make_changes(store, [poison, follower, other], ME)
    assert outbox.to_send(store, 1) == outbox.pending(store)[:1]
    for times in (1, 2, 3):
        retry = ConfirmedVerdict(poison.mid, "retry", error={"code": "incident", "text": "事故"})
        confirmed.absorb_verdicts(store, [retry], ME)
        assert outbox.pending(store)[0].attempts == times
    assert [queued.state for queued in outbox.pending(store)] == ["quarantined", "pending", "pending"]
    assert [queued.change for queued in outbox.to_send(store, 10)] == [other]
    assert (seen(store, "employees"), seen(store, "address")) == (30, "一号路")
    confirmed.release_quarantined(store)
    assert [queued.change for queued in outbox.to_send(store, 10)] == [poison, follower, other]
    assert len(outbox.to_send(store, 10, most_bytes=1)) == 1


def test_giving_up_a_quarantined_change_takes_its_effect_back(store: Store) -> None:
    poison, follower = (
        laptop.patch("e1", "employees", None, 30),
        laptop.patch("e1", "address", None, "一号路"),
    )
    outbox.make_changes(store, [poison, follower], ME)
    for _ in range(3):
        confirmed.mark_failure(store, poison.mid, {"code": "server_trouble", "text": "出错"})
    outbox.discard(store, outbox.pending(store)[0].seq, ME)
    assert (seen(store, "employees"), seen(store, "address")) == (None, "一号路")
    assert [queued.change for queued in outbox.to_send(store, 10)] == [follower]


def test_a_bug_in_one_change_does_not_keep_pages_out(
    store: Store, monkeypatch: pytest.MonkeyPatch, expects_log_errors: list[object]
) -> None:
    outbox.make_changes(store, [laptop.patch("e1", "employees", None, 30)], ME)

    def broken(*_: object) -> Any:
        raise KeyError("a bug")

    monkeypatch.setitem(REGISTER, "patch", replace(REGISTER["patch"], function=broken))
    take(
        store, page(E1, 1, 2, row(E1, "enterprise", "e1", 2, laptop.enterprise_body("e1", address="二号路")))
    )
    assert (seen(store, "address"), seen(store, "employees")) == ("二号路", None)
    assert [queued.state for queued in outbox.pending(store)] == ["pending"]
    assert expects_log_errors


# ---------------------------------------------------------------- T3 and T5


def test_a_page_asked_for_before_a_push_is_thrown_away(store: Store) -> None:
    mark = confirmed.push_mark(store)
    made = laptop.patch("e1", "employees", None, 30)
    outbox.make_changes(store, [made], ME)
    theirs = {**laptop.enterprise_body("e1"), "employees": 30}
    confirmed.absorb_verdicts(
        store, [ConfirmedVerdict(made.mid, "applied", [row(E1, "enterprise", "e1", 2, theirs)])], ME
    )
    old = page(E1, 1, 2, row(E1, "enterprise", "e1", 1, laptop.enterprise_body("e1")))
    assert take(store, old, mark=mark).stale
    assert seen(store, "employees") == 30
    assert store.held()[E1] == 1


def test_a_page_that_does_not_join_on_is_not_taken_and_the_bucket_read_again(store: Store) -> None:
    late = page(E1, 5, 9, row(E1, "enterprise", "e1", 9, laptop.enterprise_body("e1", address="跳过了中间")))
    assert take(store, late).mismatched == (E1,)
    assert seen(store, "address") is None
    assert store.held() == {E1: confirmed.ANEW, E2: 1}


def test_counts_and_sums_are_compared_without_what_is_only_here(store: Store) -> None:
    outbox.make_changes(store, [laptop.start_visit("e1", "v1"), laptop.patch("e1", "employees", None, 3)], ME)
    right = digest_of([("enterprise", "e1", 1), ("note", "n", 4)])
    note = row(E1, "note", "n", 4, {"id": "n"})
    assert take(store, page(E1, 1, 2, note, count=2, sum=right)).mismatched == ()
    assert take(store, page(E1, 2, 2, count=3, sum=right)).mismatched == (E1,)
    assert store.held()[E1] == confirmed.ANEW
    assert take(store, page(E1, 0, 2, note, count=2, sum=digest_of([]))).mismatched == (E1,)


def test_what_does_not_come_again_after_a_reset_is_swept_and_own_work_stays(store: Store) -> None:
    take(
        store, page(E1, 1, 3, row(E1, "note", "n1", 1, {"id": "n1"}), row(E1, "note", "n2", 1, {"id": "n2"}))
    )
    outbox.make_changes(store, [laptop.start_visit("e1", "v1")], ME)
    enterprise = row(E1, "enterprise", "e1", 7, laptop.enterprise_body("e1"))
    take(store, page(E1, 0, 5, enterprise, done=False, reset=True))
    assert len(store.of_kind("note")) == 2
    take(store, page(E1, 5, 6, row(E1, "note", "n2", 2, {"id": "n2"})))
    assert [document.id for document in store.of_kind("note")] == ["n2"]
    assert [document.id for document in store.of_kind("visit")] == ["v1"]


@pytest.mark.parametrize("new_place_first", [True, False])
def test_a_document_that_moves_is_kept_where_it_now_is(store: Store, new_place_first: bool) -> None:
    take(store, page(E1, 1, 2, row(E1, "note", "n1", 1, {"id": "n1"})))
    gone, here = (
        page(E1, 2, 3, row(E1, "note", "n1", 2, GONE)),
        page(E2, 1, 2, row(E2, "note", "n1", 2, {"id": "n1"})),
    )
    take(store, *((here, gone) if new_place_first else (gone, here)))
    (note,) = store.of_kind("note")
    assert (note.bucket, note.rev) == (E2, 2)


def test_a_new_epoch_keeps_data_and_offers_confirmed_changes_again(store: Store) -> None:
    made = laptop.patch("e1", "employees", None, 30)
    outbox.make_changes(store, [made], ME)
    theirs = row(E1, "enterprise", "e1", 2, {**laptop.enterprise_body("e1"), "employees": 30})
    confirmed.absorb_verdicts(store, [ConfirmedVerdict(made.mid, "applied", [theirs])], ME)
    assert outbox.to_send(store, 10) == []
    confirmed.forget_cursors(store)
    assert store.held() == {E1: confirmed.ANEW, E2: confirmed.ANEW}
    assert seen(store, "employees") == 30
    assert [queued.change for queued in outbox.to_send(store, 10)] == [made]
    confirmed.absorb_verdicts(store, [ConfirmedVerdict(made.mid, "applied", [theirs])], ME)
    later = replace(ME, now=ME.now + timedelta(days=31))
    confirmed.absorb_verdicts(store, [], later)
    confirmed.forget_cursors(store)
    assert outbox.to_send(store, 10) == []


# ---------------------------------------------------------------- T4


def test_a_bucket_that_goes_leaves_no_byte(store: Store, tmp_path: Path) -> None:
    secret = "只在这家企业里出现的字样"
    path = tmp_path / "attachments" / "ab" / "abcd"
    path.parent.mkdir(parents=True)
    path.write_text(secret)
    take(store, page(E1, 1, 2, row(E1, "note", "n1", 1, {"id": "n1", "text": secret})))
    start = laptop.start_visit("e1", "v1")
    edit = laptop.patch("e1", "address", None, secret)
    refused = laptop.patch("e1", "industry", None, secret)
    file = PendingFile("abcd", path.stat().st_size, str(path), "a1", E1)
    outbox.make_changes(store, [start, edit, refused], ME, files=[file])
    save_draft(store, "v1", "form@1", {"text": secret}, to_text(ME.now))
    assert pending_files(store)[0].path == str(path)
    assert purge(store, E1, ME) is None, "what was not sent must be at the centre first"
    confirmed.absorb_verdicts(
        store,
        [
            ConfirmedVerdict(start.mid, "applied", [row(E1, "visit", "v1", 1, {"id": "v1", "text": secret})]),
            ConfirmedVerdict(edit.mid, "escrowed"),
            ConfirmedVerdict(refused.mid, "refused", error={"code": "role", "text": secret}),
        ],
        ME,
    )
    assert purge(store, E1, ME) is None, "the unfinished visit must be at the centre first"
    assert queue_drafts(store, E1) == 1
    assert queue_drafts(store, E1) == 1, "what waits is replaced by the newest"
    assert purge(store, E1, ME) is None
    (sent,) = outbox.to_send(store, 9)
    assert sent.change.args["state"] == {"text": secret}
    confirmed.absorb_verdicts(store, [ConfirmedVerdict(sent.change.mid, "escrowed")], ME)
    assert queue_drafts(store, E1) == 0
    assert purge(store, E1, ME)
    assert path.exists()
    assert finish_purges(store)
    assert finish_purges(store)
    assert not path.exists()
    assert store.held() == {E2: 1}
    assert store.in_bucket(E1) == []
    assert (draft(store, "v1"), outbox.pending(store), pending_files(store)) == (None, [], [])
    left = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert secret.encode() not in left
    assert seen(store, "name", "e2").encode() in left


def test_a_file_another_bucket_needs_stays(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "shared"
    path.write_text("同一张照片")
    files = [PendingFile("s", 15, str(path), f"a{number}", bucket) for number, bucket in enumerate((E1, E2))]
    outbox.make_changes(store, [], ME, files=files)
    purge(store, E1, ME)
    assert finish_purges(store)
    assert path.exists()
    assert [file.bucket for file in pending_files(store)] == [E2]


def test_purging_goes_by_where_a_document_is_now(store: Store) -> None:
    """A change was stamped with a bucket its document has left since: it does not go with that bucket."""
    outbox.make_changes(store, [laptop.start_visit("e1", "v1")], ME)
    stamped = outbox.pending(store)[0].change
    body = {**store.of_kind("visit")[0].body}
    verdict = ConfirmedVerdict(stamped.mid, "applied", [row(E1, "visit", "v1", 1, body)])
    confirmed.absorb_verdicts(store, [verdict], ME)
    cancel = laptop.cancel_visit("e1", "v1")
    outbox.make_changes(store, [cancel], ME)
    take(store, page(E2, 1, 2, row(E2, "visit", "v1", 2, body)))
    assert purge(store, E1, ME)
    assert [queued.change for queued in outbox.pending(store)] == [cancel]
    assert purge(store, E2, ME) is None


# ---------------------------------------------------------------- files and history


def test_blobs_wait_for_their_row_and_are_sent_once(store: Store, tmp_path: Path) -> None:
    body = {
        "id": "a1",
        "enterprise": "e1",
        "purpose": "photo",
        "file_name": "现场.jpg",
        "media_type": "image/jpeg",
        "size": 3,
        "sha256": "f" * 64,
    }
    fields = {name: [None, value] for name, value in body.items()}
    made = laptop.change("put", E1, "attachment", "a1", {"fields": fields})
    file = PendingFile("f" * 64, 3, str(tmp_path / "blob"), "a1", E1)
    outbox.make_changes(store, [made], ME, files=[file])
    assert (outbox.counts(store).files, files_to_send(store)) == (1, [])
    verdict = ConfirmedVerdict(made.mid, "applied", [row(E1, "attachment", "a1", 1, body)])
    confirmed.absorb_verdicts(store, [verdict], ME)
    assert files_to_send(store) == [file]
    mark_stored(store, "f" * 64)
    assert (outbox.counts(store).files, pending_files(store)) == (0, [])


def test_the_history_of_syncs_does_not_fill_with_runs_that_moved_nothing(store: Store) -> None:
    moments = [ME.now + timedelta(minutes=number) for number in range(5)]
    record_sync(store, SyncReport(moments[0], moments[0], sent=2, received=5))
    record_sync(store, SyncReport(moments[1], moments[1]))
    record_sync(store, SyncReport(moments[2], moments[2]))
    trouble = KnownError("offline", "连不上中心。")
    record_sync(store, SyncReport(moments[3], moments[3], error=trouble))
    record_sync(store, SyncReport(moments[4], moments[4], error=trouble))
    history = [(run.ended, run.sent, run.error and run.error.text) for run in sync_history(store)]
    assert history == [(moments[4], 0, "连不上中心。"), (moments[2], 0, None), (moments[0], 2, None)]


def test_a_verdict_costs_what_it_touches_and_not_what_else_waits(tmp_path: Path) -> None:
    """Counted in SQLite's own steps, which no busy machine alters."""

    def steps(waiting: int) -> int:
        store = open_store(tmp_path / f"{waiting}.db")
        ids = [f"d{number:04}" for number in range(waiting)]
        rows = [row(E1, "enterprise", id, 1, laptop.enterprise_body(id)) for id in ids]
        take(store, page(E1, 0, waiting, *rows))
        made = [laptop.patch(id, "employees", None, 5).model_copy(update={"bucket": E1}) for id in ids]
        outbox.make_changes(store, made, ME)
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += 1
            return 0

        with store.write() as transaction:
            transaction.connection.set_progress_handler(count, 10)
        theirs = laptop.enterprise_body(ids[0], employees=5)
        verdict = ConfirmedVerdict(made[0].mid, "applied", [row(E1, "enterprise", ids[0], 2, theirs)])
        confirmed.absorb_verdicts(store, [verdict], ME)
        with store.write() as transaction:
            transaction.connection.set_progress_handler(None, 10)
        store.close()
        return counted

    assert steps(800) <= 2 * steps(50)
