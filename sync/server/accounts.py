"""Accounts, passwords, devices and tokens."""

from __future__ import annotations

import hashlib
import secrets
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.engine import Connection

from app.domain.clock import from_text, to_text
from app.domain.ids import new_id
from app.domain.people import Role
from app.errors import KnownError
from sync.protocol.messages import SignedIn, SignIn
from sync.server import exchange_keys, tables
from sync.server.database import Database
from sync.server.failures import error
from sync.server.people import Caller
from sync.server.reference import facts

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=30)
SEEN_EVERY = timedelta(hours=1)
MIN_PASSWORD = 8
_hasher = PasswordHasher()
# Each check takes 64 MB and all cores for a moment: two at a time, the rest waits.
_checks = threading.BoundedSemaphore(2)
_nobody = threading.Lock()
_nobody_hash: str | None = None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What `account add` asks for."""

    account: str
    name: str
    roles: tuple[Role, ...]
    department: str | None = None


def add(connection: Connection, new: NewAccount, password: str, now: datetime) -> str:
    """Enter an account, return its person id. Raises KnownError where the name is taken or something is missing."""
    person = new_id()
    enter(connection, new, person, hashed(password), now)
    return person


def hashed(password: str) -> str:
    """As it is kept. Raises KnownError where it is too short."""
    if len(password) < MIN_PASSWORD:
        raise KnownError("password_short", f"口令至少 {MIN_PASSWORD} 位，请换一个。")
    return _hasher.hash(password)


def enter(connection: Connection, new: NewAccount, person: str, kept: str, now: datetime) -> None:
    """Enter an account under a person id with a password `hashed` already. Raises KnownError where the name is taken."""
    table = tables.account
    if connection.scalar(sa.select(table.c.person).where(table.c.account == new.account)) is not None:
        raise KnownError("account_exists", f"账号 {new.account} 已经有了，请换一个账号名。")
    connection.execute(
        sa.insert(table).values(
            person=person,
            account=new.account,
            name=new.name,
            roles=" ".join(role.value for role in new.roles),
            department=new.department,
            password=kept,
            active=True,
            failures=0,
            locked_until=None,
            created_at=to_text(now),
        )
    )


def generate_password() -> str:
    """Twelve characters that are not mistaken for one another when read from a slip of paper."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))


def find(connection: Connection, account: str) -> Any:
    """The account's row. Raises KnownError where there is none."""
    table = tables.account
    row = connection.execute(sa.select(table).where(table.c.account == account)).one_or_none()
    if row is None:
        raise KnownError("account_missing", f"没有账号 {account}。可以用 account list 查看现有账号。")
    return row


def listing(connection: Connection) -> list[dict[str, Any]]:
    """Everybody, by account name, without passwords."""
    table = tables.account
    return [
        {
            "account": row.account,
            "name": row.name,
            "roles": row.roles.split(),
            "department": row.department,
            "active": row.active,
            "person": row.person,
        }
        for row in connection.execute(sa.select(table).order_by(table.c.account))
    ]


def sign_in(database: Database, message: SignIn, now: datetime) -> SignedIn:
    """Check the password, enter the device, give out a token. Raises WireError 401, 403, 429.

    An unknown account takes as long as a wrong password, and both get the same answer. Failures are counted in their
    own transaction before the answer goes out, so that guessing in parallel is counted as well.
    """
    with database.reading() as connection:
        known = facts(connection)
        table = tables.account
        row = connection.execute(sa.select(table).where(table.c.account == message.account)).one_or_none()
    if row is not None and row.locked_until and from_text(row.locked_until) > now:
        raise _locked(from_text(row.locked_until), now)
    right = _check(row.password if row is not None else _hash_of_nobody(), message.password)
    if row is None:
        raise _wrong()
    with database.writing() as connection:
        fresh = connection.execute(
            sa.select(table).where(table.c.person == row.person).with_for_update()
        ).one()
        if fresh.locked_until and from_text(fresh.locked_until) > now:
            failure = _locked(from_text(fresh.locked_until), now)
        elif not right or not fresh.active:
            failure = _count_failure(connection, fresh, now)
        else:
            failure = None
            token = _enter_device(connection, fresh.person, message, now)
            key = exchange_keys.key_of(connection, fresh.person, message.device)
    if failure is not None:
        raise failure
    return SignedIn(
        token=token,
        person=row.person,
        name=row.name,
        account=row.account,
        roles=row.roles.split(),
        department=row.department,
        park=known.park,
        park_name=known.park_name,
        epoch=known.epoch,
        now=to_text(now),
        exchange_key=key.hex(),
    )


