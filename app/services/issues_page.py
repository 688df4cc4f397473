"""One issue whole: its facts as the four sheets 四单 (domain.md §2.2), its trail, and what one may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.domain.clock import from_text
from app.domain.departments import TWINS
from app.domain.documents import Document
from app.domain.issue import ISSUE_STATE_NAMES, Issue, IssueEvent, IssueState
from app.domain.issue_moves import TRANSITIONS, Transition, available
from app.domain.people import ROLE_NAMES, Role
from app.domain.projections import ISSUE_ROW
from app.services import words
from app.services.desk import Desk
from app.services.issues_acting import document_of, may_add_evidence
from app.services.issues_forms import rules_for, supervisions
from app.services.issues_listing import IssueLine, Sight

OFFLINE = timedelta(minutes=5)
"""A move that reached the centre later than this after it was made was made offline."""
Facts = tuple[tuple[str, str], ...]
SHEETS = {"raised": "诉求单", "assigned": "交办单", "worked": "办理单", "judged": "评价单"}
"""四单 (domain.md §1, 26): four views of one number."""


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One event of an issue's trail. `role` in Chinese, "" where not known; `note`: made offline, or not sent yet."""

    when: str
    who: str
    text: str
    role: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One of SHEETS with its lines."""

    key: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Related:
    """An issue this one hangs together with; `how` says in which way."""

    id: str
    how: str
    text: str


@dataclass(frozen=True, slots=True)
class SupervisionLine:
    """A supervision note: level (blue, yellow, red), what it says, and the reply or until when it is due."""

    level: str
    text: str
    reply: str


@dataclass(frozen=True, slots=True)
class IssuePage:
    """One issue whole. `actions` are what this person may do now."""

    issue: Issue
    line: IssueLine
    facts: Facts
    trail: tuple[TrailLine, ...]
    actions: tuple[Transition, ...]
    sheets: tuple[Sheet, ...] = ()
    supervisions: tuple[SupervisionLine, ...] = ()
    related: tuple[Related, ...] = ()
    evidence_wanted: bool = False
    """This person may add photos and files."""
    enterprise_here: bool = False
    """Its enterprise can be looked at: a handler's laptop holds none."""
    raise_again: bool = False
    """It is closed, and this person may register it once more."""


def page(desk: Desk, id: str) -> IssuePage | None:
    """One issue whole; None where its enterprise is not on this laptop yet (`opened.open_bucket`, then sync)."""
    document = document_of(desk, id)
    if document is None:
        return None
    issue = Issue.of(document)
    line = Sight(desk).line(document.body, held=True)
    roles = desk.signed_in().actor.roles
    return IssuePage(
        issue=issue,
        line=line,
        facts=_facts(issue, line),
        trail=_trail(desk, document),
        actions=actions(desk, issue),
        sheets=_sheets(desk, issue, line),
        supervisions=_supervision_lines(desk, issue),
        related=_related(desk, issue),
        evidence_wanted=may_add_evidence(desk, issue),
        enterprise_here=document.kind == Issue.kind,
        raise_again=issue.state in (IssueState.CLOSED, IssueState.ARCHIVED)
        and document.kind == Issue.kind
        and bool(roles & {Role.OFFICER, Role.COORDINATOR}),
    )


def actions(desk: Desk, issue: Issue) -> tuple[Transition, ...]:
    """What this person may do with the issue now; a reply only while a supervision note waits for one, taking back only
    for the minutes there are."""
    found = available(issue, desk.signed_in().actor)
    if not _fresh(desk, issue):
        found = tuple(move for move in found if move.action != "issue.take_back")
    if all(note.replied_at is not None for note in supervisions(desk, issue.id)):
        found = tuple(move for move in found if move.action != "issue.reply_supervision")
    return found


def _fresh(desk: Desk, issue: Issue) -> bool:
    if issue.last is None:
        return False
    minutes = rules_for(desk, issue).rules.take_back_minutes
    return desk.clock() - from_text(issue.last.at) <= timedelta(minutes=minutes)


