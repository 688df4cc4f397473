"""What the figures of domain.md §9 (R17, R18, R21, R22) need of a register's entry: few plain facts, in its light row.

Made of the answers and the steps, on every machine alike. Days are Beijing days, money is fen, shares are texts with
two decimals. A question is known by its name, so that an office may move it within the form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.documents import Body
from app.domain.record import Record, RecordStep, by_name, rows_of
from app.domain.record_steps import (
    COVENANT,
    FINANCING,
    LAND_YIELD,
    POLICY_CLAIM,
    SATISFACTION,
    fen,
    fresh_steps,
    lent_fen,
    stage_of,
)


def number(value: Any) -> Decimal | None:
    """A form's number, None where there is none."""
    if value in (None, "") or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def facts_of(record: Record) -> Body:
    """The facts of an entry; empty where nothing is worked out from its register."""
    made = _FACTS.get(record.ledger or "")
    if made is None:
        return {}
    return {name: value for name, value in made(record).items() if value not in (None, "", [])}


def _last(record: Record, *codes: str) -> RecordStep | None:
    """The last such step since the form's own word (`fresh_steps`)."""
    found = [step for step in fresh_steps(record) if step.step in codes]
    return found[-1] if found else None


def _day(record: Record, code: str, named: Any) -> Any:
    step = _last(record, code)
    return step.day if step else named


def _amount(record: Record, code: str, named: Any) -> int | None:
    step = _last(record, code)
    return step.amount_fen if step and step.amount_fen else fen(named)


def _financing(record: Record) -> Mapping[str, Any]:
    """R18: 撮合率 = 有授信 ÷ 登记, 放款率 = 放款额 ÷ 需求额."""
    said = by_name(record.values)
    return {
        "need_fen": fen(said.get("l01_amount")),
        "needed_by": said.get("l04_needed_by"),
        "matched_on": _day(record, "matched", said.get("matched_on")),
        "mediated_on": _day(record, "mediated", said.get("mediated_on")),
        "consulted_on": _day(record, "consulted", said.get("consulted_on")),
        "granted_on": _day(record, "granted", said.get("granted_on")),
        "granted_fen": _amount(record, "granted", said.get("granted_amount")),
        "lent_on": _day(record, "lent", said.get("lent_on")),
        "lent_fen": lent_fen(record) or None,
    }


def _claim(record: Record) -> Mapping[str, Any]:
    """R17: 兑现率 = 已拨付额 ÷ 应兑现额; 平均到账天数 from 申报 to 到账."""
    said = by_name(record.values)
    return {
        "policy": said.get("y01_policy"),
        "due_fen": fen(said.get("y05_due")),
        "window_from": said.get("y07_from"),
        "window_until": said.get("y07_until"),
        "declared_on": _day(record, "declared", said.get("y09_declared")),
        "accepted_on": _day(record, "accepted", said.get("y10_accepted")),
        "approved_on": _day(record, "reviewed", said.get("y10_reviewed")),
        "approved_fen": _amount(record, "reviewed", said.get("y11_approved")),
        "paid_on": _day(record, "paid", said.get("y10_paid_on")),
        "paid_fen": _amount(record, "paid", said.get("y11_paid")),
        "received_on": _day(record, "received", said.get("y12_received_on")),
        "promised_by": _until(record, "declared"),
        "legacy": said.get("y14_legacy") == "yes" or None,
    }


def _until(record: Record, code: str) -> str | None:
    step = _last(record, code)
    return step.until if step else None


def _covenant(record: Record) -> Mapping[str, Any]:
    """R21: 履约率 = Σ(min(实际/承诺, 1) × 权重); 政府承诺兑现率."""
    said = by_name(record.values)
    indicators = rows_of(record.values, "v04_indicators")
    promises = rows_of(record.values, "v05_promises")
    return {
        "signed_on": said.get("v01_signed"),
        "total_fen": fen(said.get("v02_total")),
        "checked_on": record.day if said.get("purpose_kind") == "check" else None,
        "period": _period(said),
        "conclusion": said.get("conclusion_code"),
        "terms": [
            {
                "promised": row.get("v04_promised"),
                "actual": row.get("check_actual"),
                "weight": row.get("v04_weight"),
                "assessed": row.get("check_due") == "yes",
            }
            for row in indicators
        ],
        "promises": [
            {
                "by": row.get("v05_due"),
                "done": row.get("v05_done") == "yes",
                "done_on": row.get("v05_done_on"),
            }
            for row in promises
        ],
        "enforced_until": _latest_until(record),
    }


def _latest_until(record: Record) -> str | None:
    """The deadline the last step of the chain gave, while it is not mended."""
    steps = record.steps or []
    return steps[-1].until if steps and steps[-1].step != "mended" else None


def _period(said: Mapping[str, Any]) -> str | None:
    year, half = said.get("check_year"), said.get("check_half")
    return f"{year}H{1 if half == 'first' else 2}" if year and half else None


def _land(record: Record) -> Mapping[str, Any]:
    """R22: 达标家数, 四线缺口, ABCD 分布; R24 by 五未."""
    said = by_name(record.values)
    graded = _last(record, "graded")
    names = ("x01_year", "x02_area", "x03_floor_area", "x04_tax", "x05_investment", "x06_output")
    return {
        **{name.partition("_")[2]: said.get(name) for name in names},
        **{
            name.partition("_")[2]: said.get(name)
            for name in (
                "x07_added_value", "x08_energy", "x09_emission", "x10_employees",
                "x11_research", "x12_main_revenue", "x13_electricity", "x14_rated",
            )
        },
        "above_scale": said.get("kind"),
        "idle": said.get("idle_land"),
        "score": graded.score if graded else said.get("score"),
        "grade": graded.result if graded else said.get("grade"),
        "scheme": graded.scheme if graded else said.get("scheme"),
    }  # fmt: skip


def _satisfaction(record: Record) -> Mapping[str, Any]:
    said = by_name(record.values)
    return {
        "issue": said.get("issue_id"),
        "solved": said.get("t2_solved"),
        "satisfaction": said.get("t3_satisfaction"),
        "counted": said.get("counted"),
    }


_FACTS: dict[str, Callable[[Record], Mapping[str, Any]]] = {
    FINANCING: _financing,
    POLICY_CLAIM: _claim,
    COVENANT: _covenant,
    LAND_YIELD: _land,
    SATISFACTION: _satisfaction,
}

_ROW_FIELDS = (
    *("id", "enterprise", "enterprise_name", "form_id", "form_version", "ledger", "number", "title", "day"),
    *("made_at", "made_by", "made_by_name", "altered_at", "altered_by_name", "withdrawn_at", "columns"),
)


def record_row(body: Body | None) -> Body | None:
    """The light row of a register's entry; None of a visit's record, and of what is one's own (domain.md §5 (d))."""
    if body is None or not body.get("ledger") or body.get("personal"):
        return None
    return entry_row(body)


def entry_row(body: Body) -> Body:
    """What a table shows of an entry: `cells` are the answers in its columns, `facts` what figures are worked out
    from, `stage` how far it is."""
    record = Record.model_validate(body)
    columns = set(record.columns or ())
    row = {name: body[name] for name in _ROW_FIELDS if name in body}
    row["version"] = record.version
    row["cells"] = {path: value for path, value in record.values.items() if path in columns}
    row["shown"] = {path: text for path, text in record.shown.items() if path in columns}
    stage = stage_of(record)
    if stage:
        row["stage"] = stage
    facts = facts_of(record)
    if facts:
        row["facts"] = facts
    return row
