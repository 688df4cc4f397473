"""POST /sync/push: changes in, one verdict each out. A change that cannot be done never stops the ones beside it."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from app.domain import buckets
from app.domain.changes import Change, Context, Refusal, schemas
from app.domain.changes.enterprises import ENTER
from app.domain.clock import beijing_date, from_text, to_text
from app.domain.enterprise import Enterprise
from app.domain.visit import Attachment
from app.errors import KnownError
from sync.protocol.messages import ErrorBody
from sync.server import access, bulk, escrow, faults, merging, store
from sync.server.applying import PLAIN, Applied, apply_change
from sync.server.database import Database
from sync.server.failures import WireError
from sync.server.people import Caller
from sync.server.reach import Reach, reach
from sync.server.reference import Facts, Reference, facts
from sync.server.store import GrowLocks, Key, Transaction, dump

logger = logging.getLogger("zhuqitong.push")


@dataclass(frozen=True, slots=True)
class Item:
    """One change as it came: `raw` is kept whatever happens, `change` is None where it is not well formed."""

    mid: str
    raw: str
    change: Change | None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A change that has its verdict already."""

    person: str
    bucket: str
    status: str
    result: dict[str, Any]


def push(
    database: Database, reference: Reference, caller: Caller, message: dict[str, Any], now: datetime
) -> str:
    """The whole answer as JSON text. Raises WireError for an envelope that cannot be read or another epoch."""
    items = [parse(raw, at) for at, raw in enumerate(message["changes"])]
    with database.reading() as connection:
        known_facts = facts(connection)
        check_epoch(message.get("epoch"), known_facts)
        batch = _Batch(reference, caller, known_facts, items)
        batch.look_ahead(connection, now)
    reached = batch.reach.buckets
    named = {item.change.bucket for item in items if item.change}

    def may_create(bucket: str) -> bool:
        return bucket in reached or access.may_create(caller, known_facts.park, bucket)

    def run(work: Callable[[Transaction], list[str]]) -> list[str]:
        return store.write(database, work, now, named | reached, may_create)

    try:
        verdicts = run(batch.together)
    except (KnownError, sa.exc.OperationalError):
        raise
    except Exception:
        # One row the database itself refuses must not hold up the rest: again, each change in a savepoint of its own.
        logger.exception("push: batch of %d could not be written at once; repeated one by one", len(items))
        verdicts = run(batch.one_by_one)
    return f'{{"epoch":{dump(known_facts.epoch)},"now":"{to_text(now)}","results":[{",".join(verdicts)}]}}'


def check_epoch(theirs: str | None, known_facts: Facts) -> None:
    """409 where the laptop talks of another life of this database: it was put back from a backup since."""
    if theirs is not None and theirs != known_facts.epoch:
        raise WireError(
            409,
            ErrorBody(
                code="epoch",
                text="中心的数据是从备份恢复的，正在重新核对，请稍候。本机内容不受影响。",
                params={"epoch": known_facts.epoch},
            ),
        )


def parse(raw: Any, at: int) -> Item:
    """Read one change by itself, so that a wrong one is refused alone. Without a readable id it cannot be: WireError."""
    mid = raw.get("mid") if isinstance(raw, dict) else None
    if not isinstance(mid, str) or not _UUID.fullmatch(mid):
        raise WireError(
            422, ErrorBody(code="malformed", text="请求内容不完整或格式不对。", field=f"changes.{at}.mid")
        )
    try:
        text = dump(raw)
    except ValueError:
        text = to_json(raw, inf_nan_mode="null").decode()
        return Item(mid, text, None, _malformed("args"))
    try:
        change = Change.model_validate(raw)
        from_text(change.at)
    except ValidationError as error:
        return Item(mid, text, None, _malformed(".".join(str(part) for part in error.errors()[0]["loc"])))
    except ValueError:
        return Item(mid, text, None, _malformed("at"))
    for name, value in (("bucket", change.bucket), ("doc", change.doc[0]), ("doc", change.doc[1])):
        if not PLAIN.fullmatch(value):
            return Item(mid, text, None, _malformed(name))
    if len(change.doc[0]) > 40 or not change.name.isprintable():
        return Item(mid, text, None, _malformed("doc"))
    return Item(mid, text, change)


