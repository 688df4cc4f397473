"""Classification of issues with departments and limits (domain.md §6). Data, not code: a versioned dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from app.domain.agency_template import CaseTemplate, check_departments
from app.domain.issue_rules import DEFAULT_RULES, IssueRules
from app.domain.project_rules import DEFAULT_PROJECT_RULES, ProjectRules
from app.domain.review_scheme import ReviewScheme, check_seats
from app.domain.work_calendar import WorkCalendar

RULES = (
    "issue_taxonomy",
    "departments",
    "issue_rules",
    "work_calendar",
    "case_templates",
    "project_rules",
    "review_schemes",
)
"""The dictionaries rules are worked out from; all but the first two may be missing."""

JUDGED_BY = ("issue_taxonomy", "issue_rules")
"""Those of them an issue keeps to in the version of its time. Departments exist or do not, and the calendar is everybody's."""


class Subcategory(BaseModel):
    """Second level: `level` 1–4, limits in working days from the day after receipt."""

    model_config = ConfigDict(extra="allow", frozen=True)
    code: str
    name: str
    level: int
    lead: str
    joint: list[str] = []
    first_response_days: int
    resolution_days: int


class Category(BaseModel):
    """First level."""

    model_config = ConfigDict(extra="allow", frozen=True)
    code: str
    name: str
    subcategories: list[Subcategory]


class Department(BaseModel):
    """A department issues can be assigned to."""

    model_config = ConfigDict(extra="allow", frozen=True)
    id: str
    name: str


class Taxonomy(BaseModel):
    """One version of the classification."""

    model_config = ConfigDict(extra="allow", frozen=True)
    version: str
    items: list[Category]

    def category(self, code: str) -> Category | None:
        return next((item for item in self.items if item.code == code), None)

    def subcategory(self, code: str) -> Subcategory | None:
        return next((sub for item in self.items for sub in item.subcategories if sub.code == code), None)

    def name_of(self, category: str, subcategory: str | None) -> str:
        """`水电气讯要素 · 扩容`; unknown codes are shown as they are."""
        first = self.category(category)
        second = self.subcategory(subcategory) if subcategory else None
        head = first.name if first else category
        return f"{head} · {second.name}" if second else head


class Dictionaries(BaseModel):
    """The reference data rules need. Built from the files of `resources/dictionaries` or the `ref:` documents."""

    model_config = ConfigDict(frozen=True)
    taxonomy: Taxonomy
    departments: list[Department]
    rules: IssueRules = DEFAULT_RULES
    calendar: WorkCalendar = WorkCalendar()
    case_templates: list[CaseTemplate] = []
    case_templates_version: str = ""
    review_schemes: list[ReviewScheme] = []
    review_schemes_version: str = ""
    project_rules: ProjectRules = DEFAULT_PROJECT_RULES

    versions: dict[str, str] = {}
    """Name → version of every dictionary in force, as far as known."""
    former_taxonomies: dict[str, Taxonomy] = {}
    """Version → the classification as it was published then; the one in force is among them."""
    former_rules: dict[str, IssueRules] = {}

    @classmethod
    def parse(
        cls,
        files: Mapping[str, Any],
        former: Iterable[tuple[str, str, Any]] = (),
        versions: Mapping[str, str] | None = None,
    ) -> Dictionaries:
        """`files` maps a dictionary's name (`issue_taxonomy`, `departments` …) to its parsed JSON; `former` are (name,
        version, parsed JSON) of what was ever published of JUDGED_BY; `versions` those in force where `files` are not all.

        Raises pydantic.ValidationError where one is not of its shape.
        """
        kept: dict[str, dict[str, Any]] = {name: {} for name in JUDGED_BY}
        for name, version, content in former:
            kept[name][version] = content
        found = {name: str(file["version"]) for name, file in files.items() if file.get("version")}
        return cls.model_validate(
            {
                "taxonomy": files["issue_taxonomy"],
                "departments": files["departments"]["items"],
                "rules": files.get("issue_rules", {}),
                "calendar": WorkCalendar.parse(files.get("work_calendar", {})),
                "case_templates": files.get("case_templates", {}).get("items", []),
                "case_templates_version": files.get("case_templates", {}).get("version", ""),
                "review_schemes": files.get("review_schemes", {}).get("items", []),
                "review_schemes_version": files.get("review_schemes", {}).get("version", ""),
                "project_rules": files.get("project_rules", {}),
                "versions": {**found, **(versions or {})},
                "former_taxonomies": kept["issue_taxonomy"],
                "former_rules": kept["issue_rules"],
            }
        )

    def of_time(self, reference: Mapping[str, str]) -> Dictionaries:
        """As they were for a document: `reference` is name → version it was made with. What is not known of then is of today."""
        then = tuple(reference.get(name, "") for name in JUDGED_BY)
        if then == (self.taxonomy.version, self.rules.version):
            return self
        taxonomy = self.former_taxonomies.get(then[0], self.taxonomy)
        rules = self.former_rules.get(then[1], self.rules)
        return self.model_copy(update={"taxonomy": taxonomy, "rules": rules})

    @model_validator(mode="after")
    def _templates_fit(self) -> Self:
        check_departments(self.case_templates, (department.id for department in self.departments))
        check_seats(self.review_schemes, (department.id for department in self.departments))
        return self

    def case_template(self, id: str) -> CaseTemplate | None:
        """A kind of case (domain.md §8)."""
        return next((template for template in self.case_templates if template.id == id), None)

    def review_scheme(self, id: str) -> ReviewScheme | None:
        """A kind of review (domain.md §1, 01–03 56)."""
        return next((scheme for scheme in self.review_schemes if scheme.id == id), None)

    def department_name(self, id: str) -> str:
        return next((department.name for department in self.departments if department.id == id), id)
