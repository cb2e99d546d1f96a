"""The page of deliverability: what the sender's domain says, what mailboxes say of us, and what our mails look like."""
