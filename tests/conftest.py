"""Hypothesis at two depths: `--hypothesis-profile=deep` looks much longer."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("deep", max_examples=2_000, deadline=None, print_blob=True)