def _facts(issue: Issue, line: IssueLine) -> Facts:
    who = "，".join(part for part in (line.department, line.handler) if part)
    joint = "、".join(issue.joint_names)
    rows = [
        ("编号", issue.number),
        ("企业", issue.enterprise_name),
        ("分类", line.category),
        ("级别", f"{issue.level} 级" if issue.level else "—"),
        ("紧急程度", line.urgency or "—"),
        ("状态", line.state_word),
        ("承办", who or "还没有交办"),
        ("协办", joint or "—"),
        ("办结期限", line.due_text or "受理后起算"),
        ("回访期限", line.revisit_text or "—"),
        ("描述", issue.description or "—"),
        ("企业期望", issue.expectation or "—"),
    ]
    optional = (
        ("现场办法", issue.solution),
        ("交办要求", issue.requirement),
        ("退回原因", issue.return_reason),
        ("异议", issue.objection_reason if issue.state is IssueState.ACCEPTED else None),
        ("申请延期", _asked(issue)),
        ("申请提级", issue.escalation_asked),
        ("挂账", _suspended(issue)),
        ("告知书", issue.refuse_notice if issue.state is IssueState.REFUSED else None),
        ("重办原因", issue.redo_reason),
        ("答复", issue.answer),
    )
    rows += [(name, value) for name, value in optional if value]
    rows.append(("反映", f"{issue.raised_by_name}，{words.moment(from_text(issue.raised_at))}"))
    return tuple(rows)


def _asked(issue: Issue) -> str | None:
    if issue.extension_asked_days is None:
        return None
    return f"{issue.extension_asked_days} 个工作日：{issue.extension_reason or ''}"


def _suspended(issue: Issue) -> str | None:
    if issue.suspend_review_on is None:
        return None
    return f"{issue.suspend_reason}，{words.day_of_text(issue.suspend_review_on)}复核"


def _sheets(desk: Desk, issue: Issue, line: IssueLine) -> tuple[Sheet, ...]:
    """诉求单, 交办单, 办理单, 评价单: one number, four views (domain.md §1, 26). What is not known yet is left out."""

    def name(dictionary: str, code: str | None) -> str | None:
        """In the version of the issue's time."""
        items = desk.dictionary(dictionary, issue.reference.get(dictionary))
        return next((item["name"] for item in items if item["code"] == code), code)

    def moment(text: str | None) -> str | None:
        return words.moment(from_text(text)) if text else None

    def sheet(key: str, *rows: tuple[str, str | None]) -> Sheet:
        return Sheet(key, tuple((label, value) for label, value in rows if value))

    reasons = "、".join(str(name("revisit_dissatisfaction", code)) for code in issue.dissatisfaction)
    scores = "，".join(
        f"{name('revisit_services', one)}{name('revisit_service_levels', level)}"
        for one, level in issue.service_scores.items()
    )
    contacts = "；".join(
        f"{words.day_of_text(c.day)}{c.person_name} {c.text or ''}".strip() for c in issue.contacts
    )
    contact = None if issue.anonymous else " ".join(filter(None, (issue.contact_name,)))
    return (
        sheet(
            "raised",
            ("编号", issue.number), ("来源", line.source_word), ("企业", issue.enterprise_name),
            ("反映人", "匿名" if issue.anonymous else contact), ("项目", issue.project),
            ("分类", line.category), ("标题", issue.title), ("内容", issue.description),
            ("企业期望", issue.expectation), ("紧急程度", line.urgency),
            ("涉及人数", f"{issue.people} 人" if issue.people else None),
            ("六包", "、".join(str(name("six_guarantees", code)) for code in issue.six)),
            ("现场办法", issue.solution),
            ("登记", f"{issue.raised_by_name}，{moment(issue.raised_at)}"),
            ("重复", "三十日内再次反映" if issue.repeated else None),
        ),
        sheet(
            "assigned",
            ("受理", _who_when(issue.accepted_by_name, moment(issue.accepted_at))),
            ("主办", issue.department_name), ("协办", "、".join(issue.joint_names)),
            ("承办人", issue.handler_name), ("级别", f"{issue.level} 级" if issue.level else None),
            ("时限", f"{issue.limit_days} 个工作日" if issue.limit_days else None),
            ("截止", line.due_text), ("要求", issue.requirement), ("交办", moment(issue.assigned_at)),
            ("签收", _who_when(issue.signed_by_name or ("视为签收" if issue.auto_signed else None), moment(issue.signed_at))),
            ("异议", f"{issue.objections} 次，最近一次：{issue.objection_reason}" if issue.objections else None),
        ),
        sheet(
            "worked",
            ("首次响应", moment(issue.first_response_at)), ("结果", name("issue_results", issue.result)),
            ("答复", issue.answer), ("依据", issue.answer_basis), ("没解决的原因", issue.unresolved_reason),
            ("负责人", issue.answer_signed_by),
            ("提交", _who_when(issue.answered_by_name, moment(issue.answered_at))),
            ("延期", f"{issue.extension_days} 个工作日" if issue.extension_days else None),
            ("挂账", _suspended(issue)), ("办结", moment(issue.settled_at)),
            ("是否按期", {True: "按期", False: "超期", None: None}[issue.settled_in_time]),
        ),
        sheet(
            "judged",
            ("回访期限", line.revisit_text), ("回访", _who_when(issue.revisited_by_name, moment(issue.revisited_at))),
            ("方式", name("visit_methods", issue.revisit_method)), ("有没有答复", _yes_no(issue.revisit_answered)),
            ("解决了没有", name("revisit_solved", issue.solved)),
            ("满意度", name("revisit_satisfaction", issue.satisfaction)), ("不满意在哪里", reasons),
            ("四到服务", scores), ("承办人主动联系", _yes_no(issue.handler_contacted)),
            ("跑了几次", None if issue.revisit_trips is None else f"{issue.revisit_trips} 次"), ("意见建议", issue.revisit_text), ("联系不上", contacts), ("追评", issue.added_review),
            ("重办", f"{issue.reopened} 次" if issue.reopened else None),
            ("销号", moment(issue.closed_at)),
            ("有效", "无效回访，不计满意率" if issue.revisit_valid is False else None),
        ),
    )  # fmt: skip


