"""Entries of the registers over a year, and the steps they go: (f) 融资, (g) 政策兑现, (h) 履约, (j) 亩均 with its grades."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from app.domain import buckets
from app.domain.changes.reference import Dictionary
from app.domain.people import Role
from app.domain.record import Record
from app.domain.record_facts import facts_of
from app.domain.record_steps import COVENANT, FINANCING, LAND_YIELD, POLICY_CLAIM
from app.domain.record_yield import Scheme, grade
from sync.server.demo import odds
from sync.server.demo.ground import Firm, Ground
from sync.server.demo.sheets import Rows, Sheet, columns_of, file_entry
from sync.server.demo.stage import Luck, Story
from sync.server.demo.visits import tables_for
from sync.server.people import Caller

WAN = 1_000_000
"""Fen in 万元."""


def plan(ground: Ground) -> None:
    """The year's entries on their days."""
    stage = ground.stage
    kinds: tuple[tuple[int, Callable[[Ground, Firm, int], Story], range], ...] = (
        (odds.FINANCING, financing, range(5, stage.days - 5)),
        (odds.CLAIMS, claim, range(5, stage.days - 5)),
        (odds.COVENANTS, covenant, range(3, 60)),
        (odds.MEASURED, land_yield, range(5, stage.days - 40)),
    )
    for count, story, days in kinds:
        firms = stage.luck("registers", story.__name__).sample(ground.firms, len(ground.firms))
        for number in range(stage.of_year(count)):
            luck = stage.luck(story.__name__, "day", number)
            day = stage.workday(stage.today + timedelta(days=luck.choice(days)))
            firm = firms[number % len(firms)]
            stage.begin(stage.moment(day, luck), story.__name__, story(ground, firm, number))
    graded = stage.workday(stage.until.date() - timedelta(days=30))
    stage.begin(stage.moment(graded, stage.luck("grading")), "grading", grading(ground))


class _Entry:
    """One entry by the officer who leads: filed from a filled form, then its steps."""

    def __init__(self, ground: Ground, firm: Firm, luck: Luck, ledger: str, form_id: str) -> None:
        self.ground, self.stage, self.firm, self.luck = ground, ground.stage, firm, luck
        self.ledger, self.form_id = ledger, form_id
        self.who: Caller = firm.lead
        self.id = ""

    def sheet(self, answers: Mapping[str, Any], **tables: Rows) -> Sheet:
        known = {**tables_for(self.ground, self.firm, "", self.who), **tables}
        head = {
            "h7_informed": "yes",
            "h6_method": "on_site",
            "h5_person": self.firm.contact,
            "h5_position": self.firm.duty,
        }
        return Sheet(self.stage, self.form_id, self.who, known).answer({**head, **answers})

    def file(self, name: object, answers: Mapping[str, Any], **tables: Rows) -> None:
        self.id = file_entry(
            self.stage, self.firm, self.who, self.sheet(answers, **tables), str(name), self.ledger
        )

    def amend(self, answers: Mapping[str, Any], reason: str, **tables: Rows) -> None:
        sheet = self.sheet(answers, **tables)
        done = sheet.finish()
        present = self.stage.body(self.firm.bucket, Record.kind, self.id)
        self.stage.do(
            self.who, "record.amend", self.firm.bucket, Record.kind, self.id, of=present["digest"], reason=reason,
            form_version="2026.1", title=str(done.instance_name or "")[:200], day=self.stage.today.isoformat(),
            columns=columns_of(self.form_id), **sheet.content(done, ""),
        )  # fmt: skip

    def step(self, code: str, **args: Any) -> None:
        self.stage.do(
            self.who, "record.step", self.firm.bucket, Record.kind, self.id, step=code, day=self.stage.today.isoformat(), **args
        )  # fmt: skip


