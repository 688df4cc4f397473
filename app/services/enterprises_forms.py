"""The forms of an enterprise's page as data: profile, each kind of part, entering by hand, and codes to look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import LAND_FLAG_NAMES, Contact, Cultivation, EnterpriseTag, Parcel, Seat
from app.errors import KnownError
from app.services.desk import Desk
from app.services.enterprises_entry import CYCLES
from app.services.enterprises_parts import LAND_USES, day_or_none, ends_after, milli_mu
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind
from app.services.pinyin import asks_for_initials, initials

INDUSTRIES = "industries"
DIVISIONS = "divisions"
MOST_FOUND = 8
DAY = "例如 2026-11-22"
PRODUCTION = {
    "full": "满产",
    "normal": "正常",
    "half": "半停产",
    "stopped": "停产",
    "building": "在建",
    "preparing": "筹建",
}


@dataclass(frozen=True, slots=True)
class Code:
    """An entry of a list of codes. `place` says where it belongs (the larger group, or the province)."""

    code: str
    name: str
    place: str

    @property
    def text(self) -> str:
        return f"{self.code} {self.name}"


def search_codes(desk: Desk, dictionary: str, text: str, most: int = MOST_FOUND) -> list[Code]:
    """Entries found by the beginning of the code, part of the name, or pinyin initials; those in force first, exact ones
    before others."""
    wanted = text.strip()
    if not wanted:
        return []
    items = desk.dictionary(dictionary)
    names = {str(item["code"]): str(item["name"]) for item in items}
    by_initials = asks_for_initials(wanted) and dictionary != DIVISIONS
    found: list[tuple[tuple[Any, ...], Code]] = []
    for item in items:
        code, name = str(item["code"]), str(item["name"])
        by_code = code.startswith(wanted.upper()) or code[1:].startswith(wanted)
        if not (by_code or wanted in name or (by_initials and wanted.lower() in initials(name))):
            continue
        place = _place(code, names)
        if "until" in item:
            place = f"{place}，{item['until']} 年后不再使用"
        found.append(
            (("until" in item, name != wanted, not by_code, len(code), code), Code(code, name, place))
        )
    return [code for _, code in sorted(found, key=lambda pair: pair[0])[:most]]


def _place(code: str, names: Mapping[str, str]) -> str:
    if code.isdigit():
        larger = [f"{code[:2]}0000", f"{code[:4]}00"]
    else:
        larger = [code[:1], code[:3]]
    return " · ".join(names[one] for one in larger if one in names and one != code)


def code_name(desk: Desk, dictionary: str, code: str | None) -> str:
    """`C3741 飞机制造`; what is no code of the list is shown as it is, 「—」 where there is nothing."""
    if not code:
        return "—"
    name = next((item["name"] for item in desk.dictionary(dictionary) if item["code"] == code), None)
    return f"{code} {name}" if name else code


# ---------------------------------------------------------------- forms


def profile_form(enterprise: Enterprise) -> ActionForm:
    """What of the profile is typed; industry and division are looked up beside it."""
    revenue = enterprise.revenue_last_year
    return ActionForm(
        "profile",
        "保存",
        (
            Field("name", "企业名称", required=True, default=enterprise.name, most=120),
            Field("address", "注册地址", default=enterprise.address, most=200),
            Field("registered_on", "注册日期", default=enterprise.registered_on, hint=DAY),
            Field("ownership", "企业类型", default=enterprise.ownership, most=60),
            Field("employees", "从业人数", default=_text(enterprise.employees), hint="人"),
            Field("revenue_last_year", "上年营收", default=revenue, hint="万元，用来算入规差距"),
            Field("is_above_scale", "已经是规上企业", FieldKind.YES, default=bool(enterprise.is_above_scale)),
            Field(
                "production_status",
                "生产状态",
                FieldKind.CHOICE,
                default=enterprise.production_status,
                choices=_choices(PRODUCTION),
            ),
            Field(
                "visit_cycle",
                "走访周期",
                FieldKind.CHOICE,
                required=True,
                default=enterprise.visit_cycle,
                choices=_choices(CYCLES),
            ),
            Field("business_scope", "经营范围", FieldKind.LONG, default=enterprise.business_scope),
        ),
    )


def profile_fields(form: ActionForm, args: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they shall be. KnownError in words where something cannot be read."""
    fields = _whole(form, args)
    fields["registered_on"] = day_or_none(fields["registered_on"] or "")
    fields["employees"] = _count(fields["employees"])
    fields["revenue_last_year"] = _money(fields["revenue_last_year"])
    fields["is_above_scale"] = bool(fields["is_above_scale"]) or None
    return fields


def part_form(desk: Desk, kind: str, body: Mapping[str, Any] | None = None) -> ActionForm:
    """The form of one part: filled where it is there already."""
    known = dict(body or {})
    fields = {
        Seat.kind: _seat_fields,
        Contact.kind: _contact_fields,
        EnterpriseTag.kind: _tag_fields,
        Cultivation.kind: _track_fields,
        Parcel.kind: _parcel_fields,
    }[kind](desk, known)
    return ActionForm(kind, "保存", fields)


def part_fields(desk: Desk, form: ActionForm, args: Mapping[str, Any]) -> dict[str, Any]:
    """The part as it shall be, from what the form says. KnownError where something cannot be read."""
    fields = _whole(form, args)
    for name in ("since", "granted_on", "expires_on", "target_on", "done_on", "disposed_on"):
        if name in fields:
            fields[name] = day_or_none(fields[name] or "")
    if form.action == Parcel.kind:
        fields["area_milli_mu"] = milli_mu(fields.pop("area") or "")
        fields["disposed_milli_mu"] = milli_mu(fields.pop("disposed") or "")
        fields["flags"] = fields["flags"] or []
        if fields["disposed_milli_mu"] > fields["area_milli_mu"]:
            raise KnownError("area", "已处置的面积不能大于宗地面积，请核对。")
    if form.action == EnterpriseTag.kind and not fields["expires_on"]:
        years = next(
            (t.get("years") for t in desk.dictionary("enterprise_tags") if t["code"] == fields["tag"]), None
        )
        fields["expires_on"] = ends_after(fields["granted_on"], years)
    if form.action == Contact.kind:
        fields["main"] = bool(fields["main"])
    return fields


