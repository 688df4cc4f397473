"""How often what happens in the demo's park: the one table its stories draw from. Shares of 1 where nothing else is said."""

from __future__ import annotations

from collections.abc import Mapping

ENTERPRISES = 60
TEAMS = 20
DAYS = 365
"""How long the story is, where nobody says otherwise."""
LEAST_DAYS = 75

ABOVE_SCALE = 0.4
CYCLES: Mapping[str, float] = {"quarter": 0.5, "two_months": 0.3, "month": 0.2}
SEAT_VACANT = 0.08
TAGS: Mapping[str, float] = {
    **{"innovative_sme": 0.35, "specialised": 0.15, "little_giant": 0.03, "high_tech": 0.25},
    **{"tech_sme": 0.3, "single_champion": 0.03, "gazelle": 0.05, "list_1": 0.1, "list_3": 0.05},
}
LAND_FLAG = 0.12
CULTIVATED = 0.35

VISITED = 0.95
"""A visit in its period."""
PLANNED = 0.85
MOVED = 0.12
PLAN_CANCELLED = 0.03
WHOLE_FORM = 0.35
"""The whole form is filled; else the quick one."""
METHODS: Mapping[str, float] = {"on_site": 0.88, "phone": 0.07, "video": 0.05}
KINDS: Mapping[str, float] = {"routine": 0.75, "special": 0.12, "project": 0.08, "accompanying": 0.05}
DIFFICULTIES: Mapping[int, float] = {0: 0.45, 1: 0.38, 2: 0.17}
SOLVED_THERE = 0.45
"""Of what can be solved on the spot at all."""
VISIT_RETURNED = 0.03
VISIT_VERIFIED = 0.9
MEMBER_VISITS = 0.2
"""Instead of the team's lead."""
RAISED_ELSEWHERE = 36
"""Issues of a year that came by hotline, platform, whistle, superiors."""
ENTRIES = 1.6
"""Comings of departments to an enterprise in a year."""

RETURNED, REFUSED, APPEALED, MERGED, WITHDRAWN = 0.06, 0.03, 0.5, 0.03, 0.02
OBJECTED, OBJECTED_AGAIN = 0.05, 0.2
JOINT = 0.35
UNSIGNED = 0.06
LATE = 0.1
EXTENDED, EXTENSION_GRANTED = 0.1, 0.8
SUSPENDED = 0.02
ESCALATED, SUPERVISED, WHISTLED, REDONE = 0.02, 0.03, 0.02, 0.05
SILENT_JOINT = 0.15
RESULTS: Mapping[str, float] = {
    **{"solved": 0.76, "partly": 0.08, "explained": 0.08, "planned": 0.04, "unable": 0.03, "not_duty": 0.01}
}
UNREACHED = 0.03
DISSATISFIED, DISSATISFIED_LATE = 0.07, 0.25
GOOD: Mapping[str, float] = {"very": 0.5, "satisfied": 0.4, "basically": 0.1}
ADDED_REVIEW, ARCHIVED, RAISED_AGAIN = 0.03, 0.7, 0.03
REVISIT_SHEET = 0.4
"""A revisit that is written into the register of form (i) too."""

CASES = 45
TEMPLATES: Mapping[str, float] = {
    **{"policy_claim": 0.3, "title_backlog": 0.2, "seven_links": 0.15, "five_days": 0.15},
    **{"landing": 0.1, "three_in_a_day": 0.1},
}
STEP_SKIPPED, STEP_LACKING, STEP_CORRECTED, STEP_STOPPED, STEP_REJECTED, STEP_LATE = (
    0.3,
    0.1,
    0.12,
    0.08,
    0.03,
    0.04,
)
CASE_SUSPENDED, CASE_TERMINATED, CASE_MET = 0.05, 0.04, 0.1

FINANCING, CLAIMS, COVENANTS, MEASURED = 34, 40, 18, 48
COVENANT_MET = 0.7

PROJECTS, PROJECT_NEVER_BEGUN, PROJECT_HALTED = 16, 0.12, 0.12
REVIEWS, REVIEWER_ASIDE = 12, 0.2

INVITED = 8
CAME = 0.7
BROUGHT: Mapping[int, float] = {0: 0.2, 1: 0.5, 2: 0.3}
RECEPTION_SOLVED = 0.3
