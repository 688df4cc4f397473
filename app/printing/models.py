"""What the documents need to know, as plain frozen records that services fill.

Every text is shown as it is; dates are shown as 2026年11月22日. Paths are those of a filling: `/operation/a01_status`,
`/difficulties/b02_problems[1]/b02_title`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forms.definition import Form

SERVICE_NOTICE = "本次为服务走访，不属于行政检查"
"""Stands at the head of every sheet that is taken to an enterprise (`domain.md §2.11`)."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF that was written."""

    path: Path
    pages: int
    sections: tuple[int, ...]
    """Pages of each section, which is numbered by itself: the cover and each checklist, or the record."""
    missing: tuple[str, ...] = ()
    """Characters no font has: drawn as 〓, still found and copied as themselves."""
    problems: tuple[str, ...] = ()
    """What could not be printed, in Chinese: a photo that is damaged."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One of the five seats (`domain.md §1` 49); an empty `holder` is a vacancy."""

    title: str
    holder: str = ""
    unit: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """An issue to ask after, or one that arose from the visit."""

    number: str
    title: str
    state: str
    department: str = ""
    due: dt.date | None = None


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A figure of the last visit: 本季产值, 1,234.56 万元."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class PolicyToBring:
    title: str
    number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """A 走访清单: what is known of an enterprise, then the form for a pen."""

    number: str
    form: Form
    enterprise: str = ""
    """Empty for a blank checklist."""
    credit_code: str = ""
    address: str = ""
    date: dt.date | None = None
    time: str = ""
    """The time agreed on, for the route: 9:30."""
    officer: str = ""
    profile: Sequence[tuple[str, str]] = ()
    """Label and value: 行业, 规模, 联系人 …"""
    seats: Sequence[Seat] = ()
    open_issues: Sequence[OpenIssue] = ()
    last_visit: dt.date | None = None
    key_figures: Sequence[KeyFigure] = ()
    policies: Sequence[PolicyToBring] = ()
    prefilled: Mapping[str, str] = field(default_factory=dict)
    """Path to text: printed in the place of the answer (a choice's name or label ticks its box)."""
    previous: Mapping[str, str] = field(default_factory=dict)
    """Path to the last visit's answer as text: printed small beside the room for the new one."""
    left_out: frozenset[str] = frozenset()
    """Paths without indexes that cannot apply to this enterprise and are not printed."""
    notice: str = SERVICE_NOTICE


@dataclass(frozen=True, slots=True)
class Photo:
    path: Path
    caption: str = ""


Value = object
"""An answer as `Filling.finish` gives it: text, number, tuple or list of names, date; None or "" for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecord:
    """A 走访记录: a finished form as it was answered."""

    number: str
    form: Form
    enterprise: str
    credit_code: str = ""
    officer: str = ""
    companions: str = ""
    begun: dt.datetime | None = None
    """Aware; shown in Asia/Shanghai."""
    ended: dt.datetime | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    relevant: Sequence[str] | frozenset[str] = ()
    """Concrete paths of the questions that applied; what is not among them is not printed."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Concrete path to a label whose ${references} are filled in, where it has any."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """Concrete path to the text of an answer, where the form alone cannot tell it (choices from a file)."""
    photos: Sequence[Photo] = ()
    signatures: Mapping[str, Path] = field(default_factory=dict)
    issues: Sequence[OpenIssue] = ()
    since: str = ""
    """The day of the record before this one of the same form, in words."""
    changes: Sequence[tuple[str, str, str]] = ()
    """(question, answer then, answer now) of what is another than then."""
    method: str = ""
    digest: str = ""
    """The digest of the finished visit; taken from the content where empty."""
    notice: str = SERVICE_NOTICE
