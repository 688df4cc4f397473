"""What the centre does with issues by itself as time goes by (domain.md §2.3, §7.2): taken as signed, supervision sheets,
escalation, deadlines worked out anew, what a main issue ended with.

Everything is an ordinary change of the centre's own. Each looks again under the bucket's lock before it acts, and its id follows
from what it is about: any number of workers may do this at once, and what one has done the next finds done.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from pydantic_core import from_json

from app.domain import buckets
from app.domain.changes.issue_system import Step, step_due
from app.domain.documents import Body
from app.domain.issue import ENDED, ISSUE_STATE_NAMES, Issue, IssueState
from app.domain.issue_moves import WORKING
from app.domain.projections import ISSUE_ROW
from app.domain.taxonomy import Dictionaries
from app.errors import KnownError
from sync.server import store, tables
from sync.server.database import Database
from sync.server.jobs import run_change
from sync.server.reference import Reference, facts
from sync.server.store import Transaction
from sync.server.watch_cases import watch_cases
from sync.server.watch_projects import watch_projects

logger = logging.getLogger("zhuqitong.watch")
MOST_STEPS = 20
"""No issue has so many steps due at once: more would be a rule that comes again for ever."""
_NAMESPACE = uuid.UUID("6f0a3f5e-8f0b-5a52-9f0e-2f6f5d1f6c11")


def watch(database: Database, reference: Reference, now: datetime) -> Counter[str]:
    """Do everything that is due now. Gives how often each change was made. One issue that fails stops no other."""
    done: Counter[str] = Counter()
    with database.reading() as connection:
        park = facts(connection).park
        rows = _rows(connection, park)
    for row in rows:
        state = IssueState(row["state"])
        try:
            if state in WORKING:
                done += _steps(database, reference, park, row, now)
            elif state is IssueState.MERGED and not row.get("main_result"):
                done += _main_ended(database, reference, park, row, now)
        except KnownError as known:
            logger.warning("%s: %s: %s", row["number"], known.code, known.text)
    done += watch_cases(database, reference, now)
    done += watch_projects(database, reference, now)
    return done


def _rows(connection: sa.Connection, park: str) -> list[Body]:
    table = tables.document
    query = sa.select(table.c.body).where(
        table.c.bucket == buckets.directory(park), table.c.kind == ISSUE_ROW, table.c.deleted.is_(False)
    )
    return [from_json(body) for body in connection.scalars(query)]


def _steps(database: Database, reference: Reference, park: str, row: Body, now: datetime) -> Counter[str]:
    """All that is due for one issue. Nothing is locked where nothing is."""
    done: Counter[str] = Counter()
    bucket = buckets.of_enterprise(str(row["enterprise"]))
    id = str(row["id"])

    def work(transaction: Transaction) -> Step | None:
        found = transaction.get(bucket, Issue.kind, id)
        if found is None:
            return None
        known = reference.dictionaries(transaction.connection, park)
        step = _due(Issue.of(found), known, now)
        if step is not None:
            mid = str(uuid.uuid5(_NAMESPACE, f"{id}:{step.once}"))
            run_change(transaction, reference, step.name, bucket, (Issue.kind, id), step.args, mid)
        return step

    with database.reading() as connection:
        body = _issue(connection, bucket, id)
        rules = reference.dictionaries(connection, park)
    if body is None or _due(Issue.model_validate(body), rules, now) is None:
        return done
    for _ in range(MOST_STEPS):
        step = store.write(database, work, now, (bucket, buckets.directory(park)))
        if step is None:
            return done
        done[step.name] += 1
    raise KnownError("watch", "这件诉求的自动处理停不下来，请把编号告诉管理员。")


def _due(issue: Issue, known: Dictionaries, now: datetime) -> Step | None:
    """By the rules of the issue's own time, and the calendar of today."""
    return step_due(issue, known.calendar, known.of_time(issue.reference).rules, now)


def _issue(connection: sa.Connection, bucket: str, id: str) -> Body | None:
    table = tables.document
    found = connection.scalar(
        sa.select(table.c.body).where(
            table.c.bucket == bucket,
            table.c.kind == Issue.kind,
            table.c.id == id,
            table.c.deleted.is_(False),
        )
    )
    body: Body | None = from_json(found) if found else None
    return body


def _main_ended(
    database: Database, reference: Reference, park: str, row: Body, now: datetime
) -> Counter[str]:
    """What the main issue ended with is written into one merged into it; they may be different enterprises'."""
    with database.reading() as connection:
        main = _find_main(connection, park, str(row["merged_into"]))
        for _ in range(MOST_STEPS):
            # Merged further: what counts is what the last one ends with.
            if main is None or main.merged_into is None or main.state is not IssueState.MERGED:
                break
            main = _find_main(connection, park, main.merged_into)
    if main is None or main.state not in ENDED or main.state is IssueState.MERGED:
        return Counter()
    text = f"主案 {main.number} {ISSUE_STATE_NAMES[main.state]}" + (f"：{main.answer}" if main.answer else "")
    bucket = buckets.of_enterprise(str(row["enterprise"]))
    id = str(row["id"])
    mid = str(uuid.uuid5(_NAMESPACE, f"{id}:main_ended:{main.id}"))

    def work(transaction: Transaction) -> bool:
        found = transaction.get(bucket, Issue.kind, id)
        if found is None or found.body.get("main_result"):
            return False
        args = {"text": text}
        return run_change(
            transaction, reference, "issue.main_ended", bucket, (Issue.kind, id), args, mid
        ).altered

    altered = store.write(database, work, now, (bucket, buckets.directory(park)))
    return Counter({"issue.main_ended": int(altered)})


def _find_main(connection: sa.Connection, park: str, id: str) -> Issue | None:
    table = tables.document
    found = connection.scalar(
        sa.select(table.c.body).where(
            table.c.bucket == buckets.directory(park),
            table.c.kind == ISSUE_ROW,
            table.c.id == id,
            table.c.deleted.is_(False),
        )
    )
    if found is None:
        return None
    body = _issue(connection, buckets.of_enterprise(str(from_json(found)["enterprise"])), id)
    return Issue.model_validate(body) if body else None
