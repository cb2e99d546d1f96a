"""Order mails: transactional, from order events, sent without marketing consent and at least once."""