def enter_form() -> ActionForm:
    """登记企业: what one knows on the spot."""
    return ActionForm(
        "enter",
        "登记",
        (
            Field("name", "企业全称", required=True, most=120),
            Field("code", "信用代码", hint="筹建中、还没有的可以不填"),
            Field("address", "地址", most=200),
            Field("employees", "从业人数", hint="人"),
        ),
        "没有信用代码的先用临时码登记，取得后再补；同一家已有档案的，由协调员合并，内容不会丢。",
    )


def enter_fields(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `enterprises_entry.enter` besides name and code."""
    return {"address": args.get("address"), "employees": _count(args.get("employees"))}


def _whole(form: ActionForm, args: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: args.get(one.name) for one in form.fields}


def _choices(names: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(code, name) for code, name in names.items())


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _count(text: str | None) -> int | None:
    if not (text or "").strip():
        return None
    if not str(text).strip().isdigit():
        raise KnownError("number", f"人数「{str(text).strip()}」读不出来，请填整数。")
    return int(str(text))


def _money(text: str | None) -> str | None:
    plain = (text or "").replace(",", "").strip()
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise KnownError("money", f"金额「{plain}」读不出来，请填不小于 0 的数，单位万元。")
    return f"{value:f}"


def _seat_fields(_desk: Desk, known: dict[str, Any]) -> tuple[Field, ...]:
    return (
        Field("person_name", "姓名", default=known.get("person_name"), hint="空着就是缺位", most=40),
        Field("organisation", "单位", default=known.get("organisation"), most=60),
        Field("duty", "职务", default=known.get("duty"), most=40),
        Field("phone", "工作电话", default=known.get("phone"), most=32),
        Field("since", "任期起", default=known.get("since"), hint=DAY),
    )


def _contact_fields(_desk: Desk, known: dict[str, Any]) -> tuple[Field, ...]:
    return (
        Field("name", "姓名", required=True, default=known.get("name"), most=64),
        Field("duty", "职务", default=known.get("duty"), most=40),
        Field("phone", "工作电话", default=known.get("phone"), most=32),
        Field("main", "主要联系人", FieldKind.YES, default=bool(known.get("main"))),
        Field("note", "备注", default=known.get("note"), most=120),
    )


def _tag_fields(desk: Desk, known: dict[str, Any]) -> tuple[Field, ...]:
    tags = [
        item
        for item in desk.dictionary("enterprise_tags")
        if item.get("active", True) or item["code"] == known.get("tag")
    ]
    return (
        Field(
            "tag",
            "标签",
            FieldKind.CHOICE,
            required=True,
            default=known.get("tag"),
            choices=tuple(Choice(item["code"], f"{item['group']} · {item['name']}") for item in tags),
        ),
        Field("level", "级别", default=known.get("level"), hint="国家级、省级、市级", most=20),
        Field("authority", "认定机关", default=known.get("authority"), most=60),
        Field("number", "文号或证书号", default=known.get("number"), most=60),
        Field("granted_on", "认定日", default=known.get("granted_on"), hint=DAY),
        Field("expires_on", "到期日", default=known.get("expires_on"), hint="空着时按标签的有效年限推算"),
    )


def _track_fields(desk: Desk, known: dict[str, Any]) -> tuple[Field, ...]:
    tracks = desk.dictionary("cultivation_tracks")
    return (
        Field(
            "track",
            "培育方向",
            FieldKind.CHOICE,
            required=True,
            default=known.get("track"),
            choices=tuple(Choice(item["code"], item["name"]) for item in tracks),
        ),
        Field(
            "stage",
            "阶段",
            FieldKind.CHOICE,
            default=known.get("stage"),
            by="track",
            choices_by={
                item["code"]: tuple(Choice(stage, stage) for stage in item["stages"]) for item in tracks
            },
        ),
        Field("target_on", "目标日期", default=known.get("target_on"), hint=DAY),
        Field("gap", "还差什么", default=known.get("gap"), most=120),
        Field("person_name", "责任人", default=known.get("person_name"), most=40),
        Field("done_on", "达成日", default=known.get("done_on"), hint=DAY),
    )


def _parcel_fields(_desk: Desk, known: dict[str, Any]) -> tuple[Field, ...]:
    return (
        Field("number", "宗地号", default=known.get("number"), most=60),
        Field("location", "位置", default=known.get("location"), most=120),
        Field("area", "面积", required=True, default=_mu(known.get("area_milli_mu")), hint="亩"),
        Field("use", "用途", FieldKind.CHOICE, default=known.get("use"), choices=_choices(LAND_USES)),
        Field(
            "flags",
            "五未情形",
            FieldKind.MANY,
            default=list(known.get("flags", ())),
            choices=tuple(Choice(flag.value, name) for flag, name in LAND_FLAG_NAMES.items()),
        ),
        Field("disposal", "处置办法", default=known.get("disposal"), most=120),
        Field("disposed", "已处置", default=_mu(known.get("disposed_milli_mu")), hint="亩"),
        Field("disposed_on", "处置日", default=known.get("disposed_on"), hint=DAY),
    )


def _mu(value: int | None) -> str | None:
    return f"{Decimal(value) / 1000:f}" if value else None
