"""Reviews at the centre: four laptops, sheets that nobody else ever gets, the centre's count, a merge while scoring goes on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.domain.changes.review_sheets import DECLARE, HAND_IN
from app.domain.changes.review_trail import rebuild_review
from app.domain.changes.visits import record_digest
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from app.domain.projections import REVIEW_ROW
from app.domain.review import (
    REVIEW_SEAT,
    Review,
    ReviewerState,
    ReviewEvent,
    ReviewScore,
    ReviewSheet,
    ReviewState,
    review_row,
    seat_id,
)
from app.paths import DataFolder
from app.services import opened, reviews
from app.services.desk import Desk
from app.store.drafts import drafts
from app.store.outbox import counts
from sync.client.engine import engine_for
from sync.client.session import sign_in
from sync.server import jobs
from sync.server.accounts import NewAccount
from sync.server.verify import verify
from tests.support.park import Park, change
from tests.support.review_filling import fill_in
from tests.support.review_world import values
from tests.support.server import PASSWORD, Laptop


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow
SECRET = "绝密存疑八三一"


def sync(desk: Desk) -> None:
    report = engine_for(desk.store, desk.context, system_clock).run()
    assert report.error is None, report.error


@contextmanager
def desk_of(park: Park, folder: Path, role: Role, name: str, *enterprises: str) -> Iterator[Desk]:
    account = f"v{uuid.uuid4().hex[:10]}"
    department = "economy" if role is Role.HANDLER else None
    new = NewAccount(account, name, (role,), department)
    jobs.add_account(park.database, park.reference, new, PASSWORD, system_clock())
    if enterprises:
        park.assign(account, *enterprises)
    with Desk.open(DataFolder(folder)) as desk:
        sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
        sync(desk)
        yield desk


def everything(desk: Desk) -> str:
    """All documents on a laptop, as text."""
    return str(desk.store.select("SELECT bucket, kind, id, body FROM document"))


def score(desk: Desk, review: str, **answers: Any) -> None:
    reviews.declare(desk, review, clear=True)
    draft = reviews.start(desk, review)
    found = reviews.open_filling(desk, draft)
    fill_in(found.filling, **answers)
    found.filling.set("/result/p08_items", ["cash"])
    found.filling.set("/result/p08_doubts", f"{SECRET}{desk.signed_in().name}")
    reviews.save(desk, draft, found.filling.save(), found.tables)
    reviews.hand_in(desk, draft, found.filling)


class Day:
    """Five laptops of one park and the review they meet about."""

    def __init__(self, park: Park, folder: Path, stack: ExitStack) -> None:
        self.enterprise = park.enterprise()

        def laptop(role: Role, name: str, *own: str) -> Desk:
            return stack.enter_context(desk_of(park, folder / name, role, name, *own))

        self.officer = laptop(Role.OFFICER, "王敏", self.enterprise)
        self.handler, self.leader = laptop(Role.HANDLER, "赵经办"), laptop(Role.LEADER, "周领导")
        self.partial, self.coordinator = laptop(Role.OFFICER, "钱联络"), laptop(Role.COORDINATOR, "陈静")
        self.everybody = (self.leader, self.officer, self.handler, self.partial, self.coordinator)
        opened.open_bucket(self.coordinator, self.enterprise)
        sync(self.coordinator)
        about = {"scheme": "ten", "title": "填料项目", "investment": "8600"}
        self.id = reviews.open_review(self.coordinator, self.enterprise, about)

    def coordinate(self, action: str, **args: Any) -> None:
        reviews.act(self.coordinator, self.id, action, args)
        sync(self.coordinator)

    def name(self, *desks: Desk) -> None:
        self.coordinate("review.name", people=[desk.signed_in().person for desk in desks])

    @property
    def states(self) -> list[ReviewerState]:
        """As the coordinator sees them."""
        return [one.state for one in reviews.review_of(self.coordinator, self.id).reviewers.values()]


def nobody_has_anothers_words(day: Day) -> None:
    """Before the centre closes it, whatever buckets one holds."""
    for one in (day.leader, day.coordinator):
        opened.open_bucket(one, day.enterprise)
    for one in day.everybody:
        sync(one)
        sync(one)
        name = one.signed_in().name
        here = everything(one)
        assert not any(f"{SECRET}{other}" in here for other in {"王敏", "赵经办", "周领导"} - {name}), name
        assert f"{SECRET}配偶任职" not in here or one is day.partial
        assert one.store.of_kind(ReviewScore.kind) == []
        sheets = {sheet.bucket for sheet in one.store.of_kind(ReviewSheet.kind)}
        assert sheets <= {buckets.of_person(one.signed_in().person)}


def test_three_reviewers_of_three_roles_and_nobody_gets_anothers_sheet(park: Park, tmp_path: Path) -> None:
    with ExitStack() as stack:
        day = Day(park, tmp_path, stack)
        day.name(day.officer, day.handler, day.partial)
        day.coordinate("review.start")
        assert "-PS-" in reviews.review_of(day.coordinator, day.id).number
        for one in day.everybody:
            sync(one)
        assert len(day.partial.store.of_kind(REVIEW_SEAT)) == 1
        assert day.partial.store.of_kind(Review.kind) == []

        # One is partial; another takes his place.
        reviews.declare(day.partial, day.id, clear=False, reason=f"{SECRET}配偶任职")
        score(day.officer, day.id)
        score(day.handler, day.id, s01_catalogue="eliminated")
        assert f"{SECRET}王敏" in everything(day.officer)
        for one in (day.partial, day.officer, day.handler, day.coordinator):
            sync(one)
        named = ReviewerState
        assert day.states == [named.HANDED_IN, named.HANDED_IN, named.CONFLICT]
        day.name(day.leader)
        sync(day.leader)
        score(day.leader, day.id)
        nobody_has_anothers_words(day)

        reviews.act(day.coordinator, day.id, "review.close", {"text": "不引进"})
        assert reviews.review_of(day.coordinator, day.id).state is ReviewState.CLOSING
        for one in day.everybody[::-1]:
            sync(one)
            assert counts(one.store).refused == counts(one.store).conflicts == 0
        after_closing(day)
    assert verify(park.database, park.settings).problems == []


def after_closing(day: Day) -> None:
    """The result is everybody's who holds the enterprise, the single scores those of the coordinator and the leader."""
    closed = reviews.review_of(day.coordinator, day.id)
    assert (closed.state, closed.conclusion, closed.count) == (ReviewState.CLOSED, "decline", 3)
    assert closed.vetoes == ["淘汰类产业"]
    seeing = {day.coordinator: True, day.leader: True, day.officer: False, day.handler: False}
    for one, sees in seeing.items():
        assert bool(one.store.of_kind(ReviewScore.kind)) == sees
        assert (f"{SECRET}赵经办" in everything(one)) == (sees or one is day.handler)
    assert len(reviews.scores(day.coordinator, closed)) == 3
    assert reviews.tidy(day.officer) == 1
    assert drafts(day.officer.store) == []
    events = [ReviewEvent.of(one) for one in day.officer.store.of_kind(ReviewEvent.kind)]
    document = day.officer.store.get(Review.kind, day.id)
    assert document is not None
    assert rebuild_review(events) == document.body
    row = day.leader.store.get(REVIEW_ROW, day.id)
    assert row is not None
    assert row.body == review_row(document.body)


