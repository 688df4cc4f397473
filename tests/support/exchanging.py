"""A centre and laptops in this process, which meet over packages of the USB exchange or over a wire without HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from app.domain import buckets
from app.domain.clock import system_clock
from app.domain.ids import new_id
from app.domain.people import Role
from app.domain.visit import Attachment
from app.paths import DataFolder
from app.services.desk import Desk
from app.store.files import PendingFile
from sync.client.engine import Engine
from sync.client.errors import Cut, EpochChanged, Rejected, Revoked
from sync.client.exchange import Exported, export
from sync.client.exchange_import import Imported, import_answer
from sync.client.session import keep_session
from sync.protocol.messages import Pull, Pulled, Push, Pushed, SignedIn
from sync.server import accounts, cli, exchange, exchange_files, exchange_keys, jobs, store, tables
from sync.server.api import pulled, pushed
from sync.server.blobs import Blobs
from sync.server.cli_parts import Opened
from sync.server.failures import WireError
from sync.server.people import Caller
from sync.server.reference import facts
from sync.server.settings import ServerSettings
from tests.support.park import Park

FIELDS = ("employees", "address", "industry")


class Office:
    """The centre: its database opened here. `with Office(folder, database) as office`."""

    def __init__(self, folder: Path, database: str | None = None) -> None:
        words = ["--data", str(folder), *(["--database", database] if database else [])]
        assert cli.main(["init", *words]) == 0
        self.opened = Opened(ServerSettings.of(str(folder), database))

    def __enter__(self) -> Office:
        self.opened.__enter__()
        self.database = self.opened.database
        self.reference = self.opened.reference
        server: Any = SimpleNamespace(data_dir=self.opened.settings.data, database=None)
        self.park = Park.__new__(Park)
        self.park.server, self.park.settings = server, self.opened.settings
        self.park.database, self.park.reference = self.database, self.reference
        return self

    def __exit__(self, *_exception: object) -> None:
        self.opened.__exit__()

    def officer(self, folder: Path, *enterprises: str) -> Laptop:
        """An officer of these enterprises at a laptop of his own."""
        account, person = self.park.account(Role.OFFICER)
        if enterprises:
            self.park.assign(account, *enterprises)
        return Laptop(self, folder, account, person)

    def caller(self, person: str, device: str) -> Caller:
        return accounts.caller_of_device(self.database, person, device, system_clock())

    def answer(self, package: Path, out: Path, *, photos: bool = False) -> exchange.Summary:
        return exchange.answer(self.opened, package, out, photos=photos, tell=lambda _text: None)

    def push(self, caller: Caller, *changes: dict[str, Any]) -> list[dict[str, Any]]:
        """Changes of somebody else, who is on the wire."""
        message = {"proto": 1, "schema": 1, "device": caller.device, "changes": list(changes)}
        text = pushed(self.database, self.reference, caller, exchange._bytes(message), system_clock())
        results: list[dict[str, Any]] = Pushed.model_validate_json(text).model_dump()["results"]
        return results

    def end(self, account: str, enterprise: str) -> None:
        """The officer no longer looks after the enterprise."""
        bucket = buckets.of_enterprise(enterprise)
        assignment = next(
            body["id"]
            for (kind, _), (_, body) in self.documents([bucket]).items()
            if kind == "assignment" and body["person"] == self._person(account) and not body.get("until")
        )

        def work(transaction: store.Transaction) -> None:
            doc = ("assignment", assignment)
            jobs.run_change(transaction, self.reference, "assignment.end", bucket, doc, {}, new_id())

        store.write(self.database, work, system_clock(), (bucket,))

    def _person(self, account: str) -> str:
        with self.database.reading() as connection:
            return str(accounts.find(connection, account).person)

    def documents(self, held: list[str]) -> dict[tuple[str, str], tuple[int, dict[str, Any]]]:
        """(kind, id) → (rev, body) of the live documents of these buckets."""
        table = tables.document
        query = sa.select(table).where(table.c.bucket.in_(held), table.c.deleted.is_(False))
        with self.database.reading() as connection:
            return {(r.kind, r.id): (r.rev, _json(r.body)) for r in connection.execute(query)}

    def log(self, person: str) -> dict[str, str]:
        """mid → status of a person's changes."""
        table = tables.change
        with self.database.reading() as connection:
            query = sa.select(table.c.mid, table.c.status).where(table.c.person == person)
            return {row.mid: row.status for row in connection.execute(query)}


