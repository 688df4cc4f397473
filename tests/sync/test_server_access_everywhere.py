"""Every address × everybody: nothing of a bucket one does not hold is ever in an answer, whatever is guessed.

What is there to be seen is known from the documents alone (tests/support/everybody.py). Each answer is looked at as it
came: headers and unpacked bytes. A new address without requests here fails the first test; a new change name is tried
by itself.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain import buckets
from app.domain.changes import REGISTER
from app.domain.changes.enterprises import ENTER
from app.domain.ids import new_id
from sync.protocol.digest import heads_token
from sync.server import tables
from sync.server.asgi import create_app, routes
from sync.server.settings import ServerSettings
from tests.support.described import Described
from tests.support.everybody import PARK, TOKEN, Somebody, World
from tests.support.park import Park, change
from tests.support.server import PASSWORD


@pytest.fixture(scope="module")
def park(unshared_park: Park) -> Park:
    return unshared_park


TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
OPEN = {("GET", "/healthz"), ("POST", "/auth/token"), ("OPTIONS", "/files"), ("OPTIONS", "/files/{id}")}
OPEN |= {("GET", "/openapi.json"), ("HEAD", "/openapi.json")}
"""Asked without a token."""


@dataclass(frozen=True)
class Question:
    at: str = ""
    json: Any = None
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return f"{self.at} {json.dumps(self.json, ensure_ascii=False)} {self.headers} {self.data!r}"


Questions = Iterable[Question]
Asked = Callable[[World, Somebody], Questions]


@pytest.fixture(scope="module")
def world(park: Park) -> World:
    return World(park)


# What is asked ------------------------------------------------------------------------------------------------------


def plainly(_world: World, _who: Somebody) -> Questions:
    return [Question()]


def sign_ins(world: World, who: Somebody) -> Questions:
    for other in (world.a.officer, world.b.officer):
        body = {"account": other.who["account"], "password": "falsch-2026", "device": other.device}
        yield Question(json=body)
        yield Question(json={**body, "account": other.person, "password": PASSWORD})
        yield Question(json={**body, "account": f"{other.who['account']}' OR 1=1 --"})


def all_buckets(world: World) -> list[str]:
    there = {row.bucket for row in world.documents()}
    return sorted(there | {f"d:{name}" for name in ("x", "economy")} | {buckets.of_enterprise(new_id())})


def pulls(world: World, who: Somebody) -> Questions:
    every, device = all_buckets(world), who.device
    for at in (0, 1, -1, -(1 << 70), 1 << 70, (1 << 63) - 1):
        yield Question(json={"device": device, "cursors": dict.fromkeys(every, at)})
    yield Question(json={"device": device, "cursors": {}})
    yield Question(json={"device": device, "cursors": {}, "want": every[:200]})
    yield Question(json={"device": device, "cursors": {}, "want": [], "rows": 1, "bytes": 1000})
    for token in tokens(world):
        yield Question(json={"device": device, "token": token})
        yield Question(json={"device": device, "token": token, "cursors": dict.fromkeys(every, 0)})
    told = [{"bucket": bucket, "seq": 1 << 70, "count": -1, "sum": "0"} for bucket in every[:50]]
    yield Question(
        json={"device": device, "cursors": {}, "differs": told, "reading": dict.fromkeys(every, -1)}
    )
    yield Question(json={"device": world.a.officer.device, "cursors": {}})
    yield Question(json={"device": device, "cursors": {}, "epoch": new_id()})
    yield Question(
        json={"device": device, "person": world.a.officer.person, "cursors": {world.a.bucket: "x"}}
    )


def tokens(world: World) -> list[str]:
    """Digests that are current for somebody else."""
    with world.park.database.reading() as connection:
        heads = dict(connection.execute(sa.select(tables.bucket.c.id, tables.bucket.c.head)).all())
    one = [heads_token([(bucket, head)]) for bucket, head in list(heads.items())[:5]]
    return [*one, heads_token(heads.items()), heads_token([])]


def waits(world: World, _who: Somebody) -> Questions:
    yield Question("?seconds=0")
    for token in tokens(world):
        yield Question(f"?token={token}&seconds=0")


def pushes(world: World, who: Somebody) -> Questions:
    # Whoever is not known is turned away before anything of it is read.
    changes = list(itertools.islice(guesses(world, who), None if who.laptop else 5))
    for start in range(0, len(changes), 400):
        yield Question(json={"device": who.device, "changes": changes[start : start + 400]})
    yield Question(json={"device": who.device, "changes": stolen(world, who)})
    yield Question(json={"device": world.a.officer.device, "changes": changes[:1]})


def guesses(world: World, who: Somebody) -> Iterator[dict[str, Any]]:
    """Change names on one document of each kind in each bucket, in its own bucket and from one's own."""
    own = [buckets.of_person(who.laptop.person)] if who.laptop else []
    own += [world.a.bucket] if who.laptop is world.a.officer else []
    seen = set()
    for row in world.documents():
        if (row.bucket, row.kind) in seen or not ours(world, row.bucket):
            continue
        seen.add((row.bucket, row.kind))
        for name in REGISTER:
            # Every name on its own kind; of all the other pairs a quarter, always the same.
            if name.partition(".")[0] != row.kind and zlib.crc32(f"{name} {row.kind}".encode()) % 4:
                continue
            for bucket in {row.bucket, *own}:
                yield change(name, bucket, (row.kind, row.id), arguments(world))


