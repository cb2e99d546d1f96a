"""Jobs: work of minutes as rows with state, progress, heartbeat and cancel, run in slices by one worker at a time."""
