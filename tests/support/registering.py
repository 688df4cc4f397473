"""Registers for tests: a new one as an office would write it, and the built-in ones filled."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.domain import buckets
from app.domain.clock import to_text
from app.domain.visit import PublishedForm
from app.services import registers
from app.services.desk import Desk
from forms.filling import Filling
from tests.support.desks import NOW, PARK, Writing

PARKING = """
| survey |
| | type | name | label | unit | required | register |
| | begin group | header | 表头 | | | |
| | date | h3_date | 登记日期 | | | |
| | end group | | | | | |
| | begin group | main | 车位 | | | |
| | text | title | 车位说明 | | yes | yes |
| | integer | places | 车位数 | 个 | yes | yes |
| | decimal | fee | 年租金 | 万元 | | sum |
| | select_one kind | kind | 种类 | | yes | yes |
| | image | photo | 照片 | | | |
| | end group | | | | | |

| choices |
| | list_name | name | label |
| | kind | ground | 地面 |
| | kind | covered | 室内 |

| settings |
| | form_title | form_id | version | instance_name | register |
| | 停车位台账 | parking | {version} | concat(${{title}}, '') | yes |
"""


def publish(desk: Desk, version: str = "1", source: str = PARKING) -> None:
    """A new register, as it comes from the centre."""
    text = source.format(version=version)
    form = PublishedForm(
        id=f"parking@{version}",
        form_id="parking",
        version=version,
        title="停车位台账",
        source=text,
        published_at=to_text(NOW.replace(minute=int(version))),
    )
    writing = Writing()
    for document in desk.store.in_bucket(buckets.reference(PARK)):
        writing.add(document.bucket, document.kind, document.id, document.body)
    writing.add(buckets.reference(PARK), PublishedForm.kind, form.id, form.to_body())
    writing.into(desk, [buckets.reference(PARK)])


def answer(filling: Filling, answers: Mapping[str, Any]) -> None:
    """`+/rows` adds a row with these answers; what is missing then is answered with whatever may stand there."""
    for path, value in answers.items():
        if path.startswith("+"):
            row = filling.add(path[1:]).added
            for name, inner in dict(value).items():
                filling.set(f"{row}/{name}", inner)
        else:
            filling.set(path, value)
    for _ in range(80):
        missing = filling.finish().required_missing
        if not missing:
            return
        node = filling.node(missing[0])
        kind = node.item.type
        if kind == "note":
            raise AssertionError(f"{missing[0]}: {node.label}")
        fitting: Any = node.choices[0].name if node.choices else "甲"
        fitting = {"date": "2026-11-22", "integer": 12, "decimal": Decimal(12)}.get(kind, fitting)
        filling.set(missing[0], (fitting,) if "multiple" in kind else fitting)


def file_entry(desk: Desk, form_id: str, enterprise: str, answers: Mapping[str, Any]) -> str:
    """Fill a register's form and hand it in; the entry's id."""
    draft = registers.start(desk, form_id, enterprise)
    opened = registers.open_filling(desk, draft)
    answer(opened.filling, answers)
    registers.save(desk, draft, opened.filling.save(), opened.tables)
    return registers.submit(desk, draft, opened.filling)


def parking(title: str = "北门", places: int = 20, fee: str = "1.5", kind: str = "ground") -> dict[str, Any]:
    return {
        "/header/h3_date": "2026-11-20",
        "/main/title": title,
        "/main/places": places,
        "/main/fee": fee,
        "/main/kind": kind,
    }


FINANCING = {"/need/l01_amount": "500", "/need/l04_needed_by": "2026-12-20", "/security/l08_has": "none",
             "/security/l06_offers": ("credit",), "/header/h7_informed": "yes",
             "/header/h3_date": "2026-11-02",
             "/finances/l12_arrears": "none", "/target/l14_authorized": "yes", "/progress/stage": "registered"}  # fmt: skip
CLAIM = {"/header/h7_informed": "yes", "/policy/y01_listed": "no", "/policy/y01_title": "首次入规奖励",
         "/policy/y04_local": "no", "/policy/y02_way": "on_request", "/policy/y05_due": "20",
         "/header/h3_date": "2026-11-02", "/progress/eligibility": "fits", "/progress/hold": "none",
         "+/materials/y08_materials": {"y08_name": "申报表", "y08_have": "have"}}  # fmt: skip
YIELD = {"/header/h7_informed": "yes", "/figures/x01_year": 2025, "/figures/x02_by": "mu", "/figures/x02_mu": "50",
         "/figures/x03_floor_area": "30000", "/figures/x04_tax": "1000", "/figures/x05_investment": "22000",
         "/figures/x06_output": "26000", "/figures/x14_rated": "rated", "/figures/x07_added_value": "6000",
         "/figures/x08_energy": "3000", "/figures/x09_emission": "10", "/figures/x10_employees": 120,
         "/figures/x11_research": "800", "/figures/x12_main_revenue": "25000",
         "/figures/x13_electricity": "300"}  # fmt: skip
INTEGRITY = {"/header/h3_date": "2026-11-20", "/commitment/k0_read": "OK", "/commitment/k0_signature": "sign", "/check/k1_meal": "no", "/check/k3_ride": "no", "/check/k4_gift": "no",
             "/check/k5_request": "no", "/check/k6_interest": "none", "/check/k7_leak": "no",
             "/check/k8_reported": "not_needed"}  # fmt: skip

COVENANT = {
    "/header/h7_informed": "yes", "/header/h3_date": "2026-11-02", "/purpose/purpose_kind": "register",
    "/agreement/v01_title": "年产五千吨项目投资合同", "/agreement/v01_signed": "2023-03-01",
    "/agreement/v02_total": "21000", "/agreement/v02_fixed": "16800",
    "/agreement/v03_start": "2023-06-30", "/agreement/v03_completion": "2024-12-31",
    "/agreement/v03_production": "2025-03-31", "/agreement/v03_capacity": "2026-06-30",
    "/government/v05_has": "some",
    "+/terms/v04_indicators": {
        "v04_indicator": "tax_per_mu", "v04_promised": "30", "v04_year": 2026, "v04_weight": "100",
    },
    "+/government/v05_promises": {
        "v05_item": "接通蒸汽", "v05_department": "园区管委会", "v05_due": "2026-10-31", "v05_done": "no",
    },
}  # fmt: skip
CHECKED = {
    "/purpose/purpose_kind": "check", "/period/check_half": "second",
    "/terms/v04_indicators[1]/check_actual": "27", "/terms/v04_indicators[1]/check_source": "tax",
}  # fmt: skip
