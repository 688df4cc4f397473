"""What is done to an enterprise besides field edits: a part taken off, the real credit code taken on."""

from __future__ import annotations

from pydantic import BaseModel

from app.domain import credit_code
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import PARTS, Seat
from app.domain.people import Role

_REMOVABLE = frozenset(part.kind for part in PARTS) - {Seat.kind}


class TakeCode(BaseModel):
    """args of `enterprise.take_code`."""

    credit_code: str
    seen: str
    """The code its author saw: the temporary one."""


@change_function("part.remove", Role.OFFICER, Role.COORDINATOR, Role.ADMIN)
def remove(documents: Documents, change: Change, context: Context) -> Outcome:
    """Take off a contact, a tag, a track or a parcel. A seat is not taken off but left vacant."""
    kind, id = change.doc
    if kind not in _REMOVABLE:
        raise Refusal("not_removable", "这一项不能删除。席位空缺时把姓名清空即可。", kind=kind)
    need(documents, kind, id)
    return Outcome((Write(kind, id, None),))


@change_function("enterprise.take_code", Role.OFFICER, Role.COORDINATOR, Role.ADMIN)
def take_code(documents: Documents, change: Change, context: Context) -> Outcome:
    """An enterprise that was entered under a temporary code has its real one now (domain.md §3.1).

    Where the centre already knows an enterprise under that code, the coordinator merges the two instead.
    """
    args = TakeCode.model_validate(change.args)
    enterprise = Enterprise.of(need(documents, *change.doc))
    code = credit_code.normalise(args.credit_code)
    if enterprise.credit_code == code:
        return Outcome()
    if not credit_code.is_temporary(enterprise.credit_code):
        raise Refusal("has_code", "这家企业已有正式的信用代码。写错了的请直接改资料。", field="credit_code")
    if args.seen != enterprise.credit_code:
        raise Refusal("code_moved", "临时码已被别人改过，请刷新后再看。", field="credit_code")
    problem = credit_code.check(code)
    if problem is not None:
        raise Refusal(problem.code, problem.text, field="credit_code")
    enterprise.former_code = enterprise.credit_code
    enterprise.credit_code = code
    return Outcome((Write(Enterprise.kind, enterprise.id, enterprise.to_body()),))