def _malformed(where: str) -> Refusal:
    return Refusal("malformed", f"内容不完整或格式不对（{where}），请检查后重报。", field=where)


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class _Batch:
    """The changes of one push, judged in order inside one transaction."""

    def __init__(
        self, reference: Reference, caller: Caller, known_facts: Facts, items: Sequence[Item]
    ) -> None:
        self.reference = reference
        self.caller = caller
        self.park = known_facts.park
        self.items = items
        self.reach = Reach()

    def look_ahead(self, connection: sa.Connection, now: datetime) -> None:
        """Everything that can be asked before the locks, so that others wait less."""
        self.dictionaries = self.reference.dictionaries(connection, self.park)
        changes = [item.change for item in self.items if item.change]
        acting = access.actable(connection, self.caller, self.park, {change.bucket for change in changes})
        founded = access.founded(connection, self.caller, changes)
        acting |= founded
        mine = [change for change in changes if change.bucket in acting]
        self.reach = reach(connection, mine, self._context, self.park, now)
        self.reach.buckets |= founded
        if len(mine) < len(changes):
            # What came too late is kept for the bucket's holders, and the directory shows that it is.
            self.reach.buckets.add(buckets.directory(self.park))

    def _context(self, transaction: Transaction) -> Context:
        return self.reference.context(transaction, self.caller, self.park, self.dictionaries)

    def together(self, transaction: Transaction) -> list[str]:
        """All changes, then one write of everything."""
        self._begin(transaction)
        return [self._judge(transaction, item) for item in self.items]

    def one_by_one(self, transaction: Transaction) -> list[str]:
        """Each change in a savepoint of the database."""
        self._begin(transaction)
        verdicts: list[str] = []
        for item in self.items:
            savepoint = transaction.connection.begin_nested()
            try:
                verdict = self._judge(transaction, item)
                transaction.flush()
                savepoint.commit()
            except (GrowLocks, KnownError, sa.exc.OperationalError):
                raise
            except Exception:
                savepoint.rollback()
                transaction.forget()
                self.known.pop(item.mid, None)
                verdict = _incident(item)
            verdicts.append(verdict)
        return verdicts

    def _begin(self, transaction: Transaction) -> None:
        connection = transaction.connection
        self.known = _known(connection, [item.mid for item in self.items])
        asked = {item.change.bucket for item in self.items if item.change}
        asked |= {known.bucket for known in self.known.values()}
        # Asked after the locks are held: memberships change only under the bucket's lock.
        self.acting = access.actable(connection, self.caller, self.park, asked)
        self.founded = access.founded(
            connection, self.caller, (item.change for item in self.items if item.change)
        )
        self.acting |= self.founded
        self.seen = self.acting | access.standing(self.caller, self.park)
        self.context = self._context(transaction)
        coming = [
            item.change
            for item in self.items
            if item.change and item.change.bucket in self.acting and item.mid not in self.known
        ]
        wanted: list[Key] = [(change.bucket, *change.doc) for change in coming]
        wanted += (key for key in self.reach.keys if key[0] in transaction.locked)
        for known in self.known.values():
            wanted += self._keys_to_show(known)
        transaction.prefetch(wanted)
        escrow.look_for_stored(
            transaction,
            [
                (change.bucket, change.doc[1])
                for change in coming
                if change.name == "put" and change.doc[0] == Attachment.kind
            ],
        )

    def _judge(self, transaction: Transaction, item: Item) -> str:
        known = self.known.get(item.mid)
        if known is not None:
            return self._repeat(transaction, item, known)
        change = item.change
        if change is None:
            assert item.refusal is not None
            return self._enter(transaction, item, "refused", error=item.refusal)
        if change.bucket not in self.acting:
            # It may have been made for an enterprise that was merged into another one since.
            bucket = merging.present_bucket(transaction.connection, change.bucket)
            if bucket != change.bucket:
                change = merging.redirected(change, bucket)
                item = replace(item, change=change)
                transaction.need((bucket,))
                self.acting |= access.actable(transaction.connection, self.caller, self.park, {bucket})
                self.seen |= self.acting
        if change.bucket not in self.acting or change.bucket not in transaction.locked:
            return self._escrow(transaction, item, change)
        if change.bucket in self.founded and change.name != ENTER and not _entered(transaction, change):
            return self._enter(transaction, item, "refused", error=_NOT_ENTERED)
        if change.schema_ > schemas.newest():
            return _verdict(item.mid, "retry", change.bucket, error=_SERVER_OLDER)
        until = schemas.taken_until(change.schema_)
        if until is not None and beijing_date(transaction.now) > until:
            return self._enter(transaction, item, "refused", error=_SCHEMA_ENDED)
        try:
            with transaction.savepoint():
                applied = apply_change(transaction, change, self.context)
                faults.point("applied")
        except Refusal as refusal:
            return self._enter(transaction, item, "refused", error=refusal)
        except (GrowLocks, KnownError, sa.exc.DBAPIError):
            raise
        except Exception:
            return _incident(item)
        return self._enter(transaction, item, "conflict" if applied.conflicts else "applied", applied)

    def _escrow(self, transaction: Transaction, item: Item, change: Change) -> str:
        """The author does not hold the bucket (any more): kept for those who do."""
        try:
            with transaction.savepoint():
                escrow.keep_change(transaction, change, self.caller, self.park)
        except (GrowLocks, KnownError, sa.exc.DBAPIError):
            raise
        except Exception:
            return _incident(item)
        return self._enter(transaction, item, "escrowed", error=_ESCROWED)

    def _enter(
        self,
        transaction: Transaction,
        item: Item,
        status: str,
        applied: Applied | None = None,
        error: Refusal | None = None,
    ) -> str:
        """Log the change with its verdict and say it."""
        applied = applied or Applied()
        keys = list(dict.fromkeys(applied.keys))
        body = _error_body(error)
        result: dict[str, Any] = {"keys": keys, "conflicts": applied.conflicts}
        if body is not None:
            result["error"] = body
        bucket = item.change.bucket if item.change else ""
        transaction.log(
            mid=item.mid,
            bucket=bucket,
            person=self.caller.person,
            device=self.caller.device,
            name=item.change.name if item.change else "",
            status=status,
            body=item.raw,
            result=dump(result),
        )
        self.known[item.mid] = Known(self.caller.person, bucket, status, result)
        return _verdict(item.mid, status, bucket, self._rows(transaction, keys), applied.conflicts, body)

    def _repeat(self, transaction: Transaction, item: Item, known: Known) -> str:
        """The stored verdict with the documents as they are now: as much of them as the author may see today."""
        if known.person != self.caller.person:
            return _verdict(item.mid, "refused", "", error=_error_body(_TAKEN))
        rows = self._rows(transaction, self._keys_to_show(known))
        conflicts = known.result["conflicts"]
        return _verdict(item.mid, known.status, known.bucket, rows, conflicts, known.result.get("error"))

    def _keys_to_show(self, known: Known) -> list[Key]:
        """What a change wrote, where its author may see that today."""
        if known.person != self.caller.person or known.bucket not in self.acting:
            return []
        return [(bucket, kind, id) for bucket, kind, id in known.result["keys"] if bucket in self.seen]

    def _rows(self, transaction: Transaction, keys: Sequence[Key]) -> list[str]:
        rows: list[str] = []
        for key in keys:
            row = transaction.row(key) if key[0] in self.seen else None
            if row is not None:
                rows.append(row_text(key[1], key[2], row.rev, row.text))
        return rows


