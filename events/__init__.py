"""Events: sources, the inbox, processing into the event log, and quarantine. Nothing acknowledged is ever lost."""
