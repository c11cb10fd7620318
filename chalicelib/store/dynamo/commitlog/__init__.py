"""The commit-ordered log: appending, reading both ways, removing, compacting."""
