"""The command line: `python -m taxiway`. Uses chalicelib; is never packaged with it."""
