"""Desks with documents in them, for tests of what is on screen: a real store, filled as a download fills it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.dictionaries import builtin
from app.domain import buckets
from app.domain.clock import Clock, to_text
from app.domain.enterprise import Enterprise, parse_amount
from app.domain.issue import Issue, IssueEvent, IssueState
from app.domain.people import Assignment, Person, Role
from app.domain.projections import projections
from app.domain.visit import PublishedForm, Record, Visit, VisitState
from app.paths import DataFolder, resources
from app.services.desk import Desk
from app.store.confirmed import ConfirmedPage, ConfirmedRow, absorb_page

PARK = "qinglan"
NOW = datetime(2026, 11, 23, 2, 26, 31, tzinfo=UTC)
OFFICER = {"person": "p-wang", "account": "wangmin", "name": "王敏", "roles": ["officer"]}
COORDINATOR = {"person": "p-chen", "account": "chenjing", "name": "陈静", "roles": ["coordinator"]}

LAST_VISITS = (
    "2026-05-14",
    "2026-09-02",
    "2026-10-20",
    "2026-09-11",
    None,
    "2026-09-15",
    "2026-11-05",
    "2026-11-12",
)
"""Of the officer's enterprises, in the order of the demo roster."""


class Writing:
    """Documents on their way into a store, in the buckets they belong to, with their projections."""

    def __init__(self) -> None:
        self.rows: dict[str, list[ConfirmedRow]] = {}

    def add(self, bucket: str, kind: str, id: str, body: dict[str, Any], *, project: bool = True) -> None:
        self.rows.setdefault(bucket, []).append(ConfirmedRow(bucket, kind, id, 1, body))
        if not project:
            return
        for write in projections(None, kind, id, body, PARK):
            if write.body is not None and write.bucket is not None:
                self.add(write.bucket, write.kind, write.id, write.body, project=False)

    def into(self, desk: Desk, keep: Iterable[str]) -> None:
        """Take what these buckets hold into the desk's store, as pages of a pull do."""
        kept = [bucket for bucket in self.rows if bucket in set(keep)]
        pages = [
            ConfirmedPage(bucket, 0, len(self.rows[bucket]), done=True, rows=self.rows[bucket])
            for bucket in kept
        ]
        absorb_page(desk.store, pages, desk.context(), sum_of=lambda _rows: "")


def open_desk(folder: Path, who: dict[str, Any], clock: Clock = lambda: NOW) -> Desk:
    """A desk somebody has signed in at, with nothing on it."""
    desk = Desk.open(DataFolder(folder), clock)
    session = {
        **who,
        "server": "http://127.0.0.1:9",
        "token": "none",
        "park": PARK,
        "park_name": "青岚产业园",
        "epoch": "e1",
        "device": "d2f1a7c0-0000-4000-8000-00000000a3c1",
    }
    desk.store.set_kv("session", session)
    return desk


def officer_desk(folder: Path, clock: Clock = lambda: NOW) -> Desk:
    """An officer with eight enterprises, some visits and issues in every state."""
    desk = open_desk(folder, OFFICER, clock)
    _park().into(desk, (f"ref:{PARK}", f"u:{OFFICER['person']}", *(f"e:ent-{n}" for n in range(8))))
    return desk


def coordinator_desk(
    folder: Path, clock: Clock = lambda: NOW, held: Sequence[str] = ("ent-0", "ent-1")
) -> Desk:
    """A coordinator with the whole park's directory, and two enterprises opened."""
    desk = open_desk(folder, COORDINATOR, clock)
    _park().into(desk, (f"ref:{PARK}", f"dir:{PARK}", *(f"e:{id}" for id in held)))
    return desk


def empty_desk(folder: Path, who: dict[str, Any] | None = None, clock: Clock = lambda: NOW) -> Desk:
    """Somebody who has just come and has nothing yet."""
    return open_desk(folder, who or OFFICER, clock)


def _park() -> Writing:
    writing = Writing()
    _reference(writing)
    with (resources() / "demo" / "roster.csv").open(encoding="utf-8-sig") as file:
        for number, row in enumerate(csv.DictReader(file)):
            _enterprise(writing, number, row)
    _visits_and_issues(writing)
    return writing


def _reference(writing: Writing) -> None:
    ref = buckets.reference(PARK)
    for form_id, title in (
        ("visit_three", "三问三帮三建走访清单"),
        ("visit_three_quick", "三问三帮三建走访清单（速记版）"),
    ):
        form = PublishedForm(
            id=f"{form_id}@2026.1",
            form_id=form_id,
            version="2026.1",
            title=title,
            source=(resources() / "forms" / f"{form_id}.md").read_text("utf-8"),
            published_at=to_text(NOW),
        )
        writing.add(ref, PublishedForm.kind, form.id, form.to_body())
    for name, content in builtin().items():
        writing.add(ref, "dictionary", name, {"id": name, "content": content})
    handler = Person(id="p-li", account="liqiang", name="李强", roles=[Role.HANDLER], department="power")
    writing.add(ref, Person.kind, handler.id, handler.to_body())


