"""What the centre does by itself: set up, publish, assign. Changes of an admin through the same one writer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.domain import buckets
from app.domain.changes import Change, Refusal
from app.domain.changes.reference import Dictionary
from app.domain.clock import to_text
from app.domain.ids import derived_id, new_id
from app.domain.people import Person, Role
from app.domain.projections import ENTERPRISE_ROW
from app.errors import KnownError
from sync.server import accounts, store, tables
from sync.server.accounts import NewAccount
from sync.server.applying import Applied, apply_change
from sync.server.database import Database
from sync.server.dictionary_files import read_file
from sync.server.people import CENTER
from sync.server.reference import Reference, facts
from sync.server.store import Transaction, dump


def run_change(
    transaction: Transaction,
    reference: Reference,
    name: str,
    bucket: str,
    doc: tuple[str, str],
    args: Mapping[str, Any],
    mid: str,
) -> Applied:
    """One change of the centre itself, logged where it altered anything.

    A Refusal becomes a KnownError: nobody is there to correct and send it again, the command says what is wrong.
    """
    park = facts(transaction.connection).park
    change = Change(mid=mid, name=name, bucket=bucket, doc=doc, args=dict(args), at=to_text(transaction.now))
    context = reference.context(transaction, CENTER, park)
    try:
        with transaction.savepoint():
            applied = apply_change(transaction, change, context)
    except Refusal as refusal:
        raise KnownError(refusal.code, refusal.text) from refusal
    if applied.altered:
        transaction.log(
            mid=mid,
            bucket=bucket,
            person=CENTER.person,
            device=CENTER.device,
            name=name,
            status="conflict" if applied.conflicts else "applied",
            body=dump(change.to_wire()),
            result=dump({"keys": applied.keys, "conflicts": applied.conflicts}),
        )
    return applied


# Setting up --------------------------------------------------------------------------------------------------------


USUAL_PARK = "XD"


def set_up(database: Database, park: str | None, park_name: str) -> bool:
    """Enter park and epoch. False where they stand already. Raises KnownError where another park than the one named
    stands there; None names none."""
    with database.writing() as connection:
        present = {row.name: row.value for row in connection.execute(sa.select(tables.meta))}
        if not present:
            values = {"epoch": new_id(), "park": park or USUAL_PARK, "park_name": park_name}
            connection.execute(
                sa.insert(tables.meta), [{"name": name, "value": value} for name, value in values.items()]
            )
            return True
    if park is not None and present.get("park") != park:
        raise KnownError(
            "other_park",
            f"这个中心已按园区 {present.get('park')}（{present.get('park_name')}）初始化，不能再改为 {park}。"
            "请换一个 --data 或 --database。",
        )
    return False


def renew_epoch(database: Database) -> str:
    """After the database was put back from a backup: laptops compare everything again and offer what was lost."""
    epoch = new_id()
    with database.writing() as connection:
        connection.execute(sa.update(tables.meta).where(tables.meta.c.name == "epoch").values(value=epoch))
    return epoch


STANDARDS = frozenset({"industries", "divisions"})
"""National standards: every program brings them, half a megabyte that need not go to every laptop."""


def publish_dictionaries(database: Database, reference: Reference, folder: Path, now: datetime) -> int:
    """Publish what the program brings (every `*.json` of a folder under its name), but nothing over what the park made its own.

    Returns how many are new or altered. Raises KnownError.
    """
    paths = (path for path in sorted(folder.glob("*.json")) if path.stem not in STANDARDS)
    contents = {path.stem: read_file(path) for path in paths}
    with database.reading() as connection:
        bucket = buckets.reference(facts(connection).park)
    mids = {name: new_id() for name in contents}

    def work(transaction: Transaction) -> int:
        altered = 0
        for name, content in contents.items():
            present = transaction.get(bucket, Dictionary.kind, name)
            version = str(content["version"])
            if present is not None and (present.body.get("own") or present.body.get("version") == version):
                continue
            args = {"version": version, "content": content}
            applied = run_change(
                transaction,
                reference,
                "dictionary.publish",
                bucket,
                (Dictionary.kind, name),
                args,
                mids[name],
            )
            altered += applied.altered
        return altered

    return store.write(database, work, now, (bucket,))


def read_form_file(path: Path) -> dict[str, str]:
    """A form's file, checked: `form_id`, `version`, `title` and the Markdown `source`. Raises KnownError with every error."""
    from forms.problems import FormError
    from forms.workbook import convert, read_form

    reading = read_form(path)
    if reading.form is None:
        told = "\n".join(problem.message for problem in reading.problems if problem.is_error)
        raise KnownError("form_invalid", f"表单 {path.name} 有错误，没有发布：\n{told}")
    try:
        data = path.read_bytes()
        text = (data if path.suffix.lower() == ".md" else convert(data, path.name, ".md")).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, FormError) as error:
        raise KnownError("form_unreadable", f"表单文件 {path} 读不出来，请检查路径和格式。") from error
    form = reading.form
    if not form.version:
        raise KnownError(
            "form_version", f"表单 {path.name} 没有版本号。请在 settings 表里填写 version 后再发布。"
        )
    return {"form_id": form.form_id, "version": form.version, "title": form.title, "source": text}


