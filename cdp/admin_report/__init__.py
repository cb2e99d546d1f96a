"""Reports of what was sent: by journey, step and campaign, with what orders followed and money beside the holdout."""