def row_text(kind: str, id: str, rev: int, body: str) -> str:
    """A row of the wire around a body that is JSON text already."""
    return f'["{kind}","{id}",{rev},{body or "null"}]'


def _entered(transaction: Transaction, change: Change) -> bool:
    """Whether the enterprise of a bucket that is only just coming into being stands in it."""
    id = buckets.subject_of(change.bucket)
    return transaction.get(change.bucket, Enterprise.kind, id) is not None


def _known(connection: sa.Connection, mids: Sequence[str]) -> dict[str, Known]:
    return {
        mid: Known(person, bucket, status, from_json(result))
        for mid, person, bucket, status, result in bulk.changes_of(connection, mids)
    }


def _verdict(
    mid: str,
    status: str,
    bucket: str,
    rows: Sequence[str] = (),
    conflicts: Sequence[str] = (),
    error: dict[str, Any] | None = None,
) -> str:
    # Mid and bucket are of PLAIN characters: nothing in them needs escaping.
    parts = [f'{{"mid":"{mid}","status":"{status}","bucket":"{bucket}","rows":[{",".join(rows)}]']
    if conflicts:
        parts.append(f',"conflicts":{dump(list(conflicts))}')
    if error is not None:
        parts.append(f',"error":{dump(error)}')
    return "".join(parts) + "}"


def _incident(item: Item) -> str:
    """An unexpected exception: a bug of ours. The change is not entered, so that it can come again."""
    incident = secrets.token_hex(4)
    name = item.change.name if item.change else "?"
    logger.exception("push: incident %s with change %s (%s)", incident, item.mid, name)
    error = {
        "code": "incident",
        "text": f"中心处理这一条时出错（事故号 {incident}），会自动重试；一直不成功请把事故号告诉管理员。",
        "params": {"incident": incident},
    }
    return _verdict(item.mid, "retry", item.change.bucket if item.change else "", error=error)


def _error_body(refusal: Refusal | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    body: dict[str, Any] = {"code": refusal.code, "text": refusal.text}
    if refusal.field is not None:
        body["field"] = refusal.field
    if refusal.params:
        body["params"] = from_json(to_json(refusal.params, fallback=str))
    return body


_ESCROWED = Refusal("not_member", "您现在不负责这家企业，这条内容已交中心保管，由现任联络员或协调员处理。")
_NOT_ENTERED = Refusal(
    "not_entered",
    "这家企业的登记没有被接受，这一条因此也没有。请先处理那条登记，再用「改后重报」重报这一条。",
)
_TAKEN = Refusal("mid_taken", "操作编号重复，没有保存。请重新操作一次。")
_SCHEMA_ENDED = Refusal(
    "schema_ended",
    "这条内容是一年多以前的旧版程序做的，中心不能再照原样接收。内容没有丢，请用「改后重报」重新上报。",
)
_SERVER_OLDER = {"code": "server_older", "text": "中心的程序比本机旧，升级后会自动重试。内容已保存在本机。"}
