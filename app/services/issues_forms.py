"""What a move of an issue asks for, as data: one form widget serves them all, and so could a command line.

The fields of a form are the arguments of its change function (`app/domain/changes/issue*.py`); choices, words and
defaults come from the dictionaries in force.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from app.domain.clock import beijing_date
from app.domain.departments import TWINS
from app.domain.enterprise import Enterprise
from app.domain.issue import ENDED, Issue, Supervision
from app.domain.issue_moves import TRANSITIONS
from app.domain.people import Person, Role
from app.domain.projections import ISSUE_ROW
from app.domain.taxonomy import Dictionaries
from app.errors import KnownError
from app.services.desk import Desk
from app.services.issues_fields import ActionForm, Choice, Field, FieldKind

ACCEPT_AND_ASSIGN = "issue.accept_and_assign"
"""受理并交办: two changes in one go."""
RAISE = "issue.raise"


def rules_for(desk: Desk, issue: Issue) -> Dictionaries:
    """What the next move of this issue is judged by: of its own time once it is accepted, before that those in force."""
    return desk.rules.of_time(issue.reference) if issue.accepted_at else desk.rules


class _Maker:
    """Makes the forms of one desk at one moment."""

    def __init__(self, desk: Desk, issue: Issue | None = None) -> None:
        self.desk = desk
        self.issue = issue
        self.rules = desk.rules if issue is None else rules_for(desk, issue)

    def form(self, action: str, *, many: bool = False) -> ActionForm:
        """The form of an action; with `many` for several issues at once, where what is left empty follows each one's
        classification."""
        if action == ACCEPT_AND_ASSIGN:
            fields = self._assign(many) if many else (*self._classification(), *self._assign(many))
            note = "每件按自己的分类受理；没有另选的，部门、时限按分类建议。" if many else ""
            return ActionForm(action, "受理并交办", fields, note)
        word = TRANSITIONS[action].word
        if many and action == "issue.accept":
            return ActionForm(action, word, (), "每件按登记的分类和建议级别受理。")
        if many and action == "issue.assign":
            return ActionForm(action, word, self._assign(many), "没有另选的，部门、时限按分类建议。")
        make = _FORMS.get(action)
        fields, note = make(self) if make else ((), "")
        return ActionForm(action, word, fields, note)

    # ------------------------------------------------------------------ choices

    def words(self, dictionary: str) -> tuple[Choice, ...]:
        return tuple(Choice(item["code"], item["name"]) for item in self.desk.dictionary(dictionary))

    def departments(self, without: Collection[str | None] = ()) -> tuple[Choice, ...]:
        return tuple(Choice(one.id, one.name) for one in self.rules.departments if one.id not in without)

    def handlers(self) -> dict[str, tuple[Choice, ...]]:
        found: dict[str, list[Choice]] = {}
        for document in self.desk.store.of_kind(Person.kind):
            person = Person.of(document)
            if person.active and person.department and Role.HANDLER in person.roles:
                found.setdefault(person.department, []).append(Choice(person.id, person.name))
        return {key: tuple(sorted(people, key=lambda one: one.name)) for key, people in found.items()}

    # ------------------------------------------------------------------ fields several forms have

    def reason(self, label: str = "理由", hint: str = "") -> tuple[tuple[Field, ...], str]:
        return (Field("reason", label, FieldKind.LONG, True, hint=hint, most=500),), ""

    def _classification(self, *, levels: bool = True) -> tuple[Field, ...]:
        """分类, 小类, 级别. A subcategory brings what it suggests along."""
        taxonomy = self.rules.taxonomy
        issue = self.issue
        categories = tuple(Choice(one.code, f"{one.code} {one.name}") for one in taxonomy.items)
        below = {
            one.code: tuple(Choice(sub.code, sub.name) for sub in one.subcategories) for one in taxonomy.items
        }
        suggested = {
            sub.code: {
                "level": str(max(sub.level, self._level())),
                "department": sub.lead,
                "joint": list(sub.joint) if sub.level >= self.rules.rules.joint_level else [],
                "limit_days": sub.resolution_days,
            }
            for one in taxonomy.items
            for sub in one.subcategories
        }
        # One that is out of use by now is to be chosen anew.
        category = issue.category if issue and taxonomy.category(issue.category) else None
        subcategory = issue.subcategory if issue else None
        fields = [
            Field("category", "分类", FieldKind.CHOICE, True, category, choices=categories),
            Field(
                "subcategory", "小类", FieldKind.CHOICE, default=subcategory, by="category", choices_by=below,
                sets=suggested if levels else {},
            ),
        ]  # fmt: skip
        if levels:
            level = str(issue.level or 2) if issue else "2"
            fields.append(
                Field("level", "级别", FieldKind.CHOICE, True, level, choices=self.words("issue_levels"))
            )
        return tuple(fields)

    def _level(self) -> int:
        return (self.issue.level or 1) if self.issue else 1

    def _assign(self, many: bool = False) -> tuple[Field, ...]:
        issue = self.issue
        found = self.rules.taxonomy.subcategory(issue.subcategory or "") if issue else None
        department = (issue.suggested_department if issue else None) or (found.lead if found else None)
        return (
            Field(
                "department", "主办", FieldKind.CHOICE, not many, None if many else department,
                "按分类建议" if many else "请选择承办部门", self.departments(),
            ),
            Field("joint", "协办", FieldKind.MANY, hint="添加协办部门", choices=self.departments()),
            Field(
                "handler", "承办人", FieldKind.CHOICE, hint="由部门确定", by="department",
                choices_by=self.handlers(),
            ),
            Field(
                "limit_days", "时限", FieldKind.NUMBER, not many, found.resolution_days if found and not many else None,
                "个工作日", least=1, most=250,
            ),
            Field("requirement", "要求", hint="可以不填", most=500),
        )  # fmt: skip

    # ------------------------------------------------------------------ the moves

    def accept(self) -> tuple[tuple[Field, ...], str]:
        return self._classification(), ""

    def classify(self) -> tuple[tuple[Field, ...], str]:
        fields = self._classification()
        # Only the level follows a classification that is altered while somebody works.
        sets = {code: {"level": one["level"]} for code, one in fields[1].sets.items()}
        fields = (fields[0], replace(fields[1], sets=sets), fields[2])
        return (*fields, Field("reason", "理由", most=500)), "级别只升不降。"

    def assign(self) -> tuple[tuple[Field, ...], str]:
        note = "两次异议后的主办由您裁定，部门不能再退。" if self.issue and self.issue.ruling_needed else ""
        return self._assign(), note

    def refuse(self) -> tuple[tuple[Field, ...], str]:
        grounds = self.desk.dictionary("refuse_grounds")
        notices = {one["code"]: {"notice": one.get("notice", "")} for one in grounds}
        return (
            Field(
                "ground", "依据", FieldKind.CHOICE, True, choices=self.words("refuse_grounds"), sets=notices
            ),
            Field("reason", "理由", FieldKind.LONG, True, most=500),
            Field(
                "notice", "告知书", FieldKind.LONG, True, hint="写给企业：为什么不受理、可以去哪里", most=2000
            ),
        ), "联络员当天把告知书带给企业。"

    def merge(self) -> tuple[tuple[Field, ...], str]:
        return (
            Field("main", "主案", FieldKind.CHOICE, True, choices=self.others(), hint="请选主案"),
        ), "主案办结后，结论写回本件。"

    def link(self) -> tuple[tuple[Field, ...], str]:
        return (
            Field("other", "关联到", FieldKind.CHOICE, True, choices=self.siblings(), hint="请选诉求"),
        ), ""

    def others(self) -> tuple[Choice, ...]:
        """Open issues anywhere in the park, those of the same enterprise and category first."""
        own = self.issue
        found: dict[str, Mapping[str, Any]] = {}
        for kind in (ISSUE_ROW, Issue.kind):
            found.update({one.id: one.body for one in self.desk.store.of_kind(kind)})
        rows = [
            body
            for id, body in found.items()
            if body.get("state") not in ENDED and (own is None or id != own.id)
        ]
        near = own.enterprise if own else ""
        rows.sort(
            key=lambda body: (
                body.get("enterprise") != near,
                own is None or body.get("category") != own.category,
                str(body["number"]),
            )
        )
        return tuple(
            Choice(str(b["id"]), f"{b['number']} {b['title']} · {b.get('enterprise_name', '')}") for b in rows
        )

    def siblings(self) -> tuple[Choice, ...]:
        """Other issues of the same enterprise, ended ones too."""
        own = self.issue
        documents = self.desk.store.of_kind(Issue.kind)
        return tuple(
            Choice(one.id, f"{one.body['number']} {one.body['title']}")
            for one in documents
            if own is not None
            and one.body.get("enterprise") == own.enterprise
            and one.id not in (own.id, *own.related)
        )

    def resubmit(self) -> tuple[tuple[Field, ...], str]:
        issue = self.issue
        note = f"退回原因：{issue.return_reason}" if issue and issue.return_reason else ""
        return (
            Field("title", "标题", required=True, default=issue.title if issue else "", most=40),
            Field("description", "描述", FieldKind.LONG, default=issue.description if issue else ""),
            Field("expectation", "企业期望", FieldKind.LONG, default=issue.expectation if issue else ""),
        ), note

    def withdraw(self) -> tuple[tuple[Field, ...], str]:
        return (
            Field("reason", "理由", FieldKind.LONG, True, most=500),
            Field("confirmed_by", "企业确认人", required=True, hint="企业里谁说要撤回", most=64),
        ), "只有企业自己提出才能撤回。"

    def whistle(self) -> tuple[tuple[Field, ...], str]:
        called = self.issue.whistled if self.issue else []
        days = self.rules.rules.whistle_days
        return (
            Field(
                "departments", "点名部门", FieldKind.MANY, True, hint="添加部门", choices=self.departments(called)
            ),
            Field("text", "说明", FieldKind.LONG, most=500),
        ), f"点到的部门要在 {days} 个工作日内到场或回应。"  # fmt: skip

    def progress(self) -> tuple[tuple[Field, ...], str]:
        return (Field("text", "进展", FieldKind.LONG, True, most=2000),), "只添加，不改以前写的。"

    def whistle_answer(self) -> tuple[tuple[Field, ...], str]:
        return (Field("text", "回应", FieldKind.LONG, True, hint="何时到场、怎么办", most=2000),), ""

    def object_(self) -> tuple[tuple[Field, ...], str]:
        own = self.issue.department if self.issue else None
        days = self.rules.rules.object_days
        return (
            Field("reason", "理由", FieldKind.LONG, True, hint="依据和理由", most=500),
            Field(
                "suggested_department", "建议单位", FieldKind.CHOICE, True, hint="请选择部门",
                choices=self.departments((own,)),
            ),
        ), f"交办后 {days} 个工作日内可以异议；第二次由领导裁定。"  # fmt: skip

    def ask_extension(self) -> tuple[tuple[Field, ...], str]:
        rules = self.rules.rules
        most = rules.longest_extension(self.issue.limit_days) if self.issue and self.issue.limit_days else 250
        return (
            Field(
                "days", "延长", FieldKind.NUMBER, True, min(5, most), "个工作日", least=1, most=max(1, most)
            ),
            Field("reason", "理由", FieldKind.LONG, True, most=500),
            Field("enterprise_informed", "已告知企业", FieldKind.YES, True),
        ), f"只能申请一次，到期前至少 {rules.extension_ahead} 个工作日，最多 {most} 个工作日。"

    def extend(self) -> tuple[tuple[Field, ...], str]:
        issue = self.issue
        if issue is None:
            return (), ""
        return (), f"申请延长 {issue.extension_asked_days} 个工作日：{issue.extension_reason}"

    def suspend(self) -> tuple[tuple[Field, ...], str]:
        today = beijing_date(self.desk.clock())
        most = self.rules.rules.suspend_most
        review = self.desk.calendar.nth_workday_after(today, max(1, most // 2))[0]
        return (
            Field("ground", "情形", FieldKind.CHOICE, True, choices=self.words("suspend_reasons")),
            Field("reason", "说明", FieldKind.LONG, True, most=500),
            Field("review_on", "复核日", FieldKind.DATE, True, review.isoformat()),
        ), f"挂账期间停止计时，单列统计；复核日不超过 {most} 个工作日。"

    def escalate(self) -> tuple[tuple[Field, ...], str]:
        asked = self.issue.escalation_asked if self.issue else None
        fields, _ = self.reason()
        note = f"联络员申请：{asked}" if asked else ""
        return (replace(fields[0], default=asked or ""),), note

    def answer(self) -> tuple[tuple[Field, ...], str]:
        return (
            Field("result", "结果", FieldKind.CHOICE, True, hint="请选择", choices=self.words("issue_results")),
            Field("answer", "答复企业", FieldKind.LONG, True, hint="写给企业看的话", most=4000),
            Field("basis", "依据", FieldKind.LONG, hint="法律、政策依据", most=2000),
            Field(
                "unresolved_reason", "没解决的原因", FieldKind.LONG, True, most=2000,
                when=("result", frozenset({"unable", "not_duty"})),
            ),
            Field("signed_by", "负责人", hint="谁签的字", most=64),
        ), "佐证材料在下面「添加佐证」里加。"  # fmt: skip

    def supervise(self) -> tuple[tuple[Field, ...], str]:
        return (
            Field(
                "level", "等级", FieldKind.CHOICE, True, "yellow", choices=self.words("supervision_levels")
            ),
            Field(
                "cause", "原因", FieldKind.CHOICE, True, "progress", choices=self.words("supervision_causes")
            ),
            Field("text", "要求", FieldKind.LONG, most=500),
        ), f"承办部门 {self.rules.rules.supervise_reply_days} 个工作日内回复；红色的上下次联席会。"

    def reply_supervision(self) -> tuple[tuple[Field, ...], str]:
        open_ = [
            Choice(note.id, f"{note.number} {_names(self.words('supervision_levels'), note.level)}")
            for note in supervisions(self.desk, self.issue.id if self.issue else "")
            if note.replied_at is None
        ]
        return (
            Field(
                "supervision", "督办单", FieldKind.CHOICE, True, open_[0].code if open_ else None,
                choices=tuple(open_),
            ),
            Field("reply", "回复", FieldKind.LONG, True, most=2000),
        ), ""  # fmt: skip

    def contact_failed(self) -> tuple[tuple[Field, ...], str]:
        issue = self.issue
        days = len({contact.day for contact in issue.contacts}) if issue else 0
        wanted = self.rules.rules.contacts
        return (
            self._method(),
            Field("text", "情况", hint="例如：无人接听", most=500),
        ), f"这是第 {days + 1} 个记录的日子；{wanted} 个不同日子都联系不上的，由协调员按失联销号。"

    def _method(self) -> Field:
        return Field("method", "方式", FieldKind.CHOICE, True, "phone", choices=self.words("visit_methods"))

    def revisit(self) -> tuple[tuple[Field, ...], str]:
        """The questions of form (i), T1 to T10 (domain.md §5 (i)); whether something was taken is neither asked nor kept."""
        good = frozenset({"very", "satisfied", "basically"})
        bad = frozenset({"dissatisfied", "very_dissatisfied"})
        services = tuple(
            Field(
                f"scores.{one.code}", f"四到：{one.name}", FieldKind.CHOICE, hint="没有问",
                choices=self.words("revisit_service_levels"),
            )
            for one in self.words("revisit_services")
        )  # fmt: skip
        return (
            self._method(),
            Field("answered", "有没有答复", FieldKind.DECIDE, True),
            Field("solved", "解决了没有", FieldKind.CHOICE, True, hint="请选择", choices=self.words("revisit_solved")),
            Field(
                "satisfaction", "总体满意度", FieldKind.CHOICE, True, hint="请选择",
                choices=self.words("revisit_satisfaction"),
            ),
            Field(
                "dissatisfaction", "不满意在哪里", FieldKind.MANY, True,
                choices=self.words("revisit_dissatisfaction"), when=("satisfaction", bad),
            ),
            Field("agree_close", "同意销号", FieldKind.DECIDE, True, when=("satisfaction", good)),
            *services,
            Field("contacted", "承办人主动联系", FieldKind.DECIDE),
            Field("trips", "跑了几次", FieldKind.NUMBER, hint="次，没有跑过填 0", most=100),
            Field("text", "意见建议", FieldKind.LONG, most=2000),
            Field("anonymous", "企业要求匿名", FieldKind.YES),
        ), "有吃拿卡要的，请企业直接向纪检监察机关反映，这里不问、不记。"  # fmt: skip

    def take_back(self) -> tuple[tuple[Field, ...], str]:
        last = self.issue.last if self.issue else None
        word = TRANSITIONS[last.action].word if last and last.action in TRANSITIONS else ""
        minutes = self.rules.rules.take_back_minutes
        return (
            (),
            f"撤回「{word}」，诉求回到这一步以前；经过里两步都留着。办后 {minutes} 分钟内、别人没有接着办，才能撤。",
        )

    def add_review(self) -> tuple[tuple[Field, ...], str]:
        return (Field("text", "追评", FieldKind.LONG, True, most=2000),), "每件只能追评一次。"

    def raise_(self, enterprise: str | None, earlier: Issue | None) -> ActionForm:
        mine = [Enterprise.of(one) for one in self.desk.store.of_kind(Enterprise.kind)]
        companies = tuple(Choice(one.id, one.name) for one in sorted(mine, key=lambda one: one.name))
        urgency = self.words("urgency")
        fields = (
            Field(
                "enterprise", "企业", FieldKind.CHOICE, True, enterprise or (earlier.enterprise if earlier else None),
                "请选择企业", companies,
            ),
            Field("source", "来源", FieldKind.CHOICE, True, "self", choices=self.words("issue_sources")),
            Field("title", "标题", required=True, default=earlier.title if earlier else "", most=40),
            *_Maker(self.desk, earlier)._classification(levels=False),
            Field("description", "内容", FieldKind.LONG, True, earlier.description if earlier else ""),
            Field("expectation", "企业期望", FieldKind.LONG),
            Field("urgency", "紧急程度", FieldKind.CHOICE, default="normal", choices=urgency),
            Field("contact_name", "反映人", most=64),
            Field("contact_phone", "电话", hint="工作电话", most=32),
            Field("people", "涉及人数", FieldKind.NUMBER, most=1_000_000, hint="人"),
            Field("six", "六包", FieldKind.MANY, choices=self.words("six_guarantees")),
            Field("solved_on_spot", "现场已办结", FieldKind.YES),
            Field(
                "solution", "现场办法", FieldKind.LONG, True, when=("solved_on_spot", frozenset({True})),
            ),
            Field("anonymous", "企业要求匿名", FieldKind.YES),
        )  # fmt: skip
        note = f"关联原诉求 {earlier.number}。" if earlier else ""
        return ActionForm(RAISE, "上报", fields, note)


def _names(choices: tuple[Choice, ...], code: str) -> str:
    return next((choice.name for choice in choices if choice.code == code), str(code))


def supervisions(desk: Desk, issue: str) -> list[Supervision]:
    """The supervision notes of an issue, the oldest first."""
    kinds = (Supervision.kind, TWINS[Supervision.kind])
    found = {
        document.id: Supervision.of(document)
        for kind in kinds
        for document in desk.store.of_kind(kind)
        if document.body.get("issue") == issue
    }
    return sorted(found.values(), key=lambda note: (note.sent_at, note.number))


_FORMS: Mapping[str, Callable[[_Maker], tuple[tuple[Field, ...], str]]] = {
    "issue.accept": _Maker.accept,
    "issue.return": lambda maker: maker.reason("退回原因", "缺什么、要补什么"),
    "issue.resubmit": _Maker.resubmit,
    "issue.refuse": _Maker.refuse,
    "issue.appeal": lambda maker: maker.reason("理由", "企业有什么新材料"),
    "issue.merge": _Maker.merge,
    "issue.classify": _Maker.classify,
    "issue.assign": _Maker.assign,
    "issue.object": _Maker.object_,
    "issue.progress": _Maker.progress,
    "issue.ask_extension": _Maker.ask_extension,
    "issue.extend": _Maker.extend,
    "issue.deny_extension": _Maker.reason,
    "issue.suspend": _Maker.suspend,
    "issue.ask_escalation": _Maker.reason,
    "issue.escalate": _Maker.escalate,
    "issue.lower": _Maker.reason,
    "issue.answer": _Maker.answer,
    "issue.redo": lambda maker: maker.reason("退回原因", "哪里没有办到"),
    "issue.revisit": _Maker.revisit,
    "issue.contact_failed": _Maker.contact_failed,
    "issue.add_review": _Maker.add_review,
    "issue.take_back": _Maker.take_back,
    "issue.withdraw": _Maker.withdraw,
    "issue.whistle": _Maker.whistle,
    "issue.whistle_answer": _Maker.whistle_answer,
    "issue.link": _Maker.link,
    "issue.supervise": _Maker.supervise,
    "issue.reply_supervision": _Maker.reply_supervision,
}
"""What the other moves ask for is nothing."""


def form_for(desk: Desk, issue: Issue, action: str) -> ActionForm:
    """The form of a move of this issue. KnownError for one that is not known."""
    if action != ACCEPT_AND_ASSIGN and action not in TRANSITIONS:
        raise KnownError("action", "没有这个操作，请刷新后再试。")
    return _Maker(desk, issue).form(action)


def form_for_many(desk: Desk, action: str) -> ActionForm:
    """The form of a move made on several issues at once."""
    return _Maker(desk).form(action, many=True)


def form_to_raise(desk: Desk, enterprise: str | None = None, earlier: Issue | None = None) -> ActionForm:
    """登记诉求: for an enterprise, or again after an earlier issue."""
    return _Maker(desk).raise_(enterprise, earlier)
