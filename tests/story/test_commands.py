"""The same work without a window: sign in, sync, look at the state, print; against a real server."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.park import Park
from tests.support.server import PASSWORD, RunningServer
from ui.main import main


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("centre")) as server:
        made = Park(server)
        yield made
        made.close()


@pytest.fixture
def account(park: Park) -> str:
    """An officer with two enterprises."""
    from app.domain.people import Role

    name, _ = park.account(Role.OFFICER)
    park.assign(name, park.enterprise(f"青岚甲{name}厂"), park.enterprise(f"青岚乙{name}厂"))
    return name


def sign_in(park: Park, account: str, data: Path, monkeypatch: pytest.MonkeyPatch, password: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    return main(
        [
            "sign-in",
            "--server",
            park.server.url,
            "--account",
            account,
            "--password-stdin",
            "--data",
            str(data),
        ]
    )


def test_sign_in_sync_status_and_print(
    park: Park,
    account: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = ["--data", str(tmp_path / "desk")]
    assert main(["status", *data]) == 0
    assert "还没有登录" in capsys.readouterr().out
    assert sign_in(park, account, tmp_path / "desk", monkeypatch, PASSWORD) == 0
    capsys.readouterr()
    assert main(["sync", "--json", *data]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["error"] is None
    assert report["received"] > 0
    assert report["pending"] == 0
    assert main(["status", "--json", *data]) == 0
    status = json.loads(capsys.readouterr().out)
    assert (status["signed_in"], status["enterprises"], status["account"]) == (True, 2, account)
    paper = tmp_path / "清单.pdf"
    assert (
        main(["print", "checklist", f"青岚甲{account}厂", "青岚乙", "--out", str(paper), "--json", *data])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["path"] == str(paper)
    assert paper.read_bytes().startswith(b"%PDF")


def test_what_is_wrong_is_said_in_chinese_with_the_right_code(
    park: Park,
    account: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = ["--data", str(tmp_path / "desk")]
    assert main(["sync", *data]) == 1
    assert "还没有登录" in capsys.readouterr().err
    assert sign_in(park, account, tmp_path / "desk", monkeypatch, "wrong-password") == 1
    assert "不对" in capsys.readouterr().err
    assert sign_in(park, account, tmp_path / "desk", monkeypatch, PASSWORD) == 0
    capsys.readouterr()
    assert main(["print", "checklist", "没有这家", *data]) == 1
    assert "没有「没有这家」" in capsys.readouterr().err
    assert main(["print", "record", "V-0", *data]) == 1
    assert "没有编号" in capsys.readouterr().err
    for words in (["sing-in"], ["print"], ["tour"], ["sync", "--fast"]):
        with pytest.raises(SystemExit) as found:
            main(words)
        assert found.value.code == 2


def test_a_centre_that_is_gone_is_said_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.domain.people import Role

    with RunningServer(tmp_path / "centre") as server:
        park = Park(server)
        name, _ = park.account(Role.OFFICER)
        assert sign_in(park, name, tmp_path / "desk", monkeypatch, PASSWORD) == 0
        park.close()
    capsys.readouterr()
    assert main(["sync", "--json", "--data", str(tmp_path / "desk")]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["error"]
    assert main(["status", "--data", str(tmp_path / "desk")]) == 0
