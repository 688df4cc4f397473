"""`python -m forms`: what other people's scripts call."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from forms.__main__ import main

FORM = """
| survey |
| | type | name | label | required | constraint | constraint_message | relevant | calculation |
| | csv-external | firms | | | | | | |
| | select_one s | status | 状态 | yes | | | | |
| | decimal | tax | 税收 | | . >= 0 | 不能为负 | ${status} = 'on' | |
| | begin repeat | problems | 困难 | | | | | |
| | text | title | 标题 | yes | | | | |
| | end repeat | | | | | | | |
| | calculate | n | | | | | | count(${problems}) |
| | calculate | firm | | | | | | instance('firms')/root/item[id = '2']/name |
| | date | day | 日期 | | | | | today() |
| | username | who | | | | | | |

| choices |
| | list_name | name | label |
| | s | on | 生产 |
| | s | off | 停产 |

| settings |
| | form_id | version | form_title |
| | f | 1 | 小表 |

| entities |
| | list_name | label | repeat |
| | issue | ${title} | ${problems} |
"""


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "f.md"
    path.write_text(FORM, encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, Any]:
    try:
        code = main([str(word) for word in words])
    except SystemExit as leaving:
        code = int(str(leaving.code))
    out = capsys.readouterr()
    try:
        return code, json.loads(out.out)
    except ValueError:
        return code, out.out + out.err


def test_check_reports_as_json(form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = run(capsys, "check", form, "--json")
    assert code == 0
    assert report == {
        "ok": True,
        "form_id": "f",
        "version": "1",
        "title": "小表",
        "questions": 4,
        "problems": [],
    }
    form.write_text(FORM.replace("count(${problems})", "count(${problem})"), encoding="utf-8")
    code, report = run(capsys, "check", form, "--json")
    assert code == 1
    assert (report["ok"], report["form_id"]) == (False, "f")
    (found,) = report["problems"]
    assert found == {
        "code": "reference_unknown",
        "severity": "error",
        "sheet": "survey",
        "row": 8,
        "column": "calculation",
        "message": "表达式里的 ${problem} 不存在，是不是想写“problems”。",
    }


def test_check_in_words(form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", form) == (0, "小表（1）：4 道题，没有问题。\n")
    form.write_text(FORM.replace("| today() |", "| todya() |"), encoding="utf-8")
    code, words = run(capsys, "check", form)
    assert code == 1
    assert "survey 表第 10 行 calculation 列" in words
    assert "today()" in words


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"%PDF-1.4", "not_a_workbook"),
        ("a.xlsx", b"PK\x03\x04 broken", "workbook_damaged"),
        ("a.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "workbook_damaged"),
        ("a.md", b"# nothing here", "not_a_workbook"),
        ("a.md", b"\xff\xfe\x00", "text_encoding"),
    ],
)
def test_what_cannot_be_read_is_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    status, report = run(capsys, "check", path, "--json")
    assert status == 2
    assert [p["code"] for p in report["problems"]] == [code]
    assert run(capsys, "fill", path, path)[0] == 2
    assert run(capsys, "convert", path, tmp_path / "out.md")[0] == 2
    assert not (tmp_path / "out.md").exists()


@pytest.mark.parametrize(
    ("expr", "answer"),
    [
        ("round(-2.5)", {"type": "number", "value": -2}),
        ("1 div 4", {"type": "number", "value": 0.25}),
        ("1 div 0", {"type": "number", "value": "Infinity"}),
        ("-1 div 0", {"type": "number", "value": "-Infinity"}),
        ("number('')", {"type": "number", "value": "NaN"}),
        ("-(2)", {"type": "number", "value": -2}),
        ("1 = 1", {"type": "boolean", "value": True}),
        ("concat('a', 1)", {"type": "string", "value": "a1"}),
        ("today()", {"type": "date", "value": "2026-11-22"}),
        ("pow(2, 100)", {"type": "number", "value": 2**100}),
    ],
)
def test_eval_one(capsys: pytest.CaptureFixture[str], expr: str, answer: dict[str, Any]) -> None:
    assert run(capsys, "eval", expr, "--today", "2026-11-22") == (0, answer)


def test_eval_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(capsys, "eval", "slected('a', 'a')")
    assert (code, answer["error"]) == (1, "function_unknown")
    assert run(capsys, "eval", "date('x')")[1]["error"] == "evaluation"
    assert run(capsys, "eval", "1 +")[1]["error"] == "expression_syntax"
    assert run(capsys, "eval")[0] == 2


def test_eval_many_lines_in_one_process() -> None:
    lines = [
        '{"expr": "1 + 1"}',
        "",
        "nonsense",
        '{"expr": 5}',
        '{"expr": "foo("}',
        '{"expr": "substr(\'abc\', 0, 2)"}',
    ]
    done = subprocess.run(
        [sys.executable, "-m", "forms", "eval", "--batch"],
        input="\n".join(lines),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0] == {"type": "number", "value": 2}
    assert [a.get("error") for a in answers[1:4]] == [
        "answers_invalid",
        "answers_invalid",
        "expression_syntax",
    ]
    assert answers[4] == {"type": "string", "value": "ab"}


def test_fill(form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "firms.csv"
    table.write_text("\ufeffid,name\n1,甲厂\n2,乙厂\n", encoding="utf-8")
    answers = tmp_path / "a.json"
    moves: list[Any] = [
        {"path": "/status", "value": "on"},
        {"path": "/tax", "value": 12.50},
        {"path": "/problems[1]/title", "value": "供电"},
        {"add": "/problems"},
        {"path": "/problems[2]/title", "value": "用工"},
        {"add": "/problems"},
        {"remove": "/problems[3]"},
    ]
    answers.write_text(json.dumps(moves), encoding="utf-8")
    words = ("--today", "2026-11-22", "--instance", f"firms={table}", "--metadata", "username=li")
    code, report = run(capsys, "fill", form, answers, *words)
    assert code == 0
    assert report["values"] == {
        "/status": "on",
        "/tax": 12.5,
        "/problems[1]/title": "供电",
        "/problems[2]/title": "用工",
        "/n": 2,
        "/firm": "乙厂",
        "/day": "2026-11-22",
        "/who": "li",
    }
    assert (report["irrelevant"], report["required_missing"], report["problems"]) == ([], [], [])
    assert report["complete"] is True
    assert [(e["dataset"], e["label"], e["create"]) for e in report["entities"]] == [
        ("issue", "供电", True),
        ("issue", "用工", True),
    ]


def test_fill_reports_what_is_wrong(form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "a.json"
    moves: list[Any] = [
        {"path": "/status", "value": "zzz"},
        {"path": "/nothing", "value": 1},
        {"path": "/problems[7]/title", "value": 1},
        {"add": "/status"},
        {"what": 1},
        7,
    ]
    answers.write_text(json.dumps(moves), encoding="utf-8")
    code, report = run(capsys, "fill", form, answers)
    assert code == 1
    assert [p["code"] for p in report["problems"]] == [
        "wrong_type", "path_not_found", "path_not_found", "not_a_repeat", "answers_invalid", "answers_invalid",
    ]  # fmt: skip
    assert report["required_missing"] == ["/status"]
    assert report["irrelevant"] == ["/tax"]
    assert report["complete"] is False
    answers.write_text(
        '[{"path": "/status", "value": "on"}, {"path": "/tax", "value": -1}]', encoding="utf-8"
    )
    code, report = run(capsys, "fill", form, answers)
    assert (code, report["problems"]) == (1, [{"path": "/tax", "code": "constraint", "message": "不能为负"}])


def test_fill_with_files_that_are_not_answers(
    form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "a.json"
    answers.write_text("{", encoding="utf-8")
    assert run(capsys, "fill", form, answers)[0] == 2
    answers.write_text("{}", encoding="utf-8")
    assert run(capsys, "fill", form, answers)[0] == 1
    answers.write_text("[]", encoding="utf-8")
    assert run(capsys, "fill", form, tmp_path / "none.json")[0] == 2
    assert run(capsys, "fill", form, answers, "--instance", "firms")[0] == 2
    assert run(capsys, "fill", form, answers, "--instance", f"firms={tmp_path / 'none.csv'}")[0] == 2


def test_convert_there_and_back(form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "convert", form, tmp_path / "f.xlsx")[0] == 0
    assert run(capsys, "convert", tmp_path / "f.xlsx", tmp_path / "g.md")[0] == 0
    assert run(capsys, "convert", tmp_path / "g.md", tmp_path / "h.xlsx")[0] == 0
    assert run(capsys, "convert", tmp_path / "h.xlsx", tmp_path / "i.md")[0] == 0
    assert (tmp_path / "g.md").read_text(encoding="utf-8") == (tmp_path / "i.md").read_text(encoding="utf-8")
    assert run(capsys, "check", tmp_path / "h.xlsx", "--json")[1]["ok"] is True
    assert run(capsys, "convert", form, tmp_path / "f.pdf")[0] == 2
    assert run(capsys, "convert", form, tmp_path / "no" / "f.xlsx")[0] == 2


@pytest.mark.parametrize("command", ["", "check", "eval", "fill", "convert"])
def test_help_is_chinese(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, words = run(capsys, *([command] if command else []), "--help")
    assert code == 0
    assert "用法：" in words
    assert "显示这段说明" in words
    for english in ("usage", "options:", "positional", "show this"):
        assert english not in words


def test_words_that_are_off(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ((), ("chekc",), ("check",), ("eval", "1", "--today", "x"), ("check", "a", "b")):
        code, said = run(capsys, *words)
        assert code == 2, words
        assert not any(english in said for english in ("argument", "required", "invalid", "unrecognized")), (
            said
        )
