"""年度目标 on a laptop of somebody who works park-wide: how far each is, by what was entered or by its figure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app.domain import buckets
from app.domain.documents import same_value
from app.domain.figures import PARK, REGISTRY, Days, Figure, Period
from app.domain.figures.definition import Look, rounded
from app.domain.ids import new_id
from app.domain.people import Role
from app.domain.target import COURSE_NAMES, Bar, Course, Target, TargetState, bar_of
from app.figures import figure_texts
from app.services import words
from app.services.activities_page import TARGETS, ActivityLine, ActivityPage, PartLine, missing, trail_lines
from app.services.desk import Desk
from app.services.figures import gather

_TONES = {
    Course.REACHED: "green",
    Course.RUNNING: "blue",
    Course.ON_COURSE: "blue",
    Course.BEHIND: "yellow",
    Course.UNKNOWN: "grey",
}


def target_of(desk: Desk, id: str) -> Target:
    """KnownError where it is not on this laptop."""
    document = desk.store.get(Target.kind, id)
    if document is None:
        raise missing()
    return Target.of(document)


def counted(desk: Desk, targets: Sequence[Target]) -> dict[str, Decimal]:
    """Target → its figure for the whole park and its year so far; those entered by hand are left out, and those with
    nothing to divide by."""
    wanted = [one for one in targets if one.figure in REGISTRY and one.state is TargetState.RUNNING]
    if not wanted:
        return {}
    rows, days = gather(desk), Days(desk.calendar)
    found: dict[str, Decimal] = {}
    for one in wanted:
        definition = REGISTRY[one.figure or ""]
        period = Period.parse(str(one.year))
        look = Look(rows.within(PARK), period, desk.clock(), days, PARK, rows)
        exact = Figure(definition, definition.function(look), period, PARK).exact
        if exact is not None:
            found[one.id] = Decimal(rounded(exact))
    return found


def _done(target: Target, figures: dict[str, Decimal]) -> Decimal | None:
    if target.figure is not None:
        return figures.get(target.id)
    entered = target.entered()
    return Decimal(entered.done) if entered else None


def amount(value: Decimal | None) -> str:
    """Without noughts at the end; 「—」 of nothing."""
    if value is None:
        return "—"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def listing(desk: Desk) -> list[ActivityLine]:
    """All targets, this year's first, in the order they were set."""
    targets = [Target.of(one) for one in desk.store.of_kind(Target.kind)]
    targets.sort(key=lambda one: (-one.year, one.trail[0].at if one.trail else "", one.id))
    figures = counted(desk, targets)
    return [_line(one, bar_of(one, _done(one, figures), desk.today)) for one in targets]


def _line(target: Target, bar: Bar) -> ActivityLine:
    tone, word = _TONES[bar.course], COURSE_NAMES[bar.course]
    if target.state is TargetState.WITHDRAWN:
        tone, word = "grey", "已撤销"
    percent = f"{amount(bar.done)} / {target.planned} {target.unit}"
    charge = "，".join(part for part in (target.department_name, target.person_name) if part)
    return ActivityLine(
        target.id, TARGETS, tone, word, target.indicator, (f"{target.year} 年", percent, "", charge),
        over=target.state is TargetState.WITHDRAWN, share=bar.share, mark=bar.mark,
    )  # fmt: skip


def page(desk: Desk, id: str) -> ActivityPage:
    """One target whole. KnownError where it is not on this laptop."""
    target = target_of(desk, id)
    figures = counted(desk, [target])
    bar = bar_of(target, _done(target, figures), desk.today)
    keeps = Role.COORDINATOR in desk.signed_in().actor.roles and target.state is TargetState.RUNNING
    actions: tuple[tuple[str, str], ...] = ()
    if keeps:
        enter = () if target.figure else (("target.progress", "填进度"),)
        actions = (*enter, ("target.edit", "改"), ("target.withdraw", "撤销"))
    source = f"统计自动取数：{figure_name(target.figure)}" if target.figure else "填报"
    quarters = "、".join(
        f"{name}季度末 {one}" for name, one in zip("一二三四", target.quarters, strict=False)
    )
    facts = (
        ("全年目标", f"{target.planned} {target.unit}"), ("季度累计", quarters),
        ("完成", f"{amount(bar.done)} {target.unit}"),
        ("到现在应有", f"{amount(bar.wanted)} {target.unit}" if bar.wanted is not None else ""),
        ("进度", source), ("责任部门", target.department_name or ""), ("责任人", target.person_name or ""),
        ("撤销原因", target.reason or ""),
    )  # fmt: skip
    lines = tuple(
        PartLine(
            one.id, f"{words.day_of_text(one.day)} 累计 {one.done} {target.unit}",
            "，".join(part for part in (one.text, one.person_name) if part),
            "grey" if one.struck else "blue", "已划去" if one.struck else "进度",
            (("target.strike", "划去"),) if keeps and not one.struck else (),
        )
        for one in sorted(target.entries, key=lambda one: (one.day, one.at), reverse=True)
    )  # fmt: skip
    return ActivityPage(
        id, TARGETS, _line(target, bar), tuple((name, value) for name, value in facts if value), actions, (),
        (("填过的进度", lines),) if lines else (), trail_lines(target.trail),
    )  # fmt: skip


def figure_name(id: str | None) -> str:
    """`R20 开工项目数`; the id alone where this program does not know it."""
    text = figure_texts().of.get(id or "")
    return f"{id} {text.name}" if text else id or ""


def set_target(desk: Desk, args: dict[str, object]) -> str:
    """A new target; returns its id. Refusal says what is wrong."""
    id = new_id()
    desk.make(desk.change("target.set", _bucket(desk), Target.kind, id, args))
    return id


def act(desk: Desk, id: str, action: str, args: dict[str, object]) -> None:
    """One of the target's moves; an edit with the fields as they shall be."""
    if action == "target.edit":
        body = target_of(desk, id).to_body()
        fields = {
            name: [body.get(name), value]
            for name, value in args.items()
            if not same_value(body.get(name), value)
        }
        if not fields:
            return
        args = {"fields": fields}
    desk.make(desk.change(action, _bucket(desk), Target.kind, id, args))


def _bucket(desk: Desk) -> str:
    return buckets.meetings(desk.signed_in().park)


__all__ = ["act", "counted", "figure_name", "listing", "page", "set_target", "target_of"]