def caller_of(database: Database, authorization: str | None, now: datetime) -> Caller:
    """Who stands behind a request. Raises WireError 401 (sign in again) or 403 (the device was revoked)."""
    scheme, _, text = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise error(401, "sign_in", "请先登录。")
    token, account, device = tables.token, tables.account, tables.device
    query = (
        sa.select(account, device.c.id.label("device"), device.c.revoked_at, device.c.seen_at)
        .join(token, token.c.person == account.c.person)
        .join(device, sa.and_(device.c.person == token.c.person, device.c.id == token.c.device))
        .where(token.c.digest == _digest(text.strip()))
    )
    return _caller(database, query, now)


def caller_of_device(database: Database, person: str, device: str, now: datetime) -> Caller:
    """Who stands behind a package of the USB exchange, which only the holder of the device's key can have made.
    Raises WireError as `caller_of`."""
    account, table = tables.account, tables.device
    query = (
        sa.select(account, table.c.id.label("device"), table.c.revoked_at, table.c.seen_at)
        .join(table, table.c.person == account.c.person)
        .where(account.c.person == person, table.c.id == device)
    )
    return _caller(database, query, now)


def _caller(database: Database, query: sa.Select[Any], now: datetime) -> Caller:
    device = tables.device
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None or not row.active:
        raise error(401, "sign_in", "登录已失效，请重新登录。")
    if row.revoked_at is not None:
        raise _revoked()
    if now - from_text(row.seen_at) > SEEN_EVERY:
        with database.writing() as connection:
            connection.execute(
                sa.update(device)
                .where(device.c.person == row.person, device.c.id == row.device)
                .values(seen_at=to_text(now))
            )
    roles = frozenset(Role(role) for role in row.roles.split())
    return Caller(row.person, row.account, row.name, roles, row.department, row.device)


def revoke_device(connection: Connection, account: str, device: str, now: datetime) -> None:
    """A lost laptop: its next request is answered 403 and it seals itself. Raises KnownError where it is unknown."""
    person = find(connection, account).person
    table = tables.device
    done = connection.execute(
        sa.update(table).where(table.c.person == person, table.c.id == device).values(revoked_at=to_text(now))
    )
    if done.rowcount == 0:
        raise KnownError("device_missing", f"账号 {account} 没有登录过编号为 {device} 的设备。")


def allow_device(connection: Connection, account: str, device: str) -> None:
    """Let somebody sign in once more on a laptop that was put out of use; it gets another id. Raises KnownError."""
    person = find(connection, account).person
    table = tables.device
    row = connection.execute(
        sa.select(table.c.revoked_at).where(table.c.person == person, table.c.id == device)
    ).one_or_none()
    if row is None:
        raise KnownError("device_missing", f"账号 {account} 没有登录过编号为 {device} 的设备。")
    if row.revoked_at is None:
        raise KnownError("device_in_use", f"设备 {device} 没有停用，可以直接登录。")
    meta = tables.meta
    connection.execute(sa.delete(meta).where(meta.c.name == _allowance(device)))
    connection.execute(sa.insert(meta).values(name=_allowance(device), value=account))


def _come_back(connection: Connection, former: str) -> None:
    """A laptop that was emptied asks under a new id. Once, where the office allowed it; else WireError 403."""
    device, meta = tables.device, tables.meta
    revoked = sa.select(device.c.id).where(device.c.id == former, device.c.revoked_at.is_not(None))
    if connection.scalar(revoked.limit(1)) is None:
        return
    if connection.execute(sa.delete(meta).where(meta.c.name == _allowance(former))).rowcount == 0:
        raise _revoked()


