"""Tokens -> syntax tree, by the grammar of XPath 1.0 with `${name}` references.

Precedence from loose to tight: or, and, = !=, < <= > >=, + -, * div mod, unary -, |, paths. All of one level
lean to the left.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from forms.expressions.lexer import ExpressionError, Token, syntax_error, tokenize
from forms.expressions.syntax import Binary, Call, Expr, Negative, Number, Path, Reference, Step, Text

LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"=", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "div", "mod"}),
)
AXES = {"child": "child", "parent": "parent", "self": "self", "descendant": "descendant"}
MAX_DEPTH = 60
MAX_LENGTH = 20_000


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """The syntax tree of an expression. ExpressionError when it is not one."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError("too_deep")
    parser = _Parser(tokenize(text))
    expr = parser.expression(0)
    token = parser.peek()
    if token.kind != "end":
        raise syntax_error(
            f"第 {token.position + 1} 个字符起“{token.text}”多余，前面可能少了 and、or 或运算符。"
        )
    return expr


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0

    def peek(self, ahead: int = 0) -> Token:
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        token = self.peek()
        self.index += 1
        return token

    def at(self, text: str) -> bool:
        token = self.peek()
        return token.text == text and token.kind in ("symbol", "operator")

    def accept(self, text: str) -> bool:
        if self.at(text):
            self.index += 1
            return True
        return False

    def expect(self, text: str, why: str) -> None:
        if not self.accept(text):
            token = self.peek()
            found = (
                f"第 {token.position + 1} 个字符处是“{token.text}”" if token.text else "表达式到这里就结束了"
            )
            raise syntax_error(f"缺少“{text}”（{why}），{found}。")

    # Operators

    def expression(self, level: int) -> Expr:
        if level == 0:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise ExpressionError("too_deep")
        if level == len(LEVELS):
            return self.unary()
        left = self.expression(level + 1)
        operators = 0
        while self.peek().kind == "operator" and self.peek().text in LEVELS[level]:
            operators += 1
            if operators > 200:
                raise ExpressionError("too_deep")
            operator = self.next().text
            left = Binary(operator, left, self.expression(level + 1))
        if level == 0:
            self.depth -= 1
        return left

    def unary(self) -> Expr:
        minus = 0
        while self.accept("-"):
            minus += 1
        expr = self.union()
        for _ in range(min(minus, 2) if minus % 2 == 0 else 1):
            expr = Negative(expr)
        return expr

    def union(self) -> Expr:
        left = self.path()
        while self.peek().kind == "operator" and self.peek().text == "|":
            self.next()
            left = Binary("|", left, self.path())
        return left

    # Paths

    def path(self) -> Expr:
        token = self.peek()
        if token.kind == "symbol" and token.text in ("/", "//"):
            return self.absolute()
        start: Expr | None = None
        if token.kind in ("number", "text", "reference") or self.at("(") or self.is_call():
            start = self.primary()
            predicates = self.predicates()
            steps = self.more_steps()
            return Path(start, tuple(steps), tuple(predicates)) if steps or predicates else start
        return Path(".", (self.step(), *self.more_steps()))

    def absolute(self) -> Path:
        if self.accept("//"):
            return Path("/", (self.step("descendant"), *self.more_steps()))
        self.next()
        if self.peek().kind == "name" or self.peek().text in ("*", "..", "."):
            return Path("/", (self.step(), *self.more_steps()))
        return Path("/", ())

    def more_steps(self) -> list[Step]:
        steps = []
        while self.peek().kind == "symbol" and self.peek().text in ("/", "//"):
            axis = "descendant" if self.next().text == "//" else "child"
            steps.append(self.step(axis))
        return steps

    def step(self, axis: str = "child") -> Step:
        token = self.next()
        if token.text == ".." and token.kind == "symbol":
            return Step("parent", "node()", tuple(self.predicates()))
        if token.text == "." and token.kind == "symbol":
            return Step("self", "node()", tuple(self.predicates()))
        if token.kind == "name" and self.accept("::"):
            if token.text not in AXES:
                raise syntax_error(f"不支持“{token.text}::”这种写法。")
            return self.step(AXES[token.text])
        if token.text == "*" and token.kind in ("symbol", "operator"):
            return Step(axis, "*", tuple(self.predicates()))
        if token.kind == "name":
            if token.text == "node" and self.at("("):
                self.next()
                self.expect(")", "node() 的括号")
                return Step(axis, "node()", tuple(self.predicates()))
            return Step(axis, token.text, tuple(self.predicates()))
        if token.kind in ("number", "reference", "text") or token.text == "(":
            raise syntax_error(f"第 {token.position + 1} 个字符前的斜杠只用在路径里，除以请写 div。")
        if token.kind == "end":
            raise syntax_error("表达式没有写完。" if self.index > 1 else "表达式是空的。")
        raise syntax_error(f"第 {token.position + 1} 个字符“{token.text}”不该出现在这里。")

    def predicates(self) -> list[Expr]:
        found = []
        while self.accept("["):
            found.append(self.expression(0))
            self.expect("]", "方括号要成对")
        return found

    # Primaries

    def is_call(self) -> bool:
        token, following = self.peek(), self.peek(1)
        return (
            token.kind == "name"
            and token.text != "node"
            and following.text == "("
            and following.kind == "symbol"
        )

    def primary(self) -> Expr:
        token = self.next()
        if token.kind == "number":
            return Number(Decimal(token.text))
        if token.kind == "text":
            return Text(token.text)
        if token.kind == "reference":
            if not token.text:
                raise syntax_error("${} 里没有写变量名。")
            return Reference(token.text)
        if token.kind == "name":
            self.next()
            arguments = []
            if not self.at(")"):
                arguments.append(self.expression(0))
                while self.accept(","):
                    arguments.append(self.expression(0))
            self.expect(")", f"函数 {token.text} 的括号要成对")
            return Call(token.text, tuple(arguments))
        expr = self.expression(0)
        self.expect(")", "括号要成对")
        return expr
