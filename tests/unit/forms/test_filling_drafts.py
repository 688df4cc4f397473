"""Saving and restoring: any sequence of alterations, saved and restored in its middle, ends in the same state."""

import copy
import datetime as dt
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.filling import Changed, Filling
from forms.problems import AnswerError, FormError
from forms.workbook import read_form_text

FORM = read_form_text(
    """
| survey |
| | type | name | label | relevant | required | constraint | calculation | choice_filter | repeat_count | default | trigger |
| | integer | n | 数 | | yes | . < 6 | | | | | |
| | decimal | money | 钱 | | | | | | | 0.10 | |
| | date | day | 日 | | | | | | | today() | |
| | dateTime | at | 时 | | | | | | | | |
| | select_one p | p | 省 | | | | | | | | |
| | select_multiple c | c | 市 | | | | | p = ${p} | | | |
| | integer | twice | 两倍 | | | | ${n} * 2 | | | | |
| | text | log | 记 | | | | concat(${log}, ${n}) | | | | ${n} |
| | begin repeat | counted | 计行 | | | | | | ${n} | | |
| | text | t | 文 | | | | | | | concat('第', position(..)) | |
| | end repeat | | | | | | | | | | |
| | begin repeat | r | 行 | ${p} != 'x' | | | | | | | |
| | decimal | m | 额 | | ${n} > 2 | | | | | | |
| | calculate | share | | | | | ${m} div ${total} | | | | |
| | begin repeat | in | 内 | | | | | | | | |
| | integer | k | 数 | | | . > ${n} | | | | | |
| | end repeat | | | | | | | | | | |
| | end repeat | | | | | | | | | | |
| | calculate | total | | | | | sum(${m}) | | | | |
| | calculate | first | | | | | once(${n}) | | | | |

| choices |
| | list_name | name | label | p |
| | p | x | 甲省 | |
| | p | y | 乙省 | |
| | c | 1 | 一市 | x |
| | c | 2 | 二市 | y |

| settings |
| | form_id | version |
| | d | 1 |

| entities |
| | list_name | label | create_if | repeat |
| | thing | ${m} | ${m} > 0 | ${r} |
"""
).need()


def now() -> dt.datetime:
    return dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)


def opened() -> Filling:
    return Filling(FORM, now=now, rng=random.Random(3))


ROW = st.integers(1, 3)
MOVE = st.one_of(
    st.tuples(st.just("set"), st.just("/n"), st.one_of(st.none(), st.integers(-1, 7))),
    st.tuples(st.just("set"), st.just("/money"), st.one_of(st.none(), st.decimals(-999, 999, places=2))),
    st.tuples(st.just("set"), st.just("/day"), st.one_of(st.none(), st.dates())),
    st.tuples(
        st.just("set"),
        st.just("/at"),
        st.one_of(
            st.none(),
            st.datetimes(
                timezones=st.just(dt.UTC),
                min_value=dt.datetime(1900, 1, 1),
                max_value=dt.datetime(2999, 1, 1),
            ),
        ),
    ),
    st.tuples(st.just("set"), st.just("/p"), st.sampled_from([None, "x", "y"])),
    st.tuples(st.just("set"), st.just("/c"), st.sampled_from([None, "1", "2", "1 2"])),
    st.tuples(st.just("set"), st.just("/twice"), st.integers(0, 9)),
    st.tuples(st.just("set"), ROW.map(lambda i: f"/counted[{i}]/t"), st.text(max_size=4)),
    st.tuples(st.just("add"), st.just("/r"), st.none()),
    st.tuples(st.just("remove"), ROW.map(lambda i: f"/r[{i}]"), st.none()),
    st.tuples(
        st.just("set"), ROW.map(lambda i: f"/r[{i}]/m"), st.one_of(st.none(), st.decimals(0, 99, places=1))
    ),
    st.tuples(st.just("add"), ROW.map(lambda i: f"/r[{i}]/in"), st.none()),
    st.tuples(st.just("remove"), st.tuples(ROW, ROW).map(lambda t: f"/r[{t[0]}]/in[{t[1]}]"), st.none()),
    st.tuples(
        st.just("set"), st.tuples(ROW, ROW).map(lambda t: f"/r[{t[0]}]/in[{t[1]}]/k"), st.integers(-2, 9)
    ),
)


def make(filling: Filling, move: tuple[str, str, Any]) -> Changed | str:
    verb, path, value = move
    try:
        if verb == "set":
            return filling.set(path, value)
        return filling.add(path) if verb == "add" else filling.remove(path)
    except AnswerError as error:
        return error.code


def state(filling: Filling) -> list[Any]:
    return [filling.node(path) for path in filling.walk()]


