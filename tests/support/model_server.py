"""A small centre in memory: the real change functions over plain dictionaries, for tests of the order of things.

It is a second implementation of the protocol's semantics (sync/README.md), without HTTP, SQL, accounts or files.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from app.domain.changes import Change, Context, FieldConflict, Refusal, apply
from app.domain.clock import to_text
from app.domain.documents import Body, Document, clean
from app.domain.ids import derived_id
from app.domain.projections import projections
from sync.protocol.digest import add, heads_token, row_sum, sum_text
from sync.protocol.messages import BucketPage, ErrorBody, Pull, Pulled, Push, Pushed, Row, Verdict

GONE = "gone"


@dataclass
class Entry:
    rev: int
    seq: int
    body: Body | str | None


@dataclass
class ModelServer:
    """`members` are the buckets of the one person asking; `context` is the server's own for him."""

    context: Context
    members: set[str] = field(default_factory=set)
    epoch: str = "epoch-1"
    buckets: dict[str, dict[tuple[str, str], Entry]] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    log: dict[str, tuple[str, list[tuple[str, str, str]], dict[str, Any] | None]] = field(
        default_factory=dict
    )
    escrow: list[Change] = field(default_factory=list)

    # ---- documents

    def get(self, bucket: str, kind: str, id: str) -> Document | None:
        entry = self.buckets.get(bucket, {}).get((kind, id))
        if entry is None or not isinstance(entry.body, dict):
            return None
        return Document(bucket, kind, id, entry.rev, copy.deepcopy(entry.body))

    def of_kind(self, bucket: str, kind: str) -> list[Document]:
        found = [self.get(bucket, *key) for key in self.buckets.get(bucket, {}) if key[0] == kind]
        return sorted((document for document in found if document), key=lambda document: document.id)

    def write(self, bucket: str, kind: str, id: str, body: Body | str | None) -> None:
        """The only writer: the next seq of the bucket, the next rev of the document."""
        rows = self.buckets.setdefault(bucket, {})
        self.heads[bucket] = self.heads.get(bucket, 0) + 1
        rev = rows[kind, id].rev + 1 if (kind, id) in rows else 1
        rows[kind, id] = Entry(rev, self.heads[bucket], copy.deepcopy(body))

    def move(self, source: str, target: str, kind: str, id: str) -> None:
        document = self.get(source, kind, id)
        assert document is not None
        rev = document.rev
        self.write(source, kind, id, GONE)
        self.write(target, kind, id, document.body)
        self.buckets[target][kind, id].rev = rev + 1

    # ---- push

    def push(self, message: Push) -> Pushed:
        results = [self.decide(change) for change in message.changes]
        return Pushed(epoch=self.epoch, now="2026-11-22T04:00:00.000Z", results=results)

    def decide(self, change: Change) -> Verdict:
        if change.mid not in self.log:
            self.log[change.mid] = self._decide(change)
        status, keys, error = self.log[change.mid]
        rows: list[Row] = []
        for bucket, kind, id in keys:
            entry = self.buckets[bucket][kind, id]
            if bucket in self.members:
                rows.append((kind, id, entry.rev, copy.deepcopy(entry.body)))  # type: ignore[arg-type]
        return Verdict(
            mid=change.mid,
            status=status,  # type: ignore[arg-type]
            bucket=change.bucket,
            rows=rows,
            error=ErrorBody.model_validate(error) if error else None,
        )

    def _decide(self, change: Change) -> tuple[str, list[tuple[str, str, str]], dict[str, Any] | None]:
        if change.bucket not in self.members:
            self.escrow.append(change)
            return "escrowed", [], None
        try:
            outcome = apply(_View(self, change.bucket), change, self.context)
        except Refusal as refusal:
            return "refused", [], {"code": refusal.code, "text": refusal.text}
        keys: list[tuple[str, str, str]] = []
        for write in outcome.writes:
            before = self.get(write.bucket or change.bucket, write.kind, write.id)
            following = projections(before, write.kind, write.id, write.body, self.context.park)
            for one in (write, *following):
                bucket = one.bucket or change.bucket
                self.write(bucket, one.kind, one.id, one.body)
                keys.append((bucket, one.kind, one.id))
        for id, body in self._conflicts(change, outcome.conflicts):
            self.write(change.bucket, "conflict", id, body)
            keys.append((change.bucket, "conflict", id))
        return ("conflict" if outcome.conflicts else "applied"), keys, None

    def _conflicts(self, change: Change, met: Iterable[FieldConflict]) -> Iterator[tuple[str, Body]]:
        """One document per target (sync/README.md §3), without who set theirs."""
        targets: dict[tuple[str, str], dict[str, Body]] = {}
        for one in met:
            fields = targets.setdefault((one.kind, one.id), {})
            fields[one.field] = {"base": one.base, "theirs": one.theirs, "mine": one.mine}
        actor = self.context.actor
        for (kind, target), fields in targets.items():
            id = derived_id(change.mid, f"conflict:{kind}:{target}")
            asked = change.args.get("fields", {}) if change.doc == (kind, target) else {}
            body = {
                "id": id,
                "target_kind": kind,
                "target_id": target,
                "fields": fields,
                "merged": sorted(asked.keys() - fields.keys()),
                "mid": change.mid,
                "author": actor.person,
                "author_name": actor.name,
                "device": self.context.device,
                "at": to_text(self.context.now),
                "offline_at": change.at,
                "state": "open",
            }
            yield id, clean(body)

    # ---- pull

    def token(self) -> str:
        return heads_token((bucket, self.heads.get(bucket, 0)) for bucket in self.members)

    def pull(self, message: Pull) -> Pulled:
        if message.cursors is None:
            if message.token == self.token():
                return Pulled(same=True, token=message.token)
            return Pulled(need="cursors")
        room = message.rows
        pages = []
        more = False
        for bucket in sorted(self.members):
            page = self._page(bucket, message.cursors.get(bucket, 0), room)
            room -= len(page.rows)
            more = more or not page.done
            if page.rows or message.cursors.get(bucket) != page.to or page.reset:
                pages.append(page)
        return Pulled(
            epoch=self.epoch,
            now="2026-11-22T04:00:00.000Z",
            more=more,
            token=None if more else self.token(),
            revoked=sorted(set(message.cursors) - self.members),
            buckets=pages,
        )

    def _page(self, bucket: str, cursor: int, room: int) -> BucketPage:
        head = self.heads.get(bucket, 0)
        reset = cursor > head or cursor < 0
        start = 0 if reset else cursor
        entries = sorted(self.buckets.get(bucket, {}).items(), key=lambda item: item[1].seq)
        newer = [
            (key, entry)
            for key, entry in entries
            if entry.seq > start and (start > 0 or isinstance(entry.body, dict))
        ]
        sent = newer[:room]
        done = len(sent) == len(newer)
        to = head if done else (sent[-1][1].seq if sent else start)
        rows = [(key[0], key[1], entry.rev, copy.deepcopy(entry.body)) for key, entry in sent]
        page = {"id": bucket, "from": start, "to": to, "done": done, "reset": reset, "rows": rows}
        if done:
            page["count"], page["sum"] = self.digest(bucket)
        return BucketPage.model_validate(page)

    def digest(self, bucket: str) -> tuple[int, str]:
        live = [
            (kind, id, entry.rev)
            for (kind, id), entry in self.buckets.get(bucket, {}).items()
            if isinstance(entry.body, dict)
        ]
        return len(live), digest_of(live)


@dataclass
class _View:
    server: ModelServer
    bucket: str

    def get(self, kind: str, id: str) -> Document | None:
        return self.server.get(self.bucket, kind, id)

    def of_kind(self, kind: str) -> list[Document]:
        return self.server.of_kind(self.bucket, kind)


def digest_of(rows: Iterable[tuple[str, str, int]]) -> str:
    total = 0
    for kind, id, rev in rows:
        total = add(total, row_sum(kind, id, rev))
    return sum_text(total)
