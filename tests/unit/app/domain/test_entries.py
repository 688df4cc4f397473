"""入企登记 and the hint to come together (domain.md §2.11)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.changes import Refusal
from app.domain.enterprise import Enterprise
from app.domain.entry import CROWDED_DAYS, CROWDED_MOST, Coming, Entry, crowded
from app.domain.people import Actor, Role
from tests.support.documents import Shelf
from tests.support.laptop import COORDINATOR, OFFICER, change, context, enterprise_body

OTHER = Actor("p-other", "钱联络", frozenset({Role.OFFICER}))
HANDLER = Actor("p-h", "承办", frozenset({Role.HANDLER}))


def shelf() -> Shelf:
    return Shelf("e:e", {("enterprise", "e"): Enterprise.model_validate(enterprise_body("e")).to_body()})


def make(id: str = "n", **args: Any) -> Any:
    whole = {"day": "2026-11-22", "organisation": "市场监管局", "people": 2, "reason": "送证上门"}
    return change("entry.make", "e:e", "entry", id, whole | args)


def act(action: str, **args: Any) -> Any:
    return change(f"entry.{action}", "e:e", "entry", "n", args, 5)


def refused(papers: Shelf, one: Any, actor: Actor = OFFICER) -> Refusal:
    with pytest.raises(Refusal) as found:
        papers.run(one, context(actor))
    return found.value


def test_written_down_left_and_rated() -> None:
    papers = shelf()
    papers.run(make(entered="09:30", code_seen=True), context())
    papers.run(act("leave", left="10:15"), context())
    papers.run(act("rate", rating=5, note="来得及时"), context())
    entry = Entry.model_validate(papers.bodies["entry", "n"])
    assert (entry.organisation, entry.people, entry.nature) == ("市场监管局", 2, "service")
    assert (entry.entered, entry.left, entry.rating, entry.noted_by_name) == (
        "09:30",
        "10:15",
        5,
        OFFICER.name,
    )
    assert refused(papers, act("rate", rating=1)).code == "rated"


@pytest.mark.parametrize(
    ("args", "code", "field"),
    [
        ({"day": "2026-11-23"}, "future", "day"),
        ({"day": "2026-11-11", "makeup_reason": "断网"}, "makeup_late", "day"),
        ({"day": "2026-11-12"}, "makeup_reason", "makeup_reason"),
        ({"nature": "inspection", "code_seen": True}, "basis", "basis"),
        ({"nature": "inspection", "basis": "检〔2026〕1号"}, "makeup_reason", "makeup_reason"),
        ({"entered": "10:00", "left": "09:59"}, "left", "left"),
        ({"entered": "9点"}, "malformed", "entered"),
        ({"people": 0}, "malformed", "people"),
        ({"organisation": ""}, "malformed", "organisation"),
    ],
)
def test_what_is_lacking_is_asked_for(args: dict[str, Any], code: str, field: str) -> None:
    found = refused(shelf(), make(**args))
    assert (found.code, found.field) == (code, field)


@pytest.mark.parametrize(
    "args",
    [
        {"day": "2026-11-12", "makeup_reason": "断网"},
        {"nature": "inspection", "basis": "检〔2026〕1号", "code_seen": True},
        {"nature": "inspection", "basis": "检〔2026〕1号", "makeup_reason": "紧急，离企前补扫"},
        {"nature": "emergency"},
    ],
)
def test_what_is_enough(args: dict[str, Any]) -> None:
    papers = shelf()
    papers.run(make(**args), context())
    assert ("entry", "n") in papers.bodies


def test_a_mistake_is_withdrawn_and_stays_readable() -> None:
    papers = shelf()
    papers.run(make(), context())
    assert refused(papers, act("withdraw", reason="写错"), OTHER).code == "not_own"
    assert refused(papers, act("withdraw", reason=" ")).code == "reason"
    papers.run(act("withdraw", reason="写错了企业"), context(COORDINATOR))
    assert papers.bodies["entry", "n"]["withdrawn_reason"] == "写错了企业"
    assert refused(papers, act("leave", left="10:00")).code == "withdrawn"
    assert refused(papers, make("m"), HANDLER).code == "role"


def test_no_result_and_no_place_can_be_written() -> None:
    words = {"result", "conclusion", "location", "longitude", "score", "rank", "photo"}
    assert not words & set(Entry.model_fields)


# ---------------------------------------------------------------- too often

DAY = date(2026, 11, 22)
offsets = st.lists(st.integers(-20, 20), max_size=8)


def comings(*backs: int) -> list[Coming]:
    return [Coming(DAY + timedelta(days=back), f"人{back}", "走访") for back in backs]


@pytest.mark.parametrize(
    ("backs", "found"),
    [
        ((), ()),
        ((-1,), ()),
        ((-1, -6), (-6, -1)),
        ((-1, -7), ()),
        ((-3, 3), (-3, 3)),
        ((0, 0), (0, 0)),
        ((-9, -8, -2), ()),
        ((1, 6, -5), (1, 6)),
    ],
)
def test_the_third_within_seven_days(backs: tuple[int, ...], found: tuple[int, ...]) -> None:
    assert tuple((coming.day - DAY).days for coming in crowded(comings(*backs), DAY)) == found


@given(offsets)
def test_there_is_a_hint_exactly_when_seven_days_would_hold_three(backs: list[int]) -> None:
    days = sorted([*backs, 0])
    windows = [[back for back in days if first <= back < first + CROWDED_DAYS] for first in range(-6, 1)]
    found = crowded(comings(*backs), DAY)
    assert bool(found) == (max(len(window) for window in windows) > CROWDED_MOST)
    told = [coming.day for coming in found]
    assert told == sorted(told)
    assert all(abs((day - DAY).days) < CROWDED_DAYS for day in told)
    if found:
        assert (told[-1] - told[0]).days < CROWDED_DAYS


@given(offsets, st.integers(-20, 20))
def test_one_coming_more_never_takes_the_hint_away(backs: list[int], more: int) -> None:
    if crowded(comings(*backs), DAY):
        assert crowded(comings(*backs, more), DAY)
