"""A visit from its opening to its issues, and who looks after whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.changes import Refusal
from app.domain.changes.visits import record_digest
from app.domain.enterprise import Enterprise
from app.domain.issue import Issue, IssueEvent, IssueState
from app.domain.people import Actor, Assignment, Role
from app.domain.visit import Record, Visit, VisitState
from tests.support.documents import Shelf
from tests.support.laptop import ADMIN, COORDINATOR, NOON, OFFICER, change, context, enterprise_body

VALUES = {"/running/a01": "full", "/running/a03": 1200.5, "/close/z1": "同意"}
OTHER = Actor("p-other", "钱联络", frozenset({Role.OFFICER}))


def shelf() -> Shelf:
    return Shelf("e:e", {("enterprise", "e"): Enterprise.model_validate(enterprise_body("e")).to_body()})


def start(visit: str = "v") -> Any:
    args = {"enterprise": "e", "form_id": "visit_three", "form_version": "2026.1", "local_number": "V-0001"}
    return change("visit.start", "e:e", "visit", visit, args)


def submit(issues: list[dict[str, Any]] | None = None, minutes: int = 90, **args: Any) -> Any:
    whole = {
        "record": "r",
        "values": VALUES,
        "digest": record_digest("visit_three", "2026.1", VALUES),
        "issues": issues or [],
        "summary": "生产正常",
    }
    return change("visit.submit", "e:e", "visit", "v", whole | args, minutes)


def issue(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"i{number}",
        "local_number": f"I-{number}",
        "title": f"困难{number}",
        "category": "08",
    } | fields


def test_a_visit_is_opened_on_the_day_of_its_author() -> None:
    papers = shelf()
    papers.run(start(), context(official=True))
    visit = Visit.model_validate(papers.bodies["visit", "v"])
    assert (visit.state, visit.day, visit.officer_name) == (VisitState.OPEN, "2026-11-22", "王联络")
    assert (visit.number, visit.local_number) == ("正式-V-0001", "V-0001")
    assert (visit.form_id, visit.form_version) == ("visit_three", "2026.1")


def test_one_open_visit_per_officer_and_enterprise() -> None:
    papers = shelf()
    papers.run(start("v"), context())
    with pytest.raises(Refusal) as refused:
        papers.run(start("w"), context())
    assert refused.value.code == "visit_open"
    papers.run(start("w"), context(OTHER))
    papers.run(change("visit.cancel", "e:e", "visit", "v", {}, 5), context())
    papers.run(start("x"), context())
    states = {document.id: Visit.of(document).state for document in papers.of_kind("visit")}
    assert states == {"v": VisitState.CANCELLED, "w": VisitState.OPEN, "x": VisitState.OPEN}


def test_finishing_makes_record_and_issues_in_their_states() -> None:
    papers = shelf()
    papers.run(start(), context())
    solved = issue(1, solved_on_spot=True, solution="当场教会了操作", subcategory="0803")
    papers.run(submit([solved, issue(2, urgency="urgent", expectation="两周内")]), context())

    visit = Visit.model_validate(papers.bodies["visit", "v"])
    assert visit.state is VisitState.SUBMITTED
    assert (visit.record, visit.issues, visit.summary) == ("r", ["i1", "i2"], "生产正常")
    assert visit.submitted_at == "2026-11-22T05:30:00.000Z"

    record = Record.model_validate(papers.bodies["record", "r"])
    assert record.values == VALUES
    assert record.digest == record_digest(record.form_id, record.form_version, record.values)

    first, second = (Issue.of(document) for document in papers.of_kind("issue"))
    assert (first.state, first.solution) == (IssueState.TO_REVISIT, "当场教会了操作")
    assert first.level == context().dictionaries.taxonomy.subcategory("0803").level  # type: ignore[union-attr]
    assert (second.state, second.urgency, second.expectation) == (IssueState.REPORTED, "urgent", "两周内")
    assert second.level is None
    assert {one.visit for one in (first, second)} == {"v"}

    events = {event.issue: event for event in map(IssueEvent.of, papers.of_kind("issue_event"))}
    assert {id: (event.action, event.to_state) for id, event in events.items()} == {
        "i1": ("issue.solve_on_spot", IssueState.TO_REVISIT),
        "i2": ("issue.report", IssueState.REPORTED),
    }
    assert papers.bodies["enterprise", "e"]["last_visit_on"] == "2026-11-22"


def test_an_older_visit_sent_late_does_not_turn_the_last_visit_back() -> None:
    papers = shelf()
    papers.bodies["enterprise", "e"]["last_visit_on"] = "2026-12-01"
    papers.run(start(), context())
    papers.run(submit(), context())
    assert papers.bodies["enterprise", "e"]["last_visit_on"] == "2026-12-01"


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (submit(digest="0" * 64), "digest"),
        (submit(values={**VALUES, "/close/z1": "不同意"}), "digest"),
        (submit([issue(1, solved_on_spot=True)]), "solution_missing"),
        (submit([issue(1, solved_on_spot=True, solution="  ")]), "solution_missing"),
        (submit([issue(1, title="")]), "malformed"),
        (submit([issue(1, title="长" * 41)]), "malformed"),
    ],
)
def test_what_is_not_whole_is_not_taken_at_all(one: Any, problem: str) -> None:
    papers = shelf()
    papers.run(start(), context())
    before = dict(papers.bodies)
    with pytest.raises(Refusal) as refused:
        papers.run(one, context())
    assert refused.value.code == problem
    assert papers.bodies == before


def test_only_the_visitor_finishes_his_visit_and_only_once() -> None:
    papers = shelf()
    papers.run(start(), context())
    with pytest.raises(Refusal) as refused:
        papers.run(submit(), context(OTHER))
    assert refused.value.code == "not_own"
    papers.run(submit(), context())
    for again in (submit(), change("visit.cancel", "e:e", "visit", "v", {})):
        with pytest.raises(Refusal) as refused:
            papers.run(again, context())
        assert refused.value.code == "visit_state"


def test_the_digest_does_not_depend_on_order_or_loose_accents() -> None:
    one = record_digest("f", "1", {"/a": "e\u0301", "/b": None, "/c": 1})
    assert record_digest("f", "1", {"/c": 1, "/a": "\u00e9"}) == one
    assert record_digest("f", "2", {"/c": 1, "/a": "\u00e9"}) != one
    assert record_digest("f", "1", {"/c": 2, "/a": "\u00e9"}) != one


def grant(assignment: str, person: Actor, **args: Any) -> Any:
    whole = {"person": person.person, "person_name": person.name} | args
    return change("assignment.grant", "e:e", "assignment", assignment, whole)


def test_an_assignment_stands_with_the_enterprise_and_with_the_person() -> None:
    papers = shelf()
    outcome = papers.run(grant("a", OFFICER), context(ADMIN))
    assert papers.bodies["enterprise", "e"]["officer_name"] == "王联络"
    (own,) = (write for write in outcome.writes if write.kind == "own_assignment")
    assert (own.bucket, own.id, own.body) == ("u:p-officer", "a", papers.bodies["assignment", "a"])
    assert Assignment.model_validate(own.body).since == "2026-11-22"
    assert papers.run(grant("b", OFFICER), context(ADMIN)).writes == ()


def test_an_assignment_ends() -> None:
    papers = shelf()
    papers.run(grant("a", OFFICER, since="2026-01-01"), context(ADMIN))
    end = change("assignment.end", "e:e", "assignment", "a", {})
    outcome = papers.run(end, context(COORDINATOR, NOON + timedelta(days=1)))
    assert papers.bodies["assignment", "a"]["until"] == "2026-11-23"
    assert "officer_name" not in papers.bodies["enterprise", "e"]
    (own,) = (write for write in outcome.writes if write.kind == "own_assignment")
    assert own.body is not None
    assert own.body["until"] == "2026-11-23"
    with pytest.raises(Refusal) as refused:
        papers.run(end, context(ADMIN))
    assert refused.value.code == "ended"
    assert len(papers.run(grant("b", OFFICER), context(ADMIN)).writes) == 3


def test_the_name_of_a_later_officer_stays_when_the_former_ends() -> None:
    papers = shelf()
    papers.run(grant("a", OFFICER), context(ADMIN))
    papers.run(grant("b", OTHER), context(ADMIN))
    papers.run(change("assignment.end", "e:e", "assignment", "a", {}), context(ADMIN))
    assert papers.bodies["enterprise", "e"]["officer_name"] == "钱联络"


@pytest.mark.parametrize("name", ["assignment.grant", "assignment.end"])
def test_officers_do_not_assign(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        shelf().run(change(name, "e:e", "assignment", "a", {}), context(OFFICER))
    assert refused.value.code == "role"


def test_a_published_form_does_not_change() -> None:
    papers = Shelf("ref:xd")

    def publish(source: str) -> Any:
        args = {"form_id": "visit_three", "version": "1", "title": "三问", "source": source}
        return change("form.publish", "ref:xd", "form", "visit_three@1", args)

    papers.run(publish("| survey |"), context(ADMIN))
    assert papers.run(publish("| survey |"), context(ADMIN)).writes == ()
    with pytest.raises(Refusal) as refused:
        papers.run(publish("| other |"), context(ADMIN))
    assert refused.value.code == "form_published"


def test_a_dictionary_is_published_anew_only_where_it_differs() -> None:
    papers = Shelf("ref:xd")

    def publish(version: str) -> Any:
        args = {"version": version, "content": {"items": [{"id": "a"}]}}
        return change("dictionary.publish", "ref:xd", "dictionary", "departments", args)

    def kinds(version: str) -> list[tuple[str, str]]:
        return [(write.kind, write.id) for write in papers.run(publish(version), context(ADMIN)).writes]

    # The present one, and the version for ever: what is older is judged by it.
    assert kinds("1") == [("dictionary", "departments"), ("dictionary_version", "departments@1")]
    assert kinds("1") == []
    assert kinds("2") == [("dictionary", "departments"), ("dictionary_version", "departments@2")]
    assert kinds("1") == [("dictionary", "departments")], "back to what was"
    args = {"version": "1", "content": {"items": []}}
    with pytest.raises(Refusal) as refused:
        papers.run(change("dictionary.publish", "ref:xd", "dictionary", "departments", args), context(ADMIN))
    assert refused.value.code == "dictionary_published"
