"""A plausible park for trying, showing and measuring: a year of work told by a seed, every bit of it made by real changes.

The same seed and the same last day give the same documents. Nobody and nothing in it exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import sqlalchemy as sa

from app.domain.clock import BEIJING
from app.paths import resources
from sync.server import accounts, jobs, tables
from sync.server.blobs import Blobs
from sync.server.database import Database
from sync.server.demo import cases, endings, meetings, odds, projects, records, visits
from sync.server.demo.ground import KNOWN, Ground
from sync.server.demo.sheets import PICTURES, signature
from sync.server.demo.stage import Stage
from sync.server.reference import Reference, facts
from sync.server.settings import ServerSettings
from sync.server.store import Transaction
from sync.server.watch import watch

__all__ = ["KNOWN", "Told", "is_empty", "make_park", "publish"]


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: changes by name, and what the rules turned down (nothing, unless a story is wrong)."""

    enterprises: int
    accounts: int
    changes: dict[str, int]
    refused: tuple[str, ...]


def is_empty(database: Database) -> bool:
    """Whether nobody and nothing was ever entered."""
    with database.reading() as connection:
        people = connection.scalar(sa.select(sa.func.count()).select_from(tables.account))
        firms = connection.scalar(
            sa.select(sa.func.count()).select_from(tables.bucket).where(tables.bucket.c.id.like("e:%"))
        )
    return not people and not firms


def publish(database: Database, reference: Reference, until: date, days: int = odds.DAYS) -> None:
    """Dictionaries and forms, as `init` does, at the moment the story begins. What stands there already stays."""
    since, _ = _span(until, days)
    jobs.publish_dictionaries(database, reference, resources() / "dictionaries", since)
    for path in sorted(Path(resources() / "forms").glob("*.md")):
        jobs.publish_form(database, reference, jobs.read_form_file(path), since)


def _span(until: date, days: int) -> tuple[datetime, datetime]:
    end = datetime.combine(until, time(17, 30), BEIJING)
    return datetime.combine(until - timedelta(days=days), time(8), BEIJING), end


def make_park(
    database: Database,
    settings: ServerSettings,
    reference: Reference,
    seed: int,
    until: date,
    password: str,
    said: Callable[[date], None] = lambda _: None,
    days: int = odds.DAYS,
) -> Told:
    """Tell the year (or `days`, at least odds.LEAST_DAYS) that ends with `until` (Beijing). `said` hears how far it is. Raises KnownError; a centre on which it
    broke off in the middle should be thrown away."""
    since, end = _span(until, days)
    with database.reading() as connection:
        park = facts(connection).park
        known = reference.dictionaries(connection, park)
    stage = Stage(seed, park, since, end)
    stage.known = known
    ground = Ground(stage, [department.id for department in known.departments])
    blobs = Blobs.of(settings)
    for number in range(PICTURES):
        picture = signature(number)
        blobs.put_file(picture.sha256, len(picture.content), [picture.content])
    kept = accounts.hashed(password)

    def first_day(transaction: Transaction) -> None:
        ground.lay(transaction, kept)
        _plan(ground)

    stage.tell(database, reference, ground.buckets, first_day, said)
    watch(database, reference, end)
    return Told(len(ground.firms), len(ground.people), dict(sorted(stage.done.items())), tuple(stage.refused))


def _plan(ground: Ground) -> None:
    stage = ground.stage
    for firm in ground.firms:
        stage.begin(stage.now, "year of visits", visits.year_of(ground, firm))
        stage.begin(stage.now, "entries", visits.entries(ground, firm))
    stage.begin(stage.now, "watch", endings.watching(ground))
    for number in range(stage.of_year(odds.RAISED_ELSEWHERE)):
        luck = stage.luck("elsewhere day", number)
        day = stage.workday(stage.today + timedelta(days=luck.randrange(5, stage.days - 3)))
        stage.begin(stage.moment(day, luck), "elsewhere", endings.elsewhere(ground, number))
    endings.last_weeks(ground)
    cases.plan(ground)
    records.plan(ground)
    meetings.plan(ground)
    projects.plan(ground)
