"""The figures an issue is judged by: limits, lights, supervision. Data of the park, with the defaults of domain.md.

Published as the dictionary `issue_rules`; what a published one leaves out has its default here.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class IssueRules(BaseModel):
    """All days are working days unless said otherwise. Sources: domain.md §2.3, §6, §7.2 (【默】 throughout)."""

    model_config = ConfigDict(extra="allow", frozen=True)
    version: str = "2026.2"
    sign_days: int = Field(default=1, ge=1)
    """Unsigned for this long: taken as signed."""
    object_days: int = Field(default=1, ge=1)
    """An objection must come within."""
    yellow_least: int = Field(default=2, ge=0)
    yellow_percent: int = Field(default=20, ge=0, le=100)
    supervise_yellow_after: int = Field(default=1, ge=1)
    supervise_red_after: int = Field(default=3, ge=1)
    supervise_reply_days: int = Field(default=2, ge=1)
    escalate_overdue: int = Field(default=3, ge=1)
    escalate_joint_idle: int = Field(default=5, ge=1)
    """A joint department has not moved for this long after the signature."""
    joint_level: int = Field(default=3, ge=1, le=4)
    """Across departments an issue stands at least on this level."""
    crowd: int = Field(default=30, ge=1)
    """From this many people concerned on it is a 群体 matter and stands at least on `joint_level`."""
    extension_ahead: int = Field(default=1, ge=0)
    extension_percent: int = Field(default=100, ge=1)
    suspend_most: int = Field(default=60, ge=1)
    appeal_days: int = Field(default=10, ge=1)
    redo_days: int = Field(default=15, ge=1)
    revisit_days: int = Field(default=5, ge=1)
    contacts: int = Field(default=3, ge=1)
    repeat_days: int = Field(default=30, ge=1)
    """Calendar days: raised again within them counts as repeated."""
    whistle_days: int = Field(default=1, ge=1)
    take_back_minutes: int = Field(default=10, ge=0)
    """Whoever made the last move may take it back for so many minutes by the centre's clock; 0: never."""
    spot_check_percent: int = Field(default=10, ge=0, le=100)

    def yellow_days(self, limit_days: int) -> int:
        """An issue is yellow with at most so many working days left (rounded up)."""
        return max(self.yellow_least, -(-limit_days * self.yellow_percent // 100))

    def longest_extension(self, limit_days: int) -> int:
        """The most working days an extension may have."""
        return limit_days * self.extension_percent // 100


DEFAULT_RULES = IssueRules()
