"""The one table of an issue's moves: who may take it from which states to which, and what stands in the way.

domain.md §7.2. A guard looks at the issue and at who acts and gives the Chinese reason why not, or None. The change
functions (`changes/issues.py` and its neighbours) ask here, and so do the buttons on screen: they cannot differ.
Guards that hang on the time or on arguments stand in the change functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.domain.issue import Issue, IssueState
from app.domain.people import Actor, Role

S = IssueState
Guard = Callable[[Issue, Actor], str | None]

WORKING = frozenset({S.ASSIGNED, S.IN_WORK, S.EXTENSION, S.SUSPENDED, S.ANSWERED})
"""States in which a department has the issue."""
UNSETTLED = frozenset({S.REPORTED, S.ACCEPTED}) | WORKING
"""I1–I6: an enterprise may still withdraw."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One move. `targets` empty: the state stays. Several targets: the change function chooses by its arguments.

    `word` is the action in Chinese. `roles`: §7.1; 分管领导 and 主要领导 are both LEADER, the system is ADMIN.
    """

    action: str
    word: str
    sources: frozenset[IssueState]
    targets: tuple[IssueState, ...]
    roles: frozenset[Role]
    guards: tuple[Guard, ...] = ()

    @property
    def target(self) -> IssueState | None:
        """Where it leads to at first; None where the state stays."""
        return self.targets[0] if self.targets else None


def _main_department(issue: Issue, actor: Actor) -> str | None:
    if Role.HANDLER in actor.roles and actor.department == issue.department:
        return None
    return "这件诉求不由您的部门主办，不能做这个操作。"


def _department_if_handler(issue: Issue, actor: Actor) -> str | None:
    """Officer and coordinator hold the enterprise; a handler needs the issue to be shown to his department."""
    if actor.roles & {Role.OFFICER, Role.COORDINATOR, Role.LEADER, Role.ADMIN}:
        return None
    if actor.department is not None and actor.department in {issue.department, *issue.joint, *issue.whistled}:
        return None
    return "这件诉求没有交给您的部门，不能做这个操作。"


def _whistled_department(issue: Issue, actor: Actor) -> str | None:
    if actor.department not in issue.whistled:
        return "企业吹哨没有点名您的部门。"
    if actor.department in issue.whistle_answered:
        return "您的部门已经回应过这次吹哨。"
    return None


def _coordinator_or_leader_on_appeal(issue: Issue, actor: Actor) -> str | None:
    needed = Role.LEADER if issue.appealed else Role.COORDINATOR
    if needed in actor.roles:
        return None
    return "这件诉求在申请复核，由领导决定。" if issue.appealed else "受理由协调员办理。"


def _leader_if_ruling(issue: Issue, actor: Actor) -> str | None:
    if issue.ruling_needed and Role.LEADER not in actor.roles:
        return "这件诉求已两次异议退单，由领导裁定主办部门。"
    return None


def _not_ruled(issue: Issue, _: Actor) -> str | None:
    return "主办部门已由领导裁定，不能再退单。请办理，有困难请写进展或申请延期。" if issue.ruled else None


def _by_level(issue: Issue, actor: Actor) -> str | None:
    """同意延期: COO for levels 1–2, DLD for 3–4."""
    needed = Role.LEADER if (issue.level or 1) >= 3 else Role.COORDINATOR
    if needed in actor.roles:
        return None
    return "三、四级诉求的延期由领导审批。" if needed is Role.LEADER else "一、二级诉求的延期由协调员审批。"


def _not_highest(issue: Issue, _: Actor) -> str | None:
    return "已经是最高的四级。" if (issue.level or 1) >= 4 else None


def _not_lowest(issue: Issue, _: Actor) -> str | None:
    return "已经是最低的一级。" if (issue.level or 1) <= 1 else None


def _not_extended(issue: Issue, _: Actor) -> str | None:
    return "延期只能申请一次。" if issue.extensions or issue.extension_asked_days else None


def _not_appealed(issue: Issue, _: Actor) -> str | None:
    return "已经申请过一次复核，不能再申请。" if issue.appeals else None


def _not_own_work(issue: Issue, actor: Actor) -> str | None:
    """同一人既承办又回访 is forbidden (§7.2); nor may anybody of a department that has the issue, came to a whistle too."""
    workers = {issue.handler, issue.signed_by, issue.answered_by}
    if issue.solved_on_spot:
        workers.add(issue.raised_by)
    having = {issue.department, *issue.joint, *issue.whistled}
    if actor.person in workers or (actor.department and actor.department in having):
        return "办理人和承办部门不能回访自己办的诉求，请由别的回访员回访。"
    return None


def _three_contacts(issue: Issue, _: Actor) -> str | None:
    days = {contact.day for contact in issue.contacts}
    return None if len(days) >= 3 else f"要有三个不同日子的联系记录才能按失联销号，现在有 {len(days)} 个。"


def _no_added_review(issue: Issue, _: Actor) -> str | None:
    return "每件诉求只能追评一次，已经追评过了。" if issue.added_review else None


def _own_last_move(issue: Issue, actor: Actor) -> str | None:
    """Nobody acted after, it was this person, and it is a move that leaves nothing behind outside."""
    last = issue.last
    if last is None or last.action not in TAKEN_BACK:
        return "最近的一步不能撤回。"
    if last.person != actor.person or not actor.roles & TRANSITIONS[last.action].roles:
        return "只有办这一步的人能撤回，别人接着办了就不能再撤。"
    return None


_O, _C, _H, _R, _L, _A = (
    Role.OFFICER,
    Role.COORDINATOR,
    Role.HANDLER,
    Role.REVISITOR,
    Role.LEADER,
    Role.ADMIN,
)


def _row(
    action: str,
    word: str,
    sources: Iterable[IssueState],
    targets: Iterable[IssueState],
    roles: Iterable[Role],
    *guards: Guard,
) -> tuple[str, Transition]:
    row = Transition(action, word, frozenset(sources), tuple(targets), frozenset(roles), guards)
    return action, row


TRANSITIONS: Mapping[str, Transition] = dict(
    (
        _row("issue.accept", "受理", {S.REPORTED}, [S.ACCEPTED], {_C, _L}, _coordinator_or_leader_on_appeal),
        _row("issue.return", "退回补正", {S.REPORTED}, [S.DRAFT], {_C}),
        _row("issue.resubmit", "补正后上报", {S.DRAFT}, [S.REPORTED], {_O, _C}),
        _row(
            "issue.refuse", "不予受理", {S.REPORTED}, [S.REFUSED], {_C, _L}, _coordinator_or_leader_on_appeal
        ),
        _row("issue.appeal", "申请复核", {S.REFUSED}, [S.REPORTED], {_O}, _not_appealed),
        _row("issue.merge", "并案", {S.REPORTED}, [S.MERGED], {_C}),
        _row("issue.classify", "改分类级别", {S.ACCEPTED, S.ASSIGNED, S.IN_WORK}, [], {_C, _L}),
        _row("issue.assign", "交办", {S.ACCEPTED}, [S.ASSIGNED], {_C, _L}, _leader_if_ruling),
        _row("issue.sign", "签收", {S.ASSIGNED}, [S.IN_WORK], {_H}, _main_department),
        _row("issue.object", "异议退单", {S.ASSIGNED}, [S.ACCEPTED], {_H}, _main_department, _not_ruled),
        _row("issue.progress", "写进展", {S.IN_WORK}, [], {_H, _O, _C}, _department_if_handler),
        _row(
            "issue.ask_extension",
            "申请延期",
            {S.IN_WORK},
            [S.EXTENSION],
            {_H},
            _main_department,
            _not_extended,
        ),
        _row("issue.extend", "同意延期", {S.EXTENSION}, [S.IN_WORK], {_C, _L}, _by_level),
        _row("issue.deny_extension", "驳回延期", {S.EXTENSION}, [S.IN_WORK], {_C, _L}, _by_level),
        _row("issue.suspend", "挂账", {S.IN_WORK}, [S.SUSPENDED], {_L}),
        _row("issue.resume", "恢复办理", {S.SUSPENDED}, [S.IN_WORK], {_C}),
        _row("issue.ask_escalation", "申请提级", {S.IN_WORK}, [], {_O}, _not_highest),
        _row("issue.escalate", "提级", {S.IN_WORK}, [], {_C, _A}, _not_highest),
        _row("issue.lower", "降级", {S.IN_WORK}, [], {_L}, _not_lowest),
        _row("issue.answer", "提交结果", {S.IN_WORK}, [S.ANSWERED], {_H}, _main_department),
        _row("issue.redo", "退回重办", {S.ANSWERED}, [S.IN_WORK], {_C}),
        _row("issue.verify", "核实通过", {S.ANSWERED}, [S.TO_REVISIT], {_C}),
        _row(
            "issue.revisit",
            "回访",
            {S.TO_REVISIT},
            [S.CLOSED, S.IN_WORK, S.REPORTED],
            {_R},
            _not_own_work,
        ),
        _row("issue.contact_failed", "联系不上", {S.TO_REVISIT}, [], {_R}, _not_own_work),
        _row("issue.close_unreached", "按失联销号", {S.TO_REVISIT}, [S.CLOSED], {_C}, _three_contacts),
        _row("issue.add_review", "追评", {S.CLOSED}, [], {_R}, _not_own_work, _no_added_review),
        _row("issue.archive", "归档", {S.CLOSED}, [S.ARCHIVED], {_C}),
        _row("issue.withdraw", "企业撤回", UNSETTLED, [S.WITHDRAWN], {_O}),
        _row("issue.whistle", "企业吹哨", UNSETTLED, [], {_O, _C}),
        _row("issue.whistle_answer", "回应吹哨", UNSETTLED, [], {_H}, _whistled_department),
        _row("issue.link", "关联诉求", UNSETTLED | {S.TO_REVISIT}, [], {_O, _C}),
        _row("issue.supervise", "督办", WORKING - {S.SUSPENDED}, [], {_C, _L, _A}),
        _row(
            "issue.reply_supervision",
            "回复督办",
            WORKING,
            [],
            {_H},
            _main_department,
        ),
        # The last move only, by whoever made it, for some minutes: how far is looked at by the change function.
        _row(
            "issue.take_back",
            "撤回这一步",
            set(S) - {S.VOID, S.REFUSED},
            [],
            {_O, _C, _H, _R, _L},
            _own_last_move,
        ),
        # What the centre does by itself.
        _row("issue.auto_sign", "视为签收", {S.ASSIGNED}, [S.IN_WORK], {_A}),
        _row("issue.retime", "重算期限", WORKING, [], {_A}),
        _row("issue.main_ended", "主案回写", {S.MERGED}, [], {_A}),
    )
)
"""§7.2. The issue is born by `visit.submit` or `issue.raise` (I0 → I1, or I0 → I7 solved on the spot). 作废 is for what was
never reported: that stands on the laptop alone and is thrown away there, so no move leads to `void` here."""

TAKEN_BACK = frozenset(
    {
        "issue.accept",
        "issue.return",
        "issue.resubmit",
        "issue.appeal",
        "issue.merge",
        "issue.classify",
        "issue.assign",
        "issue.sign",
        "issue.progress",
        "issue.ask_extension",
        "issue.extend",
        "issue.deny_extension",
        "issue.suspend",
        "issue.resume",
        "issue.ask_escalation",
        "issue.escalate",
        "issue.lower",
        "issue.answer",
        "issue.redo",
        "issue.verify",
        "issue.contact_failed",
        "issue.close_unreached",
        "issue.archive",
        "issue.withdraw",
        "issue.whistle_answer",
        "issue.link",
    }
)
"""Moves whoever made them may take back with `issue.take_back`, which gives the issue its fields from before and stands in
the trail itself. Not among them is what has reached somebody already: 不予受理 (its notice goes to the enterprise on the same
day), 督办 and its reply (sheets with numbers), 企业吹哨 (the departments are on their way); what the enterprise itself has said
(回访, 追评: no bad word of it may go away again); 异议退单 (the department does not see the issue any more); and what the
centre does by itself."""


def reason_not(transition: Transition, issue: Issue, actor: Actor) -> str | None:
    """Why this person may not do this to this issue now, or None. Roles and states are looked at by the caller."""
    return next((text for guard in transition.guards if (text := guard(issue, actor))), None)


def available(issue: Issue, actor: Actor) -> tuple[Transition, ...]:
    """What a person may do with an issue now: the buttons on screen. The system's own moves are never among them."""
    return tuple(
        row
        for row in TRANSITIONS.values()
        if issue.state in row.sources and actor.roles & row.roles and reason_not(row, issue, actor) is None
    )
