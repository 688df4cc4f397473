"""An enterprise comes into being, gets its code, is edited, confirmed, merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import buckets, credit_code
from app.domain.changes.enterprises import ENTER, MERGE
from app.domain.documents import same_value
from app.domain.enterprise import Enterprise
from app.domain.ids import new_id
from app.domain.people import Role
from app.domain.projections import ENTERPRISE_ROW
from app.domain.similar import similar
from app.domain.visit import CYCLE_NAMES
from app.errors import KnownError
from app.services.desk import Desk, known_enterprises

CYCLES = {cycle.value: word for cycle, word in CYCLE_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Alike:
    """An enterprise this laptop knows that may be the same: by its code, or by a name that is much alike."""

    id: str
    name: str
    credit_code: str
    by_code: bool


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An enterprise somebody entered by hand that a coordinator has to look at."""

    id: str
    name: str
    code: str
    entered_by: str
    alike: tuple[Alike, ...]


def alike(desk: Desk, name: str, code: str = "", but: str = "") -> list[Alike]:
    """What on this laptop may be the same enterprise; the centre looks through the whole park again."""
    plain = credit_code.normalise(code)
    known = {one.id: one for one in known_enterprises(desk.store) if one.id != but}
    found = [
        Alike(one.id, one.name, one.credit_code, True)
        for one in known.values()
        if plain and one.credit_code == plain
    ]
    named = similar(name.strip(), [(one.id, one.name) for one in known.values()]) if name.strip() else []
    have = {one.id for one in found}
    found += [Alike(id, other, known[id].credit_code, False) for id, other, _ in named if id not in have]
    return found


def enter(desk: Desk, name: str, code: str = "", **more: Any) -> str:
    """Enter an enterprise by hand; returns its id. An officer's gets a temporary code and is his at once, a coordinator's is
    entered whole. KnownError where something is wrong with what was typed."""
    name, code = name.strip(), credit_code.normalise(code)
    if len(name) < 2:
        raise KnownError("name", "请填写企业全称。")
    if code:
        _check(code)
    actor = desk.signed_in().actor
    id, known = new_id(), {field: value for field, value in more.items() if value not in (None, "")}
    bucket = buckets.of_enterprise(id)
    if Role.COORDINATOR in actor.roles:
        fields = {"id": id, "name": name, "credit_code": code or _temporary(desk), **known}
        args = {"fields": {field: [None, value] for field, value in fields.items()}}
        desk.make(desk.change("put", bucket, Enterprise.kind, id, args))
        return id
    temporary = _temporary(desk)
    changes = [
        desk.change(ENTER, bucket, Enterprise.kind, id, {"temporary_code": temporary, "name": name, **known})
    ]
    if code:
        taken = {"credit_code": code, "seen": temporary}
        changes.append(desk.change("enterprise.take_code", bucket, Enterprise.kind, id, taken))
    desk.make(*changes)
    return id


def _check(code: str) -> None:
    problem = credit_code.check(code)
    if problem is not None:
        raise KnownError(problem.code, problem.text)


def _temporary(desk: Desk) -> str:
    (number,) = desk.local_numbers("enterprise", credit_code.TEMPORARY_PREFIX.rstrip("-"))
    return number


def take_code(desk: Desk, id: str, code: str) -> None:
    """补信用代码: an enterprise with a temporary code has its own now. KnownError where it cannot be right."""
    enterprise = _held(desk, id)
    plain = credit_code.normalise(code)
    _check(plain)
    args = {"credit_code": plain, "seen": enterprise.credit_code}
    desk.make(desk.change("enterprise.take_code", buckets.of_enterprise(id), Enterprise.kind, id, args))


def edit(desk: Desk, id: str, fields: Mapping[str, Any]) -> bool:
    """Alter the profile: only what differs is sent. False where nothing does."""
    enterprise = desk.store.get(Enterprise.kind, id)
    if enterprise is None:
        raise KnownError("not_held", "这家企业的资料不在本机。联网后点「取资料」即可查看。")
    altered = {
        name: [enterprise.body.get(name), value if value != "" else None]
        for name, value in fields.items()
        if not same_value(enterprise.body.get(name), value if value != "" else None)
    }
    if "name" in altered and not str(altered["name"][1] or "").strip():
        raise KnownError("name", "企业名称不能空着。")
    if altered:
        args = {"fields": altered}
        desk.make(desk.change("patch", buckets.of_enterprise(id), Enterprise.kind, id, args))
    return bool(altered)


def confirm(desk: Desk, id: str) -> None:
    """确认: an enterprise entered by hand is one of the park's (coordinator)."""
    _held(desk, id)
    desk.make(desk.change("enterprise.confirm", buckets.of_enterprise(id), Enterprise.kind, id, {}))


def merge(desk: Desk, id: str, into: str, *, keep: bool = False) -> None:
    """合并: everything under a temporary code goes over to the real enterprise with the next sync (coordinator). `keep`:
    who looked after the temporary one goes on beside whoever has the real one."""
    _held(desk, id)
    args = {"into": into, **({"keep": True} if keep else {})}
    desk.make(desk.change(MERGE, buckets.of_enterprise(id), Enterprise.kind, id, args))


def present_id(desk: Desk, id: str) -> str:
    """The enterprise that is meant by an id: another where that one was merged, as far as this laptop knows."""
    for kind in (Enterprise.kind, ENTERPRISE_ROW):
        if desk.store.get(kind, id) is not None:
            return id
    for kind in (Enterprise.kind, ENTERPRISE_ROW):
        for document in desk.store.of_kind(kind):
            if id in (document.body.get("merged") or ()):
                return document.id
    return id


MOST_TARGETS = 8


def merge_targets(desk: Desk, id: str, text: str = "") -> list[Alike]:
    """What an enterprise with a temporary code can be merged into: those alike first, then others by name; the first few
    that have `text` in name or code."""
    enterprise = _held(desk, id)
    found = [
        one for one in alike(desk, enterprise.name, but=id) if not credit_code.is_temporary(one.credit_code)
    ]
    have = {one.id for one in found}
    rest = [
        Alike(one.id, one.name, one.credit_code, False)
        for one in known_enterprises(desk.store)
        if one.id != id and one.id not in have and not credit_code.is_temporary(one.credit_code)
    ]
    wanted = text.strip()
    fitting = [
        one
        for one in (*found, *sorted(rest, key=lambda one: one.name))
        if wanted in one.name or wanted.upper() in one.credit_code
    ]
    return fitting[:MOST_TARGETS]


def unconfirmed(desk: Desk) -> list[Unconfirmed]:
    """Enterprises entered by hand that a coordinator has not looked at, with what they may be the same as."""
    known = {one.id: one for one in known_enterprises(desk.store)}
    bodies = {
        document.id: document.body
        for kind in (ENTERPRISE_ROW, Enterprise.kind)
        for document in desk.store.of_kind(kind)
    }
    return sorted(
        (
            Unconfirmed(
                id,
                str(body["name"]),
                str(body["credit_code"]),
                str(body.get("entered_by_name", "")),
                tuple(
                    Alike(other, known[other].name, known[other].credit_code, False)
                    for other in body.get("maybe_same", ())
                    if other in known
                ),
            )
            for id, body in bodies.items()
            if body.get("unconfirmed")
        ),
        key=lambda one: one.name,
    )


def _held(desk: Desk, id: str) -> Enterprise:
    document = desk.store.get(Enterprise.kind, id)
    if document is None:
        raise KnownError("not_held", "这家企业的资料不在本机。请先打开它取资料，再做这一步。")
    return Enterprise.of(document)
