"""Values and rules: pure, no IO, no clock, no environment."""
