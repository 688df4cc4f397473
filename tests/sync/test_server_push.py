"""Push against a real centre: one verdict a change, whole or not at all, the same answer however often it comes."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa

from app.domain import buckets
from app.domain.ids import new_id
from sync.server import tables
from tests.support.park import Park, change, issue, patch, start_visit, submit_visit


def logged(park: Park, mid: str) -> sa.Row | None:
    with park.database.reading() as connection:
        return connection.execute(sa.select(tables.change).where(tables.change.c.mid == mid)).one_or_none()


def head(park: Park, bucket: str) -> int | None:
    with park.database.reading() as connection:
        return connection.scalar(sa.select(tables.bucket.c.head).where(tables.bucket.c.id == bucket))


def test_a_change_is_applied_and_comes_back_with_its_document(park: Park) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    [verdict] = officer.push(patch(id, employees=(None, 12)))
    assert verdict["status"] == "applied"
    assert verdict["bucket"] == buckets.of_enterprise(id)
    [[kind, row_id, rev, body]] = verdict["rows"]
    assert (kind, row_id, body["employees"]) == ("enterprise", id, 12)
    held = officer.pull_all()
    assert held.rows[buckets.of_enterprise(id), "enterprise", id] == (rev, body)


def test_the_same_change_twice_is_done_once(park: Park) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    edit = patch(id, employees=(None, 12))
    first = officer.push(edit)
    before = head(park, buckets.of_enterprise(id))
    assert officer.push(edit) == first
    assert head(park, buckets.of_enterprise(id)) == before


def test_a_repeated_change_answers_with_the_documents_of_today(park: Park) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    edit = patch(id, employees=(None, 12))
    officer.push(edit)
    officer.push(patch(id, employees=(12, 13)))
    [verdict] = officer.push(edit)
    assert verdict["status"] == "applied"
    assert verdict["rows"][0][3]["employees"] == 13


def test_the_same_change_twice_in_one_push_is_done_once(park: Park) -> None:
    id = park.enterprise()
    edit = patch(id, employees=(None, 12))
    one, two = park.officer(id).push(edit, edit)
    assert one == two


def test_changes_in_one_push_build_on_each_other(park: Park) -> None:
    id = park.enterprise()
    verdicts = park.officer(id).push(patch(id, employees=(None, 12)), patch(id, employees=(12, 20)))
    assert [verdict["status"] for verdict in verdicts] == ["applied", "applied"]
    assert [verdict["rows"][0][3]["employees"] for verdict in verdicts] == [12, 20]
    assert verdicts[1]["rows"][0][2] == verdicts[0]["rows"][0][2] + 1


def test_somebody_elses_change_id_is_refused_without_telling_anything(park: Park) -> None:
    id, other = park.enterprise(), park.enterprise()
    edit = patch(id, employees=(None, 12))
    park.officer(id).push(edit)
    [verdict] = park.officer(other).push(patch(other, mid=edit["mid"], employees=(None, 1)))
    assert verdict == {
        "mid": edit["mid"],
        "status": "refused",
        "bucket": "",
        "rows": [],
        "error": {"code": "mid_taken", "text": "操作编号重复，没有保存。请重新操作一次。"},
    }


def test_a_change_in_a_bucket_one_does_not_hold_is_escrowed_with_its_body(park: Park) -> None:
    id = park.enterprise()
    edit = patch(id, employees=(None, 12))
    stranger = park.officer(park.enterprise())
    [verdict] = stranger.push(edit)
    assert verdict["status"] == "escrowed"
    assert verdict["rows"] == []
    row = logged(park, edit["mid"])
    assert row is not None
    assert json.loads(row.body) == edit
    assert row.person == stranger.person
    assert stranger.push(edit) == [verdict]


def test_escrow_makes_no_bucket_for_an_enterprise_that_does_not_exist(park: Park) -> None:
    id = new_id()
    [verdict] = park.officer().push(patch(id, employees=(None, 12)))
    assert verdict["status"] == "escrowed"
    assert head(park, buckets.of_enterprise(id)) is None


def test_a_refused_change_of_a_coordinator_leaves_no_empty_bucket(park: Park) -> None:
    id = new_id()
    [verdict] = park.coordinator().push(patch(id, employees=(None, 12)))
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "missing")
    assert head(park, buckets.of_enterprise(id)) is None


def test_a_refusal_is_kept_with_its_reason_and_stays_the_answer(park: Park) -> None:
    id = park.enterprise()
    officer = park.officer(id)
    edit = patch(id, officer_name=(None, "张三"))
    [verdict] = officer.push(edit)
    assert verdict["status"] == "refused"
    assert verdict["error"] == {"code": "not_editable", "text": "这一项不能手工改。", "field": "officer_name"}
    row = logged(park, edit["mid"])
    assert row is not None
    assert json.loads(row.body) == edit
    assert officer.push(edit) == [verdict]


def test_a_change_that_is_not_well_formed_is_refused_alone(park: Park) -> None:
    id = park.enterprise()
    bad = [
        {**patch(id, employees=(None, 1)), "at": "昨天"},
        {**patch(id, employees=(None, 1)), "args": 7},
        {**patch(id, employees=(None, 1)), "doc": ["enterprise", "x\u0000y"]},
        {**patch(id, employees=(None, 1)), "bucket": "e:'; drop"},
        {"mid": new_id()},
        {**patch(id), "args": {"fields": {"employees": [None]}}},
    ]
    good = patch(id, employees=(None, 12))
    verdicts = park.officer(id).push(*bad, good)
    assert [verdict["status"] for verdict in verdicts] == ["refused"] * len(bad) + ["applied"]
    assert {verdict["error"]["code"] for verdict in verdicts[:-1]} == {"malformed"}
    assert all(re.search("[一-鿿]", verdict["error"]["text"]) for verdict in verdicts[:-1])
    assert all(logged(park, item["mid"]) is not None for item in bad)


def test_text_with_nul_and_rare_characters_is_kept_as_it_is(park: Park) -> None:
    id = park.enterprise()
    text = "甲\u0000乙𠮷\u2028"
    officer = park.officer(id)
    assert officer.push(patch(id, industry=(None, text)))[0]["status"] == "applied"
    assert officer.pull_all().of_kind("enterprise")[0]["industry"] == text


def test_a_field_somebody_else_altered_becomes_a_conflict_document(park: Park) -> None:
    id = park.enterprise(industry="化工")
    one, two = park.officer(id), park.officer(id)
    one.push(patch(id, industry=("化工", "陶瓷")))
    edit = patch(id, industry=("化工", "冶金"), employees=(None, 30))
    [verdict] = two.push(edit)
    assert verdict["status"] == "conflict"
    [conflict_id] = verdict["conflicts"]
    held = one.pull_all()
    [enterprise] = held.of_kind("enterprise")
    assert (enterprise["industry"], enterprise["employees"]) == ("陶瓷", 30)
    [conflict] = held.of_kind("conflict", buckets.of_enterprise(id))
    assert conflict["id"] == conflict_id
    assert (conflict["target_kind"], conflict["target_id"]) == ("enterprise", id)
    met = conflict["fields"]["industry"]
    assert (met["base"], met["theirs"], met["mine"]) == ("化工", "陶瓷", "冶金")
    assert (conflict["mid"], conflict["author"], conflict["state"]) == (edit["mid"], two.person, "open")
    assert two.push(edit)[0]["conflicts"] == [conflict_id]
    assert len(one.pull_all().of_kind("conflict")) == 1


def test_a_visit_with_its_issues_goes_in_whole_with_official_numbers(park: Park) -> None:
    id, visit = park.enterprise(), new_id()
    officer = park.officer(id)
    solved = issue("门口路灯不亮", solved_on_spot=True, solution="当场联系修好")
    verdicts = officer.push(start_visit(id, visit), submit_visit(id, visit, issue(), solved))
    assert [verdict["status"] for verdict in verdicts] == ["applied", "applied"]
    held = officer.pull_all()
    assert re.fullmatch(r"XD-ZF-2\d{3}-\d\d-\d{3,}", held.of_kind("visit")[0]["number"])
    numbers = [row["number"] for row in held.of_kind("issue")]
    assert all(re.fullmatch(r"XD-2\d{3}-\d\d-\d{3,}", number) for number in numbers)
    assert len(set(numbers)) == 2
    assert len(held.of_kind("issue_event")) == 2
    assert held.of_kind("enterprise")[0]["last_visit_on"] == "2026-11-22"


def test_a_refused_visit_leaves_nothing_and_uses_up_no_number(park: Park) -> None:
    id, visit = park.enterprise(), new_id()
    officer = park.officer(id)
    officer.push(start_visit(id, visit))
    half_wrong = submit_visit(id, visit, issue("一"), issue("二", solved_on_spot=True))
    first, second = officer.push(half_wrong, submit_visit(id, visit, issue("三"), issue("四")))
    assert (first["status"], first["error"]["code"]) == ("refused", "solution_missing")
    assert second["status"] == "applied"
    held = officer.pull_all()
    assert sorted(row["title"] for row in held.of_kind("issue")) == ["三", "四"]
    numbers = sorted(int(row["number"].rpartition("-")[2]) for row in held.of_kind("issue"))
    again, other_visit = park.enterprise(), new_id()
    other = park.officer(again)
    other.push(start_visit(again, other_visit), submit_visit(again, other_visit, issue("五")))
    [fifth] = other.pull_all().of_kind("issue")
    assert numbers[1] == numbers[0] + 1
    assert int(fifth["number"].rpartition("-")[2]) == numbers[1] + 1


def test_the_clock_of_a_deadline_is_the_centres(park: Park) -> None:
    id, visit, reported = park.enterprise(), new_id(), issue()
    park.officer(id).push(start_visit(id, visit), submit_visit(id, visit, reported))
    accept = change(
        "issue.accept", buckets.of_enterprise(id), ("issue", reported["id"]), {"category": "04", "level": 2}
    )
    coordinator = park.coordinator()
    answer = coordinator.post("/sync/push", {"device": coordinator.device, "changes": [accept]}).json()
    [verdict] = answer["results"]
    body = next(row[3] for row in verdict["rows"] if row[0] == "issue")
    assert body["accepted_at"] == answer["now"]


def test_projections_stand_in_their_buckets_in_the_same_transaction(park: Park) -> None:
    """The department's bucket is not locked at first: the transaction begins again with it."""
    id, visit, reported = park.enterprise(), new_id(), issue()
    park.officer(id).push(start_visit(id, visit), submit_visit(id, visit, reported))
    coordinator = park.coordinator()
    bucket, doc = buckets.of_enterprise(id), ("issue", reported["id"])
    verdicts = coordinator.push(
        change("issue.accept", bucket, doc, {"category": "04", "level": 2}),
        change("issue.assign", bucket, doc, {"department": "economy", "limit_days": 5}),
    )
    assert [verdict["status"] for verdict in verdicts] == ["applied", "applied"]
    assert {row[0] for row in verdicts[1]["rows"]} == {"issue", "issue_event", "issue_row"}
    held = coordinator.pull_all()
    [row] = [row for row in held.of_kind("issue_row") if row["id"] == reported["id"]]
    assert (row["state"], row["department"]) == ("assigned", "economy")
    department = park.handler("economy").pull_all()
    [issue_there] = [row for row in department.of_kind("department_issue") if row["id"] == reported["id"]]
    assert issue_there["state"] == "assigned"
    assert not [key for key in department.rows if key[0] == bucket]


