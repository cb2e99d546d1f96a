"""Writes of segments: saving rules, marking profiles dirty, evaluating them, letting time pass, recomputing."""

from cdp.lib.kept_files import FileTooLarge
from segments.services.evaluating import evaluate_slice, expire_slice
from segments.services.exporting import BadExport, cancel_export, export_job, note_download, start_export
from segments.services.files import keep
from segments.services.filling import (
    NotNow,
    cancel_fill,
    fill_from_rule,
    fill_from_segment,
    fill_job,
    start_fill,
    undo_fill,
)
from segments.services.keeping import change_state, describe, duplicate, restore
from segments.services.lists import (
    Changed,
    ListDraft,
    NotAList,
    make_list,
    put_entries,
    replace_entries,
    take_entries,
)
from segments.services.marking import consume_changes
from segments.services.recomputing import recompute, recompute_if_small, recompute_job
from segments.services.saving import save_segment
from segments.services.uploading import choose, clean_slice, draft_upload, forget_draft

__all__ = [
    "BadExport",
    "Changed",
    "FileTooLarge",
    "ListDraft",
    "NotAList",
    "NotNow",
    "cancel_export",
    "cancel_fill",
    "change_state",
    "choose",
    "clean_slice",
    "consume_changes",
    "describe",
    "draft_upload",
    "duplicate",
    "evaluate_slice",
    "expire_slice",
    "export_job",
    "fill_from_rule",
    "fill_from_segment",
    "fill_job",
    "forget_draft",
    "keep",
    "make_list",
    "note_download",
    "put_entries",
    "recompute",
    "recompute_if_small",
    "recompute_job",
    "replace_entries",
    "restore",
    "save_segment",
    "start_export",
    "start_fill",
    "take_entries",
    "undo_fill",
]
