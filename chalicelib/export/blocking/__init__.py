"""Rows as rules and lists that block or alert."""
