"""The papers of a case: 委托书 and 续办委托书, 办结单, 终止单 (domain.md §2.4; the paper is what counts, §3.7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.printing.blocks import Block, Cell, Frame, Row, Space, Table
from app.printing.models import Printed
from app.printing.page import Book, Running, digest_of
from app.printing.paragraph import Gap, Inline, Paragraph, Setting, Span, Tick, Unbroken
from app.printing.pen_cells import SIGN_HEIGHT, Signing
from app.printing.styles import (
    BODY,
    LABEL,
    LABEL_SHARE,
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

COMMISSION: Final = "代办委托书"
RENEWAL: Final = "续办委托书"
SETTLEMENT: Final = "代办办结单"
TERMINATION: Final = "代办终止单"
_MATERIALS: Final = (
    ("序号", 0.08),
    ("材料名称", 0.40),
    ("份数", 0.09),
    ("原件", 0.09),
    ("收到", 0.17),
    ("归还", 0.17),
)
_STEPS: Final = (("序号", 0.08), ("事项", 0.32), ("主办部门", 0.27), ("结果", 0.33))
_DUTIES: Final = (
    "委托自愿，代办无偿；法律、法规规定的费用由企业自行缴纳。",
    "企业仍是申报主体，对所交材料的真实性、合法性、完整性负责。",
    "代办单位按委托权限递交、补正、领取，妥善保管材料，原件用完归还，不向他人泄露企业信息。",
    "涉密、涉及安全的事项不在委托之内。需要企业本人到场的，代办单位提前告知并陪同。",
    "企业可以随时撤回委托；撤回、终止时，材料按交接清单归还。",
)
_BLANK_ROWS = 5


@dataclass(frozen=True, slots=True)
class PaperMaterial:
    """A row of the hand-over list."""

    name: str
    copies: int
    original: bool
    handed: str = ""
    returned: str = ""


@dataclass(frozen=True, slots=True)
class PaperStep:
    """A matter with its department and, at the end, what came of it."""

    name: str
    department: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyPaper:
    """One paper of a case. `kind` is one of the four names above; what is empty is left for the pen or left out."""

    kind: str
    number: str
    case_title: str
    enterprise: str
    credit_code: str
    office: str
    agents: str = ""
    until: dt.date | None = None
    powers: Sequence[tuple[str, bool]] = ()
    """(word, ticked)."""
    facts: Sequence[tuple[str, str]] = ()
    steps: Sequence[PaperStep] = ()
    materials: Sequence[PaperMaterial] = ()
    text: str = ""
    """办结说明, or why it ended."""
    made: dt.date


def print_agency_paper(path: Path, paper: AgencyPaper) -> Printed:
    """Write the paper as a PDF. KnownError where the file cannot be written."""
    book = Book(f"{paper.enterprise} {paper.kind}")
    told = [f"{step.name}{step.result}" for step in paper.steps] + [
        f"{row.name}{row.copies}{row.original}{row.returned}" for row in paper.materials
    ]
    running = Running(
        name=f"{paper.kind}　{paper.case_title}",
        number=paper.number,
        form=f"{day(paper.made)}制表",
        digest=digest_of(paper.kind, paper.number, paper.agents, paper.text, *told),
    )
    book.add(running, _blocks(paper))
    return book.save(path)


def _blocks(paper: AgencyPaper) -> list[Block]:
    giving = paper.kind in (COMMISSION, RENEWAL)
    head = [("委托企业", paper.enterprise), ("信用代码", paper.credit_code)]
    if giving:
        head.append(("法定代表人", ""))
    head += [("受托单位", paper.office), ("代办员", paper.agents), *paper.facts]
    if giving:
        head.append(("委托期限", f"到 {day(paper.until)} 止" if paper.until else ""))
    blocks: list[Block] = [title(paper.kind), Space(4), *pairs(head)]
    if paper.powers:
        blocks.append(_powers(paper.powers))
    blocks += [Space(8), band("代办事项", f"共 {len(paper.steps)} 项"), _steps(paper)]
    blocks += [Space(8), band("材料交接清单", f"共 {len(paper.materials)} 份" if paper.materials else "")]
    blocks.append(_materials(paper.materials, blank=giving))
    if paper.text:
        blocks += [Space(8), band("说明"), body_row([(paper.text, 1.0)])]
    if giving:
        blocks += [Space(8), band("双方责任"), Space(2)]
        blocks += [_duty(f"{place}. {line}") for place, line in enumerate(_DUTIES, start=1)]
    blocks += [Space(8), _signing(), Space(4)]
    blocks.append(small("签字、盖章后拍照或扫描，添加到这件代办里。纸质原件双方各存一份。"))
    return blocks


def _powers(powers: Sequence[tuple[str, bool]]) -> Row:
    parts: list[Inline] = []
    for place, (word, ticked) in enumerate(powers):
        if place:
            parts.append(Gap(16))
        parts.append(Unbroken((Tick(9.0, ticked), Gap(4), Span(word, BODY))))
    return Row(
        (Cell(text("委托权限", LABEL), LABEL_SHARE), Cell(inline(tuple(parts)), 1 - LABEL_SHARE)), least=22
    )


def _steps(paper: AgencyPaper) -> Block:
    rows = []
    for place, step in enumerate(paper.steps, start=1):
        cells = (_middle(str(place)), step.name, step.department or "—", step.result)
        rows.append(body_row(list(zip(cells, (share for _, share in _STEPS), strict=True))))
    return Table((head_row(list(_STEPS)),), tuple(rows))


def _materials(materials: Sequence[PaperMaterial], *, blank: bool) -> Block:
    if not materials and not blank:
        return body_row([("没有交接材料。", 1.0)])
    shares = [share for _, share in _MATERIALS]
    rows = []
    for place, row in enumerate(materials, start=1):
        cells = (
            *(_middle(str(place)), row.name, _middle(str(row.copies)), _middle("是" if row.original else "")),
            *(_middle(row.handed), _middle(row.returned)),
        )
        rows.append(body_row(list(zip(cells, shares, strict=True))))
    empty = range(len(materials), max(len(materials) + 2, _BLANK_ROWS)) if blank else range(0)
    for place in empty:
        rows.append(
            body_row(list(zip((_middle(str(place + 1)), "", "", "", "", ""), shares, strict=True)), 24)
        )
    return Table((head_row(list(_MATERIALS)),), tuple(rows))


def _middle(content: str) -> Paragraph:
    return text(content, BODY, TIGHT, "center")


def _duty(line: str) -> Paragraph:
    return Paragraph((Span(line, BODY),), Setting(17, "left"))


def _signing() -> Row:
    """Both sides beside each other, with room for a seal."""
    words = ("委托企业（签字、盖章）", "受托单位代办员（签字、盖章）")
    return Row(
        tuple(Cell(Frame(SIGN_HEIGHT + 18, Signing(word)), 0.5, None, False) for word in words), above=5
    )
