"""The Hypothesis machine over `world.py`: it draws what happens, the world says whether that may be so.

What is drawn becomes steps with plain numbers, so that a failing history is printed as lines that run as they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from app.domain.documents import Document
from tests.sync.machine.laptops import CLIENT_POINTS, NONE, SERVER_POINTS, Fault
from tests.sync.machine.world import World

STEPS = 18
Step = tuple[str, dict[str, Any]]


class Drawn(NamedTuple):
    """What a step is made of; most use but a part."""

    who: int
    enterprise: int
    n: int
    flag: bool
    local: Fault
    on_the_way: Fault
    rows: int

    @property
    def officer(self) -> int:
        return self.who % 2


NO_SCHEMA_OF_TODAY = (1, 3)
FIELDS = ((0,), (0,), (1,), (2,), (0, 1), (1, 2))
at_a_commit = [Fault(kind, 1) for kind in CLIENT_POINTS]
local = st.sampled_from([NONE] * 6 + at_a_commit)
on_the_way = st.sampled_from(
    [NONE] * 12
    + [Fault(kind, n) for kind in ("lost_request", "lost_reply", "repeated") for n in (1, 2, 3)]
    + [Fault(kind, n) for kind in CLIENT_POINTS for n in (1, 2, 3, 4, 5)]
    + [Fault(kind, n) for kind in SERVER_POINTS for n in (1, 2)]
    + [Fault("meanwhile", n) for n in (1, 1, 2, 2, 3)]
    + [Fault("between", n) for n in (1, 1, 2, 2)]
)
rows = st.sampled_from((2000, 2000, 1, 2, 5))

WEIGHTS = {
    # People's work
    "edit": 12, "edit_twice": 3, "start": 4, "write_draft": 3, "submit": 6, "move_issue": 8, "resolve": 8, "attach": 4,
    "caption": 4, "take_over": 6, "give_up": 4, "open_enterprises": 3,
    # Who has what; the bias of this machine: a move, a revocation, and something pending
    "assign": 5, "hand_over": 4, "go_with_something_unsent": 10,
    # The centre
    "move_document": 4, "note": 3, "later_field": 2, "upgrade_center": 1, "forget_deletions": 2, "keep": 4, "put_back": 4,
    # Carrying
    "sync": 22, "two_windows": 4, "push_only": 6, "pull_only": 6, "echo": 3, "restart": 2, "retry": 1, "cursor_ahead": 2,
}  # fmt: skip
KINDS = [kind for kind, weight in WEIGHTS.items() for _ in range(weight)]


class Histories(RuleBasedStateMachine):
    """One history: at most STEPS steps, then everything must come to rest and agree.

    One rule draws them all: with a rule for each, hypothesis leaves most of them out of most histories, and what
    hangs on three others never happens. A step that has nothing to work on makes it first.
    """

    failed: ClassVar[list[Step]] = []
    """The steps of the last history that went wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.steps: list[Step] = []
        self.broken = False

    @rule(
        kind=st.sampled_from(KINDS), who=st.integers(0, 2), enterprise=st.integers(0, 1), n=st.integers(0, 23),
        flag=st.booleans(), local=local, on_the_way=on_the_way, rows=rows,
    )  # fmt: skip
    def next(self, kind: str, who: int, enterprise: int, n: int, flag: bool, local: Fault, on_the_way: Fault, rows: int) -> None:  # fmt: skip
        drawn = Drawn(who, enterprise, n, flag, local, on_the_way, rows)
        getattr(self, f"_{kind}", self._plain)(kind, drawn)

    def step(self, name: str, **drawn: Any) -> None:
        self.steps.append((name, drawn))
        with self._noted():
            getattr(self.world, name)(**drawn)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.failed[:] = self.steps
            self.broken = True
            raise

    def teardown(self) -> None:
        try:
            if not self.broken:
                with self._noted():
                    self.world.settle()
        finally:
            self.world.close()

    def _here(self, who: int, kind: str) -> list[Document]:
        return self.world.laptops[who].store.of_kind(kind)

    # ---- people

    def _edit(self, kind: str, drawn: Drawn) -> None:
        schema = NO_SCHEMA_OF_TODAY[drawn.flag] if drawn.n % 6 == 5 else 2
        self.step(
            kind, who=drawn.who, enterprise=drawn.enterprise, fields=FIELDS[drawn.n % 6],
            old=max(0, drawn.n // 6 - 1), fault=drawn.local, schema=schema,
        )  # fmt: skip

    def _edit_twice(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.who, fault=drawn.local)

    def _start(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.officer, enterprise=drawn.enterprise, fault=drawn.local)

    def _with_a_visit(self, drawn: Drawn) -> None:
        if self.world.open_visit(drawn.officer, 0) is None:
            self.step("start", who=drawn.officer, enterprise=drawn.enterprise)

    def _write_draft(self, kind: str, drawn: Drawn) -> None:
        self._with_a_visit(drawn)
        self.step(kind, who=drawn.officer, which=drawn.n, fault=drawn.local)

    def _attach(self, kind: str, drawn: Drawn) -> None:
        self._write_draft(kind, drawn)

    def _submit(self, kind: str, drawn: Drawn) -> None:
        self._with_a_visit(drawn)
        cancel = drawn.n % 6 == 5
        self.step(
            kind, who=drawn.officer, which=drawn.n, issues=drawn.n % 3, cancel=cancel, fault=drawn.local
        )

    def _move_issue(self, kind: str, drawn: Drawn) -> None:
        move = drawn.n % 4
        # Who may: accepting, assigning and returning is hers; mostly it is tried by whoever may.
        who = drawn.who if drawn.n > 19 else drawn.officer if move == 3 else 2
        if not self._here(who, "issue"):
            self._with_a_visit(drawn)
            self.step("submit", who=drawn.officer, issues=2)
            self.step("push_only", who=drawn.officer)
            self.step("open_enterprises", which=3)
            self.step("pull_only", who=who)
        self.step(kind, who=who, which=drawn.n // 4, move=move, fault=drawn.local)

    def _resolve(self, kind: str, drawn: Drawn) -> None:
        if not any(document.body["state"] == "open" for document in self._here(drawn.who, "conflict")):
            for person in (drawn.who, (drawn.who + 1) % 3):
                self.step("edit", who=person, enterprise=drawn.enterprise, fields=(0, 1))
            for person in ((drawn.who + 1) % 3, drawn.who):
                self.step("push_only", who=person)
        self.step(kind, who=drawn.who, which=drawn.n // 6, chosen=drawn.n % 6, fault=drawn.local)

    def _caption(self, kind: str, drawn: Drawn) -> None:
        if not self._here(drawn.who, "attachment"):
            self._attach("attach", drawn)
        self.step(kind, who=drawn.who, which=drawn.n, remove=drawn.flag, fault=drawn.local)

    def _take_over(self, kind: str, drawn: Drawn) -> None:
        who = drawn.who
        if not any(document.body["state"] == "open" for document in self._here(who, "escrow")):
            who = 1 - drawn.officer
            self._go_with_something_unsent("", drawn)
            self.step("sync", who=who)
        self.step(kind, who=who, which=drawn.n, take=drawn.n % 3 > 0, part=drawn.flag, fault=drawn.local)

    def _give_up(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.who, which=drawn.n, again=drawn.flag, fault=drawn.local)

    def _open_enterprises(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, which=drawn.n % 4)

    # ---- who has what

    def _assign(self, kind: str, drawn: Drawn) -> None:
        self.step(
            kind, officer=drawn.officer, enterprise=drawn.enterprise, end=drawn.flag, by_li=drawn.n % 2 == 1, fault=drawn.local
        )  # fmt: skip

    def _hand_over(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, enterprise=drawn.enterprise, to=drawn.officer)

    def _go_with_something_unsent(self, _kind: str, drawn: Drawn) -> None:
        """What a first design failed on: unsent work, perhaps on what has moved on, then the bucket goes."""
        loser, first = drawn.officer, drawn.n % 5
        if first == 0:
            self._with_a_visit(drawn)
            self.step("write_draft", who=loser)
        elif first == 1:
            self._with_a_visit(drawn)
            self.step("attach", who=loser)
        elif first == 2:
            self._with_a_visit(drawn)
            self.step("attach", who=loser)
            self.step("sync", who=loser)
            self.step("caption", who=loser)
            self.step("move_document", which=0, back=drawn.enterprise == 1)
            self.step("sync", who=loser)
        elif first == 3:
            self._with_a_visit(drawn)
            self.step("submit", who=loser, issues=1)
        else:
            self.step("edit", who=loser, enterprise=drawn.enterprise, fields=(0, 1))
        if drawn.flag:
            self.step("edit", who=loser, enterprise=drawn.enterprise, fields=(2,))
        self.step("hand_over", enterprise=drawn.enterprise, to=1 - loser)
        self.step("sync", who=loser, fault=drawn.on_the_way, rows=drawn.rows, other=drawn.n % 4)

    # ---- the centre

    def _move_document(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, which=drawn.n, back=drawn.flag)

    def _note(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, enterprise=drawn.enterprise, which=drawn.n, delete=drawn.flag)

    def _later_field(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, enterprise=drawn.enterprise)

    def _forget_deletions(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, enterprise=drawn.enterprise)

    def _plain(self, kind: str, _drawn: Drawn) -> None:
        self.step(kind)

    # ---- carrying

    def _sync(self, kind: str, drawn: Drawn) -> None:
        stop_after = 1 + drawn.n % 4 if drawn.n > 19 else 0
        self.step(
            kind, who=drawn.who, fault=drawn.on_the_way, rows=drawn.rows, stop_after=stop_after, other=drawn.n % 4
        )  # fmt: skip

    def _two_windows(self, _kind: str, drawn: Drawn) -> None:
        """Another window of the same laptop is at work while an answer with news, or to unsent work, is on its way."""
        other = (drawn.who + 1) % 3
        self.step("edit", who=other, enterprise=drawn.enterprise, fields=(0,))
        self.step("push_only", who=other)
        if drawn.flag:
            self.step("edit", who=drawn.who, enterprise=drawn.enterprise, fields=(1,))
        self.step("sync", who=drawn.who, fault=Fault("meanwhile", 1 + drawn.n % 3), rows=drawn.rows, other=1)

    def _push_only(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.who, fault=drawn.on_the_way)

    def _pull_only(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.who, fault=drawn.on_the_way, rows=drawn.rows)

    def _echo(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.who, which=drawn.n)

    def _restart(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.who)

    def _retry(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.who)

    def _cursor_ahead(self, kind: str, drawn: Drawn) -> None:
        self.step(kind, who=drawn.who, enterprise=drawn.enterprise)


def profile(histories: int) -> settings:
    """So many histories, whatever the profile of the other tests; nothing is measured against a clock. A failing one
    is not made smaller by Hypothesis, which takes minutes here, but by `smaller`."""
    return settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        database=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
    )
