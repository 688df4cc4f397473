"""Documents in a dictionary: what a change function looks at, and what becomes of its writes."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from app.domain.changes import Change, Context, Outcome, apply
from app.domain.documents import Body, Document


@dataclass
class Shelf:
    """The documents of one bucket, by (kind, id)."""

    bucket: str
    bodies: dict[tuple[str, str], Body] = field(default_factory=dict)

    def get(self, kind: str, id: str) -> Document | None:
        body = self.bodies.get((kind, id))
        return None if body is None else Document(self.bucket, kind, id, 1, copy.deepcopy(body))

    def of_kind(self, kind: str) -> list[Document]:
        found = (self.get(*key) for key in sorted(self.bodies) if key[0] == kind)
        return [document for document in found if document is not None]

    def run(self, change: Change, context: Context) -> Outcome:
        """Apply the change and take its writes into this bucket. Nothing is taken where it is refused."""
        before = copy.deepcopy(self.bodies)
        outcome = apply(self, change, context)
        assert self.bodies == before, "a change function altered what it was only given to look at"
        for write in outcome.writes:
            if write.bucket not in (None, self.bucket):
                continue
            if write.body is None:
                self.bodies.pop((write.kind, write.id), None)
            else:
                self.bodies[write.kind, write.id] = copy.deepcopy(write.body)
        return outcome
