"""Programs that make the data files of chalicelib/data."""
