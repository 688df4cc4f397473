"""The life of an agency case: commissioned with a signed paper, its steps side by side as the template says, signed by both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.domain.agency_case import AgencyCase, CaseState, StepState
from app.domain.people import Role
from sync.server.demo import odds
from sync.server.demo.ground import Firm, Ground
from sync.server.demo.sheets import attach
from sync.server.demo.stage import Story

ENDED = (StepState.DONE, StepState.NOT_INVOLVED)


class CaseLife:
    """One case of one enterprise, by the officer who leads there."""

    def __init__(self, ground: Ground, firm: Firm, number: int, stop: str = "") -> None:
        self.ground, self.stage, self.firm, self.stop = ground, ground.stage, firm, stop
        self.luck = self.stage.luck("case", number)
        self.agent = firm.lead
        self.coordinator = self.luck.pick(ground.of_role(Role.COORDINATOR))
        self.id, self.number = self.stage.id("case", number), number
        self.running: set[str] = set()
        self.quick = False
        """The template promises days for the whole: nobody loses any between its steps."""

    def do(self, name: str, who: Any = None, **args: Any) -> None:
        self.stage.do(who or self.agent, f"agency.{name}", self.firm.bucket, AgencyCase.kind, self.id, **args)

    @property
    def case(self) -> AgencyCase:
        return AgencyCase.model_validate(self.stage.body(self.firm.bucket, AgencyCase.kind, self.id))

    def live(self) -> Story:
        stage, luck, words = self.stage, self.luck, self.ground.words
        template = luck.one_of(odds.TEMPLATES)
        self.do(
            "open", local_number=f"DB-{self.number:03d}", template=template, fit=True, contact_name=self.firm.contact,
            title=luck.pick(words["case_titles"][template]), contact_phone=self.firm.phone,
        )  # fmt: skip
        self.quick = self.case.total_days is not None
        if self.stop == CaseState.CONSULTING:
            return
        yield stage.later(luck, 0, 3)
        names = luck.sample(words["materials"], 2)
        self.do(
            "hand_over",
            materials=[{"name": name, "original": place == 0} for place, name in enumerate(names)],
        )
        attach(stage, self.agent, self.firm, "commission", self.id, case=self.id)
        agents = [{"person": self.agent.person, "name": self.agent.name}]
        until = (stage.today + timedelta(days=luck.randint(150, 360))).isoformat()
        self.do(
            "commission",
            agents=agents,
            powers=["submit", "correct"],
            signed_by=self.firm.contact,
            until=until,
        )
        if self.stop == CaseState.COMMISSIONED:
            return
        yield stage.later(luck, 0, 1)
        self.do("accept", self.coordinator)
        if self.stop == CaseState.ACCEPTED:
            return
        yield from self._work()

    def _work(self) -> Story:
        stage, luck = self.stage, self.luck
        halted = luck.happens(odds.CASE_SUSPENDED) or self.stop == CaseState.SUSPENDED
        terminated = luck.happens(odds.CASE_TERMINATED) or self.stop == CaseState.TERMINATED
        while True:
            yield stage.later(luck, 0, 1)
            case = self.case
            open_ = {key: step for key, step in case.steps.items() if step.state not in ENDED}
            if not open_:
                break
            for key, step in open_.items():
                if key not in self.running and not case.waits_for(step):
                    self.running.add(key)
                    stage.begin(stage.now, f"case step {key}", self._step(key))
            if halted and case.state is CaseState.IN_WORK:
                halted = False
                yield from self._halt()
                if self.case.state is CaseState.SUSPENDED:
                    return
            if terminated and case.state is CaseState.IN_WORK and len(open_) < len(case.steps):
                self._hand_back()
                self.do("terminate", ground="changed", text="企业调整投资计划，项目改址。")
                return
        yield from self._close()

    def _halt(self) -> Story:
        self.do("suspend", reason="企业资金没有到位，先停一停")
        if self.stop == CaseState.SUSPENDED:
            return
        yield self.stage.later(self.luck, 10, 25)
        attach(self.stage, self.agent, self.firm, "renewal", self.id, case=self.id)
        self.do(
            "renew", until=(self.stage.today + timedelta(days=200)).isoformat(), text="资金到位，继续办理"
        )

    def _going(self) -> bool:
        return self.case.state in (CaseState.ACCEPTED, CaseState.IN_WORK)

    def _step(self, key: str) -> Story:
        """One step. Where the case stands still meanwhile, it waits."""
        stage, luck = self.stage, self.luck
        if not self._going():
            return
        step = self.case.steps[key]
        if step.optional and luck.happens(odds.STEP_SKIPPED):
            self.do("step_skip", step=key, reason="本项目不涉及")
            return
        variant = luck.pick(step.variants).key if step.variants else None
        self.do("step_start", step=key, **({"variant": variant} if variant else {}))
        yield from self._wait(0, 3)
        self._file(key)
        yield from self._wait(0, 1)
        if luck.happens(odds.STEP_REJECTED):
            self.do("step_reject", step=key, reason="材料与系统登记不一致")
            yield from self._wait(1, 3)
            self.do("step_restart", step=key)
            yield from self._wait(1, 3)
            self.do("step_file", step=key)
        self.do("step_accept", step=key, number=f"SL-{luck.randint(10000, 99999)}")
        yield from self._promise(key)
        if lacking := [one.name for one in self.case.steps[key].missing if one.supplied_on is None]:
            self.do("step_supply", step=key, pieces=lacking)
        self.do("step_done", step=key, number=f"PF-{stage.today.year}-{luck.randint(100, 999)}")
        if (self.case.steps[key].validity_months or 99) <= 6 and luck.happens(0.75):
            yield stage.later(luck, 10, 40)
            if self.case.state is not CaseState.TERMINATED:
                self.do("step_validity", step=key, used=True)

    def _file(self, key: str) -> None:
        step, luck = self.case.steps[key], self.luck
        if step.materials and luck.happens(odds.STEP_LACKING):
            until = (self.stage.today + timedelta(days=12)).isoformat()
            self.do("step_file", step=key, mode="lacking", missing=[step.materials[-1]], until=until)
        else:
            self.do("step_file", step=key)
        meets = luck.happens(odds.CASE_MET) and step.department is not None
        if step.department is not None and luck.happens(0.6):
            self.do(
                "contact", sides=["agent", "department", *(["enterprise"] if meets else [])], department=step.department,
                step=key, about=f"递交{step.name}材料", people=self.ground.handlers(step.department)[0].name,
                method="window", why="法定须本人到场核对身份" if meets else None,
            )  # fmt: skip

    def _promise(self, key: str) -> Story:
        """The days at the department, with a stop of the clock where it comes to one."""
        luck = self.luck
        limit = self.case.steps[key].limit_days or 1
        days = (
            limit + luck.randint(1, 3)
            if luck.happens(odds.STEP_LATE)
            else int(limit * luck.uniform(0.3, 0.95))
        )
        if limit > 2 and luck.happens(odds.STEP_CORRECTED):
            yield from self._wait(1, 2)
            self.do("step_correct", step=key, reason="补一份盖章的说明")
            yield from self._wait(1, 3)
            self.do("step_corrected", step=key)
        elif limit > 4 and luck.happens(odds.STEP_STOPPED):
            yield from self._wait(1, 2)
            self.do("step_stop", step=key, reason="publicity")
            yield from self._wait(5, 7)
            self.do("step_resume", step=key)
        yield from self._wait(days, days)

    def _wait(self, least: int, most: int) -> Story:
        yield self.stage.later(self.luck, *((0, 0) if self.quick and least == 0 else (least, most)))
        while not self._going():
            if self.case.state is not CaseState.SUSPENDED:
                yield self.stage.until + timedelta(days=1)
            yield self.stage.later(self.luck, 3, 5)

    def _hand_back(self) -> None:
        rows = [id for id, row in self.case.materials.items() if row.returned_on is None]
        if rows:
            self.do("hand_back", materials=rows, to=self.firm.contact)

    def _close(self) -> Story:
        stage, luck = self.stage, self.luck
        self._hand_back()
        attach(stage, self.agent, self.firm, "settlement", self.id, case=self.id)
        self.do("sign_enterprise", signed_by=self.firm.contact)
        yield stage.later(luck, 0, 1)
        self.do("sign_agent")
        self.do("settle", text="全部环节办结，证照已交企业")
        if luck.happens(0.85):
            yield stage.later(luck, 2, 6)
            revisitor = luck.pick(self.ground.of_role(Role.REVISITOR))
            satisfaction = luck.one_of(odds.GOOD)
            self.do(
                "revisit",
                revisitor,
                method="phone",
                satisfaction=satisfaction,
                text=luck.pick(self.ground.words["good_words"]),
            )


def plan(ground: Ground) -> None:
    """The year's cases, and one of each state on the last day."""
    stage = ground.stage
    count = stage.of_year(odds.CASES)
    for number in range(count):
        luck = stage.luck("case day", number)
        day = stage.workday(stage.today + timedelta(days=luck.randrange(10, stage.days - 3)))
        stage.begin(stage.moment(day, luck), "case", CaseLife(ground, luck.pick(ground.firms), number).live())
    stops = (
        CaseState.CONSULTING,
        CaseState.COMMISSIONED,
        CaseState.ACCEPTED,
        CaseState.SUSPENDED,
        CaseState.TERMINATED,
    )
    for number, stop in enumerate(stops, start=count):
        luck = stage.luck("case day", number)
        day = stage.workday(stage.until.date() - timedelta(days=luck.randint(20, 35)))
        stage.begin(
            stage.moment(day, luck), "case", CaseLife(ground, luck.pick(ground.firms), number, stop).live()
        )
