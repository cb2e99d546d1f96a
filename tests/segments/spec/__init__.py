"""What rules mean, as tables: a few people, a rule, who is in it. Run on every engine, and printed as docs/rules.md."""
