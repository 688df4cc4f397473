"""The exchange as it is used: two programs, two processes, files between them; on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain import buckets
from app.paths import DataFolder
from app.services import enterprises
from app.services.desk import Desk
from tests.support.exchanging import Laptop
from tests.support.park import Park
from tests.support.server import ROOT, RunningServer

pytestmark = pytest.mark.slow
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
PHOTO = 50_000_000


@pytest.fixture(params=BOTH)
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Park]:
    """A centre that is set up, and serves nobody."""
    database = request.getfixturevalue("cluster").new_database() if request.param == "postgres" else None
    server = RunningServer(tmp_path / "centre", database)
    server.command("init")
    park = Park(server)
    yield park
    park.close()


class Program:
    """`zhuqitong` as processes of its own on one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str | Path, input: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ui.main", *map(str, words), "--data", str(self.folder)]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=dict(os.environ),
            input=input,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=240,
            check=False,
        )

    def told(self, *words: str | Path) -> dict[str, Any]:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def work(folder: Path, change: Any) -> None:
    """Something is done at the desk of a folder."""
    laptop = Laptop.__new__(Laptop)
    laptop.desk = Desk.open(DataFolder(folder))
    try:
        change(laptop)
    finally:
        laptop.desk.close()


def spoilt(file: Path, name: str, *, cut: int = 0, flip: int | None = None) -> Path:
    content = bytearray(file.read_bytes())
    if flip is not None:
        content[flip] ^= 0x10
    target = file.with_name(name)
    target.write_bytes(content[: len(content) - cut])
    return target


