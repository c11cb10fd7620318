"""What a collection's log holds: entries, heads, queries, cursors. Pure."""
