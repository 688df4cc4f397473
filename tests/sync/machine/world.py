"""Three laptops, a centre, and everything that can happen between them. Each method is one step of a history.

After each step `truth.py` looks at the centre and `checks.py` at the laptop that acted; `settle` ends a history: all
sync until nothing moves, and then everything must agree.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain.changes import Change, schemas
from app.domain.clock import to_text
from app.errors import KnownError
from app.store.confirmed import release_quarantined
from sync.client.engine import Engine
from sync.client.session import set_want
from tests.sync.machine.acts import Acts
from tests.sync.machine.agreement import Agreement
from tests.sync.machine.center import PARK
from tests.sync.machine.checks import Seen, look
from tests.sync.machine.ground import (
    BEGIN,
    ENTERPRISES,
    PEOPLE,
    SKEWS,
    E,
    Ground,
    OldProgram,
    _id,
    ground,
    let_go,
    mark_of,
    pick,
)
from tests.sync.machine.laptops import NONE, Fault, Laptop
from tests.sync.machine.truth import Truth


class World(Acts, Agreement):
    """One history."""

    def __init__(self) -> None:
        self.ground = ground()
        schemas.SCHEMAS = OldProgram.SCHEMAS
        self.now = BEGIN
        self.center = self.ground.center
        self.center.schemas = OldProgram.SCHEMAS
        self.center.reset(self._tick)
        self.truth = Truth(self.center.raw)
        self.truth.follow()
        self.truth.fields.values.update(
            {
                ("enterprise", id): {
                    "address": f"{id}旧址",
                    "employees": 10,
                    "later_field": {"mark": mark_of(E[n])},
                }
                for n, id in enumerate(ENTERPRISES)
            }
        )
        self.folder = Path(tempfile.mkdtemp(prefix="history-", dir=self.ground.folder))
        self.laptops = [self._laptop(number) for number in range(len(PEOPLE))]
        self.last: list[Seen] = [look(laptop) for laptop in self.laptops]
        self.numbers = 0
        self.tokens: list[str] = []
        self.made: dict[str, tuple[int, str]] = {}
        self.excused: set[str] = set()
        self.excuse: list[set[str]] = [set() for _ in PEOPLE]
        """Per laptop the buckets whose cursor may go back in this step."""
        self.doubtful: list[set[str]] = [set() for _ in PEOPLE]
        """Per laptop the buckets that were tampered with and not read again since."""
        self.ghosts: set[tuple[str, str]] = set()
        self.drafts: dict[tuple[int, str], str] = {}
        self.unfinished: dict[tuple[int, str], str] = {}
        """(laptop, visit) → what was typed last."""
        self.lost = ""

    def _laptop(self, number: int) -> Laptop:
        folder = self.folder / f"laptop-{number}"
        folder.mkdir()
        shutil.copyfile(self.ground.templates[number], folder / "store.db")
        laptop = Laptop(number, PEOPLE[number], folder, self.center, self._time, SKEWS[number])
        self._listen(laptop)
        laptop.open()
        return laptop

    def _listen(self, laptop: Laptop) -> None:
        laptop.wire.heard, laptop.wire.may_see = self._heard, self._may_see

    def _may_see(self, laptop: Laptop) -> set[str]:
        return self.truth.may_see(laptop.actor.person, PARK, laptop.number == 2)

    def close(self) -> None:
        schemas.SCHEMAS = self.ground.known_schemas
        for laptop in self.laptops:
            laptop.close()
        shutil.rmtree(self.folder)

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- time, numbers, texts

    def _time(self) -> datetime:
        return self.now

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def token(self) -> str:
        """A text nobody ever typed before."""
        text = f"字«{self.number():04d}»"
        self.tokens.append(text)
        return text

    def change(
        self, laptop: Laptop, name: str, bucket: str, doc: tuple[str, str], args: dict[str, Any]
    ) -> Change:
        """As `Desk.change` makes it."""
        seen = laptop.store.get(*doc)
        self.now += timedelta(minutes=1)
        return Change(
            mid=_id(self.number()),
            name=name,
            bucket=bucket,
            doc=doc,
            args=args,
            seen_rev=seen.rev if seen else 0,
            at=to_text(laptop.clock()),
            schema=2,
        )

    # ---- sync

    def sync(
        self, who: int, fault: Fault = NONE, rows: int = 2000, stop_after: int = 0, other: int = 0
    ) -> None:
        """A run. With fault `meanwhile` something else happens while the answer is on its way: 0 an edit here, 1 a
        push from here (another window), or all that is held goes, 2 a push from another laptop, 3 a hand-over."""
        laptop = self.laptops[who]
        report = laptop.sync(fault, rows, lambda kind: self._meanwhile(laptop, kind, other), stop_after)
        if fault == NONE and report is not None and report.error is not None:
            raise AssertionError(f"an undisturbed sync ended with {report.error.code}: {report.error}")
        if laptop.engine._tally.mismatches and not self.doubtful[who]:
            raise AssertionError("count or sum did not agree, and nobody had tampered with anything")
        self.after(laptop)

    def _meanwhile(self, laptop: Laptop, kind: str, other: int) -> None:
        laptop.wire.meanwhile = None
        if other == 2 or kind == "between":
            somebody = self.laptops[laptop.number - 1]
            self.edit(somebody.number, 0 if somebody.number == 2 else 1, (0,))
            somebody.wire.begin(NONE, 2000)
            somebody.engine._push()
        elif other == 0:
            self.edit(laptop.number, 0, (0,))
        elif other == 1 and kind == "pull":
            self.edit(laptop.number, 0, (1,))
            self._in_another_window(laptop, lambda engine: engine._push())
        elif other == 1 and kind == "push":
            self._all_goes(laptop)
        elif other == 3:
            self.hand_over(0, self.numbers % 2)

    def _in_another_window(self, laptop: Laptop, act: Callable[[Engine], Any]) -> None:
        """The same store, opened by a second process."""
        window = Laptop(
            laptop.number, laptop.actor, laptop.folder, self.center, self._time, SKEWS[laptop.number]
        )
        self._listen(window)
        window.open()
        act(window.engine)
        window.close()
        self.after(laptop)

    def _all_goes(self, laptop: Laptop) -> None:
        """Before the answer to a push has come: his enterprises go to somebody else, and another window lets go."""
        if laptop.number == 2:
            set_want(laptop.store, [])
        else:
            for number in range(len(E)):
                self._at_the_centre(*self._ending(laptop.actor.person, number))
        self._in_another_window(laptop, lambda engine: engine.run())

    def push_only(self, who: int, fault: Fault = NONE) -> None:
        self._part(who, fault, lambda laptop: laptop.engine._push())

    def pull_only(self, who: int, fault: Fault = NONE, rows: int = 2000) -> None:
        self._part(who, fault, lambda laptop: laptop.engine._pull(idle=False), rows)

    def _part(self, who: int, fault: Fault, act: Callable[[Laptop], Any], rows: int = 2000) -> None:
        laptop = self.laptops[who]
        laptop.engine._tally = type(laptop.engine._tally)()
        laptop.wire.begin(fault, rows)
        with suppress(KnownError):
            laptop.with_fault(fault, lambda: act(laptop))
        self.after(laptop)

    def echo(self, who: int, which: int) -> None:
        """A push of before arrives once more."""
        wire = self.laptops[who].wire
        body = pick(wire.sent, which)
        if body is not None:
            wire.again(body)

    def restart(self, who: int) -> None:
        self.laptops[who].restart()
        self.after(self.laptops[who])

    def retry(self, who: int) -> None:
        """The button 重试 of what the centre keeps failing on."""
        release_quarantined(self.laptops[who].store)
        self.after(self.laptops[who])

    # ---- tampering

    def cursor_ahead(self, who: int, enterprise: int) -> None:
        """A cursor past the head, beside a document the centre does not know: a copy put back without its epoch."""
        laptop, bucket = self.laptops[who], E[enterprise]
        if bucket not in laptop.store.held():
            return
        with laptop.store.write() as transaction:
            transaction.execute(
                "UPDATE cursor SET seq = ? WHERE bucket = ?", (self.truth.heads[bucket] + 1000, bucket)
            )
            transaction.execute("DELETE FROM kv WHERE name = 'token'")
            transaction.execute(
                "INSERT OR IGNORE INTO document VALUES ('note_of_later', ?1, ?2, 1, '{}',"
                " (SELECT generation FROM cursor WHERE bucket = ?2))",
                (f"ghost-{enterprise}", bucket),
            )
        self.ghosts.add(("note_of_later", f"ghost-{enterprise}"))
        self.doubtful[who].add(bucket)
        self.after(laptop)


__all__ = ["Ground", "World", "ground", "let_go"]
