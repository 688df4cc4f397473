"""A conversation of everything a laptop and its centre say to each other, cut at any byte of either direction.

The conversation is made small for the purpose: sign in; then send a change and a tiny photo, receive what others did,
fetch a photo (two parts, as checking a password takes longer than all the rest). After a cut the laptop goes on over a
good network; then nothing may be lost and nothing doubled.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.enterprise import Enterprise
from app.domain.people import Role
from app.errors import KnownError
from app.paths import DataFolder
from app.services import attachments, visits
from app.services.desk import Desk
from app.store.files import pending_files
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.client.transport import Transport
from tests.support.park import Park
from tests.support.proxy import Proxy
from tests.support.server import PASSWORD
from tests.sync.faults.day import agree

HAN = re.compile("[一-鿿]{4}")
ROUNDS_A_LAPTOP = 60
"""After so many conversations another officer begins, so that what is compared stays small."""


@dataclass
class Talker:
    """One officer whose conversations are cut."""

    park: Park
    desk: Desk
    account: str
    enterprise: str
    visit: str
    said: Counter[str]
    signs_in: bool = False
    round: int = 0
    photo: str = ""

    def prepare(self) -> None:
        """Give both sides something to tell."""
        self.round += 1
        bucket = buckets.of_enterprise(self.enterprise)
        document = self.desk.store.get("enterprise", self.enterprise)
        assert document is not None
        fields = {"employees": [document.body.get("employees"), self.round]}
        self.desk.make(self.desk.change("patch", bucket, "enterprise", self.enterprise, {"fields": fields}))
        self.photo = attachments.add(
            self.desk, self.visit, f"photo {self.round}".encode(), f"{self.round}.jpg"
        ).sha256
        self.park.write(bucket, "note", f"n{self.round}", {"id": f"n{self.round}"})

    def talk(self, url: str) -> None:
        """One of the conversations. KnownError where it is broken off."""
        store = self.desk.store
        if self.signs_in:
            sign_in(store, url, self.account, PASSWORD, "机")
            return
        self.through(url)
        report = engine_for(store, self.desk.context, system_clock).run()
        if report.error is not None:
            raise report.error
        for file in pending_files(store):
            raise KnownError("file", file.error or "附件没有说明原因")
        self.fetch(url)

    def fetch(self, url: str) -> None:
        target = self.desk.folder.root / "fetched"
        with Transport(url, self.desk.signed_in().token) as transport:
            transport.download(self.photo, target)
        assert hashlib.sha256(target.read_bytes()).hexdigest() == self.photo
        target.unlink()

    def try_through(self, url: str) -> KnownError | None:
        """A conversation over a bad network; what the laptop says of it."""
        self.prepare()
        told: KnownError | None = None
        try:
            self.talk(url)
        except KnownError as error:
            told = error
        assert told is None or HAN.search(told.text), told
        self.said[told.code if told else "-"] += 1
        return told

    def recover(self, where: object = "") -> None:
        """A good network again: nothing is lost, nothing doubled."""
        store = self.desk.store
        self.through(self.park.server.url)
        report = engine_for(store, self.desk.context, system_clock).run()
        if report.error is not None and report.error.code == "sign_in":
            # The answer to signing in was lost, and with it the only token that is good now.
            self.said["sign_in again"] += 1
            sign_in(store, self.park.server.url, self.account, PASSWORD, "机")
            report = engine_for(store, self.desk.context, system_clock).run()
        assert report.error is None, (where, report.error)
        assert pending_files(store) == [], where
        self.fetch(self.park.server.url)
        agree(self.desk)
        enterprise = store.get("enterprise", self.enterprise)
        assert enterprise is not None, where
        assert Enterprise.of(enterprise).employees == self.round, where
        # Made and assigned, then one edit a round.
        assert enterprise.rev == 2 + self.round, where
        photos = store.of_kind("attachment")
        assert len(photos) == self.round, where
        assert all(one.body["stored_at"] for one in photos), where
        assert len(store.of_kind("note")) == self.round, where

    def through(self, url: str) -> None:
        store = self.desk.store
        store.set_kv("session", {**store.kv("session"), "server": url})


@contextmanager
def talker(
    park: Park, folder: Path, said: Counter[str] | None = None, *, signs_in: bool = False
) -> Iterator[Talker]:
    account, _ = park.account(Role.OFFICER)
    enterprise = park.enterprise()
    park.assign(account, enterprise)
    with Desk.open(DataFolder(folder)) as desk:
        sign_in(desk.store, park.server.url, account, PASSWORD, "机")
        engine = engine_for(desk.store, desk.context, system_clock)
        assert engine.run().error is None
        visit = visits.start_visit(desk, enterprise).id
        assert engine_for(desk.store, desk.context, system_clock).run().error is None
        yield Talker(park, desk, account, enterprise, visit, Counter() if said is None else said, signs_in)
    shutil.rmtree(folder)


def cut_everywhere(
    park: Park, folder: Path, *, signs_in: bool, answers: bool, every: int, first: int = 0
) -> tuple[int, Counter[str]]:
    """Cut one conversation before each `every`-th byte, until a conversation is over before the cut. How many cuts, and
    how often the laptop said what (`-`: nothing, the cut did no harm)."""
    said: Counter[str] = Counter()
    cuts, at, more = 0, first, True
    with Proxy(park.server.url) as proxy:
        while more:
            with talker(park, folder / f"laptop-{at}", said, signs_in=signs_in) as one:
                for _ in range(ROUNDS_A_LAPTOP):
                    proxy.cut_once(at, answers=answers)
                    one.try_through(proxy.url)
                    more = not proxy.cut_is_due
                    if not more:
                        break
                    one.recover(f"cut before byte {at} of the {'answers' if answers else 'questions'}")
                    cuts, at = cuts + 1, at + every
    return cuts, said
