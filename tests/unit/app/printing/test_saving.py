"""A file appears whole or not at all, and what went wrong is said in words that help."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import KnownError
from app.printing.checklist import print_checklists
from app.printing.models import Checklist
from app.printing.saving import whole_file
from forms.definition import Form, Question


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_name_when_all_is_written(tmp_path: Path) -> None:
    target = tmp_path / "新文件夹" / "清单.pdf"
    with whole_file(target) as out:
        out.write(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert names(target.parent) == ["清单.pdf"]
    if os.name == "posix":
        mask = os.umask(0)
        os.umask(mask)
        assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask


def test_an_error_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.pdf"
    target.write_bytes(b"older")

    def write_and_fail() -> None:
        with whole_file(target) as out:
            out.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert target.read_bytes() == b"older"
    assert names(tmp_path) == ["a.pdf"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    folder = tmp_path / "tiny"
    folder.mkdir()
    if mount is None or umount is None:
        pytest.skip("no mount command")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run([umount, folder], check=True)


def test_a_full_disk_says_what_to_do(tiny_disk: Path) -> None:
    target = tiny_disk / "清单.pdf"
    target.write_bytes(b"older")
    with pytest.raises(KnownError) as caught, whole_file(target) as out:
        out.write(b"x" * 200_000)
    assert caught.value.code == "disk_full"
    assert "清单.pdf 没有生成" in caught.value.text
    assert "清理" in caught.value.text
    assert target.read_bytes() == b"older"
    assert names(tiny_disk) == ["清单.pdf"]


def test_a_document_on_a_full_disk(tiny_disk: Path) -> None:
    form = Form(
        form_id="f", version="1", title="表", items=(Question(name="q", path="/q", type="text", label="题"),)
    )
    long = "".join(chr(0x4E00 + n) for n in range(1500))  # every glyph is embedded: more than the disk holds
    with pytest.raises(KnownError) as caught:
        print_checklists(tiny_disk / "a.pdf", [Checklist(number="1", form=form, prefilled={"/q": long})])
    assert caught.value.code == "disk_full"
    assert names(tiny_disk) == []


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KnownError) as caught, whole_file(tmp_path / "file" / "a.pdf"):
        pass
    assert caught.value.code == "no_folder"


def test_a_name_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").mkdir()
    with pytest.raises(KnownError) as caught, whole_file(tmp_path / "a.pdf") as out:
        out.write(b"x")
    assert caught.value.code == "no_folder"
    assert names(tmp_path) == ["a.pdf"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(KnownError) as caught, whole_file(tmp_path / "a.pdf"):
        pass
    assert caught.value.code == "not_writable"


def test_an_unknown_error_is_not_dressed_up(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="strange"), whole_file(tmp_path / "a.pdf"):
        raise OSError(999, "strange")
    assert names(tmp_path) == []
