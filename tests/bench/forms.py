"""How long an answer takes, in a form of 600 questions and in a repeat of 200 rows.

Every figure is the median of some rounds, in seconds, all in one run:
open_600_s               opening the form of 600 questions that has been read before
answer_600_median_s      an answer to a question in it, with everything that depends on it
full_reevaluation_600_s  all its expressions computed again, which an answer would cost if nothing were incremental
answer_repeat_1_s        an answer in the first of 200 rows of 15 questions, with sums over all rows
answer_repeat_200_s      the same in the last of them
add_repeat_1_s           adding the first row
add_repeat_200_s         adding the two hundredth
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from forms.definition import Form
from forms.filling import Filling
from forms.workbook import read_form_text

QUESTIONS = 600
ROWS = 200
NOON = dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="to take medians of (default 9)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The seven figures, in seconds."""
    return {**_long_form(options.rounds), **_repeat(options.rounds)}


def _open(form: Form) -> Filling:
    return Filling(form, now=lambda: NOON, rng=random.Random(1))


def _median(rounds: int, act: Callable[[], object]) -> float:
    return statistics.median(_timed(act) for _ in range(rounds))


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


# The long form


def long_form(questions: int = QUESTIONS) -> Form:
    """Groups of ten questions of all kinds with conditions, checks, filters and calculations on one another."""
    rows = list(_long_rows(questions))
    choices = [
        *(f"| | region | r{i} | 地区{i} | |" for i in range(10)),
        *(f"| | town | t{i} | 乡镇{i} | r{i % 10} |" for i in range(100)),
    ]
    return _form(
        "| | type | name | label | relevant | constraint | required | calculation | choice_filter |",
        rows,
        ["| choices |", "| | list_name | name | label | region |", *choices],
    )


def _long_rows(questions: int) -> Iterator[str]:
    for g in range(questions // 10):
        shown = f"${{n{g - 1}}} != 99" if g else ""
        yield f"| | begin_group | g{g} | 第 {g} 节 | {shown} | | | | |"
        yield f"| | integer | n{g} | 人数 | | . >= 0 and . < 100000 | yes | | |"
        yield f"| | decimal | d{g} | 金额 | ${{n{g}}} > 0 | . >= 0 | | | |"
        yield f"| | text | t{g} | 说明 | ${{d{g}}} > 100 | string-length(.) < 200 | | | |"
        yield f"| | date | day{g} | 日期 | | . <= today() | | | |"
        yield f"| | select_one region | r{g} | 地区 | | | yes | | |"
        yield f"| | select_one town | town{g} | 乡镇 | ${{r{g}}} != '' | | | | region = ${{r{g}}} |"
        yield f"| | integer | m{g} | 其中 | | . <= ${{n{g}}} | | | |"
        yield f"| | calculate | share{g} | | | | | round(${{m{g}}} div ${{n{g}}} * 100, 2) | |"
        before = f"${{total{g - 1}}}" if g % 10 else "0"
        yield f"| | calculate | total{g} | | | | | {before} + coalesce(${{d{g}}}, 0) | |"
        yield f"| | note | note{g} | 占 ${{share{g}}}% | ${{share{g}}} > 50 | | | | |"
        yield "| | end_group | | | | | | | |"


def _long_form(rounds: int) -> dict[str, float]:
    form = long_form()
    assert len(form.questions) == QUESTIONS
    _open(form)
    opened = _median(rounds, lambda: _open(form))
    filling = _open(form)
    for path, value in _answers():
        filling.set(path, value)
    times = []
    for turn in range(rounds):
        times += [_timed(lambda p=path, v=value: filling.set(p, v)) for path, value in _answers(turn + 1)]  # type: ignore[misc]
    saved = filling.save()
    full = _median(rounds, lambda: Filling.restore(form, saved, now=lambda: NOON))
    return {
        "open_600_s": round(opened, 6),
        "answer_600_median_s": round(statistics.median(times), 6),
        "full_reevaluation_600_s": round(full, 6),
    }


def _answers(turn: int = 0) -> Iterator[tuple[str, Any]]:
    for g in range(QUESTIONS // 10):
        yield f"/g{g}/n{g}", 100 + turn
        yield f"/g{g}/d{g}", f"{1000 + turn}.5"
        yield f"/g{g}/t{g}", f"说明{turn}"
        yield f"/g{g}/day{g}", f"2026-01-{1 + turn % 28:02d}"
        yield f"/g{g}/r{g}", f"r{turn % 10}"
        yield f"/g{g}/town{g}", f"t{turn % 10}"
        yield f"/g{g}/m{g}", 10 + turn


# The repeat


def repeat_form() -> Form:
    """Fifteen questions a row; sums, a count and a greatest over all rows."""
    rows = ["| | begin_repeat | rows | 明细 | | | | | |"]
    for i in range(10):
        rows.append(f"| | decimal | a{i} | 金额{i} | | . >= 0 | | | |")
    rows += [
        "| | text | name | 名称 | | | yes | | |",
        "| | integer | number | 数量 | | | | | |",
        "| | calculate | cost | | | | | ${a0} * ${number} | |",
        "| | calculate | place | | | | | position(..) | |",
        "| | text | why | 说明 | ${cost} > 1000 | | | | |",
        "| | end_repeat | | | | | | | |",
        *(f"| | calculate | sum{i} | | | | | sum(${{a{i}}}) | |" for i in range(10)),
        "| | calculate | total | | | | | sum(${cost}) | |",
        "| | calculate | most | | | | | max(${a0}) | |",
        "| | calculate | many | | | | | count(${rows}) | |",
    ]
    return _form("| | type | name | label | relevant | constraint | required | calculation | x |", rows, [])


def _repeat(rounds: int) -> dict[str, float]:
    form = repeat_form()
    first_rows, last_rows, first_answers, last_answers = [], [], [], []
    for turn in range(rounds):
        filling = _open(form)
        for row in range(1, ROWS + 1):
            took = _timed(lambda: filling.add("/rows"))  # noqa: B023
            if row == 1:
                first_rows.append(took)
            elif row == ROWS:
                last_rows.append(took)
            for i in range(10):
                filling.set(f"/rows[{row}]/a{i}", f"{row}.{i}")
            filling.set(f"/rows[{row}]/number", row)
        for i in range(10):
            value = f"{turn + 7}.{i}1"
            first_answers.append(_timed(lambda: filling.set(f"/rows[1]/a{i}", value)))  # noqa: B023
            last_answers.append(_timed(lambda: filling.set(f"/rows[{ROWS}]/a{i}", value)))  # noqa: B023
    assert len(filling.rows("/rows")) == ROWS
    return {
        "answer_repeat_1_s": round(statistics.median(first_answers), 6),
        "answer_repeat_200_s": round(statistics.median(last_answers), 6),
        "add_repeat_1_s": round(statistics.median(first_rows), 6),
        "add_repeat_200_s": round(statistics.median(last_rows), 6),
    }


def _form(headings: str, rows: list[str], more: list[str]) -> Form:
    settings = ["| settings |", "| | form_id | version |", "| | bench | 1 |"]
    return read_form_text("\n".join(["| survey |", headings, *rows, "", *more, "", *settings])).need()
