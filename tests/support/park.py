"""A park for tests: people, enterprises and laptops made at once, beside a running centre, through its own functions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from app.domain import buckets
from app.domain.changes.visits import record_digest
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from sync.server import jobs, store
from sync.server.accounts import NewAccount
from sync.server.database import Database
from sync.server.reference import Reference
from sync.server.settings import ServerSettings
from tests.support.server import PASSWORD, Laptop, RunningServer

AT = "2026-11-22T02:26:31.120Z"


def change(
    name: str,
    bucket: str,
    doc: tuple[str, str],
    args: Mapping[str, Any] | None = None,
    mid: str | None = None,
) -> dict[str, Any]:
    """A change as it goes over the wire."""
    return {
        "mid": mid or new_id(),
        "name": name,
        "bucket": bucket,
        "doc": list(doc),
        "args": dict(args or {}),
        "seen_rev": 0,
        "at": AT,
        "schema": 1,
    }


def patch(enterprise: str, mid: str | None = None, **fields: tuple[Any, Any]) -> dict[str, Any]:
    """A field edit of an enterprise: `patch(id, employees=(None, 12))`."""
    args = {"fields": {name: list(pair) for name, pair in fields.items()}}
    return change("patch", buckets.of_enterprise(enterprise), ("enterprise", enterprise), args, mid)


def start_visit(enterprise: str, visit: str) -> dict[str, Any]:
    args = {"enterprise": enterprise, "form_id": "visit_three", "form_version": "1", "local_number": "V-1"}
    return change("visit.start", buckets.of_enterprise(enterprise), ("visit", visit), args)


def submit_visit(
    enterprise: str, visit: str, *issues: Mapping[str, Any], digest: str | None = None
) -> dict[str, Any]:
    values = {"/a": "好"}
    args = {
        "record": new_id(),
        "values": values,
        "digest": digest or record_digest("visit_three", "1", values),
        "issues": [dict(issue) for issue in issues],
    }
    return change("visit.submit", buckets.of_enterprise(enterprise), ("visit", visit), args)


def issue(title: str = "变压器容量不足", **more: Any) -> dict[str, Any]:
    return {"id": new_id(), "local_number": "I-1", "title": title, "category": "04", **more}


def attachment(enterprise: str, sha256: str, size: int, id: str | None = None) -> dict[str, Any]:
    """The change that enters an attachment's row."""
    id = id or new_id()
    body = {
        "id": id,
        "enterprise": enterprise,
        "purpose": "photo",
        "file_name": "现场.jpg",
        "media_type": "image/jpeg",
        "size": size,
        "sha256": sha256,
    }
    args = {"fields": {name: [None, value] for name, value in body.items()}}
    return change("put", buckets.of_enterprise(enterprise), ("attachment", id), args)


class Park:
    """One running centre with the same database opened in this process as well."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.settings = ServerSettings.of(str(server.data_dir), server.database)
        self.database = Database(self.settings)
        self.reference = Reference()

    def close(self) -> None:
        self.database.close()

    def account(self, role: Role, department: str | None = None) -> tuple[str, str]:
        """(account, person id)."""
        name = f"p{uuid.uuid4().hex[:10]}"
        new = NewAccount(name, f"人员{name}", (role,), department)
        return name, jobs.add_account(self.database, self.reference, new, PASSWORD, system_clock())

    def enterprise(self, name: str | None = None, **more: Any) -> str:
        """A new enterprise's id."""
        id = new_id()
        body = {"id": id, "credit_code": f"TMP-{id[-12:].upper()}", "name": name or f"企业{id[-12:]}", **more}
        fields = {field: [None, value] for field, value in body.items()}
        bucket, mid = buckets.of_enterprise(id), new_id()

        def work(transaction: store.Transaction) -> None:
            doc = ("enterprise", id)
            jobs.run_change(transaction, self.reference, "put", bucket, doc, {"fields": fields}, mid)

        store.write(self.database, work, system_clock(), (bucket,))
        return id

    def assign(self, account: str, *enterprises: str) -> None:
        codes = [f"TMP-{id[-12:].upper()}" for id in enterprises]
        jobs.assign(self.database, self.reference, account, codes, system_clock())

    def write(self, bucket: str, kind: str, id: str, body: dict[str, Any] | None) -> None:
        """A document through the one writer, for cases no change function makes."""
        store.write(
            self.database,
            lambda transaction: transaction.write(bucket, kind, id, body),
            system_clock(),
            (bucket,),
        )

    def officer(self, *enterprises: str) -> Laptop:
        """An officer with these enterprises, signed in."""
        account, _ = self.account(Role.OFFICER)
        if enterprises:
            self.assign(account, *enterprises)
        return self.server.sign_in(account)

    def coordinator(self) -> Laptop:
        return self.server.sign_in(self.account(Role.COORDINATOR)[0])

    def handler(self, department: str) -> Laptop:
        return self.server.sign_in(self.account(Role.HANDLER, department)[0])
