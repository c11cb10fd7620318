"""What runs on a schedule. Lambda imports these without `app.py`."""