@given(st.lists(MOVE, max_size=14), st.lists(MOVE, max_size=14))
def test_a_draft_goes_on_as_if_it_had_never_been_put_away(before: list[Any], after: list[Any]) -> None:
    filling = opened()
    for move in before:
        make(filling, move)
    saved = json.loads(json.dumps(filling.save()))
    kept = copy.deepcopy(saved)
    restored = Filling.restore(FORM, saved, now=now, rng=random.Random(99))
    assert saved == kept, "restoring leaves the draft as it was"
    assert restored.save() == kept
    assert state(restored) == state(filling)
    for move in after:
        changed = make(filling, move)
        if not (isinstance(changed, Changed) and changed.added_rows):  # new rows draw new entity ids
            assert make(restored, move) == changed
        else:
            make(restored, move)
    assert state(restored) == state(filling)
    assert restored.problems() == filling.problems()
    mine, theirs = filling.finish(), restored.finish()
    assert (mine.values, mine.irrelevant, mine.required_missing) == (
        theirs.values,
        theirs.irrelevant,
        theirs.required_missing,
    )


@given(st.lists(MOVE, max_size=20))
def test_step_by_step_is_the_same_as_all_over_again(moves: list[Any]) -> None:
    """The incremental state equals that of evaluating everything anew."""
    filling = opened()
    for move in moves:
        make(filling, move)
    again = Filling.restore(FORM, filling.save(), now=now, rng=random.Random(3))
    engine = again._engine
    stack = [engine.root]
    while stack:
        scope = stack.pop()
        for cell in engine.program.cells_of.get(scope.template, ()):
            if not (cell.kind == "calculation" and cell.template.name == "twice"):  # people may write over it
                engine.schedule(cell, scope.nodes[cell.template.slot])
        stack += [row for node in scope.nodes if hasattr(node, "rows") for row in node.rows]
    engine.settle()
    assert state(again) == state(filling)


@given(st.lists(MOVE, max_size=16))
def test_what_a_change_reports_is_what_changed(moves: list[Any]) -> None:
    filling = opened()
    for move in moves:
        rows = [len(filling.rows(p)) for p in ("/r", "/counted")]
        before = {path: filling.node(path) for path in filling.walk()}
        changed = make(filling, move)
        if isinstance(changed, str):
            assert {path: filling.node(path) for path in filling.walk()} == before
            continue
        if rows != [len(filling.rows(p)) for p in ("/r", "/counted")] or move[0] != "set":
            continue
        for path, old in before.items():
            new = filling.node(path)
            assert (old.value != new.value) <= (path in changed.values)
            assert (old.relevant != new.relevant) == (path in changed.relevance)
            assert (old.required != new.required) == (path in changed.required)
            assert (old.choices != new.choices) <= (path in changed.choices)
            assert (old.problem != new.problem) == (path in changed.problems)


def test_entity_ids_stay_with_their_rows() -> None:
    filling = opened()
    filling.add("/r")
    filling.add("/r")
    filling.set("/r[1]/m", 1)
    filling.set("/r[2]/m", 2)
    first, second = (entity.id for entity in filling.finish().entities)
    assert first != second
    restored = Filling.restore(FORM, filling.save(), now=now)
    restored.remove("/r[1]")
    assert [entity.id for entity in restored.finish().entities] == [second]


def test_a_form_with_a_calculation_of_its_own_keeps_what_a_person_wrote_over_it() -> None:
    filling = opened()
    filling.set("/n", 2)
    filling.set("/twice", 9)
    assert Filling.restore(FORM, filling.save(), now=now).get("/twice") == 9
    filling.set("/n", 3)
    assert filling.get("/twice") == 6


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (lambda s: s.update(version="2"), "version_mismatch"),
        (lambda s: s.update(form_id="other"), "version_mismatch"),
        (lambda s: s.update(format=99), "saved_damaged"),
        (lambda s: s.pop("answers"), "saved_damaged"),
        (lambda s: s["answers"]["values"].update({"/gone": 1}), "saved_damaged"),
        (lambda s: s["answers"]["values"].update({"/n": {"decimal": "x"}}), "saved_damaged"),
        (lambda s: s["answers"]["values"].update({"/n": {"float": "1"}}), "saved_damaged"),
        (lambda s: s["answers"].update(rows={"/n": [{}]}), "saved_damaged"),
    ],
)
def test_a_draft_of_another_version_or_damaged_is_refused(
    alter: Callable[[dict[str, Any]], object], code: str
) -> None:
    saved = opened().save()
    alter(saved)
    with pytest.raises(FormError) as caught:
        Filling.restore(FORM, saved, now=now)
    assert [p.code for p in caught.value.problems] == [code]
