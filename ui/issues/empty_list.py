"""What stands in the place of a list of issues without a row: why, and what to do."""

from __future__ import annotations

from app.domain.people import Role


def nothing_here(roles: frozenset[Role], *, narrow: bool, elsewhere: bool) -> str:
    """`narrow`: filters leave things out; `elsewhere`: other groups have rows."""
    if narrow:
        return "没有符合筛选的诉求。点「清除筛选」看全部。"
    if elsewhere:
        return "这一栏没有诉求。"
    if roles & {Role.COORDINATOR, Role.LEADER}:
        return "还没有诉求。联络员走访后上报的诉求，同步后出现在这里。"
    if Role.HANDLER in roles:
        return "还没有交给本部门的诉求。协调员交办后，同步一次（F5）就会出现。"
    if Role.REVISITOR in roles:
        return "还没有要回访的诉求。部门办结、协调员核实后，同步一次（F5）就会出现。"
    return (
        "还没有诉求。走访时在「二问 困难问题」里登记的困难，完成走访后就成为诉求，在这里跟到办结。"
        "不在走访里的，点「登记诉求」。"
    )