def sheet(id: str, person: str, enterprise: str, name: str, **args: Any) -> dict[str, Any]:
    given = {"review": id, "enterprise": enterprise, **args}
    return change(name, buckets.of_person(person), ("review_sheet", seat_id(id, person)), given)


def handed_in(id: str, person: str, enterprise: str) -> dict[str, Any]:
    said = values()
    return sheet(
        id, person, enterprise, HAND_IN, form_id="review_ten", form_version="2026.1", values=said,
        digest=record_digest("review_ten", "2026.1", said), day="2026-11-22",
    )  # fmt: skip


def panel_of(park: Park, enterprise: str) -> tuple[str, Laptop, list[tuple[Laptop, str]]]:
    """A review with three reviewers, scoring begun: its id, the coordinator's laptop, the reviewers' with their ids."""
    id, coordinator = new_id(), park.coordinator()
    panel = []
    for _ in range(3):
        account, person = park.account(Role.OFFICER)
        panel.append((park.server.sign_in(account), person))
    bucket = buckets.of_enterprise(enterprise)

    def made(name: str, **args: Any) -> dict[str, Any]:
        return change(name, bucket, ("review", id), args)

    verdicts = coordinator.push(
        made("review.open", local_number="PS-1", scheme="ten", title="项目", form_version="2026.1"),
        made("review.name", people=[{"person": person, "name": "评委"} for _, person in panel]),
        made("review.start"),
    )
    assert [one["status"] for one in verdicts] == ["applied"] * 3, verdicts
    return id, coordinator, panel


def test_enterprises_are_merged_while_scoring_goes_on(park: Park) -> None:
    tail = new_id()[-6:].upper()
    gone = park.enterprise(credit_code=f"TMP-a3c1-{tail}")
    stays = park.enterprise(credit_code=f"91360313MA{tail}00")
    id, coordinator, panel = panel_of(park, gone)
    first, person = panel[0]
    first.push(sheet(id, person, gone, DECLARE, clear=True), handed_in(id, person, gone))
    merge = change("enterprise.merge", buckets.of_enterprise(gone), ("enterprise", gone), {"into": stays})
    (verdict,) = coordinator.push(merge)
    assert verdict["status"] == "applied", verdict
    for laptop, person in panel[1:]:
        (seat,) = laptop.pull_all().of_kind(REVIEW_SEAT)
        assert seat["enterprise"] == stays
        # Made before the news of the merge came, and after.
        told = laptop.push(sheet(id, person, gone, DECLARE, clear=True), handed_in(id, person, stays))
        assert [one["status"] for one in told] == ["applied", "applied"], told
    close = change("review.close", buckets.of_enterprise(stays), ("review", id), {})
    (verdict,) = coordinator.push(close)
    assert verdict["status"] == "applied", verdict
    body = next(row[3] for row in verdict["rows"] if row[0] == "review")
    assert (body["score"], body["conclusion"]) == ("80.80", "recommend")
    assert verify(park.database, park.settings).problems == []


def test_forged_sheets_are_refused(park: Park) -> None:
    enterprise = park.enterprise()
    id, coordinator, panel = panel_of(park, enterprise)
    laptop, person = panel[0]
    other = panel[1][1]
    stranger, nobody = park.account(Role.OFFICER)
    outside = park.server.sign_in(stranger)
    (verdict,) = outside.push(sheet(id, nobody, enterprise, DECLARE, clear=True))
    assert verdict["status"] == "refused"
    (verdict,) = laptop.push(sheet(id, other, enterprise, DECLARE, clear=True))
    assert verdict["status"] != "applied"
    (verdict,) = laptop.push(handed_in(id, person, enterprise))
    assert "先作利益关联声明" in verdict["error"]["text"]
    put = change(
        "put", buckets.of_person(person), ("review_seat", seat_id(new_id(), person)), {"fields": {"state": [None, "running"]}}
    )  # fmt: skip
    (verdict,) = laptop.push(put)
    assert verdict["status"] == "refused"
    (verdict,) = coordinator.push(
        change("review.close", buckets.of_enterprise(enterprise), ("review", id), {})
    )
    assert "还没有交表" in verdict["error"]["text"]
