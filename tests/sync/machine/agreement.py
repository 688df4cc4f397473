"""What must hold of a history: on the wire, after every step, and when everything is at rest."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from app.store.confirmed import release_quarantined
from app.store.outbox import counts
from sync.protocol.messages import Pulled, Pushed
from tests.sync.machine import checks
from tests.sync.machine.center import PARK
from tests.sync.machine.checks import Seen, look
from tests.sync.machine.ground import (
    E,
    _is_draft,
    mark_of,
)
from tests.sync.machine.laptops import Laptop


class Agreement:
    """How `World` looks at itself."""

    def _heard(self, laptop: Laptop, message: Any, answer: Any, allowed: set[str]) -> None:
        """Everything that goes over a wire: nothing of a bucket the person may not see, and the log's own verdicts."""
        self.truth.follow()
        number = laptop.number
        if isinstance(answer, Pulled):
            for page in answer.buckets:
                assert page.id in allowed or not page.rows, (
                    f"rows of {page.id} were sent to {laptop.actor.person}"
                )
                if page.reset or page.from_ == 0:
                    self.excuse[number].add(page.id)
            self.excuse[number].update(answer.revoked)
        elif isinstance(answer, Pushed):
            assert [result.mid for result in answer.results] == [change.mid for change in message.changes]
            for result in answer.results:
                if result.status == "retry":
                    assert result.error is not None
                    assert result.error.code == "server_older", f"the centre failed: {result.error}"
                elif result.mid in self.truth.log:
                    assert self.truth.log[result.mid][0] == result.status
                for row_kind, id, _rev, body in result.rows:
                    where = [key for key in self.truth.places(row_kind, id) if key[0] in allowed]
                    assert body is None or where, f"{row_kind} {id} was sent to {laptop.actor.person}"

    def after(self, laptop: Laptop) -> None:
        """Hold a laptop that acted to everything that must be true of it."""
        number, before = laptop.number, self.last[laptop.number]
        seen = look(laptop)
        self.truth.follow()
        tampered = set(self.doubtful[number])
        for bucket in tampered:
            if bucket not in seen.cursors or seen.cursors[bucket][1] > before.cursors.get(bucket, (0, 0))[1]:
                self.doubtful[number].discard(bucket)
        doubtful = self.doubtful[number]
        checks.seen_is_base_with_changes_over_it(laptop, seen)
        checks.confirmed_is_what_the_centre_said(seen, self.truth, self.ghosts)
        checks.no_revision_goes_back(before, seen)
        checks.what_was_turned_down_stays(before, seen, self.truth)
        checks.everything_up_to_the_cursor_is_here(seen, self.truth, doubtful, self.center.epoch)
        checks.verdicts_are_the_centres(seen, self.truth, self.center.epoch)
        for bucket, (seq, _) in before.cursors.items():
            if bucket in seen.cursors and seen.cursors[bucket][0] < seq and bucket not in tampered:
                allowed = bucket in self.excuse[number] or seen.epoch != before.epoch
                assert allowed, f"the cursor of {bucket} went back from {seq} to {seen.cursors[bucket][0]}"
        self._follow_changes(number, seen)
        for bucket in before.cursors.keys() - seen.cursors.keys():
            gone = {key for key, place in before.confirmed.items() if place[0] == bucket}
            self._was_purged(laptop, bucket, gone - seen.documents.keys())
        self.excuse[number].clear()
        self.last[number] = seen

    def _follow_changes(self, number: int, seen: Seen) -> None:
        here = {mid for mid, _, _ in seen.outbox}
        for mid, _, text in seen.outbox:
            self.made.setdefault(mid, (number, text))
        for mid, (author, _) in self.made.items():
            if author == number and mid not in here and mid not in seen.discarded:
                # A draft that waits is replaced by what it has become; `_no_unfinished_visit_is_lost` holds the words.
                known = mid in self.truth.log or mid in self.excused or _is_draft(self.made[mid][1])
                assert known, f"change {mid} is neither in the outbox nor given up nor at the centre"

    def _was_purged(self, laptop: Laptop, bucket: str, were_in_it: set[tuple[str, str]]) -> None:
        if laptop.store.kv("purge_left") is not None:
            return
        places = [key[1:] for key in {key for key, _ in self.truth.said}]
        moved = {key for key, times in Counter(places).items() if times > 1}
        marks = [mark_of(bucket)] if bucket in E else []
        checks.no_byte_is_left(laptop, bucket, were_in_it, moved, marks, self._words_of(bucket))
        for (who, visit), home in self.drafts.items():
            if who == laptop.number and home == bucket and laptop.store.get("visit", visit) is None:
                kept = laptop.store.select("SELECT 1 FROM draft WHERE visit = ?", (visit,))
                assert not kept, f"the draft of {visit} is still here"

    def _words_of(self, bucket: str) -> list[str]:
        """What was ever typed in a bucket and nowhere else."""
        here, elsewhere = [], []
        for (key, _), texts in self.truth.said.items():
            (here if key[0] == bucket else elsewhere).extend(texts)
        for _, text in self.made.values():
            (here if json.loads(text)["bucket"] == bucket else elsewhere).append(text)
        own, others = "".join(here), "".join(elsewhere)
        return [token for token in self.tokens if token in own and token not in others]

    def settle(self) -> None:
        """Everything comes to rest, and all agree."""
        self.upgrade_center()
        for laptop in self.laptops:
            release_quarantined(laptop.store)
        for _ in range(8):
            restless = [laptop for laptop in self.laptops if not self._at_rest(laptop)]
            for laptop in restless:
                self.sync(laptop.number)
            if not restless:
                break
        else:
            raise AssertionError("it does not come to rest")
        for laptop in self.laptops:
            self._agrees(laptop)
        self._all_changes_are_somewhere()
        self._trails_are_whole()

    def _at_rest(self, laptop: Laptop) -> bool:
        seen = self.last[laptop.number]
        held = self.truth.held(laptop.actor.person, laptop.device, PARK, laptop.number == 2)
        level = all(self.truth.heads.get(bucket, 0) == seq for bucket, (seq, _) in seen.cursors.items())
        unsent = [state for _, state, _ in seen.outbox if state in checks.UNSENT]
        return (
            seen.epoch == self.center.epoch
            and seen.cursors.keys() == held
            and level
            and not unsent
            and not counts(laptop.store).files
        )

    def _agrees(self, laptop: Laptop) -> None:
        seen = self.last[laptop.number]
        there = {
            (kind, id): (bucket, row.rev, json.loads(row.text))
            for (bucket, kind, id), row in self.truth.present.items()
            if bucket in seen.cursors and row.text
        }
        here = {key: (place[0], place[1], json.loads(place[2])) for key, place in seen.documents.items()}
        assert here == there, f"{laptop.actor.person} sees something else than the centre"
        assert not seen.base
        assert not seen.wrote

    def _all_changes_are_somewhere(self) -> None:
        """Every word ever typed is in the centre's log (applied, met, refused or escrowed), or its author gave it up."""
        for mid, (number, text) in self.made.items():
            if mid in self.truth.log:
                assert json.loads(self.truth.log[mid][1])["args"] == json.loads(text)["args"]
            elif mid not in self.last[number].discarded and not _is_draft(text):
                assert mid in self.excused, f"change {mid} is lost: {text}"

        self._no_unfinished_visit_is_lost()

    def _no_unfinished_visit_is_lost(self) -> None:
        """What was typed last stands in the draft here, or the centre has it."""
        log = "".join(body for _, body in self.truth.log.values())
        for (number, visit), typed in self.unfinished.items():
            ended = [json.loads(text) for author, text in self.made.values() if author == number]
            if not any(
                one["doc"][1] == visit and one["name"] in ("visit.submit", "visit.cancel") for one in ended
            ):
                here = self.laptops[number].store.select("SELECT state FROM draft WHERE visit = ?", (visit,))
                kept = typed in log or typed in self.lost or any(typed in text for (text,) in here)
                assert kept, f"what was typed in the unfinished visit {visit} is lost"

    def _trails_are_whole(self) -> None:
        """As many moves as an issue counts, and each accepted move once."""
        documents = [(key, json.loads(row.text)) for key, row in self.truth.present.items() if row.text]
        events = [body for key, body in documents if key[1] == "issue_event"]
        for key, body in documents:
            if key[1] == "issue":
                orders = sorted(event["order"] for event in events if event["issue"] == key[2])
                assert orders == list(range(1, body["moves"] + 1)), (
                    f"the trail of {key[2]} has gaps: {orders}"
                )
        numbers = [body["number"] for key, body in documents if key[1] in ("issue", "visit")]
        assert len(numbers) == len(set(numbers)), "an official number was given twice"
