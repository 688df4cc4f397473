"""Signing in: from an address as people type it to a session kept in the store."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from app.errors import KnownError
from app.store.confirmed import forget_cursors
from app.store.database import Store
from app.store.outbox import counts
from app.store.seal import SEALED, seal, sealed
from sync.client.errors import Revoked
from sync.protocol.messages import SignedIn, SignIn

_HOST = re.compile(r"[0-9A-Za-z_-]+(\.[0-9A-Za-z_-]+)*\.?")


def sign_in(store: Store, address: str, account: str, password: str, device_name: str) -> SignedIn:
    """Ask the centre for a token and keep the session (kv `session`); the password is not kept.

    KnownError: `bad_address`; `offline`, `not_our_server`, `captive_portal`, `certificate` from the way there;
    `wrong_password`, `account_locked`, `revoked` (the laptop is empty then) from the centre; `other_person` where this data folder holds somebody else's work.
    """
    # Imported here: requests takes a moment, and most starts of the program do not sign in.
    from sync.client.transport import Transport

    server = normal_address(address)
    account = unicodedata.normalize("NFKC", account).strip()
    if not account or not password:
        raise KnownError("wrong_password", "请填写账号和口令。")
    device = device_id(store)
    former = sealed(store)
    with Transport(server) as transport:
        # Asked before anything secret is said: a password is for the centre, not for whatever stands at an address.
        transport.health()
        asked = SignIn(
            account=account,
            password=password,
            device=device,
            device_name=device_name[:128],
            replaces=former.device if former else None,
        )
        try:
            signed = transport.sign_in(asked)
        except Revoked:
            if former is None and store.kv("session"):
                seal(store, datetime.now(UTC))
            raise
    keep_session(store, server, device, signed)
    return signed


def keep_session(store: Store, server: str, device: str, signed: SignedIn) -> None:
    """Keep who signed in. `server` is empty where this laptop knows no network. KnownError("other_person")."""
    with store.write("sync"):
        before = store.kv("session")
        if before and (before["person"], before["park"]) != (signed.person, signed.park):
            waiting = counts(store)
            if store.held() or waiting.pending or waiting.refused or waiting.files:
                raise KnownError(
                    "other_person",
                    f"这个数据文件夹里是{before['name']}（{before['park_name']}）的数据，不能换人登录。"
                    "请用本人账号登录，或用 --data 另选一个文件夹。",
                )
        store.set_kv(SEALED, None)
        if before and before["epoch"] != signed.epoch:
            forget_cursors(store)
        store.set_kv("device", device)
        store.set_kv("session", {"server": server, "device": device, **signed.model_dump(exclude={"now"})})


def device_id(store: Store) -> str:
    """This laptop's own id: a UUID made once for its data folder."""
    kept = store.kv("device")
    if kept is None:
        with store.write("sync"):
            kept = store.kv("device") or str(uuid.uuid4())
            store.set_kv("device", kept)
    return str(kept)


def set_want(store: Store, buckets: Sequence[str]) -> None:
    """The `e:` buckets a coordinator has opened, the latest first; the next sync tells the centre."""
    store.set_kv("want", list(dict.fromkeys(buckets)))


def normal_address(text: str) -> str:
    """`192.168.1.20：8000/` → `http://192.168.1.20:8000`. KnownError("bad_address") for what is no address.

    Without a scheme, addresses inside the building (private numbers, names without a dot) are taken as http, all
    others as https.
    """
    plain = unicodedata.normalize("NFKC", text).replace("。", ".").strip()
    named = plain if "://" in plain else f"//{plain}"
    try:
        parts = urlsplit(named)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _bad_address(text) from None
    if parts.scheme not in ("", "http", "https") or parts.query or parts.fragment or parts.username:
        raise _bad_address(text)
    inside = _inside(host)
    if inside is None:
        raise _bad_address(text)
    scheme = parts.scheme or ("http" if inside else "https")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _inside(host: str) -> bool | None:
    """Whether a host lies inside the building; None for what cannot be a host."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        pass
    # All numbers and dots but no IP address: a slip of the finger, not a name.
    if not _HOST.fullmatch(host) or re.fullmatch(r"[0-9.]+", host):
        return None
    return "." not in host


def _bad_address(text: str) -> KnownError:
    return KnownError(
        "bad_address",
        f"中心地址「{text.strip()}」不对。请填写完整地址，例如 192.168.1.20:8000 或 https:// 开头的网址。",
    )
