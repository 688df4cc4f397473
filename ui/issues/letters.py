"""The letter that stands beside a move's button and makes it while the keyboard is in the list."""

from __future__ import annotations

LETTERS = {
    "issue.accept": "A",
    "issue.accept_and_assign": "G",
    "issue.return": "T",
    "issue.refuse": "N",
    "issue.appeal": "F",
    "issue.merge": "M",
    "issue.classify": "C",
    "issue.assign": "G",
    "issue.sign": "S",
    "issue.object": "Y",
    "issue.progress": "P",
    "issue.ask_extension": "E",
    "issue.extend": "E",
    "issue.deny_extension": "D",
    "issue.suspend": "Z",
    "issue.resume": "R",
    "issue.ask_escalation": "I",
    "issue.escalate": "I",
    "issue.lower": "L",
    "issue.answer": "A",
    "issue.redo": "R",
    "issue.verify": "V",
    "issue.revisit": "H",
    "issue.contact_failed": "X",
    "issue.close_unreached": "X",
    "issue.add_review": "P",
    "issue.archive": "A",
    "issue.withdraw": "Q",
    "issue.take_back": "F",
    "issue.whistle": "W",
    "issue.whistle_answer": "W",
    "issue.link": "O",
    "issue.supervise": "U",
    "issue.reply_supervision": "U",
}
BOARD, NEXT, FORMER = "B", "J", "K"
"""看板, the next row, the row before."""
