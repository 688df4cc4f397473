"""The Hypothesis machine over `world.py`: it draws what happens, the world says whether that may be so.

Every rule takes plain numbers, so that a failing history is printed as lines that run as they stand (`test_…kept`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.sync.machine.laptops import CLIENT_POINTS, NONE, SERVER_POINTS, Fault
from tests.sync.machine.world import World

STEPS = 18
Step = tuple[str, dict[str, Any]]

who = st.integers(0, 2)
officer = st.integers(0, 1)
enterprise = st.integers(0, 1)
which = st.integers(0, 5)
rows = st.sampled_from((2000, 1, 2, 5))
at_a_commit = [Fault(kind, 1) for kind in CLIENT_POINTS]
local = st.sampled_from([NONE] * 5 + at_a_commit)
on_the_way = st.sampled_from(
    [NONE] * 10
    + [Fault(kind, n) for kind in ("lost_request", "lost_reply", "repeated") for n in (1, 2, 3)]
    + [Fault(kind, n) for kind in CLIENT_POINTS for n in (1, 2, 3, 4, 5)]
    + [Fault(kind, n) for kind in SERVER_POINTS for n in (1, 2)]
    + [Fault("meanwhile", n) for n in (1, 1, 2, 2, 3)]
    + [Fault("between", n) for n in (1, 1, 2, 2)]
)


class Histories(RuleBasedStateMachine):
    """One history: at most STEPS steps, then everything must come to rest and agree."""

    failed: ClassVar[list[Step]] = []
    """The steps of the last history that went wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.steps: list[Step] = []

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
            raise

    @initialize()
    def begin(self) -> None:
        """Hypothesis wants a first step; the world is ready."""

    def teardown(self) -> None:
        try:
            if self.failed != self.steps:
                with self._noted():
                    self.world.settle()
        finally:
            self.world.close()

    # What people do

    @rule(who=who, enterprise=enterprise, fields=st.sampled_from(((0,), (0,), (1,), (2,), (0, 1), (1, 2))), old=st.sampled_from((0, 0, 0, 1, 2)), fault=local, schema=st.sampled_from((2, 2, 2, 2, 1, 3)))  # fmt: skip
    def edit(self, **drawn: Any) -> None:
        self.step("edit", **drawn)

    @rule(who=who, fault=local)
    def edit_twice(self, **drawn: Any) -> None:
        self.step("edit_twice", **drawn)

    @rule(who=officer, enterprise=enterprise, fault=local)
    def start(self, **drawn: Any) -> None:
        self.step("start", **drawn)

    @rule(who=officer, which=which, fault=local)
    def write_draft(self, **drawn: Any) -> None:
        self.step("write_draft", **drawn)

    @rule(
        who=officer,
        which=which,
        issues=st.integers(0, 2),
        cancel=st.sampled_from((False, False, True)),
        fault=local,
    )
    def submit(self, **drawn: Any) -> None:
        self.step("submit", **drawn)

    @rule(who=who, which=which, move=st.integers(0, 3), fault=local)
    def move_issue(self, **drawn: Any) -> None:
        self.step("move_issue", **drawn)

    @rule(who=who, which=which, chosen=st.integers(0, 5), fault=local)
    def resolve(self, **drawn: Any) -> None:
        self.step("resolve", **drawn)

    @rule(who=officer, which=which, fault=local)
    def attach(self, **drawn: Any) -> None:
        self.step("attach", **drawn)

    @rule(who=who, which=which, remove=st.booleans(), fault=local)
    def caption(self, **drawn: Any) -> None:
        self.step("caption", **drawn)

    @rule(who=who, which=which, take=st.sampled_from((True, True, False)), part=st.booleans(), fault=local)
    def take_over(self, **drawn: Any) -> None:
        self.step("take_over", **drawn)

    @rule(who=who, which=which, again=st.booleans(), fault=local)
    def give_up(self, **drawn: Any) -> None:
        self.step("give_up", **drawn)

    @rule(which=st.integers(0, 3))
    def open_enterprises(self, **drawn: Any) -> None:
        self.step("open_enterprises", **drawn)

    # Who has what

    @rule(officer=officer, enterprise=enterprise, end=st.booleans(), by_li=st.booleans(), fault=local)
    def assign(self, **drawn: Any) -> None:
        self.step("assign", **drawn)

    @rule(enterprise=enterprise, to=officer)
    def hand_over(self, **drawn: Any) -> None:
        self.step("hand_over", **drawn)

    @rule(enterprise=enterprise, to=officer, fault=on_the_way, first=st.integers(0, 3))
    def hand_over_while_something_is_unsent(self, enterprise: int, to: int, fault: Fault, first: int) -> None:
        """What a first design failed on: unsent work, perhaps on what has moved on, then the bucket goes."""
        loser = 1 - to
        if first == 1:
            self.step("start", who=loser, enterprise=enterprise)
            self.step("write_draft", who=loser)
        elif first == 2:
            self.step("attach", who=loser)
        elif first == 3:
            for name in ("start", "attach", "sync", "caption"):
                self.step(name, who=loser, **({"enterprise": enterprise} if name == "start" else {}))
            self.step("move_document", which=0, back=enterprise == 1)
            self.step("sync", who=loser)
        else:
            self.step("edit", who=loser, enterprise=enterprise, fields=(0, 1))
        self.step("hand_over", enterprise=enterprise, to=to)
        self.step("sync", who=loser, fault=fault)

    # The centre

    @rule(which=which, back=st.booleans())
    def move_document(self, **drawn: Any) -> None:
        self.step("move_document", **drawn)

    @rule(enterprise=enterprise, which=which, delete=st.booleans())
    def note(self, **drawn: Any) -> None:
        self.step("note", **drawn)

    @rule(enterprise=enterprise)
    def later_field(self, **drawn: Any) -> None:
        self.step("later_field", **drawn)

    @rule()
    def upgrade_center(self) -> None:
        self.step("upgrade_center")

    @rule(enterprise=enterprise)
    def forget_deletions(self, **drawn: Any) -> None:
        self.step("forget_deletions", **drawn)

    @rule()
    def keep(self) -> None:
        self.step("keep")

    @rule()
    def put_back(self) -> None:
        self.step("put_back")

    # Carrying

    @rule(who=who, fault=on_the_way, rows=rows, stop_after=st.sampled_from((0, 0, 0, 0, 1, 2, 3, 4)), other=st.integers(0, 3))  # fmt: skip
    def sync(self, **drawn: Any) -> None:
        self.step("sync", **drawn)

    @rule(who=who, fault=on_the_way, rows=rows, other=st.integers(0, 3))
    def sync_on(self, **drawn: Any) -> None:
        self.step("sync", **drawn)

    @rule(who=who, fault=on_the_way)
    def push_only(self, **drawn: Any) -> None:
        self.step("push_only", **drawn)

    @rule(who=who, fault=on_the_way, rows=rows)
    def pull_only(self, **drawn: Any) -> None:
        self.step("pull_only", **drawn)

    @rule(who=who, which=which)
    def echo(self, **drawn: Any) -> None:
        self.step("echo", **drawn)

    @rule(who=who)
    def restart(self, **drawn: Any) -> None:
        self.step("restart", **drawn)

    @rule(who=who)
    def retry(self, **drawn: Any) -> None:
        self.step("retry", **drawn)

    @rule(who=who, enterprise=enterprise)
    def cursor_ahead(self, **drawn: Any) -> None:
        self.step("cursor_ahead", **drawn)


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
