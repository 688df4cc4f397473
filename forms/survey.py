"""The rows of the survey sheet -> groups, repeats and questions, with every problem noted on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forms import columns
from forms.definition import Group, Instance, Item, Question, Repeat
from forms.offering import search_table
from forms.problems import Problem, problem
from forms.question_types import ALIASES, APPEARANCES, STRUCTURE, TYPES, knows_appearance
from forms.tables import Row, Table, frozen_translations

NAME = re.compile(r"[^\W\d][\w.\-]*")
REFERENCE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
MEDIA = ("image", "audio", "video", "big-image")
RESERVED = {"meta", "instanceid", "instancename", "entity"}
YES = {"yes", "true", "true()", "1", "y", "是", "必填"}
NO = {"no", "false", "false()", "0", "n", "否", "选填"}
OTHER_LABEL = "其他"
OTHER_QUESTION = "请说明其他"
_FILE = re.compile(r"(?P<stem>.+)\.(?P<suffix>csv|xml|geojson)", re.IGNORECASE)
_SEARCH = re.compile(r"search\s*\(.*\)", re.DOTALL)
_KIND_WORDS = {"group": "分组", "repeat": "重复组"}


@dataclass(slots=True)
class _Open:
    """A group whose end has not come yet."""

    kind: str
    row: Row | None
    path: str
    items: list[Item] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)


class SurveyReader:
    """Builds the items of a form from the survey sheet. Collects problems; never stops at the first."""

    def __init__(self, table: Table, lists: Mapping[str, Any], problems: list[Problem]) -> None:
        self.table = table
        self.lists = lists
        self.problems = problems
        self.instances: dict[str, Instance] = {}
        self.used_lists: set[str] = set()
        self.lists_with_other: set[str] = set()
        self.stack = [_Open("form", None, "")]

    def read(self) -> tuple[Item, ...]:
        for row in self.table.rows:
            if row["disabled"].lower() not in YES:
                self._row(row)
        while len(self.stack) > 1:
            left = self.stack[-1]
            assert left.row is not None
            self.note(
                "group_not_closed",
                left.row,
                "type",
                name=left.row["name"],
                kind=_KIND_WORDS[left.kind],
                english=left.kind,
            )
            self._close()
        return tuple(self.stack[0].items)

    def note(self, code: str, row: Row | None, column: str, **facts: Any) -> None:
        self.problems.append(
            problem(
                code,
                sheet=self.table.name,
                row=row.number if row else None,
                column=self.table.heading(column),
                **facts,
            )
        )

    # One row

    def _row(self, row: Row) -> None:
        text = " ".join(row["type"].split())
        if not text:
            if row.cells or row.translations:
                self.note("type_missing", row, "type")
            return
        structure = STRUCTURE.get(text.lower().replace("_", " ").replace("-", " "))
        if structure is None:
            self._question(row, text)
        elif structure[0] == "begin":
            path = self._claim(row)
            self._check_structure_row(row, structure[1])
            self.stack.append(_Open(structure[1], row, path))
        else:
            self._end(row, text, structure[1])

    def _check_structure_row(self, row: Row, kind: str) -> None:
        if row["save_to"]:
            self.note("save_to_misplaced", row, "save_to")
        if row["repeat_count"] and kind != "repeat":
            self.note("repeat_count_misplaced", row, "repeat_count")

    def _end(self, row: Row, text: str, kind: str) -> None:
        top = self.stack[-1]
        if top.row is None:
            self.note("group_not_open", row, "type", type=text, english=kind)
            return
        if top.kind != kind:
            self.note(
                "group_mismatch",
                row,
                "type",
                expected=top.kind,
                name=top.row["name"],
                other=top.row.number,
                found=text,
            )
            # The wrong word for the right group is likelier than a missing end: go on as if it were meant.
            if len(self.stack) > 2 and self.stack[-2].kind == kind:
                self._close()
        self._close()

    def _close(self) -> None:
        top = self.stack.pop()
        row = top.row
        assert row is not None
        if not top.items:
            self.note("group_empty", row, "type", name=row["name"])
        common: dict[str, Any] = {
            "name": row["name"],
            "path": top.path,
            "label": row["label"],
            "hint": row["hint"],
            "items": tuple(top.items),
            "relevant": clean_expression(row["relevant"]),
            "read_only": self._truth(row, "read_only"),
            "appearance": self._appearance(row)[0],
            "print": row["print"],
            "code": row["code"],
            "media": {m: row[m] for m in MEDIA if row[m]},
            "extra": dict(row.extra),
            "translations": frozen_translations(row),
            "row": row.number,
        }
        item: Group
        if top.kind == "repeat":
            item = Repeat(**common, repeat_count=clean_expression(row["repeat_count"]))
        else:
            item = Group(**common)
        self.stack[-1].items.append(item)

    def _claim(self, row: Row, name: str | None = None) -> str:
        """The path of a new item in the open group, after checking its name."""
        name = row["name"] if name is None else name
        top = self.stack[-1]
        if not name:
            self.note("name_missing", row, "name")
            name = row.cells["name"] = f"row_{row.number}"
        elif not NAME.fullmatch(name):
            self.note("name_invalid", row, "name", name=name)
        elif name in top.names:
            self.note("name_duplicated", row, "name", name=name, other=top.names[name])
        elif name.lower() in RESERVED:
            self.note("name_reserved", row, "name", name=name)
        top.names.setdefault(name, row.number)
        return f"{top.path}/{name}"

    # Questions

    def _question(self, row: Row, text: str) -> None:
        parsed = self._type(row, text)
        if parsed is None:
            return
        kind, argument, or_other = parsed
        if kind in ("csv-external", "xml-external"):
            suffix = "csv" if kind == "csv-external" else "xml"
            if not row["name"]:
                self.note("name_missing", row, "name")
            else:
                self._instance(row, "name", row["name"], f"{row['name']}.{suffix}", declared=True)
            return
        path = self._claim(row)
        if not row["label"] and TYPES[kind].asked:
            self.note("label_missing", row, "label", name=row["name"])
        if not TYPES[kind].supported:
            self.note("type_not_supported", row, "type", name=kind)
        if kind == "calculate" and not row["calculation"] and not row["default"]:
            self.note("calculation_missing", row, "calculation", name=row["name"])
        if row["repeat_count"]:
            self.note("repeat_count_misplaced", row, "repeat_count")
        parameters = self._parameters(row, kind)
        appearance, search = self._appearance(row)
        extra = dict(row.extra)
        if search:
            extra["search"] = search
            table = search_table(search)
            if table and table not in self.lists:
                self._instance(row, "appearance", table, f"{table}.csv", declared=True)
        self.stack[-1].items.append(
            Question(
                name=row["name"],
                path=path,
                type=kind,
                label=row["label"],
                hint=row["hint"],
                guidance=row["guidance_hint"],
                relevant=clean_expression(row["relevant"]),
                required=self._truth(row, "required"),
                required_message=row["required_message"],
                constraint=clean_expression(row["constraint"]),
                constraint_message=row["constraint_message"],
                calculation=clean_expression(row["calculation"]),
                default=row["default"],
                read_only=self._truth(row, "read_only"),
                appearance=appearance,
                choice_list=self._choice_list(row, kind, argument, parameters),
                choice_filter=clean_expression(row["choice_filter"]),
                parameters=parameters,
                trigger=self._trigger(row),
                save_to=row["save_to"],
                unit=row["unit"],
                carry=row["carry"].lower() in YES,
                print=row["print"],
                code=row["code"],
                register=row["register"].strip().lower(),
                media={m: row[m] for m in MEDIA if row[m]},
                extra=extra,
                translations=frozen_translations(row),
                row=row.number,
            )
        )
        if or_other:
            self._other_question(row, argument)

    def _type(self, row: Row, text: str) -> tuple[str, str, bool] | None:
        """(canonical type, list or file name, or_other), or None with a problem noted."""
        words = text.split(" ")
        or_other = False
        for tail in (["or_other"], ["or", "other"], ["or", "specify", "other"]):
            if len(words) > len(tail) and [w.lower() for w in words[-len(tail) :]] == tail:
                words, or_other = words[: -len(tail)], True
        for length in range(len(words), 0, -1):
            head = " ".join(words[:length]).lower()
            spaced = head.replace("_", " ")
            kind = next(
                (
                    k
                    for k in (head, ALIASES.get(head), ALIASES.get(spaced), head.replace(" ", "_"))
                    if k in TYPES
                ),
                "datetime" if head == "datetime" else None,
            )
            if kind in TYPES:
                assert kind is not None
                rest = " ".join(words[length:])
                if rest and not (TYPES[kind].takes_list or TYPES[kind].takes_file):
                    break
                if rest.lower().endswith((".csv", ".xml", ".geojson")) and TYPES[kind].takes_list:
                    kind = f"{kind}_from_file"
                return kind, rest, or_other
        known = [*TYPES, "begin_group", "begin_repeat", "end_group", "end_repeat"]
        self.note("type_unknown", row, "type", name=text, similar=columns.similar(words[0], known))
        return None

    def _other_question(self, row: Row, list_name: str) -> None:
        self.lists_with_other.add(list_name)
        name = f"{row['name']}_other"
        self.stack[-1].items.append(
            Question(
                name=name,
                path=self._claim(row, name),
                type="text",
                label=OTHER_QUESTION,
                relevant=f"selected(../{row['name']}, 'other')",
                row=row.number,
            )
        )

    # Cells

    def _choice_list(self, row: Row, kind: str, argument: str, parameters: Mapping[str, str]) -> str:
        if TYPES[kind].takes_file:
            if not argument:
                self.note("file_name_missing", row, "type", type=kind)
                return ""
            match = _FILE.fullmatch(argument)
            if not match:
                self.note("file_name_invalid", row, "type", name=argument)
                return ""
            self._instance(row, "type", match["stem"], argument, parameters=parameters)
            return match["stem"]
        if not TYPES[kind].takes_list:
            return ""
        if not argument:
            self.note("list_missing", row, "type", type=kind)
            return ""
        if REFERENCE.fullmatch(argument):
            return argument
        self.used_lists.add(argument)
        if argument not in self.lists and not _SEARCH.search(row["appearance"]):
            similar = columns.similar(argument, self.lists)
            self.note("list_unknown", row, "type", name=argument, similar=similar)
        elif kind in ("select_multiple", "rank"):
            for choice in self.lists.get(argument, ()):
                if " " in choice.name:
                    self.note("choice_name_blank_inside", row, "type", name=choice.name)
        return argument

    def _instance(
        self,
        row: Row,
        column: str,
        name: str,
        file_name: str,
        *,
        parameters: Mapping[str, str] | None = None,
        declared: bool = False,
    ) -> None:
        suffix = file_name.rsplit(".", 1)[-1].lower()
        known = self.instances.get(name)
        if name in self.lists or (known and known.file_name != file_name):
            self.note("instance_duplicated", row, column, name=name)
            return
        if known and declared:
            return
        parameters = parameters or {}
        geo = suffix == "geojson"
        self.instances[name] = Instance(
            name,
            file_name,
            suffix,  # type: ignore[arg-type]
            parameters.get("value", "id" if geo else "name"),
            parameters.get("label", "title" if geo else "label"),
        )

    def _truth(self, row: Row, column: str) -> str:
        """A yes/no cell as an expression: "true()", "" for no, or the expression that stands there."""
        text = row[column].strip()
        if text.lower() in YES:
            return "true()"
        if not text or text.lower() in NO:
            return ""
        if re.fullmatch(r"[^\W\d]+", text):
            self.note("yes_no_invalid", row, column, value=text)
            return ""
        return clean_expression(text)

    def _trigger(self, row: Row) -> tuple[str, ...]:
        text = row["trigger"]
        if not text:
            return ()
        names = [name for name in REFERENCE.findall(text) if name]
        if not names or REFERENCE.sub("", text).strip(" ,;\n"):
            self.note("trigger_invalid", row, "trigger", value=text)
        return tuple(names)

    def _parameters(self, row: Row, kind: str) -> dict[str, str]:
        text = re.sub(r"\s*=\s*", "=", row["parameters"])
        result = {}
        for part in re.split(r"[\s;,]+", text):
            if not part:
                continue
            key, sign, value = part.partition("=")
            if not sign or not key or not value:
                self.note("parameter_invalid", row, "parameters", name=part, reason="应写成 名字=值")
            else:
                result[key.lower() if key.lower() in ("start", "end", "step") else key] = value
        if kind == "range":
            self._check_range(row, result)
        return result

    def _check_range(self, row: Row, parameters: dict[str, str]) -> None:
        for key, default in (("start", "0"), ("end", "10"), ("step", "1")):
            value = parameters.setdefault(key, default)
            if not re.fullmatch(r"-?\d+(\.\d+)?", value):
                self.note("parameter_invalid", row, "parameters", name=key, reason=f"“{value}”不是数")
                parameters[key] = default

    def _appearance(self, row: Row) -> tuple[frozenset[str], str]:
        """(words, the text of a `search(...)` call)."""
        text = row["appearance"]
        match = _SEARCH.search(text)
        search = match[0] if match else ""
        if match:
            text = text[: match.start()] + " search " + text[match.end() :]
        words = frozenset(text.replace(",", " ").split())
        for word in sorted(words):
            if not knows_appearance(word):
                similar = columns.similar(word, APPEARANCES)
                self.note("appearance_unknown", row, "appearance", name=word, similar=similar)
        return words, search


def clean_expression(text: str) -> str:
    """An expression cell without the blanks that word processors leave in it."""
    return text.replace("\u00a0", " ").replace("\u3000", " ").strip()
