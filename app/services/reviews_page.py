"""One review as its page shows it: what it is about, its parts (reviewers, items, seats), moves, single scores, trail.

A reviewer whose laptop has not the enterprise sees his seat alone: what it is about, and what he is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.domain.changes.review_sheets import DECLARE, HAND_IN
from app.domain.clock import from_text
from app.domain.documents import Body
from app.domain.people import ROLE_NAMES, Role
from app.domain.review import (
    FINDING_NAMES,
    GATE_STATE_NAMES,
    REVIEWER_STATE_NAMES,
    STANCE_NAMES,
    Check,
    Finding,
    Gate,
    GateState,
    Opinion,
    Review,
    ReviewerState,
    ReviewEvent,
    ReviewScore,
    ReviewState,
    Stance,
)
from app.domain.review_moves import MOVES, available, blocked
from app.domain.review_scheme import METHOD_NAMES, ReviewType
from app.services import words
from app.services.desk import Desk
from app.services.reviews_acting import review_of
from app.services.reviews_forms import DECLARE_WORD
from app.services.reviews_listing import ReviewLine, listing, seat_of, standing

Facts = tuple[tuple[str, str], ...]
FILL = "fill"
"""Not a move: it opens the scoring form."""


@dataclass(frozen=True, slots=True)
class PartLine:
    """A reviewer, an item of the checklist or a seat of a gate. `group`: the gate it belongs to."""

    key: str
    group: str
    name: str
    word: str
    tone: str
    text: str
    facts: Facts = ()
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One review; `review` None where this laptop has the seat alone. `own` is what one may do as a reviewer."""

    id: str
    review: Review | None
    line: ReviewLine
    facts: Facts
    parts: tuple[PartLine, ...]
    actions: tuple[tuple[str, str], ...]
    own: tuple[tuple[str, str], ...]
    blocked: tuple[tuple[str, str], ...]
    told: str
    trail: tuple[tuple[str, str], ...]


def page(desk: Desk, id: str) -> ReviewPage:
    """KnownError where neither it nor a seat in it is on this laptop (`opened.open_bucket`, then sync)."""
    seat = seat_of(desk, id)
    review = None if seat is not None and desk.store.get(Review.kind, id) is None else review_of(desk, id)
    line = next(one for one in listing(desk) if one.id == id)
    actor = desk.signed_in().actor
    if review is None:
        assert seat is not None
        return ReviewPage(
            id, None, line, _seat_facts(seat), (), (), _own(desk, seat), (), _told(line, None), ()
        )
    return ReviewPage(
        id=id,
        review=review,
        line=line,
        facts=_facts(review),
        parts=_parts(desk, review),
        actions=tuple((move.action, move.word) for move in available(review, actor)),
        own=_own(desk, seat) if seat is not None else (),
        blocked=blocked(review, actor),
        told=_told(line, review),
        trail=_trail(desk, review),
    )


def _own(desk: Desk, seat: Body) -> tuple[tuple[str, str], ...]:
    if seat["state"] != ReviewState.RUNNING:
        return ()
    mine = standing(desk, seat)
    if mine is ReviewerState.NAMED:
        return ((DECLARE, DECLARE_WORD),)
    return ((FILL, "填评分表"),) if mine is ReviewerState.CLEAR else ()


def _told(line: ReviewLine, review: Review | None) -> str:
    """The sentence at the head: what one is asked, or what came of it."""
    if line.asked:
        ask = (
            "先作利益关联声明，再填评分表。"
            if line.mine is ReviewerState.NAMED
            else "请填评分表，交了才会汇总。"
        )
        return f"您是评委。{ask}"
    if line.mine is ReviewerState.CONFLICT and line.state is ReviewState.RUNNING:
        return "您声明了利益关联，已经回避。"
    if review is not None and review.state is ReviewState.CLOSING:
        return "评分表在中心，同步后由中心汇总出结果。"
    if review is not None and review.vetoes:
        return f"一票否决：{'、'.join(review.vetoes)}。分数再高也不推荐。"
    return ""


