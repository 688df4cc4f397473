"""Settings: kept whole, and never in the way of work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.errors import KnownError
from app.settings import Settings, load, save


def test_kept_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    save(path, Settings(scheme="dark", scale=150, last_account="wangmin"))
    assert load(path) == Settings(scheme="dark", scale=150, last_account="wangmin")


def test_what_a_later_version_wrote_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 2, "scale": 125, "contrast": "high"}), "utf-8")
    save(path, load(path).altered(scheme="light"))
    assert json.loads(path.read_text("utf-8"))["contrast"] == "high"
    assert load(path).scale == 125


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"scale": "big"}', '{"scale": 9000}', '{"scheme": "pink"}', "\x00\xff"]
)
def test_a_spoilt_file_gives_the_usual_looks(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(text.encode("latin-1"))
    found = load(path)
    assert (found.scheme, found.scale) == ("system", 100)


def test_one_bad_field_spoils_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"scale": 9000, "scheme": "dark"}', "utf-8")
    assert load(path) == Settings(scheme="dark")


def test_looks_there_are_not(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        Settings(scale=200)
    with pytest.raises(KnownError):
        save(_blocked(tmp_path), Settings())


def _blocked(folder: Path) -> Path:
    """Below a folder that is a file nothing can be written, root or not."""
    (folder / "a-file").write_text("")
    return folder / "a-file" / "settings.json"
