"""The life of an issue: a chance at each turn, the moves of domain.md §7.2 by those who may make them, until it ends or the year does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from app.domain.clock import beijing_date, from_text
from app.domain.issue import ENDED, Issue, IssueState, Supervision
from app.domain.people import Role
from app.domain.projections import ISSUE_ROW
from app.domain.taxonomy import Subcategory
from sync.server.demo import odds
from sync.server.demo.ground import Firm, Ground
from sync.server.demo.sheets import Sheet, file_entry
from sync.server.demo.stage import Story
from sync.server.demo.troubles import Trouble
from sync.server.people import Caller

S = IssueState
FAR = timedelta(days=4000)


@dataclass
class IssueLife:
    """`stop`: the state it stays in. `fate` forces turns that chance would seldom take."""

    ground: Ground
    firm: Firm
    officer: Caller
    id: str
    trouble: Trouble
    stop: IssueState | None = None
    fate: frozenset[str] = frozenset()
    rounds: int = 0
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.stage = self.ground.stage
        self.luck = self.stage.luck("issue", self.id)
        coordinators = self.ground.of_role(Role.COORDINATOR)
        self.coordinator = self.luck.pick(coordinators)
        self.leader = self.luck.pick(self.ground.of_role(Role.LEADER))
        self.revisitor = self.luck.pick(self.ground.of_role(Role.REVISITOR))
        taxonomy = self.stage.known.taxonomy
        found = taxonomy.subcategory(self.trouble.code)
        assert found is not None
        self.sub: Subcategory = found
        self.late = self.turn("late", odds.LATE)

    def begin(self) -> None:
        self.stage.begin(self.stage.now, f"issue {self.sub.code}", self.live())

    def turn(self, name: str, share: float) -> bool:
        """Whether it takes this turn: by fate, or by chance. With a state to stay in, chance leaves it alone."""
        if name in self.fate:
            return True
        return self.stop is None and not self.fate and self.luck.happens(share)

    def do(self, who: Caller, name: str, /, **args: Any) -> None:
        self.stage.do(who, f"issue.{name}", self.firm.bucket, Issue.kind, self.id, **args)

    @property
    def issue(self) -> Issue:
        return Issue.model_validate(self.stage.body(self.firm.bucket, Issue.kind, self.id))

    def live(self) -> Story:
        ways = {
            S.REPORTED: self._reported, S.DRAFT: self._draft, S.REFUSED: self._refused, S.ACCEPTED: self._accepted,
            S.ASSIGNED: self._assigned, S.IN_WORK: self._in_work, S.EXTENSION: self._extension,
            S.SUSPENDED: self._suspended, S.ANSWERED: self._answered, S.TO_REVISIT: self._to_revisit,
            S.CLOSED: self._closed,
        }  # fmt: skip
        while (state := self.issue.state) in ways and state is not self.stop:
            yield from ways[state]()
            if self.issue.state is state and f"stays {state}" in self.taken:
                return

    def _still(self, state: IssueState) -> bool:
        """Whether nobody else has moved it meanwhile (a meeting, the centre by itself)."""
        return self.issue.state is state

    def _soon(self, most: int) -> datetime:
        """Within so many working days; at once where it is to get somewhere."""
        return self.stage.later(self.luck, 0, 0 if self.stop else 1 if self.fate else most)

    # ---- up to a department

    def _reported(self) -> Story:
        yield self._soon(2)
        issue = self.issue
        if not self._still(S.REPORTED):
            return
        if issue.appealed:
            granted = self.luck.happens(0.5)
            if granted:
                self.do(
                    self.leader,
                    "accept",
                    category=issue.category,
                    subcategory=self.sub.code,
                    level=self.sub.level,
                )
            else:
                self._refuse(self.leader)
        elif "return" not in self.taken and self.turn("return", odds.RETURNED):
            self.taken.add("return")
            self.do(self.coordinator, "return", reason=self.luck.pick(self.ground.words["return_reasons"]))
        elif self.rounds == 0 and self.turn("refuse", odds.REFUSED):
            self._refuse(self.coordinator)
        elif self.rounds == 0 and self.turn("merge", odds.MERGED) and (main := self._main()):
            self.do(self.coordinator, "merge", main=main["id"], main_number=main["number"])
        elif self.rounds == 0 and self.turn("withdraw", odds.WITHDRAWN):
            self.do(self.officer, "withdraw", reason="企业自行解决了", confirmed_by=self.firm.contact)
        else:
            self.do(
                self.coordinator,
                "accept",
                category=self.sub.code[:2],
                subcategory=self.sub.code,
                level=self.sub.level,
            )

    def _refuse(self, who: Caller) -> None:
        told = self.luck.pick(self.ground.words["refusals"])
        self.do(who, "refuse", **told)

    def _main(self) -> dict[str, Any] | None:
        rows = (one.body for one in self.stage.of_kind(self.stage.directory, ISSUE_ROW))
        alike = [
            row for row in rows
            if row.get("subcategory") == self.sub.code and row["id"] != self.id and S(row["state"]) not in ENDED
        ]  # fmt: skip
        return self.luck.pick(alike) if alike else None

    def _draft(self) -> Story:
        yield self.stage.later(self.luck, 0, 3)
        self.do(self.officer, "resubmit", description=self.trouble.description + "涉及约二十万元，一号车间。")

    def _refused(self) -> Story:
        if "appeal" in self.taken or not self.turn("appeal", odds.APPEALED):
            self.taken.add(f"stays {S.REFUSED}")
            return
        self.taken.add("appeal")
        yield self.stage.later(self.luck, 1, 5)
        self.do(self.officer, "appeal", reason="企业补充了新的材料，与已立案的不是同一件事。")

    def _accepted(self) -> Story:
        issue = self.issue
        waits = "meeting" not in self.taken and (issue.level or 1) >= 4 and self.stop is None
        self.taken.add("meeting")
        # What is of level four waits for a joint meeting some of the time; if none comes, it is assigned as any other.
        yield (self.stage.later(self.luck, 8, 22) if waits and self.luck.happens(0.5) else self._soon(1))
        if not self._still(S.ACCEPTED):
            return
        issue = self.issue
        department = issue.suggested_department or self.sub.lead
        joint = [one for one in self.sub.joint if one != department and self.luck.happens(odds.JOINT)]
        handler = self.luck.pick(self.ground.handlers(department))
        self.do(
            self.leader if issue.ruling_needed else self.coordinator, "assign", department=department, joint=joint,
            handler=handler.person, handler_name=handler.name, limit_days=self.sub.resolution_days,
            requirement="办结后当天答复企业",
        )  # fmt: skip
        if self.turn("whistle", odds.WHISTLED):
            self.do(
                self.officer,
                "whistle",
                departments=[self.luck.pick(["emergency", "park"])],
                text="请到现场一起看",
            )

    def _assigned(self) -> Story:
        issue = self.issue
        if self.turn("unsigned", odds.UNSIGNED):
            # Nobody signs: the centre takes it as signed.
            yield self.stage.later(self.luck, 2, 3)
            return
        yield self._soon(1)
        if not self._still(S.ASSIGNED):
            return
        handler = self._handler()
        share = odds.OBJECTED_AGAIN if issue.objections else odds.OBJECTED
        others = [one for one in ("park", "economy", "housing") if one != issue.department]
        object_ = "object" in self.fate and issue.objections < (2 if "object_twice" in self.fate else 1)
        if not issue.ruled and issue.objections < 2 and (object_ or (not self.fate and self.turn("", share))):
            reason = self.luck.pick(self.ground.words["objections"])
            self.do(handler, "object", reason=reason, suggested_department=self.luck.pick(others))
            return
        self.do(handler, "sign")

    def _handler(self) -> Caller:
        issue = self.issue
        people = self.ground.handlers(issue.department or "")
        return next((one for one in people if one.person == issue.handler), people[0])

    # ---- in work

    def _in_work(self) -> Story:
        self.rounds += 1
        if (self.stop is S.EXTENSION or self.turn("extend", odds.EXTENDED)) and not self.issue.extensions:
            yield from self._ask_extension()
            return
        if self.rounds == 1 and (self.stop is S.SUSPENDED or self.turn("suspend", odds.SUSPENDED)):
            yield self.stage.later(self.luck, 1, 2)
            if self._still(S.IN_WORK):
                self._suspend()
            return
        yield from self._worked()
        if not self._still(S.IN_WORK):
            return
        result = self.luck.one_of(odds.RESULTS) if self.rounds == 1 else "solved"
        reason = self.luck.pick(self.ground.words["unresolved"]) if result in ("unable", "not_duty") else None
        text = (
            self.trouble.answer
            if result in ("solved", "partly")
            else "已向企业说明有关规定和下一步安排，企业知晓。"
        )
        self.do(
            self._handler(),
            "answer",
            result=result,
            answer=text,
            unresolved_reason=reason,
            signed_by=self._handler().name,
        )

    def _worked(self) -> Story:
        """Progress, the joint departments', supervision and its replies, until the answer is ready."""
        issue = self.issue
        left = self._left(issue)
        days = (
            round(left * self.luck.uniform(1.15, 1.7)) + 1
            if self.late or "overdue" in self.fate
            else max(0, round(left * self.luck.uniform(0.25, 0.9)))
        )
        for turn in range(self.luck.randint(1, 3) if days > 1 else 1):
            yield self.stage.later(self.luck, 0 if turn == 0 else 1, max(1, days // 3) if days else 0)
            if not self._still(S.IN_WORK):
                return
            self._move_on(turn)
        if "overdue" in self.fate:
            yield self.stage.now + FAR
        ready = self.stage.after(beijing_date(from_text(issue.clock_from or issue.raised_at)), max(1, days))
        yield self.stage.moment(max(ready, self.stage.today), self.luck, 14, 17)
        self._reply()

    def _left(self, issue: Issue) -> int:
        if issue.due_at is None:
            return 5
        return max(1, self.stage.known.calendar.workdays_left(self.stage.now, from_text(issue.due_at)))

    def _move_on(self, turn: int) -> None:
        words, issue = self.ground.words, self.issue
        self.do(self._handler(), "progress", text=self.luck.pick(words["progress"]))
        if turn == 0 and not self.turn("silent", odds.SILENT_JOINT):
            for one in issue.joint:
                self.do(
                    self.ground.handlers(one)[0], "progress", text=self.luck.pick(words["joint_progress"])
                )
        for one in issue.whistled:
            if one not in issue.whistle_answered:
                self.do(self.ground.handlers(one)[0], "whistle_answer", text="已到现场，当场会商。")
        if turn == 1 and self.turn("escalate", odds.ESCALATED) and (self.issue.level or 1) < 4:
            self.do(self.officer, "ask_escalation", reason="牵涉两家单位，企业等得急。")
            self.do(self.coordinator, "escalate", reason="联络员申请，需要更高一级协调。")
        if turn == 0 and self.turn("supervise", odds.SUPERVISED):
            self.do(
                self.coordinator, "supervise", level="yellow", cause="progress", text="请三天内明确办理方案。"
            )
        self._reply()

    def _reply(self) -> None:
        """What was sent to the department is answered, mostly."""
        if "overdue" in self.fate:
            return
        for one in self.stage.of_kind(self.firm.bucket, Supervision.kind):
            if one.body["issue"] == self.id and not one.body.get("replied_at") and self._still(S.IN_WORK):
                text = self.luck.pick(self.ground.words["supervision_replies"])
                self.do(self._handler(), "reply_supervision", supervision=one.id, reply=text)

    def _ask_extension(self) -> Story:
        yield self.stage.later(self.luck, 0, 1)
        issue = self.issue
        if not self._still(S.IN_WORK) or self._left(issue) < 3 or issue.limit_days is None:
            self.taken.add("no extension")
            yield from self._worked()
            return
        reason = self.luck.pick(self.ground.words["extension_reasons"])
        days = max(1, issue.limit_days // self.luck.randint(1, 3))
        self.do(self._handler(), "ask_extension", days=days, reason=reason, enterprise_informed=True)

    def _extension(self) -> Story:
        yield self.stage.later(self.luck, 0, 1)
        if not self._still(S.EXTENSION):
            return
        who = self.leader if (self.issue.level or 1) >= 3 else self.coordinator
        if "extend" in self.fate or self.luck.happens(odds.EXTENSION_GRANTED):
            self.do(who, "extend")
        else:
            self.do(who, "deny_extension", reason="时间还够，请加快办理。")

    def _suspend(self) -> None:
        ground, reason = self.luck.pick(list(self.ground.words["suspend_reasons"].items()))
        review = self.stage.after(self.stage.today, self.luck.randint(20, 55))
        self.do(self.leader, "suspend", ground=ground, reason=reason, review_on=review.isoformat())

    def _suspended(self) -> Story:
        review = date.fromisoformat(self.issue.suspend_review_on or self.stage.today.isoformat())
        yield self.stage.moment(self.stage.workday(review), self.luck)
        if self._still(S.SUSPENDED):
            self.do(self.coordinator, "resume")

    # ---- answered, revisited, ended

    def _answered(self) -> Story:
        yield self.stage.later(self.luck, 0, 1)
        if not self._still(S.ANSWERED):
            return
        if "redo" not in self.taken and self.turn("redo", odds.REDONE):
            self.taken.add("redo")
            self.do(self.coordinator, "redo", reason="答复没有回应企业提出的时间要求，请补充。")
        else:
            self.do(self.coordinator, "verify")

    def _to_revisit(self) -> Story:
        if self.turn("unreached", odds.UNREACHED):
            for _ in range(3):
                yield self.stage.later(self.luck, 1, 2)
                self.do(self.revisitor, "contact_failed", method="phone", text="无人接听")
            yield self.stage.later(self.luck, 0, 1)
            self.do(self.coordinator, "close_unreached")
            return
        yield self.stage.later(self.luck, 1, 4)
        if not self._still(S.TO_REVISIT):
            return
        issue = self.issue
        late = issue.settled_in_time is False
        bad = (
            self.turn("dissatisfied", odds.DISSATISFIED_LATE if late else odds.DISSATISFIED)
            and not issue.reopened
        )
        self._revisit(issue, bad)

    def _revisit(self, issue: Issue, bad: bool) -> None:
        luck, words = self.luck, self.ground.words
        solved = {
            "unable": "explained",
            "not_duty": "explained",
            "explained": "explained",
            "planned": "explained",
        }
        satisfaction = (
            luck.one_of({"dissatisfied": 0.8, "very_dissatisfied": 0.2}) if bad else luck.one_of(odds.GOOD)
        )
        scores = {
            one: "kept" if luck.happens(0.93) else "partly"
            for one in ("unbidden", "on_call", "word_kept", "thorough")
        }
        said = (
            "unsolved"
            if bad
            else solved.get(issue.result or "", "partly" if issue.result == "partly" else "solved")
        )
        trips = luck.one_of({0: 0.7, 1: 0.2, 2: 0.1})
        text = luck.pick(words["bad_words"] if bad else words["good_words"])
        if luck.happens(odds.REVISIT_SHEET):
            self._write_down(issue, said, satisfaction, trips, text)
        self.do(
            self.revisitor, "revisit", method="phone", solved=said, satisfaction=satisfaction,
            dissatisfaction=luck.sample(["result", "time", "unclear"], 1) if bad else [], scores=scores, text=text,
            agree_close=not bad, answered=True, contacted=luck.happens(0.9), trips=trips,
        )  # fmt: skip

    def _write_down(self, issue: Issue, solved: str, satisfaction: str, trips: int, text: str) -> None:
        """Form (i) in its register."""
        from sync.server.demo.visits import tables_for

        level = {"very": "very_satisfied", "basically": "basically_satisfied"}.get(satisfaction, satisfaction)
        bad = satisfaction.endswith("dissatisfied")
        row = {
            "name": issue.number, "id": issue.id, "number": issue.number, "title": issue.title,
            "department": issue.department_name or "现场办结", "handler": issue.handler_name or "",
            "level": str(issue.level or ""), "handled_by_me": "no", "appended": "no",
        }  # fmt: skip
        tables = {**tables_for(self.ground, self.firm, "", self.revisitor), "callback_issue": [row]}
        sheet = Sheet(self.stage, "satisfaction", self.revisitor, tables)
        sheet.answer(
            {
                "h7_informed": "yes", "h6_method": "phone", "h5_person": self.firm.contact, "t1_answered": "yes",
                "t2_solved": solved, "t3_satisfaction": level, "t4_reasons": ("time",) if bad else None,
                "t5_unbidden": "kept", "t5_on_call": "kept", "t5_word_kept": "kept", "t5_thorough": "kept",
                "t6_contacted": "yes", "t7_trips": trips, "t9_suggestions": text, "t10_close": None if bad else "yes",
            }
        )  # fmt: skip
        file_entry(
            self.stage, self.firm, self.revisitor, sheet, f"{self.id}/{issue.reopened}", "satisfaction"
        )

    def _closed(self) -> Story:
        issue = self.issue
        if self.turn("again", odds.RAISED_AGAIN) and not issue.earlier:
            yield self.stage.later(self.luck, 5, 18)
            again = self.stage.id("issue", "again", self.id)
            told = {**self.trouble.raising, "solved_on_spot": False, "solution": None, "earlier": self.id}
            self.stage.do(
                self.officer, "issue.raise", self.firm.bucket, Issue.kind, again, local_number="I-900", **told
            )
            IssueLife(self.ground, self.firm, self.officer, again, self.trouble).begin()
        if self.turn("added", odds.ADDED_REVIEW):
            yield self.stage.later(self.luck, 3, 12)
            self.do(self.revisitor, "add_review", text="用了一段时间，情况稳定。")
        if not self.turn("archive", odds.ARCHIVED):
            self.taken.add(f"stays {S.CLOSED}")
            return
        yield self.stage.later(self.luck, 20, 45)
        self.do(self.coordinator, "archive")
