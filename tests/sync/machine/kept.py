"""Histories that were found by chance, made small and kept: those of planted defects, and those of real ones."""

from __future__ import annotations

from tests.sync.machine.histories import Step
from tests.sync.machine.laptops import Fault

BOTH_EDIT: list[Step] = [("edit", {"who": 0, "enterprise": 1}), ("edit", {"who": 1, "enterprise": 1})]

SPREAD_OVER_PAGES: list[Step] = [
    ("start", {"who": 0, "enterprise": 0}),
    ("attach", {"who": 0}),
    ("sync", {"who": 0}),
    ("caption", {"who": 0}),
    ("move_document", {"which": 0}),
    ("sync", {"who": 0}),
    ("hand_over", {"enterprise": 0, "to": 1}),
    ("submit", {"who": 0, "issues": 2}),
]

SHOWS: dict[str, list[Step]] = {
    "a_repeated_change_is_done_again": [
        ("start", {"who": 0, "enterprise": 1}),
        ("push_only", {"who": 0}),
        ("echo", {"who": 0, "which": 0}),
    ],
    "the_last_writer_wins": BOTH_EDIT,
    "a_conflict_is_dropped": BOTH_EDIT,
    "what_comes_too_late_is_only_logged": [
        ("start", {"who": 0, "enterprise": 0}),
        ("hand_over", {"enterprise": 0, "to": 1}),
    ],
    "rows_are_read_before_the_head": [
        ("note", {"enterprise": 0, "which": 0}),
        ("sync", {"who": 0, "fault": Fault("between", 2)}),
    ],
    "deletions_are_not_sent": [
        ("note", {"enterprise": 1, "which": 0}),
        ("sync", {"who": 0}),
        ("note", {"enterprise": 1, "which": 0, "delete": True}),
    ],
    "whoever_held_a_bucket_keeps_it": [("hand_over", {"enterprise": 0, "to": 1})],
    "an_epoch_is_not_asked_for": [
        ("keep", {}),
        ("edit", {"who": 0, "enterprise": 0}),
        ("sync", {"who": 0}),
        ("put_back", {}),
    ],
    "the_cursor_is_written_before_the_rows": [
        ("note", {"enterprise": 1, "which": 0}),
        ("sync", {"who": 0, "fault": Fault("crash_after", 1)}),
    ],
    "no_base_is_kept": [("edit", {"who": 0, "enterprise": 0})],
    "a_change_is_closed_when_it_is_sent": [
        ("edit", {"who": 0, "enterprise": 0}),
        ("sync", {"who": 0, "fault": Fault("lost_request", 1)}),
    ],
    "a_stale_page_is_taken": [
        ("edit", {"who": 2, "enterprise": 0}),
        ("sync", {"who": 2}),
        ("sync", {"who": 0, "fault": Fault("meanwhile", 2), "other": 1}),
    ],
    "rows_of_a_push_are_taken_for_any_bucket": [
        ("edit", {"who": 0, "enterprise": 0}),
        ("sync", {"who": 0, "fault": Fault("meanwhile", 1), "other": 1}),
    ],
    "a_purge_goes_by_what_a_change_was_stamped_with": [
        ("start", {"who": 0, "enterprise": 0}),
        ("attach", {"who": 0}),
        ("sync", {"who": 0}),
        ("caption", {"who": 0}),
        ("move_document", {"which": 0}),
        ("sync", {"who": 0}),
        ("hand_over", {"enterprise": 0, "to": 1}),
    ],
    "a_purge_does_not_wait_for_what_is_unsent": [
        ("edit", {"who": 0, "enterprise": 0}),
        ("hand_over", {"enterprise": 0, "to": 1}),
        ("pull_only", {"who": 0}),
    ],
    "a_new_epoch_offers_nothing_again": [
        ("keep", {}),
        ("edit", {"who": 0, "enterprise": 0}),
        ("sync", {"who": 0}),
        ("put_back", {}),
    ],
    "a_sweep_takes_what_is_pending": [
        ("cursor_ahead", {"who": 0, "enterprise": 0}),
        ("start", {"who": 0, "enterprise": 0}),
        ("pull_only", {"who": 0}),
    ],
    "nothing_is_swept": [("cursor_ahead", {"who": 0, "enterprise": 0})],
    "a_refused_change_is_forgotten": [
        ("edit", {"who": 0, "enterprise": 0}),
        ("edit", {"who": 2, "enterprise": 0}),
        ("sync", {"who": 0}),
        ("sync", {"who": 2}),
        ("sync", {"who": 0}),
        ("resolve", {"who": 0, "which": 0, "chosen": 1}),
        ("resolve", {"who": 2, "which": 0, "chosen": 1}),
        ("sync", {"who": 0}),
    ],
    "changes_run_again_in_any_order": [
        ("edit", {"who": 0, "enterprise": 0}),
        ("edit", {"who": 0, "enterprise": 0}),
        ("note", {"enterprise": 0, "which": 0}),
        ("edit", {"who": 2, "enterprise": 0, "fields": (1,)}),
        ("sync", {"who": 2}),
        ("pull_only", {"who": 0}),
    ],
}
"""Planted defect → a history that is fine without it and not with it."""

