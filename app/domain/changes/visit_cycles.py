"""How often enterprises are visited (走访周期, domain.md §1, 05 and 07), set by a coordinator for several of them at once.

Whoever holds an enterprise alters the field itself (`patch`); a coordinator has most of them as light rows only, so he
orders it in his own bucket and the centre does it in the same transaction, for all of them or for none.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.domain import buckets
from app.domain.changes.base import Change, Context, Outcome, Refusal, Write, change_function, need
from app.domain.clock import to_text
from app.domain.documents import Documents
from app.domain.enterprise import Enterprise
from app.domain.ids import derived_id
from app.domain.people import Role
from app.domain.visit import Cycle

CYCLE_ORDER = "visit_cycle.order"
CYCLE_ORDER_KIND = "visit_cycle_order"
SET_CYCLE = "enterprise.cycle"


class SetCycle(BaseModel):
    """args of `enterprise.cycle`."""

    cycle: Cycle


class CycleOne(SetCycle):
    """One enterprise of an order."""

    enterprise: str = Field(max_length=100)


class CycleOrder(BaseModel):
    """args of `visit_cycle.order`."""

    cycles: list[CycleOne] = Field(min_length=1, max_length=500)


@change_function(SET_CYCLE, Role.COORDINATOR, Role.ADMIN)
def set_cycle(documents: Documents, change: Change, context: Context) -> Outcome:
    """The enterprise is visited once in each of these from now on."""
    args = SetCycle.model_validate(change.args)
    enterprise = Enterprise.of(need(documents, *change.doc))
    if enterprise.visit_cycle == args.cycle.value:
        return Outcome()
    enterprise.visit_cycle = args.cycle.value
    return Outcome((Write(Enterprise.kind, enterprise.id, enterprise.to_body()),))


@change_function(CYCLE_ORDER, Role.COORDINATOR, Role.ADMIN)
def order(_documents: Documents, change: Change, context: Context) -> Outcome:
    """Written down in the coordinator's own bucket; what follows from it is `cycles_of`."""
    args = CycleOrder.model_validate(change.args)
    if change.bucket != buckets.of_person(context.actor.person) or change.doc[0] != CYCLE_ORDER_KIND:
        raise Refusal("wrong_bucket", "记录和它的归属对不上，请重试；仍不行请联系管理员。")
    body = {"id": change.doc[1], "at": to_text(context.now), **args.model_dump(mode="json")}
    return Outcome((Write(CYCLE_ORDER_KIND, change.doc[1], body),))


def cycles_of(change: Change) -> list[Change]:
    """What a `visit_cycle.order` comes to, enterprise by enterprise."""
    args = CycleOrder.model_validate(change.args)
    return [
        Change(
            mid=derived_id(change.mid, f"order:{number}"),
            name=SET_CYCLE,
            bucket=buckets.of_enterprise(one.enterprise),
            doc=(Enterprise.kind, one.enterprise),
            args={"cycle": one.cycle.value},
            at=change.at,
        )
        for number, one in enumerate(args.cycles)
    ]