def financing(ground: Ground, firm: Firm, number: int) -> Story:
    stage, luck = ground.stage, ground.stage.luck("financing", number)
    entry = _Entry(ground, firm, luck, FINANCING, "financing_need")
    amount = luck.randint(5, 80) * 10
    by = stage.today + timedelta(days=luck.randint(40, 120))
    offers = luck.pick([("credit",), ("receivables", "credit"), ("orders",), ("patents", "credit")])
    entry.file(
        number,
        {
            "l01_amount": str(amount), "l02_term": luck.pick(["half_year", "one_year", "three_years"]),
            "l03_purpose": luck.pick(["materials", "orders", "equipment", "renewal"]), "l04_needed_by": by.isoformat(),
            "l05_urgency": luck.pick(["normal", "normal", "urgent"]), "l06_offers": offers, "l08_has": "none",
            "l12_arrears": "none", "l14_authorized": "yes" if luck.happens(0.92) else "no", "l15_contact": firm.contact,
            "stage": "registered",
        },
    )  # fmt: skip
    entry.step("matched", text="配出财园信贷通、供应链融资两个产品")
    if ground.stage.body(firm.bucket, Record.kind, entry.id)["values"].get("/target/l14_authorized") == "no":
        return
    yield stage.later(luck, 2, 6)
    bank = luck.pick(ground.words["banks"])
    if luck.happens(0.08):
        entry.step("withdrawn", text="企业货款回笼，暂不需要")
        return
    entry.step("mediated", party=bank, text="银行客户经理上门对接")
    if luck.happens(0.3):
        yield stage.later(luck, 3, 8)
        entry.step("consulted", text="会诊认为订单稳定，建议以应收账款增信")
    yield stage.later(luck, 5, 15)
    if luck.happens(0.18):
        entry.step("refused", reasons=[luck.pick(["collateral", "cash_flow", "documents"])], party=bank)
        return
    granted = round(amount * luck.uniform(0.6, 1)) * WAN
    entry.step("granted", amount_fen=granted, party=bank)
    if luck.happens(0.1):
        return
    yield stage.later(luck, 4, 12)
    first = granted if luck.happens(0.7) else granted // 2
    entry.step("lent", amount_fen=first, party=bank)
    if first < granted and luck.happens(0.6):
        yield stage.later(luck, 15, 30)
        entry.step("lent", amount_fen=granted - first, party=bank)


def claim(ground: Ground, firm: Firm, number: int) -> Story:
    stage, luck = ground.stage, ground.stage.luck("claim", number)
    entry = _Entry(ground, firm, luck, POLICY_CLAIM, "policy_claim")
    policies = tables_for(ground, firm, "", firm.lead)["policies"]
    due = luck.randint(3, 60)
    entry.file(
        number,
        {
            "y01_listed": "yes", "y01_policy": luck.pick(policies)["name"], "y02_way": "on_request", "y04_local": "yes",
            "y03_basis": "第五条第二款", "y05_due": str(due), "eligibility": "checking",
            "+y08_materials:1": {"y08_name": "申报表", "y08_have": "have"},
            "+y08_materials:2": {"y08_name": "完税证明", "y08_have": "have"},
        },
        agents=[{"name": firm.lead.person, "label": firm.lead.name}],
    )  # fmt: skip
    yield stage.later(luck, 1, 6)
    if luck.happens(0.12):
        entry.step("unfit", text="上年研发费用占比不到规定比例")
        return
    entry.step("fits")
    yield stage.later(luck, 1, 8)
    promised = stage.after(stage.today, 60).isoformat()
    entry.step("declared", until=promised)
    yield stage.later(luck, 1, 4)
    if luck.happens(0.1):
        entry.step("returned", text="缺一份完税证明")
        yield stage.later(luck, 2, 6)
        entry.step("declared", until=promised)
        yield stage.later(luck, 1, 3)
    entry.step("accepted", party="工业和信息化局")
    yield stage.later(luck, 5, 18)
    if luck.happens(0.1):
        entry.step("paused", reasons=["no_funds"])
        yield stage.later(luck, 15, 45)
        entry.step("resumed", text="资金已落实")
    approved = round(due * luck.uniform(0.8, 1), 1)
    entry.step("reviewed", amount_fen=int(approved * WAN), text="按票据核定")
    yield stage.later(luck, 1, 3)
    entry.step("published", until=(stage.today + timedelta(days=7)).isoformat())
    yield stage.later(luck, 6, 25)
    entry.step("paid", amount_fen=int(approved * WAN))
    yield stage.later(luck, 1, 3)
    entry.step("received", amount_fen=int(approved * WAN))


