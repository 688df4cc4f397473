"""Forms filled as people fill them: answers given one by one to the real form machine, and what came out as args of a change."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.domain.changes.visits import record_digest
from app.domain.visit import Attachment
from app.paths import resources
from forms.definition import Form, Question, Repeat
from forms.filling import Filling
from forms.finishing import Finished
from forms.problems import FormError
from forms.workbook import read_form
from sync.server.demo.ground import Firm
from sync.server.demo.stage import Luck, Stage
from sync.server.people import Caller

Rows = list[dict[str, str]]


@cache
def form_of(form_id: str) -> Form:
    """A form as `init` publishes it."""
    form = read_form(resources() / "forms" / f"{form_id}.md").form
    if form is None:
        raise FormError()
    return form


@dataclass
class Sheet:
    """One form being filled. `answer` gives what stands in it by the question's name; `+rows` adds a row with its answers (`+rows:2` where there are several)."""

    stage: Stage
    form_id: str
    who: Caller
    tables: Mapping[str, Rows]

    def __post_init__(self) -> None:
        form = form_of(self.form_id)
        now = self.stage.now
        self.filling = Filling(
            form,
            now=lambda: now,
            instances=self.tables,
            metadata={"username": self.who.account, "deviceid": self.who.device},
        )
        self.paths = _paths(self.form_id)

    def answer(self, answers: Mapping[str, Any]) -> Sheet:
        for name, value in answers.items():
            if name.startswith("+"):
                row = self.filling.add(self.paths[name[1:].partition(":")[0]]).added
                for inner, cell in value.items():
                    self.filling.set(f"{row}/{inner}", cell)
            elif name in self.paths and value not in (None, ""):
                self.filling.set(self.paths[name], value)
        return self

    def finish(self) -> Finished:
        """Raises RuntimeError where something is missing or wrong: a story's mistake."""
        done = self.filling.finish()
        if not done.complete:
            missing = [*done.required_missing, *(f"{one.path}: {one.message}" for one in done.problems)]
            raise RuntimeError(f"{self.form_id} is not complete: {missing}")
        return done

    def content(self, done: Finished, record: str) -> dict[str, Any]:
        """args as both `visit.submit` and `record.file` have them."""
        form, values = self.filling.form, dict(done.values)
        counted = ("open_issues",) if self.form_id.startswith("visit_") else ()
        return {
            "record": record,
            "values": values,
            "digest": record_digest(form.form_id, form.version, values),
            "shown": self._shown(),
            "labels": self._labels(),
            "tables": {name: self.tables[name] for name in counted},
        }

    def _labels(self) -> dict[str, str]:
        return {
            path: self.filling.node(path).label for path in self._walk() if "${" in self._question(path).label
        }

    def _shown(self) -> dict[str, str]:
        shown = {}
        for path in self._walk():
            if self._question(path).type.endswith("_from_file"):
                node = self.filling.node(path)
                chosen = node.value if isinstance(node.value, tuple) else (node.value,)
                if node.value:
                    shown[path] = "、".join(one.label for one in node.choices if one.name in chosen)
        return shown

    def _question(self, path: str) -> Question:
        item = self.filling.node(path).item
        assert isinstance(item, Question)
        return item

    def _walk(self) -> list[str]:
        wanted = _told(self.form_id)
        found = [path for path in self.filling.walk() if path.rpartition("/")[2] in wanted]
        return [path for path in found if self.filling.node(path).relevant]


@cache
def _paths(form_id: str) -> dict[str, str]:
    """Name → path of what does not stand in rows, and of repeats."""
    return {
        item.name: item.path
        for item in form_of(form_id).walk()
        if isinstance(item, Repeat) or (isinstance(item, Question) and not _in_rows(form_id, item.path))
    }


@cache
def _repeats(form_id: str) -> tuple[str, ...]:
    return tuple(item.path + "/" for item in form_of(form_id).walk() if isinstance(item, Repeat))


def _in_rows(form_id: str, path: str) -> bool:
    return path.startswith(_repeats(form_id))


@cache
def _told(form_id: str) -> frozenset[str]:
    """Questions of which a record keeps what was read: choices from tables, labels with names in them."""
    return frozenset(
        one.name
        for one in form_of(form_id).questions
        if one.print != "hidden" and ("${" in one.label or one.type.endswith("_from_file"))
    )


def columns_of(form_id: str) -> list[str]:
    """The paths a register's table shows."""
    marked = [one.path for one in form_of(form_id).questions if one.register in ("yes", "sum")]
    return [path for path in marked if not _in_rows(form_id, path)][:24]


def file_entry(stage: Stage, firm: Firm, who: Caller, sheet: Sheet, name: str, ledger: str) -> str:
    """What was filled becomes an entry of a register; gives its id."""
    done = sheet.finish()
    id = stage.id("entry", ledger, firm.id, name)
    args = sheet.content(done, "")
    stage.do(
        who, "record.file", firm.bucket, "record", id, enterprise=firm.id, enterprise_name=firm.name,
        form_id=sheet.form_id, form_version="2026.1", ledger=ledger, local_number="T-001",
        title=str(done.instance_name or "")[:200], day=str(done.values.get("/header/h3_date") or stage.today.isoformat()),
        columns=columns_of(sheet.form_id), **args,
    )  # fmt: skip
    return id


# ---------------------------------------------------------------------- signatures


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that hangs on many rows."""

    content: bytes
    sha256: str


@cache
def signature(number: int, width: int = 220, height: int = 80) -> Picture:
    """Strokes of a pen that are nobody's name, as a PNG."""
    luck = Luck(f"signature/{number}")
    rows = [bytearray(b"\xff" * width) for _ in range(height)]
    for stroke in range(5):
        x, y = 20 + stroke * 36 + luck.random() * 10, 20 + luck.random() * 40
        dx, dy = luck.uniform(-0.4, 1.4), luck.uniform(-1.2, 1.2)
        for _ in range(70):
            dx, dy = dx * 0.97 + luck.uniform(-0.16, 0.18), dy * 0.97 + luck.uniform(-0.25, 0.25)
            x, y = min(max(x + dx, 3), width - 4), min(max(y + dy, 3), height - 4)
            for down in (0, 1):
                rows[int(y) + down][int(x)] = rows[int(y) + down][int(x) + 1] = 40
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(raw, 9))
        + _chunk(b"IEND", b"")
    )
    return Picture(content, hashlib.sha256(content).hexdigest())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PICTURES = 24


def attach(stage: Stage, who: Caller, firm: Firm, purpose: str, of: str, **owner: str) -> str:
    """A signed paper or a signature whose bytes are at the centre; gives its id."""
    picture = signature(stage.luck("hand", of).randrange(PICTURES))
    id = stage.id("attachment", of, purpose, stage.done["put"])
    stage.stored(firm.bucket, id, picture.sha256, len(picture.content))
    body = {
        "enterprise": firm.id,
        "purpose": purpose,
        "file_name": "签字.png",
        "media_type": "image/png",
        "size": len(picture.content),
        "sha256": picture.sha256,
        **owner,
    }
    stage.put(who, firm.bucket, Attachment.kind, id, body)
    return id
