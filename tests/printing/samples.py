"""A form and an enterprise to print, with whatever is awkward on paper."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

from app.printing.models import Checklist, KeyFigure, OpenIssue, PolicyToBring, Seat
from forms.definition import Form
from forms.workbook import read_form

RARE = "龚䶮、李𬭛、王㛃"
LONG_NAME = "萍乡市湘东区𬭛源特种电瓷与先进陶瓷新材料科技股份有限公司（原区属第二电瓷厂）"


@cache
def visit_form() -> Form:
    """The built-in 三问三帮三建 form."""
    reading = read_form(Path(__file__).parents[2] / "resources" / "forms" / "visit_three.md")
    assert reading.form is not None, reading.problems
    return reading.form


def checklist(form: Form | None = None, **changes: Any) -> Checklist:
    known: dict[str, Any] = {
        "number": "V-2026-11-0001",
        "form": form or visit_form(),
        "enterprise": LONG_NAME,
        "credit_code": "91360313MA35KX1234",
        "address": "江西省萍乡市湘东区产业园标准厂房 3 栋 2 楼（西门进，货车走北门）",
        "date": dt.date(2026, 11, 23),
        "time": "9:30",
        "officer": RARE,
        "profile": [
            ("行业", "C3073 特种陶瓷制品制造"), ("规模", "小型（规上）"), ("法定代表人", "龚䶮"), ("联系人", "陈敏 办公室主任"),
            ("标签", "规上工业、专精特新、高新技术企业（2027年10月到期，请提前三个月提醒复核并准备材料）"),
        ],
        "seats": [
            Seat("县级帮扶责任人", "周志远", "区人大常委会", "0799-3441001"), Seat("部门联系责任人"),
            Seat("属地网格长", "彭国华", "下埠镇", "138****0022"), Seat("网格员"),
            Seat("首席服务专员", "李𬭛", "产业园管委会", "0799-3441020"),
        ],
        "open_issues": [
            OpenIssue("ZQ-2026-09-0031", "厂区西侧道路照明损坏，夜班工人出行不便", "办理中", "城市管理局", dt.date(2026, 11, 27)),
            OpenIssue("ZQ-2026-10-0008", "2025年度技改奖补资金尚未到账", "待核实", "工业和信息化局", dt.date(2026, 12, 4)),
        ],
        "last_visit": dt.date(2026, 8, 20),
        "key_figures": [KeyFigure("本季产值", "4,528.00 万元"), KeyFigure("产值同比", "-3.2 %"), KeyFigure("从业人数", "186 人")],
        "policies": [
            PolicyToBring("关于支持陶瓷产业设备更新的若干措施", "湘府办发〔2026〕12号", "12月20日前申报"),
            PolicyToBring("稳岗返还“免申即享”办事指南"),
        ],
        "prefilled": {
            "/header/h3_date": "2026年11月23日",
            "/difficulties/b03_followups[1]/b03_card": "ZQ-2026-09-0031 厂区西侧道路照明损坏，夜班工人出行不便",
            "/difficulties/b03_followups[2]/b03_card": "ZQ-2026-10-0008 2025年度技改奖补资金尚未到账",
        },
        "previous": {"/operation/a03_output": "4,528.00", "/operation/a01_status": "正常"},
    }  # fmt: skip
    return Checklist(**(known | changes))
