"""The steps an entry of a register goes, as data: which may come after which, and what each has to say.

融资: domain.md §5 (f) and §2.10; 政策兑现: (g) and §2.9; 履约 with its ordered chain of enforcement: (h) and §2.8;
亩均: grades given to many at once, (j) and §2.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from app.domain.record import Record, RecordStep, by_name

FINANCING = "financing"
POLICY_CLAIM = "policy_claim"
COVENANT = "covenant"
LAND_YIELD = "land_yield"
INTEGRITY = "integrity"
SATISFACTION = "satisfaction"
WEEKLY = "project_weekly"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from which stages, and which fields it needs or takes besides its day."""

    word: str
    sources: frozenset[str]
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    amount: str = "金额"
    text: str = "说明"
    party: str = "对方"
    until: str = "期限"

    @property
    def fields(self) -> frozenset[str]:
        return self.needs | self.takes


def _step(word: str, sources: str, needs: str = "", takes: str = "", **more: Any) -> Step:
    return Step(word, frozenset(sources.split()), frozenset(needs.split()), frozenset(takes.split()), **more)


_CHAIN = "none reminder interview lawyer_letter liability"
STEPS: dict[str, dict[str, Step]] = {
    FINANCING: {
        "matched": _step("匹配", "registered", takes="text", text="配出了哪些产品"),
        "mediated": _step("撮合", "matched mediated", "party", "text", party="银行"),
        "consulted": _step("会诊", "matched mediated", "text", text="会诊意见"),
        "granted": _step("授信", "mediated consulted", "amount party", amount="授信额", party="银行"),
        "lent": _step("放款", "granted lent", "amount", "party text", amount="放款额", party="银行"),
        "refused": _step("未获批", "mediated consulted", "reasons", "party text", party="银行"),
        "withdrawn": _step(
            "撤回", "registered matched mediated consulted granted", "text", text="企业为什么撤回"
        ),
        "registered": _step("重新提出", "refused withdrawn", "text", text="和上次有什么不同"),
    },
    POLICY_CLAIM: {
        "fits": _step("符合", "survey unfit", takes="text"),
        "unfit": _step("不符", "survey fits", "text", text="哪一条不符"),
        "declared": _step("申报", "fits returned", takes="text until", until="承诺办结日"),
        "accepted": _step("受理", "declared", takes="party", party="受理单位"),
        "reviewed": _step("审核", "accepted", "amount", "text", amount="核定额"),
        "published": _step("公示", "reviewed", takes="until", until="公示到哪天"),
        "paid": _step("拨付", "reviewed published", "amount", "text", amount="拨付额"),
        "received": _step("到账", "paid", takes="amount text", amount="到账额"),
        "returned": _step("退回", "declared accepted reviewed", "text", text="退回的原因"),
        "paused": _step("暂缓", "fits declared accepted reviewed published", "reasons", "text"),
        "resumed": _step("恢复办理", "paused", takes="text"),
    },
    COVENANT: {
        "reminder": _step("提醒函", "none", "text", "until", text="提醒了什么"),
        "interview": _step(
            "约谈", _CHAIN, "text until", "party", text="约谈纪要", until="整改期限", party="参加人"
        ),
        "lawyer_letter": _step("律师函", _CHAIN, "until", "text", until="律师函要求的期限"),
        "liability": _step("违约追究", _CHAIN, "text", "amount", text="追究的办法"),
        "termination": _step("中止或解除", _CHAIN, "text", text="依据"),
        "mended": _step("整改到位", _CHAIN, "text", text="怎样整改的"),
    },
    LAND_YIELD: {
        "graded": _step("评档", "measured graded", "result score scheme"),
    },
}
"""Register → step's code → the step. What is not here has no steps."""

