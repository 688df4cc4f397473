"""What a queued change, a conflict's field or a run is called when it is shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from app.domain import buckets
from app.domain.agency_case import AgencyCase
from app.domain.agency_moves import CASE_MOVES, STEP_MOVES
from app.domain.changes import Change
from app.domain.enterprise import Enterprise, amount_text, parse_amount
from app.domain.issue import Issue
from app.domain.visit import Attachment, Record, Visit
from app.errors import KnownError
from app.services.desk import Desk
from app.store.history import SyncReport

CHANGE_WORDS = {
    "agency.open": "登记代办",
    "visit.start": "开始走访",
    "visit.submit": "完成走访",
    "visit.draft": "没写完的走访",
    "escrow.take": "接收代管的内容",
    "escrow.discard": "放弃代管的内容",
    "visit.cancel": "作废走访",
    "issue.accept": "受理诉求",
    "issue.assign": "交办诉求",
    "issue.return": "退回诉求",
    "issue.resubmit": "补正诉求",
    "attachment.remove": "取下附件",
    "conflict.resolve": "选定不一致的内容",
    "record.file": "登记台账",
    "record.amend": "改台账",
    "record.step": "记台账进展",
    "record.withdraw": "作废台账",
    "record.draft": "没填完的台账",
    "blacklist.ask": "失信查询",
    "blacklist.forget": "收起查询结果",
    "visit_cycle.order": "改走访周期",
    "enterprise.cycle": "改走访周期",
}
CHANGE_WORDS |= {name: f"代办：{move.word}" for name, move in CASE_MOVES.items()}
CHANGE_WORDS |= {name: f"代办：{move.word}" for name, move in STEP_MOVES.items()}
_KIND_WORDS = {
    AgencyCase.kind: "代办",
    Enterprise.kind: "企业档案",
    Attachment.kind: "附件",
    Visit.kind: "走访",
    Issue.kind: "诉求",
    Record.kind: "台账",
}
_PUT_WORDS = {Attachment.kind: "添加附件", Enterprise.kind: "新建企业"}

FIELD_WORDS = {
    "name": "名称",
    "credit_code": "统一社会信用代码",
    "address": "注册地址",
    "employees": "从业人数",
    "production_status": "生产状态",
    "industry": "行业",
    "ownership": "企业类型",
    "registered_on": "注册日期",
    "registered_capital_fen": "注册资金",
    "registered_capital_currency": "注册资金币种",
    "registered_capital_text": "注册资金原文",
    "business_scope": "经营范围",
    "province": "省份",
    "region": "地区",
    "visit_cycle": "走访周期",
    "caption": "照片说明",
    "seats": "五席位",
}
STATE_WORDS = {
    "pending": "等待发送",
    "again": "等待重发",
    "behind": "等前面那一项",
    "quarantined": "中心暂时收不下",
    "escrowed": "已留在中心，待接手",
    "refused": "未被接受",
    "row_first": "等它的登记先发出",
    "upload": "等待上传",
    "begun": "上传了一部分",
    "failed": "上次没有传上",
}
"""What a change or a file waits for."""
_STATUS_WORDS = {
    "full": "满产",
    "normal": "正常",
    "half": "半停产",
    "stopped": "停产",
    "building": "在建",
    "planning": "筹建",
}
_CYCLE_WORDS = {
    "quarter": "每季度一次",
    "two_months": "每两月一次",
    "month": "每月一次",
    "week": "每周一次",
}
_WORDS = {"production_status": _STATUS_WORDS, "visit_cycle": _CYCLE_WORDS}


def kind_word(kind: str) -> str:
    return _KIND_WORDS.get(kind, "记录")


def change_word(change: Change) -> str:
    """`完成走访`, `添加附件`, `修改企业档案`."""
    kind = change.doc[0]
    if change.name == "put":
        return _PUT_WORDS.get(kind, f"新建{kind_word(kind)}")
    if change.name == "patch":
        return f"修改{kind_word(kind)}"
    return CHANGE_WORDS.get(change.name, "其他操作")


def subject(desk: Desk, kind: str, id: str) -> str:
    """What the document is called: a title, a name, a number; empty where it is not here."""
    document = desk.store.get(kind, id)
    body = document.body if document is not None else {}
    for field in ("title", "name", "enterprise_name", "file_name"):
        if body.get(field):
            return str(body[field])
    return ""


def subject_of_change(desk: Desk, change: Change) -> str:
    """What a change is about; of a document that is not here (any more) at least its enterprise."""
    found = subject(desk, *change.doc)
    if not found and buckets.kind_of(change.bucket) == buckets.ENTERPRISE:
        found = subject(desk, Enterprise.kind, buckets.subject_of(change.bucket))
    return found


def field_word(name: str) -> str:
    return FIELD_WORDS.get(name, "其他内容")


def value_text(name: str, value: Any) -> str:
    """A field's value for people."""
    if value in (None, "", [], {}):
        return "（空）"
    if name == "registered_capital_fen":
        return amount_text(int(value), None)
    if name == "employees":
        return f"{value} 人"
    if name in _WORDS:
        return _WORDS[name].get(str(value), str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(str(item) for item in value)
    if isinstance(value, dict):
        return "、".join(str(item) for item in value.values())
    return str(value)


def can_write(value: Any) -> bool:
    """Whether a value is one a person can write into a field: lists and tables have pages of their own."""
    return not isinstance(value, list | dict)


def written_text(name: str, value: Any) -> str:
    """A field's value as somebody would write it himself: what `read_value` reads."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if name == "registered_capital_fen":
        return f"{Decimal(value) / 1_000_000:f}"
    return value_text(name, value) if name in _WORDS else str(value)


def read_value(name: str, text: str, like: Any = None) -> Any:
    """What somebody wrote into a field: nothing is None. `like` is a value the field has had, for those of a kind this
    version has no rule for. KnownError with what to do where it cannot be that field's."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    plain = "\n".join(lines)
    if not plain:
        return None
    if isinstance(like, bool):
        if plain not in ("是", "否"):
            raise KnownError("value", f"{field_word(name)}请写「是」或「否」。")
        return plain == "是"
    if name == "employees":
        return _whole(name, plain)
    if name == "registered_capital_fen":
        return _fen(plain)
    if name in _WORDS:
        for code, word in _WORDS[name].items():
            if plain in (word, code):
                return code
        raise KnownError("value", f"{field_word(name)}请写成其中之一：{'、'.join(_WORDS[name].values())}。")
    if name == "registered_on":
        try:
            return date.fromisoformat(plain).isoformat()
        except ValueError:
            raise KnownError("value", "注册日期请写成 2026-11-22 这样。") from None
    if isinstance(like, int):
        return _whole(name, plain)
    return plain


def _whole(name: str, plain: str) -> int:
    figures = plain.removesuffix("人").strip()
    if not (figures.isascii() and figures.isdigit() and len(figures) < 10):
        raise KnownError("value", f"{field_word(name)}请只写数字，例如 136。")
    return int(figures)


def _fen(plain: str) -> int | None:
    try:
        found = parse_amount(plain if not plain[-1].isdigit() else f"{plain}万")
    except ValueError:
        found = None
    if found is None:
        raise KnownError("value", "注册资金请写以万元计的数字，例如 4528。")
    return found.fen


def content_text(desk: Desk, change: Change) -> str:
    """What somebody wrote in a change, in a line: it can be read whatever becomes of it. Empty where it says nothing."""
    args = change.args
    if change.name in ("patch", "put"):
        pairs = [(name, pair[1]) for name, pair in args.get("fields", {}).items() if name in FIELD_WORDS]
        return "；".join(f"{field_word(name)} {value_text(name, value)}" for name, value in pairs)
    if change.name == "visit.submit":
        titles = [f"「{item.get('title', '')}」" for item in args.get("issues", [])]
        raised = f"，登记困难 {len(titles)} 件：{'、'.join(titles)}" if titles else ""
        return f"共 {len(args.get('values', {}))} 个答案{raised}"
    if change.name == "issue.accept":
        return f"分类 {desk.rules.taxonomy.name_of(str(args.get('category', '')), args.get('subcategory'))}"
    if change.name == "issue.assign":
        words = [
            desk.rules.department_name(str(args.get("department", ""))),
            str(args.get("handler_name") or ""),
        ]
        words += [f"{args.get('limit_days')} 个工作日", str(args.get("requirement") or "")]
        return "，".join(word for word in words if word)
    return "；".join(str(args[name]) for name in _WRITTEN if args.get(name))


_WRITTEN = ("title", "description", "expectation", "reason")
"""Args of a change that are words of a person."""


def size_text(size: int) -> str:
    """`820 KB`, `2.1 MB`."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} KB"
    return f"{size / 1_000_000:.1f} MB"


def duration_text(seconds: float) -> str:
    """How long a run took: `不到 1 秒`, `12 秒`, `3 分 20 秒`."""
    whole = int(seconds)
    if whole < 1:
        return "不到 1 秒"
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} 秒"
    return f"{minutes} 分 {rest} 秒" if rest else f"{minutes} 分"


def report_text(report: SyncReport) -> str:
    """What one run did, in a sentence."""
    parts = [f"发出 {report.sent} 项", f"收到 {report.received} 项"]
    if report.files_sent:
        parts.append(f"传出附件 {report.files_sent} 个")
    if report.refused:
        parts.append(f"{report.refused} 项未被接受")
    if report.conflicts:
        parts.append(f"{report.conflicts} 处不一致")
    text = "，".join(parts)
    return f"{text}；{report.error.text}" if report.error else text