FOUND: dict[str, list[Step]] = {
    "a bucket with a floor comes in several pages": [
        ("assign", {"officer": 1, "enterprise": 1, "end": True}),
        ("forget_deletions", {"enterprise": 1}),
        ("sync", {"who": 0, "rows": 2}),
    ],
    "what was kept for others is unknown to a centre put back": [
        ("keep", {}),
        ("edit", {"who": 0, "enterprise": 0, "fields": (0, 1)}),
        ("hand_over", {"enterprise": 0, "to": 1}),
        ("sync", {"who": 0, "fault": Fault("crash_after", 3)}),
        ("put_back", {}),
    ],
    "a draft that waits is replaced by what it has become": [
        ("start", {"who": 1, "enterprise": 1}),
        ("write_draft", {"who": 1}),
        ("hand_over", {"enterprise": 1, "to": 0}),
        ("sync", {"who": 1, "fault": Fault("crash_after", 2)}),
        ("pull_only", {"who": 1}),
    ],
    "rows are spread anew over pages, and copies stay in the gaps": SPREAD_OVER_PAGES,
    "the row of a blob that is not sent yet moves on": [
        ("start", {"who": 0, "enterprise": 0}),
        ("attach", {"who": 0}),
        ("push_only", {"who": 0}),
        ("move_document", {"which": 0}),
    ],
    "a visit comes back with the page after its bucket went": [
        ("start", {"who": 0, "enterprise": 1}),
        ("push_only", {"who": 0}),
        ("move_document", {"which": 9, "back": True}),
        ("submit", {"who": 0, "issues": 2}),
        ("push_only", {"who": 0}),
        ("hand_over", {"enterprise": 1, "to": 1}),
    ],
    "the draft of a visit that was taken over too late": [
        ("start", {"who": 0, "enterprise": 0}),
        ("hand_over", {"enterprise": 0, "to": 1}),
        ("sync", {"who": 0}),
        ("sync", {"who": 1}),
        ("take_over", {"who": 1, "which": 0}),
        ("write_draft", {"who": 1}),
        ("hand_over", {"enterprise": 0, "to": 0}),
    ],
    "a photo is taken off before it is sent": [
        ("start", {"who": 0, "enterprise": 1}),
        ("attach", {"who": 0}),
        ("caption", {"who": 0, "remove": True}),
    ],
    "the visit of a draft moves out of sight": [
        ("start", {"who": 0, "enterprise": 1}),
        ("write_draft", {"who": 0}),
        ("sync", {"who": 0}),
        ("move_document", {"which": 0, "back": True}),
        ("sync", {"who": 0}),
        ("move_document", {"which": 21}),
        ("hand_over", {"enterprise": 1, "to": 1}),
    ],
}
"""Histories that once went wrong."""
