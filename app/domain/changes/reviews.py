"""The moves of a review that its coordinator makes: opened, staffed, gone through, closed (domain.md §5 (b); §1, 01–03 56).

Who may do what from where stands in `review_moves.MOVES`; the effects stand here, one function a move.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pydantic import BaseModel, Field, ValidationError

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.changes.review_trail import ReviewMoving, check_kind, outcome_of, past_day, write_down
from app.domain.changes.visits import record_digest
from app.domain.clock import from_text, to_text
from app.domain.days import Day
from app.domain.documents import Body, Documents
from app.domain.enterprise import Enterprise
from app.domain.people import Role
from app.domain.record import by_name
from app.domain.review import (
    FINDING_NAMES,
    PASSED,
    STANCE_NAMES,
    VERDICT_NAMES,
    Check,
    Finding,
    Gate,
    GateState,
    Opinion,
    Review,
    Reviewer,
    ReviewScore,
    ReviewSheet,
    ReviewState,
    Stance,
    Verdict,
    seat_id,
)
from app.domain.review_result import Scored, panel, scored
from app.domain.review_scheme import KEY, ReviewScheme, ReviewType

MOST_REVIEWERS = 30


class Open(BaseModel):
    """args of `review.open`. `form_version`: the newest of the scheme's form, where it has one."""

    local_number: str
    scheme: str
    title: str = Field(min_length=1, max_length=80)
    project: str | None = Field(default=None, max_length=80)
    sponsor: str | None = Field(default=None, max_length=60)
    investment_fen: int | None = Field(default=None, ge=0, le=10**16)
    major: bool = False
    note: str | None = Field(default=None, max_length=1000)
    form_version: str | None = Field(default=None, max_length=40)


class Named(BaseModel):
    """One who is to review."""

    person: str = Field(pattern=r"^[0-9A-Za-z_@:+-]{1,64}$")
    name: str = Field(min_length=1, max_length=64)


class Name(BaseModel):
    """args of `review.name`."""

    people: list[Named] = Field(min_length=1, max_length=MOST_REVIEWERS)


class Drop(BaseModel):
    """args of `review.drop`."""

    part: str
    reason: str = Field(min_length=1, max_length=300)


class Words(BaseModel):
    """args of `review.close`."""

    text: str | None = Field(default=None, max_length=1000)


class Found(BaseModel):
    """args of `review.finding`. What is not fine wants words."""

    part: str
    finding: Finding
    text: str | None = Field(default=None, max_length=1000)
    day: Day | None = None


class Report(BaseModel):
    """args of `review.report`: 机构、委托日、报告编号、出具日 (domain.md §1, 02)."""

    agency: str = Field(min_length=1, max_length=80)
    commissioned_on: Day
    report_number: str = Field(min_length=1, max_length=60)
    reported_on: Day


class Conclude(BaseModel):
    """args of `review.conclude`. `decided_fen`: 投决额, where a fund invests."""

    verdict: Verdict
    text: str = Field(min_length=1, max_length=2000)
    decided_fen: int | None = Field(default=None, ge=0, le=10**16)


class Say(BaseModel):
    """args of `review.opinion`. Anything but plain consent wants words."""

    part: str
    stance: Stance
    text: str | None = Field(default=None, max_length=2000)
    by: str = Field(min_length=1, max_length=64)
    day: Day | None = None


class Adopt(BaseModel):
    """args of `review.adopt`: 是否采纳、说明."""

    part: str
    adopted: bool = False
    answer: str = Field(min_length=1, max_length=1000)


class AddSeat(BaseModel):
    """args of `review.seat`: one more department is asked (14+n, domain.md §1, 56)."""

    department: str = Field(pattern=KEY)


class Pass(BaseModel):
    """args of `review.pass`."""

    text: str | None = Field(default=None, max_length=1000)
    day: Day | None = None


class Because(BaseModel):
    """args of `review.send_back` and `review.cancel`."""

    reason: str = Field(min_length=1, max_length=500)


