"""The command line of the centre: setting up, people, roster, forms; its messages and exit codes."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.domain import credit_code
from app.paths import resources
from sync.server import cli
from sync.server.jobs import STANDARDS
from tests.support.commands import check_failure, done, run, told
from tests.support.park import Park, patch
from tests.support.server import PASSWORD, ROOT, RunningServer

HEADER = "企业名称,统一社会信用代码,注册日期,企业类型,注册资金,经营范围,所在省份,地区,注册地址"


def code(number: int) -> str:
    """A valid credit code of an enterprise that does not exist."""
    organisation = f"MA{number:06d}"
    first = f"91360313{organisation}{credit_code.organisation_check(organisation)}"
    return first + credit_code.check_character(first)


def roster(folder: Path, *lines: str, name: str = "roster.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def line(number: int, name: str = "", capital: str = "100(万元人民币)", own_code: str | None = None) -> str:
    shown = code(number) if own_code is None else own_code
    return f'示例{name or number}有限公司,{shown},2001-02-03,民营,"{capital}",陶瓷,江西,萍乡,湘东区{number}号'


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])],
)
def center(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A centre that runs while commands are given beside it."""
    database = None
    if request.param == "postgres":
        database = request.getfixturevalue("cluster").new_database()
    with RunningServer(tmp_path_factory.mktemp("center"), database) as server:
        yield server


@pytest.fixture
def fresh(tmp_path: Path) -> RunningServer:
    """A centre that was never set up."""
    return RunningServer(tmp_path / "data")


def every_command() -> list[list[str]]:
    found: list[list[str]] = []

    def walk(parser: Any, words: list[str]) -> None:
        below = [
            action
            for action in parser._actions
            if hasattr(action, "choices") and isinstance(action.choices, dict)
        ]
        if not below:
            found.append(words)
        for action in below:
            for name, child in action.choices.items():
                walk(child, [*words, name])

    walk(cli.parser(), [])
    return found


# Help ----------------------------------------------------------------------------------------------------------------


def test_the_commands_are_these() -> None:
    assert [" ".join(words) for words in every_command()] == [
        "init",
        "serve",
        "account add",
        "account list",
        "device list",
        "device revoke",
        "device allow",
        "roster import",
        "assign",
        "form publish",
        "form list",
        "status",
        "reference list",
        "reference show",
        "reference publish",
        "blacklist import",
        "blacklist log",
        "figures",
        "demo-data",
        "verify",
        "watch",
        "backup",
        "restore",
        "exchange answer",
        "exchange enroll",
    ]


@pytest.mark.parametrize("words", [[], ["account"], *every_command()], ids=" ".join)
def test_help_is_chinese(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("用法：")
    for english in ("usage", "options", "positional", "show this", "exit"):
        assert english not in text
    for action_line in re.findall(r"^  (--?\w[\w-]*.*)$", text, re.MULTILINE):
        assert re.search("[一-鿿]", action_line), action_line


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["serve", "--port", "x"],
        ["serve", "--port", "70000"],
        ["account", "add"],
        ["init", "--park"],
    ],
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert re.search("[一-鿿]{2}", capsys.readouterr().err)


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "sync.server", "--help"]
    ended = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True, cwd=ROOT)
    assert "驻企通中心" in ended.stdout


def test_every_command_is_in_the_manual() -> None:
    pages = (resources() / "manual").glob("*.md")
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    commands = [" ".join(words) for words in every_command()]
    shapes = "zhuqitong-server {}", "`{}`", "**{}**"
    assert [name for name in commands if not any(shape.format(name) in text for shape in shapes)] == []


# Setting up ----------------------------------------------------------------------------------------------------------


def test_init_twice_is_init_once(fresh: RunningServer) -> None:
    first = told(fresh, "init")
    assert first["created"] is True
    brought = {path.stem for path in (resources() / "dictionaries").glob("*.json")}
    assert first["dictionaries"] == len(brought - STANDARDS), (
        "every program has the national standards already"
    )
    assert first["forms"] == len(list((resources() / "forms").glob("*.md")))
    second = told(fresh, "init")
    assert second == {**first, "created": False, "dictionaries": 0, "forms": 0}
    assert told(fresh, "init", "--new-epoch")["epoch"] != first["epoch"]
    check_failure(run(fresh, "init", "--park-code", "LX", "--park-name", "芦溪"), "湘东产业园")
    status = told(fresh, "status")
    assert (status["park"], status["park_name"], status["enterprises"]) == ("XD", "湘东产业园", 0)


def test_a_park_of_ones_own(fresh: RunningServer) -> None:
    assert told(fresh, "init", "--park-code", "LX", "--park-name", "芦溪工业园")["park"] == "LX"
    again = told(fresh, "init", "--new-epoch")
    assert (again["park"], again["created"]) == ("LX", False), (
        "who renews an epoch need not know the park's code"
    )
    check_failure(run(fresh, "init", "--park-code", "芦溪"), "--park-code")


