"""What is done to an enterprise besides field edits: entered by hand, confirmed, given its real code, merged, a part taken
off."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain import buckets, credit_code
from app.domain.changes.assignments import both, shown
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import beijing_date
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.enterprise_parts import PARTS, Seat
from app.domain.ids import derived_id
from app.domain.people import Assignment, Role
from app.domain.similar import similar

_REMOVABLE = frozenset(part.kind for part in PARTS) - {Seat.kind}
MERGE = "enterprise.merge"
ENTER = "enterprise.enter"


class Enter(BaseModel):
    """args of `enterprise.enter`: what an officer knows of it on the spot."""

    temporary_code: str
    name: str = Field(min_length=2, max_length=120)
    address: str | None = None
    industry: str | None = None
    region: str | None = None
    employees: int | None = Field(default=None, ge=0)


class TakeCode(BaseModel):
    """args of `enterprise.take_code`."""

    credit_code: str
    seen: str
    """The code its author saw: the temporary one."""


class Merge(BaseModel):
    """args of `enterprise.merge`: the enterprise that stays. `keep`: who looked after the temporary one looks after it
    too, where somebody else does already."""

    into: str
    keep: bool = False


@change_function(ENTER, Role.OFFICER)
def enter(documents: Documents, change: Change, context: Context) -> Outcome:
    """An officer finds an enterprise nobody has entered: under a temporary code, his own from now on.

    Nothing about it stands anywhere yet, so nothing of anybody's is opened by this. The coordinator looks at it
    (`enterprise.confirm`) or merges it into one that was there (`enterprise.merge`).
    """
    args = Enter.model_validate(change.args)
    kind, id = change.doc
    if kind != Enterprise.kind or change.bucket != buckets.of_enterprise(id):
        raise Refusal("wrong_bucket", "记录和它的归属对不上，请重试；仍不行请联系管理员。")
    if documents.get(kind, id) is not None:
        raise Refusal("exists", "这条记录已经存在，请打开它再改。", kind=kind, id=id)
    if not credit_code.is_temporary(args.temporary_code):
        raise Refusal(
            "temporary_code",
            "手工登记的企业先用临时码；有执照的，登记后点「补信用代码」。",
            field="temporary_code",
        )
    others = [(one.id, one.name) for one in context.enterprises() if one.id != id]
    enterprise = Enterprise(
        id=id,
        credit_code=args.temporary_code,
        **args.model_dump(exclude={"temporary_code"}),
        officer_name=context.actor.name,
        unconfirmed=True,
        entered_by=context.actor.person,
        entered_by_name=context.actor.name,
        # Their ids alone: whose they are and how they are called is for those who may see them.
        maybe_same=[other for other, _, _ in similar(args.name, others)] or None,
    )
    assignment = Assignment(
        id=derived_id(change.mid, "assignment"),
        enterprise=id,
        enterprise_name=enterprise.name,
        person=context.actor.person,
        person_name=context.actor.name,
        since=beijing_date(context.now).isoformat(),
    )
    enterprise.people = [shown(assignment)]
    return Outcome((Write(kind, id, enterprise.to_body()), *both(assignment)))


@change_function("enterprise.confirm", Role.COORDINATOR, Role.ADMIN)
def confirm(documents: Documents, change: Change, context: Context) -> Outcome:
    """The coordinator has looked at an enterprise that was entered by hand: it is one of the park's."""
    enterprise = Enterprise.of(need(documents, *change.doc))
    if not enterprise.unconfirmed:
        return Outcome()
    enterprise.unconfirmed = enterprise.maybe_same = None
    return Outcome((Write(Enterprise.kind, enterprise.id, enterprise.to_body()),))


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
    not_taken(enterprise.id, code, context)
    enterprise.former_code = enterprise.credit_code
    enterprise.credit_code = code
    return Outcome((Write(Enterprise.kind, enterprise.id, enterprise.to_body()),))


def not_taken(id: str, code: str, context: Context) -> None:
    """Raise Refusal where another enterprise known here has this code. An import matches its rows by itself."""
    if Role.ADMIN in context.actor.roles or credit_code.is_temporary(code):
        return
    if any(one.credit_code == code and one.id != id for one in context.enterprises()):
        raise Refusal(
            "code_known",
            "这个信用代码已有一家企业在用，多半是同一家。请联系协调员把两家合并。",
            field="credit_code",
        )


@change_function(MERGE, Role.COORDINATOR, Role.ADMIN)
def merge(documents: Documents, change: Change, context: Context) -> Outcome:
    """An enterprise under a temporary code is the same as one that has its own: everything goes over to that.

    Here it is marked only; the centre moves what stands under it in the same transaction (`sync/server/merging.py`).
    """
    args = Merge.model_validate(change.args)
    enterprise = Enterprise.of(need(documents, *change.doc))
    if not credit_code.is_temporary(enterprise.credit_code):
        raise Refusal("has_code", "只有临时码的企业才能并入别家；这家已有正式的信用代码。", field="into")
    if args.into == enterprise.id:
        raise Refusal("merge_self", "不能并入自己，请另选一家。", field="into")
    known = [one for one in context.enterprises() if one.id == args.into]
    if not known:
        raise Refusal("missing", "要并入的企业在中心已不存在，请刷新后再选。", field="into")
    if credit_code.is_temporary(known[0].credit_code):
        raise Refusal("merge_temporary", "要并入的企业也还是临时码。请先给它补上信用代码。", field="into")
    enterprise.merging_into = args.into
    return Outcome((Write(Enterprise.kind, enterprise.id, enterprise.to_body()),))
