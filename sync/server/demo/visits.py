"""A year of visits to one enterprise: planned, moved, called off, made with a filled form, returned, verified."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from app.domain import buckets
from app.domain.changes.reference import Dictionary
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import Seat, seat_id
from app.domain.entry import Entry
from app.domain.issue import ENDED, ISSUE_STATE_NAMES, Issue
from app.domain.people import Role
from app.domain.visit import Visit, cycle_of, period_of
from app.domain.visit_plan import VisitPlan
from sync.server.demo import odds
from sync.server.demo.ground import Firm, Ground
from sync.server.demo.issues import IssueLife
from sync.server.demo.sheets import Rows, Sheet, attach
from sync.server.demo.stage import Luck, Story
from sync.server.demo.troubles import Trouble, trouble
from sync.server.people import Caller

SIX = ("policy", "problems", "factors", "operation", "chain", "safety")


def year_of(ground: Ground, firm: Firm) -> Story:
    """Period after period: a plan some days ahead, and the visit on its day."""
    stage, luck = ground.stage, ground.stage.luck("visits", firm.id)
    day, number = stage.today, 0
    while day <= stage.until.date() + timedelta(days=30):
        first, last = period_of(day, cycle_of(firm.cycle))
        first = max(first, day)
        if luck.happens(odds.VISITED) and (last - first).days > 3:
            number += 1
            on = stage.workday(first + timedelta(days=luck.randrange(max(1, (last - first).days - 2))))
            begin = stage.moment(on - timedelta(days=luck.randint(2, 9)), luck, 8, 10)
            stage.begin(begin, "visit", one(ground, firm, on, number))
        day = last + timedelta(days=1)
    yield from ()


def one(ground: Ground, firm: Firm, day: date, number: int) -> Story:
    stage, luck = ground.stage, ground.stage.luck("visit", firm.id, number)
    who = luck.pick(firm.members) if luck.happens(odds.MEMBER_VISITS) else firm.lead
    purpose = luck.pick(ground.words["purposes"])
    if luck.happens(odds.PLANNED):
        plan = stage.id("plan", firm.id, number)
        method = luck.one_of(odds.METHODS)
        stage.do(
            who, "visit_plan.make", firm.bucket, VisitPlan.kind, plan,
            day=max(day, stage.today).isoformat(), method=method, purpose=purpose,
        )  # fmt: skip
        if luck.happens(odds.PLAN_CANCELLED):
            yield stage.moment(max(day - timedelta(days=1), stage.today), luck)
            stage.do(
                who, "visit_plan.cancel", firm.bucket, VisitPlan.kind, plan, reason="企业停工检修，改期另约"
            )
            return
        if luck.happens(odds.MOVED):
            yield stage.moment(max(day - timedelta(days=1), stage.today), luck)
            day = stage.after(max(day, stage.today), luck.randint(1, 4))
            stage.do(
                who, "visit_plan.move", firm.bucket, VisitPlan.kind, plan, day=day.isoformat(), reason="企业当天有客户验厂"
            )  # fmt: skip
    yield stage.moment(max(day, stage.today), luck, 9, 15)
    if any(
        row.body["state"] == "open" and row.body["officer"] == who.person
        for row in stage.of_kind(firm.bucket, Visit.kind)
    ):
        return
    yield from _Going(ground, firm, who, luck, number).go(purpose)


class _Going:
    """One visit that takes place."""

    def __init__(self, ground: Ground, firm: Firm, who: Caller, luck: Luck, number: int) -> None:
        self.ground, self.stage, self.firm, self.who, self.luck = ground, ground.stage, firm, who, luck
        self.number = number
        self.id = self.stage.id("visit", firm.id, number)
        self.form = "visit_three" if luck.happens(odds.WHOLE_FORM) else "visit_three_quick"

    def go(self, purpose: str) -> Story:
        stage, luck = self.stage, self.luck
        kind = luck.one_of(odds.KINDS)
        self.method = luck.one_of(odds.METHODS)
        stage.do(
            self.who, "visit.start", self.firm.bucket, Visit.kind, self.id, enterprise=self.firm.id,
            form_id=self.form, form_version="2026.1", local_number=f"V-{self.number:03d}", method=self.method,
            visit_kind=kind, purpose=purpose, six=luck.sample(SIX, luck.randint(1, 2)),
        )  # fmt: skip
        yield stage.now + timedelta(minutes=luck.randint(40, 110))
        troubles = self._troubles()
        self._submit(troubles, "")
        if luck.happens(odds.VISIT_RETURNED):
            yield from self._again()
        if luck.happens(odds.VISIT_VERIFIED):
            yield stage.later(luck, 1, 6)
            self._verified()

    def _troubles(self) -> list[Trouble]:
        count = self.luck.one_of(odds.DIFFICULTIES)
        found = [trouble(self.ground, self.luck) for _ in range(count)]
        return [
            one
            for place, one in enumerate(found)
            if one.title not in {other.title for other in found[:place]}
        ]

    def _again(self) -> Story:
        stage, luck = self.stage, self.luck
        coordinator = luck.pick(self.ground.of_role(Role.COORDINATOR))
        yield stage.later(luck, 1, 3)
        stage.do(
            coordinator, "visit.return", self.firm.bucket, Visit.kind, self.id, reason="产值口径与上次差别较大，请核对后再提交。"
        )  # fmt: skip
        yield stage.later(luck, 1, 3)
        self._submit([], "again")

    def _verified(self) -> None:
        coordinator = self.luck.pick(self.ground.of_role(Role.COORDINATOR))
        self.stage.do(coordinator, "visit.verify", self.firm.bucket, Visit.kind, self.id)

    def _submit(self, troubles: list[Trouble], version: str) -> None:
        stage, firm = self.stage, self.firm
        sheet = Sheet(stage, self.form, self.who, tables_for(self.ground, firm, self.id, self.who))
        sheet.answer(self._answers(sheet, troubles))
        for place in range(1, len(sheet.tables["open_issues"]) + 1):
            path = f"{sheet.paths['b03_followups']}[{place}]/b03_state"
            sheet.filling.set(path, self.luck.one_of({"in_progress": 0.7, "done": 0.2, "not_done": 0.1}))
        done = sheet.finish()
        record = stage.id("record", self.id, version)
        issues = []
        for place, entity in enumerate(one for one in done.entities if one.dataset == "issue"):
            told = dict(entity.properties)
            issues.append(
                {
                    "id": stage.id("issue", self.id, version, place),
                    "local_number": f"I-{self.number:03d}{place}",
                    "row": self.form + entity.path,
                    "solved_on_spot": told.pop("solved_on_spot", "") == "yes",
                    **{name: value for name, value in told.items() if value},
                }
            )
        stage.do(
            self.who, "visit.submit", firm.bucket, Visit.kind, self.id, issues=issues, method=self.method,
            **sheet.content(done, record),
        )  # fmt: skip
        for entity in done.entities:
            if entity.dataset == "enterprise":
                people, status = int(entity.properties["employees"]), entity.properties["status"]
                stage.patch(
                    self.who, firm.bucket, Enterprise.kind, firm.id, employees=people, production_status=status
                )  # fmt: skip
        for issue, one_ in zip(issues, troubles, strict=True):
            IssueLife(self.ground, firm, self.who, str(issue["id"]), one_).begin()

    def _answers(self, sheet: Sheet, troubles: list[Trouble]) -> dict[str, Any]:
        luck, stage, firm, words = self.luck, self.stage, self.firm, self.ground.words
        quarter_output = round(firm.revenue / 4 * luck.uniform(0.6, 1.1), 1)
        employees = max(3, round(firm.employees * luck.uniform(0.92, 1.08)))
        shortage = luck.randint(1, 1 + employees // 8) if luck.happens(0.4) else 0
        status = luck.one_of({"normal": 0.74, "full": 0.16, "half": 0.08, "stopped": 0.02})
        plans = luck.one_of(
            {
                ("expand",): 0.2,
                ("upgrade",): 0.2,
                ("talent",): 0.1,
                ("expand", "upgrade"): 0.1,
                ("none",): 0.4,
            }
        )
        given: dict[str, Any] = {
            "h5_person": firm.contact, "h5_position": firm.duty, "h5_phone": firm.phone, "h6_method": self.method,
            "h7_informed": "yes", "a01_status": status, "a03_output": str(quarter_output),
            "a02_reasons": ("orders",) if status in ("half", "stopped") else None,
            "a04_output_growth": str(round(luck.uniform(-12, 22), 1)), "a05_revenue": str(round(quarter_output * 0.94, 1)),
            "a06_tax": str(round(quarter_output * luck.uniform(0.02, 0.05), 1)), "a07_order_months": str(luck.randint(1, 8)),
            "a08_order_trend": luck.one_of({"flat": 0.5, "up": 0.3, "down": 0.2}),
            "a09_utilization": str(luck.randint(55, 98)), "a10_employees": employees, "a10_shortage": shortage,
            "a12_electricity": str(round(quarter_output * luck.uniform(0.02, 0.06), 1)),
            "a13_receivable": str(round(quarter_output * luck.uniform(0.2, 0.6), 1)), "a13_overdue": "0",
            "a15_safety": luck.one_of({"good": 0.8, "fair": 0.15, "hazards": 0.05}),
            "a17_changes": luck.pick(words["changes"]), "b01_has": "some" if troubles else "none",
            "b04_inspections": luck.randint(0, 3), "b05_improper": "none", "c01_plans": plans,
            "c02_investment": str(luck.randint(2, 40) * 100) if {"expand", "upgrade"} & set(plans) else None,
            "c05_suggestions": luck.pick(words["suggestions"]), "d01_need": "some" if luck.happens(0.25) else "none",
            "e01_card_posted": "yes", "e03_lists_told": "yes", "e05_integrity": "clean",
            "z1_opinion": luck.pick(words["opinions"]),
        }  # fmt: skip
        given |= {f"+b02_problems:{place}": one.row for place, one in enumerate(troubles)}
        delivered = luck.happens(0.5)
        given["d06_delivery"] = "delivered" if delivered else "none"
        if delivered:
            policy = luck.pick(sheet.tables["policies"])["name"]
            given["+d06_policies"] = {
                "d06_policy": policy,
                "d06_fit": luck.one_of({"fits": 0.6, "to_check": 0.3, "does_not_fit": 0.1}),
                "d06_known": "yes",
            }
        signed = self.method == "on_site" and luck.happens(0.8)
        given["z2_mode"] = "on_spot" if signed else "paper_later"
        if signed:
            given["z2_signature"] = attach(
                stage, self.who, firm, "signature", f"{self.id}/firm", visit=self.id
            )
        given["z3_signature"] = attach(
            stage, self.who, firm, "signature", f"{self.id}/{self.who.account}", visit=self.id
        )
        return given


def tables_for(ground: Ground, firm: Firm, visit: str, who: Caller) -> Mapping[str, Rows]:
    """What the forms look things up in, as a laptop's desk makes it (`app.services.visit_tables`)."""
    stage = ground.stage
    profile = Enterprise.model_validate(stage.body(firm.bucket, Enterprise.kind, firm.id))
    issues = [
        Issue.of(one) for one in stage.of_kind(firm.bucket, Issue.kind) if one.body["state"] not in ENDED
    ]
    reference = buckets.reference(stage.park)

    def items(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = stage.body(reference, Dictionary.kind, name)["content"]["items"]
        return found

    return {
        "enterprise": [
            {
                "name": profile.name, "id": profile.id, "credit_code": profile.credit_code, "address": profile.address or "",
                "industry": profile.industry or "", "scale": "", "employees": str(profile.employees or ""),
                "revenue_last": profile.revenue_last_year or "", "project_count": "0", "blacklist_status": "",
                "is_above_scale": "yes" if profile.is_above_scale else "no",
            }
        ],
        "visit": [{"number": str(stage.body(firm.bucket, Visit.kind, visit).get("number", "")), "officer": who.name}],
        "open_issues": [
            {
                "name": one.number, "id": one.id, "number": one.number, "title": one.title, "due": "",
                "state": ISSUE_STATE_NAMES[one.state], "department": one.department_name or "",
            }
            for one in sorted(issues, key=lambda one: one.raised_at)
        ],
        "seats": [
            {
                "name": seat["id"], "seat": seat["id"], "label": seat["name"],
                "person": stage.body(firm.bucket, Seat.kind, seat_id(firm.id, seat["id"])).get("person_name", ""),
            }
            for seat in items("seats")
        ],
        "policies": [
            {
                "name": one["id"], "id": one["id"], "title": one["title"],
                "document_number": one.get("document_number", ""), "review_number": one.get("review_number", ""),
            }
            for one in items("policies")
        ],
        "products": [
            {"name": one["id"], "id": one["id"], "label": one["label"], "kind": one.get("kind", "")} for one in items("products")
        ],
    }  # fmt: skip


def entries(ground: Ground, firm: Firm) -> Story:
    """入企登记: departments that came to this enterprise, over the year."""
    stage, luck = ground.stage, ground.stage.luck("entries", firm.id)
    rate = odds.ENTRIES / 365
    number = 0
    while True:
        yield stage.moment(
            stage.workday(stage.today + timedelta(days=1 + int(luck.expovariate(rate)))), luck, 9, 16
        )
        number += 1
        one = luck.pick(ground.words["entries"])
        inspects = bool(one["basis"])
        id = stage.id("entry", firm.id, number)
        stage.do(
            firm.lead, "entry.make", firm.bucket, Entry.kind, id, day=stage.today.isoformat(), entered="09:30",
            left="11:00", organisation=one["organisation"], people=luck.randint(2, 4), reason=one["reason"],
            basis=one["basis"] or None, nature="inspection" if inspects else "service", code_seen=luck.happens(0.9),
            makeup_reason="没有扫码，事后补记",
        )  # fmt: skip
        if luck.happens(0.6):
            stage.do(firm.lead, "entry.rate", firm.bucket, Entry.kind, id, rating=luck.randint(4, 5))
