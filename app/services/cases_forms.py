"""What a move of a case or a step asks for, as data: the form widget of issues shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.agency_case import (
    END_GROUND_NAMES,
    MODE_NAMES,
    POWER_NAMES,
    RULE_NAMES,
    SIDE_NAMES,
    STOP_NAMES,
    AgencyCase,
    CaseStep,
    ContactRule,
    Power,
    StepMode,
    StopReason,
)
from app.domain.agency_moves import CASE_MOVES, STEP_MOVES
from app.domain.enterprise import Enterprise
from app.domain.people import Person, Role
from app.errors import KnownError
from app.services.desk import Desk
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind

OPEN = "agency.open"
METHODS = {
    "window": "窗口递交",
    "online": "网上办理",
    "phone": "电话",
    "visit": "上门",
    "meeting": "会商",
    "other": "其他",
}
"""How a contact was made; the codes stand in the case's log."""
_LINES = "一行写一份"


def method_word(code: str | None) -> str:
    return METHODS.get(code or "", code or "")


def form_to_open(desk: Desk, enterprise: str | None = None) -> ActionForm:
    """登记代办咨询. Without `enterprise` it asks which, of those that are on this laptop."""
    fields: list[Field] = []
    if enterprise is None:
        here = sorted(
            (Choice(one.id, str(one.body["name"])) for one in desk.store.of_kind(Enterprise.kind)),
            key=lambda one: one.name,
        )
        fields.append(
            Field("enterprise", "企业", FieldKind.CHOICE, True, hint="请选企业", choices=tuple(here))
        )
    templates = tuple(Choice(one.id, one.name) for one in desk.rules.case_templates)
    rules = tuple(Choice(rule.value, word) for rule, word in RULE_NAMES.items())
    fields += [
        Field("template", "模板", FieldKind.CHOICE, True, hint="请选模板", choices=templates),
        Field("title", "名称", hint="不写就用模板的名称", most=60),
        Field("project", "项目", hint="可以不填", most=80),
        Field("contact_name", "企业联系人", most=64),
        Field("contact_phone", "电话", hint="工作电话", most=32),
        Field("contact_rule", "方式", FieldKind.CHOICE, True, ContactRule.NO_MEETING.value, choices=rules),
        Field("note", "咨询内容", FieldKind.LONG, most=1000),
        Field("fit", "企业自愿、无偿代办；不涉密、不涉安全", FieldKind.YES, True),
    ]
    return ActionForm(OPEN, "登记代办", tuple(fields), "申报主体仍是企业，材料的真实性由企业负责。")


def form_for(desk: Desk, case: AgencyCase, action: str, step: str | None = None) -> ActionForm:
    """The form of a move; no fields where it only wants to be confirmed. KnownError where there is no such step."""
    if step is not None and step not in case.steps:
        raise KnownError("step", "这件代办没有这个环节，请刷新后再看。")
    word = STEP_MOVES[action].word if step is not None else CASE_MOVES[action].word
    maker = _Maker(desk, case, case.steps[step] if step is not None else None)
    make = _FORMS.get(action)
    fields, note = make(maker) if make else ((), "")
    return ActionForm(action, word, fields, note)


def agents(desk: Desk) -> tuple[Choice, ...]:
    """Who may be an agent: officers and coordinators, this person first."""
    people = [Person.of(document) for document in desk.store.of_kind(Person.kind)]
    found = {
        one.id: one.name
        for one in people
        if one.active and not {Role.OFFICER, Role.COORDINATOR}.isdisjoint(one.roles)
    }
    mine = desk.signed_in()
    if not {Role.OFFICER, Role.COORDINATOR}.isdisjoint(mine.roles):
        found[mine.person] = mine.name
    ordered = sorted(found.items(), key=lambda pair: (pair[0] != mine.person, pair[1]))
    return tuple(Choice(*pair) for pair in ordered)


Made = tuple[tuple[Field, ...], str]


