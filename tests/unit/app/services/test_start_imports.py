"""What the desk's first page needs is imported, and nothing else: every tenth of a second is waited for each morning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
LATER = (
    "requests",
    "reportlab",
    "sqlite_utils",
    "forms.workbook",
    "forms.filling",
    "app.domain.changes.functions",
)


def test_the_first_page_needs_no_forms_no_change_functions_and_no_network() -> None:
    words = f"import sys, app.services.overview; print(*sorted(set({LATER!r}) & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.split() == []


def test_the_register_is_whole_for_whoever_asks() -> None:
    words = (
        "from app.domain.changes import REGISTER, base; from app.domain.changes.base import entered;"
        "assert REGISTER is entered() is base.REGISTER; print(*REGISTER)"
    )
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert {"put", "patch", "visit.submit", "issue.raise", "meeting.plan"} <= set(done.stdout.split())
