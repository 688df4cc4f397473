"""How far a download is: the centre says how much is to come, the laptop shows one total from the first page on."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.people import Role
from app.paths import DataFolder
from app.services.desk import Desk
from sync.client.engine import Engine, keep_offset
from sync.client.session import sign_in
from sync.client.terms import Progress
from sync.client.transport import Transport, clock_ahead
from sync.protocol.messages import Pull, Pulled
from sync.server import store
from tests.support.park import Park
from tests.support.server import PASSWORD


def notes(park: Park, enterprise: str, *numbers: int) -> None:
    """Notes in an enterprise's bucket, each a document of its own."""
    bucket = buckets.of_enterprise(enterprise)

    def work(transaction: store.Transaction) -> None:
        for number in numbers:
            note = f"{enterprise[-12:]}-{number:06d}"
            transaction.write(bucket, "note", note, {"id": note, "text": f"{number}"})

    store.write(park.database, work, system_clock(), (bucket,))


class Pages(Transport):
    """The real transport, asking for small pages."""

    def pull(self, message: Pull) -> Pulled:
        return super().pull(message.model_copy(update={"rows": 50}))


def test_a_first_download_knows_its_total_from_the_first_page(park: Park, tmp_path: Path) -> None:
    one, two = park.enterprise(), park.enterprise()
    notes(park, one, *range(130))
    # Written again and deleted: moves of the head that are no documents more.
    notes(park, two, *range(60))
    notes(park, two, *range(1, 40))
    account, _ = park.account(Role.OFFICER)
    park.assign(account, one, two)
    said: list[Progress] = []
    with Desk.open(DataFolder(tmp_path / "desk")) as desk:
        sign_in(desk.store, park.server.url, account, PASSWORD, "测试机")
        session = desk.signed_in()
        with Pages(session.server, session.token) as transport:
            engine = Engine(desk.store, transport, desk.context, session.device, system_clock)
            report = engine.run(said.append)
            assert report.error is None
            assert transport.offset is not None
            assert abs(transport.offset) < 60
        live = sum(len(desk.store.in_bucket(bucket)) for bucket in desk.store.held())
    pulls = [progress for progress in said if progress.stage == "pull"]
    assert len(pulls) > 4
    assert {progress.total for progress in pulls} == {live} == {report.received}
    assert [progress.done for progress in pulls] == sorted({progress.done for progress in pulls})
    assert f"/ {live:,} 条" in pulls[0].text


def test_what_is_left_never_falls_short_when_one_goes_on_from_the_middle(park: Park) -> None:
    id = park.enterprise()
    notes(park, id, *range(100))
    officer = park.officer(id)
    bucket = buckets.of_enterprise(id)
    first = officer.pull(rows=30)
    assert first["more"]
    cursors = {part["id"]: part["to"] for part in first["buckets"]}
    page = officer.pull(cursors, rows=30)
    rest, cursors = 0, {**cursors, **{part["id"]: part["to"] for part in page["buckets"]}}
    left = page["left"]
    while page["more"]:
        page = officer.pull(cursors, rows=30)
        cursors |= {part["id"]: part["to"] for part in page["buckets"]}
        rest += sum(len(part["rows"]) for part in page["buckets"])
    assert rest <= left <= rest + 60
    assert "left" not in page
    assert bucket in cursors


def test_the_clock_is_told_by_the_answers_own_date() -> None:
    noon = 1_795_348_800.0
    assert clock_ahead("Sun, 22 Nov 2026 12:00:00 GMT", noon + 720) == 720
    assert clock_ahead("Sun, 22 Nov 2026 12:00:00 GMT", noon - 130) == -130
    assert clock_ahead(None, noon) is None
    assert clock_ahead("昨天", noon) is None


@pytest.mark.parametrize(("offset", "kept"), [(720.0, 720), (-300.4, -300), (4.0, None), (None, None)])
def test_an_offset_is_kept_where_it_is_more_than_the_networks(
    offset: float | None, kept: int | None, tmp_path: Path
) -> None:
    with Desk.open(DataFolder(tmp_path)) as desk:
        keep_offset(desk.store, offset)
        assert desk.store.kv("clock_offset") == kept
        if kept:
            keep_offset(desk.store, 0.0)
            assert desk.store.kv("clock_offset") == 0
