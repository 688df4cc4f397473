"""What laptops found to differ from the centre's count and sum of a bucket. They read such a bucket anew by themselves;
that it happened at all is a bug of somebody's, so it is written down for whoever looks after the centre."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.engine import Connection

from app.domain.clock import to_text
from sync.protocol import digest
from sync.protocol.messages import Difference
from sync.server import access, tables
from sync.server.database import Database
from sync.server.people import Caller
from sync.server.reference import facts
from sync.server.store import dump

logger = logging.getLogger("zhuqitong.differences")
PREFIX = "differs:"
MOST = 20
"""Kept of each device, the latest first."""


def note(database: Database, caller: Caller, found: Sequence[Difference], now: datetime) -> None:
    """Enter and log what a laptop says. Buckets it does not hold (any more) are left out."""
    name = PREFIX + hashlib.sha256(caller.device.encode()).hexdigest()[:32]
    meta = tables.meta
    with database.writing() as connection:
        held = access.held(connection, caller, facts(connection).park)
        told = []
        for one in found:
            here = held.get(one.bucket)
            if here is None:
                continue
            told.append(
                {
                    "bucket": one.bucket,
                    "at": to_text(now),
                    "laptop": {"seq": one.seq, "count": one.count, "sum": one.sum},
                    "centre": {"seq": here.head, "count": here.count, "sum": digest.sum_text(here.sum)},
                }
            )
            logger.warning(
                "bucket %s differs on device %s of %s (%s): %d documents at seq %d there, %d at %d here",
                *(one.bucket, caller.device, caller.name, caller.account, one.count, one.seq),
                *(here.count, here.head),
            )
        if not told:
            return
        before = connection.scalar(sa.select(meta.c.value).where(meta.c.name == name))
        reports = [*told, *(from_json(before)["reports"] if before else [])][:MOST]
        value = dump(
            {"account": caller.account, "person": caller.name, "device": caller.device, "reports": reports}
        )
        connection.execute(sa.delete(meta).where(meta.c.name == name))
        connection.execute(sa.insert(meta).values(name=name, value=value))


def listing(connection: Connection) -> list[dict[str, Any]]:
    """Every difference that is still written down, the latest first: account, person, device, bucket, at, laptop, centre."""
    meta = tables.meta
    found = []
    for text in connection.scalars(sa.select(meta.c.value).where(meta.c.name.startswith(PREFIX))):
        kept = from_json(text)
        who = {name: kept[name] for name in ("account", "person", "device")}
        found += [{**who, **report} for report in kept["reports"]]
    return sorted(found, key=lambda one: str(one["at"]), reverse=True)