def _enterprise(writing: Writing, number: int, row: dict[str, str]) -> None:
    id = f"ent-{number}"
    mine = number < len(LAST_VISITS)
    try:
        amount = parse_amount(row["注册资金"])
    except ValueError:
        amount = None
    enterprise = Enterprise(
        id=id,
        credit_code=row["统一社会信用代码"],
        name=row["企业名称"],
        registered_on=row["注册日期"],
        ownership=row["企业类型"],
        registered_capital_fen=amount.fen if amount else None,
        registered_capital_currency=amount.currency if amount else None,
        business_scope=row["经营范围"],
        province=row["所在省份"],
        region=row["地区"],
        address=row["注册地址"],
        employees=60 + 17 * number,
        officer_name="王敏" if mine else "刘洋",
        last_visit_on=LAST_VISITS[number] if mine else None,
    )
    writing.add(buckets.of_enterprise(id), Enterprise.kind, id, enterprise.to_body())
    assignment = Assignment(
        id=f"as-{number}",
        enterprise=id,
        enterprise_name=enterprise.name,
        person=OFFICER["person"] if mine else "p-liu",
        person_name="王敏" if mine else "刘洋",
        since="2026-01-05",
    )
    writing.add(buckets.of_enterprise(id), Assignment.kind, assignment.id, assignment.to_body())


ISSUES = (
    ("厂区北门道路积水影响运输", 0, IssueState.ASSIGNED, "07", "transport", "2026-11-17T09:30:00.000Z", 5),
    ("扩建项目环评报告表受理", 1, IssueState.IN_WORK, "09", "environment", "2026-11-24T09:30:00.000Z", 10),
    ("续贷 800 万元压降", 2, IssueState.ASSIGNED, "02", "financial_office", "2026-12-04T09:30:00.000Z", 15),
    ("员工子女入学", 3, IssueState.TO_REVISIT, "04", "education", None, None),
    ("厂区扩容用电报装", 0, IssueState.REPORTED, "08", None, None, None),
    ("宗地红线图核实", 1, IssueState.REPORTED, "05", None, None, None),
    ("设备更新贷款需求 500 万元", 5, IssueState.REPORTED, "02", None, None, None),
    ("奖补资金未到账", 1, IssueState.ACCEPTED, "01", None, None, None),
    ("危废处置单位推荐", 2, IssueState.DRAFT, "09", None, None, None),
    ("招聘窑炉工六人", 4, IssueState.CLOSED, "03", "human_resources", None, None),
)
"""(title, enterprise, state, category, department, due, limit)"""


def _visits_and_issues(writing: Writing) -> None:
    names = {
        row.id: str(row.body["name"])
        for rows in writing.rows.values()
        for row in rows
        if row.kind == Enterprise.kind and isinstance(row.body, dict)
    }
    for number, day in ((6, "2026-11-05"), (7, "2026-11-12"), (0, "2026-05-14")):
        id = f"ent-{number}"
        visit = Visit(
            id=f"visit-{number}",
            number=f"ZF-2026-{number:04d}",
            local_number=f"V-A3C1-{number:03d}",
            enterprise=id,
            enterprise_name=names[id],
            officer=OFFICER["person"],
            officer_name="王敏",
            form_id="visit_three",
            form_version="2026.1",
            state=VisitState.SUBMITTED,
            day=day,
            started_at=f"{day}T01:30:00.000Z",
            submitted_at=f"{day}T03:10:00.000Z",
            record=f"record-{number}",
        )
        record = Record(
            id=f"record-{number}",
            visit=visit.id,
            enterprise=id,
            form_id="visit_three",
            form_version="2026.1",
            values={},
            digest="0" * 64,
        )
        writing.add(buckets.of_enterprise(id), Visit.kind, visit.id, visit.to_body())
        writing.add(buckets.of_enterprise(id), Record.kind, record.id, record.to_body())
    for number, what in enumerate(ISSUES):
        _issue(writing, number, names, *what)


def _issue(
    writing: Writing,
    number: int,
    names: dict[str, str],
    title: str,
    enterprise: int,
    state: IssueState,
    category: str,
    department: str | None,
    due: str | None,
    limit: int | None,
) -> None:
    id, home = f"issue-{number}", f"ent-{enterprise}"
    departments = {item["id"]: item["name"] for item in builtin()["departments"]["items"]}
    taxonomy = {item["code"]: item for item in builtin()["issue_taxonomy"]["items"]}
    accepted = state not in (IssueState.REPORTED, IssueState.DRAFT)
    issue = Issue(
        id=id,
        number=f"QL-2026-11-{number + 31:03d}",
        local_number=f"I-A3C1-{number:03d}",
        enterprise=home,
        enterprise_name=names[home],
        state=state,
        title=title,
        category=category,
        subcategory=taxonomy[category]["subcategories"][0]["code"],
        description="二期 3 条产线 12 月投产，现有 800 kVA 不够，需增容到 2000 kVA，希望年前送电。",
        expectation="年前送电",
        urgency="normal",
        level=3,
        raised_by=OFFICER["person"],
        raised_by_name="王敏",
        raised_at=f"2026-11-{10 + number:02d}T07:31:00.000Z",
        accepted_at="2026-11-12T01:00:00.000Z" if accepted else None,
        department=department,
        department_name=departments.get(department or ""),
        limit_days=limit,
        due_at=due,
        return_reason="没有写涉及金额，请补上。" if state is IssueState.DRAFT else None,
    )
    writing.add(buckets.of_enterprise(home), Issue.kind, id, issue.to_body())
    events = [("issue.report", IssueState.REPORTED, "王敏", issue.raised_at, None)]
    if accepted:
        events.append(("issue.accept", IssueState.ACCEPTED, "陈静", "2026-11-21T01:00:00.000Z", None))
    if department:
        told = departments[department]
        events.append(("issue.assign", IssueState.ASSIGNED, "陈静", "2026-11-21T02:00:00.000Z", told))
    for place, (action, to, person, at, text) in enumerate(events):
        event = IssueEvent(
            id=f"event-{number}-{place}",
            issue=id,
            action=action,
            to_state=to,
            person="p",
            person_name=person,
            at=at,
            device="d",
            text=text,
        )
        writing.add(buckets.of_enterprise(home), IssueEvent.kind, event.id, event.to_body())
