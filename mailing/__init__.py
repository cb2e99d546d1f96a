"""Mails and other messages: what they say, whether they may go out now, the hand-over, and what became of them."""
