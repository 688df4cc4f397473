"""走访清单: what is known of an enterprise, then the form for a pen; several make a 当日走访包 with a cover."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from app.printing.blocks import Block, Cell, Row, Space, Table
from app.printing.issue_table import issue_table
from app.printing.models import Checklist, Printed, Seat
from app.printing.page import Book, Running, digest_of
from app.printing.paragraph import Gap, Inline, Span, Tick
from app.printing.pen_form import PenForm
from app.printing.styles import (
    BODY,
    SMALL,
    STRONG,
    TIGHT,
    band,
    body_row,
    head_row,
    inline,
    pairs,
    small,
    text,
    title,
)
from app.printing.wording import day

NAME = "走访清单"
BUNDLE = "当日走访包"


def print_checklists(
    path: Path,
    checklists: Sequence[Checklist],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Printed:
    """Write one PDF with the checklists, each numbered by itself, after a cover when there are several.

    `progress(done, total)` counts pages and may raise to stop: then nothing is written. KnownError where the file
    cannot be written, ValueError for no checklists at all.
    """
    if not checklists:
        raise ValueError("nothing to print")
    several = len(checklists) > 1
    book = Book(BUNDLE if several else _title(checklists[0]))
    laid_out = [(_running(checklist), blocks_of(checklist)) for checklist in checklists]
    if several:
        # The route tells how many sheets belong to each stop, so the checklists are measured first.
        counting = Book("")
        counts = [counting.add(running, blocks) for running, blocks in laid_out]
        book.add(_cover_running(checklists), cover(checklists, counts))
    for running, blocks in laid_out:
        book.add(running, blocks)
    return book.save(path, progress)


def _title(checklist: Checklist) -> str:
    return f"{checklist.enterprise or '空白'} {NAME}"


def _running(checklist: Checklist) -> Running:
    form = checklist.form
    return Running(
        name=f"{NAME}　{checklist.enterprise}" if checklist.enterprise else NAME,
        number=checklist.number,
        form=f"表单 {form.form_id}　版本 {form.version}",
        digest=_digest(checklist),
        notice=checklist.notice,
        bookmark=_title(checklist),
    )


def _digest(checklist: Checklist) -> str:
    """Changes whenever the sheet would say something else."""
    known = [
        checklist.enterprise, checklist.credit_code, day(checklist.date), checklist.officer,
        [list(row) for row in checklist.profile], dict(checklist.prefilled), dict(checklist.previous),
        [[issue.number, issue.state] for issue in checklist.open_issues],
    ]  # fmt: skip
    content = json.dumps(known, ensure_ascii=False, sort_keys=True)
    return digest_of(checklist.number, checklist.form.form_id, checklist.form.version, content)


# ---- the cover


def _cover_running(checklists: Sequence[Checklist]) -> Running:
    numbers = [checklist.number for checklist in checklists]
    return Running(name=BUNDLE, digest=digest_of(*numbers), notice=checklists[0].notice, bookmark="封面")


def cover(checklists: Sequence[Checklist], pages: Sequence[int]) -> list[Block]:
    """The day's route: where to go, with how many sheets, and how many issues to ask after."""
    days = sorted({c.date for c in checklists if c.date is not None})
    officers = list(dict.fromkeys(c.officer for c in checklists if c.officer))
    issues = sum(len(c.open_issues) for c in checklists)
    when = day(days[0]) if len(days) == 1 else "、".join(day(d) for d in days)
    facts = [
        ("走访日期", when),
        ("走访人", "、".join(officers)),
        ("走访企业", f"{len(checklists)} 家"),
        ("清单页数", f"{sum(pages)} 页"),
        ("未结诉求", f"{issues} 件"),
        ("表单", "、".join(dict.fromkeys(c.form.title for c in checklists))),
    ]
    shares = [0.07, 0.11, 0.34, 0.26, 0.11, 0.11]
    labels = ["序号", "时间", "企业", "地址", "未结诉求", "页数"]
    rows = []
    for number, (checklist, count) in enumerate(zip(checklists, pages, strict=True), start=1):
        named = (Span(checklist.enterprise or "（空白清单）", BODY), Span("\n" + checklist.number, SMALL))
        contents = [
            text(str(number), BODY, TIGHT, "center"), text(checklist.time, BODY, TIGHT, "center"), inline(named),
            text(checklist.address), text(str(len(checklist.open_issues)), BODY, TIGHT, "center"),
            text(str(count), BODY, TIGHT, "center"),
        ]  # fmt: skip
        rows.append(body_row(list(zip(contents, shares, strict=True)), least=34))
    return [
        title(BUNDLE),
        Space(10),
        *pairs(facts),
        Space(12),
        band("走访路线"),
        Table((head_row(list(zip(labels, shares, strict=True))),), tuple(rows)),
    ]