def test_a_county_without_a_network(centre: Park, tmp_path: Path) -> None:
    from app.domain.people import Role

    server, stick, desk = centre.server, tmp_path / "stick", tmp_path / "desk"
    stick.mkdir()
    account, _ = centre.account(Role.OFFICER)
    enterprise = centre.enterprise("青岚云杉新材料有限公司", employees=12)
    centre.assign(account, enterprise)

    # The office makes a file and a PIN, the laptop signs in with them.
    made = json.loads(
        server.command("exchange", "enroll", "--account", account, "--out", str(stick / "登记.zqx"), "--json")
    )
    program = Program(desk)
    wrong = program.run("exchange", "enroll", stick / "登记.zqx", "--pin-stdin", input="aaaa-bbbb-cccc\n")
    assert wrong.returncode == 1
    assert "PIN 不对" in wrong.stderr
    done = program.run("exchange", "enroll", stick / "登记.zqx", "--pin-stdin", input=made["pin"] + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert program.run("sync").returncode == 1

    # A day's work with a photo of 50 MB goes out.
    content = os.urandom(PHOTO)

    def day(laptop: Laptop) -> None:
        assert [line.id for line in enterprises.listing(laptop.desk)] == [enterprise]
        laptop.edit(enterprise, "employees", 36)
        laptop.photo(enterprise, content)

    work(desk, day)
    out = program.told("exchange", "export", "--out", stick)
    package = Path(out["path"])
    assert (out["number"], out["changes"], out["files"], out["left"]) == (1, 2, 1, 0)
    assert PHOTO < package.stat().st_size < PHOTO + 100_000
    assert package.name.startswith("驻企通_")

    (stick / "登记.zqx").unlink()
    answer = _answered_by_the_office(server, stick, package)
    _taken_in(program, package, answer)
    blob = next(
        path
        for path in (server.data_dir / "files").rglob("*")
        if path.is_file() and path.stat().st_size == PHOTO
    )
    assert blob.read_bytes() == content
    assert json.loads(server.command("verify", "--json"))["problems"] == []
    _fetched_by_another(centre, account, enterprise, tmp_path, content)


def _answered_by_the_office(server: RunningServer, stick: Path, package: Path) -> Path:
    """Copies that were not copied well are told apart and do nothing; the good one beside them is answered."""
    bad = [spoilt(package, "没拷完.zqx", cut=1_000_000), spoilt(package, "坏了.zqx", flip=PHOTO // 2)]
    ended = server.cli("exchange", "answer", *map(str, bad), "--out", str(stick))
    assert ended.returncode == 1
    assert "「没拷完.zqx」不完整" in ended.stderr
    assert "「坏了.zqx」不完整" in ended.stderr
    assert "Traceback" not in ended.stderr
    for file in bad:
        file.unlink()
    told = json.loads(server.command("exchange", "answer", str(stick), "--out", str(stick), "--json"))
    (summary,) = told["answered"]
    assert (summary["changes"], summary["files"], summary["error"]) == ({"applied": 2}, 1, None)
    again = server.command("exchange", "answer", str(package), "--out", str(stick))
    assert "操作 2 项（已办 2）" in again
    assert "共 1 个文件：写出回执 1 个，没有处理 0 个。" in again
    return Path(summary["answer"])


def _taken_in(program: Program, package: Path, answer: Path) -> None:
    """A spoilt answer, what is no answer, and the same again do no harm."""
    assert program.run("exchange", "import", spoilt(answer, "坏.zqx", flip=700)).returncode == 1
    assert program.run("exchange", "import", spoilt(answer, "半.zqx", cut=3)).returncode == 1
    turned = program.run("exchange", "import", package)
    assert turned.returncode == 1
    assert "要交给中心处理" in turned.stderr
    back = program.told("exchange", "import", answer, answer)["imported"]
    assert [item["sent"] for item in back] == [2, 0]
    assert program.told("status")["pending"] == 0
    assert program.told("status")["files"] == 0


def _fetched_by_another(centre: Park, account: str, enterprise: str, folder: Path, content: bytes) -> None:
    """Another laptop of the same person gets the photo by stick as well."""
    server, stick = centre.server, folder / "stick"
    other = Program(folder / "other")
    pin = json.loads(
        server.command("exchange", "enroll", "--account", account, "--out", str(stick / "二.zqx"), "--json")
    )["pin"]
    assert other.run("exchange", "enroll", stick / "二.zqx", "--pin-stdin", input=pin + "\n").returncode == 0
    second = other.told("exchange", "export", "--out", stick)
    told = json.loads(
        server.command("exchange", "answer", second["path"], "--out", str(stick), "--photos", "--json")
    )
    (item,) = other.told("exchange", "import", told["answered"][0]["answer"])["imported"]
    assert item["photos"] == 1

    def sees(laptop: Laptop) -> None:
        assert laptop.sees(enterprise, "employees") == 36
        bucket = buckets.of_enterprise(enterprise)
        (photo,) = laptop.desk.store.of_kind("attachment", bucket)
        digest = photo.body["sha256"]
        assert (laptop.desk.folder.attachments / digest[:2] / digest).read_bytes() == content

    work(other.folder, sees)


@pytest.mark.parametrize("point", ["push", "file"])
def test_the_office_s_power_fails_in_the_middle(tmp_path: Path, point: str) -> None:
    """What was taken in stays, no half answer is left, and the same command again ends it."""
    from app.domain.people import Role

    server = RunningServer(tmp_path / "centre")
    server.command("init")
    park = Park(server)
    try:
        account, _ = park.account(Role.OFFICER)
        enterprise = park.enterprise(employees=12)
        park.assign(account, enterprise)
        file, stick = tmp_path / "登记.zqx", tmp_path / "stick"
        stick.mkdir()
        made = json.loads(
            server.command("exchange", "enroll", "--account", account, "--out", str(file), "--json")
        )
        program = Program(tmp_path / "desk")
        assert (
            program.run("exchange", "enroll", file, "--pin-stdin", input=made["pin"] + "\n").returncode == 0
        )

        def day(laptop: Laptop) -> None:
            laptop.edit(enterprise, "employees", 36)
            laptop.photo(enterprise, b"x" * 2_500_000)

        work(program.folder, day)
        package = program.told("exchange", "export", "--out", stick)["path"]
        fault = {"push": "applied:1", "file": "upload_written:2"}[point]
        died = server.cli(
            "exchange",
            "answer",
            package,
            "--out",
            str(stick / "回执"),
            environment={"ZHUQITONG_FAULT": fault},
        )
        assert died.returncode == -9, died.stderr
        assert [path.name for path in (stick / "回执").iterdir() if path.suffix == ".zqx"] == []
        told = json.loads(
            server.command("exchange", "answer", package, "--out", str(stick / "回执"), "--json")
        )
        (summary,) = told["answered"]
        assert (summary["changes"], summary["files"]) == ({"applied": 2}, 1)
        (item,) = program.told("exchange", "import", summary["answer"])["imported"]
        assert (item["sent"], item["files_stored"]) == (2, 1)
        assert json.loads(server.command("verify", "--json"))["problems"] == []
    finally:
        park.close()
