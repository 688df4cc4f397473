"""The desk's work without a window: sign-in, sync, status, print. Imports no Qt."""

from __future__ import annotations

import getpass
import json
import platform
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from app.command_line import FAILED, FINE, say
from app.domain.clock import to_text
from app.errors import KnownError
from app.paths import DataFolder
from app.services.desk import Desk


def _desk(words: Namespace) -> Desk:
    return Desk.open(DataFolder(words.data))


def sign_in(words: Namespace) -> int:
    """`zhuqitong sign-in`: tell the laptop its server and account; the first download follows with `sync`."""
    from sync.client.session import sign_in as ask

    password = sys.stdin.readline().rstrip("\n") if words.password_stdin else getpass.getpass("口令：")
    with _desk(words) as desk:
        signed = ask(desk.store, words.server, words.account, password, platform.node() or "laptop")
    if words.json:
        print(
            json.dumps(
                {"person": signed.person, "name": signed.name, "park": signed.park_name}, ensure_ascii=False
            )
        )
    else:
        print(f"已登录：{signed.name}（{signed.park_name}）。下一步：zhuqitong sync")
    return FINE


def sync(words: Namespace) -> int:
    """`zhuqitong sync`: send and fetch once. 0 when everything went, 1 when not."""
    from sync.client.engine import Progress, engine_for

    said: list[str] = []

    def tell(progress: Progress) -> None:
        if progress.text != (said[-1] if said else None):
            said.append(progress.text)
            say(progress.text)

    with _desk(words) as desk:
        desk.signed_in()
        report = engine_for(desk.store, desk.context, desk.clock).run(tell, lambda: False)
        waiting = _waiting(desk)
    facts: dict[str, Any] = {
        "sent": report.sent,
        "received": report.received,
        "refused": report.refused,
        "conflicts": report.conflicts,
        "files_sent": report.files_sent,
        **waiting,
        "error": report.error.text if report.error else None,
    }
    if words.json:
        print(json.dumps(facts, ensure_ascii=False))
    elif report.error:
        say(report.error.text)
    else:
        print(f"同步完成：发出 {report.sent} 项，收到 {report.received} 项，待发送 {waiting['pending']} 项。")
    return FAILED if report.error else FINE


def status(words: Namespace) -> int:
    """`zhuqitong status`: who is signed in, what is held, what waits."""
    from app.services import enterprises
    from app.store.history import sync_history

    with _desk(words) as desk:
        session = desk.session
        history = sync_history(desk.store, 1)
        facts: dict[str, Any] = {
            "data": str(desk.folder.root),
            "signed_in": session is not None,
            "server": session.server if session else None,
            "account": session.account if session else None,
            "name": session.name if session else None,
            "enterprises": len(enterprises.listing(desk)) if session else 0,
            "buckets": len(desk.store.held()),
            **_waiting(desk),
            "last_sync": to_text(history[0].ended) if history else None,
        }
    if words.json:
        print(json.dumps(facts, ensure_ascii=False))
        return FINE
    if session is None:
        print("还没有登录。先运行：zhuqitong sign-in --server 地址 --account 账号")
        return FINE
    print(f"{session.name}（{session.account}），中心 {session.server}")
    print(f"企业 {facts['enterprises']} 家，待发送 {facts['pending']} 项，需要处理 {facts['attention']} 项")
    print(f"上次同步：{facts['last_sync'] or '还没有同步过'}")
    return FINE


def figures(words: Namespace) -> int:
    """`zhuqitong figures`: the figures of a period and scope, as far as this person may see them."""
    from app.domain.figures import as_json, as_lines
    from app.figures import figure_texts
    from app.services import figures as statistics

    with _desk(words) as desk:
        found = statistics.asked(desk, words.period, words.scope)
        now = desk.clock()
    texts = figure_texts()
    if words.json:
        print(json.dumps(as_json(found, texts), ensure_ascii=False))
    else:
        print("\n".join(as_lines(found, texts, now)))
    return FINE


def _waiting(desk: Desk) -> dict[str, int]:
    from app.store.outbox import counts

    found = counts(desk.store)
    return {
        "pending": found.pending,
        "files": found.files,
        "attention": found.refused + found.conflicts,
    }


def print_checklist(words: Namespace) -> int:
    """`zhuqitong print checklist`: the checklists of the named enterprises in one PDF."""
    from app.services import papers

    with _desk(words) as desk:
        chosen = [_enterprise(desk, name) for name in words.enterprise]
        printed = papers.print_checklists(desk, chosen, words.out)
    return _printed(words, printed.path, printed.pages)


def print_record(words: Namespace) -> int:
    """`zhuqitong print record`: the record of one finished visit."""
    from app.services import papers, visits

    with _desk(words) as desk:
        found = [line.id for line in visits.listing(desk) if words.visit in (line.id, line.number)]
        if not found:
            raise KnownError(
                "no_visit",
                f"本机没有编号为「{words.visit}」的走访。用 zhuqitong 打开「走访」页可以查到编号。",
            )
        printed = papers.print_record(desk, found[0], words.out)
    return _printed(words, printed.path, printed.pages)


def _printed(words: Namespace, path: Path, pages: int) -> int:
    if words.json:
        print(json.dumps({"path": str(path), "pages": pages}, ensure_ascii=False))
    else:
        print(f"已生成 {path}，共 {pages} 页")
    return FINE


def _enterprise(desk: Desk, name: str) -> str:
    from app.services import enterprises

    lines = [line for line in enterprises.listing(desk) if line.held]
    exact = [line.id for line in lines if name in (line.id, line.name, line.credit_code)]
    close = exact or [line.id for line in lines if name in line.name]
    if len(close) == 1:
        return close[0]
    if close:
        raise KnownError("not_unique", f"有 {len(close)} 家企业的名称里有「{name}」。请写全名或信用代码。")
    raise KnownError("no_enterprise", f"本机没有「{name}」这家企业。请核对名称或信用代码，或先同步。")
