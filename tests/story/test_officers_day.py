"""An officer's day, told by the program itself: the real windows, a real server, a process killed in the middle."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from app.paths import resources

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STEPS = (
    "中心启动",
    "联络员第一次登录",
    "中心停了",
    "出发准备",
    "填到一半断电",
    "逐节填完",
    "拍照、签字、完成",
    "打印走访记录",
    "全部发出",
    "协调员受理",
    "看到谁在办",
    "第二位联络员看不到",
    "承办人签收、写进展、申请延期",
    "领导批准延期",
    "提交结果",
    "核实通过",
    "企业不满意",
    "再回访：满意，销号",
    "印会议通知",
    "当场解决率",
    "一次交办",
)


def size_of(png: Path) -> tuple[int, int]:
    """Width and height from a PNG's head."""
    head = png.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def text_of(pdf: Path) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


@pytest.mark.parametrize("looks", [("light", "100"), ("dark", "150")])
def test_the_day_is_told_whole(tmp_path: Path, looks: tuple[str, str]) -> None:
    scheme, scale = looks
    out = tmp_path / "tour"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "ui.main",
            "tour",
            "--out",
            out,
            "--json",
            "--scheme",
            scheme,
            "--scale",
            scale,
        ],
        capture_output=True,
        text=True,
        cwd=resources().parent,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    report = json.loads(run.stdout)
    assert report == json.loads((out / "tour.json").read_text("utf-8"))

    steps = report["steps"]
    assert len(steps) == len(STEPS)
    for step, words in zip(steps, STEPS, strict=True):
        assert words in step["name"]
        assert step["outcome"] == "done"
    pictures = sorted(out.glob("*.png"))
    assert [path.name for path in pictures] == [name for step in steps for name in step["pictures"]]
    assert {size_of(path) for path in pictures} == {(1366, 768)}

    # What the officer saw in the end: who has it, and until when, in working days.
    assert steps[9]["facts"]["department"] == "供电公司"
    assert steps[10]["facts"]["who"] == "供电公司 赵磊"
    assert "个工作日" in steps[10]["facts"]["until"]
    assert steps[11]["facts"] == {"seen": 3, "others_on_disk": 0}

    # Each found on 今日 what waited for him, and the issue went its whole way, twice to the enterprise.
    facts = [step["facts"] for step in steps]
    assert [each["waiting"] for each in facts[12:14]] == [{"待签收": 1}, {"延期待批": 1}]
    assert facts[13]["due"] > facts[13]["due_before"]
    assert facts[14]["evidence"].count("厂房.jpg") == 1
    assert facts[15]["waiting"] == {"待核实": 1}
    assert (facts[16]["waiting"], facts[16]["level"]) == ({"待回访": 2}, [3, 4])
    assert [text.partition("：")[0] for text in facts[17]["trail"]] == [
        *(
            "登记，上报",
            "受理",
            "交办",
            "签收",
            "写进展",
            "申请延期",
            "同意延期",
            "提交结果",
            "核实通过",
            "回访",
        ),
        *("提交结果", "核实通过", "回访"),
    ]
    assert facts[19]["result"] == "3 家、3 题、当场解决 1 个（1/3，33.33 %）"
    assert facts[20]["waited"] == ["厂区北门道路积水影响运输", "夜班工人招不满"]
    assert facts[20]["assigned"] == ["园区管委会", "人力资源和社会保障局"]

    checklist, record = text_of(out / "走访清单.pdf"), text_of(out / "走访记录.pdf")
    for name in steps[3]["facts"]["enterprises"]:
        assert name in checklist.replace("\r\n", "")
    assert "不属于行政检查" in checklist
    for words in ("厂区扩容用电报装", "技改补助怎样申报", "2,480.00"):
        assert words in record
    notice = text_of(out / "会议通知.pdf")
    for words in ("接待日", "政务中心二楼会议室"):
        assert words in notice


def test_a_tour_that_cannot_begin_says_why(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ui.main", "tour", "--out", tmp_path / "t", "--roster", tmp_path / "none.csv"],
        capture_output=True,
        text=True,
        cwd=resources().parent,
        check=False,
    )
    assert run.returncode == 1
    assert "没有这个名册文件" in run.stderr
