"""Cost and speed of the whole server, counted and timed: `make bench`."""
