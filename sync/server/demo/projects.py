"""Projects over a year: registered with their milestones, stage after stage, money by the month; and reviews of what shall come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.domain import buckets
from app.domain.agency_clock import add_months
from app.domain.people import Role
from app.domain.project import Project
from app.domain.review import Review, ReviewSheet, Verdict, seat_id
from sync.server.demo import odds
from sync.server.demo.ground import Firm, Ground
from sync.server.demo.sheets import Sheet
from sync.server.demo.stage import Story
from sync.server.demo.visits import tables_for
from sync.server.people import Caller

WAN = 1_000_000
STAGES = ("prepare", "start", "structure", "equip", "complete", "trial", "produce", "fill_capacity")
SCHEMES = ("ten", "ten", "diligence", "joint", "prereview")


def plan(ground: Ground) -> None:
    """The year's projects and reviews on their days."""
    stage = ground.stage
    for number in range(stage.of_year(odds.PROJECTS)):
        luck = stage.luck("project day", number)
        day = stage.workday(stage.today + timedelta(days=luck.randrange(2, stage.days - 40)))
        stage.begin(stage.moment(day, luck), "project", project(ground, luck.pick(ground.firms), number))
    for number in range(stage.of_year(odds.REVIEWS)):
        luck = stage.luck("review day", number)
        day = stage.workday(stage.today + timedelta(days=luck.randrange(10, stage.days - 8)))
        life = ReviewLife(ground, luck.pick(ground.firms), number)
        stage.begin(stage.moment(day, luck), "review", life.live())


def project(ground: Ground, firm: Firm, number: int) -> Story:
    stage, luck = ground.stage, ground.stage.luck("project", number)
    id, total = stage.id("project", number), luck.randint(20, 300) * 100

    def do(name: str, who: Caller = firm.lead, /, **args: Any) -> None:
        stage.do(who, f"project.{name}", firm.bucket, Project.kind, id, **args)

    old = number % 3 == 0
    signed = stage.today - timedelta(days=luck.randint(150, 300) if old else luck.randint(5, 60))
    months = {"started": 2, "completed": 8, "trial": 9, "producing": 10}
    pace = luck.uniform(0.6, 1.8)
    do(
        "open", local_number=f"XM-{number:03d}", title=luck.pick(ground.words["projects"]), signed_on=signed.isoformat(),
        content=firm.trade["scope"], total_fen=total * WAN, person_name=firm.lead.name, contact_name=firm.contact,
        planned={key: add_months(signed, after).isoformat() for key, after in months.items()},
    )  # fmt: skip
    if old:
        # Money that came before the story begins: what this year's is compared with.
        do(
            "funds",
            fen=round(total * 0.08) * WAN,
            source="企业自有资金",
            day=(signed + timedelta(days=20)).isoformat(),
        )
    if luck.happens(odds.PROJECT_NEVER_BEGUN):
        return
    halts = luck.happens(odds.PROJECT_HALTED)
    left = total
    for name in STAGES:
        yield stage.later(luck, round(14 * pace), round(30 * pace))
        do(name)
        if name == "structure" and halts:
            do("halt", reason="设计变更，等施工图重新审查")
            yield stage.later(luck, 15, 40)
            do("resume", text="施工图审查通过")
        done = min(left, round(total * luck.uniform(0.08, 0.2)))
        left -= done
        if done:
            month = stage.today.isoformat()[:7]
            planned = round(done * luck.uniform(0.85, 1.2))
            do(
                "month",
                month=month,
                planned_fen=planned * WAN,
                actual_fen=done * WAN,
                person_name=firm.lead.name,
            )
            do("funds", fen=done * WAN, source=luck.pick(["企业自有资金", "银行贷款", "专项资金"]))


