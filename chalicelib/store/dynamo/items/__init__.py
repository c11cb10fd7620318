"""What lies in items: values to attributes and bytes, and back. No calls."""