@change_function("review.open", Role.COORDINATOR)
def open_(documents: Documents, change: Change, context: Context) -> Outcome:
    """发起: a review after a scheme, with its checklist or gates, or with reviewers still to be named."""
    args = Open.model_validate(change.args)
    check_kind(change)
    enterprise = Enterprise.of(need(documents, Enterprise.kind, buckets.subject_of(change.bucket)))
    if documents.get(Review.kind, change.doc[1]) is not None:
        raise Refusal("exists", "这条记录已经存在，没有覆盖它。请刷新后重新提交。", id=change.doc[1])
    scheme = context.dictionaries.review_scheme(args.scheme)
    if scheme is None:
        raise Refusal("scheme", "没有这个评审方案，请重新选择。", field="scheme")
    scoring = scheme.type is ReviewType.SCORE
    if scoring and not args.form_version:
        raise Refusal("form", "本机还没有这个方案的评分表，请同步一次再发起。", field="scheme")
    review = Review(
        id=change.doc[1],
        number=context.number("review", args.local_number),
        local_number=args.local_number,
        enterprise=enterprise.id,
        enterprise_name=enterprise.name,
        type=scheme.type,
        scheme=scheme.id,
        scheme_name=scheme.name,
        scheme_version=context.dictionaries.review_schemes_version,
        state=ReviewState.PREPARING if scoring else ReviewState.RUNNING,
        opened_at=to_text(from_text(change.at)),
        opened_by=context.actor.person,
        opened_by_name=context.actor.name,
        rules=scheme if scoring else None,
        form_version=args.form_version if scoring else None,
        checks={
            item.key: Check(order=order, name=item.name, hint=item.hint)
            for order, item in enumerate(scheme.checks, start=1)
        },
        gates=_gates(scheme, context, major=args.major),
        **args.model_dump(include={"title", "project", "sponsor", "investment_fen", "major", "note"}),
    )
    return outcome_of(review, write_down(review, {}, change, context, scheme.name))


def _gates(scheme: ReviewScheme, context: Context, *, major: bool) -> dict[str, Gate]:
    gates: dict[str, Gate] = {}
    for order, one in enumerate(scheme.gates, start=1):
        seats = {}
        for place, seat in enumerate(one.seats, start=1):
            name = context.dictionaries.department_name(seat.department) if seat.department else seat.name
            seats[seat.key] = Opinion(order=place, name=name, department=seat.department)
        skipped = one.major_only and not major
        gates[one.key] = Gate(
            order=order,
            name=one.name,
            decides=one.decides,
            seats=seats,
            state=GateState.SKIPPED if skipped else GateState.WAITING,
        )
    _open_first(gates)
    return gates


def _open_first(gates: Mapping[str, Gate]) -> Gate | None:
    """The next gate that waits is open now; None where there is none left."""
    waiting = (
        gate for gate in sorted(gates.values(), key=lambda one: one.order) if gate.state is GateState.WAITING
    )
    gate = next(waiting, None)
    if gate is not None:
        gate.state = GateState.OPEN
    return gate


# ---------------------------------------------------------------------- scoring


@change_function("review.name", Role.COORDINATOR)
def name(documents: Documents, change: Change, context: Context) -> Outcome:
    """定评委: more of them, also in the place of who steps aside."""
    args = Name.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    known = moving.review.reviewers
    fresh = {one.person: one.name for one in args.people if one.person not in known}
    if not fresh:
        raise Refusal("people", "选的人已经是这次评审的评委，或已经回避。请另选。", field="people")
    if len(known) + len(fresh) > MOST_REVIEWERS:
        raise Refusal("people", f"评委最多 {MOST_REVIEWERS} 人。", field="people")
    base = (moving.review.moves + 1) * 100
    moving.review.reviewers = {
        **known,
        **{id: Reviewer(order=base + place, name=word) for place, (id, word) in enumerate(fresh.items())},
    }
    return moving.finish("、".join(fresh.values()))


@change_function("review.drop", Role.COORDINATOR)
def drop(documents: Documents, change: Change, context: Context) -> Outcome:
    """换下 a reviewer who has not handed in."""
    args = Drop.model_validate(change.args)
    moving = ReviewMoving(documents, change, context, args.part)
    gone = moving.review.reviewers[args.part]
    moving.review.reviewers = {id: one for id, one in moving.review.reviewers.items() if id != args.part}
    return moving.finish(f"{gone.name}：{args.reason}")


@change_function("review.start", Role.COORDINATOR)
def start(documents: Documents, change: Change, context: Context) -> Outcome:
    """开始评分: from now on reviewers may declare and score."""
    return ReviewMoving(documents, change, context).finish(None)


