"""Answers that are none of the centre's, or are not what was asked for: a clear word, and nothing is lost."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from sync.client.session import sign_in
from sync.server import tables
from tests.support.middleman import Answer, Asked, Middleman, page
from tests.support.park import Park
from tests.support.server import PASSWORD, RunningServer
from tests.sync.faults.cuts import Talker, talker

Ask = Callable[[], Answer]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    with RunningServer(tmp_path_factory.mktemp("centre")) as server:
        park = Park(server)
        yield park
        park.close()


@pytest.fixture(scope="module")
def middleman(centre: Park) -> Iterator[Middleman]:
    with Middleman(centre.server.url) as middleman:
        yield middleman


@pytest.fixture
def one(centre: Park, middleman: Middleman, tmp_path: Path) -> Iterator[Talker]:
    middleman.handle = lambda _asked, ask: ask()
    middleman.seen.clear()
    with talker(centre, tmp_path / "desk") as one:
        yield one


def at(path: str, spoil: Callable[[Answer], Answer]) -> Callable[[Asked, Ask], Answer]:
    """Let everything through but the answers at a path, which are spoilt (what was asked for has been done then)."""
    return lambda asked, ask: spoil(ask()) if asked.path.startswith(path) else ask()


PATHS = ("/sync/push", "/sync/pull", "/files")


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (page(), "captive_portal"),
        (page(302, location="http://portal.invalid/login"), "captive_portal"),
        (page(511), "captive_portal"),
        (page(502), "later"),
        (page(504), "later"),
        (page(500), "server_trouble"),
        (page(403), "captive_portal"),
    ],
)
def test_somebody_else_answers(
    one: Talker, middleman: Middleman, path: str, answer: Answer, code: str
) -> None:
    """A portal's page, or a proxy's trouble, with the request passed on or not: nothing is taken for an answer."""
    for passes_on in (False, True):

        def handle(asked: Asked, ask: Ask, passes_on: bool = passes_on) -> Answer:
            if not asked.path.startswith(path):
                return ask()
            if passes_on:
                ask()
            return answer

        middleman.handle = handle
        error = one.try_through(middleman.url)
        assert error is not None
        # A blob that could not be sent keeps its own reason and the run goes on.
        assert error.code == ("file" if path == "/files" and code == "server_trouble" else code)
        one.recover((path, answer.status, passes_on))


def test_somebody_else_answers_a_download(one: Talker, middleman: Middleman) -> None:
    assert one.try_through(middleman.url) is None
    middleman.handle = lambda asked, ask: page() if asked.method == "GET" else ask()
    error = one.try_through(middleman.url)
    assert error is not None
    assert error.code == "captive_portal"
    assert not (one.desk.folder.root / "fetched").exists()
    one.recover()


def test_a_portal_while_signing_in_hears_no_password(one: Talker, middleman: Middleman) -> None:
    middleman.handle = lambda _asked, _ask: page()
    one.signs_in = True
    error = one.try_through(middleman.url)
    assert error is not None
    assert error.code == "captive_portal"
    assert not [asked for asked in middleman.seen if PASSWORD.encode() in asked.body]
    one.recover()


# A broken answer of the centre ---------------------------------------------------------------------------------------


def half_packed(answer: Answer) -> Answer:
    packed = gzip.compress(answer.saying(answer.json).body)
    return replace(
        answer, headers={**answer.headers, "content-encoding": "gzip"}, body=packed[: len(packed) // 2]
    )


def not_packed(answer: Answer) -> Answer:
    return replace(answer.saying(answer.json), headers={**answer.headers, "content-encoding": "gzip"})


def too_long(answer: Answer) -> Answer:
    return replace(answer, length=len(answer.body) + 500)


def too_short(answer: Answer) -> Answer:
    return replace(answer, length=len(answer.body) // 2)


@pytest.mark.parametrize("path", ["/sync/push", "/sync/pull"])
@pytest.mark.parametrize("spoil", [half_packed, not_packed, too_long, too_short])
def test_an_answer_that_breaks_off(
    one: Talker, middleman: Middleman, path: str, spoil: Callable[[Answer], Answer]
) -> None:
    middleman.handle = at(path, spoil)
    error = one.try_through(middleman.url)
    assert error is not None
    assert (error.code, "接着同步" in error.text) == ("offline", True)
    one.recover()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/sync/push", "/sync/pull"])
@pytest.mark.parametrize(
    "value", [[], {}, "好", None, {"results": {}, "buckets": "x"}, {"status": "ok", "data": []}]
)
def test_json_of_another_shape(one: Talker, middleman: Middleman, path: str, value: Any) -> None:
    middleman.handle = at(path, lambda answer: answer.saying(value))
    error = one.try_through(middleman.url)
    assert error is not None
    assert error.code == "not_our_server"
    one.recover()


# A centre that says what was not asked ---------------------------------------------------------------------------


def each_bucket(alter: Callable[[dict[str, Any]], None]) -> Callable[[Answer], Answer]:
    def spoil(answer: Answer) -> Answer:
        told = answer.json
        for part in told.get("buckets", ()):
            alter(part)
        return answer.saying(told)

    return spoil


def test_sums_that_are_wrong(one: Talker, middleman: Middleman) -> None:
    middleman.handle = at("/sync/pull", each_bucket(lambda part: part.update(sum="0" * 16)))
    error = one.try_through(middleman.url)
    assert error is not None
    assert (error.code, "核对不上" in error.text) == ("mismatch", True)
    one.recover()


@pytest.mark.slow
def test_counts_that_are_wrong(one: Talker, middleman: Middleman) -> None:
    middleman.handle = at("/sync/pull", each_bucket(lambda part: part.update(count=7)))
    error = one.try_through(middleman.url)
    assert error is not None
    assert error.code == "mismatch"
    one.recover()


def test_rows_left_out_are_asked_for_again(one: Talker, middleman: Middleman) -> None:
    spoilt: list[str] = []

    def once(part: dict[str, Any]) -> None:
        if part["rows"] and not spoilt:
            spoilt.append(part["id"])
            part["rows"] = part["rows"][1:]

    middleman.handle = at("/sync/pull", each_bucket(once))
    one.try_through(middleman.url)
    assert spoilt
    one.recover()


def test_rows_of_a_bucket_nobody_asked_for(one: Talker, middleman: Middleman) -> None:
    """A part in the middle of a bucket that is not held here joins on to nothing: not one row of it is taken."""

    def spoil(answer: Answer) -> Answer:
        told = answer.json
        if "buckets" in told:
            row = ["note", "foreign", 3, {"id": "foreign"}]
            foreign = {"id": "e:foreign", "from": 5, "to": 9, "done": True, "rows": [row]}
            told["buckets"].append({**foreign, "count": 1, "sum": "0" * 16})
        return answer.saying(told)

    middleman.handle = at("/sync/pull", spoil)
    error = one.try_through(middleman.url)
    assert error is not None
    assert error.code == "mismatch"
    assert one.desk.store.get("note", "foreign") is None
    assert "e:foreign" not in one.desk.store.held()
    one.recover()


def test_pages_without_an_end(one: Talker, middleman: Middleman) -> None:
    """`more` for ever, and nothing in them."""

    def spoil(answer: Answer) -> Answer:
        told = answer.json
        return answer.saying(
            {**told, "more": True, "buckets": [], "revoked": []} if "buckets" in told else told
        )

    middleman.handle = at("/sync/pull", spoil)
    error = one.try_through(middleman.url)
    assert error is not None
    assert error.code == "no_progress"
    one.recover()


def too_few(results: list[Any]) -> list[Any]:
    return results[1:]


def none_at_all(_results: list[Any]) -> list[Any]:
    return []


def strangers(results: list[Any]) -> list[Any]:
    return [{**verdict, "mid": str(uuid.uuid4())} for verdict in results]


def doubled(results: list[Any]) -> list[Any]:
    return results + results


def too_many(results: list[Any]) -> list[Any]:
    return [{"mid": str(uuid.uuid4()), "status": "applied"}, *results[::-1], *strangers(results)]


@pytest.mark.slow
@pytest.mark.parametrize("alter", [too_few, none_at_all, strangers, doubled, too_many])
def test_verdicts_that_do_not_fit_the_changes(
    one: Talker, middleman: Middleman, alter: Callable[[list[Any]], list[Any]]
) -> None:
    def spoil(answer: Answer) -> Answer:
        told = answer.json
        return answer.saying({**told, "results": alter(told["results"])})

    middleman.handle = at("/sync/push", spoil)
    one.try_through(middleman.url)
    waiting = one.desk.store.select("SELECT count(*) FROM outbox WHERE state = 'pending'")
    assert waiting == [({too_few: 1, none_at_all: 2, strangers: 2}.get(alter, 0),)]
    one.recover()


# Everything twice, or late ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_request_arrives_twice(one: Talker, middleman: Middleman, centre: Park) -> None:
    """A retrying proxy: the laptop hears the second answer. Everything is done once."""

    def handle(asked: Asked, ask: Ask) -> Answer:
        first = ask()
        # The second of two equal pieces meets a moved offset; that is the answer the laptop then has to live with.
        return first if asked.method == "DELETE" else ask()

    middleman.handle = handle
    for _ in range(3):
        one.try_through(middleman.url)
    one.recover()
    with centre.database.reading() as connection:
        mids = list(connection.scalars(select(tables.change.c.mid)))
    assert len(mids) == len(set(mids))


@pytest.mark.slow
def test_signing_in_twice_at_once(one: Talker, middleman: Middleman) -> None:
    middleman.handle = lambda _asked, ask: (ask(), ask())[1]
    sign_in(one.desk.store, middleman.url, one.account, PASSWORD, "机")
    one.prepare()
    one.recover()


@pytest.mark.slow
def test_a_repeated_old_request_changes_nothing(one: Talker, middleman: Middleman) -> None:
    """Requests of an hour ago come out of some queue and reach the centre once more, in another order."""
    assert one.try_through(middleman.url) is None
    old = [asked for asked in middleman.seen if asked.path.startswith("/sync/push")]
    assert old
    one.prepare()
    one.recover()
    for asked in reversed(old):
        headers = {name: asked.headers[name] for name in ("authorization", "content-type")}
        again = requests.post(f"{one.park.server.url}{asked.path}", asked.body, headers=headers, timeout=60)
        assert {verdict["status"] for verdict in again.json()["results"]} == {"applied"}
    one.recover()
