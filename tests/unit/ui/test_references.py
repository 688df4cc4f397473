"""The shield against a fault of PySide6 6.12.0 before Python 3.12 (`ui/references.py`)."""

from __future__ import annotations

import subprocess
import sys

CALLS = """
import sys
{shield}
from PySide6.QtCore import QModelIndex
index = QModelIndex()
before = sys.getrefcount(None)
for _ in range(300_000):
    index.data()
print(sys.getrefcount(None) - before)
"""


def test_none_outlives_any_number_of_calls() -> None:
    code = CALLS.format(shield="import ui")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-500:]


def test_the_shield_is_raised_once() -> None:
    import ui  # noqa: F401
    from ui.references import ENOUGH, make_singletons_last

    before = sys.getrefcount(None)
    make_singletons_last()
    assert sys.getrefcount(None) - before < ENOUGH // 2
    if sys.version_info < (3, 12):
        assert before > ENOUGH // 2
