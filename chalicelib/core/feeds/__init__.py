"""What is remembered of a feed between two runs: state and snapshot. Pure."""