def _seat_facts(seat: Body) -> Facts:
    rows = [
        ("编号", str(seat["number"])),
        ("方案", str(seat["scheme_name"])),
        ("企业", str(seat["enterprise_name"])),
        ("项目", str(seat.get("project") or "")),
        ("引荐单位", str(seat.get("sponsor") or "")),
        ("总投资", wan(seat.get("investment_fen"))),
        ("说明", str(seat.get("note") or "")),
    ]
    return tuple((name, value) for name, value in rows if value)


def wan(fen: int | None) -> str:
    """`8600 万元`, empty for None."""
    return "" if fen is None else f"{_plain(fen)} 万元"


def _plain(fen: int) -> str:
    return f"{(Decimal(fen) / 1_000_000).normalize():f}"


def _facts(review: Review) -> Facts:
    rules = review.rules
    rows = [
        ("编号", review.number),
        ("方案", f"{review.scheme_name} · {review.scheme_version} 版"),
        ("项目", review.project or ""),
        ("引荐单位", review.sponsor or ""),
        ("总投资", wan(review.investment_fen)),
        ("重大项目", "是" if review.major else ""),
        ("说明", review.note or ""),
        ("算法", f"{METHOD_NAMES[rules.method]}，至少 {rules.least} 张表" if rules else ""),
        ("结论线", "、".join(f"{one.name} {one.least:f} 分" for one in rules.lines) if rules else ""),
        (
            "第三方报告",
            "，".join(part for part in (review.agency, review.report_number, review.reported_on) if part),
        ),
        ("结论", review.conclusion_name or ""),
        ("得分", f"{review.score}（{review.count} 张表）" if review.score else ""),
        ("平均 / 去极值", f"{review.mean} / {review.trimmed}" if review.score else ""),
        ("否决", "、".join(review.vetoes)),
        ("投决额", wan(review.decided_fen)),
        ("意见", review.conclusion_text or ""),
        ("退回过", f"{review.rounds} 次" if review.rounds else ""),
        ("终止原因", review.cancelled_reason or ""),
        ("发起", f"{review.opened_by_name}，{words.moment(from_text(review.opened_at))}"),
        (
            "汇总",
            f"{review.closed_by_name}，{words.moment(from_text(review.closed_at))}"
            if review.closed_at
            else "",
        ),
    ]
    return tuple((name, value) for name, value in rows if value)


def _parts(desk: Desk, review: Review) -> tuple[PartLine, ...]:
    if review.type is ReviewType.SCORE:
        return tuple(_reviewers(desk, review))
    if review.type is ReviewType.DILIGENCE:
        ordered = sorted(review.checks.items(), key=lambda pair: pair[1].order)
        return tuple(_check(desk, review, key, item) for key, item in ordered)
    return tuple(
        _opinion(desk, review, gate, key, seat)
        for _, gate in review.ordered_gates
        for key, seat in gate.ordered
    )


def _actions(desk: Desk, review: Review, key: str) -> tuple[tuple[str, str], ...]:
    actor = desk.signed_in().actor
    return tuple((move.action, move.word) for move in available(review, actor, key))


def scores(desk: Desk, review: Review) -> dict[str, ReviewScore]:
    """Person → his score: here with who holds the park's bucket, after closing, and nowhere else."""
    found = (ReviewScore.of(one) for one in desk.store.of_kind(ReviewScore.kind))
    return {one.person: one for one in found if one.review == review.id}


def _reviewers(desk: Desk, review: Review) -> list[PartLine]:
    told, seat = scores(desk, review), seat_of(desk, review.id)
    mine = standing(desk, seat) if seat is not None else None
    tones = {
        ReviewerState.NAMED: "grey",
        ReviewerState.CLEAR: "blue",
        ReviewerState.CONFLICT: "yellow",
        ReviewerState.HANDED_IN: "green",
    }
    found = []
    for key, one in sorted(review.reviewers.items(), key=lambda pair: pair[1].order):
        score = told.get(key)
        state = mine if mine is not None and key == desk.signed_in().person else one.state
        facts: list[tuple[str, str]] = []
        if one.declared_at:
            facts.append(("声明", words.moment(from_text(one.declared_at))))
        if one.handed_in_at:
            facts.append(("交表", words.moment(from_text(one.handed_in_at))))
        if score is not None:
            looks = review.rules.looks if review.rules else ()
            facts += [(look.name, f"{score.points.get(look.key, '')} / {look.weight:f}") for look in looks]
            facts += [("总分", score.total), ("否决", "、".join(score.vetoes)), ("存疑", score.doubts or "")]
        elif one.handed_in_at:
            facts.append(("分数", "汇总后协调员、领导可见"))
        text = f"{score.total} 分" if score else ""
        if score and score.vetoes:
            text += "，否决"
        word = REVIEWER_STATE_NAMES[state]
        shown = tuple((name, value) for name, value in facts if value)
        found.append(
            PartLine(key, "", one.name, word, tones[state], text, shown, _actions(desk, review, key))
        )
    return found


