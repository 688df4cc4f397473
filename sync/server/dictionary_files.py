"""A dictionary as a file: JSON with a version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.errors import KnownError


def read_file(path: Path) -> dict[str, Any]:
    """A dictionary's file: a JSON object with a `version`. Raises KnownError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KnownError(
            "dictionary_unreadable", f"字典文件 {path} 读不出来，请检查它是不是完整的 JSON。"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("version"), str) or not content["version"]:
        raise KnownError(
            "dictionary_version", f'字典文件 {path} 里没有版本。请在最外层写上 "version": "年份.序号"。'
        )
    return content
