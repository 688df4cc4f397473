"""The day itself: who does what, in order, on which window. Every act goes through the real windows."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF
from PySide6.QtWidgets import QScrollArea

from app.domain.issue import IssueState
from app.domain.people import Person
from app.paths import DataFolder, resources
from app.services import enterprises, issues, visits
from app.settings import Settings, save
from ui.application import DeskApplication, make_application
from ui.embedded import COORDINATOR, OFFICER, SECOND_OFFICER, DemoPerson, EmbeddedServer, Park, prepare
from ui.filling.page import FillingPage
from ui.tour import answers
from ui.tour.form_hand import FormHand
from ui.tour.hand import Hand, Lost
from ui.tour.loop import tell_the_loop
from ui.tour.reception import tell_the_meetings
from ui.tour.run import Album
from ui.tour.seat import Seat


class Day:
    """One officer's day against a server of its own, in `work`; pictures and papers go into the album."""

    def __init__(self, album: Album, work: Path, roster: Path, scheme: str, scale: int) -> None:
        self.album = album
        self.work = work
        self.roster = roster
        self.settings = Settings(scheme=scheme, scale=scale)
        self.server = EmbeddedServer(work / "server")
        self.park: Park | None = None
        self.desks: dict[str, DeskApplication] = {}
        self.app = make_application()
        # Between two windows of the day there is none: that must not end the program.
        self.app.setQuitOnLastWindowClosed(False)
        self.visit = ""
        self.reported = ""

    def tell(self) -> None:
        """From the morning to the evening. Raises where something is not as it should be."""
        self.set_up_the_centre()
        self.sign_in_for_the_first_time()
        self.go_offline()
        self.print_checklists()
        self.begin_a_visit_and_lose_power()
        self.fill_in_the_rest()
        self.finish_the_visit()
        self.print_the_record()
        self.sync_in_the_evening()
        self.coordinator_assigns()
        self.officer_sees_who_has_it()
        self.second_officer_sees_nothing_of_it()
        tell_the_loop(self)
        tell_the_meetings(self)

    # ------------------------------------------------------------------ morning

    def set_up_the_centre(self) -> None:
        with self.album.step("中心启动：建账号、导入名册、分配企业") as step:
            self.park = prepare(self.server, self.roster)
            again = json.loads(self.server.command("roster", "import", str(self.roster), "--json"))
            _expect(again["created"] == again["updated"] == 0, "第二次导入同一份名册不应有任何改动")
            step.facts = {
                "import": {key: value for key, value in self.park.report.items() if key != "problems"},
                "problems": len(self.park.report["problems"]),
                "second_import_unchanged": again["unchanged"],
                "assigned": {account: len(codes) for account, codes in self.park.assigned.items()},
            }
            step.facts["url"] = self.server.start()

    def sign_in_for_the_first_time(self) -> None:
        with self.album.step("联络员第一次登录，下载到本机") as step:
            desk = self.sign_in(OFFICER, picture=True)
            lines = enterprises.listing(desk.desk)
            _expect(len(lines) == len(self._assigned(OFFICER)), "下载的企业数与分配的不同")
            step.facts = {"enterprises": len(lines)}
            self.album.picture(desk.window, "今日")

    def go_offline(self) -> None:
        with self.album.step("中心停了，今日仍在：谁该走访") as step:
            self.server.stop()
            desk = self.desks[OFFICER.account]
            self.sync(desk)
            _expect(desk.sync.online is False, "中心停了，应显示离线")
            page: Any = self.open(desk, "today")
            step.facts = {"due": [row.name for row in page.today.due]}
            self.album.picture(desk.window, "离线的今日")
            self.open(desk, "enterprises")
            self.album.picture(desk.window, "企业")

    def print_checklists(self) -> None:
        with self.album.step("出发准备：两家企业的走访清单印成一份 PDF") as step:
            desk = self.desks[OFFICER.account]
            hand = Hand(desk.window)
            self.open(desk, "visits")
            hand.press("出发准备")
            hand.until(lambda: desk.window.current_page == "prepare", "出发准备")
            page: Any = desk.window.page
            hand.until(lambda: page.model.rowCount() > 1, "企业列表")
            names = [line.name for line in page._lines[:2]]
            for name in names:
                hand.row(page.table, name)
                page.table.setFocus(Qt.FocusReason.MouseFocusReason)
                hand.key(Qt.Key.Key_Space)
            hand.until(lambda: len(page.model.ticked) == 2, "勾选两家")
            self.album.picture(desk.window, "出发准备")
            hand.press("打印走访清单")
            hand.until(lambda: desk.window.current_page == "preview", "预览")
            self.settle(desk)
            self.album.picture(desk.window, "走访清单预览")
            preview: Any = desk.window.page
            self.album.paper(preview.path, "走访清单")
            step.facts = {"enterprises": names}
            desk.window.go_back()

    # ------------------------------------------------------------------ in the factory

    def begin_a_visit_and_lose_power(self) -> None:
        with self.album.step("开始走访，填到一半断电；重开后草稿还在") as step:
            desk = self.desks[OFFICER.account]
            hand = Hand(desk.window)
            today: Any = self.open(desk, "today")
            hand.until(lambda: today.today is not None and today.due_model.rowCount() > 0, "今日的企业")
            hand.press("开始走访")
            hand.until(lambda: desk.window.current_page == "filling", "走访表")
            self.visit = self._filling(desk).visit_id
            FormHand(hand, self._filling(desk))
            self.close_desk(OFFICER)
            self._kill_in_the_middle(OFFICER)
            desk = self.open_desk(OFFICER)
            hand = Hand(desk.window)
            page: Any = self.open(desk, "today")
            hand.until(lambda: page.today is not None and len(page.today.drafts) == 1, "没写完的走访")
            self.album.picture(desk.window, "断电后草稿还在")
            hand.press(f"接着填：{page.today.drafts[0].form_title} · {page.today.drafts[0].enterprise_name}")
            hand.until(lambda: desk.window.current_page == "filling", "走访表")
            form = FormHand(hand, self._filling(desk))
            assert form.page.session is not None
            kept = {path: form.page.session.filling.get(path) for path, _ in answers.BEFORE_THE_CUT}
            _expect(
                all(value not in (None, "") for value in kept.values()), f"断电前的回答没有全部还在：{kept}"
            )
            step.facts = {"answers_kept": len(kept), "enterprise": page.today.drafts[0].enterprise_name}

    def _kill_in_the_middle(self, person: DemoPerson) -> None:
        """The same data folder in another process, which gets no chance to say goodbye."""
        process = subprocess.Popen(
            [sys.executable, "-m", "ui.tour.interrupted", str(self.folder(person)), self.visit],
            stdout=subprocess.PIPE,
            text=True,
            cwd=resources().parent,
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.strip() == "saved":
                    break
            else:
                raise Lost("断电之前没有来得及填")
        finally:
            # Not terminate(): the point is that nothing can be tidied up.
            process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            process.wait()
            process.stdout.close()

    def fill_in_the_rest(self) -> None:
        with self.album.step("逐节填完：运行、困难、建议、融资、谋划、三建") as step:
            desk = self.desks[OFFICER.account]
            form = FormHand(Hand(desk.window), self._filling(desk))
            form.section("表头")
            self.show_section(desk, form, "表头")
            self._fill(form, answers.OPERATION)
            row = form.add_row("/operation/a11_vacancies")
            self._fill(form, tuple((f"{row}/{name}", (value,)) for name, value in answers.VACANCY))
            form.answer("/operation/a09_utilization", "184")
            self.show_section(desk, form, "一问 有一处超出范围")
            form.answer("/operation/a09_utilization", "82")
            form.answer("/difficulties/b01_has", "有")
            for found in (answers.REPORTED, answers.SOLVED):
                row = form.add_row("/difficulties/b02_problems")
                self._fill(form, tuple((f"{row}/{name}", (value,)) for name, value in found))
            self._fill(form, answers.DIFFICULTIES)
            self.show_section(desk, form, "二问 两件困难")
            self._fill(form, (*answers.SUGGESTIONS, *answers.FINANCING))
            self.show_section(desk, form, "一帮 融资")
            self._fill(form, answers.PLANNING)
            self._policy(form)
            self.show_section(desk, form, "三帮 谋划")
            self._fill(form, answers.BUILDING)
            self.show_section(desk, form, "三建")
            assert form.page.session is not None
            step.facts = {"answered": sum(tally.answered for _, tally in form.page.session.tallies())}

    def _policy(self, form: FormHand) -> None:
        row = form.add_row("/planning/d06_policies")
        assert form.page.session is not None
        choices = form.page.session.filling.node(f"{row}/d06_policy").choices
        form.answer(f"{row}/d06_policy", choices[0].label)
        self._fill(form, tuple((f"{row}/{name}", (value,)) for name, value in answers.POLICY))

    def finish_the_visit(self) -> None:
        with self.album.step("拍照、签字、完成") as step:
            desk = self.desks[OFFICER.account]
            hand = Hand(desk.window)
            page = self._filling(desk)
            form = FormHand(hand, page)
            mime = QMimeData()
            mime.setUrls([QUrl.fromLocalFile(str(self.photo()))])
            page.attachments.take(mime)
            hand.until(lambda: len(page.attachments.thumbnails) == 1, "照片")
            self._fill(form, answers.CONFIRMATION)
            form.sign("/confirmation/z2_signature")
            form.sign("/confirmation/z3_signature")
            self.show_section(desk, form, "确认 签字")
            hand.press("完成")
            hand.until(lambda: desk.window.current_page == "visits", "走访完成")
            self.settle(desk)
            self.album.picture(desk.window, "走访完成")
            made = [issues.page(desk.desk, id) for id in visits.visit_of(desk.desk, self.visit).issues]
            states = sorted(str(page.issue.state) for page in made if page is not None)
            _expect(
                states == sorted((IssueState.REPORTED, IssueState.TO_REVISIT)),
                f"两件诉求的状态应为待受理和待回访，实为 {states}",
            )
            self.reported = next(p.issue.id for p in made if p and p.issue.state is IssueState.REPORTED)
            step.facts = {"issues": states}

    def print_the_record(self) -> None:
        with self.album.step("打印走访记录，看两件诉求"):
            desk = self.desks[OFFICER.account]
            hand = Hand(desk.window)
            self.open(desk, "visits")
            hand.press("打印走访记录")
            hand.until(lambda: desk.window.current_page == "preview", "预览")
            self.settle(desk)
            self.album.picture(desk.window, "走访记录预览")
            preview: Any = desk.window.page
            self.album.paper(preview.path, "走访记录")
            desk.window.go_back()
            self.open(desk, "issues")
            self.album.picture(desk.window, "两件诉求")

    # ------------------------------------------------------------------ evening

    def sync_in_the_evening(self) -> None:
        with self.album.step("中心回来了，后台同步，全部发出") as step:
            desk = self.desks[OFFICER.account]
            self.open(desk, "syncing")
            self.album.picture(desk.window, "待发送")
            self.server.start()
            report = self.sync(desk)
            page: Any = self.open(desk, "syncing")
            _expect(report is not None and report.error is None, f"同步没有成功：{report and report.error}")
            Hand(desk.window).until(lambda: page.parts["pending"].model.rowCount() == 0, "队列空了")
            self.album.picture(desk.window, "全部已发送")
            step.facts = {"sent": report.sent, "files": report.files_sent, "refused": report.refused}
            _expect(report.refused == 0 and report.files_sent == 3, "应发出三个附件，没有被退回的")

    def coordinator_assigns(self) -> None:
        with self.album.step("协调员受理、分类、交办") as step:
            desk = self.sign_in(COORDINATOR)
            hand = Hand(desk.window)
            page: Any = self.open(desk, "issues")
            hand.until(lambda: page.table.current is not None, "调度台的诉求")
            hand.row(page.table, "厂区扩容用电报装")
            if page.panel.page is None:
                hand.press("取资料")
            hand.until(lambda: page.panel.page is not None, "诉求的资料", 90)
            form = page.panel.form
            hand.until(lambda: form.handler.count() > 1, "承办人名单")
            handler = self._handler(desk, form.value().department)
            form.handler.setCurrentIndex(form.handler.findText(handler.name))
            self.settle(desk)
            self.album.picture(desk.window, "调度台")
            hand.press("受理并交办")
            hand.until(lambda: self._issue(desk).state is IssueState.ASSIGNED, "交办")
            self.sync(desk)
            self.open(desk, "issues")
            self.album.picture(desk.window, "已交办")
            issue = self._issue(desk)
            step.facts = {
                "department": issue.department_name,
                "handler": issue.handler_name,
                "due": issue.due_at,
            }
            _expect(issue.handler_name == handler.name and issue.due_at is not None, "交办要有人、有期限")

    def officer_sees_who_has_it(self) -> None:
        with self.album.step("联络员同步，看到谁在办、办到哪天") as step:
            desk = self.desks[OFFICER.account]
            self.sync(desk)
            page: Any = self.open(desk, "issues")
            page.show_target(self.reported)
            hand = Hand(desk.window)
            hand.until(
                lambda: page.panel.page is not None and page.panel.page.issue.id == self.reported, "诉求"
            )
            self.settle(desk)
            self.album.picture(desk.window, "谁在办到哪天")
            line = page.panel.page.line
            step.facts = {
                "number": line.number,
                "who": f"{line.department} {line.handler}",
                "until": line.due_text,
            }
            _expect("个工作日" in line.due_text or "今天到期" in line.due_text, "期限应说还有几个工作日")
            self.open(desk, "today")
            self.album.picture(desk.window, "晚上的今日")

    def second_officer_sees_nothing_of_it(self) -> None:
        with self.album.step("第二位联络员看不到第一位的企业") as step:
            desk = self.sign_in(SECOND_OFFICER)
            self.open(desk, "enterprises")
            self.album.picture(desk.window, "第二位联络员的企业")
            seen = {line.credit_code for line in enterprises.listing(desk.desk)}
            mine, others = (set(self._assigned(person)) for person in (SECOND_OFFICER, OFFICER))
            _expect(seen == mine, f"应只看到自己的 {len(mine)} 家，实为 {len(seen)} 家")
            raw = b"".join(path.read_bytes() for path in self.folder(SECOND_OFFICER).glob("store.db*"))
            found = [code for code in others if code.encode() in raw]
            _expect(not found, f"第二位联络员的数据文件里有别人的企业：{found}")
            step.facts = {"seen": len(seen), "others_on_disk": len(found)}

    # ------------------------------------------------------------------ desks

    def folder(self, person: DemoPerson) -> Path:
        return self.work / person.account

    def open_desk(self, person: DemoPerson) -> DeskApplication:
        """Start the desk on a person's data folder, as a person would."""
        folder = DataFolder(self.folder(person)).ensure()
        save(folder.settings, self.settings)
        desk = DeskApplication(folder.root)
        self.desks[person.account] = desk
        desk.open()
        Hand(desk.window).until(lambda: desk.window.current_page != "", "窗口打开")
        return desk

    def close_desk(self, person: DemoPerson) -> None:
        desk = self.desks.pop(person.account)
        desk.window.close()

    def seat(self, person: DemoPerson) -> Seat:
        """A person at his window; signed in where he has not been yet."""
        desk = self.desks.get(person.account) or self.sign_in(person)
        return Seat(desk.window)

    def sign_in(self, person: DemoPerson, *, picture: bool = False) -> DeskApplication:
        """First start: address, account, password, first download."""
        assert self.park is not None
        desk = self.open_desk(person)
        hand = Hand(desk.window)
        hand.until(lambda: desk.window.current_page == "sign_in", "登录页")
        page: Any = desk.window.page
        hand.write(page.address, self.server.url)
        hand.write(page.account, person.account)
        hand.write(page.password, self.park.passwords[person.account])
        if picture:
            self.album.picture(desk.window, "登录")
        if picture:
            # At the moment it begins: a small park is downloaded before anybody could look.
            page.presenter.welcomed.connect(lambda _name: self.album.picture(desk.window, "第一次下载"))
        hand.press("登录")
        hand.until(lambda: desk.window.current_page not in ("", "sign_in"), "下载完成")
        hand.until(lambda: not desk.sync.running, "同步结束")
        self.settle(desk)
        return desk

    def open(self, desk: DeskApplication, name: str) -> Any:
        """Click a page in the navigation and wait until it has settled."""
        desk.window.open_page(name)
        self.settle(desk)
        return desk.window.page

    def sync(self, desk: DeskApplication) -> Any:
        """F5, and wait for its end."""
        hand = Hand(desk.window)
        hand.until(lambda: not desk.sync.running, "上一次同步结束")
        reports: list[Any] = []
        desk.sync.finished.connect(reports.append)
        hand.key(Qt.Key.Key_F5)
        hand.until(lambda: reports, "同步结束", 120)
        desk.sync.finished.disconnect(reports.append)
        self.settle(desk)
        return reports[0]

    def settle(self, desk: DeskApplication) -> None:
        """Wait until nothing is being looked up or written, and what was found is on screen."""
        hand = Hand(desk.window)
        quiet = [0]

        def still() -> bool:
            quiet[0] = 0 if desk.runner.busy else quiet[0] + 1
            # Several looks in a row: a result may ask for the next thing.
            return quiet[0] > 40

        hand.until(still, "画面稳定")

    def show_section(self, desk: DeskApplication, form: FormHand, name: str) -> None:
        """A picture of the section from its top."""
        form.saved()
        area = form.page.view.findChild(QScrollArea)
        if area is not None:
            area.verticalScrollBar().setValue(0)
        self.settle(desk)
        self.album.picture(desk.window, name)

    def picture_of_failure(self) -> None:
        """What the windows showed when a step failed."""
        for account, desk in self.desks.items():
            if desk.window.isVisible():
                self.album.picture(desk.window, f"出错时 {account}")

    def close(self) -> None:
        for desk in list(self.desks.values()):
            desk.window.close()
        self.desks.clear()
        self.server.stop()

    # ------------------------------------------------------------------ small things

    def _fill(self, form: FormHand, rows: tuple[answers.Answer, ...]) -> None:
        for path, values in rows:
            form.answer(path, *values)

    def _filling(self, desk: DeskApplication) -> FillingPage:
        page = desk.window.page
        if not isinstance(page, FillingPage):
            raise Lost("走访表没有打开")
        return page

    def _assigned(self, person: DemoPerson) -> tuple[str, ...]:
        assert self.park is not None
        return self.park.assigned[person.account]

    def _issue(self, desk: DeskApplication) -> Any:
        page = issues.page(desk.desk, self.reported)
        if page is None:
            raise Lost("诉求不在本机")
        return page.issue

    def _handler(self, desk: DeskApplication, department: str) -> Person:
        for document in desk.desk.store.of_kind(Person.kind):
            person = Person.of(document)
            if person.department == department:
                return person
        raise Lost(f"{department} 没有承办人")

    def photo(self) -> Path:
        """A drawing of a kiln hall in the place of a photo: nobody's factory."""
        picture = QImage(1600, 1200, QImage.Format.Format_RGB32)
        picture.fill(QColor("#9db7cf"))
        painter = QPainter(picture)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#6d7480"))
        painter.drawRect(0, 900, 1600, 300)
        for left in range(80, 1500, 480):
            painter.setBrush(QColor("#c9ccd1"))
            painter.drawRect(left, 480, 420, 440)
            painter.setBrush(QColor("#b0553f"))
            roof = [QPointF(left, 480), QPointF(left + 210, 330), QPointF(left + 420, 480)]
            painter.drawPolygon(QPolygonF(roof))
        painter.setBrush(QColor("#8c6f5a"))
        painter.drawRect(1180, 120, 70, 400)
        painter.end()
        path = self.work / "厂房.jpg"
        if not picture.save(str(path), quality=85):
            raise Lost("照片写不出来")
        return path


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Lost(otherwise)