CHAIN = ("none", "reminder", "interview", "lawyer_letter", "liability", "termination")
"""提醒函→约谈→律师函→违约追究→中止/解除: each after the one before it has left its trace (domain.md §5 (h))."""
FIRST = {FINANCING: "registered", POLICY_CLAIM: "survey", COVENANT: "none", LAND_YIELD: "measured"}
STAGE_WORDS = {
    FINANCING: {
        "registered": "登记",
        **{code: step.word for code, step in STEPS[FINANCING].items() if code != "registered"},
    },
    POLICY_CLAIM: {"survey": "摸底", **{code: step.word for code, step in STEPS[POLICY_CLAIM].items()}},
    COVENANT: {"none": "没有启动", **{code: step.word for code, step in STEPS[COVENANT].items()}},
    LAND_YIELD: {"measured": "已测算", "graded": "已评档"},
}
REASONS = {
    FINANCING: {
        "credit_record": "征信",
        "collateral": "抵押",
        "cash_flow": "流水",
        "industry": "行业",
        "quota": "额度",
        "documents": "资料",
    },
    POLICY_CLAIM: {
        "no_funds": "资金未到位",
        "conditions": "条件未达",
        "materials": "材料缺",
        "expired": "政策过期",
        "covenant": "企业未履约",
        "dispute": "争议",
    },
}
"""Why a bank said no, why money was not paid: the codes of the forms."""
_FORM_STAGE = {FINANCING: "stage", POLICY_CLAIM: "status", COVENANT: "step"}
"""The form's own answer to how far it is."""
_UNSHARED = frozenset({"matched", "withdrawn", "registered"})
"""Without the enterprise's consent nothing goes to a bank (domain.md §5 (f), L14)."""


def stage_of(record: Record) -> str:
    """How far an entry is: what its form says, and the steps since. Empty where it has no stages."""
    register = record.ledger or ""
    if register not in STEPS:
        return ""
    stage = _stage_of_form(record)
    before_pause = _dated_stage(record) if stage == "paused" else stage
    for step in fresh_steps(record):
        if step.step == "paused":
            before_pause = stage
        stage = before_pause if step.step == "resumed" else step.step
        stage = "none" if step.step == "mended" else stage
    return stage


def _dated_stage(record: Record) -> str:
    """How far a claim was by the days in its form, whatever holds it up now."""
    said = by_name(record.values)
    days = {
        "published": "y10_published",
        "reviewed": "y10_reviewed",
        "accepted": "y10_accepted",
        "declared": "y09_declared",
    }
    return next((stage for stage, name in days.items() if said.get(name)), "fits")


def fresh_steps(record: Record) -> list[RecordStep]:
    """The steps since the form itself last said how far it is: its newest version was begun with the earlier ones in
    it (`app.domain.record_progress`). All of them where it does not say."""
    steps = record.steps or []
    named = by_name(record.values).get(_FORM_STAGE.get(record.ledger or "", ""))
    return [step for step in steps if step.version >= record.version] if named else list(steps)


def _stage_of_form(record: Record) -> str:
    register = record.ledger or ""
    named = by_name(record.values).get(_FORM_STAGE.get(register, ""))
    words = STAGE_WORDS[register]
    return str(named) if named in words else FIRST[register]


def steps_from(record: Record) -> dict[str, Step]:
    """The steps an entry may go next, in their order. None of one that was withdrawn."""
    if record.withdrawn_at is not None:
        return {}
    stage = stage_of(record)
    found = {code: one for code, one in STEPS.get(record.ledger or "", {}).items() if stage in one.sources}
    if record.ledger == COVENANT:
        found = {code: _in_chain(code, stage, one) for code, one in found.items() if _onward(code, stage)}
    if record.ledger == FINANCING and not shared(record.values):
        found = {code: one for code, one in found.items() if code in _UNSHARED}
    return found


def shared(values: Mapping[str, Any]) -> bool:
    """Whether the enterprise lets banks see what it said (L14); a form that does not ask leaves it open."""
    return bool(by_name(dict(values)).get("l14_authorized", "yes") == "yes")


def _onward(code: str, stage: str) -> bool:
    """Only forwards along the chain; mended from anywhere something was begun."""
    if code == "mended":
        return stage != "none"
    return CHAIN.index(code) > CHAIN.index(stage)


def _in_chain(code: str, stage: str, step: Step) -> Step:
    """What comes later than next needs a leader's approval with the reason."""
    if code == "mended" or CHAIN.index(code) == CHAIN.index(stage) + 1:
        return step
    return replace(step, needs=step.needs | {"special"})