def test_an_assignment_gives_the_bucket_and_its_end_takes_it(park: Park) -> None:
    id = park.enterprise()
    officer, coordinator = park.officer(), park.coordinator()
    bucket, doc = buckets.of_enterprise(id), ("assignment", new_id())
    grant = change("assignment.grant", bucket, doc, {"person": officer.person, "person_name": "刘"})
    assert coordinator.push(grant)[0]["status"] == "applied"
    held = officer.pull_all()
    assert bucket in held.cursors
    assert held.of_kind("own_assignment")[0]["enterprise"] == id
    assert officer.push(patch(id, employees=(None, 5)))[0]["status"] == "applied"

    assert coordinator.push(change("assignment.end", bucket, doc))[0]["status"] == "applied"
    after = officer.pull_all(held.cursors)
    assert after.revoked == [bucket]
    assert officer.push(patch(id, employees=(5, 6)))[0]["status"] == "escrowed"
    assert officer.push(patch(id, employees=(None, 5)))[0]["rows"] == []


def test_an_applied_change_repeated_after_the_bucket_was_lost_shows_no_rows(park: Park) -> None:
    id = park.enterprise()
    officer, coordinator = park.officer(), park.coordinator()
    bucket, doc = buckets.of_enterprise(id), ("assignment", new_id())
    coordinator.push(change("assignment.grant", bucket, doc, {"person": officer.person, "person_name": "刘"}))
    edit = patch(id, employees=(None, 5))
    officer.push(edit)
    coordinator.push(change("assignment.end", bucket, doc))
    [verdict] = officer.push(edit)
    assert (verdict["status"], verdict["rows"]) == ("applied", [])


