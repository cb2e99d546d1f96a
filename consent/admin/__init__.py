"""Consent in the admin: purposes and their words, notices, the ledger to read, suppressions to add and lift."""

from consent.admin.ledger import EntryAdmin
from consent.admin.notices import NoticeAdmin
from consent.admin.purposes import PurposeAdmin
from consent.admin.suppressions import SuppressionAdmin

__all__ = ["EntryAdmin", "NoticeAdmin", "PurposeAdmin", "SuppressionAdmin"]