def _yes_no(answer: bool | None) -> str | None:
    return None if answer is None else "是" if answer else "否"


def _who_when(who: str | None, when: str | None) -> str | None:
    return "，".join(part for part in (who, when) if part) or None


def _supervision_lines(desk: Desk, issue: Issue) -> tuple[SupervisionLine, ...]:
    levels = {item["code"]: item["name"] for item in desk.dictionary("supervision_levels")}
    lines = []
    for note in supervisions(desk, issue.id):
        text = f"{levels.get(note.level, note.level)} {words.moment(from_text(note.sent_at))}"
        text += f"：{note.text}" if note.text else ""
        due = words.moment(from_text(note.reply_due_at))
        reply = f"{note.replied_by_name}回复：{note.reply}" if note.replied_at else f"等回复，{due} 前"
        lines.append(SupervisionLine(note.level.value, text, reply))
    return tuple(lines)


def _related(desk: Desk, issue: Issue) -> tuple[Related, ...]:
    pairs = [("再次反映自", issue.earlier, issue.earlier_number)]
    pairs.append(("并入主案", issue.merged_into, issue.merged_into_number))
    pairs += [("关联", id, None) for id in issue.related if id != issue.earlier]
    found = []
    for how, id, number in pairs:
        if id is None:
            continue
        other = document_of(desk, id) or desk.store.get(ISSUE_ROW, id)
        text = number or id
        if other is not None:
            state = ISSUE_STATE_NAMES[IssueState(other.body["state"])]
            text = f"{other.body['number']} {other.body['title']}（{state}）"
        found.append(Related(id, how, text))
    if issue.main_result and found:
        found.append(Related(issue.merged_into or "", "主案结论", issue.main_result))
    return tuple(found)


_OTHER_ACTIONS = {
    "issue.report": "登记，上报",
    "issue.solve_on_spot": "现场办结",
    "enterprise.merge": "随企业合并转来",
}
"""What stands in a trail and is no move of the table: how an issue was born, and that its enterprise was merged."""


def _trail(desk: Desk, document: Document) -> tuple[TrailLine, ...]:
    kind = IssueEvent.kind if document.kind == Issue.kind else TWINS[IssueEvent.kind]
    events = [
        (IssueEvent.of(item), item.rev)
        for item in desk.store.of_kind(kind, document.bucket)
        if item.body.get("issue") == document.id
    ]
    events.sort(key=lambda pair: pair[0].order)
    return tuple(_trail_line(event, rev) for event, rev in events)


def _trail_line(event: IssueEvent, rev: int) -> TrailLine:
    transition = TRANSITIONS.get(event.action)
    word = transition.word if transition else _OTHER_ACTIONS.get(event.action, event.action)
    text = f"{word}：{event.text}" if event.text else word
    made, known = from_text(event.offline_at or event.at), from_text(event.at)
    note = ""
    if rev == 0:
        note = "待发送"
    elif known - made > OFFLINE:
        note = f"离线，{words.moment(known)} 到中心"
    role = ROLE_NAMES[Role(event.role)] if event.role in set(Role) else ""
    return TrailLine(words.moment(made), event.person_name, text, role, note)