def test_an_enterprise_cannot_be_given_to_somebody_who_does_not_exist(park: Park) -> None:
    id = park.enterprise()
    args = {"person": new_id(), "person_name": "无名"}
    [verdict] = park.coordinator().push(
        change("assignment.grant", buckets.of_enterprise(id), ("assignment", new_id()), args)
    )
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "person")


def test_a_light_row_of_another_enterprises_issue_cannot_be_taken_over(park: Park) -> None:
    mine, theirs, reported = park.enterprise(), park.enterprise(), issue()
    visits = new_id(), new_id()
    park.officer(theirs).push(start_visit(theirs, visits[0]), submit_visit(theirs, visits[0], reported))
    _, verdict = park.officer(mine).push(
        start_visit(mine, visits[1]), submit_visit(mine, visits[1], reported)
    )
    assert (verdict["status"], verdict["error"]["code"]) == ("refused", "exists")
    rows = park.coordinator().pull_all().of_kind("issue_row")
    assert [row["enterprise"] for row in rows if row["id"] == reported["id"]] == [theirs]


def test_a_bug_in_one_change_is_retried_later_and_stops_nothing(park: Park) -> None:
    """The bug is a document whose stored text is broken: reading it raises what no change function expects."""
    broken, whole = park.enterprise(), park.enterprise()
    officer = park.officer(broken, whole)
    where = sa.and_(tables.document.c.id == broken, tables.document.c.kind == "enterprise")
    with park.database.writing() as connection:
        text = connection.scalar(sa.select(tables.document.c.body).where(where))
        connection.execute(sa.update(tables.document).where(where).values(body='{"id":'))
    edit = patch(broken, employees=(None, 1))
    verdicts = officer.push(patch(whole, employees=(None, 1)), edit, patch(whole, employees=(1, 2)))
    assert [verdict["status"] for verdict in verdicts] == ["applied", "retry", "applied"]
    incident = verdicts[1]["error"]["params"]["incident"]
    assert incident in verdicts[1]["error"]["text"]
    assert f"incident {incident}" in park.server.log
    assert "Traceback" in park.server.log
    assert logged(park, edit["mid"]) is None
    with park.database.writing() as connection:
        connection.execute(sa.update(tables.document).where(where).values(body=text))
    assert officer.push(edit)[0]["status"] == "applied"


