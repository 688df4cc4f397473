"""A day that passes every commit point of laptop and centre, told with real processes of which one may be killed.

Each step is repeated until it is done, as people do after a power cut; a killed centre is started again. In the end
(and once before the centre is put back from its backup) everything is compared.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import sqlalchemy as sa

from app.domain import buckets, credit_code
from app.paths import DataFolder
from app.services.desk import Desk
from app.store.files import pending_files
from sync.client.transport import Transport
from sync.protocol.messages import Pull
from sync.server import tables
from sync.server.database import Database
from sync.server.faults import VARIABLE
from sync.server.settings import ServerSettings
from sync.server.verify import verify
from tests.support.forking import Forked, Forker
from tests.support.laptop_program import SYNC_FAILED
from tests.support.postgres import Cluster
from tests.support.server import PASSWORD, RunningServer

KILLED = -9
MOST_TRIES = 6
TARGETS = ("laptop", "centre", "command")


def _roster(*names: str) -> str:
    lines = ["企业名称,统一社会信用代码,地区"]
    for number, name in enumerate(names, 1):
        organisation = f"QLAN020{number}"
        code = f"91360313{organisation}{credit_code.organisation_check(organisation)}"
        lines.append(f"{name},{code}{credit_code.check_character(code)},萍乡")
    return "\n".join(lines) + "\n"


class Centre(RunningServer):
    """The centre, forked instead of started anew."""

    def __init__(self, forker: Forker, data_dir: Path, database: str | None) -> None:
        super().__init__(data_dir, database)
        self.forker = forker

    def _begin(self, command: list[str]) -> Any:
        pipe = self.data_dir / "stdout"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        # Opened both ways, it waits neither for the other side to open it nor ends before it has.
        reading = os.fdopen(os.open(pipe, os.O_RDWR), encoding="utf-8")
        process = self.forker.start(
            "sync.server.cli", command[3:], pipe, self.data_dir / "server.log", self.environment
        )
        return _Serving(process, reading)


class _Serving:
    """A forked process with a stdout to read the first line of."""

    def __init__(self, process: Forked, stdout: Any) -> None:
        self._process = process
        self.stdout = self
        self._pipe = stdout
        self.wait, self.poll = process.wait, process.poll
        self.kill, self.send_signal = process.kill, process.send_signal

    def readline(self) -> str:
        import select

        while not select.select([self._pipe], [], [], 0.02)[0]:
            if self._process.poll() is not None:
                return ""
        line: str = self._pipe.readline()
        return line

    def close(self) -> None:
        self._pipe.close()


@dataclass(frozen=True, slots=True)
class Template:
    """A centre set up with people and two enterprises, to be copied for each day."""

    folder: Path
    database: str | None
    enterprises: Mapping[str, str]
    cluster: Cluster | None

    def copy(self, folder: Path, forker: Forker) -> Centre:
        shutil.copytree(self.folder, folder)
        database = self.cluster.new_database(self.database) if self.cluster else None
        return Centre(forker, folder, database)


@dataclass(frozen=True, slots=True)
class Kill:
    """Die at the `hit`-th fault point of the `target` (TARGETS) in each step, or in the one named."""

    target: str
    hit: int
    step: str | None = None


@dataclass
class Told:
    """What came of a day: what the centre held at noon and in the evening, and how many processes were killed."""

    shape: list[Any] = field(default_factory=list)
    kills: int = 0


def make_template(forker: Forker, folder: Path, cluster: Cluster | None) -> Template:
    database = cluster.new_database() if cluster else None
    centre = Centre(forker, folder, database)
    centre.data_dir.mkdir()
    centre.command("init")
    centre.add_account("wangmin")
    centre.add_account("chenjing", "coordinator")
    roster = folder / "first.csv"
    roster.write_text(_roster("一号厂", "二号厂"), encoding="utf-8")
    centre.command("roster", "import", str(roster))
    centre.command("assign", "--person", "wangmin", "一号厂", "二号厂")
    with _database(centre) as opened, opened.reading() as connection:
        found = _bodies(connection, "enterprise")
    return Template(folder, database, {body["name"]: body["id"] for body in found}, cluster)


class Day:
    """One day on a copy of a template, with kills as told."""

    def __init__(self, template: Template, forker: Forker, folder: Path, kill: Kill | None = None) -> None:
        self.forker = forker
        self.folder = folder
        self.kill = kill
        self.told = Told()
        self.centre = template.copy(folder / "centre", forker)
        self.template = template
        self.one, self.two = template.enterprises["一号厂"], template.enterprises["二号厂"]
        self.step = ""
        self.process = 0

    def tell(self) -> Told:
        """Everything from the morning to the evening. AssertionError where something was lost or doubled."""
        steps: list[Callable[[], None]] = [
            self.morning_at_the_centre,
            self.officer_signs_in,
            self.officer_works,
            self.officer_sends,
            self.coordinator_signs_in,
            self.coordinator_works,
            self.coordinator_sends,
            self.officer_edits_what_is_no_longer_his,
            self.officer_gives_up_a_bucket,
            self.checked_at_noon,
            self.backup_is_made,
            self.officer_works_on,
            self.centre_is_put_back,
            self.officer_meets_the_new_epoch,
            self.coordinator_meets_the_new_epoch,
        ]
        try:
            for step in steps:
                self.step = step.__name__
                step()
            self.told.shape.append(self._check())
        finally:
            if self.centre.process is not None:
                self.centre.kill()
        return self.told

    # Steps -----------------------------------------------------------------------------------------------------------

    def morning_at_the_centre(self) -> None:
        roster = self.folder / "roster.csv"
        roster.write_text(_roster("一号厂", "二号厂", "三号厂"), "utf-8")
        form = self.folder / "extra.md"
        form.write_text(FORM, "utf-8")
        self._command("roster", "import", str(roster))
        self._command("assign", "--person", "wangmin", "三号厂")
        self._command("form", "publish", str(form))

    def officer_signs_in(self) -> None:
        self._serve()
        signing = ("sign_in", {"server": self.centre.url, "account": "wangmin", "password": PASSWORD})
        self._laptop("wangmin", signing, ("sync", {}))

    def officer_works(self) -> None:
        one = {"enterprise": self.one}
        self._laptop(
            "wangmin",
            ("edit", {**one, "field": "employees", "value": 128}),
            ("visit", one),
            ("draft", {**one, "text": "一"}),
            ("draft", {**one, "text": "一二"}),
            ("photo", {**one, "content": "gate"}),
            ("submit", {**one, "titles": ["变压器容量不足", "路面积水"]}),
            ("edit", {"enterprise": self.two, "field": "address", "value": "一路 1 号"}),
        )

    def officer_sends(self) -> None:
        self._serve()
        self._laptop("wangmin", ("sync", {}))

    def coordinator_signs_in(self) -> None:
        self._serve()
        signing = ("sign_in", {"server": self.centre.url, "account": "chenjing", "password": PASSWORD})
        self._laptop("chenjing", signing, ("want", {"enterprise": self.two}), ("sync", {}))
        self._laptop(
            "chenjing", ("want", {"enterprise": self.one}), ("sync", {}), ("fetch", {"name": "gate"})
        )

    def coordinator_works(self) -> None:
        self._laptop(
            "chenjing",
            ("edit", {"enterprise": self.one, "field": "employees", "value": 140}),
            ("accept", {"title": "变压器容量不足"}),
            ("assign", {"title": "变压器容量不足"}),
        )

    def coordinator_sends(self) -> None:
        """Meets the officer's edit made in between; then takes an enterprise away from him."""
        self._laptop("wangmin", ("edit", {"enterprise": self.one, "field": "employees", "value": 131}))
        self._serve()
        self._laptop("chenjing", ("sync", {}), ("want", {"enterprise": self.two}), ("sync", {}))
        ended = {"enterprise": self.two, "person": self._person("wangmin")}
        self._laptop("chenjing", ("end_assignment", ended), ("sync", {}))

    def officer_edits_what_is_no_longer_his(self) -> None:
        two = {"enterprise": self.two}
        self._laptop(
            "wangmin",
            ("visit", two),
            ("photo", {**two, "content": "lost"}),
            ("edit", {**two, "field": "address", "value": "二路 2 号"}),
        )

    def officer_gives_up_a_bucket(self) -> None:
        self._serve()
        self._laptop("wangmin", ("sync", {}))

    def checked_at_noon(self) -> None:
        self.told.shape.append(self._check())

    def backup_is_made(self) -> None:
        self._command("backup", str(self.folder / "centre.backup"))

    def officer_works_on(self) -> None:
        """What the backup does not know: changes, a photo, and a conflict's other side."""
        one = {"enterprise": self.one}
        self._serve()
        self._laptop("wangmin", ("edit", {**one, "field": "address", "value": "三路 3 号"}))
        self._laptop("wangmin", ("photo", {**one, "content": "afternoon"}), ("sync", {}))
        self._laptop("chenjing", ("want", one), ("sync", {}), ("accept", {"title": "路面积水"}), ("sync", {}))

    def centre_is_put_back(self) -> None:
        """The disk is gone: a new folder, a new database, the backup."""
        if self.centre.process is not None:
            self.centre.kill()
        before = self.centre
        database = self.template.cluster.new_database() if self.template.cluster else None
        self.centre = Centre(self.forker, self.folder / "again", database)
        self.centre.data_dir.mkdir()
        self.centre.port = before.port
        self._command("restore", str(self.folder / "centre.backup"), "--force")

    def officer_meets_the_new_epoch(self) -> None:
        self._serve()
        self._laptop("wangmin", ("sync", {}))

    def coordinator_meets_the_new_epoch(self) -> None:
        self._serve()
        self._laptop("chenjing", ("sync", {}))

    # Processes -------------------------------------------------------------------------------------------------------

    def _environment(self, target: str) -> dict[str, str]:
        """The fault the next process of this kind is to meet."""
        if self.kill is None:
            self.process += 1
            return {VARIABLE: f"trace:{self.folder / f'points.{self.step}.{target}.{self.process}'}"}
        if self.kill.target != target or self.kill.step not in (None, self.step):
            return {}
        return {VARIABLE: f"*:{self.kill.hit}"}

    def points(self) -> dict[tuple[str, str], list[list[str]]]:
        """By (step, target) the points each process passed, in order. Of a day without a kill."""
        found: dict[tuple[str, str], list[list[str]]] = {}
        for path in sorted(self.folder.glob("points.*")):
            _, step, target, _ = path.name.split(".")
            found.setdefault((step, target), []).append(path.read_text().splitlines())
        return found

    def _serve(self) -> None:
        """The centre, started anew, so that its points are counted from here."""
        if self.centre.process is not None:
            self.centre.kill()
        self.centre.environment = self._environment("centre")
        try:
            self.centre.start()
        except AssertionError:
            self._revive()

    def _revive(self) -> bool:
        """Start the centre again if it has died. False where it lives."""
        if self.centre.process is not None:
            try:
                # The connection breaks a moment before the process is gone.
                self.centre.process.wait(2)
            except TimeoutExpired:
                return False
            self.centre.kill()
        self.told.kills += 1
        self.centre.environment = {}
        self.centre.start()
        return True

    def _laptop(self, name: str, *acts: tuple[str, dict[str, Any]]) -> None:
        words = [str(self.folder / name), json.dumps(acts)]
        self._until_done("laptop", "tests.support.laptop_program", words)

    def _command(self, *words: str) -> None:
        if words[0] == "backup" and Path(words[1]).exists():
            return
        self._until_done("command", "sync.server.cli", self.centre.program(*words)[3:])

    def _until_done(self, target: str, module: str, words: list[str]) -> None:
        out, log = self.folder / "out", self.folder / "log"
        environment = self._environment(target)
        for _ in range(MOST_TRIES):
            process = self.forker.start(module, words, out, log, environment)
            code = process.wait()
            if code == KILLED and environment and self.kill:
                self.told.kills += 1
                environment = {}
                if target == "command" and words[0] == "backup" and Path(words[-1]).exists():
                    return
            elif code == SYNC_FAILED and self._revive():
                continue
            elif code == 0:
                break
            else:
                raise AssertionError(
                    f"{self.step}: {words} ended with {code}\n{log.read_text()}{out.read_text()}"
                )
        else:
            raise AssertionError(
                f"{self.step}: {words} never got through\n{log.read_text()}{out.read_text()}"
            )

    # What must hold --------------------------------------------------------------------------------------------------

    def _person(self, account: str) -> str:
        with Desk.open(DataFolder(self.folder / account)) as desk:
            return desk.signed_in().person

    def _check(self) -> Any:
        """Everything in its place. Returns what the centre holds, without ids and times, to compare days by."""
        self.kill_no_more()
        for name in ("wangmin", "chenjing", "wangmin", "chenjing"):
            self._laptop(name, ("sync", {}))
        with _database(self.centre) as database:
            report = verify(database, database.settings)
            assert report.ok, report.problems
            with database.reading() as connection:
                log = {row.mid: row for row in connection.execute(sa.select(tables.change))}
                shape = _shape(connection)
                photos = _bodies(connection, "attachment")
                assert all(body["stored_at"] for body in photos), "a photo is not at the centre"
                if database.is_sqlite:
                    assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        for name in ("wangmin", "chenjing"):
            self._check_laptop(self.folder / name, log)
        return shape

    def kill_no_more(self) -> None:
        """From here to the next step everybody lives."""
        kill, self.kill = self.kill, Kill("nobody", 0) if self.kill else None
        self._serve()
        self.kill = kill

    def _check_laptop(self, folder: Path, log: Mapping[str, Any]) -> None:
        for line in (folder / "acknowledged").read_text().splitlines():
            for mid in json.loads(line):
                assert mid in log, f"{folder.name}: an acknowledged change is not at the centre"
        with Desk.open(DataFolder(folder)) as desk:
            agree(desk)
            assert pending_files(desk.store) == []
            parts = [path for path in desk.folder.attachments.rglob("*") if path.is_file()]
            known = {path for (path,) in desk.store.select("SELECT path FROM pending_file")}
            assert not [path for path in parts if "lost" in path.read_text("latin-1")], (
                "a revoked photo is left"
            )
            assert len(known) == len({name for name in known if (folder / name).is_file()})
        with closing(sqlite3.connect(folder / "store.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def agree(desk: Desk) -> None:
    """The queue is empty, and what the laptop holds is what the centre sends to one who has nothing yet."""
    store, session = desk.store, desk.signed_in()
    assert store.select("SELECT mid FROM outbox WHERE state IN ('pending', 'again', 'quarantined')") == []
    there: dict[tuple[str, str, str], tuple[int, Any]] = {}
    cursors: dict[str, int] = {}
    with Transport(session.server, session.token) as transport:
        while True:
            page = transport.pull(Pull(device=session.device, cursors=cursors))
            for part in page.buckets:
                cursors[part.id] = part.to
                there |= {
                    (part.id, row[0], row[1]): (row[2], row[3])
                    for row in part.rows
                    if isinstance(row[3], dict)
                }
            if not page.more:
                break
    here = {
        (one.bucket, one.kind, one.id): (one.rev, one.body)
        for bucket in store.held()
        for one in store.in_bucket(bucket)
    }
    assert here == there
    assert store.held() == cursors
    assert store.select("SELECT count(*) FROM document") == [(len(there),)]
    assert store.select("SELECT count(*) FROM base") == [(0,)]


@contextmanager
def _database(centre: RunningServer) -> Iterator[Database]:
    database = Database(ServerSettings.of(str(centre.data_dir), centre.database))
    try:
        yield database
    finally:
        database.close()


def _bodies(connection: sa.Connection, kind: str) -> list[dict[str, Any]]:
    table = tables.document
    query = sa.select(table.c.body).where(table.c.kind == kind, table.c.deleted.is_(False))
    return [json.loads(text) for text in connection.scalars(query)]


TELLING = (
    "name",
    "title",
    "state",
    "number",
    "employees",
    "address",
    "action",
    "file_name",
    "stored_at",
    "until",
)


def _shape(connection: sa.Connection) -> Any:
    """Every document by what is in it and every change by its verdict, ids and times left out."""
    table, change = tables.document, tables.change
    documents: Counter[Any] = Counter()
    for row in connection.execute(sa.select(table)):
        body = json.loads(row.body) if row.body else {}
        told = {name: body.get(name) for name in TELLING}
        told["stored_at"], told["until"] = bool(told["stored_at"]), bool(told["until"])
        documents[
            buckets.kind_of(row.bucket), row.kind, row.deleted, json.dumps(told, ensure_ascii=False)
        ] += 1
    changes = Counter(tuple(row) for row in connection.execute(sa.select(change.c.name, change.c.status)))
    return documents, changes


FORM = """| survey |
| | type | name | label |
| | text | a | 情况 |
| settings |
| | form_title | form_id | version |
| | 补充表 | extra | 1 |
"""
