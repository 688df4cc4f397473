"""Lists of reviews: one line each, from full documents, light rows and one's own seats; groups and counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.clock import beijing_date, from_text
from app.domain.documents import Body
from app.domain.projections import REVIEW_ROW
from app.domain.review import (
    REVIEW_ENDED,
    REVIEW_SEAT,
    REVIEW_STATE_NAMES,
    Review,
    ReviewerState,
    ReviewSheet,
    ReviewState,
    review_row,
)
from app.domain.review_result import DECLINED
from app.domain.review_scheme import ReviewType
from app.services.desk import Desk

MINE_WORDS = {
    ReviewerState.NAMED: "要我声明",
    ReviewerState.CLEAR: "要我评",
    ReviewerState.CONFLICT: "我已回避",
    ReviewerState.HANDED_IN: "我已交表",
}


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One row of the list. `held`: it is on this laptop whole. `tone`: of its state. `mine`: what one is asked as a reviewer."""

    id: str
    number: str
    title: str
    enterprise: str
    enterprise_name: str
    type: ReviewType
    scheme_name: str
    state: ReviewState
    state_word: str
    tone: str
    progress: str
    result: str
    mine: ReviewerState | None
    mine_word: str
    opened_on: str
    held: bool

    @property
    def asked(self) -> bool:
        """Whether it waits for this person."""
        return self.state is ReviewState.RUNNING and self.mine in (ReviewerState.NAMED, ReviewerState.CLEAR)


@dataclass(frozen=True, slots=True)
class Group:
    """A view of the list."""

    word: str
    holds: Callable[[ReviewLine], bool]


GROUPS: Mapping[str, Group] = {
    "open": Group("在办", lambda line: line.state not in REVIEW_ENDED),
    "asked": Group("等我评", lambda line: line.asked),
    "closed": Group("已有结论", lambda line: line.state is ReviewState.CLOSED),
    "declined": Group("不推荐", lambda line: line.tone == "red"),
    "all": Group("全部", lambda _line: True),
}


@dataclass(frozen=True, slots=True)
class ReviewFilters:
    """A group, part of a title, enterprise or number, a type."""

    group: str = "all"
    text: str = ""
    type: str = ""

    def holds(self, line: ReviewLine) -> bool:
        wanted = self.text.strip().lower()
        told = (line.title, line.enterprise_name, line.number, line.scheme_name)
        return (
            GROUPS[self.group].holds(line)
            and (not self.type or line.type == self.type)
            and (not wanted or any(wanted in one.lower() for one in told))
        )


def listing(desk: Desk, wanted: ReviewFilters | None = None) -> list[ReviewLine]:
    """The reviews this laptop knows: what waits for oneself first, then what is open, the newest first."""
    lines = [_line(desk, id, row, held=held) for id, (row, held) in _rows(desk).items()]
    lines = [line for line in lines if wanted is None or wanted.holds(line)]
    lines.sort(key=lambda line: (line.opened_on, line.id), reverse=True)
    return sorted(lines, key=lambda line: (not line.asked, line.state in REVIEW_ENDED))


def of_enterprise(desk: Desk, enterprise: str) -> list[ReviewLine]:
    """The reviews of one enterprise."""
    return [line for line in listing(desk) if line.enterprise == enterprise]


def asked(desk: Desk) -> list[ReviewLine]:
    """The reviews that wait for this person; nothing is looked at where he has no seat."""
    return [line for line in listing(desk) if line.asked] if desk.store.of_kind(REVIEW_SEAT) else []


def seat_of(desk: Desk, review: str) -> Body | None:
    """This person's seat in a review, None where he is no reviewer."""
    found = desk.store.get(REVIEW_SEAT, f"{review}:{desk.signed_in().person}")
    return found.body if found is not None else None


def sheet_of(desk: Desk, seat: Body) -> ReviewSheet | None:
    """What this person has said for his seat."""
    found = desk.store.get(ReviewSheet.kind, str(seat["id"]))
    sheet = ReviewSheet.of(found) if found is not None else None
    return sheet if sheet is not None and sheet.turn == seat["turn"] else None


def standing(desk: Desk, seat: Body) -> ReviewerState:
    """How far this person is: by his own sheet, which is ahead of what the review knows until the next sync."""
    sheet = sheet_of(desk, seat)
    if sheet is None:
        return ReviewerState(seat["standing"])
    if not sheet.clear:
        return ReviewerState.CONFLICT
    return ReviewerState.HANDED_IN if sheet.handed_in_at else ReviewerState.CLEAR


def _rows(desk: Desk) -> dict[str, tuple[Body, bool]]:
    """Rows by id: a reviewer elsewhere has his seat alone, who works park-wide the light row, the rest is made here."""
    rows: dict[str, tuple[Body, bool]] = {}
    for seat in desk.store.of_kind(REVIEW_SEAT):
        rows[str(seat.body["review"])] = ({**seat.body, "id": seat.body["review"]}, False)
    rows |= {one.id: (one.body, False) for one in desk.store.of_kind(REVIEW_ROW)}
    for document in desk.store.of_kind(Review.kind):
        rows[document.id] = (review_row(document.body) or {}, True)
    return rows


def _line(desk: Desk, id: str, row: Body, *, held: bool) -> ReviewLine:
    state, type_ = ReviewState(row["state"]), ReviewType(row["type"])
    seat = seat_of(desk, id)
    mine = standing(desk, seat) if seat is not None else None
    opened = row.get("opened_at")
    return ReviewLine(
        id=id,
        number=str(row["number"]),
        title=str(row["title"]),
        enterprise=str(row["enterprise"]),
        enterprise_name=str(row["enterprise_name"]),
        type=type_,
        scheme_name=str(row["scheme_name"]),
        state=state,
        state_word=REVIEW_STATE_NAMES[state],
        tone=tone_of(state, row.get("conclusion")),
        progress=_progress(row, type_),
        result=result_text(row),
        mine=mine,
        mine_word=MINE_WORDS[mine] if mine is not None else "",
        opened_on=beijing_date(from_text(opened)).isoformat() if opened else "",
        held=held,
    )


def tone_of(state: ReviewState, conclusion: str | None) -> str:
    """The tone of a state's pill: red is a conclusion against the project."""
    if state is ReviewState.CLOSED:
        return {DECLINED: "red", "diligence": "yellow", "conditional": "yellow"}.get(
            conclusion or "", "green"
        )
    return "grey" if state is ReviewState.CANCELLED else "blue"


def result_text(row: Body) -> str:
    """`推荐，82.40 分`, `不推荐（婉拒），否决`."""
    name = str(row.get("conclusion_name") or "")
    if row.get("vetoes"):
        return f"{name}，一票否决"
    return f"{name}，{row['score']} 分" if row.get("score") else name


def _progress(row: Body, type_: ReviewType) -> str:
    if not row.get("total"):
        return ""
    if row.get("gate"):
        return str(row["gate"])
    unit = {ReviewType.SCORE: "人交表", ReviewType.DILIGENCE: "项"}.get(type_, "关")
    return f"{row['done']}/{row['total']} {unit}"