def test_a_row_the_database_refuses_stops_nothing_either(park: Park) -> None:
    good, bad = park.enterprise(), park.enterprise()
    officer = park.officer(good, bad)
    with park.database.writing() as connection:
        for statement in _trigger(park.database.is_sqlite, bad):
            connection.exec_driver_sql(statement)
    try:
        edits = (
            patch(good, employees=(None, 1)),
            patch(bad, employees=(None, 1)),
            patch(good, employees=(1, 2)),
        )
        verdicts = officer.push(*edits)
    finally:
        with park.database.writing() as connection:
            on = "" if park.database.is_sqlite else " ON document"
            connection.exec_driver_sql(f"DROP TRIGGER poison{on}")
    assert [verdict["status"] for verdict in verdicts] == ["applied", "retry", "applied"]
    held = officer.pull_all()
    employees = {body["id"]: body.get("employees") for body in held.of_kind("enterprise")}
    assert employees == {good: 2, bad: None}
    assert officer.push(edits[1])[0]["status"] == "applied"


def _trigger(sqlite: bool, id: str) -> list[str]:
    if sqlite:
        return [
            f"CREATE TRIGGER poison BEFORE UPDATE ON document WHEN NEW.id = '{id}' AND NEW.kind = 'enterprise' "
            "BEGIN SELECT RAISE(ABORT, 'poison'); END"
        ]
    return [
        "CREATE OR REPLACE FUNCTION poison() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$ LANGUAGE plpgsql",
        f"CREATE TRIGGER poison BEFORE UPDATE ON document FOR EACH ROW "
        f"WHEN (NEW.id = '{id}' AND NEW.kind = 'enterprise') EXECUTE FUNCTION poison()",
    ]


def test_a_change_from_a_newer_program_waits(park: Park) -> None:
    id = park.enterprise()
    edit = {**patch(id, employees=(None, 1)), "schema": 99}
    [verdict] = park.officer(id).push(edit)
    assert (verdict["status"], verdict["error"]["code"]) == ("retry", "server_older")
    assert logged(park, edit["mid"]) is None
