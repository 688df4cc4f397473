"""Several forms in one visit, a visit given back and handed in again, and what stays of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.changes import Refusal
from app.domain.changes.visits import record_digest
from app.domain.enterprise import Enterprise
from app.domain.people import Actor, Assignment, Role
from app.domain.visit import Record, Visit, VisitState
from tests.support.documents import Shelf
from tests.support.laptop import COORDINATOR, OFFICER, change, context, enterprise_body

MAIN, SEND = {"/running/a01": "full"}, {"/sending/u2": ["training"]}
BOTH = Actor(OFFICER.person, OFFICER.name, frozenset({Role.OFFICER, Role.COORDINATOR}))


def shelf(**described: Any) -> Shelf:
    """A visit that has been begun."""
    papers = Shelf("e:e", {("enterprise", "e"): Enterprise.model_validate(enterprise_body("e")).to_body()})
    standing = Assignment(
        id="a",
        enterprise="e",
        enterprise_name="示例厂",
        person=OFFICER.person,
        person_name=OFFICER.name,
        since="2026-01-01",
    )
    papers.bodies["assignment", "a"] = standing.to_body()
    args = {"enterprise": "e", "form_id": "visit_three", "form_version": "2026.1", "local_number": "V-1"}
    papers.run(change("visit.start", "e:e", "visit", "v", args | described), context())
    return papers


def further(record: str = "r2", form_id: str = "visit_three_send", **args: Any) -> dict[str, Any]:
    digest = record_digest(form_id, "2026.1", SEND)
    return {
        "record": record,
        "form_id": form_id,
        "form_version": "2026.1",
        "values": SEND,
        "digest": digest,
    } | args


def submit(record: str = "r1", **args: Any) -> Any:
    whole = {"record": record, "values": MAIN, "digest": record_digest("visit_three", "2026.1", MAIN)}
    return change("visit.submit", "e:e", "visit", "v", whole | args, 90)


def give_back(reason: str = "产值和上季度差得太多，请核一下") -> Any:
    return change("visit.return", "e:e", "visit", "v", {"reason": reason}, 200)


def visit_of(papers: Shelf) -> Visit:
    return Visit.model_validate(papers.bodies["visit", "v"])


def refused(papers: Shelf, one: Any, actor: Actor = OFFICER) -> str:
    before = dict(papers.bodies)
    with pytest.raises(Refusal) as found:
        papers.run(one, context(actor))
    assert papers.bodies == before
    return found.value.code


def test_every_form_has_a_record_of_its_own() -> None:
    papers = shelf()
    papers.run(submit(more=[further()]), context())
    visit = visit_of(papers)
    assert [(one.form_id, one.record) for one in visit.filed] == [
        ("visit_three", "r1"),
        ("visit_three_send", "r2"),
    ]
    assert visit.record == "r1"
    records = {document.id: Record.of(document) for document in papers.of_kind("record")}
    assert {id: (record.form_id, record.values) for id, record in records.items()} == {
        "r1": ("visit_three", MAIN),
        "r2": ("visit_three_send", SEND),
    }


def test_a_visit_of_a_program_that_knew_one_form() -> None:
    body = {**shelf().bodies["visit", "v"], "state": "submitted", "record": "r"}
    for name in ("records", "returns", "six", "companions", "issue_rows"):
        body.pop(name, None)
    visit = Visit.model_validate(body)
    assert [(one.form_id, one.form_version, one.record) for one in visit.filed] == [
        ("visit_three", "2026.1", "r")
    ]
    assert visit.state_word == "已完成"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ([further(digest="0" * 64)], "digest"),
        ([further(form_id="visit_three")], "form_twice"),
        ([further(), further("r3")], "form_twice"),
        ([further("r1")], "exists"),
        ([{"record": "r2"}], "malformed"),
    ],
)
def test_one_bad_form_and_nothing_is_taken(more: list[dict[str, Any]], code: str) -> None:
    papers = shelf()
    assert refused(papers, submit(more=more)) == code


def test_how_one_goes_is_said_at_the_start_or_on_the_way() -> None:
    papers = shelf(method="video", visit_kind="remote", companions=[{"name": "周组长", "duty": "园区副主任"}])
    told = {"six": ["policy", "safety", "policy"], "purpose": "年底用工"}
    papers.run(change("visit.describe", "e:e", "visit", "v", told, 5), context())
    visit = visit_of(papers)
    assert (visit.method, visit.visit_kind, visit.purpose) == ("video", "remote", "年底用工")
    assert visit.six == ["policy", "safety"]
    assert [one.text for one in visit.companions] == ["周组长（园区副主任）"]
    outcome = papers.run(change("visit.describe", "e:e", "visit", "v", told, 6), context())
    assert outcome.writes == ()
    assert (
        refused(papers, change("visit.describe", "e:e", "visit", "v", {"method": "drone"}, 7)) == "malformed"
    )
    papers.run(submit(method="phone"), context())
    assert visit_of(papers).method == "phone"
    late = change("visit.describe", "e:e", "visit", "v", {"six": []}, 99)
    assert refused(papers, late) == "visit_state"


def test_given_back_and_handed_in_again_keeps_both_versions() -> None:
    papers = shelf()
    papers.bodies["attachment", "p"] = {
        "id": "p",
        "visit": "v",
        "enterprise": "e",
        "purpose": "photo",
        "file_name": "门.jpg",
        "media_type": "image/jpeg",
        "size": 3,
        "sha256": "0" * 64,
    }
    issue = {"id": "i1", "local_number": "I-1", "title": "用电", "category": "04", "row": "visit_three/b[1]"}
    papers.run(submit(issues=[issue], more=[further()]), context())
    papers.run(give_back(), context(COORDINATOR))
    visit = visit_of(papers)
    assert (visit.state, visit.state_word) == (VisitState.OPEN, "退回待改")
    assert visit.returned is not None
    assert visit.returned.reason.startswith("产值")
    assert visit.record is None
    assert refused(papers, change("visit.cancel", "e:e", "visit", "v", {}, 210)) == "returned"
    assert refused(papers, change("attachment.remove", "e:e", "attachment", "p", {}, 211)) == "visit_state"
    assert refused(papers, submit("r1")) == "exists", "the former record is never written over"

    second = {**issue, "id": "i2", "title": "用水", "row": "visit_three/b[2]"}
    papers.run(submit("r9", issues=[second]), context())
    visit = visit_of(papers)
    assert visit.state_word == "已完成"
    assert [one.record for one in visit.filed] == ["r9"]
    assert [one.record for one in visit.returns[0].records] == ["r1", "r2"]
    assert visit.returns[0].attachments == ["p"]
    assert visit.issues == ["i1", "i2"]
    assert visit.issue_rows == {"visit_three/b[1]": "i1", "visit_three/b[2]": "i2"}
    assert {document.id for document in papers.of_kind("record")} == {"r1", "r2", "r9"}


def test_a_returned_visit_does_not_stand_in_the_way_of_the_next_one() -> None:
    papers = shelf()
    papers.run(submit(), context())
    papers.run(give_back(), context(COORDINATOR))
    args = {"enterprise": "e", "form_id": "visit_three", "form_version": "2026.1", "local_number": "V-2"}
    papers.run(change("visit.start", "e:e", "visit", "w", args, 300), context())
    assert refused(papers, change("visit.start", "e:e", "visit", "x", args, 301)) == "visit_open"


def test_a_verified_visit_is_settled() -> None:
    papers = shelf()
    assert refused(papers, give_back(), COORDINATOR) == "visit_state"
    papers.run(submit(), context())
    assert refused(papers, give_back("  "), COORDINATOR) == "reason"
    assert refused(papers, give_back(""), COORDINATOR) == "malformed"
    assert refused(papers, give_back()) == "role"
    verify = change("visit.verify", "e:e", "visit", "v", {}, 250)
    assert refused(papers, verify, BOTH) == "own"
    papers.run(verify, context(COORDINATOR))
    assert visit_of(papers).state_word == "已核"
    assert refused(papers, verify, COORDINATOR) == "visit_state"
    assert refused(papers, give_back(), COORDINATOR) == "visit_state"


def test_nothing_is_given_back_to_somebody_who_has_the_enterprise_no_more() -> None:
    papers = shelf()
    papers.run(submit(), context())
    papers.bodies["assignment", "a"]["until"] = "2026-11-22"
    assert refused(papers, give_back(), COORDINATOR) == "officer_gone"
