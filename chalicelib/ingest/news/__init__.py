"""IOCs out of articles: page text, sections, extraction, severity, reports."""
