"""失信名单: at the centre alone; one name asked is one name told, and on record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.domain import buckets
from app.domain.ids import new_id
from app.domain.people import Role
from sync.server.blacklist import bucket_of
from tests.support.park import Park, change


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


pytestmark = pytest.mark.slow
LIST = "企业名称,统一社会信用代码,类别,事由\n绝密甲公司,91360313QLAN010241,失信被执行人,欠款不还\n绝密乙公司,,经营异常,查无下落\n"


def test_one_is_told_about_the_name_one_asked_for_and_nothing_else(park: Park, tmp_path: Path) -> None:
    file = tmp_path / "名单.csv"
    file.write_text(LIST, "utf-8")
    told = json.loads(park.server.command("blacklist", "import", str(file), "--json"))
    assert told == {"entries": 2, "keys": 3}
    account, person = park.account(Role.OFFICER)
    officer, id = park.server.sign_in(account), new_id()
    own = buckets.of_person(person)

    def ask(id: str, text: str) -> dict[str, object]:
        args = {"asked": text, "why": "项目签约前核查"}
        return change("blacklist.ask", own, ("blacklist_query", id), args)

    (verdict,) = officer.push(ask(id, " 91360313qlan010241 "))
    assert verdict["status"] == "applied"
    clear = new_id()
    officer.push(ask(clear, "清白公司"))
    found = {one["id"]: one for one in officer.pull_all().of_kind("blacklist_query", own)}
    assert (found[id]["result"], found[id]["told"][0]["reason"]) == ("listed", "欠款不还")
    assert found[clear]["result"] == "clear"
    assert "绝密乙公司" not in str(found)

    people = [officer, park.coordinator(), park.server.sign_in(park.account(Role.LEADER)[0])]
    people += [park.server.sign_in(park.account(Role.ADMIN)[0]), park.handler("economy")]
    for one in people:
        held = one.pull_all({})
        assert bucket_of("XD") not in held.cursors
        closed = one.post("/sync/pull", {"device": one.device, "cursors": {bucket_of("XD"): 0}})
        assert "绝密乙公司" not in closed.text
    (verdict,) = people[-1].push(
        {**ask(new_id(), "绝密乙公司"), "bucket": own},
    )
    assert verdict["status"] in ("refused", "escrowed")

    officer.push(change("blacklist.forget", own, ("blacklist_query", id)))
    assert id not in {one["id"] for one in officer.pull_all().of_kind("blacklist_query", own)}
    queries = json.loads(park.server.command("blacklist", "log", "--json"))["queries"]
    asked = [(row["person"], row["asked"], row["found_now"]) for row in queries if row["person"] == account]
    assert sorted(asked) == [(account, "91360313qlan010241", 1), (account, "清白公司", 0)]

    file.write_text("企业名称\n别的公司\n", "utf-8")
    park.server.command("blacklist", "import", str(file))
    again = new_id()
    officer.push(ask(again, "绝密乙公司"))
    (row,) = [one for one in officer.pull_all().of_kind("blacklist_query", own) if one["id"] == again]
    assert row["result"] == "clear", "the whole list was replaced"
    park.server.command("verify")
