"""Feeds in: sources, formats, fetching, cleaning, publishing. Sees ports only."""