class Laptop:
    """A desk with its store, signed in to an office."""

    def __init__(self, office: Office, folder: Path, account: str, person: str) -> None:
        self.office, self.account, self.person = office, account, person
        self.desk = Desk.open(DataFolder(folder))
        with office.database.writing() as connection:
            self.device = accounts.enroll_device(connection, person, "测试机", system_clock())
            key = exchange_keys.key_of(connection, person, self.device)
            known = facts(connection)
        caller = office.caller(person, self.device)
        signed = SignedIn(
            token="in-process",
            person=person,
            name=caller.name,
            account=account,
            roles=[role.value for role in caller.roles],
            park=known.park,
            park_name=known.park_name,
            epoch=known.epoch,
            now="",
            exchange_key=key.hex(),
        )
        keep_session(self.desk.store, "http://centre", self.device, signed)

    def close(self) -> None:
        self.desk.close()

    def engine(self, wire: DirectWire | None = None) -> Engine:
        return Engine(
            self.desk.store,
            wire or DirectWire(self),
            self.desk.context,
            self.device,
            system_clock,
            lambda: 0.0,
        )

    def sync(self, wire: DirectWire | None = None) -> Any:
        return self.engine(wire).run()

    def export(self, target: Path, **options: Any) -> Exported:
        return export(self.desk, target, **options)

    def take(self, path: Path, **options: Any) -> Imported:
        return import_answer(self.desk, path, **options)

    def round(self, folder: Path, **options: Any) -> Imported:
        """There and back again."""
        folder.mkdir(parents=True, exist_ok=True)
        summary = self.office.answer(self.export(folder).path, folder, **options)
        assert summary.answer is not None
        return self.take(summary.answer)

    def edit(self, enterprise: str, field: str, value: Any) -> str:
        """A field edit of what is seen; the change's mid."""
        document = self.desk.store.get("enterprise", enterprise)
        assert document is not None
        args = {"fields": {field: [document.body.get(field), value]}}
        change = self.desk.change("patch", buckets.of_enterprise(enterprise), "enterprise", enterprise, args)
        self.desk.make(change)
        return change.mid

    def photo(self, enterprise: str, content: bytes) -> str:
        """A photo of an enterprise; its attachment's id."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.desk.folder.attachments / digest[:2] / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        bucket = buckets.of_enterprise(enterprise)
        attachment = Attachment(
            id=new_id(),
            enterprise=enterprise,
            purpose="photo",
            file_name="现场.jpg",
            media_type="image/jpeg",
            size=len(content),
            sha256=digest,
        )
        fields = {name: [None, value] for name, value in attachment.to_body().items()}
        change = self.desk.change("put", bucket, Attachment.kind, attachment.id, {"fields": fields})
        self.desk.make(change, files=[PendingFile(digest, len(content), str(path), attachment.id, bucket)])
        return attachment.id

    def sees(self, enterprise: str, field: str) -> Any:
        document = self.desk.store.get("enterprise", enterprise)
        return document.body.get(field) if document else None

    def confirmed(self) -> dict[tuple[str, str, str], tuple[int, dict[str, Any]]]:
        """(bucket, kind, id) → (rev, body) of what the centre has confirmed here."""
        rows = self.desk.store.select(
            "SELECT bucket, kind, id, rev, body FROM base WHERE body IS NOT NULL UNION ALL"
            " SELECT bucket, kind, id, rev, body FROM document d WHERE NOT EXISTS"
            " (SELECT 1 FROM base WHERE base.kind = d.kind AND base.id = d.id)"
        )
        return {(bucket, kind, id): (rev, _json(body)) for bucket, kind, id, rev, body in rows}

    def states(self) -> dict[str, str]:
        """mid → state of everything in the outbox."""
        return dict(self.desk.store.select("SELECT mid, state FROM outbox"))


class DirectWire:
    """The wire without HTTP: the very functions the routes call. `fault(point)` may raise, before and after each."""

    def __init__(
        self, laptop: Laptop, fault: Callable[[str], None] = lambda _point: None, rows: int = 2000
    ) -> None:
        self.laptop, self.office, self.fault, self.rows = laptop, laptop.office, fault, rows

    def health(self) -> dict[str, Any]:
        with self.office.database.reading() as connection:
            return {"status": "ok", "epoch": facts(connection).epoch}

    def push(self, message: Push) -> Pushed:
        return Pushed.model_validate_json(self._ask("push", pushed, message, self.office.reference))

    def pull(self, message: Pull) -> Pulled:
        message = message.model_copy(update={"rows": self.rows})
        return Pulled.model_validate_json(self._ask("pull", pulled, message))

    def upload(
        self, path: Path, sha256: str, bucket: str, attachment: str, *_more: Any, **_named: Any
    ) -> bool:
        office, caller = self.office, self.office.caller(self.laptop.person, self.laptop.device)
        self.fault("before upload")
        named = {"sha256": sha256, "bucket": bucket, "attachment": attachment}
        content = path.read_bytes()
        try:
            exchange_files.receive(_place(office), caller, named, len(content), [content])
        except WireError as failure:
            raise Rejected(failure.body.code, failure.body.text, failure.status) from failure
        self.fault("after upload")
        return True

    def _ask(self, what: str, act: Callable[..., str], message: Any, *more: Any) -> str:
        self.fault(f"before {what}")
        body = message.model_dump_json(by_alias=True, exclude_none=True).encode()
        try:
            caller = self.office.caller(self.laptop.person, self.laptop.device)
            text = act(self.office.database, *more, caller, body, system_clock())
        except WireError as failure:
            if failure.body.code == "epoch":
                raise EpochChanged(failure.body.params["epoch"]) from failure
            raise Revoked(failure.body.text) from failure
        self.fault(f"after {what}")
        return text


def _place(office: Office) -> exchange_files.Place:
    return exchange_files.Place(Blobs.of(office.opened.settings), office.database, system_clock)


def cut_at(point: str, after: int = 0) -> Callable[[str], None]:
    """A fault that breaks the connection at `point`, when it has been passed `after` times."""
    passed = 0

    def fault(here: str) -> None:
        nonlocal passed
        if here == point:
            passed += 1
            if passed > after:
                raise Cut

    return fault


def _json(text: str) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads(text)
    return found
