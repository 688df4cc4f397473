"""What a serving process does beside answering: every now and then it tidies up. Any number of workers may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from app.errors import KnownError
from sync.server import files, watch
from sync.server.day_turn import lapse_assignments

logger = logging.getLogger("zhuqitong.server")
EVERY_SECONDS = 6 * 3600
WATCH_SECONDS = 600


@asynccontextmanager
async def running(center: Any) -> AsyncIterator[None]:
    """Tidy up at the start and every six hours from then on; look after the issues every ten minutes."""
    tasks = [asyncio.create_task(_tidy(center)), asyncio.create_task(_watch(center))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _tidy(center: Any) -> None:
    while True:
        try:
            await center.write(files.sweep, center)
        except KnownError as known:
            # A store that is down for now: the next time is soon enough.
            logger.warning("%s: %s", known.code, known.text)
        await asyncio.sleep(EVERY_SECONDS)


async def _watch(center: Any) -> None:
    while True:
        try:
            await center.write(lapse_assignments, center.database, center.reference, center.clock())
            done = await center.write(watch.watch, center.database, center.reference, center.clock())
            if done:
                logger.info(
                    "issues: %s", ", ".join(f"{name} {count}" for name, count in sorted(done.items()))
                )
        except KnownError as known:
            logger.warning("%s: %s", known.code, known.text)
        await asyncio.sleep(WATCH_SECONDS)
