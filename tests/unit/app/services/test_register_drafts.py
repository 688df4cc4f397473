"""The drafts of a register's entries: kept word for word, offered again when refused, handed over with their bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.changes import Refusal
from app.services import registers
from app.services.desk import Desk
from app.store.drafts import drafts
from app.store.handing_over import busy_buckets, drafts_of, queue_drafts, still_here, undelivered
from tests.support.desks import officer_desk
from tests.support.registering import file_entry, parking, publish


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = officer_desk(tmp_path / "desk")
    publish(made)
    return made


def begin(desk: Desk, title: str) -> str:
    id = registers.start(desk, "parking", "ent-0")
    opened = registers.open_filling(desk, id)
    opened.filling.set("/main/title", title)
    registers.save(
        desk, id, opened.filling.save(), opened.tables, typed={"/main/places": ("十二个", "请填数字")}
    )
    return id


def test_a_draft_is_gone_on_with_word_for_word(desk: Desk) -> None:
    with desk:
        id = begin(desk, "北门")
        assert registers.start(desk, "parking", "ent-0") == id, "one draft of a register and enterprise"
        opened = registers.open_filling(desk, id)
        assert opened.filling.get("/main/title") == "北门"
        assert opened.typed == {"/main/places": ("十二个", "请填数字")}
        (row,) = registers.begun(desk, "parking")
        assert (row.id, row.amends) == (id, "")
        registers.drop(desk, id)
        assert registers.begun(desk) == []


def test_what_is_handed_in_keeps_its_draft_until_it_is_confirmed(desk: Desk) -> None:
    with desk:
        id = file_entry(desk, "parking", "ent-0", parking())
        assert registers.begun(desk) == []
        assert registers.tidy(desk) == 0, "it waits to be sent"
        assert [one.visit for one in drafts(desk.store)] == [id]
        draft = registers.amend(desk, id)
        assert draft != id
        opened = registers.open_filling(desk, draft)
        assert opened.filling.get("/main/places") == 20
        assert registers.amend(desk, id) == draft


def test_an_unfinished_entry_goes_to_the_centre_before_its_bucket_goes(desk: Desk) -> None:
    with desk:
        id = begin(desk, "南门")
        file_entry(desk, "parking", "ent-1", parking())
        bucket = "e:ent-0"
        with desk.store.joined("sync") as transaction:
            assert [one.visit for one in drafts_of(transaction, bucket)] == [id]
            assert len(undelivered(transaction, bucket)) == 1
            assert [one.visit for one in undelivered(transaction, "e:ent-1")] == [], "that one is handed in"
        assert bucket in busy_buckets(desk.store)
        assert still_here(desk.store, bucket) == 1
        assert queue_drafts(desk.store, bucket) == 1
        ((name, kind),) = desk.store.select(
            "SELECT json_extract(change, '$.name'), kind FROM outbox WHERE id = ?", (id,)
        )
        assert (name, kind) == ("record.draft", "record")


def test_an_old_version_is_not_laid_over_a_newer_one(desk: Desk) -> None:
    with desk:
        id = file_entry(desk, "parking", "ent-0", parking())
        draft = registers.amend(desk, id)
        _, record = registers.entry_of(desk, id)
        stale = {
            "form_version": "1",
            "values": record.values,
            "digest": record.digest,
            "day": "2026-11-20",
            "record": "",
            "of": "0" * 64,
        }
        with pytest.raises(Refusal, match="已经改过"):
            desk.make(desk.change("record.amend", "e:ent-0", "record", id, stale))
        assert registers.begun(desk)[0].id == draft
