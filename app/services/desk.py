"""The desk: one person's store, folder and clock, with what every use case needs from them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from app.dictionaries import builtin, builtin_rules
from app.domain.changes.base import Change, Context, KnownEnterprise
from app.domain.clock import Clock, beijing_date, system_clock, to_text
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.people import Actor, Role
from app.domain.projections import ENTERPRISE_ROW
from app.domain.taxonomy import JUDGED_BY, RULES, Dictionaries
from app.domain.work_calendar import WorkCalendar
from app.errors import KnownError
from app.paths import DataFolder
from app.store.database import Altered, Store, open_store
from app.store.outbox import make_changes
from app.store.seal import finish_seal, sealed

SEALED_TEXT = "本机已被停用，数据已清空。如需继续使用这台电脑，请联系管理员同意后重新登录。"


class Session(BaseModel):
    """Who signed in where; kept in the store under `session`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    server: str
    token: str
    person: str
    account: str
    name: str
    roles: list[Role]
    department: str | None = None
    park: str
    park_name: str
    epoch: str
    device: str
    exchange_key: str | None = None
    """For packages of the USB exchange. A session with a key and no token knows no network."""

    @field_validator("roles", mode="before")
    @classmethod
    def _known_roles(cls, roles: Any) -> Any:
        """A newer centre may know more roles than this program: what it can do nothing with is left out."""
        return [role for role in roles if role in set(Role)] if isinstance(roles, list) else roles

    @property
    def actor(self) -> Actor:
        return Actor(self.person, self.name, frozenset(self.roles), self.department)


class Desk:
    """What the screens and commands work on. Any thread may use it; writes come one at a time (`Store.write`)."""

    def __init__(self, store: Store, folder: DataFolder, clock: Clock) -> None:
        self.store = store
        self.folder = folder
        self.clock = clock
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._rules: Dictionaries | None = None
        self._contents: dict[tuple[str, str], Any] = {}
        self._unsubscribe = store.subscribe(self._forget)

    @classmethod
    def open(cls, folder: DataFolder, clock: Clock = system_clock) -> Desk:
        """Open or make the data folder and its store. KnownError where disk or store refuse."""
        folder.ensure()
        store = open_store(folder.store)
        # What was put out of use is emptied to the end, whatever kept that from ending before.
        finish_seal(store)
        return cls(store, folder, clock)

    def close(self) -> None:
        self._unsubscribe()
        self.store.close()

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def session(self) -> Session | None:
        """None before the first sign-in."""
        with self._lock:
            known = self._session
        if known is None:
            kept = self.store.kv("session")
            known = Session.model_validate(kept) if kept else None
            with self._lock:
                self._session = known
        return known

    def signed_in(self) -> Session:
        """The session, or a KnownError that says to sign in."""
        session = self.session
        if session is None and sealed(self.store) is not None:
            raise KnownError("sealed", SEALED_TEXT)
        if session is None:
            raise KnownError("not_signed_in", "还没有登录。请先填写中心地址、账号和口令登录一次。")
        return session

    @property
    def today(self) -> date:
        return beijing_date(self.clock())

    @property
    def calendar(self) -> WorkCalendar:
        """The work calendar in force."""
        return self.rules.calendar

    def context(self) -> Context:
        """What change functions may know, here and now. Numbers stay local until the server gives official ones."""
        session = self.signed_in()
        return Context(
            now=self.clock(),
            actor=session.actor,
            device=session.device,
            park=session.park,
            calendar=self.calendar,
            dictionaries=self.rules,
            number=lambda _kind, local: local,
            enterprises=lambda: known_enterprises(self.store),
        )

    @property
    def rules(self) -> Dictionaries:
        """The dictionaries in force: the centre's where they have come, else those of the program."""
        with self._lock:
            kept = self._rules
        if kept is None:
            kept = self._load_rules()
            with self._lock:
                self._rules = kept
        return kept

    def _load_rules(self) -> Dictionaries:
        published = {name: self._published(name) for name in RULES}
        if all(content is None for content in published.values()):
            return builtin_rules()
        known = {name: content or builtin().get(name) for name, content in published.items()}
        rows = self.store.select(
            "SELECT id, json_extract(body, '$.version') FROM document WHERE kind = 'dictionary'"
        )
        return Dictionaries.parse(
            {name: content for name, content in known.items() if content is not None},
            self._former(),
            {str(id): str(version) for id, version in rows if version},
        )

    def _former(self) -> list[tuple[str, str, Any]]:
        """(name, version, content) of every version older issues are judged by."""
        rows = self.store.select("SELECT id FROM document WHERE kind = 'dictionary_version'")
        wanted = [str(id) for (id,) in rows if str(id).partition("@")[0] in JUDGED_BY]
        found = [self.store.get("dictionary_version", id) for id in wanted]
        bodies = [document.body for document in found if document is not None]
        return [(body["name"], body["version"], body["content"]) for body in bodies]

    def dictionary(self, name: str, version: str | None = None) -> list[dict[str, Any]]:
        """The items of one dictionary, the centre's before the program's own; of a former version where it is known."""
        with self._lock:
            kept = self._contents.get((name, version or ""))
        if kept is None:
            former = self.store.get("dictionary_version", f"{name}@{version}") if version else None
            content = former.body["content"] if former else self._published(name)
            kept = (content or builtin().get(name, {"items": []}))["items"]
            with self._lock:
                self._contents[name, version or ""] = kept
        return list(kept)

    def _published(self, name: str) -> Any | None:
        document = self.store.get("dictionary", name)
        return document.body["content"] if document else None

    def _forget(self, altered: Altered) -> None:
        """Something was written: what is remembered of it here is asked for again."""
        if "kv" in altered.topics:
            with self._lock:
                self._session = None
        if any(kind in ("dictionary", "dictionary_version") for kind, _ in altered.keys):
            with self._lock:
                self._rules = None
                self._contents.clear()

    def change(self, name: str, bucket: str, kind: str, id: str, args: dict[str, Any]) -> Change:
        """A change made now, with the revision of the document as it is seen here."""
        seen = self.store.get(kind, id)
        return Change(
            mid=new_id(),
            name=name,
            bucket=bucket,
            doc=(kind, id),
            args=args,
            seen_rev=seen.rev if seen else 0,
            at=to_text(self.clock()),
        )

    def make(self, *changes: Change, **options: Any) -> None:
        """Run changes here at once and queue them for the centre, whole or not at all (T1)."""
        make_changes(self.store, changes, self.context(), **options)

    def local_numbers(self, kind: str, prefix: str, count: int = 1) -> Sequence[str]:
        """Numbers for papers until the centre gives official ones: `I-1f3a-007`, unique by device and counter."""
        device = self.signed_in().device.replace("-", "")[-4:].upper()
        name = f"counter:{kind}"
        with self.store.write():
            last = int(self.store.kv(name, 0))
            self.store.set_kv(name, last + count)
        return [f"{prefix}-{device}-{number:03d}" for number in range(last + 1, last + count + 1)]


def known_enterprises(store: Store) -> list[KnownEnterprise]:
    """Every enterprise this laptop knows of: the directory's light rows and those that are here whole."""
    found = {
        document.id: KnownEnterprise(
            document.id, str(document.body["name"]), str(document.body["credit_code"])
        )
        for kind in (ENTERPRISE_ROW, Enterprise.kind)
        for document in store.of_kind(kind)
    }
    return list(found.values())
