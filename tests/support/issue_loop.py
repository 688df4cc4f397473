"""A whole park around its issues in one process: the real store, engine and server code, a clock that is turned by hand.

Two officers, two departments, coordinator, revisitor and leader each have a laptop with a clock of its own, two enterprises
have an issue each. A step is a plain call; after each the centre, and in the end every laptop, is held to `issue_truth`.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain import buckets, departments
from app.domain.changes import Change, Refusal
from app.domain.clock import to_text
from app.domain.documents import Document
from app.domain.escrow import Escrow
from app.domain.issue import Issue, IssueState
from app.domain.issue_moves import TRANSITIONS, available
from app.domain.people import Role
from app.store.outbox import pending
from sync.client.session import set_want
from sync.protocol.messages import Pulled, Pushed
from sync.server.watch import watch
from tests.support.issue_histories import arguments
from tests.support.issue_park import (
    BEGIN,
    ENTERPRISES,
    OFFICERS,
    PEOPLE,
    SKEWS,
    E,
    Ground,
    granting,
    id_of,
    pick,
    push,
    raising,
    whole_park,
)
from tests.support.issue_truth import IssueTruth
from tests.sync.machine.center import PARK
from tests.sync.machine.laptops import NONE, Laptop

MOVES = sorted(TRANSITIONS)


class _Troubles(logging.Handler):
    """What the centre only says in its log, so that one issue stops no other."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


