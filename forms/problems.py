"""The catalogue of problems: everything that can be wrong with a form, a workbook or an answer.

A problem says where it is (sheet, row, column or path), what is wrong, and what to write instead.
The text is Chinese, because people who design forms read it; the code is for programs and never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `sheet`, `row` (as the spreadsheet numbers it, the header row is 1) and `column` (the heading) place it
    in a workbook; `path` places it in a form being filled, with row indexes (`/problems[2]/title`).
    """

    code: str
    severity: Severity
    message: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    path: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    @property
    def place(self) -> str:
        """Where it is, in Chinese: 「survey 表第 12 行 relevant 列」; empty when the problem has no place."""
        parts = []
        if self.sheet:
            parts.append(f"{self.sheet} 表")
        if self.row is not None:
            parts.append(f"第 {self.row} 行")
        if self.column:
            parts.append(f" {self.column} 列" if parts else f"{self.column} 列")
        return "".join(parts) or self.path

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "sheet": self.sheet or None,
            "row": self.row,
            "column": self.column or None,
            "message": self.message,
        }


# code -> (severity, Chinese sentence). The sentence is a `str.format` template.
CATALOGUE: dict[str, tuple[Severity, str]] = {
    # the file
    "file_missing": ("error", "找不到文件“{file}”。请核对路径。"),
    "file_unreadable": ("error", "文件“{file}”打不开：{reason}。请检查权限或换一个位置再试。"),
    "file_too_big": ("error", "文件有 {size} MB，超过 {limit} MB 的上限。请删去图片或拆成几个表单。"),
    "file_empty": ("error", "文件是空的。请另存一份再试。"),
    "not_a_workbook": ("error", "“{file}”不是表格文件{looks}。请提供 .xlsx、.xls 或 .md 格式的表单。"),
    "workbook_damaged": ("error", "表格文件损坏或不完整，读不出来。请用表格软件打开后另存一份再试。"),
    "workbook_encrypted": ("error", "表格文件加了密码，读不出来。请去掉密码后另存一份再试。"),
    "zip_bomb": ("error", "表格文件解压后过大（超过 {limit} MB），为安全起见不予读取。"),
    "sheet_too_big": (
        "error",
        "工作表“{name}”太大（{rows} 行 × {columns} 列）。请删去多余的空行空列后另存。",
    ),
    "text_encoding": ("error", "文件不是 UTF-8 编码，读不出来。请用 UTF-8 编码另存。"),
    "cell_error": ("error", "单元格是错误值 {value}。请改成正确的内容。"),
    "cell_too_long": ("error", "单元格有 {length} 个字符，超过表格软件 {limit} 个字符的上限。"),
    # sheets and headings
    "sheet_missing": ("error", "缺少“{name}”工作表{similar}。请加上这个工作表。"),
    "sheet_unknown": ("warning", "不认识工作表“{name}”，已忽略{similar}。"),
    "sheet_empty": ("error", "“{name}”工作表里没有题目。请至少写一道题。"),
    "column_missing": ("error", "缺少“{name}”列{similar}。请在第一行加上这一列。"),
    "column_unknown": ("warning", "不认识“{name}”列，内容原样保留但不起作用{similar}。"),
    "column_duplicated": ("warning", "“{name}”列出现了两次，以左边一列为准。请删去一列。"),
    # rows of the survey
    "type_missing": ("error", "这一行没有写题型（type）。请填写题型，例如 text、select_one 选项表名。"),
    "type_unknown": ("error", "不认识题型“{name}”{similar}。"),
    "type_not_supported": ("warning", "题型“{name}”在本程序中不能填写，会跳过不显示。"),
    "name_missing": ("error", "这一行没有写变量名（name）。请填写一个不重复的名字。"),
    "name_invalid": (
        "error",
        "变量名“{name}”不合规：须以字母、汉字或下划线开头，其后只用字母、汉字、数字和 _ - .，不含空格。",
    ),
    "name_duplicated": ("error", "变量名“{name}”在同一组里已经用过（第 {other} 行）。请改成不同的名字。"),
    "name_ambiguous": (
        "error",
        "“${{{name}}}”指向不明：表里有 {count} 道题叫这个名字（{paths}）。请改名或写完整路径。",
    ),
    "label_missing": ("warning", "“{name}”没有题目文字（label），填写时会显示变量名。"),
    "list_missing": ("error", "题型“{type}”后面缺少选项表名。请写成“{type} 选项表名”。"),
    "list_unknown": ("error", "选项表“{name}”不存在{similar}。请在 choices 工作表里加上它的选项。"),
    "file_name_missing": ("error", "题型“{type}”后面缺少数据文件名。请写成“{type} 文件名.csv”。"),
    "file_name_invalid": ("error", "数据文件“{name}”应以 .csv、.xml 或 .geojson 结尾。"),
    "instance_duplicated": ("error", "数据表“{name}”与另一张选项表或数据表重名。请改名。"),
    "group_not_closed": ("error", "“{name}”这一{kind}没有结束。请在后面加一行 end_{english}。"),
    "group_not_open": ("error", "这里的 {type} 没有对应的 begin_{english}。请删去这一行或补上开头。"),
    "group_mismatch": (
        "error",
        "这里应以 end_{expected} 结束“{name}”（第 {other} 行开始），却写成了 {found}。请改正。",
    ),
    "group_empty": ("warning", "“{name}”里没有题目。"),
    "name_reserved": ("warning", "“{name}”是保留名字，ODK 的其他工具不接受；本程序照常使用。建议改名。"),
    "appearance_unknown": ("warning", "不认识外观“{name}”，按默认样子显示{similar}。"),
    "parameter_invalid": ("error", "参数“{name}”不对：{reason}。"),
    "yes_no_invalid": ("error", "“{value}”不是“是/否”也不是能读懂的表达式。请写 yes 或 no。"),
    "calculation_missing": ("error", "“{name}”是计算题，但没有写计算式（calculation）。"),
    "repeat_count_misplaced": ("warning", "repeat_count 只能写在 begin_repeat 一行，此处不起作用。"),
    "trigger_invalid": ("error", "trigger 应写成 ${{变量名}}，现在是“{value}”。"),
    "default_invalid": ("error", "默认值“{value}”不对：{reason}"),
    # choices
    "choice_list_missing": ("error", "这一行选项没有写所属选项表（list_name）。"),
    "choice_name_missing": ("error", "选项表“{list}”的这一行没有写选项值（name）。"),
    "choice_name_blank_inside": ("error", "选项值“{name}”里有空格，多选题无法分开。请去掉空格。"),
    "choice_duplicated": ("warning", "选项表“{list}”里的选项值“{name}”重复了（第 {other} 行已有）。"),
    "choice_label_missing": ("warning", "选项“{name}”没有文字（label），会显示选项值。"),
    "list_unused": ("warning", "选项表“{name}”没有题目使用。"),
    # settings and entities
    "setting_unknown": ("warning", "不认识设置项“{name}”，已忽略{similar}。"),
    "form_id_missing": ("warning", "settings 里没有 form_id，暂用“{name}”。请填写 form_id。"),
    "version_missing": ("warning", "settings 里没有 version。发布后要分得清新旧，请填写版本号。"),
    "entity_list_missing": ("error", "entities 工作表的这一行没有写 list_name(数据表名)。"),
    "entity_list_duplicated": ("error", "entities 工作表里数据表“{name}”写了两次。每张数据表只能写一行。"),
    "entity_id_missing": ("error", "“{name}”写了 update_if 却没有 entity_id，不知道更新哪一条。请补上。"),
    "entity_label_missing": ("error", "“{name}”会新建数据，但没有写 label（标题）。请补上。"),
    "entity_repeat_unknown": ("error", "entities 的 repeat 列“{value}”不是重复组。请写成 ${{重复组名}}。"),
    "save_to_without_entity": ("error", "写了 save_to，但 entities 工作表里没有对应的数据表。"),
    "save_to_ambiguous": ("error", "这里有几张数据表，请写成“数据表名#属性名”。"),
    "save_to_invalid": (
        "error",
        "属性名“{name}”不合规：不能是 name、label，不能以 __ 开头，只用字母数字和 _ - .。",
    ),
    "save_to_misplaced": ("error", "分组和重复组不能写 save_to。请写在题目上。"),
    "save_to_duplicated": ("error", "数据表“{list}”的属性“{name}”已在第 {other} 行用过。请改名。"),
    # expressions
    "expression_syntax": ("error", "表达式写错了：{reason}"),
    "function_unknown": ("error", "没有函数“{name}”{similar}。"),
    "function_arguments": ("error", "函数 {name} 的参数个数不对：{reason}。"),
    "reference_unknown": ("error", "表达式里的 ${{{name}}} 不存在{similar}。"),
    "path_unknown": ("error", "表达式里的路径“{path}”在表单里找不到{similar}。"),
    "instance_unknown": ("error", "数据表“{name}”不存在{similar}。请用 csv-external 题型声明，或核对名字。"),
    "cycle": ("error", "计算绕成了圈：{path}。请改掉其中一处。"),
    "too_deep": ("error", "表达式嵌套太深，请拆成几道计算题。"),
    # answers
    "required": ("error", "{message}"),
    "constraint": ("error", "{message}"),
    "choice_gone": ("error", "所选的“{value}”已不在选项里，请重新选择。"),
    "out_of_range": ("error", "应在 {start} 到 {end} 之间。"),
    "wrong_type": ("error", "{message}"),
    "path_not_found": ("error", "表单里没有“{path}”这道题。"),
    "not_a_repeat": ("error", "“{path}”不是可以增减行的重复组。"),
    "not_a_question": ("error", "“{path}”不是题目，不能填写。"),
    "not_editable": ("error", "“{path}”由程序填写，不能手工修改。"),
    "rows_counted": ("error", "“{path}”的行数由表单计算得出，不能手工增减。"),
    "evaluation": ("error", "计算时出错：{reason}"),
    "language_unknown": ("error", "表单没有“{name}”这种语言，可用：{known}。"),
    "version_mismatch": ("error", "草稿是用表单“{saved}”填的，与现在的“{form}”不是同一版本。"),
    "saved_damaged": ("error", "草稿内容不完整，读不出来：{reason}"),
    "answers_invalid": ("error", "{message}"),
    "repeat_too_long": ("error", "重复组“{path}”要 {count} 行，超过上限 {limit} 行。"),
}


def problem(
    code: str, *, sheet: str = "", row: int | None = None, column: str = "", path: str = "", **facts: Any
) -> Problem:
    """A problem of the catalogue; `facts` fill its sentence. An unknown code is a bug (KeyError)."""
    severity, template = CATALOGUE[code]
    if "{path}" in template:
        facts.setdefault("path", path)
    return Problem(code, severity, template.format(**facts), sheet, row, column, path)


class FormError(Exception):
    """A form, a workbook or an expression that cannot be used; carries its problems."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(";".join(p.message for p in problems))


class AnswerError(Exception):
    """An answer that was refused; nothing has been altered."""

    def __init__(self, code: str, path: str, message: str) -> None:
        self.code = code
        self.path = path
        self.message = message
        super().__init__(message)

    @classmethod
    def of(cls, code: str, path: str, **facts: Any) -> AnswerError:
        return cls(code, path, problem(code, path=path, **facts).message)
