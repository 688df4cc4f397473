"""The house keeps its own rules: rooms with a page each, files and functions of a size one can read, clean records."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("forms", "app", "sync", "ui", "resources")
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_DAY = 600, 70, 130
"""Lines. From 500 and 50 on a file or function is asking to be two, here it is refused. A story tells a whole day in one."""


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project as it stands here. Skips where this is not a checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: which files belong to the project is not known")
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def texts() -> Iterator[tuple[str, str]]:
    """(path, content) of every tracked file that is text."""
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            yield path.relative_to(ROOT).as_posix(), data.decode("utf-8")


def code() -> Iterator[tuple[str, str]]:
    for name, text in texts():
        if name.endswith(".py"):
            yield name, text


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_explains_itself(room: str) -> None:
    page = ROOT / room / "README.md"
    assert page.is_file(), f"{room}/ has no README.md"
    assert len(page.read_text(encoding="utf-8").split()) > 100, f"{room}/README.md says next to nothing"


def test_no_room_was_added_in_silence() -> None:
    """A new top-level folder needs its page, its import contract and its line in the house's picture."""
    packages = {
        path.relative_to(ROOT).parts[0]
        for path in tracked()
        if path.suffix == ".py" and len(path.relative_to(ROOT).parts) > 1
    }
    assert packages <= {*ROOMS, "tests"}


def test_the_import_contracts_stand() -> None:
    """`lint-imports` checks them in `make test`; here only that none was taken away."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert linter["root_packages"] == ["forms", "app", "sync", "ui"]
    contracts = {contract["name"]: contract for contract in linter["contracts"]}
    layers = contracts["layers: ui > sync > app > forms"]
    assert layers["type"] == "layers"
    assert layers["layers"] == ["ui", "sync", "app", "forms"]
    assert contracts["Qt only in ui"]["source_modules"] == ["forms", "app", "sync"]
    assert contracts["client and server meet only in the protocol"]["modules"] == [
        "sync.client",
        "sync.server",
    ]
    assert "app.store" in contracts["the server never imports the laptop's store"]["forbidden_modules"]
    assert {"sqlite3", "requests"} <= set(contracts["rules do no I/O"]["forbidden_modules"])
    assert "pydantic" in contracts["the form language knows no database"]["forbidden_modules"]
    assert {"requests only in sync.client", "the server's libraries only in sync.server"} <= contracts.keys()
    allowed = [name for name, contract in contracts.items() if contract.get("ignore_imports")]
    assert allowed == [], f"exceptions crept into {allowed}"


def test_files_are_short_enough_to_read() -> None:
    long = {name: lines for name, text in code() if (lines := len(text.splitlines())) > LONGEST_FILE}
    assert long == {}


def test_functions_are_short_enough_to_read() -> None:
    long: dict[str, int] = {}
    for name, text in code():
        for node in ast.walk(ast.parse(text)):
            # A migration is a list of statements and is never touched again once it was released.
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not re.match(
                r"m[0-9]{3}_", node.name
            ):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > (LONGEST_DAY if name.startswith("tests/story/") else LONGEST_FUNCTION):
                    long[f"{name}:{node.lineno} {node.name}"] = lines
    assert long == {}


def test_no_addresses_of_package_sources() -> None:
    """Where packages come from is each machine's own affair. The names are put together so as not to stand here."""
    hosts = [
        ".".join(parts)
        for parts in (("pypi", "org"), ("pythonhosted", "org"), ("pypi", "tuna"), ("mirrors", "aliyun"))
    ]
    found = [(name, host) for name, text in texts() for host in hosts if host in text]
    assert found == []


def test_the_lock_is_whole_and_has_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    entries = [entry for entry in re.split(r"\n(?! )", lock.strip()) if entry and not entry.startswith("#")]
    assert len(entries) > 30
    loose = [
        entry.splitlines()[0]
        for entry in entries
        if not re.match(r"[a-z0-9-]+==[^\s\\]+(?: ; [^\\]+)? \\\n", entry)
        or not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)
    ]
    assert loose == []


def test_the_lock_holds_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[\s\[<>=;~!]", line, maxsplit=1)[0].lower().replace("_", "-") for line in wanted}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert names <= locked


def test_no_other_lock_files() -> None:
    """They carry addresses."""
    assert [
        path.name
        for path in tracked()
        if path.name in ("uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock")
    ] == []


def test_no_material_from_outside_is_in_the_project() -> None:
    """Nothing of the trial data, whose licence does not let it be passed on, and no path of the machine it lay on."""
    folder = "/" + "work" + "/"
    strangers = [name for name, text in texts() if folder in text]
    assert strangers == []
    # The demo roster is a dozen made-up enterprises; a longer one would be somebody's real one.
    rosters = [name for name, text in texts() if name.endswith(".csv") and text.count("\n") > 50]
    assert rosters == []
    assert [path.name for path in tracked() if path.stem == "xiangdong"] == []


def test_nothing_large_or_compiled_is_tracked() -> None:
    large = [path.name for path in tracked() if path.stat().st_size > 2_000_000]
    compiled = [
        path.name for path in tracked() if path.suffix in (".pyc", ".so", ".db", ".whl", ".ttf", ".otf")
    ]
    assert large == []
    assert compiled == []


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_tests_do_not_sleep() -> None:
    """They wait for conditions. (The names are put together so as not to find this file.)"""
    sleeping = re.compile(r"\b(?:time|asyncio)\." + r"sleep\(|\bqWait\(|QTest\." + r"qSleep")
    assert [name for name, text in code() if name.startswith("tests/") and sleeping.search(text)] == []


def test_no_error_is_swallowed() -> None:
    found = []
    for name, text in code():
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.ExceptHandler) or not all(
                isinstance(one, ast.Pass) for one in node.body
            ):
                continue
            kind = node.type
            if kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")):
                found.append(f"{name}:{node.lineno}")
    assert found == []


def test_what_make_offers_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ("make run", "make test"):
        assert command in readme
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111, ".ci/run is not executable"
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
