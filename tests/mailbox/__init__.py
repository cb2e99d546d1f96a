"""The demo's mailbox: what the sink took over SMTP, shown whole and shown safely."""