def ours(world: World, bucket: str) -> bool:
    """The enterprises planted here, and what is no enterprise's."""
    return not bucket.startswith("e:") or bucket in (world.a.bucket, world.b.bucket)


def arguments(world: World) -> dict[str, Any]:
    """Something for every change function: each takes what it knows."""
    return {
        "fields": {"id": [None, world.b.id], "employees": ["x", 1], "caption": ["x", "y"]},
        "choices": {"business_scope": {"pick": "mine", "shown": "x"}},
        "enterprise": world.b.id,
        "form_id": "visit_three",
        "form_version": "1",
        "local_number": "V-1",
        "record": new_id(),
        "values": {},
        "digest": "0",
        "issues": [{**world.b.issue, "title": "题"}],
        "reason": "因为",
        "category": "04",
        "level": 3,
        "department": "economy",
        "limit_days": 5,
        "person": new_id(),
        "person_name": "某人",
        "content": {},
        "version": "1",
    }


def stolen(world: World, who: Somebody) -> list[dict[str, Any]]:
    """Ids of changes that others have made."""
    others = sorted(world.others(who))[:300]
    return [change("patch", world.a.bucket, ("enterprise", world.a.id), mid=mid) for mid in others]


def beginnings(world: World, _who: Somebody) -> Questions:
    for planted in (world.a, world.b):
        row = planted.row
        for bucket in (row["bucket"], buckets.reference(PARK), f"m:{PARK}", "e:\x00"):
            named = {"bucket": bucket, "attachment": row["doc"][1], "sha256": planted.sha256}
            metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in named.items())
            for length in (len(planted.photo), 1):
                headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata}
                yield Question(headers=headers)


def uploads(world: World, _who: Somebody) -> Questions:
    for at in (world.a.upload, world.b.upload, new_id(), "%00", "x" * 5000, world.a.row["doc"][1]):
        yield Question(at, headers=TUS)


def pieces(world: World, _who: Somebody) -> Questions:
    for at in (world.a.upload, world.b.upload, new_id(), "%00"):
        for offset in ("0", "3", "999999999"):
            yield Question(at, headers={**PIECE, "Upload-Offset": offset}, data=b"")


def overridden(world: World, who: Somebody) -> Questions:
    for method in ("PATCH", "DELETE", "GET", "HEAD"):
        for question in pieces(world, who):
            if method != "DELETE" or question.at not in (world.a.upload, world.b.upload):
                yield Question(question.at, headers={**question.headers, "X-HTTP-Method-Override": method})


def deletions(world: World, who: Somebody) -> Questions:
    """Of uploads that are not one's own: they must still be there afterwards."""
    for planted in (world.a, world.b):
        if who.laptop is not planted.officer:
            yield Question(planted.upload, headers=TUS)
    yield Question("%00", headers=TUS)


def downloads(world: World, _who: Somebody) -> Questions:
    for planted in (world.a, world.b):
        for headers in ({}, {"Range": "bytes=3-40"}, {"If-None-Match": f'"{planted.sha256}"'}):
            yield Question(planted.sha256, headers=headers)
    for at in ("0" * 64, "%00", "..%2f..%2fzhuqitong.db", world.a.upload):
        yield Question(at)


