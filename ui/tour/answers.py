"""What the officer of the tour hears in the factory: plausible, fictional answers to every kind of question.

Rows are (path below the form, words or text as a person gives them). Choices are given by their words.
"""

from __future__ import annotations

Answer = tuple[str, tuple[str, ...]]


def _rows(group: str, *rows: tuple[str, ...]) -> tuple[Answer, ...]:
    return tuple((f"/{group}/{name}", tuple(values)) for name, *values in rows)


BEFORE_THE_CUT: tuple[Answer, ...] = (
    *_rows(
        "header",
        ("h5_person", "周文斌"),
        ("h5_position", "生产副总"),
        ("h5_phone", "0799-3456789"),
        ("h7_informed", "是"),
    ),
    *_rows(
        "operation",
        ("a01_status", "正常"),
        ("a03_output", "2480.00"),
        ("a04_output_growth", "7.4"),
    ),
)
"""Given before the power goes."""

OPERATION = _rows(
    "operation",
    ("a05_revenue", "2310.5"),
    ("a06_tax", "86.2"),
    ("a07_order_months", "3"),
    ("a08_order_trend", "平"),
    ("a09_utilization", "82"),
    ("a10_employees", "136"),
    ("a10_shortage", "6"),
    ("a12_electricity", "64.8"),
    ("a13_receivable", "920"),
    ("a13_overdue", "0"),
    ("a15_safety", "良好"),
    ("a17_changes", "新上一条窑炉线，预计下季度试产。"),
)
VACANCY = (("a11_post", "窑炉工"), ("a11_number", "6"), ("a11_wage", "6500"), ("a11_when", "随时"))

REPORTED = (
    ("b02_category", "水电气讯要素"),
    ("b02_subcategory", "扩容"),
    ("b02_title", "厂区扩容用电报装"),
    ("b02_description", "新窑炉线下季度试产，现有 800 kVA 不够用，需要增容到 2000 kVA。"),
    ("b02_expectation", "希望春节前送电。"),
    ("b02_urgency", "急"),
    ("b02_solved_here", "否"),
)
SOLVED = (
    ("b02_category", "政策咨询兑现"),
    ("b02_subcategory", "申报指导"),
    ("b02_title", "技改补助怎样申报"),
    ("b02_description", "企业不清楚技改补助的申报口和材料。"),
    ("b02_expectation", "讲清楚怎么报。"),
    ("b02_urgency", "一般"),
    ("b02_solved_here", "是"),
    ("b02_solution", "当场讲解申报条件和材料清单，企业已在网上建好账户。"),
)

DIFFICULTIES = _rows("difficulties", ("b04_inspections", "1"), ("b05_improper", "无"))
SUGGESTIONS = _rows(
    "suggestions",
    ("c01_plans", "扩产", "技改"),
    ("c02_investment", "1200"),
    ("c05_suggestions", "希望园区多办几场技工专场招聘。"),
)
FINANCING = _rows("financing", ("d01_need", "无"))
PLANNING = _rows("planning", ("d06_delivery", "已送达"), ("d07_cultivation", "专精特新"))
POLICY = (("d06_fit", "符合"), ("d06_known", "是"))
BUILDING = _rows("building", ("e01_card_posted", "是"), ("e03_lists_told", "是"), ("e05_integrity", "清廉"))
CONFIRMATION = _rows("confirmation", ("z1_opinion", "情况属实，服务周到。"), ("z2_mode", "现场签字/盖章"))