@change_function("review.close", Role.COORDINATOR)
def close(documents: Documents, change: Change, context: Context) -> Outcome:
    """汇总: the sheets are in their reviewers' own buckets, so the centre alone can count them (`Context.sheets`); a laptop's own run
    leaves the review waiting for it."""
    args = Words.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    review = moving.review
    review.conclusion_text = args.text
    if context.sheets is None:
        return moving.finish(args.text, target=ReviewState.CLOSING)
    found = context.sheets([(person, seat_id(review.id, person)) for person in review.valid])
    scores = _counted(review, found, context)
    assert review.rules is not None
    vetoes = [score.vetoes for score in scores]
    result = panel(review.rules, [Decimal(score.total) for score in scores], vetoes)
    review.count = result.count
    review.mean, review.trimmed, review.score = map(str, (result.mean, result.trimmed, result.score))
    review.vetoes = list(result.vetoes)
    review.conclusion, review.conclusion_name = result.conclusion, result.conclusion_name
    _ended(moving)
    park = buckets.meetings(context.park)
    writes = (Write(ReviewScore.kind, score.id, score.to_body(), park) for score in scores)
    text = f"{result.score} 分，{result.conclusion_name}"
    return moving.finish(text, *writes)


def _counted(review: Review, found: Mapping[str, Body], context: Context) -> list[ReviewScore]:
    """The single scores. Refusal where a sheet lacks or is not what was handed in."""
    scores = []
    for person, reviewer in review.valid.items():
        sheet = _sheet(found.get(person), reviewer)
        points = _scored(review, sheet) if sheet else None
        if sheet is None or points is None:
            raise Refusal("sheet", f"中心没有{reviewer.name}的有效评分表，不能汇总。请让他重交，或者换人。")
        scores.append(
            ReviewScore(
                id=seat_id(review.id, person),
                review=review.id,
                enterprise=review.enterprise,
                person=person,
                person_name=reviewer.name,
                total=str(points.total),
                points={key: str(value) for key, value in points.points.items()},
                vetoes=list(points.vetoes),
                doubts=by_name(sheet.values).get("p08_doubts") or None,
                closed_at=to_text(context.now),
            )
        )
    return scores


def _sheet(body: Body | None, reviewer: Reviewer) -> ReviewSheet | None:
    try:
        sheet = ReviewSheet.model_validate(body)
    except ValidationError:
        return None
    kept = sheet.clear and sheet.handed_in_at is not None and sheet.turn == reviewer.order
    return sheet if kept else None


def _scored(review: Review, sheet: ReviewSheet) -> Scored | None:
    rules = review.rules
    if rules is None or sheet.form_id != rules.form_id:
        return None
    if record_digest(sheet.form_id or "", sheet.form_version or "", sheet.values) != sheet.digest:
        return None
    found = scored(rules, sheet.values)
    return None if found.open else found


def _ended(moving: ReviewMoving) -> None:
    moving.review.closed_at = to_text(moving.context.now)
    moving.review.closed_by_name = moving.context.actor.name


# ---------------------------------------------------------------------- due diligence


@change_function("review.finding", Role.OFFICER, Role.COORDINATOR)
def finding(documents: Documents, change: Change, context: Context) -> Outcome:
    """记情况: what was found about one item; the newest counts, the trail keeps the others."""
    args = Found.model_validate(change.args)
    moving = ReviewMoving(documents, change, context, args.part)
    if args.finding is not Finding.FINE and not (args.text or "").strip():
        raise Refusal("text", "存疑或有问题的，请写明情况。", field="text")
    item = moving.review.checks[args.part]
    item.finding, item.text = args.finding, args.text
    item.day, item.by_name = past_day(args.day, context), context.actor.name
    return moving.finish(f"{item.name}：{FINDING_NAMES[args.finding]}{_after(args.text)}")


@change_function("review.report", Role.COORDINATOR)
def report(documents: Documents, change: Change, context: Context) -> Outcome:
    """登记报告: who was commissioned when, and the report's number."""
    args = Report.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    review = moving.review
    review.commissioned_on = past_day(args.commissioned_on, context, "commissioned_on")
    review.reported_on = past_day(args.reported_on, context, "reported_on")
    if review.reported_on < review.commissioned_on:
        raise Refusal("day", "报告日期不能早于委托日期。", field="reported_on")
    review.agency, review.report_number = args.agency, args.report_number
    return moving.finish(f"{args.agency}，{args.report_number}")


