"""Where the bundled fonts are: the same files go into the windows and onto paper (`stack.md`, fonts)."""

from __future__ import annotations

from pathlib import Path

from pylopdf_fonts_zh_cn import sans_path, serif_path

from app.errors import KnownError


def sans_file() -> Path:
    """Noto Sans SC Regular: everything on screen, headings and labels on paper."""
    return _present(sans_path())


def serif_file() -> Path:
    """Noto Serif SC Regular: titles and running text on paper, the place of 宋体."""
    return _present(serif_path())


def font_files() -> tuple[Path, ...]:
    """Every bundled font file, the screen's first. Raises KnownError where the installation is incomplete."""
    return sans_file(), serif_file()


def _present(path: Path) -> Path:
    # Qt says nothing about a font it cannot open and draws boxes: better one clear sentence at the start.
    if not path.is_file():
        raise KnownError("font_missing", f"安装不完整：缺少中文字体文件 {path.name}。请重新安装驻企通。")
    return path
