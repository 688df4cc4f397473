"""Conflicts over the wire, on both databases: what the document tells, and what a resolve makes of it."""

from __future__ import annotations

from typing import Any

from app.domain import buckets
from app.domain.people import Role
from tests.support.park import Park, change, patch
from tests.support.server import PASSWORD, Laptop


def two_officers(park: Park, **fields: Any) -> tuple[str, Laptop, Laptop]:
    """One enterprise and two officers who both look after it."""
    id = park.enterprise(**fields)
    laptops = []
    for _ in range(2):
        account, _person = park.account(Role.OFFICER)
        park.assign(account, id)
        laptops.append(park.server.sign_in(account, PASSWORD))
    return id, laptops[0], laptops[1]


def resolve(enterprise: str, conflict: str, **choices: dict[str, Any]) -> dict[str, Any]:
    bucket = buckets.of_enterprise(enterprise)
    return change("conflict.resolve", bucket, ("conflict", conflict), {"choices": choices})


def body(laptop: Laptop, enterprise: str, kind: str, id: str) -> dict[str, Any]:
    return laptop.pull_all().rows[buckets.of_enterprise(enterprise), kind, id][1]


def test_a_conflict_tells_who_set_the_centres_value_and_what_went_together(park: Park) -> None:
    id, one, two = two_officers(park, employees=128, address="一路")
    one.push(patch(id, employees=(128, 131)))
    [verdict] = two.push(patch(id, employees=(128, 136), address=("一路", "二路"), industry=(None, "陶瓷")))
    assert verdict["status"] == "conflict"
    [conflict] = verdict["conflicts"]
    found = body(one, id, "conflict", conflict)
    met = found["fields"]["employees"]
    assert (met["base"], met["theirs"], met["mine"]) == (128, 131, 136)
    assert met["theirs_by_name"] == one.who["name"]
    assert met["theirs_at"]
    assert found["merged"] == ["address", "industry"]
    target = body(one, id, "enterprise", id)
    assert (target["employees"], target["address"], target["industry"]) == (131, "二路", "陶瓷")


def test_the_name_is_of_who_set_the_value_not_of_who_only_wanted_to(park: Park) -> None:
    id, one, two = two_officers(park, employees=128)
    one.push(patch(id, employees=(128, 131)))
    two.push(patch(id, employees=(128, 136)))
    [verdict] = two.push(patch(id, employees=(128, 137)))
    met = body(one, id, "conflict", verdict["conflicts"][0])["fields"]["employees"]
    assert met["theirs_by_name"] == one.who["name"]


def test_a_value_set_in_the_same_push_has_its_name_too(park: Park) -> None:
    id, one, _ = two_officers(park, employees=128)
    verdicts = one.push(patch(id, employees=(128, 131)), patch(id, employees=(128, 136)))
    met = body(one, id, "conflict", verdicts[1]["conflicts"][0])["fields"]["employees"]
    assert met["theirs_by_name"] == one.who["name"]


def test_fields_are_resolved_one_by_one_and_the_last_one_closes(park: Park) -> None:
    id, one, two = two_officers(park, name="甲公司", employees=128, address="一路")
    one.push(patch(id, employees=(128, 131), address=("一路", "三路"), name=("甲公司", "乙公司")))
    edit = patch(id, employees=(128, 136), address=("一路", "二路"), name=("甲公司", "丙公司"))
    [verdict] = two.push(edit)
    [conflict] = verdict["conflicts"]
    [first] = two.push(resolve(id, conflict, employees={"pick": "mine", "shown": 131}))
    assert first["status"] == "applied"
    assert {row[0] for row in first["rows"]} == {"enterprise", "conflict"}
    assert body(one, id, "enterprise", id)["employees"] == 136
    assert body(one, id, "conflict", conflict)["state"] == "open"
    two.push(
        resolve(
            id,
            conflict,
            address={"pick": "other", "value": "四路", "shown": "三路"},
            name={"pick": "theirs", "shown": "乙公司"},
        )
    )
    found, target = body(one, id, "conflict", conflict), body(one, id, "enterprise", id)
    assert (target["name"], target["address"]) == ("乙公司", "四路")
    assert found["state"] == "closed"
    assert found["closed_by_name"] == two.who["name"]
    assert [sorted(each["fields"]) for each in found["trail"]] == [["employees"], ["address", "name"]]
    [late] = one.push(resolve(id, conflict, employees={"pick": "theirs", "shown": 136}))
    assert (late["status"], late["error"]["code"]) == ("refused", "conflict_closed")


def test_a_value_that_moved_is_not_written_over_and_the_new_one_is_shown(park: Park) -> None:
    id, one, two = two_officers(park, employees=128)
    one.push(patch(id, employees=(128, 131)))
    [verdict] = two.push(patch(id, employees=(128, 136)))
    [conflict] = verdict["conflicts"]
    one.push(patch(id, employees=(131, 133)))
    edit = resolve(id, conflict, employees={"pick": "other", "value": 140, "shown": 131})
    [moved] = two.push(edit)
    assert moved["status"] == "applied"
    found = body(one, id, "conflict", conflict)
    assert found["state"] == "open"
    assert (found["fields"]["employees"]["theirs"], found["fields"]["employees"]["mine"]) == (133, 136)
    [picked] = [each["fields"]["employees"] for each in found["trail"]]
    assert (picked["value"], picked["shown"], picked["done"]) == (140, 131, False)
    assert body(one, id, "enterprise", id)["employees"] == 133
    assert two.push(edit) == [moved], "a repeated resolve is done once"
    two.push(resolve(id, conflict, employees={"pick": "other", "value": 140, "shown": 133}))
    assert body(one, id, "enterprise", id)["employees"] == 140
    assert body(one, id, "conflict", conflict)["state"] == "closed"


def test_the_light_row_follows_a_resolve(park: Park) -> None:
    id, one, two = two_officers(park, address="一路")
    one.push(patch(id, address=("一路", "二路")))
    [verdict] = two.push(patch(id, address=("一路", "三路")))
    two.push(resolve(id, verdict["conflicts"][0], address={"pick": "mine", "shown": "二路"}))
    rows = park.coordinator().pull_all().of_kind("enterprise_row")
    assert [row["address"] for row in rows if row["id"] == id] == ["三路"]


def test_who_does_not_hold_the_bucket_resolves_nothing(park: Park) -> None:
    id, one, two = two_officers(park, employees=128)
    one.push(patch(id, employees=(128, 131)))
    [verdict] = two.push(patch(id, employees=(128, 136)))
    [conflict] = verdict["conflicts"]
    stranger = park.officer(park.enterprise())
    [answer] = stranger.push(resolve(id, conflict, employees={"pick": "mine", "shown": 131}))
    assert (answer["status"], answer["rows"]) == ("escrowed", [])
    assert body(one, id, "enterprise", id)["employees"] == 131
