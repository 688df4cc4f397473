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


def test_three_reviewers_of_three_roles_and_nobody_gets_anothers_sheet(park: Park, tmp_path: Path) -> None:
    enterprise = park.enterprise()
    with ExitStack() as stack:

        def laptop(role: Role, name: str, *own: str) -> Desk:
            return stack.enter_context(desk_of(park, tmp_path / name, role, name, *own))

        officer = laptop(Role.OFFICER, "王敏", enterprise)
        handler, leader = laptop(Role.HANDLER, "赵经办"), laptop(Role.LEADER, "周领导")
        partial, coordinator = laptop(Role.OFFICER, "钱联络"), laptop(Role.COORDINATOR, "陈静")
        opened.open_bucket(coordinator, enterprise)
        sync(coordinator)
        id = reviews.open_review(
            coordinator, enterprise, {"scheme": "ten", "title": "填料项目", "investment": "8600"}
        )
        panel = [officer, handler, partial]
        people = [one.signed_in().person for one in panel]
        reviews.act(coordinator, id, "review.name", {"people": people})
        reviews.act(coordinator, id, "review.start")
        sync(coordinator)
        assert "-PS-" in reviews.review_of(coordinator, id).number
        for one in (*panel, leader):
            sync(one)
        assert [one.id for one in partial.store.of_kind(REVIEW_SEAT)] == [seat_id(id, people[2])]
        assert partial.store.of_kind(Review.kind) == []

        # One is partial; another takes his place.
        reviews.declare(partial, id, clear=False, reason=f"{SECRET}配偶任职")
        sync(partial)
        score(officer, id)
        score(handler, id, s01_catalogue="eliminated")
        assert everything(officer).count(SECRET) == 1
        sync(officer)
        sync(handler)
        sync(coordinator)
        told = reviews.review_of(coordinator, id).reviewers
        assert [one.state for one in told.values()] == [
            ReviewerState.HANDED_IN,
            ReviewerState.HANDED_IN,
            ReviewerState.CONFLICT,
        ]
        reviews.act(coordinator, id, "review.name", {"people": [leader.signed_in().person]})
        sync(coordinator)
        sync(leader)
        score(leader, id)
        # Before the centre closes it nobody has a word of anybody else's sheet, whatever buckets he holds.
        for one in (leader, officer, handler, partial, coordinator):
            opened.open_bucket(one, enterprise) if one in (leader, coordinator) else None
            sync(one)
            sync(one)
            name = one.signed_in().name
            others = {"王敏", "赵经办", "周领导"} - {name}
            assert not any(f"{SECRET}{other}" in everything(one) for other in others), name
            assert one.store.of_kind(ReviewScore.kind) == []
            sheets = [sheet.bucket for sheet in one.store.of_kind(ReviewSheet.kind)]
            assert set(sheets) <= {buckets.of_person(one.signed_in().person)}
            assert f"{SECRET}配偶任职" not in everything(one) or one is partial

        reviews.act(coordinator, id, "review.close", {"text": "不引进"})
        assert reviews.review_of(coordinator, id).state is ReviewState.CLOSING
        for one in (coordinator, officer, leader, handler):
            sync(one)
            assert counts(one.store).refused == counts(one.store).conflicts == 0
        closed = reviews.review_of(coordinator, id)
        assert (closed.state, closed.conclusion, closed.count) == (ReviewState.CLOSED, "decline", 3)
        assert closed.vetoes == ["淘汰类产业"]
        for one, sees in ((coordinator, True), (leader, True), (officer, False), (handler, False)):
            assert bool(one.store.of_kind(ReviewScore.kind)) == sees
            assert (f"{SECRET}赵经办" in everything(one)) == (sees or one is handler)
        assert len(reviews.scores(coordinator, closed)) == 3
        assert reviews.tidy(officer) == 1
        assert drafts(officer.store) == []
        events = [ReviewEvent.of(one) for one in officer.store.of_kind(ReviewEvent.kind)]
        document = officer.store.get(Review.kind, id)
        assert document is not None
        assert rebuild_review(events) == document.body
        row = leader.store.get(REVIEW_ROW, id)
        assert row is not None
        assert row.body == review_row(document.body)
    assert verify(park.database, park.settings).problems == []


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