@pytest.mark.parametrize("command", ["serve", "status", "account list", "form list"])
def test_nothing_works_before_init(fresh: RunningServer, command: str) -> None:
    check_failure(run(fresh, *command.split()), "init")
    assert not (fresh.data_dir / "center.db").exists()


def test_a_newer_a_foreign_and_a_broken_database_are_refused(fresh: RunningServer) -> None:
    done(fresh, "init")
    file = fresh.data_dir / "center.db"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    for command in ("serve", "status", "init"):
        check_failure(run(fresh, command), "升级", "9999")
    assert file.read_bytes() == before

    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE accounts (x)")
    connection.close()
    check_failure(run(fresh, "init"), "不是驻企通")

    file.write_bytes(b"%PDF-1.7 not a database" * 300)
    check_failure(run(fresh, "status"), "不是驻企通")


def test_where_the_data_cannot_be(tmp_path: Path, fresh: RunningServer) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    check_failure(run(fresh, "init"))
    for url in ("mysql://x/y", "nonsense"):
        check_failure(run(RunningServer(tmp_path / "other", url), "init"), "PostgreSQL")
    gone = RunningServer(tmp_path / "other", f"postgresql://postgres@/x?host={tmp_path}")
    check_failure(run(gone, "init"), "连不上")


def test_a_port_that_is_taken(center: RunningServer) -> None:
    check_failure(run(center, "serve", "--port", str(center.port)), "--port")
    check_failure(run(center, "serve", "--host", "999.1.1.1"), "--host")


def test_a_start_says_where_and_a_stop_is_clean(fresh: RunningServer) -> None:
    done(fresh, "init")
    fresh.start()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", fresh.url)
    first = fresh.url
    assert fresh.stop() == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", fresh.port)) != 0
    fresh.start()
    assert fresh.url == first
    fresh.stop()
    assert "Traceback" not in fresh.log


@pytest.mark.slow
def test_a_stop_does_not_wait_for_those_who_wait(fresh: RunningServer) -> None:
    with fresh:
        account(fresh, "liu")
        laptop = fresh.sign_in("liu")
        token = laptop.pull_all().token
        with socket.create_connection(("127.0.0.1", fresh.port), timeout=20) as waiting:
            head = f"GET /sync/wait?token={token} HTTP/1.1\r\nHost: x\r\n"
            waiting.sendall(f"{head}Authorization: {laptop.headers['Authorization']}\r\n\r\n".encode())
            assert fresh.stop() == 0
            assert b'"same":true' in waiting.recv(2000)
        assert "ERROR" not in fresh.log


@pytest.mark.slow
def test_two_workers(fresh: RunningServer) -> None:
    fresh.workers = 2
    with fresh:
        park = Park(fresh)
        id = park.enterprise()
        laptops = [park.officer(id) for _ in range(3)]
        for number, laptop in enumerate(laptops):
            assert laptop.push(patch(id, employees=(number or None, number + 1)))[0]["status"] == "applied"
        assert laptops[0].pull_all().of_kind("enterprise")[0]["employees"] == 3
        park.close()
        assert fresh.stop() == 0


# People --------------------------------------------------------------------------------------------------------------


def test_accounts(center: RunningServer) -> None:
    shown = done(center, "account", "add", "zhang", "--name", "张三", "--role", "officer")
    [password] = re.findall(r"：([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})$", shown, re.MULTILINE)
    laptop = center.sign_in("zhang", password)
    assert laptop.who["name"] == "张三"
    assert password not in done(center, "account", "list")
    [row] = [row for row in told(center, "account", "list") if row["account"] == "zhang"]
    assert (row["name"], row["roles"], row["person"]) == ("张三", ["officer"], laptop.person)
    [person] = [body for body in laptop.pull_all().of_kind("person") if body["account"] == "zhang"]
    assert person == {
        "id": laptop.person,
        "account": "zhang",
        "name": "张三",
        "roles": ["officer"],
        "active": True,
    }


def test_accounts_that_cannot_be(center: RunningServer) -> None:
    add = ("account", "add")
    account(center, "wang")
    check_failure(run(center, *add, "wang", "--name", "王", "--role", "officer"), "wang")
    stdin = "--password-stdin"
    check_failure(run(center, *add, "li", "--name", "李", "--role", "officer", stdin, input="kurz\n"), "口令")
    check_failure(run(center, *add, "li", "--name", "李", "--role", "handler"), "--department")
    check_failure(
        run(center, *add, "li", "--name", "李", "--role", "handler", "--department", "x"), "economy"
    )
    check_failure(run(center, *add, "li", "--name", "李", "--role", "admin"), "admin", code=2)
    check_failure(run(center, *add, "l i", "--name", "李", "--role", "officer"), "空格")
    assert "li" not in {row["account"] for row in told(center, "account", "list")}


