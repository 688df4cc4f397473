"""Registers at the centre: numbers, light rows, versions that are never written over, and what is one's own alone."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain import buckets
from app.domain.changes.visits import record_digest
from app.domain.ids import new_id
from app.domain.people import Role
from tests.support.park import Park, change
from tests.support.server import Laptop

pytestmark = pytest.mark.slow
SECRET = "绝密自查九四七"


def filled(form_id: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "form_id": form_id,
        "form_version": "2026.1",
        "values": values,
        "digest": record_digest(form_id, "2026.1", values),
        "day": "2026-11-20",
        "local_number": "T-1",
        "ledger": "financing",
        **more,
    }


def file(enterprise: str, id: str, need: str = "500") -> dict[str, Any]:
    values = {"/need/l01_amount": need, "/target/l14_authorized": "yes", "/security/l08_bank": "工行"}
    args = filled("financing_need", values, enterprise=enterprise, columns=["/need/l01_amount"])
    return change("record.file", buckets.of_enterprise(enterprise), ("record", id), args)


def own(person: str, id: str) -> dict[str, Any]:
    args = filled("integrity_self_check", {"/check/k9_remark": SECRET}, ledger="integrity", enterprise="e")
    return change("record.file", buckets.of_person(person), ("record", id), args)


def statuses(laptop: Laptop, *changes: dict[str, Any]) -> list[str]:
    return [verdict["status"] for verdict in laptop.push(*changes)]


def test_an_entry_has_a_number_a_light_row_and_goes_its_steps(park: Park) -> None:
    enterprise, id = park.enterprise("青岚甲"), new_id()
    officer, coordinator = park.officer(enterprise), park.coordinator()
    (verdict,) = officer.push(file(enterprise, id))
    assert verdict["status"] == "applied"
    bucket = buckets.of_enterprise(enterprise)

    def step(code: str, **args: Any) -> dict[str, Any]:
        return change("record.step", bucket, ("record", id), {"step": code, "day": "2026-11-21", **args})

    assert statuses(officer, step("granted", amount_fen=1, party="x"), step("matched")) == [
        "refused",
        "applied",
    ]
    assert statuses(officer, step("mediated", party="园区支行")) == ["applied"]
    (row,) = [one for one in coordinator.pull_all().of_kind("record_row") if one["id"] == id]
    assert row["number"].startswith("XD-TZ-")
    assert (row["stage"], row["cells"]) == ("mediated", {"/need/l01_amount": "500"})
    assert row["facts"] == {
        "need_fen": 500_000_000,
        "matched_on": "2026-11-21",
        "mediated_on": "2026-11-21",
    }
    assert "工行" not in str(row), "the row has what the table shows and nothing else"


def test_two_who_alter_the_same_version_never_overwrite_each_other(park: Park) -> None:
    enterprise, id = park.enterprise(), new_id()
    officer, coordinator = park.officer(enterprise), park.coordinator()
    made = file(enterprise, id)
    officer.push(made)

    def amend(need: str) -> dict[str, Any]:
        args = filled("financing_need", {"/need/l01_amount": need}, of=made["args"]["digest"])
        return change("record.amend", buckets.of_enterprise(enterprise), ("record", id), args)

    assert statuses(officer, amend("600")) == ["applied"]
    (verdict,) = coordinator.push(amend("700"))
    assert verdict["status"] == "refused"
    (record,) = [one for one in officer.pull_all().of_kind("record") if one["id"] == id]
    assert record["values"] == {"/need/l01_amount": "600"}
    assert [one["values"]["/need/l01_amount"] for one in record["former"]] == ["500"]


def test_what_somebody_writes_of_himself_reaches_nobody_else(park: Park) -> None:
    """The check (d) is in its author's bucket: no role reads it, in no bucket, on no way."""
    enterprise, id = park.enterprise(), new_id()
    account, person = park.account(Role.OFFICER)
    park.assign(account, enterprise)
    officer = park.server.sign_in(account)
    bucket = buckets.of_person(person)
    assert statuses(officer, own(person, id)) == ["applied"]
    assert id in {one["id"] for one in officer.pull_all().of_kind("record", bucket)}
    others = [
        park.server.sign_in(park.account(role)[0])
        for role in Role
        if role not in (Role.OFFICER, Role.HANDLER)
    ]
    others += [park.officer(enterprise), park.handler("economy")]
    for other in others:
        held = other.pull_all()
        assert bucket not in held.cursors
        answer = other.post("/sync/pull", {"device": other.device, "cursors": {bucket: 0}})
        assert SECRET not in answer.text
        assert id not in answer.text
        verdict = other.push(own(person, new_id()))[0]
        assert verdict["status"] in ("refused", "escrowed")
        assert SECRET not in str(verdict)
    (verdict,) = officer.push({**own(person, new_id()), "bucket": buckets.of_enterprise(enterprise)})
    assert verdict["status"] == "refused", "not into a bucket others hold, by mistake either"
    for other in others:
        assert SECRET not in str(other.pull_all().of_kind("record"))
        assert id not in str(other.pull_all().of_kind("record_row"))
