"""Buckets: the unit of access, sync and ordering (sync/README.md). A document is in exactly one."""

from __future__ import annotations

REFERENCE = "ref"
PERSON = "u"
ENTERPRISE = "e"
DIRECTORY = "dir"
DEPARTMENT = "d"
MEETINGS = "m"


def reference(park: str) -> str:
    """Forms, dictionaries, calendar, policies, the directory of people and departments: everybody's."""
    return f"{REFERENCE}:{park}"


def of_person(person: str) -> str:
    """One person's own plan and assignments."""
    return f"{PERSON}:{person}"


def of_enterprise(enterprise: str) -> str:
    """Everything about one enterprise."""
    return f"{ENTERPRISE}:{enterprise}"


def directory(park: str) -> str:
    """One light row per enterprise and per issue, for coordinators and leaders."""
    return f"{DIRECTORY}:{park}"


def of_department(department: str) -> str:
    """The issues assigned to one department."""
    return f"{DEPARTMENT}:{department}"


def meetings(park: str) -> str:
    """Meetings and what came of them, for whoever works for the whole park."""
    return f"{MEETINGS}:{park}"


def kind_of(bucket: str) -> str:
    """`ref`, `u`, `e`, `dir`, `d` or `m`."""
    return bucket.partition(":")[0]


def subject_of(bucket: str) -> str:
    """What stands behind the colon: the park, person, enterprise or department."""
    return bucket.partition(":")[2]
