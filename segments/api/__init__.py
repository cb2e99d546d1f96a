"""The door to segments for programs: rules, members, lists, snapshots and files, by server key."""