class ReviewLife:
    """One review: scored by reviewers, a due diligence, or gate by gate."""

    def __init__(self, ground: Ground, firm: Firm, number: int) -> None:
        self.ground, self.stage, self.firm = ground, ground.stage, firm
        self.luck = self.stage.luck("review", number)
        self.id, self.number = self.stage.id("review", number), number
        self.coordinator = ground.of_role(Role.COORDINATOR)[0]

    def do(self, name: str, /, **args: Any) -> None:
        self.stage.do(self.coordinator, f"review.{name}", self.firm.bucket, Review.kind, self.id, **args)

    @property
    def review(self) -> Review:
        return Review.model_validate(self.stage.body(self.firm.bucket, Review.kind, self.id))

    def live(self) -> Story:
        scheme = SCHEMES[self.number % len(SCHEMES)]
        title = self.luck.pick(self.ground.words["projects"])
        self.do(
            "open", local_number=f"PS-{self.number:03d}", scheme=scheme, title=title, project=title, sponsor="商务局",
            investment_fen=self.luck.randint(30, 300) * 100 * WAN, major=False, form_version="2026.1" if scheme == "ten" else None,
        )  # fmt: skip
        if scheme == "ten":
            yield from self._scored()
        elif scheme == "diligence":
            yield from self._diligence()
        else:
            yield from self._gates()

    def _scored(self) -> Story:
        people = self.luck.sample([who for who, _ in self.ground.people if Role.HANDLER in who.roles], 4)
        self.do("name", people=[{"person": one.person, "name": one.name} for one in people])
        yield self.stage.later(self.luck, 0, 1)
        self.do("start")
        aside = people[0] if self.luck.happens(odds.REVIEWER_ASIDE) else None
        for one in people:
            yield self.stage.later(self.luck, 0, 2)
            own, seat = buckets.of_person(one.person), seat_id(self.id, one.person)
            about = {"review": self.id, "enterprise": self.firm.id}
            reason = "配偶在该企业任职" if one is aside else None
            self.stage.do(
                one,
                "review.declare",
                own,
                ReviewSheet.kind,
                seat,
                clear=one is not aside,
                reason=reason,
                **about,
            )
            if one is not aside:
                self.stage.do(one, "review.hand_in", own, ReviewSheet.kind, seat, **about, **self._sheet(one))
        yield self.stage.later(self.luck, 0, 1)
        self.do("close", text="按各评委评分汇总")

    def _sheet(self, who: Caller) -> dict[str, Any]:
        luck, revenue = self.stage.luck("sheet", self.id, who.account), float(self.firm.revenue)
        looks = (
            "industry",
            "team",
            "cash",
            "margin",
            "debt",
            "tax",
            "lawsuit",
            "orders",
            "emission",
            "energy",
        )
        assets = revenue * luck.uniform(0.9, 1.6)
        tables = tables_for(self.ground, self.firm, "", who)
        sheet = Sheet(self.stage, "review_ten", who, tables).answer(
            {
                "h7_informed": "yes",
                "p01_name": self.review.title, "p02_credit_code": tables["enterprise"][0]["credit_code"], "p03_sponsor": "商务局",
                "p04_total": "8600", "p04_fixed": "6200", "p05_site": "land", "p05_land": "40", "p06_sources": ("enterprise",),
                "p10_declared": "yes", "s01_class": self.firm.trade["industry"], "s01_catalogue": "encouraged", "s01_leading": "yes",
                "s02_inventions": luck.randint(0, 4), "s02_patents": luck.randint(2, 9), "s02_rd": f"{luck.uniform(1, 6):.1f}",
                "s03_revenue": f"{revenue:.0f}", "s03_receivable": f"{revenue * luck.uniform(0.1, 0.4):.0f}",
                "s03_cashflow": f"{revenue * luck.uniform(0.02, 0.1):.0f}", "s04_profit1": f"{revenue * luck.uniform(0.03, 0.12):.0f}",
                "s05_assets": f"{assets:.0f}", "s05_liabilities": f"{assets * luck.uniform(0.35, 0.75):.0f}",
                "s06_tax": f"{40 * luck.uniform(18, 34):.0f}", "s07_records": ("none",), "s07_tax_credit": "a",
                "s08_orders": f"{revenue * 0.4:.0f}", "s08_output": f"{revenue:.0f}", "s09_pollutants": ("none",),
                "s09_hazardous": "no", "s09_zone": "no", "s10_energy": f"{luck.uniform(0.15, 0.32):.2f}", "s10_average": "0.30",
                "s10_two_high": "no", **{f"p07_{name}": "企业提供的材料" for name in looks},
            }
        )  # fmt: skip
        content = sheet.content(sheet.finish(), "")
        kept = {name: content[name] for name in ("values", "digest", "shown", "labels")}
        return {
            **kept,
            "form_id": "review_ten",
            "form_version": "2026.1",
            "day": self.stage.today.isoformat(),
        }

    def _diligence(self) -> Story:
        since = self.stage.today.isoformat()
        doubt = False
        for key in self.review.checks:
            yield self.stage.later(self.luck, 0, 2)
            doubt_here = self.luck.happens(0.12)
            doubt |= doubt_here
            text = "合同主体与担保情况要补充说明" if doubt_here else None
            self.do("finding", part=key, finding="doubt" if doubt_here else "fine", text=text)
        number = f"鹿律字〔{self.stage.today.year}〕{self.luck.randint(10, 90)} 号"
        self.do(
            "report", agency="鹿鸣律师事务所", commissioned_on=since, report_number=number,
            reported_on=self.stage.today.isoformat(),
        )  # fmt: skip
        yield self.stage.later(self.luck, 1, 3)
        verdict = Verdict.CONDITIONAL if doubt else Verdict.GO
        self.do("conclude", verdict=verdict.value, text="补充担保说明后推进" if doubt else "可以推进")

    def _gates(self) -> Story:
        while (found := self.review.gate) is not None:
            yield self.stage.later(self.luck, 1, 4)
            for part, seat in found[1].seats.items():
                agrees = self.luck.happens(0.85)
                by = self.ground.handlers(seat.department)[0].name if seat.department else "分管负责人"
                text = None if agrees else "补充环保和用能说明"
                self.do("opinion", part=part, stance="agree" if agrees else "condition", text=text, by=by)
                if not agrees:
                    self.do("adopt", part=part, adopted=True, answer="已在协议里补充")
            self.do("pass", text="意见齐全")
