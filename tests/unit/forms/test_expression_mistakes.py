"""Expressions that are wrong: each is refused with the code and words that help to put it right."""

import datetime as dt

import pytest

from forms.expressions.compiler import Compiler, Context, NoPaths, Run
from forms.expressions.lexer import ExpressionError
from forms.expressions.parser import parse
from forms.expressions.syntax import source
from forms.expressions.values import EvaluationError
from forms.problems import problem

MISTAKES = [
    ("", "expression_syntax", "空的"),
    ("1 +", "expression_syntax", "没有写完"),
    ("(1 + 2", "expression_syntax", "括号"),
    ("1 2", "expression_syntax", "多余"),
    ("if（1, 2, 3)", "expression_syntax", "全角"),
    ("concat('a'，'b')", "expression_syntax", "全角"),
    ("1 ≥ 2", "expression_syntax", ">="),
    ("1 && 2", "expression_syntax", "and"),
    ("'abc", "expression_syntax", "引号"),
    ("$x = 1", "expression_syntax", "${变量名}"),
    ("${}", "expression_syntax", "变量名"),
    ("x[1", "expression_syntax", "方括号"),
    ("preceding::x", "expression_syntax", "preceding"),
    ("slected('a', 'a')", "function_unknown", "selected()"),
    ("zzzz(1)", "function_unknown", "zzzz"),
    ("if(1, 2)", "function_arguments", "3"),
    ("today(1)", "function_arguments", "不要参数"),
    ("substr('a')", "function_arguments", "2 到 3"),
    ("weighted-checklist(1, 2, true())", "function_arguments", "成对"),
    ("indexed-repeat(1, 2, 3, 4)", "function_arguments", "成对"),
    ("${a}", "reference_unknown", "a"),
    ("/data/a", "path_unknown", "a"),
    ("(" * 80 + "1" + ")" * 80, "too_deep", "太深"),
    ("1" + " + 1" * 500, "too_deep", "太深"),
    ("'" + "x" * 30000 + "'", "too_deep", "太深"),
]


@pytest.mark.parametrize(("text", "code", "words"), MISTAKES, ids=[m[0][:30] for m in MISTAKES])
def test_a_mistake_is_named(text: str, code: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Compiler(NoPaths()).compile(parse(text))
    assert caught.value.code == code
    assert words in problem(code, **caught.value.facts).message


FAILURES = [
    "date('abc')",
    "date('2026-13-01')",
    "date(99999999999)",
    "format-date('2026-01-01', '%Q')",
    "regex('a', '(')",
    "digest('a', 'CRC')",
    "digest('a', 'MD5', 'utf')",
    "count('a')",
    "count-non-empty('a')",
    "randomize('a')",
    "once(1)",
    "distance('x y;1 2')",
]


@pytest.mark.parametrize("text", FAILURES)
def test_what_has_no_answer_says_so(text: str) -> None:
    run = Run(lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(EvaluationError) as caught:
        Compiler(NoPaths()).compile(parse(text))(Context(None, run))
    assert str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "../a + 1",
        "/data/g/a",
        "${rows}[a = 1]/b",
        "current()/../x",
        "-(${a})",
        "instance('x')/root/item[name = 1]/y",
    ],
)
def test_a_tree_written_out_and_read_again_is_the_same(text: str) -> None:
    tree = parse(text)
    assert parse(source(tree)) == tree