@change_function("review.conclude", Role.COORDINATOR)
def conclude(documents: Documents, change: Change, context: Context) -> Outcome:
    """出结论: after every item and the report. What has a problem cannot be gone on with unconditionally."""
    args = Conclude.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    bad = [one.name for one in moving.review.checks.values() if one.finding is Finding.PROBLEM]
    if bad and args.verdict is Verdict.GO:
        raise Refusal(
            "verdict",
            f"{'、'.join(bad)}有问题，不能选「{VERDICT_NAMES[args.verdict]}」。请选附条件推进并写明条件，或者不宜推进。",
            field="verdict",
        )
    review = moving.review
    review.conclusion, review.conclusion_name = args.verdict.value, VERDICT_NAMES[args.verdict]
    review.conclusion_text, review.decided_fen = args.text, args.decided_fen
    _ended(moving)
    return moving.finish(f"{review.conclusion_name}。{args.text}")


# ---------------------------------------------------------------------- gates


@change_function("review.opinion", Role.COORDINATOR)
def opinion(documents: Documents, change: Change, context: Context) -> Outcome:
    """记意见 of a seat of the gate it stands before; said anew, its 采纳情况 is asked for anew."""
    args = Say.model_validate(change.args)
    moving = ReviewMoving(documents, change, context, args.part)
    if args.stance is not Stance.AGREE and not (args.text or "").strip():
        raise Refusal("text", "不是直接同意的，请写明意见。", field="text")
    gate = moving.review.gate
    assert gate is not None
    seat = gate[1].seats[args.part]
    seat.stance, seat.text, seat.by = args.stance, args.text, args.by
    seat.day = past_day(args.day, context)
    seat.adopted = seat.answer = None
    return moving.finish(f"{seat.name}：{STANCE_NAMES[args.stance]}{_after(args.text)}")


@change_function("review.adopt", Role.COORDINATOR)
def adopt(documents: Documents, change: Change, context: Context) -> Outcome:
    """写采纳情况 of an opinion."""
    args = Adopt.model_validate(change.args)
    moving = ReviewMoving(documents, change, context, args.part)
    gate = moving.review.gate
    assert gate is not None
    seat = gate[1].seats[args.part]
    seat.adopted, seat.answer = args.adopted, args.answer
    return moving.finish(f"{seat.name}：{'采纳' if args.adopted else '不采纳'}。{args.answer}")


@change_function("review.seat", Role.COORDINATOR)
def add_seat(documents: Documents, change: Change, context: Context) -> Outcome:
    """加部门 to the gate it stands before."""
    args = AddSeat.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    if args.department not in {one.id for one in context.dictionaries.departments}:
        raise Refusal("department", "没有这个部门，请重新选择。", field="department")
    gate = moving.review.gate
    assert gate is not None
    seats = gate[1].seats
    if args.department in seats or any(one.department == args.department for one in seats.values()):
        raise Refusal("department", "这个部门已经在席位里。", field="department")
    name = context.dictionaries.department_name(args.department)
    order = max(one.order for one in seats.values()) + 1
    seats[args.department] = Opinion(order=order, name=name, department=args.department)
    return moving.finish(name)


@change_function("review.pass", Role.COORDINATOR)
def pass_(documents: Documents, change: Change, context: Context) -> Outcome:
    """过关: the next gate opens; after the last one the review has passed."""
    args = Pass.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    review = moving.review
    found = review.gate
    assert found is not None
    gate = found[1]
    gate.state, gate.passed_on = GateState.PASSED, past_day(args.day, context)
    said = f"{gate.name}{_after(args.text)}"
    if _open_first(review.gates) is not None:
        return moving.finish(said)
    review.conclusion, review.conclusion_name = PASSED, "通过"
    review.conclusion_text = args.text
    _ended(moving)
    return moving.finish(said, target=ReviewState.CLOSED)


@change_function("review.send_back", Role.COORDINATOR)
def send_back(documents: Documents, change: Change, context: Context) -> Outcome:
    """退回引进单位: from the first gate again, with all opinions to be given anew; the trail keeps those there were."""
    args = Because.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    review = moving.review
    for gate in review.gates.values():
        if gate.state is not GateState.SKIPPED:
            gate.state, gate.passed_on = GateState.WAITING, None
        gate.seats = {
            key: Opinion(order=seat.order, name=seat.name, department=seat.department)
            for key, seat in gate.seats.items()
        }
    _open_first(review.gates)
    review.rounds += 1
    return moving.finish(args.reason)


@change_function("review.cancel", Role.COORDINATOR)
def cancel(documents: Documents, change: Change, context: Context) -> Outcome:
    """终止 without a conclusion."""
    args = Because.model_validate(change.args)
    moving = ReviewMoving(documents, change, context)
    moving.review.cancelled_reason = args.reason
    return moving.finish(args.reason)


def _after(text: str | None) -> str:
    return f"，{text}" if text else ""
