"""REST areas: one file each."""