CASES: dict[tuple[str, str], Asked] = {
    ("GET", "/healthz"): plainly,
    ("GET", "/openapi.json"): plainly,
    ("HEAD", "/openapi.json"): plainly,
    ("POST", "/auth/token"): sign_ins,
    ("POST", "/sync/pull"): pulls,
    ("POST", "/sync/push"): pushes,
    ("GET", "/sync/wait"): waits,
    ("OPTIONS", "/files"): plainly,
    ("OPTIONS", "/files/{id}"): uploads,
    ("POST", "/files"): beginnings,
    ("HEAD", "/files/{id}"): uploads,
    ("PATCH", "/files/{id}"): pieces,
    ("POST", "/files/{id}"): overridden,
    ("DELETE", "/files/{id}"): deletions,
    ("GET", "/files/{id}"): downloads,
}


# What must not be answered ------------------------------------------------------------------------------------------


def ask(world: World, who: Somebody, method: str, path: str, question: Question) -> requests.Response:
    at = f"{path.removesuffix('/{id}')}/{question.at}" if "{id}" in path else path + question.at
    return requests.request(
        method,
        world.park.server.url + at,
        headers={**who.headers, **question.headers},
        json=question.json,
        data=question.data or None,
        timeout=120,
    )


def leaked(
    world: World, who: Somebody, question: Question, answer: requests.Response, before: list[Any]
) -> set[str]:
    """Words and ids in an answer that are neither of a bucket he holds (before or after it) nor said by himself."""
    raw = f"{answer.headers} {answer.content.decode('utf-8', 'replace')}"
    # JSON may write the same word in escapes.
    raw += re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), raw)
    tokens = set(TOKEN.findall(raw)) - set(TOKEN.findall(question.text))
    if not tokens:
        return set()
    after = world.documents()
    seen = world.visible(who, before) | world.visible(who, after)
    places = world.places(before)
    for token, where in world.places(after).items():
        places.setdefault(token, set()).update(where)
    hidden = world.others(who)
    return {
        token
        for token in tokens
        if (token in places and not places[token] & seen) or (token in hidden and token not in places)
    }


def test_every_address_is_asked_here(tmp_path: Path) -> None:
    app = create_app(ServerSettings.of(str(tmp_path), None))
    there = {
        (method, re.sub("{[^}]*}", "{id}", route.path))
        for route in routes(app)
        for method in route.methods or ()
    }
    app.state.center.database.close()
    assert there == set(CASES)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nobody_is_shown_what_he_does_not_hold(world: World) -> None:
    described = Described(world.park.server.url)
    before = world.documents()
    control(world)
    leaks: list[Any] = []
    for who in (*world.unknown, *world.known):
        for (method, path), questions in CASES.items():
            for question in questions(world, who):
                answer = ask(world, who, method, path, question)
                told = (who.name, method, path, question.text[:200], answer.status_code)
                assert answer.status_code < 500, (told, answer.text[:500])
                if who.laptop is None and (method, path) not in OPEN:
                    # No such address at all, or no such method: answered before anybody is asked for.
                    expected = {404 if "%2f" in question.at else 405} if path == "/files/{id}" else set()
                    assert answer.status_code in {401, 403, *expected}, told
                if path != "/openapi.json":
                    described.check(method, path, answer)
                found = leaked(world, who, question, answer, before)
                if found:
                    leaks.append((*told, sorted(found)))
                if method == "POST":
                    before = world.documents()
    assert leaks == []
    for planted in (world.a, world.b):
        with world.park.database.reading() as connection:
            table = tables.upload
            row = connection.execute(sa.select(table).where(table.c.id == planted.upload)).one()
        assert (row.offset, row.done_at) == (0, None)


def control(world: World) -> None:
    """Everybody is shown what he does hold, or the rest would prove nothing."""
    documents = world.documents()
    places = world.places(documents)
    in_files = {
        token for one in (world.a, world.b) for token in TOKEN.findall(one.photo.decode("utf-8", "replace"))
    }
    for who in world.known:
        assert who.laptop is not None
        want = [world.a.bucket] if "handler" not in who.name else None
        answer = who.laptop.post(
            "/sync/pull", {"device": who.device, "cursors": {}, **({"want": want} if want else {})}
        )
        shown = set(TOKEN.findall(answer.text))
        opened = {world.a.bucket} if world.visible(who, documents) >= {world.a.bucket} else set()
        for bucket in opened | {one for one in world.visible(who, documents) if not one.startswith("e:")}:
            words = {token for token, where in places.items() if bucket in where and token[0] == "密"}
            assert words - in_files <= shown, (who.name, bucket)
    assert world.a.officer.get(f"/files/{world.a.sha256}").content == world.a.photo


