"""How the issues of a joint meeting shall be assigned, before the one press for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from app.services.issues import ActionForm, Done
from app.services.meetings import AssignDraft, ItemLine


class Drafts:
    """What was said of each item (by id); what nobody spoke of goes as its classification suggests."""

    def __init__(self, department_name: Callable[[str], str]) -> None:
        self._name_of = department_name
        self._said: dict[str, AssignDraft] = {}

    def keep(self, item: ItemLine, values: dict[str, Any]) -> AssignDraft:
        """What the form says of an item."""
        draft = AssignDraft(
            department=values["department"],
            limit_days=int(values["limit_days"]),
            handler=values.get("handler"),
            requirement=values.get("requirement"),
            joint=tuple(values.get("joint", ())),
        )
        self._said[item.id] = draft
        return draft

    def text(self, item: ItemLine) -> str:
        """What stands in the agenda beside an item that waits to be assigned."""
        if not item.assignable or not item.open:
            return ""
        draft = self._said.get(item.id)
        if draft is not None:
            return f"定 {self._name_of(draft.department)} {draft.limit_days} 天"
        return f"拟 {item.department_name} {item.limit_days} 天" if item.department else "还没有定"

    def unsaid(self, items: Sequence[ItemLine]) -> ItemLine | None:
        """The first that neither anybody nor its classification has a department for."""
        return next((item for item in items if item.id not in self._said and not item.department), None)

    def of(self, items: Sequence[ItemLine]) -> dict[str, AssignDraft]:
        """Item id → how."""
        return {
            item.id: self._said.get(item.id) or AssignDraft(item.department, item.limit_days)
            for item in items
        }

    def forget(self, done: Sequence[Done]) -> None:
        """Those that went through."""
        for one in done:
            if not one.problem:
                self._said.pop(one.id, None)

    def into(self, form: ActionForm, item: ItemLine) -> ActionForm:
        """The form with what was said of the item already."""
        draft = self._said.get(item.id)
        if draft is None:
            return form
        said = {
            "department": draft.department,
            "limit_days": draft.limit_days,
            "handler": draft.handler,
            "requirement": draft.requirement,
            "joint": list(draft.joint),
        }
        fields = (replace(one, default=said[one.name]) if said.get(one.name) else one for one in form.fields)
        return replace(form, fields=tuple(fields))
