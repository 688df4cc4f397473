"""What a move of a review asks for, as data: the form widget of issues shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.changes.review_sheets import DECLARE
from app.domain.enterprise import Enterprise
from app.domain.people import Person, Role
from app.domain.review import FINDING_NAMES, STANCE_NAMES, VERDICT_NAMES, Review, Stance
from app.domain.review_moves import MOVES
from app.services.desk import Desk
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind
from app.services.reviews_acting import OPEN

Made = tuple[tuple[Field, ...], str]
DECLARE_WORD = "利益关联声明"


def form_to_open(desk: Desk, enterprise: str | None = None) -> ActionForm:
    """发起评审. Without `enterprise` it asks which, of those that are on this laptop."""
    fields: list[Field] = []
    if enterprise is None:
        here = sorted(
            (Choice(one.id, str(one.body["name"])) for one in desk.store.of_kind(Enterprise.kind)),
            key=lambda one: one.name,
        )
        fields.append(
            Field("enterprise", "企业", FieldKind.CHOICE, True, hint="请选企业", choices=tuple(here))
        )
    schemes = tuple(Choice(one.id, one.name) for one in desk.rules.review_schemes)
    fields += [
        Field("scheme", "方案", FieldKind.CHOICE, True, hint="请选方案", choices=schemes),
        Field("title", "名称", required=True, hint="例如：年产三万吨填料项目", most=80),
        Field("project", "项目", hint="可以不填", most=80),
        Field("sponsor", "引荐单位", hint="可以不填", most=60),
        Field("investment", "总投资（万元）", hint="可以不填", most=16),
        Field("major", "重大项目，要上常委会", FieldKind.YES),
        Field("note", "说明", FieldKind.LONG, most=1000),
    ]
    return ActionForm(OPEN, "发起评审", tuple(fields), "企业不在名单里的，先打开它的企业页取资料。")


def form_for(desk: Desk, review: Review | None, action: str, part: str = "") -> ActionForm:
    """The form of a move; no fields where it only wants to be confirmed. `review` None: a reviewer's own declaration."""
    if action == DECLARE:
        return ActionForm(DECLARE, DECLARE_WORD, *_declare())
    assert review is not None
    make = _FORMS.get(action)
    fields, note = make(desk, review, part) if make else ((), "")
    return ActionForm(action, MOVES[action].word, fields, note)


def _declare() -> Made:
    return (
        Field("clear", "我与项目各方没有利益关联，承诺公正评审", FieldKind.DECIDE, True),
        Field("reason", "有什么关联", FieldKind.LONG, True, when=("clear", frozenset({"no"})), most=500),
    ), "亲属任职、持股、借贷、合作都算关联。有关联的要回避，由别人来评。关联的内容别的评委看不到。"


def reviewers(desk: Desk, review: Review) -> tuple[Choice, ...]:
    """Whom one may still name: everybody active in the directory."""
    people = [Person.of(document) for document in desk.store.of_kind(Person.kind)]
    free = [
        one
        for one in people
        if one.active and set(one.roles) - {Role.ADMIN} and one.id not in review.reviewers
    ]
    return tuple(Choice(one.id, one.name) for one in sorted(free, key=lambda one: one.name))


def _name(desk: Desk, review: Review, _part: str) -> Made:
    least = review.rules.least if review.rules else 0
    people = Field("people", "评委", FieldKind.MANY, True, hint="添加评委", choices=reviewers(desk, review))
    return (people,), f"至少 {least} 人。各人的评分表互相看不到，汇总后只有协调员和领导能看到单人分数。"


def _close(_desk: Desk, _review: Review, _part: str) -> Made:
    return (
        Field("text", "评审意见", FieldKind.LONG, hint="可以不填", most=1000),
    ), "汇总后不能再改。分数由中心计算。"


