"""IOCs over HTTP: lists and exports of them, lookup, search and numbers."""