def account(server: RunningServer, account: str, role: str = "officer", name: str = "某人") -> None:
    words = "account", "add", account, "--name", name, "--role", role, "--password-stdin"
    done(server, *words, input=f"{PASSWORD}\n")


# Roster --------------------------------------------------------------------------------------------------------------


def imported(server: RunningServer, path: Path, *more: str) -> dict[str, Any]:
    result: dict[str, Any] = told(server, "roster", "import", str(path), *more)
    assert set(result) == {"rows", "created", "updated", "unchanged", "refused", "problems"}
    return result


def figures(result: dict[str, Any]) -> tuple[int, int, int, int, int]:
    return tuple(result[name] for name in ("rows", "created", "updated", "unchanged", "refused"))  # type: ignore[return-value]


def test_a_roster_is_imported_once(center: RunningServer, tmp_path: Path) -> None:
    path = roster(tmp_path, *[line(number) for number in range(100, 130)])
    before = told(center, "status")["enterprises"]
    rehearsed = imported(center, path, "--dry-run")
    assert figures(rehearsed) == (30, 30, 0, 0, 0)
    assert told(center, "status")["enterprises"] == before
    assert imported(center, path) == rehearsed
    documents = told(center, "status")["documents"]
    assert figures(imported(center, path)) == (30, 0, 0, 30, 0)
    assert figures(imported(center, path, "--dry-run")) == (30, 0, 0, 30, 0)
    status = told(center, "status")
    assert (status["documents"], status["enterprises"]) == (documents, before + 30)


def test_a_corrected_roster_updates_what_is_different(center: RunningServer, tmp_path: Path) -> None:
    imported(center, roster(tmp_path, line(200), line(201)))
    result = imported(center, roster(tmp_path, line(200, capital="3,407.96(万美元)"), line(201), line(202)))
    assert figures(result) == (3, 1, 1, 1, 0)
    coordinator = signed_in_coordinator(center)
    [row] = [
        row for row in coordinator.pull_all().of_kind("enterprise_row") if row["credit_code"] == code(200)
    ]
    [body] = coordinator.pull_all(want=[f"e:{row['id']}"]).of_kind("enterprise")
    assert (body["registered_capital_fen"], body["registered_capital_currency"]) == (3_407_960_000, "USD")


def signed_in_coordinator(center: RunningServer) -> Any:
    if "coordinator" not in {row["account"] for row in told(center, "account", "list")}:
        account(center, "coordinator", "coordinator")
    return center.sign_in("coordinator")


def test_without_a_code_an_enterprise_gets_a_temporary_one_and_later_its_own(
    center: RunningServer, tmp_path: Path
) -> None:
    without = roster(tmp_path, line(300, name="无码", own_code=""))
    result = imported(center, without)
    assert figures(result) == (1, 1, 0, 0, 0)
    assert [(problem["row"], problem["code"]) for problem in result["problems"]] == [
        (2, "credit_code_missing")
    ]
    assert figures(imported(center, without)) == (1, 0, 0, 1, 0)
    assert figures(imported(center, roster(tmp_path, line(300, name="无码")))) == (1, 0, 1, 0, 0)
    assert figures(imported(center, without)) == (1, 0, 0, 1, 0)
    rows = signed_in_coordinator(center).pull_all().of_kind("enterprise_row")
    assert [row["credit_code"] for row in rows if row["name"] == "示例无码有限公司"] == [code(300)]


def test_two_rows_of_one_enterprise_and_wrong_codes_are_refused_by_row(
    center: RunningServer, tmp_path: Path
) -> None:
    wrong = code(400)[:-1] + ("0" if code(400)[-1] != "0" else "1")
    imported(center, roster(tmp_path, line(401, name="双"), line(402, name="双")))
    result = imported(
        center,
        roster(
            tmp_path,
            line(400, own_code=wrong),
            line(403),
            line(404, name="双", own_code=""),
            line(401, name="双"),
        ),
    )
    assert figures(result) == (4, 1, 0, 1, 2)
    assert [
        (problem["row"], problem["code"])
        for problem in result["problems"]
        if problem["code"] != "credit_code_missing"
    ] == [
        (2, "credit_code_check"),
        (4, "name_ambiguous"),
    ]


def test_a_roster_that_is_none(center: RunningServer, tmp_path: Path) -> None:
    pdf = tmp_path / "roster.pdf"
    pdf.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 20)
    check_failure(run(center, "roster", "import", str(pdf)))
    check_failure(run(center, "roster", "import", str(tmp_path / "none.csv")))
    ended = run(center, "roster", "import", str(pdf), "--json")
    assert set(json.loads(ended.stdout)["error"]) == {"code", "text"}