def step_problem(record: Record, taken: RecordStep, today: str) -> str:
    """Why this step cannot be written down, as a sentence that says what to do; empty where it can."""
    if record.withdrawn_at is not None:
        return "这一条已经作废，不能再记进展。"
    open_steps = steps_from(record)
    step = open_steps.get(taken.step)
    if step is None:
        return _why_closed(record, taken.step)
    if taken.day > today:
        return "日期不能晚于今天，请改日期。"
    last = max((one.day for one in record.steps or ()), default=record.day or "")
    if taken.day < last:
        return f"日期不能早于上一步（{last}），请改日期。"
    return _missing(step, taken) or _amount_problem(record, taken) or _reason_problem(record, taken)


def _why_closed(record: Record, code: str) -> str:
    register = record.ledger or ""
    if code not in STEPS.get(register, {}):
        return "这个台账没有这一步，请刷新后再看。"
    word = STAGE_WORDS[register].get(stage_of(record), "")
    if register == FINANCING and code not in _UNSHARED and not shared(record.values):
        return "企业没有授权把情况提供给金融机构，不能派给银行。取得授权后先改表再记。"
    return f"现在是「{word}」，还不能记「{STEPS[register][code].word}」。请先把前面的步骤记上。"


_ASKED = {
    "amount": ("amount_fen", "amount"),
    "party": ("party", "party"),
    "text": ("text", "text"),
    "until": ("until", "until"),
}


def _missing(step: Step, taken: RecordStep) -> str:
    for need in sorted(step.needs):
        if need in _ASKED:
            attribute, name = _ASKED[need]
            if getattr(taken, attribute) in (None, ""):
                return f"请填「{getattr(step, name)}」。"
        elif need == "reasons" and not taken.reasons:
            return "请至少选一项原因。"
        elif need == "special" and not (taken.special_by and taken.special_reason):
            return "前一步还没有留痕，不能直接走到这一步。情况紧急的，请写明主要领导和特批理由。"
        elif need in ("result", "score", "scheme") and not getattr(taken, need):
            return "评档要有方案、得分和档次，请从「批量评档」做。"
    return "截止日期不能早于这一步的日期。" if taken.until and taken.until < taken.day else ""


def _amount_problem(record: Record, taken: RecordStep) -> str:
    if taken.amount_fen is None:
        return ""
    if taken.amount_fen <= 0:
        return "金额要大于 0。"
    if taken.step == "lent":
        granted = _sums(record, "granted")
        lent = lent_fen(record)
        if granted and lent + taken.amount_fen > granted:
            return "放款合计不能超过授信额，请核对金额。"
    if taken.step == "paid":
        approved = _sums(record, "reviewed")
        if approved and taken.amount_fen > approved:
            return "拨付额不能超过核定额，请核对金额。"
    return ""


def _sums(record: Record, code: str) -> int:
    """The amount of the last step of this code, else what the form says."""
    named = {"granted": "granted_amount", "reviewed": "y11_approved"}[code]
    found = [one.amount_fen for one in fresh_steps(record) if one.step == code and one.amount_fen]
    return found[-1] if found else (fen(by_name(record.values).get(named)) or 0)


def lent_fen(record: Record) -> int:
    """All that was lent: what the form says, and the steps since."""
    said = fen(by_name(record.values).get("lent_amount")) or 0
    return said + sum(one.amount_fen or 0 for one in fresh_steps(record) if one.step == "lent")


def _reason_problem(record: Record, taken: RecordStep) -> str:
    known = REASONS.get(record.ledger or "", {})
    if any(reason not in known for reason in taken.reasons):
        return "选的原因不在清单里，请重新选。"
    return ""


def fen(wan: Any) -> int | None:
    """万元 as a form gives it (a number or its text) in fen; None where it is none."""
    if wan in (None, "") or isinstance(wan, bool):
        return None
    try:
        value = Decimal(str(wan)) * 1_000_000
    except InvalidOperation:
        return None
    return int(value.to_integral_value(ROUND_HALF_UP)) if value.is_finite() else None