def publish_form(database: Database, reference: Reference, form: Mapping[str, str], now: datetime) -> bool:
    """Publish a form (`form_id`, `version`, `title`, `source`). False where the same text is published already.

    Raises KnownError where another text is published under this version.
    """
    with database.reading() as connection:
        bucket = buckets.reference(facts(connection).park)
    mid, doc = new_id(), ("form", f"{form['form_id']}@{form['version']}")

    def work(transaction: Transaction) -> bool:
        return run_change(transaction, reference, "form.publish", bucket, doc, form, mid).altered

    return store.write(database, work, now, (bucket,))


def published_forms(database: Database) -> list[dict[str, Any]]:
    """Every published form without its source, by id and version."""
    with database.reading() as connection:
        bucket = buckets.reference(facts(connection).park)
        table = tables.document
        query = sa.select(table.c.body).where(
            table.c.bucket == bucket, table.c.kind == "form", table.c.deleted.is_(False)
        )
        bodies = [json.loads(body) for body in connection.scalars(query.order_by(table.c.id))]
    return [
        {name: body.get(name) for name in ("form_id", "version", "title", "published_at")} for body in bodies
    ]


# People ------------------------------------------------------------------------------------------------------------


def add_account(
    database: Database, reference: Reference, new: NewAccount, password: str, now: datetime
) -> str:
    """An account and its row in the directory of people, in one transaction. Returns the person's id."""
    with database.reading() as connection:
        bucket = buckets.reference(facts(connection).park)
        departments = reference.dictionaries(connection, facts(connection).park).departments
    if Role.HANDLER in new.roles and new.department is None:
        raise KnownError("department_needed", "承办部门的账号要用 --department 指明部门。")
    if new.department is not None and new.department not in {item.id for item in departments}:
        known = "、".join(f"{item.id}（{item.name}）" for item in departments)
        raise KnownError(
            "department_unknown", f"没有部门 {new.department}。现有部门：{known or '无，请先运行 init'}。"
        )
    mid = new_id()

    def work(transaction: Transaction) -> str:
        person = accounts.add(transaction.connection, new, password, now)
        model = Person(
            id=person, account=new.account, name=new.name, roles=list(new.roles), department=new.department
        )
        fields = {name: [None, value] for name, value in model.to_body().items()}
        run_change(transaction, reference, "put", bucket, (Person.kind, person), {"fields": fields}, mid)
        return person

    return store.write(database, work, now, (bucket,))


@dataclass(frozen=True, slots=True)
class AssignResult:
    """What `assign` did; `unchanged` were his already."""

    assigned: int
    unchanged: int
    enterprises: tuple[dict[str, str], ...]


def assign(
    database: Database, reference: Reference, account: str, named: Sequence[str], now: datetime
) -> AssignResult:
    """Give enterprises (by credit code or name) to a person: all of them or, where one is unknown, none.

    Raises KnownError naming what was not found or is ambiguous.
    """
    base = new_id()

    def work(transaction: Transaction) -> AssignResult:
        park = facts(transaction.connection).park
        transaction.need((buckets.directory(park),))
        person = accounts.find(transaction.connection, account)
        rows = _find_enterprises(transaction, park, named)
        transaction.need([buckets.of_enterprise(row["id"]) for row in rows])
        assigned = 0
        for row in rows:
            args = {"person": person.person, "person_name": person.name, "role": _assigned_role(person).value}
            mid = derived_id(base, row["id"])
            doc = ("assignment", derived_id(mid, "assignment"))
            bucket = buckets.of_enterprise(row["id"])
            assigned += run_change(transaction, reference, "assignment.grant", bucket, doc, args, mid).altered
        enterprises = tuple({"id": row["id"], "name": row["name"]} for row in rows)
        return AssignResult(assigned, len(rows) - assigned, enterprises)

    return store.write(database, work, now)


def _assigned_role(person: Any) -> Role:
    roles = person.roles.split()
    return Role.OFFICER if Role.OFFICER.value in roles else Role(roles[0])


def _find_enterprises(transaction: Transaction, park: str, named: Sequence[str]) -> list[dict[str, str]]:
    rows = [document.body for document in transaction.of_kind(buckets.directory(park), ENTERPRISE_ROW)]
    found: dict[str, dict[str, str]] = {}
    missing: list[str] = []
    for text in named:
        matches = [row for row in rows if text in (row["credit_code"], row["name"])]
        if len(matches) != 1:
            missing.append(f"{text}（有 {len(matches)} 家同名，请用信用代码）" if matches else text)
        else:
            found[matches[0]["id"]] = matches[0]
    if missing:
        raise KnownError(
            "enterprise_missing", f"没有分配：找不到企业 {'、'.join(missing)}。请核对名称或信用代码。"
        )
    return list(found.values())
