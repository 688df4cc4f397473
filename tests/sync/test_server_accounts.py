"""Signing in: passwords, the lock, tokens, devices."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import requests
import sqlalchemy as sa

from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from sync.client.errors import Later, WrongPassword
from sync.client.transport import Transport
from sync.protocol.messages import SignedIn, SignIn
from sync.server import accounts, tables
from sync.server.failures import WireError
from tests.support.park import Park
from tests.support.server import PASSWORD


def try_to_sign_in(park: Park, account: str, password: str, device: str | None = None) -> requests.Response:
    body = {"account": account, "password": password, "device": device or new_id()}
    return requests.post(f"{park.server.url}/auth/token", json=body, timeout=60)


def test_who_one_is(park: Park) -> None:
    account, person = park.account(Role.HANDLER, "economy")
    answer = try_to_sign_in(park, account, PASSWORD)
    assert answer.status_code == 200
    signed_in = SignedIn.model_validate(answer.json())
    assert (signed_in.person, signed_in.account, signed_in.roles) == (person, account, ["handler"])
    assert (signed_in.department, signed_in.park, signed_in.park_name) == ("economy", "XD", "湘东产业园")


def test_a_wrong_password_and_an_unknown_account_look_the_same(park: Park) -> None:
    account, _ = park.account(Role.OFFICER)
    wrong, unknown = try_to_sign_in(park, account, "falsch-2026"), try_to_sign_in(park, new_id(), PASSWORD)
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["error"]["code"] == "wrong_password"


def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(park: Park) -> None:
    account, _ = park.account(Role.OFFICER)
    statuses = [try_to_sign_in(park, account, "falsch-2026").status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 401, 429]
    locked = try_to_sign_in(park, account, PASSWORD)
    assert (locked.status_code, locked.json()["error"]["code"]) == (429, "account_locked")
    assert 1700 < int(locked.headers["Retry-After"]) <= 1800
    assert "30 分钟" in locked.json()["error"]["text"]


def test_the_desk_hears_of_the_lock_in_the_centres_words_and_waits_as_long(park: Park) -> None:
    account, _ = park.account(Role.OFFICER)
    message = SignIn(account=account, password="falsch-2026", device=new_id())
    with Transport(park.server.url) as transport:
        for _ in range(4):
            with pytest.raises(WrongPassword):
                transport.sign_in(message)
        with pytest.raises(Later) as locked:
            transport.sign_in(message)
    assert (locked.value.code, "30 分钟" in locked.value.text) == ("account_locked", True)
    assert locked.value.seconds is not None
    assert 1700 < locked.value.seconds <= 1800


def test_guessing_in_parallel_is_counted_as_well(park: Park) -> None:
    account, _ = park.account(Role.OFFICER)
    statuses: list[int] = []
    guesses = [
        threading.Thread(
            target=lambda: statuses.append(try_to_sign_in(park, account, "falsch-2026").status_code)
        )
        for _ in range(8)
    ]
    for guess in guesses:
        guess.start()
    for guess in guesses:
        guess.join()
    assert statuses.count(401) == 4
    assert statuses.count(429) == 4


def test_the_lock_ends_after_half_an_hour_and_a_right_password_clears_the_count(park: Park) -> None:
    account, _ = park.account(Role.OFFICER)
    now = system_clock()
    wrong = SignIn(account=account, password="falsch-2026", device=new_id())
    right = SignIn(account=account, password=PASSWORD, device=new_id())
    for _ in range(4):
        with pytest.raises(WireError):
            accounts.sign_in(park.database, wrong, now)
    accounts.sign_in(park.database, right, now)
    for _ in range(5):
        with pytest.raises(WireError):
            accounts.sign_in(park.database, wrong, now)
    with pytest.raises(WireError, match="account_locked"):
        accounts.sign_in(park.database, right, now + timedelta(minutes=29))
    assert accounts.sign_in(park.database, right, now + timedelta(minutes=31)).account == account


def test_signing_in_again_ends_the_older_token_of_the_device_only(park: Park) -> None:
    account, _ = park.account(Role.OFFICER)
    first, other = park.server.sign_in(account), park.server.sign_in(account)
    again = park.server.sign_in(account, device=first.device)
    assert first.post("/sync/pull", {"device": first.device, "cursors": {}}).status_code == 401
    assert again.pull()["more"] is False
    assert other.pull()["more"] is False


def test_tokens_and_passwords_are_not_in_the_database(park: Park) -> None:
    officer = park.officer()
    with park.database.reading() as connection:
        row = connection.execute(
            sa.select(tables.account).where(tables.account.c.person == officer.person)
        ).one()
        digests = list(
            connection.scalars(
                sa.select(tables.token.c.digest).where(tables.token.c.person == officer.person)
            )
        )
    assert row.password.startswith("$argon2id$")
    assert PASSWORD not in row.password
    assert officer.who["token"] not in digests


def test_a_revoked_device_is_told_so_and_cannot_come_back(park: Park) -> None:
    officer = park.officer()
    account = officer.who["account"]
    told = park.server.command("device", "list")
    assert officer.device in told
    park.server.command("device", "revoke", account, officer.device)
    answer = officer.post("/sync/pull", {"device": officer.device, "cursors": {}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "device_revoked")
    assert try_to_sign_in(park, account, PASSWORD, officer.device).status_code == 403
    assert try_to_sign_in(park, account, PASSWORD).status_code == 200


def test_an_account_that_was_closed_cannot_go_on(park: Park) -> None:
    officer = park.officer()
    table = tables.account
    with park.database.writing() as connection:
        connection.execute(sa.update(table).where(table.c.person == officer.person).values(active=False))
    assert officer.post("/sync/pull", {"device": officer.device, "cursors": {}}).status_code == 401
    assert try_to_sign_in(park, officer.who["account"], PASSWORD).status_code == 401


@pytest.mark.parametrize("wrong", ["a\x00b", "a\nb", "\x7f" * 9])
def test_names_that_are_no_text_on_a_line_are_refused(park: Park, wrong: str) -> None:
    """A NUL in an account's name was a 500 on PostgreSQL; a line feed was a line of its own in the log."""
    account, _ = park.account(Role.OFFICER)
    for body in (
        {"account": wrong, "password": PASSWORD, "device": new_id()},
        {"account": account, "password": PASSWORD, "device": wrong.ljust(9, "x")},
        {"account": account, "password": PASSWORD, "device": new_id(), "device_name": wrong},
    ):
        answer = requests.post(f"{park.server.url}/auth/token", json=body, timeout=60)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "malformed")
