"""What a laptop ought to show, worked out the slow and simple way: all confirmed documents, then every change again.

The store works the same out from as little as it can; tests compare the two after each step.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain.changes import Change, Context, Refusal, apply
from app.domain.clock import from_text
from app.domain.documents import Document, Key
from app.domain.projections import projections
from app.store.confirmed import ConfirmedPage, ConfirmedRow


@dataclass
class Place:
    bucket: str
    rev: int
    body: dict[str, Any]
    fresh: bool = True


@dataclass
class LaptopModel:
    confirmed: dict[Key, Place] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)

    def page(self, page: ConfirmedPage) -> None:
        if page.start == 0:
            for place in self.confirmed.values():
                if place.bucket == page.bucket:
                    place.fresh = False
        self.cursors[page.bucket] = page.to
        self.rows(page.rows)
        if page.done:
            old = [
                key
                for key, place in self.confirmed.items()
                if place.bucket == page.bucket and not place.fresh
            ]
            for key in old:
                del self.confirmed[key]

    def rows(self, rows: Iterable[ConfirmedRow]) -> None:
        for row in rows:
            if row.bucket not in self.cursors:
                continue
            key = (row.kind, row.id)
            if isinstance(row.body, dict):
                self.confirmed[key] = Place(row.bucket, row.rev, copy.deepcopy(row.body))
            elif key in self.confirmed and self.confirmed[key].bucket == row.bucket:
                del self.confirmed[key]

    def purge(self, bucket: str) -> None:
        self.cursors.pop(bucket, None)
        for key in [key for key, place in self.confirmed.items() if place.bucket == bucket]:
            del self.confirmed[key]

    def visible(self, changes: Iterable[Change], context: Context) -> dict[Key, Document]:
        documents = {
            key: Document(place.bucket, *key, place.rev, copy.deepcopy(place.body))
            for key, place in self.confirmed.items()
        }
        for change in changes:
            try:
                outcome = apply(
                    _View(documents, change.bucket), change, replace(context, now=from_text(change.at))
                )
            except Refusal:
                continue
            for write in outcome.writes:
                before = documents.get((write.kind, write.id))
                following = projections(before, write.kind, write.id, write.body, context.park)
                for one in (write, *following):
                    bucket = one.bucket or change.bucket
                    if bucket == change.bucket or bucket in self.cursors:
                        self._write(documents, one.kind, one.id, bucket, one.body)
        return documents

    def _write(
        self, documents: dict[Key, Document], kind: str, id: str, bucket: str, body: dict[str, Any] | None
    ) -> None:
        if body is None:
            documents.pop((kind, id), None)
            return
        place = self.confirmed.get((kind, id))
        documents[kind, id] = Document(bucket, kind, id, place.rev if place else 0, copy.deepcopy(body))


@dataclass
class _View:
    documents: dict[Key, Document]
    bucket: str

    def get(self, kind: str, id: str) -> Document | None:
        found = self.documents.get((kind, id))
        return found if found and found.bucket == self.bucket else None

    def of_kind(self, kind: str) -> list[Document]:
        found = [document for document in self.documents.values() if document.kind == kind]
        return sorted(
            (document for document in found if document.bucket == self.bucket),
            key=lambda document: document.id,
        )