class _Maker:
    """Makes the forms of one case at one moment."""

    def __init__(self, desk: Desk, case: AgencyCase, step: CaseStep | None) -> None:
        self.desk = desk
        self.case = case
        self._step = step
        self.today = desk.today.isoformat()

    @property
    def step(self) -> CaseStep:
        assert self._step is not None
        return self._step

    def day(self, label: str) -> Field:
        return Field("day", label, FieldKind.DATE, True, self.today)

    def until(self, label: str, days: int, *, required: bool = True) -> Field:
        default = self.desk.calendar.nth_workday_after(self.desk.today, days)[0].isoformat()
        return Field("until", label, FieldKind.DATE, required, default)

    def agents_field(self) -> Field:
        mine = self.desk.signed_in().person
        chosen = [agent.person for agent in self.case.agents] or [mine]
        known = agents(self.desk)
        names = {choice.code for choice in known}
        away = tuple(Choice(one.person, one.name) for one in self.case.agents if one.person not in names)
        return Field("agents", "代办员", FieldKind.MANY, True, chosen, "选 1–2 人", (*known, *away))

    def commission(self) -> Made:
        powers = tuple(Choice(power.value, word) for power, word in POWER_NAMES.items())
        return (
            self.agents_field(),
            Field("powers", "权限", FieldKind.MANY, True, [power.value for power in Power], choices=powers),
            Field("signed_by", "企业签字人", required=True, default=self.case.contact_name or "", most=64),
            self.day("签字日期"),
            self.until("委托到", 120),
        ), "签字的委托书已经添加。一件代办 1–2 人全程办理。"

    def change_agents(self) -> Made:
        return (self.agents_field(), _reason("理由")), ""

    def hand_over(self) -> Made:
        known = list(dict.fromkeys(name for _, step in self.case.ordered for name in step.materials))
        names = Field("names", "材料", FieldKind.LONG, True, hint=_LINES, most=2000)
        note = f"常用材料：{'、'.join(known[:12])}。" if known else ""
        return (
            names,
            Field("copies", "每份几套", FieldKind.NUMBER, True, 1, "套", least=1, most=99),
            Field("original", "是原件，用完要还", FieldKind.YES),
            self.day("收到日期"),
        ), note

    def hand_back(self) -> Made:
        left = tuple(
            Choice(id, row.name)
            for id, row in sorted(self.case.materials.items(), key=lambda pair: pair[1].order)
            if row.returned_on is None
        )
        everything = [choice.code for choice in left]
        return (
            Field("materials", "归还", FieldKind.MANY, True, everything, "添加材料", left),
            Field("to", "企业领回人", required=True, default=self.case.contact_name or "", most=64),
            self.day("归还日期"),
        ), ""

    def contact(self) -> Made:
        sides = tuple(Choice(side.value, word) for side, word in SIDE_NAMES.items())
        departments = tuple(Choice(one.id, one.name) for one in self.desk.rules.departments)
        steps = tuple(Choice(key, step.name) for key, step in self.case.ordered)
        strict = self.case.contact_rule is ContactRule.NO_MEETING
        return (
            Field("sides", "哪些人在场", FieldKind.MANY, True, ["agent"], choices=sides),
            Field("department", "哪个部门", FieldKind.CHOICE, hint="没有部门在场", choices=departments),
            Field("people", "人员", required=True, hint="姓名、职务", most=200),
            Field("method", "怎么联系", FieldKind.CHOICE, True, "window", choices=_pairs(METHODS)),
            Field("step", "环节", FieldKind.CHOICE, hint="不分环节", choices=steps),
            Field("about", "内容", FieldKind.LONG, True, most=500),
            Field("why", "见面原因", hint="企业与部门见了面才填", most=500),
            self.day("日期"),
        ), "两个不见面：和部门打交道由代办员去，企业不用到场。" if strict else "帮办：陪同企业去部门办理。"

    def note(self) -> Made:
        return (Field("text", "进展", FieldKind.LONG, True, most=2000),), "只添加，不改以前写的。"

    def suspend(self) -> Made:
        return (_reason("中止原因"),), "中止期间停止计时；续办要重新签委托书。"

    def renew(self) -> Made:
        text = Field("text", "说明", hint="可以不填", most=500)
        return (self.until("委托到", 120), text), "签字的续办委托书已经添加。"

    def terminate(self) -> Made:
        return (
            Field("ground", "终止原因", FieldKind.CHOICE, True, choices=_pairs(END_GROUND_NAMES)),
            Field("text", "已办、未办情况", FieldKind.LONG, True, most=1000),
        ), "终止后打印终止单，连同材料返还清单交企业。"

    def sign_enterprise(self) -> Made:
        who = Field("signed_by", "企业签字人", required=True, default=self.case.contact_name or "", most=64)
        return (who, self.day("签字日期")), "签字的办结单已经添加。"

    def sign_agent(self) -> Made:
        return (self.day("签字日期"),), "由代办员本人确认。"

    def settle(self) -> Made:
        return (Field("text", "办结说明", FieldKind.LONG, hint="可以不填", most=1000),), ""

    def revisit(self) -> Made:
        levels = tuple(Choice(o["code"], o["name"]) for o in self.desk.dictionary("revisit_satisfaction"))
        methods = {"phone": "电话", "visit": "上门", "other": "其他"}
        return (
            Field("method", "方式", FieldKind.CHOICE, True, "phone", choices=_pairs(methods)),
            Field("satisfaction", "满意度", FieldKind.CHOICE, True, choices=levels),
            Field("text", "企业意见", FieldKind.LONG, most=2000),
        ), ""

    # ------------------------------------------------------------------ steps

    def start(self) -> Made:
        people = tuple(Choice(agent.person, agent.name) for agent in self.case.agents)
        in_charge = self.step.person or (people[0].code if people else None)
        fields = []
        if self.step.variants:
            choices = tuple(Choice(one.key, f"{one.name}（{one.words}）") for one in self.step.variants)
            fields.append(
                Field("variant", "情形", FieldKind.CHOICE, True, self.step.variant, choices=choices)
            )
        fields.append(Field("person", "责任人", FieldKind.CHOICE, True, in_charge, choices=people))
        fields.append(self.day("启动日期"))
        return tuple(fields), self.step.trigger

    def skip(self) -> Made:
        return (_reason("为什么不涉及"),), self.step.trigger

    def file(self) -> Made:
        lacking = frozenset({StepMode.LACKING.value, StepMode.PROMISE.value})
        when = ("mode", lacking)
        default = self.desk.calendar.nth_workday_after(self.desk.today, 10)[0].isoformat()
        wanted = f"要交的材料：{'、'.join(self.step.materials)}。" if self.step.materials else ""
        return (
            Field("mode", "方式", FieldKind.CHOICE, True, StepMode.NORMAL.value, choices=_pairs(MODE_NAMES)),
            Field("missing", "缺哪些材料", FieldKind.LONG, True, hint=_LINES, when=when, most=1000),
            Field("until", "补齐期限", FieldKind.DATE, True, default, when=when),
            self.day("报送日期"),
        ), wanted

    def accept(self) -> Made:
        number = Field("number", "受理号", required=True, most=64)
        promise = self.step.limit_days
        note = "按公告办理，没有承诺时限。" if promise is None else "承诺时限从受理次日起算。"
        return (number, self.day("受理日期")), note

    def correct(self) -> Made:
        return (_reason("要补正什么"), self.day("通知日期")), "补正期间停钟，不计承诺时限。"

    def on_day(self) -> Made:
        return (self.day("日期"),), ""

    def stop(self) -> Made:
        reasons = {
            reason.value: word for reason, word in STOP_NAMES.items() if reason is not StopReason.SUSPENDED
        }
        return (
            Field("reason", "停钟原因", FieldKind.CHOICE, True, choices=_pairs(reasons)),
            Field("text", "说明", most=500),
            self.day("从哪天起"),
        ), "停钟的日子不计承诺时限。"

    def supply(self) -> Made:
        left = tuple(Choice(name, name) for name in self.step.lacking)
        return (
            Field("pieces", "补来的", FieldKind.MANY, True, [one.code for one in left], "添加材料", left),
            self.day("补齐日期"),
        ), ""

    def done(self) -> Made:
        return (
            Field("number", "批复、证照文号", required=True, most=80),
            self.day("批复日期"),
            Field("text", "说明", hint="可以不填", most=1000),
        ), self.step.validity_note

    def broken(self) -> Made:
        return (_reason("原因"), self.day("日期")), "以后可以「重新编制」。"

    def validity(self) -> Made:
        default = self.step.expires_on
        return (
            Field("used", "已经开工或使用，不用再提醒", FieldKind.YES),
            Field("until", "延期到", FieldKind.DATE, True, default, when=("used", frozenset({False}))),
        ), self.step.validity_note

    def charge(self) -> Made:
        people = tuple(Choice(agent.person, agent.name) for agent in self.case.agents)
        return (
            Field("person", "责任人", FieldKind.CHOICE, True, self.step.person, choices=people),
        ), "责任人从代办员里选。"


