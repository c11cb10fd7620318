"""Logs and metrics, configured once."""
