"""Filling the forms of a visit as an officer does, for tests of what comes of it."""

from __future__ import annotations

from typing import Any

from app.domain.clock import to_text
from app.domain.visit import PublishedForm
from app.paths import resources
from app.services import attachments
from app.services.desk import Desk
from forms.filling import Filling
from tests.support.desks import NOW, PARK, Writing

SEND = "visit_three_send"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def fill(filling: Filling, desk: Desk, visit: str) -> None:
    """Everything the form asks for, with one difficulty solved and one to report."""
    answers = {
        "/header/h7_informed": "yes",
        "/operation/a01_status": "normal",
        "/operation/a03_output": "2480.00",
        "/operation/a08_order_trend": "flat",
        "/operation/a10_employees": "141",
        "/operation/a15_safety": "good",
        "/difficulties/b01_has": "some",
        "/suggestions/c01_plans": "none",
        "/financing/d01_need": "none",
        "/planning/d06_delivery": "none",
        "/building/e01_card_posted": "yes",
        "/building/e03_lists_told": "yes",
        "/confirmation/z2_mode": "paper_later",
    }
    for path, value in answers.items():
        filling.set(path, value)
    for number, solved in ((1, "no"), (2, "yes")):
        row = filling.add("/difficulties/b02_problems").added
        assert row == f"/difficulties/b02_problems[{number}]"
        filling.set(f"{row}/b02_category", "08")
        filling.set(f"{row}/b02_subcategory", "0803")
        for name in ("title", "description", "expectation"):
            filling.set(f"{row}/b02_{name}", f"{name} {number}")
        filling.set(f"{row}/b02_solved_here", solved)
        if solved == "yes":
            filling.set(f"{row}/b02_solution", "当场办好")
    for row in filling.rows("/difficulties/b03_followups"):
        filling.set(f"{row}/b03_state", "in_progress")
    signature = attachments.add(desk, visit, PNG, "签名.png", "signature")
    filling.set("/confirmation/z3_signature", signature.id)


def publish_all(desk: Desk) -> None:
    writing = Writing()
    for path in sorted((resources() / "forms").glob("*.md")):
        source = path.read_text("utf-8")
        form = PublishedForm(
            id=f"{path.stem}@2026.1",
            form_id=path.stem,
            version="2026.1",
            title=source.partition("| settings |")[2].splitlines()[2].split("|")[2].strip(),
            source=source,
            published_at=to_text(NOW),
        )
        writing.add(f"ref:{PARK}", PublishedForm.kind, form.id, form.to_body())
    writing.into(desk, [f"ref:{PARK}"])


def fill_send(filling: Filling) -> None:
    for path, value in {
        "/header/h7_informed": "yes",
        "/sending/u1/u1_delivery": "none",
        "/sending/u2/u2_services": ("none",),
        "/sending/u3/u3_factors": ("none",),
        "/relieving/j1/j1_has": "some",
        "/relieving/j3/j3_dispute": "none",
    }.items():
        if path in set(filling.walk()):
            filling.set(path, value)
    row = filling.add("/relieving/j1/j1_problems").added
    for name, value in {
        "category": "08",
        "subcategory": "0803",
        "title": "缺两名焊工",
        "description": "十二月要交货",
        "expectation": "帮着招",
        "solved_here": "no",
    }.items():
        filling.set(f"{row}/j1_{name}", value)
    answer_what_is_missing(filling)


def answer_what_is_missing(filling: Filling) -> None:
    """The rest with whatever may stand there."""
    for _ in range(60):
        missing = filling.finish().required_missing
        if not missing:
            return
        node = filling.node(missing[0])
        value: Any = node.choices[-1].name if node.choices else "12"
        filling.set(missing[0], (value,) if "multiple" in node.item.type else value)