def covenant(ground: Ground, firm: Firm, number: int) -> Story:
    """The agreement is entered, checked each half-year, and enforced where it is not kept."""
    stage, luck = ground.stage, ground.stage.luck("covenant", number)
    entry = _Entry(ground, firm, luck, COVENANT, "covenant")
    signed = stage.today - timedelta(days=luck.randint(500, 1500))
    met = luck.happens(odds.COVENANT_MET)
    agreement = _agreement(ground, firm, number, signed)
    indicators = {
        "tax_per_mu": luck.randint(20, 35),
        "output": max(200, firm.revenue),
        "employment": max(5, firm.employees),
    }
    rows = {
        f"+v04_indicators:{key}": {
            "v04_indicator": key, "v04_promised": str(promised), "v04_year": signed.year + 1, "v04_weight": weight,
        }
        for (key, promised), weight in zip(indicators.items(), ("50", "30", "20"), strict=True)
    }  # fmt: skip
    entry.file(number, {"purpose_kind": "register", **agreement, **rows})
    for half in range(2):
        wanted = date(stage.today.year, 7, 10) if stage.today.month < 7 else date(stage.today.year + 1, 1, 10)
        yield stage.moment(stage.workday(wanted + timedelta(days=luck.randint(0, 25))), luck)
        share = luck.uniform(1.0, 1.2) if met else luck.uniform(0.6, 0.97)
        checked = {
            name: {
                **row,
                "check_actual": str(round(float(str(row["v04_promised"])) * share, 1)),
                "check_source": "statistics",
            }
            for name, row in rows.items()
        }
        period = {
            "check_year": stage.today.year if stage.today.month >= 7 else stage.today.year - 1,
            "check_half": "first" if stage.today.month >= 7 else "second", "check_pause": "no",
        }  # fmt: skip
        last = [{"name": entry.id, "checked_on": "", "conclusion": "", "rate": ""}] if half else []
        entry.amend(
            {"purpose_kind": "check", **_agreement(ground, firm, number, signed), **period, **checked},
            "半年核查",
            covenant=last,
        )
    if not met:
        yield stage.later(luck, 3, 8)
        entry.step(
            "reminder", text="亩均税收没有达到协议约定", until=(stage.today + timedelta(days=30)).isoformat()
        )
        yield stage.later(luck, 22, 30)
        if luck.happens(0.5):
            entry.step("mended", text="企业补缴差额并提交整改计划")
        else:
            entry.step(
                "interview",
                text="企业承诺年底前补足投资",
                until=(stage.today + timedelta(days=45)).isoformat(),
            )


