"""What a change is, what a change function gets and gives, and the register of them.

Everything anybody does is a Change. `apply` runs the one function of its name: documents in, writes out, or a
Refusal with a reason. The laptop runs it at once on its own copy; the server runs the same function on the true one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from app.domain import departments
from app.domain.blacklist import Listed
from app.domain.changes import schemas
from app.domain.clock import from_text
from app.domain.documents import Body, Document, Documents
from app.domain.people import Actor, Role
from app.domain.taxonomy import Dictionaries
from app.domain.work_calendar import WorkCalendar

SCHEMA = schemas.newest()
"""Version of the changes' shapes this program writes (`schemas.SCHEMAS`)."""


class Change(BaseModel):
    """One thing somebody did. Immutable; `mid` (UUIDv7) makes repeating it harmless."""

    model_config = ConfigDict(frozen=True)
    mid: str = Field(min_length=36, max_length=36, pattern=r"^[0-9a-f-]{36}$")
    name: str = Field(min_length=1, max_length=64)
    bucket: str = Field(min_length=3, max_length=120)
    doc: tuple[str, str]
    """(kind, id) of the document the change is about."""
    args: dict[str, Any] = {}
    seen_rev: int = Field(default=0, ge=0)
    """The revision its author saw."""
    at: str
    """When, by the author's clock (`clock.to_text`). Shown, never used for order or deadlines."""
    schema_: int = Field(default=SCHEMA, alias="schema", ge=1)

    @classmethod
    def stored(cls, text: str) -> Change:
        """A change from text that this program wrote down itself once: it is not validated again."""
        values = from_json(text)
        values["doc"] = tuple(values["doc"])
        return cls.model_construct(**values)

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)

    def brought_up(self) -> Change:
        """The same change in today's schema. Refusal where its args are not what its own schema says they are."""
        if self.schema_ >= schemas.newest():
            return self
        try:
            name, args = schemas.brought_up(self.schema_, self.name, self.args)
        except (LookupError, TypeError, ValueError) as error:
            raise Refusal(
                "malformed", "内容不完整或格式不对（args），请检查后重报。", field="args"
            ) from error
        return self.model_copy(update={"name": name, "args": args, "schema_": schemas.newest()})


class Refusal(Exception):
    """A guard failed: `code` is stable English, `text` a Chinese sentence with what to do, `field` where it applies."""

    def __init__(self, code: str, text: str, field: str | None = None, **params: Any) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.field = field
        self.params = params


class KnownEnterprise(NamedTuple):
    """What tells one enterprise from another."""

    id: str
    name: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a change function may know besides the documents. On the server `now` is the time of receipt."""

    now: datetime
    actor: Actor
    device: str
    park: str
    calendar: WorkCalendar
    dictionaries: Dictionaries
    number: Callable[[str, str], str]
    """(kind, local number) → the official number on the server, the local number itself on a laptop."""
    enterprises: Callable[[], Iterable[KnownEnterprise]] = tuple
    """The enterprises known here: all of the park on the server, those of this laptop on a laptop."""

    listed: Callable[[str], Iterable[Listed]] | None = None
    """What the centre's list says of a name or code (`app.domain.blacklist`); None on a laptop, which has no list."""

    sheets: Callable[[Iterable[tuple[str, str]]], Mapping[str, Body]] | None = None
    """(person, id) of reviewers' sheets → person → body, of those the centre has (`app.domain.review`); None on a laptop."""

    def at(self, now: datetime) -> Context:
        """The same at another moment."""
        # Once for every change that is made or run again: `dataclasses.replace` would take five times as long.
        return Context(
            now,
            self.actor,
            self.device,
            self.park,
            self.calendar,
            self.dictionaries,
            self.number,
            self.enterprises,
        )


@dataclass(frozen=True, slots=True)
class Write:
    """One document as it shall be; `body` None deletes it. `bucket` None means the change's own."""

    kind: str
    id: str
    body: Body | None
    bucket: str | None = None


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field somebody else has altered since: theirs stays, mine is kept beside it."""

    kind: str
    id: str
    field: str
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change does when it is let through."""

    writes: tuple[Write, ...] = ()
    conflicts: tuple[FieldConflict, ...] = field(default=())


Function = Callable[[Documents, Change, Context], Outcome]


@dataclass(frozen=True, slots=True)
class Registered:
    """A change function with the roles that may use it."""

    name: str
    roles: frozenset[Role]
    function: Function


REGISTER: dict[str, Registered] = {}
"""Those whose modules were imported so far; `entered` gives all."""


def entered() -> dict[str, Registered]:
    """The register with every change function in it."""
    from app.domain.changes import functions  # noqa: F401

    return REGISTER


def change_function(name: str, *roles: Role) -> Callable[[Function], Function]:
    """Enter a function under its change's name, with the roles that may use it."""

    def enter(function: Function) -> Function:
        if name in REGISTER:
            raise ValueError(f"two change functions named {name}")
        REGISTER[name] = Registered(name, frozenset(roles), function)
        return function

    return enter


def apply(documents: Documents, change: Change, context: Context) -> Outcome:
    """Run a change, brought up to today's schema. Raises Refusal where it is unknown, not allowed, malformed, or a
    guard says no."""
    change = change.brought_up()
    if departments.at_department(change):
        return _apply_at_department(documents, change, context)
    registered = REGISTER.get(change.name) or entered().get(change.name)
    if registered is None:
        raise Refusal("unknown_change", "这个操作本程序还不认识，请升级后再试。", name=change.name)
    if not context.actor.roles & registered.roles:
        raise Refusal("role", "您的角色不能做这个操作。如确有需要，请联系协调员。", name=change.name)
    try:
        from_text(change.at)
    except ValueError as error:
        raise Refusal(
            "malformed", "这个操作的时间读不出来。请检查电脑的日期和时间后重做。", field="at"
        ) from error
    try:
        return registered.function(documents, change, context)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refusal("malformed", f"内容不完整或格式不对（{where}），请检查后重报。", field=where) from error


def _apply_at_department(documents: Documents, change: Change, context: Context) -> Outcome:
    """Over a department's twins: as in the enterprise's bucket, what is written becomes twins again."""
    source = departments.on_source(change, change.bucket)
    outcome = apply(departments.TwinView(documents), source, context)
    writes = tuple(
        replace(write, kind=departments.TWINS[write.kind])
        for write in outcome.writes
        if write.kind in departments.TWINS
    )
    return replace(outcome, writes=writes)


def need(documents: Documents, kind: str, id: str) -> Document:
    """The document a change is about. Refusal where it is not there (any more)."""
    found = documents.get(kind, id)
    if found is None:
        raise Refusal("missing", "这条记录在中心已不存在，可能已被合并或移走。", kind=kind, id=id)
    return found