def _reason(label: str) -> Field:
    return Field("reason", label, FieldKind.LONG, True, most=500)


def _pairs(names: Mapping[Any, str]) -> tuple[Choice, ...]:
    return tuple(Choice(str(code), word) for code, word in names.items())


_FORMS: Mapping[str, Callable[[_Maker], Made]] = {
    "agency.commission": _Maker.commission,
    "agency.agents": _Maker.change_agents,
    "agency.hand_over": _Maker.hand_over,
    "agency.hand_back": _Maker.hand_back,
    "agency.contact": _Maker.contact,
    "agency.note": _Maker.note,
    "agency.suspend": _Maker.suspend,
    "agency.renew": _Maker.renew,
    "agency.terminate": _Maker.terminate,
    "agency.sign_enterprise": _Maker.sign_enterprise,
    "agency.sign_agent": _Maker.sign_agent,
    "agency.settle": _Maker.settle,
    "agency.revisit": _Maker.revisit,
    "agency.step_start": _Maker.start,
    "agency.step_restart": _Maker.start,
    "agency.step_skip": _Maker.skip,
    "agency.step_file": _Maker.file,
    "agency.step_accept": _Maker.accept,
    "agency.step_correct": _Maker.correct,
    "agency.step_corrected": _Maker.on_day,
    "agency.step_stop": _Maker.stop,
    "agency.step_resume": _Maker.on_day,
    "agency.step_supply": _Maker.supply,
    "agency.step_done": _Maker.done,
    "agency.step_reject": _Maker.broken,
    "agency.step_halt": _Maker.broken,
    "agency.step_validity": _Maker.validity,
    "agency.step_person": _Maker.charge,
}