def _finding(desk: Desk, review: Review, part: str) -> Made:
    item = review.checks[part]
    return (
        Field("finding", "情况", FieldKind.CHOICE, True, item.finding, choices=_pairs(FINDING_NAMES)),
        Field(
            "text",
            "查到什么",
            FieldKind.LONG,
            False,
            item.text,
            hint="存疑、有问题的要写",
            most=1000,
        ),
        _day(desk, "日期"),
    ), item.hint


def _report(desk: Desk, review: Review, _part: str) -> Made:
    today = desk.today.isoformat()
    return (
        Field("agency", "机构", required=True, default=review.agency, hint="律所、会计所等第三方", most=80),
        Field("commissioned_on", "委托日期", FieldKind.DATE, True, review.commissioned_on or today),
        Field("report_number", "报告编号", required=True, default=review.report_number, most=60),
        Field("reported_on", "报告日期", FieldKind.DATE, True, review.reported_on or today),
    ), ""


def _conclude(_desk: Desk, _review: Review, _part: str) -> Made:
    return (
        Field("verdict", "结论", FieldKind.CHOICE, True, choices=_pairs(VERDICT_NAMES)),
        Field("text", "理由和条件", FieldKind.LONG, True, most=2000),
        Field("decided", "投决额（万元）", hint="基金投资才填", most=16),
    ), "有问题的项目不能选「可以推进」。"


def _opinion(desk: Desk, review: Review, part: str) -> Made:
    gate = review.gate
    seat = gate[1].seats[part] if gate and part in gate[1].seats else None
    said = frozenset({Stance.CONDITION.value, Stance.OBJECT.value})
    return (
        Field(
            "stance",
            "意见",
            FieldKind.CHOICE,
            True,
            seat.stance if seat else None,
            choices=_pairs(STANCE_NAMES),
        ),
        Field(
            "text",
            "内容",
            FieldKind.LONG,
            True,
            seat.text if seat else None,
            when=("stance", said),
            most=2000,
        ),
        Field(
            "by", "谁给的意见", required=True, default=seat.by if seat else None, hint="姓名、职务", most=64
        ),
        _day(desk, "日期"),
    ), "按书面意见登记。"


def _adopt(_desk: Desk, _review: Review, _part: str) -> Made:
    return (
        Field("adopted", "采纳这条意见", FieldKind.DECIDE, True),
        Field("answer", "怎么采纳的，或者为什么不采纳", FieldKind.LONG, True, most=1000),
    ), "每条不是直接同意的意见都要说明采纳情况，才能上会。"


def _seat(desk: Desk, review: Review, _part: str) -> Made:
    gate = review.gate
    known = {one.department for one in gate[1].seats.values()} if gate else set()
    free = tuple(Choice(one.id, one.name) for one in desk.rules.departments if one.id not in known)
    return (
        Field("department", "部门", FieldKind.CHOICE, True, hint="请选部门", choices=free),
    ), "按项目需要加。"


def _pass(desk: Desk, _review: Review, _part: str) -> Made:
    return (Field("text", "说明", FieldKind.LONG, hint="可以不填", most=1000), _day(desk, "过关日期")), ""


def _reason(_desk: Desk, _review: Review, _part: str) -> Made:
    return (Field("reason", "原因", FieldKind.LONG, True, most=300),), ""


def _send_back(desk: Desk, review: Review, part: str) -> Made:
    return _reason(desk, review, part)[0], "从第一关重新来，各部门重新给意见；以前的意见留在经过里。"


def _day(desk: Desk, label: str) -> Field:
    return Field("day", label, FieldKind.DATE, True, desk.today.isoformat())


def _pairs(names: Mapping[Any, str]) -> tuple[Choice, ...]:
    return tuple(Choice(str(code), word) for code, word in names.items())


_FORMS: Mapping[str, Callable[[Desk, Review, str], Made]] = {
    "review.name": _name,
    "review.drop": _reason,
    "review.close": _close,
    "review.finding": _finding,
    "review.report": _report,
    "review.conclude": _conclude,
    "review.opinion": _opinion,
    "review.adopt": _adopt,
    "review.seat": _seat,
    "review.pass": _pass,
    "review.send_back": _send_back,
    "review.cancel": _reason,
}
