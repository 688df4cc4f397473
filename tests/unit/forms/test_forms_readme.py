"""The language's page names everything the language has."""

import re
from pathlib import Path

from forms import columns
from forms.__main__ import _parser
from forms.expressions.functions import FUNCTIONS
from forms.problems import CATALOGUE
from forms.question_types import TYPES

PAGE = (Path(__file__).parents[3] / "forms" / "README.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"[\w:\-]+", PAGE))


def test_every_word_of_the_language_is_on_its_page() -> None:
    for table in (CATALOGUE, FUNCTIONS, TYPES, columns.SURVEY, columns.ENTITIES, columns.CHOICES):
        assert set(table) - WORDS == set()


def test_every_command_and_option_is_on_its_page() -> None:
    (commands,) = _parser()._subparsers._group_actions  # type: ignore[union-attr]
    for name, parser in commands.choices.items():  # type: ignore[union-attr,attr-defined]
        assert f"python -m forms {name}" in PAGE
        options = {o for action in parser._actions for o in action.option_strings} - {"-h", "--help"}
        assert options - WORDS == set()


def test_no_problem_is_on_the_page_that_the_catalogue_does_not_have() -> None:
    section = PAGE.split("## Problems")[1].split("## Commands")[0]
    codes = {
        word
        for text in re.findall(r"^- .*", section, re.M)
        for quoted in re.findall(r"`([^`]*)`", text)
        for word in quoted.split()
    }
    assert codes == set(CATALOGUE)
