"""Messages as earlier programs said them: today's centre answers them as it did, today's laptop understands the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.domain.changes import schemas
from app.domain.clock import beijing_date, system_clock
from app.domain.documents import Body, DocumentModel
from app.store.confirmed import absorb_page
from app.store.database import open_store
from sync.client.engine import sum_of
from sync.client.errors import TooOld
from sync.client.reading import plain_page, plain_verdict
from sync.client.transport import Transport
from sync.protocol.messages import ErrorAnswer, Health, Pull, Pulled, Pushed, SignedIn
from tests.support import laptop, recorded
from tests.support.proxy import Proxy

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
each_day = pytest.mark.parametrize("day", recorded.DAYS)
OF_THE_MOMENT = {"now", "at", "incident", "text", "epoch"}
"""Fields that say when or how, and nothing a laptop goes by."""
SAME_FOR_EVER = {
    "mid",
    "status",
    "bucket",
    "id",
    "code",
    "state",
    "same",
    "need",
    "more",
    "done",
    "conflicts",
    "revoked",
}
"""What a laptop goes by: equal whatever the rules of the work have become since."""


def as_it_was(recorded: Any, today: Any, *, exact: bool, where: str = "") -> Iterator[str]:
    """What of a recorded answer is missing or different today. More than was there is no harm.

    Not `exact`: changes were made, by the rules of today. Then fields and documents must still be there, of the same
    type, but only what a laptop goes by must be equal.
    """
    name = where.rpartition(".")[2]
    if isinstance(recorded, dict) and isinstance(today, dict):
        for key, value in recorded.items():
            if key not in today:
                # Null and false and nothing are left out or not.
                if not exact and not value:
                    continue
                yield f"{where}.{key} is missing"
            elif key not in OF_THE_MOMENT:
                yield from as_it_was(value, today[key], exact=exact, where=f"{where}.{key}")
    elif isinstance(recorded, list) and isinstance(today, list):
        if name == "rows":
            yield from _rows_as_they_were(recorded, today, exact, where)
        elif name == "buckets":
            found = {part["id"]: part for part in today}
            for part in recorded:
                yield from as_it_was(part, found.get(part["id"]), exact=exact, where=f"{where}({part['id']})")
        elif len(recorded) != len(today):
            yield f"{where}: {today!r} in place of {recorded!r}"
        else:
            for number, (old, new) in enumerate(zip(recorded, today, strict=True)):
                yield from as_it_was(old, new, exact=exact, where=f"{where}[{number}]")
    elif type(recorded) is not type(today) or ((exact or name in SAME_FOR_EVER) and recorded != today):
        yield f"{where}: {today!r} in place of {recorded!r}"


MODELS: dict[str, type[DocumentModel]] = {model.kind: model for model in DocumentModel.__subclasses__()}


def with_defaults(kind: str, body: Any) -> Any:
    """A body as a laptop reads it: a field that is left out has its default."""
    model = MODELS.get("issue" if kind == "department_issue" else kind)
    if model is None or not isinstance(body, dict):
        return body
    return {**model.model_validate(body).model_dump(mode="json"), **body}


def _rows_as_they_were(recorded: list[Any], today: list[Any], exact: bool, where: str) -> Iterator[str]:
    """Every document that was sent is sent; today's rules may send more along with a verdict."""
    found = {(kind, id): (rev, body) for kind, id, rev, body in today}
    for kind, id, rev, body in recorded:
        here = f"{where}({kind} {id})"
        if (kind, id) not in found:
            yield f"{here} is missing"
            continue
        now = found[kind, id][1] if exact else with_defaults(kind, found[kind, id][1])
        yield from as_it_was(body, now, exact=exact, where=here)
        if exact and rev != found[kind, id][0]:
            yield f"{here}: rev {found[kind, id][0]} in place of {rev}"
    if exact and len(found) != len(recorded):
        yield f"{where}: {len(found)} rows in place of {len(recorded)}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", DATABASES)
@each_day
def test_todays_centre_answers_as_it_did(
    day: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("cluster").new_database() if kind == "postgres" else None
    with recorded.centre(day, tmp_path / "centre", database) as server:
        exact = True
        for exchange in recorded.exchanges(day):
            exact = exact and exchange.path != "/sync/push"
            if ended(exchange.request):
                continue
            answer = requests.request(
                exchange.method,
                server.url + exchange.path,
                json=exchange.request,
                headers=exchange.headers,
                timeout=60,
            )
            told = f"{exchange.name}: {answer.text[:2000]}"
            assert answer.status_code == exchange.status, told
            was = dict(exchange.answer)
            if exchange.path == "/auth/token":
                was.pop("token", None)
            assert list(as_it_was(was, answer.json(), exact=exact)) == [], told


def ended(request: Any) -> bool:
    """Whether changes of this schema are taken no more: twelve months after the next one they are refused."""
    used = {change["schema"] for change in (request or {}).get("changes", ())}
    today = beijing_date(system_clock())
    return any((until := schemas.taken_until(schema)) is not None and today > until for schema in used)


@each_day
def test_todays_laptop_understands_every_answer(day: str) -> None:
    models = {"/healthz": Health, "/auth/token": SignedIn, "/sync/push": Pushed, "/sync/pull": Pulled}
    for exchange in recorded.exchanges(day):
        text = json.dumps(exchange.answer)
        if exchange.status != 200:
            assert ErrorAnswer.model_validate_json(text).error.text, exchange.name
            continue
        model = models.get(exchange.path.partition("?")[0], Pulled)
        read = model.model_validate_json(text)
        assert list(as_it_was(exchange.answer, read.model_dump(mode="json", by_alias=True), exact=True)) == []


@each_day
def test_what_came_with_the_answers_is_absorbed(day: str, tmp_path: Path) -> None:
    """A recorded first pull fills a store of today with the same rows, whose sums agree."""
    (first,) = [one for one in recorded.exchanges(day) if one.name.endswith("pull-all")]
    pages = [plain_page(page) for page in Pulled.model_validate(first.answer).buckets]
    store = open_store(tmp_path / "store.db")
    try:
        result = absorb_page(store, pages, laptop.context(), sum_of=sum_of)
        assert result.mismatched == ()
        here = {(one.kind, one.id): one.body for page in pages for one in store.in_bucket(page.bucket)}
        there: dict[tuple[str, str], Body] = {
            (kind, id): body for part in first.answer["buckets"] for kind, id, _, body in part["rows"] if body
        }
        assert here == there
        assert store.held() == {part["id"]: part["to"] for part in first.answer["buckets"]}
    finally:
        store.close()
    verdicts = [
        plain_verdict(verdict, "XD")
        for one in recorded.exchanges(day)
        if one.status == 200 and one.path == "/sync/push"
        for verdict in Pushed.model_validate(one.answer).results
    ]
    assert {verdict.status for verdict in verdicts} == {"applied", "conflict", "refused", "escrowed"}
    assert any(row.bucket.startswith("dir:") for verdict in verdicts for row in verdict.rows)


@each_day
def test_the_recorded_refusal_of_a_laptop_that_is_too_old_is_understood(day: str) -> None:
    (refusal,) = [one for one in recorded.exchanges(day) if one.name.endswith("too-old")]
    body = json.dumps(refusal.answer, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {refusal.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with Proxy("http://127.0.0.1:9") as proxy:
        proxy.answer = head.encode() + body
        with Transport(proxy.url, "token") as transport, pytest.raises(TooOld):
            transport.pull(Pull(device="d"))