def _allowance(device: str) -> str:
    """The name in `meta` under which it is written down."""
    return f"allow:{hashlib.sha256(device.encode()).hexdigest()[:32]}"


def devices(connection: Connection) -> list[dict[str, Any]]:
    """Every device that ever signed in, the latest seen first."""
    device, account = tables.device, tables.account
    query = (
        sa.select(device, account.c.account, account.c.name.label("person_name"))
        .join(account, account.c.person == device.c.person)
        .order_by(device.c.seen_at.desc())
    )
    return [
        {
            "account": row.account,
            "person": row.person_name,
            "device": row.id,
            "name": row.name,
            "seen_at": row.seen_at,
            "revoked_at": row.revoked_at,
        }
        for row in connection.execute(query)
    ]


def enroll_device(connection: Connection, person: str, name: str, now: datetime) -> str:
    """Enter a device that never saw the network, give its new id. It has no token: it speaks through packages alone."""
    id = str(uuid.uuid4())
    moment = to_text(now)
    connection.execute(
        sa.insert(tables.device).values(
            person=person,
            id=id,
            name=name,
            want="[]",
            created_at=moment,
            seen_at=moment,
            revoked_at=None,
        )
    )
    return id


def forget_device(connection: Connection, person: str, device: str) -> None:
    """Take back an enrolment whose file was never written."""
    table = tables.device
    connection.execute(sa.delete(table).where(table.c.person == person, table.c.id == device))


def _enter_device(connection: Connection, person: str, message: SignIn, now: datetime) -> str:
    device, token = tables.device, tables.token
    where = sa.and_(device.c.person == person, device.c.id == message.device)
    present = connection.execute(sa.select(device).where(where)).one_or_none()
    if present is not None and present.revoked_at is not None:
        raise _revoked()
    if message.replaces is not None:
        _come_back(connection, message.replaces)
    if present is None:
        connection.execute(
            sa.insert(device).values(
                person=person,
                id=message.device,
                name=message.device_name,
                want="[]",
                created_at=to_text(now),
                seen_at=to_text(now),
                revoked_at=None,
            )
        )
    else:
        connection.execute(
            sa.update(device).where(where).values(name=message.device_name, seen_at=to_text(now))
        )
    # One token a device: signing in again ends the older one.
    connection.execute(sa.delete(token).where(token.c.person == person, token.c.device == message.device))
    text = secrets.token_urlsafe(32)
    connection.execute(
        sa.insert(token).values(
            digest=_digest(text), person=person, device=message.device, created_at=to_text(now)
        )
    )
    table = tables.account
    connection.execute(sa.update(table).where(table.c.person == person).values(failures=0, locked_until=None))
    return text


def _count_failure(connection: Connection, row: Any, now: datetime) -> Exception:
    failures = row.failures + 1
    table = tables.account
    if failures >= MAX_FAILURES:
        until = now + LOCKED_FOR
        values = {"failures": 0, "locked_until": to_text(until)}
        answer = _locked(until, now)
    else:
        values = {"failures": failures, "locked_until": None}
        answer = _wrong()
    connection.execute(sa.update(table).where(table.c.person == row.person).values(**values))
    return answer


def _check(hashed: str, password: str) -> bool:
    with _checks:
        try:
            return _hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _hash_of_nobody() -> str:
    global _nobody_hash
    with _nobody:
        if _nobody_hash is None:
            _nobody_hash = _hasher.hash(secrets.token_hex(16))
        return _nobody_hash


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _wrong() -> Exception:
    return error(401, "wrong_password", "账号或口令不对，请重新输入。连续输错 5 次账号会锁定 30 分钟。")


def _locked(until: datetime, now: datetime) -> Exception:
    seconds = max(1, int((until - now).total_seconds()))
    failure = error(
        429,
        "account_locked",
        f"口令连续输错，账号已锁定，请 {-(-seconds // 60)} 分钟后再试，或联系管理员。",
        seconds=seconds,
    )
    failure.retry_after = seconds
    return failure


def _revoked() -> Exception:
    return error(403, "device_revoked", "这台设备已被管理员停用，不能再同步。如有疑问请联系管理员。")
