"""What must be true of a laptop after every step, read from its tables and its file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.domain.changes import Change, Refusal, apply
from app.domain.clock import from_text
from app.domain.documents import Body, Document
from app.domain.projections import projections
from tests.sync.machine.center import PARK
from tests.sync.machine.laptops import Laptop

if TYPE_CHECKING:
    from tests.sync.machine.truth import Truth

Place = tuple[str, int, str, int]
"""(bucket, rev, body text, generation)"""
KeyOnLaptop = tuple[str, str]
UNSENT = ("pending", "quarantined", "again")


@dataclass
class Seen:
    """What a laptop's tables hold, read in one snapshot."""

    documents: dict[KeyOnLaptop, Place]
    base: dict[KeyOnLaptop, tuple[str, int, str | None, int]]
    wrote: set[KeyOnLaptop]
    outbox: list[tuple[str, str, str]]
    """(mid, state, change text) in order."""
    cursors: dict[str, tuple[int, int]]
    """bucket → (seq, generation)"""
    discarded: set[str]
    epoch: str

    @property
    def confirmed(self) -> dict[KeyOnLaptop, Place]:
        found = {key: place for key, place in self.documents.items() if key not in self.base}
        for key, (bucket, rev, text, generation) in self.base.items():
            if text is not None:
                found[key] = (bucket, rev, text, generation)
        return found


