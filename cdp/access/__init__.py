"""Access: server keys, user-token signing keys, staff groups and the audit log of who looked at whom."""
