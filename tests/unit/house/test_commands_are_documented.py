"""Every command with every option is in the README or the manual, and explains itself in Chinese."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = {
    "zhuqitong": ["-m", "ui.main"],
    "zhuqitong-server": ["-m", "sync.server"],
}


def ask(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *PROGRAMS[program], *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@cache
def help_of(program: str, *words: str) -> str:
    result = ask(program, *words, "--help")
    assert result.returncode == 0, result.stderr
    return result.stdout


def commands_of(help_text: str) -> list[str]:
    """The commands a help page lists: indented, one a line, the explanation behind at least two blanks."""
    return re.findall(r"^ {4}([a-z][a-z-]+)(?: {2,}|$)", help_text, re.MULTILINE)


def leaves(program: str, *words: str) -> list[tuple[str, ...]]:
    """Every command to its last word: ("roster", "import")."""
    inner = commands_of(help_of(program, *words))
    if not inner:
        return [words]
    return [leaf for command in inner for leaf in leaves(program, *words, command)]


def documentation() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "resources" / "manual").rglob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_is_documented(program: str) -> None:
    found = leaves(program)
    assert len(found) >= 5
    text = documentation()
    missing = [" ".join((program, *leaf)) for leaf in found if not re.search(rf"\b{' '.join(leaf)}\b", text)]
    assert missing == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_in_chinese(program: str) -> None:
    for leaf in [(), *leaves(program)]:
        text = help_of(program, *leaf)
        assert re.search(r"[\u4e00-\u9fff]", text), leaf
        for english in ("usage:", "optional arguments", "options:", "positional arguments", "show this help"):
            assert english not in text, f"{program} {' '.join(leaf)} says {english!r}"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_word_is_exit_code_2_and_chinese(program: str) -> None:
    result = ask(program, "no-such-command")
    assert result.returncode == 2
    assert re.search(r"[\u4e00-\u9fff]", result.stderr)
    assert "Traceback" not in result.stderr
