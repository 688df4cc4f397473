"""The keys of the USB exchange: one secret of the centre, from which each device's own key follows.

The secret stands in `meta` and goes into backups with everything else, so that a restored centre still opens what
laptops bring. Whoever can read it can read the database as well.
"""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from sync.protocol.package import device_key, new_key
from sync.server import tables
from sync.server.reference import facts

_NAME = "exchange_secret"


def key_of(connection: Connection, person: str, device: str) -> bytes:
    """The key of a device. Inside `Database.writing`: the first time the secret is made."""
    secret = _secret(connection)
    if secret is None:
        # Two workers at once: the one that comes second finds the row and takes what stands there.
        with suppress(IntegrityError), connection.begin_nested():
            connection.execute(sa.insert(tables.meta).values(name=_NAME, value=new_key().hex()))
        secret = _secret(connection)
        assert secret is not None
    return device_key(secret, facts(connection).park, person, device)


def _secret(connection: Connection) -> bytes | None:
    value = connection.scalar(sa.select(tables.meta.c.value).where(tables.meta.c.name == _NAME))
    return bytes.fromhex(value) if value is not None else None
