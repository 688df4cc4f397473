"""What differs between two long texts, marked by weight and line: readable without colour, in light and in dark."""

from __future__ import annotations

import html
from collections.abc import Sequence
from difflib import SequenceMatcher

LONG = 24
"""From this many characters on a difference is hard to find by eye."""
MOST = 4000
"""Longer texts are compared by their common beginning and end alone, which costs nothing."""
SHORTEST_SAME = 2
"""What is alike for fewer characters than this between two differences is a coincidence."""

Run = tuple[str, bool]
"""(a piece of the text, whether it differs)."""


def runs(text: str, others: Sequence[str]) -> list[Run]:
    """The text in pieces: what at least one of the others does not have is marked."""
    marked = [False] * len(text)
    for other in others:
        for begin, end in _differing(text, other):
            marked[begin:end] = [True] * (end - begin)
    pieces: list[Run] = []
    for letter, differs in zip(text, marked, strict=True):
        if pieces and pieces[-1][1] == differs:
            pieces[-1] = (pieces[-1][0] + letter, differs)
        else:
            pieces.append((letter, differs))
    return pieces


def rich(text: str, others: Sequence[str], tag: str) -> str:
    """The text as rich text with what differs in `tag`s (`u`, `s`); empty where nothing is worth marking."""
    if len(text) < LONG or not any(len(other) >= LONG for other in others):
        return ""
    found = runs(text, others)
    if not any(differs for _, differs in found) or all(differs for _, differs in found):
        return ""
    return "".join(
        f"<{tag}><b>{_escaped(piece)}</b></{tag}>" if differs else _escaped(piece) for piece, differs in found
    )


def _escaped(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _differing(text: str, other: str) -> list[tuple[int, int]]:
    """The stretches of `text` that `other` has not, those with hardly anything alike between them joined."""
    start = _common(text, other)
    tail = _common(text[start:][::-1], other[start:][::-1])
    middle, against = text[start : len(text) - tail], other[start : len(other) - tail]
    if not middle:
        return []
    if not against or len(middle) > MOST or len(against) > MOST:
        return [(start, start + len(middle))]
    found: list[tuple[int, int]] = []
    for kind, begin, end, _, _ in SequenceMatcher(None, middle, against, autojunk=False).get_opcodes():
        if kind in ("equal", "insert"):
            continue
        if found and start + begin - found[-1][1] < SHORTEST_SAME:
            found[-1] = (found[-1][0], start + end)
        else:
            found.append((start + begin, start + end))
    return found


def _common(one: str, two: str) -> int:
    """How many characters two texts begin with alike."""
    length = min(len(one), len(two))
    return next((place for place in range(length) if one[place] != two[place]), length)