def _agreement(ground: Ground, firm: Firm, number: int, signed: date) -> dict[str, Any]:
    """The same words whenever it is asked for; what the government has done by now."""
    luck = ground.stage.luck("agreement", number)
    start, total = signed + timedelta(days=90), luck.randint(20, 300) * 100
    promise, stage = luck.pick(ground.words["promises"]), ground.stage
    by = stage.since.date() + timedelta(days=luck.randint(-120, 300))
    done = luck.happens(0.7) and by < stage.today
    kept = (
        {"v05_done": "yes", "v05_done_on": min(by, stage.today).isoformat()} if done else {"v05_done": "no"}
    )
    return {
        "v01_title": luck.pick(ground.words["agreements"]), "v01_number": f"青园协〔{signed.year}〕{luck.randint(1, 60)} 号",
        "v01_signed": signed.isoformat(), "v01_party_a": "青岚产业园管委会", "v01_party_b": firm.name,
        "v02_total": str(total), "v02_fixed": str(round(total * 0.8)), "v03_start": start.isoformat(),
        "v03_completion": (start + timedelta(days=300)).isoformat(), "v03_production": (start + timedelta(days=330)).isoformat(),
        "v03_capacity": (start + timedelta(days=700)).isoformat(), "v05_has": "some",
        "v06_breach": "投资强度或税收没有达到约定的，按比例收回奖补，并依次提醒、约谈、发律师函、追究违约。",
        "+v05_promises": {
            "v05_item": promise["item"], "v05_department": promise["department"], "v05_due": by.isoformat(), **kept,
        },
    }  # fmt: skip


def land_yield(ground: Ground, firm: Firm, number: int) -> Story:
    stage, luck = ground.stage, ground.stage.luck("yield", number)
    entry = _Entry(ground, firm, luck, LAND_YIELD, "land_yield")
    output = firm.revenue * luck.uniform(0.9, 1.1)
    scheme = _scheme(ground)
    row = {"name": scheme.id, "version": scheme.id, "cap": str(scheme.cap)}
    row |= {f"{name}_line": str(value) for name, value in scheme.lines.items()}
    row |= {f"weight_{name}": str(value) for name, value in scheme.above.items()}
    row |= {f"weight_below_{name}": str(value) for name, value in scheme.below.items()}
    entry.file(
        number,
        {
            "x01_year": stage.today.year, "x02_by": "mu", "x02_mu": str(firm.mu), "x14_rated": "rated",
            "x03_floor_area": str(round(firm.mu * 666 * luck.uniform(0.8, 2.2))), "x04_tax": _wan(output * luck.uniform(0.03, 0.09)),
            "x05_investment": _wan(firm.mu * luck.uniform(250, 650)), "x06_output": _wan(output),
            "x07_added_value": _wan(output * luck.uniform(0.18, 0.3)), "x08_energy": _wan(output * luck.uniform(0.03, 0.09)),
            "x09_emission": str(luck.randint(1, 20)), "x10_employees": firm.employees,
            "x11_research": _wan(output * luck.uniform(0.005, 0.05)), "x12_main_revenue": _wan(output * 0.95),
            "x13_electricity": _wan(output * luck.uniform(0.02, 0.05)),
        },
        yield_scheme=[row],
    )  # fmt: skip
    yield from ()


def _wan(value: float) -> str:
    return f"{value:.1f}"


def _scheme(ground: Ground) -> Scheme:
    reference = buckets.reference(ground.stage.park)
    items = ground.stage.body(reference, Dictionary.kind, "yield_schemes")["content"]["items"]
    return Scheme.model_validate(items[0])


def grading(ground: Ground) -> Story:
    """批量评档: a month before the end, all of the year together."""
    stage = ground.stage
    scheme, coordinator = _scheme(ground), ground.of_role(Role.COORDINATOR)[0]
    found: dict[str, tuple[Firm, Mapping[str, Any]]] = {}
    for firm in ground.firms:
        for one in stage.of_kind(firm.bucket, Record.kind):
            if one.body.get("ledger") == LAND_YIELD:
                found[one.id] = (firm, facts_of(Record.of(one)))
    years = {facts["year"] for _, facts in found.values()}
    for year in sorted(years):
        for graded in grade({id: facts for id, (_, facts) in found.items() if facts["year"] == year}, scheme):
            stage.do(
                coordinator, "record.step", found[graded.id][0].bucket, Record.kind, graded.id, step="graded",
                day=stage.today.isoformat(), result=graded.grade, score=f"{graded.score}", scheme=scheme.id,
            )  # fmt: skip
    yield from ()