def _check(desk: Desk, review: Review, key: str, item: Check) -> PartLine:
    tones = {None: "grey", Finding.FINE: "green", Finding.DOUBT: "yellow", Finding.PROBLEM: "red"}
    facts = [
        ("查什么", item.hint),
        ("情况", FINDING_NAMES[item.finding] if item.finding else "还没有记"),
        ("查到", item.text or ""),
        ("记录", f"{item.by_name}，{words.day_of_text(item.day)}" if item.day else ""),
    ]
    word = FINDING_NAMES[item.finding] if item.finding else "还没有记"
    shown = tuple((name, value) for name, value in facts if value)
    actions = _actions(desk, review, key)
    return PartLine(key, "", item.name, word, tones[item.finding], item.text or item.hint, shown, actions)


def _opinion(desk: Desk, review: Review, gate: Gate, key: str, seat: Opinion) -> PartLine:
    tones = {None: "grey", Stance.AGREE: "green", Stance.CONDITION: "yellow", Stance.OBJECT: "red"}
    here = gate.state is GateState.OPEN
    waiting = "等意见" if here else GATE_STATE_NAMES[gate.state]
    answer = ""
    if seat.adopted is not None:
        answer = f"{'采纳' if seat.adopted else '不采纳'}：{seat.answer}"
    elif seat.unanswered:
        answer = "还没有说明采纳情况"
    facts = [
        ("关卡", f"第 {gate.order} 关 {gate.name}，{GATE_STATE_NAMES[gate.state]}"),
        ("过关", words.day_of_text(gate.passed_on) if gate.passed_on else ""),
        ("意见", STANCE_NAMES[seat.stance] if seat.stance else waiting),
        ("内容", seat.text or ""),
        ("谁给的", f"{seat.by}，{words.day_of_text(seat.day)}" if seat.by else ""),
        ("采纳情况", answer),
    ]
    return PartLine(
        key=key,
        group=f"{gate.order} {gate.name}",
        name=seat.name,
        word=STANCE_NAMES[seat.stance] if seat.stance else waiting,
        tone="blue" if here and seat.stance is None else tones[seat.stance],
        text=answer if answer else seat.text or "",
        facts=tuple((name, value) for name, value in facts if value),
        actions=_actions(desk, review, key) if here else (),
    )


def _trail(desk: Desk, review: Review) -> tuple[tuple[str, str], ...]:
    """(when, what), the newest first."""
    found = [ReviewEvent.of(document) for document in desk.store.of_kind(ReviewEvent.kind)]
    events = sorted(
        (one for one in found if one.review == review.id), key=lambda one: one.order, reverse=True
    )
    return tuple((words.moment_near(from_text(one.at), desk.clock()), event_text(one)) for one in events)


def event_text(event: ReviewEvent) -> str:
    """`李协调（协调员）汇总评分：82.40 分，推荐`."""
    role = f"（{ROLE_NAMES[Role(event.role)]}）" if event.role else ""
    said = f"：{event.text}" if event.text else ""
    return f"{event.person_name}{role}{action_word(event.action)}{said}"


def action_word(action: str) -> str:
    """The word of a move, also of those that are not in the table."""
    if action in MOVES:
        return MOVES[action].word
    others = {
        "review.open": "发起评审",
        "enterprise.merge": "随企业并入",
        DECLARE: DECLARE_WORD,
        HAND_IN: "交评分表",
    }
    return others.get(action, "其他操作")