@pytest.mark.parametrize("point", ["roster_row:7", "before_documents:1", "flushed:1", "before_commit:1"])
def test_a_crash_in_the_middle_of_an_import_leaves_nothing_of_it(
    center: RunningServer, tmp_path: Path, point: str
) -> None:
    number = 500 + 20 * ["roster_row:7", "before_documents:1", "flushed:1", "before_commit:1"].index(point)
    path = roster(tmp_path, *[line(number + offset) for offset in range(12)])
    before = told(center, "status")
    ended = center.cli("roster", "import", str(path), environment={"ZHUQITONG_FAULT": point})
    assert ended.returncode == -9
    assert told(center, "status") == before
    assert requests.get(f"{center.url}/healthz", timeout=30).json()["status"] == "ok"
    assert figures(imported(center, path)) == (12, 12, 0, 0, 0)


def test_an_import_is_seen_by_laptops_at_once(center: RunningServer, tmp_path: Path) -> None:
    coordinator = signed_in_coordinator(center)
    held = coordinator.pull_all()
    imported(center, roster(tmp_path, line(700), line(701)))
    rows = coordinator.pull_all(held.cursors).of_kind("enterprise_row")
    assert {row["credit_code"] for row in rows} == {code(700), code(701)}


# Assigning -----------------------------------------------------------------------------------------------------------


def test_assigning_by_code_name_and_list(center: RunningServer, tmp_path: Path) -> None:
    imported(center, roster(tmp_path, line(800), line(801), line(802)))
    account(center, "bao", name="包联")
    first = told(center, "assign", "--person", "bao", code(800), "示例801有限公司")
    assert (first["assigned"], first["unchanged"]) == (2, 0)
    listed = tmp_path / "list.txt"
    listed.write_text(f"\ufeff{code(801)}\n\n {code(802)} \n", encoding="utf-8")
    second = told(center, "assign", "--person", "bao", "--from-file", str(listed))
    assert (second["assigned"], second["unchanged"]) == (1, 1)
    bodies = center.sign_in("bao").pull_all().of_kind("enterprise")
    assert {body["credit_code"] for body in bodies} == {code(800), code(801), code(802)}
    assert {body["officer_name"] for body in bodies} == {"包联"}


def test_assigning_all_or_none(center: RunningServer, tmp_path: Path) -> None:
    imported(center, roster(tmp_path, line(810)))
    account(center, "none")
    check_failure(run(center, "assign", "--person", "none", code(810), "没有这家"), "没有这家")
    check_failure(run(center, "assign", "--person", "nobody", code(810)), "nobody")
    check_failure(run(center, "assign", "--person", "none"), "--from-file")
    check_failure(
        run(center, "assign", "--person", "none", "--from-file", str(tmp_path / "no.txt")), "no.txt"
    )
    assert center.sign_in("none").pull_all().of_kind("enterprise") == []


# Forms ---------------------------------------------------------------------------------------------------------------

FORM = """| survey |
| | type | name | label |
| | text | {question} | 情况 |
| settings |
| | form_title | form_id | version |
| | 测试表 | test_form | {version} |
"""


def form(folder: Path, version: str = "2026.1", question: str = "q1") -> str:
    path = folder / "form.md"
    path.write_text(FORM.format(version=version, question=question), encoding="utf-8")
    return str(path)


def test_a_published_form_does_not_change(center: RunningServer, tmp_path: Path) -> None:
    first = told(center, "form", "publish", form(tmp_path))
    assert first == {"published": True, "form_id": "test_form", "version": "2026.1", "title": "测试表"}
    assert told(center, "form", "publish", form(tmp_path))["published"] is False
    check_failure(run(center, "form", "publish", form(tmp_path, question="q2")), "2026.1", "version")
    assert told(center, "form", "publish", form(tmp_path, "2026.2", "q2"))["published"] is True
    listed = [(row["form_id"], row["version"]) for row in told(center, "form", "list")]
    assert {("test_form", "2026.1"), ("test_form", "2026.2")} <= set(listed)
    assert all(
        set(row) == {"form_id", "version", "title", "published_at"} for row in told(center, "form", "list")
    )


def test_a_wrong_form_is_not_published(center: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "wrong.md"
    path.write_text(FORM.format(version="1", question="2 bad name"), encoding="utf-8")
    check_failure(run(center, "form", "publish", str(path)), "wrong.md")
    check_failure(run(center, "form", "publish", str(tmp_path / "none.md")))
    check_failure(run(center, "form", "publish", form(tmp_path, version="")), "version")
