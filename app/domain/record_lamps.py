"""What is late on either side, lit: a policy's money that does not come, an agreement not kept (domain.md §5 (g), (h)).

Both sides alike: what the government owes lights as what the enterprise owes does (政企双向). Advice on (d) is advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.domain.record_steps import COVENANT, FINANCING, POLICY_CLAIM
from app.domain.work_calendar import WorkCalendar

GOVERNMENT = "政府方"
ENTERPRISE = "企业方"
BOTH = "双方"
CLAIM_WORKDAYS = 60
"""【默】 From declaring to paying, where nobody promised a day (domain.md §2.9: 「快享」 in 60 working days)."""
SOON_DAYS = 30
"""【默】 So many days before it is due something is yellow."""
CHECK_DAYS = 183
"""Half a year between two checks of an agreement (domain.md §5 (h))."""
_UNPAID = frozenset({"declared", "accepted", "reviewed", "published"})
_ENDED = frozenset({"lent", "refused", "withdrawn"})
_ORDER = {"red": 0, "yellow": 1, "green": 2}


@dataclass(frozen=True, slots=True)
class Lamp:
    """One side's light: `tone` red or yellow, `text` what is the matter in a few words."""

    side: str
    tone: str
    text: str


def lamps(
    ledger: str, facts: Mapping[str, Any], stage: str, today: date, calendar: WorkCalendar
) -> list[Lamp]:
    """The lights of an entry, red ones first; none where nothing is the matter."""
    found: list[Lamp] = []
    if ledger == POLICY_CLAIM:
        found = _claim(facts, stage, today, calendar)
    elif ledger == COVENANT:
        found = _covenant(facts, stage, today)
    elif ledger == FINANCING:
        found = _financing(facts, stage, today)
    return sorted(found, key=lambda lamp: _ORDER[lamp.tone])


def _claim(facts: Mapping[str, Any], stage: str, today: date, calendar: WorkCalendar) -> list[Lamp]:
    declared = _day(facts.get("declared_on"))
    if stage in _UNPAID and declared is not None:
        due = _day(facts.get("promised_by")) or calendar.nth_workday_after(declared, CLAIM_WORKDAYS)[0]
        return _lit(GOVERNMENT, due, today, "兑现")
    if stage == "paused":
        return [Lamp(ENTERPRISE, "yellow", "企业方有未达标事项，兑现暂缓")]
    if stage in ("fits", "survey"):
        until = _day(facts.get("window_until"))
        return _lit(ENTERPRISE, until, today, "申报窗口") if until else []
    if stage == "returned":
        return [Lamp(ENTERPRISE, "yellow", "申报被退回，待补正")]
    return []


def _covenant(facts: Mapping[str, Any], stage: str, today: date) -> list[Lamp]:
    found = []
    open_ones = [one for one in facts.get("promises", ()) if not one.get("done")]
    late = [one for one in open_ones if (day := _day(one.get("by"))) is not None and day < today]
    soon = [
        one
        for one in open_ones
        if (day := _day(one.get("by"))) is not None and today <= day <= today + timedelta(days=SOON_DAYS)
    ]
    if late:
        found.append(Lamp(GOVERNMENT, "red", f"政府承诺逾期 {len(late)} 项"))
    if soon:
        found.append(Lamp(GOVERNMENT, "yellow", f"政府承诺 {SOON_DAYS} 天内到期 {len(soon)} 项"))
    conclusion = facts.get("conclusion")
    if conclusion == "not_met":
        found.append(Lamp(ENTERPRISE, "red", "企业承诺未达标"))
    elif conclusion == "basically_met":
        found.append(Lamp(ENTERPRISE, "yellow", "企业承诺基本达标"))
    until = _day(facts.get("enforced_until"))
    if until is not None and stage not in ("none", "termination"):
        found += _lit(ENTERPRISE, until, today, "整改期限")
    checked = _day(facts.get("checked_on")) or _day(facts.get("signed_on"))
    if checked is not None and stage != "termination":
        found += _lit(GOVERNMENT, checked + timedelta(days=CHECK_DAYS), today, "半年核查")
    return found


def _financing(facts: Mapping[str, Any], stage: str, today: date) -> list[Lamp]:
    needed = _day(facts.get("needed_by"))
    return _lit(BOTH, needed, today, "资金到位期限") if needed and stage not in _ENDED else []


def _lit(side: str, due: date, today: date, what: str) -> list[Lamp]:
    days = (due - today).days
    if days < 0:
        return [Lamp(side, "red", f"{what}已超 {-days} 天")]
    if days <= SOON_DAYS:
        return [Lamp(side, "yellow", f"{what}还有 {days} 天")]
    return []


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


# ---------------------------------------------------------------- (d): advice, and nothing else

ADVICE = "请按规定向所在单位或派驻机构报告。"
_RED = {"k3_ride": "escorted", "k4_gift": "handed_in", "k7_leak": "yes"}


def advices(said: Mapping[str, Any]) -> list[str]:
    """Sentences for the author alone; the program concludes nothing and ranks nobody (domain.md §5 (d))."""
    found = []
    if any(said.get(name) == value for name, value in _RED.items()):
        found.append(ADVICE)
    if said.get("k6_interest") == "some":
        found.append("与这家企业有需要回避的利益关联，请向组长说明换人；这里只记有无。")
    if said.get("k8_reported") == "pending":
        found.append("本次活动还没有报备，请尽快补报。")
    return found