class Loop:
    """One history."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.now = BEGIN
        self.center = ground.center
        self.center.reset(self._tick)
        self.truth = IssueTruth(self.center.raw, PARK)
        self.truth.follow()
        self.folder = Path(tempfile.mkdtemp(prefix="history-", dir=ground.folder))
        self.numbers = 0
        self.laptops = [self._laptop(number) for number in range(len(PEOPLE))]
        self.turned_down: list[dict[str, str]] = [{} for _ in PEOPLE]
        """Per laptop: changes in its list of refused ones, with their bucket."""
        self.met: Counter[str] = Counter()
        """What happened in this history, for whoever wants to know whether histories get anywhere."""

    def _laptop(self, number: int) -> Laptop:
        folder = self.folder / f"laptop-{number}"
        folder.mkdir()
        shutil.copyfile(self.ground.templates[number], folder / "store.db")
        laptop = Laptop(number, PEOPLE[number], folder, self.center, lambda: self.now, SKEWS[number])
        laptop.wire.may_see, laptop.wire.heard = self._may_see, self._heard
        laptop.open()
        return laptop

    def close(self) -> None:
        for laptop in self.laptops:
            laptop.close()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Loop:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    # ---- people

    def make(
        self, laptop: Laptop, name: str, bucket: str, doc: tuple[str, str], args: dict[str, Any]
    ) -> bool:
        """As a desk makes it. False where the rules say no here already."""
        self.now += timedelta(minutes=1)
        with suppress(Refusal):
            laptop.make(NONE, self._change(laptop, name, bucket, doc, args))
            return True
        return False

    def _change(
        self, laptop: Laptop, name: str, bucket: str, doc: tuple[str, str], args: dict[str, Any]
    ) -> Change:
        at = to_text(laptop.clock())
        return Change(mid=id_of(self.number()), name=name, bucket=bucket, doc=doc, args=args, at=at)

    def act(self, who: int, which: int, n: int, sent: bool = True) -> None:
        """One of the buttons he sees at one of the issues he sees; sent at once, or with the next sync."""
        laptop = self.laptops[who]
        seen = issues_seen(laptop)
        # Who holds the enterprise too acts on his department's twin as often as on the issue.
        twins = [one for one in seen if one.kind == departments.DEPARTMENT_ISSUE]
        issue = pick(twins if n % 2 and twins else seen, which)
        if issue is None:
            return
        name = pick(
            [row.action for row in available(Issue.of(issue), laptop.actor) if going_on(row.action, n)], n
        )
        if name is not None and self._move(laptop, issue, name, n // 7) and sent:
            self.push(who)

    def _move(self, laptop: Laptop, issue: Document, name: str, n: int) -> bool:
        """On the issue where he holds the enterprise, on his department's twin where he does not."""
        done = self.make(laptop, name, issue.bucket, issue.key, self._arguments(laptop, issue, name, n))
        self.met[f"{name} {'made' if done else 'not made'}"] += 1
        return done

    def _arguments(self, laptop: Laptop, issue: Document, name: str, n: int) -> dict[str, Any]:
        args = arguments(name, n, laptop.clock())
        twin = issue.kind == departments.DEPARTMENT_ISSUE
        if name == "issue.whistle":
            args["departments"] = [("housing", "finance", "economy")[n % 3]]
        elif name == "issue.link":
            here = [one for one in issues_seen(laptop) if one.id != issue.id and one.bucket == issue.bucket]
            other = pick(here, n)
            args["other"] = other.id if other else "nowhere"
        elif name == "issue.merge":
            rows = [row for row in laptop.store.of_kind("issue_row") if row.id != issue.id]
            main = pick(rows, n)
            if main is not None:
                args |= {"main": main.id, "main_number": main.body["number"]}
        elif name == "issue.take_back":
            # Mostly what he sees as the last move; else one that is none.
            args["event"] = (issue.body.get("last") or {}).get("event", "none") if n % 5 else "none"
        elif name == "issue.reply_supervision":
            kind = "department_supervision" if twin else "supervision"
            sent = laptop.store.of_kind(kind, issue.bucket)
            asked = [one for one in sent if one.body["issue"] == issue.id and not one.body.get("replied_at")]
            args["supervision"] = asked[n % len(asked)].id if asked else "nothing"
        return args

    def willing(self, which: int, n: int) -> None:
        """Whoever may do something with this issue looks at it and does it, so that histories get far."""
        issue = pick(self.truth.issues(), which)
        if issue is None:
            return
        possible = [
            (number, row.action)
            for number, actor in enumerate(PEOPLE)
            for row in available(Issue.of(issue), actor)
            if going_on(row.action, n)
            if actor not in OFFICERS or issue.bucket in self._held(self.laptops[number])
        ]
        # By the moves first: there are as many people for 吹哨 as for all others together.
        name = pick(sorted({action for _, action in possible}), n)
        who = pick([number for number, action in possible if action == name], n // 5)
        if name is None or who is None:
            return
        laptop = self.laptops[who]
        self.pull(who)
        seen = pick([one for one in issues_seen(laptop) if one.id == issue.id], n)
        if seen is not None and self._move(laptop, seen, name, n // 3):
            self.push(who)

    def onward(self, which: int, n: int) -> None:
        """The next step of the ordinary way, by whom it is for."""
        issue = pick(self.truth.issues(), which)
        if issue is None:
            return
        state = IssueState(issue.body["state"])
        name = _ONWARD.get(state)
        if name is None:
            return
        department = issue.body.get("department")
        able = [
            number
            for number, actor in enumerate(PEOPLE)
            if any(row.action == name for row in available(Issue.of(issue), actor))
            and (Role.HANDLER not in TRANSITIONS[name].roles or actor.department == department)
        ]
        who = pick(able, n)
        if who is None:
            return
        self.pull(who)
        seen = pick([one for one in issues_seen(self.laptops[who]) if one.id == issue.id], n)
        if seen is not None and self._move(self.laptops[who], seen, name, n):
            self.push(who)

    def raise_(self, who: int, enterprise: int, n: int) -> None:
        laptop, id = self.laptops[who], f"n{self.number()}"
        if self.make(laptop, "issue.raise", E[enterprise], (Issue.kind, id), raising(id, n)) and n % 3:
            self.push(who)

    def forge(self, who: int, which: int, n: int) -> None:
        """What no laptop would send: any move by anybody, on anything, in any bucket."""
        laptop = self.laptops[who]
        issue = pick(self.truth.issues(), which)
        assert issue is not None
        kinds = (
            Issue.kind,
            departments.DEPARTMENT_ISSUE,
            "issue_row",
            "enterprise",
            "issue_event",
            "department_event",
        )
        own = buckets.of_department(laptop.actor.department or "economy")
        places = (
            issue.bucket,
            own,
            issue.bucket,
            buckets.directory(PARK),
            E[n % 2],
            buckets.of_person(laptop.actor.person),
        )
        name = "issue.raise" if n % 31 == 30 else MOVES[n % len(MOVES)]
        args = raising("forged", n) if name == "issue.raise" else self._arguments(laptop, issue, name, n)
        kind = kinds[n // 5 % len(kinds)]
        id = ENTERPRISES[n % 2] if kind == "enterprise" else issue.id
        change = self._change(laptop, name, places[n // 3 % len(places)], (kind, id), args)
        told = push(self.center, laptop.token, laptop.device, change)
        self._verdicts(told)
        self.met[f"forged {told.results[0].status}"] += 1
        self.truth.follow()

    def take_over(self, who: int, which: int) -> None:
        """代管: what a former officer sent too late is taken over."""
        laptop = self.laptops[who]
        self.pull(who)
        found = [one for one in laptop.store.of_kind(Escrow.kind) if Escrow.of(one).open_changes]
        kept = pick(found, which)
        if kept is not None and self.make(laptop, "escrow.take", kept.bucket, kept.key, {}):
            self.met["escrow taken"] += 1
            self.push(who)

    def open_enterprises(self, who: int, which: int) -> None:
        laptop = self.laptops[who]
        if whole_park(laptop.actor):
            set_want(laptop.store, [bucket for number, bucket in enumerate(E) if which >> number & 1])

    # ---- the centre

    def wait(self, days: int, hours: int = 0) -> None:
        self.now += timedelta(days=days, hours=hours)

    def watch(self) -> None:
        """What is due by itself; asked again at once, nothing is."""
        done = self._watch()
        self.met.update(f"centre {name}" for name in done.elements())
        again = self._watch()
        assert not +again, f"comes again at once: {again}"

    def _watch(self) -> Counter[str]:
        troubles = _Troubles()
        log = logging.getLogger("zhuqitong.watch")
        log.addHandler(troubles)
        try:
            done = watch(self.center.api.database, self.center.api.reference, self.now)
        finally:
            log.removeHandler(troubles)
        assert not troubles.told, f"the centre could not do what is due: {troubles.told}"
        self.truth.follow()
        return done

    def reassign(self, enterprise: int, to: int, n: int = 0) -> None:
        """From one officer to the other in one transaction; who goes may have done something that he has not sent."""
        former = self.laptops[1 - to]
        seen = pick([one for one in issues_seen(former) if one.bucket == E[enterprise]], n)
        if seen is not None and n % 3:
            name = pick([row.action for row in available(Issue.of(seen), former.actor)], n)
            if name is not None:
                self._move(former, seen, name, n)
        ending = [
            ("assignment.end", E[enterprise], ("assignment", id), {}, id_of(self.number()))
            for id, body in self.truth.live(E[enterprise], "assignment")
            if body["person"] == OFFICERS[1 - to].person and not body.get("until")
        ]
        self.center.run(*ending, granting(OFFICERS[to], enterprise, id_of(self.number())))
        self.truth.follow()
        if n % 3 == 2:
            self.sync(former.number)

    # ---- carrying

    def sync(self, who: int) -> None:
        report = self.laptops[who].sync(NONE, 2000, None, 0)
        assert report is not None
        assert report.error is None, f"an undisturbed sync ended with {report.error}"
        self._after(self.laptops[who])

    def push(self, who: int) -> None:
        self._part(who, lambda laptop: laptop.engine._push())

    def pull(self, who: int) -> None:
        self._part(who, lambda laptop: laptop.engine._pull(idle=False))

    def _part(self, who: int, act: Callable[[Laptop], Any]) -> None:
        laptop = self.laptops[who]
        laptop.engine._tally = type(laptop.engine._tally)()
        laptop.wire.begin(NONE, 2000)
        act(laptop)
        self._after(laptop)

    def _may_see(self, laptop: Laptop) -> set[str]:
        return self.truth.allowed(laptop.actor)

    def _held(self, laptop: Laptop) -> set[str]:
        return self.truth.held(laptop.actor, laptop.device)

    def _heard(self, laptop: Laptop, _message: Any, answer: Any, allowed: set[str]) -> None:
        self.truth.follow()
        if isinstance(answer, Pushed):
            self._verdicts(answer)
        elif isinstance(answer, Pulled):
            for page in answer.buckets:
                assert page.id in allowed or not page.rows, f"{page.id} was sent to {laptop.actor.person}"

    def _verdicts(self, answer: Pushed) -> None:
        for result in answer.results:
            assert result.status != "retry", f"the centre failed: {result.error}"
            self.met[f"verdict {result.status}"] += 1

    def _after(self, laptop: Laptop) -> None:
        """What was refused stays in its author's list, with a reason he can read, as long as he holds the bucket."""
        self.truth.follow()
        differed = laptop.engine._tally.mismatches
        assert not differed, (
            f"{laptop.actor.person}: count or sum did not agree, and nobody had tampered: {differed}"
        )
        known = self.turned_down[laptop.number]
        held = {bucket for (bucket,) in laptop.store.select("SELECT bucket FROM cursor")}
        here = {row.mid: row for row in pending(laptop.store) if row.state == "refused"}
        lost = {mid for mid, bucket in known.items() if mid not in here and bucket in held}
        assert not lost, f"refused changes of {laptop.actor.person} are not in the list any more: {lost}"
        for row in here.values():
            text = (row.error or {}).get("text", "")
            assert any("一" <= letter <= "鿿" for letter in text), f"no reason to read: {row.error}"
            known[row.mid] = row.change.bucket

    # ---- rest

    def settle(self) -> None:
        """Everything comes to rest, and all agree."""
        for _ in range(4):
            restless = [laptop for laptop in self.laptops if not self._at_rest(laptop)]
            for laptop in restless:
                self.sync(laptop.number)
            if not restless:
                break
        else:
            raise AssertionError("it does not come to rest")
        for laptop in self.laptops:
            self._agrees(laptop)

    def _agrees(self, laptop: Laptop) -> None:
        """Document by document and revision by revision; what the whole park shares is long, and nobody alters it here."""
        held = self._held(laptop)
        rows = laptop.store.select("SELECT bucket, kind, id, rev FROM document")
        assert {tuple(row) for row in rows} == self.truth.revisions(held), (
            f"{laptop.actor.person} has something else than the centre has for him"
        )
        own = held - {buckets.reference(PARK)}
        here = {
            (document.bucket, document.kind, document.id): document.body
            for bucket in own
            for document in laptop.store.in_bucket(bucket)
        }
        assert here == self.truth.in_buckets(own), (
            f"{laptop.actor.person} sees something else than the centre"
        )

    def _at_rest(self, laptop: Laptop) -> bool:
        cursors = dict(laptop.store.select("SELECT bucket, seq FROM cursor"))
        level = all(self.truth.heads.get(bucket, 0) == seq for bucket, seq in cursors.items())
        unsent = [row for row in pending(laptop.store) if row.state not in ("refused", "escrowed")]
        return level and not unsent and cursors.keys() == self._held(laptop)


_ONWARD = {
    IssueState.DRAFT: "issue.resubmit",
    IssueState.REPORTED: "issue.accept",
    IssueState.ACCEPTED: "issue.assign",
    IssueState.ASSIGNED: "issue.sign",
    IssueState.IN_WORK: "issue.answer",
    IssueState.EXTENSION: "issue.extend",
    IssueState.SUSPENDED: "issue.resume",
    IssueState.ANSWERED: "issue.verify",
    IssueState.TO_REVISIT: "issue.revisit",
    IssueState.CLOSED: "issue.archive",
    IssueState.REFUSED: "issue.appeal",
}


def going_on(name: str, n: int) -> bool:
    """Most histories would soon be at an end, if what ends an issue were done as often as anything else."""
    return n % 6 == 0 or name not in ("issue.withdraw", "issue.refuse", "issue.merge")


def issues_seen(laptop: Laptop) -> list[Document]:
    """Issues of enterprises he holds, and those given to his department."""
    return [*laptop.store.of_kind(Issue.kind), *laptop.store.of_kind(departments.DEPARTMENT_ISSUE)]
