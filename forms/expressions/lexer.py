"""Text of an expression -> tokens. Mistakes that office software makes for its user are named as such."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


class ExpressionError(Exception):
    """An expression that is not one. `code` is from the catalogue of problems; `facts` fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code, facts)


def syntax_error(reason: str) -> ExpressionError:
    return ExpressionError("expression_syntax", reason=reason)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # number, text, name, operator, reference, symbol, end
    text: str
    position: int


_NAME = r"[^\W\d][\w.\-]*"
_TOKENS = re.compile(
    rf"""(?P<blank>\s+)
    |(?P<reference>\$\{{[^{{}}]*\}})
    |(?P<number>\d+(?:\.\d*)?|\.\d+)
    |(?P<text>"[^"]*"|'[^']*'|“[^”]*”|‘[^’]*’)
    |(?P<symbol>//|\.\.|::|!=|<=|>=|[/.@|()\[\],+\-*=<>])
    |(?P<name>{_NAME}(?::(?!:){_NAME})?)""",
    re.VERBOSE,
)
_OPERATOR_NAMES = {"and", "or", "div", "mod"}
_MISTAKES = {
    "（": "括号是全角的，请改成半角 (",
    "）": "括号是全角的，请改成半角 )",
    "，": "逗号是全角的，请改成半角 ,",
    "＝": "等号是全角的，请改成半角 =",
    "＞": "大于号是全角的，请改成半角 >",
    "＜": "小于号是全角的，请改成半角 <",
    "≥": "请把 ≥ 写成 >=",
    "≤": "请把 ≤ 写成 <=",
    "≠": "请把 ≠ 写成 !=",
    "×": "请把 × 写成 *",
    "÷": "请把 ÷ 写成 div",
    "&": "请把 && 写成 and",
    "$": "引用题目要写成 ${变量名}",
    "'": "引号没有成对",
    '"': "引号没有成对",
    "“": "引号没有成对",
    "‘": "引号没有成对",
    "%": "取余数请写 mod",
    "!": "“不”请写成 not(…)，不等于请写成 !=",
    "；": "分号是全角的；参数之间用半角逗号 , 隔开",
    ";": "参数之间用逗号 , 隔开",
    "{": "引用题目要写成 ${变量名}",
}


def tokenize(text: str) -> list[Token]:
    """The tokens, ended by one of kind "end". ExpressionError for a character that cannot stand there."""
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            char = text[position]
            hint = _MISTAKES.get(char, "这个字符不能用在这里")
            raise syntax_error(f"第 {position + 1} 个字符“{char}”：{hint}。")
        kind = match.lastgroup or ""
        if kind != "blank":
            tokens.append(_token(kind, match[0], position, tokens))
        position = match.end()
    tokens.append(Token("end", "", position))
    return tokens


def _token(kind: str, text: str, position: int, before: list[Token]) -> Token:
    if kind == "reference":
        return Token(kind, text[2:-1].strip(), position)
    if kind == "text":
        return Token(kind, text[1:-1], position)
    if _operand_before(before):  # XPath 1.0 §3.7: after an operand a name is an operator, and * multiplies
        if kind == "name" and text in _OPERATOR_NAMES:
            return Token("operator", text, position)
        if text in ("*", "+", "-", "=", "!=", "<", "<=", ">", ">=", "|"):
            return Token("operator", text, position)
    elif kind == "symbol" and text == "-":
        return Token("operator", text, position)
    return Token(kind, text, position)


def _operand_before(before: list[Token]) -> bool:
    if not before:
        return False
    last = before[-1]
    return (
        last.kind in ("number", "text", "name", "reference")
        or last.text in (")", "]", ".", "..")
        or (last.kind == "symbol" and last.text == "*")
    )
