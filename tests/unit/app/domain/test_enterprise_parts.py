"""Seats, tags, contacts, tracks and land of an enterprise; the real code; enterprises that may be the same."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.domain.changes import Refusal
from app.domain.credit_code import check, check_character, organisation_check
from app.domain.enterprise_parts import EnterpriseTag, Expiry, Seat, masked, tag_expiry, vacancies
from app.domain.similar import core, similar
from tests.support.documents import Shelf
from tests.support.laptop import OFFICER, change, context, enterprise_body


def shelf(**fields: Any) -> Shelf:
    return Shelf("e:e", {("enterprise", "e"): enterprise_body("e", **fields)})


def put(papers: Shelf, kind: str, id: str, **fields: Any) -> None:
    pairs = {name: [None, value] for name, value in {"id": id, **fields}.items()}
    papers.run(change("put", "e:e", kind, id, {"fields": pairs}), context(OFFICER))


@pytest.mark.parametrize(
    ("kind", "fields", "edit"),
    [
        ("contact", {"name": "陈厂长", "phone": "13800000022"}, {"phone": ["13800000022", "13900000033"]}),
        ("enterprise_tag", {"tag": "high_tech"}, {"expires_on": [None, "2027-12-01"]}),
        ("cultivation", {"track": "small_to_regulated"}, {"stage": [None, "已入库"]}),
        ("parcel", {"area_milli_mu": 12500}, {"flags": [[], ["supplied_not_used"]]}),
    ],
)
def test_a_part_is_made_edited_and_taken_off(kind: str, fields: dict[str, Any], edit: dict[str, Any]) -> None:
    papers = shelf()
    put(papers, kind, "part", enterprise="e", **fields)
    papers.run(change("patch", "e:e", kind, "part", {"fields": edit}), context(OFFICER))
    ((name, (_, new)),) = edit.items()
    assert papers.bodies[kind, "part"][name] == new
    papers.run(change("part.remove", "e:e", kind, "part", {}), context(OFFICER))
    assert (kind, "part") not in papers.bodies


def test_a_part_belongs_to_its_own_enterprise() -> None:
    with pytest.raises(Refusal) as refused:
        put(shelf(), "contact", "part", enterprise="other", name="某人")
    assert refused.value.code == "wrong_bucket"


def test_five_seats_and_who_is_missing() -> None:
    papers = shelf()
    put(papers, "seat", "s", enterprise="e", seat="grid_leader", person_name="刘网格")
    seats = {seat.seat: seat for seat in map(Seat.of, papers.of_kind("seat"))}
    assert vacancies(dict(seats)) == ("county_leader", "department_contact", "grid_member", "service_officer")
    with pytest.raises(Refusal) as refused:
        papers.run(change("part.remove", "e:e", "seat", "s", {}), context(OFFICER))
    assert refused.value.code == "not_removable"


@pytest.mark.parametrize(
    ("expires", "expiry", "days"),
    [
        (None, Expiry.UNLIMITED, None),
        ("2027-02-20", Expiry.SOON, 90),
        ("2027-02-21", Expiry.VALID, 91),
        ("2026-11-22", Expiry.SOON, 0),
        ("2026-11-21", Expiry.EXPIRED, -1),
    ],
)
def test_tags_come_to_an_end(expires: str | None, expiry: Expiry, days: int | None) -> None:
    tag = EnterpriseTag(id="t", enterprise="e", tag="high_tech", expires_on=expires)
    found = tag_expiry(tag, date(2026, 11, 22))
    assert (found.expiry, found.days) == (expiry, days)


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("13812340022", "138****0022"), ("079912345678", "0799****5678"), ("1234567", "*****67"), ("12", "12")],
)
def test_phones_are_masked(phone: str, shown: str) -> None:
    assert masked(phone) == shown


def real_code() -> str:
    body = "91360300" + "MA35TEXT"
    first = body + organisation_check("MA35TEXT")
    return first + check_character(first)


def test_a_temporary_code_gives_way_to_the_real_one_once() -> None:
    assert check(real_code()) is None
    papers = shelf(credit_code="TMP-1f3a-001")
    take = {"credit_code": f" {real_code().lower()} ", "seen": "TMP-1f3a-001"}
    papers.run(change("enterprise.take_code", "e:e", "enterprise", "e", take), context(OFFICER))
    body = papers.bodies["enterprise", "e"]
    assert (body["credit_code"], body["former_code"]) == (real_code(), "TMP-1f3a-001")
    for args, problem in (
        ({"credit_code": "91360300MA35XXXX0X", "seen": "TMP-1f3a-001"}, "has_code"),
        ({**take}, None),
    ):
        if problem is None:
            assert (
                papers.run(
                    change("enterprise.take_code", "e:e", "enterprise", "e", args), context(OFFICER)
                ).writes
                == ()
            )
            continue
        with pytest.raises(Refusal) as refused:
            papers.run(change("enterprise.take_code", "e:e", "enterprise", "e", args), context(OFFICER))
        assert refused.value.code == problem
    wrong = shelf(credit_code="TMP-1f3a-001")
    last = "0" if real_code()[-1] != "0" else "1"
    bad = {"credit_code": real_code()[:-1] + last, "seen": "TMP-1f3a-001"}
    with pytest.raises(Refusal) as refused:
        wrong.run(change("enterprise.take_code", "e:e", "enterprise", "e", bad), context(OFFICER))
    assert refused.value.code.startswith("credit_code")


def test_names_that_may_mean_the_same() -> None:
    others = [("a", "萍乡市宏远机械有限公司"), ("b", "萍乡宏远机械有限责任公司"), ("c", "湘东区绿能陶瓷厂")]
    found = similar("萍乡市宏远机械（集团）有限公司", others)
    assert [id for id, _, _ in found] == ["a", "b"]
    assert core("湘东区绿能陶瓷厂") == "湘东区绿能陶瓷"
    assert similar("全不相干公司", others) == []
