"""Articles as they are kept and asked for. Pure."""
