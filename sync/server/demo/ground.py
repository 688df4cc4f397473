"""What the demo's park is made of on its first day: people in every role, enterprises with all that hangs on them, teams."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from app.domain import buckets, credit_code
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import (
    SEATS,
    Contact,
    Cultivation,
    EnterpriseTag,
    LandFlag,
    Parcel,
    Seat,
    seat_id,
)
from app.domain.people import Assignment, Person, Role
from app.domain.team import Team, TeamKind
from app.paths import resources
from sync.server import accounts
from sync.server.accounts import NewAccount
from sync.server.demo import odds
from sync.server.demo.stage import Luck, Stage
from sync.server.people import CENTER, Caller
from sync.server.store import Transaction

KNOWN: tuple[tuple[str, str, Role, str], ...] = (
    ("wangmin", "王敏", Role.OFFICER, ""),
    ("liuyang", "刘洋", Role.OFFICER, ""),
    ("chenjing", "陈静", Role.COORDINATOR, ""),
    ("zhaolei", "赵磊", Role.HANDLER, "power"),
    ("sunhui", "孙慧", Role.REVISITOR, ""),
    ("zhoujianguo", "周建国", Role.LEADER, ""),
)
"""The accounts the small demo has too (`ui.embedded.PEOPLE`): who knows them finds them here."""
ADDED = {Role.COORDINATOR: 2, Role.REVISITOR: 2, Role.LEADER: 1}


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise as the stories need it."""

    id: str
    name: str
    trade: dict[str, Any]
    contact: str
    duty: str
    phone: str
    lead: Caller
    members: tuple[Caller, ...]
    cycle: str
    employees: int
    revenue: int
    """万元 a year."""
    mu: int

    @property
    def bucket(self) -> str:
        return buckets.of_enterprise(self.id)


