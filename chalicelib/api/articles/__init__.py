"""Articles over HTTP: what may be asked, and how they are written."""
