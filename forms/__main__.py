"""`python -m forms check | eval | fill | convert`: the engine from outside. Other people's scripts call these.

Exit status: 0 fine, 1 the form or the answers have errors, 2 the command's words are off or a file cannot be read.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from forms import workbook
from forms.answers import plain
from forms.expressions.compiler import Compiler, Context, NoPaths, Run
from forms.expressions.lexer import ExpressionError
from forms.expressions.parser import parse
from forms.expressions.values import SHANGHAI, EvaluationError, Value, number_text, parse_date, to_string
from forms.filling import Filling
from forms.finishing import Finished
from forms.lookups import read_table_file
from forms.problems import AnswerError, FormError, Problem, problem
from forms.sheets import load_file
from forms.workbook import Reading, read_form

FINE, WRONG, MISUSED = 0, 1, 2
_UNREADABLE = frozenset(
    {
        "file_missing", "file_unreadable", "file_too_big", "file_empty", "not_a_workbook", "workbook_damaged",
        "workbook_encrypted", "zip_bomb", "sheet_too_big", "text_encoding",
    }
)  # fmt: skip
_DECIMAL = re.compile(r'"\\u0000([0-9.\-]+)\\u0000"')
_TABLE_SUFFIX = re.compile(r"\.(csv|xml|geojson)$", re.IGNORECASE)
_ROW = re.compile(r"(.+)\[(\d{1,6})\]$")


def main(words: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(_with_minus(sys.argv[1:] if words is None else words))
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except FormError as error:
        for found in error.problems:
            print(_line(found), file=sys.stderr)
        return _status(error.problems)


def _with_minus(words: Sequence[str]) -> list[str]:
    """An expression may begin with a minus, which argparse would take for an option."""
    options = ("-h", "--help", "--batch", "--today")
    result = list(words)
    for index, word in enumerate(result[1:], 1):
        if (
            result[0] == "eval"
            and word.startswith("-")
            and word != "--"
            and word.split("=")[0] not in options
        ):
            return [*result[:index], *result[index + 1 :], "--", word]
        if word == "--":
            break
    return result


# check


def check(options: argparse.Namespace) -> int:
    reading = read_form(options.file)
    if options.json:
        _print_json(_report(reading))
    else:
        for found in reading.problems:
            print(_line(found))
        print(_verdict(reading))
    return _status(reading.problems)


def _report(reading: Reading) -> dict[str, Any]:
    form = reading.draft
    asked = [q for q in form.questions if q.kind.asked and q.kind.value != "none"] if form else []
    return {
        "ok": reading.ok,
        "form_id": form.form_id if form else None,
        "version": form.version if form else None,
        "title": form.title if form else None,
        "questions": len(asked),
        "problems": [found.as_json() for found in reading.problems],
    }


def _verdict(reading: Reading) -> str:
    errors = sum(found.is_error for found in reading.problems)
    warnings = len(reading.problems) - errors
    counts = f"{errors} 处错误，{warnings} 处提醒"
    if reading.form is None:
        return f"表单不能使用：{counts}。"
    report = _report(reading)
    tail = f"，{warnings} 处提醒" if warnings else "，没有问题"
    return f"{reading.form.title_with_version}：{report['questions']} 道题{tail}。"


def _line(found: Problem) -> str:
    place = f"{found.place}：" if found.place else ""
    return f"{'错误' if found.is_error else '提醒'} [{found.code}] {place}{found.message}"


def _status(problems: Iterable[Problem]) -> int:
    codes = {found.code for found in problems if found.is_error}
    if codes & _UNREADABLE:
        return MISUSED
    return WRONG if codes else FINE


# eval


def evaluate(options: argparse.Namespace) -> int:
    run = Run(_clock(options.today))
    if options.batch:
        for line in sys.stdin:
            if line.strip():
                print(json.dumps(_batch_line(line, run), ensure_ascii=False), flush=False)
        return FINE
    if options.expr is None:
        options.parser.error("缺少：EXPR（或用 --batch 从标准输入逐行读取）")
    result = evaluate_one(options.expr, run)
    _print_json(result)
    return WRONG if "error" in result else FINE


def _batch_line(line: str, run: Run) -> dict[str, Any]:
    try:
        expr = json.loads(line)["expr"]
    except (ValueError, KeyError, TypeError):
        expr = None
    if not isinstance(expr, str):
        return {"error": "answers_invalid", "message": '这一行应是 {"expr": "…"}'}
    return evaluate_one(expr, run)


def evaluate_one(text: str, run: Run) -> dict[str, Any]:
    """{"type", "value"} of a context-free expression, or {"error", "message"}."""
    try:
        value = Compiler(NoPaths()).compile(parse(text))(Context(None, run))
    except ExpressionError as error:
        return {"error": error.code, "message": problem(error.code, **error.facts).message}
    except EvaluationError as error:
        return {"error": "evaluation", "message": problem("evaluation", reason=str(error)).message}
    except (ArithmeticError, RecursionError, MemoryError):
        return {"error": "too_deep", "message": problem("too_deep").message}
    return _typed(value)


def _typed(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"type": "boolean", "value": value}
    if isinstance(value, Decimal):
        return {"type": "number", "value": _json_number(value)}
    if isinstance(value, str):
        return {"type": "string", "value": value}
    if isinstance(value, dt.date | dt.time):
        return {"type": "date", "value": to_string(value)}
    return {"type": "nodeset", "value": [to_string(node.seen) for node in value]}


def _json_number(number: Decimal) -> Any:
    text = number_text(number)
    if text in ("NaN", "Infinity", "-Infinity"):
        return text
    return float(text) if "." in text else int(text)


# fill


def fill(options: argparse.Namespace) -> int:
    reading = read_form(options.file)
    if reading.form is None:
        for found in reading.problems:
            if found.is_error:
                print(_line(found), file=sys.stderr)
        return _status(reading.problems)
    operations = _operations(options.answers)
    filling = Filling(
        reading.form,
        now=_clock(options.today),
        instances=_instances(options.instance or (), options.parser),
        metadata=dict(_pair(text, options.parser) for text in options.metadata or ()),
        language=options.language,
    )
    refused = []
    for operation in operations:
        try:
            _carry_out(filling, operation)
        except AnswerError as error:
            refused.append({"path": error.path, "code": error.code, "message": error.message})
    finished = filling.finish()
    _print_json(_filled(finished, refused))
    return FINE if finished.complete and not refused else WRONG


def _operations(file: Path) -> list[Any]:
    try:
        text = sys.stdin.read() if str(file) == "-" else load_file(file)[0].decode("utf-8-sig")
        operations = json.loads(text, parse_float=Decimal)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise FormError(problem("not_a_workbook", file=file.name, looks="（应是 JSON）")) from None
    if not isinstance(operations, list):
        raise FormError(problem("answers_invalid", message="答案文件应是一个列表，见 --help。"))
    return operations


def _carry_out(filling: Filling, operation: Any) -> None:
    match operation:
        case {"path": str(path), "value": value}:
            _make_room(filling, path)
            filling.set(path, value)
        case {"add": str(path)}:
            filling.add(path)
        case {"remove": str(path)}:
            filling.remove(path)
        case _:
            raise AnswerError.of("answers_invalid", "", message=f"看不懂这一条：{operation!r:.80}")


def _make_room(filling: Filling, path: str) -> None:
    """An answer in the row just after the last makes the row, so that answers can be written without `add`."""
    parts = path.split("/")
    for end in range(2, len(parts)):
        match = _ROW.match("/".join(parts[:end]))
        if match is None:
            continue
        try:
            rows = len(filling.rows(match[1]))
            if int(match[2]) == rows + 1:
                filling.add(match[1])
        except AnswerError:
            return  # `set` names what is wrong with the path


def _instances(words: Sequence[str], parser: Parser) -> dict[str, list[dict[str, str]]]:
    tables = {}
    for word in words:
        name, file = _pair(word, parser)
        data, file_name = load_file(Path(file))
        tables[_TABLE_SUFFIX.sub("", name)] = read_table_file(data, file_name)
    return tables


def _filled(finished: Finished, refused: list[dict[str, str]]) -> dict[str, Any]:
    wrong = [{"path": p.path, "code": p.code, "message": p.message} for p in finished.problems]
    return {
        "values": {path: _exact(answer) for path, answer in finished.answers.items()},
        "irrelevant": list(finished.irrelevant),
        "required_missing": list(finished.required_missing),
        "problems": refused + wrong,
        "entities": [
            {
                "dataset": e.dataset,
                "id": e.id,
                "label": e.label,
                "create": e.create,
                "update": e.update,
                "properties": dict(e.properties),
            }
            for e in finished.entities
        ],
        "complete": finished.complete and not refused,
    }


def _exact(answer: Any) -> Any:
    """A decimal as the very figures it has: marked here, and unquoted when printed."""
    return f"\0{answer:f}\0" if isinstance(answer, Decimal) else plain(answer)


# convert


def convert(options: argparse.Namespace) -> int:
    target: Path = options.target
    if target.suffix.lower() not in (".md", ".xlsx"):
        options.parser.error("OUT 应以 .md 或 .xlsx 结尾")
    try:
        workbook.write_form(options.source, target)
    except OSError:
        print(f"写不了“{target.name}”，请检查文件夹是否存在、能否写入。", file=sys.stderr)
        return MISUSED
    print(f"已写好 {target}")
    return FINE


# The command's words


class Parser(argparse.ArgumentParser):
    """argparse in Chinese. (The rooms above have their own; this one may not look up to them.)"""

    _WORDS = (
        (r"the following arguments are required: (.+)", r"缺少：\1"),
        (r"unrecognized arguments: (.+)", r"不认识：\1"),
        (r"argument (.+): expected one argument", r"\1 后面要跟一个值"),
        (r"argument (.+): invalid choice: (.+) \(choose from (.+)\)", r"\1 不能是 \2，可以是：\3"),
        (r"argument (.+): invalid \w+ value: (.+)", r"\1 的值 \2 不对"),
    )

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "add_help": False, "formatter_class": _Formatter})
        self._positionals.title = "参数"
        self._optionals.title = "选项"
        self.add_argument("-h", "--help", action="help", help="显示这段说明")

    def error(self, message: str) -> NoReturn:
        for pattern, chinese in self._WORDS:
            message = re.sub(f"^{pattern}$", chinese, message, flags=re.DOTALL)
        self.exit(MISUSED, f"{self.format_usage()}{message}\n")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


def _parser() -> Parser:
    parser = Parser(prog="python -m forms", description="XLSForm 表单：检查、计算、填写、转换")
    commands = parser.add_subparsers(title="命令", metavar="命令", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], words: str) -> Parser:
        made: Parser = commands.add_parser(name, help=words, description=words)
        made.set_defaults(command=run, parser=made)
        return made

    made = command("check", check, "检查一张表单（.xlsx、.xls 或 .md），列出全部问题")
    made.add_argument("file", type=Path, metavar="FILE", help="表单文件")
    made.add_argument("--json", action="store_true", help="输出 JSON")
    made = command("eval", evaluate, "计算不涉及题目的表达式，输出 JSON")
    made.add_argument("expr", nargs="?", metavar="EXPR", help='表达式，例如 "round(2.5)"')
    made.add_argument("--batch", action="store_true", help='从标准输入逐行读取 {"expr": "…"}，逐行输出结果')
    made.add_argument("--today", type=_day, metavar="日期", help="把这一天当作今天，例如 2026-11-22")
    made = command("fill", fill, "按答案文件填写表单，输出结果 JSON")
    made.epilog = (
        "答案文件是一个列表，依次执行：\n"
        '  {"path": "/operation/status", "value": "normal"}   填一道题（null 为清空）\n'
        '  {"add": "/problems"}                               重复组加一行\n'
        '  {"path": "/problems[1]/title", "value": "…"}       填某一行的题\n'
        '  {"remove": "/problems[2]"}                         删去一行'
    )
    made.add_argument("file", type=Path, metavar="FILE", help="表单文件")
    made.add_argument("answers", type=Path, metavar="ANSWERS.json", help="答案文件，- 为标准输入")
    made.add_argument("--today", type=_day, metavar="日期", help="把这一天当作今天，例如 2026-11-22")
    made.add_argument(
        "--instance", action="append", metavar="名字=文件.csv", help="数据表（csv、xml、geojson），可写多次"
    )
    made.add_argument(
        "--language", default="", metavar="语言", help="题目和提示用哪种语言，默认为表单的默认语言"
    )
    made.add_argument(
        "--metadata", action="append", metavar="名字=值", help="username、deviceid 等，可写多次"
    )
    made = command("convert", convert, "在 .xlsx 与 .md 之间转换，内容不丢")
    made.add_argument("source", type=Path, metavar="IN", help="原文件")
    made.add_argument("target", type=Path, metavar="OUT", help="写到哪里（.md 或 .xlsx）")
    return parser


def _day(text: str) -> dt.date:
    day = parse_date(text)
    if day is None:
        raise ValueError(text)
    return day


def _pair(text: str, parser: Parser) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        parser.error(f"“{text}”应写成 名字=值")
    return name, value


def _clock(day: dt.date | None) -> Callable[[], dt.datetime]:
    """The machine's clock; with a day given, that day at the present time of day."""

    def now() -> dt.datetime:
        moment = dt.datetime.now(SHANGHAI)
        return moment if day is None else dt.datetime.combine(day, moment.timetz())

    return now


def _print_json(value: Any) -> None:
    print(_DECIMAL.sub(r"\1", json.dumps(value, ensure_ascii=False, indent=2)))


if __name__ == "__main__":
    sys.exit(main())