@dataclass
class Ground:
    """The park's people and enterprises, drawn from the seed before anything is written."""

    stage: Stage
    departments: list[str]
    people: list[tuple[Caller, str]] = field(default_factory=list)
    firms: list[Firm] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.luck = self.stage.luck("ground")
        self._people()
        self._firms()

    @cached_property
    def words(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((resources() / "demo" / "park.json").read_text(encoding="utf-8"))
        return found

    def of_role(self, role: Role) -> list[Caller]:
        return [who for who, _ in self.people if role in who.roles]

    def handlers(self, department: str) -> list[Caller]:
        return [who for who, _ in self.people if who.department == department]

    def somebody(self, luck: Luck) -> str:
        return str(luck.pick(self.words["surnames"]) + luck.pick(self.words["given"]))

    @property
    def buckets(self) -> list[str]:
        park = self.stage.park
        return [
            *(buckets.reference(park), buckets.directory(park), buckets.meetings(park)),
            *(buckets.of_department(id) for id in self.departments),
            *(buckets.of_person(who.person) for who, _ in self.people),
            *(firm.bucket for firm in self.firms),
        ]

    # ---- drawing

    def _people(self) -> None:
        taken = {name for _, name, _, _ in KNOWN}

        def fresh() -> str:
            while (name := self.somebody(self.luck)) in taken:
                pass
            taken.add(name)
            return name

        for account, name, role, department in KNOWN:
            self._person(account, name, role, department)
        for number in range(3, odds.TEAMS * 3 + 1):
            self._person(f"officer{number:02d}", fresh(), Role.OFFICER)
        for role, count in ADDED.items():
            for number in range(2, count + 2):
                self._person(f"{role.value}{number}", fresh(), role)
        for department in self.departments:
            if not self.handlers(department):
                self._person(department, fresh(), Role.HANDLER, department)

    def _person(self, account: str, name: str, role: Role, department: str = "") -> None:
        person = self.stage.id("person", account)
        device = f"demo-{account}"
        self.people.append(
            (Caller(person, account, name, frozenset({role}), department or None, device), account)
        )

    def _firms(self) -> None:
        officers = self.of_role(Role.OFFICER)
        names = self.luck.sample(self.words["names"], odds.ENTERPRISES)
        trades = self.words["trades"]
        weights = [trade["weight"] for trade in trades]
        for number, name in enumerate(names):
            luck = self.stage.luck("firm", number)
            trade = luck.choices(trades, weights)[0]
            team = number % odds.TEAMS
            lead, *members = (
                officers[team] if place == 0 else officers[odds.TEAMS + 2 * team + place - 1]
                for place in range(3)
            )
            big = luck.happens(odds.ABOVE_SCALE)
            employees = luck.randint(60, 480) if big else luck.randint(8, 75)
            revenue = employees * luck.randint(45, 110)
            self.firms.append(
                Firm(
                    id=self.stage.id("enterprise", number),
                    name=_company(name, luck.pick(trade["words"]), luck),
                    trade=trade,
                    contact=self.somebody(luck),
                    duty=luck.pick(self.words["duties"]),
                    phone=f"0799-{3000000 + number * 137:07d}",
                    lead=lead,
                    members=tuple(members),
                    cycle=luck.one_of(odds.CYCLES),
                    employees=employees,
                    revenue=revenue,
                    mu=max(4, round(revenue / luck.randint(350, 1100))),
                )
            )

    # ---- writing down

    def lay(self, transaction: Transaction, kept: str) -> None:
        """Everything of the first day. `kept` is the hashed password of all accounts."""
        stage = self.stage
        reference = buckets.reference(stage.park)
        for who, account in self.people:
            roles = tuple(who.roles)
            new = NewAccount(account, who.name, roles, who.department)
            accounts.enter(transaction.connection, new, who.person, kept, stage.now)
            body = {"account": account, "name": who.name, "roles": [role.value for role in roles]}
            if who.department:
                body["department"] = who.department
            stage.put(CENTER, reference, Person.kind, who.person, body)
        for number, firm in enumerate(self.firms):
            self._firm(number, firm)
        for team in range(odds.TEAMS):
            self._team(team)

    def _team(self, team: int) -> None:
        stage, coordinator = self.stage, self.of_role(Role.COORDINATOR)[0]
        held = self.firms[team :: odds.TEAMS]
        first = held[0]
        people = [(first.lead, "lead"), *((member, "member") for member in first.members)]
        id = stage.id("team", team)
        members = [{"person": who.person, "person_name": who.name, "duty": duty} for who, duty in people]
        stage.do(
            coordinator, "team.set", buckets.reference(stage.park), Team.kind, id,
            name=f"第{team + 1}驻企工作组", team_kind=TeamKind.ONE_PLUS_TWO.value, members=members,
        )  # fmt: skip
        for firm in held:
            for who, duty in people:
                stage.do(
                    coordinator, "assignment.grant", firm.bucket, Assignment.kind,
                    stage.id("assignment", firm.id, who.account), person=who.person, person_name=who.name,
                    role=Role.OFFICER.value, team=id, duty=duty,
                )  # fmt: skip

    def _firm(self, number: int, firm: Firm) -> None:
        luck = self.stage.luck("profile", number)
        registered = self.stage.today - timedelta(days=luck.randint(700, 7000))
        street = luck.pick(self.words["streets"])
        body = {
            "credit_code": code_of(self.stage.seed, number),
            "name": firm.name,
            "registered_on": registered.isoformat(),
            "ownership": luck.pick(
                ["有限责任公司(自然人投资或控股)", "其他有限责任公司", "有限责任公司(法人独资)"]
            ),
            "registered_capital_fen": luck.randint(2, 80) * 100 * 1_000_000,
            "registered_capital_currency": "CNY",
            "business_scope": firm.trade["scope"],
            "province": "江西",
            "region": "萍乡",
            "division": "360313",
            "address": f"{self.words['address']}{street} {luck.randint(1, 60)} 号",
            "industry": firm.trade["industry"],
            "employees": firm.employees,
            "production_status": "normal",
            "visit_cycle": firm.cycle,
            "is_above_scale": firm.revenue >= 2000,
            "revenue_last_year": str(firm.revenue),
        }
        self.stage.put(CENTER, firm.bucket, Enterprise.kind, firm.id, body)
        self._parts(number, firm, luck)

    def _parts(self, number: int, firm: Firm, luck: Luck) -> None:
        today = self.stage.today
        organisations = ["县委办公室", "工业和信息化局", "青岚产业园管委会", "竹溪村", "企业服务中心"]
        for seat, organisation in zip(SEATS, organisations, strict=True):
            holder = firm.lead.name if seat == "service_officer" else self.somebody(luck)
            if not luck.happens(odds.SEAT_VACANT):
                body = {
                    "seat": seat,
                    "person_name": holder,
                    "organisation": organisation,
                    "since": today.isoformat(),
                }
                self._part(firm, Seat.kind, seat_id(firm.id, seat), body)
        people = [(firm.contact, firm.duty, firm.phone, True), (self.somebody(luck), "办公室主任", "", False)]
        for place, (name, duty, phone, main) in enumerate(people):
            known: dict[str, Any] = {
                "name": name,
                "duty": duty,
                "main": main,
                **({"phone": phone} if phone else {}),
            }
            self._part(firm, Contact.kind, self.stage.id("contact", number, place), known)
        tags = [tag for tag, share in odds.TAGS.items() if luck.happens(share)]
        for tag in [*(["regulated_industry"] if firm.revenue >= 2000 else []), *tags]:
            body = {"tag": tag, **self._granted(tag, today, luck)}
            self._part(firm, EnterpriseTag.kind, self.stage.id("tag", number, tag), body)
        if luck.happens(odds.CULTIVATED) or 1200 <= firm.revenue < 2000:
            self._part(firm, Cultivation.kind, self.stage.id("track", number), self._track(firm, today, luck))
        flags = [luck.pick(list(LandFlag)).value] if luck.happens(odds.LAND_FLAG) else []
        area = firm.mu * 1000
        parcel = {"number": f"360313-{number + 1:04d}", "area_milli_mu": area, "use": "own", "flags": flags}
        if flags and luck.happens(0.5):
            disposed = today + timedelta(days=luck.randint(60, 300))
            if disposed <= self.stage.until.date():
                parcel |= {
                    "disposed_milli_mu": area // 2,
                    "disposed_on": disposed.isoformat(),
                    "disposal": "盘活改造",
                }
        self._part(firm, Parcel.kind, self.stage.id("parcel", number), parcel)

    def _granted(self, tag: str, today: date, luck: Luck) -> dict[str, str]:
        granted = today - timedelta(days=luck.randint(30, 760))
        if tag.startswith("list_") or tag in ("regulated_industry", "gazelle"):
            return {"granted_on": granted.isoformat()}
        ends = granted + timedelta(days=365 * (1 if tag == "tech_sme" else 3))
        return {
            "granted_on": granted.isoformat(),
            "expires_on": ends.isoformat(),
            "authority": "省工业和信息化厅",
        }

    def _track(self, firm: Firm, today: date, luck: Luck) -> dict[str, Any]:
        small = firm.revenue < 2000
        tracks = {
            "high_tech": ["摸底", "培育", "申报", "已认定"],
            "specialised": ["摸底", "创新型", "专精特新"],
        }
        track = "small_to_regulated" if small else luck.pick(list(tracks))
        stages = ["摸底", "培育", "申报", "已入库"] if small else tracks[track]
        target = date(self.stage.until.year, 12, 31).isoformat()
        body = {
            "track": track,
            "stage": luck.pick(stages[:-1]),
            "target_on": target,
            "person_name": firm.lead.name,
        }
        body["gap"] = f"营收还差 {2000 - firm.revenue} 万元" if small else "研发费用占比不够"
        done = today + timedelta(days=luck.randint(40, 360))
        if luck.happens(0.35) and done < self.stage.until.date():
            body |= {"stage": stages[-1], "done_on": done.isoformat()}
        return body

    def _part(self, firm: Firm, kind: str, id: str, body: dict[str, Any]) -> None:
        self.stage.put(CENTER, firm.bucket, kind, id, {"enterprise": firm.id, **body})


def _company(name: str, trade: str, luck: Luck) -> str:
    before, after = luck.pick(
        [("江西", "股份有限公司"), ("萍乡市", "有限公司"), ("江西", "有限公司"), ("湘东区", "有限公司")]
    )
    return f"{before}{name}{trade}{after}"


def code_of(seed: int, number: int) -> str:
    """A well formed unified credit code of nobody: no registry hands out subject codes in QLA (GB 32100, both checks right)."""
    subject = f"QLA{(seed * 7919 + 500) % 900 + 100}{number:02d}"
    first = f"91360313{subject}{credit_code.organisation_check(subject)}"
    return first + credit_code.check_character(first)
