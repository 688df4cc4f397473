"""The measurement of the forms runs and prints one JSON object; what it measures is what it says."""

from __future__ import annotations

import json

import pytest

from tests.bench import __main__ as bench
from tests.bench import forms

FIGURES = {
    "open_600_s",
    "answer_600_median_s",
    "answer_repeat_1_s",
    "answer_repeat_200_s",
    "add_repeat_1_s",
    "add_repeat_200_s",
    "full_reevaluation_600_s",
}


def test_the_forms_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["forms", "--rounds", "1", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == FIGURES | {"bench", "machine"}
    assert all(figures[name] > 0 for name in FIGURES)


def test_the_long_form_has_its_questions_and_answers_reach_far() -> None:
    form = forms.long_form()
    assert len(form.questions) == 600
    filling = forms._open(form)
    for path, value in forms._answers():
        filling.set(path, value)
    assert not [p for p in filling.problems() if p.code != "required"]
    assert filling.get("/g9/total9") == 10 * 1000 + 5
    assert filling.get("/g59/share59") == 10


def test_the_rows_have_fifteen_questions_under_sums() -> None:
    form = forms.repeat_form()
    filling = forms._open(form)
    row = filling.add("/rows").added
    assert len(filling.children(row or "")) == 15
    filling.set("/rows[1]/a3", "2.5")
    assert str(filling.get("/sum3")) == "2.5"
