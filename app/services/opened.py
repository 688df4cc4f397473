"""Enterprises that somebody who sees the whole park has opened: a few stay on the laptop, the rest is let go of.

kv `want` is the list, the one looked at last first; the next sync tells the centre, and what is no longer on it is
purged like a bucket that was taken away. What somebody still works on is never let go of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary

from app.domain import buckets
from app.services.desk import Desk
from app.store.database import Store
from app.store.handing_over import busy_buckets

MOST_OPENED = 40
MOST_WANTED = 200
"""What the protocol takes; never reached unless so many are being worked on at once."""

_lock = Lock()
_windows: WeakKeyDictionary[Store, Counter[str]] = WeakKeyDictionary()


def open_bucket(desk: Desk, enterprise: str) -> bool:
    """Ask for an enterprise's data with the next sync (for those who see the whole park). False: it is here already."""
    bucket = buckets.of_enterprise(enterprise)
    here = bucket in desk.store.held()
    if not here or bucket in desk.store.kv("want", []):
        _to_front(desk, bucket)
    return not here


def used(desk: Desk, enterprise: str) -> None:
    """It is looked at: of those opened on demand it is the last to go."""
    bucket = buckets.of_enterprise(enterprise)
    want = desk.store.kv("want", [])
    if bucket in want[1:]:
        _to_front(desk, bucket)


def _to_front(desk: Desk, bucket: str) -> None:
    with desk.store.write():
        want = [bucket, *(one for one in desk.store.kv("want", []) if one != bucket)]
        if len(want) > MOST_OPENED:
            busy = busy_buckets(desk.store) | _shown(desk.store)
            room = max(0, MOST_OPENED - sum(one in busy for one in want))
            kept = []
            for one in want:
                if one in busy or room > 0:
                    room -= one not in busy
                    kept.append(one)
            want = kept[:MOST_WANTED]
        desk.store.set_kv("want", want)


def keep_open(desk: Desk, enterprise: str) -> Callable[[], None]:
    """A window shows this enterprise: it is not let go of until the callable that comes back is called."""
    bucket = buckets.of_enterprise(enterprise)
    with _lock:
        _windows.setdefault(desk.store, Counter())[bucket] += 1

    def close() -> None:
        with _lock:
            shown = _windows.get(desk.store)
            if shown is not None:
                shown[bucket] -= 1

    return close


def _shown(store: Store) -> set[str]:
    with _lock:
        return {bucket for bucket, windows in _windows.get(store, Counter[str]()).items() if windows > 0}