def look(laptop: Laptop) -> Seen:
    with laptop.store.read() as connection:

        def rows(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        return Seen(
            {
                (kind, id): tuple(rest)
                for kind, id, *rest in rows("SELECT kind, id, bucket, rev, body, generation FROM document")
            },  # type: ignore[misc]
            {
                (kind, id): tuple(rest)
                for kind, id, *rest in rows("SELECT kind, id, bucket, rev, body, generation FROM base")
            },  # type: ignore[misc]
            set(rows("SELECT DISTINCT kind, id FROM outbox_touch WHERE wrote = 1")),
            rows("SELECT mid, state, change FROM outbox ORDER BY seq"),
            {
                bucket: (seq, generation)
                for bucket, seq, generation in rows("SELECT bucket, seq, generation FROM cursor")
            },
            {json.loads(text)["mid"] for (text,) in rows("SELECT change FROM discarded")},
            str((laptop.store.kv("session") or {}).get("epoch")),
        )


# ---------------------------------------------------------------- seen = confirmed + changes


@dataclass
class _Rerun:
    """The unconfirmed changes run over what is confirmed, all of them and every time: the slow and simple way."""

    confirmed: dict[KeyOnLaptop, Place]
    held: set[str]
    over: dict[KeyOnLaptop, tuple[str, Body | None]] = field(default_factory=dict)
    bucket: str = ""

    def document(self, kind: str, id: str) -> Document | None:
        if (kind, id) in self.over:
            bucket, body = self.over[kind, id]
            return None if body is None else Document(bucket, kind, id, 0, body)
        place = self.confirmed.get((kind, id))
        return None if place is None else Document(place[0], kind, id, place[1], json.loads(place[2]))

    def get(self, kind: str, id: str) -> Document | None:
        found = self.document(kind, id)
        return found if found is not None and found.bucket == self.bucket else None

    def of_kind(self, kind: str) -> list[Document]:
        ids = sorted({id for one, id in {**self.confirmed, **self.over} if one == kind})
        return [found for id in ids if (found := self.get(kind, id)) is not None]

    def run(self, change: Change, laptop: Laptop) -> None:
        self.bucket = change.bucket
        try:
            outcome = apply(self, change, replace(laptop.context(), now=from_text(change.at)))
        except Refusal:
            return
        for write in outcome.writes:
            before = self.document(write.kind, write.id)
            for one in (write, *projections(before, write.kind, write.id, write.body, PARK)):
                bucket = one.bucket or change.bucket
                if bucket == change.bucket or bucket in self.held:
                    self.over[one.kind, one.id] = (bucket, one.body)


def seen_is_base_with_changes_over_it(laptop: Laptop, seen: Seen) -> None:
    confirmed = seen.confirmed
    rerun = _Rerun(confirmed, set(seen.cursors))
    for _, state, text in seen.outbox:
        if state in ("pending", "quarantined"):
            rerun.run(Change.model_validate_json(text), laptop)
    assert seen.base.keys() == seen.wrote, "base stands for something that no change writes"
    assert seen.base.keys() == rerun.over.keys(), "base does not stand for what the changes write"
    for key, (bucket, body) in rerun.over.items():
        place = seen.documents.get(key)
        if body is None:
            assert place is None, f"{key} is seen and was taken away here"
            continue
        assert place is not None, f"{key} is not seen and was made here"
        assert (place[0], json.loads(place[2])) == (bucket, body), (
            f"{key} is not what base and changes make it"
        )
        assert place[1] == (confirmed[key][1] if key in confirmed else 0)


# ---------------------------------------------------------------- confirmed = what the centre said


def confirmed_is_what_the_centre_said(seen: Seen, truth: Truth, ghosts: set[KeyOnLaptop]) -> None:
    for (kind, id), (bucket, rev, text, _) in seen.confirmed.items():
        assert bucket in seen.cursors, f"{kind} {id} of {bucket}, which is not held, is here as confirmed"
        if (kind, id) in ghosts:
            continue
        said = truth.said.get(((bucket, kind, id), rev), ())
        assert text in said or json.loads(text) in [json.loads(one) for one in said if one], (
            f"{kind} {id} revision {rev} of {bucket} is here as confirmed, and the centre never said so"
        )


def no_revision_goes_back(before: Seen, seen: Seen) -> None:
    """What was confirmed is not undone by something older; only another life of the centre, read from 0, has older
    revisions."""
    if seen.epoch != before.epoch:
        return
    confirmed = seen.confirmed
    for key, place in before.confirmed.items():
        now = confirmed.get(key)
        begins_anew = before.cursors.get(place[0], (0, 0))[0] <= 0
        if now is not None and (now[0], now[3]) == (place[0], place[3]) and not begins_anew:
            assert now[1] >= place[1], f"{key} went back from revision {place[1]} to {now[1]}"


def what_was_turned_down_stays(before: Seen, seen: Seen, truth: Truth) -> None:
    """A refused change is in the list until its author gives it up, or the bucket its document is in goes."""
    here = {mid for mid, _, _ in seen.outbox} | seen.discarded
    for mid, state, text in before.outbox:
        refused = state == "refused" or truth.log.get(mid, ("", ""))[0] == "refused"
        if refused and mid not in here:
            kind, id = json.loads(text)["doc"]
            place, then = seen.documents.get((kind, id)), before.documents.get((kind, id))
            stays = place is not None and then is not None and place[0] == then[0] in seen.cursors
            assert not stays, f"{mid} was refused, and is not in the list any more"


def everything_up_to_the_cursor_is_here(seen: Seen, truth: Truth, doubtful: set[str], epoch: str) -> None:
    """Whatever stands at the centre with a seq up to the cursor stands here in that very revision, or is gone here."""
    if seen.epoch != epoch:
        return
    confirmed = seen.confirmed
    for bucket, (seq, _) in seen.cursors.items():
        if bucket not in doubtful:
            head = truth.heads.get(bucket, 0)
            assert seq <= head, f"the cursor of {bucket} is at {seq}, past the head {head}"
    for (bucket, kind, id), row in truth.present.items():
        cursor = seen.cursors.get(bucket)
        if cursor is None or row.seq > cursor[0] or bucket in doubtful:
            continue
        place = confirmed.get((kind, id))
        if row.text:
            assert (place or (None, None))[:2] == (bucket, row.rev), (
                f"{kind} {id} stands at the centre as revision {row.rev} in {bucket} at {row.seq},"
                f" the cursor is at {cursor[0]}, and here is {place}"
            )
        elif place is not None and place[0] == bucket and place[3] == cursor[1]:
            raise AssertionError(f"{kind} {id} was deleted at the centre in {bucket} and is still here")


def verdicts_are_the_centres(seen: Seen, truth: Truth, epoch: str) -> None:
    if seen.epoch != epoch:
        return
    states = {"applied": "confirmed", "conflict": "confirmed", "refused": "refused", "escrowed": "escrowed"}
    for mid, state, _ in seen.outbox:
        if state not in UNSENT:
            assert mid in truth.log, f"change {mid} is {state} here, and the centre never heard of it"
            assert states[truth.log[mid][0]] == state, (
                f"{mid} is {state} here and {truth.log[mid][0]} at the centre"
            )


# ---------------------------------------------------------------- a bucket that was let go


def no_byte_is_left(
    laptop: Laptop,
    bucket: str,
    were_in_it: set[KeyOnLaptop],
    moved: set[KeyOnLaptop],
    marks: list[str],
    tokens: list[str],
) -> None:
    """Not a row, not a file, not a byte in free pages or in the log. Only for what is through with its purge.

    `were_in_it`: documents that were in it here and are nowhere now; whatever a change on them was stamped with.
    `moved`: documents that were in more than one bucket. One that came back in the very page that told of its going
    leaves its refused change behind here; no change function moves documents yet, only this machine does.
    """
    store = laptop.store
    for table in ("document", "base", "cursor", "pending_file"):
        assert not store.select(f"SELECT 1 FROM {table} WHERE bucket = ?", (bucket,)), (
            f"{table} keeps rows of {bucket}"
        )
    kept = store.select(
        "SELECT o.mid, o.kind, o.id FROM outbox o LEFT JOIN document d USING (kind, id)"
        " WHERE o.bucket = ? AND d.bucket IS NULL",
        (bucket,),
    )
    kept = [(mid, kind, id) for mid, kind, id in kept if (kind, id) not in moved]
    assert not kept, f"the outbox keeps changes of {bucket}: {kept}"
    about = set(store.select("SELECT kind, id FROM outbox"))
    assert not about & were_in_it, f"the outbox keeps changes of {bucket}: {about & were_in_it}"
    alive = "\0".join(
        str(value)
        for table in (
            "document",
            "base",
            "outbox",
            "outbox_touch",
            "discarded",
            "draft",
            "pending_file",
            "kv",
        )
        for row in store.select(f"SELECT * FROM {table}")
        for value in row
    )
    for mark in marks:
        assert mark not in alive, f"{mark} of {bucket} still stands in a table"
    raw = b"".join(
        path.read_bytes()
        for path in sorted(laptop.folder.glob("store.db*"))
        if not path.name.endswith("-shm")
    )
    for text in (*marks, *tokens):
        if text.encode() in raw and text not in alive:
            raise AssertionError(f"{text!r} is in no table any more, and its bytes are still in the file")