@pytest.mark.slow
def test_what_is_not_held_and_what_is_not_there_are_answered_alike(world: World) -> None:
    """Nobody can find out whether there is such an enterprise, file or upload."""
    stranger = next(who for who in world.known if who.name == "officer of nothing")
    assert stranger.laptop is not None
    imaginary = new_id()

    def alike(method: str, path: str, real: Question, made_up: Question) -> None:
        answers = [ask(world, stranger, method, path, question) for question in (real, made_up)]
        assert answers[0].status_code == answers[1].status_code
        texts = [TOKEN.sub("·", answer.text) for answer in answers]
        assert texts[0] == texts[1]
        assert set(answers[0].headers) == set(answers[1].headers)

    alike("GET", "/files/{id}", Question(world.a.sha256), Question("0" * 64))
    ranged = {"Range": "bytes=0-3"}
    alike("GET", "/files/{id}", Question(world.a.sha256, headers=ranged), Question("0" * 64, headers=ranged))
    for method in ("HEAD", "DELETE"):
        real, made_up = (Question(at, headers=TUS) for at in (world.a.upload, imaginary))
        alike(method, "/files/{id}", real, made_up)
    real, made_up = (Question(at, headers=PIECE) for at in (world.a.upload, imaginary))
    alike("PATCH", "/files/{id}", real, made_up)
    for name in REGISTER:
        if name == ENTER:
            # An officer founds a bucket where nothing stands: whoever knows a random id was told it.
            continue
        questions = []
        for id in (world.a.id, imaginary):
            edit = change(name, buckets.of_enterprise(id), ("enterprise", id), arguments(world))
            questions.append(Question(json={"device": stranger.device, "changes": [edit]}))
        answers = [
            ask(world, stranger, "POST", "/sync/push", question).json()["results"] for question in questions
        ]
        bare = [TOKEN.sub("·", json.dumps(answer)) for answer in answers]
        assert bare[0] == bare[1], name


_CHOICES: dict[tuple[int, str], Any] = {}


def choices(world: World, who: Somebody) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    """Buckets, documents and others' change ids as they were when first asked for: the same for every example."""
    key = (id(world), who.name)
    if key not in _CHOICES:
        rows = [row for row in world.documents() if ours(world, row.bucket)]
        documents = sorted({(row.kind, row.id) for row in rows})
        _CHOICES[key] = sorted({row.bucket for row in rows}), documents, sorted(world.others(who))
    found: tuple[list[str], list[tuple[str, str]], list[str]] = _CHOICES[key]
    return found


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_whatever_is_put_together_from_what_there_is(world: World, data: st.DataObject) -> None:
    """Pulls and pushes of anything: buckets, kinds, ids and change ids of this park in any mixture."""
    who = data.draw(st.sampled_from(world.known[:8]), label="who")
    bucket, document, mid = (st.sampled_from(some) for some in choices(world, who))
    value = st.one_of(st.none(), st.integers(), st.text(max_size=5), bucket, document)
    edit = st.builds(
        lambda name, bucket, doc, extra, mid: change(
            name, bucket, doc, {**arguments(world), **extra}, mid=mid
        ),
        st.sampled_from(sorted(REGISTER)),
        bucket,
        document,
        st.dictionaries(st.sampled_from(sorted(arguments(world))), value, max_size=2),
        st.one_of(st.none(), mid),
    )
    pull = st.fixed_dictionaries(
        {"cursors": st.dictionaries(bucket, st.integers(-5, 1 << 65), max_size=6)},
        optional={"want": st.lists(bucket, max_size=5), "rows": st.integers(1, 50)},
    )
    push = st.fixed_dictionaries({"changes": st.lists(edit, max_size=4)})
    path, body = data.draw(
        st.one_of(pull.map(lambda body: ("/sync/pull", body)), push.map(lambda body: ("/sync/push", body)))
    )
    question = Question(json={"device": who.device, **body})
    before = world.documents()
    answer = ask(world, who, "POST", path, question)
    assert answer.status_code == 200, answer.text
    assert leaked(world, who, question, answer, before) == set()