# ---- one checklist


def blocks_of(checklist: Checklist) -> list[Block]:
    """A checklist from its title to the last question."""
    blocks: list[Block] = [title(checklist.form.title), Space(4)]
    if checklist.notice:
        blocks += [_notice(checklist.notice), Space(8)]
    blocks += _head(checklist)
    blocks += _seats(checklist.seats)
    blocks += _issues(checklist)
    blocks += _figures(checklist)
    blocks += _policies(checklist)
    blocks += [Space(12), _howto(), Space(4)]
    form = PenForm(checklist.form, checklist.prefilled, checklist.previous, checklist.left_out)
    return [*blocks, *form.blocks()]


def _notice(notice: str) -> Block:
    return Row((Cell(text(notice, STRONG, 16, "center"), 1.0),), keep_with_next=True)


def _head(checklist: Checklist) -> list[Block]:
    blank_day = "　　　　年　　月　　日"
    facts = [
        ("企业名称", checklist.enterprise),
        ("信用代码", checklist.credit_code),
        ("走访日期", day(checklist.date) or blank_day),
        ("走访人", checklist.officer),
        ("地址", checklist.address),
    ]
    return [*pairs([*facts, *checklist.profile])]


def _seats(seats: Sequence[Seat]) -> list[Block]:
    if not seats:
        return []
    vacant = sum(not seat.holder for seat in seats)
    shares = [0.28, 0.22, 0.28, 0.22]
    rows = []
    for seat in seats:
        holder = text(seat.holder) if seat.holder else text("缺位", STRONG)
        rows.append(body_row(list(zip([seat.title, holder, seat.unit, seat.phone], shares, strict=True))))
    heads = list(zip(["席位", "姓名", "单位", "电话"], shares, strict=True))
    quiet = f"缺位 {vacant} 个" if vacant else "无缺位"
    return [Space(8), band("五位一体包保", quiet), Table((head_row(heads),), tuple(rows))]


def _issues(checklist: Checklist) -> list[Block]:
    if not checklist.enterprise:
        return []
    if not checklist.open_issues:
        return [Space(8), band("未结诉求"), body_row([("没有未结的诉求。", 1.0)])]
    quiet = f"共 {len(checklist.open_issues)} 件，请当面问一问办得怎样"
    return [Space(8), band("未结诉求", quiet), issue_table(checklist.open_issues)]


def _figures(checklist: Checklist) -> list[Block]:
    if not checklist.key_figures:
        return []
    when = f"上次走访：{day(checklist.last_visit)}" if checklist.last_visit else ""
    rows = pairs([(figure.label, figure.value) for figure in checklist.key_figures])
    return [Space(8), band("上次主要数据", when), *rows]


def _policies(checklist: Checklist) -> list[Block]:
    if not checklist.policies:
        return []
    blocks: list[Block] = [Space(8), band("本次携带的政策", "送达后打勾")]
    for policy in checklist.policies:
        parts: tuple[Inline, ...] = (Tick(9), Gap(4), Span(policy.title, BODY))
        if policy.number:
            parts += (Span(f"（{policy.number}）", SMALL),)
        if policy.note:
            parts += (Span("　" + policy.note, SMALL),)
        blocks.append(Row((Cell(inline(parts), 1.0),), least=20))
    return blocks


def _howto() -> Block:
    words = "★ 为必填；在方框内打勾；“若……”的题只在符合时填写；金额单位见格内。写不下可另附页，并注明题号。"
    return small(words)
